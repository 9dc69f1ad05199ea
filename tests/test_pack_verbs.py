"""``analyzer pack``: what somebody who writes a pack is told."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from analyzer import patterns
from analyzer.cli import main
from analyzer.errors import BrokenPack, ExitStatus
from analyzer.pack_tools import Problem, check
from analyzer.resources import PACKAGE, known_packs
from analyzer.rules import load_folder, load_pack

Changes = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A starter pack, which is sound."""
    target = tmp_path / "our_list"
    assert main(["pack", "new", str(target)]) == ExitStatus.OK
    return target


def edit(path: Path, **changes: str) -> None:
    """Replace ``key: …`` lines of a file by their keys."""
    lines = path.read_text("utf-8").splitlines()
    for key, value in changes.items():
        index = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
        indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
        lines[index] = f"{indent}{key}: {value}"
    path.write_text("\n".join(lines), "utf-8")


def element(folder: Path) -> Path:
    """The one element of the starter pack."""
    return folder / "elements" / "01_insurance.yaml"


def line_with(path: Path, words: str) -> int:
    """The number of the first line that holds these words."""
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if words in line)


def kinds(problems: list[Problem]) -> set[str]:
    """The kinds of problems."""
    return {problem.kind for problem in problems}


def test_a_new_pack_is_sound_and_has_the_name_of_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder) == []
    assert load_pack(str(folder)).info.id == "our_list"
    assert main(["pack", "check", str(folder), "--lang", "en"]) == ExitStatus.OK
    assert main(["pack", "test", str(folder), "--lang", "en"]) == ExitStatus.OK
    assert "8 examples tried, 0 failed" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = element(folder).read_text("utf-8")
    assert main(["pack", "new", str(folder), "--lang", "en"]) == ExitStatus.USAGE
    assert "left alone" in capsys.readouterr().err
    assert element(folder).read_text("utf-8") == before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_packs_are_listed_and_shown(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "list", "--lang", language]) == ExitStatus.OK
    assert main(["pack", "show", "mini", "--lang", language]) == ExitStatus.OK
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("rscpq", "spirit2025", "mini", "sample_size", "cells"))


def test_an_unknown_pack_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "show", "nowhere", "--lang", "en"]) == ExitStatus.USAGE
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("severity", "urgent", "'critical', 'major' or 'minor'"),
        ("domain", "X", "'R', 'S', 'C', 'P' or 'Q'"),
        ("essential", "sometimes", "if:<condition>"),
        ("essential", "if:confirmatry", "confirmatory"),
        ("look_in", "[ethics", "','"),
        ("cues", "{zh: ['(未闭合'], en: ['x']}\n    nonsense:", "regular expression"),
    ],
)
def test_an_error_names_file_line_and_what_was_expected(folder: Path, key: str, value: str, expected: str) -> None:
    edit(element(folder), **{key: value})
    problem = check(folder)[0]
    assert (problem.level, problem.file) == ("error", element(folder))
    assert expected in str(problem.details["expected"])
    assert problem.line == line_with(element(folder), f"{key}:")


def test_a_misspelt_key_is_answered_with_the_right_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = element(folder)
    path.write_text(path.read_text("utf-8").replace("    advice:", "    advise:"), "utf-8")
    assert main(["pack", "check", str(folder), "--lang", "en"]) == ExitStatus.GAPS
    shown = capsys.readouterr().out
    assert f"01_insurance.yaml:{line_with(path, 'advise:')}" in shown
    assert "advice (advise?)" in shown


def test_all_errors_of_a_pack_are_told_at_once(folder: Path) -> None:
    edit(element(folder), severity="urgent", domain="X")
    edit(folder / "pack.yaml", version="7")
    assert len(check(folder)) == 3


def test_a_pattern_that_explodes_is_an_error(folder: Path) -> None:
    path = element(folder)
    path.write_text(path.read_text("utf-8").replace("'保险单'", "'(?:险+)+单'"), "utf-8")
    (problem,) = [problem for problem in check(folder) if problem.kind == "explodes"]
    assert problem.level == "error" and problem.details["pattern"] == "(?:险+)+单"


@pytest.mark.parametrize("expression", [r"(a+)+b", r"(\w+\s?)*x", r"(?:.*,){9}z"])
def test_patterns_that_explode(expression: str) -> None:
    assert patterns.exploding([expression]) == [expression]


@pytest.mark.parametrize("expression", [r"sample[^.;]{0,40}\d", r"(?:a|b)+c", "样本量[^。；]{0,30}计算", "plain"])
def test_patterns_that_do_not(expression: str) -> None:
    assert patterns.exploding([expression]) == []


def test_samples_of_a_pattern_match_it() -> None:
    assert sorted(patterns.samples("(?:购买|投保)保险?")) == ["投保保", "投保保险", "购买保", "购买保险"]
    assert patterns.samples("(?:" + "|".join(f"word{number}" for number in range(99)) + ")") == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("'保险单'", "'保险单', '商业保险单'", "shadowed"),
        ("'保险单'", "'保险单', '医疗保险报销单'", "never_counts"),
        ("insured by the sponsor", "由申办者投保 by the sponsor", ""),
        ('en: "State that participants are insured and attach the policy."', 'en: "请写明保险。"', "untranslated"),
        ('          - "All insurance cover: TBD."\n', "", "few_examples"),
        ("look_in: [ethics, ", "look_in: [ethik, ", "unknown_section"),
        ("en: ['insurance (?:policy|cover)', 'insured']", "en: []", "no_cues"),
        ("severity: critical", "severity: critical\nseverity: minor", "doubled_key"),
    ],
)
def test_what_check_finds(folder: Path, old: str, new: str, kind: str) -> None:
    path = element(folder)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert kinds(check(folder)) == ({kind} if kind else set())


def test_a_failed_example_is_shown_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = element(folder)
    path.write_text(path.read_text("utf-8").replace("本研究未购买保险。", "本研究已购买保险。"), "utf-8")
    assert main(["pack", "test", str(folder), "--lang", "en"]) == ExitStatus.GAPS
    shown = capsys.readouterr().out
    assert f"01_insurance.yaml:{line_with(path, '已购买保险。')}" in shown
    assert "1 failed" in shown


def extending(folder: Path, change: str, **info: str) -> Path:
    """Make the pack in ``folder`` extend ``mini`` with a change of an element."""
    shutil.rmtree(folder / "elements")
    (folder / "elements").mkdir()
    extra = "".join(f"{key}: {value}\n" for key, value in info.items())
    (folder / "pack.yaml").write_text(f'id: strict\nversion: "1"\nname: {{zh: 严, en: strict}}\nextends: mini\n{extra}', "utf-8")
    (folder / "elements" / "01_change.yaml").write_text(change, "utf-8")
    return folder / "elements" / "01_change.yaml"


def test_a_pack_may_change_another(folder: Path) -> None:
    extending(
        folder,
        "change: sample_size\nseverity: minor\nname: {en: Numbers}\ncriteria:\n"
        "  - {id: dropout, essential: true, cues: {en: [lost]}}\n  - {id: method, remove: true}\n  - {id: number, add_cues: {en: [heads]}}\n",
        drop="[cell_source]",
    )
    base, changed = load_pack("mini").element("sample_size"), load_folder(folder).element("sample_size")
    assert base and changed
    before, after = ({criterion.id: criterion for criterion in element.criteria} for element in (base, changed))
    assert (changed.severity, changed.name.en, changed.name.zh) == ("minor", "Numbers", base.name.zh)
    assert set(before) - set(after) == {"method"}
    assert after["dropout"].essential and not before["dropout"].essential
    assert (after["dropout"].cues.en, after["dropout"].cues.zh) == (["lost"], before["dropout"].cues.zh)
    assert after["number"].cues.en == [*before["number"].cues.en, "heads"]
    assert [element.id for element in load_folder(folder).elements] == ["objectives", "sample_size", "outcomes", "subject_protection"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("change: sample_sise\n", "sample_size"),
        ("change: sample_size\ncriteria:\n  - {id: methods, remove: true}\n", "method"),
        ("change: sample_size\ncriteria:\n  - {id: brand_new, essential: true}\n", "cues"),
        ("change: sample_size\nseverity: urgent\n", "critical"),
    ],
)
def test_a_change_that_leads_nowhere(folder: Path, change: str, expected: str) -> None:
    path = extending(folder, change)
    with pytest.raises(BrokenPack) as caught:
        load_folder(folder)
    assert caught.value.details["file"] == str(path)
    assert expected in str(caught.value.details["expected"])


def test_packs_that_extend_each_other_are_refused(folder: Path) -> None:
    extending(folder, "change: sample_size\n")
    (folder / "pack.yaml").write_text('id: round\nversion: "1"\nname: {zh: 圈, en: round}\nextends: .\n', "utf-8")
    with pytest.raises(BrokenPack):
        load_folder(folder)


def test_a_pack_of_another_package_is_found_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name = "theirs"

        def load(self) -> Path:
            return folder

    class Broken(Entry):
        name = "broken"

        def load(self) -> Path:
            raise ImportError(self.name)

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Entry(), Broken()] if group == "analyzer.packs" else [])
    assert load_pack("theirs").info.id == "our_list"
    assert set(known_packs()) == {path.parent.name for path in (PACKAGE / "packs").glob("*/pack.yaml")} | {"theirs"}


def test_a_wrong_day_of_filing_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "protocol.pdf"
    file.write_bytes(b"%PDF-1.4")
    assert main(["check", "--filed-on", "2026-13", "--lang", "en", str(file)]) == ExitStatus.USAGE
    assert "2026-13" in capsys.readouterr().err
