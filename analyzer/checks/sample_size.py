"""Sample sizes recomputed from what the protocol assumes.

Formulas work on plain normal quantiles; where a t distribution is meant, Guenther's correction (Guenther 1981, Am Stat 35:243) gives
the same whole numbers as the exact computation for the sizes met here. SciPy is imported only for the F test and chi-squared quantiles.
A stated number is *consistent* when any usual convention gives it; a convention's answer is an interval when the protocol rounds
("about 35 %" is 34.5 to 35.5 %).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import asin, ceil, comb, inf, log, sqrt
from statistics import NormalDist
from typing import Literal

from analyzer.checks import Finding, Span
from analyzer.document import Document, Passage
from analyzer.values import Found, Line

Result = Literal["consistent", "not_reproducible", "cannot_tell"]
_NORMAL = NormalDist()


def z(probability: float) -> float:
    """Standard normal quantile."""
    return _NORMAL.inv_cdf(probability)


def up(number: float) -> int:
    """The next whole participant."""
    return ceil(number - 1e-9)


def _z_sum(alpha: float, power: float, sides: int) -> float:
    return z(1 - alpha / sides) + z(power)


# ---------------------------------------------------------------- formulas: raw numbers, not yet rounded up


def two_means(delta: float, sd: float, alpha: float, power: float, sides: int = 2, ratio: float = 1.0) -> float:
    """Size of the smaller (control) group; the other is ``ratio`` times as large (Chow, Shao & Wang 2008, ch. 3)."""
    return (1 + 1 / ratio) * (_z_sum(alpha, power, sides) * sd / delta) ** 2


def two_means_t(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group for the t test: the normal answer plus z²/4 (Guenther 1981)."""
    return two_means(delta, sd, alpha, power, sides) + z(1 - alpha / sides) ** 2 / 4


def ancova(delta: float, sd: float, alpha: float, power: float, correlation: float, sides: int = 2) -> float:
    """Per group when the baseline is a covariate: times 1 - ρ² (Borm 2007, J Clin Epidemiol 60:1234)."""
    return two_means(delta, sd, alpha, power, sides) * (1 - correlation**2)


def wilcoxon(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group for the rank-sum test: divided by its asymptotic efficiency 3/π."""
    return two_means(delta, sd, alpha, power, sides) / 0.955


def paired_mean(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Pairs; ``sd`` is that of the differences."""
    return (_z_sum(alpha, power, sides) * sd / delta) ** 2


def paired_mean_t(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Pairs for the t test: the normal answer plus z²/2 (Guenther 1981)."""
    return paired_mean(delta, sd, alpha, power, sides) + z(1 - alpha / sides) ** 2 / 2


def two_proportions_unpooled(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group, variance under the alternative."""
    return _z_sum(alpha, power, sides) ** 2 * (p1 * (1 - p1) + p2 * (1 - p2)) / (p1 - p2) ** 2


def two_proportions_pooled(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group, pooled variance under the null hypothesis (Fleiss 1981)."""
    mean = (p1 + p2) / 2
    null = z(1 - alpha / sides) * sqrt(2 * mean * (1 - mean))
    return ((null + z(power) * sqrt(p1 * (1 - p1) + p2 * (1 - p2))) / (p1 - p2)) ** 2


def two_proportions_corrected(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group with continuity correction (Fleiss, Tytun & Ury 1980)."""
    pooled = two_proportions_pooled(p1, p2, alpha, power, sides)
    return pooled / 4 * (1 + sqrt(1 + 4 / (pooled * abs(p1 - p2)))) ** 2


def two_proportions_arcsine(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group by Cohen's h."""
    h = 2 * (asin(sqrt(p1)) - asin(sqrt(p2)))
    return 2 * (_z_sum(alpha, power, sides) / h) ** 2


def one_proportion(p0: float, p1: float, alpha: float, power: float, sides: int = 2) -> float:
    """A single group against a target rate, normal approximation."""
    return ((z(1 - alpha / sides) * sqrt(p0 * (1 - p0)) + z(power) * sqrt(p1 * (1 - p1))) / (p1 - p0)) ** 2


def _binomial_tail(least: int, n: int, p: float) -> float:
    """P(X ≥ least) for X binomial."""
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(max(least, 0), n + 1))


def one_proportion_exact(p0: float, p1: float, alpha: float, power: float, most: int = 200) -> tuple[int, int] | None:
    """Smallest (n, responses needed) of the exact one-sided binomial test (A'Hern 2001); p1 > p0."""
    start = max(5, int(one_proportion(p0, p1, alpha, power, 1) * 0.7))
    for n in range(start, most):
        least = next(k for k in range(n + 2) if _binomial_tail(k, n, p0) <= alpha)
        if _binomial_tail(least, n, p1) >= power:
            return n, least
    return None


def events_schoenfeld(ratio: float, alpha: float, power: float, sides: int = 2, share: float = 0.5) -> float:
    """Events for the log-rank test (Schoenfeld 1983); ``share`` is one arm's share of participants."""
    return _z_sum(alpha, power, sides) ** 2 / (share * (1 - share) * log(ratio) ** 2)


def events_freedman(ratio: float, alpha: float, power: float, sides: int = 2) -> float:
    """Events for the log-rank test, equal arms (Freedman 1982)."""
    return (_z_sum(alpha, power, sides) * (1 + ratio) / (1 - ratio)) ** 2


def average_event_probability(control: float, ratio: float) -> float:
    """Mean probability of an event over both arms under proportional hazards."""
    return (control + 1 - float((1 - control) ** ratio)) / 2


def non_inferiority_proportions(pt: float, pc: float, margin: float, alpha: float, power: float) -> float:
    """Per group; ``alpha`` one-sided, a high rate is good (Chow, Shao & Wang 2008, ch. 4)."""
    return _z_sum(alpha, power, 1) ** 2 * (pt * (1 - pt) + pc * (1 - pc)) / (pt - pc + margin) ** 2


def non_inferiority_means(sd: float, margin: float, alpha: float, power: float, difference: float = 0.0) -> float:
    """Per group; ``alpha`` one-sided; a negative ``margin`` makes it superiority by a margin."""
    return 2 * (_z_sum(alpha, power, 1) * sd / (difference + margin)) ** 2


def equivalence_means(sd: float, margin: float, alpha: float, power: float) -> float:
    """Per group for two one-sided tests at ``alpha`` and no true difference."""
    return 2 * ((z(1 - alpha) + z((1 + power) / 2)) * sd / margin) ** 2


def precision_proportion(p: float, half_width: float, confidence: float = 0.95) -> float:
    """Participants for a Wald interval of that half width."""
    return z((1 + confidence) / 2) ** 2 * p * (1 - p) / half_width**2


def precision_mean(sd: float, half_width: float, confidence: float = 0.95) -> float:
    """Participants for an interval of that half width about a mean."""
    return (z((1 + confidence) / 2) * sd / half_width) ** 2


def detect_one_event(p: float, confidence: float = 0.95) -> float:
    """Participants needed to see an event of probability ``p`` at least once."""
    return log(1 - confidence) / log(1 - p)


def upper_bound_without_events(n: int, confidence: float = 0.95, sides: int = 1) -> float:
    """Exact upper confidence bound of a rate when none of ``n`` had the event (close to 3/n)."""
    return float(1 - ((1 - confidence) / sides) ** (1 / n))


def escalation_probability(p: float) -> float:
    """Chance that a 3+3 design passes a dose whose toxicity probability is ``p``."""
    return (1 - p) ** 3 + 3 * p * (1 - p) ** 2 * (1 - p) ** 3


def escalation_range(levels: int) -> tuple[int, int]:
    """Fewest and most participants of a 3+3 design that goes through all dose levels."""
    return 3 * levels, 6 * levels


def design_effect(cluster_size: float, icc: float) -> float:
    """Factor by which clustering enlarges the sample."""
    return 1 + (cluster_size - 1) * icc


def with_loss(n: float, loss: float) -> tuple[int, int]:
    """Participants to enrol so that ``n`` remain: by division (correct) and by multiplication (common)."""
    return up(n / (1 - loss)), up(n * (1 + loss))


def anova_total(effect: float, groups: int, alpha: float, power: float) -> float:
    """Total for a one-way analysis of variance with Cohen's f, from the noncentral F distribution."""
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    def shortfall(total: float) -> float:
        between, within = groups - 1, total - groups
        return float(ncf.sf(f.isf(alpha, between, within), between, within, effect**2 * total)) - power

    return float(brentq(shortfall, groups + 2, 1e5))


def sd_upper_factor(degrees: int, confidence: float = 0.8) -> float:
    """Factor from a pilot's SD to its upper confidence limit (Browne 1995)."""
    from scipy.stats import chi2

    return sqrt(degrees / float(chi2.ppf(1 - confidence, degrees)))


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after ``n1`` with at most ``r1`` responses; the treatment fails with at most ``r`` of ``n`` (Simon 1989)."""

    r1: int
    n1: int
    r: int
    n: int

    def rejects(self, p: float) -> float:
        """Probability that the treatment is called active at the response rate ``p``."""
        second = self.n - self.n1
        return sum(
            comb(self.n1, x) * p**x * (1 - p) ** (self.n1 - x) * _binomial_tail(self.r + 1 - x, second, p)
            for x in range(self.r1 + 1, self.n1 + 1)
        )

    def expected(self, p: float) -> float:
        """Expected number of participants at the response rate ``p``."""
        stops = 1 - _binomial_tail(self.r1 + 1, self.n1, p)
        return self.n1 + (1 - stops) * (self.n - self.n1)


@cache
def simon(p0: float, p1: float, alpha: float, beta: float, most: int = 60) -> dict[str, TwoStage]:
    """``optimal`` and ``minimax`` two-stage designs, by search."""
    best: dict[str, tuple[float, float, TwoStage]] = {}
    for n in range(8, most + 1):
        for design in _designs(p0, p1, alpha, beta, n):
            mean = design.expected(p0)
            if "optimal" not in best or mean < best["optimal"][0] - 1e-9:
                best["optimal"] = (mean, n, design)
            if "minimax" not in best or (n, mean) < (best["minimax"][1], best["minimax"][0] - 1e-9):
                best["minimax"] = (mean, n, design)
    return {name: design for name, (_, _, design) in best.items()}


def _designs(p0: float, p1: float, alpha: float, beta: float, n: int) -> Iterator[TwoStage]:
    """Two-stage designs of ``n`` participants that keep both error rates."""
    for n1 in range(1, n):
        second = n - n1
        tails0, tails1 = _tails(second, p0), _tails(second, p1)
        masses0 = [comb(n1, x) * p0**x * (1 - p0) ** (n1 - x) for x in range(n1 + 1)]
        masses1 = [comb(n1, x) * p1**x * (1 - p1) ** (n1 - x) for x in range(n1 + 1)]
        for r1 in range(min(n1, int(n1 * p1) + 2)):
            if sum(masses1[: r1 + 1]) > beta:
                break
            for r in range(r1, min(n, int(n * p1) + 2)):
                size = sum(masses0[x] * tails0[min(max(r + 1 - x, 0), second + 1)] for x in range(r1 + 1, n1 + 1))
                if size > alpha:
                    continue
                power = sum(masses1[x] * tails1[min(max(r + 1 - x, 0), second + 1)] for x in range(r1 + 1, n1 + 1))
                if power >= 1 - beta:
                    yield TwoStage(r1, n1, r, n)
                break


def _tails(n: int, p: float) -> list[float]:
    tails = [0.0] * (n + 2)
    for k in range(n, -1, -1):
        tails[k] = tails[k + 1] + comb(n, k) * p**k * (1 - p) ** (n - k)
    return tails


# ---------------------------------------------------------------- what the protocol assumes

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one convention gives before drop-out: the smallest and the largest whole number within the stated rounding."""

    convention: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Recomputation:
    """``unit``: whether numbers count one arm, all participants or events. ``answers`` are before drop-out, ``right`` after it."""

    design: str
    result: Result
    unit: Literal["arm", "total"] = "arm"
    stated: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    right: tuple[int, int] | None = None
    nearest: str = ""
    missing: tuple[str, ...] = ()
    slip: str = ""
    spans: tuple[Span, ...] = ()


@dataclass
class _Assumptions:
    """Parameters read from the paragraph on the sample size; intervals are fractions or the outcome's own units."""

    text: str = ""
    alpha: float | None = None
    sides: int | None = None
    power: float | None = None
    loss: float | None = None
    rates: list[Interval] = field(default_factory=list)
    delta: Interval | None = None
    sd: Interval | None = None
    standardised: Interval | None = None
    ratio: Interval | None = None
    margin: Interval | None = None
    half_width: Interval | None = None
    event_probability: float | None = None
    events: int | None = None
    icc: float | None = None
    cluster_size: float | None = None
    correlation: float | None = None
    spans: dict[str, Span] = field(default_factory=dict)

    def sided(self) -> tuple[int, ...]:
        """Sidedness as stated, else both."""
        return (self.sides,) if self.sides else (2, 1)


_ABOUT = re.compile(r"(?:约为?|大约|左右|~|approximately|about|around|roughly)\s*$", re.IGNORECASE)
_NUMBER = r"(-?\d+(?:\.\d+)?)(%?)"
_PARAMETERS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "sd": rf"(?:标准差|\bSDs?\b|standard deviation|\bsd\b|σ|\bs\.d\.)(?!\s*值)[^\d。;,]{{0,18}}?{_NUMBER}",
        "delta": (
            r"(?:组间差值?|均[数值](?:之?差|差)|相差|差值|差异|\bδ|多下降|多降|"
            r"(?<!standardised )(?<!standardized )(?:mean )?difference(?: in \w+| between \w+)?|两?组差|"
            r"declines?)[^\d。;,%]{0,24}?(?<![\d.])(\d+(?:\.\d+)?)(?!\d)(?!%)(?! ?(?:groups?|arms|组))()"
        ),
        "standardised": (
            r"(?:Cohen'?s? d|\bd\b(?= ?[=≈])|效应量|effect size|standardi[sz]ed (?:mean )?difference|"
            r"标准化(?:均数)?差)[^\d。;,]{0,12}?(\d?\.\d+|\d(?:\.\d+)?)()(?!%)"
        ),
        "ratio": r"(?:\bHR\b|hazard ratio|风险比)[^\d。;,]{0,12}?(\d\.\d+)()",
        "margin": rf"(?:界值|margin(?! of error)|Δ)[^\d。;]{{0,18}}?{_NUMBER}",
        "half_width": r"(?:允许误差|容许误差|误差|半宽|half[- ]?width|margin of error|precision of|±)[^\d。;,]{0,14}?(\d+(?:\.\d+)?)(%?)",
        "event_probability": rf"(?:事件(?:发生)?(?:概率|率)|event (?:probability|rate))[^\d。;]{{0,10}}?{_NUMBER}",
        "icc": r"(?:\bICC\b|intra-?(?:class|cluster) correlation|组内相关)[^\d。;]{0,12}?(0?\.\d+)()",
        "cluster_size": (
            r"(?:cluster size|每(?:群|个?社区|整群)|(?:pupils|patients|people|participants) per (?:cluster|school|practice|"
            r"ward))[^\d。;]{0,8}?(\d+)()"
        ),
        "correlation": r"(?:相关系数|correlation(?: of| between)?|ρ|\brho\b)[^\d。;]{0,14}?(0?\.\d+)()",
        "events": r"(?<!\d)(\d{2,4})(?= ?(?:个|例次)?(?:终点)?(?:事件|events))()",
    }.items()
}
_NOT_A_RATE_BEFORE = re.compile(
    r"(?:α|alpha|检验水[准平]|显著性?水[准平]|错误率?|error|把握度?|效能|功效|power|β|脱落|失访|退出|流失|剔除|drop-?outs?|attrition|"
    r"loss|lost|withdraw\w*|置信|CI|confidence|界值|margin|误差|精度|半宽|width|±|双侧|单侧|sided|significance|差值?|相差|提高了?|"
    r"difference|increase of|reduction of|放大|扩大|增加|预留|加|level)[^\d%。;,]{0,14}(?:about |approximately |约)?$",
    re.IGNORECASE,
)
_NOT_A_RATE_AFTER = re.compile(
    r"^\s*(?:的)?(?:左右)?(?:的)?(?:把握|效能|功效|检验水|显著|置信|脱落|失访|退出|流失|错|水准|percentage points|个?百分点|\(?(?:two|"
    r"one|2|1)[- ]sided|power|significance|level|confidence|CI|alpha|drop|attrition|loss|lost|of (?:patients|participants|women|"
    r"people)? ?(?:will|may|are|to be)|non-?eval|chance|probability|error|sure|more|放大|扩大|of the (?:pupils|eggs))",
    re.IGNORECASE,
)
_RATE_CONTROL = re.compile(
    r"(?:对照|安慰剂|基础治疗|常规|control|placebo|sham|comparator|standard)[^\d%。;]{0,30}?(\d+(?:\.\d+)?)%", re.IGNORECASE
)
_RATE_TREATED = re.compile(
    r"(?:试验|治疗|干预|细胞|研究|实验|观察|treated|treatment|intervention|experimental|active|cells?)(?:组|"
    r"臂)?[^\d%。;]{0,30}?(\d+(?:\.\d+)?)%",
    re.IGNORECASE,
)


def _paragraph(found: Found) -> list[Line]:
    """Lines about the size of the sample: of the body, else of the synopsis."""
    for place in ("body", "synopsis"):
        lines = [line for line in found.lines if line.size_zone and line.place == place]
        if lines:
            return lines
    return [
        line for line in found.lines if re.search(r"样本量|把握度|sample size|\bpower\b", line.text, re.IGNORECASE) and line.calculation
    ]


def _interval(text: str, match: re.Match[str]) -> Interval:
    """The number as an interval: half a unit of its last digit either way where the protocol says "about"."""
    written, percent = match[1], match[2]
    value = float(written)
    step = 10.0 ** -len(written.partition(".")[2]) if "." in written else 1.0
    half = step / 2 if _ABOUT.search(text[max(0, match.start(1) - 14) : match.start(1)]) else 0.0
    scale = 0.01 if percent else 1.0
    return (value - half) * scale, (value + half) * scale


def assume(found: Found) -> _Assumptions:
    """Read the assumptions of the calculation."""
    lines = _paragraph(found)
    read = _Assumptions(text="\n".join(line.text for line in lines))
    starts = {line.passage.start for line in lines}
    for name in ("alpha", "power", "dropout"):
        inside = [value for value in found.all(name) if value.start in starts and value.weight >= 2]
        if inside and len({value.value for value in inside}) == 1 or name == "dropout" and inside:
            best = max(inside, key=lambda value: value.weight)
            assert isinstance(best.value, int | float)
            setattr(read, "loss" if name == "dropout" else name, float(best.value))
            if name == "alpha":
                read.sides = {"two": 2, "one": 1}.get(best.note)
            read.spans[name] = (best.start, best.end)
    for line in lines:
        span = (line.passage.start, line.passage.end)
        for name, pattern in _PARAMETERS.items():
            matches = list(pattern.finditer(line.text))
            if not matches or name in read.spans:
                continue
            values = {_interval(line.text, match) for match in matches}
            if len(values) > 1 and name in {"sd", "delta", "standardised", "ratio", "margin"}:
                setattr(read, name, None)
                read.spans[name] = span
                continue
            interval = _interval(line.text, matches[0])
            single = name in {"event_probability", "icc", "cluster_size", "correlation", "events"}
            setattr(read, name, interval[0] if single else interval)
            read.spans[name] = span
        for rate in _rates(line.text):
            if rate not in read.rates:
                read.rates.append(rate)
                read.spans.setdefault("rates", span)
    if len(read.rates) > 2:
        read.rates = [rate for rate in read.rates if abs(rate[0] - (read.loss or 0.0)) > 1e-9]
    read.rates = _pair_of_rates(read) or read.rates
    return read


def _rates(text: str) -> list[Interval]:
    rates = []
    for match in re.finditer(r"(?<![\d.~±-])(\d{1,2}(?:\.\d+)?)(%)(?!\s?(?:~|-|至|to)\s?\d)", text):
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 26]
        if not _NOT_A_RATE_BEFORE.search(before) and not _NOT_A_RATE_AFTER.match(after):
            rates.append(_interval(text, match))
    return rates


def _pair_of_rates(read: _Assumptions) -> list[Interval]:
    """Where more than two rates stand in the paragraph: the ones named as the control's and the treated group's, if only one each."""
    if len(read.rates) <= 2:
        return []
    control = {float(match[1]) / 100 for match in _RATE_CONTROL.finditer(read.text)}
    treated = {float(match[1]) / 100 for match in _RATE_TREATED.finditer(read.text)} - control
    known = [rate for rate in read.rates if any(abs(sum(rate) / 2 - value) < 1e-9 for value in control | treated)]
    return known if len(control) == len(treated) == 1 and len(known) == 2 else []


# ---------------------------------------------------------------- which design, which conventions

Formula = Callable[..., float]
_DESIGNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("cluster", r"整群|\bICC\b|cluster"),
        ("non_inferiority", r"非劣|non-?inferior"),
        ("superiority_margin", r"优效(?:性)?界值|superiority margin|superiority by a margin"),
        ("equivalence", r"等效|equivalence"),
        ("simon", r"Simon|[两2二]阶段|two-?stage|2-?stage"),
        ("survival", r"log-?rank|对数秩|\bHR\b|hazard ratio|风险比|Schoenfeld|Freedman"),
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
        ("paired", r"配对|自身前后|前后(?:对照|比较)|paired|before[- ](?:and[- ])?after|within-(?:subject|person)"),
        (
            "one_proportion",
            (
                r"单组|单臂|目标值|历史对照|(?:单|1)样本率|performance goal|historical|single[- ](?:arm|proportion|group)|one-sample|"
                r"null (?:rate|response|hypothesis)|零假设.{0,6}率|p0"
            ),
        ),
    )
)


def design_of(read: _Assumptions, arms: int | None) -> str:
    """Which of the known designs the paragraph describes; "" when it cannot be told."""
    for name, pattern in _DESIGNS:
        if pattern.search(read.text) and not (
            name in {"paired", "one_proportion"} and (arms or 0) > 1 and not (name == "paired" and "配对" in read.text)
        ):
            return name
    if arms == 1:
        return "one_proportion" if len(read.rates) == 2 else ""
    if read.delta and read.sd or read.standardised:
        return "two_means"
    return "two_proportions" if len(read.rates) == 2 else "two_means" if read.delta or read.sd else "two_proportions" if read.rates else ""


def _span(formula: Formula, *parameters: Interval | float) -> Interval:
    """Smallest and largest value of a formula over the corners of its intervals."""
    corners = product(
        *[(parameter,) if isinstance(parameter, int | float) else tuple(dict.fromkeys(parameter)) for parameter in parameters]
    )
    numbers = []
    for corner in corners:
        try:
            numbers.append(formula(*corner))
        except (ValueError, ZeroDivisionError):
            continue
    return (min(numbers), max(numbers)) if numbers else (inf, -inf)


def _means(read: _Assumptions) -> tuple[Interval, Interval] | None:
    if read.delta and read.sd:
        return read.delta, read.sd
    return (read.standardised, (1.0, 1.0)) if read.standardised else None


def _missing(read: _Assumptions, design: str) -> tuple[str, ...]:
    """What the design needs and the paragraph does not give."""
    needs: list[tuple[str, bool]] = []
    if design not in {"precision", "detection", "escalation"}:
        needs += [("alpha", read.alpha is not None), ("power", read.power is not None)]
    if design in {"two_means", "paired"}:
        needs.append(("effect", read.standardised is not None or read.delta is not None))
        needs.append(("sd", read.standardised is not None or read.sd is not None))
    elif design in {"two_proportions", "one_proportion", "simon"}:
        needs.append(("rates", len(read.rates) == 2))
    elif design == "survival":
        needs += [
            ("hazard_ratio", read.ratio is not None),
            ("event_probability", read.event_probability is not None or read.events is not None),
        ]
    elif design in {"non_inferiority", "superiority_margin", "equivalence"}:
        needs += [("margin", read.margin is not None), ("sd_or_rate", read.sd is not None or bool(read.rates))]
    elif design == "precision":
        together = read.sd is not None or read.spans.get("rates") == read.spans.get("half_width")
        needs += [("half_width", read.half_width is not None and together), ("sd_or_rate", read.sd is not None or bool(read.rates))]
    elif design == "detection":
        needs.append(("rates", bool(read.rates)))
    return tuple(f"check_term_{name}" for name, given in needs if not given)


def conventions(read: _Assumptions, design: str, sides: int, alpha: float, power: float) -> dict[str, Interval]:
    """Convention -> raw number (per arm for comparisons, in total for single groups and events)."""
    means = _means(read)
    given: dict[str, Interval] = {}
    if design == "two_means" and means:
        given = {
            "z": _span(lambda d, s: two_means(d, s, alpha, power, sides), *means),
            "t": _span(lambda d, s: two_means_t(d, s, alpha, power, sides), *means),
        }
        if re.search(r"秩和|Wilcoxon|Mann|非参数", read.text, re.IGNORECASE):
            given["wilcoxon"] = _span(lambda d, s: wilcoxon(d, s, alpha, power, sides) * 1.1, *means)
        if read.correlation and re.search(r"ANCOVA|协方差", read.text, re.IGNORECASE):
            correlation = read.correlation
            given["ancova"] = _span(lambda d, s: ancova(d, s, alpha, power, correlation, sides), *means)
    elif design == "paired" and means:
        given = {
            "z": _span(lambda d, s: paired_mean(d, s, alpha, power, sides), *means),
            "t": _span(lambda d, s: paired_mean_t(d, s, alpha, power, sides), *means),
        }
    elif design == "two_proportions" and len(read.rates) == 2:
        formulas = {
            "unpooled": two_proportions_unpooled,
            "pooled": two_proportions_pooled,
            "corrected": two_proportions_corrected,
            "arcsine": two_proportions_arcsine,
        }
        given = {name: _span(_with(formula, alpha, power, sides), *read.rates) for name, formula in formulas.items()}
    elif design == "one_proportion" and len(read.rates) == 2:
        p0, p1 = sorted(read.rates)
        given = {"z": _span(lambda a, b: one_proportion(a, b, alpha, power, sides), p0, p1)}
        if (
            sides == 1
            and (exact := one_proportion_exact(sum(p0) / 2, sum(p1) / 2, alpha, power))
            or (exact := one_proportion_exact(sum(p0) / 2, sum(p1) / 2, alpha / 2, power))
        ):
            given["exact"] = (exact[0], exact[0] + 2)
    elif design == "survival" and read.ratio:
        schoenfeld = _span(lambda h: events_schoenfeld(h, alpha, power, sides), read.ratio)
        freedman = _span(lambda h: events_freedman(h, alpha, power, sides), read.ratio)
        given = {"schoenfeld": schoenfeld, "freedman": freedman}
    elif design == "non_inferiority" and read.margin:
        given = _margin_conventions(read, read.margin, power, alpha, sides)
    elif design == "superiority_margin" and read.margin and read.sd and read.delta:
        given = {
            "z": _span(
                lambda s, m, d: non_inferiority_means(s, -m, alpha / (sides if sides == 2 else 1), power, d),
                read.sd,
                read.margin,
                read.delta,
            )
        }
    return {name: interval for name, interval in given.items() if interval[0] <= interval[1]}


def _with(formula: Formula, alpha: float, power: float, sides: int) -> Formula:
    return lambda p1, p2: formula(p1, p2, alpha, power, sides)


def _margin_conventions(read: _Assumptions, margin: Interval, power: float, alpha: float, sides: int) -> dict[str, Interval]:
    one_sided = alpha / 2 if sides == 2 else alpha
    if read.sd:
        difference = read.delta or (0.0, 0.0)
        return {
            "no_difference": _span(lambda s, m: non_inferiority_means(s, m, one_sided, power), read.sd, margin),
            "difference": _span(lambda s, m, d: non_inferiority_means(s, m, one_sided, power, d), read.sd, margin, difference),
            "difference_against": _span(lambda s, m, d: non_inferiority_means(s, m, one_sided, power, -d), read.sd, margin, difference),
        }
    if len(read.rates) in (1, 2):
        width = margin if margin[1] < 1 else (margin[0] / 100, margin[1] / 100)
        first, last = read.rates[0], read.rates[-1]
        return {
            "z": _span(lambda t, c, m: non_inferiority_proportions(t, c, m, one_sided, power), first, last, width),
            "reversed": _span(lambda t, c, m: non_inferiority_proportions(t, c, m, one_sided, power), last, first, width),
        }
    return {}


# ---------------------------------------------------------------- stated against computed


def _close(stated: float, low: float, high: float) -> bool:
    """Whether a stated number lies within two participants or 5 % of an interval."""
    return low - max(2.0, 0.05 * low) <= stated <= high + max(2.0, 0.05 * high)


def _stated(found: Found, per_arm: bool) -> tuple[list[int], int | None]:
    """Numbers the paragraph states (per arm, or in total), and the final one."""
    starts = {line.passage.start for line in _paragraph(found)}
    total, arms = found.best("sample_size_total"), found.best("sample_size_per_arm")
    count = len(arms.value) if arms and isinstance(arms.value, tuple) else 0
    if not per_arm:
        numbers = [value.value for value in found.all("size") if value.start in starts and isinstance(value.value, int)]
        return sorted(set(numbers)), total.value if total and isinstance(total.value, int) else None
    numbers = [value.value for value in found.all("arm_size") if value.start in starts and isinstance(value.value, int)]
    if arms and isinstance(arms.value, tuple):
        final: int | None = arms.value[0] if len(set(arms.value)) == 1 else None
    else:
        declared = found.best("arms")
        count = declared.value if declared and isinstance(declared.value, int) else 0
        final = total.value // count if total and count > 1 and isinstance(total.value, int) and total.value % count == 0 else None
    if count:
        halves = [
            value.value
            for value in found.all("size")
            if value.start in starts and isinstance(value.value, int) and value.value % count == 0
        ]
        numbers += [number // count for number in halves if number // count in numbers or number // count == final]
    return sorted(set(numbers)), final


def recompute(found: Found) -> Recomputation | None:
    """Recompute the sample size; None when the protocol makes no calculation."""
    read = assume(found)
    declared = found.best("arms")
    arms = declared.value if declared and isinstance(declared.value, int) else None
    assumes = bool(read.rates or read.delta or read.sd or read.standardised or read.ratio or read.margin or read.half_width)
    if not (read.alpha or read.power) and not assumes and not re.search(r"3 ?\+ ?3", read.text):
        return None
    design = design_of(read, arms)
    if not design or design in {"counts", "crossover", "anova", "equivalence", "cluster"} or arms is not None and arms > 2:
        return Recomputation(
            design or "unknown", "cannot_tell", missing=("check_term_design",), spans=tuple(dict.fromkeys(read.spans.values()))
        )
    if missing := _missing(read, design):
        return Recomputation(design, "cannot_tell", missing=missing, spans=tuple(dict.fromkeys(read.spans.values())))
    if design in {"simon", "escalation"}:
        return _recompute_special(found, read, design)
    per_arm = (
        design in {"two_means", "two_proportions", "non_inferiority", "superiority_margin"} or design == "precision" and (arms or 1) > 1
    )
    numbers, final = _stated(found, per_arm)
    if final is None:
        return Recomputation(design, "cannot_tell", missing=("check_term_number",), spans=tuple(dict.fromkeys(read.spans.values())))
    return _judge(found, read, design, per_arm, numbers, final)


def _raw(read: _Assumptions, design: str, sides: Sequence[int], alpha: float, power: float) -> dict[str, Interval]:
    """Conventions for every admissible sidedness; designs without a test do not ask for it."""
    if design == "precision" and read.half_width:
        return _precision(read, read.half_width)
    if design == "detection" and read.rates:
        levels = (0.95, 0.9, 0.8, 0.99)
        return {f"{level:.0%}": _span(lambda p, c=level: detect_one_event(p, c), read.rates[0]) for level in levels}
    found: dict[str, Interval] = {}
    for side in sides:
        for name, interval in conventions(read, design, side, alpha, power).items():
            found[name if len(sides) == 1 else f"{name}, {side}"] = interval
    if design == "survival":
        return {name: _participants(read, interval) for name, interval in found.items()}
    return found


def _participants(read: _Assumptions, events: Interval) -> Interval:
    """Events turned into participants by the stated probability of an event."""
    if not read.event_probability:
        return events
    probability = read.event_probability if read.event_probability < 1 else read.event_probability / 100
    return events[0] / probability, events[1] / probability


def _precision(read: _Assumptions, half_width: Interval) -> dict[str, Interval]:
    confidence = {"95%": 0.95, "90%": 0.9}
    if read.sd and not read.rates:
        single = {name: _span(lambda s, d, c=level: precision_mean(s, d, c), read.sd, half_width) for name, level in confidence.items()}
        return single | {f"{name}, difference": (2 * low, 2 * high) for name, (low, high) in single.items()}
    if len(read.rates) != 1:
        return {}
    width = half_width if half_width[1] < 1 else (half_width[0] / 100, half_width[1] / 100)
    return {name: _span(lambda p, d, c=level: precision_proportion(p, d, c), read.rates[0], width) for name, level in confidence.items()}


def _judge(found: Found, read: _Assumptions, design: str, per_arm: bool, numbers: Sequence[int], final: int) -> Recomputation:
    alpha, power = read.alpha or 0.05, read.power or 0.8
    raw = _raw(read, design, read.sided(), alpha, power)
    answers = tuple(Answer(name, up(low), up(high)) for name, (low, high) in raw.items() if 0 < low < 1e5)
    spans = _evidence(found, read)
    unit: Literal["arm", "total"] = "arm" if per_arm else "total"
    if not answers:
        return Recomputation(design, "cannot_tell", unit, missing=("check_term_effect",), spans=spans)
    if design == "survival" and not read.event_probability:
        stated = read.events or 0
        agrees = any(_close(stated, answer.low, answer.high) for answer in answers)
        low, high = min(answer.low for answer in answers), max(answer.high for answer in answers)
        return Recomputation(
            design, "consistent" if agrees else "not_reproducible", "total", (int(stated),), answers, (low, high), spans=spans
        )
    least, most = min(answer.low for answer in answers), max(answer.high for answer in answers)
    loss = read.loss or 0.0
    right = (least, most) if not loss else (min(with_loss(least, loss)), max(with_loss(most, loss)))
    nearest = min(
        answers, key=lambda answer: min(abs(number - limit) for number in {*numbers, final} for limit in (answer.low, answer.high))
    ).convention
    stated_numbers = tuple(dict.fromkeys([*[number for number in numbers if number < final], final]))
    if _agrees(numbers, final, least, most, right, loss):
        return Recomputation(design, "consistent", unit, stated_numbers, answers, right, nearest, spans=spans)
    if not 0.25 <= final / max(1, sum(right) / 2) <= 4:
        return Recomputation(design, "cannot_tell", unit, stated_numbers, answers, right, nearest, ("check_term_effect",), spans=spans)
    slip = _slip(read, design, numbers, final, least, most, loss)
    if not slip and final > right[1] and _FURTHER.search(read.text):
        return Recomputation(design, "cannot_tell", unit, stated_numbers, answers, right, nearest, ("check_term_allowance",), spans=spans)
    return Recomputation(design, "not_reproducible", unit, stated_numbers, answers, right, nearest, slip=slip, spans=spans)


_FURTHER = re.compile(r"另(?:加|增)|再(?:加|增)|余量|富余|further|additional|extra|skew|reserve", re.IGNORECASE)
"""Words of an allowance whose size is not stated."""


def _agrees(numbers: Sequence[int], final: int, least: int, most: int, right: tuple[int, int], loss: float) -> bool:
    """Whether the final number follows from the assumptions: exactly, or raised by less than a third."""
    if _close(final, *right) or right[0] <= final <= 1.3 * right[1]:
        return True
    before = [number for number in numbers if number < final and _close(number, least, most)]
    return any(_close(final, min(with_loss(number, loss)), max(with_loss(number, loss))) for number in before) if loss else bool(before)


def _slip(read: _Assumptions, design: str, numbers: Sequence[int], final: int, least: int, most: int, loss: float) -> str:
    """The usual mistake that would lead to the stated number; "" when none fits."""
    before = min(numbers, default=final)
    per_arm = design in {"two_means", "two_proportions", "non_inferiority"}
    if per_arm and any(_close(2 * number, least, most) for number in {before, final} if number) and before <= 0.7 * least:
        return "check_slip_halved"
    if loss and _close(final, least, most):
        return "check_slip_loss_forgotten"
    alternatives: list[tuple[str, tuple[int, ...], float, float]] = []
    if read.sides == 2 and read.alpha and read.power:
        alternatives.append(("check_slip_one_sided", (1,), read.alpha, read.power))
    if read.power and read.power > 0.85 and read.alpha:
        alternatives.append(("check_slip_power", read.sided(), read.alpha, 0.8))
    for name, sides, alpha, power in alternatives:
        for low, high in _raw(read, design, sides, alpha, power).values():
            for number in {before, final}:
                raised = with_loss(up(low), loss) if loss else (up(low), up(high))
                if abs(number - up(low)) <= max(1, 0.03 * low) or min(raised) - 1 <= number <= max(raised) + 1:
                    return name
    if per_arm and _close(final / 2, least, most):
        return "check_slip_doubled"
    return ""


def _evidence(found: Found, read: _Assumptions) -> tuple[Span, ...]:
    """The passage with the number and the one with the assumption."""
    number = found.best("sample_size_per_arm") or found.best("sample_size_total")
    spans = [(number.start, number.end)] if number else []
    spans += [read.spans[name] for name in ("rates", "delta", "standardised", "ratio", "margin", "half_width", "sd") if name in read.spans]
    return tuple(dict.fromkeys(spans))[:2]


_QUADRUPLE = {
    "n1": re.compile(
        r"n1 ?= ?(\d+)|第(?:1|一)阶段[^\d。;]{0,8}(\d+)|(?:first stage|stage 1|stage one)[^\d.;]{0,14}(\d+)|(\d+) (?:\w+ )?(?:first|"
        r"in (?:the )?(?:first stage|stage 1))",
        re.IGNORECASE,
    ),
    "r1": re.compile(r"r1 ?= ?(\d+)|[≤<=] ?(\d+)(?:人|例)?(?:有效|缓解|应答| respon)", re.IGNORECASE),
}


def _recompute_special(found: Found, read: _Assumptions, design: str) -> Recomputation:
    """Two-stage and 3+3 designs: whether any design with the stated number keeps the stated error rates."""
    total = found.best("sample_size_total")
    spans = _evidence(found, read)
    if total is None or not isinstance(total.value, int):
        return Recomputation(design, "cannot_tell", "total", missing=("check_term_number",), spans=spans)
    if design == "escalation":
        levels = _dose_levels(found)
        if levels is None or re.search(r"扩展|expansion|BOIN|mTPI|加速|accelerat", read.text, re.IGNORECASE):
            return Recomputation(design, "cannot_tell", "total", (total.value,), missing=("check_term_levels",), spans=spans)
        low, high = escalation_range(levels)
        agrees = low <= total.value <= high
        return Recomputation(
            design,
            "consistent" if agrees else "not_reproducible",
            "total",
            (total.value,),
            (Answer("3+3", low, high),),
            (low, high),
            spans=spans,
        )
    p0, p1 = sorted(sum(rate) / 2 for rate in read.rates)
    alpha, beta = read.alpha or 0.05, round(1 - (read.power or 0.8), 4)
    sizes = {value.value for value in found.all("size") if isinstance(value.value, int)} | {total.value}
    loss = read.loss or 0.0
    candidates = {
        size
        for size in sizes
        if size <= total.value and (size == total.value or loss and _close(total.value, *sorted(with_loss(size, loss))))
    }
    if total.value > 90 or any(next(_designs(p0, p1, alpha + 5e-4, beta + 5e-4, size), None) for size in candidates):
        return Recomputation(design, "consistent", "total", (total.value,), spans=spans)
    designs = simon(p0, p1, alpha, beta)
    answers = tuple(Answer(name, design_.n, design_.n) for name, design_ in designs.items())
    right = (min(answer.low for answer in answers), max(answer.high for answer in answers)) if answers else None
    return Recomputation(design, "not_reproducible" if answers else "cannot_tell", "total", (total.value,), answers, right, spans=spans)


def _dose_levels(found: Found) -> int | None:
    """Number of dose levels of an escalation, when stated once."""
    counts = set()
    for line in found.lines:
        for match in re.finditer(
            r"(?<![\d第])(\d)个?(?:递增)?(?:剂量(?:组|水平|级|档)|队列|档)|\b(\d) (?:dose levels?|levels|cohorts|dose cohorts)\b",
            line.text,
            re.IGNORECASE,
        ):
            counts.add(int(match[1] or match[2]))
    return counts.pop() if len(counts) == 1 and min(counts) > 1 else None


def check(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """A stated sample size that no usual convention reproduces."""
    outcome = recompute(found)
    if outcome is None or outcome.result != "not_reproducible" or outcome.right is None or len(outcome.spans) < 1:
        return []
    low, high = outcome.right
    values: Mapping[str, object] = {
        "stated": ", ".join(map(str, outcome.stated)),
        "right": str(low) if low == high else f"{low}–{high}",
        "unit": f"check_unit_{outcome.unit}",
        "slip": outcome.slip or "check_slip_none",
    }
    return [Finding("sample_size_recalculation", outcome.spans, values, "sample_size")]
