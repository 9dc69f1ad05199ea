"""The report as a workbook: Summary, Criteria, Evidence, Numbers and Contradictions, each a table to filter.

Words are always stored as words: what begins with ``=``, ``+``, ``-`` or ``@`` is no formula, also after somebody edits the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from analyzer.reports.terminal import clean, quoted, warning_words
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from analyzer.findings import Bilingual, Evidence, Report
    from analyzer.reports import Context

_LONGEST = 32_000
"""Characters; Excel holds no more than 32,767 in a cell."""
_FILL = {"good": "E2F0D9", "fair": "FFF2CC", "bad": "F8CBAD", "head": "1F3864", "none": "EDEDED"}
_LOOK = {
    "adequate": "good",
    "partial": "fair",
    "missing": "bad",
    "not_applicable": "none",
    "ready": "good",
    "revise": "fair",
    "return": "bad",
}
_LINE, _MOST_LINES = 15.0, 14
_FILLED = 0.75
"""How much of the width of a column the lines of a long text use: they end where a word does, and fonts differ."""
_PERCENT, _DATE = "0%", "yyyy-mm-dd"
_FRACTIONS = {"power", "dropout"}
_FONT = "Calibri"


@dataclass(frozen=True, slots=True)
class _Value:
    """What a cell holds, how it is shown, and which of ``_FILL`` it is coloured with."""

    content: str | float | date | None
    form: str = "General"
    look: str = ""


_Entry = str | float | date | _Value | None


def render(report: Report, context: Context) -> bytes:
    """The workbook's bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    writer = _Writer(book, context.language)
    writer.summary(report, context)
    writer.criteria(report)
    writer.evidence(report)
    writer.numbers(report)
    writer.contradictions(report)
    book.properties.creator = f"{report.tool.name} {report.tool.version}"
    book.properties.title = _text(report.document.title or Path(context.path).name)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


class _Writer:
    """Fills the sheets of a workbook in one language."""

    def __init__(self, book: Workbook, language: str) -> None:
        self.book = book
        self.language = language
        self.styles: dict[tuple[object, ...], Any] = {}

    def summary(self, report: Report, context: Context) -> None:
        """The verdict of each element under title and conclusion, and the facts of the document below."""
        overall = report.overall
        columns = ["domain", "element", "verdict", "met", "total", "score", "severity", "review"]
        sheet = self._sheet("summary", [22, 34, 12, 8, 8, 10, 11, 40])
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "portrait", 1
        self._put(sheet, 1, 1, _Value(report.document.title or Path(context.path).name))
        self._put(sheet, 2, 1, _Value(self._word("triage", overall.triage), look=_LOOK[overall.triage]))
        self._put(sheet, 2, 2, _Value(overall.score, _PERCENT))
        self._strong(sheet, 1, 14)
        self._strong(sheet, 2, 12)
        rows: list[Sequence[_Entry]] = [
            (
                self._word("domain", element.domain),
                self._both(element.name),
                _Value(self._word("verdict", element.verdict), look=_LOOK[element.verdict]),
                sum(criterion.met for criterion in element.criteria) if element.criteria else None,
                len(element.criteria) or None,
                _Value(element.score, _PERCENT) if element.verdict != "not_applicable" else None,
                self._word("severity", element.severity),
                self._list(self._word("reason", code) for code in element.needs_review),
            )
            for element in report.elements
        ]
        last = self._table(sheet, columns, rows, first=4)
        for number, (label, entry) in enumerate(self._facts(report, context), last + 2):
            self._put(sheet, number, 1, say(self.language, f"sheet_fact_{label}"))
            self._put(sheet, number, 2, entry)
            self._strong(sheet, number, 11, columns=1)

    def _facts(self, report: Report, context: Context) -> list[tuple[str, _Entry]]:
        document = report.document
        facts: list[tuple[str, _Entry]] = [
            ("file", Path(context.path).name),
            ("version", document.version),
            ("date", _day(document.date)),
            ("registration", self._list(document.registration)),
            ("language", self._word("language", document.language)),
            ("pages", document.pages),
            ("ocr", document.text_source.ocr),
            ("empty", document.text_source.empty),
            ("tool", f"{report.tool.name} {report.tool.version} · {report.tool.pack}"),
            ("missing", len(report.overall.missing)),
            ("partial", len(report.overall.partial)),
        ]
        return facts + [("note", warning_words(warning, self.language)) for warning in report.warnings]

    def criteria(self, report: Report) -> None:
        """A row per criterion."""
        columns = ["element", "criterion", "essential", "met", "stance", "confidence", "why", "page", "quote", "advice", "clauses"]
        sheet = self._sheet("criteria", [22, 24, 11, 10, 24, 13, 20, 8, 60, 50, 44])
        rows: list[Sequence[_Entry]] = []
        for element in report.elements:
            clauses = say(self.language, "clause_separator").join(
                self._clause(clause.source, clause.ref, clause.status) for clause in element.clauses
            )
            for criterion in element.criteria:
                first = criterion.evidence[0] if criterion.evidence else None
                rows.append(
                    (
                        self._both(element.name),
                        self._both(criterion.name),
                        say(self.language, "sheet_yes" if criterion.essential else "sheet_no"),
                        self._met(criterion.met),
                        "" if criterion.met else self._word("stance", criterion.stance),
                        _Value(criterion.confidence, _PERCENT),
                        self._word("why", criterion.why),
                        first.page if first else None,
                        quoted(first) if first else None,
                        self._both(criterion.advice) if criterion.advice else None,
                        None if criterion.met else clauses,
                    )
                )
        self._table(sheet, columns, rows)

    def evidence(self, report: Report) -> None:
        """A row per quotation."""
        sheet = self._sheet("evidence", [22, 24, 10, 8, 30, 90])
        rows: list[Sequence[_Entry]] = [
            (
                self._both(element.name),
                self._both(criterion.name),
                self._met(criterion.met),
                evidence.page,
                evidence.section,
                quoted(evidence),
            )
            for element in report.elements
            for criterion in element.criteria
            for evidence in criterion.evidence
        ]
        self._table(sheet, ["element", "criterion", "met", "page", "section", "quote"], rows)

    def numbers(self, report: Report) -> None:
        """A row per number stated; those of several arms one below the other."""
        sheet = self._sheet("numbers", [30, 12, 8, 30, 90])
        rows: list[Sequence[_Entry]] = []
        for name, value in report.values.model_dump().items():
            where = _place(next(iter(report.value_evidence.get(name, [])), None))
            for number in value if isinstance(value, list) else [value]:
                if number is not None:
                    label = strings(self.language).get(f"value_{name}", name + " {value}").format(value="").strip()
                    rows.append((label, _Value(number, _PERCENT if name in _FRACTIONS else "General"), *where))
        self._table(sheet, ["name", "value", "page", "section", "quote"], rows)

    def contradictions(self, report: Report) -> None:
        """A row per passage that contradicts another; the number tells which belong together."""
        sheet = self._sheet("contradictions", [6, 60, 8, 30, 80])
        rows: list[Sequence[_Entry]] = [
            (number, self._both(entry.message), *_place(evidence))
            for number, entry in enumerate(report.inconsistencies, 1)
            for evidence in list["Evidence | None"](entry.evidence) or [None]
        ]
        self._table(sheet, ["number", "message", "page", "section", "quote"], rows)

    def _sheet(self, name: str, widths: Sequence[float]) -> Worksheet:
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.properties import PageSetupProperties

        sheet: Worksheet = self.book.create_sheet(say(self.language, f"sheet_{name}"))
        for number, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = "9"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        return sheet

    def _table(self, sheet: Worksheet, columns: Sequence[str], rows: Sequence[Sequence[_Entry]], first: int = 1) -> int:
        """Write a table with a frozen head and filters; gives the number of its last row."""
        from openpyxl.styles import Alignment, Font, PatternFill
        from openpyxl.utils import get_column_letter

        for number, name in enumerate(columns, 1):
            title = self._put(sheet, first, number, say(self.language, f"sheet_column_{name}"))
            title.font = Font(name=_FONT, bold=True, color="FFFFFF")
            title.fill = PatternFill("solid", fgColor=_FILL["head"])
            title.alignment = Alignment(vertical="center", wrap_text=True)
        for number, row in enumerate(rows, first + 1):
            for column, entry in enumerate(row, 1):
                self._put(sheet, number, column, entry, ruled=True)
            sheet.row_dimensions[number].height = _LINE * min(self._lines(sheet, row), _MOST_LINES)
        last = first + len(rows)
        sheet.freeze_panes = sheet.cell(first + 1, 3 if len(columns) > 6 else 1).coordinate
        sheet.auto_filter.ref = f"A{first}:{get_column_letter(len(columns))}{last}"
        sheet.print_title_rows = f"{first}:{first}"
        if not rows:
            self._put(sheet, first + 1, 1, say(self.language, "sheet_nothing"))
        return max(last, first + 1)

    def _lines(self, sheet: Worksheet, row: Sequence[_Entry]) -> int:
        """How many lines the longest cell of a row takes; not every program finds that out itself."""
        from openpyxl.utils import get_column_letter

        widths = [sheet.column_dimensions[get_column_letter(number)].width for number in range(1, len(row) + 1)]
        return max(
            ceil(cell_len(entry) / (_FILLED * width)) or 1 if isinstance(entry, str) else 1
            for entry, width in zip(row, widths, strict=True)
        )

    def _put(self, sheet: Worksheet, row: int, column: int, entry: _Entry, *, ruled: bool = False) -> Any:
        value = entry if isinstance(entry, _Value) else _Value(entry, _DATE if isinstance(entry, date) else "General")
        content = _text(value.content) if isinstance(value.content, str) else value.content
        cell: Any = sheet.cell(row, column)
        cell.value = content
        if isinstance(content, str):
            cell.data_type = "s"
        look = (
            value.form,
            value.look,
            ruled,
            isinstance(content, int | float),
            isinstance(content, str) and content[:1] in set("=+-@"),
        )
        if look not in self.styles:
            _dress(cell, *look)
            self.styles[look] = cell._style  # setting each part of a style anew takes ten times as long
        cell._style = copy(self.styles[look])
        return cell

    def _strong(self, sheet: Worksheet, row: int, size: float, columns: int = 2) -> None:
        from openpyxl.styles import Font

        for column in range(1, columns + 1):
            sheet.cell(row, column).font = Font(name=_FONT, bold=True, size=size)
        sheet.row_dimensions[row].height = 1.5 * size

    def _met(self, met: bool) -> _Value:
        return _Value(say(self.language, "sheet_met" if met else "sheet_unmet"), look="good" if met else "bad")

    def _word(self, kind: str, code: str) -> str:
        return strings(self.language).get(f"{kind}_{code}", code)

    def _both(self, words: Bilingual) -> str:
        return words.zh if self.language == "zh" else words.en

    def _list(self, words: Iterable[str]) -> str:
        return say(self.language, "list_separator").join(words)

    def _clause(self, source: str, ref: str, status: str) -> str:
        settled = "" if status == "verified" else say(self.language, "in_brackets", text=say(self.language, "check_before_quoting"))
        return say(self.language, "clause", source=source, ref=ref) + settled


def _dress(cell: Cell, form: str, look: str, ruled: bool, is_number: bool, like_a_formula: bool) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    cell.number_format = form
    cell.font = Font(name=_FONT)
    cell.alignment = Alignment(vertical="top", wrap_text=ruled, horizontal="center" if ruled and is_number else "left")
    cell.quotePrefix = like_a_formula
    if ruled:
        cell.border = Border(bottom=Side("thin", color="D9D9D9"))
    if look:
        cell.fill = PatternFill("solid", fgColor=_FILL[look])


def _place(evidence: Evidence | None) -> tuple[_Entry, _Entry, _Entry]:
    return (evidence.page, evidence.section, quoted(evidence)) if evidence else (None, None, None)


def _text(words: str) -> str:
    """Words as a cell can hold them."""
    return clean(words)[:_LONGEST]


def _day(words: str | None) -> date | str | None:
    try:
        return date.fromisoformat(words) if words else None
    except ValueError:
        return words
