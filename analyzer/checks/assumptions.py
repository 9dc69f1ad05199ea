"""What a calculation of the sample size assumes: parameters read from the passages about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzer.checks import Span
from analyzer.lazy import Lazy, LowerCase
from analyzer.values import Found, Line, Prospects

Interval = tuple[float, float]
"""Smallest and largest value that the protocol's rounding allows."""


@dataclass
class Assumptions:
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
    confidence: float | None = None
    allocation: float = 1.0
    """How many times the one arm is as large as the other."""
    in_percent: set[str] = field(default_factory=set)
    """Which of difference and standard deviation are written with a percent sign."""
    spans: dict[str, Span] = field(default_factory=dict)

    @property
    def any_effect(self) -> bool:
        """Whether an effect or a precision is assumed."""
        effects = (self.rates, self.delta, self.sd, self.standardised, self.ratio, self.margin, self.half_width)
        return any(effect is not None and effect != [] for effect in effects)

    def sided(self, design: str) -> tuple[int, ...]:
        """Sidedness as stated; else one-sided for equivalence, where each of two tests is, and either for the others."""
        if self.sides:
            return (self.sides,)
        return (1,) if design == "equivalence" else (2, 1)


_ABOUT = Lazy(r"(?:约为?|大约|左右|~|approximately|about|around|roughly)\s*$", re.IGNORECASE)
_NUMBER = r"(-?\d+(?:\.\d+)?)(%?)"
_PARAMETERS = {
    name: LowerCase(pattern)
    for name, pattern in {
        "sd": rf"(?:标准差|(?<![A-Za-z])SDs?(?![A-Za-z])|standard deviations?|σd?(?![\^²])|\bs\.d\.)(?!\s*值)[^\d。;,]{{0,26}}?{_NUMBER}(?!点)",
        "delta": (
            r"(?:组间差值?|均[数值](?:之?差|差)|相差|差值|差异|δ(?!\^)|真(?:实)?差(?:值|异)?|(?<!标准)(?<![方误])差(?:为|约|是|取)?(?=\d)|多下降|多降|"
            r"(?<!standardised )(?<!standardized )(?:mean )?difference(?: in \w+| between \w+)?|两?组差|"
            r"declines?|均数差|差值均数|\bdelta\b)[^\d。;,%]{0,24}?(?<![\d.])(\d+(?:\.\d+)?)(?!\d)(?!\.\d)(%?)(?!点)(?! ?(?:groups?|arms|组))"
        ),
        "delta_before": r"(?<![\d.])(\d+(?:\.\d+)?)(?:分|mm|cm|米|点)?的?(?:组间|前后)?(?:差异|差值|差别)()",
        "standardised": (
            r"(?:Cohen'?s? d|\bd\b(?= ?[=≈])|效应量|effect size|standardi[sz]ed (?:mean )?difference|"
            r"标准化(?:均数)?差)[^\d。;,]{0,12}?(\d?\.\d+|\d(?:\.\d+)?)()(?!%)"
        ),
        "ratio": r"(?:(?<![A-Za-z])HR(?![A-Za-z])|hazard ratio|风险比)[^\d。;,]{0,12}?(\d\.\d+)()",
        "margin": rf"(?:界值|margin(?! of error)|Δ)[^\d。;]{{0,18}}?{_NUMBER}",
        "half_width": (
            r"(?:允许误差|容许误差|误差|半宽|half[- ]?width(?: of the \d+% confidence interval)?|margin of error|precision of|±)"
            r"[^\d。;,]{0,14}?(\d+(?:\.\d+)?)(%?)"
        ),
        "event_probability": rf"(?:事件(?:发生)?(?:概率|率)|event (?:probability|rate)(?: over follow-up)?)[^\d。;]{{0,10}}?{_NUMBER}",
        "icc": r"(?:(?<![A-Za-z])ICC(?![A-Za-z])|intra-?(?:class|cluster) correlation|组内相关)[^\d。;]{0,14}?(0?\.\d+)()",
        "confidence": r"(?<![\d.])(9\d|80)(%)(?=(?:的)?(?: ?置信| ?可信|的?概率|的?把握至少| ?confidence| ?CI\b| ?probability| ?chance))",
        "confidence_after": r"(?:置信(?:水平|度)|可信度|概率[为达]?|probability of(?: \w+){0,5}:?|confidence level of)[^\d。;,%]{0,4}(9\d|80)(%)",
        "cluster_size": (r"(?:cluster size(?: of)?|in clusters of|每(?:一|个)?(?:群|社区|整群|学校|村|病房|诊所))[^\d。;]{0,6}?(\d+)()"),
        "cluster_size_before": r"(?<![\d.])(\d+)(?= (?:\w+ )?per (?:cluster|school|practice|ward|village|clinic|hospital|unit)\b)()",
        "correlation": r"(?:相关系数|correlation(?: of| between)?|ρ|\brho\b)[^\d。;]{0,14}?(0?\.\d+)()",
        "events": r"(?<!\d)(\d{2,4})(?= ?(?:个|例次)?(?:终点)?(?:事件|events))()",
    }.items()
}
_PROSPECTS = Prospects({}, list(_PARAMETERS.values()))
_NOT_A_RATE_BEFORE = Lazy(
    r"(?:(?:α|alpha|检验水[准平]|显著性?水[准平]|错误|error|把握度?|效能|功效|power(?! to)|β|脱落|失访|退出|流失|剔除|drop-?outs?|attrition|"
    r"loss|lost|withdraw\w*|置信|(?<![A-Za-z])CI(?![A-Za-z])|confidence|界值|margin|误差|精度|半宽|width|±|双侧|单侧|sided|significance|提高了?|"
    r"increase of|reduction of|放大|扩大|增加|预留|加|level)率?[^\d%。;,率]{0,14}(?:about |approximately |约)?|allowance of |(?:差值?|相差|difference)[^\d%。;,:率]{0,8})$",
    re.IGNORECASE,
)
_NOT_A_RATE_AFTER = Lazy(
    r"^\s*(?:的)?(?:左右)?(?:的)?(?:把握|效能|功效|检验水|显著|置信|可信|概率|脱落|失访|退出|流失|错|水准|percentage points|个?百分点|"
    r"\((?:two|one|2|1)[- ]sided\)|(?:two|one|2|1)[- ](?:sided|tailed)|power|significance|level|confidence|CI|alpha|relative|reduction|(?:for )?drop|attrition|loss|"
    r"lost|withdraw|of (?:patients|participants|women|people)? ?(?:will|may|are|to be)|of patients lost|may withdraw|non-?eval|chance|"
    r"probability|error|sure|more|放大|扩大|of the (?:pupils|eggs))",
    re.IGNORECASE,
)
_RATE_CONTROL = Lazy(
    r"(?:对照|安慰剂|基础治疗|常规|control|placebo|sham|comparator|standard)[^\d%。;]{0,30}?(\d+(?:\.\d+)?)%", re.IGNORECASE
)
_RATE_TREATED = Lazy(
    r"(?:试验|治疗|干预|细胞|研究|实验|观察|treated|treatment|intervention|experimental|active|cells?)(?:组|"
    r"臂)?[^\d%。;]{0,30}?(\d+(?:\.\d+)?)%",
    re.IGNORECASE,
)


_RATE = Lazy(r"(?<![\d.~±-])(\d{1,2}(?:\.\d+)?)(%)")
_RANGE_AFTER = Lazy(r"\s?(?:~|-|至|到|to)\s?\d")
_CHANGE_BEFORE = Lazy(r"(?:from|由|从|自)[^\d]{0,8}$")


def paragraph(found: Found) -> list[Line]:
    """Lines about the size of the sample: of the body, else of the synopsis."""
    for place in ("body", "synopsis"):
        lines = [line for line in found.lines if line.size_zone and line.place == place]
        if lines:
            return lines
    return [line for line in found.lines if line.calculation and _CALCULATION.search(line.text)]


_CALCULATION = Lazy(r"样本量|把握度|sample size|\bpower\b", re.IGNORECASE)


def _interval(text: str, match: re.Match[str]) -> Interval:
    """The number as an interval: half a unit of its last digit either way where the protocol says "about"."""
    written, percent = match[1], match[2]
    value = float(written)
    step = 10.0 ** -len(written.partition(".")[2]) if "." in written else 1.0
    half = step / 2 if _ABOUT.search(text[max(0, match.start(1) - 14) : match.start(1)]) else 0.0
    scale = 0.01 if percent else 1.0
    return (value - half) * scale, (value + half) * scale


_OF_SURVIVAL = frozenset({"event_probability", "events", "ratio"})
_SURVIVAL = Lazy(r"log-?rank|对数秩|(?<![A-Za-z])HR(?![A-Za-z])|hazard|风险比|生存|survival", re.IGNORECASE)
_SINGLE = frozenset({"event_probability", "icc", "cluster_size", "correlation", "events", "confidence"})
_AMBIGUOUS_IF_TWO = frozenset({"sd", "delta", "standardised", "ratio", "margin"})


def assume(found: Found) -> Assumptions:
    """Read the assumptions of the calculation."""
    lines = paragraph(found)
    read = Assumptions(text="\n".join(line.text for line in lines))
    _error_rates(found, lines, read)
    survival = _SURVIVAL.search(read.text) is not None
    for line in lines:
        taken = _parameters(line, read, survival=survival)
        for rate in _rates(line.text, taken):
            if rate not in read.rates:
                read.rates.append(rate)
                read.spans.setdefault("rates", (line.passage.start, line.passage.end))
    if len(read.rates) > 2:
        read.rates = [rate for rate in read.rates if abs(rate[0] - (read.loss or 0.0)) > 1e-9]
    read.rates = _named_rates(read.text) or _pair_of_rates(read) or read.rates
    if len(read.in_percent) == 1 and read.delta and read.sd:
        (name,) = read.in_percent
        low, high = getattr(read, name)
        setattr(read, name, (100 * low, 100 * high))
    return read


_CHANGE = Lazy(
    r"(?:\bfrom|由|从) ?(?:about |约)?(\d{1,2}(?:\.\d+)?)%(?: ?(?:to|至|到)|[^\d。;,%]{0,4}[至到为]) ?(?:about |约)?(\d{1,2}(?:\.\d+)?)%"
)
_NAMED_RATES = Lazy(r"(?<![A-Za-z])p ?([012])(?: of|为|是|取|:| )*=? ?(?:about |约)?(\d{1,2}(?:\.\d+)?)(%)", re.IGNORECASE)


def _named_rates(text: str) -> list[Interval]:
    """Rates written as p0 and p1, p1 and p2, or as a change from one to the other, when each is stated once."""
    named: dict[str, set[float]] = {}
    for match in _NAMED_RATES.finditer(text):
        named.setdefault(match[1], set()).add(float(match[2]) / 100)
    rates = [values.pop() for values in named.values() if len(values) == 1]
    if len(rates) == len(named) == 2:
        return [(rate, rate) for rate in rates]
    changes = {(float(match[1]) / 100, float(match[2]) / 100) for match in _CHANGE.finditer(text)}
    return [(rate, rate) for rate in changes.pop()] if len(changes) == 1 else []


def _error_rates(found: Found, lines: Sequence[Line], read: Assumptions) -> None:
    """Level, sidedness, power and drop-out, where the paragraph states one of each."""
    starts = {line.passage.start for line in lines}
    stated = {
        name: [value for value in found.all(name) if value.start in starts and value.weight >= 2] for name in ("alpha", "power", "dropout")
    }
    together = {value.start for value in stated["alpha"]} & {value.start for value in stated["power"]}
    for name, inside in stated.items():
        if name != "dropout" and len({value.value for value in inside}) > 1:
            inside = [value for value in inside if value.start in together]
        if inside and (name == "dropout" or len({value.value for value in inside}) == 1):
            best = max(inside, key=lambda value: value.weight)
            assert isinstance(best.value, int | float)
            setattr(read, "loss" if name == "dropout" else name, float(best.value))
            read.spans[name] = (best.start, best.end)
            if name == "alpha":
                notes = {value.note for value in inside if value.note and value.value == best.value}
                read.sides = {"two": 2, "one": 1}[notes.pop()] if len(notes) == 1 else None


def _parameters(line: Line, read: Assumptions, *, survival: bool) -> set[int]:
    """Read the other parameters of a line; returns where their numbers begin, so that none is read as a rate too.

    ``survival`` tells whether the paragraph speaks of survival.
    """
    taken: set[int] = set()
    if not line.numbered:
        return taken
    prospects = _PROSPECTS.of(line.lower)
    for pattern_name, pattern in _PARAMETERS.items():
        name = pattern_name.partition("_before")[0].partition("_after")[0]
        if pattern not in prospects or name in _OF_SURVIVAL and not survival:
            continue
        matches = [match for match in pattern.finditer(line.lower) if match.start(1) not in taken]
        taken.update(match.start(1) for match in matches)
        if not matches or name in read.spans:
            continue
        read.spans[name] = (line.passage.start, line.passage.end)
        if name in _AMBIGUOUS_IF_TWO and len({_interval(line.text, match) for match in matches}) > 1:
            continue
        interval = _interval(line.text, matches[0])
        setattr(read, name, interval[0] if name in _SINGLE else interval)
        if name in {"delta", "sd"} and matches[0][2]:
            read.in_percent.add(name)
    return taken


def _rates(text: str, taken: set[int]) -> list[Interval]:
    rates = []
    for match in _RATE.finditer(text):
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 26]
        if _RANGE_AFTER.match(after) and not _CHANGE_BEFORE.search(before):
            continue
        if match.start(1) not in taken and not _NOT_A_RATE_BEFORE.search(before) and not _NOT_A_RATE_AFTER.match(after):
            rates.append(_interval(text, match))
    return rates


def _pair_of_rates(read: Assumptions) -> list[Interval]:
    """Where more than two rates stand in the paragraph: the ones named as the control's and the treated group's, if only one each."""
    if len(read.rates) <= 2:
        return []
    control = {float(match[1]) / 100 for match in _RATE_CONTROL.finditer(read.text)}
    treated = {float(match[1]) / 100 for match in _RATE_TREATED.finditer(read.text)} - control
    known = [rate for rate in read.rates if any(abs(sum(rate) / 2 - value) < 1e-9 for value in control | treated)]
    return known if len(control) == len(treated) == 1 and len(known) == 2 else []
