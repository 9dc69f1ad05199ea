"""Ruling lines in the picture of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from analyzer.ocr.pictures import Grey, Mask

Rule = tuple[float, float, float, float]
"""x0, top, x1, bottom in pixels; its middle runs level or upright, so either the x or the y are equal."""

_LEVEL, _UPRIGHT = 26.0, 9.0
"""Points that a level or an upright rule measures at least: more than strokes of letters do."""
_SOLID = 0.94
"""The share of a rule that must be ink."""
_THICKEST = 3.5
"""Points."""
_CLEAR, _NEARLY_CLEAR = 0.12, 0.33
"""The share of ink that there may be along one side of a rule, and along the other, where a second rule may run."""
_GAP = 4.0
"""Points that a rule may be broken for."""
_REACH = 4.0
"""Points between the end of an upright and the level rule that it meets."""


def rules_in(ink: Mask, scale: float) -> list[Rule]:
    """The level rules of a straightened page, and the uprights that run between them. ``scale``: pixels per point."""
    level = [(x0, y, x1, y) for y, x0, x1 in _runs(ink, _LEVEL * scale, scale)]
    if len(level) < 2:
        return level
    upright = [
        (x, top, x, bottom)
        for x, top, bottom in _runs(np.ascontiguousarray(ink.T), _UPRIGHT * scale, scale)
        if _is_held(x, top, bottom, level, scale)
    ]
    return [*level, *upright]


def _is_held(x: float, top: float, bottom: float, level: Sequence[Rule], scale: float) -> bool:
    """Whether an upright meets level rules at both its ends or, longer than any letter is high, crosses at least one."""
    near = _REACH * scale
    met = [y for x0, y, x1, _ in level if x0 - near <= x <= x1 + near and top - near <= y <= bottom + near]
    at_ends = all(any(abs(y - end) <= near for y in met) for end in (top, bottom))
    return at_ends or (bool(met) and bottom - top >= _LEVEL * scale)


def _runs(ink: Mask, shortest: float, scale: float) -> Iterator[tuple[float, float, float]]:
    """(middle row, first column, last column) of the thin level strokes that are at least so long."""
    length = max(4, round(shortest))
    height, width = ink.shape
    if width <= length + 1 or height < 3:
        return
    thick = ink.copy()
    thick[1:] |= ink[:-1]
    sums = np.zeros((height, width + 1), dtype=np.int16)
    np.cumsum(thick, axis=1, out=sums[:, 1:], dtype=np.int16)
    full = (sums[:, length:] - sums[:, :-length]) >= _SOLID * length
    rows = np.flatnonzero(full.any(axis=1))
    for group in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if len(group):
            yield from _in_band(ink, full, group, length, scale)


def _in_band(ink: Mask, full: Mask, rows: npt.NDArray[np.int64], length: int, scale: float) -> Iterator[tuple[float, float, float]]:
    """The strokes among neighbouring rows; ``full`` tells where windows of ``length`` pixels that are all ink begin."""
    starts = full[rows]
    for first, last in _stretches(np.asarray(starts.any(axis=0), dtype=np.bool_), length + round(_GAP * scale)):
        inked = starts[:, first : last + 1].sum(axis=1)
        strong = inked > 0.5 * inked.max()
        for top, bottom in _stretches(strong, 1):
            if bottom - top >= _THICKEST * scale + 1:
                continue
            weights = inked[top : bottom + 1].astype(np.float64)
            if _stands_clear(ink, int(rows[top]) - 1, int(rows[bottom]) + 1, first, last + length, scale):
                yield float((weights * rows[top : bottom + 1]).sum() / weights.sum()) - 0.5, float(first), float(last + length)


def _stands_clear(ink: Mask, top: int, bottom: int, first: int, last: int, scale: float) -> bool:
    """Whether there is paper along a stroke, as there is not where letters or their feet run together."""
    near, far = max(1, round(0.6 * scale)), max(3, round(2.6 * scale))
    above = ink[max(0, top - far) : max(0, top - near), first:last]
    below = ink[bottom + near : bottom + far, first:last]
    shares = [float(side.mean()) if side.size else 0.0 for side in (above, below)]
    return min(shares) < _CLEAR and max(shares) < _NEARLY_CLEAR


def _stretches(mask: npt.NDArray[np.bool_], gap: int) -> Iterator[tuple[int, int]]:
    """First and last index of the parts of ``mask`` that hold no gap of ``gap`` and more."""
    places = np.flatnonzero(mask)
    if len(places):
        cuts = np.flatnonzero(np.diff(places) > gap)
        for first, last in zip([0, *(cuts + 1)], [*cuts, len(places) - 1], strict=True):
            yield int(places[first]), int(places[last])


def without_rules(page: Grey, rules: list[Rule], scale: float) -> Grey:
    """The page with its rules painted white."""
    bare = page.copy()
    half = max(1, round(0.9 * scale))
    for x0, top, x1, bottom in rules:
        bare[max(0, round(top) - half) : round(bottom) + half + 1, max(0, round(x0) - half) : round(x1) + half + 1] = 255
    return bare
