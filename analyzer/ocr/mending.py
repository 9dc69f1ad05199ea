"""Slips that engines make with characters that look alike, put right where only one of them can be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from analyzer.ocr.readings import ReadLine

_HAN = "\u3400-\u9fff"


def _numeral(found: re.Match[str]) -> str:
    """A Roman numeral whose strokes were taken for small letters."""
    return found.group().replace("l", "I").replace("|", "I")


_SURE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern), meant)
    for pattern, meant in (
        (r"(?<![A-Za-z0-9])[Il|/V]{1,7}(?=[ab]?\s*期)|(?<=[Pp]hase )[Il|/V]{1,7}(?=[ab]?\b)", _numeral),
        (r"(?<![A-Za-z])(?:Il|lI|IIl|IlI|lII|lIl|llI)(?![A-Za-z]|\s*[-–‑]?\s*\d)", _numeral),
        (r"(%\s*)C[l1]\b", r"\1CI"),
        (r"(?<![A-Za-z])a(?=\s*[=＝]\s*0?\.0\d)", "α"),
        (r"°\s*(?=℃|°)", ""),
        ("(?<=癫)痛", "痫"),
        ("(?<!骨)骼(?=[前后]上棘|骨|嵴)", "髂"),
        ("千(?=细胞|预|扰|燥|涉)|(?<=若)千", "干"),
        ("(?<![来源各出])自(?=色|蛋白|细胞计)|(?<=[蛋苍])自", "白"),
        ("惠者", "患者"),
        (r"(?<=均数)\s*土|土(?=\s*(?:标准差|SD\b))|(?<=\d)\s*土\s*(?=\d)", "±"),
        (r"(?<=[\d%℃])\s*一\s*(?=\d)", "—"),
        (r"(?<=[\d)）])\s*[xX]\s*(?=10\s*[\^\d⁰¹²³⁴-⁹])", "×"),
        (r"^[·・∙](?!\s*[·・∙.])\s*(?=\S)", "• "),
        (rf"\((?=\s*[{_HAN}])|(?<=[{_HAN}])\(", "（"),
        (rf"\)(?=\s*[{_HAN}])|(?<=[{_HAN}])\)", "）"),
        (r"\((?=[^()（）]*）)", "（"),
        (r"(（[^()（）]*)\)", r"\1）"),
        (rf"(?<=[{_HAN}]),(?=\S)|(?<=\S),(?=[{_HAN}])", "，"),
        (rf"(?<=[{_HAN}]);(?=\S)|(?<=\S);(?=[{_HAN}])", "；"),
        (rf"^(.*[{_HAN}].*);$", r"\1；"),
        (rf"(?<=[{_HAN}]):(?=[{_HAN}\d]|$)", "："),
    )
)
_MOST = 400
"""Characters of a line; what is longer is no line of a page."""
_TICKS = frozenset("VvＶ丁丿")
_RINGS = frozenset("OoＯ")
_CROSSES = frozenset("xX")
_SMALL = 0.6
"""Ems that small letters reach up to at most, and capitals beyond."""
_COMPANY = 3


def mended(text: str) -> str:
    """A line as it must have been meant."""
    text = " ".join(text.split())[:_MOST]
    for pattern, meant in _SURE:
        text = pattern.sub(meant, text)
    return text


def with_signs(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The lines of a page; signs that stand alone, as in the cells of a schedule, are ticks, rings or crosses of their height."""
    alone = [line.text for line in lines if len(line.text) == 1]
    ticks = "√" in alone or "✓" in alone or sum(text in _TICKS for text in alone) >= _COMPANY
    rings = "○" in alone or sum(text in _RINGS for text in alone) >= _COMPANY
    changed = {sign: "√" for sign in _TICKS if ticks} | {sign: "○" for sign in _RINGS if rings}
    size = median(line.size for line in lines) if lines else 0.0
    return [
        replace(line, text="x" if line.bottom - line.top < _SMALL * size else "X")
        if line.text in _CROSSES
        else replace(line, text=changed[line.text])
        if line.text in changed
        else line
        for line in lines
    ]
