"""The first page of the marked PDF: the verdicts at a glance and what to ask for, on one sheet of A4."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import escape
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle
from reportlab.platypus.frames import Frame

from analyzer.reports.terminal import clean
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from analyzer.findings import ElementFinding, Report

_LATIN = "Helvetica"
INK = {"adequate": "#17663a", "partial": "#8a4b00", "missing": "#b01c14", "not_applicable": "#555d66", "contradiction": "#6a2c91"}
PALE = {"adequate": "#c9ecd4", "partial": "#fddca8", "missing": "#fbc4bf", "not_applicable": "#eef0f2", "contradiction": "#e2cdf2"}
_TRIAGE = {"ready": "adequate", "revise": "partial", "return": "missing"}
_SIGNS = {"adequate": ("ZapfDingbats", "✓"), "partial": (_LATIN, "!"), "missing": ("ZapfDingbats", "✗"), "not_applicable": (_LATIN, "–")}
"""Fonts and signs that every viewer has."""
_VERDICTS = ("missing", "partial", "adequate", "not_applicable")
_DOMAINS = ("R", "S", "C", "P", "Q")
_SEVERITIES = ("critical", "major", "minor")
_MARGIN = 42.0
_WIDE, _TALL = (float(side - 2 * _MARGIN) for side in A4)
_TRIALS = [(size, essential_only) for essential_only in (False, True) for size in (10.5, 9.0, 7.5)]
"""Sizes of type in points, and whether advice is given for essential criteria only; the first that fits is taken.

If none does, what the last has room for is shown.
"""
_UNEMBEDDED = "STSong-Light"
_CHINESE_FONTS = ("msyh.ttc", "simsun.ttc", "simhei.ttf", "Songti.ttc", "STHeiti Light.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc")
"""TrueType fonts of Windows, macOS and Linux, in order of preference."""
_NOT_LATIN = re.compile(r"[^\x20-\x7e\xa1-\xff‘’“”–—…]+")


def cover(report: Report, language: str, name: str) -> bytes:
    """A PDF of one page about ``report``; ``name`` is that of the protocol's file."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=A4, pageCompression=1, invariant=1)
    canvas.setTitle(say(language, "marked_summary"))
    for size, essential_only in _TRIALS:
        sheet = _Sheet(report, language, name, size, essential_only)
        if sheet.fits():
            break
    story = list(sheet.story())
    frame = Frame(_MARGIN, _MARGIN, _WIDE, _TALL, 0, 0, 0, 0)
    while story and frame.add(story[0], canvas):
        del story[0]
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _height(flowable: Flowable) -> float:
    height: float = flowable.wrap(_WIDE, _TALL)[1]
    return height + float(flowable.getSpaceBefore()) + float(flowable.getSpaceAfter())


class _Sheet:
    """What stands on the page in one size of type; of what to ask for as much as there is room."""

    def __init__(self, report: Report, language: str, name: str, size: float, essential_only: bool) -> None:
        self.report, self.language, self.name, self.size = report, language, name, size
        self.complete = not essential_only
        self.head = list(self._head())
        self.asked = [list(self._asked(element, essential_only)) for element in self._wanting()]
        self.tail = list(self._tail())

    def fits(self) -> bool:
        """Whether the page holds everything."""
        return sum(map(_height, chain(self.head, *self.asked, self._shortened(), self.tail))) <= _TALL

    def story(self) -> Iterator[Flowable]:
        """What the page holds."""
        yield from self.head
        if self.fits():
            yield from chain(*self.asked, self._shortened())
        else:
            self.complete = False
            room = _TALL - sum(map(_height, chain(self.head, self._shortened(), self.tail)))
            for block in self.asked:
                room -= sum(map(_height, block))
                if room < 0:
                    break
                yield from block
            yield from self._shortened()
        yield from self.tail

    def _put(self, words: str, scale: float = 1.0, colour: str = "#1b1f24", **style: float) -> Paragraph:
        return _paragraph(words, self.size * scale, colour, self.language, **style)

    def _say(self, key: str, **values: object) -> str:
        return _safe(say(self.language, key, **values))

    def _head(self) -> Iterator[Flowable]:
        document, overall, language = self.report.document, self.report.overall, self.language
        yield self._put(self._say("marked_summary"), 0.95, INK["not_applicable"])
        yield self._put(_bold(_safe(document.title or self.name)), 1.5)
        facts = [
            self.name if document.title else "",
            say(language, "version_label", version=document.version) if document.version else "",
            document.date or "",
            *document.registration,
            say(language, "page_count", pages=document.pages),
        ]
        yield self._put(_safe(" · ".join(fact for fact in facts if fact)), 0.95, INK["not_applicable"], after=0.6)
        tone = _TRIAGE[overall.triage]
        triage = self._say("overall", triage=_word(language, "triage", overall.triage), percent=round(100 * overall.score))
        yield _boxed(self._put(_bold(triage), 1.3, INK[tone]), PALE[tone], self.size)
        yield Spacer(1, self.size)
        yield _glance(self.report, language, self.size)
        if self._wanting() or self.report.inconsistencies:
            yield self._put(_bold(self._say("page_ask")), 1.2, before=1.2, after=0.3)
        else:
            yield self._put(self._say("page_ask_nothing"), before=1.2)

    def _wanting(self) -> list[ElementFinding]:
        """The elements with gaps, the gravest first."""
        found = [element for element in self.report.elements if element.verdict in {"missing", "partial"}]
        return sorted(found, key=lambda element: (_SEVERITIES.index(element.severity), _VERDICTS.index(element.verdict)))

    def _asked(self, element: ElementFinding, essential_only: bool) -> Iterator[Flowable]:
        heading = f"{_sign(element.verdict)}{_bold(_safe(_named(self.language, element.name)))}  {_verdict(self.language, element)}"
        yield self._put(heading, before=0.4)
        unmet = [criterion for criterion in element.criteria if not criterion.met and criterion.advice]
        essential = [criterion for criterion in unmet if criterion.essential]
        others = [] if essential_only and essential else [criterion for criterion in unmet if not criterion.essential]
        for criterion in (*essential, *others):
            yield self._put("– " + _safe(_named(self.language, criterion.advice)), 0.95, indent=1.6)

    def _shortened(self) -> list[Flowable]:
        return [] if self.complete else [self._put(self._say("marked_shortened"), before=0.4)]

    def _tail(self) -> Iterator[Flowable]:
        if self.report.inconsistencies:
            heading = _bold(self._say("heading_inconsistencies"))
            yield self._put(f'<font color="{INK["contradiction"]}">{heading}</font>', before=0.6)
            for inconsistency in self.report.inconsistencies:
                yield self._put("– " + _safe(_named(self.language, inconsistency.message)), 0.95, indent=1.6)
        tool = self.report.tool
        key = "provenance" if tool.model else "provenance_without_model"
        made_by = self._say(key, tool=f"{tool.name} {tool.version}", pack=tool.pack, model=tool.model[:12])
        yield self._put(self._say("marked_legend"), 0.85, INK["not_applicable"], before=1.2)
        yield self._put(made_by, 0.85, INK["not_applicable"])


def _glance(report: Report, language: str, size: float) -> Table:
    """The figure RSCPQ × verdict."""
    counts = Counter[str](element.verdict for element in report.elements)
    heads = [f"{_bold(_safe(_word(language, 'verdict', verdict)))} {counts[verdict]}" for verdict in _VERDICTS]
    rows = [["", *(_paragraph(head, size, "#ffffff", language) for head in heads)]]
    look: list[tuple[object, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("INNERGRID", (0, 0), (-1, -1), 2, HexColor("#ffffff")),
        ("BACKGROUND", (0, 1), (0, -1), HexColor(PALE["not_applicable"])),
        ("TOPPADDING", (0, 0), (-1, -1), size * 0.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), size * 0.35),
    ]
    look += [("BACKGROUND", (column, 0), (column, 0), HexColor(INK[verdict])) for column, verdict in enumerate(_VERDICTS, 1)]
    for line, domain in enumerate(_DOMAINS, 1):
        head = f"{_bold(domain)}  {_safe(_word(language, 'domain', domain))}"
        row = [_paragraph(head, size, "#1b1f24", language)]
        for column, verdict in enumerate(_VERDICTS, 1):
            names = [
                _named(language, element.name) for element in report.elements if (element.domain, element.verdict) == (domain, verdict)
            ]
            words = "<br/>".join(f"{_sign(verdict)}{_safe(name)}" for name in names)
            row.append(_paragraph(words, size * 0.85, INK[verdict], language))
            look.append(("BACKGROUND", (column, line), (column, line), HexColor(PALE[verdict] if names else "#f7f8f9")))
        rows.append(row)
    return Table(rows, [_WIDE * share for share in (0.14, 0.22, 0.22, 0.22, 0.2)], style=TableStyle(look))


def _boxed(content: Paragraph, colour: str, size: float) -> Table:
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), HexColor(colour)),
        ("BOTTOMPADDING", (0, 0), (-1, -1), size * 0.7),
        ("TOPPADDING", (0, 0), (-1, -1), size * 0.4),
    ]
    return Table([[content]], [_WIDE], style=TableStyle(look))


def _verdict(language: str, element: ElementFinding) -> str:
    met = sum(criterion.met for criterion in element.criteria)
    told = (
        _word(language, "verdict", element.verdict),
        _word(language, "severity", element.severity),
        say(language, "criteria_met", met=met, total=len(element.criteria)),
    )
    return f'<font color="{INK[element.verdict]}">{_safe(" · ".join(told))}</font>'


def _sign(verdict: str) -> str:
    font, sign = _SIGNS[verdict]
    return f'<font name="{font}" color="{INK[verdict]}"><b>{sign}</b></font>\u00a0'


def _bold(markup: str) -> str:
    """Helvetica has a bold cut; the Chinese fonts are set as they are."""
    return f"<b>{markup}</b>"


def _word(language: str, kind: str, code: str) -> str:
    return strings(language).get(f"{kind}_{code}", code)


def _named(language: str, name: object) -> str:
    return str(getattr(name, language))


def _safe(words: str) -> str:
    """Words as reportlab's markup, in a Chinese font what Helvetica lacks."""
    chinese = _chinese_font()

    def in_chinese(match: re.Match[str]) -> str:
        return f'<font name="{chinese}">{escape(match.group())}</font>'

    pieces, end, words = [], 0, clean(words)
    for match in _NOT_LATIN.finditer(words):
        pieces += [escape(words[end : match.start()]), in_chinese(match)]
        end = match.end()
    return "".join(pieces) + escape(words[end:])


def _paragraph(
    markup: str, size: float, colour: str, language: str, *, before: float = 0.0, after: float = 0.0, indent: float = 0.0
) -> Paragraph:
    """``before``, ``after`` and ``indent`` count in sizes of the type."""
    style = ParagraphStyle(
        "plain",
        fontName=_LATIN,
        fontSize=size,
        leading=size * 1.35,
        textColor=HexColor(colour),
        spaceBefore=before * size,
        spaceAfter=after * size,
        leftIndent=indent * size,
        firstLineIndent=-size * 0.8 if indent else 0,
        wordWrap="CJK" if language == "zh" else None,
        splitLongWords=1,
    )
    return Paragraph(markup, style)


@cache
def _chinese_font() -> str:
    """The name, for reportlab, of a Chinese font of the system, of which a part is put into the file; else of one that viewers bring."""
    for path in _system_fonts():
        try:
            pdfmetrics.registerFont(TTFont("Chinese", str(path)))
        except (TTFError, OSError):
            continue
        pdfmetrics.registerFontFamily("Chinese", normal="Chinese", bold="Chinese", italic="Chinese", boldItalic="Chinese")
        return "Chinese"
    pdfmetrics.registerFont(UnicodeCIDFont(_UNEMBEDDED))
    pdfmetrics.registerFontFamily(_UNEMBEDDED, normal=_UNEMBEDDED, bold=_UNEMBEDDED, italic=_UNEMBEDDED, boldItalic=_UNEMBEDDED)
    return _UNEMBEDDED


def _system_fonts() -> Iterator[Path]:
    folders = {
        "win32": [Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "Fonts"],
        "darwin": [Path("/System/Library/Fonts"), Path("/System/Library/Fonts/Supplemental"), Path("/Library/Fonts")],
    }.get(sys.platform, [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")])
    for name in _CHINESE_FONTS:
        for folder in folders:
            yield from sorted(folder.rglob(name)) if sys.platform not in {"win32", "darwin"} else filter(Path.is_file, [folder / name])
