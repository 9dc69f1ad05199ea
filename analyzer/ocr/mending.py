"""Slips that engines make with characters that look alike, put right where only one of them can be meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.ocr.readings import ReadLine

_HAN = "\u3400-\u9fff"
_SURE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), meant)
    for pattern, meant in (
        ("千(?=细胞|预|扰|燥|涉)|(?<=若)千", "干"),
        ("(?<![来源各出])自(?=色|蛋白|细胞计)|(?<=[蛋苍])自", "白"),
        ("惠者", "患者"),
        (r"(?<=均数)\s*土|土(?=\s*(?:标准差|SD\b))|(?<=\d)\s*土\s*(?=\d)", "±"),
        (r"(?<=[\d%℃])\s*一\s*(?=\d)", "—"),
        (r"(?<=[\d)）])\s*[xX]\s*(?=10\s*[\^\d⁰-⁹])", "×"),
        (r"^[·・∙](?!\s*[·・∙.])\s*(?=\S)", "• "),
        (rf"\((?=[^()（）]*）)|(?<=[{_HAN}])\((?=[^()（）]*\)?$)", "（"),
        (r"(（[^()（）]*)\)", r"\1）"),
        (rf"(?<=[{_HAN}]),(?=[{_HAN}])", "，"),
        (rf"(?<=[{_HAN}]);(?=[{_HAN}]|$)", "；"),
        (rf"(?<=[{_HAN}]):(?=[{_HAN}\d]|$)", "："),
    )
)
_MOST = 400
"""Characters of a line; what is longer is no line of a page."""
_TICKS = frozenset("VvＶ丁丿")
_RINGS = frozenset("OoＯ")
_COMPANY = 3


def mended(text: str) -> str:
    """A line as it must have been meant."""
    text = " ".join(text.split())[:_MOST]
    for pattern, meant in _SURE:
        text = pattern.sub(meant, text)
    return text


def with_signs(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The lines of a page; signs that stand alone, as in the cells of a schedule, are ticks or rings rather than letters."""
    alone = [line.text for line in lines if len(line.text) == 1]
    ticks = "√" in alone or "✓" in alone or sum(text in _TICKS for text in alone) >= _COMPANY
    rings = "○" in alone or sum(text in _RINGS for text in alone) >= _COMPANY
    changed = {sign: "√" for sign in _TICKS if ticks} | {sign: "○" for sign in _RINGS if rings}
    return [replace(line, text=changed[line.text]) if line.text in changed else line for line in lines]
