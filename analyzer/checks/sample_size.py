"""Sample sizes recomputed from what the protocol assumes.

A stated number is *consistent* when any usual convention gives it, *not reproducible* otherwise, and nothing can be told when a
parameter is missing. A convention's answer is an interval where the protocol rounds ("about 35 %" is 34.5 to 35.5 %).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from analyzer.checks import Finding, Span, say
from analyzer.checks import formulas as f
from analyzer.checks.assumptions import Assumptions, Interval, assume, paragraph
from analyzer.checks.formulas import up, with_loss
from analyzer.document import Document, Passage
from analyzer.lazy import Lazy, LowerCase
from analyzer.values import Found, Prospects

Result = Literal["consistent", "not_reproducible", "cannot_tell"]
Unit = Literal["arm", "total", "events"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one convention gives before drop-out: the smallest and the largest whole number within the stated rounding."""

    convention: str
    low: int
    high: int

    def raised(self, loss: float) -> tuple[int, int]:
        """The same after drop-out, by division or by multiplication."""
        return (min(with_loss(self.low, loss)), max(with_loss(self.high, loss))) if loss else (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Recomputation:
    """``unit`` says what the numbers count. ``stated`` are the protocol's; ``answers`` are before drop-out, ``right`` after it."""

    design: str
    result: Result
    unit: Unit = "arm"
    stated: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    right: tuple[int, int] | None = None
    nearest: str = ""
    missing: tuple[str, ...] = ()
    slip: str = ""
    spans: tuple[Span, ...] = ()


# ---------------------------------------------------------------- which design

_DESIGNS: tuple[tuple[str, LowerCase], ...] = tuple(
    (name, LowerCase(pattern))
    for name, pattern in (
        ("adaptive", r"\badaptive|inverse normal|group[- ]sequential|适应性设计|成组序贯"),
        ("repeated", r"auto-?regressive|compound symmetry|repeated measure|重复测量|between level correlation|广义估计"),
        ("cluster", r"整群|(?<![A-Za-z])ICC(?![A-Za-z])|cluster"),
        ("non_inferiority", r"非劣|non-?inferior"),
        ("superiority_margin", r"优效(?:性)?界值|superiority margin|superiority by a margin"),
        ("equivalence", r"等效|equivalence"),
        ("simon", r"Simon|[两2二]阶段|two-?stage|2-?stage"),
        ("survival", r"log-?rank|对数秩|(?<![A-Za-z])HR(?![A-Za-z])|hazard ratio|风险比|Schoenfeld|Freedman"),
        ("escalation", r"3 ?\+ ?3"),
        (
            "detection",
            (
                r"至少(?:观察到|发现|出现|检出)(?:1|一)|rule of three|at least (?:one|1) (?:event|case|adverse)|"
                r"detect(?:ing)? at least (?:one|1)"
            ),
        ),
        (
            "counts",
            (
                r"负二项|泊松|negative binomial|poisson|overdispers|log-?link|sensitivity|specificity|灵敏度|特异度|rate ratio|/人年|"
                r"per (?:person|patient)[- ]year"
            ),
        ),
        ("anova", r"方差分析|ANOVA"),
        ("crossover", r"交叉设计|cross-?over"),
        (
            "precision",
            r"允许误差|容许误差|半宽|half[- ]?width|margin of error|置信区间(?:的)?(?:宽度|半宽|精度)|精度|误差(?:估|控制)|precision",
        ),
        ("paired", r"配对|自身(?:前后|对照|配对)|前后(?:自身|对照|比较)|paired|before[- ](?:and[- ])?after|within-(?:subject|person)"),
        (
            "one_proportion",
            (
                r"单组|单臂|目标值|历史对照|(?:单|1)样本率|performance goal|historical|single[- ](?:arm|proportion|group)|one-sample|"
                r"null (?:rate|response|hypothesis)|零假设.{0,6}率|率.{0,10}的零假设|p0"
            ),
        ),
    )
)
_PROSPECTS = Prospects({}, [pattern for _, pattern in _DESIGNS])

_PER_ARM = frozenset({"two_means", "two_proportions", "non_inferiority", "superiority_margin", "equivalence", "cluster"})
_WITHOUT_FORMULA = frozenset({"adaptive", "repeated", "counts", "crossover", "anova"})
_WITHOUT_TEST = frozenset({"precision", "detection", "escalation"})


_PAIRED_TEST = Lazy(r"配对|paired t", re.IGNORECASE)


def design_of(read: Assumptions, arms: int | None) -> str:
    """Which of the known designs the paragraph describes; "" when it cannot be told."""
    lower = read.text.lower()
    prospects = _PROSPECTS.of(lower)
    for name, pattern in _DESIGNS:
        if (
            pattern in prospects
            and pattern.search(lower)
            and not (name in {"paired", "one_proportion"} and (arms or 0) > 1 and not (name == "paired" and _PAIRED_TEST.search(read.text)))
        ):
            return name
    if arms == 1:
        return "one_proportion" if len(read.rates) == 2 else ""
    if read.delta and read.sd or read.standardised:
        return "two_means"
    return "two_proportions" if len(read.rates) == 2 else "two_means" if read.delta or read.sd else "two_proportions" if read.rates else ""


def _missing(read: Assumptions, design: str) -> tuple[str, ...]:
    """What the design needs and the paragraph does not give."""
    needs: list[tuple[str, bool]] = []
    if design not in _WITHOUT_TEST:
        needs += [("alpha", read.alpha is not None), ("power", read.power is not None)]
    if design in {"two_means", "paired"}:
        needs.append(("effect", read.standardised is not None or read.delta is not None))
        needs.append(("sd", read.standardised is not None or read.sd is not None))
    elif design in {"two_proportions", "one_proportion", "simon"}:
        needs.append(("rates", len(read.rates) == 2))
    elif design == "cluster":
        needs += [("rates", len(read.rates) == 2 or _means(read) is not None)]
        needs += [("icc", read.icc is not None), ("cluster_size", read.cluster_size is not None)]
    elif design == "survival":
        needs.append(("hazard_ratio", read.ratio is not None))
        needs.append(("event_probability", read.event_probability is not None or read.events is not None))
    elif design in {"non_inferiority", "superiority_margin", "equivalence"}:
        needs += [("margin", read.margin is not None), ("sd_or_rate", read.sd is not None or bool(read.rates))]
    elif design == "precision":
        together = read.sd is not None or len(read.rates) == 1
        needs += [("half_width", read.half_width is not None), ("sd_or_rate", together)]
    elif design == "detection":
        needs.append(("rates", len(read.rates) == 1))
    return tuple(f"check_term_{name}" for name, given in needs if not given)


# ---------------------------------------------------------------- conventions: raw numbers per arm, in total, or of events

Formula = Callable[..., float]


def _span(formula: Formula, *parameters: Interval) -> Interval:
    """Smallest and largest value of a formula over the corners of its intervals; the empty interval (0, 0) when it has none."""
    numbers = []
    for corner in product(*[tuple(dict.fromkeys(parameter)) for parameter in parameters]):
        try:
            numbers.append(formula(*corner))
        except (ValueError, ZeroDivisionError):
            continue
    return (min(numbers), max(numbers)) if numbers else (0.0, 0.0)


def _means(read: Assumptions) -> tuple[Interval, Interval] | None:
    if read.delta and read.sd:
        return read.delta, read.sd
    return (read.standardised, (1.0, 1.0)) if read.standardised else None


def _two_means(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if not (means := _means(read)):
        return {}
    k = read.allocation
    given = {"z": _span(lambda d, s: f.two_means(d, s, alpha, power, sides, k), *means)}
    if k == 1:
        given["t"] = _span(lambda d, s: f.two_means_t(d, s, alpha, power, sides), *means)
    if _RANKS.search(read.text):
        given["wilcoxon"] = _span(lambda d, s: f.wilcoxon(d, s, alpha, power, sides) * 1.1, *means)
    if read.correlation and _COVARIATE.search(read.text):
        rho = read.correlation
        given["ancova"] = _span(lambda d, s: f.ancova(d, s, alpha, power, rho, sides), *means)
    return _for_all_arms(given, k)


def _two_proportions(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if len(read.rates) != 2:
        return {}
    k = read.allocation
    given: dict[str, Interval] = {}
    for control, treated in (read.rates, read.rates[::-1])[: 1 if k == 1 else 2]:
        for name, formula in (("unpooled", f.two_proportions_unpooled), ("pooled", f.two_proportions_pooled)):
            low, high = _span(lambda a, b, formula=formula: formula(a, b, alpha, power, sides, k), control, treated)
            before = given.get(name, (low, high))
            given[name] = min(low, before[0]), max(high, before[1])
    if k == 1:
        given["corrected"] = _span(lambda a, b: f.two_proportions_corrected(a, b, alpha, power, sides), *read.rates)
        given["arcsine"] = _span(lambda a, b: f.two_proportions_arcsine(a, b, alpha, power, sides), *read.rates)
    return _for_all_arms(given, k)


def _for_all_arms(given: dict[str, Interval], k: float) -> dict[str, Interval]:
    """Arms of unequal size are counted together."""
    return given if k == 1 else {name: (low * (1 + k), high * (1 + k)) for name, (low, high) in given.items()}


def _cluster(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    single = _two_proportions(read, alpha, power, sides) or _two_means(read, alpha, power, sides)
    effect = f.design_effect(read.cluster_size or 1, read.icc or 0.0)
    return {name: (low * effect, high * effect) for name, (low, high) in single.items()}


def _paired(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if not (means := _means(read)):
        return {}
    return {
        "z": _span(lambda d, s: f.paired_mean(d, s, alpha, power, sides), *means),
        "t": _span(lambda d, s: f.paired_mean_t(d, s, alpha, power, sides), *means),
    }


def _one_proportion(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if len(read.rates) != 2:
        return {}
    p0, p1 = sorted(read.rates)
    given = {
        "z": _span(lambda a, b: f.one_proportion(a, b, alpha, power, sides), p0, p1),
        "reversed": _span(lambda a, b: f.one_proportion(b, a, alpha, power, sides), p0, p1),
        "alternative": _span(lambda a, b: f.one_proportion_alternative(a, b, alpha, power, sides), p0, p1),
    }
    if exact := f.one_proportion_exact(sum(p0) / 2, sum(p1) / 2, alpha / sides, power):
        given["exact"] = (exact[0], exact[0] + 2)
    return given


def _survival(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if not read.ratio:
        return {}
    events = {
        "schoenfeld": _span(lambda h: f.events_schoenfeld(h, alpha, power, sides), read.ratio),
        "freedman": _span(lambda h: f.events_freedman(h, alpha, power, sides), read.ratio),
    }
    share = read.event_probability or 1.0
    return {name: (up(low) / share, up(high) / share) for name, (low, high) in events.items()}


def _margin(read: Assumptions, design: str, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    """Non-inferiority and superiority by a margin."""
    if not read.margin:
        return {}
    level = alpha / sides
    sign = 1 if design == "non_inferiority" else -1
    if read.sd:
        difference = read.delta or (0.0, 0.0)
        given = {
            "difference": _span(lambda s, m, d: f.non_inferiority_means(s, sign * m, level, power, d), read.sd, read.margin, difference)
        }
        if sign == 1:
            given["no_difference"] = _span(lambda s, m: f.non_inferiority_means(s, m, level, power), read.sd, read.margin)
            given["difference_against"] = _span(
                lambda s, m, d: f.non_inferiority_means(s, m, level, power, -d), read.sd, read.margin, difference
            )
        return given
    if len(read.rates) not in (1, 2):
        return {}
    width, first, last = _as_fraction(read.margin), read.rates[0], read.rates[-1]
    return {
        "z": _span(lambda t, c, m: f.non_inferiority_proportions(t, c, sign * m, level, power), first, last, width),
        "reversed": _span(lambda t, c, m: f.non_inferiority_proportions(t, c, sign * m, level, power), last, first, width),
    }


def _equivalence(read: Assumptions, alpha: float, power: float, sides: int) -> dict[str, Interval]:
    if not read.margin:
        return {}
    level = alpha / sides
    if read.sd:
        return {"z": _span(lambda s, m: f.equivalence_means(s, m, level, power), read.sd, read.margin)}
    if len({*read.rates}) != 1:
        return {}
    return {"z": _span(lambda p, m: f.equivalence_proportions(p, m, level, power), read.rates[0], _as_fraction(read.margin))}


def _precision(read: Assumptions) -> dict[str, Interval]:
    if not read.half_width:
        return {}
    levels = (read.confidence,) if read.confidence else (0.95, 0.9)
    if read.sd and not read.rates:
        sd = read.sd
        single = {f"{level:.0%}": _span(lambda s, d, c=level: f.precision_mean(s, d, c), sd, read.half_width) for level in levels}
        return single | {f"{name}, difference": (2 * low, 2 * high) for name, (low, high) in single.items()}
    rate, width = read.rates[0], _as_fraction(read.half_width)
    return {f"{level:.0%}": _span(lambda p, d, c=level: f.precision_proportion(p, d, c), rate, width) for level in levels}


def _detection(read: Assumptions) -> dict[str, Interval]:
    levels = (read.confidence,) if read.confidence else (0.95, 0.9, 0.8, 0.99)
    given = {f"{level:.0%}": _span(lambda p, c=level: f.detect_one_event(p, c), read.rates[0]) for level in levels}
    if read.confidence in (None, 0.95):
        given["rule_of_three"] = _span(lambda p: 3 / p, read.rates[0])
    return given


def _simon(read: Assumptions, alpha: float, power: float) -> dict[str, Interval]:
    """Designs of Simon's kind between the minimax and the optimal one are all admissible (Jung 2004)."""
    p0, p1 = sorted(sum(rate) / 2 for rate in read.rates)
    designs = f.simon(p0, p1, alpha, round(1 - power, 4))
    return {"admissible": (designs["minimax"].n, designs["optimal"].n)} if designs else {}


def _as_fraction(width: Interval) -> Interval:
    return width if width[1] < 1 else (width[0] / 100, width[1] / 100)


_RANKS = Lazy(r"秩和|Wilcoxon|Mann|非参数", re.IGNORECASE)
_COVARIATE = Lazy(r"ANCOVA|协方差", re.IGNORECASE)
_PAIRWISE = Lazy(r"两两比较|成对比较|Bonferroni|多重(?:比较|性)|pairwise|multiple comparisons|multiplicity", re.IGNORECASE)


def conventions(read: Assumptions, design: str, sides: Sequence[int], alpha: float, power: float, arms: int = 2) -> dict[str, Interval]:
    """Convention -> raw number, for every admissible sidedness and, with more than two arms, division of the level."""
    if design in _WITHOUT_TEST:
        return _precision(read) if design == "precision" else _detection(read)
    if design == "simon":
        return _simon(read, alpha, power)
    by_design: dict[str, Callable[[float, int], dict[str, Interval]]] = {
        "two_means": lambda level, side: _two_means(read, level, power, side),
        "two_proportions": lambda level, side: _two_proportions(read, level, power, side),
        "cluster": lambda level, side: _cluster(read, level, power, side),
        "paired": lambda level, side: _paired(read, level, power, side),
        "one_proportion": lambda level, side: _one_proportion(read, level, power, side),
        "survival": lambda level, side: _survival(read, level, power, side),
        "equivalence": lambda level, side: _equivalence(read, level, power, side),
        "non_inferiority": lambda level, side: _margin(read, design, level, power, side),
        "superiority_margin": lambda level, side: _margin(read, design, level, power, side),
    }
    recompute_one = by_design[design]
    divisors = dict.fromkeys((1, arms - 1, arms * (arms - 1) // 2) if arms > 2 else (1,))
    found: dict[str, Interval] = {}
    for side, divisor in product(sides, divisors):
        for name, interval in recompute_one(alpha / divisor, side).items():
            suffix = (f", {side}" if len(sides) > 1 else "") + (f", α/{divisor}" if divisor > 1 else "")
            found[name + suffix] = interval
    return found


# ---------------------------------------------------------------- stated against computed


def _close(stated: float, low: float, high: float) -> bool:
    """Whether a stated number is an answer, within rounding.

    z values of two decimals move an answer by up to one participant or 1.5 %; arms and strata are filled up by one or two; and a
    number that ends in 0 or 5 was evidently rounded up, for which a tenth is allowed. Anything more needs a reason in the protocol.
    """
    above = 0.1 * high if stated % 5 == 0 else 0.02 * high
    return low - max(1.0, 0.015 * low) <= stated <= high + max(2.0, above)


@dataclass(frozen=True, slots=True)
class _Stated:
    """Numbers of the paragraph in the unit of the design; ``final`` is the planned one, ``before`` those below it."""

    final: int
    before: tuple[int, ...]

    @property
    def shown(self) -> tuple[int, ...]:
        return (*self.before, self.final)


def _stated(found: Found, *, per_arm: bool) -> _Stated | None:
    """Numbers the paragraph states, per arm or in total."""
    starts = {line.passage.start for line in paragraph(found)}
    total, arms = found.best("sample_size_total"), found.best("sample_size_per_arm")
    sizes = {value.value for value in found.all("size") if value.start in starts and isinstance(value.value, int)}
    if not per_arm:
        final = total.value if total and isinstance(total.value, int) else None
        return _Stated(final, tuple(sorted(size for size in sizes if size < final))) if final else None
    numbers = {value.value for value in found.all("arm_size") if value.start in starts and isinstance(value.value, int)}
    declared = found.best("arms")
    count = declared.value if declared and isinstance(declared.value, int) else 0
    final = None
    if arms and isinstance(arms.value, tuple):
        count = len(arms.value)
        final = arms.value[0] if len(set(arms.value)) == 1 else None
    elif total and count > 1 and isinstance(total.value, int) and total.value % count == 0:
        final = total.value // count
    if not final:
        return None
    numbers |= {size // count for size in sizes if count and size % count == 0 and size // count in numbers | {final}}
    return _Stated(final, tuple(sorted(number for number in numbers if number < final)))


def recompute(found: Found) -> Recomputation | None:
    """Recompute the sample size; None when the protocol makes no calculation."""
    if "recomputation" not in found.worked_out:
        found.worked_out["recomputation"] = _recompute(found)
    outcome = found.worked_out["recomputation"]
    return outcome if isinstance(outcome, Recomputation) else None


def _recompute(found: Found) -> Recomputation | None:
    read = assume(found)
    declared = found.best("arms")
    arms = declared.value if declared and isinstance(declared.value, int) else None
    if arms == 1 and found.best("sample_size_per_arm"):
        arms = 2
    if not (read.alpha or read.power) and not read.any_effect and not _ESCALATION.search(read.text):
        return None
    design = design_of(read, arms)
    spans = tuple(dict.fromkeys(read.spans.values()))
    pairwise = arms is None or arms <= 2 or design in {"two_means", "two_proportions"} and _PAIRWISE.search(read.text) is not None
    if not design or design in _WITHOUT_FORMULA or not pairwise:
        return Recomputation(design or "unknown", "cannot_tell", missing=("check_term_design",), spans=spans)
    if missing := _missing(read, design):
        return Recomputation(design, "cannot_tell", missing=missing, spans=spans)
    if design == "escalation":
        return _escalation(found, read)
    unequal = _allocation(found) if design in {"two_means", "two_proportions"} else 1.0
    read = replace(read, allocation=unequal)
    per_arm = design in _PER_ARM and unequal == 1 or design == "precision" and (arms or 1) > 1
    stated = _stated(found, per_arm=per_arm)
    if design == "survival" and not read.event_probability and read.events:
        return _judge(found, replace(read, loss=None), design, "events", _Stated(read.events, ()), 2)
    if stated is None:
        return Recomputation(design, "cannot_tell", missing=("check_term_number",), spans=spans)
    outcome = _judge(found, read, design, "arm" if per_arm else "total", stated, arms or 2)
    if outcome.result == "not_reproducible" and design == "two_means" and len(read.rates) == 2:
        second = _judge(found, read, "two_proportions", outcome.unit, stated, arms or 2)
        return second if second.result == "consistent" else replace(outcome, result="cannot_tell", missing=("check_term_design",), slip="")
    return outcome


def _allocation(found: Found) -> float:
    """How many times the one arm is as large as the other."""
    sizes = found.best("sample_size_per_arm")
    if sizes and isinstance(sizes.value, tuple) and len(sizes.value) == 2 and min(sizes.value) > 0:
        ratio = max(sizes.value) / min(sizes.value)
        return min((1.0, 1.5, 2.0, 3.0, 4.0), key=lambda usual: abs(usual - ratio)) if ratio > 1.2 else 1.0
    return 1.0


def _judge(found: Found, read: Assumptions, design: str, unit: Unit, stated: _Stated, arms: int) -> Recomputation:
    alpha, power, loss = read.alpha or 0.05, read.power or 0.8, read.loss or 0.0
    answers = tuple(_answers(conventions(read, design, read.sided(design), alpha, power, arms)))
    spans = _evidence(found, read)
    outcome = Recomputation(design, "cannot_tell", unit, stated.shown, answers, spans=spans)
    if not answers:
        return replace(outcome, missing=("check_term_effect",))
    raised = {answer.convention: answer.raised(loss) for answer in answers}
    right = min(low for low, _ in raised.values()), max(high for _, high in raised.values())
    nearest = min(raised, key=lambda name: min(abs(stated.final - limit) for limit in raised[name]))
    outcome = replace(outcome, right=right, nearest=nearest)
    if any(_close(stated.final, *interval) for interval in raised.values()) or _raised_from(stated, answers, loss):
        return replace(outcome, result="consistent")
    if not 0.25 <= stated.final / max(1, sum(right) / 2) <= 4:
        return replace(outcome, missing=("check_term_effect",))
    slip = _slip(read, design, stated, answers, arms)
    if not slip and stated.final > right[1] and _FURTHER.search(read.text):
        return replace(outcome, missing=("check_term_allowance",))
    return replace(outcome, result="not_reproducible", slip=slip)


def _answers(raw: Mapping[str, Interval]) -> Iterator[Answer]:
    return (Answer(name, up(low), up(high)) for name, (low, high) in raw.items() if 0 < low < 1e5)


_FURTHER = Lazy(r"另(?:加|增)|再(?:加|增)|余量|富余|further|additional|extra|skew|reserve|\bmore\b", re.IGNORECASE)
"""Words of an allowance whose size is not stated."""


def _raised_from(stated: _Stated, answers: Iterable[Answer], loss: float) -> bool:
    """Whether a right number before drop-out is stated and the final one is that number raised; without a rate, by up to a third."""
    for number in stated.before:
        if not any(_close(number, answer.low, answer.high) for answer in answers):
            continue
        if _close(stated.final, min(with_loss(number, loss)), max(with_loss(number, loss))) if loss else stated.final <= 4 / 3 * number:
            return True
    return False


def _slip(read: Assumptions, design: str, stated: _Stated, answers: Sequence[Answer], arms: int) -> str:
    """The usual mistake that would lead to the stated number; "" when none fits."""
    loss, alpha, power = read.loss or 0.0, read.alpha or 0.05, read.power or 0.8
    numbers = {min(stated.shown), stated.final}

    def fits(sides: Sequence[int], level: float, wanted: float, factor: float = 1.0) -> bool:
        others = _answers(conventions(read, design, sides, level, wanted, arms))
        return any(
            _close(factor * number, answer.low, answer.high) or _close(factor * number, *answer.raised(loss))
            for number in numbers
            for answer in others
        )

    if loss and any(_close(stated.final, answer.low, answer.high) for answer in answers):
        return "check_slip_loss_forgotten"
    if design in _PER_ARM and fits(read.sided(design), alpha, power, 2):
        return "check_slip_halved"
    if design not in _WITHOUT_TEST and power > 0.85 and fits(read.sided(design), alpha, 0.8):
        return "check_slip_power"
    if read.sides == 2 and design not in _WITHOUT_TEST and fits((1,), alpha, power):
        return "check_slip_one_sided"
    if design in _PER_ARM and fits(read.sided(design), alpha, power, 0.5):
        return "check_slip_doubled"
    return ""


def _evidence(found: Found, read: Assumptions) -> tuple[Span, ...]:
    """The passage with the number and the one with the assumption."""
    number = found.best("sample_size_per_arm") or found.best("sample_size_total")
    spans = [(number.start, number.end)] if number else []
    spans += [read.spans[name] for name in ("rates", "delta", "standardised", "ratio", "margin", "half_width", "sd") if name in read.spans]
    return tuple(dict.fromkeys(spans))[:2]


# ---------------------------------------------------------------- dose escalation

_ESCALATION = Lazy(r"3 ?\+ ?3")
_OTHER_ESCALATION = Lazy(r"扩展|expansion|BOIN|mTPI|加速|accelerat", re.IGNORECASE)
_LEVELS = Lazy(
    r"(?<![\d第])(\d)个?(?:递增)?(?:剂量(?:组|水平|级|档)|队列|档)|\b(\d) (?:dose levels?|levels|cohorts|dose cohorts)\b", re.IGNORECASE
)


def _escalation(found: Found, read: Assumptions) -> Recomputation:
    """A 3+3 design takes three to six participants at each dose level."""
    total = found.best("sample_size_total")
    spans = _evidence(found, read)
    if total is None or not isinstance(total.value, int):
        return Recomputation("escalation", "cannot_tell", "total", missing=("check_term_number",), spans=spans)
    levels = {int(match[1] or match[2]) for line in found.lines for match in _LEVELS.finditer(line.text)}
    if len(levels) != 1 or min(levels) < 2 or _OTHER_ESCALATION.search(read.text):
        return Recomputation("escalation", "cannot_tell", "total", (total.value,), missing=("check_term_levels",), spans=spans)
    right = f.escalation_range(levels.pop())
    answer = Answer("3+3", *right)
    result: Result = "consistent" if right[0] <= total.value <= right[1] + 1 else "not_reproducible"
    return Recomputation("escalation", result, "total", (total.value,), (answer,), right, "3+3", spans=spans)


def check(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """A stated sample size that no usual convention reproduces."""
    outcome = recompute(found)
    if outcome is None or outcome.result != "not_reproducible" or outcome.right is None or not outcome.spans:
        return []
    return [Finding("sample_size_recalculation", outcome.spans, told(outcome), "sample_size")]


def summary(outcome: Recomputation, language: str) -> str:
    """The outcome in one sentence, in ``zh`` or ``en``."""
    missing = say(language, "check_list_separator").join(say(language, term) for term in outcome.missing)
    return say(language, f"check_recomputation_{outcome.result}", missing=missing, **told(outcome))


def told(outcome: Recomputation) -> dict[str, object]:
    """What the sentences about a recomputation say of it."""
    low, high = outcome.right or (0, 0)
    return {
        "nearest": f"check_convention_{outcome.nearest.partition(',')[0]}",
        "design": f"check_design_{outcome.design}",
        "stated": ", ".join(map(str, outcome.stated)),
        "right": str(low) if low == high else f"{low}–{high}",
        "unit": f"check_unit_{outcome.unit}",
        "slip": outcome.slip or "check_slip_none",
    }
