"""An encrypted protocol gives the same with its password as without encryption, and the password is found nowhere afterwards."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nasty.locked import encrypted

from analyzer import cli, guard
from analyzer.reading import read
from analyzer.resources import say

ORIGINAL = Path(__file__).parent.parent / "examples" / "fistula_en.pdf"
PASSWORD = "Pa55-wört"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, encrypted."""
    path = tmp_path_factory.mktemp("locked") / ORIGINAL.name
    path.write_bytes(encrypted(ORIGINAL.read_bytes(), "AES-256", PASSWORD))
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command and gives what stands on stdout; at the end, nothing that was written or said may hold the password."""
    said: list[str] = []
    monkeypatch.delenv("ANALYZER_PASSWORD", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path, status: int = 0) -> str:
        assert cli.main([*map(str, arguments), "--lang", "en"]) == status, capfd.readouterr().err
        out, err = capfd.readouterr()
        said.extend((out, err))
        return out

    yield command
    secret = PASSWORD.encode()
    assert not any(PASSWORD in words for words in said)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret.txt" and secret in path.read_bytes()]


def report(printed: str) -> dict[str, Any]:
    """A report without what tells the two files apart."""
    made: dict[str, Any] = json.loads(printed)
    for name in ("path", "sha256"):
        made["document"].pop(name)
    return made


def test_the_report_is_the_same_however_the_password_comes(run: Run, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = ("check", "--format", "json", "-q")
    plain = report(run(*check, ORIGINAL))
    assert report(run(*check, locked, "--password", PASSWORD)) == plain
    (tmp_path / "secret.txt").write_text(f"\ufeff{PASSWORD}\r\nnot this line\n", "utf-8")
    from_file = report(run(*check, locked, "--password-file", tmp_path / "secret.txt", "--pack", "mini"))
    monkeypatch.setenv("ANALYZER_PASSWORD", PASSWORD)
    assert report(run(*check, locked, "--pack", "mini")) == from_file


def test_without_or_with_a_wrong_one_the_sentence_says_what_to_do(run: Run, locked: Path, tmp_path: Path) -> None:
    for more, code in ((), "encrypted"), (("--password", "wrong"), "wrong_password"):
        failure = json.loads(run("check", locked, "--format", "json", "--pack", "mini", *more, status=3))["error"]
        assert failure == {"code": code, "message": say("en", f"error_{code}", path=locked)}
        assert "--password" in failure["message"]
    run("check", locked, "--password-file", tmp_path / "none.txt", status=2)


def test_words_pictures_and_marks_come_from_the_encrypted_file_too(run: Run, locked: Path, tmp_path: Path) -> None:
    assert run("text", locked, "--password", PASSWORD) == run("text", ORIGINAL)
    for form in ("html", "pdf"):
        run("check", locked, "--password", PASSWORD, "-o", tmp_path / f"locked.{form}", "--pack", "mini")
    assert "data:image/" in (tmp_path / "locked.html").read_text("utf-8")
    marked = read(tmp_path / "locked.pdf")
    assert len(marked.pages) == len(read(ORIGINAL).pages) + 1


def test_versions_are_compared(run: Run, locked: Path) -> None:
    compared = json.loads(run("compare", ORIGINAL, locked, "--password", PASSWORD, "--format", "json", "--pack", "mini"))
    assert compared["text_compared"] and compared["sections"] == [] and compared["verdicts"] == []


def test_triage_and_watch_open_it(run: Run, locked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("triage", locked, "--out", out, "-q", "--jobs", "1", "--pack", "mini", status=3)
    run("triage", locked, "--out", out, "-q", "--jobs", "1", "--pack", "mini", "--password", PASSWORD)
    (outcome,) = map(json.loads, gzip.decompress((out / "outcomes.jsonl.gz").read_bytes()).splitlines())
    assert outcome["document"]["pages"] == len(read(ORIGINAL).pages)
    run("watch", locked.parent, "--out", tmp_path / "watched", "--once", "-q", "--jobs", "1", "--pack", "mini", "--password", PASSWORD)
    page = tmp_path / "watched" / "reports" / f"{locked.name}.html"
    assert "data:image/" in page.read_text("utf-8")


def test_it_works_where_processes_are_spawned(run: Run, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    monkeypatch.setattr(guard, "_context", lambda: multiprocessing.get_context("spawn"))
    made = report(run("check", locked, "--password", PASSWORD, "--format", "json", "--pack", "mini", "-q"))
    assert made["document"]["pages"] > 1
