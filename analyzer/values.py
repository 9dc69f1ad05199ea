"""Numbers a protocol states of itself: read from its passages, each with the words it was read from.

A passage is first put into plain form (``plain``): Chinese and English number words become digits, Chinese punctuation ASCII.
Patterns then propose *candidates*; candidates of the synopsis and of the body are weighed apart, and the body counts where the
two differ (``checks.consistency`` reports the difference). A candidate's evidence is the passage it stands in.
Units: fractions for percentages, calendar months for durations, cells (or cells per kilogram) for doses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from string import digits, whitespace
from typing import ClassVar, Literal

from analyzer.anchors import Words, alternatives, anchors, in_lower_case, lowered
from analyzer.document import Document, Passage, Section
from analyzer.lazy import Lazy, LowerCase, Topics, lower_case

Place = Literal["synopsis", "body"]
Datum = int | float | str | tuple[int, ...]
Reading = tuple[str, Datum, float, str]
"""(name, value, weight, note) as a pattern proposes it."""

CONTRACT = ("sample_size_total", "sample_size_per_arm", "alpha", "power", "dropout", "arms", "follow_up_months")
"""Names that the report publishes; the other names are kept for the checks and the evidence."""


@dataclass(frozen=True, slots=True)
class Value:
    """One statement of one number: ``start``..``end`` is the passage that makes it."""

    name: str
    value: Datum
    start: int
    end: int
    section: int
    place: Place
    weight: float = 1.0
    """How plainly the passage speaks of this study's planned value."""
    note: str = ""
    """What qualifies the number: its basis (``per_kg``), the words of a duration, the reader of a deadline …"""


@dataclass
class Found:
    """All candidates in reading order, and the one chosen for each name and place."""

    values: list[Value] = field(default_factory=list)
    chosen: dict[tuple[str, Place], Value] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    """The passages that were read, in plain form."""
    worked_out: dict[str, object] = field(default_factory=dict, repr=False, compare=False)
    """What the checks have concluded from it, so that nothing is concluded twice."""

    def all(self, name: str, place: Place | None = None) -> list[Value]:
        """Every candidate of a name, in reading order."""
        return [value for value in self.values if value.name == name and place in (None, value.place)]

    def best(self, name: str) -> Value | None:
        """The value that counts: the body's, else the synopsis's."""
        return self.chosen.get((name, "body")) or self.chosen.get((name, "synopsis"))

    def contract(self) -> dict[str, object]:
        """Keyword arguments for ``findings.Values``; names that are not stated are left out."""
        stated = {name: best for name in CONTRACT if (best := self.best(name)) is not None}
        return {name: list(best.value) if isinstance(best.value, tuple) else best.value for name, best in stated.items()}


class Sought(Lazy):
    """A pattern that is looked for in every line, but tried only where words stand without which it cannot match (see ``anchors``).

    One that ignores case is compared in lower case with the line in lower case, which ``re`` does faster, unless its matches are wanted
    ``as_written``.
    """

    every: ClassVar[list[Sought]] = []

    def __init__(self, pattern: str, flags: int = 0, *, as_written: bool = False) -> None:
        self.in_lower_case = bool(flags & re.IGNORECASE) and not as_written
        super().__init__(lower_case(pattern) if self.in_lower_case else pattern, flags)
        if self.in_lower_case:
            self.flags &= ~re.IGNORECASE
        self.every.append(self)


_RARE = 3
"""Shorter words than this stand nearly everywhere."""


class Prospects:
    """Tells in one pass over a text in lower case what it may speak of: topics by their names, and patterns that can match it at all.

    It does not matter whether the patterns are for lower case, ignore case or mind it.
    """

    def __init__(self, topics: Mapping[str, Sequence[str]], patterns: Sequence[Lazy]) -> None:
        self._topics, self._patterns = topics, patterns

    @cached_property
    def _always(self) -> set[Lazy | str]:
        """The patterns of which no words are known without which they do not match."""
        return {pattern for pattern, needed in self._needed if not needed}

    @cached_property
    def _needed(self) -> list[tuple[Lazy | str, list[Words]]]:
        """Every topic, and every alternative of every pattern, with sets of words of each of which it needs one."""
        topics: list[tuple[Lazy | str, list[Words]]] = [(topic, [frozenset(words)]) for topic, words in self._topics.items()]
        return topics + [
            (pattern, [told for words in anchors(alternative) if (told := _telling(words))])
            for pattern in self._patterns
            for alternative in alternatives(pattern.pattern)
        ]

    @cached_property
    def _owners(self) -> dict[str, list[tuple[Lazy | str, Words]]]:
        """Word -> what needs it or one like it, each with the words of which it needs one besides (none: no matter)."""
        owners: dict[str, list[tuple[Lazy | str, Words]]] = defaultdict(list)
        for owner, (first, *others) in ((owner, needed) for owner, needed in self._needed if needed):
            besides = next((words for words in others if min(map(len, words)) >= _RARE), frozenset[str]())
            for word in first:
                owners[word].append((owner, besides))
        return owners

    @cached_property
    def _found(self) -> Callable[[str], Iterator[tuple[int, str]]]:
        import ahocorasick

        automaton = ahocorasick.Automaton()
        for word in {*self._owners, *(word for owned in self._owners.values() for _, besides in owned for word in besides)}:
            automaton.add_word(word, word)
        automaton.make_automaton()
        iterate: Callable[[str], Iterator[tuple[int, str]]] = automaton.iter
        return iterate

    def of(self, lower: str) -> set[Lazy | str]:
        """The topics and patterns whose words stand in a text in lower case; all other patterns do not match it."""
        words = {word for _, word in self._found(lower)}
        owned = map(self._owners.get, words)
        return self._always.union(
            [owner for owners in owned if owners for owner, besides in owners if not besides or not besides.isdisjoint(words)]
        )


def _telling(words: Words) -> Words:
    """Of words as ``anchors`` writes them, what must stand in a text in lower case; nothing where a letter or a digit would do."""
    told = frozenset(max(in_lower_case(word).split("0"), key=len) for word in words)
    return frozenset() if any(not word.strip() or len(word) == 1 and word.isascii() and word.isalnum() for word in told) else told


@cache
def _script(pattern: str) -> Literal["latin", "han", "both"]:
    """Which texts a pattern can match: English sentences, Chinese ones or either."""
    pattern = pattern.replace(_UNIT, "")
    if pattern.isascii():
        return "latin"
    return "both" if re.search("[A-Za-z]{4}", pattern) else "han"


def _matches(patterns: Iterable[tuple[Sought, float]], line: Line) -> Iterator[tuple[re.Match[str], float]]:
    """Matches of weighted patterns in a line; patterns in the other script are spared."""
    text = line.text
    spared = {"han"} if text.isascii() else set()
    if " " not in text:
        spared.add("latin")
    for pattern, weight in patterns:
        if pattern in line.prospects and _script(pattern.pattern) not in spared:
            for match in line.matches(pattern):
                yield match, weight


# ---------------------------------------------------------------- plain form

_SIGNS = str.maketrans(
    {
        **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
        **dict(zip("（），；：！？％＝＋－＞＜／．＊＾【】", "(),;:!?%=+-></.*^[]", strict=True)),
        **dict.fromkeys("～〜∼", "~"),
        **dict.fromkeys("–—−‐‑‒", "-"),
        **dict.fromkeys("∶：", ":"),
        **dict.fromkeys("×✕╳", "x"),
        **dict.fromkeys("\u3000\u00a0", " "),
    }
)
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED = Lazy("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_ONE_AS_LETTER = Lazy(r"l(?<![A-Za-z]l)(?=\d)")
_NOUGHT_AS_LETTER = Lazy(r"O(?:(?<=\dO)(?![A-Za-z])|(?<![A-Za-z]O)(?=[.\d]))")
_GROUPED = Lazy(r",(?<=\d,)(?=\d{3}(?!\d))")
_DECIMAL_COMMA = Lazy(r"0,(?<![\d.]0,)(?=\d)")
_GAPS = Lazy(r" (?:(?<=\d ) *(?=[%\u4e00-\u9fff])|(?<=[\u4e00-\u9fff] ) *(?=[\d\u4e00-\u9fff]))")

_ZH_VALUES = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_ZH_UNITS = {"十": 10, "百": 100, "千": 1000}
_ZH_RUN = "[零〇一二两三四五六七八九十百千]"
_ZH_COUNT = Lazy(
    rf"百分之({_ZH_RUN}+)|([一二两三四五六七八九])成(半)?(?![分功为员立型品人])|([一二两三四五六七八九十])年半|(半)年"
    rf"|(?<![几十百千])({_ZH_RUN}+)(?=余?(?:例|名|人|位|个|只|组|臂|队列|周|月|年|天|日|次|岁|家|小时|剂|档|期|中心|医院|单位|分(?![点之])|倍|"
    r"百万|千万|万|亿))"
)

_EN_ONES = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_EN_VALUES = {word: value for value, word in enumerate(_EN_ONES, 1)} | {word: 10 * value for value, word in enumerate(_EN_TENS, 2)}
_EN_VALUES |= {"fourty": 40, "ninty": 90}
_EN_SMALL = rf"(?:(?:{'|'.join(_EN_TENS)}|fourty|ninty)(?:[- ](?:{'|'.join(_EN_ONES[:9])}))?|{'|'.join(reversed(_EN_ONES))})"
_EN_COUNT = LowerCase(
    rf"\b(?:(?:({_EN_SMALL})|a) hundred(?:(?: and)? ({_EN_SMALL}))?|({_EN_SMALL})|(?:a|one) (dozen))\b(?![- ](?:sided|tailed|tails|way|"
    r"sample))"
)
_EN_PERCENT = Lazy(r"\s*(?:per ?cent(?:age points?)?\b|percent\b)", re.IGNORECASE)
_ONE_IN = Lazy(r"\b(?:1 in|1 out of) (\d+)\b", re.IGNORECASE)
_EN_SPANS = Lazy(
    r"\b(?:half a year|(?<!each )(?<!per )a (year|month|week)(?= (?:of follow|after|later))|1 and a half years)\b", re.IGNORECASE
)


_ZH_NUMERAL = Lazy("[零〇一二两三四五六七八九十百千半]")
_EN_WORDS = frozenset(word.encode() for word in (*_EN_VALUES, "hundred", "dozen"))
_WORDS_APART = bytes(ord(chr(code).lower()) if chr(code).isalpha() and code < 128 else 32 for code in range(256))
"""What a byte of ASCII becomes so that only words in lower case are left, with blanks between them."""


def _spells_a_number(text: str) -> bool:
    """Whether an English number word stands in a text."""
    return not _EN_WORDS.isdisjoint(text.encode("ascii", "replace").translate(_WORDS_APART).split())


def chinese_number(run: str) -> int:
    """The value of a run of Chinese numerals: 二十四, 一百二十, 二〇二四."""
    if not any(character in _ZH_UNITS for character in run):
        return int("".join(str(_ZH_VALUES[character]) for character in run))
    total, digit = 0, 0
    for character in run:
        if character in _ZH_UNITS:
            total += (digit or 1) * _ZH_UNITS[character]
            digit = 0
        else:
            digit = _ZH_VALUES[character]
    return total + digit


def _zh_digits(match: re.Match[str]) -> str:
    percent, tenths, half, and_half, half_year, count = match.groups()
    if percent:
        return f"{chinese_number(percent)}%"
    if tenths:
        return f"{chinese_number(tenths) * 10 + (5 if half else 0)}%"
    if and_half:
        return f"{chinese_number(and_half) * 12 + 6}个月"
    if half_year:
        return "6个月"
    return str(chinese_number(count))


def english_number(words: str) -> int:
    """The value of an English number below one hundred in words: ``thirty-six``."""
    return sum(_EN_VALUES[word] for word in re.split(r"[- ]", words.lower()))


def _en_digits(match: re.Match[str]) -> str:
    hundreds, rest, small, _ = match.groups()
    if small:
        return str(english_number(small))
    if match[4]:
        return "12"
    return str(100 * (english_number(hundreds) if hundreds else 1) + (english_number(rest) if rest else 0))


def _with_digits(text: str) -> str:
    """A text with its English numbers in digits."""
    pieces: list[str] = []
    last = 0
    for match in _EN_COUNT.finditer(lowered(text)):
        pieces += text[last : match.start()], _en_digits(match)
        last = match.end()
    return "".join(pieces) + text[last:]


def plain(text: str) -> str:
    """A passage with its numbers in digits and its signs in ASCII; offsets do not survive.

    >>> plain("二十四周，每组三十例，脱落按两成计，Forty-eight patients")
    '24周,每组30例,脱落按20%计,48 patients'
    """
    if not text.isascii():
        text = _RAISED.sub(lambda match: "^" + match[0].translate(_SUPERSCRIPT), text.translate(_SIGNS))
        if _ZH_NUMERAL.search(text):
            text = _ZH_COUNT.sub(_zh_digits, text)
    lower = text.lower()
    if _spells_a_number(text):
        text = _with_digits(text)
    text = _NOUGHT_AS_LETTER.sub("0", _ONE_AS_LETTER.sub("1", text))
    if "," in text:
        text = _DECIMAL_COMMA.sub("0.", _GROUPED.sub("", text))
    if "percent" in lower or "per cent" in lower:
        text = _EN_PERCENT.sub("%", text)
    if "1 in " in text or "1 out of " in text:
        text = _ONE_IN.sub(lambda match: f"{100 / int(match[1]):g}%" if int(match[1]) else match[0], text)
    if (" a " in text or "half" in lower) and ("year" in lower or "month" in lower or "week" in lower):
        text = _EN_SPANS.sub(
            lambda match: f"1 {match[1]}" if match[1] else "6 months" if match[0].lower().startswith("half") else "18 months", text
        )
    return _GAPS.sub("", text) if " %" in text or not text.isascii() else text


# ---------------------------------------------------------------- where a passage stands

_NOT_OURS = frozenset({"toc", "references", "background", "preclinical"})
_NOT_OURS_HEADING = LowerCase(
    r"参考(?:文献|资料)|所引资料|目\s*录|背景|立项|现状|研究进展|文献|前期工作|临床前|既往.{0,6}经验"
    r"|\b(?:references?|bibliography|literature|contents|background|introduction|rationale|pre-?clinical|previous|prior|"
    r"state of the art)\b",
)
_SYNOPSIS_HEADING = LowerCase(
    r"摘要|概要|提要|一览|概览|基本信息|synopsis|summary|at a glance|in brief|key facts|overview of the (?:study|trial)"
)
_SIZE_HEADING = LowerCase(
    r"样本|例数|人数|病例数|几个|多少人|收多少|受试者数|规模|numbers?\b|sample|how many|power\b|numerosity|quantity|\bsize\b|figures",
)
_CONSENT_HEADING = LowerCase(r"知情同意|consent|information (?:sheet|leaflet)|leaflet|致.{0,6}(?:书|信)")

_SIZE_LABEL = Lazy(
    r"(?:总|各|分|拟.{0,4}|计划.{0,6}|预计.{0,4}|病|受试者?)?(?:例数|样本含?量|样本规模|人数|病例数|入组规模|样本数|受试者(?:总数|人数|"
    r"数))(?!.{0,4}(?:依据|理由|计算|由来|说明|估算))"
    r"|多少人|^(?:样本|总数|定数|规模|合计|参加者|受试者|研究对象|病例)$"
    r"|\b(?:number of|no\. of|total|planned|expected|target) ?(?:\w+ ){0,3}(?:participants|subjects|patients|recipients|people|"
    r"volunteers|cases|size|enrol\w*|number)"
    r"|^(?:\d+[.)]? )?(?:sample(?: size)?|participants?|enrol+ment|accrual|subjects|patients|cases|children|how many|size|people|"
    r"numbers?|study population|planned \w+)$",
    re.IGNORECASE,
)
_NOT_SIZE_LABEL = Lazy(
    r"依据|理由|中心|筛选|年龄|家系|随访|剔除|\bage\b|basis|justif|sites?\b|screened|lost|inclusion|exclusion|criteria", re.IGNORECASE
)
_FOLLOW_LABEL = Lazy(
    r"^(?:随访|观察)(?:期限?|时间|时长|总长|周期|长度|期间)?$|随访(?:期限?|时间|时长|总长|周期)|观察(?:期限?|时长|总长)|^(?:总?参与|"
    r"研究参与)(?:总)?时(?:长|间)$"
    r"|(?:follow[- ]?up|observation)(?: (?:period|duration|time|in this protocol))?$|^(?:duration|length|time|"
    r"period) of (?:follow[- ]?up|observation|participation)"
    r"|^last (?:contact|visit)|^further contact|^(?:participant|subject|patient) duration|^duration$|^结束日|^单例.{0,6}时长|follow[- ]?up",
    re.IGNORECASE,
)

_OTHER_STUDY_ZH = Sought(
    r"文献|既往|此前|报道|报告了|国外|国内(?:外)?(?:学者|同行|一项)|该(?:研究|试验|课题|项目)|等人|荟萃|曾(?:主持|参与|参加|"
    r"用于)|已结题|另一项|一项.{0,16}(?:研究|试验)|大鼠|小鼠|动物|猴|裸鼠|兔"
)
_OTHER_STUDY_EN = Sought(
    r"[Mm]eta|\bet al\b|previous(?:ly)?|published|prior (?:stud|trial)|literature|\b(?:rats?|mice|mouse|rabbits?|pigs?|animals?)\b|"
    r"another (?:study|trial)"
)
_OTHER_PEOPLES_STUDY = Sought(
    r"\b(?:[Aa]n?|[Tt]he|[Oo]ne|1) (?:[A-Z]\w+(?:ish|ese|ian|ean|can|man|nch|tch|wiss|reek|raeli|aqi|ani|zech)|US|UK|recent|"
    r"large[\w-]*|later|early|earlier|competing|pivotal|competitor\S*) (?:[\w-]+ ){0,4}(?:trial|study|research|series|registry|group|"
    r"team|pilot|cohort|consortium|report|hospital|programme)\b",
)
_OWN_STUDY = Sought(
    r"本(?:研究|试验|项目|课题|方案|院拟)|拟(?:纳入|入组|招募|收)|计划(?:纳入|入组|招募|收)|\b(?:this|our|the present|the current|"
    r"the proposed) (?:study|trial|protocol|project)|\bwe (?:will|plan|shall|intend|propose)|\bwill be (?:enrol|recruit|randomi|treat|"
    r"includ)",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Line:
    """A passage in plain form with what is known of its place."""

    passage: Passage
    text: str
    lower: str
    label: str
    content: str
    place: Place
    canonical: str
    size_zone: bool
    """Whether it stands under a heading about the sample size."""
    calculation: bool
    """Whether it stands where the statistics are laid down: sample size or statistics."""
    numbered: bool
    """Whether it holds a digit."""
    prospects: set[Lazy | str]
    """What it may speak of: names of ``_TOPICS`` and the patterns that can match it."""

    @cached_property
    def dates(self) -> list[str]:
        """The dates it names."""
        return dates(self.text)

    @cached_property
    def cites(self) -> bool:
        """Whether it speaks of other people's studies."""
        return any(map(self.holds, (_OTHER_STUDY_EN, _OTHER_STUDY_ZH, _OTHER_PEOPLES_STUDY)))

    @cached_property
    def own(self) -> bool:
        """Whether it speaks of this study by name."""
        return self.holds(_OWN_STUDY)

    def names(self, topic: str) -> bool:
        """Whether a word of the topic occurs: spares the patterns most passages."""
        return topic in self.prospects

    def matches(self, pattern: Sought) -> Iterable[re.Match[str]]:
        """The matches of a pattern in it; their places are those in ``text`` too."""
        return pattern.finditer(self.lower if pattern.in_lower_case else self.text) if pattern in self.prospects else ()

    def first(self, pattern: Sought) -> re.Match[str] | None:
        """The first of ``matches``."""
        return pattern.search(self.lower if pattern.in_lower_case else self.text) if pattern in self.prospects else None

    def holds(self, pattern: Sought) -> bool:
        """Whether a pattern matches somewhere in it."""
        return self.first(pattern) is not None


def _zones(document: Document) -> list[tuple[Place | None, bool, bool]]:
    """For every section: its place (None: not about this study), whether it is about the sample size, about the calculation."""
    zones: list[tuple[Place | None, bool, bool]] = []
    early = max(3000, len(document.text) // 10)
    for section in document.sections:
        heading, lower = section.heading, section.heading.lower()
        size = section.canonical == "sample_size" or (
            "sample_size" in section.path or bool(_SIZE_HEADING.search(lower)) and section.canonical not in _NOT_OURS and len(heading) < 60
        )
        calculation = size or section.canonical in {"statistics", "synopsis"}
        place: Place | None = "body"
        if (
            section.canonical in {"toc", "references"}
            or section.canonical in _NOT_OURS
            and not size
            or section.canonical in {"other", "appendix", "abbreviations"}
            and _NOT_OURS_HEADING.search(lower)
            or (
                section.canonical in {"appendix", "consent", "other"}
                and _CONSENT_HEADING.search(lower)
                or section.canonical in {"budget", "organization"}
            )
        ):
            place = None
        elif (
            section.canonical == "synopsis"
            or "synopsis" in section.path
            or section.canonical == "title_page"
            and section.start <= early
            or _SYNOPSIS_HEADING.search(lower)
        ):
            place = "synopsis"
        zones.append((place, size, calculation))
    return zones


_TOPICS = {
    "size": (
        "例",
        "名",
        "人",
        "位",
        "个病",
        "眼",
        "patients",
        "participants",
        "subjects",
        "people",
        "persons",
        "individuals",
        "adults",
        "children",
        "women",
        "men ",
        "volunteers",
        "cases",
        "recipients",
        "eyes",
        "nurses",
        "families",
        "pairs",
        "infants",
        "pupils",
        "students",
        "per arm",
        "per group",
        "in each",
        "sample",
        "n =",
        "n=",
        "total",
    ),
    "error_rates": (
        "α",
        "β",
        "alpha",
        "beta",
        "power",
        "把握",
        "效能",
        "功效",
        "检验",
        "显著",
        "水准",
        "错误",
        "双侧",
        "单侧",
        "的错",
        "significan",
        "sided",
        "tailed",
        "bilateral",
        "unilateral",
        "error",
        "p <",
        "p<",
        "p ≤",
        "p≤",
        "probability",
        "chance",
        "sure",
        "certain",
    ),
    "arms": (
        "组",
        "臂",
        "盲",
        "对照",
        "随机",
        "自身",
        "递增",
        "爬坡",
        "分配",
        "比例",
        "arm",
        "group",
        "blind",
        "control",
        "random",
        "allocat",
        "assign",
        "ratio",
        "uncontrolled",
        "before",
        "comparative",
        "parallel",
        "escalat",
        "3+3",
        "3 + 3",
    ),
    "follow_up": (
        "随访",
        "追踪",
        "观察",
        "末次",
        "最后",
        "终末",
        "最终",
        "每例",
        "每位",
        "每名",
        "单例",
        "看",
        "个体",
        "per patient",
        "follow",
        "observ",
        "participa",
        "seen",
        "visit",
        "remain",
        "stay",
        "involvement",
        "each p",
        "each s",
        "watched",
        "monitored",
        "tracked",
        "called",
        "last ",
        "final",
        "closing",
        "end",
        "finish",
        "leave",
    ),
    "dose": ("10", "万", "亿", "million", "billion"),
    "ages": ("岁", "aged", "age ", "years"),
    "version": ("版", "version", "ver.", "v1", "v2", "v3", "v0", "v4", "v5"),
    "registration": (
        *(f"nct{blank}{digit}" for blank in ("", *whitespace) for digit in digits),
        *("ctr", "isrctn", "eudract", "mr-", "jrct", "actrn"),
    ),
    "arms_or_groups": ("组", "臂", "arm", "group"),
    "two": ("2", "two", "双臂"),
    "three": ("3", "three"),
    "four": ("4", "four"),
    "serious": ("sae", "严重不良", "serious", "uade", "unanticipated"),
    "window": ("within", "before", "prior", "least", "than", "内", "前", "至少", "不超过", "不少于"),
    "fees": ("费", "free of charge", "no c", " pay", " bear", " expense"),
}
"""Words of which a passage must hold one before the patterns of a topic are tried on it."""
_PROSPECTS = Prospects(_TOPICS, Sought.every)


_DESIGN_WORDS = Topics(
    {
        "design": (
            "组",
            "臂",
            "盲",
            "中心",
            "开放",
            "随机",
            "自身",
            "费",
            "期临床",
            "期研究",
            "期试验",
            "phase",
            "对照",
            "arm",
            "group",
            "blind",
            "centre",
            "center",
            "site",
            "open",
            "random",
            "control",
            "half",
            "pay",
            "charge",
            "expense",
            "cost",
            "paired",
            "equival",
            "inferior",
            "simon",
            "cluster",
            "surviv",
            "log-rank",
            "precision",
            "配对",
            "等效",
            "非劣",
            "整群",
            "阶段",
            "生存",
            "精度",
            "误差",
        )
    }
)
"""Words that make a passage without a number worth reading."""
_LABELLED = Lazy(r"^(?:[\d①-⑳(). -]{0,6}|项目\s?\w{1,4}\s)?([^:;,。\t]{2,30}):\s*(.+)$")
_ITEM = Lazy(r"[(（]?\d{1,2}(?:[、)）]|[.．](?!\d))\s*")
_DIGIT = Lazy(r"\d")


def _worth_reading(raw: str) -> bool:
    """Whether a passage holds a number or a word of design."""
    if _DIGIT.search(raw) or not raw.isascii() and _ZH_NUMERAL.search(raw):
        return True
    return _spells_a_number(raw) or bool(_DESIGN_WORDS.of(raw.lower()))


def _lines(document: Document, passages: Sequence[Passage]) -> Iterator[Line]:
    zones = _zones(document)
    text = document.text
    for passage in passages:
        section: Section | None = None
        place: Place | None = "synopsis"
        size = calculation = False
        if passage.section >= 0:
            section = document.sections[passage.section]
            place, size, calculation = zones[passage.section]
        raw = text[passage.start : passage.end]
        if place is None or not _worth_reading(raw):
            continue
        label, content = "", ""
        item = _ITEM.match(raw)
        read = plain(raw[item.end() :] if item else raw)
        if "\t" in read:
            cells = [cell.strip() for cell in read.split("\t") if cell.strip()]
            if len(cells) >= 2:
                first = 1 if len(cells) > 2 and len(cells[0]) <= 3 else 0
                label, content = cells[first], " ; ".join(cells[first + 1 :])
        elif section is not None and passage.start - section.body <= 3 and "\n" not in text[section.body : passage.start]:
            label, content = plain(section.heading), read
        elif ":" in read and (labelled := _LABELLED.match(read)) and not re.search(r"基于|采用|如下|\bis\b|\bare\b", labelled[1]):
            label, content = labelled[1].strip(), labelled[2]
        canonical = section.canonical if section else "title_page"
        lower = lowered(read)
        numbered = _DIGIT.search(read) is not None
        yield Line(passage, read, lower, label, content, place, canonical, size, calculation, numbered, _PROSPECTS.of(lower))


# ---------------------------------------------------------------- sample size

_ZH_PERSON = r"(?:例|名|人|位|个(?!月|百分|小时|中心)|只眼|眼|对)"
_EN_PERSON = (
    r"(?:patients?|participants?|subjects?|people|persons?|individuals?|adults?|children|women|men|volunteers?|cases?|recipients?|"
    r"eyes?|nurses|families|pairs|infants|pupils|students|smokers|interviews)"
)
_WORDS = r"(?:[A-Za-z][\w'/-]* ){0,4}?"
_N = r"(\d(?<![\d.^x~-]\d)\d{0,4})(?![\d.]*[%‰]|\d|\.\d|:\d)"
_RANGE = r"(?=[\dbB])(?<![\d.^x])(?:(?:between )?\d{1,4}(?:例|名|人)?\s?(?:~|-|至|到|to|and|或)\s?)?(\d{1,5})(?![\d.]*[%‰]|\d|\.\d)"

_PER_ARM = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (
            rf"(?:每|各)(?:一|个)?(?:组|臂|治疗组|侧|边)(?![^\d。;,]{{0,8}}(?:间隔|差|率|剂量|给|输|占|随机|首|先))[^\d。;,、]{{0,9}}?{_N}",
            3.0,
        ),
        (rf"(?:组|臂|两边|双方)(?:均|各自?)(?:为|需|约|纳入|入组|收|取|定为|拟|计划|至少| )*{_N}{_ZH_PERSON}?(?![.\d]*[周天月年次%])", 3.0),
        (rf"各(?:为|需)?{_N}{_ZH_PERSON}", 1.5),
        (rf"一边{_N}个?", 2.5),
        (
            (
                rf"{_N} (?:[A-Za-z][\w'/-]* ){{0,5}}?(?:per|in each|in every|for each|to each|each|a|on either|on each|in either|"
                r"for) (?:[\w'/-]+ )?(?:arm|group|side|condition|treatment(?: arm)?|treatment/placebo arm|cohort)\b"
            ),
            3.0,
        ),
        (
            (
                r"(?:each|per|every) (?:group|arm|side)(?: (?:of|with|has|have|having|will|shall|include|comprise|contain|is|to|be|needs?|"
                rf"requires?))*[ :,=]+{_N}(?! ?(?:mg|ml|weeks?|days?|months?))"
            ),
            2.5,
        ),
        (rf"(?:2|3|4|two|three) (?:equal )?(?:groups|arms) of {_N}", 3.0),
    )
]
_LIST_ZH = Sought(
    r"(?:组|臂|治疗|对照|干预|甲|乙|丙|丁|[A-D](?=\d))\s*(?:共|纳入|入组|计划|拟|约|为|:|\()?\s*(?<![\d.])(\d{1,4})\s*(?:例|名|人|"
    r"位)?(?![\d.]*(?:[%‰:.\d]|周|天|日|月|年|岁|次|个|mg|ml|x|kg|分|阶))"
)
_LIST_EN = Sought(
    rf"(?=[\dgactp])(?:(?<![\d.x^])(\d{{1,4}}) (?:{_EN_PERSON} )?(?:(?:with|in|to|for|on|receive|receiving|will receive|get|assigned to|"
    r"allocated to) )?(?:the )?(?:[A-Za-z0-9+-]+ ){0,3}?(?:group|arm|active|placebo|control|controls|sham|vehicle|real|cells?|"
    r"treated|treatment|intervention|standard care)\b|"
    r"(?:group|arm|control|treatment|placebo|active|cells?)s?[ :=(]+(?:n ?= ?)?(\d{1,4})(?![\d.%]| ?(?:mg|weeks?|months?|days?|"
    r"years?|ml))\b)",
    re.IGNORECASE,
)
_PAIR = Sought(r"(\d(?<![\d.:x^+]\d)\d{0,3})\s*(?::|\+|vs\.?|and|[,;])\s*(\d{1,4})(?:\s*(?::|\+|vs\.?|and|[,;])\s*(\d{1,4}))?(?![\d.%:])")

_TOTAL = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (
            (
                r"(?:总共|总计|合计|共计|一共|共需?|总数|总例数|总样本量|总人数|总的?样本|总量|最终|最多|上限|不超过|满|定为|确定为|"
                rf"(?:放宽|放大|扩大|增加)(?:至|为|到)|至多)[^\d。;,%每各]{{0,10}}{_RANGE}{_ZH_PERSON}"
            ),
            3.0,
        ),
        (
            (
                r"(?:拟|计划|预计|预期|将|准备|打算|目标|需要?|至少|设定|计)[^\d。;,每各]{0,12}?(?:纳入|入组|招募|收治?|入选|募集|随机|"
                rf"调查|完成|观察|治疗)[^\d。;每各]{{0,14}}?{_RANGE}(?:{_ZH_PERSON}|(?=[,。;]|$))"
            ),
            2.5,
        ),
        (rf"(?:纳入|入组|招募|收治|入选|招满|收){_RANGE}{_ZH_PERSON}", 1.5),
        (
            (
                r"(?:样本含?量|例数|人数|病例数|总例数)(?:共|定|确定|拟|设|计|取|约|暂|估算|为|是|:|=|总计|"
                rf" )*{_RANGE}{_ZH_PERSON}?(?![\d.]*[周天月年次%])"
            ),
            2.5,
        ),
        (rf"(?<!\d)[2-6](?:个)?(?:组|臂|家|剂量组|队列)(?:共|合计|总计|共计|受试者)*{_N}{_ZH_PERSON}", 2.5),
        (
            (
                r"\b(?:total(?:l?ing| of|:| sample(?: size)?(?: of)?| number(?: of)?| target)?|in all|altogether|overall|target (?:is|of|"
                r"becomes|sample size)|goal (?:is|of)|sample (?:size )?(?:of|is|will be|:)|maximum(?: of)?|up to|at most|"
                rf"N ?=)(?: (?:about|approximately|around|some|is|of|at least|a|minimum|maximum|{_EN_PERSON}|for|in|the|study|trial|will|"
                rf"be|n ?=))*[ =:]*(?:N ?= ?)?{_RANGE}(?! ?(?:%|mg|ml|weeks?|days?|months?|years?|hours?|h\b|min|x\b|mmol|times|-fold|μ))"
            ),
            2.5,
        ),
        (
            (
                r"\b(?:enrol+|recruit|randomi[sz]e|include|treat|accrue|approach|study|need|invite|talk to|sign|plan|assign|include[sd]?|"
                r"enrol+ing|recruiting)\w*(?: (?:about|approximately|around|some|at least|a|total|of|maximum|up|to|further|in|each|"
                rf"between))*[ :]+{_RANGE} {_WORDS}{_EN_PERSON}\b"
            ),
            2.0,
        ),
        (
            (
                rf"{_RANGE} {_WORDS}(?:{_EN_PERSON} )?(?:\([^)]{{0,40}}\) |who [^.;]{{0,60}}? |with [^.;]{{0,60}}? |from [^.;]{{0,60}}? |"
                r"in [^.;]{0,40}? |,[^.;]{0,60}, )?(?:will|shall|are|is|can|must|have|should)(?: (?:to|all|be|"
                r"each))*(?: [a-z]+ly,?){0,3} ?(?:being |planned|needed|required|foreseen|expected|enrol|recruit|randomi(?=[sz])|treat|"
                r"includ|invit|allo(?:t|cat)|assign|split|inject|infus|graft|take(?: part|n)|participat|sought|studied|wanted|intended)"
            ),
            2.5,
        ),
        (
            (
                rf"{_RANGE} {_WORDS}(?:{_EN_PERSON} )?\(?(?:in total|altogether|in all|overall|total|together|at most|at the most|"
                r"as a maximum)\b"
            ),
            3.0,
        ),
        (
            (
                rf"\b(?:is|be|of|trial in|study in|trial comparing [^.;]{{0,60}} in|in) {_RANGE} (?:adults|children|patients|people|women|"
                r"men|participants|nurses) "
            ),
            1.2,
        ),
    )
]
_INTERIM = Lazy(
    r"期中|中期分析|每入组|每纳入|首批|前\d+例|单中心|每中心|每家|本中心|预试验?|先导|后备|interim|after \d+|first \d+|per (?:site|"
    r"centre|center)|each (?:site|centre|center)|at this site|pilot|run-in|subset|subgroup|substudy|PK\b|futility|when \d+|per year|"
    r"a year|每年|年手术|screen(?:ed|ing)?|筛选\d|evaluable|可评价",
    re.IGNORECASE,
)
_STRICT_INTERIM = Lazy(
    r"期中|中期分析|每入组|每纳入|单中心|每中心|每家|先导|interim|per (?:site|centre|center)|each (?:site|centre|center)|pilot|subset|"
    r"subgroup|futility|每年|PK\b|预试",
    re.IGNORECASE,
)
_BEFORE_LOSS = Lazy(
    r"可评价|有效(?:病例|≥)|evaluable|completers?|complete data|at least|至少|算得|计算得|所需|估算|before|remain|yield", re.IGNORECASE
)
_FINAL = Sought(
    r"最终|共|合计|总计|一共|定为|扩大|放大|增加到|altogether|in total|\btotal|overall|allow|enlarg|target becomes|are planned|hence|"
    r"brings|top up|round",
    re.IGNORECASE,
)


_COUNTS_THINGS = Lazy(
    rf" (?!{_WORDS}{_EN_PERSON}\b|(?:in total|altogether|in all|overall|will|are|who|with|from)\b)[A-Za-z]", re.IGNORECASE
)


_SUBGROUP = Sought(r"亚组|子研究|\bPK\b|subgroup|sub-?study|subset", re.IGNORECASE)
_RANGE_OF_PEOPLE = Sought(rf"{_RANGE}(?:{_ZH_PERSON}| {_EN_PERSON}\b)")
_OF_SIZES = frozenset([*(pattern for pattern, _ in (*_PER_ARM, *_TOTAL)), _LIST_ZH, _LIST_EN])
"""What a line must be able to match to state a size outside the chapters and tables on sizes."""


def _sizes(line: Line) -> Iterator[Reading]:
    """Planned numbers of participants, in total and per arm."""
    text = line.text
    if not line.numbered:
        return
    labelled = bool(line.label and _SIZE_LABEL.search(line.label) and not _NOT_SIZE_LABEL.search(line.label))
    strong = line.size_zone or labelled
    if not strong and (not line.names("size") or line.prospects.isdisjoint(_OF_SIZES)):
        return
    if (
        not strong
        and line.canonical
        in {
            "safety",
            "cell_product",
            "intervention",
            "dsmb",
            "stopping",
            "ethics",
            "consent",
            "quality_control",
            "data_management",
            "publication",
            "timeline",
            "outcomes",
            "schedule",
        }
        and not line.own
    ):
        return
    if not strong and line.cites and not line.own or not line.size_zone and line.holds(_SUBGROUP):
        return
    zone = (
        2.0
        if strong
        else 0.0
        if line.canonical in {"design", "population", "objectives", "statistics", "synopsis", "title_page", "randomization_blinding"}
        else -0.5
    )
    final = 0.5 if line.holds(_FINAL) else 0.0
    for match, weight in _matches(_PER_ARM, line):
        if not _foreign(text, match.start(1), match.end(1)):
            yield "arm_size", int(match[1]), weight + zone + final, ""
    yield from _arm_lists(line, strong, zone)
    if labelled and (number := _first_count(line.content)):
        yield "size", number, 5.0 if line.size_zone or line.place == "synopsis" and line.canonical == "synopsis" else 4.0, "label"
    for match, weight in _matches(_TOTAL, line):
        if _foreign(text, match.start(1), match.end(1)) or not strong and _COUNTS_THINGS.match(text, match.end(1)):
            continue
        around = text[max(0, match.start() - 12) : match.end() + 12]
        lowered = weight + zone + final - (1.5 if _STRICT_INTERIM.search(around) else 0.7 if _BEFORE_LOSS.search(around) else 0.0)
        yield "size", int(match[1]), lowered, ""
    if line.size_zone:
        for match in line.matches(_RANGE_OF_PEOPLE):
            if not _foreign(text, match.start(1), match.end(1)) and not line.cites:
                around = text[max(0, match.start() - 10) : match.end() + 10]
                yield (
                    "size",
                    int(match[1]),
                    1.2 - (1.0 if _INTERIM.search(around) or re.search(r"[每各]|each|per|group", around) else 0.0),
                    "loose",
                )


_FOREIGN_BEFORE = Lazy(
    r"(?:预试验?|资料|文献|回顾|既往|报道|报告|先导|登记|数据|队列|每年|年均|pilot|registry|audit|database|cohort|archive|record|study|"
    r"trial|series|of our own|sample of|reported|published|previous(?:ly)?)[^,。;.]{0,14}$",
    re.IGNORECASE,
)
_FOREIGN_AFTER = Lazy(
    r"^ (?:\w+ ){0,2}(?:performed|undertaken|reported|diagnosed)\b|^\s*(?:例|名|人|位)?(?:的)?(?:资料|预试|患者的?(?:资料|数据|登记)|先导|登记|(?:可行性)?(?:研究|试验)(?!组)|报告|随访资料|同类|"
    r"类似|次|年|月|周|天|岁|小时|只(?!眼)|家(?!系)|个?(?:中心|月|小时|百分点|剂量|阶段|队列|事件))"
    r"|^ (?:\w+ ){0,2}(?:weeks?|days?|months?|years?|hours?|minutes?|mg|ml|mL|sites?|centres?|centers?|hospitals?|units?|surgeries|"
    r"points?|replicates|events|visits?|doses?|levels?|cohorts?|cells|mice|rats|similar|consecutive|records|trials|repairs|admissions|"
    r"of our own)\b",
    re.IGNORECASE,
)


def _foreign(text: str, start: int, end: int) -> bool:
    """Whether the number in ``text[start:end]`` counts something else than planned participants."""
    return bool(_FOREIGN_BEFORE.search(text, max(0, start - 40), start) or _FOREIGN_AFTER.match(text[end : end + 40]))


def _first_count(content: str) -> int | None:
    """The number of participants a table cell begins with: the upper end of a range, the maximum, the total."""
    if total := re.search(rf"(?:总共|总计|合计|共|总数|最多|maximum|total(?: of)?|in all)\s*{_RANGE}", content, re.IGNORECASE):
        return int(total[1])
    units = re.search(rf"{_RANGE}(?:{_ZH_PERSON}| {_EN_PERSON}\b)", content, re.IGNORECASE)
    for match in [units] if units else re.finditer(_RANGE, content):
        rest = content[match.end() : match.end() + 14]
        before = content[max(0, match.start() - 3) : match.start()]
        if re.match(r"\s*(?:岁|周|天|年|个?月|%|years?|weeks?|months?|days?|mg|-year|家|sites|centres|x)", rest) or re.search(
            r"[≥>≤<第各每组A-Z]\s*$", before
        ):
            continue
        if re.search(r"组\w*\d+.{0,3}[,、;].*组\w*\d", content):
            return None
        return int(match[1])
    return None


_PEOPLE = Lazy(rf"\d(?:{_ZH_PERSON}| {_EN_PERSON}\b)")


def _arm_lists(line: Line, strong: bool, zone: float) -> Iterator[Reading]:
    """Numbers of the arms named one after the other: 试验组40例、对照组20例; 32 active; 16 placebo; 53 : 53."""
    text = line.text
    for pattern in (_LIST_ZH, _LIST_EN):
        sizes = [int(next(filter(None, match.groups()))) for match in line.matches(pattern) if any(match.groups())]
        sizes = [size for size in sizes if size > 2]
        if 2 <= len(sizes) <= 4 and (strong or _PEOPLE.search(text)):
            yield "arm_list", tuple(sizes), 2.0 + zone, "" if strong else "loose"
    for match in line.matches(_PAIR) if strong else ():
        sizes = [int(size) for size in match.groups() if size]
        total = sum(sizes)
        if min(sizes) >= 5 and re.search(rf"(?<![\d.]){total}(?![\d.])", text[: match.start()] + " " + text[match.end() :]):
            yield "arm_list", tuple(sizes), 4.0, ""


# ---------------------------------------------------------------- alpha, power, drop-out

_FRACTION = r"(?=[\d.])(?<![\d.])(0?\.\d{1,4}|\d{1,2}(?:\.\d+)?%)"
_ALPHA = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (
            (
                r"(?:α(?!-)|alpha(?!-)|检验水[准平]|显著性?水[准平]|检验标准|(?:Ⅰ|I|一|1)类错误(?:率|概率)?|type[- ](?:I|1|"
                r"one) error(?: rate| probability)?|error of (?:the )?(?:first|1st) (?:kind|type)|first species error|"
                rf"significance (?:level|probability level)|level of significance)[^\d,。;]{{0,16}}?{_FRACTION}"
            ),
            3.0,
        ),
        (rf"(?:α(?!-)|alpha(?!-)|检验水[准平]|显著性?水[准平])[^\d。;]{{0,6}}?(?:双侧|单侧|two-sided|one-sided|[,( =])*{_FRACTION}", 2.0),
        (
            (
                rf"{_FRACTION}\s*(?:\((?:two|one|2|1)[- ](?:sided|tailed)\) |(?:two|one|2|1)[- ](?:sided|tailed) )?(?:α|alpha\b|level of significance|significance(?: level)?|"
                r"type I error|-?level\b|的检验水[准平]|的显著性?水[准平]|水[准平]|的?错)"
            ),
            2.5,
        ),
        (
            (
                r"(?:双侧|单侧|two[- ](?:sided|tailed)|one[- ](?:sided|tailed)|bilateral|unilateral)(?: (?:α|alpha|test|at|of|the|error|"
                rf"level|significance|t))*[^\d。;.β]{{0,6}}?{_FRACTION}"
            ),
            1.5,
        ),
        (rf"\bp\s*[<≤]\s*{_FRACTION}", 0.2),
    )
]
_ALPHA_SIGNIFICANCE = Lazy(
    r"差异有统计学意义|具有统计学|有显著性?(?:差异|意义)|(?:consider|regard|taken as|called|count as|declared|"
    r"deemed) ?\w* ?(?:statistically )?significant",
    re.IGNORECASE,
)
_POWER = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (
            (
                r"(?:把握度?|检验效能|统计效能|效能|功效|检验功效|1\s*-\s*β|\bpower(?: of| is| =|:|,|"
                rf" being)?)[^\d,。;率]{{0,12}}?(?:\(?1\s*-\s*β\)?\s*[=为]?\s*)?{_FRACTION}"
            ),
            3.0,
        ),
        (rf"{_FRACTION}\s*(?:statistical )?(?:power\b|(?:的)?(?:把握度?|检验效能|效能|功效))", 3.0),
        (rf"{_FRACTION} (?:probability|chance|sure|certain|likelihood)\b", 1.5),
        (rf"probability of {_FRACTION}", 1.5),
    )
]
_BETA = Sought(
    r"(?:(?:(?<![-\w] )|(?<=and )|(?<=with ))(?<![-\w])(?:β|beta)|(?:Ⅱ|II|二|2)类错误(?:率|概率)?|type[- ](?:II|2|"
    rf"two) error(?: rate)?)[^\d,。;]{{0,8}}?{_FRACTION}",
    re.IGNORECASE,
)
_LOSS = (
    r"(?:脱落|失访|退出|剔除|流失|损耗|丢失|中途|不可评价|无法评价|撤回|离组|提前离开|跑|drop(?:ped|ping)?[- ]?outs?|attrition|"
    r"loss(?:es)?\b|lost|withdraw\w*|discontinu\w*|missing|fall(?:ing)?[- ]?off|leave|non-?evaluable|unevaluable|unreadable|"
    r"cannot be assessed|disappears?|vanish|evaluability|unobtainable|stop coming|stop before|move away|move or|miss the|skip)"
)
_ALLOWANCE = (
    r"(?:按|考虑|预计|预留|预估|估计|放大|扩大|增加|补|加|含|余地|留出|放宽|计算?|抵消|虑及|设|allow\w*|inflat\w*|compensat\w*|"
    r"enlarg\w*|top(?:ped)? up|reserve|increase\w*|account\w*|assum\w*|add\w*|expect\w*|anticipat\w*|estimat\w*|absorb|provid\w*|rate|"
    r"recruit|about|if|may)"
)
_DROPOUT = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (rf"{_LOSS}[^\d。;]{{0,24}}?(?<![<≤>≥\d.])(\d{{1,2}}(?:\.\d+)?%)", 2.0),
        (rf"(?<![<≤>≥\d.])(\d{{1,2}}(?:\.\d+)?%)[^\d。;]{{0,40}}?{_LOSS}", 2.0),
    )
]
_INFLATED = Lazy(
    r"(?<![<≤>≥\d.])(\d{1,2}(?:\.\d+)?%)(?:左右)?的?(?:余量|放大|扩大|放宽)|(?:放大|扩大|增加|预留|留出|上浮|加)(?:了|"
    r"约)?(\d{1,2}(?:\.\d+)?%)",
    re.IGNORECASE,
)
_RESERVE = Sought(
    r"已(?:经)?(?:考虑|包?含|计)|预留|留出|放大|扩大|放宽|增补|allow(?:s|ing|ance)|reserve|top(?:ped)? (?:it |this )?up|\bmore\b|"
    r"raised|provides? for|enlarg|inflat|compensat|absorb|extra|to make up",
    re.IGNORECASE,
)
_NOT_LOSS = Lazy(
    r"α|alpha|power|把握|效能|有效率|缓解率|生存率|差值|提高|降低|response|rate of|difference|significan|confidence|置信", re.IGNORECASE
)
_LIMIT = Lazy(
    r"不超过|不得?高于|不大于|低于|小于|应?控制在|以内|以下|超过|[<≤>≥]|(?:no|not) more than|below|less than|under|exceed|at most|"
    r"above|within",
    re.IGNORECASE,
)


def _fraction(written: str) -> float:
    return round(float(written[:-1]) / 100, 6) if written.endswith("%") else float(written)


_NO_ERROR_RATES = frozenset({"cell_product", "intervention", "safety", "consent", "ethics", "data_management", "organization"})


_OF_ERROR_RATES = frozenset([*(pattern for pattern, _ in (*_ALPHA, *_POWER)), _BETA])


def _error_rates(line: Line) -> Iterator[Reading]:
    """Significance level and power; outside the calculation a level counts little, ``P < 0.05`` almost nothing."""
    text = line.text
    if (
        "□" in text
        or line.canonical in _NO_ERROR_RATES
        or not line.names("error_rates")
        or line.prospects.isdisjoint(_OF_ERROR_RATES)
        or line.cites
        and not line.size_zone
        and not line.own
    ):
        return
    zone = 2.0 if line.size_zone else 0.5 if line.calculation else 0.0
    for pattern, weight in _ALPHA:
        for match in line.matches(pattern):
            value = _fraction(match[1])
            if 0.0005 <= value <= 0.25 and not re.search(r"置信|CI\b|confidence", text[match.end() : match.end() + 8]):
                general = _ALPHA_SIGNIFICANCE.search(text) and not line.size_zone
                yield "alpha", value, weight + zone - (2.5 if general else 0.0), _sides(text)
    for pattern, weight in _POWER:
        for match in line.matches(pattern):
            value = _fraction(match[1])
            if (
                0.5 <= value < 1
                and (weight >= 2 or line.size_zone)
                and not re.search(r"conditional|条件", text[max(0, match.start() - 16) : match.start()], re.IGNORECASE)
            ):
                yield "power", value, weight + zone, ""
    for match in line.matches(_BETA):
        value = _fraction(match[1])
        if 0.01 <= value <= 0.5:
            yield "power", round(1 - value, 6), 2.5 + zone, "beta"


def _sides(text: str) -> str:
    """``two``, ``one`` or nothing: the sidedness a passage names."""
    if re.search(r"双侧|双尾|(?:two|2)[- ](?:sided|tailed?)|bilateral|two tails|2 tails", text, re.IGNORECASE):
        return "two"
    return "one" if re.search(r"单侧|单尾|(?:one|1)[- ](?:sided|tailed?)|unilateral", text, re.IGNORECASE) else ""


def _dropouts(line: Line) -> Iterator[Reading]:
    """Allowance for drop-out in the sample size, as a fraction."""
    text = line.text
    if "%" not in text:
        return
    reserve = line.holds(_RESERVE)
    labelled = bool(line.label and re.search(_LOSS, line.label, re.IGNORECASE))
    if (
        not line.size_zone
        and not labelled
        and not reserve
        and not re.search(r"样本|例数|sample size|按\d|recruit|enrol", text, re.IGNORECASE)
    ):
        return
    if not line.size_zone and (line.cites or line.canonical in {"cell_product", "outcomes", "schedule", "safety", "preclinical"}):
        return
    zone = 1.0 if line.size_zone else 0.0
    for pattern, weight in _DROPOUT:
        for match in line.matches(pattern):
            if _is_allowance(text, match.start(1), match.end(1)) and not _NO_LOSS.search(match[0]):
                allowed = re.search(_ALLOWANCE, text, re.IGNORECASE) is not None
                yield "dropout", _fraction(match[1]), weight + zone + (1.0 if allowed else -0.5) - len(match[0]) / 60, ""
    if line.size_zone or labelled:
        for match in _INFLATED.finditer(text):
            group = 1 if match[1] else 2
            if _is_allowance(text, match.start(group), match.end(group)):
                yield "dropout", _fraction(match[group]), 2.5, "inflated"
        if labelled and (alone := re.match(r"\D{0,8}(\d{1,2}(?:\.\d+)?%)", line.content)) and not _LIMIT.search(alone[0]):
            yield "dropout", _fraction(alone[1]), 3.0, "label"
    if line.size_zone and reserve and not _NOT_LOSS.search(text):
        for match in re.finditer(r"(?<![<≤>≥\d.])\d{1,2}(?:\.\d+)?%", text):
            if _is_allowance(text, match.start(), match.end()):
                yield "dropout", _fraction(match[0]), 1.7, "reserve"


_NO_LOSS = Lazy(
    r"不(?:再|另|需|予)*(?:计|考虑|设|作|预计)|无(?:需|须)?|没有|\bno (?:further )?(?:loss|drop|attri|withd)|\bwithout\b", re.IGNORECASE
)


def _is_allowance(text: str, start: int, end: int) -> bool:
    """Whether the percentage in ``text[start:end]`` can be a planned loss and is not a limit ("不超过20%")."""
    limited = _LIMIT.search(text[max(0, start - 8) : start]) or re.match(r"(?:以内|以下)", text[end:])
    return 0 < _fraction(text[start:end]) <= 0.5 and not limited


# ---------------------------------------------------------------- arms

_ARMS = [
    (Sought(pattern, re.IGNORECASE), arms, weight, number)
    for pattern, arms, weight, number in (
        (
            (
                r"单臂|单组(?!分)|自身前后|自身对照|single[- ](?:arm|group)|one-arm|1-arm|\buncontrolled (?:study|trial|open|design)|"
                r"before[- ](?:and[- ])?after|non-comparative|不设(?:同期)?对照|(?<!有)无对照(?:组|研究|设计)"
            ),
            1,
            3.0,
            "",
        ),
        (
            r"2(?<![第\d]2)(?:个)?(?:组|臂)(?!织)|双臂|(?:2|two)[- ](?:arm|group|parallel)|(?:two|2) (?:\w+ ){0,2}(?:arms|groups)\b",
            2,
            2.0,
            "two",
        ),
        (
            r"3(?<![第\d]3)(?:个)?(?:组|臂)(?!织)|(?:3|three)[- ](?:arm|group)|(?:three|3) (?:\w+ ){0,2}(?:arms|groups)\b",
            3,
            2.0,
            "three",
        ),
        (
            r"4(?<![第\d]4)(?:个)?(?:组|臂)(?!织)|(?:4|four)[- ](?:arm|group)|(?:four|4) (?:\w+ ){0,2}(?:arms|groups)\b",
            4,
            2.0,
            "four",
        ),
        (r"剂量递增|剂量爬坡|爬坡|3\s*\+\s*3|dose[- ]escalation", 1, 1.5, ""),
        (
            (
                r"平行对照|平行分组|随机对照|安慰剂对照|阳性对照|双盲|randomi[sz]ed,? (?:\S+ ){0,3}controlled|placebo-controlled|"
                r"sham-controlled|parallel[- ]group|对照组|control (?:group|arm)|waiting-list group|placebo (?:group|arm)"
            ),
            2,
            0.6,
            "",
        ),
        (r"随机分(?:为|入|配|组)|are randomi[sz]ed|will be randomi[sz]ed|randomly (?:assigned|allocated)", 2, 0.4, ""),
    )
]
_NO_CONTROL = Sought(
    r"(?:不设|未设|没有设?|不另设|无)(?:立|置)?(?:同期|平行)?对照|(?:no|without(?: a)?) (?:concurrent )?(?:control|"
    r"comparison) (?:group|arm)|control group[^.;]{0,60}decided against",
    re.IGNORECASE,
)
_RATIO = Sought(
    r"(?=[\dr])(?:(?<![\d.:])(\d{1,2}) ?: ?(\d{1,2})(?: ?: ?(\d{1,2}))?(?: ?: ?(\d{1,2}))?(?![\d.:])|\b(\d) to (\d) ratio|"
    r"ratio of (\d) to (\d))"
)
_RATIO_CONTEXT = Sought(r"随机|分配|比例|入组|分组|分入|分到|randomi|allocat|assign|ratio|arms?\b", re.IGNORECASE)
_NOT_ARMS = Lazy(r"动物|小鼠|大鼠|只|亚组|分层|年龄组|剂量组|两组(?:专家|人员)|subgroups?|strata|age groups|dose groups", re.IGNORECASE)
_DILUTION = Sought(r"稀释|体积|滴度|离心|混合|dilut|mixed|volume|centrifug|v/v|HR|OR\b|effector|效靶", re.IGNORECASE)


_OF_ARMS = frozenset([*(pattern for pattern, *_ in _ARMS), _NO_CONTROL, _RATIO])


def _arms(line: Line) -> Iterator[Reading]:
    """Number of arms and allocation ratio."""
    text = line.text
    if not line.names("arms") or line.prospects.isdisjoint(_OF_ARMS):
        return
    if line.canonical in {"cell_product", "preclinical"} or line.place == "body" and line.cites and not line.own:
        return
    bonus = (
        1.0
        if line.canonical in {"design", "synopsis", "title_page", "randomization_blinding", "sample_size"} or line.place == "synopsis"
        else 0.0
    )
    alone = line.holds(_NO_CONTROL)
    if alone:
        yield "arms", 1, 1.5 + bonus, "no control"
    for pattern, arms, weight, number in _ARMS:
        match = None if number and not line.names(number) or weight < 1 and alone else line.first(pattern)
        if match and not (arms > 1 and weight == 2.0 and _NOT_ARMS.search(text[max(0, match.start() - 8) : match.end() + 8])):
            yield "arms", arms, weight + bonus, match[0]
    if _RATIO in line.prospects and line.holds(_RATIO_CONTEXT) and not line.holds(_DILUTION):
        for match in line.matches(_RATIO):
            ratio = tuple(int(part) for part in match.groups() if part)
            if 0 not in ratio and max(ratio) <= 4:
                yield "ratio", ratio, 2.0 + bonus, ""
                yield "arms", len(ratio), 2.0 + bonus, match[0]


# ---------------------------------------------------------------- durations

_UNIT = r"(个?月(?!龄)|年(?!龄|级|代)|周(?!岁)|天|日|months?|mths?|mo\b|years?|yrs?|weeks?|wks?|days?)"
AMOUNT = rf"(\d+(?:\.\d+)?)[ -]?{_UNIT}"
AMOUNT_REVERSED = r"(?:(months?|weeks?|days?|years?)[ -](\d+)(?! ?%)|第(\d+)(周|天|个?月|年)|([MWDV])(\d+)(?!\d))"
_FOLLOW = [
    (Sought(pattern, re.IGNORECASE, as_written=True), weight)
    for pattern, weight in (
        (
            (
                r"(?:随访|追踪|观察)(?:期限?|时间|时长|总时间|周期|总长|观察)?(?:共|为|至|满|到|时间为|持续|约|不少于|至少|:|是|定为|将|"
                rf"续|最长|均|总计|延长到|至首次输注后|至输注后|至末次输注后|至治疗后|至术后| )*(?:第)?{AMOUNT}"
            ),
            3.0,
        ),
        (rf"{AMOUNT}(?:的)?(?:随访期?|观察期)(?!资料|数据|登记)", 2.5),
        (rf"(?:末次|最后一次|终末|最终)(?:随访|访视|观察)[^\d。;]{{0,8}}第?{AMOUNT}", 3.0),
        (rf"(?:观察|随访)[^\d。;,]{{0,10}}?(?:至|到|满)[^\d。;,]{{0,6}}第?{AMOUNT}", 2.5),
        (rf"(?:输注|给药|移植|手术|治疗|入组|注射|用药)(?:完成|结束)?后[^\d。;,]{{0,6}}(?:随访|观察)[^\d。;,]{{0,4}}{AMOUNT}", 3.0),
        (
            (
                r"\bfollow(?:ed|-up|-ups|ing)?(?: up)?\b(?: (?:period|phase|time|visits?|duration|lasts?|will|be|is|are|for|of|to|until|"
                r"through|continues?|a|the|total|at|up|:|in|all|every|participants?|patients?|over|each|person|within|by|minimum|about|"
                rf"approximately))*[ :]+{AMOUNT}"
            ),
            3.0,
        ),
        (
            (
                r"\b(?:follow(?:ed|-up)?(?: up)?|observ(?:ed|ation)|participation|seen|visits? continue|remain(?:s)? in the (?:study|"
                rf"trial))(?: \w+){{0,5}}? (?:to|until|through|at|till|for)(?: the)? {AMOUNT_REVERSED}"
            ),
            2.5,
        ),
        (rf"{AMOUNT}(?: of| post\S*(?: \w+){{0,3}}?)? (?:follow[- ]?up|observation)", 2.5),
        (
            (
                r"(?:每例|每位|每名|单例|per patient|(?<!看)看(?!看)|个体)(?:受试者|患者|参与者|病人)?(?:的|总|全程|参与|参加|研究|时间|"
                rf"时长|为|共|满|约|观察|随访|在组|在研究中)*{AMOUNT}"
            ),
            2.5,
        ),
        (rf"\b(?:watched|monitored|tracked|met|seen|visited|called)(?: \w+){{0,7}}? for {AMOUNT}", 2.0),
        (
            (
                rf"\b(?:last|final|closing|end-of-study) (?:study )?(?:visit|contact|assessment|call|follow-up)[^.;\d]{{0,36}}?(?:{AMOUNT}|"
                rf"{AMOUNT_REVERSED})"
            ),
            2.5,
        ),
        (
            (
                rf"\b(?:ends?(?![- ]?points?)|finish(?:ed|es)?|leaves? the (?:study|trial)|participation)\b[^.;\d]{{0,40}}?(?:{AMOUNT} after|(?:at|with|"
                rf"after) (?:the )?{AMOUNT_REVERSED})"
            ),
            2.0,
        ),
        (
            (
                r"\b(?:participat\w+|stays? in the (?:study|trial)|involvement|each (?:person|participant|patient|subject)|"
                rf"observed)(?: \w+){{0,5}}? (?:for|lasts?|of) (?:about |approximately )?{AMOUNT}"
            ),
            1.5,
        ),
    )
]
_DURATION = Lazy(r"\d[ -]?(?:个?月|年|周|天|日|[mywd])|[sthkrMWDV][ -]?\d|第\d", re.IGNORECASE)
"""What every pattern for a follow-up needs: a number beside a unit of time."""
_TREATED_THEN_FOLLOWED = Sought(
    rf"(?:治疗|用药|给药)期?(?:最长|共|持续|为)?{AMOUNT}[^。;\d]{{0,8}}停(?:药|用|止治疗)后?(?:再|继续)?(?:观察|随访|看){AMOUNT}"
)
_LONG_TERM = Lazy(r"长期随访|登记|转入|15年|终身|long[- ]term|registry|life-?long|15[- ]years?|thereafter", re.IGNORECASE)
_NOT_FOLLOW = Lazy(
    r"末例|首例|last visit in|last patient|不良事件|SAE|AE\b|妊娠|怀孕|分娩|新生儿|每\d|间隔|内(?:完成|提交|报告|联系)|±|报告|提交|中位|随访不足|既往|窗|电话提醒|留观|"
    r"输注后观察\d+(?:小时|分)|adverse|pregnan|every \d|within \d|report|median|window|birth|annual|unresolved|until resol|prior to|"
    r"before",
    re.IGNORECASE,
)


_PREGNANCY = Sought(r"妊娠|怀孕|分娩|新生儿|pregnan|birth\b|newborn", re.IGNORECASE)


def months(amount: float, unit: str) -> float:
    """A duration in calendar months as people round it: 4 weeks are a month, 52 weeks a year, 30 days a month."""
    unit = unit.lower()
    if unit.startswith(("年", "y")):
        return _tidy(amount * 12)
    if unit.startswith(("天", "日", "d")):
        if amount in (364, 365, 366) or amount > 700 and amount % 365 <= 1:
            return _tidy(round(amount / 365) * 12)
        if amount % 15 == 0 and amount >= 30 or amount % 30 == 1 and amount > 30:
            return _tidy(amount // 15 / 2)
        if amount % 7 == 0:
            return months(amount / 7, "week")
        return _tidy(round(amount / 30.4, 1))
    if unit.startswith(("周", "w")):
        if amount % 13 == 0:
            return _tidy(amount / 13 * 3)
        if amount <= 24 or amount % 24 == 0:
            return _tidy(round(amount / 4, 1))
        return _tidy(round(amount / 4.345))
    return _tidy(amount)


def _tidy(amount: float) -> float:
    return int(amount) if amount == int(amount) else amount


def amount_of(match: re.Match[str]) -> tuple[float, str]:
    """Amount and unit of a match of ``AMOUNT`` or ``AMOUNT_REVERSED``; the unit is ``visit`` for V3."""
    groups = [group for group in match.groups() if group]
    if groups[0][0].isdigit():
        return float(groups[0]), groups[1]
    unit = {"M": "month", "W": "week", "D": "day", "V": "visit"}.get(groups[0], groups[0])
    return float(groups[1]), unit


_OF_FOLLOW_UP = frozenset([*(pattern for pattern, _ in _FOLLOW), _TREATED_THEN_FOLLOWED])


def _follow_ups(line: Line) -> Iterator[Reading]:
    """How long participants are followed."""
    text = line.text
    if not line.names("follow_up") and not line.label or not line.numbered:
        return
    if line.label and _FOLLOW_LABEL.search(line.label):
        content = re.split(r"其后|之后转|thereafter|then long|后转入|, with an offer", line.content)[0]
        amounts = [
            amount_of(match)
            for match in re.finditer(rf"{AMOUNT}|{AMOUNT_REVERSED}", content, re.IGNORECASE)
            if not re.match(r"/|一次", content[match.end() :])
        ]
        lengths = [months(amount, unit) for amount, unit in amounts if unit != "visit"]
        if lengths and not re.search(r"每\d|每次|every", content):
            yield "follow_up", max(lengths), 5.0, "label"
            return
    if line.canonical in {"stopping", "cell_product"} or line.prospects.isdisjoint(_OF_FOLLOW_UP) or not _DURATION.search(text):
        return
    if line.cites and not line.own or line.holds(_PREGNANCY):
        return
    zone = {"follow_up": 1.0, "design": 1.0, "schedule": 0.8, "synopsis": 1.0}.get(line.canonical, 0.0)
    for match in line.matches(_TREATED_THEN_FOLLOWED):
        treated, unit, followed, other = match.groups()
        yield "follow_up", months(float(treated), unit) + months(float(followed), other), 4.0 + zone, match[0]
    for match, weight in _matches(_FOLLOW, line):
        amount, unit = amount_of(match)
        around = text[max(0, match.start() - 14) : match.end() + 10]
        if unit == "visit" or _NOT_FOLLOW.search(around):
            continue
        length = months(amount, unit)
        long_term = _LONG_TERM.search(text[max(0, match.start() - 10) : match.end() + 14]) is not None
        if 0.2 <= length <= 240:
            yield "follow_up", length, weight + zone - (2.5 if long_term or length > 120 else 0.0) - (1.0 if length < 1 else 0.0), match[0]


_VISIT = Sought(
    r"第(\d+)(周|天|个?月|年)|(?<![\d.年~-])(\d+)(周|个?月(?![龄日末初])|天|年)(?:末)?(?![\d%内以余]|前|-)|\b([MWD])(\d+)\b|\b(months?|"
    r"weeks?|days?|years?) ?(\d+)\b|\b(\d+) ?(months?|weeks?|years?|days?)\b",
    re.IGNORECASE,
    as_written=True,
)
_TIME = LowerCase(r"\d ?[周个月天年mwdy]|[shkyrmwd] ?\d")
"""What every match of ``_VISIT`` holds: a number beside a unit of time."""
_NOT_VISIT = Lazy(
    r"±|每\d|every|前\d|内|病程|以来|病史|older|history|previous|last \d|within|保存|有效期|进度|20\d\d|年龄|every|per year|长期|登记|窗|带药|window|worn\b|repeated|"
    r"registry|thereafter|其后每|之后每"
)


def _visits(line: Line) -> Iterator[Reading]:
    """Times of visits and of end points, in months: the last one tells the follow-up where nothing else does."""
    if line.canonical not in {"schedule", "follow_up", "outcomes"} or not _TIME.search(line.lower) or _NOT_VISIT.search(line.text):
        return
    for match in line.matches(_VISIT):
        amount, unit = amount_of(match)
        length = months(amount, unit)
        if 0 < length <= 60:
            yield "visit", length, 1.0, match[0]


# ---------------------------------------------------------------- dose, centres, ages, administrative facts

_TIMES_TEN = r"(?<![\d.])(\d+(?:\.\d+)?)\s*[x*X]\s*10\s*(?:\^|\*\*|e)?\s*\(?(\d{1,2})\)?(?!\d)"
_DOSE = Lazy(
    rf"(?:{_TIMES_TEN}|(?<![\d.])(\d+(?:\.\d+)?)\s*(百万|千万|亿|万|million|billion))\s*(?:个|viable|活)?\s*(?:[A-Z]*MSCs?|细胞|cells?|"
    r"活细胞)?\s*(?:个)?\s*(/\s*(?:kg|公斤|千克)|per kg|per kilogram|/\s*(?:m[lL]|cm|L\b|μ|孔|瓶|袋|T\d|dish)|per m[lL])?",
    re.IGNORECASE,
)
_SCALE = {"万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "million": 1e6, "billion": 1e9}
_PER_KG_BEFORE = Lazy(r"(?:每公斤|每千克|每kg|per kg)[^\d。;]{0,10}$", re.IGNORECASE)
_DOSE_CONTEXT = LowerCase(
    r"剂量|给药|输注|注射|回输|用量|滴注|每次|移植|dose|infus|inject|administ|receiv|given|per kg|/ ?kg|treatment|arm\b"
)
_LABORATORY = Lazy(
    r"接种|密度|扩增|培养|冻存|复苏|传代|放行|检定|规格|每袋|每支|存活|白细胞|血小板|中性粒|计数|拷贝|VCN|CFU|copies|seed|expan|cultur|"
    r"platelet|neutrophil|leucocyte|leukocyte|lymphocyte|PFU|IU|count|特异|流式|\bvial|per bag|/袋|/支|harvest|采集|单采|anc\b|wbc",
    re.IGNORECASE,
)
_CENTRES = [
    (Sought(pattern, re.IGNORECASE), weight)
    for pattern, weight in (
        (r"(\d(?<![\d.~-]\d)\d{0,2})(?:家|个)(?:研究|参研|临床)?(?:中心|医院|单位|医疗机构|研究机构)", 2.0),
        (
            (
                r"(?:at|in|across|from|involving) (?:approximately |about |around )?(?<![\d.-])(\d{1,3}) (?:\w+ ){0,4}(?:sites|centres|"
                r"centers|hospitals|units|clinics)\b|^(\d{1,3}) (?:\w+ ){0,3}(?:sites|centres|centers|hospitals)\b"
            ),
            2.0,
        ),
        (r"(\d(?<![\d.-]\d)\d{0,2})[- ](?:centre|center|site)\b", 2.0),
    )
]
_SINGLE_CENTRE = Sought(r"单中心|single[- ](?:centre|center|site)|monocentric", re.IGNORECASE)
_MULTI_CENTRE = Sought(r"多中心|multi-?(?:centre|center|site)", re.IGNORECASE)
_NO_MULTI = Lazy(
    r"(?:如为|若为|如系|if|以后|后续|下一|将来|未来|再|大样本|另|拟开展|future|later|larger|previous|another|□)[^。;]{0,12}$|"
    r"^[^。;]{0,6}(?:研究报|报道)",
    re.IGNORECASE,
)
_AGE = Sought(
    r"(?:年龄)?[^\d。;]{0,6}(?<![\d.])(\d{1,2})(?:岁|周岁)?\s*(?:~|-|至|到)\s*(\d{1,2})(?:周?岁)|(?:aged?|age(?: of|"
    r" between)?)[^\d.;]{0,12}(\d{1,2})(?: years)?\s*(?:-|to|and|~)\s*(\d{1,3})|(\d{1,2})\s*(?:-|to|~)\s*(\d{1,3}) years|"
    r"≥ ?(\d{1,2}) years to (\d{1,3}) years",
    re.IGNORECASE,
)
_UP_TO = LowerCase(r"(?:[~至到-]|to|and)\s*\d")
"""What every match of ``_AGE`` holds."""
_VERSION = Sought(
    r"(?:版本(?:号|编号)?|方案版本(?:号)?|\bversion(?: (?:number|no\.?))?|\bver\.)\s*(?:及日期|/日期|"
    r"and date)?\s*[:：=\t ;,为是]{0,4}\s*(?:第)?\s*V?\.?\s*(\d{1,2}(?:\.\d{1,2}){0,2})(?![\d年/-])|第(\d{1,2}(?:\.\d{1,2})?)版|"
    r"\bV(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)\b",
    re.IGNORECASE,
)
_NOT_PROTOCOL_VERSION = Lazy(
    r"CTCAE|NCI|MedDRA|SPSS|SAS|PASS|\bR\b|nQuery|Stata|G\*Power|power|RECIST|GCP|Windows|DSM|MDASI|EQ-5D|软件|程序|软件包|software|标准|criteria|"
    r"questionnaire|量表|scale|EDC|ICH|手册|handbook|药典|pharmacop|分级|dictionary|grading|release|package|知情同意|consent|ICF|CRF|"
    r"病例报告|amendment|previous|原|旧|上一",
    re.IGNORECASE,
)
_DATE = Lazy(
    r"(?<!\d)(20\d\d)(?:\s*年\s*|[-./])(\d{1,2})(?:(?:\s*月\s*|[-./])(\d{1,2})(?!\d)日?)?|(?<!\d)(\d{1,2})[ -]?(Jan|Feb|Mar|Apr|May|"
    r"Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?,?[ -](20\d\d)|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|"
    r"Dec)[a-z]*\.? (?:(\d{1,2}),? )?(20\d\d)",
    re.IGNORECASE,
)
_YEAR = Lazy(r"20\d\d")
_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_REGISTRATION = Sought(
    r"ChiCTR[-\w]*|\bNCT\s?\d+|\bCTR\d{6,}|\bISRCTN\s?\d+|\b(?:EUCTR|EudraCT)(?: (?:number|no\.?|:))*[ :]*\d{4}-\d+-\d+|"
    r"\bMR-\d{2}-\d{2}-\d{6}|\bMR-[A-Z]?-?\d{2}-\d{4}-\d+|\bjRCT\w?\d+|\bACTRN\d+",
    re.IGNORECASE,
    as_written=True,
)
_REGISTRATION_SHAPE = {
    "CHICTR": Lazy(r"ChiCTR(?:\d{10}|-[A-Z]{2,4}\w?-\d{8}|-\d{10})$", re.IGNORECASE),
    "NCT": Lazy(r"NCT\d{8}$", re.IGNORECASE),
    "CTR": Lazy(r"CTR\d{8}$", re.IGNORECASE),
    "ISRCTN": Lazy(r"ISRCTN\d{8}$", re.IGNORECASE),
    "EU": Lazy(r"(?:EUCTR|EudraCT)20\d\d-\d{6}-\d\d$", re.IGNORECASE),
    "MR": Lazy(r"MR-(?:[A-Z]-?)?\d{2}-(?:\d{2}|\d{4})-\d{6}$", re.IGNORECASE),
}


def _doses(line: Line) -> Iterator[Reading]:
    """Cell doses, in cells (``per_kg`` or ``total``)."""
    text = line.text
    if not line.names("dose") or line.cites or not _DOSE_CONTEXT.search(line.lower + line.label.lower()):
        return
    for match in _DOSE.finditer(text):
        mantissa, exponent, count, scale, basis = match.groups()
        if basis and not re.search(r"k|公斤|千克", basis, re.IGNORECASE):
            continue
        if exponent and not 4 <= int(exponent) <= 11:
            continue
        cells = float(mantissa) * 10.0 ** int(exponent) if mantissa else float(count) * _SCALE[scale.lower()]
        around = text[max(0, match.start() - 18) : match.end() + 10]
        if (
            _LABORATORY.search(around)
            or not mantissa
            and not re.search(r"细胞|cells?|MSC|/ ?kg|公斤", around)
            or re.match(r"\s*/|\s*元", text[match.end() :])
        ):
            continue
        per_kg = bool(basis) or bool(_PER_KG_BEFORE.search(text, 0, match.start()))
        yield "dose", cells, 1.0, "per_kg" if per_kg else "total"


_OF_CENTRES = frozenset([*(pattern for pattern, _ in _CENTRES), _SINGLE_CENTRE, _MULTI_CENTRE])


def _centres(line: Line) -> Iterator[Reading]:
    """Number of centres; 1 for single-centre, 0 for several without a number."""
    text = line.text
    if line.prospects.isdisjoint(_OF_CENTRES):
        return
    if line.cites and not line.own or re.search(r"copies|伦理|审查", text):
        return
    if single := line.first(_SINGLE_CENTRE):
        if not re.search(r"多为|不超过|以往|既往", text[max(0, single.start() - 10) : single.end() + 6]) and not line.holds(_MULTI_CENTRE):
            yield "centres", 1, 2.0, single[0]
    elif (multi := line.first(_MULTI_CENTRE)) and not _NO_MULTI.search(text, max(0, multi.start() - 16), multi.start()):
        yield "centres", 0, 1.0, multi[0]
    for pattern, weight in _CENTRES:
        for match in line.matches(pattern):
            number = int(next(filter(None, match.groups())))
            if 2 <= number <= 200:
                yield "centres", number, weight, match[0]


def _administrative(line: Line) -> Iterator[Reading]:
    """Ages, version, registration numbers."""
    text = line.text
    if (
        line.names("ages")
        and (line.canonical in {"population", "synopsis", "title_page", "design", "objectives"} or "年龄" in text)
        and _UP_TO.search(line.lower)
    ):
        for match in line.matches(_AGE):
            low, high = (int(group) for group in match.groups() if group)
            if low < high <= 100 and not re.search(r"供者|供体|产妇|捐献|donor|mother", text[: match.start()], re.IGNORECASE):
                yield "ages", (low, high), 1.0, match[0]
    for match in line.matches(_VERSION) if line.names("version") else ():
        if not _NOT_PROTOCOL_VERSION.search(text[max(0, match.start() - 30) : match.end() + 12]):
            yield "version", next(filter(None, match.groups())), 1.0, match[0]
    for match in line.matches(_REGISTRATION) if line.names("registration") else ():
        yield "registration", re.sub(r"\s|(?<=EUCTR)[: ]+|(?:number|no\.?|:)", "", match[0], flags=re.IGNORECASE), 1.0, ""


def dates(text: str) -> list[str]:
    """ISO dates (``2024-05`` where no day is given) in the order in which a text names them."""
    return [date for match in _DATE.finditer(text) if (date := _iso(match))] if _YEAR.search(text) else []


def _iso(match: re.Match[str]) -> str:
    year, month, day, day_first, name, year_last, name_first, day_mid, year_end = match.groups()
    if name or name_first:
        month = str(_MONTHS[(name or name_first)[:3].lower()])
        year, day = year_last or year_end, day_first or day_mid
    if not 1 <= int(month) <= 12 or day and not 1 <= int(day) <= 31:
        return ""
    return f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else "")


def registration_is_well_formed(number: str) -> bool:
    """Whether a registration number has the shape its registry gives out (digits are not looked up)."""
    kind = re.match(r"ChiCTR|NCT|CTR|ISRCTN|EU|MR", number, re.IGNORECASE)
    return kind is None or bool(_REGISTRATION_SHAPE[kind[0].upper()].match(number))


_READERS = (_sizes, _error_rates, _dropouts, _arms, _follow_ups, _doses, _centres, _administrative)


# ---------------------------------------------------------------- choosing


def extract(document: Document, passages: Sequence[Passage]) -> Found:
    """Read every number the protocol states of itself, and choose the one that counts for each name and place."""
    found = Found()
    found.lines = list(_lines(document, passages))
    for line in found.lines:
        for reader in _READERS:
            found.values += [_value(line, *reading) for reading in reader(line)]
    places: tuple[Place, ...] = ("synopsis", "body")
    for place in places:
        _choose_sizes(found, place)
    _settle_sizes(found)
    for name, least in (("alpha", 2.4), ("power", 2.4), ("dropout", 1.5), ("follow_up", 1.5)):
        for place in places:
            _choose(found, name, "follow_up_months" if name == "follow_up" else name, place, least)
    _choose_arms(found, document)
    _last_visit_as_follow_up(found)
    return found


def _value(line: Line, name: str, datum: Datum, weight: float, note: str) -> Value:
    return Value(name, datum, line.passage.start, line.passage.end, line.passage.section, line.place, weight, note)


def _tally(values: Iterable[Value]) -> dict[Datum, float]:
    """Value -> weight: its best statement, a little more for every further passage that says the same."""
    best: dict[tuple[Datum, int], float] = {}
    for value in values:
        key = (value.value, value.start)
        best[key] = max(best.get(key, 0.0), value.weight)
    tally: dict[Datum, list[float]] = defaultdict(list)
    for (datum, _), weight in best.items():
        tally[datum].append(weight)
    return {datum: max(weights) + 0.4 * (min(len(weights), 4) - 1) for datum, weights in tally.items()}


def _choose(found: Found, name: str, contract: str, place: Place, least: float) -> None:
    values = found.all(name, place)
    tally = {datum: weight for datum, weight in _tally(values).items() if weight >= least}
    if not tally:
        return
    winner = max(tally, key=lambda datum: (tally[datum], datum if isinstance(datum, int | float) and name == "follow_up" else 0))
    source = max((value for value in values if value.value == winner), key=lambda value: value.weight)
    found.chosen[contract, place] = replace(source, name=contract, value=winner, weight=tally[winner])


def _choose_sizes(found: Found, place: Place) -> None:
    """Total and sizes per arm that fit together best; ``total = arms × size`` speaks for both."""
    totals = {int(datum): weight for datum, weight in _tally(found.all("size", place)).items() if isinstance(datum, int) and datum >= 3}
    singles = {int(datum): weight for datum, weight in _tally(found.all("arm_size", place)).items() if isinstance(datum, int)}
    lists = {datum: weight for datum, weight in _tally(found.all("arm_list", place)).items() if isinstance(datum, tuple)}
    counts = _arm_counts(found)
    losses = {float(value.value) for value in found.all("dropout") if isinstance(value.value, float)}
    options: list[tuple[float, int | None, tuple[int, ...] | None]] = [
        (weight + _loss_bonus(size, totals, losses), size, None) for size, weight in totals.items()
    ]
    for sizes, weight in lists.items():
        total = sum(sizes)
        stated = total in totals
        if stated or weight >= 3.5 and counts != {1}:
            options.append((weight + totals.get(total, -1.0) + 1.0 + _loss_bonus(total, totals, losses), total, sizes))
    for count in (counts & {2, 3, 4}) or ({2} if counts != {1} else set()):
        for size, weight in singles.items():
            total = size * count
            bonus = _loss_bonus(size, singles, losses) + _loss_bonus(total, totals, losses)
            if total in totals:
                options.append((weight + totals[total] + 1.0 + bonus, total, (size,) * count))
            elif count in counts and weight >= 3.0:
                options.append((weight + bonus, total, (size,) * count))
        options.extend(
            (totals[size * count] + 0.9 + _loss_bonus(size * count, totals, losses), size * count, (size,) * count)
            for size in totals
            if size * count in totals
        )
    if not options:
        return
    weight, total_, sizes_ = max(options, key=lambda option: (option[0], option[1] or 0))
    if weight < 2.4 or total_ is None:
        return
    source = (
        _source(found, place, ("size",), total_)
        or _source(found, place, ("arm_list",), sizes_)
        or _source(found, place, ("arm_size",), sizes_[0] if sizes_ else 0)
    )
    if source:
        note = "stated" if total_ in totals else "implied"
        found.chosen["sample_size_total", place] = replace(source, name="sample_size_total", value=total_, weight=weight, note=note)
    if sizes_ is not None and (
        source := _source(found, place, ("arm_list",), sizes_) or _source(found, place, ("arm_size", "size"), sizes_[0])
    ):
        found.chosen["sample_size_per_arm", place] = replace(source, name="sample_size_per_arm", value=sizes_, weight=weight)


def _loss_bonus(size: int, others: Iterable[int], losses: Iterable[float]) -> float:
    """Positive when ``size`` is another stated number raised for drop-out, negative when another is ``size`` raised."""
    bonus = 0.0
    for loss in losses:
        for other in others:
            low, high = sorted((size, other))
            if low < high and min(abs(high - low / (1 - loss)), abs(high - low * (1 + loss))) <= max(2, 0.03 * high):
                bonus = max(bonus, 2.0) if size == high else min(bonus, -6.0)
    return bonus


def _source(found: Found, place: Place, names: tuple[str, ...], datum: Datum | None) -> Value | None:
    matching = [value for name in names for value in found.all(name, place) if value.value == datum]
    return max(matching, key=lambda value: value.weight, default=None)


def _settle_sizes(found: Found) -> None:
    """A plainly stated total of the synopsis beats one the body only implies; sizes per arm that the total contradicts are dropped."""
    body, synopsis = found.chosen.get(("sample_size_total", "body")), found.chosen.get(("sample_size_total", "synopsis"))
    if (
        body
        and synopsis
        and body.value != synopsis.value
        and (body.weight < 3.2 <= synopsis.weight or body.note == "implied" and synopsis.note == "stated")
    ):
        found.chosen.pop(("sample_size_total", "body"))
        arms = found.chosen.pop(("sample_size_per_arm", "body"), None)
        count = len(arms.value) if arms and isinstance(arms.value, tuple) else 0
        if arms and count and isinstance(synopsis.value, int) and synopsis.value % count == 0:
            size = synopsis.value // count
            if source := _source(found, "body", ("arm_size", "size"), size):
                found.chosen["sample_size_per_arm", "body"] = replace(arms, value=(size,) * count, start=source.start, end=source.end)
    total = found.best("sample_size_total")
    for place in ("body", "synopsis"):
        arms = found.chosen.get(("sample_size_per_arm", place))
        if total and arms and isinstance(arms.value, tuple) and sum(arms.value) != total.value and total.place != place:
            continue
        if total and arms and isinstance(arms.value, tuple) and sum(arms.value) != total.value:
            found.chosen.pop(("sample_size_per_arm", place))


def _arm_counts(found: Found) -> set[int]:
    """Numbers of arms the protocol speaks of, plainly stated ones before implied ones."""
    tally = _tally(found.all("arms"))
    if not tally:
        return set()
    most = max(tally.values())
    return {int(datum) for datum, weight in tally.items() if isinstance(datum, int) and weight >= most - 1.5}


_NOT_A_TREATMENT = Lazy(
    r"qualitative|interview|survey|cross-sectional|retrospective|cohort|case-control|访谈|横断面|问卷调查|队列研究|回顾性", re.IGNORECASE
)


def _choose_arms(found: Found, document: Document) -> None:
    """Arms: what the sizes say, else the plainest statement, else one when nothing speaks of a comparison."""
    sizes = found.best("sample_size_per_arm")
    for place in ("synopsis", "body"):
        _choose(found, "arms", "arms", place, 0.5)
    stated = _tally(found.all("arms"))
    if sizes and isinstance(sizes.value, tuple):
        found.chosen["arms", "body"] = replace(sizes, name="arms", value=len(sizes.value))
    elif stated:
        winner = max(stated, key=lambda datum: stated[datum])
        source = max((value for value in found.all("arms") if value.value == winner), key=lambda value: value.weight)
        found.chosen["arms", "body"] = replace(source, weight=stated[winner])
    elif document.sections and not _NOT_A_TREATMENT.search(document.text):
        first = document.sections[0]
        found.chosen["arms", "body"] = Value("arms", 1, first.start, first.body, 0, "body", 0.5, "no comparison")


def _last_visit_as_follow_up(found: Found) -> None:
    """Where no follow-up is stated, the last visit of the schedule ends it: one of several, or one late enough to be no procedure."""
    if found.best("follow_up_months") is not None:
        return
    visits = [_value(line, *reading) for line in found.lines for reading in _visits(line)]
    last = max(visits, key=lambda value: float(value.value) if isinstance(value.value, int | float) else 0.0, default=None)
    if last is None or not isinstance(last.value, int | float):
        return
    together = {value.value for value in visits if value.start == last.start}
    if last.value >= 3 or len(together) >= 3:
        found.chosen["follow_up_months", "body"] = replace(last, name="follow_up_months", note="last visit")
