"""Worker processes: each has a pipe of its own and holds one known document, so whatever happens to it concerns that document alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from analyzer.batch.desk import REAL_ANALYST, OutputFull, Setup, load_analyst
from analyzer.batch.limits import deadline
from analyzer.batch.preload import VARIABLE
from analyzer.batch.records import Record, Task, record_of_failure
from analyzer.confinement import confine
from analyzer.errors import AnalyzerError

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A worker is one core's work; libraries that start threads of their own would only get in each other's way."""
_START = 120.0
"""Seconds a worker may take until it is ready."""
_FALSE_STARTS = 3
_FAREWELL = 0.5
"""Seconds a worker gets to end by itself."""
_SECOND_CHANCE = frozenset({signal.SIGKILL, signal.SIGTERM}) if hasattr(signal, "SIGKILL") else frozenset({signal.SIGTERM})
"""Signals that come from outside the process (the system short of memory, an operator): the document may be blameless."""


class WorkersFail(AnalyzerError):
    """No worker gets ready."""

    code = "workers_fail"


class Engine(Protocol):
    """Where documents are analysed: processes here, or a cluster."""

    def room(self) -> int:
        """How many more tasks it takes now."""

    def submit(self, task: Task) -> None:
        """Take a task."""

    def collect(self, seconds: float) -> list[Record]:
        """What is done, after waiting at most ``seconds`` for the first."""

    def busy(self) -> int:
        """Tasks taken and not yet given back."""

    def close(self) -> None:
        """End, and forget the tasks that are not done."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """What a worker sends when it can do nothing at all."""

    error: AnalyzerError | OutputFull


_READY = "ready"
_LAST_OF_ITS_WORKER = "out_of_memory"
"""The failure after which a worker makes place for a fresh one: its memory may be in pieces."""


def serve(pipe: Connection, setup: Setup) -> None:
    """A worker's life: answer each task with its record until the pipe closes or the worker has read its share."""
    with suppress(AttributeError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        analyse = load_analyst(setup)
    except AnalyzerError as error:
        pipe.send(_Broken(error))
        return
    confine(setup.limits.megabytes)
    with suppress(EOFError, BrokenPipeError, ConnectionError):
        pipe.send(_READY)
        for _ in range(setup.limits.documents):
            task: Task = pipe.recv()
            try:
                with deadline(setup.limits):
                    record = analyse(task)
            except (AnalyzerError, OutputFull) as error:
                pipe.send(_Broken(error))
                return
            pipe.send(record)
            if record.summary.code == _LAST_OF_ITS_WORKER:
                return


@dataclass(slots=True)
class Worker:
    """One process and the document it holds."""

    setup: Setup
    process: BaseProcess = field(init=False)
    pipe: Connection = field(init=False)
    task: Task | None = None
    ready: bool = False
    since: float = 0.0
    left: int = 0

    def __post_init__(self) -> None:
        context: Any = get_context("forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.setup), daemon=True)
        with _forked_with_everything(self.setup):
            self.process.start()
        theirs.close()
        self.since, self.left = time.monotonic(), self.setup.limits.documents

    @property
    def free(self) -> bool:
        """Whether it can take a task; one that is not ready yet finds it in the pipe."""
        return self.task is None and self.left > 0

    def give(self, task: Task) -> None:
        """Hand over a task; the clock starts."""
        self.task = task
        self.left -= 1
        if self.ready:
            self.since = time.monotonic()
        with suppress(OSError):  # a dead worker is noticed at the other end of the pipe
            self.pipe.send(task)

    def overdue(self) -> bool:
        """Whether the document, or the start, has used up its time."""
        spent = time.monotonic() - self.since
        return spent > _START if not self.ready else self.task is not None and spent > self.setup.limits.seconds

    def end(self) -> int:
        """Stop the process, if it has not been, and give its exit code."""
        if self.pipe.closed:
            return 0
        self.pipe.close()
        self.process.join(_FAREWELL)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.process.close()
        return code


class LocalPool:
    """``jobs`` workers on this machine. ``collect`` raises what makes all further work pointless: a broken pack, a full disk."""

    def __init__(self, setup: Setup, jobs: int) -> None:
        self.setup = setup
        self.workers = [Worker(setup) for _ in range(jobs)]
        self.again: list[Task] = []
        self.retried: set[str] = set()
        self.false_starts = 0

    def room(self) -> int:
        return sum(worker.free for worker in self.workers) - len(self.again)

    def busy(self) -> int:
        return sum(worker.task is not None for worker in self.workers) + len(self.again)

    def submit(self, task: Task) -> None:
        next(worker for worker in self.workers if worker.free).give(task)

    def collect(self, seconds: float) -> list[Record]:
        while self.again and any(worker.free for worker in self.workers):
            self.submit(self.again.pop())
        by_pipe = {worker.pipe: index for index, worker in enumerate(self.workers)}
        done: list[Record] = []
        for pipe in connection.wait(list(by_pipe), seconds):
            done += self._heard(by_pipe[pipe])  # type: ignore[index]
        for index, worker in enumerate(self.workers):
            if worker.overdue():
                done += self._overdue(index)
        return done

    def close(self) -> None:
        for worker in self.workers:
            if worker.task and not worker.pipe.closed:
                worker.process.kill()
        for worker in self.workers:
            worker.end()
        self.workers = []

    def _heard(self, index: int) -> Iterator[Record]:
        worker = self.workers[index]
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._lost(index)
            return
        if isinstance(message, _Broken):
            raise message.error
        if isinstance(message, Record):
            self.retried.discard(message.key)
            worker.task = None
            if message.summary.code == _LAST_OF_ITS_WORKER:
                worker.left = 0
            yield message
        else:
            worker.ready, worker.since, self.false_starts = True, time.monotonic(), 0

    def _lost(self, index: int) -> Iterator[Record]:
        """The process is gone: its document's fault, or, without one, the end of its share."""
        worker = self.workers[index]
        code, task = worker.end(), worker.task
        if not worker.ready:
            self._start_again(index)
            return
        self.workers[index] = Worker(self.setup)
        if task is None:
            return
        if -code in _SECOND_CHANCE and task.key not in self.retried:
            self.retried.add(task.key)
            self.again.append(task)
            return
        self.retried.discard(task.key)
        yield record_of_failure(task, *_cause(code, self.setup), seconds=time.monotonic() - worker.since)

    def _overdue(self, index: int) -> Iterator[Record]:
        worker = self.workers[index]
        worker.process.kill()
        worker.end()
        if not worker.ready:
            self._start_again(index)
            return
        self.workers[index] = Worker(self.setup)
        if worker.task:
            limit = self.setup.limits.seconds
            yield record_of_failure(worker.task, "timed_out", self.setup.language, {"seconds": f"{limit:g}"}, seconds=limit)

    def _start_again(self, index: int) -> None:
        """Replace a worker that never got ready, for which its document is not to blame."""
        self.false_starts += 1
        if self.false_starts >= _FALSE_STARTS:
            raise WorkersFail
        if task := self.workers[index].task:
            self.again.append(task)
        self.workers[index] = Worker(self.setup)


def _cause(code: int, setup: Setup) -> tuple[str, str, Mapping[str, object]]:
    """Failure code, language and details for an exit code."""
    if code < 0:
        return ("killed" if -code in _SECOND_CHANCE else "crashed"), setup.language, {"signal": _signal_name(-code)}
    return "crashed", setup.language, {"signal": f"exit {code}"}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


@contextmanager
def _forked_with_everything(setup: Setup) -> Iterator[None]:
    """What the fork server needs to know when it starts, which is at the first worker."""
    new = {
        VARIABLE: setup.pack if setup.analyst == REAL_ANALYST else "",
        **{name: os.environ.get(name, value) for name, value in _ONE_THREAD.items()},
    }
    before = {name: os.environ.get(name) for name in new}
    if "forkserver" in multiprocessing.get_all_start_methods():
        get_context("forkserver").set_forkserver_preload(["analyzer.batch.preload"])
    os.environ.update(new)
    try:
        yield
    finally:
        _restore(before)


def _restore(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def default_jobs() -> int:
    """As many workers as cores that this process may use."""
    usable: Sequence[int] | set[int] = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(len(usable), 1)
