"""Where text stands on a page and in which order it is read: pure functions on plain data.

All lengths are points, all boxes have their origin at the top left of the page as displayed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]
"""x0, top, x1, bottom."""

_BLANK = re.compile(r" +(?=\S)")
_GUTTER_ZONE = (0.35, 0.65)
"""Where between the outer edges of the text the gap between two columns may be."""
_SLANT = 2.0
"""Degrees by which upright text may be turned."""
_FILLED = 0.3
"""The least share of full lines in a column of prose beside which there are lines across the page."""


@dataclass(slots=True)
class Run:
    """A stretch ``start``..``end`` of a page's raw text that stands on one line; ``angle`` in degrees counter-clockwise.

    ``bold`` and ``tail_bold`` tell of the first and the last character, ``size`` of the first. A whole table takes part in the
    reading order as one run, with its index in ``table``.
    """

    start: int
    end: int
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    bold: bool
    tail_bold: bool
    angle: float = 0.0
    table: int | None = None

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def upright(self) -> bool:
        return self.angle < _SLANT or self.angle > 360 - _SLANT

    @property
    def stacked(self) -> bool:
        """Whether its characters stand one below the other, as in vertical writing."""
        return self.bottom - self.top > 3 * self.size > self.x1 - self.x0 and self.table is None and self.upright


class Placed(NamedTuple):
    """A run in reading order and the column it stands in: 0 or 1, or -1 across the page."""

    run: Run
    column: int


def reading_order(runs: Sequence[Run]) -> list[Placed]:
    """Runs in the order in which a reader takes them: columns one after the other, else as drawn where that goes down the page."""
    stacked = sum(run.end - run.start for run in runs if run.stacked)
    if stacked and 2 * stacked > sum(run.end - run.start for run in runs):
        return [Placed(run, -1) for run in _from_right_to_left(runs)]
    if turns := _quarter_turns(runs):
        upright = [_set_upright(run, turns) for run in runs]
        index_of = {id(run): index for index, run in enumerate(upright)}
        return [Placed(runs[index_of[id(entry.run)]], entry.column) for entry in reading_order(upright)]
    gutter = find_gutter(runs)
    if gutter is None:
        return [Placed(run, -1) for run in _as_drawn(runs)]
    placed: list[Placed] = []
    columns: tuple[list[Run], list[Run]] = ([], [])

    def flush() -> None:
        for side, column in enumerate(columns):
            placed.extend(Placed(run, side) for run in by_rows(column))
            column.clear()

    for run in sorted(runs, key=_middle):
        slack = 0.5 * run.size
        if run.x0 < gutter - slack and run.x1 > gutter + slack:
            flush()
            placed.append(Placed(run, -1))
        else:
            columns[run.x0 + run.x1 > 2 * gutter].append(run)
    flush()
    return placed


def _quarter_turns(runs: Sequence[Run]) -> int:
    """By how many quarters, counter-clockwise, most of the text is turned."""
    if all(run.upright for run in runs):
        return 0
    characters = Counter[int]()
    for run in runs:
        turns = round(run.angle / 90)
        characters[turns % 4 if abs(run.angle - 90 * turns) < _SLANT else 0] += run.end - run.start
    turns, most = characters.most_common(1)[0]
    return turns if 2 * most > characters.total() else 0


def _set_upright(run: Run, turns: int) -> Run:
    """The run as it stands when the page is turned so that its text is upright."""
    x0, top, x1, bottom = run.x0, run.top, run.x1, run.bottom
    sides = {1: (-bottom, x0, -top, x1), 2: (-x1, -bottom, -x0, -top), 3: (top, -x1, bottom, -x0)}[turns]
    return Run(run.start, run.end, *sides, run.size, run.bold, run.tail_bold, (run.angle - 90 * turns) % 360, run.table)


def _from_right_to_left(runs: Sequence[Run]) -> list[Run]:
    """The columns of vertical writing, tier by tier; what is written across stands where it begins."""
    tiers: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.top):
        if tiers and run.top < max(other.bottom for other in tiers[-1]):
            tiers[-1].append(run)
        else:
            tiers.append([run])
    return [run for tier in tiers for run in sorted(tier, key=lambda run: -run.x1)]


def find_gutter(runs: Sequence[Run]) -> float | None:
    """The x of the gap between two columns of prose; None when the page has one column (or a table without rules)."""
    prose = [run for run in runs if run.upright and run.table is None]
    if len(prose) < 10:
        return None
    left, right = min(run.x0 for run in prose), max(run.x1 for run in prose)
    low, high = (left + share * (right - left) for share in _GUTTER_ZONE)
    starts = [run.x0 for run in prose if low < run.x0 < high]
    if not starts:
        return None
    start = min(sorted(set(starts)), key=lambda x: (_crossing(prose, x), -sum(1 for other in starts if x - 1 <= other <= x + 3)))
    before = [run for run in prose if run.x1 <= start + 0.3 * run.size and run.x0 < start - 3]
    after = [run for run in prose if run.x0 >= start - 1]
    if len(before) < 4 or len(after) < 4:
        return None
    need = _FILLED if len(before) + len(after) < len(prose) else _FILLED / 2
    if _filled(before, start - left) < need or _filled(after, right - start) < need:
        return None
    return (start + max(min(run.x1, start) for run in before)) / 2


def _crossing(runs: Sequence[Run], x: float) -> int:
    return sum(run.x0 < x - 3 and run.x1 > x + 0.3 * run.size for run in runs)


def _filled(column: Sequence[Run], width: float) -> float:
    """The share of the lines of a column that are about as long as it is wide and go on below; list bullets do not count."""
    lines = sorted((run for run in column if run.x1 - run.x0 > 2 * run.size), key=lambda run: run.middle)
    going_on = (
        run
        for run, below in pairwise(lines)
        if run.x1 - run.x0 > 0.7 * width and below.middle - run.middle < 1.8 * max(run.height, run.size)
    )
    return sum(1 for _ in going_on) / max(1, len(lines))


def by_rows(runs: Iterable[Run]) -> list[Run]:
    """Runs from top to bottom and, on one line, from left to right."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=_middle):
        if rows and same_row(rows[-1][0], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [run for row in rows for run in (sorted(row, key=_LEFT) if len(row) > 1 else row)]


def _middle(run: Run) -> float:
    return (run.top + run.bottom) / 2  # asked so often that the property of this name would tell


_LEFT: Callable[[Run], float] = attrgetter("x0")


def same_row(one: Run, other: Run) -> bool:
    """Whether two runs stand on one line, raised and lowered figures included."""
    top, bottom, other_top, other_bottom = one.top, one.bottom, other.top, other.bottom
    overlap = (other_bottom if other_bottom < bottom else bottom) - (other_top if other_top > top else top)
    height, other_height = bottom - top, other_bottom - other_top
    if not overlap > 0.5 * (other_height if other_height < height else height):
        return False
    return abs((top + bottom) / 2 - (other_top + other_bottom) / 2) < 0.5 * max(height, other_height)


def _as_drawn(runs: Sequence[Run]) -> list[Run]:
    """Drawing order where it goes down the page; blocks drawn out of turn are put where they stand."""
    blocks: list[list[Run]] = []
    for run in runs:
        if blocks and _follows(blocks[-1][-1], run):
            blocks[-1].append(run)
        else:
            blocks.append([run])
    if len(blocks) == 1:
        return list(runs)
    if len(blocks) > max(6, len(runs) // 4):
        return by_rows(runs)
    ordered: list[list[Run]] = []
    for block in blocks:
        block = _absorb(block, ordered)
        place = next((i for i, other in enumerate(ordered) if _above(block, other)), len(ordered))
        ordered.insert(place, block)
    return [run for block in ordered for run in block]


def _follows(previous: Run, run: Run) -> bool:
    if same_row(previous, run):
        return run.x0 > previous.x0
    return _middle(run) > _middle(previous)


def _absorb(block: list[Run], ordered: list[list[Run]]) -> list[Run]:
    """Merge into ``block`` the blocks it is interlocked with, line by line, taking them out of ``ordered``."""
    for other in [other for other in ordered if _interlocked(block, other)]:
        ordered.remove(other)
        block = by_rows([*other, *block])
    return block


def _interlocked(one: Sequence[Run], other: Sequence[Run]) -> bool:
    if _labels(one, other) or _labels(other, one):
        return True
    if not _share_width(one, other):
        return False
    middles, others = [_middle(run) for run in one], [_middle(run) for run in other]
    return max(middles) >= min(others) and max(others) >= min(middles)


def _labels(labels: Sequence[Run], values: Sequence[Run]) -> bool:
    """Whether short lines on the left name what stands beside them, as in a form drawn column by column."""
    low, high = min([run.top for run in values]), max([run.bottom for run in values])
    labels = [run for run in labels if low < _middle(run) < high]
    edge = max((run.x1 for run in labels), default=0.0)
    if len(labels) < 3 or edge > min(run.x0 for run in values) or _filled(labels, edge - min(run.x0 for run in labels)) > 0.5:
        return False
    return sum(any(same_row(label, value) for value in values) for label in labels) > 0.6 * len(labels)


def _above(upper: Sequence[Run], lower: Sequence[Run]) -> bool:
    return _share_width(upper, lower) and max(map(_middle, upper)) < min(map(_middle, lower))


def _share_width(one: Sequence[Run], other: Sequence[Run]) -> bool:
    left, other_left = min([run.x0 for run in one]), min([run.x0 for run in other])
    return min(max([run.x1 for run in one]), max([run.x1 for run in other])) > max(left, other_left)


def crosses_columns(runs: Sequence[Run], raw: str, box_of: Callable[[int], Box | None]) -> bool:
    """Whether lines seem drawn across two columns: a wide gap at the same place in several long lines.

    ``box_of`` gives the box of a character of ``raw``, the page's text; it is asked about a few characters of a few lines only.
    """
    upright = [run for run in runs if run.upright and run.table is None]
    if len(upright) < 6:
        return False
    centre = (min(run.x0 for run in upright) + max(run.x1 for run in upright)) / 2
    crossing = [run for run in upright if run.x0 < centre - 4 * run.size and run.x1 > centre + 4 * run.size]
    if len(crossing) < 6:
        return False
    sample = crossing[:: max(1, len(crossing) // 8)]
    gaps: list[tuple[float, float]] = []
    for looked_at, run in enumerate(sample, 1):
        if gap := _gap_near(run, raw, centre, box_of):
            gaps.append(gap)
        if len(gaps) + len(sample) - looked_at < 3:
            return False
    common = median(sum(gap) / 2 for gap in gaps)
    return sum(1 for low, high in gaps if low - 2 < common < high + 2) >= max(3, len(sample) // 4)


def _gap_near(run: Run, raw: str, centre: float, box_of: Callable[[int], Box | None]) -> tuple[float, float] | None:
    """The widest gap between the words of a line close to ``centre``, when wider than a blank can be."""
    low, high = run.start, run.end - 1
    while high - low > 1:
        middle = (low + high) // 2
        box = box_of(middle) or box_of(middle + 1)
        if box is None:
            return None
        low, high = (middle, high) if box[0] < centre else (low, middle)
    widest = (0.0, 0.0)
    for blank in _BLANK.finditer(raw, max(run.start, low - 16), min(run.end, high + 16)):
        before, after = box_of(blank.start() - 1), box_of(blank.end())
        if before and after and after[0] - before[2] > widest[1] - widest[0]:
            widest = (before[2], after[0])
    return widest if widest[1] - widest[0] > 0.9 * run.size else None


def wide_gaps(
    boxes: npt.NDArray[np.float64], runs: Sequence[Run], least: float = 0.9, edges: Sequence[float] = ()
) -> list[list[tuple[int, int]]]:
    """For each run the spans of the raw text into which gaps of ``least`` ems, or steps back, divide it.

    ``boxes`` are those of all characters of the raw text, NaN for blanks. With ``edges``, only gaps that end at one of these count.
    """
    if not runs:
        return []
    starts, lefts, ems = np.array([run.start for run in runs]), np.array([run.x0 for run in runs]), np.array([run.size for run in runs])
    owner = np.repeat(np.arange(len(runs)), [run.end - run.start for run in runs])
    index = np.concatenate([np.arange(run.start, run.end) for run in runs])
    drawn = ~np.isnan(boxes[index, 0])
    owner, index = owner[drawn], index[drawn]
    is_first = np.diff(owner, prepend=-1) > 0
    before = np.where(is_first, starts[owner], np.roll(index, 1))
    reached = np.where(is_first, lefts[owner], boxes[before, 2])
    x0, em = boxes[index, 0], ems[owner]
    apart = (x0 - reached > least * em) | (x0 < reached - 3 * least * em)
    if edges:
        apart &= (np.abs(x0[:, None] - np.array(edges)) < 2).any(axis=1)
    bounds = [[run.start] for run in runs]
    for number, last, begin in zip(owner[apart].tolist(), before[apart].tolist(), index[apart].tolist(), strict=True):
        bounds[number] += last + 1, begin
    lasts = starts.copy()
    lasts[owner] = index  # the last one stays
    return [list(zip(ends[::2], [*ends[1::2], last + 1], strict=True)) for ends, last in zip(bounds, lasts.tolist(), strict=True)]


def cell_edges(runs: Sequence[Run]) -> list[float]:
    """Left edges of the columns of tables without rules, told by lines set far in under a longer one: the rest of a cell."""
    upright = [run for run in runs if run.upright and run.table is None]
    return [
        run.x0
        for above, run in pairwise(upright)
        if run.x0 - above.x0 > 5 * run.size
        and above.x1 > run.x0 + 2 * run.size
        and abs(above.size - run.size) < 0.5
        and 0.8 * run.size < run.middle - above.middle < 2 * run.height
        and abs(above.x0 + above.x1 - run.x0 - run.x1) > 3 * run.size
    ]
