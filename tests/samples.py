"""Reports made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.findings import (
    Bilingual,
    Clause,
    CriterionFinding,
    DocumentInfo,
    ElementFinding,
    Evidence,
    Inconsistency,
    IsProtocol,
    Overall,
    Report,
    TextSource,
    Tool,
    Values,
    Warning,
)


def evidence(quote: str, page: int = 3) -> Evidence:
    """A quotation somewhere on a page."""
    return Evidence(page=page, bbox=[(0, 0, 1, 1)], quote=quote)


def criterion(name: str, *, met: bool, quote: str | None = None, stance: str = "satisfies", **more: Any) -> CriterionFinding:
    """A criterion, with advice when it is not met."""
    plain: dict[str, Any] = {
        "id": name,
        "name": {"zh": f"{name}项", "en": name},
        "essential": False,
        "met": met,
        "confidence": 0.9,
        "why": "rule" if quote else "none",
        "stance": stance if quote else "absent",
        "evidence": [evidence(quote)] if quote else [],
        "advice": None if met else {"zh": f"请写明{name}。", "en": f"State the {name}."},
    }
    return CriterionFinding.model_validate(plain | more)


def element(name: str, verdict: str, criteria: Sequence[CriterionFinding] = (), **more: Any) -> ElementFinding:
    """An element with this verdict."""
    plain: dict[str, Any] = {
        "id": name,
        "domain": "S",
        "name": {"zh": f"{name}要素", "en": name.replace("_", " ").capitalize()},
        "verdict": verdict,
        "score": 0.5,
        "severity": "critical",
        "criteria": criteria,
        "clauses": [
            Clause(source="SPIRIT 2025", ref="item 19", status="verified"),
            Clause(source="ICH E9", ref="3.5", status="from_memory"),
        ],
    }
    return ElementFinding.model_validate(plain | more)


def report(elements: Sequence[ElementFinding] | None = None, *, path: str = "protocol.pdf", **document: Any) -> Report:
    """The report of a protocol with a bit of everything, or with these elements."""
    if elements is None:
        elements = [
            element(
                "objectives", "adequate", [criterion("aim", met=True, quote="To assess the safety of cells in 60 adults.", essential=True)]
            ),
            element("cell_source", "not_applicable"),
            element(
                "sample_size",
                "partial",
                [
                    criterion("number", met=True, quote="A total of 60 participants will be enrolled.", essential=True),
                    criterion("basis", met=False, quote="The number will be given by a statistician.", stance="deferred", essential=True),
                ],
                needs_review=["votes_disagree"],
            ),
            element("subject_protection", "missing", [criterion("consent", met=False, essential=True)]),
        ]
    info: dict[str, Any] = {
        "path": path,
        "sha256": "0" * 64,
        "pages": 12,
        "language": "en",
        "title": "Cells for knees",
        "version": "2.0",
        "date": "2024-03-01",
        "registration": ["NCT01234567"],
        "text_source": TextSource(digital=12, ocr=0, empty=0),
        "is_protocol": IsProtocol(value=True, confidence=0.99),
    }
    missing = [entry.id for entry in elements if entry.verdict == "missing"]
    partial = [entry.id for entry in elements if entry.verdict == "partial"]
    triage = "return" if missing else "revise" if partial else "ready"
    message = Bilingual(zh="总例数前后不一：60 与 80。", en="The total number differs: 60 and 80.")
    return Report(
        tool=Tool(name="analyzer", version="0.1", pack="rscpq 1.0", model="abc"),
        document=DocumentInfo.model_validate(info | document),
        sections=[],
        elements=list(elements),
        values=Values(sample_size_total=60, sample_size_per_arm=[30, 30], power=0.8, alpha=0.05),
        value_evidence={"power": [evidence("a power of 80%", 7)]},
        inconsistencies=[
            Inconsistency(kind="sample_size_mismatch", message=message, evidence=[evidence("60 in all", 2), evidence("80 adults", 9)]),
        ],
        overall=Overall(score=0.71, triage=triage, missing=missing, partial=partial),  # type: ignore[arg-type]
        warnings=[Warning(code="pages_without_text", message="Page 4 holds no text.")],
    )
