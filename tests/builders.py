"""Documents and packs made for tests without a PDF.

``document`` reads a small text: a line is a paragraph, ``# `` sets it large and bold, ``**…**`` bold, ``| a | b |`` is a row of a ruled
table, a form feed begins a new page. White space around lines and empty lines are left out.
"""

from __future__ import annotations

import hashlib
from array import array

from analyzer.document import Document, Line, Page, Rect, Table
from analyzer.resources import PACKAGE, load_yaml
from analyzer.rules import Pack
from analyzer.segmentation import segment
from analyzer.text import language_of

BODY, LARGE = 10.0, 14.0


def document(source: str) -> Document:
    """The document that the reader would have made, without sections."""
    pieces: list[str] = []
    lines: list[Line] = []
    tables: list[Table] = []
    pages: list[Page] = []
    rows: list[tuple[int, ...]] = []
    offset = 0
    for number, page in enumerate(source.split("\f"), 1):
        start = offset
        for line in filter(None, map(str.strip, page.splitlines())):
            rect = Rect(72, 20.0 * len(lines), 500, 20.0 * len(lines) + 12)
            if line.startswith("|"):
                cells = [cell.strip() for cell in line.strip("|").split("|")]
                row, begin = [], offset
                for column, cell in enumerate(cells):
                    if cell:
                        row.append(len(lines))
                        lines.append(Line(begin, begin + len(cell), number, rect, BODY, False, (len(tables), len(rows), column)))
                    begin += len(cell) + 1
                rows.append(tuple(row))
                text = "\t".join(cells)
            else:
                _close(tables, rows, number)
                large, bold = line.startswith("# "), line.startswith(("# ", "**"))
                text = line.removeprefix("# ").strip("*")
                lines.append(Line(offset, offset + len(text), number, rect, LARGE if large else BODY, bold))
            pieces.append(text + "\n")
            offset += len(text) + 1
        _close(tables, rows, number)
        pages.append(Page(number, 595.0, 842.0, start, offset, "digital", "".join(pieces)[start:]))
    text = "".join(pieces)
    origin = array("i", (index - page.start for page in pages for index in range(page.start, page.end)))
    made = Document("made.pdf", hashlib.sha256(text.encode()).hexdigest(), text, origin, pages, lines, tables)
    made.language = language_of(text)
    return made


def _close(tables: list[Table], rows: list[tuple[int, ...]], page: int) -> None:
    if rows:
        tables.append(Table(page, Rect(72, 0, 500, 100), tuple(rows)))
        rows.clear()


def sectioned(source: str) -> Document:
    """The document with its sections; a heading that the vocabulary does not know is ``other``."""
    made = document(source)
    made.sections = segment(made, lambda title, above, previous: "other")
    return made


def small_pack(**criterion: object) -> Pack:
    """A pack with one element, ``monitoring``, that asks for one thing, a ``board``; with the bundled words of context.

    ``criterion`` changes what is asked for.
    """
    board = {
        "id": "board",
        "name": {"zh": "监查委员会", "en": "Monitoring board"},
        "look_in": ["safety", "dsmb"],
        "cues": {"zh": ["监查委员会"], "en": ["monitoring board"], "any": ["(?<![A-Za-z])DSMB(?![A-Za-z])"]},
        "advice": {"zh": "请设监查委员会。", "en": "Set up a board."},
        "examples": {"adequate": {}, "inadequate": {}},
    }
    element = {
        "id": "monitoring",
        "domain": "R",
        "name": {"zh": "监查", "en": "Monitoring"},
        "severity": "major",
        "why": {"zh": "为安全。", "en": "For safety."},
        "criteria": [board | criterion],
    }
    cues = load_yaml(PACKAGE / "packs" / "common" / "cues.yaml")
    return Pack.model_validate(
        {"info": {"id": "small", "version": "1", "name": {"zh": "小", "en": "small"}}, "elements": [element], "cues": cues}
    )
