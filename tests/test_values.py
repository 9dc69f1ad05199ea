"""Numbers read from protocols: plain form, the planned value told from others, synopsis and body apart, units."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lazy import Lazy
from analyzer.training.corpus import Protocol, parse_sheet, protocol_of
from analyzer.values import (
    Found,
    Prospects,
    Sought,
    chinese_number,
    english_number,
    extract,
    months,
    plain,
    registration_is_well_formed,
)

CORPORA = Path(__file__).parent.parent / "corpora"

ZH_HEAD = "@id zh\n@voice zh\n@language zh\n@title 人脐带间充质干细胞治疗膝骨关节炎的临床研究\n"
EN_HEAD = "@id en\n@voice en\n@language en\n@title Cord cells for osteoarthritis of the knee\n"


def protocol(sheet: str, language: str = "zh") -> Protocol:
    """A protocol from the lines of a labelled sheet."""
    return protocol_of(*parse_sheet((ZH_HEAD if language == "zh" else EN_HEAD) + sheet, "test"))


def read(sheet: str, language: str = "zh") -> Found:
    """Values of a protocol from the lines of a labelled sheet."""
    made = protocol(sheet, language)
    return extract(made.document, made.passages)


def stated(name: str, sheet: str, language: str = "zh") -> object:
    """The published value of one name."""
    return read(sheet, language).contract().get(name)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("二十四周，每组三十例", "24周,每组30例"),
        ("脱落按两成计", "脱落按20%计"),
        ("百分之十五之脱落", "15%之脱落"),
        ("随访一年半", "随访18个月"),
        ("Forty-eight patients", "48 patients"),
        ("one hundred and twenty people", "120 people"),
        ("a dozen children", "12 children"),
        ("10 per cent and 80 %", "10% and 80%"),
        ("one in ten may be lost", "10% may be lost"),
        ("1,200 records; alpha of 0,05", "1200 records; alpha of 0.05"),
        ("每组6O例，α＝0.O5", "每组60例,α=0.05"),
        ("1×10⁶/kg", "1x10^6/kg"),
        ("two-sided test", "two-sided test"),
        ("ONE HUNDRED AND TWENTY, Two hundred; a hundred", "120, 200; 100"),
        ("“Ten” of nineteen-year-olds", "“10” of 19-year-olds"),
        ("bone, often, someone", "bone, often, someone"),
        ("80 % of 1O in l2, all. Only O.5", "80% of 10 in 12, all. Only 0.5"),
        ("24 周，每 组 30 例", "24周,每组30例"),
        ("half a year, 8 percent, 9 cents", "6 months, 8%, 9 cents"),
    ],
)
def test_plain_form(written: str, expected: str) -> None:
    assert plain(written) == expected


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_pattern_is_only_spared_where_it_does_not_match(language: str) -> None:
    written = (CORPORA / f"protocols_{language}" / "sentences.jsonl").read_text("utf-8").splitlines()
    sentences = [json.loads(line)["text"] for line in random.Random(5).sample(written, 250)]
    as_lines = [sentence for sentence in sentences if sentence[0].isalnum()]
    lines = read("# 设计 {design}\n" + "\n".join([*as_lines, *map(str.upper, as_lines)]), language).lines
    wrong = [
        (line.text, pattern.pattern)
        for line in lines
        for pattern in Sought.every
        if [match.span() for match in line.matches(pattern)] != [match.span() for match in _anywhere(pattern, line.text)]
    ]
    assert len(lines) > 200 and wrong == []


def test_prospects_of_a_text() -> None:
    arms, sites, letters = Lazy(r"(?:groups|arms) of \d+|每组"), Lazy(r"\d+ of 12 sites"), Lazy(r"[a-d]\d")
    prospects = Prospects({"dose": ("3+3", "kg"), "people": ("patients",)}, [arms, sites, letters])
    assert prospects.of("patients in arms of 30, 3+3") == {"dose", "people", arms, letters}
    assert prospects.of("7 of 12 sites") == {sites, letters}
    assert prospects.of("每组30例") == {arms, letters}
    assert prospects.of("") == {letters}


def _anywhere(pattern: Sought, text: str) -> list[re.Match[str]]:
    """The matches of a pattern, whatever words stand in the text."""
    return list(re.finditer(pattern.pattern, text, pattern.flags | (re.IGNORECASE if pattern.in_lower_case else 0)))


@given(st.integers(min_value=1, max_value=999))
def test_chinese_numbers_are_read_back(number: int) -> None:
    digits = "零一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    written = (digits[hundreds] + "百" if hundreds else "") + ("零" if hundreds and not tens and ones else "")
    written += (digits[tens] + "十" if tens else "") + (digits[ones] if ones else "")
    assert chinese_number(written) == number


def test_english_numbers() -> None:
    assert [english_number(words) for words in ("thirty-six", "twelve", "Ninety nine")] == [36, 12, 99]


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (52, "周", 12),
        (24, "weeks", 6),
        (12, "周", 3),
        (26, "week", 6),
        (104, "周", 24),
        (2, "年", 24),
        (28, "days", 1),
        (90, "天", 3),
        (180, "天", 6),
        (365, "days", 12),
        (105, "days", 3.5),
        (18, "months", 18),
        (1, "year", 12),
        (48, "weeks", 12),
    ],
)
def test_durations_in_months(amount: float, unit: str, expected: float) -> None:
    assert months(amount, unit) == expected


@pytest.mark.parametrize(
    ("sentence", "total", "arms"),
    [
        ("本研究拟纳入60例，每组30例。", 60, [30, 30]),
        ("虑及百分之十五之脱落，最终确定每组54例，合计108例。", 108, [54, 54]),
        ("每组需51例，考虑15%脱落，即每组60例、总计120例。", 120, [60, 60]),
        ("试验组40例，对照组20例，共60例。", 60, [40, 20]),
        ("每臂需61例，预留10%提前离组，得68例，三臂204例。", 204, [68, 68, 68]),
        ("一共60个，一边30个。", 60, [30, 30]),
        ("两组各需四十人，共八十人。", 80, [40, 40]),
    ],
)
def test_sizes_in_chinese(sentence: str, total: int, arms: list[int]) -> None:
    found = read(f"# 研究设计 {{design}}\n随机对照研究。\n# 样本量 {{sample_size}}\n{sentence}\n").contract()
    assert (found["sample_size_total"], found["sample_size_per_arm"]) == (total, arms)


@pytest.mark.parametrize(
    ("sentence", "total", "arms"),
    [
        ("We need 42 evaluable people per arm; allowing for 10% lost, the target becomes 47 in each arm and 94 altogether.", 94, [47, 47]),
        ("Forty-eight patients, that is 32 in the cell group and 16 in the placebo group, will be injected.", 48, [32, 16]),
        ("A total of 340 subjects (170 per arm) shall be randomized.", 340, [170, 170]),
        ("Sixty-six people (33 + 33) will be randomised.", 66, [33, 33]),
        ("132 a side, 264 altogether.", 264, [132, 132]),
    ],
)
def test_sizes_in_english(sentence: str, total: int, arms: list[int]) -> None:
    found = read(f"# Design {{design}}\nA randomised, controlled trial.\n# Sample size {{sample_size}}\n{sentence}\n", "en").contract()
    assert (found["sample_size_total"], found["sample_size_per_arm"]) == (total, arms)


def test_ranges_and_maxima_count_their_upper_end() -> None:
    assert stated("sample_size_total", "# 摘要 {synopsis}\n| 例数 | 最少9名，最多18名 |\n# 设计 {design}\n单臂，3+3剂量递增。\n") == 18
    assert stated("sample_size_total", "# Synopsis {synopsis}\n| Accrual | 12 to 16 recipients in four cohorts |\n", "en") == 16


@pytest.mark.parametrize(
    "sentence",
    [
        "国外一项研究纳入60例，每组30例。",
        "该试验共入组62例。",
        "大鼠分为四组，每组8只。",
        "本中心每年收治患者约300例。",
    ],
)
def test_numbers_of_others_do_not_count(sentence: str) -> None:
    sheet = f"# 背景 {{background}}\n{sentence}\n# 研究设计 {{design}}\n{sentence}\n"
    assert stated("sample_size_total", sheet) is None


def test_a_table_of_contents_and_references_do_not_count() -> None:
    sheet = (
        "# 目录 {toc}\n三、样本量60例……14\n# 样本量 {sample_size}\n样本量将由统计师计算。\n# 参考文献 {references}\n[1] 每组30例，共60"
        "例，α=0.05。\n"
    )
    assert set(read(sheet).contract()) <= {"arms"}


def test_the_body_counts_where_the_synopsis_differs() -> None:
    found = read("# 方案摘要 {synopsis}\n| 例数 | 60例，每组30例 |\n# 样本量 {sample_size}\n本研究拟纳入72例，每组36例。\n")
    assert found.chosen["sample_size_total", "synopsis"].value == 60
    assert found.contract()["sample_size_total"] == 72


@pytest.mark.parametrize(
    ("sentence", "name", "value"),
    [
        ("双侧α取0.05，检验效能九成。", "alpha", 0.05),
        ("双侧α取0.05，检验效能九成。", "power", 0.9),
        ("第一类错误双侧5%，第二类错误20%。", "alpha", 0.05),
        ("β=0.2，α=0.05。", "power", 0.8),
        ("考虑失访约一成，扩大样本。", "dropout", 0.1),
        ("脱落以15%计。", "dropout", 0.15),
    ],
)
def test_error_rates_and_loss_in_chinese(sentence: str, name: str, value: float) -> None:
    assert stated(name, f"# 样本量 {{sample_size}}\n{sentence}\n") == value


@pytest.mark.parametrize(
    ("sentence", "name", "value"),
    [
        ("With a two-sided type I error of 5% and a probability of 80%, 42 people per arm are needed.", "power", 0.8),
        ("With a two-sided type I error of 5% and a probability of 80%, 42 people per arm are needed.", "alpha", 0.05),
        ("A one-sided error of 10 % is accepted.", "alpha", 0.1),
        ("One in ten may be lost, hence thirty-four in all.", "dropout", 0.1),
        ("Allowing for 12% attrition, 182 per group are planned.", "dropout", 0.12),
    ],
)
def test_error_rates_and_loss_in_english(sentence: str, name: str, value: float) -> None:
    assert stated(name, f"# Sample size {{sample_size}}\n{sentence}\n", "en") == value


@pytest.mark.parametrize("sentence", ["脱落率不超过20%视为质量合格。", "失访比例应控制在20%以内。"])
def test_a_limit_is_no_allowance(sentence: str) -> None:
    assert stated("dropout", f"# 样本量 {{sample_size}}\n{sentence}\n") is None


def test_p_values_of_the_analysis_are_not_the_level_of_the_calculation() -> None:
    assert stated("alpha", "# 数据管理 {data_management}\nP<0.05为差异有统计学意义。\n") is None


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("末次输注后随访12个月。", 12),
        ("自首次给药之日起随访满52周。", 12),
        ("每例受试者观察一年，自第一次注射当天算起。", 12),
        ("其后随访至第104周。", 24),
    ],
)
def test_follow_up(sentence: str, value: float) -> None:
    assert stated("follow_up_months", f"# 研究设计 {{design}}\n{sentence}\n") == value


@pytest.mark.parametrize(
    "sentence", ["妊娠者随访至分娩后6个月。", "既往研究随访24个月。", "不良事件随访至30天内报告。", "每3个月随访一次。"]
)
def test_other_follow_ups_do_not_count(sentence: str) -> None:
    assert stated("follow_up_months", f"# 研究设计 {{design}}\n{sentence}\n") is None


def test_the_last_visit_serves_where_no_follow_up_is_stated() -> None:
    found = read("# 访视 {schedule}\n| 项目 | 基线 | 1月 | 3月 | 6月 |\n| 心电图 | X | | X | X |\n")
    assert found.best("follow_up_months") is not None
    assert found.contract()["follow_up_months"] == 6


@pytest.mark.parametrize(
    ("sentence", "arms"),
    [
        ("单中心、单臂、开放研究。", 1),
        ("受试者按1:1随机分入两组。", 2),
        ("随机分为低剂量组、高剂量组和对照组，共三组，比例1:1:1。", 3),
    ],
)
def test_arms(sentence: str, arms: int) -> None:
    assert stated("arms", f"# 研究设计 {{design}}\n{sentence}\n") == arms


def test_doses_tell_per_kilogram_from_total_and_laboratory_counts() -> None:
    found = read("# 给药 {intervention}\n静脉输注，剂量1×10^6/kg。\n膝关节注射细胞5×10^7个。\n以5×10^5/cm²密度接种培养。\n")
    assert [(value.value, value.note) for value in found.all("dose")] == [(1e6, "per_kg"), (5e7, "total")]


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("ChiCTR2400012345", True),
        ("ChiCTR-TRC-12345678", True),
        ("ChiCTR00012345", False),
        ("NCT01234567", True),
        ("NCT1234567", False),
        ("ISRCTN12345678", True),
        ("MR-11-24-012345", True),
    ],
)
def test_registration_numbers(number: str, right: bool) -> None:
    assert registration_is_well_formed(number) is right


def test_every_value_quotes_the_passage_it_was_read_from() -> None:
    made = protocol("# 样本量 {sample_size}\n本研究拟纳入60例，每组30例。\n双侧α=0.05，把握度80%。\n")
    found = extract(made.document, made.passages)
    for value in found.values:
        assert (value.start, value.end) in {(passage.start, passage.end) for passage in made.passages}
    best = found.best("power")
    assert best is not None and "80%" in made.document.text[best.start : best.end]
