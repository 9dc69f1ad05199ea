"""The same work on Dask distributed: every Dask worker keeps processes of its own for the documents, so that a crash costs one document
there as it does here; a Dask worker that dies costs nothing, for its tasks go to another.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.batch.desk import OutputFull, Setup, page_path, read_bytes
from analyzer.batch.records import Record, Task, record_of_failure
from analyzer.batch.sources import is_here
from analyzer.batch.workers import LocalPool
from analyzer.errors import AnalyzerError, ExitStatus
from analyzer.ocr import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

_AHEAD = 2
"""Tasks per thread of the cluster that are on their way at a time: the rest waits here, not in the scheduler's memory."""
_CONNECT = 20
_LOST_WORKERS = 4
"""How many Dask workers may die with a document before it is held to be its fault."""


class ClusterMissing(AnalyzerError):
    code = "cluster_missing"
    status = ExitStatus.USAGE


class ClusterUnreachable(AnalyzerError):
    code = "cluster_unreachable"


class ClusterVersions(AnalyzerError):
    code = "cluster_versions"
    status = ExitStatus.USAGE


class DaskPool:
    """An ``Engine`` on a Dask cluster: the one at ``scheduler``, or a new one of ``jobs`` worker processes on this machine.

    Raises ClusterMissing without the extra, ClusterUnreachable, and ClusterVersions when a worker holds other rules than ``edition``.
    """

    def __init__(self, setup: Setup, edition: str, scheduler: str | None, jobs: int) -> None:
        self.setup = setup
        self._scheduler = scheduler or "local"
        self._tasks: dict[Any, Task] = {}
        self._client, self._cluster = _connected(scheduler, jobs)
        try:
            self._check(edition)
        except BaseException:
            self.close()
            raise

    def room(self) -> int:
        threads = int(sum(self._client.nthreads().values()))
        return _AHEAD * max(threads, 1) - len(self._tasks)

    def busy(self) -> int:
        return len(self._tasks)

    def submit(self, task: Task) -> None:
        with _reaching(self._scheduler):
            future = self._client.submit(analyse_there, task, self.setup, pure=False, retries=_LOST_WORKERS)
        self._tasks[future] = task

    def collect(self, seconds: float) -> list[Record]:
        time.sleep(seconds / 10)
        finished = [future for future in self._tasks if future.done()]
        if self._client.status not in {"running", "connecting"}:
            raise ClusterUnreachable(scheduler=self._scheduler)
        records = []
        for future in finished:
            task = self._tasks.pop(future)
            record = self._record(future, task)
            if record.summary.code == "file_missing" and task.data is None and is_here(task.path):
                self.submit(replace(task, data=read_bytes(task.path)))  # the worker does not see our disk
            else:
                records.append(record)
        return records

    def close(self) -> None:
        with suppress(Exception):
            self._client.cancel(list(self._tasks))
        for part in (self._client, self._cluster):
            if part is not None:
                with suppress(Exception):
                    part.close()

    def _record(self, future: Any, task: Task) -> Record:
        distributed: Any = import_module("distributed")
        try:
            record: Record
            record, page = future.result()
        except distributed.KilledWorker:
            return record_of_failure(task, "killed", self.setup.language, {"signal": "KilledWorker"})
        except (distributed.CancelledError, OSError) as error:
            raise ClusterUnreachable(scheduler=self._scheduler) from error
        if page is not None and self.setup.pages:
            self._write_page(task, page)
        return record

    def _write_page(self, task: Task, page: bytes) -> None:
        from analyzer.reports import write_atomically

        path = page_path(Path(self.setup.pages or ""), task.key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, page)
        except OSError as error:
            raise OutputFull from error

    def _check(self, edition: str) -> None:
        with _reaching(self._scheduler):
            self._client.wait_for_workers(1, timeout=_CONNECT)
            found = self._client.run(edition_there, self.setup.pack, self.setup.filed_on, self.setup.ocr)
        other = sorted(address for address, theirs in found.items() if theirs != edition)
        if other:
            raise ClusterVersions(workers=", ".join(f"{address} ({_in_short(found[address])})" for address in other))


def _connected(scheduler: str | None, jobs: int) -> tuple[Any, Any]:
    try:
        dask: Any = import_module("dask")
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise ClusterMissing from error
    dask.config.set({"distributed.scheduler.allowed-failures": _LOST_WORKERS})
    with _reaching(scheduler or "local"):
        if scheduler:
            return distributed.Client(scheduler, timeout=_CONNECT), None
        cluster = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None)
        return distributed.Client(cluster), cluster


@contextmanager
def _reaching(scheduler: str) -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise ClusterUnreachable(scheduler=scheduler) from error


def _in_short(edition: str) -> str:
    return " ".join(map(str, json.loads(edition).values()))


# --- what runs in the cluster


def edition_there(pack: str, filed_on: date | None, ocr: Mode) -> str:
    """What outcomes of this Dask worker depend on."""
    from analyzer.batch.edition import edition_of

    return edition_of(pack, filed_on or date.today(), ocr)


_pools = threading.local()


def analyse_there(task: Task, setup: Setup) -> tuple[Record, bytes | None]:
    """The record of a document, made in a process of its own beside the Dask worker, and its page where one is asked for."""
    import tempfile

    if getattr(_pools, "setup", None) != setup:
        multiprocessing.current_process().daemon = False  # or it might have no children
        _pools.setup, _pools.folder = setup, tempfile.TemporaryDirectory(prefix="analyzer-pages-")
        _pools.pool = LocalPool(replace(setup, pages=_pools.folder.name if setup.pages else None), 1)
    pool: LocalPool = _pools.pool
    while pool.room() < 1:
        pool.collect(0.5)
    pool.submit(task)
    records: list[Record] = []
    while not records:
        records = pool.collect(0.5)
    return records[0], _taken(page_path(Path(_pools.folder.name), task.key)) if records[0].page else None


def _taken(path: Path) -> bytes:
    data = path.read_bytes()
    path.unlink()
    return data
