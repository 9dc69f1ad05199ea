"""A file dropped on a terminal is found, in whatever guise its name comes."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from analyzer.inputs import STDIN, gather

AWKWARD = [
    "plain.pdf",
    "with space.pdf",
    "方案 终稿（1）.pdf",
    "it's.pdf",
    "a&b;$c.pdf",
    "draft[2].pdf",
    "100%25.pdf",
    "back\\slash.pdf",
    "what?.PDF",
]


def found(*arguments: str) -> list[str]:
    """The paths that the arguments lead to."""
    return [entry.path for entry in gather(arguments).inputs]


def escaped(path: Path) -> str:
    """The path as a terminal writes it when a file is dropped on it."""
    return "".join(letter if letter.isalnum() or letter in "/._-" else f"\\{letter}" for letter in str(path))


@pytest.fixture(params=AWKWARD)
def awkward(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    path.touch()
    return path


@pytest.mark.parametrize("guise", ["{path}", "'{path}'", '"{path}"', "\u201c{path}\u201d", " {path} ", "'{path}' \n"])
def test_name_as_it_is_or_quoted(awkward: Path, guise: str) -> None:
    assert found(guise.replace("{path}", str(awkward))) == [str(awkward)]


def test_backslash_escapes(awkward: Path) -> None:
    assert found(escaped(awkward)) == [str(awkward)]


@pytest.mark.parametrize("head", ["file://", "file://localhost", "FILE://", "file:"])
@pytest.mark.parametrize("guise", ["{}", "'{}'"])
def test_file_address(awkward: Path, head: str, guise: str) -> None:
    assert found(guise.format(head + quote(str(awkward)))) == [str(awkward)]


def test_file_address_that_was_not_encoded(tmp_path: Path) -> None:
    path = tmp_path / "方案 #3.pdf"
    path.touch()
    assert found(f"file://{path}") == [str(path)]


def test_backslash_name_that_exists_is_taken_as_it_is(tmp_path: Path) -> None:
    both = [tmp_path / "a\\ b.pdf", tmp_path / "a b.pdf"]
    for path in both:
        path.touch()
    assert found(str(both[0])) == [str(both[0])]
    both[0].unlink()
    assert found(str(both[0])) == [str(both[1])]


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my plan.pdf").touch()
    assert found("~/my plan.pdf") == found("~/my\\ plan.pdf") == found("'~/my plan.pdf'") == [str(tmp_path / "my plan.pdf")]


def test_folder_gives_its_pdfs_and_word_files_sorted_but_no_hidden_ones_and_none_of_ours(tmp_path: Path) -> None:
    others = [".hidden.pdf", ".cache/c.pdf", "a/._z.pdf", "a/~$plan.docx", "b.marked.pdf", "b.letter.docx", "notes.txt"]
    for name in ["b.pdf", "a/z.PDF", "a/plan.docx", "a/plan.docm", "方案/c.pdf", *others]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = [str(tmp_path / name) for name in ["a/plan.docm", "a/plan.docx", "a/z.PDF", "b.pdf", "方案/c.pdf"]]
    assert found(str(tmp_path)) == found(f"{tmp_path}/") == found(f"file://{quote(str(tmp_path))}") == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*.pdf", ["a.pdf", "b.pdf"]), ("**/*.pdf", ["a.pdf", "b.pdf", "sub/c.pdf"]), ("[ab].pdf", ["a.pdf", "b.pdf"])],
)
def test_globs(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    for name in ["a.pdf", "b.pdf", "b.txt", "sub/c.pdf"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert found(f"{tmp_path}/{pattern}") == [str(tmp_path / name) for name in expected]


def test_glob_takes_folders_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ["a.txt", "sub/c.pdf"]:
        (tmp_path / name).touch()
    assert found(f"{tmp_path}/*") == [str(tmp_path / "sub/c.pdf")]


def test_every_file_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.touch()
    link = tmp_path / "z.pdf"
    link.symlink_to(path)
    assert found(str(path), str(link), f"{tmp_path}/../{tmp_path.name}/a.pdf", str(tmp_path), "-", "-") == [str(path), STDIN]


def test_missing_files_stay_to_be_reported(tmp_path: Path) -> None:
    gathered = gather([str(tmp_path / "no.pdf"), "'no such.pdf'", "file:///no%20such/%E6%96%B9.pdf", "方案[终稿].pdf"])
    assert [entry.path for entry in gathered.inputs] == [str(tmp_path / "no.pdf"), "no such.pdf", "/no such/方.pdf", "方案[终稿].pdf"]
    assert not gathered.barren


def test_a_folder_tells_of_files_that_may_hold_a_protocol_but_are_not_taken(tmp_path: Path) -> None:
    for name in ["a.pdf", "old.doc", "sub/scan.tif", "sub/plans.zip", "logo.svg", "~$old.doc"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    gathered = gather([str(tmp_path)])
    assert [entry.path for entry in gathered.inputs] == [str(tmp_path / "a.pdf")]
    assert sorted(gathered.passed_over[str(tmp_path)]) == ["old.doc", "sub/plans.zip", "sub/scan.tif"]


@pytest.mark.parametrize("pattern", ["*.tif", "**/*.tif"])
def test_a_glob_that_names_the_ending_takes_what_a_folder_would_not(tmp_path: Path, pattern: str) -> None:
    for name in ["a.tif", "a.jpg"]:
        (tmp_path / name).touch()
    assert found(f"{tmp_path}/{pattern}") == [str(tmp_path / "a.tif")]


def test_folders_and_globs_without_pdfs_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    barren = [str(tmp_path), f"{tmp_path}/*.pdf"]
    gathered = gather(barren)
    assert (gathered.inputs, gathered.barren) == ([], barren)


def test_other_files_are_taken_when_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert found(str(tmp_path / "notes.txt")) == [str(tmp_path / "notes.txt")]


@pytest.mark.parametrize("strange", ["", " ", "'", "''", "\\", "x" * 5000, "a\0b", "file://", "[", "~nobody-there/x.pdf"])
def test_strange_arguments_do_no_harm(strange: str) -> None:
    assert [entry.error for entry in gather([strange]).inputs] == [None]


def test_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(folder: str, onerror: object) -> object:
        assert callable(onerror)
        onerror(PermissionError(13, "no", f"{folder}/closed"))
        return iter([])

    monkeypatch.setattr(os, "walk", walk)
    (entry,) = gather([str(tmp_path)]).inputs
    assert entry.error is not None
    assert entry.error.code == "no_permission"


def test_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.pdf")
    with open(path, "wb") as file:
        file.write(b"%PDF")
    (entry,) = gather([str(tmp_path)]).inputs
    name, data = entry.source()
    name.encode()
    assert data == b"%PDF"


def test_marked_copies_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    for name in ("plan.pdf", "plan.marked.pdf"):
        (tmp_path / name).write_bytes(b"%PDF")
    assert [Path(entry.path).name for entry in gather([str(tmp_path)]).inputs] == ["plan.pdf"]
    assert [Path(entry.path).name for entry in gather([str(tmp_path / "plan.marked.pdf")]).inputs] == ["plan.marked.pdf"]
