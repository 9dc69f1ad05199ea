"""Where the time goes: CPU seconds per stage of an analysis, for those who ask; next to nothing for those who do not.

``with measured() as seconds`` switches it on for what is done inside; ``with stage("matching")`` marks a stretch of work. Stages lie
within one another, each counts its own time alone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STAGES = ("open", "text", "tables", "ocr", "layout", "segmentation", "matching", "classification", "judging", "values", "checks", "report")


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self._since = time.process_time()

    def turn(self) -> None:
        """Count the time since the last turn for the innermost stage."""
        now = time.process_time()
        if self.running:
            self.seconds[self.running[-1]] += now - self._since
        self._since = now


_clock: ContextVar[_Clock | None] = ContextVar("clock", default=None)


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Stage -> CPU seconds of this process, filled while the block runs."""
    clock = _Clock()
    before = _clock.set(clock)
    try:
        yield clock.seconds
    finally:
        _clock.reset(before)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Mark a stretch of work as one of ``STAGES``."""
    clock = _clock.get()
    if clock is None:
        yield
        return
    clock.turn()
    clock.running.append(name)
    try:
        yield
    finally:
        clock.turn()
        clock.running.pop()
