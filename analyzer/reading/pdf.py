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
from functools import cached_property
from itertools import pairwise
from weakref import finalize

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from analyzer import limits
from analyzer.document import Rect
from analyzer.errors import (
    AnalyzerError,
    DamagedPdf,
    EncryptedPdf,
    LockedPdf,
    NoPages,
    OverCharacters,
    OverFileMegabytes,
    OverPageCharacters,
    OverPageObjects,
    OverPages,
    WrongPassword,
)
from analyzer.reading import calls
from analyzer.reading.baggage import Baggage
from analyzer.reading.elements import UNMOVED, Bounds, Box, Matrix, inside, matrix_of, on_page, times
from analyzer.reading.layout import Run
from analyzer.reading.mending import with_trailer
from analyzer.reading.spacing import needless_blanks
from analyzer.reading.unseen import PLAIN, Colours, Ground, Ink

Boxes = npt.NDArray[np.float64]
"""One row (x0, top, x1, bottom) per character; NaN for characters that were not drawn."""

LINE_END_HYPHEN = "\ufffe"
_DRAWN_LINE = re.compile(rf"[^\s{LINE_END_HYPHEN}](?:[^\r\n{LINE_END_HYPHEN}]*[^\s{LINE_END_HYPHEN}])?{LINE_END_HYPHEN}?")
_BOLD_NAME = re.compile(r"bold|heavy|black|simhei|黑体|[-_]bd\b|semibold|demi", re.IGNORECASE)
_SLANTED_NAME = re.compile(r"italic|oblique", re.IGNORECASE)
_BOLD_WEIGHT = 600
_THIN = 3.0
"""A filled rectangle not wider than this many points is a rule."""
_LEGIBLE = 1.0
"""Text lower than this many points is a line to the eye."""
_MEGABYTE = 1 << 20


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
        self.unseen = 0
        """Characters that ``runs`` left out since nobody sees them; they are blanks in ``raw`` from then on."""
        count = max(0, pdfium_c.FPDFText_CountChars(text))
        drawn = _text_of(text, count)
        self._char_of = None if len(drawn) == count else [pdfium_c.FPDFText_GetCharIndexFromTextIndex(text, i) for i in range(len(drawn))]
        self._drawn = drawn
        self._rect = pdfium_c.FS_RECTF()
        self._rect_ref = ctypes.byref(self._rect)
        if needless := set(needless_blanks(drawn, self.box)):
            kept = [index for index in range(len(drawn)) if index not in needless]
            self._char_of = [index if self._char_of is None else self._char_of[index] for index in kept]
            self._drawn = "".join(drawn[index] for index in kept)
        self.raw = self._drawn.replace(LINE_END_HYPHEN, "-")

    @property
    def handles(self) -> tuple[object, object]:
        """pdfium's own page and text page, for what this class does not offer."""
        return self._page, self._text

    def close(self) -> None:
        """Give the page back to pdfium; it must not be asked anything afterwards."""
        pdfium_c.FPDFText_ClosePage(self._text)
        pdfium_c.FPDF_ClosePage(self._page)

    def runs(self) -> list[Run]:
        """The drawn lines in drawing order, each with the box, size and weight that its first and last characters tell.

        What cannot be seen is left out.
        """
        look = _Look(self._text, self.frame)
        char_of = self._char_of
        runs: list[Run] = []
        unseen: list[int] = []
        width, height = self.width, self.height
        for match in _DRAWN_LINE.finditer(self._drawn):
            start, end = match.span()
            first, last = (start, end - 1) if char_of is None else (char_of[start], char_of[end - 1])
            run = look.run(start, end, first, last)
            on_paper = run.x1 > 0 and run.x0 < width and run.bottom > 0 and run.top < height and run.bottom - run.top > _LEGIBLE
            if look.doubtful or not on_paper:
                hidden = self._unseen_in(run, look)
                unseen += hidden
                runs += self._rest_of(run, hidden, look)
            else:
                runs.append(run)
        if unseen:
            self._blank_out(unseen)
        return runs

    def _is_on_paper(self, run: Run) -> bool:
        """Whether some of a run is on the page and high enough to be read."""
        inside = run.x1 > 0 and run.bottom > 0 and run.x0 < self.width and run.top < self.height  # false where a number is none
        return inside and (run.bottom - run.top >= _LEGIBLE or run.size >= _LEGIBLE)

    def _unseen_in(self, run: Run, look: _Look) -> list[int]:
        """The characters of a run that nobody sees."""
        if not self._is_on_paper(run):
            return [index for index in range(run.start, run.end) if not self._drawn[index].isspace()]
        unseen = []
        for index in range(run.start, run.end):
            if self._drawn[index].isspace():
                continue
            at = index if self._char_of is None else self._char_of[index]
            ink = look.ink(at)
            if ink is not PLAIN and pdfium_c.FPDFText_GetLooseCharBox(self._text, at, self._rect_ref):
                rect = self._rect
                if not self._ground.shows((rect.left, rect.bottom, rect.right, rect.top), ink):
                    unseen.append(index)
        return unseen

    def _rest_of(self, run: Run, unseen: Sequence[int], look: _Look) -> Iterator[Run]:
        """The parts of a run that are seen."""
        if not unseen:
            yield run
            return
        hidden = set(unseen)
        text = "".join("\n" if index in hidden else self._drawn[index] for index in range(run.start, run.end))
        for match in _DRAWN_LINE.finditer(text):
            start, end = match.start() + run.start, match.end() + run.start
            first, last = (start, end - 1) if self._char_of is None else (self._char_of[start], self._char_of[end - 1])
            yield look.run(start, end, first, last)

    def _blank_out(self, unseen: Sequence[int]) -> None:
        self.unseen += len(unseen)
        drawn, raw = list(self._drawn), list(self.raw)
        for index in unseen:
            drawn[index] = raw[index] = " "
        self._drawn, self.raw = "".join(drawn), "".join(raw)

    @cached_property
    def _ground(self) -> Ground:
        return Ground(calls.address(self._page))

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
        for left, bottom, right, top in _Paths().on_page(calls.address(self._page)):
            x0, y0, x1, y1 = self.frame.rect(left, bottom, right, top)
            rulings.append(Ruling(x0, y0, x1, y1))
        return rulings


_PAGES_KEPT = 64
"""Pages that stay open: evidence is looked up after the last page was read, and opening a page costs as much as reading it."""


class PdfFile:
    """An open PDF. Also the ``Geometry`` of the document read from it, so it stays open as long as the document is kept."""

    def __init__(self, data: bytes, password: str | None, path: str) -> None:
        allowed = limits.current()
        if len(data) > allowed.file_megabytes * _MEGABYTE:
            raise OverFileMegabytes(path=path, limit=allowed.file_megabytes)
        self._pdf, self.mended = _open(data, password, path)
        self.baggage = Baggage(self._pdf, data)
        self._path, self._limits = path, allowed
        self._kept: OrderedDict[int, PdfPage] = OrderedDict()
        self._pages_counted = self._characters = 0
        self._is_form = pdfium_c.FPDF_GetFormType(self._pdf) != pdfium_c.FORMTYPE_NONE
        finalize(self, _close_pages, self._kept)  # pages must be closed before their file is
        if len(self) > allowed.pages:
            raise OverPages(path=path, limit=allowed.pages, found=len(self))

    def __len__(self) -> int:
        return len(self._pdf)

    def page(self, index: int) -> PdfPage | None:
        """The page (counted from 0), or None where the file is too damaged to load it; only the last few stay open.

        Raises a LimitExceeded where it holds more than is allowed.
        """
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        limits.progress()
        page = self._loaded(index)
        text = pdfium_c.FPDFText_LoadPage(page) if page else None
        if not text:
            if page:
                pdfium_c.FPDF_ClosePage(page)
            return None
        if excess := self._excess(index, page, text):
            pdfium_c.FPDFText_ClosePage(text)
            pdfium_c.FPDF_ClosePage(page)
            raise excess
        opened = self._kept[index] = PdfPage(page, text)
        if len(self._kept) > _PAGES_KEPT:
            self._kept.popitem(last=False)[1].close()
        return opened

    def _loaded(self, index: int) -> object:
        """The page with what is filled into its form drawn upon it; nothing where it cannot be loaded."""
        page = pdfium_c.FPDF_LoadPage(self._pdf, index)
        if page and self._is_form and pdfium_c.FPDFPage_GetAnnotCount(page):
            done = pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)
            if done == pdfium_c.FLATTEN_SUCCESS:
                pdfium_c.FPDF_ClosePage(page)
                page = pdfium_c.FPDF_LoadPage(self._pdf, index)
        return page

    def _excess(self, index: int, page: object, text: object) -> AnalyzerError | None:
        """What a page has too much of."""
        allowed, path = self._limits, self._path
        characters = max(0, pdfium_c.FPDFText_CountChars(text))
        if characters > allowed.page_characters:
            return OverPageCharacters(path=path, limit=allowed.page_characters, page=index + 1)
        if pdfium_c.FPDFPage_CountObjects(page) > allowed.page_objects:
            return OverPageObjects(path=path, limit=allowed.page_objects, page=index + 1)
        if index >= self._pages_counted:
            self._pages_counted = index + 1
            self._characters += characters
        return OverCharacters(path=path, limit=allowed.characters) if self._characters > allowed.characters else None

    def notices(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Warnings about the file as a whole: code of the sentence and what it needs."""
        if self.mended:
            yield "mended", {}
        yield from self.baggage.notices()

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
        self._text, self._address = text, calls.address(text)
        self._frame = frame
        self._first, self._last = pdfium_c.FS_RECTF(), pdfium_c.FS_RECTF()
        self._first_ref, self._last_ref = ctypes.byref(self._first), ctypes.byref(self._last)
        self._matrix = pdfium_c.FS_MATRIX()
        self._matrix_ref = ctypes.byref(self._matrix)
        self._bold: dict[int, bool] = {}
        """By the address of the font."""
        self._last_element, self._last_bold, self._last_ink = 0, False, PLAIN
        self._colours = Colours()
        self.doubtful = False
        """Whether the run that was looked at last may be unseen in part."""

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
        angle = 0.0 if not matrix.b and matrix.a >= 0 else math.degrees(math.atan2(matrix.b, matrix.a))
        bold = self._is_bold(first)
        ink = self._last_ink
        tail_bold = self._is_bold(last)
        self.doubtful = ink is not PLAIN or self._last_ink is not PLAIN
        return Run(start, end, x0, top, x1, bottom, size, bold, tail_bold, (angle - 90 * self._frame.turns) % 360)

    def ink(self, index: int) -> Ink:
        """How a character is painted."""
        self._is_bold(index)
        return self._last_ink

    def _is_bold(self, index: int) -> bool:
        element = calls.text_element(self._address, index)
        if not element:
            self._last_element, self._last_bold, self._last_ink = 0, False, PLAIN
            return False
        if element != self._last_element:
            mode = calls.render_mode(element)
            self._last_element, self._last_bold = element, self._is_bold_element(element, mode)
            self._last_ink = self._colours.ink(element, mode)
        return self._last_bold

    def _is_bold_element(self, element: int, mode: int) -> bool:
        font = calls.font_of(element)
        if not font:
            return False
        if font not in self._bold:
            self._bold[font] = _is_bold_font(font)
        return self._bold[font] or mode == pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE


def _is_bold_font(font: int) -> bool:
    buffer = ctypes.create_string_buffer(256)
    length = calls.font_name(font, ctypes.addressof(buffer), len(buffer))
    name = buffer.raw[: max(0, min(length, len(buffer)) - 1)].decode("utf-8", "replace")
    if _BOLD_NAME.search(name):
        return True
    # pdfium guesses the weight from the stem width, which a slanted font overstates.
    return calls.font_weight(font) >= _BOLD_WEIGHT and not _SLANTED_NAME.search(name)


def _open(data: bytes, password: str | None, path: str) -> tuple[pdfium.PdfDocument, bool]:
    """The document, and whether it had to be mended."""
    try:
        return pdfium.PdfDocument(data, password=password), False
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise (EncryptedPdf if password is None else WrongPassword)(path=path) from None
        if error.err_code == pdfium_c.FPDF_ERR_SECURITY:
            raise LockedPdf(path=path) from None
        if error.err_code == pdfium_c.FPDF_ERR_SUCCESS:
            raise NoPages(path=path) from None
    mended = with_trailer(data)
    try:
        return pdfium.PdfDocument(mended or b"", password=password), True
    except pdfium.PdfiumError:
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


class _Paths:
    """Finds the straight paths among page objects; keeps what it must hand to C between the calls."""

    def __init__(self) -> None:
        self._colours, self._bounds = Colours(), Bounds()

    def on_page(self, page: int) -> Iterator[Box]:
        """(left, bottom, right, top) in page space of the straight rules on a page."""
        return self._among(on_page(page), UNMOVED)

    def _among(self, elements: Sequence[int], outer: Matrix) -> Iterator[Box]:
        kind_of = calls.kind_of
        for element in elements:
            kind = kind_of(element)
            if kind == pdfium_c.FPDF_PAGEOBJ_PATH and (self._colours.is_stroked(element) or self._colours.is_area(element)):
                left, bottom, right, top = self._bounds.of(element, outer)
                if min(right - left, top - bottom) <= _THIN:
                    yield from _sides([(left, bottom), (right, top)])
                else:
                    for points in _subpaths(element, times(matrix_of(element), outer)):
                        yield from _sides(points)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                yield from self._among(inside(element), times(matrix_of(element), outer))


def _subpaths(path: int, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    """The corners of each polygon of a path, in page space; polygons with curves are left out."""
    a, b, c, d, e, f = matrix
    points: list[tuple[float, float]] = []
    curved = False
    x, y = ctypes.c_float(), ctypes.c_float()
    places = ctypes.addressof(x), ctypes.addressof(y)
    for index in range(calls.count_segments(path)):
        segment = calls.segment_at(path, index)
        kind = calls.segment_kind(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO and points:
            if not curved:
                yield points
            points, curved = [], False
        curved = curved or kind == pdfium_c.FPDF_SEGMENT_BEZIERTO
        calls.segment_point(segment, *places)
        points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
        if calls.segment_closes(segment):
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
