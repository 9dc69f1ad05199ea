"""Automatic numbers of Word paragraphs, as Word shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from analyzer.reading.word_parts import W, number_of, value_of

_LEVELS = 9
_BLANK = re.compile(r"%([1-9])")
_LETTERS = re.compile(r"[0-9A-Za-z\u3400-\u9fff]")
_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
    *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list is numbered; ``restart`` is the level (from 1) whose numbers start it anew, None for any above it."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    suffix: str = "tab"
    restart: int | None = None
    legal: bool = False
    hidden: bool = False
    style: str | None = None


@dataclass(slots=True)
class _List:
    """A ``w:num``: the levels it shows, the counters it shares with all lists of its kind, and the levels that it starts anew."""

    levels: list[Level]
    counters: list[int | None]
    anew: dict[int, int] = field(default_factory=dict)


class Numbers:
    """The lists of a file; counts as it is asked for labels in the order of the paragraphs."""

    def __init__(self, root: Any, list_of_style: Callable[[str], str | None]) -> None:
        """``root`` is ``numbering.xml``, or None; ``list_of_style`` tells the list id of a numbering style."""
        self._lists: dict[str, _List] = {}
        if root is None:
            return
        kinds = {kind.get(f"{W}abstractNumId"): kind for kind in root.iterfind(f"{W}abstractNum")}
        of_list = {number.get(f"{W}numId"): value_of(number, "abstractNumId") for number in root.iterfind(f"{W}num")}
        counters: dict[str | None, list[int | None]] = {}
        for number in root.iterfind(f"{W}num"):
            kind = value_of(number, "abstractNumId")
            link = value_of(kinds[kind], "numStyleLink") if kind in kinds else None
            if link is not None:
                kind = of_list.get(list_of_style(link) or "", kind)
            if kind in kinds:
                shared = counters.setdefault(kind, [None] * _LEVELS)
                self._lists[str(number.get(f"{W}numId"))] = _overridden(number, _levels(kinds[kind]), shared)

    def level_of_style(self, number: str, style: str) -> int | None:
        """The level of a list that belongs to a paragraph style, counted from 0."""
        known = self._lists.get(number)
        return next((index for index, level in enumerate(known.levels) if level.style == style), None) if known else None

    def label(self, number: str, index: int) -> tuple[str, str]:
        """Count one more paragraph at level ``index`` (from 0) of a list: its label and what Word puts after it."""
        known = self._lists.get(number)
        if known is None or not 0 <= index < _LEVELS:
            return "", ""
        level, counters = known.levels[index], known.counters
        for higher in range(index):
            if counters[higher] is None:
                counters[higher] = known.levels[higher].start
        before = counters[index]
        counters[index] = known.anew.pop(index) if index in known.anew else level.start if before is None else before + 1
        for deeper in range(index + 1, _LEVELS):
            restart = known.levels[deeper].restart
            if restart is None or index < restart:
                counters[deeper] = None
        text = "" if level.hidden else self._written(known, index)
        return text, {"space": " ", "nothing": ""}.get(level.suffix, "\t") if text else ""

    def _written(self, known: _List, index: int) -> str:
        level = known.levels[index]
        if level.form == "bullet":
            return level.text if _LETTERS.search(level.text) and level.text != "o" else "•" if _is_drawn(level.text) else level.text
        if level.form == "none":
            return _BLANK.sub("", level.text)

        def number(blank: re.Match[str]) -> str:
            other = int(blank[1]) - 1
            shown = known.levels[other]
            value = known.counters[other]
            return written(shown.start if value is None else value, "decimal" if level.legal else shown.form)

        return _BLANK.sub(number, level.text)


def _is_drawn(text: str) -> bool:
    """Whether a bullet comes from a font of pictures."""
    return text == "o" or any("\ue000" <= character <= "\uf8ff" for character in text)


def _levels(kind: Any) -> list[Level]:
    levels = [Level() for _ in range(_LEVELS)]
    for element in kind.iterfind(f"{W}lvl"):
        index = _index(element)
        if index is not None:
            levels[index] = _level(element)
    return levels


def _index(element: Any) -> int | None:
    index = element.get(f"{W}ilvl", "")
    return int(index) if index.isdecimal() and int(index) < _LEVELS else None


def _level(element: Any) -> Level:
    restart = number_of(element, "lvlRestart")
    form = value_of(element, "numFmt") or "decimal"
    picture = element.find(f"{W}lvlPicBulletId") is not None
    properties = element.find(f"{W}rPr")
    return Level(
        start=number_of(element, "start") or 0,
        form=form,
        text="\uf0b7" if picture else value_of(element, "lvlText") or "",
        suffix=value_of(element, "suff") or "tab",
        restart=restart,
        legal=element.find(f"{W}isLgl") is not None,
        hidden=properties is not None and properties.find(f"{W}vanish") is not None,
        style=value_of(element, "pStyle"),
    )


def _overridden(number: Any, levels: list[Level], counters: list[int | None]) -> _List:
    """The list of a ``w:num``: its kind with what it has changed."""
    made = _List(levels, counters)
    for override in number.iterfind(f"{W}lvlOverride"):
        index = _index(override)
        if index is None:
            continue
        other = override.find(f"{W}lvl")
        if other is not None:
            made.levels[index] = _level(other)
        start = number_of(override, "startOverride")
        if start is not None:
            made.levels[index] = replace(made.levels[index], start=start)
            made.anew[index] = start
    return made


def written(value: int, form: str) -> str:
    """A number in one of Word's forms; one that is not known, or has no sign for the number, is written in digits."""
    writer = _FORMS.get(form)
    text = writer(value) if writer and 0 <= value <= _LARGEST else ""
    return text or str(value)


_LARGEST = 9999


def _roman(value: int) -> str:
    pieces = []
    for worth, sign in _ROMAN:
        count, value = divmod(value, worth)
        pieces.append(sign * count)
    return "".join(pieces)


def _letter(value: int) -> str:
    """A, B … Z, AA, BB …"""
    return chr(65 + (value - 1) % 26) * (1 + (value - 1) // 26) if 0 < value <= 26 * 10 else ""


def _chinese(value: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """A number below ten thousand in words: 十二, 一百零五."""
    if value == 0:
        return digits[0]
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = value // 10**power % 10
        if not digit:
            gap = bool(text)
            continue
        text += "零" * gap + digits[digit] + (units[power - 1] if power else "")
        gap = False
    leading = digits[1] + units[0]
    return text.removeprefix(digits[1]) if text.startswith(leading) and digits is _DIGITS else text


def _chinese_counting(value: int) -> str:
    return _chinese(value) if value < 100 else "".join(_DIGITS[int(digit)] for digit in str(value))


def _digit_by_digit(value: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(value))


def _from(signs: str) -> Callable[[int], str]:
    return lambda value: signs[value - 1] if 0 < value <= len(signs) else ""


def _signs(first: int, count: int) -> Callable[[int], str]:
    return _from("".join(map(chr, range(first, first + count))))


def _in_words(value: int) -> str:
    if value < 20:
        return _ONES[value].capitalize()
    if value < 100:
        tens, ones = divmod(value, 10)
        return (_TENS[tens] + (f"-{_ONES[ones]}" if ones else "")).capitalize()
    return ""


def _ordinal_words(value: int) -> str:
    words = _in_words(value)
    if not words or not value:
        return ""
    head, dash, last = words.rpartition("-")
    low = last.lower()
    low = _ORDINALS.get(low) or (f"{low[:-1]}ieth" if low.endswith("y") else f"{low}th")
    return (head + dash + low).capitalize()


def _ordinal(value: int) -> str:
    teen = 10 < value % 100 < 14
    return f"{value}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


_FORMS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda value: f"{value:02}",
    "upperRoman": _roman,
    "lowerRoman": lambda value: _roman(value).lower(),
    "upperLetter": _letter,
    "lowerLetter": lambda value: _letter(value).lower(),
    "ordinal": _ordinal,
    "cardinalText": _in_words,
    "ordinalText": _ordinal_words,
    "numberInDash": lambda value: f"- {value} -",
    "chineseCounting": _chinese_counting,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese_counting,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "chineseLegalSimplified": lambda value: _chinese(value, _LEGAL_DIGITS, "拾佰仟"),
    "ideographDigital": _digit_by_digit,
    "japaneseDigitalTenThousand": _digit_by_digit,
    "taiwaneseDigital": _digit_by_digit,
    "ideographTraditional": _from(_STEMS),
    "ideographZodiac": _from(_BRANCHES),
    "ideographEnclosedCircle": _signs(0x3280, 10),
    "decimalEnclosedCircle": _signs(0x2460, 20),
    "decimalEnclosedCircleChinese": _signs(0x2460, 20),
    "decimalEnclosedParen": _signs(0x2474, 20),
    "decimalEnclosedFullstop": _signs(0x2488, 20),
    "decimalFullWidth": lambda value: str(value).translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    "decimalFullWidth2": lambda value: str(value).translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    "hex": lambda value: f"{value:X}",
}
