"""What is done to the picture of a page before it is read: stamps taken off, paper made even, the page set straight.

Pictures are arrays of bytes, grey (height, width) or colour (height, width, 3), 255 for white paper. Heavy imports stand inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image, ImageFilter

Grey = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_BLOCK = 16
"""Pixels along a side of the squares in which stamps are looked for."""
_SMALLER = 8
"""How much smaller the picture is in which the paper is looked at."""
_RED = 45
"""How far red must stand out among the colours of a pixel of a stamp."""
_TINTED, _UNEVEN, _THROUGH = 24, 26, 60
"""Levels: red that tells a stamp from paper; how unevenly stamps are inked; how much darker paint gets over print."""
_STAMP_SIDES = (30.0, 230.0)
"""Points; Chinese seals measure 18 to 58 mm, and may be scaled or torn apart by text."""
_MOST_TILT = 6.0
"""Degrees up to which a sheet may lie askew."""
_LEAST_TILT = 0.08
"""Degrees below which turning the picture would only blur it."""
_LEAST_INK, _MOST_INK = 200, 25000
"""Dots without which nothing can be told; dots that are looked at."""
_AGREED = 0.1
"""Degrees by which two ways of measuring may differ."""
_FRAME, _HOLLOW, _THIN = 0.08, 0.25, 3
"""Share of the page's height that frames and rules measure at least; share of their box that is ink at most; dots across a rule."""
_CLEARLY = 1.3
"""How much sharper lines must stand out across the page than along it."""
_STANDS_OUT, _WIDE_STROKES, _MANY_WIDE_STROKES = 1.45, 2.3e-3, 4e-3
"""How much more often than its neighbours the grey of a watermark comes; its share of the page, edges left out: blurred print has less."""
_PALE_LEAST, _PALE_MOST, _GRAINS = 0.14, 0.4, 3.2
"""Of the contrast of a page, how much darker than paper a thin line is at least and need be at most; and in grains of the paper."""
_DARKER, _FEW_DOTS = 50, 60
"""Levels by which ink is darker than paper; dots without which its level cannot be told."""
_EVEN = 18
"""Grey levels by which the brightness of paper may differ from place to place before it is evened out."""


def without_stamps(page: Colour, scale: float) -> Grey:
    """The page in grey with red seals bleached, so that what they cover can be read; red lines of text stay. ``scale``: pixels a point."""
    grey = np.asarray(_image(page).convert("L")).copy()
    low = page[:: _BLOCK // 4, :: _BLOCK // 4].astype(np.int16)
    reddish = (low[..., 0] - np.maximum(low[..., 1], low[..., 2])) > _RED
    if not reddish.any():
        return grey
    for top, bottom, left, right in _stamps(reddish, scale * 4 / _BLOCK):
        box = (slice(top * _BLOCK // 4, bottom * _BLOCK // 4), slice(left * _BLOCK // 4, right * _BLOCK // 4))
        grey[box] = _bleached(grey[box], page[box])
    return grey


def _bleached(grey: Grey, page: Colour) -> Grey:
    """A stamped part of the page without the stamp.

    Ink under a stamp stays dark in the red light that the stamp itself throws back; paint over ink is a darker red than over paper.
    """
    red = page[..., 0]
    tinted = (red.astype(np.int16) - np.maximum(page[..., 1], page[..., 2])) > _TINTED
    if not tinted.any():
        return grey
    paint = float(np.percentile(red[tinted], 60))
    white, black = paint - _UNEVEN, max(40.0, paint - _UNEVEN - _THROUGH)
    table = np.interp(np.arange(256), (0, black, white), (0, 0, 255)).astype(np.uint8)
    return np.where(tinted, table[red], grey)


def _stamps(reddish: Mask, scale: float) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of the red patches that are as large and as compact as seals."""
    from scipy import ndimage

    reach = max(3, round(5 * scale)) | 1
    near = ndimage.uniform_filter(reddish.astype(np.float32), reach) > 0.5 / reach**2
    labels, _ = ndimage.label(near)
    found = []
    for rows, columns in ndimage.find_objects(labels):
        height, width = (rows.stop - rows.start) / scale, (columns.stop - columns.start) / scale
        least, most = _STAMP_SIDES
        if least <= min(height, width) and max(height, width) <= most and max(height, width) < 2.2 * min(height, width):
            found.append((rows.start, rows.stop, columns.start, columns.stop))
    return found


@dataclass(frozen=True, slots=True)
class Levels:
    """Usual grey of the paper and of the ink on a page, and how much brighter its brightest paper is than its darkest."""

    paper: float
    ink: float
    uneven: float
    grain: float
    """How much the grey of the paper varies from dot to dot."""
    spread: npt.NDArray[np.uint8]
    """The brightness of the paper from place to place, in a smaller picture."""


def levels_of(page: Grey) -> Levels:
    """The levels of a page."""
    paper = np.asarray(_image(page).reduce(_SMALLER).filter(_brightest(3)).filter(_blur(3)))
    low, usual, high = np.percentile(paper, (5, 50, 95))
    sample = page[::4, ::4]
    dark = sample[sample < usual - _DARKER]
    ink = float(np.percentile(dark, 15)) if len(dark) > _FEW_DOTS else 0.0
    grain = max(0.0, float(usual - np.percentile(sample, 16)))
    return Levels(float(usual), ink, float(high - low), grain, paper)


def evened(page: Grey, levels: Levels) -> Grey:
    """The page without shadows; one that has none comes back as it is."""
    if levels.uneven <= _EVEN:
        return page
    whole = np.asarray(_image(levels.spread).resize((page.shape[1], page.shape[0]), _bilinear()))
    lit = page.astype(np.uint16) * np.uint16(levels.paper) // np.maximum(whole, 1)
    return np.asarray(np.minimum(lit, 255), dtype=np.uint8)


def crisp(page: Grey, levels: Levels) -> Grey:
    """The page in black on white, whatever its paper and print: faint marks and the grain of paper are gone."""
    contrast = levels.paper - levels.ink
    if contrast < 30:
        return page
    black, white = levels.ink + 0.1 * contrast, levels.paper - 0.3 * contrast
    table = np.interp(np.arange(256), (black, white), (0, 255)).astype(np.uint8)
    return np.asarray(_image(page).point(table.tolist()))


def is_marked(page: Grey, levels: Levels) -> bool:
    """Whether a pale watermark lies under the text of a page without shadows: a grey of its own, in strokes wider than those of print."""
    contrast = levels.paper - levels.ink
    small = np.asarray(_image(page).reduce(3))
    counts = np.convolve(np.bincount(small.ravel(), minlength=256).astype(np.float64), np.ones(7) / 7, "same")
    between = counts[int(levels.paper - 0.6 * contrast) : int(levels.paper - 0.08 * contrast)]
    if contrast < 60 or not len(between):
        return False
    darker, paler = np.minimum.accumulate(between), np.minimum.accumulate(between[::-1])[::-1]
    stands_out = float((between / np.maximum(np.maximum(darker, paler), 1)).max()) > _STANDS_OUT
    grey = (small > levels.paper - 0.5 * contrast) & (small < levels.paper - 0.09 * contrast)
    wide = grey[1:-1] & grey[:-2] & grey[2:]
    wide = wide[:, 1:-1] & wide[:, :-2] & wide[:, 2:]
    return float(wide.mean()) > (_WIDE_STROKES if stands_out else _MANY_WIDE_STROKES)


def is_blank(page: Grey) -> bool:
    """Whether there is hardly anything on the sheet."""
    across, down = page.shape[1] // 30, page.shape[0] // 30
    dark = page[down : page.shape[0] - down : 3, across : page.shape[1] - across : 3] < 128
    return float(dark.mean()) < 2e-5


def ink_of(page: Grey) -> Mask:
    """Where a ``crisp`` page is printed on."""
    return page < 140


def hairlines_of(page: Grey, levels: Levels) -> Mask:
    """Where a page is printed on, thin lines included, which are pale once the page was turned a little."""
    contrast = levels.paper - levels.ink
    return page < levels.paper - min(_PALE_MOST * contrast, max(_PALE_LEAST * contrast, _GRAINS * levels.grain))


@dataclass(frozen=True, slots=True)
class Lie:
    """How a sheet lies: whether its lines run up or down it, and the degrees counter-clockwise by which they are askew."""

    sideways: bool
    tilt: float


def lie_of(ink: Mask) -> Lie:
    """How the lines of a page run; upside down looks upright here."""
    small = _halved(ink)
    height, width = small.shape
    y, x = _dots(small)
    if len(y) < _LEAST_INK:
        return Lie(sideways=False, tilt=0.0)
    down, across = _dots(_without_frames(small))
    _, banding = _best_tilt(down, across, height, width)
    _, bars = _best_tilt(across, -down, width, height)
    sideways = bars > _CLEARLY * banding
    tilt = _tilt(x, -y, width, height) if sideways else _tilt(y, x, height, width)
    return Lie(sideways, tilt if _LEAST_TILT <= abs(tilt) < _MOST_TILT + 0.5 else 0.0)


def _tilt(y: npt.NDArray[np.float32], x: npt.NDArray[np.float32], height: int, width: int) -> float:
    """The tilt of lines along ``x``, of which those of two columns may not be level with each other.

    Whole lines tell it best, unless each half of the page says otherwise.
    """
    whole, halves = _best_tilt(y, x, height, width)[0], _best_tilt(y, x, height, width, apart=True)[0]
    return whole if abs(whole - halves) <= _AGREED else halves


def _dots(ink: Mask) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """y and x of the ink, or of as much of it as is looked at."""
    ys, xs = np.nonzero(ink)
    if len(ys) > _MOST_INK:
        chosen = np.random.default_rng(0).choice(len(ys), _MOST_INK, replace=False)
        ys, xs = ys[chosen], xs[chosen]
    return ys.astype(np.float32), xs.astype(np.float32)


def _without_frames(ink: Mask) -> Mask:
    """The ink of letters, without what is long and thin: uprights of tables would pass for lines of a page on its side."""
    from scipy import ndimage

    labels, count = ndimage.label(ink, np.ones((3, 3)))
    dots = np.bincount(labels.ravel(), minlength=count + 1)
    sides = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in ndimage.find_objects(labels)]
    frames = [
        label
        for label, (high, wide) in enumerate(sides, 1)
        if max(high, wide) > _FRAME * max(ink.shape) and (min(high, wide) <= _THIN or dots[label] < _HOLLOW * high * wide)
    ]
    letters = ink & ~np.isin(labels, frames) if frames else ink
    return letters if np.count_nonzero(letters) >= _LEAST_INK else ink


def _best_tilt(
    y: npt.NDArray[np.float32], x: npt.NDArray[np.float32], height: int, width: int, *, apart: bool = False
) -> tuple[float, float]:
    """The tilt of lines along ``x``, and how sharply ink and paper follow each other across them. ``apart``: in each half for itself."""
    x = x - np.float32(math.copysign(width / 2, float(x.sum())))
    first = height + np.where(x < 0, 0, 3 * height if apart else 0).astype(np.float32)
    best = 0.0
    for reach, step in ((_MOST_TILT, 0.5), (0.5, 0.1), (0.1, 0.02)):
        angles = best + np.arange(-reach, reach + step / 2, step)
        best = float(angles[np.argmax([_sharpness(_profile(y + first, x, angle)) for angle in angles])])
    return best, _banding(_profile(y + first, x, best))


def _profile(y: npt.NDArray[np.float32], x: npt.NDArray[np.float32], angle: float) -> npt.NDArray[np.float64]:
    """Ink in each row of the page once it is turned back by ``angle``."""
    return np.bincount((y + x * np.float32(math.tan(math.radians(angle)))).astype(np.int32)).astype(np.float64)


def _sharpness(profile: npt.NDArray[np.float64]) -> float:
    return float((profile**2).sum())


def _banding(profile: npt.NDArray[np.float64]) -> float:
    return float((np.diff(profile) ** 2).sum() / (profile**2).sum())


def _halved(ink: Mask) -> Mask:
    """The mask at half its size, ink wherever there is some."""
    height, width = ink.shape[0] // 2 * 2, ink.shape[1] // 2 * 2
    part = ink[:height, :width]
    return part[::2, ::2] | part[1::2, ::2] | part[::2, 1::2] | part[1::2, 1::2]


def straightened(page: Grey, tilt: float, paper: float = 255.0) -> Grey:
    """The page turned about its middle so that lines askew by ``tilt`` lie level; its size stays. Corners get the grey of ``paper``."""
    if not tilt:
        return page
    return np.asarray(_image(page).rotate(-tilt, resample=_bilinear(), fillcolor=round(paper)))


def turned(page: Grey, turns: int) -> Grey:
    """The page turned clockwise by ``turns`` quarters."""
    return np.ascontiguousarray(np.rot90(page, -turns)) if turns % 4 else page


def resized(page: Grey, factor: float) -> Grey:
    """The page, larger or smaller."""
    if abs(factor - 1) < 0.01:
        return page
    size = max(1, round(page.shape[1] * factor)), max(1, round(page.shape[0] * factor))
    return np.asarray(_image(page).resize(size, _bicubic(), reducing_gap=2.0))


def _image(page: npt.NDArray[np.uint8]) -> Image.Image:
    from PIL import Image

    return Image.fromarray(page)


def _brightest(size: int) -> ImageFilter.MaxFilter:
    from PIL import ImageFilter

    return ImageFilter.MaxFilter(size)


def _blur(radius: int) -> ImageFilter.BoxBlur:
    from PIL import ImageFilter

    return ImageFilter.BoxBlur(radius)


def _bilinear() -> Image.Resampling:
    from PIL import Image

    return Image.Resampling.BILINEAR


def _bicubic() -> Image.Resampling:
    from PIL import Image

    return Image.Resampling.BICUBIC
