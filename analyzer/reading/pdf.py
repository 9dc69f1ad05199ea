"""What pdfium knows of a file: the text of its pages, where characters stand, and the ruling lines.

pdfium counts points from the bottom left of the unrotated page; all that leaves this module is in points from the top left of the
page as displayed.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from weakref import finalize

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analyzer.document import Rect
from analyzer.errors import DamagedPdf, EncryptedPdf, NoPages, WrongPassword
from analyzer.reading.layout import Run

Boxes = npt.NDArray[np.float64]
"""One row (x0, top, x1, bottom) per character; NaN for characters that were not drawn."""

LINE_END_HYPHEN = "\ufffe"
_DRAWN_LINE = re.compile(rf"[^\s{LINE_END_HYPHEN}](?:[^\r\n{LINE_END_HYPHEN}]*[^\s{LINE_END_HYPHEN}])?{LINE_END_HYPHEN}?")
_BOLD_NAME = re.compile(r"bold|heavy|black|simhei|黑体|[-_]bd\b|semibold|demi", re.IGNORECASE)
_SLANTED_NAME = re.compile(r"italic|oblique", re.IGNORECASE)
_BOLD_WEIGHT = 600
_THIN = 3.0
"""A filled rectangle not wider than this many points is a rule."""
_NEARLY_WHITE = 250
"""Fills of this and more in red, green and blue are not seen on paper."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A straight horizontal or vertical rule, or one side of a drawn rectangle, in points."""

    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def horizontal(self) -> bool:
        return self.x1 - self.x0 >= self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Frame:
    """The way from pdfium's page space to the page as displayed: rotation in quarter turns clockwise, crop box in page space."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points as displayed."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.turns % 2 else (width, height)

    def rect(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """(x0, top, x1, bottom) as displayed of a box in page space; numbers or arrays."""
        if self.turns == 0:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.turns == 1:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.turns == 2:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left


class PdfPage:
    """One open page."""

    def __init__(self, page: object, text: object) -> None:
        self._page = page
        self._text = text
        self.frame = _frame_of(page)
        self.width, self.height = self.frame.size
        count = max(0, pdfium_c.FPDFText_CountChars(text))
        drawn = _text_of(text, count)
        self._char_of = None if len(drawn) == count else [pdfium_c.FPDFText_GetCharIndexFromTextIndex(text, i) for i in range(len(drawn))]
        self._drawn = drawn
        self.raw = drawn.replace(LINE_END_HYPHEN, "-")
        self._rect = pdfium_c.FS_RECTF()
        self._rect_ref = ctypes.byref(self._rect)

    def close(self) -> None:
        """Give the page back to pdfium; it must not be asked anything afterwards."""
        pdfium_c.FPDFText_ClosePage(self._text)
        pdfium_c.FPDF_ClosePage(self._page)

    def runs(self) -> list[Run]:
        """The drawn lines in drawing order, each with the box, size and weight that its first and last characters tell."""
        look = _Look(self._text, self.frame)
        char_of = self._char_of
        runs = []
        for match in _DRAWN_LINE.finditer(self._drawn):
            start, end = match.span()
            first, last = (start, end - 1) if char_of is None else (char_of[start], char_of[end - 1])
            runs.append(look.run(start, end, first, last))
        return runs

    def cut(self, spans: Sequence[tuple[int, int]], boxes: Boxes) -> list[Run]:
        """Runs for pieces of drawn lines, given as spans of ``raw``, with exact boxes."""
        look = _Look(self._text, self.frame)
        char_of = self._char_of
        runs = []
        for start, end in spans:
            first, last = (start, end - 1) if char_of is None else (char_of[start], char_of[end - 1])
            run = look.run(start, end, first, last)
            within = boxes[start:end]
            if not np.isnan(within).all():
                run.x0, run.top = (float(v) for v in np.nanmin(within[:, :2], axis=0))
                run.x1, run.bottom = (float(v) for v in np.nanmax(within[:, 2:], axis=0))
            runs.append(run)
        return runs

    def boxes(self, indexes: Sequence[int] | None = None) -> Boxes:
        """Boxes of the characters ``indexes`` of ``raw``, or of all; as high as the font, as wide as the character's advance."""
        if indexes is None:
            indexes = range(len(self.raw))
        text, char_of, drawn = self._text, self._char_of, self._drawn
        flat: list[float] = []
        rect, reference = self._rect, self._rect_ref
        loose_box = pdfium_c.FPDFText_GetLooseCharBox
        for index in indexes:
            if drawn[index].isspace() or not loose_box(text, index if char_of is None else char_of[index], reference):
                flat += (math.nan, math.nan, math.nan, math.nan)
            else:
                flat += (rect.left, rect.bottom, rect.right, rect.top)
        sides = np.array(flat, dtype=np.float64).reshape(-1, 4)
        sides[sides[:, 2] <= sides[:, 0]] = np.nan
        return np.stack(self.frame.rect(*sides.T), axis=1) if len(sides) else sides

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Box of one character of ``raw``; None for a blank and for a character that was not drawn."""
        if self._drawn[index].isspace():
            return None
        rect = self._rect
        if not pdfium_c.FPDFText_GetLooseCharBox(self._text, index if self._char_of is None else self._char_of[index], self._rect_ref):
            return None
        return self.frame.rect(rect.left, rect.bottom, rect.right, rect.top) if rect.right > rect.left else None

    def rulings(self) -> list[Ruling]:
        """All horizontal and vertical rules and the sides of visible rectangles, those inside form objects too."""
        rulings: list[Ruling] = []
        for left, bottom, right, top in _Paths().on_page(self._page):
            x0, y0, x1, y1 = self.frame.rect(left, bottom, right, top)
            rulings.append(Ruling(x0, y0, x1, y1))
        return rulings


_PAGES_KEPT = 64
"""Pages that stay open: evidence is looked up after the last page was read, and opening a page costs as much as reading it."""


class PdfFile:
    """An open PDF. Also the ``Geometry`` of the document read from it, so it stays open as long as the document is kept."""

    def __init__(self, data: bytes, password: str | None, path: str) -> None:
        self._pdf = _open(data, password, path)
        self._kept: OrderedDict[int, PdfPage] = OrderedDict()
        finalize(self, _close_pages, self._kept)  # pages must be closed before their file is

    def __len__(self) -> int:
        return len(self._pdf)

    def page(self, index: int) -> PdfPage | None:
        """The page (counted from 0), or None where the file is too damaged to load it; only the last few stay open."""
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        page = pdfium_c.FPDF_LoadPage(self._pdf, index)
        text = pdfium_c.FPDFText_LoadPage(page) if page else None
        if not text:
            if page:
                pdfium_c.FPDF_ClosePage(page)
            return None
        opened = self._kept[index] = PdfPage(page, text)
        if len(self._kept) > _PAGES_KEPT:
            self._kept.popitem(last=False)[1].close()
        return opened

    def boxes(self, page: int, indexes: Sequence[int]) -> list[Rect | None]:
        """Boxes of the characters ``indexes`` of the raw text of page number ``page``; None for blanks."""
        opened = self.page(page - 1)
        if opened is None:
            return [None] * len(indexes)
        return [Rect(*box) if (box := opened.box(index)) else None for index in indexes]


def _close_pages(kept: OrderedDict[int, PdfPage]) -> None:
    while kept:
        kept.popitem()[1].close()


class _Look:
    """Asks pdfium about single characters of one page; keeps what it must hand to C between the calls."""

    def __init__(self, text: object, frame: Frame) -> None:
        self._text = text
        self._frame = frame
        self._first, self._last = pdfium_c.FS_RECTF(), pdfium_c.FS_RECTF()
        self._first_ref, self._last_ref = ctypes.byref(self._first), ctypes.byref(self._last)
        self._matrix = pdfium_c.FS_MATRIX()
        self._matrix_ref = ctypes.byref(self._matrix)
        self._bold: dict[int, bool] = {}
        """By the address of the font."""
        self._last_element, self._last_bold = 0, False

    def run(self, start: int, end: int, first: int, last: int) -> Run:
        """The run ``start``..``end`` of the raw text, from its first and last characters as pdfium counts them."""
        text, a, b, matrix = self._text, self._first, self._last, self._matrix
        pdfium_c.FPDFText_GetLooseCharBox(text, first, self._first_ref)
        pdfium_c.FPDFText_GetLooseCharBox(text, last, self._last_ref)
        pdfium_c.FPDFText_GetMatrix(text, first, self._matrix_ref)
        left, right = (a.left if a.left < b.left else b.left), (a.right if a.right > b.right else b.right)
        low, high = (a.bottom if a.bottom < b.bottom else b.bottom), (a.top if a.top > b.top else b.top)
        x0, top, x1, bottom = self._frame.rect(left, low, right, high)
        size = pdfium_c.FPDFText_GetFontSize(text, first) * math.hypot(matrix.c, matrix.d)
        angle = 0.0 if not matrix.b else math.degrees(math.atan2(matrix.b, matrix.a))
        bold = self._is_bold(first)
        return Run(start, end, x0, top, x1, bottom, size, bold, self._is_bold(last), (angle - 90 * self._frame.turns) % 360)

    def _is_bold(self, index: int) -> bool:
        element = pdfium_c.FPDFText_GetTextObject(self._text, index)
        if not element:
            return False
        address = ctypes.addressof(element.contents)
        if address != self._last_element:
            self._last_element, self._last_bold = address, self._is_bold_element(element)
        return self._last_bold

    def _is_bold_element(self, element: object) -> bool:
        font = pdfium_c.FPDFTextObj_GetFont(element)
        if not font:
            return False
        key = ctypes.addressof(font.contents)
        if key not in self._bold:
            self._bold[key] = _is_bold_font(font)
        return self._bold[key] or pdfium_c.FPDFTextObj_GetTextRenderMode(element) == pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE


def _is_bold_font(font: object) -> bool:
    buffer = ctypes.create_string_buffer(256)
    length = pdfium_c.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    name = buffer.raw[: max(0, min(length, len(buffer)) - 1)].decode("utf-8", "replace")
    if _BOLD_NAME.search(name):
        return True
    # pdfium guesses the weight from the stem width, which a slanted font overstates.
    return pdfium_c.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT and not _SLANTED_NAME.search(name)


def _open(data: bytes, password: str | None, path: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data, password=password)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise (EncryptedPdf if password is None else WrongPassword)(path=path) from None
        if error.err_code == pdfium_c.FPDF_ERR_SECURITY:
            raise EncryptedPdf(path=path) from None
        if error.err_code == pdfium_c.FPDF_ERR_SUCCESS:
            raise NoPages(path=path) from None
        raise DamagedPdf(path=path) from None


def _frame_of(page: object) -> Frame:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDF_GetPageBoundingBox(page, box)
    return Frame(box.left, box.bottom, box.right, box.top, pdfium_c.FPDFPage_GetRotation(page) % 4)


def _text_of(text: object, count: int) -> str:
    """The page's text; mostly one character of it per character that pdfium counts."""
    if not count:
        return ""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    units = pdfium_c.FPDFText_GetText(text, 0, count, buffer)
    return bytes(memoryview(buffer)[: max(0, units - 1)]).decode("utf-16-le", "replace")


_Matrix = tuple[float, float, float, float, float, float]
_Box = tuple[float, float, float, float]
_UNMOVED: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _Paths:
    """Finds the straight paths among page objects; keeps what it must hand to C between the calls."""

    def __init__(self) -> None:
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._mode = ctypes.byref(self._fill), ctypes.byref(self._stroke)
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._colour_refs = [ctypes.byref(part) for part in self._colour]
        self._bounds = [ctypes.c_float() for _ in range(4)]
        self._bounds_refs = [ctypes.byref(side) for side in self._bounds]

    def on_page(self, page: object) -> Iterator[_Box]:
        """(left, bottom, right, top) in page space of the straight rules on a page."""
        return self._among([pdfium_c.FPDFPage_GetObject(page, index) for index in range(pdfium_c.FPDFPage_CountObjects(page))], _UNMOVED)

    def _among(self, elements: Sequence[object], outer: _Matrix) -> Iterator[_Box]:
        kind_of = pdfium_c.FPDFPageObj_GetType
        for element in elements:
            kind = kind_of(element)
            if kind == pdfium_c.FPDF_PAGEOBJ_PATH and self._is_visible(element):
                left, bottom, right, top = self._box(element, outer)
                if min(right - left, top - bottom) <= _THIN:
                    yield from _sides([(left, bottom), (right, top)])
                else:
                    for points in _subpaths(element, _times(_matrix_of(element), outer)):
                        yield from _sides(points)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                count = pdfium_c.FPDFFormObj_CountObjects(element)
                inside = [pdfium_c.FPDFFormObj_GetObject(element, index) for index in range(count)]
                yield from self._among(inside, _times(_matrix_of(element), outer))

    def _is_visible(self, path: object) -> bool:
        pdfium_c.FPDFPath_GetDrawMode(path, *self._mode)
        if self._stroke.value or not self._fill.value:
            return bool(self._stroke.value)
        pdfium_c.FPDFPageObj_GetFillColor(path, *self._colour_refs)
        red, green, blue, alpha = (part.value for part in self._colour)
        return alpha > 0 and min(red, green, blue) < _NEARLY_WHITE

    def _box(self, element: object, outer: _Matrix) -> _Box:
        pdfium_c.FPDFPageObj_GetBounds(element, *self._bounds_refs)
        left, bottom, right, top = (side.value for side in self._bounds)
        if outer is _UNMOVED:
            return left, bottom, right, top
        a, b, c, d, e, f = outer
        xs, ys = (a * left + c * bottom + e, a * right + c * top + e), (b * left + d * bottom + f, b * right + d * top + f)
        return min(xs), min(ys), max(xs), max(ys)


def _subpaths(path: object, matrix: _Matrix) -> Iterator[list[tuple[float, float]]]:
    """The corners of each polygon of a path, in page space; polygons with curves are left out."""
    a, b, c, d, e, f = matrix
    points: list[tuple[float, float]] = []
    curved = False
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(pdfium_c.FPDFPath_CountSegments(path)):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO and points:
            if not curved:
                yield points
            points, curved = [], False
        curved = curved or kind == pdfium_c.FPDF_SEGMENT_BEZIERTO
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if points and not curved:
        yield points


def _sides(points: list[tuple[float, float]]) -> Iterator[tuple[float, float, float, float]]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    if right - left <= _THIN and high - low <= _THIN:
        return
    if right - left <= _THIN:
        yield (left + right) / 2, low, (left + right) / 2, high
    elif high - low <= _THIN:
        yield left, (low + high) / 2, right, (low + high) / 2
    else:
        for (ax, ay), (bx, by) in pairwise(points):
            if abs(ax - bx) < 1 or abs(ay - by) < 1:
                yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _matrix_of(element: object) -> _Matrix:
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(element, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    """First ``inner``, then ``outer``."""
    a, b, c, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return a * oa + b * oc, a * ob + b * od, c * oa + d * oc, c * ob + d * od, e * oa + f * oc + oe, e * ob + f * od + of
