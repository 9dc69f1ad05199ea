"""File -> ``Document``: a PDF, a picture, which is made one first, or a Word file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from analyzer.document import Document, Geometry
from analyzer.errors import BlankPages, DamagedPdf, ImageUnread, NoTextLayer, OcrFoundNothing, UnreadableFile
from analyzer.ocr import Ocr
from analyzer.ocr.backends import installed
from analyzer.reading.assemble import DrawnPage, assemble
from analyzer.reading.intake import as_pdf, content_of
from analyzer.reading.kinds import Kind, Sort, sort_of
from analyzer.reading.layout import Run, by_rows, cell_edges, crosses_columns, wide_gaps
from analyzer.reading.pdf import PdfFile
from analyzer.reading.scans import Places, Scanned, needs_ocr, read_scans
from analyzer.reading.tables import PageFace, read_tables
from analyzer.stages import stage

__all__ = ["read"]

_EMPTY_QUOTES = re.compile(r"“\s*”|（\s*）|《\s*》|\(\s+\)")
"""Marks of a line whose characters were drawn out of turn, first those of one font, then those of another."""
_TELLING = 12
"""Characters that nobody sees, such as blanks in white, of which nothing is said."""
_TWO_LINES = 2.1
"""A run higher than this many ems holds lines that pdfium did not part."""


def read(path: Path | str, data: bytes | None = None, password: str | None = None, ocr: Ocr | None = None) -> Document:
    """Read a file, whatever its name says of it; with ``data``, its bytes, ``path`` is only its name.

    Pages without usable text are read from their pictures as ``ocr`` says, by default where an engine is installed.
    Raises one of the ``UnreadableFile`` errors where nothing can be read. Pages that cannot be are warned of unless there is no other.
    """
    name = str(path)
    content = content_of(path, password) if data is None else data
    sort = sort_of(content)
    if sort.kind is Kind.WORD:
        from analyzer.reading.docx import read_word

        return read_word(name, content)
    with stage("open"):
        pdf = PdfFile(as_pdf(content, name, sort), password, name)
    pages = _Pages(pdf, ocr or Ocr())
    drawn = pages.draw()
    if len(pages.damaged) == len(drawn):
        raise DamagedPdf(path=name)
    if refusal := pdf.baggage.refusal(sum(len(page.raw) for page in drawn), name):
        raise refusal
    if not any(page.raw.strip() for page in drawn):
        raise _nothing_read(pages, sort, name)
    with stage("layout"):
        body = assemble(drawn)
    sha256 = hashlib.sha256(content).hexdigest()
    return Document(
        name, sha256, body.text, body.origin, body.pages, body.lines, body.tables,
        geometry=pages.geometry, certainty=pages.scanned.certainty, warnings=[*pages.warnings(), *pdf.notices()],
        unread=tuple(sorted(pages.unread)),
    )  # fmt: skip


def _nothing_read(pages: _Pages, sort: Sort, name: str) -> UnreadableFile:
    if pages.tried:
        return OcrFoundNothing(path=name, pages=len(pages.pdf))
    if not pages.pictures and not pages.garbled:
        return DamagedPdf(path=name) if pages.damaged or pages.pdf.mended else BlankPages(path=name, pages=len(pages.pdf))
    return ImageUnread(path=name) if sort.kind is Kind.IMAGE else NoTextLayer(path=name, pages=len(pages.pdf))


class _Pages:
    """The pages of a PDF on their way to paper: those with text, those read from pictures, those that could not be read."""

    def __init__(self, pdf: PdfFile, ocr: Ocr) -> None:
        self.pdf = pdf
        self.ocr = ocr
        self.scanned = Scanned()
        self.damaged: list[int] = []
        self.pictures: list[int] = []
        """Numbers of the pages without text of their own."""
        self.garbled: list[int] = []
        """Numbers of the pages whose text is of no use."""
        self.unseen: list[int] = []
        """Numbers of the pages with text that nobody sees."""
        self.tried = False

    def draw(self) -> list[DrawnPage]:
        """All pages; those that could not be read are empty."""
        drawn = [self._with_text(index) for index in range(len(self.pdf))]
        wanted = sorted([*self.pictures, *self.garbled])
        if wanted and self.ocr.strength and installed():
            self.tried = True
            with stage("ocr"):
                self.scanned = read_scans(self.pdf, wanted, self.ocr)
            for number, page in self.scanned.pages.items():
                with stage("layout"):
                    drawn[number - 1] = replace(_draw(page, number), source="ocr", turns=page.reading.turns, tilt=page.reading.tilt)
        return drawn

    def _with_text(self, index: int) -> DrawnPage:
        with stage("text"):
            page = self.pdf.page(index)
            unfit = page is not None and needs_ocr(page)
        if page is None:
            self.damaged.append(index + 1)
            return DrawnPage(index + 1, 0.0, 0.0, "", [])
        if unfit:
            (self.garbled if page.raw.strip() else self.pictures).append(index + 1)
            return DrawnPage(index + 1, page.width, page.height, "", [])
        with stage("layout"):
            drawn = _draw(page, index + 1)
        if page.unseen > _TELLING:
            self.unseen.append(index + 1)
        return drawn

    @property
    def geometry(self) -> Geometry:
        """Where the characters stand."""
        return Places(self.pdf, self.scanned) if self.scanned.pages else self.pdf

    @property
    def unread(self) -> set[int]:
        """The pages that were not read, or not for certain."""
        missed = {*self.damaged, *self.pictures, *self.garbled} - self.scanned.pages.keys() - self.scanned.blank
        return missed | self.scanned.poor

    def warnings(self) -> list[tuple[str, dict[str, object]]]:
        """What a reader must know about pages: code of the sentence and what it needs."""
        missed = self.unread - self.scanned.poor
        lacking = missed - {*self.damaged} if self.ocr.strength and not installed() else set()
        garbled = missed & {*self.garbled} - lacking
        told = [
            ("ocr_used", self.scanned.pages.keys()),
            ("ocr_poor", self.scanned.poor),
            ("ocr_missing", lacking),
            ("pages_garbled", garbled),
            ("hidden_text", self.unseen),
            ("pages_without_text", missed - lacking - garbled),
        ]
        return [(code, {"pages": sorted(pages)}) for code, pages in told if pages]


def _draw(page: PageFace, number: int) -> DrawnPage:
    with stage("text"):
        runs = page.runs()
    with stage("tables"):
        tables, runs = read_tables(page, runs)
    several = [run for run in runs if run.table is None and run.height > _TWO_LINES * run.size]
    if several:
        runs = _cut(page, runs, several)
    jumbled = [run for run in runs if run.table is None and _EMPTY_QUOTES.search(page.raw, run.start, run.end)]
    if jumbled:
        runs = _cut(page, runs, jumbled, least=0.3)
    edges = cell_edges(runs)
    if crosses_columns(runs, page.raw, page.box):
        runs = _cut(page, runs, runs)
    elif edges:
        runs = _cut(page, runs, [run for run in runs if any(run.x0 < edge < run.x1 for edge in edges)], edges=edges)
    return DrawnPage(number, page.width, page.height, page.raw, runs, tables)


def _cut(page: PageFace, runs: list[Run], wide: list[Run], least: float = 0.9, edges: Sequence[float] = ()) -> list[Run]:
    """``runs`` with those in ``wide`` cut where ``wide_gaps`` says; the pieces in the order in which they stand."""
    chosen = [run for run in wide if run.table is None and run.upright]
    boxes = np.full((len(page.raw), 4), np.nan)
    if looked_at := [index for run in chosen for index in range(run.start, run.end)]:
        boxes[looked_at] = page.boxes(looked_at)
    spans_of = zip(chosen, wide_gaps(boxes, chosen, least, edges), strict=True)
    parts = {id(run): spans for run, spans in spans_of if len(spans) > 1}
    pieces = iter(page.cut([span for spans in parts.values() for span in spans], boxes))
    cut = {key: by_rows(islice(pieces, len(spans))) for key, spans in parts.items()}
    return [piece for run in runs for piece in cut.get(id(run), [run])]
