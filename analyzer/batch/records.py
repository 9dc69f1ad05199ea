"""One outcome as it is kept: the whole ``Outcome``, packed, and beside it what lists and filters need."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from analyzer.resources import say

if TYPE_CHECKING:
    from analyzer.findings import Outcome, Report

SEVERITIES = ("critical", "major", "minor")
TRANSIENT = frozenset({"file_missing", "no_permission", "file_changed"})
"""Failures of the moment, not of the document: every run tries these again."""


@dataclass(frozen=True, slots=True)
class Task:
    """A document to analyse: its key (SHA-256), where it lies, and its bytes where the path does not lead to them."""

    key: str
    path: str
    name: str
    data: bytes | None = None


@dataclass(slots=True)
class Summary:
    """What a list shows of one document. ``code`` is empty for a report; ``details`` fill the sentence of a failure."""

    code: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    institution: str = ""
    version: str = ""
    date: str = ""
    language: str = ""
    pages: int = 0
    score: float = 0.0
    triage: str = ""
    is_protocol: bool = True
    verdicts: dict[str, str] = field(default_factory=dict)
    severities: dict[str, str] = field(default_factory=dict)
    review: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def missing(self) -> list[str]:
        """Elements that are missing."""
        return [element for element, verdict in self.verdicts.items() if verdict == "missing"]

    @property
    def partial(self) -> list[str]:
        """Elements that are partial."""
        return [element for element, verdict in self.verdicts.items() if verdict == "partial"]

    @property
    def severity(self) -> str:
        """The gravest severity of a missing or partial element, or nothing."""
        grave = {self.severities[element] for element in (*self.missing, *self.partial)}
        return next((severity for severity in SEVERITIES if severity in grave), "")

    def packed(self) -> str:
        """As JSON, for the store."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Summary:
        """From the store; what a newer program wrote beside the known is left out."""
        content = json.loads(text)
        return cls(**{name: content[name] for name in cls.__dataclass_fields__ if name in content})


@dataclass(frozen=True, slots=True)
class Record:
    """An outcome on its way into the store. ``body`` is the zipped JSON of a ``findings.Outcome``."""

    key: str
    summary: Summary
    body: bytes
    elements: dict[str, dict[str, str]] = field(default_factory=dict)
    """Names of the elements by id, in ``zh`` and ``en``."""
    page: bool = False
    """Whether the protocol's own page was written."""


def record_of_report(task: Task, report: Report, *, institution: str, seconds: float, page: bool) -> Record:
    """The record of a protocol that was read."""
    document = report.document
    summary = Summary(
        title=document.title or "",
        institution=institution,
        version=document.version or "",
        date=document.date or "",
        language=document.language,
        pages=document.pages,
        score=report.overall.score,
        triage=report.overall.triage,
        is_protocol=document.is_protocol.value,
        verdicts={element.id: element.verdict for element in report.elements},
        severities={element.id: element.severity for element in report.elements},
        review=[element.id for element in report.elements if element.needs_review],
        seconds=round(seconds, 3),
    )
    names = {element.id: element.name.model_dump() for element in report.elements}
    return Record(task.key, summary, pack(report), names, page)


def record_of_failure(task: Task, code: str, language: str, details: Mapping[str, object], *, seconds: float = 0.0) -> Record:
    """The record of a document that gave no report; ``details`` fill the sentence ``error_<code>``."""
    from analyzer.findings import Failure

    plain = {name: value if isinstance(value, int | float | str) else str(value) for name, value in details.items()}
    summary = Summary(code=code, details=plain, seconds=round(seconds, 3))
    return Record(task.key, summary, pack(Failure.of(task.name, code, failure_sentence(summary, task.name, language))))


def failure_sentence(summary: Summary, name: str, language: str) -> str:
    """What happened to which file and what to do, for the reader."""
    return say(language, f"error_{summary.code}", **{**summary.details, "path": name})


def pack(outcome: Outcome) -> bytes:
    """The outcome as zipped JSON."""
    return zlib.compress(outcome.model_dump_json().encode("utf-8", "replace"), 6)


def unpack(body: bytes) -> bytes:
    """The JSON of an outcome."""
    return zlib.decompress(body)
