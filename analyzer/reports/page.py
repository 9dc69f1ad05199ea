"""The report as a web page: one file that needs nothing else, in Chinese and English, for screen and paper.

Every word that is not ours goes through ``clean`` and the template's escaping. Should markup slip through all the same, it could not
run: the page's own policy allows no script and no style but its own, known by their hashes, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from analyzer.reports.pictures import Mark, Picture, bytes_of, pictures
from analyzer.reports.terminal import clean, quoted
from analyzer.reports.tones import ruling
from analyzer.resources import PACKAGE, say, strings

if TYPE_CHECKING:
    from analyzer.findings import CriterionFinding, ElementFinding, Evidence, Inconsistency, Report
    from analyzer.reports import Context

LANGUAGES = ("zh", "en")
DOMAINS = ("R", "S", "C", "P", "Q")
VERDICTS = ("missing", "partial", "adequate", "not_applicable")
SYMBOLS = {"missing": "✗", "partial": "!", "adequate": "✓", "not_applicable": "–"}
_SEVERITIES = ("critical", "major", "minor")
MOST_BYTES = (3 << 20) - 1
"""Of the whole page."""
_WORDS = 3.0
"""Bytes of the page, pictures aside, for each byte of the report's JSON: a high guess."""
_FRACTIONS = {"power", "dropout"}


@dataclass(frozen=True, slots=True)
class Both:
    """The same words in Chinese and English."""

    zh: str
    en: str

    def __html__(self) -> str:
        """Both, of which the page shows one."""
        if self.zh == self.en:
            return str(escape(self.zh))
        return Markup('<span class="t" lang="zh">{}</span><span class="t" lang="en">{}</span>').format(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of the protocol as a list shows them; ``mark`` is their number in the pictures, 0 without one."""

    page: int
    words: str
    section: str
    mark: int
    repeated: bool
    """Whether the same words stand already in the card."""


@dataclass(frozen=True, slots=True)
class Item:
    """A criterion, or a contradiction, with what was found."""

    finding: CriterionFinding | Inconsistency
    tone: str
    quotations: Sequence[Quotation]


@dataclass(slots=True)
class Card:
    """Items that share their pictures: those of an element, or all contradictions."""

    anchor: str
    items: list[Item] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def add(self, finding: CriterionFinding | Inconsistency, tone: str, evidence: Iterable[Evidence]) -> None:
        """Add an item; evidence that stands already in the card keeps its mark."""
        self.items.append(Item(finding, tone, [self._quotation(entry, tone) for entry in evidence]))

    def _quotation(self, evidence: Evidence, tone: str) -> Quotation:
        known = next((at for at, mark in enumerate(self.marks) if (mark.page, mark.boxes) == (evidence.page, evidence.bbox)), None)
        words, number = quoted(evidence), 0
        if known is not None:
            mark = self.marks[known]
            self.marks[known], number = replace(mark, tone=ruling(mark.tone, tone)), mark.number
        elif evidence.bbox:
            number = len(self.marks) + 1
            self.marks.append(Mark(number, tone, evidence.page, evidence.bbox))
        repeated = known is not None and any(words == quotation.words for item in self.items for quotation in item.quotations)
        return Quotation(evidence.page, words, clean(evidence.section or ""), number, repeated)

    def shown(self, mark: int) -> int:
        """The index of the picture with this mark, or -1."""
        found = (index for index, picture in enumerate(self.pictures) if any(entry.number == mark for entry in picture.marks))
        return next(found, -1)


def render(report: Report, context: Context) -> bytes:
    """The page, UTF-8; it opens in ``context.language`` and can be switched to the other."""
    cards = [_element_card(index, element) for index, element in enumerate(report.elements, 1)]
    contradictions = Card("contradictions")
    for inconsistency in report.inconsistencies:
        contradictions.add(inconsistency, "contradiction", inconsistency.evidence)
    room = MOST_BYTES - _WORDS * len(report.model_dump_json())
    page = _page(report, context, cards, contradictions, int(room * 3 / 4))
    excess = len(page) - MOST_BYTES
    if excess <= 0:
        return page
    pictured = bytes_of(picture for card in (*cards, contradictions) for picture in card.pictures)
    return _page(report, context, cards, contradictions, pictured - excess)


def _page(report: Report, context: Context, cards: Sequence[Card], contradictions: Card, most: int) -> bytes:
    """The page with no more than ``most`` bytes of pictures, which as text take a third more."""
    every = [*cards, contradictions]
    drawn = pictures([card.marks for card in every], context.original, context.password, most)
    holders: dict[int, str] = {}
    for card, its_pictures in zip(every, drawn, strict=True):
        card.pictures = its_pictures
        for index, picture in enumerate(its_pictures):
            holders.setdefault(id(picture.data), f"{card.anchor}i{index}")
    page = _template().render(
        report=report,
        language=context.language,
        name=clean(Path(context.path).name) if context.path != "-" else both("stdin"),
        facts=_facts(report),
        warnings=[named(warning.text) if warning.text else _warning(warning.code, warning.message) for warning in report.warnings],
        table=_table(report),
        asked=_asked(report),
        counts=_counts(report),
        elements=list(zip(report.elements, cards, strict=True)),
        contradictions=contradictions,
        values=list(_values(report)),
        holder=lambda picture: holders[id(picture.data)],
        model=report.tool.model[:12],
        style=_part("page.css"),
        script=_part("page.js"),
        policy=_policy(),
    )
    return page.encode("utf-8", "replace")


def _element_card(index: int, element: ElementFinding) -> Card:
    card = Card(f"e{index}")
    for criterion in sorted(element.criteria, key=lambda criterion: (criterion.met, not criterion.essential)):
        tone = "adequate" if criterion.met else element.verdict if element.verdict in {"missing", "partial"} else "partial"
        card.add(criterion, tone, criterion.evidence)
    return card


def both(key: str, **values: object) -> Both:
    """A sentence of ours in both languages; a value that is ``Both`` fills each with its own words."""
    return Both(*(say(language, key, **{name: _in(language, value) for name, value in values.items()}) for language in LANGUAGES))


def word(kind: str, code: str) -> Both:
    """The word for a code in both languages, or the code itself where it is a new one."""
    return Both(*(strings(language).get(f"{kind}_{code}", clean(code)) for language in LANGUAGES))


def words(kind: str, codes: Iterable[str]) -> Both:
    """The words for several codes as a sentence holds them."""
    return joined(word(kind, code) for code in codes)


def joined(parts: Iterable[object]) -> Both:
    """Several words as a sentence holds them."""
    kept = list(parts)
    return Both(*(say(language, "list_separator").join(str(_in(language, part)) for part in kept) for language in LANGUAGES))


def named(name: object) -> Both:
    """Bilingual words of a pack or report."""
    return Both(clean(str(_in("zh", name))), clean(str(_in("en", name))))


def _in(language: str, value: object) -> object:
    return getattr(value, language, value)


def _facts(report: Report) -> list[object]:
    document, sources = report.document, report.document.text_source
    return [
        *([both("version_label", version=clean(document.version))] if document.version else []),
        *([clean(document.date)] if document.date else []),
        *map(clean, document.registration),
        both("page_count", pages=document.pages),
        *([both("ocr_pages", pages=sources.ocr)] if sources.ocr else []),
        *([both("empty_pages", pages=sources.empty)] if sources.empty else []),
        word("language", document.language),
    ]


def _warning(code: str, message: str) -> Both:
    """A warning in both languages, unless its sentence has blanks that only the message knows how to fill."""
    told = word("warning", code)
    return Both(clean(message), clean(message)) if "{" in told.zh or told.zh == code else told


def _table(report: Report) -> list[tuple[str, dict[str, list[tuple[str, Both]]]]]:
    """RSCPQ × verdict: for each part and verdict the anchors and names of its elements."""
    table = []
    for domain in DOMAINS:
        row: dict[str, list[tuple[str, Both]]] = {verdict: [] for verdict in VERDICTS}
        for index, element in enumerate(report.elements, 1):
            if element.domain == domain:
                row[element.verdict].append((f"e{index}", named(element.name)))
        table.append((domain, row))
    return table


def _asked(report: Report) -> list[tuple[str, ElementFinding, list[CriterionFinding]]]:
    """What to ask for: the elements with gaps, the gravest first, with the criteria that are not met."""
    wanting = [(f"e{index}", element) for index, element in enumerate(report.elements, 1) if element.verdict in {"missing", "partial"}]
    wanting.sort(key=lambda entry: (_SEVERITIES.index(entry[1].severity), VERDICTS.index(entry[1].verdict)))
    return [
        (anchor, element, sorted((c for c in element.criteria if not c.met and c.advice), key=lambda c: not c.essential))
        for anchor, element in wanting
    ]


def _counts(report: Report) -> dict[str, int]:
    return {
        "all": len(report.elements),
        "missing": sum(element.verdict == "missing" for element in report.elements),
        "partial": sum(element.verdict == "partial" for element in report.elements),
        "review": sum(bool(element.needs_review) for element in report.elements),
    }


def _values(report: Report) -> Iterator[tuple[Both, int]]:
    """The numbers that the protocol states, and the page of each, 0 where it is not known."""
    for name, value in report.values.model_dump().items():
        if value is None:
            continue
        evidence = report.value_evidence.get(name)
        shown = _shown(name, value)
        label = both(f"value_{name}", value=shown) if f"value_{name}" in strings("en") else Both(f"{name} {shown}", f"{name} {shown}")
        yield label, evidence[0].page if evidence else 0


def _shown(name: str, value: object) -> str:
    if isinstance(value, list):
        return " / ".join(clean(str(part)) for part in value)
    if isinstance(value, float):
        return f"{100 * value:g}%" if name in _FRACTIONS else f"{value:g}"
    return clean(str(value))


def _uri(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data or b'').decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["clean"] = clean
    environment.filters["named"] = named
    environment.globals.update(both=both, word=word, words=words, joined=joined, uri=_uri, verdicts=VERDICTS, symbols=SYMBOLS)
    return environment.get_template("page.html.j2")


@cache
def _part(name: str) -> Markup:
    """One of our own files, which stands in the page as it is."""
    return Markup((PACKAGE / "reports" / name).read_text("utf-8"))


@cache
def _policy() -> str:
    style, script = (base64.b64encode(hashlib.sha256(_part(name).encode()).digest()).decode() for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
