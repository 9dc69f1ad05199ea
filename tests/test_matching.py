"""Whether words of a protocol count for a criterion: their context decides."""

from __future__ import annotations

import pytest
from builders import sectioned, small_pack

from analyzer.matching import Hit, match
from analyzer.segmentation import passages

FILLER = "本研究为单中心、随机、双盲、安慰剂对照的临床研究，受试者按比例分配到两组，由专人评估。"


def hits(body: str, heading: str = "# 一、安全性评价", **criterion: object) -> list[Hit]:
    """What the small pack finds in sentences under a heading."""
    made = sectioned(f"{heading}\n{body}\n# 二、研究设计\n{FILLER}")
    return match(small_pack(**criterion), made, passages(made))


def stance(body: str, heading: str = "# 一、安全性评价", **criterion: object) -> str | None:
    """The stance of the one hit; None where nothing was found."""
    found = hits(body, heading, **criterion)
    assert len(found) <= 1
    return found[0].stance if found else None


@pytest.mark.parametrize(
    "sentence",
    [
        "本研究设立独立的数据监查委员会，由3名不参与研究的专家组成。",
        "设DSMB并每半年开会一次。",
        "An independent data monitoring board of three experts reviews safety every six months.",
    ],
)
def test_a_plain_statement_counts(sentence: str) -> None:
    assert stance(sentence) == "satisfies"


def test_the_hit_points_at_the_cue() -> None:
    made = sectioned(f"# 一、安全性评价\n本研究设监查委员会。\n# 二、研究设计\n{FILLER}")
    (hit,) = match(small_pack(), made, passages(made))
    assert made.text[hit.start : hit.end] == "监查委员会"
    assert (hit.element, hit.criterion) == ("monitoring", "board")


def test_what_nobody_wrote_is_not_found() -> None:
    assert hits("不良事件由研究者记录。") == []


@pytest.mark.parametrize("sentence", ["MYDSMBX是一种试剂。", "The monitoring boards were painted."])
def test_english_cues_are_whole_words(sentence: str) -> None:
    assert hits(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "本研究不设独立的数据监查委员会。",
        "本研究未设立数据监查委员会。",
        "数据监查委员会暂未设立。",
        "无数据监查委员会。",
        "No independent monitoring board is planned.",
        "The trial is run without a monitoring board.",
        "A monitoring board will not be set up.",
    ],
)
def test_denied(sentence: str) -> None:
    assert stance(sentence) == "negated"


@pytest.mark.parametrize(
    "sentence",
    [
        "监查委员会成员不少于3人。",
        "任何人不得不经监查委员会同意而揭盲。",
        "监查委员会不仅审查安全性，也审查疗效。",
        "The monitoring board meets not only at the end but every six months.",
        "No later than week 12 the monitoring board meets.",
    ],
)
def test_a_denial_that_denies_nothing(sentence: str) -> None:
    assert stance(sentence) == "satisfies"


@pytest.mark.parametrize(
    "sentence",
    [
        "本研究不设安慰剂组，监查委员会由3名独立专家组成。",
        "There is no placebo group; a monitoring board of three experts reviews safety.",
    ],
)
def test_a_denial_of_something_else_does_not_reach_over(sentence: str) -> None:
    assert stance(sentence) == "satisfies"


def test_a_criterion_may_be_met_by_a_denial() -> None:
    assert stance("本研究不设监查委员会。", when_negated="met") == "satisfies"


@pytest.mark.parametrize(
    "sentence",
    [
        "监查委员会的组成详见统计分析计划。",
        "监查委员会的章程另行制定。",
        "The members of the monitoring board will be defined in the charter.",
        "For the monitoring board see the SAP.",
    ],
)
def test_put_off(sentence: str) -> None:
    assert stance(sentence) == "deferred"


def test_a_pointer_to_a_table_of_the_protocol_puts_nothing_off() -> None:
    assert stance("监查委员会成员详见表2。") == "satisfies"


@pytest.mark.parametrize(
    "sentence",
    [
        "监查委员会：待补充",
        "监查委员会：【请填写名称】",
        "监查委员会由XXX组成。",
        "监查委员会：________",
        "Monitoring board: TBD",
        "The monitoring board is chaired by [insert name].",
    ],
)
def test_left_blank(sentence: str) -> None:
    assert stance(sentence) == "placeholder"


@pytest.mark.parametrize(
    "sentence",
    [
        "既往研究显示，监查委员会可降低受试者的风险。",
        "In a previous trial reported by Smith et al. a monitoring board stopped recruitment.",
    ],
)
def test_said_of_another_study(sentence: str) -> None:
    assert stance(sentence) == "other_study"


def test_the_background_speaks_of_others_unless_it_says_this_study() -> None:
    assert stance("试验由监查委员会监督。", "# 一、研究背景") == "other_study"
    assert stance("本研究由监查委员会监督。", "# 一、研究背景") == "satisfies"


def test_a_heading_alone_is_no_evidence() -> None:
    assert hits("详情从略。", "# 一、数据监查委员会") == []
    assert hits("", "# 一、数据监查委员会") == []


def test_a_heading_lends_its_words_to_what_stands_under_it() -> None:
    (hit,) = hits("由3名独立专家组成。", "# 一、数据监查委员会", needs=[{"zh": ["独立"]}])
    assert hit.stance == "satisfies"
    assert hit.by_heading


@pytest.mark.parametrize("heading", ["# 目录", "# 参考文献", "# 缩略词表"])
def test_silent_sections_give_no_evidence(heading: str) -> None:
    assert hits("监查委员会由3名独立专家组成。", heading) == []


def test_what_is_needed_may_stand_in_the_next_sentence() -> None:
    needs = [{"zh": ["独立"]}]
    assert hits("设监查委员会。成员均独立于研究团队。", needs=needs)[0].stance == "satisfies"
    assert hits("设监查委员会。不良事件由研究者记录。", needs=needs)[0].stance == "mentions"


def test_words_that_void_a_cue() -> None:
    assert hits("监查委员会设在动物房。", never={"zh": ["动物"]}) == []


def test_where_it_is_looked_for() -> None:
    assert hits("设监查委员会。")[0].in_section
    assert not hits("设监查委员会。", "# 一、研究进度")[0].in_section
    assert hits("设监查委员会。", "# 一、研究进度", look_in=[])[0].in_section
