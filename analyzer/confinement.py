"""What the operating system is asked to do with a process that reads strangers' files: keep its memory small, and end it in time.

Where a system knows no such orders (Windows), nothing is done: whoever started the process watches it as well.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1 << 20
GRACE = 10.0
"""Seconds after which a process ends itself, should the one that ought to stop it be gone."""


def confine(megabytes: int) -> None:
    """Keep this process to so much more memory than it holds now, and let it leave no core file."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):
        most = _address_space(resource.getpagesize()) + megabytes * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def end_after(seconds: float) -> None:
    """Let the system end this process after so many seconds, also inside a C library; 0 lets it live."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _address_space(page: int) -> int:
    """Bytes of address space that this process holds, its pages being so large; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * page
    except OSError:
        return 0
