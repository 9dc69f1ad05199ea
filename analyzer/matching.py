"""Pack × Document -> hits: where a criterion's words stand, and whether the context lets them count.

A cue is searched in every passage of the body and in the heading above it; what the criterion ``needs`` must stand in the
same passage, its heading or a neighbour. The clause around the cue then decides the stance: negated, deferred, left as a
placeholder, or said of somebody else's study. The six stances are those of ``corpora/LABELLING.md``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from analyzer.anchors import alternatives, anchors
from analyzer.document import Document, Passage
from analyzer.rules import FLAGS, ContextCues, CriterionRule, Pack, Patterns

Stance = Literal["satisfies", "mentions", "negated", "deferred", "placeholder", "other_study"]
STANCES: frozenset[str] = frozenset(get_args(Stance))

SILENT_SECTIONS = frozenset({"toc", "references", "abbreviations"})
"""What stands in these counts as evidence only for a criterion that looks in them (is there a list of references?)."""
OTHERS_SECTIONS = frozenset({"background", "preclinical"})
"""Facts in these belong to other studies unless the sentence speaks of this one."""

_LEFT_OPEN = frozenset({"negated", "deferred", "placeholder"})
"""Stances that a sentence can have without a word of what is needed."""
_SHORTEST = 2
"""Characters below which a passage says nothing."""
_CLAUSE_END = re.compile(r"[，,；;。.!?！？：:\t]")


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that a rule connects with a criterion. ``start``/``end`` is the cue in ``Document.text``."""

    element: str
    criterion: str
    passage: int
    start: int
    end: int
    stance: Stance
    in_section: bool
    """Whether it stands where the criterion is looked for."""
    by_heading: bool
    """Whether only the heading above the passage holds the cue."""


def match(pack: Pack, document: Document, passages: Sequence[Passage]) -> list[Hit]:
    """All hits of a pack in one document; see ``Matcher`` for many documents."""
    return Matcher(pack).match(document, passages)


class Matcher:
    """A pack made ready to be matched with any number of documents."""

    def __init__(self, pack: Pack) -> None:
        self.context = pack.cues
        self.criteria = list(pack.criteria())
        self.cues = _Cues([criterion.cues for _, criterion in self.criteria])

    def match(self, document: Document, passages: Sequence[Passage]) -> list[Hit]:
        """All hits in a document, in the order of ``passages``, which must be those of ``segmentation.passages(document)``."""
        matching = _Matching(self, document, passages)
        return [hit for index in range(len(passages)) for hit in matching.hits(index)]


class _Cues:
    """All cue patterns of a pack. Words that a pattern cannot match without are looked for in one pass; see ``anchors``.

    A bit mask stands for a set of patterns; a pattern is compiled when its words are met for the first time.
    """

    def __init__(self, cues: Sequence[Patterns]) -> None:
        import ahocorasick

        self._sources: list[tuple[int, str]] = []
        """(criterion, pattern) in the order in which the alternation of a criterion's patterns would try them."""
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._always = 0
        masks: dict[str, int] = defaultdict(int)
        for criterion, patterns in enumerate(cues):
            for source in (part for pattern in patterns.sources() for part in alternatives(pattern)):
                bit = 1 << len(self._sources)
                self._sources.append((criterion, source))
                words = anchors(source)
                if words is None:
                    self._always |= bit
                for word in words or ():
                    masks[word] |= bit
        self._automaton = ahocorasick.Automaton()
        for word, mask in masks.items():
            self._automaton.add_word(word, mask)
        self._automaton.make_automaton()

    def worth_trying(self, text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
        """For each of the ascending spans of lower-case ``text`` the mask of patterns whose words stand in it."""
        masks = [self._always] * len(spans)
        if not spans:
            return masks
        position, (start, end) = 0, spans[0]
        for last, mask in self._automaton.iter(text):
            while last >= end:
                position += 1
                if position == len(spans):
                    return masks
                start, end = spans[position]
            if last >= start:
                masks[position] |= mask
        return masks

    def first_matches(self, mask: int, text: str, start: int, end: int) -> dict[int, tuple[int, int]]:
        """Criterion -> span of the leftmost match in ``text[start:end]`` of those of its patterns that ``mask`` holds."""
        found: dict[int, tuple[int, int]] = {}
        while mask:
            low = mask & -mask
            mask ^= low
            number = low.bit_length() - 1
            criterion, source = self._sources[number]
            pattern = self._compiled.get(number)
            if pattern is None:
                pattern = self._compiled[number] = re.compile(source, FLAGS)
            match = pattern.search(text, start, end)
            if match and (criterion not in found or match.start() < found[criterion][0]):
                found[criterion] = match.span()
        return found


def _lower(text: str) -> str:
    """Lower case of the same length, whatever the alphabet."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[:1] for character in text)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the words of a passage tell about everything in it."""

    placeholder: bool
    own_study: bool
    other_study: bool

    @classmethod
    def of(cls, context: ContextCues, text: str, passage: Passage) -> _Said:
        cues = (context.placeholder, context.own_study, context.other_study)
        return cls(*(cue.search(text, passage.start, passage.end) is not None for cue in cues))


class _Matching:
    """One document being matched."""

    def __init__(self, matcher: Matcher, document: Document, passages: Sequence[Passage]) -> None:
        self.context = matcher.context
        self.criteria = matcher.criteria
        self.cues = matcher.cues
        self.text = document.text
        self.passages = passages
        self.sections = document.sections
        self.said: dict[int, _Said] = {}
        self.asked_of = {section for _, criterion in self.criteria for section in criterion.look_in}
        lower = _lower(document.text)
        self.masks = self.cues.worth_trying(lower, [(passage.start, passage.end) for passage in passages])
        headings = [(section.start, section.body) for section in document.sections]
        self.by_heading = [
            {criterion for criterion in self.cues.first_matches(mask, self.text, start, end) if self.criteria[criterion][1].needs}
            for mask, (start, end) in zip(self.cues.worth_trying(lower, headings), headings, strict=True)
        ]

    def hits(self, index: int) -> Iterator[Hit]:
        passage = self.passages[index]
        if passage.end - passage.start < _SHORTEST:
            return
        here = self.canonical(index)
        silent = here in SILENT_SECTIONS
        if silent and here not in self.asked_of:
            return
        cues = self.cues.first_matches(self.masks[index], self.text, passage.start, passage.end)
        by_heading = self.by_heading[passage.section] if passage.section >= 0 else set()
        for number in sorted(cues.keys() | by_heading):
            element, criterion = self.criteria[number]
            if silent and here not in criterion.look_in:
                continue
            hit = self.hit(element.id, criterion, index, cues.get(number))
            if hit is not None:
                yield hit

    def canonical(self, index: int) -> str:
        section = self.passages[index].section
        return self.sections[section].canonical if section >= 0 else "title_page"

    def heading(self, index: int) -> str:
        section = self.passages[index].section
        return self.sections[section].heading if section >= 0 else ""

    def hit(self, element: str, criterion: CriterionRule, index: int, cue: tuple[int, int] | None) -> Hit | None:
        """The hit of a criterion in a passage, whose ``cue`` stands in it, or only in the heading above when it is None."""
        passage = self.passages[index]
        by_heading = cue is None
        start, end = cue or (passage.start, passage.end)
        if criterion.never.search(self.text, passage.start, passage.end):
            return None
        enough = self._needs_met(criterion, index, alone=by_heading)
        if by_heading and not enough:
            return None
        stance = self._stance(criterion, index, start, end)
        if not enough and stance not in _LEFT_OPEN:
            stance = "mentions"
        in_section = not criterion.look_in or self.canonical(index) in criterion.look_in
        return Hit(element, criterion.id, index, start, end, stance, in_section, by_heading)

    def _needs_met(self, criterion: CriterionRule, index: int, alone: bool) -> bool:
        passage = self.passages[index]
        for need in criterion.needs:
            if need.search(self.text, passage.start, passage.end) or need.search(self.heading(index)):
                continue
            if alone or not any(
                need.search(self.text, self.passages[near].start, self.passages[near].end) for near in self._neighbours(index)
            ):
                return False
        return True

    def _neighbours(self, index: int) -> list[int]:
        section = self.passages[index].section
        return [near for near in (index - 1, index + 1) if 0 <= near < len(self.passages) and self.passages[near].section == section]

    def _stance(self, criterion: CriterionRule, index: int, start: int, end: int) -> Stance:
        passage, context = self.passages[index], self.context
        said = self.said.get(index)
        if said is None:
            said = self.said[index] = _Said.of(context, self.text, passage)
        clause_start, clause_end = self._clause(passage, start, end)
        if said.placeholder:
            return "placeholder"
        if context.deferral.search(self.text, clause_start, clause_end):
            return "deferred"
        if criterion.when_negated == "unmet" and self._negated(clause_start, start, end, clause_end):
            return "negated"
        if not said.own_study and self.canonical(index) in OTHERS_SECTIONS and self.canonical(index) not in criterion.look_in:
            return "other_study"
        if not said.own_study and criterion.when_other_study == "unmet" and said.other_study:
            return "other_study"
        return "satisfies"

    def _clause(self, passage: Passage, start: int, end: int) -> tuple[int, int]:
        begin = passage.start
        for mark in _CLAUSE_END.finditer(self.text, passage.start, start):
            begin = mark.end()
        after = _CLAUSE_END.search(self.text, end, passage.end)
        return begin, after.start() if after else passage.end

    def _negated(self, clause_start: int, start: int, end: int, clause_end: int) -> bool:
        if self.context.not_negation.search(self.text, clause_start, clause_end):
            return False
        before = max(clause_start, start - 24)
        return bool(
            self.context.negation_before.search(self.text, before, start) or self.context.negation_after.search(self.text, end, clause_end)
        )
