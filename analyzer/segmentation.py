"""Document -> sections and passages: numbering, font, heading vocabulary, form tables, table of contents.

A paragraph becomes a heading when enough speaks for it (see ``_weight``); what a heading is *about* (its canonical label)
is decided by a ``Labeller``: the vocabulary of ``packs/common/headings.yaml`` first, the trained heading model otherwise.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from string import whitespace
from typing import Any

from analyzer.document import Document, Line, Passage, Section
from analyzer.remembered import yaml_content
from analyzer.resources import PACKAGE
from analyzer.text import HAN, sentences

Labeller = Callable[[str, str, str], str]
"""(heading without its number, label of the heading above it, label of the heading before it) -> canonical label."""

_ZH_DIGITS = "一二三四五六七八九十百〇"
_NUMBERINGS: tuple[tuple[str, float, str], ...] = (
    (
        "appendix",
        2.0,
        r"(?:附\s*(?:录|件|页|表)\s*[\dA-Z一二三四五六七八九十]{0,3}|(?:Appendix|APPENDIX|Annex|ANNEX)(?:\s+[\dA-ZIVX]{1,4})?(?![a-z]))\s*[:：.、\-–—]?\s*",
    ),
    ("chapter", 2.0, rf"第\s*[{_ZH_DIGITS}\d]+\s*[章篇编]\s*[、.:：]?\s*"),
    ("part", 2.0, rf"第\s*[{_ZH_DIGITS}\d]+\s*部分\s*[、.:：]?\s*"),
    ("node", 2.0, rf"第\s*[{_ZH_DIGITS}\d]+\s*[节条]\s*[、.:：]?\s*"),
    ("form", 2.0, rf"(?:表|项目|Form|FORM)\s*[{_ZH_DIGITS}\d]+\s*[:：.、]?\s+"),
    ("section", 2.0, r"(?:Section|SECTION|Chapter|CHAPTER|Part|PART|Article|ARTICLE|Item|ITEM)\s+[\dIVX]+(?:\.\d+)*\s*[:.\-–—]?\s*"),
    ("dun", 2.0, rf"[{_ZH_DIGITS}]{{1,3}}\s*[、.．]\s*"),
    ("paren_zh", 1.0, rf"[（(]\s*[{_ZH_DIGITS}]{{1,3}}\s*[)）]\s*"),
    ("decimal", 1.7, r"(?!0\.)(?:[1-9]\d?(?:[.．]\d{1,2}){1,4})[.．、]?(?=[\s A-Z\u4e00-\u9fff])\s*"),
    ("letter_decimal", 1.7, r"(?:[A-Z](?:\.\d{1,2}){1,3})[.、]?\s+"),
    ("roman_letter", 1.7, r"[IVX]{1,5}\.[a-z](?:\.\d+)?\.?\s+"),
    ("roman_sign", 1.5, r"[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]{1,3}\s*[、.．:：)]?\s*(?!期|度|级|型)"),
    ("roman", 1.5, r"(?=[IVX])[IVX]{1,5}\s*[.、):]\s+"),
    ("arabic_letter", 1.2, r"\d{1,2}[A-Z]\s*[.、]?\s+"),
    ("arabic", 1.0, r"\d{1,2}(?:\s*[.．、]\s*|\s+)(?!\d|%|mg|mL|ml|kg|cm|mm|例|名|人|次|天|日|周|月|年|个|小时|μ)"),
    ("letter", 0.8, r"[A-Z][.、)]\s+"),
    ("paren", 0.3, r"[（(]\s*\d{1,2}\s*[)）]\s*|\d{1,2}\s*[)）]\s*"),
    ("circled", 0.0, r"[①-⑳]\s*"),
)
_NUMBERING = re.compile("|".join(f"(?P<{name}>{pattern})" for name, _, pattern in _NUMBERINGS))
_WEIGHTS = {name: weight for name, weight, _ in _NUMBERINGS}
_DEPTH = re.compile(r"[.．](?=\d)")
_DEEP = frozenset({"decimal", "letter_decimal"})
_DOTS = ".．…·。"
_LEADERS = re.compile(rf"(?:[{_DOTS}]\s?){{3,}}\s*\d*\s*$|(?:\s{{2,}}|\t)\d{{1,3}}\s*$|…+\s*\d{{1,3}}\s*$")
_PAGE_AT_END = re.compile(r"[\s.．…·]+\d{1,3}$")
_BRACKETS = "【】[]《》 :：.。—-–·*"
_HEADING_WEIGHT = 2.5
_SAID_TO_BE_ONE = 5.0
"""Weight of what the file itself calls a heading; a whole sentence set as one is none all the same."""
_LONGEST_ZH, _LONGEST_EN = 45, 110
_LONGEST_KNOWN = 200
"""No heading of the vocabulary is so long, whatever blanks and marks are put into it."""
_LEADERS_WITHIN = 60
"""Leaders and page number are looked for in so many characters at the end of a line."""
_FORM_LABEL_ZH, _FORM_LABEL_EN, _FORM_CONTENT = 30, 60, 30


@dataclass(frozen=True)
class _Paragraph:
    """A line of ``Document.text`` with the look of its first visual line."""

    start: int
    end: int
    text: str
    line: Line

    @property
    def look(self) -> tuple[float, bool]:
        return round(self.line.size * 2) / 2, self.line.bold

    @cached_property
    def number(self) -> tuple[str, float, int]:
        """Its ``numbering``."""
        return numbering(self.text)

    @cached_property
    def title(self) -> str:
        """Its ``title_of``."""
        return self.text[self.number[2] :].strip(_BRACKETS) or self.text.strip(_BRACKETS)

    @cached_property
    def name(self) -> str:
        """Its title as titles are compared."""
        return _squeezed(self.title)

    @cached_property
    def known(self) -> str | None:
        """Its ``vocabulary_label``."""
        return vocabulary().get(self.name) if len(self.text) <= _LONGEST_KNOWN else None


def numbering(text: str) -> tuple[str, float, int]:
    """Style, weight and length of the number a heading begins with; ``("", 0.0, 0)`` for none.

    Decimal styles carry their depth: ``decimal3`` for 1.2.3.
    """
    found = _NUMBERING.match(text)
    if found is None or found.lastgroup is None:
        return "", 0.0, 0
    style = found.lastgroup
    depth = str(len(_DEPTH.findall(found[0])) + 1) if style in _DEEP else ""
    return style + depth, _WEIGHTS[style], found.end()


def title_of(heading: str) -> str:
    """A heading without its number and ornaments."""
    return heading[numbering(heading)[2] :].strip(_BRACKETS) or heading.strip(_BRACKETS)


@cache
def vocabulary() -> dict[str, str]:
    """Squeezed heading words -> canonical label."""
    labels = yaml_content(PACKAGE / "packs" / "common" / "headings.yaml")
    return {_squeezed(word): label for label, languages in labels.items() for words in languages.values() for word in words}


_MARKS = ":：.。、,，/（）()&"
_BLANKS_AND_MARKS = re.compile(rf"[\s{_MARKS}]+")


def _squeezed(text: str) -> str:
    """A title without blanks and marks, in lower case."""
    return _BLANKS_AND_MARKS.sub("", text).lower()


def _last_letter(text: str) -> str:
    """The last character of the ``_squeezed`` title of a text that is not all number."""
    return text.rstrip(_BRACKETS).rstrip(_MARKS + whitespace)[-1:].lower()


def vocabulary_label(heading: str) -> str | None:
    """The canonical label of a heading that the vocabulary knows word for word, else None."""
    return vocabulary().get(_squeezed(title_of(heading))) if len(heading) <= _LONGEST_KNOWN else None


def segment(document: Document, label: Labeller) -> list[Section]:
    """Find the sections of a document, in reading order; they cover the text from the first heading to the end."""
    paragraphs = _paragraphs(document)
    body_size = _body_size(document.lines)
    toc = _contents_lines(paragraphs)
    weights = _weights(paragraphs, toc, body_size)
    chosen = [index for index, weight in enumerate(weights) if weight >= _HEADING_WEIGHT]
    chosen = _without_reference_items(paragraphs, chosen)
    title = _title_index(paragraphs, body_size)
    chosen = _without_cover_lines(paragraphs, chosen, title)
    inner = _form_labels(document) + _run_in_labels(paragraphs, {*chosen, *toc})
    headings = sorted(
        [(paragraphs[index], False) for index in chosen] + [(label_, True) for label_ in inner], key=lambda pair: pair[0].start
    )
    return _sections(document, headings, title is not None, label)


def _paragraphs(document: Document) -> list[_Paragraph]:
    found = []
    start = 0
    lines = document.lines
    cursor = 0
    for piece in document.text.split("\n"):
        end = start + len(piece)
        text = piece.strip()
        if text and lines:
            while cursor + 1 < len(lines) and lines[cursor + 1].start <= start:
                cursor += 1
            found.append(_Paragraph(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()), text, lines[cursor]))
        start = end + 1
    return found


def _body_size(lines: Sequence[Line]) -> float:
    """The font size most of the text is set in."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += line.end - line.start
    rounded: Counter[float] = Counter()
    for size, characters in sizes.items():
        rounded[round(size * 2) / 2] += characters
    return rounded.most_common(1)[0][0] if rounded else 10.0


def _contents_lines(paragraphs: Sequence[_Paragraph]) -> set[int]:
    """Indexes of the paragraphs that are lines of a table of contents."""
    with_leader = [_has_leader(paragraph.text) for paragraph in paragraphs]
    found: set[int] = set()
    for index, leader in enumerate(with_leader):
        if leader and any(with_leader[max(0, index - 2) : index] + with_leader[index + 1 : index + 3]):
            found.add(index)
    ending = defaultdict[str, list[int]](list)
    for index, paragraph in enumerate(paragraphs):
        ending[_last_letter(paragraph.text)].append(index)
    called_contents = {name[-1] for name, label in vocabulary().items() if label == "toc"}
    titles = sorted(
        index
        for letter in called_contents
        for index in ending.get(letter, ())
        if paragraphs[index].line.cell is None and paragraphs[index].known == "toc"
    )

    def stands_later(name: str, after: int) -> bool:
        like_it = ending.get(name[-1], ()) if name else range(len(paragraphs))
        return any(index > after and paragraphs[index].name == name for index in like_it)

    for index in titles:
        misses = 0
        for following in range(index + 1, len(paragraphs)):
            text = paragraphs[following].text
            if (
                with_leader[following]
                or _PAGE_AT_END.search(text)
                and len(text) < 120
                or stands_later(_squeezed(title_of(_PAGE_AT_END.sub("", _LEADERS.sub("", text)))), following)
            ):
                found.add(following)
                misses = 0
            else:
                misses += 1
                if misses > 1:
                    break
    return found


def _has_leader(text: str) -> bool:
    """Whether a line ends with dots or a gap, and a page number."""
    if text[-1].isdecimal() or text[-1] in _DOTS and (text[-2:-1] in _DOTS or text[-2:-1].isspace()):
        return _LEADERS.search(text[-_LEADERS_WITHIN:]) is not None
    return False


def _weights(paragraphs: Sequence[_Paragraph], toc: set[int], body_size: float) -> list[float]:
    plain = [_weight(paragraph, body_size) if index not in toc else -9.0 for index, paragraph in enumerate(paragraphs)]
    numbered_and_set_off = sum(
        1
        for paragraph, weight in zip(paragraphs, plain, strict=True)
        if weight >= _HEADING_WEIGHT and _set_off(paragraph, body_size) and paragraph.number[0]
    )
    weights = []
    for index, (paragraph, weight) in enumerate(zip(paragraphs, plain, strict=True)):
        if weight > 0:
            if numbered_and_set_off >= 4 and not _set_off(paragraph, body_size):
                weight -= 1.5
            if _in_a_list(paragraphs, plain, index):
                weight -= 1.2
            elif _above_plain_text(paragraphs, index, body_size):
                weight += 1.0
        weights.append(weight)
    return weights


def _set_off(paragraph: _Paragraph, body_size: float) -> bool:
    return paragraph.line.bold or paragraph.line.size >= body_size * 1.07


_COLON_WITHIN = re.compile(r"[:：]\s*\S")
_PAUSE = re.compile("[，,；;]")
_BRACKETED = re.compile(r"[【\[].{2,20}[】\]]")


def _weight(paragraph: _Paragraph, body_size: float) -> float:
    """How much speaks for a paragraph being a heading; negative when it cannot be one."""
    text = paragraph.text
    if paragraph.line.cell is not None or "\t" in text:
        return -9.0
    if _CAPTION.match(text):
        return -9.0
    style, weight, length = paragraph.number
    title = text[length:].strip()
    chinese = not title.isascii() and HAN.search(title) is not None
    if not title or len(title) > (_LONGEST_ZH if chinese else _LONGEST_EN) and paragraph.line.size < body_size * 1.2:
        return -9.0
    if title[-1] in "。；;，,、" or "。" in title[:-1] or (title[-1] == "." and (chinese or not style or len(title.split()) > 8)):
        return -9.0
    letters = sum(map(str.isalpha, title))
    if letters < 2 or letters < len(title) * 0.45:
        return -9.0
    if not chinese and title[0].islower() and not style:
        return -9.0
    ratio = paragraph.line.size / body_size
    weight += 2.0 if ratio >= 1.15 else 1.0 if ratio >= 1.05 else -1.0 if ratio < 0.9 else 0.0
    if paragraph.line.outline:
        weight += _SAID_TO_BE_ONE
    if paragraph.line.bold:
        weight += 1.6
    if vocabulary_label(title):
        weight += 2.0
    elif _has_heading_word(title):
        weight += 0.8
    if not chinese and title.isupper() and letters >= 4:
        weight += 1.0
    if title[-1] in ":：" and len(title) <= 40:
        weight += 0.5
    elif not style and _COLON_WITHIN.search(title):
        weight -= 1.0
    if _PAUSE.search(title):
        weight -= 0.5
    if title[0] in "【[" and _BRACKETED.fullmatch(title):
        weight += 1.2
    return weight


@cache
def _heading_words() -> Any:
    """An automaton that finds the words of the vocabulary, very short ones left out."""
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for word in vocabulary():
        if len(word) >= (2 if HAN.search(word) else 5):
            automaton.add_word(word, len(word))
    automaton.make_automaton()
    return automaton


def _has_heading_word(title: str) -> bool:
    """Whether the first word of the vocabulary in a title, the longest that begins there, makes up a third of it."""
    squeezed = _squeezed(title)
    found = [(last - length, length) for last, length in _heading_words().iter(squeezed)]
    first = min(found, default=(0, 0))[0]
    return max((length for start, length in found if start == first), default=0) >= max(1.0, 0.35 * len(squeezed))


def _in_a_list(paragraphs: Sequence[_Paragraph], weights: Sequence[float], index: int) -> bool:
    """Whether both neighbours look the same and carry the same kind of number: items, not headings."""
    here = paragraphs[index]
    style = here.number[0]
    alike = 0
    for near in (index - 1, index + 1):
        if 0 <= near < len(paragraphs) and paragraphs[near].look == here.look and paragraphs[near].line.cell is None:
            alike += paragraphs[near].number[0] == style and (bool(style) or weights[near] > 0)
    return alike == 2 or (alike == 1 and not here.line.bold and style in {"arabic", "letter", "paren", "circled"})


def _above_plain_text(paragraphs: Sequence[_Paragraph], index: int, body_size: float) -> bool:
    """Whether a set-off line stands directly above text that is not set off."""
    if index + 1 >= len(paragraphs) or not _set_off(paragraphs[index], body_size):
        return False
    following = paragraphs[index + 1]
    return following.line.cell is None and not _set_off(following, body_size) and len(following.text) > 30


def _without_reference_items(paragraphs: Sequence[_Paragraph], chosen: Sequence[int]) -> list[int]:
    """Drop entries of the reference list; a heading after it is set like the heading of the list, or is an appendix."""
    kept: list[int] = []
    references: _Paragraph | None = None
    for index in chosen:
        paragraph = paragraphs[index]
        if references is not None:
            style = paragraph.number[0]
            like_it = paragraph.look == references.look and style == references.number[0]
            if not like_it and style != "appendix" and not paragraph.line.bold:
                continue
        if paragraph.known == "references":
            references = paragraph
        elif references is not None and paragraph.look == references.look:
            references = None
        kept.append(index)
    return kept


def _without_cover_lines(paragraphs: Sequence[_Paragraph], chosen: Sequence[int], title: int | None) -> list[int]:
    """The title stays; other large lines of the cover (institution, names, dates) are not headings."""
    cover = paragraphs[0].line.page if paragraphs else 1
    kept = [] if title is None else [title]
    for index in chosen:
        paragraph = paragraphs[index]
        begun = len(kept) > (title is not None) or paragraph.line.page != cover
        opens = paragraph.number[1] >= 0.8 or paragraph.known is not None or paragraph.line.outline > 0
        if (begun or opens) and (title is None or index > title):
            kept.append(index)
    return kept


_TITLE_WORD = re.compile(r"研究|试验|方案|计划|\b(?:study|trial|protocol|evaluation|effect|research|plan|cells?)\b", re.IGNORECASE)


def _title_index(paragraphs: Sequence[_Paragraph], body_size: float) -> int | None:
    """The protocol's title: the largest paragraph of the first page, when it is plainly larger than the body."""
    first_page = [
        index
        for index, paragraph in enumerate(paragraphs[:12])
        if paragraph.line.page == paragraphs[0].line.page and paragraph.line.cell is None
    ]
    if not first_page:
        return None
    largest = max(first_page, key=lambda index: (bool(_TITLE_WORD.search(paragraphs[index].text)), paragraphs[index].line.size, -index))
    paragraph = paragraphs[largest]
    known = paragraph.known
    if paragraph.line.size < body_size * 1.25 or len(paragraph.text) < 8 or paragraph.number[1] >= 1.7 or (known and known != "title_page"):
        return None
    return largest


def _form_labels(document: Document) -> list[_Paragraph]:
    """Left cells of form rows (a short label, a long content) and lone cells that name a section."""
    found = []
    for table in document.tables:
        for row in table.rows:
            cells = [(line, line.cell[2]) for line in (document.lines[index] for index in row) if line.cell is not None]
            if not cells:
                continue
            first, column = cells[0]
            text = document.text[first.start : first.end].strip()
            limit = _FORM_LABEL_ZH if HAN.search(text) else _FORM_LABEL_EN
            if not text or len(text) > limit or "。" in text:
                continue
            columns = {other for _, other in cells}
            content = sum(line.end - line.start for line, other in cells if other != column)
            form_row = len(columns) == 2 and column == 0 and content >= _FORM_CONTENT
            lone = len(columns) == 1 and (vocabulary_label(text) is not None or numbering(text)[1] >= 2)
            if form_row or lone:
                found.append(_Paragraph(first.start, first.end, text, first))
    return found


_CAPTION = re.compile(r"(?:Figure|Fig\.|Table|Scheme)\s*\d|图\s*[\d一二三四五六七八九十]")
_RUN_IN = re.compile(r"(?P<label>[^:：。.;；\t]{2,45})\s*[:：]\s*\S")


def _run_in_labels(paragraphs: Sequence[_Paragraph], taken: set[int]) -> list[_Paragraph]:
    """Headings that run into their text ("Sample size: With 80 % power …"); only words the vocabulary knows."""
    found = []
    for index, paragraph in enumerate(paragraphs):
        if index in taken or paragraph.line.cell is not None or "\t" in paragraph.text:
            continue
        run_in = _RUN_IN.match(paragraph.text)
        if run_in and len(paragraph.text) > run_in.end() + 20 and vocabulary_label(run_in["label"]):
            end = paragraph.start + run_in.end() - 1
            found.append(replace(paragraph, end=end, text=paragraph.text[: run_in.end() - 1].strip()))
    return found


def _sections(document: Document, headings: Sequence[tuple[_Paragraph, bool]], titled: bool, label: Labeller) -> list[Section]:
    sections: list[Section] = []
    stack: list[tuple[str, float, Section]] = []
    previous = "title_page"
    numbered = sum(paragraph.number[1] >= 1 for paragraph, form in headings if not form) >= 6
    for position, (paragraph, form) in enumerate(headings):
        if titled and position == 0 and not form:
            section = Section(paragraph.text, 1, "title_page", paragraph.start, paragraph.end, paragraph.end)
            sections.append(section)
            continue
        style = paragraph.number[0] or "plain"
        rank = f"outline{paragraph.line.outline}" if paragraph.line.outline else style
        size = round(paragraph.line.size * 2) / 2 + (0.25 if paragraph.line.bold else 0.0)
        if form:
            while stack and stack[-1][0] == "form_label":
                stack.pop()
            style = rank = "form_label"
        else:
            _pop_to(stack, rank, size)
        level = (3 if form else 1 + titled) + len(stack)
        if style == "plain" and numbered:
            level = max(3, level)
        above = stack[-1][2].canonical if stack else "none"
        canonical = _canonical(paragraph, style, above, previous, label)
        path = tuple(entry[2].canonical for entry in stack)
        section = Section(paragraph.text, level, canonical, paragraph.start, paragraph.end, paragraph.end, path)
        stack.append((rank, size, section))
        sections.append(section)
        previous = canonical
    ends = [section.start for section in sections[1:]] + [len(document.text)] if sections else []
    return [replace(section, end=end) for section, end in zip(sections, ends, strict=True)]


def _canonical(heading: _Paragraph, style: str, above: str, previous: str, label: Labeller) -> str:
    """What a heading is about. Its place decides before the labeller: an appendix is one whatever it holds, and what stands
    under the statistics tells how something is analysed, not what it is."""
    found = heading.known or label(heading.title, above, previous)
    if style == "appendix":
        return found if found in _EVEN_IN_APPENDIX else "appendix"
    if heading.known is None and above == "statistics" and found in _ANALYSED:
        return "statistics"
    return found


_EVEN_IN_APPENDIX = {"abbreviations", "references", "consent"}
_ANALYSED = {"population", "outcomes", "safety", "intervention", "quality_control", "follow_up", "title_page"}


def _pop_to(stack: list[tuple[str, float, Section]], style: str, size: float) -> None:
    """Unwind to the parent of a heading: one of its own kind ends the last of that kind, a larger one ends all smaller ones."""
    while stack and stack[-1][0] == "form_label":
        stack.pop()
    for depth, (known_style, known_size, _) in enumerate(stack):
        if known_style == style and (style != "plain" or abs(known_size - size) < 0.6):
            del stack[depth:]
            return
    while stack and (size > stack[-1][1] + 0.6 or _outranks(style, stack[-1][0])):
        stack.pop()


_RANKS = {"appendix": 0, "chapter": 0, "part": 0, "section": 0, "form": 0, "dun": 1, "node": 1}


def _outranks(style: str, other: str) -> bool:
    """Whether a numbering style always stands above another (1.1 above 1.1.1, a chapter above all)."""
    if style[-1].isdigit() and other[-1].isdigit() and style[:-1] == other[:-1]:
        return style[-1] <= other[-1]
    return _RANKS.get(style, 9) < _RANKS.get(other, 9) or style == "appendix"


def passages(document: Document) -> list[Passage]:
    """Sentences, list items and table rows of the body, headings left out, in reading order."""
    found: list[Passage] = []
    bounds = [(0, document.sections[0].start, -1)] if document.sections else [(0, len(document.text), -1)]
    bounds += [(section.body, section.end, index) for index, section in enumerate(document.sections)]
    text = document.text
    for start, end, index in bounds:
        position = start
        while position < end:
            stop = text.find("\n", position, end)
            stop = end if stop < 0 else stop
            if "\t" in text[position:stop].strip():
                begin = position + len(text[position:stop]) - len(text[position:stop].lstrip())
                found.append(Passage(begin, stop, index, "row"))
            else:
                found.extend(Passage(first, last, index) for first, last in sentences(text, position, stop))
            position = stop + 1
    return found
