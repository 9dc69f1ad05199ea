"""Which files are meant, one by one: nothing here grows with their number."""

from __future__ import annotations

import hashlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analyzer.batch.desk import read_bytes
from analyzer.errors import AnalyzerError, EmptyFile, FileMissing, PermissionDenied
from analyzer.inputs import STDIN, Input, gather, is_meant, unpacked

_LISTS = {".txt", ".lst", ".list"}
"""Endings of files that hold a path on each line."""
_AHEAD = 64
"""Files that are found and read ahead of the workers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was found: its key, and whether that was known from an earlier run. With ``error`` it cannot be read."""

    path: str
    name: str
    key: str
    size: int = 0
    modified: int = 0
    fresh: bool = True
    error: AnalyzerError | None = None


def find(arguments: Sequence[str], *, archives: bool = False, password: str | None = None) -> Iterator[Input]:
    """The files that ``arguments`` mean: PDFs and Word files, folders, globs, lists (``*.txt``, or ``-`` for one on stdin).

    With ``archives``, the protocols in zip files and PDF portfolios too.
    """
    found = (entry for argument in arguments for entry in _found(argument, archives=archives))
    if not archives:
        return found
    from analyzer.reading.archives import inside

    return (member for entry in found for member in unpacked(entry, inside, password))


def _found(argument: str, *, archives: bool) -> Iterator[Input]:
    if argument == STDIN:
        yield from _listed((line.decode(errors="surrogateescape") for line in sys.stdin.buffer), archives=archives)
    elif os.path.isdir(argument):
        yield from _walk(argument, archives=archives)
    elif Path(argument).suffix.lower() in _LISTS and os.path.isfile(argument):
        with Path(argument).open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            yield from _listed(lines, archives=archives)
    else:
        yield from gather([argument]).inputs


def barren(arguments: Sequence[str], *, archives: bool = False) -> list[str]:
    """Those of ``arguments`` that lead to no file; a list on stdin is not looked into."""
    return [argument for argument in arguments if argument != STDIN and next(find([argument], archives=archives), None) is None]


def look_at(entry: Input, known: Callable[[str], tuple[str, int, int] | None], password: str | None = None) -> Found:
    """Size, time and key of a file. Its bytes are read only when they are not ``known``, or have changed since."""
    path = os.path.abspath(entry.path)
    name = os.fsencode(path).decode("utf-8", "replace")
    try:
        if entry.error:
            raise entry.error
        status = os.stat(_on_disk(path))
        before = known(path)
        if before and before[1:] == (status.st_size, status.st_mtime_ns) and not before[0].startswith(_KEY_OF_A_PATH):
            return Found(path, name, before[0], status.st_size, status.st_mtime_ns, fresh=False)
        if not status.st_size:
            raise EmptyFile
        return Found(path, name, _digest(path, password), status.st_size, status.st_mtime_ns)
    except AnalyzerError as error:
        return Found(path, name, key_of_path(path), error=error)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Found(path, name, key_of_path(path), error=FileMissing())
    except OSError:
        return Found(path, name, key_of_path(path), error=PermissionDenied())


_KEY_OF_A_PATH = "path-"


def key_of_path(path: str) -> str:
    """What stands for the SHA-256 of a file that cannot be read."""
    return _KEY_OF_A_PATH + hashlib.sha256(os.fsencode(path)).hexdigest()


class Feeder:
    """Finds and reads files on a thread of its own, some ahead of the workers, so that a slow disk keeps nobody waiting."""

    def __init__(self, entries: Iterator[Input], known: Callable[[str], tuple[str, int, int] | None], password: str | None = None) -> None:
        self._queue: queue.Queue[Found | BaseException | None] = queue.Queue(_AHEAD)
        self._stopped = threading.Event()
        self.finished = False
        self._thread = threading.Thread(target=self._run, args=(entries, known, password), daemon=True)
        self._thread.start()

    def next(self) -> Found | None:
        """The next file, or None while there is none yet, and after the last."""
        try:
            found = self._queue.get_nowait()
        except queue.Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        self.finished = found is None
        return found

    def stop(self) -> None:
        """Find no more; a file that is being read on a disk that does not answer is not waited for."""
        self._stopped.set()
        self.finished = True
        self._thread.join(1)

    def _run(self, entries: Iterator[Input], known: Callable[[str], tuple[str, int, int] | None], password: str | None) -> None:
        try:
            for entry in entries:
                self._put(look_at(entry, known, password))
                if self._stopped.is_set():
                    return
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _put(self, found: Found | BaseException | None) -> None:
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(found, timeout=0.2)
                return


class Counter:
    """Counts files on a thread of its own; ``total`` is None until all are counted."""

    def __init__(self, entries: Iterable[Input]) -> None:
        self.total: int | None = None
        threading.Thread(target=self._run, args=(entries,), daemon=True).start()

    def _run(self, entries: Iterable[Input]) -> None:
        self.total = sum(1 for _ in entries)


def is_here(path: str) -> bool:
    """Whether a file, or the archive that it is in, lies on our disk."""
    return os.path.isfile(_on_disk(path))


def _on_disk(path: str) -> str:
    """The file itself, or the archive that it is in."""
    if os.path.lexists(path) or "\0" in path:
        return path
    from analyzer.reading.archives import archive_of

    return archive_of(path) or path


def _listed(lines: Iterator[str], *, archives: bool) -> Iterator[Input]:
    for line in lines:
        name = line.strip()
        if name and not name.startswith("#"):
            if os.path.isdir(name):
                yield from _walk(name, archives=archives)
            else:
                yield Input(name)


def _walk(folder: str, *, archives: bool) -> Iterator[Input]:
    """The files under ``folder`` that are meant, folder by folder in the order of their names; a folder that may not be read is told."""
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries if not entry.name.startswith("."))
    except OSError:
        yield Input(folder, PermissionDenied())
        return
    for name, is_folder in names:
        path = os.path.join(folder, name)
        if is_folder:
            yield from _walk(path, archives=archives)
        elif is_meant(path, archives=archives):
            yield Input(path)


def _digest(path: str, password: str | None) -> str:
    if _on_disk(path) != path:
        return hashlib.sha256(read_bytes(path, password)).hexdigest()
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
