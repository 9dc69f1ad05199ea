"""Protocols and revisions of them with known changes, for the tests of the comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.document import Document
from analyzer.segmentation import vocabulary_label
from analyzer.text import sentences
from analyzer.training.corpus import SheetLine, load_corpus, protocol_of

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Edit:
    """``old`` -> ``new`` within a sentence or row; without ``new`` the whole of it goes, without ``old`` a sentence comes after ``after``."""

    old: str | None = None
    new: str | None = None
    after: str = ""


@dataclass(frozen=True)
class Pair:
    """A protocol and what was done to it. ``shift`` renumbers all headings, ``moved`` puts a section with this heading last."""

    base: str
    edits: tuple[Edit, ...]
    shift: int = 0
    moved: str = ""


def change(old: str, new: str) -> Edit:
    """Other words within a sentence."""
    return Edit(old, new)


def remove(old: str) -> Edit:
    """A sentence that goes."""
    return Edit(old)


def add(after: str, new: str) -> Edit:
    """A sentence that comes."""
    return Edit(None, new, after)


PAIRS = (
    Pair(
        "knee_zh",
        (
            change("共60例，试验组30例，对照组30例", "共72例，试验组36例，对照组36例"),
            change("本研究计划入组60例，试验组与对照组各30例", "本研究计划入组72例，试验组与对照组各36例"),
            change(
                "样本量的计算依据由统计师另行制定，详见统计分析计划",
                "按两组均数比较计算，α=0.05（双侧），把握度80%，每组需32例，考虑10%脱落，每组36例",
            ),
            change("【请填写保险公司名称及保单号】", "示例财产保险公司，保单号见附件"),
        ),
    ),
    Pair(
        "knee_zh",
        (
            remove("供者母亲已签署捐献知情同意书"),
            add("超时不得注射", "每批制剂留样两支，保存至研究结束后两年。"),
            change("末次注射后随访12个月", "末次注射后随访24个月"),
            change("不低于4分", "不低于5分"),
            remove("缺失数据采用多重填补"),
        ),
        shift=1,
    ),
    Pair(
        "knee_zh",
        (
            change("任一组出现2例以上", "任一组出现1例以上"),
            change("不设独立的数据安全监查委员会", "由三名独立专家组成数据安全监查委员会，每半年审阅一次安全性数据"),
            add("妊娠或哺乳期妇女", "对试验用制剂任一成分过敏者"),
            change("≤0.5 EU/mL", "≤0.25 EU/mL"),
            remove("活动性感染、恶性肿瘤病史"),
            change("24小时内报告", "12小时内报告"),
            change("2026年7月至2027年6月", "2026年9月至2027年8月"),
        ),
        shift=2,
        moved="九、安全性与不良事件",
    ),
    Pair(
        "zh-a01",
        (
            change("标准差为17.5分", "标准差为16.0分"),
            change("自首次给药之日起随访满52周", "自首次给药之日起随访满104周"),
            remove("凝血功能障碍或正在使用抗凝药物"),
            add("补救镇痛药之累计用量", "6. 关节液白细胞介素-6之浓度。"),
            change("不少于24小时之考虑时间", "不少于48小时之考虑时间"),
        ),
    ),
    Pair(
        "zh-a01",
        (
            change("第5代作为终产品", "第4代作为终产品"),
            remove("禁止合并使用其他关节腔注射药物"),
            change("第4周为±3日", "第4周为±5日"),
            add("组内相关系数应当不低于0.85", "未达标准者不得参与评估。"),
        ),
        moved="十九、经费预算",
    ),
    Pair(
        "zh-b02",
        (
            change("34÷0.8≈42", "34÷0.85≈40"),
            change("甲3.0、乙4.5，SD 2.2", "甲3.0、乙4.4，SD 2.1"),
            remove("| 次要③"),
            change("未参与本人手术的主治医师", "未参与本人手术的副主任医师"),
            add("| 软件", "| 数据库 | EDC，双人录入，锁库前核查 |"),
            change("跟踪24月妊娠与活产", "跟踪36月妊娠与活产"),
        ),
    ),
    Pair(
        "fistula_en",
        (
            change("130 participants, 65 per arm", "156 participants, 78 per arm"),
            change("a power of 80%", "a power of 90%"),
            change("needs 58 participants in each arm", "needs 77 participants in each arm"),
            change("65 will be randomised to each arm, 130 in total", "86 will be randomised to each arm, 172 in total"),
            change("TBD", "three independent members who meet every six months"),
            change("to explore the role of stem cells in perianal disease", "to test whether cells raise combined remission at week 24"),
        ),
    ),
    Pair(
        "fistula_en",
        (
            remove("Pregnancy or breast-feeding"),
            add("Malignancy within five years", "Known allergy to bovine proteins"),
            change("within 24 hours of becoming known", "within 48 hours of becoming known"),
            remove("Participants may withdraw at any time"),
        ),
        shift=1,
        moved="9. Safety",
    ),
    Pair(
        "fistula_en",
        (
            change("described in the product dossier", "viability of 80% or more, endotoxin below 2 EU/mL and no growth after 14 days"),
            change("[insert name of ethics committee]", "the ethics committee of Example University Hospital"),
            change("Age 18 to 70 years", "Age 18 to 75 years"),
            remove("Time to clinical remission"),
            add("Controls receive the same volume of saline", "A second injection is not allowed within the trial."),
            change("September 2026", "January 2027"),
            change("read by two blinded central radiologists", "read by one blinded central radiologist"),
            change("by a central web-based system", "by sealed envelopes"),
        ),
        shift=3,
    ),
    Pair(
        "en-a01",
        (
            change("42 evaluable people per arm", "48 evaluable people per arm"),
            change("viability is at least 80%", "viability is at least 70%"),
            remove("Grade 3 or 4 veno-occlusive disease"),
            change("after at least 12 hours", "after at least 24 hours"),
            add("Lay summaries are prepared", "Results are sent to every participant who asks for them."),
        ),
        shift=1,
    ),
    Pair(
        "en-a01",
        (
            change("compensated up to 60 euros", "compensated up to 80 euros"),
            change("on day 28 (± 2), defined", "on day 28 (± 3), defined"),
            remove("A tipping-point analysis"),
            add("Extracorporeal photopheresis started", "Live vaccines are not allowed until day 90."),
        ),
        moved="11.7 Publication",
    ),
    Pair(
        "en-c01",
        (
            change("tapered over four months", "tapered over six months"),
            remove("Missing visits are shown as gaps"),
            change("£2,100", "£2,350"),
            add("Withdrawal of participants", "The reason is asked for but need not be given."),
            change("in 7 or 15 days", "in 7 or 10 days"),
        ),
    ),
)


def original(name: str) -> tuple[dict[str, str], list[SheetLine]]:
    """A protocol of the examples or the corpora, a line for each sentence, row and heading."""
    example = ROOT / "examples" / f"{name}.md"
    language = "zh" if "zh" in name else "en"
    meta = {"id": name, "voice": "", "language": language}
    if example.exists():
        return meta, list(_example_lines(example.read_text("utf-8")))
    (protocol,) = [one for one in load_corpus(ROOT / "corpora" / f"protocols_{language}") if one.id == name]
    return meta, _lines(protocol.document, [(passage.start, passage.end) for passage in protocol.passages])


def _example_lines(source: str) -> Sequence[SheetLine]:
    lines = []
    for line in source.splitlines():
        if heading := re.match(r"(#+) (.*)", line):
            lines.append(SheetLine(heading[2], len(heading[1]), vocabulary_label(heading[2]) or "other"))
        elif line.startswith("|"):
            lines += [] if set(line) <= set("|- ") else [SheetLine(line)]
        elif line and not line.startswith("<!--"):
            text = line.removeprefix("- ")
            lines += [SheetLine(text[start:end]) for start, end in sentences(text, 0, len(text))]
    return lines


def _lines(document: Document, passages: Sequence[tuple[int, int]]) -> list[SheetLine]:
    headings = {section.start: section for section in document.sections}
    spans = sorted([*passages, *((section.start, section.body) for section in document.sections)])
    lines = []
    for start, end in spans:
        text, section = document.text[start:end], headings.get(start)
        if section and end == section.body:
            lines.append(SheetLine(text, section.level, section.canonical))
        else:
            lines.append(SheetLine("| " + text.replace("\t", " | ") + " |" if "\t" in text else text))
    return lines


def revised(lines: Sequence[SheetLine], pair: Pair) -> list[SheetLine]:
    """The lines after the edits; each must apply exactly once."""
    made = list(lines)
    for edit in pair.edits:
        wanted = edit.old or edit.after
        places = [index for index, line in enumerate(made) if wanted in line.text and not line.level]
        assert len(places) == 1, (pair.base, wanted, len(places))
        (at,) = places
        if edit.old is None:
            made.insert(at + 1, SheetLine(edit.new or ""))
        elif edit.new is None:
            del made[at]
        else:
            made[at] = SheetLine(made[at].text.replace(edit.old, edit.new))
    if pair.moved:
        made = _with_section_last(made, pair.moved)
    return [_renumbered(line, pair.shift) for line in made] if pair.shift else made


def _with_section_last(lines: list[SheetLine], heading: str) -> list[SheetLine]:
    start = next(index for index, line in enumerate(lines) if line.level and line.text == heading)
    end = next((index for index in range(start + 1, len(lines)) if lines[index].level), len(lines))
    return lines[:start] + lines[end:] + lines[start:end]


_DIGITS = "一二三四五六七八九十"


def _renumbered(line: SheetLine, shift: int) -> SheetLine:
    """A heading with another number: 3.1 becomes 4.1, 三、 becomes 四、."""
    if not line.level:
        return line
    text = re.sub(r"^\d+", lambda number: str(int(number.group()) + shift), line.text)
    text = re.sub(rf"^([{_DIGITS}])(?=、)", lambda digit: _DIGITS[(_DIGITS.index(digit[1]) + shift) % 10], text)
    return SheetLine(text, line.level, line.canonical)


def documents(pair: Pair) -> tuple[Document, Document]:
    """The original and its revision."""
    meta, lines = original(pair.base)
    return protocol_of(meta, lines).document, protocol_of(meta, revised(lines, pair)).document
