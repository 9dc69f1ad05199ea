"""What a protocol says: one canonical text, and a place on a page for every character of it.

Offsets are half-open and count characters of ``Document.text``; they never move once the document is built.
Coordinates are PDF points with the origin at the top left of the page as displayed (rotation applied); pages count from 1.
This module imports nothing of ours.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Literal, Protocol

import numpy as np

Source = Literal["digital", "ocr", "empty"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A box on a page, in points."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Line:
    """One visual line of the body, or the whole content of one table cell."""

    start: int
    end: int
    page: int
    rect: Rect
    size: float
    bold: bool
    cell: tuple[int, int, int] | None = None
    """(table, row, column) when the line is a table cell: an index into ``Document.tables`` and two counts from 0."""
    outline: int = 0
    """Level of a heading, 1 the highest, where the file itself says that the line is one; else 0."""


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table on one page; ``rows`` holds the indexes into ``Document.lines`` of its cells, row by row (empty cells left out)."""

    page: int
    rect: Rect
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """``start``..``end`` is what the page contributes to ``Document.text``; ``raw`` is its text as drawn, running heads included."""

    number: int
    width: float
    height: float
    start: int
    end: int
    source: Source
    raw: str
    turns: int = 0
    """Quarter turns clockwise after which a scanned page stands upright; ``width`` and ``height`` are those as displayed."""
    tilt: float = 0.0
    """Degrees counter-clockwise by which the lines of a scanned page, once upright, are askew."""

    def shown(self, rect: Rect) -> list[Rect]:
        """A box on the page set straight, as boxes on the page as displayed: several where a long line runs askew."""
        if not self.turns and not self.tilt:
            return [rect]
        width, height = (self.height, self.width) if self.turns % 2 else (self.width, self.height)
        return [self._turned_back(piece) for piece in _askew(rect, self.tilt, width / 2, height / 2)]

    def _turned_back(self, rect: Rect) -> Rect:
        if self.turns == 1:
            return Rect(rect.top, self.height - rect.x1, rect.bottom, self.height - rect.x0)
        if self.turns == 2:
            return Rect(self.width - rect.x1, self.height - rect.bottom, self.width - rect.x0, self.height - rect.top)
        if self.turns == 3:
            return Rect(self.width - rect.bottom, rect.x0, self.width - rect.top, rect.x1)
        return rect


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of any level."""

    heading: str
    level: int
    canonical: str
    start: int
    """Where the heading begins; ``body`` is where its own text begins and ``end`` where the next heading begins."""
    body: int
    end: int
    path: tuple[str, ...] = ()
    """Canonical labels of the headings above it, outermost first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, list item or table row: the unit that is matched and classified."""

    start: int
    end: int
    section: int
    """Index into ``Document.sections``; -1 before the first heading."""
    kind: Literal["sentence", "row"] = "sentence"


class Geometry(Protocol):
    """Tells where characters of a page stand; kept by whoever read the file."""

    def boxes(self, page: int, indexes: Sequence[int]) -> list[Rect | None]:
        """Boxes of the characters ``indexes`` of ``Page.raw``; None for white space and characters that were not drawn.

        On a scanned page, boxes on the page set straight.
        """
        ...


@dataclass
class Document:
    """A protocol as read. ``origin[i]`` is the index in its page's ``raw`` of ``text[i]``, or -1 where the reader put it in itself."""

    path: str
    sha256: str
    text: str
    origin: array[int]
    pages: list[Page]
    lines: list[Line]
    tables: list[Table] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    language: Literal["zh", "en", "mixed"] = "en"
    geometry: Geometry | None = None
    certainty: Callable[[int, int, int], float] | None = None
    """(number of a scanned page, start, end) -> how sure OCR is of the least certain line of ``raw[start:end]``, 0 to 1."""
    warnings: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    unread: tuple[int, ...] = ()
    """Numbers of the pages that hold something which could not be read, or not for certain."""
    words: dict[tuple[int, int], list[str]] = field(default_factory=dict, repr=False)
    """The words of the passages that were looked at so far, by their offsets; see ``features.words_of``."""

    def page_of(self, offset: int) -> Page:
        """The page on which the character ``text[offset]`` stands."""
        return self.pages[max(0, bisect_right(self._page_starts, offset) - 1)]

    def line_of(self, offset: int) -> Line:
        """The line in which the character ``text[offset]`` stands."""
        return self.lines[max(0, bisect_right(self._line_starts, offset) - 1)]

    def lines_of(self, start: int, end: int) -> list[Line]:
        """The lines that ``text[start:end]`` touches on the page where it begins; at least the one it begins in."""
        first = max(0, bisect_right(self._line_starts, start) - 1)
        page = self.lines[first].page
        last = first + 1
        while last < len(self.lines) and self.lines[last].start < end and self.lines[last].page == page:
            last += 1
        return self.lines[first:last]

    def section_of(self, offset: int) -> int:
        """Index of the section that holds ``text[offset]``; -1 before the first heading."""
        return bisect_right(self.sections, offset, key=lambda section: section.start) - 1

    def quote(self, start: int, end: int) -> str:
        """The words of the page behind ``text[start:end]``, as drawn; the span must not leave its page."""
        page = self.page_of(start)
        return " ".join(" ".join(page.raw[first:last] for first, last in self._stretches(page, start, end)).split())

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """``text[start:end]`` in pieces that the page draws in one go: first offset, offset after the last, index of the first in ``raw``.

        What the reader put in itself is left out.
        """
        while start < end:
            stop = min(self._breaks[bisect_left(self._breaks, start)] + 1, end)
            if self.origin[start] >= 0:
                yield start, stop, self.origin[start]
            start = stop

    @cached_property
    def _page_starts(self) -> list[int]:
        return [page.start for page in self.pages]

    @cached_property
    def _line_starts(self) -> list[int]:
        return [line.start for line in self.lines]

    @cached_property
    def _breaks(self) -> list[int]:
        """Offsets after which ``origin`` does not go on by one; the last offset is one."""
        origin = np.frombuffer(self.origin, dtype=np.int32)
        return [*np.flatnonzero((np.diff(origin) != 1) | (origin[:-1] < 0)).tolist(), len(origin) - 1]

    def rects(self, start: int, end: int) -> list[Rect]:
        """One box per visual line that ``text[start:end]`` covers on the page of ``start``."""
        page = self.page_of(start)
        end = min(end, page.end)
        if self.geometry is None:
            return []
        boxes = [
            box for line in self.lines_of(start, end) for box in self._boxes_in(line, page, max(start, line.start), min(end, line.end))
        ]
        return [shown for box in boxes for shown in page.shown(box)] if page.turns or page.tilt else boxes

    def confidence(self, start: int, end: int) -> float | None:
        """How sure OCR is of ``text[start:end]`` on the page of ``start``, 0 to 1; None where the file itself holds the text."""
        page = self.page_of(start)
        if page.source != "ocr" or self.certainty is None:
            return None
        return min((self.certainty(page.number, first, last) for first, last in self._stretches(page, start, end)), default=None)

    def _boxes_in(self, line: Line, page: Page, start: int, end: int) -> list[Rect]:
        """Boxes of a span within a line: the line's own height, cut at the ends of the span; character by character in a cell."""
        stretches = self._stretches(page, start, end)
        if not stretches or self.geometry is None:
            return []
        drawn = [range(first, last) for first, last in stretches]
        if line.cell is not None:
            return merge_boxes([box for box in self.geometry.boxes(page.number, list(chain(*drawn))) if box])
        left, top, right, bottom = line.rect.x0, line.rect.top, line.rect.x1, line.rect.bottom
        if start > line.start and (box := self._first_box(page, chain(*drawn))):
            left = box.x0
        if end < line.end and (box := self._first_box(page, chain(*map(reversed, reversed(drawn))))):
            right = box.x1
        for reaching in (found.start() for first, last in stretches for found in _REACHING.finditer(page.raw, first, last)):
            if box := self._first_box(page, [reaching]):
                top, bottom = min(top, box.top), max(bottom, box.bottom)
        return [Rect(min(left, right), top, max(left, right), bottom)]

    def _first_box(self, page: Page, indexes: Iterable[int]) -> Rect | None:
        """The box of the first of these characters of ``page.raw`` that has one."""
        if self.geometry is None:
            return None
        boxes = (self.geometry.boxes(page.number, [index])[0] for index in indexes)
        return next((box for box in boxes if box), None)

    def _stretches(self, page: Page, start: int, end: int) -> list[tuple[int, int]]:
        """The spans of ``page.raw`` behind a span, with what stands between them: blanks, or the hyphen of a divided word."""
        found: list[tuple[int, int]] = []
        for first, last, index in self.pieces(start, min(end, page.end)):
            stop = index + last - first
            if found and found[-1][1] - 1 <= index < found[-1][1] + _LEFT_OUT:
                found[-1] = found[-1][0], stop
            else:
                found.append((index, stop))
        return found


_LEFT_OUT = 3
"""The step over a line end, which may hold a carriage return and a line feed beside its text, or a hyphen."""

_REACHING = re.compile("[_\u222b\u2211\u220f\u221a]")
"""Characters that reach beyond the letters of their line: underscore, integral, sum, product, root."""


_FOLLOWED = 0.4
"""Of its height, how far a box may lie beside a line that runs askew."""
_MOST_PIECES = 12


def _askew(rect: Rect, tilt: float, x: float, y: float) -> list[Rect]:
    """A level box as boxes along a line that is askew by ``tilt`` degrees counter-clockwise; the page was turned about ``x``, ``y``."""
    sine, cosine = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
    width, height = rect.x1 - rect.x0, rect.bottom - rect.top
    pieces = min(_MOST_PIECES, max(1, math.ceil(width * abs(sine) / (_FOLLOWED * max(height, 1.0)))))
    step = width / pieces
    found = []
    for number in range(pieces):
        across, down = rect.x0 + (number + 0.5) * step - x, (rect.top + rect.bottom) / 2 - y
        middle, level = x + across * cosine + down * sine, y - across * sine + down * cosine
        found.append(Rect(middle - step / 2, level - height / 2, middle + step / 2, level + height / 2))
    return found


def merge_boxes(boxes: Sequence[Rect]) -> list[Rect]:
    """Join character boxes in reading order into one box per visual line."""
    merged: list[Rect] = []
    if not boxes:
        return merged
    x0, top, x1, bottom = boxes[0].x0, boxes[0].top, boxes[0].x1, boxes[0].bottom
    for box in boxes[1:]:
        height = min(bottom - top, box.bottom - box.top)
        together = min(bottom, box.bottom) - max(top, box.top) > 0.4 * height
        if together and -0.5 * height < box.x0 - x1 < 3 * max(height, 1.0):
            x0, top, x1, bottom = min(x0, box.x0), min(top, box.top), max(x1, box.x1), max(bottom, box.bottom)
        else:
            merged.append(Rect(x0, top, x1, bottom))
            x0, top, x1, bottom = box.x0, box.top, box.x1, box.bottom
    return [*merged, Rect(x0, top, x1, bottom)]
