"""A watched folder: complete files are analysed once, half-written ones are left alone, and nothing is moved."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from faults import drop, options

from analyzer.batch import watch as watching
from analyzer.batch.run import Stop
from analyzer.batch.store import Store
from analyzer.batch.watch import watch
from analyzer.cli import main


@contextmanager
def kept_watch(inbox: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A watch that goes on in the background; gives what it says."""
    stop, said = Stop(), list[str]()

    @contextmanager
    def stopping() -> Iterator[Stop]:
        yield stop

    monkeypatch.setattr(watching, "stopping", stopping)
    thread = threading.Thread(target=watch, args=(inbox, out, options()), kwargs={"interval": 0.1, "once": False, "tell": said.append})
    thread.start()
    try:
        yield said
    finally:
        stop.ask()
        thread.join(30)
        assert not thread.is_alive()


def once(inbox: Path, out: Path, **more: Any) -> list[str]:
    """Analyse what is there; gives what was said."""
    said: list[str] = []
    watch(inbox, out, options(**more), interval=0.05, once=True, tell=said.append)
    return said


def said_of(said: list[str], name: str) -> bool:
    """Whether the file is told of, now or within some seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if any(name in words for words in said):
            return True
        time.sleep(0.05)
    return False


def documents(out: Path) -> dict[str, str]:
    """Of each document its first file's name and its failure code."""
    with Store(out, write=False) as store:
        return {Path(one.name).name: one.summary.code for one in store.listed()}


def test_a_half_written_file_is_left_alone_until_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, out = drop(tmp_path / "inbox", "early.pdf"), tmp_path / "out"
    with kept_watch(inbox, out, monkeypatch) as said:
        assert said_of(said, "early.pdf")
        with (inbox / "growing.pdf").open("wb") as copy:
            copy.write(b"%PDF-1.4 the beginning")
            copy.flush()
            drop(inbox, "marker.pdf")
            assert said_of(said, "marker.pdf")
            time.sleep(0.5)
            copy.write(b" and the rest\n%%EOF")
        assert said_of(said, "growing.pdf")
    assert documents(out) == {"early.pdf": "", "growing.pdf": "", "marker.pdf": ""}
    with Store(out, write=False) as store:
        assert [one.summary.pages for one in store.listed() if "growing" in one.name] == [
            len(b"%PDF-1.4 the beginning and the rest\n%%EOF")
        ]


def test_a_locked_file_waits_for_its_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, out = drop(tmp_path / "inbox", "locked.pdf"), tmp_path / "out"
    with kept_watch(inbox, out, monkeypatch) as said:
        with (inbox / "locked.pdf").open("rb") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            drop(inbox, "marker.pdf")
            assert said_of(said, "marker.pdf")
            time.sleep(0.3)
            assert not any("locked.pdf" in words for words in said)
        assert said_of(said, "locked.pdf")


def test_files_stay_as_they_are_and_a_restart_repeats_nothing(tmp_path: Path) -> None:
    inbox, out = drop(tmp_path / "inbox", "a.pdf", "crash.pdf"), tmp_path / "out"
    (inbox / "sub").mkdir()
    drop(inbox / "sub", "a.pdf", "b.pdf")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in inbox.rglob("*.pdf")}
    said = once(inbox, out)
    assert len(said) == 4
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in inbox.rglob("*.pdf")}
    assert "SIGSEGV" in (out / "reports" / "crash.pdf.txt").read_text("utf-8")
    assert documents(out)["b.pdf"] == ""
    assert once(inbox, out) == []
    assert len(once(inbox, out, pack="rscpq", filed_on=date(2026, 4, 1))) == 4
    assert once(inbox, out, pack="rscpq", filed_on=date(2026, 4, 2)) == []
    assert len(once(inbox, out)) == 4
    (inbox / "a.pdf").write_bytes(b"%PDF-1.4 a new version\n%%EOF")
    assert len(once(inbox, out)) == 1


def test_a_file_without_an_end_is_reported_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, out = drop(tmp_path / "inbox", "a.pdf"), tmp_path / "out"
    (inbox / "empty.pdf").touch()
    monkeypatch.setattr(watching, "_PATIENCE", 0.3)
    once(inbox, out)
    assert documents(out) == {"a.pdf": "", "empty.pdf": "empty_file"}
    assert "0 bytes" in (out / "reports" / "empty.pdf.txt").read_text("utf-8")


def test_a_thousand_files_at_once(tmp_path: Path) -> None:
    inbox, out = drop(tmp_path / "inbox", *(f"{number:04}.pdf" for number in range(1000))), tmp_path / "out"
    assert len(once(inbox, out)) == 1000
    assert list(documents(out).values()) == [""] * 1000


def test_a_folder_that_goes_away_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, out = drop(tmp_path / "inbox", "a.pdf"), tmp_path / "out"
    with kept_watch(inbox, out, monkeypatch) as said:
        assert said_of(said, "a.pdf")
        inbox.rename(tmp_path / "away")
        assert said_of(said, "cannot be reached")
        (tmp_path / "away").rename(inbox)
        drop(inbox, "b.pdf")
        assert said_of(said, "b.pdf")


def test_places_that_make_no_sense_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox = drop(tmp_path / "inbox", "a.pdf")
    for arguments in ([str(inbox)], [str(inbox / "a.pdf"), "--out", "x"], [str(inbox), "--out", str(inbox)]):
        assert main(["watch", *arguments, "--lang", "en"]) == 2
    assert capsys.readouterr().err.count("analyzer --help") == 3
