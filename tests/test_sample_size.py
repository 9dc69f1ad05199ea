"""Sample sizes: the worked examples, properties of the formulas, and verdicts on paragraphs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_values import read

from analyzer.checks import formulas as s
from analyzer.checks.formulas import up, with_loss
from analyzer.checks.sample_size import Recomputation, recompute, summary


def design(p0: float, p1: float, name: str) -> tuple[int, int, int, int, float, float, float]:
    """r1, n1, r, n, expected number under p0, size and power of a two-stage design."""
    found = s.simon(p0, p1, 0.05, 0.2, 45)[name]
    numbers = (found.r1, found.n1, found.r, found.n)
    return (*numbers, round(found.expected(p0), 2), round(found.rejects(p0), 4), round(found.rejects(p1), 4))


WORKED: list[tuple[str, object, object]] = [
    ("two means, z", up(s.two_means(5, 10, 0.05, 0.8)), 63),
    ("two means, t", up(s.two_means_t(5, 10, 0.05, 0.8)), 64),
    ("two means, 90 %, z", up(s.two_means(5, 10, 0.05, 0.9)), 85),
    ("two means, 90 %, t", up(s.two_means_t(5, 10, 0.05, 0.9)), 86),
    ("two means, 2:1", (up(s.two_means(5, 10, 0.05, 0.8, 2, 2.0)), up(2 * s.two_means(5, 10, 0.05, 0.8, 2, 2.0))), (48, 95)),
    ("paired, z and t", (up(s.paired_mean(5, 10, 0.05, 0.8)), up(s.paired_mean_t(5, 10, 0.05, 0.8))), (32, 34)),
    (
        "two proportions 85 and 65 %",
        [
            up(f(0.85, 0.65, 0.05, 0.8))
            for f in (s.two_proportions_unpooled, s.two_proportions_pooled, s.two_proportions_corrected, s.two_proportions_arcsine)
        ],
        [70, 73, 83, 71],
    ),
    (
        "two proportions 60 and 40 %",
        [
            up(f(0.6, 0.4, 0.05, 0.8))
            for f in (s.two_proportions_unpooled, s.two_proportions_pooled, s.two_proportions_corrected, s.two_proportions_arcsine)
        ],
        [95, 97, 107, 97],
    ),
    (
        "two proportions 40 and 20 %, 20 % lost",
        [
            with_loss(up(f(0.4, 0.2, 0.05, 0.8)), 0.2)[0]
            for f in (s.two_proportions_unpooled, s.two_proportions_pooled, s.two_proportions_corrected, s.two_proportions_arcsine)
        ],
        [99, 103, 114, 102],
    ),
    ("one proportion, two-sided", up(s.one_proportion(0.3, 0.5, 0.05, 0.8)), 44),
    ("one proportion, one-sided", up(s.one_proportion(0.3, 0.5, 0.05, 0.8, 1)), 35),
    ("one proportion, exact", s.one_proportion_exact(0.3, 0.5, 0.05, 0.8), (39, 17)),
    ("log-rank events, Schoenfeld", up(s.events_schoenfeld(0.6, 0.05, 0.8)), 121),
    ("log-rank events, Freedman", up(s.events_freedman(0.6, 0.05, 0.8)), 126),
    ("log-rank participants", up(121 / s.average_event_probability(0.5, 0.6)), 289),
    ("non-inferior proportions", [up(s.non_inferiority_proportions(0.85, 0.85, 0.1, 0.025, power)) for power in (0.8, 0.9)], [201, 268]),
    ("non-inferior means", up(s.non_inferiority_means(10, 5, 0.025, 0.8)), 63),
    ("superior by a margin", up(s.non_inferiority_means(10, -3, 0.025, 0.8, 8)), 63),
    ("Simon 10 and 30 %, optimal", design(0.1, 0.3, "optimal"), (1, 10, 5, 29, 15.01, 0.0471, 0.8051)),
    ("Simon 10 and 30 %, minimax", design(0.1, 0.3, "minimax"), (1, 15, 5, 25, 19.51, 0.0328, 0.8017)),
    ("Simon 20 and 40 %, optimal", design(0.2, 0.4, "optimal"), (3, 13, 12, 43, 20.58, 0.0496, 0.8002)),
    ("Simon 20 and 40 %, minimax", design(0.2, 0.4, "minimax"), (4, 18, 10, 33, 22.25, 0.0458, 0.8011)),
    (
        "3+3 escalation",
        [round(s.escalation_probability(p), 4) for p in (0.05, 0.1, 0.2, 0.3, 0.33, 0.4, 0.5)],
        [0.9734, 0.9061, 0.7086, 0.4943, 0.4344, 0.3093, 0.1719],
    ),
    ("precision of a proportion", [up(s.precision_proportion(p, 0.1)) for p in (0.5, 0.8)], [97, 62]),
    ("precision of a mean", up(s.precision_mean(10, 3)), 43),
    ("one event seen", [up(s.detect_one_event(p)) for p in (0.1, 0.05, 0.02, 0.01)], [29, 59, 149, 299]),
    ("no event of 20", [round(s.upper_bound_without_events(20, sides=sides), 4) for sides in (1, 2)], [0.1391, 0.1684]),
    ("no event of 9", [round(s.upper_bound_without_events(9, sides=sides), 4) for sides in (1, 2)], [0.2831, 0.3363]),
    ("analysis of covariance", up(s.ancova(5, 10, 0.05, 0.8, 0.5)), 48),
    ("rank-sum test", up(s.wilcoxon(5, 10, 0.05, 0.8)), 66),
    ("drop-out by division and by multiplication", [with_loss(64, 0.2), with_loss(30, 0.1)], [(80, 77), (34, 33)]),
    ("two comparisons, Bonferroni", up(s.two_means(5, 10, 0.025, 0.8)), 77),
    ("design effect", round(s.design_effect(20, 0.05), 3), 1.95),
    ("three groups, F test", round(s.anova_total(0.25, 3, 0.05, 0.8), 1), 157.2),
    ("upper limit of a pilot's SD", [round(s.sd_upper_factor(df), 3) for df in (11, 22, 29, 58)], [1.255, 1.161, 1.136, 1.09]),
]


@pytest.mark.parametrize(("name", "computed", "expected"), WORKED, ids=[name for name, _, _ in WORKED])
def test_worked_example(name: str, computed: object, expected: object) -> None:
    assert computed == expected


def test_t_correction_gives_what_statsmodels_gives() -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    for effect in (0.2, 0.35, 0.5, 0.8, 1.0):
        for wanted in (0.8, 0.85, 0.9):
            exact = power.TTestIndPower().solve_power(effect_size=effect, alpha=0.05, power=wanted)
            assert abs(s.two_means_t(effect, 1, 0.05, wanted) - exact) < 0.3


RATES = st.floats(min_value=0.05, max_value=0.95)
POWERS = st.sampled_from([0.7, 0.8, 0.85, 0.9, 0.95])


@given(RATES, RATES, POWERS, POWERS)
def test_more_power_needs_more_participants(p1: float, p2: float, first: float, second: float) -> None:
    if abs(p1 - p2) < 0.05 or first == second:
        return
    low, high = sorted((first, second))
    for formula in (s.two_proportions_unpooled, s.two_proportions_pooled, s.two_proportions_corrected, s.two_proportions_arcsine):
        assert formula(p1, p2, 0.05, low) < formula(p1, p2, 0.05, high)


@given(st.floats(min_value=0.1, max_value=3), st.floats(min_value=1.05, max_value=3), st.sampled_from([0.01, 0.025, 0.05]), POWERS)
def test_larger_effects_and_levels_need_fewer(effect: float, factor: float, alpha: float, power: float) -> None:
    for formula in (s.two_means, s.two_means_t, s.paired_mean, s.paired_mean_t):
        assert formula(effect * factor, 1, alpha, power) < formula(effect, 1, alpha, power)
        assert formula(effect, 1, alpha * 2, power) < formula(effect, 1, alpha, power)


@given(st.integers(min_value=1, max_value=500), st.floats(min_value=0.01, max_value=0.5))
def test_enough_remain_after_the_loss(n: int, loss: float) -> None:
    assert with_loss(n, loss)[0] * (1 - loss) >= n - 1e-6
    assert with_loss(n, loss)[0] >= with_loss(n, loss)[1]


MEANS_ZH = (
    (
        "以两样本均数比较估算，两组相差{delta}分，标准差{sd}分，双侧α=0.05，把握度{power}%，每组需{n}例；考虑{loss}%脱落，每组{final}例，合"
        "计{total}例。"
    ),
    (
        "取双侧检验水准0.05、检验效能{power}%，预期组间差值{delta}、标准差为{sd}，算得每组{n}例，按失访{loss}%扩大为每组{final}例，共{total"
        "}例。"
    ),
)
MEANS_EN = (
    (
        "To detect a difference of {delta} points with a standard deviation of {sd}, two-sided alpha 0.05 and {power}% power, {n} per arm a"
        "re needed; "
        "allowing for {loss}% drop-out, {final} per arm ({total} in total) will be enrolled."
    ),
    (
        "With a two-sided significance level of 5% and {power}% power, a mean difference of {delta} (SD {sd}) requires {n} participants per"
        " group. "
        "With {loss}% attrition we will recruit {final} per group, {total} in total."
    ),
)
RATES_ZH = (
    "对照组有效率为{p1}%，试验组为{p2}%，双侧α=0.05，把握度{power}%，每组需{n}例；考虑{loss}%脱落，每组{final}例，合计{total}例。",
    (
        "按两独立样本率比较，预计病死率由{p1}%降至{p2}%，双侧检验水准0.05，检验效能{power}%，每组{n}例，另加{loss}%失访，每组{final}例，共{"
        "total}例。"
    ),
)
RATES_EN = (
    (
        "Assuming a response of {p1}% in the control group and {p2}% with cells, a two-sided alpha of 0.05 and a power of {power}%, {n} per"
        " arm are needed; "
        "allowing for {loss}% lost to follow-up, {final} per arm ({total} in total) will be randomised."
    ),
    (
        "We expect {p1}% in the placebo arm and {p2}% in the treated arm. With two-sided 5% significance and {power}% power this gives {n} "
        "patients per group; "
        "with {loss}% drop-out {final} per group and {total} altogether."
    ),
)


def judged(paragraph: str, language: str) -> Recomputation | None:
    """The verdict on a paragraph in a two-arm trial."""
    heads = "# 研究设计 {design}\n随机对照研究，1:1分入两组。\n# 样本量 {sample_size}\n"
    if language == "en":
        heads = "# Design {design}\nA randomised, two-arm, controlled trial.\n# Sample size {sample_size}\n"
    return recompute(read(heads + paragraph + "\n", language))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([*MEANS_ZH, *MEANS_EN]),
    st.integers(2, 6),
    st.integers(7, 12),
    st.sampled_from([80, 85, 90]),
    st.sampled_from([5, 10, 15, 20]),
    st.booleans(),
)
def test_means_that_are_right_are_never_flagged(paragraph: str, delta: int, sd: int, power: int, loss: int, exact: bool) -> None:
    n = up((s.two_means_t if exact else s.two_means)(delta, sd, 0.05, power / 100))
    final = with_loss(n, loss / 100)[0]
    written = paragraph.format(delta=delta, sd=sd, power=power, loss=loss, n=n, final=final, total=2 * final)
    outcome = judged(written, "zh" if paragraph in MEANS_ZH else "en")
    assert outcome is not None and outcome.result == "consistent"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([*RATES_ZH, *RATES_EN]),
    st.integers(30, 60),
    st.integers(15, 25),
    st.sampled_from([80, 90]),
    st.sampled_from([5, 10, 20]),
)
def test_rates_that_are_right_are_never_flagged(paragraph: str, p1: int, gap: int, power: int, loss: int) -> None:
    n = up(s.two_proportions_pooled(p1 / 100, (p1 - gap) / 100, 0.05, power / 100))
    final = with_loss(n, loss / 100)[0]
    written = paragraph.format(p1=p1, p2=p1 - gap, power=power, loss=loss, n=n, final=final, total=2 * final)
    outcome = judged(written, "zh" if paragraph in RATES_ZH else "en")
    assert outcome is not None and outcome.result == "consistent"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([*RATES_ZH, *RATES_EN]),
    st.integers(30, 60),
    st.integers(15, 25),
    st.sampled_from([80, 90]),
    st.sampled_from([5, 10, 20]),
)
def test_a_number_per_arm_taken_for_the_total_is_named(paragraph: str, p1: int, gap: int, power: int, loss: int) -> None:
    right = up(s.two_proportions_pooled(p1 / 100, (p1 - gap) / 100, 0.05, power / 100))
    n = up(right / 2)
    final = with_loss(n, loss / 100)[0]
    written = paragraph.format(p1=p1, p2=p1 - gap, power=power, loss=loss, n=n, final=final, total=2 * final)
    outcome = judged(written, "zh" if paragraph in RATES_ZH else "en")
    assert outcome is not None and outcome.result == "not_reproducible"
    assert outcome.slip == "check_slip_halved"
    assert outcome.right is not None and outcome.right[0] <= with_loss(right, loss / 100)[0] <= outcome.right[1]


@pytest.mark.parametrize(
    ("paragraph", "slip"),
    [
        ("两组相差5分，标准差10分，双侧α=0.05，把握度90%，每组63例，合计126例。", "check_slip_power"),
        ("两组相差5分，标准差10分，双侧α=0.05，把握度90%，每组69例，合计138例。", "check_slip_one_sided"),
        ("两组相差5分，标准差10分，双侧α=0.05，把握度80%，考虑20%脱落，每组63例，合计126例。", "check_slip_loss_forgotten"),
        ("两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组126例，合计252例。", "check_slip_doubled"),
    ],
)
def test_usual_slips_are_named(paragraph: str, slip: str) -> None:
    outcome = judged(paragraph, "zh")
    assert outcome is not None and (outcome.result, outcome.slip) == ("not_reproducible", slip)


@pytest.mark.parametrize(
    ("paragraph", "missing"),
    [
        ("两组相差5分，双侧α=0.05，把握度80%，每组63例，合计126例。", "check_term_sd"),
        ("两组相差5分，标准差10分，双侧α=0.05，每组63例，合计126例。", "check_term_power"),
        ("对照组有效率50%，双侧α=0.05，把握度80%，每组63例，合计126例。", "check_term_rates"),
    ],
)
def test_what_is_missing_is_named(paragraph: str, missing: str) -> None:
    outcome = judged(paragraph, "zh")
    assert outcome is not None and outcome.result == "cannot_tell" and missing in outcome.missing


def test_about_widens_the_interval() -> None:
    exact = judged("两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组63例，合计126例。", "zh")
    about = judged("两组相差约5分，标准差约10分，双侧α=0.05，把握度80%，每组63例，合计126例。", "zh")
    assert exact is not None and about is not None
    assert about.answers[0].low < exact.answers[0].low <= exact.answers[0].high < about.answers[0].high


def test_two_stage_and_escalation_designs() -> None:
    head = "# 设计 {design}\n单臂研究。\n# 样本量 {sample_size}\n"
    right = recompute(read(head + "Simon两阶段设计，p0为10%，p1为30%，单侧α=0.05，把握度80%，共25例。\n"))
    wrong = recompute(read(head + "Simon两阶段设计，p0为10%，p1为30%，单侧α=0.05，把握度80%，共17例。\n"))
    assert right is not None and right.result == "consistent"
    assert wrong is not None and wrong.result == "not_reproducible" and wrong.right == (25, 29)
    dose = recompute(read(head + "按3+3规则设3个剂量组，每组3~6例，共9~18例。\n"))
    assert dose is not None and dose.result == "consistent"


def test_a_protocol_without_a_calculation_is_left_alone() -> None:
    assert judged("参照科室收治能力，定为每组30例，合计60例。", "zh") is None


@pytest.mark.parametrize(
    ("paragraph", "result"),
    [
        ("试验组与对照组按2:1分配，两组相差5分，标准差10分，双侧α=0.05，把握度80%，试验组95例，对照组48例，共143例。", "consistent"),
        ("由20%降至17%，相对降低15%，双侧α=0.01，把握度90%，每组5000例，共10000例。", "consistent"),
        ("适应性设计，两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组30例，合计60例。", "cannot_tell"),
        ("重复测量设计，两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组30例，合计60例。", "cannot_tell"),
    ],
)
def test_what_a_paragraph_says_decides_the_formula(paragraph: str, result: str) -> None:
    outcome = judged(paragraph, "zh")
    assert outcome is not None and outcome.result == result


@pytest.mark.parametrize(("stated", "result"), [(63, "consistent"), (70, "consistent"), (68, "not_reproducible"), (75, "not_reproducible")])
def test_rounding_up_has_a_limit(stated: int, result: str) -> None:
    written = f"两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组{stated}例，合计{2 * stated}例。"
    outcome = judged(written, "zh")
    assert outcome is not None and outcome.result == result


def test_the_outcome_is_told_in_both_languages() -> None:
    for written in (
        "两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组63例，合计126例。",
        "两组相差5分，标准差10分，双侧α=0.05，把握度80%，每组40例，合计80例。",
        "两组相差5分，双侧α=0.05，把握度80%，每组63例，合计126例。",
    ):
        outcome = judged(written, "zh")
        assert outcome is not None
        for language in ("zh", "en"):
            assert "check_" not in summary(outcome, language)
