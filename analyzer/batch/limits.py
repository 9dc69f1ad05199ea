"""What one document of a batch may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from analyzer.confinement import GRACE, end_after


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall-clock seconds and megabytes for one document; ``documents`` is how many a worker reads before a fresh one takes its place."""

    seconds: float = 120.0
    megabytes: int = 2048
    documents: int = 200


@contextmanager
def deadline(limits: Limits) -> Iterator[None]:
    """End this process, also inside a C library, when the body runs long after its time: a hang must not outlive its master."""
    end_after(limits.seconds + GRACE)
    try:
        yield
    finally:
        end_after(0)
