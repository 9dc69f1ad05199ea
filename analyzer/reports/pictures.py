"""Pictures of the parts of pages where evidence stands, small enough to travel inside a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from analyzer import limits

if TYPE_CHECKING:
    from analyzer.findings import Box

_SCALES = (1.6, 1.2, 0.9)
"""Pixels per point; a coarser one is taken when the pictures together would grow too big."""
_GROWTH = 1.5
"""The size of a picture grows with no higher power of the scale."""
_CONTEXT = 24.0
"""Points of the page shown above and below the evidence."""
_NEAR = 50.0
"""Evidence not further apart than this many points shares a picture."""
_SIDE = 14.0
"""Points left blank at the sides of a picture, where the numbers of the marks stand."""
_PAPER = 250
"""Greys of this and more are paper."""
_CLEAR = 7
"""Rows of pixels around a cut that should be without ink."""
_TALLEST = 700.0
"""Points; evidence that would make a higher picture is shown in several."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A passage to be marked: its number in the report, how it is to look, and its boxes on the page."""

    number: int
    tone: str
    page: int
    boxes: Sequence[Box]

    @property
    def top(self) -> float:
        return min(box[1] for box in self.boxes)

    @property
    def bottom(self) -> float:
        return max(box[3] for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of a page, its place in points of the page; ``data`` is None where there was no room for it.

    Pictures of the same part share their ``data``, one object.
    """

    page: int
    x0: float
    top: float
    width: float
    height: float
    marks: Sequence[Mark]
    media_type: str
    data: bytes | None


def pictures(groups: Sequence[Sequence[Mark]], pdf: bytes, password: str | None, most: int) -> list[list[Picture]]:
    """Pictures for each group of marks, in the order of the pages; marks of a group that stand near each other share one.

    Together they take no more than ``most`` bytes, shared data counted once: first they become coarser, then the last come without data.
    """
    if not any(groups):  # nothing to show, or a Word file, in which there is no place to show
        return [[] for _ in groups]
    regions = [list(_regions(group)) for group in groups]
    document = pdfium.PdfDocument(pdf, password=password)
    try:
        finest, *coarser = _SCALES
        drawn = _drawn(regions, document, finest)
        size = total = bytes_of(picture for group in drawn for picture in group)
        for scale in coarser:
            if total <= most:
                return drawn
            if size * (scale / finest) ** _GROWTH <= most or scale == coarser[-1]:
                drawn = _drawn(regions, document, scale)
                total = bytes_of(picture for group in drawn for picture in group)
        return _cut_short(drawn, most)
    finally:
        document.close()


def bytes_of(drawn: Iterable[Picture]) -> int:
    """What these pictures take, shared data counted once."""
    return sum(map(len, {id(picture.data): picture.data for picture in drawn if picture.data}.values()))


def _regions(marks: Iterable[Mark]) -> Iterator[list[Mark]]:
    """Marks that go into one picture."""
    near: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.page, mark.top)):
        if near:
            bottom = max(other.bottom for other in near)
            if mark.page != near[0].page or mark.top - bottom > _NEAR or max(bottom, mark.bottom) - near[0].top > _TALLEST:
                yield near
                near = []
        near.append(mark)
    if near:
        yield near


def _drawn(regions: Sequence[Sequence[list[Mark]]], document: pdfium.PdfDocument, scale: float) -> list[list[Picture]]:
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for group, members in enumerate(regions):
        for index, marks in enumerate(members):
            wanted[marks[0].page].append((group, index))
    drawn: list[dict[int, Picture]] = [{} for _ in regions]
    for number, places in sorted(wanted.items()):
        page = _page(document, number, scale)
        if page is None:
            continue
        for group, index in places:
            picture = page.picture(regions[group][index])
            if picture is not None:
                drawn[group][index] = picture
    return [[group[index] for index in sorted(group)] for group in drawn]


def _page(document: pdfium.PdfDocument, number: int, scale: float) -> _Page | None:
    """The page as displayed, in grey; None where the file is too damaged to show it."""
    try:
        page = document[number - 1]
    except (pdfium.PdfiumError, IndexError):
        return None
    limits.progress()
    try:
        width, height = page.get_size()
        allowed = limits.drawing_scale(width, height, scale)
        return _Page(page.render(scale=allowed, grayscale=True).to_pil().convert("L"), allowed) if allowed else None
    except pdfium.PdfiumError:
        return None
    finally:
        page.close()


class _Page:
    """A page of which pictures are cut: ``image`` has ``scale`` pixels per point."""

    def __init__(self, image: Image.Image, scale: float) -> None:
        self.image = image
        self.scale = scale
        self._ink = np.asarray(image) < _PAPER
        self._parts: dict[tuple[int, int, int, int], tuple[str, bytes]] = {}
        self._crowd = np.convolve(self._ink.sum(axis=1), np.ones(_CLEAR), "same")

    def picture(self, marks: list[Mark]) -> Picture | None:
        """The strip with these marks, cut between lines and at the edges of what is printed; None where it would be empty."""
        scale = self.scale
        first, last = marks[0].top * scale, max(mark.bottom for mark in marks) * scale
        top = self._between_lines(first - _CONTEXT * scale, first - 1)
        bottom = self._between_lines(last + _CONTEXT * scale, last + 1)
        columns = np.flatnonzero(self._ink[top:bottom].any(axis=0)) if bottom - top > 2 else np.empty(0)
        if not columns.size:
            return None
        left = max(0, int(columns[0] - _SIDE * scale))
        right = min(self.image.width, int(columns[-1] + _SIDE * scale))
        media_type, data = self._part((left, top, right, bottom))
        place = {"x0": left / scale, "top": top / scale, "width": (right - left) / scale, "height": (bottom - top) / scale}
        return Picture(page=marks[0].page, marks=marks, media_type=media_type, data=data, **place)

    def _part(self, sides: tuple[int, int, int, int]) -> tuple[str, bytes]:
        """Media type and bytes of the picture between these left, upper, right and lower sides."""
        if sides not in self._parts:
            self._parts[sides] = _encoded(self.image.crop(sides))
        return self._parts[sides]

    def _between_lines(self, wanted: float, limit: float) -> int:
        """The row near ``wanted`` with the least ink around it, not beyond ``limit``: where a line would not be cut through."""
        reach = 10 * self.scale
        lowest, highest = wanted - reach, wanted + reach
        lowest, highest = (lowest, min(highest, limit)) if wanted < limit else (max(lowest, limit), highest)
        rows = np.arange(max(0, int(lowest)), min(len(self._crowd) - 1, int(highest)) + 1)
        if not rows.size:
            return int(np.clip(wanted, 0, len(self._crowd)))
        crowds = self._crowd[rows]
        best = rows[crowds == crowds.min()]
        return int(best[np.argmin(np.abs(best - wanted))])


def _encoded(strip: Image.Image) -> tuple[str, bytes]:
    """Print compresses best, and stays sharp, as PNG in sixteen greys; photographs and scans as JPEG."""
    png, jpeg = BytesIO(), BytesIO()
    sixteen = strip.point(_TO_SIXTEEN)
    sixteen.putpalette(_GREYS)
    sixteen.save(png, "PNG", bits=4, compress_level=7)
    if png.tell() < 12 * strip.width:
        return "image/png", png.getvalue()
    strip.save(jpeg, "JPEG", quality=40, optimize=True)
    return ("image/png", png.getvalue()) if png.tell() <= jpeg.tell() else ("image/jpeg", jpeg.getvalue())


_TO_SIXTEEN = [(grey + 8) // 17 for grey in range(256)]
_GREYS = [17 * grey for grey in range(16) for _ in "rgb"]


def _cut_short(drawn: list[list[Picture]], most: int) -> list[list[Picture]]:
    """The pictures without the data of those for which no room is left."""
    room = most
    shown = set[int]()
    kept = []
    for group in drawn:
        kept.append(list[Picture]())
        for picture in group:
            if id(picture.data) not in shown:
                room -= len(picture.data or b"")
            if room >= 0:
                shown.add(id(picture.data))
            kept[-1].append(picture if id(picture.data) in shown else replace(picture, data=None))
    return kept
