"""Is it a protocol: what is planned is, what was found is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.genre import document_features, manner
from analyzer.resources import PACKAGE
from analyzer.training.corpus import load_other_documents, parse_sheet, protocol_of

PAPER = """# Methods {design}
Adults with gout were assigned at random to two doses. The sample size was 60 and all gave informed consent.
# Results {outcomes}
Pain fell by 21 mm (95% CI 14 to 28; P = 0.01). Adverse events were seen in 12 (20%) and 9 (15%) patients.
"""
PLAN = """# Design {design}
Adults with gout will be assigned at random to two doses. The sample size is 60 and all will give informed consent.
# Outcomes {outcomes}
Pain will be measured at every visit. Adverse events shall be recorded.
"""


def features(text: str) -> dict[str, float]:
    """Features of a document written as a sheet."""
    return document_features(protocol_of({"id": "x", "voice": "", "language": "en"}, parse_sheet(text, "x")[1]).document)


def test_results_and_plans_are_told_apart() -> None:
    paper, plan = features(PAPER), features(PLAN)
    assert "heading results True" in paper
    assert "heading results False" in plan
    assert "share of planned over 0.8" in plan
    assert "share of planned under 0.2" in paper


@pytest.mark.parametrize("name", ["topic number True", "topic consent True", "topic adverse True"])
def test_both_speak_of_the_same_topics(name: str) -> None:
    assert name in features(PAPER)
    assert name in features(PLAN)


def test_headings_of_other_documents_are_sections(tmp_path: Path) -> None:
    (tmp_path / "documents.jsonl").write_text(
        '{"kind": "letter", "language": "en", "text": "# Background {background}\\nDear all"}\n', encoding="utf-8"
    )
    (document,) = load_other_documents(tmp_path)
    assert [(section.heading, section.canonical) for section in document.sections] == [("Background", "background")]
    assert document.path == "letter"


def test_other_documents_of_the_corpus_have_headings() -> None:
    others = load_other_documents(PACKAGE.parent / "corpora" / "not_protocols")
    assert sum(bool(document.sections) for document in others) > len(others) / 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("they will, shall and must; are to be, is tolerable, fare to pay", {"planned": 4}),
        ("ifwill willing we'll", {"planned": 0}),
        ("拟于将来开展，将采用，计划", {"planned": 3}),
        ("it was found; swas; differed, p = 0.03, up=0.02, 5 ± 2, 95% ci 1.2", {"found": 2, "numbers": 3}),
        ("12例(40.5%)；有效率高于对照；高于30者剔除", {"found": 2}),
        ("you and your protocol, protocols; 您的方案", {"you": 3, "protocol": 3}),
    ],
)
def test_manner_is_counted_by_whole_words(text: str, expected: dict[str, int]) -> None:
    counts = manner(text, chinese=True)
    assert {name: counts[name] for name in expected} == expected
    assert text.isascii() is False or manner(text, chinese=False) == counts
