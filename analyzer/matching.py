"""Pack × Document -> hits: where a criterion's words stand, and whether the context lets them count.

A cue is searched in every passage of the body and in the heading above it; what the criterion ``needs`` must stand in the
same passage, its heading or a neighbour. The clause around the cue then decides the stance: negated, deferred, left as a
placeholder, or said of somebody else's study. The six stances are those of ``corpora/LABELLING.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from analyzer.document import Document, Passage
from analyzer.finder import Finder, Searched, Span, searched_apart
from analyzer.rules import CriterionRule, ElementRule, Pack, Patterns

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
_NEGATION_WITHIN = 24
"""Characters before a cue in which a word of negation is about it."""
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


def is_silent(document: Document, passage: Passage) -> bool:
    """Whether a passage stands where nothing is said of the study."""
    return passage.section >= 0 and document.sections[passage.section].canonical in SILENT_SECTIONS


def match(pack: Pack, document: Document, passages: Sequence[Passage]) -> list[Hit]:
    """All hits of a pack in one document; see ``Matcher`` for many documents."""
    return Matcher(pack).match(document, passages)


class Matcher:
    """A pack made ready to be matched with any number of documents; ``beside`` holds further criteria with their elements."""

    def __init__(self, pack: Pack, beside: Sequence[tuple[ElementRule, CriterionRule]] = ()) -> None:
        self.criteria = [*pack.criteria(), *beside]
        groups: list[Patterns] = []

        def grouped(patterns: Patterns) -> int:
            groups.append(patterns)
            return len(groups) - 1

        self.cues = range(len(self.criteria))
        """The groups of the cues, numbered as the criteria."""
        for _, criterion in self.criteria:
            grouped(criterion.cues)
        self.needs = [[grouped(need) for need in criterion.needs] for _, criterion in self.criteria]
        self.never = [grouped(criterion.never) for _, criterion in self.criteria]
        self.context = _Context(*(grouped(getattr(pack.cues, name)) for name in _Context._fields))
        self.finder = Finder(groups)
        self.context_patterns = self.finder.union(self.context)
        self.cue_owners = self.finder.owners(self.cues)
        self.cue_patterns = self.finder.union(self.cues)
        self.asked_in = {
            section: self.finder.union(number for number, (_, criterion) in enumerate(self.criteria) if section in criterion.look_in)
            for section in SILENT_SECTIONS
        }
        """Silent section -> the patterns of the criteria that look in it all the same."""

    def match(self, document: Document, passages: Sequence[Passage]) -> list[Hit]:
        """All hits in a document, in the order of ``passages``, which must be those of ``segmentation.passages(document)``."""
        return self.of(document, passages).all_hits()

    def of(self, document: Document, passages: Sequence[Passage]) -> Matching:
        """A document ready to be matched; ``passages`` as for ``match``."""
        return Matching(self, document, passages)


class _Context(NamedTuple):
    """The groups of the words that change what a cue means; see ``ContextCues``."""

    negation_before: int
    negation_after: int
    not_negation: int
    deferral: int
    placeholder: int
    other_study: int
    own_study: int


class Matching:
    """One document being matched."""

    def __init__(self, matcher: Matcher, document: Document, passages: Sequence[Passage]) -> None:
        self.matcher = matcher
        self.context_groups = matcher.context
        self.text = document.text
        self.passages = passages
        self.sections = document.sections
        self.body = Searched(matcher.finder, document.text, [(passage.start, passage.end) for passage in passages])
        self.headings = searched_apart(matcher.finder, [section.heading for section in document.sections])
        above = Searched(matcher.finder, document.text, [(section.start, section.body) for section in document.sections])
        self.by_heading = [
            {number for number in self._cues(above, index, matcher.cue_patterns) if matcher.criteria[number][1].needs}
            for index in range(len(document.sections))
        ]

    def _cues(self, where: Searched, index: int, patterns: int) -> dict[int, Span]:
        """Criterion -> the leftmost of its cues among ``patterns`` in a span. The groups of the cues are numbered as the criteria."""
        return where.first(self.matcher.cue_owners, patterns, index)

    def all_hits(self) -> list[Hit]:
        """The hits in all passages, in their order."""
        return [hit for index in range(len(self.passages)) for hit in self._hits(index)]

    def context(self, index: int) -> list[str]:
        """Names of the ``ContextCues`` that stand anywhere in a passage."""
        if not self.body.may_hold(self.matcher.context_patterns, index):
            return []
        return [name for name, group in self.context_groups._asdict().items() if self.body.holds(group, index)]

    def _hits(self, index: int) -> Iterator[Hit]:
        passage = self.passages[index]
        here = self.canonical(index)
        silent = here in SILENT_SECTIONS
        asked = self.matcher.asked_in[here] if silent else self.matcher.cue_patterns
        if passage.end - passage.start < _SHORTEST or not asked:
            return
        cues = self._cues(self.body, index, asked)
        by_heading = self.by_heading[passage.section] if passage.section >= 0 else set()
        for number in sorted(cues.keys() | by_heading):
            if silent and here not in self.matcher.criteria[number][1].look_in:
                continue
            hit = self.hit(number, index, cues.get(number))
            if hit is not None:
                yield hit

    def canonical(self, index: int) -> str:
        section = self.passages[index].section
        return self.sections[section].canonical if section >= 0 else "title_page"

    def hit(self, number: int, index: int, cue: Span | None) -> Hit | None:
        """The hit of a criterion in a passage, whose ``cue`` stands in it, or only in the heading above when it is None."""
        element, criterion = self.matcher.criteria[number]
        passage = self.passages[index]
        by_heading = cue is None
        start, end = cue or (passage.start, passage.end)
        if self.body.holds(self.matcher.never[number], index):
            return None
        enough = self._needs_met(number, index, alone=by_heading)
        if by_heading and not enough:
            return None
        stance = self._stance(criterion, index, start, end)
        if not enough and stance not in _LEFT_OPEN:
            stance = "mentions"
        in_section = not criterion.look_in or self.canonical(index) in criterion.look_in
        return Hit(element.id, criterion.id, index, start, end, stance, in_section, by_heading)

    def _needs_met(self, number: int, index: int, alone: bool) -> bool:
        section = self.passages[index].section
        for need in self.matcher.needs[number]:
            if self.body.holds(need, index) or (section >= 0 and self.headings.holds(need, section)):
                continue
            if alone or not any(self.body.holds(need, near) for near in self._neighbours(index)):
                return False
        return True

    def _neighbours(self, index: int) -> list[int]:
        section = self.passages[index].section
        return [near for near in (index - 1, index + 1) if 0 <= near < len(self.passages) and self.passages[near].section == section]

    def _stance(self, criterion: CriterionRule, index: int, start: int, end: int) -> Stance:
        body, context, here = self.body, self.context_groups, self.canonical(index)
        of_others = here in OTHERS_SECTIONS and here not in criterion.look_in
        if not body.may_hold(self.matcher.context_patterns, index):
            return "other_study" if of_others else "satisfies"
        clause = self._clause(self.passages[index], start, end)
        if body.holds(context.placeholder, index):
            return "placeholder"
        if body.holds_between(context.deferral, index, *clause):
            return "deferred"
        if criterion.when_negated == "unmet" and self._negated(index, start, end, clause):
            return "negated"
        if body.holds(context.own_study, index):
            return "satisfies"
        if of_others:
            return "other_study"
        if criterion.when_other_study == "unmet" and body.holds(context.other_study, index):
            return "other_study"
        return "satisfies"

    def _clause(self, passage: Passage, start: int, end: int) -> Span:
        begin = passage.start
        for mark in _CLAUSE_END.finditer(self.text, passage.start, start):
            begin = mark.end()
        after = _CLAUSE_END.search(self.text, end, passage.end)
        return begin, after.start() if after else passage.end

    def _negated(self, index: int, start: int, end: int, clause: Span) -> bool:
        body, context = self.body, self.context_groups
        if body.holds_between(context.not_negation, index, *clause):
            return False
        before = max(clause[0], start - _NEGATION_WITHIN)
        return body.holds_between(context.negation_before, index, before, start) or body.holds_between(
            context.negation_after, index, end, clause[1]
        )
