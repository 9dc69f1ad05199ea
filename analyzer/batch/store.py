"""The outcomes of a folder in one SQLite file: written by one process, read by any, whole after a crash at any instant."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from analyzer.batch.records import TRANSIENT, Record, Summary, repacked
from analyzer.errors import AnalyzerError, ExitStatus

FILE = "outcomes.sqlite"
_LOCK = ".lock"
_CHECKPOINT = 5.0
"""Seconds between two moments at which everything is forced to the disk: what a power cut can cost."""

_MIGRATIONS = (
    """
    CREATE TABLE documents (
        sha256 TEXT PRIMARY KEY, edition TEXT NOT NULL, code TEXT NOT NULL, finished TEXT NOT NULL, summary TEXT NOT NULL,
        body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE files (path BLOB PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX files_by_document ON files (sha256);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    "ALTER TABLE documents ADD COLUMN page INTEGER NOT NULL DEFAULT 0;",
    "UPDATE documents SET body = repacked(body);",
)
"""Each brings a store from one version to the next; the version is the number of those done."""


class StoreError(AnalyzerError):
    """The output folder cannot be used."""

    status = ExitStatus.USAGE


class OutputUnwritable(StoreError):
    code = "output_unwritable"


class OutputBusy(StoreError):
    code = "output_busy"


class StoreMissing(StoreError):
    code = "store_missing"


class StoreDamaged(StoreError):
    code = "store_damaged"


class StoreTooNew(StoreError):
    code = "store_too_new"


class DiskFull(AnalyzerError):
    """No room is left; what was kept before stays good."""

    code = "disk_full"


@dataclass(frozen=True, slots=True)
class Listed:
    """A distinct document: its outcome in short and every file that holds it, the first of them first."""

    key: str
    summary: Summary
    finished: str
    names: list[str]
    page: bool

    @property
    def name(self) -> str:
        """The file it is known by."""
        return self.names[0]


class Store:
    """The outcomes in ``folder``. A writer keeps others out until it is closed; every method may raise DiskFull or a StoreError."""

    def __init__(self, folder: Path, *, write: bool) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._lock: IO[bytes] | None = None
        self._checked = time.monotonic()
        self._elements: dict[str, dict[str, str]] = {}
        if write:
            self._prepare()
        elif not self.path.is_file():
            raise StoreMissing(path=str(folder))
        with self._told():
            self._database = self._open(write)
            if write:
                self._migrate()
            elif self._version() > len(_MIGRATIONS):
                raise StoreTooNew(path=str(self.path))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder free."""
        with suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.rollback()
        with suppress(sqlite3.Error):
            self._database.close()
        if self._lock:
            self._lock.close()

    def clear(self) -> None:
        """Forget everything."""
        with self._told():
            self._begin()
            for table in ("documents", "files", "facts"):
                self._database.execute(f"DELETE FROM {table}")
        self._elements = {}
        self.flush()

    # --- what is known

    def known_file(self, path: str) -> tuple[str, int, int] | None:
        """SHA-256, size and time of change of a file as it was last seen."""
        with self._told():
            row: tuple[str, int, int] | None = self._database.execute(
                "SELECT sha256, size, modified FROM files WHERE path = ?", (os.fsencode(path),)
            ).fetchone()
            return row

    def needed(self, key: str, edition: str, *, retry: bool, page: bool) -> bool:
        """Whether this document is new, outdated, failed for a passing reason, or (``retry``) failed; or lacks a page that is wanted."""
        with self._told():
            row = self._database.execute("SELECT edition, code, page FROM documents WHERE sha256 = ?", (key,)).fetchone()
        if row is None:
            return True
        old, code, has_page = row
        return old != edition or code in TRANSIENT or bool(retry and code) or bool(page and not code and not has_page)

    def is_current(self, key: str, edition: str) -> bool:
        """Whether there is an outcome of this edition."""
        with self._told():
            row = self._database.execute("SELECT edition FROM documents WHERE sha256 = ?", (key,)).fetchone()
        return row is not None and row[0] == edition

    def same_failure(self, key: str, edition: str, code: str) -> bool:
        """Whether this failure is known already."""
        with self._told():
            row = self._database.execute("SELECT edition, code FROM documents WHERE sha256 = ?", (key,)).fetchone()
        return row is not None and tuple(row) == (edition, code)

    def failed_files(self) -> list[str]:
        """Paths of every document that gave no report, one each."""
        with self._told():
            rows = self._database.execute(
                "SELECT min(path) FROM files JOIN documents USING (sha256) WHERE code != '' GROUP BY sha256 ORDER BY 1"
            ).fetchall()
        return [os.fsdecode(path) for (path,) in rows]

    def counts(self) -> dict[str, int]:
        """Distinct documents, those that failed, and files."""
        with self._told():
            documents, failed = self._database.execute(f"SELECT count(*), total(code != '') FROM documents WHERE {_ALIVE}").fetchone()
            (files,) = self._database.execute("SELECT count(*) FROM files").fetchone()
        return {"documents": documents, "failed": int(failed), "files": files}

    def listed(self) -> Iterator[Listed]:
        """Every document in the order of its first file's name."""
        with self._told():
            rows = self._database.execute(
                "SELECT sha256, summary, finished, page, (SELECT json_group_array(name) FROM"
                " (SELECT name FROM files WHERE files.sha256 = documents.sha256 ORDER BY path)) AS names"
                f" FROM documents WHERE {_ALIVE} ORDER BY names"
            )
            for key, summary, finished, page, names in rows:
                yield Listed(key, Summary.unpacked(summary), finished, json.loads(names), bool(page))

    def body(self, key: str) -> bytes:
        """The packed outcome of a document."""
        with self._told():
            (body,) = self._database.execute("SELECT body FROM documents WHERE sha256 = ?", (key,)).fetchone()
        return bytes(body)

    def summary(self, key: str) -> Summary | None:
        """The outcome of a document in short."""
        with self._told():
            row = self._database.execute("SELECT summary FROM documents WHERE sha256 = ?", (key,)).fetchone()
        return Summary.unpacked(row[0]) if row else None

    def fact(self, name: str) -> Any:
        """A value kept beside the outcomes, or None."""
        with self._told():
            row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    # --- what is written

    def keep_file(self, path: str, name: str, key: str, size: int, modified: int) -> None:
        """Note that a file holds the document ``key``."""
        with self._told():
            self._begin()
            self._database.execute(
                "REPLACE INTO files (path, name, sha256, size, modified) VALUES (?, ?, ?, ?, ?)",
                (os.fsencode(path), name, key, size, modified),
            )

    def keep(self, record: Record, edition: str, finished: str) -> None:
        """Keep an outcome in place of an older one of the same document."""
        with self._told():
            self._begin()
            self._database.execute(
                "REPLACE INTO documents (sha256, edition, code, finished, summary, body, page) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (record.key, edition, record.summary.code, finished, record.summary.packed(), record.body, record.page),
            )
        if not record.elements.items() <= self._elements.items():
            self._elements = (self.fact("elements") or {}) | record.elements
            self.set_fact("elements", self._elements)

    def set_fact(self, name: str, value: object) -> None:
        """Keep a value beside the outcomes; that alone is no change."""
        with self._told():
            self._begin(change=False)
            self._database.execute("REPLACE INTO facts (name, value) VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False)))

    def flush(self) -> None:
        """Commit; from now on no crash of the program loses it."""
        with self._told():
            if self._database.in_transaction:
                self._database.execute("COMMIT")
            if time.monotonic() - self._checked > _CHECKPOINT:
                self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._checked = time.monotonic()

    # --- the file itself

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / _LOCK).open("ab")
        except OSError as error:
            raise _told(error, self.folder) from error
        if not _alone(self._lock):
            self._lock.close()
            raise OutputBusy(path=str(self.folder))

    def _open(self, write: bool) -> sqlite3.Connection:
        uri = f"{self.path.resolve().as_uri()}?mode={'rwc' if write else 'ro'}"
        database = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
        if write:
            database.execute("PRAGMA journal_mode = WAL")  # on a network share it stays what it was, which is slower and as safe
            database.execute("PRAGMA synchronous = NORMAL")
        return database

    def _version(self) -> int:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _migrate(self) -> None:
        version = self._version()
        if version > len(_MIGRATIONS):
            raise StoreTooNew(path=str(self.path))
        self._database.create_function("repacked", 1, repacked, deterministic=True)
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            self._database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")

    def _begin(self, *, change: bool = True) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN IMMEDIATE")
            if change:
                self._database.execute(
                    "INSERT INTO facts VALUES ('changes', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
                )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database as sentences for the user."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _told(error, self.folder) from error


_ALIVE = "EXISTS (SELECT 1 FROM files WHERE files.sha256 = documents.sha256)"
"""A document that a file still holds; one whose only file was changed is kept, should it come back, but not listed."""


def _told(error: Exception, folder: Path) -> AnalyzerError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in _FULL:
        return DiskFull(path=str(folder))
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreDamaged(path=str(folder / FILE))
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM} or isinstance(error, OSError):
        return OutputUnwritable(path=str(folder))
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return OutputBusy(path=str(folder))
    if code == sqlite3.SQLITE_IOERR:
        return DiskFull(path=str(folder)) if _without_room(folder) else OutputUnwritable(path=str(folder))
    raise error


def _without_room(folder: Path) -> bool:
    import shutil

    try:
        return shutil.disk_usage(folder).free < 1 << 20
    except OSError:
        return False


def _full_codes() -> frozenset[int]:
    import errno

    return frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


_FULL = _full_codes()


def told_of_output(error: OSError, folder: Path) -> AnalyzerError:
    """An error from writing into the folder as a sentence for the user."""
    return _told(error, folder)


def _alone(lock: IO[bytes]) -> bool:
    """Whether this process now holds the lock; the system gives it free when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
