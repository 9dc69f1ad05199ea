"""Tables drawn with ruling lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analyzer.document import Rect
from analyzer.reading.layout import Run, by_rows
from analyzer.reading.pdf import Boxes, Ruling

_Edge = dict[str, Any]
"""An edge in the form that pdfplumber's table functions take."""

_SNAP = 3.0
_SHORTEST = 4.0
_MOST_EDGES = 1500
_MOST_CROSSINGS = 2500
"""Drawings with more rules than this are charts, not tables."""


class PageFace(Protocol):
    """What is asked of a page, however it was read."""

    raw: str
    width: float
    height: float

    def runs(self) -> list[Run]:
        """The lines, as spans of ``raw`` with their boxes."""
        ...

    def rulings(self) -> list[Ruling]:
        """Rules and sides of rectangles."""
        ...

    def boxes(self, indexes: Sequence[int] | None = None) -> Boxes:
        """Boxes of the characters ``indexes`` of ``raw``, or of all."""
        ...

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Box of one character of ``raw``."""
        ...

    def cut(self, spans: Sequence[tuple[int, int]], boxes: Boxes) -> list[Run]:
        """Runs for pieces of lines, given as spans of ``raw``."""
        ...


@dataclass(slots=True)
class Cell:
    """A cell of a table: row and column of its top left corner, its box, and the runs of text in it in reading order."""

    row: int
    column: int
    box: Rect
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class RuledTable:
    """Cells row by row, empty ones left out."""

    box: Rect
    cells: list[Cell]


def read_tables(page: PageFace, runs: Sequence[Run]) -> tuple[list[RuledTable], list[Run]]:
    """The ruled tables of a page, and its runs with the text of each table replaced by one run that stands for the table."""
    grids = find_grids(page.rulings(), page.width, page.height)
    if not grids:
        return [], list(runs)
    boxes = page.boxes()
    cells = [(number, Cell(0, 0, box)) for number, grid in enumerate(grids) for box in grid]
    owner = _owners(boxes, [cell.box for _, cell in cells])
    pieces = [(run, _pieces(run, owner, page.raw)) for run in runs]
    pieces = [(run, [(run.start, run.end, -1)] if _is_torn(parts, page.raw) else parts) for run, parts in pieces]
    filled = {place for _, parts in pieces for _, _, place in parts if place >= 0}
    kept = [number for number in range(len(grids)) if sum(cells[place][0] == number for place in filled) > 1]
    tables = [RuledTable(_hull(grids[number]), _number([cell for table, cell in cells if table == number])) for number in kept]
    body: list[Run] = []
    placed: set[int] = set()
    for run, parts in pieces:
        cut = [run] if len(parts) == 1 else page.cut([(start, end) for start, end, _ in parts], boxes)
        for part, (_, _, place) in zip(cut, parts, strict=True):
            number, cell = cells[place] if place >= 0 else (-1, None)
            if cell is None or number not in kept:
                body.append(part)
                continue
            cell.runs.append(part)
            if number not in placed:
                placed.add(number)
                body.append(_stand_in(part, tables[kept.index(number)].box, kept.index(number)))
    for table in tables:
        table.cells = [cell for cell in table.cells if cell.runs]
        for cell in table.cells:
            if all(run.upright for run in cell.runs):
                cell.runs = by_rows(cell.runs)
    return tables, body


def find_grids(rulings: Sequence[Ruling], width: float, height: float) -> list[list[Rect]]:
    """Groups of at least two adjoining cells that the rulings of a page of this width and height enclose."""
    edges = [edge for edge in map(_edge, rulings) if edge["length"] >= _SHORTEST and not _frames_page(edge, width, height)]
    across = {round(edge["top"] / _SNAP) for edge in edges if edge["orientation"] == "h"}
    down = {round(edge["x0"] / _SNAP) for edge in edges if edge["orientation"] == "v"}
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) < 5 or len(edges) > _MOST_EDGES:
        return []
    from pdfplumber import table  # heavy, and most pages have no table

    merged = table.merge_edges([*edges, *_closing(edges)], _SNAP, _SNAP, _SNAP, _SNAP)
    crossings = table.edges_to_intersections(merged, _SNAP, _SNAP)
    if len(crossings) > _MOST_CROSSINGS:
        return []
    cells = table.intersections_to_cells(crossings)
    return [[Rect(*cell) for cell in group] for group in table.cells_to_tables(cells)]


def _edge(ruling: Ruling) -> _Edge:
    length = max(ruling.x1 - ruling.x0, ruling.bottom - ruling.top)
    sides: _Edge = {"x0": ruling.x0, "x1": ruling.x1, "top": ruling.top, "bottom": ruling.bottom}
    sides |= {"width": ruling.x1 - ruling.x0, "height": ruling.bottom - ruling.top, "length": length}
    return sides | {"orientation": "h" if ruling.horizontal else "v"}


def _closing(edges: Sequence[_Edge]) -> list[_Edge]:
    """Rules for rows that a page break left open above or below: they join the loose ends of uprights."""
    level = [edge for edge in edges if edge["orientation"] == "h"]
    upright = [edge for edge in edges if edge["orientation"] == "v"]
    closing = []
    for side, outermost in (("top", min), ("bottom", max)):
        if not upright:
            break
        end = outermost(edge[side] for edge in upright)
        loose = [edge["x0"] for edge in upright if abs(edge[side] - end) <= _SNAP]
        if max(loose) - min(loose) > _SNAP and not any(abs(edge["top"] - end) <= _SNAP for edge in level):
            closing.append(_edge(Ruling(min(loose), end, max(loose), end)))
    return closing


def _frames_page(edge: _Edge, width: float, height: float) -> bool:
    return bool(edge["length"] > 0.97 * (width if edge["orientation"] == "h" else height))


def _owners(boxes: Boxes, cells: Sequence[Rect]) -> npt.NDArray[np.int64]:
    """For each character the index of the cell in which its middle lies, or -1; blanks go with what stands before them."""
    owner = np.full(len(boxes), -1, dtype=np.int64)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    for index, cell in enumerate(cells):
        owner[(x >= cell.x0) & (x < cell.x1) & (y >= cell.top) & (y < cell.bottom)] = index
    drawn = np.where(np.isnan(x), 0, np.arange(len(boxes)))
    return owner[np.maximum.accumulate(drawn)]


def _pieces(run: Run, owner: npt.NDArray[np.int64], raw: str) -> list[tuple[int, int, int]]:
    """(start, end, cell) of the parts of a run that lie in different cells, without blanks at their ends."""
    own = owner[run.start : run.end]
    changes = np.flatnonzero(np.diff(own)) + 1
    bounds = [run.start, *(int(change) + run.start for change in changes), run.end]
    pieces = []
    for start, end in pairwise(bounds):
        text = raw[start:end]
        bare = text.strip()
        if bare:
            begin = start + text.index(bare[0])
            pieces.append((begin, begin + len(bare), int(owner[start])))
    return pieces


def _is_torn(parts: Sequence[tuple[int, int, int]], raw: str) -> bool:
    """Whether the bounds of cells tear words of a line apart, so that it only lies over the table."""
    return sum(raw[start - 1 : start + 1].isascii() and raw[start - 1 : start + 1].isalpha() for start, _, _ in parts[1:]) > 1


def _number(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of a table row by row, each told its row and column."""
    tops, lefts = sorted({cell.box.top for cell in cells}), sorted({cell.box.x0 for cell in cells})
    for cell in cells:
        cell.row, cell.column = tops.index(cell.box.top), lefts.index(cell.box.x0)
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _hull(cells: Sequence[Rect]) -> Rect:
    return Rect(
        min(cell.x0 for cell in cells), min(cell.top for cell in cells), max(cell.x1 for cell in cells), max(cell.bottom for cell in cells)
    )


def _stand_in(run: Run, box: Rect, table: int) -> Run:
    return Run(run.start, run.start, box.x0, box.top, box.x1, box.bottom, run.size, run.bold, run.tail_bold, table=table)
