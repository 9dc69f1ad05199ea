"""The report as Markdown, for tickets and notes, and as plain text, for e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.reports.terminal import clean, quoted, rendered, report_sheet, value_words, warning_words
from analyzer.resources import say, strings

if TYPE_CHECKING:
    from analyzer.findings import Bilingual, CriterionFinding, ElementFinding, Report
    from analyzer.reports import Context

_WIDTH = 76
"""Cells; longer lines are broken by some mail programs."""
_SYMBOLS = {"adequate": "✅", "partial": "🟡", "missing": "❌", "not_applicable": "➖"}
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$^]")
_LINK = re.compile(r"(?i)(https?|ftp|mailto|javascript|data)(?=:)|www(?=\.)|@")


def text(report: Report, context: Context) -> bytes:
    """The report as plain UTF-8 text."""
    named = report.model_copy(update={"document": report.document.model_copy(update={"path": Path(context.path).name})})
    return rendered(report_sheet(named, context.language, _WIDTH), colour=False).encode("utf-8", "replace")


def render(report: Report, context: Context) -> bytes:
    """The report as Markdown that GitHub, GitLab, Jira importers and Pandoc read alike."""
    return ("\n".join(_Writer(context.language).lines(report, context)) + "\n").encode("utf-8", "replace")


def escaped(words: str) -> str:
    """A stranger's words on one line: no markup, no HTML, no link, nobody called by name."""
    plain = _SPECIAL.sub(lambda mark: "\\" + mark.group(), clean(words))
    return _LINK.sub(lambda found: found.group() + "\u2060", plain)


class _Writer:
    def __init__(self, language: str) -> None:
        self.language = language

    def lines(self, report: Report, context: Context) -> Iterator[str]:
        """The lines of the document."""
        document, overall = report.document, report.overall
        yield f"# {escaped(document.title or Path(context.path).name)}"
        facts = [
            escaped(Path(context.path).name),
            self._say("page_count", pages=document.pages),
            self._say("version_label", version=escaped(document.version)) if document.version else "",
            escaped(document.date or ""),
            *map(escaped, document.registration),
        ]
        yield from ("", " · ".join(filter(None, facts)), "")
        conclusion = self._say("overall", triage=self._word("triage", overall.triage), percent=round(100 * overall.score))
        yield f"**{conclusion}**"
        for warning in report.warnings:
            yield from ("", f"> ⚠ {escaped(warning_words(warning, self.language))}")
        yield from self._table(report)
        for element in report.elements:
            if element.verdict in {"partial", "missing"} or element.needs_review:
                yield from self._element(element)
        yield from self._values(report)
        if report.inconsistencies:
            yield from ("", f"## {self._say('heading_inconsistencies')}", "")
            for entry in report.inconsistencies:
                places = [f"{self._say('page', page=found.page)} {self._quote(quoted(found))}" for found in entry.evidence]
                yield f"- {escaped(self._both(entry.message))} {self._say('clause_separator').join(places)}".rstrip()
        tool = f"{report.tool.name} {report.tool.version}"
        key = "provenance" if report.tool.model else "provenance_without_model"
        yield from ("", "---", "", self._say(key, tool=tool, pack=report.tool.pack, model=report.tool.model[:12]))

    def _table(self, report: Report) -> Iterator[str]:
        heads = [self._say(f"sheet_column_{name}") for name in ("element", "verdict", "met", "total")]
        yield from ("", "| " + " | ".join(heads) + " |", "|---|---|---:|---:|")
        for element in report.elements:
            met = sum(criterion.met for criterion in element.criteria)
            counts = [str(met), str(len(element.criteria))] if element.criteria else ["", ""]
            verdict = f"{_SYMBOLS[element.verdict]} {self._word('verdict', element.verdict)}"
            yield "| " + " | ".join([escaped(self._both(element.name)), verdict, *counts]) + " |"

    def _values(self, report: Report) -> Iterator[str]:
        stated = {name: value for name, value in report.values.model_dump().items() if value is not None}
        if stated:
            yield from ("", f"## {self._say('heading_values')}", "")
        for name, value in stated.items():
            where = report.value_evidence.get(name)
            page = self._say("in_brackets", text=self._say("page", page=where[0].page)) if where else ""
            yield f"- {value_words(name, value, self.language)}{page}"

    def _element(self, element: ElementFinding) -> Iterator[str]:
        severity = f" · {self._word('severity', element.severity)}" if element.verdict in {"partial", "missing"} else ""
        yield from ("", f"## {escaped(self._both(element.name))}", "")
        yield f"{_SYMBOLS[element.verdict]} **{self._word('verdict', element.verdict)}**{severity}"
        if element.needs_review:
            reasons = self._say("list_separator").join(self._word("reason", code) for code in element.needs_review)
            yield from ("", f"> ⚠ {self._say('needs_review', reasons=reasons)}")
        yield ""
        for criterion in sorted(element.criteria, key=lambda criterion: (criterion.met, not criterion.essential)):
            yield from self._criterion(criterion)
        if element.verdict != "adequate" and element.clauses:
            clauses = (self._clause(clause.source, clause.ref, clause.status) for clause in element.clauses)
            yield from ("", self._say("basis", text=self._say("clause_separator").join(clauses)))

    def _criterion(self, criterion: CriterionFinding) -> Iterator[str]:
        first = criterion.evidence[0] if criterion.evidence else None
        found = f" {self._say('page', page=first.page)} {self._quote(quoted(first))}" if first else ""
        name = escaped(self._both(criterion.name))
        if criterion.met:
            yield f"- [x] {name}{found}"
            return
        essential = self._say("in_brackets", text=self._say("essential")) if criterion.essential else ""
        stance = self._say("in_brackets", text=self._word("stance", criterion.stance)) if first else ""
        yield f"- [ ] **{name}**{essential}{found}{stance}"
        if criterion.advice:
            yield f"  - {self._say('advice', text=escaped(self._both(criterion.advice)))}"

    def _quote(self, words: str) -> str:
        return self._say("quotation", quote=escaped(words))

    def _clause(self, source: str, ref: str, status: str) -> str:
        settled = "" if status == "verified" else self._say("in_brackets", text=self._say("check_before_quoting"))
        return self._say("clause", source=escaped(source), ref=escaped(ref)) + settled

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def _word(self, kind: str, code: str) -> str:
        return strings(self.language).get(f"{kind}_{code}", code)

    def _both(self, words: Bilingual) -> str:
        return words.zh if self.language == "zh" else words.en
