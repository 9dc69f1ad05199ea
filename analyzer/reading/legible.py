"""Whether the text of a page can be what stands on it, or what fonts that map to nothing leave of it: confident nonsense.

A font without a way back to Unicode gives glyph numbers, which look like letters of all scripts, private characters, or words in cipher.
This is asked of every page, so it counts characters in a few array operations; thresholds are far from what real pages have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

_OTHER, _BAD, _LATIN, _ACCENTED, _FREQUENT, _KNOWN, _RARE, _FOREIGN = range(8)
_SAMPLE = 224
"""Characters of each of the two pieces that are looked at first; only where they look odd is the whole page."""
_BIGRAMS = (
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic "
    "ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un "
    "lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev "
    "ld ry mp fe bl ab gh ty op wo sa ay ex ke ui fr oo ag ua od if"
)
"""The pairs of letters that make up some three quarters of English, and over half of other European languages."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What no real page goes beyond: shares of its characters. ``fewest`` characters below which nothing is told."""

    fewest: int = 24
    bad: float = 0.15
    accented: float = 0.42
    frequent: float = 0.14
    rare: float = 0.45
    bigrams: float = 0.36
    pairs: int = 80
    foreign_blocks: int = 5
    foreign: float = 0.25


USUAL = Bounds()
HIDDEN = Bounds(bad=0.03, accented=0.2, frequent=0.5, rare=0.06, bigrams=0.58)
"""For text that was put behind a picture by OCR: what a good engine keeps to."""


def is_legible(text: str, bounds: Bounds = USUAL) -> bool:
    """Whether the text of a page reads like a language, as far as can be told; short texts are given credit."""
    if len(text) > 4 * _SAMPLE:
        third = len(text) // 3
        if _reads(text[third : third + _SAMPLE] + text[2 * third : 2 * third + _SAMPLE], bounds):
            return True
    return _reads(text, bounds)


def _reads(text: str, bounds: Bounds) -> bool:
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    kinds = _kinds()[codes]
    counts: list[int] = np.bincount(kinds, minlength=_FOREIGN + 1).tolist()
    said = sum(counts[_BAD:])
    if said < bounds.fewest:
        return counts[_BAD] < 3 or counts[_BAD] < 0.6 * said
    if counts[_BAD] > bounds.bad * said or counts[_ACCENTED] > max(bounds.fewest, bounds.accented * (counts[_LATIN] + counts[_ACCENTED])):
        return False
    han = counts[_FREQUENT] + counts[_KNOWN] + counts[_RARE]
    if han >= bounds.fewest and han > 0.3 * said and not _is_chinese(counts, han, bounds):
        return False
    if counts[_FOREIGN] > bounds.foreign * said and len(np.unique(codes[kinds == _FOREIGN] >> 8)) > bounds.foreign_blocks:
        return False
    return counts[_LATIN] < 0.6 * said or _is_worded(codes, kinds == _LATIN, bounds)


def _is_chinese(counts: list[int], han: int, bounds: Bounds) -> bool:
    return counts[_FREQUENT] >= bounds.frequent * han and counts[_RARE] <= bounds.rare * han


def _is_worded(codes: npt.NDArray[np.uint16], latin: npt.NDArray[np.bool_], bounds: Bounds) -> bool:
    """Whether letters follow each other as they do in words."""
    both = latin[:-1] & latin[1:]
    pairs = np.count_nonzero(both)
    if pairs < bounds.pairs:
        return True
    letters = codes & 31  # both cases alike
    usual = _usual_pairs()[letters[:-1] * 32 + letters[1:]]
    return bool(np.count_nonzero(usual & both) >= bounds.bigrams * pairs)


@cache
def _usual_pairs() -> npt.NDArray[np.bool_]:
    usual = np.zeros(32 * 32, dtype=np.bool_)
    usual[[(ord(pair[0]) & 31) * 32 + (ord(pair[1]) & 31) for pair in _BIGRAMS.split()]] = True
    return usual


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Character code -> what kind it is; signs, digits and blanks are ``_OTHER``."""
    kinds = np.full(0x10000, _FOREIGN, dtype=np.uint8)
    for first, end in ((0x20, 0x7F), (0xA0, 0xC0), (0x2B0, 0x370), (0x2000, 0x2C00), (0x2E80, 0x3040), (0x3200, 0x3400), (0xFE00, 0xFFF0)):
        kinds[first:end] = _OTHER
    for first, end in ((0, 0x20), (0x7F, 0xA0), (0xE000, 0xF900), (0xFFF0, 0x10000)):
        kinds[first:end] = _BAD
    kinds[[0x09, 0x0A, 0x0C, 0x0D, 0xFFFE]] = _OTHER
    kinds[0xC0:0x250] = _ACCENTED
    kinds[[*range(0x41, 0x5B), *range(0x61, 0x7B)]] = _LATIN
    for first, end in ((0x3400, 0xA000), (0xF900, 0xFB00), (0xD800, 0xE000)):
        kinds[first:end] = _RARE
    kinds[_known()] = _KNOWN
    kinds[[ord(character) for character in _frequent()]] = _FREQUENT
    return kinds


def _known() -> list[int]:
    """The ideographs of everyday print, simplified and traditional, as the first levels of two standards list them."""
    levels = (("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)), ("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))))
    listed = [(codec, bytes((high, low))) for codec, highs, lows in levels for high in highs for low in lows]
    return [ord(character) for codec, pair in listed if len(character := pair.decode(codec, "ignore")) == 1 and character >= "\u3400"]


def _frequent() -> str:
    return (files(__package__) / "frequent_characters.txt").read_text("utf-8").replace("\n", "")
