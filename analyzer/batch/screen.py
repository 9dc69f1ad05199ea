"""How a run is told on a terminal: a line of progress that renews itself, failures above it, and what to do next."""

from __future__ import annotations

import shlex
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from analyzer.batch.run import Tally, Watcher
from analyzer.reports.terminal import clean
from analyzer.resources import say

if TYPE_CHECKING:
    from rich.live import Live

_RENEW = 0.25
_WINDOW = 30.0
"""Seconds over which the rate is taken."""
_BAR = 24
_SHOWN_FAILURES = 20
"""Failures told one by one; the rest is counted and stands in the lists."""


class Screen(Watcher):
    """Progress on stderr where that is a terminal, failures in any case; with ``quiet`` only failures."""

    def __init__(self, language: str, tell: Callable[[str], None], *, quiet: bool) -> None:
        self.language = language
        self._tell = tell
        self._quiet = quiet
        self._failures = 0
        self._renewed = 0.0
        self._seen: deque[tuple[float, int]] = deque()
        self._live: Live | None = None

    def __enter__(self) -> Screen:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def progress(self, tally: Tally) -> None:
        now = time.monotonic()
        if not self._live or now - self._renewed < _RENEW:
            return
        from rich.text import Text

        self._renewed = now
        self._seen.append((now, tally.files))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        self._live.update(Text(progress_line(tally, self._rate(), self.language), no_wrap=True, overflow="ellipsis"), refresh=True)

    def failed(self, name: str, sentence: str) -> None:
        self._failures += 1
        if self._failures <= _SHOWN_FAILURES:
            self._say(clean(sentence))
        elif self._failures == _SHOWN_FAILURES + 1:
            self._say(say(self.language, "batch_more_failures"))

    def stopping(self, busy: int) -> None:
        self._say(say(self.language, "batch_stopping", busy=busy))

    def _say(self, words: str) -> None:
        if self._live:
            from rich.text import Text

            self._live.console.print(Text(words))
        else:
            self._tell(words)

    def _rate(self) -> float:
        (start, before), (end, now) = self._seen[0], self._seen[-1]
        return (now - before) / (end - start) if end - start > 1 else 0.0


def progress_line(tally: Tally, rate: float, language: str) -> str:
    """How far, how fast, how long still, and how many failures; ``rate`` is files a second, 0 when not known."""
    done = max(tally.files - tally.busy, 0)
    parts = [say(language, "batch_files", files=done)]
    if tally.total:
        filled = round(_BAR * min(done / tally.total, 1))
        parts = ["█" * filled + "░" * (_BAR - filled), say(language, "batch_files_of", files=done, total=tally.total)]
    if rate:
        parts.append(say(language, "batch_rate", rate=f"{60 * rate:.0f}"))
        if tally.total:
            parts.append(say(language, "batch_left", time=duration(max(tally.total - done, 0) / rate)))
    parts.append(say(language, "batch_failed_so_far", failed=tally.failed))
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """A time as ``h:mm:ss``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def closing_words(tally: Tally, out: Path, arguments: Sequence[str], language: str) -> list[str]:
    """What came of a run and what can be done next, one sentence each."""
    words = [say(language, "batch_done", analysed=tally.analysed, known=tally.known, **tally.kept)]
    if not tally.abandoned:
        words.append(say(language, "batch_lists", index=out / "index.html", folder=out))
    if tally.interrupted:
        words.append(say(language, "batch_go_on", command=_command([*arguments, "--out", str(out)])))
    elif tally.kept.get("failed"):
        words.append(say(language, "batch_retry", failed=tally.kept["failed"], command=_command(["--retry-failed", "--out", str(out)])))
    return words


def _command(arguments: Sequence[str]) -> str:
    return clean(shlex.join(["analyzer", "triage", *arguments]))
