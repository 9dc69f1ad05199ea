"""A folder where PDFs and Word files are dropped: each is analysed when its copy is complete, and stays as and where it is.

The folder is looked at again and again, which works on every disk and network share and loses nothing when the program was away.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.batch.desk import PAGES, page_path
from analyzer.batch.edition import Editions
from analyzer.batch.export import write_lists
from analyzer.batch.records import failure_sentence
from analyzer.batch.run import Options, Stop, Tally, Watcher, fill, stopping
from analyzer.batch.sources import find
from analyzer.batch.store import Store, told_of_output
from analyzer.inputs import Input
from analyzer.reports import write_atomically
from analyzer.reports.terminal import clean
from analyzer.resources import say

REPORTS = "reports"
_PATIENCE = 30.0
"""Seconds that a file must be left alone when it does not end as a PDF or Word file does: it may be damaged, or its copy may be stuck."""
_TAIL = 2048
_END_OF_ZIP = b"PK\x05\x06"
"""Stands at the end of Word files."""
_NAP = 0.1


@dataclass(frozen=True, slots=True)
class _State:
    """What tells a file that is still being written from one that is complete."""

    size: int
    modified: int
    readable: bool
    since: float = field(compare=False)


def watch(inbox: Path, out: Path, options: Options, *, interval: float, once: bool, tell: Callable[[str], None]) -> int:
    """Analyse what is in ``inbox`` and what comes, looking every ``interval`` seconds, until the user stops it.

    With ``once``: until all that is there is done. Beside the outcomes, ``out/reports`` gets a file for each PDF, named after it. Gives the
    number of documents that could not be analysed. Raises as ``run.triage`` does.
    """
    editions = Editions(options.pack, options.ocr)
    with Store(out, write=True) as store, stopping() as stop:
        look = _Inbox(inbox, out, store, tell, options.language)
        while not stop.urgency:
            dated = options.dated()
            edition = editions.on(dated.day)
            complete, waiting = look.complete(edition)
            if complete:
                _analyse(complete, inbox, store, edition, dated, stop=stop, tell=tell)
                look.remember(complete)
                continue
            write_lists(store, options.language)
            if once and not waiting:
                break
            _sleep(interval, stop)
        return store.counts()["failed"]


@dataclass(slots=True)
class _Inbox:
    inbox: Path
    out: Path
    store: Store
    tell: Callable[[str], None]
    language: str
    seen: dict[str, _State] = field(default_factory=dict)
    done: dict[str, _State] = field(default_factory=dict)
    away: bool = False

    def complete(self, edition: str) -> tuple[list[str], bool]:
        """The files that are complete and not done in this edition, and whether others are still being written."""
        states = dict(self._states(edition))
        complete = [path for path, state in states.items() if self._is_complete(path, state)]
        waiting = len(complete) < len(states)
        self.seen = states
        return complete, waiting

    def remember(self, paths: Sequence[str]) -> None:
        """These were analysed as they were last seen."""
        self.done.update((path, self.seen[path]) for path in paths)
        for path in self.done.keys() - self.seen.keys():
            del self.done[path]

    def _states(self, edition: str) -> Iterator[tuple[str, _State]]:
        """The files that are not done yet as they are now."""
        self._tell_when_away()
        now, own = time.monotonic(), os.path.abspath(self.out)
        for entry in find([str(self.inbox)]) if not self.away else iter(()):
            path = os.path.abspath(entry.path)
            if entry.error or path.startswith(own + os.sep):
                continue
            state = _state_of(path, now)
            before = self.seen.get(path)
            if state is None or self._is_done(path, state, edition):
                continue
            yield path, before if before == state else state

    def _is_done(self, path: str, state: _State, edition: str) -> bool:
        if self.done.get(path) == state:
            self.seen[path] = state
            return True
        known = self.store.known_file(path)
        return known is not None and known[1:] == (state.size, state.modified) and self.store.is_current(known[0], edition)

    def _is_complete(self, path: str, state: _State) -> bool:
        if self.seen.get(path) is not state or _is_locked(path):
            return False
        return not state.readable or _ends_as_it_should(path, state.size) or time.monotonic() - state.since > _PATIENCE

    def _tell_when_away(self) -> None:
        away = not self.inbox.is_dir()
        if away and not self.away:
            self.tell(say(self.language, "watch_away", inbox=self.inbox))
        self.away = away


def _state_of(path: str, now: float) -> _State | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _State(status.st_size, status.st_mtime_ns, os.access(path, os.R_OK), now)


def _ends_as_it_should(path: str, size: int) -> bool:
    try:
        with Path(path).open("rb") as file:
            file.seek(max(size - _TAIL, 0))
            end = file.read()
            return b"%%EOF" in end or _END_OF_ZIP in end
    except OSError:
        return False


def _is_locked(path: str) -> bool:
    """Whether whoever writes the file keeps others out."""
    try:
        with Path(path).open("rb") as file:
            return _is_held(file.fileno())
    except PermissionError:
        return os.name == "nt"  # where an open file of another program cannot be read; elsewhere it is a matter of rights
    except OSError:
        return False


def _is_held(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a share that knows no locks
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def _analyse(
    paths: Sequence[str], inbox: Path, store: Store, edition: str, options: Options, *, stop: Stop, tell: Callable[[str], None]
) -> Tally:
    tally = fill(store, edition, [Input(path) for path in paths], options, stop=stop, watcher=Watcher())
    for path in paths:
        _hand_over(path, inbox, store, options.language, tell)
    return tally


def _hand_over(path: str, inbox: Path, store: Store, language: str, tell: Callable[[str], None]) -> None:
    """Put the report, or the sentence that says why there is none, where it is found by the name of the file."""
    known = store.known_file(path)
    summary = store.summary(known[0]) if known else None
    if known is None or summary is None:
        return
    target = store.folder / REPORTS / os.path.relpath(path, os.path.abspath(inbox))
    report, apology = target.with_name(f"{target.name}.html"), target.with_name(f"{target.name}.txt")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if summary.code:
            sentence = failure_sentence(summary, os.path.basename(os.fsencode(path).decode("utf-8", "replace")), language)
            write_atomically(apology, f"{sentence}\n".encode("utf-8", "replace"))
            report.unlink(missing_ok=True)
            tell(clean(sentence))
            return
        page = page_path(store.folder / PAGES, known[0])
        if page.is_file():
            _copy(page, report)
        apology.unlink(missing_ok=True)
    except OSError as error:
        raise told_of_output(error, store.folder) from error
    outcome = say(language, "overall", triage=say(language, f"triage_{summary.triage}"), percent=round(100 * summary.score))
    tell(clean(say(language, "watch_read", name=target.name, outcome=outcome)))


def _copy(page: Path, report: Path) -> None:
    """The page under a second name; where the disk can, without taking room twice."""
    report.unlink(missing_ok=True)
    try:
        os.link(page, report)
    except OSError:
        shutil.copyfile(page, report)


def _sleep(seconds: float, stop: Stop) -> None:
    until = time.monotonic() + seconds
    while not stop.urgency and time.monotonic() < until:
        time.sleep(min(_NAP, seconds))
