"""Which visual lines make one paragraph, and how a line end inside it is read."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from analyzer.reading.layout import Run

_CJK = r"\u2e80-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff0f\uff1a-\uff20\uff3b-\uff65“”‘’…—·①-⑳"
_IS_CJK = re.compile(f"[{_CJK}]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")

_STRONG_MARK = re.compile(
    r"[•●○■□▪▫◆◇➢►▶✓✔❖⚫➤√☐☑☒◦∙]"
    r"|[一二三四五六七八九十]{1,3}、"
    r"|[（(][一二三四五六七八九十]{1,3}[）)]"
    r"|第\s?[一二三四五六七八九十百\d]+\s?[章节篇部条][\s、：:]?"
    r"|[①-⑳⑴-⒇]"
    r"|(?:Section|Chapter|Appendix|APPENDIX|SECTION|CHAPTER|附件|附录)\s?[\dA-Z一二三四五六七八九十]{1,3}(?:[\s:.：．]|$)"
)
_WEAK_MARK = re.compile(
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4})(?P<after>[.、)）:：]?(?=\s|[^\d\s.,%)）~+×/^-])|\)|）)"
    r"|[(（](?P<inner>\d{1,2}|[a-zA-Z]|[ivx]{1,4})[)）]"
    r"|(?P<letter>[a-zA-Z]|[ivx]{1,4}|[A-Z]\.\d{1,2}(?:\.\d{1,2})*)[.)）](?=\s|[\u3400-\u9fff])"
    r"|(?P<annex>[A-Z]\.\d{1,2}(?:\.\d{1,2})*)(?=\s)"
    r"|[-–—*+o](?=\s)"
)
_BLANK_TO_PAGE = re.compile(r"__{5,}\s*\d{1,3}$")
_SENTENCE_MARKS = tuple("。！？；：.!?;:")
_CLOSING = "”’\"')）]】"
_SENTENCE_END_WITHIN = 12
"""Characters at the end of a line that can be its mark and closing brackets."""
_FIRST_WORD = re.compile(rf"[{_CJK}](?:[，。、；：？！）」』】”’])*|[^\s{_CJK}]+(?:[，。、；：？！）」』】”’])*")

_COMPOUND_FIRST = re.compile(
    r"non|pre|post|double|single|triple|follow|placebo|open|well|long|short|high|low|multi|self|cell|anti|co|"
    r"re|intra|inter|sub|super|over|under|full|half|part|cross|time|dose|drug|risk|cost|evidence|patient|age|"
    r"sex|gender|health|disease|event|life|day|week|month|year|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|first|second|third|phase|mid|end|up|on|off|in|out|by|log|real|large|small|medium|wide|late|early|"
    r"left|right|case|meta|quasi|semi|pseudo|ex|de|un|all|and|or|data|decision|side|wash|drop|stand|start|run|"
    r"lead|head|study|investigator|sponsor|intention|protocol|per|site"
)
"""What mostly keeps its hyphen: "follow-up", "placebo-controlled"."""
_COMPOUND_LAST = re.compile(
    r"based|blind|blinded|bound|centred|centered|center|centre|controlled|dependent|derived|driven|effective|effectiveness|free|"
    r"group|induced|label|labelled|level|like|line|linked|mediated|negative|off|out|point|positive|rank|rate|related|resistant|"
    r"response|sided|site|specific|square|term|test|to|treat|treated|up|week|wide|year|years"
)
_HYPHENATED = 0.03
"""Share of lines that end in a hyphen above which a document divides words at line ends."""
_BROKEN_WORD = re.compile(r"([A-Za-z]+(?:-[A-Za-z]+)*)-$")
_WORD_START = re.compile(r"[a-z]+")


@dataclass(slots=True)
class VisualLine:
    """One line as the eye sees it: its runs, their normalised text with the raw index of each character, and where it stands."""

    page: int
    column: int
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    bold: bool
    tail_bold: bool
    text: str
    origin: array[int]
    blank_after: bool
    """Whether white space was drawn after the line's last character."""
    left: float = 0.0
    right: float = 0.0
    """The edges of its column."""
    tail_x0: float = 0.0
    """Where the last of its runs begins."""

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def character_width(self) -> float:
        return (self.x1 - self.x0) / max(1, len(self.text))


def line_of_run(run: Run, page: int, column: int, text: str, origin: array[int], raw: str) -> VisualLine:
    """A visual line of a single run; ``raw`` is the text of the page."""
    blank_after = raw[run.end : run.end + 1].isspace() and raw[run.end] not in "\r\n"
    x0, top, x1, bottom = run.x0, run.top, run.x1, run.bottom
    return VisualLine(page, column, x0, top, x1, bottom, run.size, run.bold, run.tail_bold, text, origin, blank_after, tail_x0=run.x0)


def append_run(line: VisualLine, other: VisualLine) -> None:
    """Add to ``line`` what follows it to the right on the same line."""
    gap = other.x0 - line.x1
    if gap > 1.5 * line.size and not _WEAK_MARK.fullmatch(line.text) and not _STRONG_MARK.fullmatch(line.text):
        joint = "\t"
    elif line.blank_after or (gap > 0.15 * line.size and not (_IS_CJK.match(line.text[-1]) and _IS_CJK.match(other.text))):
        joint = " "
    else:
        joint = ""
    line.text += joint + other.text
    line.origin.extend([-1] * len(joint))
    line.origin.extend(other.origin)
    if other.size > line.size:
        line.size = other.size
    line.x1, line.top, line.bottom = max(line.x1, other.x1), min(line.top, other.top), max(line.bottom, other.bottom)
    line.tail_bold, line.blank_after, line.tail_x0 = other.tail_bold, other.blank_after, other.x0


def set_edges(lines: Sequence[VisualLine], sizes: Sequence[tuple[float, float]]) -> None:
    """Give each line the edges of its column; ``sizes`` holds width and height of the pages, first page first.

    The edges of a column come from its page, but not narrower than on the pages of the same shape: a page of short lines does not
    tell where lines end.
    """
    columns: dict[tuple[int, int], list[VisualLine]] = defaultdict(list)
    for line in lines:
        columns[line.page, line.column].append(line)
    edges = {key: (_support(-line.x0 for line in column), _support(line.x1 for line in column)) for key, column in columns.items()}
    usual: dict[tuple[tuple[float, float], int], list[tuple[float, float]]] = defaultdict(list)
    for (page, column), edge in edges.items():
        if len(columns[page, column]) > 5:
            usual[sizes[page - 1], column].append(edge)
    for (page, number), members in columns.items():
        left, right = edges[page, number]
        known = usual.get((sizes[page - 1], number))
        if known:
            right = max(right, median(right for _, right in known))
        for line in members:
            line.left, line.right = -left, right


def _support(values: Iterable[float]) -> float:
    """The largest value that has company: that of a single line sticking out does not count."""
    ordered = sorted(values, reverse=True)
    need = 1 if len(ordered) < 4 else max(2, len(ordered) // 12)
    for index in range(len(ordered) - need + 1):
        if ordered[index] - ordered[index + need - 1] < 15:
            return ordered[index]
    return ordered[0]


def usual_pitch(lines: Sequence[VisualLine]) -> dict[int, float]:
    """Distance in points from a line to the next within a paragraph, by font size rounded to half a point (key: twice the size)."""
    pitches: dict[int, list[float]] = defaultdict(list)
    for previous, line in pairwise(lines):
        pitch = line.middle - previous.middle
        alike = previous.page == line.page and abs(previous.size - line.size) < 0.6 and previous.right - previous.x1 < 4 * previous.size
        if alike and 0.9 * line.size < pitch < 2.6 * line.size:
            pitches[round(2 * line.size)].append(pitch)
    return {size: sorted(found)[len(found) // 3] for size, found in pitches.items() if len(found) > 2}


@dataclass(slots=True)
class Breaks:
    """Decides between two consecutive lines whether the second begins a paragraph; remembers the list it is in."""

    pitch: dict[int, float]
    _mark: tuple[str, float] | None = None
    """Kind and left edge of the last line that began with a list mark."""
    _begin: VisualLine | None = None
    """The first line of the current paragraph."""

    def before(self, previous: VisualLine | None, line: VisualLine) -> bool:
        """Whether ``line`` begins a paragraph."""
        begins = previous is None or self._begins(previous, line)
        if begins:
            self._begin = line
            kind = mark_kind(line.text)
            if kind:
                self._mark = (kind, line.x0)
        return begins

    def _begins(self, previous: VisualLine, line: VisualLine) -> bool:
        if has_leader(previous.text):
            return not re.fullmatch(r"\d{1,3}|[ivx]{1,5}", line.text)
        if "\t" in line.text:
            return True
        if "\t" in previous.text and not _continues_cell(previous, line):
            return True
        if _STRONG_MARK.match(line.text):
            return True
        if _differ(previous, line):
            return True
        if "\t" in previous.text:
            return False
        if has_leader(line.text) and mark_kind(previous.text) and not mark_kind(line.text) and self._follows(previous, line):
            return False
        room = _has_room(previous, line)
        ended = _ends_sentence(previous)
        weak = _WEAK_MARK.match(line.text)
        if weak and (room or ended or self._goes_on_with_list(line)):
            return True
        down = line.middle - previous.middle
        if previous.page != line.page or previous.column != line.column or down < 0:
            return ended or room or self._outdented(previous, line)
        if down > 1.28 * self._pitch(line):
            return True
        if self._indented(previous, line):
            return True
        if room and not ended and line.text[0].islower() and previous.right - previous.x1 < 0.3 * (previous.right - previous.left):
            return False
        return room

    def _follows(self, previous: VisualLine, line: VisualLine) -> bool:
        return previous.page == line.page and 0 < line.middle - previous.middle <= 1.28 * self._pitch(line)

    def _pitch(self, line: VisualLine) -> float:
        return self.pitch.get(round(2 * line.size), 1.6 * line.size)

    def _goes_on_with_list(self, line: VisualLine) -> bool:
        return self._mark is not None and self._mark[0] == mark_kind(line.text) and abs(self._mark[1] - line.x0) < 0.5 * line.size

    def _indented(self, previous: VisualLine, line: VisualLine) -> bool:
        """Whether the line is set in or out in the way a first line is."""
        shift = line.x0 - previous.x0
        if abs(shift) < 0.9 * line.size or _centred(previous, line):
            return False
        hanging = self._begin is previous and (mark_kind(previous.text) is not None or ":" in previous.text[:40])
        if shift > 0:
            return not hanging
        return self._begin is not previous

    def _outdented(self, previous: VisualLine, line: VisualLine) -> bool:
        """Whether a line at the head of a column or page is set in like a first line."""
        inset = line.x0 - line.left
        return inset > 1.5 * line.size and abs(inset - (previous.x0 - previous.left)) > 0.9 * line.size


def has_leader(text: str) -> bool:
    """Whether a row of dots or strokes leads from a heading to its page number."""
    if "...." in text or ". . . . " in text or "……" in text or "····" in text:
        return True
    return "______" in text and _BLANK_TO_PAGE.search(text) is not None


def mark_kind(text: str) -> str | None:
    """The kind of list or heading mark a line begins with, as far as it tells that two lines belong to one list."""
    if _STRONG_MARK.match(text):
        return text[0]
    match = _WEAK_MARK.match(text)
    if not match:
        return None
    name = match.lastgroup
    if name in ("number", "after"):
        return f"{match['number'].count('.')}{match['after']}"
    return name or text[0]


def _differ(previous: VisualLine, line: VisualLine) -> bool:
    """Whether a change of size or weight sets the two lines apart."""
    if abs(previous.size - line.size) > 0.07 * max(previous.size, line.size):
        return True
    if line.bold:
        return line.tail_bold and not previous.tail_bold
    return previous.bold and previous.tail_bold


def _continues_cell(previous: VisualLine, line: VisualLine) -> bool:
    """Whether a line goes on under the last cell of a row without rules."""
    below = previous.page == line.page and 0 < line.middle - previous.middle < 2 * line.size
    return below and abs(line.x0 - previous.tail_x0) < 2


def _ends_sentence(line: VisualLine) -> bool:
    return line.text[-_SENTENCE_END_WITHIN:].rstrip(_CLOSING).endswith(_SENTENCE_MARKS)


def _has_room(previous: VisualLine, line: VisualLine) -> bool:
    """Whether the first word of ``line`` would have fitted on ``previous``, so that the line was ended on purpose."""
    room = previous.right - previous.x1
    if _centred(previous, line):
        room += previous.x0 - previous.left
    if room <= 0.6 * line.size and line.size > 0:
        return False  # as nearly always: not even the slack fits
    word = _FIRST_WORD.match(line.text)
    length = len(word.group()) if word else 1
    blank = 0.0 if _IDEOGRAPH.match(line.text) else 0.3 * line.size
    width = length * line.character_width
    slack = 0.6 * line.size if _ends_sentence(previous) else 0.9 * line.size + 0.3 * width
    return room > width + blank + slack


def _centred(previous: VisualLine, line: VisualLine) -> bool:
    """Whether both lines are set about the middle of their column, the second not reaching its edges."""
    if not (line.x0 - line.left > 1.5 * line.size and abs(previous.x0 - line.x0) > 0.2 * line.size):
        return False
    centre = (line.left + line.right) / 2
    return all(abs((one.x0 + one.x1) / 2 - centre) < 0.8 * one.size for one in (previous, line))


_COMPOUND = re.compile(r"[a-z]+(?:-[a-z]+)+")
_WORDS_ALONE = bytes(code if code in b"-abcdefghijklmnopqrstuvwxyz" else 0x20 for code in range(256))
"""Leaves small letters and hyphens, and blanks for all else."""


def _without_divided(lines: Sequence[VisualLine]) -> list[str]:
    """The texts of lines without the words that a hyphen at the end of a line may divide."""
    texts = [line.text for line in lines]
    for index in [index for index, text in enumerate(texts[:-1]) if text.endswith("-")]:
        first, rest = _AT_LINE_END.search(texts[index]), texts[index + 1]
        if first and not rest[0].isspace():
            texts[index] = texts[index][: first.start()]
            texts[index + 1] = rest[len(rest.split(None, 1)[0]) :]
    return texts


_AT_LINE_END = re.compile(r"\S+-$")


@dataclass
class Joints:
    """How a line end inside a paragraph is read; ``lines`` are those of the whole document, for the words they hold undivided."""

    lines: Sequence[VisualLine]

    @cached_property
    def _known(self) -> frozenset[str]:
        words = set("\n".join(_without_divided(self.lines)).lower().encode("ascii", "replace").translate(_WORDS_ALONE).decode().split())
        known = {word for word in words if "-" not in word}
        for word in words - known:
            known.update(_WORD_START.findall(word), _COMPOUND.findall(word))
        return frozenset(known)

    @cached_property
    def _divides_words(self) -> bool:
        return sum(line.text.endswith("-") for line in self.lines) > _HYPHENATED * len(self.lines)

    def between(self, previous: VisualLine, line: VisualLine) -> str | None:
        """What to put between two lines of a paragraph; None to drop the hyphen at the end of ``previous`` and put nothing."""
        last, first = previous.text[-1], line.text[0]
        if last == "-" and len(previous.text) > 1 and not previous.text[-2].isspace():
            return None if self._divided(previous, line) else ""
        if last in "–/" and previous.text[-2:-1].isdigit() and first.isdigit():
            return ""
        if _IS_CJK.match(last) and _IS_CJK.match(first):
            return ""
        if _IS_CJK.match(last) or _IS_CJK.match(first):
            return " " if previous.blank_after else ""
        return "" if last == "/" and not previous.blank_after else " "

    def _divided(self, previous: VisualLine, line: VisualLine) -> bool:
        """Whether the hyphen at a line's end divides a word rather than joins two."""
        broken, rest = _BROKEN_WORD.search(previous.text), _WORD_START.match(line.text)
        if not broken or not rest:
            return False
        left, right = broken.group(1).lower(), rest.group()
        final = left.rpartition("-")[2]
        joined, compound = left + right, f"{left}-{right}"
        if compound in self._known or broken.group(1)[-2:].isupper():
            return False
        if joined in self._known:
            return True
        if _COMPOUND_FIRST.fullmatch(final) or _COMPOUND_LAST.fullmatch(right) or not self._divides_words:
            return False
        whole_words = len(final) > 2 and len(right) > 2 and final in self._known and right in self._known
        return not whole_words
