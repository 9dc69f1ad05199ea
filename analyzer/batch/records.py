"""One outcome as it is kept: the whole ``Outcome``, packed, and beside it what lists and filters need."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analyzer.resources import say

if TYPE_CHECKING:
    from analyzer.findings import Outcome, Report

SEVERITIES = ("critical", "major", "minor")
TRANSIENT = frozenset({
    "file_missing", "no_permission", "file_changed", "encrypted", "wrong_password", "archive_locked",
    "over_file_megabytes", "over_pages", "over_page_characters", "over_characters", "over_page_objects",
})  # fmt: skip
"""Failures of the moment or of what the run was told, not of the document: every run tries these again, which takes no time."""


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
        return json.dumps({name: getattr(self, name) for name in self.__dataclass_fields__}, ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Summary:
        """From the store; what a newer program wrote beside the known is left out."""
        content = json.loads(text)
        return cls(**{name: content[name] for name in cls.__dataclass_fields__ if name in content})


@dataclass(frozen=True, slots=True)
class Record:
    """An outcome on its way into the store. ``body`` is a packed ``findings.Outcome``."""

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
    """The outcome as a line of JSON, in the format of gzip: files of such pieces one after the other are good gzip files."""
    return _gzipped(outcome.model_dump_json().encode("utf-8", "replace"))


def unpack(body: bytes) -> bytes:
    """The JSON of an outcome."""
    return gzip.decompress(body).removesuffix(b"\n")


def repacked(body: bytes) -> bytes:
    """An outcome that was packed as it was before the third version of the store."""
    return _gzipped(zlib.decompress(body))


def _gzipped(line: bytes) -> bytes:
    return gzip.compress(line.replace(b"\n", b" ") + b"\n", 6, mtime=0)
