"""The protocol itself with its evidence highlighted, notes, bookmarks and a first page that sums up.

All of it is appended to the file as an incremental update: the bytes of the original, and with them what was signed, stay as they are.
Only a PDF that is encrypted or damaged is first written anew by pdfium, since nothing can be appended to it.

Evidence comes in points from the top left of the page as displayed; annotations count from the bottom left of the page before it is
turned and cropped.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)

from analyzer.errors import DamagedPdf, NothingToMark
from analyzer.reports.appending import appended
from analyzer.reports.cover import INK, PALE, cover
from analyzer.reports.terminal import clean
from analyzer.reports.tones import ruling
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from analyzer.findings import Bilingual, Box, CriterionFinding, ElementFinding, Evidence, Report
    from analyzer.reports import Context

    Points = npt.NDArray[np.float64]

_SIGN = b"%analyzer: marked copy\n"
"""Stands at the end of each marked PDF, after the part that is read."""
_SYMBOLS = {"adequate": "✓", "partial": "!", "missing": "✗", "not_applicable": "–"}
_NOT_APPENDABLE = (PyPdfError, ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError)
"""What pypdf raises, and we do in ``_marked``, at files that are not as they should be."""
_PRINTED = 4
_ROOM = 36.0
"""Points left above the place that a bookmark leads to."""
_RIM = 0.1
"""Of the height of a line: what only touches the rim of its box belongs to the line above or below."""
_APART = 0.1
"""Points, across or down, from which on the middles of two characters are told apart."""
_WEIGHTS = (1.0, 0.4)
"""Of distances across and down: programs agree on where the middle of a character lies across, less so on how high it lies."""
_CROWD = 2_000
"""Characters under one highlight; where more are printed over one another, nothing that can be seen is left between them."""
_BLANK = re.compile(r"[\s\x00-\x1f]")
_HYPHEN_AT_LINE_END = re.compile(r"[\x02\ufffe]")
"""What pdfium gives for the hyphen of a divided word: the one for a character, the other in a text."""


@dataclass(frozen=True, slots=True)
class Place:
    """The way from a page as displayed to the page in the file: its visible box and quarter turns clockwise."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a displayed point, counted from the top left, lies in the file."""
        if self.turns == 0:
            return self.left + x, self.top - y
        if self.turns == 1:
            return self.left + y, self.bottom + x
        if self.turns == 2:
            return self.right - x, self.bottom + y
        return self.right - y, self.top - x

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the file is displayed, counted from the top left: what ``point`` undoes."""
        if self.turns == 0:
            return x - self.left, self.top - y
        if self.turns == 1:
            return y - self.bottom, x - self.left
        if self.turns == 2:
            return self.right - x, y - self.bottom
        return self.top - y, self.right - x

    def quad(self, box: Box) -> list[tuple[float, float]]:
        """The corners of a displayed box: upper left, upper right, lower left, lower right as the reader sees them."""
        x0, top, x1, bottom = box
        return [self.point(x, y) for x, y in ((x0, top), (x1, top), (x0, bottom), (x1, bottom))]


@dataclass(slots=True)
class Passage:
    """Words that are highlighted, with all that is said about them."""

    page: int
    boxes: Sequence[Box]
    quote: str
    tone: str
    notes: list[str] = field(default_factory=list)
    """What is fulfilled comes before what falls short."""


def is_marked(path: Path) -> bool:
    """Whether the file is a marked PDF of ours, which may be replaced."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - len(_SIGN)))
        return file.read() == _SIGN


def render(report: Report, context: Context) -> bytes:
    """The marked PDF. Raises DamagedPdf where the file can be read but not written to, NothingToMark where it is a Word file."""
    if not context.original:
        raise NothingToMark(path=context.path)
    with _silent_pypdf():
        if not context.password:
            try:
                return _marked(context.original, report, context)
            except _NOT_APPENDABLE:
                pass
        try:
            return _marked(_written_anew(context.original, context.password), report, context)
        except (*_NOT_APPENDABLE, pdfium.PdfiumError) as error:
            raise DamagedPdf(path=context.path) from error


@contextmanager
def _silent_pypdf() -> Iterator[None]:
    """pypdf tells the log of every oddity it can cope with."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _marked(original: bytes, report: Report, context: Context) -> bytes:
    reader = PdfReader(BytesIO(original))
    if reader.is_encrypted:
        raise ValueError("encrypted")
    writer = PdfWriter(reader, incremental=True)
    passages = _passages(report, context.language)
    places = _placed(original, passages)
    first = PdfReader(BytesIO(cover(report, context.language, clean(Path(context.path).name)))).pages[0]
    pages = list(writer.pages)
    summary = writer.insert_page(first, index=0)
    summary[NameObject("/Rotate")] = NumberObject(0)
    for passage in passages:
        if passage.page in places:
            _highlight(writer, pages[passage.page - 1], passage, places[passage.page])
    _Outline(writer, summary, pages, places).put_first(_bookmarks(report, context.language))
    _number_pages(writer)
    marked = appended(original, reader, writer)
    _check(marked, len(pages) + 1)
    return marked + _SIGN


def _check(marked: bytes, pages: int) -> None:
    """Raises ValueError where another program does not find the pages."""
    try:
        document = pdfium.PdfDocument(marked)
    except pdfium.PdfiumError as error:
        raise ValueError("unreadable") from error
    found = len(document)
    document.close()
    if found != pages:
        raise ValueError("pages lost")


def _written_anew(original: bytes, password: str | None) -> bytes:
    """The same pages in a file without encryption or damage."""
    document = pdfium.PdfDocument(original, password=password)
    target = BytesIO()
    document.save(target, flags=pdfium.raw.FPDF_REMOVE_SECURITY)
    document.close()
    return target.getvalue()


def _passages(report: Report, language: str) -> list[Passage]:
    """Every piece of evidence once, in the order of the pages."""
    found: dict[tuple[int, tuple[Box, ...]], Passage] = {}

    def add(evidence: Evidence, tone: str, note: str) -> None:
        if not evidence.bbox:
            return
        passage = found.setdefault((evidence.page, tuple(evidence.bbox)), Passage(evidence.page, evidence.bbox, evidence.quote, tone))
        passage.tone = ruling(passage.tone, tone)
        if note not in passage.notes:
            passage.notes.append(note)

    criteria = [(element, criterion) for element in report.elements for criterion in element.criteria]
    for element, criterion in sorted(criteria, key=lambda entry: not entry[1].met):
        for evidence in criterion.evidence:
            add(evidence, _tone(element, criterion), _note(element, criterion, language))
    for inconsistency in report.inconsistencies:
        message = clean(_in(language, inconsistency.message))
        for evidence in inconsistency.evidence:
            add(evidence, "contradiction", f"≠ {message}")
    return sorted(found.values(), key=lambda passage: (passage.page, min(box[1] for box in passage.boxes)))


def _tone(element: ElementFinding, criterion: CriterionFinding) -> str:
    if criterion.met:
        return "adequate"
    return "missing" if element.verdict == "missing" else "partial"


def _note(element: ElementFinding, criterion: CriterionFinding, language: str) -> str:
    """What a pop-up says of a criterion: the advice too, where it is not met."""
    words = {
        "element": clean(_in(language, element.name)),
        "criterion": clean(_in(language, criterion.name)),
        "verdict": _word(language, "verdict", element.verdict),
    }
    if criterion.met:
        return say(language, "marked_note_met", **words)
    note = say(language, "marked_note_unmet", stance=_word(language, "stance", criterion.stance), **words)
    return f"{note}\n{say(language, 'advice', text=clean(_in(language, criterion.advice)))}" if criterion.advice else note


def _in(language: str, words: Bilingual) -> str:
    return words.zh if language == "zh" else words.en


def _word(language: str, kind: str, code: str) -> str:
    return strings(language).get(f"{kind}_{code}", code)


def _placed(pdf: bytes, passages: Sequence[Passage]) -> dict[int, Place]:
    """How the pages of the passages lie in the file, as pdfium sees them; pages it cannot load are left out.

    Where a page prints something else over a passage, the boxes of the passage are cut to leave that out.
    """
    document = pdfium.PdfDocument(pdf)
    places = {}
    for number, found in groupby(passages, key=lambda passage: passage.page):
        try:
            page = document[number - 1]
        except (pdfium.PdfiumError, IndexError):
            continue
        left, bottom, right, top = page.get_bbox()
        places[number] = Place(left, bottom, right, top, page.get_rotation() // 90)
        with suppress(pdfium.PdfiumError):
            printed = _Print(page.get_textpage(), places[number])
            for passage in found:
                passage.boxes = printed.own_boxes(passage)
        page.close()
    document.close()
    return places


class _Print:
    """The characters that a page prints."""

    def __init__(self, text: pdfium.PdfTextPage, place: Place) -> None:
        self._text = text
        self._place = place
        self._units = (ctypes.c_ushort * _CROWD)()

    def own_boxes(self, passage: Passage) -> Sequence[Box]:
        """The boxes of a passage, cut to leave out other characters that have their middle in them, save those not told apart."""
        quote = _bare(passage.quote)
        if len(self._touched(passage.boxes)) <= len(quote):
            return passage.boxes
        words, middles = self._under(passage.boxes)
        start = words.find(quote)
        if start < 0 or not 0 < len(quote) < len(words) <= _CROWD:
            return passage.boxes
        own, others = np.split(np.roll(middles, -start, axis=0), [len(quote)])
        apart = np.abs(own[:, None] - others).max(axis=2).min(axis=0) >= _APART
        return [piece for box in passage.boxes for piece in _cut(box, own, others[apart])]

    def _touched(self, boxes: Sequence[Box]) -> str:
        """What touches the boxes. This is quick, and longer than the quotation nearly only where something is printed over it."""
        touched = []
        for x0, top, x1, bottom in boxes:
            rim = _RIM * (bottom - top)
            xs, ys = zip(self._place.point(x0, top + rim), self._place.point(x1, bottom - rim), strict=True)
            sides = (min(xs), max(ys), max(xs), min(ys))
            count = pdfium.raw.FPDFText_GetBoundedText(self._text, *sides, self._units, _CROWD)
            touched.append(bytes(self._units)[: 2 * count].decode("utf-16-le", "ignore"))
        return _bare("".join(touched))

    def _under(self, boxes: Sequence[Box]) -> tuple[str, Points]:
        """The characters whose middle lies in the boxes, in the order of the file, and their middles."""
        words, middles = self._characters
        under = np.any([_within(box, middles) for box in boxes], axis=0)
        return "".join(words[at] for at in np.flatnonzero(under)), middles[under]

    @cached_property
    def _characters(self) -> tuple[str, Points]:
        """All characters but blanks, and the middles of their ink as displayed."""
        words, middles = [], []
        for at in range(self._text.count_chars()):
            character = _bare(chr(min(pdfium.raw.FPDFText_GetUnicode(self._text, at), sys.maxunicode)))
            if character:
                left, bottom, right, top = self._text.get_charbox(at)
                words.append(character)
                middles.append(self._place.shown((left + right) / 2, (bottom + top) / 2))
        return "".join(words), np.array(middles).reshape(-1, 2)


def _bare(words: str) -> str:
    return _BLANK.sub("", _HYPHEN_AT_LINE_END.sub("-", words))


def _within(box: Sequence[float], points: Points) -> npt.NDArray[np.bool_]:
    """Which points lie in a box."""
    inside: npt.NDArray[np.bool_] = np.all((points >= box[:2]) & (points <= box[2:]), axis=1)
    return inside


def _cut(box: Box, own: Points, others: Points) -> list[Box]:
    """The box in pieces that hold the ``own`` points in it and none of the ``others``."""
    own, others = own[_within(box, own)], others[_within(box, others)]
    if not len(others):
        return [box]
    if not len(own):
        return []
    along = 0 if box[2] - box[0] >= box[3] - box[1] else 1
    own = own[own[:, along].argsort()]
    borders = [box[along], *((own[1:, along] + own[:-1, along]) / 2), box[along + 2]]
    pieces: list[list[float]] = []
    for point, (begin, end) in zip(own, pairwise(borders), strict=True):
        piece = list(box)
        piece[along], piece[along + 2] = begin, end
        _shrink(piece, point, others)
        if pieces and _continues(pieces[-1], piece, along):
            pieces[-1][along + 2] = piece[along + 2]
        else:
            pieces.append(piece)
    return [(x0, top, x1, bottom) for x0, top, x1, bottom in pieces]


def _shrink(piece: list[float], point: Points, others: Points) -> None:
    """Draw the sides of a piece in until it holds none of the ``others``, each half way from its own point to the nearest of them."""
    others = others[_within(piece, others)]
    distances = np.abs(others - point) * _WEIGHTS
    for at in distances.max(axis=1).argsort():
        if all(piece[axis] <= others[at, axis] <= piece[axis + 2] for axis in (0, 1)):
            axis = int(distances[at].argmax())
            side = axis + 2 if others[at, axis] > point[axis] else axis
            piece[side] = (others[at, axis] + point[axis]) / 2


def _continues(earlier: list[float], later: list[float], along: int) -> bool:
    """Whether two boxes are one that was divided along this axis."""
    across = 1 - along
    return earlier[along + 2] == later[along] and earlier[across::2] == later[across::2]


def _highlight(writer: PdfWriter, page: DictionaryObject, passage: Passage, place: Place) -> None:
    """Add the annotation and its pop-up note to the page."""
    quads = [place.quad(box) for box in passage.boxes]
    xs, ys = [[point[axis] for quad in quads for point in quad] for axis in (0, 1)]
    rect = _numbers(min(xs), min(ys), max(xs), max(ys))
    note = "\n\n".join(passage.notes)
    highlight = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Highlight"),
            NameObject("/Rect"): rect,
            NameObject("/QuadPoints"): _numbers(*(value for quad in quads for point in quad for value in point)),
            NameObject("/C"): _numbers(*_rgb(PALE[passage.tone])),
            NameObject("/F"): NumberObject(_PRINTED),
            NameObject("/T"): TextStringObject("analyzer"),
            NameObject("/Contents"): TextStringObject(note),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): _appearance(writer, quads, rect, PALE[passage.tone])}),
        }
    )
    reference = writer._add_object(highlight)
    x, y = place.point(max(box[2] for box in passage.boxes) + 20, passage.boxes[0][1])
    popup = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Popup"),
                NameObject("/Rect"): _numbers(x, y - 120, x + 220, y),
                NameObject("/Parent"): reference,
            }
        )
    )
    highlight[NameObject("/Popup")] = popup
    present = page.get("/Annots")
    notes = ArrayObject(present.get_object()) if present is not None else ArrayObject()
    notes += [reference, popup]
    page[NameObject("/Annots")] = notes


def _appearance(writer: PdfWriter, quads: Sequence[Sequence[tuple[float, float]]], rect: ArrayObject, colour: str) -> IndirectObject:
    """The highlight as every viewer is to draw it: pale colour that lets the print show through."""
    form = DecodedStreamObject()
    outlines = []
    for upper_left, upper_right, lower_left, lower_right in quads:
        corners = [f"{x:.2f} {y:.2f}" for x, y in (upper_left, upper_right, lower_right, lower_left)]
        outlines.append(f"{corners[0]} m {corners[1]} l {corners[2]} l {corners[3]} l h")
    red, green, blue = _rgb(colour)
    form.set_data(f"/Multiply gs {red:.3f} {green:.3f} {blue:.3f} rg {' '.join(outlines)} f".encode())
    blending = DictionaryObject({NameObject("/Type"): NameObject("/ExtGState"), NameObject("/BM"): NameObject("/Multiply")})
    states = DictionaryObject({NameObject("/Multiply"): blending})
    group = DictionaryObject({NameObject("/Type"): NameObject("/Group"), NameObject("/S"): NameObject("/Transparency")})
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): rect,
            NameObject("/Resources"): DictionaryObject({NameObject("/ExtGState"): states}),
            NameObject("/Group"): group,
        }
    )
    return writer._add_object(form)


def _numbers(*values: float) -> ArrayObject:
    return ArrayObject(FloatObject(round(value, 3)) for value in values)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A line of the tree of bookmarks; it leads to the evidence, else to the summary."""

    title: str
    evidence: Evidence | None = None
    tone: str | None = None
    children: Sequence[Bookmark] = ()


def _bookmarks(report: Report, language: str) -> Bookmark:
    """The tree of elements and criteria."""
    branches = []
    for element in report.elements:
        title = " ".join((_SYMBOLS[element.verdict], clean(_in(language, element.name)), "–", _word(language, "verdict", element.verdict)))
        first = next((found for criterion in element.criteria for found in criterion.evidence), None)
        children = [_criterion_bookmark(element, criterion, language) for criterion in element.criteria]
        branches.append(Bookmark(title, first, element.verdict, children))
    if report.inconsistencies:
        children = [
            Bookmark(clean(_in(language, entry.message)), next(iter(entry.evidence), None), "contradiction")
            for entry in report.inconsistencies
        ]
        branches.append(Bookmark(say(language, "heading_inconsistencies"), None, "contradiction", children))
    return Bookmark(say(language, "marked_summary"), children=branches)


def _criterion_bookmark(element: ElementFinding, criterion: CriterionFinding, language: str) -> Bookmark:
    found = criterion.evidence[0] if criterion.evidence else None
    place = say(language, "page", page=found.page) if found else say(language, "stance_absent")
    title = f"{'✓' if criterion.met else '✗'} {clean(_in(language, criterion.name))}{say(language, 'in_brackets', text=place)}"
    return Bookmark(title, found, _tone(element, criterion))


@dataclass(frozen=True, slots=True)
class _Outline:
    """Writes bookmarks above those that the protocol has itself."""

    writer: PdfWriter
    summary: DictionaryObject
    pages: Sequence[DictionaryObject]
    places: dict[int, Place]

    def put_first(self, bookmark: Bookmark) -> None:
        outline = self.writer.get_outline_root()
        ((reference, ours),) = self._siblings([bookmark], outline.indirect_reference)
        ours[NameObject("/Count")] = NumberObject(len(bookmark.children))
        if "/First" in outline:
            following = outline.raw_get("/First")
            following.get_object()[NameObject("/Prev")] = reference
            ours[NameObject("/Next")] = following
        else:
            outline[NameObject("/Last")] = reference
        outline[NameObject("/First")] = reference
        outline[NameObject("/Count")] = NumberObject(max(0, int(outline.get("/Count", 0))) + 1 + len(bookmark.children))

    def _siblings(self, bookmarks: Sequence[Bookmark], parent: IndirectObject | None) -> list[tuple[IndirectObject, DictionaryObject]]:
        """Write bookmarks that stand side by side; what is below them is folded."""
        written = []
        for bookmark in bookmarks:
            entry = self._entry(bookmark, parent)
            reference = self.writer._add_object(entry)
            if bookmark.children:
                children = self._siblings(bookmark.children, reference)
                entry[NameObject("/First")], entry[NameObject("/Last")] = children[0][0], children[-1][0]
                entry[NameObject("/Count")] = NumberObject(-len(children))
            written.append((reference, entry))
        for (earlier, before), (later, after) in pairwise(written):
            before[NameObject("/Next")] = later
            after[NameObject("/Prev")] = earlier
        return written

    def _entry(self, bookmark: Bookmark, parent: IndirectObject | None) -> DictionaryObject:
        entry = DictionaryObject(
            {
                NameObject("/Title"): TextStringObject(bookmark.title),
                NameObject("/Parent"): parent or NullObject(),
                NameObject("/Dest"): self._destination(bookmark.evidence),
            }
        )
        if bookmark.tone:
            entry[NameObject("/C")] = _numbers(*_rgb(INK[bookmark.tone]))
        return entry

    def _destination(self, evidence: Evidence | None) -> ArrayObject:
        if evidence is None or not 0 < evidence.page <= len(self.pages):
            return ArrayObject([self.summary.indirect_reference, NameObject("/Fit")])
        page = self.pages[evidence.page - 1].indirect_reference
        place = self.places.get(evidence.page)
        if place is None or place.turns or not evidence.bbox:
            return ArrayObject([page, NameObject("/Fit")])
        left, top = place.point(0, max(0.0, evidence.bbox[0][1] - _ROOM))
        return ArrayObject([page, NameObject("/XYZ"), FloatObject(round(left, 2)), FloatObject(round(top, 2)), NullObject()])


def _number_pages(writer: PdfWriter) -> None:
    """Let viewers call the pages of the protocol as before: the page in front must not shift their numbers."""
    root = writer.root_object
    tree: Any = root.get("/PageLabels", DictionaryObject({NameObject("/Nums"): ArrayObject([NumberObject(0), _label("/D")])}))
    known = tree.get_object().get("/Nums")
    if known is None:
        return
    shifted = [NumberObject(entry + 1) if index % 2 == 0 else entry for index, entry in enumerate(known.get_object())]
    root[NameObject("/PageLabels")] = DictionaryObject({NameObject("/Nums"): ArrayObject([NumberObject(0), _label("/a"), *shifted])})


def _label(style: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(style)})
