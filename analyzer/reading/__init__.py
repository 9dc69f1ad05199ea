"""PDF file -> ``Document``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from analyzer.document import Document
from analyzer.errors import DamagedPdf, EmptyFile, FileMissing, NotAPdf, NoTextLayer, PermissionDenied
from analyzer.reading.assemble import DrawnPage, assemble
from analyzer.reading.layout import Run, by_rows, cell_edges, crosses_columns, wide_gaps
from analyzer.reading.pdf import PdfFile, PdfPage
from analyzer.reading.tables import read_tables

__all__ = ["read"]

_EMPTY_QUOTES = re.compile(r"“\s*”|（\s*）|《\s*》|\(\s+\)")
"""Marks of a line whose characters were drawn out of turn, first those of one font, then those of another."""
_TWO_LINES = 2.1
"""A run higher than this many ems holds lines that pdfium did not part."""
_HEADER_WITHIN = 1024
"""A PDF's signature may stand behind up to this many bytes of something else."""


def read(path: Path | str, data: bytes | None = None, password: str | None = None) -> Document:
    """Read a PDF; with ``data``, its bytes, ``path`` is only its name.

    Raises one of the ``UnreadableFile`` errors where that cannot be done. Pages without text are warned of unless there is no other.
    """
    name = str(path)
    content = _content(path) if data is None else data
    _check(content, name)
    pdf = PdfFile(content, password, name)
    drawn, unreadable = [], []
    for index in range(len(pdf)):
        page = pdf.page(index)
        if page is None:
            unreadable.append(index + 1)
            drawn.append(DrawnPage(index + 1, 0.0, 0.0, "", []))
        else:
            drawn.append(_draw(page, index + 1))
    if len(unreadable) == len(drawn):
        raise DamagedPdf(path=name)
    empty = [page.number for page in drawn if not page.raw.strip()]
    if len(empty) == len(drawn):
        raise NoTextLayer(path=name, pages=len(drawn))
    body = assemble(drawn)
    warnings: list[tuple[str, dict[str, object]]] = []
    if empty:
        warnings.append(("pages_without_text", {"pages": empty}))
    sha256 = hashlib.sha256(content).hexdigest()
    return Document(name, sha256, body.text, body.origin, body.pages, body.lines, body.tables, geometry=pdf, warnings=warnings)


def _content(path: Path | str) -> bytes:
    name = str(path)
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise NotAPdf(path=name) from None
    except PermissionError:
        raise PermissionDenied(path=name) from None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise FileMissing(path=name) from None
    except OSError as error:
        raise DamagedPdf(path=name, reason=error.strerror) from None


def _check(content: bytes, name: str) -> None:
    if not content:
        raise EmptyFile(path=name)
    if b"%PDF" not in content[:_HEADER_WITHIN]:
        raise NotAPdf(path=name)


def _draw(page: PdfPage, number: int) -> DrawnPage:
    tables, runs = read_tables(page, page.runs())
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


def _cut(page: PdfPage, runs: list[Run], wide: list[Run], least: float = 0.9, edges: Sequence[float] = ()) -> list[Run]:
    """``runs`` with those in ``wide`` cut where ``wide_gaps`` says; the pieces in the order in which they stand."""
    boxes = page.boxes()
    chosen = {id(run) for run in wide if run.table is None and run.upright}
    cut: list[Run] = []
    for run in runs:
        spans = wide_gaps(boxes[run.start : run.end].tolist(), run, least, edges) if id(run) in chosen else []
        cut += by_rows(page.cut(spans, boxes)) if len(spans) > 1 else [run]
    return cut
