"""What one document may use, enforced by the operating system where it can."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1 << 20
_GRACE = 10.0
"""Seconds after which a worker ends itself, should the process that ought to stop it be gone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall-clock seconds and megabytes for one document; ``documents`` is how many a worker reads before a fresh one takes its place."""

    seconds: float = 120.0
    megabytes: int = 2048
    documents: int = 200


def confine(limits: Limits) -> None:
    """Keep this process to ``megabytes`` more than it holds now, and let it leave no core file, where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        most = _address_space() + limits.megabytes * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextmanager
def deadline(limits: Limits) -> Iterator[None]:
    """End this process, also inside a C library, when the body runs long after its time: a hang must not outlive its master."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + _GRACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _address_space() -> int:
    """Bytes of address space that this process holds; 0 where the system does not tell."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ImportError):
        return 0
