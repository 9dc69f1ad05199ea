"""The letter to the applicant: numbered requests, from the bundled template or the committee's own.

It is a draft. What only the secretary is to read (the program is unsure, a clause is not verified) has blanks of its own, which the
bundled template sets on yellow. The bundled templates are made by ``docs/make_letters.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.reports.filling import Scope, fill
from analyzer.reports.terminal import quoted, shorten
from analyzer.resources import PACKAGE, say, strings

if TYPE_CHECKING:
    from analyzer.findings import Bilingual, Clause, CriterionFinding, ElementFinding, Evidence, Inconsistency, Report
    from analyzer.reports import Context

PLAIN = (
    *("title", "file", "version", "date", "registration", "details", "today"),
    *("nothing", "requests_title", "contradictions_title"),
)
REQUEST = ("number", "text", "element", "severity", "verdict", "basis", "check", "check_basis")
ITEM = ("number", "text", "name", "page", "quote", "advice")
CONTRADICTION = ("number", "text", "places")
BLANKS = (
    *PLAIN,
    *(f"request.{name}" for name in REQUEST),
    *(f"item.{name}" for name in ITEM),
    *(f"contradiction.{name}" for name in CONTRADICTION),
)
"""All blanks that a template may have."""
_SEVERITIES = ("critical", "major", "minor")
_BULLETS, _STOPS = "\u2022\u00b7\u25cf\u25a0\u25c6\u25aa-\u2013 ", "\u3002\uff1b\uff0c.;, "
_LONGEST_QUOTE = 160
"""Cells: Chinese characters count two."""


def template_path(language: str) -> Path:
    """The bundled template."""
    return PACKAGE / "reports" / f"letter_{language}.docx"


def render(report: Report, context: Context) -> bytes:
    """The letter. Raises UsageError when the committee's own template cannot be used."""
    scope = _Words(context.language).letter(report, context)
    return fill(context.template or template_path(context.language), scope, BLANKS, context.language)


def _trimmed(evidence: Evidence) -> str:
    """A quotation as it stands in the midst of a sentence: no bullet before it, no full stop after it, not too long."""
    return shorten(quoted(evidence).lstrip(_BULLETS).rstrip(_STOPS), _LONGEST_QUOTE)


class _Words:
    """What a letter says in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def letter(self, report: Report, context: Context) -> Scope:
        """Everything that a template can ask for."""
        document = report.document
        wanted = [element for element in report.elements if element.verdict in ("missing", "partial")]
        wanted.sort(key=lambda element: (_SEVERITIES.index(element.severity), element.verdict != "missing"))
        requests = [self._request(element, number) for number, element in enumerate(wanted, 1)]
        contradictions = [self._contradiction(entry, number) for number, entry in enumerate(report.inconsistencies, 1)]
        alone = "letter_contradictions" if requests else "letter_contradictions_only"
        facts = [self._say("version_label", version=document.version) if document.version else "", document.date or ""]
        facts = [fact for fact in facts if fact]
        words = {
            "title": document.title or Path(context.path).stem,
            "file": Path(context.path).name,
            "version": document.version or "",
            "date": document.date or "",
            "registration": self._list(document.registration),
            "details": self._say("letter_details", facts=self._list(facts)) if facts else "",
            "today": self._today(),
            "nothing": "" if requests or contradictions else self._say("letter_none"),
            "requests_title": self._say("letter_requests") if requests else "",
            "contradictions_title": self._say(alone) if contradictions else "",
        }
        return Scope(words, {"request": requests, "contradiction": contradictions})

    def _request(self, element: ElementFinding, number: int) -> Scope:
        open_ones = [criterion for criterion in element.criteria if not criterion.met]
        open_ones.sort(key=lambda criterion: not criterion.essential)
        severity = self._word("severity", element.severity)
        reasons = self._list(self._word("reason", code) for code in element.needs_review)
        settled = [clause for clause in element.clauses if clause.status == "verified"]
        unsettled = [clause for clause in element.clauses if clause.status != "verified"]
        words = {
            "number": str(number),
            "text": self._say(f"letter_request_{element.verdict}", element=self._both(element.name), severity=severity),
            "element": self._both(element.name),
            "severity": severity,
            "verdict": self._word("verdict", element.verdict),
            "basis": self._say("letter_basis", text=self._clauses(settled)) if settled else "",
            "check": self._say("letter_check", reasons=reasons) if reasons else "",
            "check_basis": self._say("letter_check_basis", text=self._clauses(unsettled)) if unsettled else "",
        }
        absent = "letter_item_absent" if element.verdict == "partial" else "letter_item_wanted"
        return Scope(words, {"item": [self._item(criterion, place, absent) for place, criterion in enumerate(open_ones, 1)]})

    def _item(self, criterion: CriterionFinding, number: int, absent: str) -> Scope:
        """What to add, and what was found instead; ``absent`` is the key of the sentence for nothing at all."""
        name = self._both(criterion.name)
        advice = self._both(criterion.advice) if criterion.advice else ""
        page, quote, text = "", "", self._say(absent, name=name, advice=advice)
        if criterion.evidence and criterion.stance != "absent":
            first = criterion.evidence[0]
            page, quote = str(first.page), _trimmed(first)
            stance = self._say(f"letter_stance_{criterion.stance}")
            text = self._say("letter_item_found", name=name, page=page, quote=quote, stance=stance, advice=advice)
        return Scope({"number": str(number), "text": text, "name": name, "page": page, "quote": quote, "advice": advice})

    def _contradiction(self, entry: Inconsistency, number: int) -> Scope:
        places = [self._say("letter_place", page=evidence.page, quote=_trimmed(evidence)) for evidence in entry.evidence]
        return Scope({"number": str(number), "text": self._both(entry.message), "places": self._say("letter_list").join(places)})

    def _clauses(self, clauses: Sequence[Clause]) -> str:
        """Each source once, with all that it says."""
        refs: dict[str, list[str]] = {}
        for clause in clauses:
            refs.setdefault(clause.source, []).append(clause.ref)
        return self._say("clause_separator").join(self._say("clause", source=source, ref=self._list(refs[source])) for source in refs)

    def _today(self) -> str:
        today = date.today()
        return self._say("letter_date", year=today.year, month=f"{today.month:02}", day=f"{today.day:02}")

    def _list(self, words: Iterable[str]) -> str:
        return self._say("list_separator").join(words)

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def _word(self, kind: str, code: str) -> str:
        return strings(self.language).get(f"{kind}_{code}", code)

    def _both(self, words: Bilingual) -> str:
        return words.zh if self.language == "zh" else words.en
