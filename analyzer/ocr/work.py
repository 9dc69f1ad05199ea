"""Many pages at once: several threads, each with an engine of its own, since engines let go of the interpreter while they work."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from analyzer.ocr import cache
from analyzer.ocr.backends import Strength, installed
from analyzer.ocr.page import PageReader
from analyzer.ocr.readings import PageReading, Sheet

_idle: dict[Strength, list[PageReader]] = {}
"""Readers that wait for their next page; their models stay loaded."""
_lock = threading.Lock()
_AHEAD = 1
"""Pictures that wait for a thread, beside one for each."""


def read_sheets(sheets: Iterator[tuple[int, Sheet]], strength: Strength, *, jobs: int, done: Callable[[], None]) -> dict[int, PageReading]:
    """The reading of each numbered sheet. ``jobs``: threads; ``done`` is called after each sheet, by the caller's thread.

    The first sheet tells how the others probably lie, so it is read alone. Raises ImportError where no engine is installed.
    """
    engine = f"{installed()} {strength}"
    found: dict[int, PageReading] = {}

    def read(sheet: Sheet, hint: int) -> PageReading:
        key = cache.key_of(sheet, engine)
        reading = cache.known(key)
        if reading is None:
            with _borrowed(strength) as reader:
                reading = reader.read(sheet, hint)
            cache.keep(key, reading)
        return reading

    for number, sheet in sheets:
        found[number] = read(sheet, 0)
        done()
        if found[number].lines:
            break
    hint = next((reading.turns for reading in found.values() if reading.lines), 0)
    waiting: deque[tuple[int, Future[PageReading]]] = deque()
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        for number, sheet in sheets:
            waiting.append((number, pool.submit(read, sheet, hint)))
            if len(waiting) >= jobs + _AHEAD:
                _take(waiting, found, done)
        while waiting:
            _take(waiting, found, done)
    finally:
        pool.shutdown(cancel_futures=True)
    cache.tidy()
    return found


def _take(waiting: deque[tuple[int, Future[PageReading]]], found: dict[int, PageReading], done: Callable[[], None]) -> None:
    number, future = waiting.popleft()
    found[number] = future.result()
    done()


@contextmanager
def _borrowed(strength: Strength) -> Iterator[PageReader]:
    with _lock:
        idle = _idle.setdefault(strength, [])
        reader = idle.pop() if idle else PageReader(strength)
    yield reader
    with _lock:
        idle.append(reader)


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
