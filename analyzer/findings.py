"""What we conclude: the report, in the published shape (``docs/report.schema.json`` is made from these types).

A consumer may rely on every field; more may be added. Coordinates are PDF points, origin at the top left of the page as
displayed; ``quote`` stands verbatim, white space aside, on the page it names.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.0"

Verdict = Literal["adequate", "partial", "missing", "not_applicable"]
Triage = Literal["ready", "revise", "return"]
Why = Literal["rule", "classifier", "both", "none"]
Box = tuple[float, float, float, float]
"""x0, top, x1, bottom."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Bilingual(_Shape):
    """The same words in Chinese and English."""

    zh: str
    en: str


class Evidence(_Shape):
    """Words of the protocol and where they stand: one box per visual line, several where a scanned line runs askew.

    ``ocr_confidence`` tells, for words read from a picture, how sure the reading is of the least certain of these lines.
    """

    page: int
    bbox: list[Box]
    quote: str
    section: str | None = None
    ocr_confidence: float | None = Field(default=None, ge=0, le=1)


class CriterionFinding(_Shape):
    """``confidence`` is the probability of what ``met`` says; ``why`` tells which voter found the evidence."""

    id: str
    name: Bilingual
    essential: bool
    met: bool
    confidence: float = Field(ge=0, le=1)
    why: Why
    stance: Literal["satisfies", "mentions", "negated", "deferred", "placeholder", "other_study", "absent"]
    """The best that was found: a criterion that is not met may still be mentioned, deferred, denied or left as a placeholder."""
    evidence: list[Evidence]
    advice: Bilingual | None = None


class Clause(_Shape):
    """``status``: only ``verified`` may be quoted as settled; the others must be checked before they are cited."""

    source: str
    ref: str
    status: Literal["verified", "secondary", "from_memory"]


class ElementFinding(_Shape):
    """``score`` is the share of criteria met; ``needs_review`` lists the reasons why a human must look."""

    id: str
    domain: Literal["R", "S", "C", "P", "Q"]
    name: Bilingual
    verdict: Verdict
    score: float = Field(ge=0, le=1)
    severity: Literal["critical", "major", "minor"]
    group: str = "headline"
    """``headline`` elements are what a committee asks for first; ``further`` ones and ``document_structure`` follow."""
    needs_review: list[str] = []
    criteria: list[CriterionFinding]
    clauses: list[Clause]


class SectionFound(_Shape):
    """A heading, with its canonical label."""

    heading: str
    level: int
    canonical: str
    page: int
    bbox: Box


class TextSource(_Shape):
    """Pages by where their text came from."""

    digital: int
    ocr: int
    empty: int


class IsProtocol(_Shape):
    value: bool
    confidence: float = Field(ge=0, le=1)


class DocumentInfo(_Shape):
    path: str
    sha256: str
    pages: int
    language: Literal["zh", "en", "mixed"]
    title: str | None = None
    version: str | None = None
    date: str | None = None
    registration: list[str] = []
    text_source: TextSource
    is_protocol: IsProtocol


class Tool(_Shape):
    name: str
    version: str
    pack: str
    model: str


class Values(_Shape):
    """Numbers the protocol states of this study; None where it does not. ``dropout``, ``alpha`` and ``power`` are fractions."""

    sample_size_total: int | None = None
    sample_size_per_arm: list[int] | None = None
    alpha: float | None = None
    power: float | None = None
    dropout: float | None = None
    arms: int | None = None
    follow_up_months: float | None = None


class Inconsistency(_Shape):
    kind: str
    message: Bilingual
    evidence: list[Evidence]


class Recomputation(_Shape):
    """The sample size worked out again from the protocol's own assumptions.

    ``stated`` and ``answers`` count what ``unit`` says; ``answers`` runs from the smallest to the largest number that a usual convention
    gives, drop-out included, ``conventions`` has each one's before drop-out, and ``nearest`` is the one closest to what is stated.
    ``missing`` lists the parameters without which nothing can be told; ``slip`` is the usual mistake that explains the number.
    """

    design: str
    verdict: Literal["consistent", "not_reproducible", "cannot_tell"]
    unit: Literal["arm", "total", "events"]
    stated: list[int]
    answers: tuple[int, int] | None = None
    conventions: dict[str, tuple[int, int]] = {}
    nearest: str | None = None
    missing: list[str] = []
    slip: str | None = None
    message: Bilingual
    evidence: list[Evidence]


class Overall(_Shape):
    score: float = Field(ge=0, le=1)
    triage: Triage
    missing: list[str]
    partial: list[str]


class Warning(_Shape):
    """``message`` is in the language of the document; ``text``, where a pack gives it, in both."""

    code: str
    message: str
    text: Bilingual | None = None


class ConditionFinding(_Shape):
    """Something on which requirements depend (``confirmatory``, ``controlled`` …), and the words that say whether it holds.

    Without evidence the protocol is silent, or the document model decided; ``certain`` is false where the words contradict each other.
    """

    id: str
    name: Bilingual
    holds: bool
    certain: bool
    evidence: list[Evidence]


class Report(_Shape):
    """The gap report of one protocol."""

    schema_version: str = SCHEMA_VERSION
    tool: Tool
    document: DocumentInfo
    sections: list[SectionFound]
    elements: list[ElementFinding]
    conditions: list[ConditionFinding] = []
    filed_on: str | None = None
    """ISO date that decides which clauses are in force."""
    values: Values
    value_evidence: dict[str, list[Evidence]] = {}
    recomputation: Recomputation | None = None
    """None when the protocol makes no calculation."""
    inconsistencies: list[Inconsistency] = []
    overall: Overall
    warnings: list[Warning] = []


class ErrorInfo(_Shape):
    code: str
    message: str


class FailedDocument(_Shape):
    path: str


class Failure(_Shape):
    """What stands in place of a report for a file that could not be analysed."""

    error: ErrorInfo
    document: FailedDocument

    @classmethod
    def of(cls, path: str, code: str, message: str) -> Failure:
        """A failure of the file at ``path``; ``message`` is a whole sentence for the user."""
        return cls(error=ErrorInfo(code=code, message=message), document=FailedDocument(path=path))


Outcome = Report | Failure


def report_schema() -> dict[str, Any]:
    """The JSON Schema of ``Report``."""
    return Report.model_json_schema()
