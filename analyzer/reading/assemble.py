"""From the runs of all pages to one document: running heads left out, lines joined to paragraphs, tables read row by row."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from analyzer.document import Line, Page, Rect, Source, Table
from analyzer.reading.heads import PageRuns, running_heads
from analyzer.reading.layout import Run, reading_order, same_row
from analyzer.reading.paragraphs import Breaks, Joints, VisualLine, append_run, line_of_run, set_edges, usual_pitch
from analyzer.reading.tables import Cell, RuledTable
from analyzer.text import normalise

_SENTENCES_IN_A_CELL = 8
"""A cell with more sentences than this holds whole sections; its paragraphs stay apart."""
_SENTENCE = re.compile(r"[。！？；]|[.!?;](?=\s|$)")


@dataclass(slots=True)
class DrawnPage:
    """A page as the reader of the file hands it over; a run with ``table`` stands for that entry of ``tables``.

    Lengths are those of the page set straight, to which ``turns`` and ``tilt`` brought it.
    """

    number: int
    width: float
    height: float
    raw: str
    runs: list[Run]
    tables: list[RuledTable] = field(default_factory=list)
    source: Source = "digital"
    turns: int = 0
    tilt: float = 0.0


@dataclass(slots=True)
class Body:
    """The parts of a document that come from its text."""

    text: str
    origin: array[int]
    pages: list[Page]
    lines: list[Line]
    tables: list[Table]


def assemble(drawn: Sequence[DrawnPage]) -> Body:
    """The text of all pages in reading order, with the place of every line of it."""
    texts = [[_words(page, run) for run in page.runs] for page in drawn]
    heads = running_heads([PageRuns(page.height, page.runs, words) for page, words in zip(drawn, texts, strict=True)])
    blocks = [block for page, left_out in zip(drawn, heads, strict=True) for block in _blocks(page, left_out)]
    prose = [block for block in blocks if isinstance(block, VisualLine)]
    set_edges(prose, [(page.width, page.height) for page in drawn])
    pitch = usual_pitch(prose)
    writer = _Writer(Joints(prose))
    breaks = Breaks(pitch)
    previous: VisualLine | None = None
    for block in blocks:
        if isinstance(block, VisualLine):
            writer.line(None if breaks.before(previous, block) else previous, block)
            previous = block
        else:
            writer.table(block, pitch)
            previous = None
    writer.end_paragraph()
    text = "".join(writer.pieces)
    return Body(text, writer.origin, _pages(drawn, writer.lines, len(text)), writer.lines, writer.tables)


def _words(page: DrawnPage, run: Run) -> str:
    if run.table is None:
        return page.raw[run.start : run.end]
    return " ".join(page.raw[part.start : part.end] for cell in page.tables[run.table].cells for part in cell.runs)


def _pages(drawn: Sequence[DrawnPage], lines: Sequence[Line], length: int) -> list[Page]:
    """Pages with their shares of the text: each begins with its first line and reaches up to the next."""
    starts: dict[int, int] = {}
    for line in lines:
        starts.setdefault(line.page, line.start)
    pages: list[Page] = []
    end = length
    for page in reversed(drawn):
        start = 0 if page.number == 1 else starts.get(page.number, end)
        source: Source = page.source if page.raw.strip() else "empty"
        width, height = (page.height, page.width) if page.turns % 2 else (page.width, page.height)
        pages.append(Page(page.number, width, height, start, end, source, page.raw, page.turns, page.tilt))
        end = start
    return pages[::-1]


@dataclass(frozen=True, slots=True)
class _PageTable:
    page: DrawnPage
    table: RuledTable
    edges: dict[tuple[float, float], tuple[float, float]]
    """Left and right side of cells -> how far any text reaches in the cells of this width."""


def _page_table(page: DrawnPage, table: RuledTable) -> _PageTable:
    runs: dict[tuple[float, float], list[Run]] = defaultdict(list)
    for cell in table.cells:
        runs[cell.box.x0, cell.box.x1] += cell.runs
    edges = {sides: (min(run.x0 for run in alike), max(run.x1 for run in alike)) for sides, alike in runs.items()}
    return _PageTable(page, table, edges)


def _blocks(page: DrawnPage, left_out: set[int]) -> Iterator[VisualLine | _PageTable]:
    """The visual lines and tables of a page in reading order."""
    line: VisualLine | None = None
    before: Run | None = None
    for placed in reading_order([run for index, run in enumerate(page.runs) if index not in left_out]):
        run = placed.run
        if run.table is not None:
            if line:
                yield line
            yield _page_table(page, page.tables[run.table])
            line = before = None
            continue
        found = _visual_line(page, run, placed.column)
        if found is None:
            continue
        if line and before and same_row(before, run) and run.x0 > before.x1 - 0.5 * run.size and line.column == placed.column:
            append_run(line, found)
        else:
            if line:
                yield line
            line = found
        before = run
    if line:
        yield line


def _visual_line(page: DrawnPage, run: Run, column: int) -> VisualLine | None:
    """The line of a run, or None when nothing of it is readable."""
    text, sources = normalise(page.raw[run.start : run.end])
    if not text.strip():
        return None
    origin = counting(run.start, run.start + len(text)) if isinstance(sources, range) else array("i", [run.start + at for at in sources])
    return line_of_run(run, page.number, column, text, origin, page.raw)


_COUNTED = array("i")


def counting(start: int, end: int) -> array[int]:
    """The whole numbers from ``start`` up to ``end``, cut from a longer row: copying is far faster than counting."""
    if len(_COUNTED) < end:
        _COUNTED.extend(range(len(_COUNTED), 2 * end))
    return _COUNTED[start:end]


class _Writer:
    """Collects the canonical text with its origin, lines and tables."""

    def __init__(self, joints: Joints) -> None:
        self.pieces: list[str] = []
        self.origin = array("i")
        self.lines: list[Line] = []
        self.tables: list[Table] = []
        self._joints = joints

    def line(self, previous: VisualLine | None, line: VisualLine) -> None:
        """Write a line of the body: as the next of the paragraph of ``previous``, or as the first of a new one."""
        if previous is None:
            self.end_paragraph()
        else:
            self._join(previous, line)
        self._put_line(line, None)

    def table(self, block: _PageTable, pitch: dict[int, float]) -> None:
        """Write a table, one row per line."""
        self.end_paragraph()
        rows = []
        for _, cells in groupby(block.table.cells, key=lambda cell: cell.row):
            first = len(self.lines)
            for cell in cells:
                if len(self.lines) > first:
                    self._put("\t")
                self._cell(block, cell, pitch)
            self.end_paragraph()
            rows.append(tuple(range(first, len(self.lines))))
        self.tables.append(Table(block.page.number, block.table.box, tuple(row for row in rows if row)))

    def end_paragraph(self) -> None:
        """Go to the beginning of a line."""
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self._put("\n")

    def _cell(self, block: _PageTable, cell: Cell, pitch: dict[int, float]) -> None:
        lines = list(_cell_lines(block, cell))
        if not lines:
            return
        place = (len(self.tables), cell.row, cell.column)
        parts = len(_SENTENCE.findall(" ".join(line.text for line in lines))) > _SENTENCES_IN_A_CELL
        breaks = Breaks(pitch)
        start, first = len(self.origin), len(self.lines)
        previous: VisualLine | None = None
        for line in lines:
            begins = breaks.before(previous, line)
            if previous and not begins:
                self._join(previous, line)
            elif previous:
                self._put("\n" if parts else " ")
            self._put_line(line, place)
            previous = line
        if not parts:
            rect = _hull([line.rect for line in self.lines[first:]])
            self.lines[first:] = [Line(start, len(self.origin), block.page.number, rect, lines[0].size, lines[0].bold, place)]

    def _join(self, previous: VisualLine, line: VisualLine) -> None:
        joint = self._joints.between(previous, line)
        if joint is None:
            self._drop_hyphen()
        elif joint:
            self._put(joint)

    def _put_line(self, line: VisualLine, cell: tuple[int, int, int] | None) -> None:
        start = len(self.origin)
        self.pieces.append(line.text)
        self.origin.extend(line.origin)
        rect = Rect(line.x0, line.top, line.x1, line.bottom)
        self.lines.append(Line(start, len(self.origin), line.page, rect, round(line.size, 2), line.bold, cell))

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.origin.extend([-1] * len(text))

    def _drop_hyphen(self) -> None:
        self.pieces[-1] = self.pieces[-1][:-1]
        self.origin.pop()
        self.lines[-1] = replace(self.lines[-1], end=self.lines[-1].end - 1)


def _cell_lines(block: _PageTable, cell: Cell) -> Iterator[VisualLine]:
    """The visual lines of a cell; its column reaches as far as any text does in the cells of the same width."""
    left, right = block.edges[cell.box.x0, cell.box.x1]
    line: VisualLine | None = None
    before: Run | None = None
    for run in cell.runs:
        found = _visual_line(block.page, run, 0)
        if found is None:
            continue
        found.left, found.right = left, right
        if line and before and same_row(before, run):
            append_run(line, found)
        else:
            if line:
                yield line
            line = found
        before = run
    if line:
        yield line


def _hull(rects: Sequence[Rect]) -> Rect:
    return Rect(min(r.x0 for r in rects), min(r.top for r in rects), max(r.x1 for r in rects), max(r.bottom for r in rects))
