"""The run: files found, documents handed out, outcomes kept. It may be interrupted at any instant and started again."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

from analyzer.batch.desk import PAGES, REAL_ANALYST, OutputFull, Setup
from analyzer.batch.edition import edition_of
from analyzer.batch.limits import Limits
from analyzer.batch.records import Record, Task, failure_sentence, record_of_failure
from analyzer.batch.sources import Counter, Feeder, Found, find
from analyzer.batch.store import DiskFull, Store
from analyzer.batch.workers import Engine, LocalPool, default_jobs
from analyzer.inputs import STDIN, Input
from analyzer.ocr import Mode

_PAUSE = 0.1
"""Seconds to wait for an outcome before looking for new files and at the clock."""
_COMMIT = 0.2
"""Seconds between commits while only files are noted; an outcome is committed at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told. ``jobs`` None means one for each core; ``scheduler`` is the address of a Dask cluster."""

    pack: str
    language: str
    jobs: int | None = None
    limits: Limits = field(default_factory=Limits)
    fresh: bool = False
    retry_failed: bool = False
    pages: bool = False
    engine: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    analyst: str = REAL_ANALYST
    archives: bool = False
    """Whether what is inside zip files and PDF portfolios is analysed too."""
    filed_on: date | None = None
    """Decides which clauses are in force; None means the day of the run."""
    ocr: Mode = "auto"
    """How scanned pages are read; ``auto`` means fast."""
    password: str | None = field(default=None, repr=False)
    """Opens encrypted PDFs; it is kept nowhere."""

    @property
    def day(self) -> date:
        """The day of filing: today, where none was given."""
        return self.filed_on or date.today()

    def dated(self) -> Options:
        """The same with a day of filing that stays what it is after midnight."""
        return replace(self, filed_on=self.day)


@dataclass(slots=True)
class Tally:
    """How far a run is. ``analysed`` and ``failed`` count documents of this run, ``files`` all that were looked at."""

    files: int = 0
    analysed: int = 0
    failed: int = 0
    known: int = 0
    busy: int = 0
    total: int | None = None
    """Files in all, once they are counted."""
    interrupted: bool = False
    abandoned: bool = False
    kept: dict[str, int] = field(default_factory=dict)
    """What the store holds after the run: ``documents``, ``failed`` of them, ``files``."""


class Watcher:
    """Who is told how the run goes; this one keeps silent."""

    def progress(self, tally: Tally) -> None:
        """Some time has passed."""

    def failed(self, name: str, sentence: str) -> None:
        """A document gave no report."""

    def stopping(self, busy: int) -> None:
        """The user asked to stop; ``busy`` documents are still being read."""


@dataclass(slots=True)
class Stop:
    """How urgently the run is to end: 1 when the documents in flight are done, 2 at once."""

    urgency: int = 0

    def ask(self) -> None:
        """Ask once more."""
        self.urgency += 1


def triage(arguments: Sequence[str], out: Path, options: Options, watcher: Watcher | None = None) -> Tally:
    """Analyse the files that ``arguments`` mean into the folder ``out`` and write the lists there.

    Documents whose outcome is there and up to date are not analysed again. Raises a StoreError when the folder cannot be used, DiskFull
    when its disk is full (what was kept stays), BrokenPack or BrokenModel.
    """
    from analyzer.batch.export import write_lists

    options = options.dated()
    edition = edition_of(options.pack, options.day, options.ocr)
    with Store(out, write=True) as store, stopping() as stop:
        if options.fresh:
            store.clear()
        failed = [Input(path) for path in store.failed_files()] if options.retry_failed and not arguments else None
        found = partial(find, arguments, archives=options.archives, password=options.password)
        counter = Counter(found() if failed is None else failed) if STDIN not in arguments else None
        entries = found() if failed is None else failed
        tally = fill(store, edition, entries, options, stop=stop, watcher=watcher or Watcher(), counter=counter)
        if not tally.abandoned:
            write_lists(store, options.language)
    return tally


def fill(
    store: Store, edition: str, entries: Iterable[Input], options: Options, *, stop: Stop, watcher: Watcher, counter: Counter | None = None
) -> Tally:
    """Bring an open store up to date with these files, without writing the lists."""
    tally = _Run(store, edition, options, stop, watcher, counter).all(iter(entries))
    tally.kept = store.counts()
    return tally


@dataclass(slots=True)
class _Run:
    store: Store
    edition: str
    options: Options
    stop: Stop
    watcher: Watcher
    counter: Counter | None
    tally: Tally = field(default_factory=Tally)
    active: dict[str, str] = field(default_factory=dict)
    """Names of the documents that are being analysed, by key."""
    engine: Engine | None = None
    told: bool = False

    def all(self, entries: Iterator[Input]) -> Tally:
        with Store(self.store.folder, write=False) as reader:
            feeder = Feeder(entries, reader.known_file, self.options.password)
            try:
                self._until_done(feeder)
            except OutputFull as error:
                raise DiskFull(path=str(self.store.folder)) from error
            finally:
                feeder.stop()
                if self.engine:
                    self.engine.close()
        self.store.flush()
        return self.tally

    def _until_done(self, feeder: Feeder) -> None:
        while self._goes_on(feeder):
            for record in self._collected():
                self._keep(record, self.active.pop(record.key))
            self.store.flush()
            self.tally.busy = self._busy()
            self.tally.total = self.counter.total if self.counter else None
            self.watcher.progress(self.tally)

    def _goes_on(self, feeder: Feeder) -> bool:
        """Hand out what there is, and tell whether anything is left to wait for."""
        if not self.stop.urgency:
            return self._hand_out(feeder) or self._busy() > 0
        feeder.stop()
        self.tally.interrupted, self.tally.abandoned = True, self.stop.urgency > 1
        if not self.told and self._busy():
            self.told = True
            self.watcher.stopping(self._busy())
        return self._busy() > 0 and not self.tally.abandoned

    def _busy(self) -> int:
        return self.engine.busy() if self.engine else 0

    def _collected(self) -> list[Record]:
        if self.engine and (self._busy() or self.engine.room() < 1):  # without room it may be waiting for us to notice a worker's end
            return self.engine.collect(_PAUSE)
        time.sleep(_PAUSE / 10)
        return []

    def _hand_out(self, feeder: Feeder) -> bool:
        """Give the engine as much as it takes, but for no longer than until the next commit; whether more may come."""
        until = time.monotonic() + _COMMIT
        while time.monotonic() < until and (self.engine is None or self.engine.room() > 0):
            found = feeder.next()
            if found is None:
                return not feeder.finished
            self._consider(found)
        return True

    def _consider(self, found: Found) -> None:
        self.tally.files += 1
        if found.error and self.store.same_failure(found.key, self.edition, found.error.code):
            self.tally.known += 1
            return
        if found.fresh:
            self.store.keep_file(found.path, found.name, found.key, found.size, found.modified)
        task = Task(found.key, found.path, found.name)
        if found.error:
            self._keep(record_of_failure(task, found.error.code, self.options.language, found.error.details), found.name)
        elif found.key in self.active or not self._needed(found.key):
            self.tally.known += 1
        else:
            self.active[found.key] = found.name
            if self.engine is None:
                self.engine = start_engine(self.options, self.edition, self.store.folder)
            self.engine.submit(task)

    def _needed(self, key: str) -> bool:
        return self.store.needed(key, self.edition, retry=self.options.retry_failed, page=self.options.pages)

    def _keep(self, record: Record, name: str) -> None:
        self.store.keep(record, self.edition, datetime.now(UTC).isoformat(timespec="seconds"))
        self.tally.analysed += 1
        if record.summary.code:
            self.tally.failed += 1
            self.watcher.failed(name, failure_sentence(record.summary, name, self.options.language))


def start_engine(options: Options, edition: str, folder: Path) -> Engine:
    """The workers that the options ask for."""
    pages = str((folder / PAGES).resolve()) if options.pages else None
    setup = Setup(
        options.pack, options.language, options.limits, pages, options.analyst, options.filed_on, options.ocr, options.password
    )  # fmt: skip
    if options.engine == "dask":
        from analyzer.batch.cluster import DaskPool

        return DaskPool(setup, edition, options.scheduler, options.jobs or default_jobs())
    return LocalPool(setup, options.jobs or default_jobs())


@contextmanager
def stopping() -> Iterator[Stop]:
    """Ctrl-C, and what an operator sends, as a request to stop rather than an exception."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def asked(number: int, frame: FrameType | None) -> None:
        stop.ask()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
