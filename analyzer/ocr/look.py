"""How large and how heavy the print of a line is, measured in the picture."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.ocr.pictures import Grey

_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_TALL = re.compile(r"[A-Zbdfhiklt0-9\[\](){}|/\\%&$#@!?αβδθλ]")
_DEEP = re.compile(r"[gjpqyQ\[\](){}|,;/βγμρφ]")
_IDEOGRAPHS_HEIGHT = 0.9
_TALL_HEIGHT, _SMALL_HEIGHT, _DEPTH = 0.71, 0.5, 0.21
"""Of letters above and below their baseline, in ems."""
_DARK, _PALEST = 140, 225
"""The lightest grey that is ink, for black print and for the palest."""


@dataclass(frozen=True, slots=True)
class Look:
    """The box of a line's ink in pixels, its font size in pixels and the width of its strokes in pixels."""

    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    stroke: float


def look_of(page: Grey, box: tuple[int, int, int, int], text: str) -> Look | None:
    """What the line in ``box`` (x0, top, x1, bottom; pixels) looks like; None where there is no ink. ``page`` has no rules."""
    x0, top = max(0, box[0]), max(0, box[1])
    part = page[top : box[3], x0 : box[2]]
    if not part.size:
        return None
    dark = part < min(_PALEST, max(_DARK, (float(np.percentile(part, 2)) + 255) / 2))
    rows = _extent(dark.sum(axis=1) > max(1.0, 0.004 * part.shape[1]))
    if rows is None:
        return None
    first, last = rows
    columns = np.flatnonzero(dark[first:last].any(axis=0))
    if not len(columns):
        return None
    left, right = int(columns[0]), int(columns[-1]) + 1
    size = _size(text, last - first, right - left)
    return Look(x0 + left, top + first, x0 + right, top + last, size, _stroke(part[first:last, left:right]))


def _extent(inked: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """First row and row after the last of a line, without what reaches in from the lines above and below."""
    places = np.flatnonzero(inked)
    if not len(places):
        return None
    bands = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    slight = 0.16 * len(inked)
    while len(bands) > 1 and len(bands[0]) < slight and bands[0][0] < 2:
        bands = bands[1:]
    while len(bands) > 1 and len(bands[-1]) < slight and bands[-1][-1] > len(inked) - 3:
        bands = bands[:-1]
    return int(bands[0][0]), int(bands[-1][-1]) + 1


def _size(text: str, height: int, width: int) -> float:
    """The font size from the height of the ink, and from the width where that tells more."""
    ideographs = len(_IDEOGRAPH.findall(text))
    if ideographs >= 3:
        ems = advance(text)
        by_width = width / max(1.0, ems - 0.1)
        by_height = height / _IDEOGRAPHS_HEIGHT
        return by_width if ideographs > 0.6 * len(text) and 0.8 < by_width / by_height < 1.25 else by_height
    if ideographs or _WIDE.search(text):
        return height / _IDEOGRAPHS_HEIGHT
    expected = (_TALL_HEIGHT if _TALL.search(text) else _SMALL_HEIGHT) + (_DEPTH if _DEEP.search(text) else 0.0)
    return height / expected


def _stroke(part: Grey) -> float:
    """Mean width of strokes: twice the ink over the length of its edges."""
    grey = part.astype(np.int16)
    edges = float(np.abs(np.diff(grey, axis=0)).sum(dtype=np.int64) + np.abs(np.diff(grey, axis=1)).sum(dtype=np.int64))
    return 2.0 * float((255 - grey).sum(dtype=np.int64)) / edges if edges else 0.0


_NARROW = dict.fromkeys("ijl|'.,:;!`", 0.26) | dict.fromkeys("ftrI[]()-/\\ ·", 0.34) | dict.fromkeys("mwMW%@", 0.86)


def advance(text: str) -> float:
    """Width of a text in ems, as fonts go."""
    return sum(widths(text))


def widths(text: str) -> list[float]:
    """Width of each character in ems, as fonts go."""
    return [
        _NARROW.get(character)
        or (1.0 if _WIDE.match(character) or character in "“”‘’…—①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣ" else 0.64 if character.isupper() else 0.5)
        for character in text
    ]
