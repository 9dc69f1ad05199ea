"""Two versions of a protocol -> what changed between them. Pure.

Words are compared without white space, line-end hyphens, case, the numbers of headings and list items, and cross-references to them, so
that neither another layout nor a renumbered or moved section is a change. A sentence is unchanged when the other version has it: as a
sentence of its own, inside a longer one, or in pieces (where a page or a cell ends in its midst). Each place is used up once: a sentence
that stood twice and now stands once has changed. What is left over is paired by likeness into changes; the rest was added or removed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from analyzer.document import Document
from analyzer.findings import Bilingual, CriterionFinding, DocumentInfo, Evidence, Inconsistency, Report, Verdict
from analyzer.segmentation import passages, title_of
from analyzer.text import CJK, normalise

Status = Literal["solved", "open", "new_gap", "lost"]
"""Of a gap: closed, still there, in something that was not asked for before, or there because what was met is gone."""
Kind = Literal["changed", "added", "removed"]

SCHEMA_VERSION = "1.0"
_LIKE_ENOUGH, _LIKE_ENOUGH_IN_PLACE = 0.5, 0.35
_DIFFERENT_PROTOCOLS = 0.2


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CriterionChange(_Shape):
    """A gap in either version. ``same_words``: the words that decided stand in both versions, so it may be judgement that changed."""

    element: str
    element_name: Bilingual
    criterion: str
    name: Bilingual
    status: Status
    same_words: bool = False
    old: Evidence | None = None
    new: Evidence | None = None
    advice: Bilingual | None = None


class VerdictChange(_Shape):
    """An element whose verdict is another one; None where its list of requirements lacks it."""

    element: str
    name: Bilingual
    old: Verdict | None
    new: Verdict | None


class ConditionChange(_Shape):
    """Something on which requirements depend that now holds, or holds no more; None where a report does not say."""

    condition: str
    name: Bilingual
    old: bool | None
    new: bool | None
    evidence: list[Evidence]


class ContradictionChange(_Shape):
    """A contradiction of either version."""

    kind: str
    message: Bilingual
    status: Status
    evidence: list[Evidence]


class ValueChange(_Shape):
    """A number, or a fact of the cover, that changed; None where a version does not state it."""

    name: str
    old: Any
    new: Any
    old_evidence: Evidence | None = None
    new_evidence: Evidence | None = None


class TextChange(_Shape):
    """A sentence, row or heading; an added one has no ``old``, a removed one no ``new``. Pages count from 1."""

    kind: Kind
    heading: bool = False
    old: str | None = None
    new: str | None = None
    old_page: int | None = None
    new_page: int | None = None


class SectionChange(_Shape):
    """What changed under one heading; "" is the heading of what stands before the first."""

    kind: Kind
    canonical: str
    old_heading: str | None = None
    new_heading: str | None = None
    old_page: int | None = None
    new_page: int | None = None
    changes: list[TextChange]


class Comparison(_Shape):
    """What changed from ``old`` to ``new``. ``notes`` are codes of what a reader must know before trusting it."""

    schema_version: str = SCHEMA_VERSION
    old: DocumentInfo
    new: DocumentInfo
    verdicts: list[VerdictChange]
    criteria: list[CriterionChange]
    conditions: list[ConditionChange]
    contradictions: list[ContradictionChange]
    values: list[ValueChange]
    sections: list[SectionChange]
    text_compared: bool
    notes: list[str]

    @property
    def nothing_changed(self) -> bool:
        """Whether the two versions say the same."""
        statuses = {change.status for change in self.criteria} | {change.status for change in self.contradictions}
        return not (self.sections or self.values or self.verdicts or self.conditions) and statuses <= {"open"}


def compare(old: Report, new: Report, old_document: Document | None = None, new_document: Document | None = None) -> Comparison:
    """What changed between two versions; without the documents their texts are not compared."""
    texts = _Texts(old_document, new_document) if old_document and new_document else None
    sections = texts.sections() if texts else []
    same_text = texts is not None and not sections
    criteria = list(_criteria(old, new, texts))
    contradictions = list(_contradictions(old.inconsistencies, new.inconsistencies))
    return Comparison(
        old=old.document,
        new=new.document,
        verdicts=[] if same_text else list(_verdicts(old, new)),
        criteria=[change for change in criteria if change.status == "open"] if same_text else criteria,
        conditions=[] if same_text else list(_conditions(old, new)),
        contradictions=[change for change in contradictions if change.status == "open"] if same_text else contradictions,
        values=[] if same_text else [*_facts(old.document, new.document), *_values(old, new, texts)],
        sections=sections,
        text_compared=texts is not None,
        notes=list(_notes(old, new, texts)),
    )


# ---------------------------------------------------------------- what the reports say


def _verdicts(old: Report, new: Report) -> Iterator[VerdictChange]:
    before = {element.id: element for element in old.elements}
    after = {element.id: element for element in new.elements}
    for name, element in (before | after).items():
        verdicts = [side[name].verdict if name in side else None for side in (before, after)]
        if verdicts[0] != verdicts[1]:
            yield VerdictChange(element=name, name=element.name, old=verdicts[0], new=verdicts[1])


def _criteria(old: Report, new: Report, texts: _Texts | None) -> Iterator[CriterionChange]:
    before = {(element.id, criterion.id): criterion for element in old.elements for criterion in element.criteria}
    for element in new.elements:
        for after in element.criteria:
            earlier = before.get((element.id, after.id))
            status = _status(earlier, after)
            if status:
                sides = _first(earlier), _first(after)
                yield CriterionChange(
                    element=element.id,
                    element_name=element.name,
                    criterion=after.id,
                    name=after.name,
                    status=status,
                    same_words=texts is not None and status in ("solved", "lost") and texts.unchanged(*sides, solved=status == "solved"),
                    old=sides[0],
                    new=sides[1],
                    advice=after.advice,
                )


def _status(old: CriterionFinding | None, new: CriterionFinding) -> Status | None:
    if new.met:
        return "solved" if old and not old.met else None
    if old is None:
        return "new_gap"
    return "lost" if old.met else "open"


def _first(finding: CriterionFinding | None) -> Evidence | None:
    return finding.evidence[0] if finding and finding.evidence else None


def _conditions(old: Report, new: Report) -> Iterator[ConditionChange]:
    before = {condition.id: condition for condition in old.conditions}
    after = {condition.id: condition for condition in new.conditions}
    for name, condition in (before | after).items():
        holds = [side[name].holds if name in side else None for side in (before, after)]
        if holds[0] != holds[1]:
            yield ConditionChange(condition=name, name=condition.name, old=holds[0], new=holds[1], evidence=condition.evidence)


def _contradictions(old: Sequence[Inconsistency], new: Sequence[Inconsistency]) -> Iterator[ContradictionChange]:
    """Contradictions of one kind are the same one when they say the same, else in their order."""
    waiting = list(old)
    for after in sorted(new, key=lambda entry: entry.message not in [earlier.message for earlier in old]):
        alike = [entry for entry in waiting if entry.kind == after.kind]
        match = next((entry for entry in alike if entry.message == after.message), alike[0] if alike else None)
        if match:
            waiting.remove(match)
        yield _contradiction(after, "open" if match else "new_gap")
    yield from (_contradiction(entry, "solved") for entry in waiting)


def _contradiction(entry: Inconsistency, status: Status) -> ContradictionChange:
    return ContradictionChange(kind=entry.kind, message=entry.message, status=status, evidence=entry.evidence)


def _facts(old: DocumentInfo, new: DocumentInfo) -> Iterator[ValueChange]:
    for name in ("title", "version", "date", "registration"):
        before, after = getattr(old, name), getattr(new, name)
        if _bare(str(before)) != _bare(str(after)):
            yield ValueChange(name=name, old=before or None, new=after or None)


def _values(old: Report, new: Report, texts: _Texts | None) -> Iterator[ValueChange]:
    after = new.values.model_dump()
    for name, before in old.values.model_dump().items():
        sides = _stated(old, name), _stated(new, name)
        if before != after[name] and not (texts and texts.both_stand(*sides)):
            yield ValueChange(name=name, old=before, new=after[name], old_evidence=sides[0], new_evidence=sides[1])


def _stated(report: Report, name: str) -> Evidence | None:
    return next(iter(report.value_evidence.get(name, [])), None)


def _notes(old: Report, new: Report, texts: _Texts | None) -> Iterator[str]:
    """Codes of what makes the comparison less sure, or perhaps meaningless."""
    if old.document.sha256 == new.document.sha256:
        yield "same_file"
    elif texts and texts.likeness() < _DIFFERENT_PROTOCOLS:
        yield "different_protocols"
    if old.document.date and new.document.date and old.document.date > new.document.date:
        yield "old_is_newer"
    if (old.tool.pack, old.tool.model) != (new.tool.pack, new.tool.model):
        yield "different_tools"
    if any(side.document.text_source.empty for side in (old, new)):
        yield "pages_without_text"
    if any(side.document.text_source.ocr for side in (old, new)):
        yield "ocr_used"


# ---------------------------------------------------------------- what the texts say

_SIGNS = str.maketrans(
    {
        **dict(zip("（），；：！？。、“”‘’【】", "(),;:!?.,\"\"''[]", strict=True)),
        **dict.fromkeys("～〜∼", "~"),
        **dict.fromkeys("–—−‐‑‒", "-"),
        **dict.fromkeys("∶", ":"),
    }
)
_WORD_HYPHEN = re.compile(r"(?<=[a-z])-+(?=[a-z]|$)|^-+(?=[a-z])")
_ORDINAL = "[零〇一二三四五六七八九十]{1,3}"
_CROSS_REFERENCE = re.compile(
    rf"(?<=见)\s*第?\s*(?:\d{{1,2}}(?:\.\d{{1,2}})+|{_ORDINAL}(?=[、章节部]))|第\s*(?:\d{{1,2}}(?:\.\d{{1,2}})*|{_ORDINAL})\s*(?=[章节条]|部分)"
    r"|\b(?:sections?|chapters?|paragraphs?|§)\s*\d{1,2}(?:\.\d{1,2})*",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"[.．…·]{4,}\s*\d*\s*$")
_PAGE_AT_END = re.compile(r"[\s.…·]\d{1,3}\s*$")
_ITEM_NUMBER = re.compile(
    rf"\s*(?:[（(]\s*(?:\d{{1,2}}|{_ORDINAL}|[a-z])\s*[)）]|(?:\d{{1,2}}|[a-z])\s*[)）]|\d{{1,2}}\s*[.．、](?!\d)|{_ORDINAL}、|[①-⑳]|[•·●■◆▪-]\s)\s*"
)
_HEADING_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\s+")
_SHORT, _LONG, _LONGEST_RUN = 8, 16, 4


def _bare(words: str) -> str:
    """Words as they are compared."""
    plain = _CROSS_REFERENCE.sub("#", normalise(words)[0]).translate(_SIGNS).casefold()
    return _WORD_HYPHEN.sub("", re.sub(r"\s+", "", plain))


def _title(heading: str) -> str:
    """A heading without its number, also where the number could be a count in running text."""
    return _HEADING_NUMBER.sub("", title_of(heading)) or heading


@dataclass(slots=True, eq=False)
class _Unit:
    """A sentence, row or heading: ``whole`` as it is compared, ``key`` without the number it begins with; ``at`` in ``_Side.whole``."""

    start: int
    end: int
    section: int
    heading: bool
    whole: str
    key: str
    cells: tuple[str, ...]
    at: int = 0
    other: _Unit | None = None
    matched: bool = False
    inside: int = -1
    """Where in the other text it was found in the midst of something."""


class _Side:
    """One version: its units, and all of them as one string of which places are used up as they are matched."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.units = [unit for unit in _units(document) if unit.key]
        self.heads = [_letters([unit]) for above, unit in pairwise(self.units) if len(above.cells) < 2 <= len(unit.cells)]
        self.titles = [_bare(_title(section.heading)) for section in document.sections]
        at = 0
        for unit in self.units:
            unit.at = at
            at += len(unit.whole)
        self.whole = "".join(unit.whole for unit in self.units)
        self.used = bytearray(len(self.whole))

    def use(self, start: int, length: int) -> None:
        """Mark a place as matched."""
        self.used[start : start + length] = b"\1" * length

    def find(self, words: str, *, before: str | None = None, after: str = "") -> int:
        """Where unused ``words`` stand, or -1; with ``before`` and ``after`` only where one of these stands beside them."""
        at = self.whole.find(words)
        while at >= 0:
            end = at + len(words)
            beside = before is None or (before and self.whole.endswith(before, 0, at)) or (after and self.whole.startswith(after, end))
            if beside and self.used.find(1, at, end) < 0:
                return at
            at = self.whole.find(words, at + 1)
        return -1

    def left(self) -> list[_Unit]:
        """The units that nothing matches yet."""
        return [unit for unit in self.units if not unit.matched]

    def page(self, offset: int) -> int:
        """The number of the page on which a character stands."""
        return self.document.page_of(offset).number

    def words(self, unit: _Unit) -> str:
        """A unit as a person reads it."""
        return " ".join(self.document.text[unit.start : unit.end].replace("\t", " | ").split())


def _units(document: Document) -> Iterator[_Unit]:
    """Headings and passages in reading order, without the table of contents and the heads that a table repeats on each page."""
    heads: set[tuple[str, ...]] = set()
    in_table = False
    sections = document.sections
    titles = {_bare(_title(section.heading)) for section in sections}
    contents = {index for index, section in enumerate(sections) if section.canonical == "toc"}
    found = [(section.start, section.body, index, True) for index, section in enumerate(sections)]
    found += [(passage.start, passage.end, passage.section, False) for passage in passages(document)]
    for start, end, section, heading in sorted(found):
        words = document.text[start:end]
        if _LEADERS.search(words) or (section in contents and (_PAGE_AT_END.search(words) or _bare(_title(words)) in titles)):
            continue
        item = None if "\t" in words or heading else _ITEM_NUMBER.match(words)
        key = _title(words) if heading else words[item.end() :] if item else words
        cells = tuple(filter(None, map(_bare, words.split("\t"))))
        if len(cells) > 1 and cells in heads:
            continue
        if len(cells) > 1 and not in_table:
            heads.add(cells)
        in_table = len(cells) > 1
        yield _Unit(start, end, section, heading, _bare(words), _bare(key), cells)


@dataclass(slots=True)
class _Group:
    """The changes of one section while they are collected."""

    old: int | None
    new: int | None
    order: float
    changes: list[tuple[float, TextChange]] = field(default_factory=list)


class _Texts:
    """The texts of both versions, matched sentence by sentence."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = _Side(old), _Side(new)
        self.partner = dict(_matched_sections(self.old, self.new))
        self._match_alike(within_sections=True)
        self._match_alike(within_sections=False)
        self._match_scattered()
        for match in (_match_inside, _match_runs, _match_in_pieces, _match_in_pieces):
            match(self.old, self.new)
            match(self.new, self.old)
        _free_extended(self.old, self.new)
        _free_extended(self.new, self.old)
        self._pair()

    def _match_alike(self, *, within_sections: bool) -> None:
        waiting: dict[tuple[str, int | None], list[_Unit]] = defaultdict(list)
        for unit in reversed(self.new.left()):
            waiting[unit.key, unit.section if within_sections else None].append(unit)
        for unit in self.old.left():
            section = self.partner.get(unit.section, -2) if within_sections else None
            if alike := waiting.get((unit.key, section)):
                twin = alike.pop()
                unit.matched = twin.matched = True
                unit.other, twin.other = twin, unit
                self.old.use(unit.at, len(unit.whole))
                self.new.use(twin.at, len(twin.whole))

    def _match_scattered(self) -> None:
        """Match what stands between the same two long sentences in both versions, cut otherwise: cells that one layout wraps."""
        for old, new in self._gaps():
            if _shape(old) != _shape(new) and self._same_letters(old, new):
                for side, units in ((self.old, old), (self.new, new)):
                    for unit in units:
                        unit.matched = True
                        side.use(unit.at, len(unit.whole))

    def _same_letters(self, old: Sequence[_Unit], new: Sequence[_Unit]) -> bool:
        """Whether both hold the same letters, but for the head of a table that was read into a row cut by the end of a page."""
        surplus = _letters(old) - _letters(new), _letters(new) - _letters(old)
        if not any(surplus):
            return True
        return not all(surplus) and (surplus[0] or surplus[1]) in (self.old.heads if surplus[0] else self.new.heads)

    def _gaps(self) -> Iterator[tuple[list[_Unit], list[_Unit]]]:
        """The units between two long sentences that follow one another, as such, in both versions."""
        following = {last: (first, between) for first, between, last in _stretches(self.new)}
        for first, between, last in _stretches(self.old):
            twins = [unit.other if unit else None for unit in (first, last)]
            start, others = following.get(twins[1]) or (None, list[_Unit]())
            if between and others and start is twins[0] and any(not unit.matched for unit in (*between, *others)):
                yield between, others

    def _pair(self) -> None:
        """Pair what is left by likeness, the most alike first; being in the same place counts."""
        left, right = self.old.left(), self.new.left()
        ranked = sorted(self._candidates(left, right), key=lambda pair: (-pair[0], pair[1], pair[2]))
        for _, first, second in ranked:
            unit, twin = left[first], right[second]
            if unit.other is None and twin.other is None:
                unit.other, twin.other = twin, unit

        self._pair_replaced()

    def _pair_replaced(self) -> None:
        """Pair a sentence that was left over with the one that stands in its place, between the same neighbours."""
        places = {unit: place for place, unit in enumerate(self.new.units)}
        for above, unit, below in _between(self.old.units):
            if unit.matched or unit.other is not None or (above and not above.other) or (below and not below.other):
                continue
            start = places[above.other] if above and above.other else -1
            end = places[below.other] if below and below.other else len(self.new.units)
            twin = self.new.units[start + 1] if end == start + 2 else None
            if twin and not twin.matched and twin.other is None and twin.heading == unit.heading:
                unit.other, twin.other = twin, unit

    def _candidates(self, left: Sequence[_Unit], right: Sequence[_Unit]) -> Iterator[tuple[float, int, int]]:
        grams = [Counter(_grams(unit.key)) for unit in right]
        holders: dict[str, list[int]] = defaultdict(list)
        for index, counted in enumerate(grams):
            for gram in counted:
                holders[gram].append(index)
        common = max(20, len(right) // 10)
        for first, unit in enumerate(left):
            mine = Counter(_grams(unit.key))
            shared = Counter(index for gram in mine if len(holders[gram]) <= common for index in holders[gram])
            for second, _ in shared.most_common(8):
                twin = right[second]
                if unit.heading != twin.heading:
                    continue
                in_place = self.partner.get(unit.section) == twin.section
                likeness = _likeness(mine, grams[second])
                if likeness >= (_LIKE_ENOUGH_IN_PLACE if in_place else _LIKE_ENOUGH):
                    yield likeness + 0.2 * in_place, first, second

    def likeness(self) -> float:
        """Share of the shorter text that stands in the other as well."""
        shares = [sum(len(unit.whole) for unit in side.units if unit.matched) / max(len(side.whole), 1) for side in (self.old, self.new)]
        return max(shares)

    def unchanged(self, old: Evidence | None, new: Evidence | None, *, solved: bool) -> bool:
        """Whether the words that satisfy the criterion in one version stand in the other too."""
        evidence, other = (new, self.old) if solved else (old, self.new)
        return evidence is not None and _bare(evidence.quote) in other.whole

    def both_stand(self, old: Evidence | None, new: Evidence | None) -> bool:
        """Whether the words of both stand in both versions: it is their reading that differs."""
        return old is not None and new is not None and _bare(old.quote) in self.new.whole and _bare(new.quote) in self.old.whole

    def sections(self) -> list[SectionChange]:
        """The changes under each heading, in the order of the new version; what was removed stands where it stood."""
        groups: dict[tuple[int | None, int | None], _Group] = {}
        back = {new: old for old, new in self.partner.items()}
        for unit in self.new.left():
            group = self._group(groups, back.get(unit.section), unit.section)
            group.changes.append((unit.start, self._change(unit.other, unit)))
        for unit in self.old.left():
            if unit.other is None:
                group = self._group(groups, unit.section, self.partner.get(unit.section))
                group.changes.append((self._place(unit), self._change(unit, None)))
        return [self._section(group) for group in sorted(groups.values(), key=lambda group: group.order)]

    def _group(self, groups: dict[tuple[int | None, int | None], _Group], old: int | None, new: int | None) -> _Group:
        key = (old, new)
        if key not in groups:
            before = max((self.partner[index] for index in range(-1, old or 0) if index in self.partner), default=-1)
            groups[key] = _Group(old, new, before + 0.5 if new is None else new)
        return groups[key]

    def _place(self, unit: _Unit) -> float:
        """Just behind the last sentence before it that both versions have."""
        for earlier in reversed(self.old.units[: self.old.units.index(unit)]):
            if earlier.other is not None and earlier.section == unit.section:
                return earlier.other.start + 0.5
        return -1.0

    def _change(self, old: _Unit | None, new: _Unit | None) -> TextChange:
        either = new or old
        return TextChange(
            kind="changed" if old and new else "added" if new else "removed",
            heading=either is not None and either.heading,
            old=self.old.words(old) if old else None,
            new=self.new.words(new) if new else None,
            old_page=self.old.page(old.start) if old else None,
            new_page=self.new.page(new.start) if new else None,
        )

    def _section(self, group: _Group) -> SectionChange:
        changes = [change for _, change in sorted(group.changes, key=lambda pair: pair[0])]
        whole = [change.kind for change in changes if change.heading and change.kind != "changed"]
        old, new = _head(self.old, group.old), _head(self.new, group.new)
        return SectionChange(
            kind="added"
            if "added" in whole and group.old is None
            else "removed"
            if "removed" in whole and group.new is None
            else "changed",
            canonical=(new or old or ("", "other", 0))[1],
            old_heading=old[0] if old else None,
            new_heading=new[0] if new else None,
            old_page=old[2] if old else None,
            new_page=new[2] if new else None,
            changes=changes,
        )


def _head(side: _Side, index: int | None) -> tuple[str, str, int] | None:
    """Heading, label and page of a section; the text before the first heading has an empty one."""
    if index is None:
        return None
    if index < 0:
        return "", "title_page", 1
    section = side.document.sections[index]
    return " ".join(section.heading.split()), section.canonical, side.page(section.start)


def _match_inside(side: _Side, other: _Side) -> None:
    """Match units that stand in the midst of the other text, where its layout joined or divided sentences otherwise.

    A short one counts only together with its neighbour.
    """
    for place, unit in enumerate(side.units):
        if unit.matched:
            continue
        before = side.units[place - 1].whole[-_SHORT:] if place else ""
        after = side.units[place + 1].whole[:_SHORT] if place + 1 < len(side.units) else ""
        for words in dict.fromkeys((unit.whole, unit.key)):
            at = other.find(words) if len(words) >= _SHORT else other.find(words, before=before, after=after)
            if at >= 0:
                unit.matched = True
                unit.inside = at
                other.use(at, len(words))
                break


def _match_runs(side: _Side, other: _Side) -> None:
    """Match units that follow one another and stand together in the midst of the other text: a sentence cut at different places."""
    units = side.units
    for length in range(_LONGEST_RUN, 1, -1):
        for start in range(len(units) - length + 1):
            run = units[start : start + length]
            if any(unit.matched or unit.heading for unit in run):
                continue
            words = "".join(unit.whole for unit in run)
            at = other.find(words)
            if at >= 0:
                other.use(at, len(words))
                for unit in run:
                    unit.matched = True


def _match_in_pieces(side: _Side, other: _Side) -> None:
    """Match units that the other version has as several: whole sentences one after the other, or the cells of a row."""
    parts: dict[str, list[_Unit]] = defaultdict(list)
    for part in other.units:
        if part.other is None:
            for words in {part.whole, part.key}:
                parts[words].append(part)
    by_length = sorted(parts, key=len, reverse=True)
    for unit in side.left():
        tiles = _tiled(unit.key, by_length) or _tiled(unit.whole, by_length)
        if not tiles and len(unit.cells) > 1 and all(cell in parts for cell in unit.cells):
            tiles = unit.cells
        if tiles:
            unit.matched = True
            for tile in tiles:
                waiting = [part for part in parts[tile] if not part.matched]
                if waiting:
                    waiting[0].matched = True


def _free_extended(side: _Side, other: _Side) -> None:
    """Free the longest unit inside each one that is left over: it was not kept but extended, or cut down."""
    found = sorted((unit for unit in side.units if unit.inside >= 0), key=lambda unit: unit.inside)
    for longer in other.left():
        end = longer.at + len(longer.whole)
        inside = found[bisect_left(found, longer.at, key=_inside) : bisect_left(found, end, key=_inside)]
        longest = max((unit for unit in inside if unit.heading == longer.heading), key=lambda unit: len(unit.key), default=None)
        if longest:
            longest.matched = False


def _inside(unit: _Unit) -> int:
    return unit.inside


def _tiled(words: str, pieces: Sequence[str]) -> tuple[str, ...]:
    """``words`` as a row of ``pieces``, or nothing."""
    found = []
    while words:
        piece = next((piece for piece in pieces if words.startswith(piece)), None)
        if piece is None:
            return ()
        found.append(piece)
        words = words[len(piece) :]
    return tuple(found)


def _between(units: Sequence[_Unit]) -> Iterator[tuple[_Unit | None, _Unit, _Unit | None]]:
    """Each unit with those before and after it."""
    return zip([None, *units[:-1]], units, [*units[1:], None], strict=True)


def _stretches(side: _Side) -> Iterator[tuple[_Unit | None, list[_Unit], _Unit | None]]:
    """Each long sentence that both versions have, what follows it up to the next one, and that one; None at both ends."""
    first: _Unit | None = None
    between: list[_Unit] = []
    for unit in side.units:
        if unit.other is not None and len(unit.key) >= _LONG:
            yield first, between, unit
            first, between = unit, []
        else:
            between.append(unit)
    yield first, between, None


def _shape(units: Sequence[_Unit]) -> list[int]:
    """How many cells each unit has."""
    return sorted(len(unit.cells) for unit in units)


def _letters(units: Sequence[_Unit]) -> Counter[str]:
    return Counter(character for unit in units for character in unit.whole)


def _matched_sections(old: _Side, new: _Side) -> Iterator[tuple[int, int]]:
    """Pairs of sections that are the same one: by title, label and what stands in them, the surest first."""
    before, after = _contents(old), _contents(new)
    yield -1, -1
    ranked = sorted(
        (
            (_kinship(old, first, before[first], new, second, after[second]), -abs(first - second), first, second)
            for first in before
            for second in after
            if first >= 0 <= second
        ),
        reverse=True,
    )
    taken: tuple[set[int], set[int]] = (set(), set())
    for score, _, first, second in ranked:
        if score < 1.0:
            break
        if first not in taken[0] and second not in taken[1]:
            taken[0].add(first)
            taken[1].add(second)
            yield first, second


def _contents(side: _Side) -> dict[int, set[str]]:
    """The sentences under each heading."""
    found: dict[int, set[str]] = {index: set() for index in range(-1, len(side.document.sections))}
    for unit in side.units:
        if not unit.heading:
            found[unit.section].add(unit.key)
    return found


def _kinship(old: _Side, first: int, before: set[str], new: _Side, second: int, after: set[str]) -> float:
    one, two = old.document.sections[first], new.document.sections[second]
    label = one.canonical == two.canonical and one.canonical != "other"
    shared = len(before & after) / max(min(len(before), len(after)), 1)
    path = bool(one.path) and one.path == two.path
    return 1.0 * (old.titles[first] == new.titles[second]) + 0.4 * label + 0.1 * path + 1.5 * shared


def _grams(words: str) -> Iterator[str]:
    return (words[index : index + 3] for index in range(max(len(words) - 2, 1)))


def _likeness(one: Counter[str], two: Counter[str]) -> float:
    shared = (one & two).total()
    return 2 * shared / (one.total() + two.total())


# ---------------------------------------------------------------- within a sentence

_TOKEN = re.compile(rf"[A-Za-z]+|\d+(?:[.,]\d+)*|[{CJK}]|\s+|.", re.DOTALL)
Piece = tuple[Literal["same", "old", "new"], str]


def pieces(change: TextChange) -> list[Piece]:
    """A change as words of both versions, of the old one and of the new one, in reading order."""
    old, new = _TOKEN.findall(change.old or ""), _TOKEN.findall(change.new or "")
    found: list[Piece] = []
    for operation, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            found.append(("old", "".join(old[a:b])))
        if d > c:
            found.append(("new", "".join(new[c:d])))
    return found
