"""What a single file may cost. Every limit can be changed: ``--limit pages=10000`` or ``ANALYZER_LIMITS="pages=10000 seconds=600"``.

The limits protect whoever reads a stranger's file; no protocol comes near them. Going over one is a failure of that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

VARIABLE = "ANALYZER_LIMITS"
"""The environment variable; processes that are started later see it too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Those that begin with ``page`` count for a page, ``seconds`` for a page or another step, the others for a file."""

    file_megabytes: int = 500
    pages: int = 3_000
    page_characters: int = 200_000
    characters: int = 5_000_000
    page_objects: int = 1_000_000
    """Pieces of text, lines, areas and pictures drawn on a page."""
    pixels: int = 40_000_000
    """Of the picture of a page; one that would have more is drawn coarser, not refused."""
    attached_megabytes: int = 200
    """Of a file attached to a PDF."""
    image_megapixels: int = 100
    """Of a page of a picture file."""
    archive_files: int = 5_000
    unpacked_megabytes: int = 256
    """Of a file in an archive."""
    unpacked_total_megabytes: int = 1_024
    """Of all that is unpacked at a time."""
    word_megabytes: int = 64
    """Of a part of a Word file, unpacked; reading takes some ten times as much memory."""
    swelling: int = 200
    """How many times its packed size a large file may unpack to."""
    seconds: int = 60
    total_seconds: int = 3_600
    megabytes: int = 3_072
    """Of memory, where the system can be told."""


NAMES = tuple(field.name for field in fields(Limits))


class BadLimit(ValueError):
    """No ``name=number`` with a known name; its text is what stands there instead."""


def current() -> Limits:
    """The limits in force. Raises BadLimit where the environment variable cannot be understood."""
    return _parsed(os.environ.get(VARIABLE, ""))


def change(settings: Sequence[str]) -> None:
    """Set limits, ``name=number`` each, for this process and those that it starts. Raises BadLimit."""
    wanted = " ".join([os.environ.get(VARIABLE, ""), *settings]).strip()
    _parsed(wanted)
    if settings:
        os.environ[VARIABLE] = wanted


@cache
def _parsed(settings: str) -> Limits:
    limits = Limits()
    for setting in re.split(r"[\s,;]+", settings.strip()):
        name, _, number = setting.partition("=")
        if setting:
            if name not in NAMES or not re.fullmatch(r"[1-9]\d{0,14}", number):
                raise BadLimit(setting)
            limits = replace(limits, **{name: int(number)})
    return limits


def drawing_scale(width: float, height: float, scale: float) -> float | None:
    """Pixels per point at which a page of this size in points may be drawn: ``scale``, or less where it is very large.

    None where there is nothing to draw.
    """
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        return None
    most = (current().pixels / (width * height)) ** 0.5
    allowed = min(scale, most)
    return allowed if min(width, height) * allowed >= 1 else None


_told: list[Callable[[], None]] = []


def tell_progress_to(listener: Callable[[], None]) -> None:
    """From now on call ``listener`` whenever a part of the work is done."""
    _told[:] = [listener]


def progress() -> None:
    """A page is done, or another part of the work that may take its own time: the clock begins anew."""
    for listener in _told:
        listener()
