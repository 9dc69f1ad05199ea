"""Headings whose letters are set apart for looks: they are one word, or a few."""

from __future__ import annotations

import re
from collections.abc import Callable
from statistics import median

from analyzer.reading.layout import Box

_BLANK = r"[ \u3000\u00a0\t]+"
_MARK = (
    rf"(?:[一二三四五六七八九十]{{1,3}}[、.．]|第[一二三四五六七八九十\d]{{1,3}}[章节篇部]|\d{{1,2}}(?:\.\d{{1,2}})*[.、]?(?={_BLANK})"
    r"|[（(][一二三四五六七八九十\d]{1,2}[）)])"
)
_HAN, _LATIN = r"[\u3400-\u9fff]", r"[A-Za-z&/]"
_SET_APART = re.compile(
    rf"(?:{_MARK}(?:{_BLANK})?)?(?:(?P<han>{_HAN}(?:{_BLANK}{_HAN})+)|(?P<latin>{_LATIN}(?:{_BLANK}{_LATIN}){{4,}}))"
    rf"(?:{_BLANK})?[:：]?\s*"
)
_BLANKS = re.compile(_BLANK)
_ENDINGS = ":： \u3000\r\n"
_UNEVEN = 1.5
"""A gap this many times wider than is usual parts words."""
_WIDEST_HAN, _WIDEST_LATIN = 4.2, 1.3
"""Gaps wider than so many ems part the columns of a table."""


def needless_blanks(text: str, box_of: Callable[[int], Box | None]) -> list[int]:
    """Indexes of the blanks in ``text``, a page's, that stand between the letters of one word. ``box_of`` tells where a character is."""
    needless: list[int] = []
    start = 0
    for line in text.splitlines(keepends=True):
        if line.rstrip(_ENDINGS)[-2:-1].isspace() and (found := _SET_APART.fullmatch(text, start, start + len(line))):
            needless += _between_letters(found, box_of)
        start += len(line)
    return needless


def _between_letters(found: re.Match[str], box_of: Callable[[int], Box | None]) -> list[int]:
    kind, widest = ("han", _WIDEST_HAN) if found["han"] else ("latin", _WIDEST_LATIN)
    blanks = [blank.span() for blank in _BLANKS.finditer(found.string, *found.span(kind))]
    gaps = [_gap(box_of(first - 1), box_of(last)) for first, last in blanks]
    usual = median(gaps)
    within = [gap <= _UNEVEN * usual for gap in gaps]
    if not 0 < usual <= widest or (kind == "han" and not all(within)):
        return []
    return [index for (first, last), inside in zip(blanks, within, strict=True) if inside for index in range(first, last)]


def _gap(before: Box | None, after: Box | None) -> float:
    """How many ems two characters of a line stand apart; nothing where that cannot be told."""
    if before is None or after is None:
        return 0.0
    return (after[0] - before[2]) / max(1.0, before[3] - before[1])
