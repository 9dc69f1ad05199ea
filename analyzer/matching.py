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

from analyzer.anchors import anchors
from analyzer.document import Document, Passage
from analyzer.rules import CriterionRule, ElementRule, Pack

Stance = Literal["satisfies", "mentions", "negated", "deferred", "placeholder", "other_study"]
STANCES: frozenset[str] = frozenset(get_args(Stance))

SILENT_SECTIONS = frozenset({"toc", "references", "abbreviations"})
"""Nothing that stands in these counts as evidence."""
OTHERS_SECTIONS = frozenset({"background", "preclinical"})
"""Facts in these belong to other studies unless the sentence speaks of this one."""

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
        self.cues = pack.cues
        self.criteria = list(pack.criteria())
        self.anchors = _Anchors(self.criteria)

    def match(self, document: Document, passages: Sequence[Passage]) -> list[Hit]:
        """All hits in a document, in the order of ``passages``, which must be those of ``segmentation.passages(document)``."""
        matching = _Matching(self, document, passages)
        return [hit for index in range(len(passages)) if matching.speaks(index) for hit in matching.hits(index)]


class _Anchors:
    """The words of a pack that make a criterion worth trying: for each a bit mask of criteria."""

    def __init__(self, criteria: Sequence[tuple[ElementRule, CriterionRule]]) -> None:
        import ahocorasick

        masks: dict[str, int] = defaultdict(int)
        self.always = 0
        for index, (_, criterion) in enumerate(criteria):
            for pattern in (*criterion.cues.zh, *criterion.cues.en, *criterion.cues.any):
                words = anchors(pattern)
                if words is None:
                    self.always |= 1 << index
                    continue
                for word in words:
                    masks[word] |= 1 << index
        self._automaton = ahocorasick.Automaton()
        for word, mask in masks.items():
            self._automaton.add_word(word, mask)
        self._automaton.make_automaton()

    def worth_trying(self, text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
        """For each of the ascending spans of ``text`` the mask of criteria whose words stand in it."""
        masks = [self.always] * len(spans)
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


def _lower(text: str) -> str:
    """Lower case of the same length, whatever the alphabet."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[:1] for character in text)


class _Matching:
    """One document being matched."""

    def __init__(self, matcher: Matcher, document: Document, passages: Sequence[Passage]) -> None:
        self.cues = matcher.cues
        self.criteria = matcher.criteria
        self.text = document.text
        self.passages = passages
        self.sections = document.sections
        known = matcher.anchors
        self.own = known.worth_trying(_lower(document.text), [(passage.start, passage.end) for passage in passages])
        headings = [(section.start, section.body) for section in document.sections]
        self.from_heading = [
            sum(
                1 << index
                for index in _bits(mask)
                if self.criteria[index][1].needs and self.criteria[index][1].cues.search(section.heading)
            )
            for mask, section in zip(known.worth_trying(_lower(document.text), headings), document.sections, strict=True)
        ]

    def hits(self, index: int) -> Iterator[Hit]:
        section = self.passages[index].section
        mask = self.own[index] | (self.from_heading[section] if section >= 0 else 0)
        for bit in _bits(mask):
            element, criterion = self.criteria[bit]
            hit = self.hit(element.id, criterion, index, bool(self.own[index] >> bit & 1))
            if hit is not None:
                yield hit

    def canonical(self, index: int) -> str:
        section = self.passages[index].section
        return self.sections[section].canonical if section >= 0 else "title_page"

    def heading(self, index: int) -> str:
        section = self.passages[index].section
        return self.sections[section].heading if section >= 0 else ""

    def speaks(self, index: int) -> bool:
        return self.canonical(index) not in SILENT_SECTIONS and self.passages[index].end - self.passages[index].start > 1

    def hit(self, element: str, criterion: CriterionRule, index: int, worth_trying: bool) -> Hit | None:
        passage = self.passages[index]
        cue = criterion.cues.search(self.text, passage.start, passage.end) if worth_trying else None
        by_heading = cue is None
        if cue is None:
            if passage.section < 0 or not criterion.needs or not criterion.cues.search(self.heading(index)):
                return None
            start, end = passage.start, passage.end
        else:
            start, end = cue.span()
        if criterion.never.search(self.text, passage.start, passage.end):
            return None
        enough = self._needs_met(criterion, index, alone=by_heading)
        if by_heading and not enough:
            return None
        stance = self._stance(criterion, index, start, end) if enough else "mentions"
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
        passage, cues = self.passages[index], self.cues
        clause_start, clause_end = self._clause(passage, start, end)
        if cues.placeholder.search(self.text, passage.start, passage.end):
            return "placeholder"
        if cues.deferral.search(self.text, clause_start, clause_end):
            return "deferred"
        if criterion.when_negated == "unmet" and self._negated(clause_start, start, end, clause_end):
            return "negated"
        own = cues.own_study.search(self.text, passage.start, passage.end)
        if not own and self.canonical(index) in OTHERS_SECTIONS and self.canonical(index) not in criterion.look_in:
            return "other_study"
        if not own and criterion.when_other_study == "unmet" and cues.other_study.search(self.text, passage.start, passage.end):
            return "other_study"
        return "satisfies"

    def _clause(self, passage: Passage, start: int, end: int) -> tuple[int, int]:
        begin = passage.start
        for mark in _CLAUSE_END.finditer(self.text, passage.start, start):
            begin = mark.end()
        after = _CLAUSE_END.search(self.text, end, passage.end)
        return begin, after.start() if after else passage.end

    def _negated(self, clause_start: int, start: int, end: int, clause_end: int) -> bool:
        if self.cues.not_negation.search(self.text, clause_start, clause_end):
            return False
        before = max(clause_start, start - 24)
        return bool(
            self.cues.negation_before.search(self.text, before, start) or self.cues.negation_after.search(self.text, end, clause_end)
        )


def _bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
