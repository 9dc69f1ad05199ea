"""What is looked at twice: lines with doubtful numbers, and ink that no line covers. All of a page goes into one picture for the engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analyzer.ocr.backends import Engine, Seen
from analyzer.ocr.pictures import Grey, resized
from analyzer.ocr.readings import ReadLine

_DOTS = re.compile(r"[.·…]{2,}")
"""Dots that lead to a page number, of which no engine is sure."""
_MARK = re.compile(r"^\s*[（(]?\d{1,2}[)）.、．]\s*")
"""The number of a list item or heading: no number that counts."""
_NUMBER = re.compile(r"\d|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩαβ%‰×^]|\b[IVX]{1,4}\b")
_DOUBT = 0.9
"""Confidence below which a line with numbers is looked at again."""
_HEIGHT = 34.0
"""Pixels to which the font of a line is brought."""
_WIDEST = 1440
_MARGIN = 14
_APART = 40
_MOST_DOUBTFUL, MOST_LEFT = 8, 40
"""Lines and patches of a page; where there are more, the page is no better for it."""
_BLOCK = 4
"""Pixels along a side of the squares in which ink is looked for."""

Box = tuple[float, float, float, float]
"""x0, top, x1, bottom in pixels."""


_LOST_POWER = re.compile(r"[×xX]\s*10(?![\d⁰¹²³⁴-⁹^])")
"""A power of ten whose exponent, which is small print, was passed over."""


def has_lost_power(text: str) -> bool:
    """Whether a number lacks its exponent."""
    return _LOST_POWER.search(text) is not None


def doubtful(lines: Sequence[ReadLine]) -> list[int]:
    """The indexes of the lines whose numbers are least certain, those that lost an exponent first."""
    found = [
        index for index, line in enumerate(lines) if (line.confidence < _DOUBT and _holds_number(line.text)) or has_lost_power(line.text)
    ]
    found.sort(key=lambda index: (not has_lost_power(lines[index].text), lines[index].confidence))
    return sorted(found[:_MOST_DOUBTFUL])


def _holds_number(text: str) -> bool:
    return len(text) > 1 and not _DOTS.search(text) and _NUMBER.search(_MARK.sub("", text)) is not None


def read_again(page: Grey, boxes: Sequence[Box], sizes: Sequence[float], engine: Engine) -> list[tuple[str, float] | None]:
    """Text and confidence of what stands in each box, read larger; None where nothing is. ``sizes``: font sizes in pixels."""
    crops = [_crop(page, box, size) for box, size in zip(boxes, sizes, strict=True)]
    places, height = _shelved(crops)
    if not places:
        return []
    sheet = np.full((height, _WIDEST), 255, dtype=np.uint8)
    for crop, (x, y) in zip(crops, places, strict=True):
        sheet[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    heaps: list[list[Seen]] = [[] for _ in crops]
    for seen in engine.lines(sheet):
        across, down = (seen.x0 + seen.x1) / 2, (seen.top + seen.bottom) / 2
        for heap, crop, (left, top) in zip(heaps, crops, places, strict=True):
            if left <= across < left + crop.shape[1] and top <= down < top + crop.shape[0]:
                heap.append(seen)
    return [_joined(heap) for heap in heaps]


def _crop(page: Grey, box: Box, size: float) -> Grey:
    margin = 0.25 * size
    x0, top = max(0, round(box[0] - margin)), max(0, round(box[1] - margin))
    part = page[top : round(box[3] + margin), x0 : round(box[2] + margin)]
    factor = min(_HEIGHT / max(size, 1.0), (_WIDEST - 2 * _MARGIN) / max(1, part.shape[1]), 4.0)
    return resized(part, factor)


def _shelved(crops: Sequence[Grey]) -> tuple[list[tuple[int, int]], int]:
    """Where each crop goes, side by side and shelf below shelf, and how high the sheet gets."""
    places = []
    x, y, tallest = _MARGIN, _MARGIN, 0
    for crop in crops:
        if x > _MARGIN and x + crop.shape[1] + _MARGIN > _WIDEST:
            x, y, tallest = _MARGIN, y + tallest + _MARGIN, 0
        places.append((x, y))
        x += crop.shape[1] + _APART + crop.shape[0]
        tallest = max(tallest, crop.shape[0])
    return places, y + tallest + _MARGIN


def _joined(heap: Sequence[Seen]) -> tuple[str, float] | None:
    if not heap:
        return None
    ordered = sorted(heap, key=lambda seen: seen.x0)
    if any(later.x0 < before.x1 - (before.bottom - before.top) / 2 for before, later in pairwise(ordered)):
        return None
    return " ".join(seen.text for seen in ordered), min(seen.confidence for seen in ordered)


@dataclass(frozen=True, slots=True)
class Patch:
    """Ink that no line covers, in pixels."""

    box: Box

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


def left_over(page: Grey, scale: float, covered: Sequence[Box], size: float) -> list[Patch]:
    """Patches of ink as high as print of ``size`` points may be, outside the boxes ``covered``. ``page`` has no rules."""
    from scipy import ndimage

    height, width = page.shape[0] // _BLOCK * _BLOCK, page.shape[1] // _BLOCK * _BLOCK
    dark = (page[:height, :width] < 128).reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    inked = np.asarray(dark.any(axis=(1, 3)), dtype=np.bool_)
    for x0, top, x1, bottom in covered:
        inked[max(0, int(top) // _BLOCK - 1) : int(bottom) // _BLOCK + 2, max(0, int(x0) // _BLOCK - 1) : int(x1) // _BLOCK + 2] = False
    edge = round(14 * scale / _BLOCK)
    inked[:edge], inked[-edge:], inked[:, :edge], inked[:, -edge:] = False, False, False, False
    reach = max(1, round(0.45 * size * scale / _BLOCK))
    labels, _ = ndimage.label(ndimage.binary_dilation(inked, np.ones((1, 2 * reach + 1))))
    found = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        tall, wide = (rows.stop - rows.start) * _BLOCK, (columns.stop - columns.start - 2 * reach) * _BLOCK
        dots = int((inked[rows, columns] & (labels[rows, columns] == index)).sum())
        if 0.55 * size * scale <= tall <= 2.2 * size * scale and _BLOCK <= wide < 0.4 * width and dots >= 2:
            x0 = (columns.start + reach) * _BLOCK
            found.append(Patch((x0, rows.start * _BLOCK, x0 + wide, rows.stop * _BLOCK)))
    return found
