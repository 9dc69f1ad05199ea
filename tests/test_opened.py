"""Every form of a report is opened by programs that are not ours, and none of them complains."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.findings import Report
from analyzer.pipeline import Analyzer
from analyzer.reports import known_forms
from benchmarks.opened import PROGRAMS, Open, complaints, in_office, is_installed

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = ("knee_zh", "fistula_en")
CASES = [
    pytest.param(form, program, id=f"{form}-{program.__name__}", marks=[pytest.mark.slow] if program is in_office else [])
    for form, programs in PROGRAMS.items()
    for program in programs
]


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """The reports of the two examples."""
    analyzer = Analyzer()
    return {name: analyzer.analyze(EXAMPLES / f"{name}.pdf") for name in NAMES}


def test_every_form_has_a_program() -> None:
    assert set(PROGRAMS) == set(known_forms())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("form", "program"), CASES)
def test_opens_without_complaint(reports: dict[str, Report], name: str, form: str, program: Open) -> None:
    if not is_installed(program):
        pytest.skip(f"nothing to open it with: {program.__name__}")
    assert complaints(reports[name], form, (EXAMPLES / f"{name}.pdf").read_bytes(), name[-2:], [program]) == []


def test_a_complaint_is_heard(reports: dict[str, Report]) -> None:
    def one_that_complains(path: Path) -> list[str]:
        raise ValueError(path.name)

    heard = complaints(reports["knee_zh"], "md", b"", "zh", [one_that_complains])  # type: ignore[list-item]
    assert heard == ["one_that_complains: ValueError: protocol.md"]
