"""The command as people and scripts use it: what it prints where, and how it ends. Most run in a process of their own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pdfs import pdf

from analyzer import cli
from analyzer.errors import ExitStatus
from analyzer.resources import say, strings

TESTS = Path(__file__).parent
FAKE = """
import os, sys, types
sys.path[:0] = [{tests!r}, {root!r}]

class Analyzer:
    def __init__(self, pack="rscpq", filed_on=None):
        from analyzer.errors import BrokenModel, BrokenPack
        if os.environ.get("BREAK") == "pack":
            raise BrokenPack(file="x.yaml", line=7, expected="a list")
        if os.environ.get("BREAK") == "model":
            raise BrokenModel(path="m")

    def read(self, path, data=None, password=None):
        from analyzer.reading import read
        return read(path, data, password)

    def analyze(self, path, data=None, password=None):
        from samples import element, report
        name = os.path.basename(path)
        if "interrupt" in name:
            raise KeyboardInterrupt
        if "bug" in name:
            raise ZeroDivisionError("a bug in the program")
        document = self.read(path, data, password)
        language = "zh" if "zh" in name else "en"
        verdict = next((word for word in ("missing", "partial") if word in name), "adequate")
        return report([element("objectives", verdict)], path=document.path, language=language, title=None)

module = types.ModuleType("analyzer.pipeline")
module.Analyzer = Analyzer
sys.modules["analyzer.pipeline"] = module
from analyzer.cli import main
sys.exit(main())
"""
"""A command whose reading of files is real and whose judgement is told by the file's name."""


def command() -> list[str]:
    """The command line with the analysis left out."""
    return [sys.executable, "-c", FAKE.format(tests=str(TESTS), root=str(TESTS.parent))]


def environment(**more: str) -> dict[str, str]:
    """The tests' own environment with an English locale and no settings for terminals."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LC_") and key not in {"LANG", "COLUMNS", "NO_COLOR"}}
    return kept | {"LANG": "C.UTF-8", "PYTHONUTF8": "1"} | more


def run(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    done = subprocess.run(
        [*command(), *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, env=environment(**more), check=False
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="session")
def good() -> bytes:
    """A PDF with one page of text."""
    return pdf(lambda sheet: sheet.text(72, 72, "The primary objective is to assess safety."))


@pytest.fixture
def folder(tmp_path: Path, good: bytes) -> Path:
    """Two good PDFs and a good many bad ones."""
    files = {
        "a good.pdf": good,
        "partial.pdf": good,
        "not_a_pdf.pdf": b"no PDF at all",
        "empty_file.pdf": b"",
        "damaged_pdf.pdf": good[:300],
        "encrypted.pdf": pdf(lambda sheet: sheet.text(72, 72, "Secret."), password="secret"),
        "blank_pages.pdf": pdf(lambda sheet: None),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_without_arguments_three_friendly_lines() -> None:
    for language, locale in (("en", "C.UTF-8"), ("zh", "zh_CN.UTF-8")):
        done = run(LANG=locale)
        assert (done.returncode, done.stdout, done.stderr) == (0, strings(language)["welcome"] + "\n", "")
        assert done.stdout.count("\n") == 3


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({}, "en"),
    ],
)
def test_locale(monkeypatch: pytest.MonkeyPatch, locale: dict[str, str], language: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert cli.locale_language() == language


def test_help_is_light() -> None:
    probe = "import sys; sys.argv = ['analyzer', '--help']; from analyzer.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=TESTS.parent, env=environment(), check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"spacy", "sklearn", "pdfplumber", "pydantic", "pypdfium2", "numpy", "jieba", "rich", "skops"}
    assert {"check", "text", "explain"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    "arguments", [["{}"], ["check", "{}"], ["--lang", "en", "{}"], ["{}", "--lang", "en"], ["--", "{}"], ["'{}'"], ["file://{}"]]
)
def test_a_file_is_checked_however_it_is_given(folder: Path, arguments: list[str]) -> None:
    done = run(*(argument.replace("{}", str(folder / "a good.pdf")) for argument in arguments))
    assert done.returncode == 0
    assert "✓ ADEQUATE" in done.stdout
    assert done.stderr == ""


def test_stdin(good: bytes) -> None:
    done = run("-", "--format", "json", stdin=good)
    assert (done.returncode, json.loads(done.stdout)["document"]["path"]) == (0, "-")
    assert "standard input" in run("-", stdin=good).stdout
    assert run("-", stdin=b"").returncode == ExitStatus.UNREAD


@pytest.mark.parametrize("code", ["not_a_pdf", "empty_file", "damaged_pdf", "encrypted", "blank_pages", "file_missing"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_file_that_cannot_be_read(folder: Path, code: str, language: str) -> None:
    path = folder / f"{code}.pdf"
    done = run(path, "--ocr", "never", "--lang", language)
    assert (done.returncode, done.stdout) == (ExitStatus.UNREAD, "")
    assert done.stderr == say(language, f"error_{code}", path=path) + "\n"
    done = run(path, "--ocr", "never", "--format", "json", "--lang", language)
    assert json.loads(done.stdout) == {
        "error": {"code": code, "message": say(language, f"error_{code}", path=path)},
        "document": {"path": str(path)},
    }


def test_password(folder: Path) -> None:
    assert run(folder / "encrypted.pdf", "--password", "secret").returncode == 0
    assert say("en", "error_wrong_password", path=folder / "encrypted.pdf") in run(folder / "encrypted.pdf", "--password", "no").stderr


def test_other_files_are_still_analysed(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == ExitStatus.UNREAD
    assert done.stdout.count("Objectives") == 3
    assert "7 files: 1 ready, 1 to revise, 0 to return, 5 not analysed" in done.stdout
    assert len(done.stderr.splitlines()) == 5


def test_json_of_several_is_an_array_and_jsonl_has_a_line_each(folder: Path) -> None:
    outcomes = json.loads(run(folder, "--format", "json").stdout)
    lines = [json.loads(line) for line in run(folder, "--format", "jsonl").stdout.splitlines()]
    assert outcomes == lines
    assert [("error" in outcome, Path(outcome["document"]["path"]).name) for outcome in outcomes][:3] == [
        (False, "a good.pdf"),
        (True, "blank_pages.pdf"),
        (True, "damaged_pdf.pdf"),
    ]


def test_json_is_readable_utf8(tmp_path: Path, good: bytes) -> None:
    (tmp_path / "方案zh.pdf").write_bytes(good)
    text = run(tmp_path, "--format", "json", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii").stdout
    assert "方案zh.pdf" in text
    assert text.startswith('{\n  "schema_version"')


def test_ascii_terminal_gets_a_report_too(folder: Path) -> None:
    assert "ADEQUATE" in run(folder / "a good.pdf", PYTHONUTF8="0", PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize(
    ("limit", "name", "status"),
    [
        ("missing", "missing", 1),
        ("missing", "partial", 0),
        ("partial", "missing", 1),
        ("partial", "partial", 1),
        ("partial", "good", 0),
        (None, "missing", 0),
    ],
)
def test_fail_on(tmp_path: Path, good: bytes, limit: str | None, name: str, status: int) -> None:
    path = tmp_path / f"{name}.pdf"
    path.write_bytes(good)
    assert run(path, *(["--fail-on", limit] if limit else [])).returncode == status


def test_unread_file_is_louder_than_gaps(folder: Path) -> None:
    assert run(folder / "partial.pdf", folder / "empty_file.pdf", "--fail-on", "partial").returncode == ExitStatus.UNREAD


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["x.pdf", "--format", "nope"],
        ["x.pdf", "x2.pdf", "--format", "html"],
        ["x.pdf", "--fail-on", "adequate"],
        ["check"],
        ["x.pdf", "--pack", "nope"],
        ["{empty}"],
        ["*.nothing"],
        ["x.pdf", "-o", "out.pdf", "--format", "json"],
        ["x.pdf", "-o", "no/such/folder.json"],
        ["x.pdf", "-o", "x.pdf"],
    ],
)
@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_wrong_usage(tmp_path: Path, good: bytes, arguments: list[str], locale: str) -> None:
    (tmp_path / "x.pdf").write_bytes(good)
    (tmp_path / "none").mkdir()
    done = run(*(argument.replace("{empty}", str(tmp_path / "none")) for argument in arguments), cwd=tmp_path, LANG=locale)
    assert (done.returncode, done.stdout) == (ExitStatus.USAGE, "")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "x.pdf").read_bytes() == good


def test_empty_folder_among_files_is_told(folder: Path) -> None:
    (folder / "none").mkdir()
    done = run(folder / "a good.pdf", folder / "none")
    assert done.returncode == ExitStatus.USAGE
    assert "ADEQUATE" in done.stdout
    assert "none" in done.stderr


@pytest.mark.parametrize("broken", ["pack", "model"])
def test_broken_pack_or_model(folder: Path, broken: str) -> None:
    done = run(folder / "a good.pdf", "--lang", "zh", BREAK=broken)
    assert (done.returncode, done.stdout) == (ExitStatus.USAGE, "")
    assert done.stderr == say("zh", f"error_broken_{broken}", file="x.yaml", line=7, expected="a list") + "\n"


def test_bug_ends_in_4_and_the_other_files_are_analysed(folder: Path, good: bytes) -> None:
    (folder / "a bug.pdf").write_bytes(good)
    done = run(folder / "a bug.pdf", folder / "a good.pdf", folder / "empty_file.pdf", "--format", "jsonl")
    assert done.returncode == ExitStatus.BUG
    assert done.stderr.startswith(say("en", "error_unexpected", path=folder / "a bug.pdf") + "\nTraceback")
    assert "ZeroDivisionError: a bug in the program" in done.stderr
    assert [json.loads(line).get("error", {}).get("code") for line in done.stdout.splitlines()] == ["unexpected", None, "empty_file"]


def test_bug_outside_of_a_file_ends_in_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "gather", lambda _, **more: 1 / 0)
    assert cli.main(["x.pdf"]) == ExitStatus.BUG
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[1].startswith("Traceback")
    assert "ZeroDivisionError" in err


def test_interrupted(folder: Path, good: bytes) -> None:
    (folder / "interrupt.pdf").write_bytes(good)
    done = run(folder / "interrupt.pdf", "-o", folder / "out.json")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")
    assert not (folder / "out.json").exists()


def test_reader_who_leaves_is_no_bug(folder: Path) -> None:
    process = subprocess.Popen([*command(), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert "Traceback" not in process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == cli.READER_LEFT


@pytest.mark.parametrize(("name", "begins"), [("out.json", "["), ("out.jsonl", "{"), ("out.txt", "/"), ("report", "/")])
def test_output_to_a_file(folder: Path, name: str, begins: str) -> None:
    (folder / name).write_text("old")
    done = run(folder / "a good.pdf", folder / "empty_file.pdf", "-o", folder / name)
    assert (done.returncode, done.stdout) == (ExitStatus.UNREAD, "")
    assert "Written: " in done.stderr
    text = (folder / name).read_text("utf-8")
    assert text.startswith(begins)
    assert say("en", "error_empty_file", path=folder / "empty_file.pdf")[:40] in " ".join(text.split())
    assert "\x1b" not in text
    assert not list(folder.glob(".analyzer-*"))


@pytest.mark.parametrize("target", ["out", "new/out/"])
def test_output_to_a_folder(folder: Path, good: bytes, target: str) -> None:
    (folder / "out").mkdir()
    (folder / "sub").mkdir()
    (folder / "sub" / "A good.pdf").write_bytes(good)
    done = run(folder / "a good.pdf", folder / "sub", folder / "empty_file.pdf", "-o", f"{folder}/{target}", "--format", "json", "--quiet")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert sorted(path.name for path in (folder / target).iterdir()) == ["A good-2.json", "a good.json", "empty_file.json"]
    assert json.loads((folder / target / "A good-2.json").read_bytes())["document"]["path"] == str(folder / "sub" / "A good.pdf")
    assert json.loads((folder / target / "empty_file.json").read_bytes())["error"]["code"] == "empty_file"


def test_output_device_is_written_to_and_stays(folder: Path) -> None:
    assert run(folder / "a good.pdf", "-o", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


def test_output_is_in_the_language_of_the_document(tmp_path: Path, good: bytes) -> None:
    for name in ("zh.pdf", "en.pdf"):
        (tmp_path / name).write_bytes(good)
    run(tmp_path, "-o", f"{tmp_path}/out/", "--format", "terminal")
    assert "总体结论" in (tmp_path / "out" / "zh.txt").read_text("utf-8")
    assert "Overall" in (tmp_path / "out" / "en.txt").read_text("utf-8")
    assert "总体结论" not in run(tmp_path).stdout
    run(tmp_path / "zh.pdf", "-o", tmp_path / "out.txt", "--lang", "en")
    assert "Overall" in (tmp_path / "out.txt").read_text("utf-8")


def test_text_shows_what_was_read(folder: Path) -> None:
    done = run("text", folder / "a good.pdf", folder / "empty_file.pdf")
    assert done.returncode == ExitStatus.UNREAD
    assert "The primary objective is to assess safety." in done.stdout
    assert "0 bytes" in done.stderr


def test_explain() -> None:
    listed = run("explain")
    assert listed.returncode == 0
    assert "sample_size" in listed.stdout
    for name in ("sample_size", "Sample-Size", "样本量依据", "sample size justification"):
        done = run("explain", name, "--lang", "zh")
        assert done.returncode == 0
        assert "判断标准" in done.stdout
    unknown = run("explain", "nonsense[/]{}")
    assert (unknown.returncode, unknown.stdout) == (ExitStatus.USAGE, listed.stdout)
    assert "nonsense[/]{}" in unknown.stderr


def test_control_characters_in_names_are_not_sent_to_the_terminal(tmp_path: Path) -> None:
    done = run(tmp_path / "a\x1b[31m\u202eb.pdf")
    assert done.returncode == ExitStatus.UNREAD
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def test_name_that_is_no_text(tmp_path: Path, good: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.pdf")).write_bytes(good)
    done = run(tmp_path, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["document"]["path"].endswith("\ufffd\ufffd.pdf")


@pytest.fixture
def screen() -> Iterator[tuple[int, int]]:
    """A terminal: our end and the program's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


@pytest.mark.parametrize(("quiet", "shown"), [([], True), (["--quiet"], False)])
def test_progress_goes_to_a_terminal_on_stderr(folder: Path, screen: tuple[int, int], quiet: list[str], shown: bool) -> None:
    ours, theirs = screen
    arguments = [*command(), str(folder / "a good.pdf"), *quiet, "--format", "json"]
    done = subprocess.run(
        arguments, stdout=subprocess.PIPE, stderr=theirs, env=environment(TERM="xterm-256color", COLUMNS="200"), check=True
    )
    os.write(theirs, b"#")
    os.close(theirs)
    assert (b"Reading" in os.read(ours, 65536)) is shown
    assert json.loads(done.stdout)["document"]["pages"]
