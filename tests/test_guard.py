"""The process in which files are read: what happens there costs the file it happens to, and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from analyzer import errors, guard, limits
from analyzer.guard import Fault, Guard, Tell

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


def prepare(tell: Tell) -> Callable[..., str]:
    """A reader that does what the name of the file says."""
    seen: list[str] = []

    def read(path: str) -> str:
        seen.append(path)
        if path == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
            time.sleep(100)
        if path == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if path == "leave":
            os._exit(7)
        if path == "eat":
            bytearray(20 << 30)
        if path == "fault":
            raise ZeroDivisionError("a slip")
        if path == "locked":
            raise errors.EncryptedPdf(path=path)
        if path == "stop":
            raise KeyboardInterrupt
        if path == "long":
            for page in range(4):
                time.sleep(0.4)
                tell(page + 1, 4)
                limits.progress()
        return f"{path}, number {len(seen)}"

    return read


def refuse(tell: Tell) -> Callable[..., str]:
    """A reader that cannot be made."""
    raise errors.BrokenPack(file="x.yaml", line=7, expected="a list")


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guard[str]]:
    """A guarded reader that is given up after a second."""
    monkeypatch.setenv(limits.VARIABLE, "seconds=1 total_seconds=30 megabytes=1000")
    with Guard(prepare) as made:
        yield made


@posix
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("hang", errors.OverSeconds),
        ("crash", errors.Crashed),
        ("leave", errors.Crashed),
        ("eat", errors.OverMegabytes),
        ("locked", errors.EncryptedPdf),
        ("fault", Fault),
        ("stop", KeyboardInterrupt),
    ],
)
def test_what_happens_to_one_file_leaves_the_next_alone(reader: Guard[str], path: str, error: type[BaseException]) -> None:
    assert reader("first") == "first, number 1"
    with pytest.raises(error) as caught:
        reader(path)
    if isinstance(caught.value, errors.UnreadableFile):
        assert caught.value.details["path"] == path
    if isinstance(caught.value, errors.Crashed):
        assert caught.value.details["signal"] == {"crash": "SIGSEGV", "leave": "7"}[path]
    if isinstance(caught.value, Fault):
        assert "ZeroDivisionError: a slip" in caught.value.trace and "in read" in caught.value.trace
    survived = error in {errors.EncryptedPdf, Fault, KeyboardInterrupt}
    assert reader("next") == f"next, number {3 if survived else 1}"


def test_one_process_reads_all_files(reader: Guard[str]) -> None:
    assert [reader(name) for name in "abc"] == ["a, number 1", "b, number 2", "c, number 3"]
    assert multiprocessing.active_children()


def test_a_file_may_take_long_as_long_as_there_is_progress(reader: Guard[str]) -> None:
    told: list[tuple[int, int]] = []
    reader.tell = lambda done, total: told.append((done, total))
    assert reader("long") == "long, number 1"
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.VARIABLE, "seconds=1 total_seconds=1")
    with Guard(prepare) as reader, pytest.raises(errors.OverTotalSeconds):
        reader("long")


def test_what_cannot_be_loaded_is_told_at_the_first_file() -> None:
    with Guard(refuse) as reader, pytest.raises(errors.BrokenPack) as caught:
        reader("a.pdf")
    assert caught.value.details["line"] == 7


def test_nobody_is_left_behind() -> None:
    with Guard(prepare) as reader:
        reader("a")
    assert not multiprocessing.active_children()


def test_where_a_system_does_not_fork_the_process_is_spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_context", lambda: multiprocessing.get_context("spawn"))
    with Guard(prepare) as reader:
        assert reader("a") == "a, number 1"
        with pytest.raises(errors.EncryptedPdf):
            reader("locked")
