"""Pages that are pictures -> their lines of text and ruling lines, offline. See ``page.py`` for the way of one page.

Nothing heavy is imported before a page is read; without the extra ``ocr`` there is no engine, and ``backends.installed`` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Mode = Literal["auto", "never", "fast", "quality"]
AUTO: Literal["fast", "quality"] = "quality"
"""What ``auto`` means where nothing else is said; ``python -m benchmarks.ocr`` tells what each costs and how well it reads."""


@dataclass(frozen=True, slots=True)
class Ocr:
    """How pages without usable text are read. ``jobs``: threads, None for one on each core.

    ``tell`` is called with the pages that are done and all that are to be read.
    """

    mode: Mode = "auto"
    jobs: int | None = None
    tell: Callable[[int, int], None] | None = None

    @property
    def strength(self) -> Literal["fast", "quality"] | None:
        """Which models read; None where none is to."""
        return None if self.mode == "never" else AUTO if self.mode == "auto" else self.mode


def in_bulk(mode: Mode) -> Ocr:
    """How one of many workers reads scans: on its own core, and fast unless told otherwise."""
    return Ocr("fast" if mode == "auto" else mode, jobs=1)
