"""What tells a protocol from other documents: the topics it speaks of, its headings, and its manner.

A protocol says what will be done, a paper what was found, a consent form speaks to you. Features have weights of their own, so that a few
telling signs do not drown in hundreds of words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from analyzer.document import Document
from analyzer.lazy import Lazy
from analyzer.text import HAN, words

_OPENING = 6000
"""Characters of a document whose words are looked at."""
_READ = 60_000
"""Characters of a document whose manner does."""
_WORD_WEIGHT, _TOPIC_WEIGHT, _MANNER_WEIGHT, _SCALE_WEIGHT, _REPORT_WEIGHT, _JOURNAL_WEIGHT = 0.4, 4.0, 3.0, 5.0, 10.0, 15.0
_JOURNAL_STEPS = (0, 1)
_TOPIC_STEPS = (3, 5, 7, 9, 11, 13, 15)
_MANNER_STEPS = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5, 4.0, 8.0)
"""Occurrences per thousand characters."""
_SHARE_STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
# Topics and manner are looked for in text in lower case.
_TOPICS = {
    "number": (
        *("样本量", "样本含量", "例数", "sample size", "sample-size"),
        *("number of patients", "number of participants", "number of subjects"),
    ),
    "withdrawal": ("脱落", "退出", "中止", "withdraw", "withdrew", "dropout", "drop-out", "drop out", "discontinu"),
    "adverse": ("不良事件", "不良反应", "adverse event", "adverse reaction"),
    "consent": ("知情同意", "informed consent", "written consent", "consent form"),
    "criteria": ("入选标准", "纳入标准", "入组标准", "排除标准", "inclusion", "exclusion", "eligib"),
    "subjects": ("受试者", "participant", "subject"),
    "visits": ("访视", "随访", "visit", "followup", "follow-up", "follow up"),
    "protocol": ("方案", "protocol"),
    "endpoints": ("终点", "疗效指标", "观察指标", "主要指标", "endpoint", "end-point", "end point", "outcome"),
    "ethics": ("伦理", "ethic", "institutional review", "irb"),
    "data": ("数据管理", "病例报告表", "原始记录", "crf", "case report form", "data management", "data entry", "database"),
    "assignment": ("随机", "单臂", "randomi", "single-arm", "single arm", "allocat"),
    "monitoring": ("监查", "监察", "质量控制", "稽查", "monitor", "audit", "quality control", "quality assurance"),
    "analysis sets": (
        *("分析集", "意向性", "缺失值", "缺失数据", "intention", "missing data"),
        *("analysis set", "analysis population"),
    ),
    "serious": ("严重不良", "sae", "serious adverse", "停药", "终止试验", "stopping", "unblind", "揭盲"),
    "protection": ("保险", "赔偿", "补偿", "保密", "隐私", "insur", "compensat", "confidential", "privacy"),
    "references": ("参考文献", "references"),
    "time": ("进度", "计划", "期限", "timeline", "schedule", "recruit", "招募"),
}
_WORD = Lazy("[a-z]+")
_WORDS_OF_MANNER = {
    "planned": ("will", "shall", "planned", "intend", "should", "must"),
    "found": ("was", "were", "had", "did", "found", "showed"),
    "numbers": (),
    "you": ("you", "your"),
    "protocol": ("protocol", "protocols"),
}
# Each pattern begins with a character or a set of them, which is looked for much faster than anything else.
_SIGNS_OF_MANNER = {
    "planned": Lazy(r" to(?![a-z])(?:(?<=(?<![a-z])are to)|(?<=(?<![a-z])is to))"),
    "found": Lazy(r"\d\s?例?\s?[（(]\d+(?:\.\d+)?\s?[%％]"),
    "numbers": Lazy(r"[p\d](?:(?<=p)(?<![a-z]p)\s?[=<>＜＞＝≤]\s?0?\.\d+|(?<=\d)\s?±\s?\d|(?<=9)5\s?[%％]\s?ci\s?[:：,，]?\s?\d)"),
}
_UNLESS = "(?![^。]{0,6}(?:者|则|时))"
_CHINESE_MANNER = {
    "planned": Lazy(r"拟|将(?![来军])|计划|须"),
    "found": Lazy(
        r"差异(?:均)?(?:无|有|具有)?统计|结果(?:显示|表明|提示)|本研究(?:发现|结果|显示|表明)|综上所述|显著(?:高|低|升|降|增|减|多|少|优)|分别为"
        + "".join(f"|{word}{_UNLESS}" for word in ("高于", "低于", "优于", "多于", "少于", "升高", "降低"))
    ),
    "you": Lazy(r"您|你"),
    "protocol": Lazy("方案"),
}
_RESULTS = Lazy(r"[\W\d]*results\W*$", re.IGNORECASE)
_RESULTS_ZH = Lazy(r"[\W\d一二三四五六七八九十]*(?:(?:研究)?结果|讨论|结论$)")
_JOURNAL = Lazy(r"关键词|收稿日期|基金项目|中图分类号|通[信讯]作者|作者简介")


def document_features(document: Document) -> dict[str, float]:
    """Features with their weights of a whole document, before inverse document frequency."""
    return dict(_features(document, document.text[:_READ]))


def _features(document: Document, text: str) -> Iterator[tuple[str, float]]:
    headings = [section.heading for section in document.sections]
    for word in words(text[:_OPENING]):
        yield "w" + word, _WORD_WEIGHT
    for word in (word for heading in headings for word in words(heading)):
        yield "h" + word, _WORD_WEIGHT
    for section in document.sections:
        yield "s" + section.canonical, 1.0
    for name, pattern in (("results", _RESULTS), ("results zh", _RESULTS_ZH)):
        yield f"heading {name} {any(map(pattern.match, headings))}", _REPORT_WEIGHT
    yield from _on_scale("journal", len(set(_JOURNAL.findall(text))), _JOURNAL_STEPS, _JOURNAL_WEIGHT)
    lower = text.lower()
    chinese = HAN.search(lower) is not None
    topics = {name: any(word in lower for word in listed if chinese or word.isascii()) for name, listed in _TOPICS.items()}
    for name, found in topics.items():
        yield f"topic {name} {found}", _TOPIC_WEIGHT
    yield from _on_scale("topics", sum(topics.values()), _TOPIC_STEPS, _SCALE_WEIGHT)
    counts = manner(lower, chinese=chinese)
    for name, count in counts.items():
        yield from _on_scale(name, 1000 * count / max(1, len(text)), _MANNER_STEPS, _MANNER_WEIGHT)
    share = (counts["planned"] + 0.5) / (counts["planned"] + counts["found"] + 1)
    yield from _on_scale("share of planned", share, _SHARE_STEPS, _MANNER_WEIGHT)


def manner(lower: str, *, chinese: bool) -> dict[str, int]:
    """How often each manner shows in a text in lower case; ``chinese`` says whether there is a Chinese character in it."""
    often = Counter(_WORD.findall(lower))
    counts = {name: sum(often[word] for word in listed) for name, listed in _WORDS_OF_MANNER.items()}
    for language in (_SIGNS_OF_MANNER, _CHINESE_MANNER) if chinese else (_SIGNS_OF_MANNER,):
        for name, pattern in language.items():
            counts[name] += len(pattern.findall(lower))
    return counts


def _on_scale(name: str, value: float, steps: Sequence[float], weight: float) -> Iterator[tuple[str, float]]:
    """One feature for each step, which tells on what side of it the value lies."""
    for step in steps:
        yield f"{name} {'over' if value > step else 'under'} {step}", weight
