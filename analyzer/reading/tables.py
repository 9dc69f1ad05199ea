"""Tables drawn with ruling lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analyzer.document import Rect
from analyzer.reading.layout import Run, by_rows
from analyzer.reading.pdf import Boxes, Numbers, Ruling

_Edge = dict[str, Any]
"""An edge in the form that pdfplumber's table functions take."""

_SNAP = 3.0
_SHORTEST = 4.0
_EDGE = 0.97
"""Share of the page that rules of a table are not longer than; the rules of frames are."""
_ONE_LINE, _NARROWEST = 1.5, 0.3
"""Ems: a run lower than the first, whose characters take at least the second each, is a single line drawn from left to right."""
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
    cells = [(number, Cell(0, 0, box)) for number, grid in enumerate(grids) for box in grid]
    pieces, boxes = _in_cells(page, runs, [cell.box for _, cell in cells])
    filled = {place for _, parts in pieces for _, _, place in parts if place >= 0}
    kept = [number for number in range(len(grids)) if sum(cells[place][0] == number for place in filled) > 1]
    tables = [RuledTable(_hull(grids[number]), _number([cell for table, cell in cells if table == number])) for number in kept]
    body: list[Run] = []
    placed: set[int] = set()
    cut_out = iter(page.cut([part[:2] for _, parts in pieces if len(parts) > 1 for part in parts], boxes))
    for run, parts in pieces:
        cut = [run] if len(parts) == 1 else list(islice(cut_out, len(parts)))
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
            if len(cell.runs) > 1 and all(run.upright for run in cell.runs):
                cell.runs = by_rows(cell.runs)
    return tables, body


def find_grids(rulings: Sequence[Ruling], width: float, height: float) -> list[list[Rect]]:
    """Groups of at least two adjoining cells that the rulings of a page of this width and height enclose."""
    edges = [_edge(ruling) for ruling in rulings if _SHORTEST <= _length(ruling) <= _EDGE * (width if ruling.horizontal else height)]
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
    sides: _Edge = {"x0": ruling.x0, "x1": ruling.x1, "top": ruling.top, "bottom": ruling.bottom}
    sides |= {"width": ruling.x1 - ruling.x0, "height": ruling.bottom - ruling.top, "length": _length(ruling)}
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


def _length(ruling: Ruling) -> float:
    return max(ruling.x1 - ruling.x0, ruling.bottom - ruling.top)


_Piece = tuple[int, int, int]
"""Start, end and cell of a part of a run; -1 for no cell."""


def _in_cells(page: PageFace, runs: Sequence[Run], cells: Sequence[Rect]) -> tuple[list[tuple[Run, list[_Piece]]], Boxes]:
    """The parts of each run that lie in different cells, and the boxes of the characters that were looked at for it.

    Characters are looked at one by one only in runs that the bounds of cells may cut.
    """
    tiles = _Tiles(cells)
    owner = np.full(len(page.raw), -1, dtype=np.int64)
    known = np.zeros(len(page.raw), dtype=np.bool_)
    boxes = np.full((len(page.raw), 4), np.nan)
    places = tiles.of_runs(runs)
    for run, place in zip(runs, places, strict=True):
        if place is not None:
            owner[run.start : run.end] = place
            known[run.start : run.end] = True
    if unsure := [index for run, place in zip(runs, places, strict=True) if place is None for index in range(run.start, run.end)]:
        boxes[unsure] = looked_at = page.boxes(unsure)
        owner[unsure] = tiles.at((looked_at[:, 0] + looked_at[:, 2]) / 2, (looked_at[:, 1] + looked_at[:, 3]) / 2)
        known[unsure] = ~np.isnan(looked_at[:, 0])
    owner = owner[np.maximum.accumulate(np.where(known, np.arange(len(owner)), 0))]  # blanks go with what stands before them
    pieces = [
        [(run.start, run.end, place)] if place is not None else _pieces(run, owner, page.raw)
        for run, place in zip(runs, places, strict=True)
    ]
    for run, parts in zip(runs, pieces, strict=True):
        if len(parts) > 2 and _is_torn(parts, page.raw):
            parts[:] = [(run.start, run.end, -1)]
    return list(zip(runs, pieces, strict=True)), boxes


class _Tiles:
    """The plane cut along all sides of cells: no tile lies in more than one of them, save where cells overlap; there the last counts."""

    def __init__(self, cells: Sequence[Rect]) -> None:
        sides = np.array([(cell.x0, cell.top, cell.x1, cell.bottom) for cell in cells])
        self._xs, self._ys = np.unique(sides[:, ::2]), np.unique(sides[:, 1::2])
        self._cells = np.full((len(self._ys) + 1, len(self._xs) + 1), -1, dtype=np.int64)
        columns, rows = np.searchsorted(self._xs, sides[:, ::2]) + 1, np.searchsorted(self._ys, sides[:, 1::2]) + 1
        for index, ((left, right), (top, bottom)) in enumerate(zip(columns.tolist(), rows.tolist(), strict=True)):
            self._cells[top:bottom, left:right] = index
        self._rows: list[list[int]] = self._cells.tolist()

    def at(self, x: Numbers, y: Numbers) -> npt.NDArray[np.int64]:
        """The index of the cell at each point, or -1."""
        return self._cells[np.searchsorted(self._ys, y, "right"), np.searchsorted(self._xs, x, "right")]

    def of_runs(self, runs: Sequence[Run]) -> list[int | None]:
        """The cell in which the middles of all characters of a run lie, or -1; None where it may be more than one."""
        columns = np.searchsorted(self._xs, [(run.x0, run.x1) for run in runs], "right").tolist()
        middles, halves = np.array([run.middle for run in runs]), np.array([run.size / 2 for run in runs])
        rows = np.searchsorted(self._ys, np.stack([middles - halves, middles + halves], axis=1), "right").tolist()
        return [
            self._only_one(left, right, top, bottom) if _is_plain_line(run) else None
            for run, (left, right), (top, bottom) in zip(runs, columns, rows, strict=True)
        ]

    def _only_one(self, left: int, right: int, top: int, bottom: int) -> int | None:
        first = self._rows[top][left]
        alike = [first] * (right - left + 1)
        return first if all(row[left : right + 1] == alike for row in self._rows[top : bottom + 1]) else None


def _is_plain_line(run: Run) -> bool:
    """Whether its first and last characters tell where a run stands."""
    broad = run.x1 - run.x0 >= _NARROWEST * run.size * (run.end - run.start)
    return broad and run.height < _ONE_LINE * run.size and run.upright


def _pieces(run: Run, owner: npt.NDArray[np.int64], raw: str) -> list[_Piece]:
    """The parts of a run that lie in different cells, without blanks at their ends."""
    own = owner[run.start : run.end]
    changes = (np.flatnonzero(own[1:] != own[:-1]) + (run.start + 1)).tolist()
    pieces = []
    for start, end in pairwise([run.start, *changes, run.end]):
        text = raw[start:end]
        bare = text.strip()
        if bare:
            begin = start + text.index(bare[0])
            pieces.append((begin, begin + len(bare), int(owner[start])))
    return pieces


def _is_torn(parts: Sequence[_Piece], raw: str) -> bool:
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
