"""Forms of the report that are added from outside the command line: where they go, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import pdf
from test_cli import run

from analyzer.errors import ExitStatus
from analyzer.reports import BUILT_IN, ending, form_of, known_forms, renderer
from analyzer.reports.marked_pdf import is_marked
from analyzer.resources import say


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two protocols and a file that cannot be read."""
    data = pdf(lambda sheet: sheet.text(72, 72, "The primary objective is to assess safety."))
    for name in ("one.pdf", "two.pdf"):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "empty.pdf").write_bytes(b"")
    return tmp_path


def test_every_known_form_can_be_loaded() -> None:
    assert {"html", "pdf"} <= set(known_forms())
    assert all(callable(renderer(form)) for form in known_forms() if form not in BUILT_IN)
    assert [renderer(form) for form in BUILT_IN] == [None, None, None]


@pytest.mark.parametrize(
    ("name", "form"), [("a.json", "json"), ("a.HTML", "html"), ("a.pdf", "pdf"), ("a.txt", "terminal"), ("a", None), ("a.exe", None)]
)
def test_the_ending_tells_the_form(name: str, form: str | None) -> None:
    assert form_of(name) == form


def test_a_marked_pdf_never_has_the_name_of_the_original() -> None:
    assert ending("pdf") == ".marked.pdf"


def test_to_a_file(folder: Path) -> None:
    done = run(folder / "one.pdf", "-o", folder / "out.html")
    assert done.returncode == ExitStatus.OK
    assert (folder / "out.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_to_stdout(folder: Path) -> None:
    assert run(folder / "one.pdf", "--format", "html").stdout.startswith("<!DOCTYPE html>")


def test_to_a_folder_one_file_each(folder: Path) -> None:
    done = run(folder, "--format", "pdf", "-o", f"{folder}/out/")
    assert done.returncode == ExitStatus.UNREAD
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["one.marked.pdf", "two.marked.pdf"]
    assert all(is_marked(path) for path in (folder / "out").iterdir())


def test_from_stdin(folder: Path) -> None:
    done = run("-", "--format", "html", "--lang", "en", stdin=(folder / "one.pdf").read_bytes())
    assert say("en", "stdin") in done.stdout


@pytest.mark.parametrize("arguments", [["--format", "html"], ["-o", "{}/out.html"], ["-o", "{}/out.pdf"]])
def test_several_reports_do_not_go_into_one_file(folder: Path, arguments: list[str]) -> None:
    done = run(folder / "one.pdf", folder / "two.pdf", *(argument.format(folder) for argument in arguments), "--lang", "en")
    assert (done.returncode, done.stdout) == (ExitStatus.USAGE, "")
    assert "Give a folder with -o" in done.stderr


def test_a_marked_pdf_replaces_only_its_like(folder: Path) -> None:
    before = (folder / "two.pdf").read_bytes()
    for target in ("two.pdf", "one.pdf"):
        assert run(folder / "one.pdf", "-o", folder / target).returncode == ExitStatus.USAGE
    assert (folder / "two.pdf").read_bytes() == before
    for _ in range(2):
        assert run(folder / "one.pdf", "-o", folder / "new.pdf").returncode == ExitStatus.OK
    assert is_marked(folder / "new.pdf")


def test_nothing_is_written_for_a_file_that_cannot_be_read(folder: Path) -> None:
    done = run(folder / "empty.pdf", "-o", folder / "out.html")
    assert done.returncode == ExitStatus.UNREAD
    assert not (folder / "out.html").exists()
    assert "Written" not in done.stderr
