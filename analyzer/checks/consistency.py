"""Statements of one protocol that cannot both hold. Each check quotes both sides, and keeps silent where a reading is doubtful."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations

from analyzer.checks import Finding, Span
from analyzer.document import Document, Passage, Section
from analyzer.lazy import Lazy, LowerCase, Topics
from analyzer.segmentation import vocabulary_label
from analyzer.values import AMOUNT, AMOUNT_REVERSED, Found, Line, Value, amount_of, months, registration_is_well_formed


def _span(value: Value) -> Span:
    return value.start, value.end


def _line_span(line: Line) -> Span:
    return line.passage.start, line.passage.end


def _number(datum: object) -> float:
    return float(datum) if isinstance(datum, int | float) else 0.0


def _sure(values: Iterable[Value], least: float) -> dict[object, Value]:
    """Datum -> its plainest statement, of those weighing at least ``least``."""
    best: dict[object, Value] = {}
    for value in values:
        if value.weight >= least and (value.value not in best or best[value.value].weight < value.weight):
            best[value.value] = value
    return best


# ---------------------------------------------------------------- numbers


def sample_size_total(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The synopsis and the body plan different totals, and drop-out does not explain it."""
    synopsis, body = found.chosen.get(("sample_size_total", "synopsis")), found.chosen.get(("sample_size_total", "body"))
    if (
        synopsis is None
        or body is None
        or synopsis.value == body.value
        or min(synopsis.weight, body.weight) < 3.5
        or "implied" in (synopsis.note, body.note)
    ):
        return []
    if _named(found, "body", synopsis.value) or _named(found, "synopsis", body.value):
        return []
    return [Finding("sample_size_mismatch", (_span(synopsis), _span(body)), {"first": synopsis.value, "second": body.value}, "sample_size")]


def _named(found: Found, place: str, number: object) -> bool:
    """Whether a passage about the sample size of the other place explains the number (before drop-out, evaluable, a stage)."""
    pattern = Lazy(rf"(?<![\d.]){number}(?![\d.%])")
    return any(
        line.place == place and (line.size_zone or line.canonical in {"synopsis", "design"}) and pattern.search(line.text)
        for line in found.lines
    )


_EQUAL_ARMS = Lazy(
    r"每(?:个)?(?:组|臂)(?:各)?(\d+)(?:例|名|人)[^。;\d]{0,6}(?:(?:共|,)?(\d)(?:个)?(?:组|臂))?[^。;\d]{0,6}(?:总计|合计|共计?|"
    r"总共)(?:纳入|入组)?(\d+)(?:例|名|人)"
    r"|(\d+) (?:\w+ )?(?:per|in each) (?:arm|group)[^.;\d]{0,12}(?:\(|, |; )?(?:total(?: of)? (\d+)|(\d+) in total)",
    re.IGNORECASE,
)


def sample_size_arithmetic(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """One sentence gives a size per arm and a total that is no multiple of it."""
    findings = []
    for line in found.lines:
        for match in _EQUAL_ARMS.finditer(line.text) if line.names("size") and ("每" in line.text or "total" in line.lower) else ():
            size, total = int(match[1] or match[4]), int(match[3] or match[5] or match[6])
            arms = int(match[2]) if match[2] else None
            if total % size and total > size or arms and arms * size != total:
                findings.append(
                    Finding("sample_size_mismatch", (_line_span(line),), {"first": size, "second": total}, "sample_size", "arms")
                )
    return findings


_PLAIN_ARMS = Lazy(
    r"(?:设|分为|分成|分|共|平行)[^。;]{0,24}?(?<![第\d])([2-6])(?:个)?(?:组|臂)|(?<!\d)([2-6])[- ](?:arm|group)|"
    r"\b([2-6]) (?:\w+ ){0,2}(?:arms|groups)\b",
    re.IGNORECASE,
)
_POOLED = Lazy(
    r"阶段|队列|亚组|合并|分层|区组|比值|factorial|析因|cohort|stage|stratum|strata|pooled|dose level|subgroup|block", re.IGNORECASE
)


def arms_and_ratio(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The number of arms and the terms of the allocation ratio differ."""
    ratios = {len(value.value): value for value in found.all("ratio") if isinstance(value.value, tuple)}
    if len(ratios) != 1:
        return []
    counts: dict[int, Line] = {}
    for line in found.lines:
        if line.canonical in {"design", "synopsis", "title_page", "randomization_blinding", "other"} and line.names("arms_or_groups"):
            for match in _PLAIN_ARMS.finditer(line.text):
                if not _POOLED.search(line.text):
                    counts.setdefault(int(next(filter(None, match.groups()))), line)
    if len(counts) != 1:
        return []
    (arms, line), (terms, ratio) = next(iter(counts.items())), next(iter(ratios.items()))
    if arms == terms or arms < 3 or _POOLED.search(document.text[ratio.start : ratio.end]):
        return []
    return [Finding("arms_mismatch", (_line_span(line), _span(ratio)), {"first": arms, "second": terms}, "randomization")]


_TWO_NAMED = Lazy(
    r"(?:分为|分成|分到|分入|分配(?:至|到))(?![^。;]{0,20}、)[^。;、,]{1,12}组(?:和|与|及|或)[^。;、,]{1,12}组(?!和|与|及|、)|"
    r"\b(?:into|to) (?:a|an|the|either (?:a|an|the)) (?:\w+ ){1,3}group (?:and|or) (?:a|an|the) (?:\w+ ){1,3}group\b",
    re.IGNORECASE,
)


def named_groups(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Participants are divided into two groups that are named, but the sizes of three or more are given."""
    sizes = found.best("sample_size_per_arm")
    if sizes is None or not isinstance(sizes.value, tuple) or len(sizes.value) < 3:
        return []
    for line in found.lines:
        if _TWO_NAMED.search(line.text) and not _POOLED.search(line.text) and line.passage.start != sizes.start:
            values = {"first": 2, "second": len(sizes.value)}
            return [Finding("arms_mismatch", (_line_span(line), _span(sizes)), values, "randomization", "named")]
    return []


_OWN_FOLLOW_UP = Lazy(r"随访|观察期|follow", re.IGNORECASE)


def follow_up(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The synopsis and the body follow participants for different times."""
    synopsis = {
        datum: value
        for datum, value in _sure(found.all("follow_up", "synopsis"), 3.5).items()
        if _OWN_FOLLOW_UP.search(document.text[max(0, value.start - 40) : value.end])
    }
    body = _sure(found.all("follow_up", "body"), 3.0)
    every = {value.value for value in found.all("follow_up", "body")}
    if len(synopsis) != 1 or not body:
        return []
    ((length, stated),) = synopsis.items()
    others = {
        datum: value for datum, value in body.items() if abs(_number(datum) - _number(length)) > 0.1 * max(_number(datum), _number(length))
    }
    if length in every or len(others) != len(body) or len(others) != 1:
        return []
    ((other, against),) = others.items()
    if _number(other) < 0.25 * _number(length) and _number(other) < 2:
        return []
    return [Finding("follow_up_mismatch", (_span(stated), _span(against)), {"first": length, "second": other}, "outcomes")]


_LEVELS = Lazy(
    r"低剂量|高剂量|中剂量|剂量(?:组|水平|递增|爬坡)|[A-C]组|dose level|low[- ]dose|high[- ]dose|escalat|cohort|maximum|最大|不超过|"
    r"范围|~|±|上限|下限|range|总量|累计|cumulative",
    re.IGNORECASE,
)


def dose(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The synopsis and the treatment chapter name different cell doses of the same kind."""
    findings = []
    for basis in ("per_kg", "total"):
        synopsis = [value for value in found.all("dose", "synopsis") if value.note == basis]
        body = [
            value
            for value in found.all("dose", "body")
            if value.note == basis and _canonical(document, value) in {"intervention", "design", "objectives", "cell_product"}
        ]
        if any(_LEVELS.search(document.text[value.start : value.end]) for value in [*synopsis, *body]):
            continue
        if (
            len({value.value for value in synopsis}) == 1
            and len({value.value for value in body}) == 1
            and synopsis[0].value != body[0].value
        ):
            values = {"first": _scientific(synopsis[0].value), "second": _scientific(body[0].value)}
            findings.append(Finding("dose_mismatch", (_span(synopsis[0]), _span(body[0])), values, "cell_source"))
    return findings


def _canonical(document: Document, value: Value) -> str:
    return document.sections[value.section].canonical if value.section >= 0 else "title_page"


def _scientific(datum: object) -> str:
    mantissa, _, exponent = f"{_number(datum):e}".partition("e")
    return f"{float(mantissa):g}×10^{int(exponent)}"


_CAP = Lazy(r"单中心(?:不超过|入组|病例|最多|资料|经验|研究(?:报|,n))|多为单中心")


def centres(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Single-centre in one place and several centres in another, or two numbers of centres."""
    own = [
        value
        for value in found.all("centres")
        if _canonical(document, value)
        in {"title_page", "synopsis", "design", "organization", "population", "other", "randomization_blinding"}
    ]
    own = [value for value in own if not _CAP.search(document.text[value.start : value.end])]
    single = [value for value in own if value.value == 1 and value.note]
    several = [value for value in own if value.value != 1]
    if single and several and not any(value.start == other.start for value in single for other in several):
        return [
            Finding(
                "centre_mismatch",
                (_span(single[0]), _span(several[0])),
                {"first": 1, "second": several[0].value or "check_term_several"},
                "design",
            )
        ]
    numbers = {value.place: value for value in reversed(several) if value.value}
    if len(numbers) == 2 and len({value.value for value in several if value.value}) == 2:
        first, second = numbers["synopsis"], numbers["body"]
        if first.value != second.value:
            return [Finding("centre_mismatch", (_span(first), _span(second)), {"first": first.value, "second": second.value}, "design")]
    return []


def alpha(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The sample size and the analysis use different significance levels, and sidedness does not explain it."""
    sized = _sure((value for value in found.all("alpha") if value.weight >= 4.5 and _canonical(document, value) == "sample_size"), 4.5)
    analysed = _sure((value for value in found.all("alpha", "body") if _canonical(document, value) == "statistics"), 2.5)
    if len(sized) != 1 or len(analysed) != 1:
        return []
    ((first, value),), ((second, other),) = sized.items(), analysed.items()
    levels = {_number(first) * (2 if value.note == "one" else 1), _number(second) * (2 if other.note == "one" else 1)}
    texts = document.text[value.start : value.end] + document.text[other.start : other.end]
    if (
        first == second
        or len(levels) == 1
        or re.search(r"期中|多重|校正|Bonferroni|interim|multiplicity|adjust|explor|secondary|次要|futility|描述", texts, re.IGNORECASE)
    ):
        return []
    if not re.search(r"alpha|α|检验水准", document.text[other.start : other.end], re.IGNORECASE) or _number(first) * 2 == _number(second):
        return []
    return [Finding("alpha_mismatch", (_span(value), _span(other)), {"first": first, "second": second}, "sample_size")]


def ages(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Two age ranges for inclusion that share one end."""
    ranges = {
        value.value: value for value in reversed(found.all("ages")) if not _OTHER_PEOPLE.search(document.text[value.start : value.end])
    }
    for (first, value), (second, other) in combinations(sorted(ranges.items(), key=lambda item: item[1].start), 2):
        if (
            isinstance(first, tuple)
            and isinstance(second, tuple)
            and (first[0] == second[0]) != (first[1] == second[1])
            and value.start != other.start
        ):
            values = {"first": f"{first[0]}–{first[1]}", "second": f"{second[0]}–{second[1]}"}
            return [Finding("eligibility_mismatch", (_span(value), _span(other)), values, "eligibility", "age")]
    return []


_OTHER_PEOPLE = Lazy(
    r"供者|供体|捐献|产妇|健康志愿|既往|分层|亚组|岁组|文献|队列|评估量表|发病率|患病|donors?\b|mothers?|volunteers|subgroup|strat|"
    r"aged? group|previous|incidence|prevalence|Stage|part [AB]|cohort",
    re.IGNORECASE,
)


# ---------------------------------------------------------------- design words

_BLIND = LowerCase(r"双盲|三盲|double[- ](?:blind|masked)|triple[- ]blind")
_OPEN = LowerCase(
    r"开放标签|开放(?:性|式)?(?:的)?(?:研究|试验|设计|临床)|单臂、?开放|不设盲|未设盲|不采用盲法|非盲(?!.{0,2}(?:统计|药师|人员|医师|"
    r"护士|药剂|监查|委员|团队|评估))|open[- ]label|unblinded (?:study|trial)|no blinding|not blinded",
)
_NOT_THIS_DESIGN = Lazy(
    r"延伸|扩展期|后续|开放期|既往|文献|extension|rollover|previous|phase of open|rescue|crossover to|其他|third-line|thereafter|"
    r"after (?:week|month)|offered|[□☑☐]|接受度|难以|无法|不可行|弱点|feasible|not possible|would",
    re.IGNORECASE,
)
_SINGLE_ARM = LowerCase(
    r"单臂(?:、|,|的|研究|试验|设计|开放)|single[- ]arm (?:study|trial|design|open|phase)|自身前后对照(?:研究|试验|设计)"
)
_RANDOMISED = LowerCase(
    r"随机(?:、|,)?(?:双盲|对照|平行|开放)|随机(?:分为|分入|分配(?:至|到))|randomi[sz]ed,? (?:controlled|double|placebo|open|parallel)|"
    r"(?:are|will be) randomi[sz]ed|randomly (?:assigned|allocated)",
)


def design_words(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Blind and open, or randomised and single-arm, are both said of this study."""
    lines = [line for line in found.lines if line.canonical in {"title_page", "synopsis", "design", "randomization_blinding", "objectives"}]
    findings = []
    for variant, first, second in (("blinding", _BLIND, _OPEN), ("control", _RANDOMISED, _SINGLE_ARM)):
        one = _first(lines, first)
        other = one and _first(lines, second)
        if (
            one
            and other
            and one is not other
            and not first.search(other.lower)
            and not second.search(one.lower)
            and _mostly_said(found.lines, first, second)
        ):
            findings.append(Finding("design_mismatch", (_line_span(one), _line_span(other)), {}, "design", variant))
    return findings


def _first(lines: Iterable[Line], pattern: Lazy) -> Line | None:
    return next((line for line in lines if pattern.search(line.lower) and not _NOT_THIS_DESIGN.search(line.text)), None)


def _mostly_said(lines: Sequence[Line], first: Lazy, second: Lazy) -> bool:
    """Whether no single sentence explains both words (an open-label part of a blind study)."""
    return not any(first.search(line.lower) and second.search(line.lower) for line in lines)


_PHASE = Lazy(
    r"\bphase[- ](I{1,3}V?(?:/I{1,3})?[ab]?|[1-4](?:/[1-4])?[ab]?)\b|"
    r"(?<![A-Za-z])([ⅠⅡⅢⅣI]{1,3}(?:/[ⅠⅡⅢI]{1,3})?[ab]?)期(?:临床)?(?:研究|试验|临床)",
    re.IGNORECASE,
)
_PHASE_DIGITS = {"1": "I", "2": "II", "3": "III", "4": "IV", "Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV"}


def phase(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The title and the design name different phases."""
    named: dict[str, Span] = {}
    own = {"title_page", "synopsis", "design"}
    spans = [
        _line_span(line)
        for line in found.lines
        if ("phase" in line.lower or "期" in line.text)
        and line.canonical in own
        and (line.label or line.own or line.passage.start < 2000 or _PHASE.match(line.text))
    ]
    spans += [(section.start, section.body) for section in document.sections if section.canonical in own]
    for start, end in sorted(spans):
        text = document.text[start:end]
        for match in _PHASE.finditer(text):
            around = text[max(0, match.start() - 40) : match.end() + 30]
            if not re.search(
                r"既往|文献|前期|已完成|后续|previous|prior|completed|earlier|subsequent|future|a phase I+ (?:study|trial) of|"
                r"clinical phase|compared with|than in|ha(?:s|ve),? (?:been|in)|programme|studies|shown|reported|[□☑☐]",
                around,
                re.IGNORECASE,
            ):
                name = "".join(_PHASE_DIGITS.get(character, character) for character in (match[1] or match[2]).upper()).rstrip("AB")
                named.setdefault(name, (start, end))
    if len(named) != 2:
        return []
    (first, span), (second, other) = named.items()
    if span == other or "/" not in first + second and document.section_of(span[0]) == document.section_of(other[0]):
        return []
    return [Finding("design_mismatch", (span, other), {"first": first, "second": second}, "design", "phase")]


_PRIMARY = Lazy(
    r"主要(?:疗效|有效性|研究|安全性)?(?:终点|结局|结果|指标|观察指标|评价指标)|primary (?:efficacy |safety )?(?:end ?-?points?|outcomes?)",
    re.IGNORECASE,
)
_TIME = Lazy(rf"{AMOUNT}|{AMOUNT_REVERSED}", re.IGNORECASE)


def primary_outcome_time(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The synopsis and the chapter on outcomes measure the primary outcome at different times."""
    stated: dict[str, dict[float, Line]] = {"synopsis": {}, "body": {}}
    for line in found.lines:
        named = _PRIMARY.search(line.label) or _PRIMARY.match(line.text)
        if (
            named
            and (line.place == "synopsis" or line.canonical == "outcomes")
            and not re.search(r"次要|secondary|持续|每\d|every|至少|以上", line.text, re.IGNORECASE)
        ):
            lengths = {
                months(amount, unit) for amount, unit in map(amount_of, _TIME.finditer(line.content or line.text)) if unit != "visit"
            }
            if len(lengths) == 1:
                stated[line.place].setdefault(lengths.pop(), line)
    if len(stated["synopsis"]) != 1 or len(stated["body"]) != 1:
        return []
    ((first, line),), ((second, other),) = stated["synopsis"].items(), stated["body"].items()
    if abs(first - second) <= 0.1 * max(first, second):
        return []
    return [Finding("outcome_mismatch", (_line_span(line), _line_span(other)), {"first": first, "second": second}, "outcomes")]


# ---------------------------------------------------------------- reporting, dates, papers

_SAE = Lazy(r"严重不良事件|\bSAEs?\b|serious adverse event|adverse event that is serious", re.IGNORECASE)
_DEVICE_EFFECT = Lazy(r"\bUADEs?\b|unanticipated adverse device effect", re.IGNORECASE)
_OTHER_EVENT = Lazy(
    r"SUSAR|非预期|死亡|致命|危及生命|fatal|life-threatening|unexpected|deaths?\b|随访报告|后续报告|follow-up report|"
    r"additional information|补充|妊娠|pregnan|年度|IRB of|annual|after the (?:end|last)|结束后|末次|持续|超过|recorded?\b until|直至|"
    r"期间|产品|批签",
    re.IGNORECASE,
)
_LIMIT = Lazy(
    r"(?<![\d.])(\d{1,3})\s*(?:\(\d+\) )?-?(小时|h\b|hours?|个?工作日|天|日|(?:working|business|calendar) days?|days?)(?:之?内|以内|"
    r"within)?",
    re.IGNORECASE,
)
_WITHIN = LowerCase(r"内|within|no(?:t)? later than|in no event later|不超过|不迟于")
_RECIPIENTS = {
    "sponsor": LowerCase(r"申办|sponsor"),
    "ethics": LowerCase(r"伦理|ethics|\bIRB\b|\bIEC\b|\bREC\b"),
    "authority": LowerCase(r"药监|监管|卫生|行政部门|authorit|agency|FDA|regulator"),
    "office": LowerCase(r"机构|科研|管理办公室|管理部门|office|institution"),
    "investigator": LowerCase(r"主要研究者|项目负责人|principal investigator|chief investigator"),
}
_HOURS = {"小": 1, "h": 1, "天": 24, "日": 24, "d": 24, "w": 24, "b": 24, "c": 24, "工": 24, "个": 24}


def reporting_time(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Serious events go to the same recipient within different times."""
    findings = []
    lines = [line for line in found.lines if line.numbered and line.names("serious") and _WITHIN.search(line.lower)]
    for events, unlike in ((_SAE, _DEVICE_EFFECT), (_DEVICE_EFFECT, None)):
        limits: dict[str, dict[int, Line]] = defaultdict(dict)
        for line in lines:
            if not events.search(line.text) or unlike and unlike.search(line.text) or _OTHER_EVENT.search(line.text):
                continue
            hours = [
                _hours(match)
                for match in _LIMIT.finditer(line.text)
                if _WITHIN.search(line.lower[max(0, match.start() - 26) : match.end() + 4])
            ]
            recipients = [name for name, pattern in _RECIPIENTS.items() if pattern.search(line.lower)]
            if len(set(hours)) == 1 or len(recipients) == 1 and hours:
                for name in recipients:
                    limits[name].setdefault(max(hours), line)
        for recipient, stated in limits.items():
            if len(stated) > 1:
                (first, line), (second, other) = min(stated.items(), key=_hours_of), max(stated.items(), key=_hours_of)
                values = {"first": first, "second": second, "recipient": f"check_term_{recipient}"}
                findings.append(Finding("reporting_time_mismatch", (_line_span(line), _line_span(other)), values, "subject_protection"))
                break
    return findings


def _hours_of(limit: tuple[int, Line]) -> int:
    return limit[0]


def _hours(match: re.Match[str]) -> int:
    return int(match[1]) * _HOURS[match[2][0].lower()]


_PERIOD_LABEL = Lazy(
    r"起止|研究(?:周期|期限|时间|年限)|实施(?:时间|年限)|study (?:period|dates?)|starting and ending|duration of (?:the )?(?:study|"
    r"project)|project (?:dates|period)",
    re.IGNORECASE,
)
_RECRUITING = Lazy(
    r"(?:入组|招募|纳入|访谈|首例|首个)|\b(?:recruit|enrol|interviews?|first patient|first participant|were selected|will be selected|"
    r"patients admitted)\b",
    re.IGNORECASE,
)
_PAST_DATA = Lazy(
    r"既往|回顾|历史|预试|前期|资料|数据库|登记|收治|registry|audit|database|historical|pilot|previous|retrospective|published|"
    r"approved|批准|guideline|指南|version|版",
    re.IGNORECASE,
)


def date_order(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Recruitment outside the study period, a period that ends before it begins, enrolment before ethics approval."""
    findings = []
    period: tuple[str, str, Line] | None = None
    dated = [line for line in found.lines if "20" in line.text and line.dates]
    for line in dated:
        written = line.dates
        if (
            len(written) == 2
            and re.search(r"20\d\d[^。;,]{0,10}(?:~|-|至|到|to|until|through)[^。;,]{0,12}20\d\d", line.text)
            and written[1][: len(written[0])] < written[0]
        ):
            findings.append(Finding("date_mismatch", (_line_span(line),), {"first": written[0], "second": written[1]}, "timeline", "order"))
        elif len(written) == 2 and period is None and (_PERIOD_LABEL.search(line.label) or _PERIOD_LABEL.search(line.text[:60])):
            period = (written[0], written[1], line)
    if period:
        start, end, stated = period
        for line in dated:
            written = line.dates
            if line is stated or not _RECRUITING.search(line.text) or _PAST_DATA.search(_around_dates(line)):
                continue
            if written[0][:7] < start[:7] or written[-1][:7] > end[:7]:
                values = {"first": f"{start} – {end}", "second": " – ".join(written[:2])}
                findings.append(Finding("date_mismatch", (_line_span(stated), _line_span(line)), values, "timeline", "period"))
                break
    return findings + _approval(dated)


def _around_dates(line: Line) -> str:
    """The words near the first and the last date a line names."""
    dated = {date[:4] for date in line.dates}
    years = [match.start() for match in _YEAR.finditer(line.text) if match[0] in dated]
    return line.text[max(0, years[0] - 60) : years[-1] + 60]


_YEAR = Lazy(r"20\d\d")
_APPROVED = Lazy(r"伦理[^。;]{0,30}(?:批准|审查通过|同意)|(?:ethics|IRB)[^.;]{0,40}(?:approv|favou?rable)", re.IGNORECASE)
_FIRST_IN = Lazy(
    r"首例(?:受试者)?(?:入组|给药)|开始入组|入组开始|启动入组|first (?:patient|participant) (?:in|enrolled)|recruitment (?:starts|"
    r"began|begins)",
    re.IGNORECASE,
)


def _approval(lines: Sequence[Line]) -> list[Finding]:
    """Recruitment that begins before ethics approval, as the lines with dates tell."""
    dated = [(line.dates[0], line) for line in lines if len(line.dates) == 1]
    approved = [(date, line) for date, line in dated if _APPROVED.search(line.text)]
    begun = [(date, line) for date, line in dated if _FIRST_IN.search(line.text)]
    if len(approved) == 1 and len(begun) == 1 and begun[0][0][:7] < approved[0][0][:7] and approved[0][1] is not begun[0][1]:
        values = {"first": approved[0][0], "second": begun[0][0]}
        return [Finding("date_mismatch", (_line_span(approved[0][1]), _line_span(begun[0][1])), values, "subject_protection", "approval")]
    return []


_HISTORY = Lazy(r"历史|修订|修改|变更|更新|历次|history|amend|revis|change|supersed|replac|previous|summary of", re.IGNORECASE)


def version(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Two version numbers of the protocol."""
    stated: dict[str, Value] = {}
    for value in found.all("version"):
        heading = document.sections[value.section].heading if value.section >= 0 else ""
        text = document.text[value.start : value.end]
        if not _HISTORY.search(heading) and not _HISTORY.search(text) and len(text) < (160 if _PROTOCOL.search(text) else 60):
            stated.setdefault(_normal_version(str(value.value)), value)
    if len(stated) != 2:
        return []
    (first, value), (second, other) = stated.items()
    if (
        value.start == other.start
        or value.section == other.section
        and "\t" in document.text[value.start : value.end] + document.text[other.start : other.end]
    ):
        return []
    return [Finding("version_mismatch", (_span(value), _span(other)), {"first": first, "second": second}, "administrative")]


_PROTOCOL = Lazy(r"protocol|方案|版本号", re.IGNORECASE)


def _normal_version(written: str) -> str:
    parts = written.split(".")
    while len(parts) > 1 and not int(parts[-1]):
        parts.pop()
    return ".".join(str(int(part)) for part in parts)


def registration(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """A registration number that its registry cannot have given, or two of one registry."""
    findings: list[Finding] = []
    kinds: defaultdict[str, dict[str, Value]] = defaultdict(dict)
    for value in found.all("registration"):
        number = str(value.value)
        if _NOT_OURS.search(document.text[max(0, value.start - 30) : value.end]):
            continue
        if not registration_is_well_formed(number) and not re.search(r"[Xx]{2}|_|\*|待", document.text[value.start : value.end]):
            findings.append(Finding("registration_format", (_span(value),), {"number": number}, "administrative"))
        elif _canonical(document, value) in {"title_page", "synopsis", "ethics", "publication", "organization"}:
            kinds[number.upper().rstrip("0123456789-")[:6]].setdefault(number.upper(), value)
    for numbers in kinds.values():
        if len(numbers) == 2:
            (first, value), (second, other) = numbers.items()
            if value.start != other.start:
                findings.append(
                    Finding(
                        "registration_format", (_span(value), _span(other)), {"first": first, "second": second}, "administrative", "differ"
                    )
                )
    return findings


_NOT_OURS = Lazy(r"既往|文献|et al|该研究|previous|prior|parent (?:study|trial)|published|sister|companion|另一|extension", re.IGNORECASE)


# ---------------------------------------------------------------- visits and chapters


def primary_outcome_visit(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """The time of the primary outcome is none of the visits of the schedule."""
    rows = [line for line in found.lines if line.canonical in {"schedule", "follow_up"} and "\t" in line.text]
    visits: dict[float, Line] = {}
    for line in rows:
        for amount, unit in map(amount_of, _TIME.finditer(line.text)):
            if unit != "visit":
                visits.setdefault(months(amount, unit), line)
    primary = [
        line
        for line in found.lines
        if line.canonical == "outcomes" and line.place == "body" and (_PRIMARY.search(line.label) or _PRIMARY.match(line.text))
    ]
    if len(visits) < 4 or len(primary) != 1:
        return []
    times = {months(amount, unit) for amount, unit in map(amount_of, _TIME.finditer(primary[0].text)) if unit != "visit"}
    if len(times) != 1 or re.search(r"内|within|持续|以上|至少|survival|生存|every|每", primary[0].text):
        return []
    time = times.pop()
    if (
        any(abs(visit - time) <= 0.15 * time for visit in visits)
        or time < 0.5
        or len({line.passage.section for line in visits.values()}) > 1
    ):
        return []
    last = max(visits)
    return [Finding("schedule_mismatch", (_line_span(primary[0]), _line_span(visits[last])), {"first": time}, "outcomes")]


_WINDOW_WORDS = Lazy(r"within|before|prior to|at least|not? (?:later|more) than|内|之前|以前|[^之以]前|至少|不超过|不少于", re.IGNORECASE)
_PARTS = Lazy(r"cohort|\bpart [A-D12]\b|\barm [A-D12]\b|stage [12]|队列|第[一二12]阶段|剂量组", re.IGNORECASE)


def time_windows(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """One and the same sentence stands in two places with different times."""
    written: defaultdict[str, dict[tuple[float, ...], Line]] = defaultdict(dict)
    for line in found.lines:
        if not line.numbered or not line.names("window") or "\t" in line.text or len(line.text) < 20:
            continue
        times = [(months(amount, unit), match.span()) for match in _PLAIN_TIME.finditer(line.text) for amount, unit in [amount_of(match)]]
        if 0 < len(times) <= 2 and _WINDOW_WORDS.search(line.text) and not _PARTS.search(line.text):
            skeleton, last = "", 0
            for _, (start, end) in times:
                skeleton, last = skeleton + line.text[last:start] + "#", end
            bare = "".join([sign for sign in (skeleton + line.text[last:]).lower() if sign.isalpha() or sign == "#"])
            if len(bare) >= (12 if _HAN.search(bare) else 35):
                written[bare].setdefault(tuple(length for length, _ in times), line)
    findings = []
    for stated in written.values():
        if len(stated) == 2:
            (first, line), (second, other) = stated.items()
            if line.passage.section != other.passage.section and first != second:
                values = {"first": _in_months(first), "second": _in_months(second)}
                findings.append(Finding("schedule_mismatch", (_line_span(line), _line_span(other)), values, "outcomes", "window"))
    return findings


def _in_months(lengths: tuple[float, ...]) -> str:
    return " / ".join(f"{length:g}" for length in lengths)


_PLAIN_TIME = Lazy(AMOUNT, re.IGNORECASE)
_LEADER = Lazy(
    r"\s*(?:[.．…·。_]\s?){2,}\s*(?:[\dlO一二三四五六七八九十廿]+|page \d+)?\s*$|\s{2,}\d{1,3}$|\t\s*\d{1,3}\s*$|\s+(?:page )?\d{1,3}\s*$",
    re.IGNORECASE,
)
_TITLE_NUMBER = Lazy(
    r"^\s*(?:第\s*[\d一二三四五六七八九十百]+\s*(?:章|节|部分|条|篇)|(?:section|chapter|ch\.|part|article|title|appendix|annex|附录|"
    r"附件|附表|表)\s*[\dIVXA-Z一二三四五六七八九十]*\b|[(（]?[\d一二三四五六七八九十]{1,3}(?:[.．]\d{1,2}){0,4}\s*[)）、.．:：]?|"
    r"[IVX]{1,5}\.|[A-Z](?:\.\d{1,2})*[.、)])\s*[:：.、]?\s*",
    re.IGNORECASE,
)


def promised_chapters(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Chapters of the table of contents that the body does not have, in one finding."""
    contents = [section for section in document.sections if section.canonical == "toc"]
    if not contents:
        return []
    promised = list(_entries(document, contents))
    body = [section for section in document.sections if section.canonical != "toc"]
    headings = [_Title(section.heading) for section in body]
    exact = {heading.name for heading in headings}
    missing = [(title, span) for title, span in promised if title.name not in exact]
    if missing:
        families = _Title("\n".join(section.heading for section in body)).families
        known = {section.canonical for section in body}.union(families) - {"other"}
        missing = [
            (title, span)
            for title, span in missing
            if vocabulary_label(title.written) not in known
            and known.isdisjoint(title.families)
            and not any(_same_chapter(title, heading) for heading in headings)
        ]
    if missing:
        first, last = contents[0].start, contents[-1].end
        outside = [*_paragraphs(document.text, 0, first), *_paragraphs(document.text, last)]
        short = "\n".join(_squeezed(document.text[start:end]) for start, end in outside if end - start < 150)
        missing = [(title, span) for title, span in missing if title.name not in short]
    if len(promised) < 4 or not missing or len(missing) > max(2, len(promised) // 4):
        return []
    titles = "; ".join(title.written.strip() for title, _ in missing)
    return [Finding("toc_section_absent", tuple(span for _, span in missing), {"title": titles}, _element(titles))]


def _entries(document: Document, contents: Sequence[Section]) -> Iterator[tuple[_Title, Span]]:
    """Title, without leader and page number, and span of every line of the table of contents."""
    for section in contents:
        for first, last in _paragraphs(document.text, section.body, section.end):
            written = document.text[first:last]
            title = _LEADER.sub("", written)
            if len(title) < 90 and (title != written or _TITLE_NUMBER.match(title)) and not _NOT_A_CHAPTER.search(title):
                entry = _Title(title)
                if len(entry.name) >= 2:
                    yield entry, (first, first + len(title.rstrip()))


_NOT_A_CHAPTER = Lazy(r"目\s*录|contents|版本|其他$|其它$|miscellaneous|表\s*\d|图\s*\d|^(?:table|figure|list of)\b", re.IGNORECASE)


def _paragraphs(text: str, start: int, end: int | None = None) -> Iterator[Span]:
    end = len(text) if end is None else end
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if text[start:stop].strip():
            yield start, stop
        start = stop + 1


def _squeezed(title: str) -> str:
    bare = _TITLE_NUMBER.sub("", title)
    return _NO_LETTERS.sub("", bare or title).lower()


_NO_LETTERS = Lazy(r"[\W_]+")


class _Title:
    """A heading, or a line of the table of contents, with what it is compared by."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.name = _squeezed(written)

    @cached_property
    def pairs(self) -> set[str]:
        """Every two neighbouring letters of its name."""
        return {self.name[index : index + 2] for index in range(len(self.name) - 1)} or {self.name}

    @cached_property
    def words(self) -> set[str]:
        """Longer English words that tell chapters apart."""
        found = {word.lower() for word in _ENGLISH_WORD.findall(self.written)}
        return found - {"section", "chapter", "part", "with", "what", "study", "trial"}

    @cached_property
    def families(self) -> set[str]:
        """Canonical labels under which a chapter of this title may stand reworded."""
        lower = self.written.lower()
        return {label for pattern, labels in _FAMILIES if pattern.search(lower) for label in labels}

    @cached_property
    def number(self) -> str:
        """The number it begins with, or nothing."""
        found = _NUMERAL.search(self.written[:14])
        return found[0] if found else ""

    @cached_property
    def chinese(self) -> bool:
        """Whether it holds a Chinese character."""
        return _HAN.search(self.name) is not None


def _same_chapter(title: _Title, heading: _Title) -> bool:
    """Whether a heading is a promised chapter, perhaps reworded: one holds the other, most letter pairs or number and a word agree."""
    length = len(heading.name)
    if heading.name in title.name and (
        length >= (3 if heading.chinese else 6) or length == 2 and vocabulary_label(heading.written) is not None
    ):
        return True
    here, there = len(title.pairs), len(heading.pairs)
    short, long = (here, there) if here < there else (there, here)
    if long < 3 * short and len(title.pairs & heading.pairs) >= 0.6 * short:
        return True
    if not title.number or title.number != heading.number:
        return False
    return not title.pairs.isdisjoint(heading.pairs) if heading.chinese else bool(title.words & heading.words)


_FAMILIES = tuple(
    (LowerCase(pattern), labels)
    for pattern, labels in (
        (r"样本|例数|sample size|number of (?:patients|participants|subjects)", ("sample_size",)),
        (r"伦理|权益|ethic|\bIRB\b", ("ethics",)),
        (r"不良事件|安全(?!监)|adverse|safety(?! monitor)", ("safety",)),
        (r"统计|statistic", ("statistics",)),
        (r"背景|现状|background|introduction", ("background",)),
        (r"终点|结局|指标|end ?-?points?|outcomes?", ("outcomes",)),
        (r"入选|纳入|排除|受试者选择|eligib|inclusion|exclusion", ("population",)),
        (r"随机|盲法|randomi[sz]|blinding", ("randomization_blinding",)),
        (r"目的|假设|\baims?\b|objectives?|hypothes[ie]s", ("objectives",)),
        (r"参考文献|references|bibliography", ("references",)),
    )
)
_ENGLISH_WORD = Lazy(r"[A-Za-z]{4,}")
_HAN = Lazy("[\u4e00-\u9fff]")
_NUMERAL = Lazy(r"\d+(?:\.\d+)*|[一二三四五六七八九十]+|[IVX]+(?=[.: ])")


_ELEMENT_WORDS = (
    ("sample_size", r"样本|sample|例数"),
    ("subject_protection", r"伦理|保险|赔偿|权益|同意|安全|ethic|insur|indemn|consent|safety"),
    ("outcomes", r"终点|指标|outcome|endpoint"),
    ("cell_source", r"细胞|制备|贮存|运输|cell|storage|manufactur"),
)


def _element(name: str) -> str:
    return next((element for element, pattern in _ELEMENT_WORDS if re.search(pattern, name)), "structure")


# ---------------------------------------------------------------- text of another protocol

_DISEASES: dict[str, tuple[str, ...]] = {
    "knee_osteoarthritis": ("骨关节炎", "osteoarthritis"),
    "stroke": ("脑卒中", "脑梗死", "缺血性卒中", "stroke"),
    "spinal_cord_injury": ("脊髓损伤", "spinal cord injury"),
    "diabetes": ("糖尿病", "diabetes", "diabetic"),
    "lupus": ("红斑狼疮", "狼疮性肾炎", "lupus"),
    "multiple_sclerosis": ("多发性硬化", "multiple sclerosis"),
    "cirrhosis": ("肝硬化", "cirrhosis"),
    "liver_failure": ("肝衰竭", "liver failure"),
    "hepatocellular": ("肝细胞癌", "肝癌", "hepatocellular"),
    "gvhd": ("移植物抗宿主病", "gvhd", "graft-versus-host", "graft versus host"),
    "crohn": ("克罗恩", "crohn"),
    "colitis": ("溃疡性结肠炎", "ulcerative colitis"),
    "heart_failure": ("心力衰竭", "heart failure"),
    "infarction": ("心肌梗死", "myocardial infarction"),
    "limb_ischaemia": ("肢体缺血", "limb ischaemia", "limb ischemia"),
    "ards": ("急性呼吸窘迫", "respiratory distress syndrome"),
    "copd": ("慢性阻塞性肺", "copd", "chronic obstructive"),
    "fibrosis": ("肺纤维化", "pulmonary fibrosis"),
    "asthma": ("哮喘", "asthma"),
    "psoriasis": ("银屑病", "psoriasis"),
    "dermatitis": ("特应性皮炎", "atopic dermatitis"),
    "rheumatoid": ("类风湿", "rheumatoid"),
    "parkinson": ("帕金森", "parkinson"),
    "alzheimer": ("阿尔茨海默", "alzheimer"),
    "als": ("肌萎缩侧索", "amyotrophic lateral"),
    "cerebral_palsy": ("脑瘫", "脑性瘫痪", "cerebral palsy"),
    "autism": ("孤独症", "自闭症", "autism"),
    "lymphoma": ("淋巴瘤", "lymphoma"),
    "leukaemia": ("白血病", "leukaemia", "leukemia"),
    "myeloma": ("多发性骨髓瘤", "multiple myeloma"),
    "lung_cancer": ("肺癌", "lung cancer"),
    "breast_cancer": ("乳腺癌", "breast cancer"),
    "gastric_cancer": ("胃癌", "gastric cancer"),
    "melanoma": ("黑色素瘤", "melanoma"),
    "glioma": ("胶质瘤", "胶质母细胞瘤", "glioblastoma", "glioma"),
    "ovary": ("卵巢早衰", "卵巢功能不全", "ovarian insufficiency"),
    "endometrium": ("宫腔粘连", "薄型子宫内膜", "intrauterine adhesion"),
    "burn": ("烧伤", "burn wound", "burns patients"),
    "dry_eye": ("干眼", "dry eye"),
    "retinitis": ("视网膜色素变性", "retinitis pigmentosa"),
    "macular": ("黄斑变性", "macular degeneration"),
    "depression": ("抑郁症", "depressive disorder"),
    "insomnia": ("失眠症", "insomnia"),
    "kidney": ("慢性肾脏病", "慢性肾病", "肾病综合征", "chronic kidney disease"),
    "osteonecrosis": ("股骨头坏死", "osteonecrosis"),
    "thalassaemia": ("地中海贫血", "thalassaemia", "thalassemia"),
    "covid": ("新型冠状病毒肺炎", "新冠肺炎", "covid-19"),
    "abdominoplasty": ("腹壁成形", "abdominoplasty"),
}
_DISEASE_WORDS = Topics(_DISEASES)
_SUBJECTS = Lazy(
    r"(?:本(?:研究|试验|项目)|您|受试者)[^。;]{0,40}?(?:治疗|用于|患有|针对|纳入|评价|改善|诊断)|(?:确诊|诊断)(?:为|的)|(?:符合|"
    r"满足)[^。;]{0,16}诊断|(?:patients?|participants?|subjects?|people|you) (?:have been diagnosed |diagnosed )?(?:with|"
    r"suffering from)|(?:this|our|the present) (?:study|trial)[^.;]{0,60}(?:in|of|for|treat)",
    re.IGNORECASE,
)
_COMPARED = Lazy(
    r"合并|伴有?|继发|既往|病史|排除|除外|史\b|并发|风险|发生|相关|如|等疾病|不良|家族|适应证|other|history|comorbid|exclu|such as|"
    r"e\.g|risk|concomitant|without|previous|secondary|complication|family|donor",
    re.IGNORECASE,
)


def template_residue(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """A sentence about this study's participants names a disease that the protocol is not about."""
    text = document.text.lower()
    chinese, english = document.language != "en", document.language != "zh"
    written = _DISEASE_WORDS.counts(text)
    counts = {
        name: sum(written[word] for word in words if word in written and (english if word.isascii() else chinese))
        for name, words in _DISEASES.items()
    }
    main = max(counts, key=lambda name: counts[name])
    if counts[main] < 6:
        return []
    title = text[: max(min(400, len(text) // 10), document.sections[0].body if document.sections else 0)]
    foreign = [
        word
        for name, words in _DISEASES.items()
        if 0 < counts[name] <= 2 and counts[name] * 5 <= counts[main]
        for word in words
        if word in written and word not in title
    ]
    if not foreign:
        return []
    findings = []
    for passage in passages:
        words = text[passage.start : passage.end]
        named = [word for word in foreign if word in words]
        if not named or passage.section >= 0 and document.sections[passage.section].canonical in _NOT_ABOUT_PARTICIPANTS:
            continue
        if _SUBJECTS.search(words) and not _COMPARED.search(words) and not any(word in words for word in _DISEASES[main]):
            findings.append(Finding("template_residue", ((passage.start, passage.end),), {"words": named[0]}, "objectives"))
    return findings


_NOT_ABOUT_PARTICIPANTS = frozenset(
    {"toc", "references", "background", "preclinical", "abbreviations", "outcomes", "safety", "statistics", "schedule"}
)


# ---------------------------------------------------------------- who pays

_CHARGED = LowerCase(
    r"(?<!不得)(?<!不会)(?<!不再)(?<!不)收取.{0,8}费用|(?<!不)(?<!无需)(?<!不需要)自费|(?:患者|受试者)(?:需|须|应|将|要|自行|自己|"
    r"另行)+(?:承担|支付|负担|缴纳)(?!任何).{0,10}费"
    r"|(?:patients?|participants?|subjects?) (?:will |shall |must |are required to |need to )(?:pay|bear)\b|(?:patient|participant|"
    r"subject)\S{0,2}(?: own)? expense",
)
_NOT_CHARGED = LowerCase(
    r"(?:不得|严禁|禁止|不会|不再|不向|无需|不需|免予|免于|不).{0,20}(?:收取|自费|支付|承担|缴纳)|(?:not|never|without|"
    r"no) .{0,25}(?:pay|bear|charge|expense|cost)",
)
_FREE = LowerCase(
    r"(?:研究|试验)[^。;]{0,20}(?:费用|检查|治疗|药物|制剂|细胞)[^。;]{0,16}免费|免费(?:提供|给予|接受|使用)|(?:不|不得|不会|"
    r"不向)[^。;,]{0,8}收取[^。;]{0,10}费|free of charge|no (?:cost|charge) to|at no cost",
)
_USUAL_CARE = LowerCase(r"常规|标准治疗|合并用药|医保|其他疾病|路费|交通|usual|standard|routine|unrelated|travel")


def fees(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Participants are charged in one place and pay nothing in another."""
    charged = free = None
    for line in found.lines:
        if not line.names("fees") or not (_FREE.search(line.lower) or _CHARGED.search(line.lower)):
            continue
        for clause in re.split(r"[,;。]", line.lower):
            if _FREE.search(clause) and free is None:
                free = line
            elif _CHARGED.search(clause) and not _NOT_CHARGED.search(clause) and not _USUAL_CARE.search(clause) and charged is None:
                charged = line
    if charged and free and charged is not free:
        return [Finding("fee_mismatch", (_line_span(charged), _line_span(free)), {}, "subject_protection")]
    return []


CHECKS: tuple[Callable[[Document, Sequence[Passage], Found], list[Finding]], ...] = (
    sample_size_total,
    sample_size_arithmetic,
    arms_and_ratio,
    named_groups,
    follow_up,
    dose,
    centres,
    alpha,
    ages,
    design_words,
    phase,
    primary_outcome_time,
    reporting_time,
    date_order,
    version,
    registration,
    primary_outcome_visit,
    time_windows,
    promised_chapters,
    template_residue,
    fees,
)
