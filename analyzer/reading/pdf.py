"""What pdfium knows of a file: the text of its pages, where characters stand, and the ruling lines.

pdfium counts points from the bottom left of the unrotated page; all that leaves this module is in points from the top left of the
page as displayed.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, repeat
from operator import mul
from typing import NamedTuple, TypeVar
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

Numbers = npt.NDArray[np.float64]
_Length = TypeVar("_Length", float, Numbers)

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


class Ruling(NamedTuple):
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

    def rect(self, left: _Length, bottom: _Length, right: _Length, top: _Length) -> tuple[_Length, _Length, _Length, _Length]:
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
        self._rect = (ctypes.c_float * 4)()
        self._rect_place = ctypes.byref(self._rect)
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
        runs, doubtful = self._look.runs(*self._ends([match.span() for match in _DRAWN_LINE.finditer(self._drawn)]))
        if not doubtful:
            return runs
        seen: list[Run] = []
        unseen: list[int] = []
        for index, run in enumerate(runs):
            hidden = self._unseen_in(run) if index in doubtful else []
            unseen += hidden
            seen += self._rest_of(run, hidden) if hidden else [run]
        if unseen:
            self._blank_out(unseen)
        return seen

    @cached_property
    def _look(self) -> _Look:
        return _Look(self._text, self.frame)

    def _ends(self, spans: Sequence[tuple[int, int]]) -> tuple[Sequence[tuple[int, int]], list[int], list[int]]:
        """The spans, with their first and last characters as pdfium counts them."""
        firsts, lasts = [start for start, _ in spans], [end - 1 for _, end in spans]
        if self._char_of is not None:
            firsts, lasts = [self._char_of[index] for index in firsts], [self._char_of[index] for index in lasts]
        return spans, firsts, lasts

    def _is_on_paper(self, run: Run) -> bool:
        """Whether some of a run is on the page and high enough to be read."""
        inside = run.x1 > 0 and run.bottom > 0 and run.x0 < self.width and run.top < self.height  # false where a number is none
        return inside and (run.bottom - run.top >= _LEGIBLE or run.size >= _LEGIBLE)

    def _unseen_in(self, run: Run) -> list[int]:
        """The characters of a run that nobody sees."""
        drawn = [index for index in range(run.start, run.end) if not self._drawn[index].isspace()]
        if not self._is_on_paper(run):
            return drawn
        unseen = []
        characters = drawn if self._char_of is None else [self._char_of[index] for index in drawn]
        for index, at, (_, ink) in zip(drawn, characters, self._look.of(characters), strict=True):
            if ink is not PLAIN and calls.loose_box(self._text, at, self._rect_place):
                left, top, right, bottom = self._rect[:]
                if not self._ground.shows((left, bottom, right, top), ink):
                    unseen.append(index)
        return unseen

    def _rest_of(self, run: Run, unseen: Sequence[int]) -> list[Run]:
        """The parts of a run that are seen."""
        hidden = set(unseen)
        text = "".join("\n" if index in hidden else self._drawn[index] for index in range(run.start, run.end))
        spans = [(match.start() + run.start, match.end() + run.start) for match in _DRAWN_LINE.finditer(text)]
        return self._look.runs(*self._ends(spans))[0]

    def _blank_out(self, unseen: Sequence[int]) -> None:
        self.unseen += len(unseen)
        drawn, raw = list(self._drawn), list(self.raw)
        for index in unseen:
            drawn[index] = raw[index] = " "
        self._drawn, self.raw = "".join(drawn), "".join(raw)

    @cached_property
    def _ground(self) -> Ground:
        return Ground(self._page)

    def cut(self, spans: Sequence[tuple[int, int]], boxes: Boxes) -> list[Run]:
        """Runs for pieces of drawn lines, given as spans of ``raw``, with exact boxes."""
        runs, _ = self._look.runs(*self._ends(spans))
        for run, hull in zip(runs, hulls(spans, boxes), strict=True):
            if hull:
                run.x0, run.top, run.x1, run.bottom = hull
        return runs

    def boxes(self, indexes: Sequence[int] | None = None) -> Boxes:
        """Boxes of the characters ``indexes`` of ``raw``, or of all; as high as the font, as wide as the character's advance."""
        if indexes is None:
            indexes = range(len(self.raw))
        drawn, char_of = self._drawn, self._char_of
        rects, places = calls.answers(len(indexes), 4)
        characters = indexes if char_of is None else [char_of[index] for index in indexes]
        known = list(map(calls.loose_box, repeat(self._text), characters, places))
        left, top, right, bottom = rects.astype(np.float64).T
        boxes = np.stack(self.frame.rect(left, bottom, right, top), axis=1)
        blank = list(map(str.isspace, map(drawn.__getitem__, indexes)))
        boxes[np.array(blank, dtype=np.bool_) | (np.array(known) == 0) | (right <= left)] = np.nan
        return boxes

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Box of one character of ``raw``; None for a blank and for a character that was not drawn."""
        if self._drawn[index].isspace():
            return None
        at = index if self._char_of is None else self._char_of[index]
        if not calls.loose_box(self._text, at, self._rect_place):
            return None
        left, top, right, bottom = self._rect[:]
        return self.frame.rect(left, bottom, right, top) if right > left else None

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
        if len(indexes) == 1:
            box = opened.box(indexes[0])
            return [Rect(*box) if box else None]
        return [None if sides[0] != sides[0] else Rect(*sides) for sides in opened.boxes(indexes).tolist()]


def _close_pages(kept: OrderedDict[int, PdfPage]) -> None:
    while kept:
        kept.popitem()[1].close()


class _Look:
    """Asks pdfium how the characters of one page are set; remembers what it knows of fonts and elements."""

    def __init__(self, text: object, frame: Frame) -> None:
        self._text = text
        self._frame = frame
        self._colours = Colours()
        self._bold: dict[int, bool] = {}
        """By the address of the font."""
        self._known: dict[int | None, tuple[bool, Ink]] = {None: (False, PLAIN)}
        """By the address of the element: whether it is bold, and its ink; None where a character belongs to none."""

    def runs(self, spans: Sequence[tuple[int, int]], firsts: Sequence[int], lasts: Sequence[int]) -> tuple[list[Run], set[int]]:
        """The runs at ``spans`` of the raw text, from their first and last characters as pdfium counts them.

        Also the places among them of those that may be unseen in part or not on the paper.
        """
        count = len(spans)
        if not count:
            return [], set()
        x0, top, x1, bottom = self._sides(firsts, lasts)
        sizes, angles = self._sizes_and_angles(firsts)
        looks = self.of([*firsts, *lasts])
        bold = [look[0] for look in looks]
        starts, ends = zip(*spans, strict=True)
        sides = x0.tolist(), top.tolist(), x1.tolist(), bottom.tolist()
        runs = list(map(Run, starts, ends, *sides, sizes, bold[:count], bold[count:], angles))
        width, height = self._frame.size
        on_paper = (x1 > 0) & (x0 < width) & (bottom > 0) & (top < height) & (bottom - top > _LEGIBLE)  # false where a number is none
        doubtful = set(np.flatnonzero(~on_paper).tolist())
        return runs, doubtful.union(index % count for index, look in enumerate(looks) if look[1] is not PLAIN)

    def _sides(self, firsts: Sequence[int], lasts: Sequence[int]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """The sides of the boxes that hold both a first and a last character."""
        rects, places = calls.answers(2 * len(firsts), 4)
        _ask(calls.loose_box, repeat(self._text), [*firsts, *lasts], places)
        first, last = rects[: len(firsts)].astype(np.float64).T, rects[len(firsts) :].astype(np.float64).T
        (left, _, _, low), (_, high, right, _) = np.where(first < last, first, last), np.where(first > last, first, last)
        return self._frame.rect(left, low, right, high)

    def _sizes_and_angles(self, characters: Sequence[int]) -> tuple[list[float], list[float]]:
        matrices, places = calls.answers(len(characters), 6)
        _ask(calls.character_matrix, repeat(self._text), characters, places)
        a, b, c, d = matrices[:, :4].T.tolist()
        sizes = list(map(mul, map(calls.font_size, repeat(self._text), characters), map(math.hypot, c, d)))
        turned = 90 * self._frame.turns
        if not any(b) and min(a) >= 0:
            return sizes, [-turned % 360.0] * len(characters)
        angles = (0.0 if not sine and cosine >= 0 else math.degrees(math.atan2(sine, cosine)) for sine, cosine in zip(b, a, strict=True))
        return sizes, [(angle - turned) % 360 for angle in angles]

    def of(self, characters: Sequence[int]) -> list[tuple[bool, Ink]]:
        """Whether characters are bold, and how they are painted."""
        elements = list(map(calls.text_element, repeat(self._text), characters))
        known = self._known
        for element in elements:
            if element not in known:
                mode = calls.render_mode(element)
                known[element] = self._is_bold(calls.font_of(element), mode), self._colours.ink(element, mode)
        return [known[element] for element in elements]

    def _is_bold(self, font: int | None, mode: int) -> bool:
        if not font:
            return False
        if font not in self._bold:
            self._bold[font] = _is_bold_font(font)
        return self._bold[font] or mode == pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE


def _ask(function: Callable[..., object], *arguments: Iterable[object]) -> None:
    """Call a function with each row of arguments, for what it writes."""
    deque(map(function, *arguments), maxlen=0)


def hulls(spans: Sequence[tuple[int, int]], boxes: Boxes) -> list[tuple[float, float, float, float] | None]:
    """For each span the box that holds the boxes of its characters; None where none of them was drawn."""
    if not spans:
        return []
    bounds = np.array(spans).ravel()
    ended = np.concatenate([boxes, np.full((1, 4), np.nan)])  # a span may go to the very end
    lows = np.fmin.reduceat(ended[:, :2], bounds)[::2].tolist()
    highs = np.fmax.reduceat(ended[:, 2:], bounds)[::2].tolist()
    return [None if x0 != x0 else (x0, top, x1, bottom) for (x0, top), (x1, bottom) in zip(lows, highs, strict=True)]


def _is_bold_font(font: int) -> bool:
    buffer = ctypes.create_string_buffer(256)
    length = calls.font_name(font, buffer, len(buffer))
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
    buffer = np.empty(2 * count + 2, dtype=np.uint16)
    units = calls.text_between(text, 0, count, ctypes.byref(ctypes.c_char.from_buffer(buffer.data)))
    return buffer[: max(0, units - 1)].tobytes().decode("utf-16-le", "replace")


_PATH_OR_FORM = frozenset({pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_FORM})


class _Paths:
    """Finds the straight paths among page objects; keeps what it must hand to C between the calls."""

    def __init__(self) -> None:
        self._colours, self._bounds = Colours(), Bounds()

    def on_page(self, page: object) -> Iterator[Box]:
        """(left, bottom, right, top) in page space of the straight rules on a page."""
        return self._among(on_page(page), UNMOVED)

    def _among(self, elements: Sequence[int], outer: Matrix) -> Iterator[Box]:
        kinds = map(calls.kind_of, elements)
        for element, kind in [(element, kind) for element, kind in zip(elements, kinds, strict=True) if kind in _PATH_OR_FORM]:
            if kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                yield from self._among(inside(element), times(matrix_of(element), outer))
            elif self._colours.is_drawn(element):
                left, bottom, right, top = self._bounds.of(element, outer)
                if right - left <= _THIN or top - bottom <= _THIN:
                    yield from _thin_side(left, bottom, right, top)
                else:
                    for points in _subpaths(element, times(matrix_of(element), outer)):
                        yield from _sides(points)


def _subpaths(path: int, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    """The corners of each polygon of a path, in page space; polygons with curves are left out."""
    a, b, c, d, e, f = matrix
    points: list[tuple[float, float]] = []
    curved = False
    point = (ctypes.c_float * 2)()
    places = ctypes.byref(point), ctypes.byref(point, ctypes.sizeof(ctypes.c_float))
    for index in range(calls.count_segments(path)):
        segment = calls.segment_at(path, index)
        kind = calls.segment_kind(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO and points:
            if not curved:
                yield points
            points, curved = [], False
        curved = curved or kind == pdfium_c.FPDF_SEGMENT_BEZIERTO
        calls.segment_point(segment, *places)
        x, y = point[:]
        points.append((a * x + c * y + e, b * x + d * y + f))
        if calls.segment_closes(segment):
            points.append(points[0])
    if points and not curved:
        yield points


def _sides(points: list[tuple[float, float]]) -> Iterator[Box]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    if right - left <= _THIN or high - low <= _THIN:
        yield from _thin_side(left, low, right, high)
    else:
        for (ax, ay), (bx, by) in pairwise(points):
            if abs(ax - bx) < 1 or abs(ay - by) < 1:
                yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _thin_side(left: float, low: float, right: float, high: float) -> tuple[Box, ...]:
    """The rule along the middle of a thin area; none for a dot."""
    if right - left > _THIN:
        return ((left, (low + high) / 2, right, (low + high) / 2),)
    return (((left + right) / 2, low, (left + right) / 2, high),) if high - low > _THIN else ()
