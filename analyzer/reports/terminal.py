"""Outcomes for a reader at a terminal, or of a text file: Report -> lines of rich ``Text`` -> a string.

Colour only repeats what symbols and words say, and every colour used can be read on black and on white.
Nothing that comes from a PDF is read as markup, and it is cleaned of control characters before it is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.text import Text

from analyzer.findings import Failure
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from analyzer.document import Document
    from analyzer.findings import CriterionFinding, ElementFinding, Evidence, Inconsistency, Outcome, Report, Warning
    from analyzer.reports import Result
    from analyzer.rules import ElementRule, Pack

GOOD, FAIR, BAD, STRONG = "color(28)", "color(128)", "color(160)", "bold"
_HEADLINE = "headline"
_ORDER = ("missing", "partial", "adequate")
_SEVERITIES = ("critical", "major", "minor")
_LOOK = {"adequate": ("✓", GOOD), "partial": ("!", FAIR), "missing": ("✗", BAD), "not_applicable": ("-", "")}
_RECOMPUTED = {"consistent": ("✓ ", GOOD), "not_reproducible": ("! ", FAIR), "cannot_tell": ("- ", "")}
_TRIAGE_STYLE = {"ready": GOOD, "revise": FAIR, "return": BAD}
_FRACTIONS = {"power", "dropout"}
_NARROWEST = 20
_ROOM_FOR_A_QUOTE = 50

_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_OPENING = "(\\[{\u2018\u201c\u3008\u300a\u300c\u300e\u3010\uff08\uff3b\uff5b"
_CLOSING = (
    ")\\]},.;:!?%\u2019\u201d\u2026\u00b7"
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff05\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d"
)
_ATOM = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}{_OPENING}]+)?[{_CLOSING}]*\s*")
"""The smallest piece that a line may end after: a word or a Chinese character, with the punctuation that clings to it."""
_GAP = re.compile(rf"(?<=[{_WIDE}]) (?=[{_WIDE}])")
_HYPHEN_AT_LINE_END = "\ufffe"
"""What pdfium gives for it; no file may hold this character."""
_UNSHOWABLE = ("Cc", "Cf", "Cn", "Cs", "Zl", "Zp")

Piece = str | tuple[str, str]
"""Words, or words with a style."""


def clean(words: str) -> str:
    """``words`` on one line, without control characters and marks that turn the direction of writing."""
    spaced = re.sub(r"\s+", " ", words.replace(_HYPHEN_AT_LINE_END, "-"))
    return "".join(character for character in spaced if unicodedata.category(character) not in _UNSHOWABLE).strip()


def quoted(evidence: Evidence) -> str:
    """The quotation as it is shown: the ends of its lines leave no gap between Chinese characters, those of table cells do."""
    words = clean(evidence.quote)
    below = [lower[1] > (upper[1] + upper[3]) / 2 for upper, lower in pairwise(evidence.bbox)]
    return _GAP.sub("", words) if below and all(below) else words


def warning_words(warning: Warning, language: str) -> str:
    """What a warning says, in ``language`` where it is known in both; one of ours whose sentence has blanks is known in one only."""
    if warning.text:
        return clean(_in(language, warning.text.zh, warning.text.en))
    told = strings(language).get(f"warning_{warning.code}", "{}")
    return clean(warning.message if "{" in told else told)


def shorten(words: str, cells: int) -> str:
    """``words`` cut to the width of ``cells``, with an ellipsis where something was left out."""
    if cell_len(words) <= cells:
        return words
    return set_cell_size(words, max(cells - 1, 0)).rstrip() + "…"


def wrap(text: Text, width: int, hang: int = 0) -> list[Text]:
    """Break ``text`` into lines no wider than ``width``, all but the first narrower by ``hang``.

    Lines end between Chinese characters or words, never before closing punctuation.
    """
    plain, start, breaks = text.plain, 0, list[int]()
    for atom in _ATOM.finditer(plain):
        end = atom.start() + len(atom.group().rstrip())
        room = width - hang if breaks else width
        if atom.start() > start and cell_len(plain[start:end]) > room:
            breaks.append(start := atom.start())
            room = width - hang
        while cell_len(plain[start:end]) > room:
            start += len(set_cell_size(plain[start:end], room).rstrip()) or 1
            breaks.append(start)
            room = width - hang
    lines = list(text.divide(breaks))
    for line in lines:
        line.rstrip()
    return lines


@dataclass(slots=True)
class Sheet:
    """Lines as they are written, for a reader of ``language`` and a given ``width``."""

    language: str
    width: int
    lines: list[Text] = field(default_factory=list)

    def say(self, key: str, **values: object) -> str:
        """A sentence in the reader's language."""
        return say(self.language, key, **values)

    def word(self, kind: str, code: str) -> str:
        """The word for ``code``, or the code itself where it is a new one."""
        return strings(self.language).get(f"{kind}_{code}", code)

    def joined(self, words: Iterable[str]) -> str:
        """A list of words as a sentence holds it."""
        return self.say("list_separator").join(words)

    def bracketed(self, words: str) -> str:
        """``words`` in brackets, or nothing."""
        return self.say("in_brackets", text=words) if words else ""

    def put(self, *pieces: Piece, indent: int = 0, hang: int = 2) -> None:
        """Write a paragraph; its further lines stand ``hang`` to the right of the first."""
        text = Text.assemble(*pieces)
        for number, line in enumerate(wrap(text, max(self.width - indent, _NARROWEST), hang)):
            line.pad_left(indent + (hang if number else 0))
            self.lines.append(line)

    def blank(self) -> None:
        """Write an empty line."""
        self.lines.append(Text())

    def heading(self, words: str) -> None:
        """Write the heading of a part."""
        self.blank()
        self.put((words, STRONG))

    def renderable(self) -> Group:
        """What was written, for rich."""
        return Group(*self.lines)


def rendered(sheet: Sheet, *, colour: bool) -> str:
    """The sheet as a string, with the codes of the terminal where ``colour``."""
    target = StringIO()
    console = Console(file=target, width=max(sheet.width, 2 * _NARROWEST), force_terminal=colour, highlight=False, soft_wrap=True)
    console.print(sheet.renderable(), no_wrap=True, crop=False, overflow="ignore")
    return target.getvalue()


def result_sheet(result: Result, width: int) -> Sheet:
    """The report of a file, or the sentence that says why there is none."""
    if not isinstance(result.outcome, Failure):
        return report_sheet(result.outcome, result.language, width)
    sheet = Sheet(result.language, width)
    sheet.put((f"✗ {sheet.say('summary_failed')}", f"{STRONG} {BAD}"), "  ", clean(result.outcome.error.message))
    return sheet


def report_sheet(report: Report, language: str, width: int) -> Sheet:
    """The gap report of one protocol."""
    sheet = Sheet(language, width)
    _header(sheet, report)
    for element in report.elements:
        if element.group == _HEADLINE:
            _element(sheet, element)
    _further(sheet, [element for element in report.elements if element.group != _HEADLINE])
    _conditions(sheet, report)
    _values(sheet, report)
    if report.inconsistencies:
        sheet.heading(sheet.say("heading_inconsistencies"))
        for inconsistency in report.inconsistencies:
            _inconsistency(sheet, inconsistency)
    sheet.blank()
    tool = f"{report.tool.name} {report.tool.version}"
    key = "provenance" if report.tool.model else "provenance_without_model"
    sheet.put(sheet.say(key, tool=tool, pack=report.tool.pack, model=shorten(report.tool.model, 13)), hang=0)
    return sheet


def _header(sheet: Sheet, report: Report) -> None:
    document, overall = report.document, report.overall
    name = sheet.say("stdin") if document.path == "-" else clean(document.path)
    title = clean(document.title or "")
    sheet.put((title or name, STRONG), hang=0)
    sources = document.text_source
    facts = [
        _keep_end(name, sheet.width // 2) if title else "",
        sheet.say("page_count", pages=document.pages),
        sheet.say("ocr_pages", pages=sources.ocr) if sources.ocr else "",
        sheet.say("empty_pages", pages=sources.empty) if sources.empty else "",
        sheet.word("language", document.language),
        sheet.say("version_label", version=clean(document.version)) if document.version else "",
        clean(document.date or ""),
        *(clean(number) for number in document.registration),
    ]
    sheet.put(" · ".join(fact for fact in facts if fact), hang=0)
    for warning in report.warnings:
        sheet.put(("! ", FAIR), warning_words(warning, sheet.language))
    sheet.blank()
    triage = sheet.say("overall", triage=sheet.word("triage", overall.triage), percent=round(100 * overall.score))
    sheet.put((triage, f"{STRONG} {_TRIAGE_STYLE[overall.triage]}"), hang=0)
    first = {element.id: _named(sheet, element) for element in report.elements if element.group == _HEADLINE}
    for key, ids in (("overall_missing", overall.missing), ("overall_partial", overall.partial)):
        names = [first[element_id] for element_id in ids if element_id in first]
        if further := len(ids) - len(names):
            names.append(sheet.say("overall_further" if names else "overall_only_further", count=further))
        if names:
            sheet.put(sheet.say(key, names=sheet.joined(names)), indent=2)


def _element(sheet: Sheet, element: ElementFinding) -> None:
    symbol, style = _LOOK[element.verdict]
    sheet.blank()
    verdict = f"{symbol} {sheet.word('verdict', element.verdict)}"
    facts = ""
    if element.verdict != "not_applicable":
        met = sum(criterion.met for criterion in element.criteria)
        facts = " · " + sheet.say("criteria_met", met=met, total=len(element.criteria))
    if element.verdict in {"partial", "missing"}:
        facts += f" · {sheet.word('severity', element.severity)}"
    sheet.put((verdict, f"{STRONG} {style}".strip()), "  ", (_named(sheet, element), STRONG), facts)
    if element.needs_review:
        reasons = sheet.joined(sheet.word("reason", code) for code in element.needs_review)
        sheet.put(("! ", FAIR), sheet.say("needs_review", reasons=reasons), indent=2)
    if element.verdict == "not_applicable":
        return
    above: Evidence | None = None
    for criterion in sorted(element.criteria, key=lambda criterion: (criterion.met, not criterion.essential)):
        if criterion.met:
            _met(sheet, criterion, above)
            above = criterion.evidence[0] if criterion.evidence else None
        else:
            _unmet(sheet, criterion)
    if element.verdict != "adequate" and element.clauses:
        clauses = (_clause(sheet, clause.source, clause.ref, clause.status) for clause in element.clauses)
        sheet.put(sheet.say("basis", text=sheet.say("clause_separator").join(clauses)), indent=2)


def _further(sheet: Sheet, elements: Sequence[ElementFinding]) -> None:
    """The elements behind the first ones, briefly: what each lacks, and which lack nothing."""
    judged = [element for element in elements if element.verdict != "not_applicable"]
    if not judged:
        return
    sheet.heading(sheet.say("heading_further"))
    for element in sorted(judged, key=lambda element: (_ORDER.index(element.verdict), _SEVERITIES.index(element.severity))):
        if element.verdict == "adequate":
            continue
        symbol, style = _LOOK[element.verdict]
        lacking = sheet.joined(_named(sheet, criterion) for criterion in element.criteria if not criterion.met)
        facts = f"  {sheet.word('severity', element.severity)}  " if element.severity == "critical" else "  "
        sheet.put((f"{symbol} {_named(sheet, element)}", f"{STRONG} {style}".strip()), facts, sheet.say("lacking", names=lacking), hang=4)
    if adequate := [_named(sheet, element) for element in judged if element.verdict == "adequate"]:
        symbol, style = _LOOK["adequate"]
        sheet.put((f"{symbol} ", style), sheet.say("further_adequate", names=sheet.joined(adequate)), hang=4)
    sheet.put(sheet.say("further_hint"), hang=0)


def _unmet(sheet: Sheet, criterion: CriterionFinding) -> None:
    mark = sheet.bracketed(sheet.say("essential")) if criterion.essential else ""
    sheet.put(("✗ ", BAD), (_named(sheet, criterion), STRONG), mark, indent=2)
    if criterion.advice:
        sheet.put(sheet.say("advice", text=clean(_in(sheet.language, criterion.advice.zh, criterion.advice.en))), indent=4)
    if criterion.evidence:
        reason = sheet.bracketed(sheet.word("stance", criterion.stance))
        _quote(sheet, criterion.evidence[0], reason, indent=4, lines=2)


def _met(sheet: Sheet, criterion: CriterionFinding, above: Evidence | None) -> None:
    """A criterion that is met, on one line, or two after a long name; ``above`` is the evidence of the line before."""
    name = _named(sheet, criterion)
    if not criterion.evidence:
        sheet.put(("✓ ", GOOD), name, indent=2)
        return
    evidence = criterion.evidence[0]
    lead = f"{name}  {sheet.say('page', page=evidence.page)} "
    room = sheet.width - 4 - cell_len(lead) - cell_len(sheet.say("quotation", quote=""))
    if room < _ROOM_FOR_A_QUOTE:
        room += sheet.width - 8
    quote = sheet.say("quotation", quote=shorten(quoted(evidence), max(room, _NARROWEST)))
    same = above is not None and (above.page, above.quote) == (evidence.page, evidence.quote)
    sheet.put(("✓ ", GOOD), lead, sheet.say("same_passage") if same else quote, indent=2)


def _quote(sheet: Sheet, evidence: Evidence, reason: str = "", *, indent: int, lines: int) -> None:
    """A quotation with its page, on no more than ``lines`` lines; the reason may add one."""
    room = lines * (sheet.width - indent - 2) - 12
    quote = sheet.say("quotation", quote=shorten(quoted(evidence), max(room, _NARROWEST)))
    sheet.put(f"{sheet.say('page', page=evidence.page)} {quote}{reason}", indent=indent)


def _conditions(sheet: Sheet, report: Report) -> None:
    """What kind of study it was taken for, with the words that say so; conditions that clearly do not hold are left out."""
    shown = [condition for condition in report.conditions if condition.holds or not condition.certain]
    if shown:
        sheet.heading(sheet.say("heading_conditions"))
    for condition in shown:
        name = clean(_in(sheet.language, condition.name.zh, condition.name.en))
        key = "condition_holds" if condition.holds else "condition_fails"
        doubt = "" if condition.certain else sheet.bracketed(sheet.say("condition_unsure"))
        sheet.put(("✓ ", GOOD) if condition.certain else ("! ", FAIR), sheet.say(key, name=name), doubt, indent=2)
        if condition.evidence:
            _quote(sheet, condition.evidence[0], indent=4, lines=1)


def _values(sheet: Sheet, report: Report) -> None:
    stated = {name: value for name, value in report.values.model_dump().items() if value is not None}
    if not stated and report.recomputation is None:
        return
    facts = []
    for name, value in stated.items():
        evidence = report.value_evidence.get(name)
        page = sheet.bracketed(sheet.say("page", page=evidence[0].page)) if evidence else ""
        facts.append(value_words(name, value, sheet.language) + page)
    sheet.heading(sheet.say("heading_values"))
    if facts:
        sheet.put(" · ".join(facts), indent=2, hang=0)
    if report.recomputation:
        message = report.recomputation.message
        symbol = _RECOMPUTED[report.recomputation.verdict]
        sheet.put(symbol, clean(_in(sheet.language, message.zh, message.en)), indent=2)


def value_words(name: str, value: object, language: str) -> str:
    """A number of the protocol with its name, as a reader of ``language`` expects it."""
    shown = _shown(name, value)
    return strings(language).get(f"value_{name}", name + " {value}").format(value=shown)


def _shown(name: str, value: object) -> str:
    if isinstance(value, list):
        return " / ".join(str(part) for part in value)
    if isinstance(value, float):
        return f"{100 * value:g}%" if name in _FRACTIONS else f"{value:g}"
    return str(value)


def _inconsistency(sheet: Sheet, inconsistency: Inconsistency) -> None:
    message = inconsistency.message
    sheet.put(("! ", FAIR), clean(_in(sheet.language, message.zh, message.en)), indent=2)
    for evidence in inconsistency.evidence:
        _quote(sheet, evidence, indent=4, lines=2)


def summary_sheet(results: Sequence[Result], language: str, width: int) -> Sheet:
    """One line per file, for a reader who gave several."""
    sheet = Sheet(language, width)
    rows = [_summary_row(sheet, clean(result.name), result.outcome) for result in results]
    head = tuple(sheet.say(f"summary_{column}") for column in ("file", "triage", "missing", "partial"))
    sizes = [max(cell_len(row[column]) for row in (head, *(cells for cells, _ in rows))) for column in range(4)]
    sizes[0] = max(min(sizes[0], width - sum(sizes[1:]) - 6), _NARROWEST)
    sheet.heading(sheet.say("heading_summary"))
    for cells, style in [(head, STRONG), *rows]:
        first = _keep_end(cells[0], sizes[0])
        padded = [set_cell_size(cell, size) for cell, size in zip((first, *cells[1:]), sizes, strict=True)]
        line = Text.assemble(padded[0], "  ", (padded[1], style), "  ", padded[2], "  ", padded[3])
        line.rstrip()
        sheet.lines.append(line)
    outcomes = [result.outcome for result in results]
    triages = ["failed" if isinstance(outcome, Failure) else outcome.overall.triage for outcome in outcomes]
    ready, revise, returned, failed = map(triages.count, ("ready", "revise", "return", "failed"))
    sheet.put(sheet.say("summary_totals", files=len(outcomes), ready=ready, revise=revise, returned=returned, failed=failed), hang=0)
    return sheet


def _summary_row(sheet: Sheet, name: str, outcome: Outcome) -> tuple[tuple[str, ...], str]:
    if isinstance(outcome, Failure):
        return (name, sheet.say("summary_failed"), "", ""), BAD
    overall = outcome.overall
    cells = (name, sheet.word("triage", overall.triage), str(len(overall.missing)), str(len(overall.partial)))
    return cells, _TRIAGE_STYLE[overall.triage]


def _keep_end(name: str, cells: int) -> str:
    """A path cut at its beginning: its end tells files apart."""
    if cell_len(name) <= cells:
        return name
    kept = name
    while kept and cell_len(kept) > cells - 1:
        kept = kept[1:]
    return "…" + kept


def document_sheet(document: Document, language: str, width: int) -> Sheet:
    """What was read: every section with its pages, label and text."""
    sheet = Sheet(language, width)
    sections = document.sections
    front = document.text[: sections[0].start if sections else len(document.text)]
    if front.strip():
        sheet.put((sheet.say("before_first_heading"), STRONG))
        _prose(sheet, front)
    for section in sections:
        first, last = document.page_of(section.start).number, document.page_of(max(section.start, section.end - 1)).number
        pages = sheet.say("page", page=first) if first == last else sheet.say("pages_from_to", first=first, last=last)
        label = sheet.say("section_of_label", page=pages, label=sheet.word("section", section.canonical))
        sheet.blank()
        sheet.put((clean(section.heading), STRONG), sheet.bracketed(label))
        _prose(sheet, document.text[section.body : section.end])
    return sheet


def _prose(sheet: Sheet, text: str) -> None:
    for paragraph in filter(None, map(clean, text.splitlines())):
        sheet.put(paragraph, indent=2, hang=0)


def element_list_sheet(pack: Pack, language: str, width: int) -> Sheet:
    """The ids and names of all elements of a pack."""
    sheet = Sheet(language, width)
    sheet.put(sheet.say("explain_list", pack=_in(language, pack.info.name.zh, pack.info.name.en)), hang=0)
    size = max((len(element.id) for element in pack.elements), default=0)
    for element in pack.elements:
        sheet.put((element.id.ljust(size), STRONG), "  ", _in(language, element.name.zh, element.name.en), indent=2)
    return sheet


def element_sheet(element: ElementRule, language: str, width: int) -> Sheet:
    """What an element requires, why, by which clause, and what is and is not enough."""
    sheet = Sheet(language, width)
    sheet.put((_in(language, element.name.zh, element.name.en), STRONG), f"  {element.id} · {sheet.word('severity', element.severity)}")
    sheet.put(sheet.say("labelled", label=sheet.say("explain_why"), text=_in(language, element.why.zh, element.why.en)), hang=0)
    if element.clauses:
        sheet.heading(sheet.say("explain_clauses"))
        for clause in element.clauses:
            sheet.put("- ", _clause(sheet, clause.source, clause.ref, clause.status), indent=2)
    sheet.heading(sheet.say("explain_criteria"))
    for criterion in element.criteria:
        essential = sheet.say("essential_if", condition=criterion.condition) if criterion.condition else sheet.say("essential")
        mark = sheet.bracketed(essential) if criterion.essential else ""
        sheet.put("- ", (_in(language, criterion.name.zh, criterion.name.en), STRONG), mark, f"  {criterion.id}", indent=2)
        sheet.put(_in(language, criterion.advice.zh, criterion.advice.en), indent=4, hang=0)
        examples = criterion.examples
        for symbol, style, key, choice in (
            ("✓ ", GOOD, "explain_adequate", examples.adequate),
            ("✗ ", BAD, "explain_inadequate", examples.inadequate),
        ):
            sentences = choice.get("zh" if language == "zh" else "en") or next(iter(choice.values()), [])
            if sentences:
                sheet.put((symbol, style), sheet.say(key, example=sentences[0]), indent=4)
    return sheet


def _clause(sheet: Sheet, source: str, ref: str, status: str) -> str:
    settled = "" if status == "verified" else sheet.bracketed(sheet.say("check_before_quoting"))
    return sheet.say("clause", source=source, ref=ref) + settled


def _named(sheet: Sheet, finding: ElementFinding | CriterionFinding) -> str:
    return clean(_in(sheet.language, finding.name.zh, finding.name.en))


def _in(language: str, zh: str, en: str) -> str:
    return zh if language == "zh" else en
