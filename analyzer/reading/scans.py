"""Pages read from their pictures, with the same face as the pages of ``pdf.py``: text, runs, boxes of characters, ruling lines.

Which pages need that: those without text, with hardly any before the picture of a page, or with text that fonts without a way back to
Unicode, or poor OCR hidden behind the picture, leave illegible.
"""

from __future__ import annotations

import ctypes
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from statistics import median

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analyzer import limits
from analyzer.document import Rect
from analyzer.ocr import Ocr
from analyzer.ocr.look import advance, widths
from analyzer.ocr.readings import PageReading, ReadLine, Sheet
from analyzer.reading.layout import Run, by_rows, reading_order
from analyzer.reading.legible import HIDDEN, USUAL, is_legible
from analyzer.reading.pdf import Boxes, PdfFile, PdfPage, Ruling
from analyzer.reading.tables import find_grids

_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_MIXED = 0.4
"""Share of ideographs from which a line's width tells its size: an ideograph is as wide as the font is high."""
_TELLING, _LONG, _SEVERAL = 4, 20, 5
_ALIKE = 0.07
"""Sizes that differ by less are one size, measured twice."""
_HEAVY = 1.22
"""How much wider than usual for their size strokes must be to be bold."""
_ASCENT, _DESCENT = 0.88, 0.22
"""Of a font's box, in ems."""


_FULL_PAGE = 0.6
"""Share of a page that a scan covers at least."""
_FEW = 60
"""Characters of a stamp, a page number or an app's mark on a scan."""
_DPI = 150.0
_SIDES = (1000, 2480)
"""Pixels of the long side of a picture, at least and at most."""
_READ_WELL = 0.8
"""Confidence below which a page had better be looked at."""
_AT_EDGE = 0.13
_SAME_PLACE = 6.0
"""Share of the height in which running heads stand, and points by which they move from page to page."""
_SAME_WORDS = 0.75


def needs_ocr(page: PdfPage) -> bool:
    """Whether the text of a page is missing or of no use."""
    text = page.raw
    if not text or text.isspace():
        return _shows_anything(page)
    if len(text) < _FEW and _picture_share(page) > _FULL_PAGE:
        return True
    return not is_legible(text, HIDDEN if _is_hidden(page) else USUAL)


def _shows_anything(page: PdfPage) -> bool:
    return bool(pdfium_c.FPDFPage_CountObjects(page.handles[0]) > 0 or pdfium_c.FPDFPage_GetAnnotCount(page.handles[0]) > 0)


def _is_hidden(page: PdfPage) -> bool:
    """Whether the first letters are invisible, as those that OCR puts behind a scan."""
    element = pdfium_c.FPDFText_GetTextObject(page.handles[1], 0)
    return bool(element) and bool(pdfium_c.FPDFTextObj_GetTextRenderMode(element) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _picture_share(page: PdfPage) -> float:
    """The share of the page that its largest picture covers."""
    handle = page.handles[0]
    sides = [ctypes.c_float() for _ in range(4)]
    largest = 0.0
    for index in range(min(pdfium_c.FPDFPage_CountObjects(handle), _MOST_OBJECTS)):
        element = pdfium_c.FPDFPage_GetObject(handle, index)
        if pdfium_c.FPDFPageObj_GetType(element) == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pdfium_c.FPDFPageObj_GetBounds(element, *sides)
            left, bottom, right, top = (side.value for side in sides)
            largest = max(largest, (right - left) * (top - bottom))
    return largest / max(1.0, page.width * page.height)


_MOST_OBJECTS = 200
"""Objects of a page among which a picture is looked for."""


def sheet_of(page: PdfPage) -> Sheet | None:
    """The picture of a page as displayed; None where it has no size."""
    longest = max(page.width, page.height)
    if not min(page.width, page.height) >= 1 or longest > _MOST_LOPSIDED * min(page.width, page.height):
        return None
    least, most = _SIDES
    scale = min(max(_DPI / 72, least / longest), most / longest)
    width, height = max(1, round(page.width * scale)), max(1, round(page.height * scale))
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium_c.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
    pdfium_c.FPDF_RenderPageBitmap(bitmap, page.handles[0], 0, 0, width, height, 0, flags)
    picture = np.ascontiguousarray(bitmap.to_numpy())
    bitmap.close()
    return Sheet(picture, scale)


_MOST_LOPSIDED = 15


@dataclass(frozen=True, slots=True)
class Scanned:
    """The pages that were read from pictures, by number; ``blank`` ones hold nothing, ``poor`` ones were read with doubt."""

    pages: dict[int, OcrPage] = field(default_factory=dict)
    blank: frozenset[int] = frozenset()
    poor: frozenset[int] = frozenset()

    def certainty(self, page: int, start: int, end: int) -> float:
        """How sure the engine is of the least certain line of ``raw[start:end]`` of a page."""
        return self.pages[page].confidence(start, end)


def read_scans(pdf: PdfFile, numbers: Sequence[int], ocr: Ocr) -> Scanned:
    """Read these pages (counted from 1) from their pictures. Raises ImportError where no engine is installed."""
    strength = ocr.strength
    if strength is None or not numbers:
        return Scanned()
    from analyzer.ocr.work import read_sheets, usable_cores

    count = 0

    def done() -> None:
        nonlocal count
        count += 1
        limits.progress()
        if ocr.tell:
            ocr.tell(count, len(numbers))

    if ocr.tell:
        ocr.tell(0, len(numbers))
    readings = read_sheets(_sheets(pdf, numbers), strength, jobs=ocr.jobs or usable_cores(), done=done)
    seen = [number for number in sorted(readings) if readings[number].lines]
    alike = same_heads([readings[number] for number in seen])
    return Scanned(
        {number: OcrPage(reading, printed) for number, reading, printed in zip(seen, alike, prints(alike), strict=True)},
        frozenset(number for number, reading in readings.items() if reading.blank),
        frozenset(number for number in seen if readings[number].confidence < _READ_WELL),
    )


def _sheets(pdf: PdfFile, numbers: Sequence[int]) -> Iterator[tuple[int, Sheet]]:
    for number in numbers:
        page = pdf.page(number - 1)
        sheet = sheet_of(page) if page else None
        if sheet is not None:
            yield number, sheet


class Places:
    """The ``Geometry`` of a file some of whose pages were read from pictures."""

    def __init__(self, pdf: PdfFile, scanned: Scanned) -> None:
        self._pdf = pdf
        self._scanned = scanned.pages

    def boxes(self, page: int, indexes: Sequence[int]) -> list[Rect | None]:
        """Boxes of the characters ``indexes`` of the raw text of page number ``page``; None for blanks."""
        if page not in self._scanned:
            return self._pdf.boxes(page, indexes)
        return [Rect(*box) if (box := self._scanned[page].box(index)) else None for index in indexes]


def same_heads(pages: Sequence[PageReading]) -> list[PageReading]:
    """The pages with running heads that are read alike: what stands at the same place on several pages says the same, numbers aside."""
    lines = [
        (page, index) for page, reading in enumerate(pages) for index, line in enumerate(reading.lines) if _is_at_edge(line, reading.height)
    ]
    changed: dict[tuple[int, int], str] = {}
    while lines:
        page, index = lines.pop(0)
        first = pages[page].lines[index]
        alike = [(page, index), *(entry for entry in lines if entry[0] != page and _is_same_head(first, pages[entry[0]].lines[entry[1]]))]
        lines = [entry for entry in lines if entry not in alike]
        if len(alike) > 1:
            words = [(_masked(pages[at].lines[place].text), pages[at].lines[place].confidence) for at, place in alike]
            best = max({mask for mask, _ in words}, key=lambda mask: sum(sure for other, sure in words if other == mask))
            for at, place in alike:
                numbers = _NUMBERS.findall(pages[at].lines[place].text)
                if best.count(_MARK) == len(numbers):
                    changed[at, place] = _filled_in(best, numbers)
    return [
        replace(reading, lines=[replace(line, text=changed.get((page, index), line.text)) for index, line in enumerate(reading.lines)])
        for page, reading in enumerate(pages)
    ]


_NUMBERS = re.compile(r"\d+")
_MARK = "\0"


def _is_at_edge(line: ReadLine, height: float) -> bool:
    return line.bottom < _AT_EDGE * height or line.top > (1 - _AT_EDGE) * height


def _is_same_head(one: ReadLine, other: ReadLine) -> bool:
    if abs(one.top + one.bottom - other.top - other.bottom) > 2 * _SAME_PLACE or abs(one.size - other.size) > 0.25 * one.size:
        return False
    left, right = _masked(one.text), _masked(other.text)
    return left == right or SequenceMatcher(None, left, right, autojunk=False).ratio() > _SAME_WORDS


def _masked(text: str) -> str:
    return _NUMBERS.sub(_MARK, text)


def _filled_in(mask: str, numbers: Sequence[str]) -> str:
    left = iter(numbers)
    return "".join(next(left) if character == _MARK else character for character in mask)


@dataclass(frozen=True, slots=True)
class Print:
    """How a line is printed: font size in points, and whether it is bold."""

    size: float
    bold: bool


def prints(pages: Sequence[PageReading]) -> list[list[Print]]:
    """The print of each line of each page. What is measured varies a little from line to line: near values are taken for one."""
    measured = _sizes([line for page in pages for line in page.lines])
    common = _common_sizes([(measured[id(line)], len(line.text)) for page in pages for line in page.lines])
    said: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            said[common[measured[id(line)]]] += len(line.text)
    found = []
    for page in pages:
        sizes = _carried_on(page.lines, [common[measured[id(line)]] for line in page.lines], said)
        weights = [line.weight / size for line, size in zip(page.lines, sizes, strict=True)]
        usual = _weighted_median(sorted((weight, len(line.text)) for weight, line in zip(weights, page.lines, strict=True)))
        found.append([Print(size, weight > _HEAVY * usual) for size, weight in zip(sizes, weights, strict=True)])
    return found


def _carried_on(lines: Sequence[ReadLine], sizes: Sequence[float], said: Mapping[float, int]) -> list[float]:
    """The sizes, where one line runs on into the next, of both the one in which more is ``said``: near sizes are one, badly measured."""
    found = list(sizes)
    order = sorted(range(len(lines)), key=lambda index: lines[index].top + lines[index].bottom)
    for place, index in enumerate(order):
        line = lines[index]
        above = next((other for other in reversed(order[:place]) if _is_above(lines[other], line)), None)
        if above is not None and _runs_on(lines[above], line, lines) and 1 / _MISMEASURED < found[index] / found[above] < _MISMEASURED:
            found[index] = found[above] = max(found[index], found[above], key=lambda size: said[size])
    return found


_MISMEASURED = 1.35
_SET_IN = 3.0
"""Ems by which the lines of a paragraph begin to the left or right of each other at most."""
_NEXT_LINE = 2.1
"""Ems from the middle of a line to that of the next."""
_ENDED = re.compile(r"[。；：.;:!?！？]\s*$")


def _is_above(line: ReadLine, other: ReadLine) -> bool:
    """Whether ``other`` begins about where ``line`` does, further down."""
    return abs(line.x0 - other.x0) < _SET_IN * line.size and line.bottom < (other.top + other.bottom) / 2


def _runs_on(line: ReadLine, other: ReadLine, lines: Sequence[ReadLine]) -> bool:
    """Whether a sentence goes on from the right end of ``line`` to ``other``, just below it."""
    if _ENDED.search(line.text):
        return False
    near = (other.top + other.bottom - line.top - line.bottom) / 2 < _NEXT_LINE * line.size
    right = max(one.x1 for one in lines if abs(one.x0 - line.x0) < _SET_IN * line.size)
    word = (other.x1 - other.x0) * len(other.text.split()[0]) / len(other.text) if other.text.isascii() else 0.0
    return near and line.x1 > right - max(_SET_IN * line.size, word + line.size)


def _sizes(lines: Sequence[ReadLine]) -> dict[int, float]:
    """The size of each line (by its id): from its width where that tells more, since height is measured in few pixels.

    How wide letters run is the font's own matter, so long lines tell it first.
    """
    by_width = {id(line): (line.x1 - line.x0) / max(0.5, advance(line.text) - 0.1) for line in lines}
    latin = [line for line in lines if _share_of_ideographs(line.text) < _MIXED]
    long = [line for line in latin if len(line.text) >= _LONG]
    run = median(line.size / by_width[id(line)] for line in long) if len(long) >= _SEVERAL else None
    sizes = {}
    for line in lines:
        width = by_width[id(line)]
        telling = len(line.text) >= (_TELLING if _share_of_ideographs(line.text) >= _MIXED else _LONG // 2)
        if _share_of_ideographs(line.text) < _MIXED:
            width = width * run if run else line.size
        sizes[id(line)] = round(width, 2) if telling and 0.75 < width / line.size < 1.33 else line.size
    return sizes


def _share_of_ideographs(text: str) -> float:
    return len(_IDEOGRAPH.findall(text)) / max(1, len(text))


def _common_sizes(sizes: Sequence[tuple[float, int]]) -> dict[float, float]:
    """Measured size -> the size of the lines it belongs to: the largest heap of text first, then what is left."""
    rest = sorted(sizes)
    common: dict[float, float] = {}
    while rest:
        values = [size for size, _ in rest]
        ends = [bisect_right(values, size * (1 + 2 * _ALIKE)) for size in values]
        heaps = [sum(count for _, count in rest[begin:end]) for begin, end in enumerate(ends)]
        begin = heaps.index(max(heaps))
        middle = _weighted_median(rest[begin : ends[begin]])
        low, high = middle * (1 - _ALIKE), middle * (1 + _ALIKE)
        common |= {size: round(middle, 1) for size, _ in rest if low <= size <= high}
        rest = [entry for entry in rest if not low <= entry[0] <= high]
    return common


def _weighted_median(values: Sequence[tuple[float, int]]) -> float:
    half = sum(count for _, count in values) / 2
    for value, count in values:
        half -= count
        if half <= 0:
            return value
    return values[-1][0] if values else 0.0


class OcrPage:
    """A page as ``PdfPage`` offers one; lengths are those of the page set straight."""

    def __init__(self, reading: PageReading, printed: Sequence[Print]) -> None:
        self.reading = reading
        self.width, self.height = reading.width, reading.height
        runs = [_run(line, look) for line, look in zip(reading.lines, printed, strict=True)]
        order = self._ordered(runs)
        self._lines = [reading.lines[index] for index in order]
        self._runs = [runs[index] for index in order]
        self._starts: list[int] = []
        length = 0
        for line, run in zip(self._lines, self._runs, strict=True):
            self._starts.append(length)
            run.start, run.end = length, length + len(line.text)
            length = run.end + 2
        self.raw = "\r\n".join(line.text for line in self._lines)

    def _ordered(self, runs: Sequence[Run]) -> list[int]:
        """The indexes of the lines in the order in which they are read, tables cell by cell."""
        index_of = {id(run): index for index, run in enumerate(runs)}
        body: list[Run] = by_rows(runs)
        tables: list[list[Run]] = []
        for grid in find_grids(self.rulings(), self.width, self.height):
            cells: list[list[Run]] = [[] for _ in grid]
            for run in body:
                x = (run.x0 + run.x1) / 2
                place = next((i for i, cell in enumerate(grid) if cell.x0 <= x < cell.x1 and cell.top <= run.middle < cell.bottom), None)
                if place is not None and run.table is None:
                    cells[place].append(run)
            inside = [
                run
                for _, cell in sorted(zip(grid, cells, strict=True), key=lambda pair: (round(pair[0].top), pair[0].x0))
                for run in by_rows(cell)
            ]
            if not inside:
                continue
            chosen = {id(run) for run in inside}
            first = next(i for i, run in enumerate(body) if id(run) in chosen)
            box = min(c.x0 for c in grid), min(c.top for c in grid), max(c.x1 for c in grid), max(c.bottom for c in grid)
            stand_in = Run(0, 0, *box, inside[0].size, False, False, table=len(tables))
            tables.append(inside)
            body = [
                *(run for run in body[:first] if id(run) not in chosen),
                stand_in,
                *(run for run in body[first:] if id(run) not in chosen),
            ]
        placed = [entry.run for entry in reading_order(body)]
        return [index_of[id(run)] for entry in placed for run in (tables[entry.table] if entry.table is not None else [entry])]

    def runs(self) -> list[Run]:
        """The lines in reading order."""
        return list(self._runs)

    def rulings(self) -> list[Ruling]:
        """The ruling lines that were found in the picture."""
        return [Ruling(*rule) for rule in self.reading.rules]

    def cut(self, spans: Sequence[tuple[int, int]], boxes: Boxes) -> list[Run]:
        """Runs for pieces of lines, given as spans of ``raw``."""
        runs = []
        for start, end in spans:
            line = self._runs[self._line_at(start)]
            within = boxes[start:end]
            sides = (line.x0, line.top, line.x1, line.bottom)
            if not np.isnan(within).all():
                (x0, top), (x1, bottom) = np.nanmin(within[:, :2], axis=0), np.nanmax(within[:, 2:], axis=0)
                sides = (float(x0), float(top), float(x1), float(bottom))
            runs.append(Run(start, end, *sides, line.size, line.bold, line.tail_bold))
        return runs

    def boxes(self, indexes: Sequence[int] | None = None) -> Boxes:
        """Boxes of the characters ``indexes`` of ``raw``, or of all: their lines, divided as fonts divide them. NaN for blanks."""
        if indexes is None:
            indexes = range(len(self.raw))
        sides = [self.box(index) or (math.nan,) * 4 for index in indexes]
        return np.array(sides, dtype=np.float64).reshape(-1, 4)

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Box of one character of ``raw``; None for a blank."""
        if self.raw[index].isspace():
            return None
        number = self._line_at(index)
        run = self._runs[number]
        line = self._lines[number]
        ems = widths(line.text)
        at = index - run.start
        unit = (run.x1 - run.x0) / sum(ems)
        left = run.x0 + unit * sum(ems[:at])
        return left, run.top, left + unit * ems[at], run.bottom

    def confidence(self, start: int, end: int) -> float:
        """How sure the engine is of the least certain line that ``raw[start:end]`` touches."""
        first, last = self._line_at(start), self._line_at(max(start, end - 1))
        return min(line.confidence for line in self._lines[first : last + 1])

    def _line_at(self, index: int) -> int:
        return max(0, bisect_right(self._starts, index) - 1)


def _run(line: ReadLine, look: Print) -> Run:
    """The line as a run with the box that a font would give it."""
    middle = (line.top + line.bottom) / 2
    height = max(line.bottom - line.top, (_ASCENT + _DESCENT) * look.size)
    return Run(0, 0, line.x0, middle - height / 2, line.x1, middle + height / 2, look.size, look.bold, look.bold)
