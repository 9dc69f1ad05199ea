"""What is said of the study as a whole."""

from __future__ import annotations

import pytest
from builders import sectioned
from samples import report

from analyzer.conditions import Conditions
from analyzer.findings import Bilingual, ConditionFinding, Evidence, Warning
from analyzer.matching import Matcher
from analyzer.reports.terminal import rendered, report_sheet
from analyzer.rules import load_pack
from analyzer.segmentation import passages


def decided(name: str, source: str, **classified: float) -> ConditionFinding:
    """The finding of one condition in a text."""
    document = sectioned(source)
    pieces = passages(document)

    def quote(passage: int) -> Evidence:
        return Evidence(page=1, bbox=[], quote=document.text[pieces[passage].start : pieces[passage].end])

    conditions = Conditions(load_pack("rscpq"), [name])
    hits = Matcher(load_pack("mini"), conditions.criteria()).match(document, pieces)
    (found,) = conditions.decide(hits, classified, quote)
    return found


def design(*sentences: str) -> str:
    body = "\n".join(sentences)
    return f"# 一、研究设计\n{body}\n# 二、研究进度\n预计两年完成全部工作，每季度小结一次。"


def test_the_words_that_decide_are_quoted() -> None:
    found = decided("controlled", design("受试者按1:1随机分配到两组。", "评估由专人完成，每月一次，持续一年。"))
    assert (found.holds, found.certain) == (True, True)
    assert [evidence.quote for evidence in found.evidence] == ["受试者按1:1随机分配到两组。"]


def test_what_speaks_against_is_quoted_too() -> None:
    found = decided("controlled", design("本研究为单臂研究，不另设他组。"))
    assert not found.holds
    assert [evidence.quote for evidence in found.evidence] == ["本研究为单臂研究，不另设他组。"]


def test_a_denied_word_speaks_against() -> None:
    assert not decided("controlled", design("本研究不设对照组。")).holds
    assert decided("single_arm", design("本研究不设对照组，为单臂研究。")).holds


def test_other_sections_do_not_count() -> None:
    assert not decided(
        "multicentre", "# 一、研究背景\n国外多中心研究纳入五家医院。\n各中心结果一致。\n# 二、研究设计\n研究在我院进行，由专人负责。"
    ).holds


def test_contradicting_words_make_it_uncertain() -> None:
    found = decided("controlled", design("受试者随机分组，设对照组。", "本研究为单臂研究。"))
    assert not found.certain


@pytest.mark.parametrize(("name", "expected"), [("exploratory", True), ("confirmatory", False), ("no_dsmb", True), ("vulnerable", False)])
def test_silence(name: str, expected: bool) -> None:
    found = decided(name, design("评估由专人完成，每月一次，持续一年。"))
    assert (found.holds, found.certain, found.evidence) == (expected, True, [])


def test_a_heading_names_a_board() -> None:
    source = "# 一、数据与安全监查委员会\n由五名独立专家组成，每半年开会一次，审阅全部安全性资料。\n# 二、研究设计\n评估由专人完成。"
    assert not decided("no_dsmb", source).holds


@pytest.mark.parametrize(
    ("words", "probability", "holds", "certain"),
    [
        ("口服阿司匹林，每日一次。", 0.95, True, True),
        ("口服阿司匹林，每日一次。", 0.6, True, False),
        ("静脉输注间充质干细胞。", 0.6, True, True),
        ("口服阿司匹林，每日一次。", 0.4, False, True),
        ("静脉输注间充质干细胞。", 0.4, False, False),
    ],
)
def test_the_document_model_may_decide(words: str, probability: float, holds: bool, certain: bool) -> None:
    found = decided("cells", design(words), cells=probability)
    assert (found.holds, found.certain) == (holds, certain)


def test_a_pack_decides_only_what_it_asks_about() -> None:
    assert set(Conditions(load_pack("mini")).rules) == {"cells"}


@pytest.mark.parametrize(
    ("language", "name", "told"), [("en", "has a control group: yes", "An open question."), ("zh", "有对照组：是", "尚无定论。")]
)
def test_a_reader_sees_conditions_and_notices_in_their_language(language: str, name: str, told: str) -> None:
    found = decided("controlled", design("受试者按1:1随机分配到两组。"))
    notice = Warning(code="regime", message="x", text=Bilingual(zh="尚无定论。", en="An open question."))
    sheet = report_sheet(report().model_copy(update={"conditions": [found], "warnings": [notice]}), language, 100)
    shown = rendered(sheet, colour=False)
    assert name in shown and told in shown and "1:1随机分配" in shown
