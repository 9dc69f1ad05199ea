"""The map of the house: a PDF in, a gap report out. Read this file first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from analyzer import checks
from analyzer.bearing import weigh
from analyzer.checks.sample_size import recompute, summary
from analyzer.classification import Floats, LinearModel, heading_labeller, load_model
from analyzer.conditions import Conditions
from analyzer.document import Document, Passage
from analyzer.features import Weighted, cell_features
from analyzer.findings import (
    Bilingual,
    ConditionFinding,
    DocumentInfo,
    ElementFinding,
    Evidence,
    Inconsistency,
    IsProtocol,
    Recomputation,
    Report,
    SectionFound,
    TextSource,
    Tool,
    Values,
)
from analyzer.findings import Warning as ReportWarning
from analyzer.front_matter import read_front_matter
from analyzer.genre import document_features
from analyzer.judging import Circumstances, Witness, judge, overall
from analyzer.matching import Matcher, is_silent
from analyzer.ocr import Ocr
from analyzer.quoting import evidence_of
from analyzer.reading import read
from analyzer.resources import DEFAULT_PACK, model_dir, say, tool_version
from analyzer.rules import Pack, load_pack
from analyzer.segmentation import passages, segment
from analyzer.stages import stage
from analyzer.stances import stance_teller
from analyzer.text import language_of
from analyzer.values import Found, extract
from analyzer.voting import ballots


class Analyzer:
    """A pack and a model, loaded once and used for any number of protocols.

    ``filed_on`` decides which clauses are in force; None means the day of the report. ``ocr`` says how scanned pages are read.
    Raises BrokenPack or BrokenModel when they cannot be used.
    """

    def __init__(self, pack: str = DEFAULT_PACK, model: Path | None = None, filed_on: date | None = None, ocr: Ocr | None = None) -> None:
        self.pack = load_pack(pack)
        self.conditions = Conditions(self.pack)
        self.matcher = Matcher(self.pack, self.conditions.criteria())
        self.filed_on = filed_on
        self.ocr = ocr or Ocr()
        self.model = load_model(model or model_dir())
        self._names = {f"{element.id}.{criterion.id}" for element, criterion in self.pack.criteria()}

    def read(self, path: Path | str, data: bytes | None = None, password: str | None = None) -> Document:
        """The document with its language and sections. Raises an AnalyzerError when the file cannot be read."""
        document = read(path, data, password, self.ocr)
        with stage("segmentation"):
            document.language = language_of(document.text)
            document.sections = segment(document, heading_labeller(self.model.headings))
        return document

    def analyze(self, path: Path | str, data: bytes | None = None, password: str | None = None) -> Report:
        """The gap report of one protocol. Raises an AnalyzerError when the file cannot be read."""
        return self.report(self.read(path, data, password))

    def report(self, document: Document) -> Report:
        """The gap report of a document that has been read."""
        with stage("segmentation"):
            pieces = passages(document)
        with stage("matching"):
            matching = self.matcher.of(document, pieces)
            hits = matching.all_hits()
        with stage("classification"):
            scores = self._scores(document, pieces)
            first = self.model.passages.labels
            weighed = weigh(self.model.bearing, document, pieces, scores[:, : len(first)], first, hits) if self._asks(first) else []
            kinds = {
                "protocol": _probability(self.model.documents, document_features(document)),
                "cells": _probability(self.model.cells, cell_features(document)),
            }
        is_protocol = kinds["protocol"]
        filed_on = self.filed_on or date.today()

        @cache
        def quote(passage: int) -> Evidence | None:
            return evidence_of(document, pieces[passage].start, pieces[passage].end)

        unread = bool(document.unread)
        with stage("judging"):
            conditions = self.conditions.decide(hits, kinds, quote)
            elements = judge(
                self.pack,
                ballots(self.pack, document, pieces, hits, scores, self.model.labels, self.model.all_thresholds, weighed),
                self.model.decision_on,
                Circumstances(conditions, unreadable_pages=unread, filed_on=filed_on),
                Witness(quote, stance_teller(self.model.stances, document, pieces, matching.context)),
            )
        with stage("values"):
            found = extract(document, pieces)
        with stage("checks"):
            contradictions = checks.run(document, pieces, found)
        with stage("report"):
            return self._report(document, filed_on, is_protocol, elements, conditions, found, contradictions)

    def _report(
        self,
        document: Document,
        filed_on: date,
        is_protocol: float,
        elements: Sequence[ElementFinding],
        conditions: list[ConditionFinding],
        found: Found,
        contradictions: Sequence[checks.Finding],
    ) -> Report:
        reviewed = [_to_review(element, contradictions) for element in elements]
        return Report(
            tool=Tool(name="analyzer", version=tool_version(), pack=self.pack.label, model=self.model.version),
            document=_info(document, is_protocol),
            sections=[_section(document, index) for index in range(len(document.sections))],
            elements=reviewed,
            conditions=conditions,
            filed_on=filed_on.isoformat(),
            values=Values.model_validate(found.contract()),
            value_evidence=_value_evidence(document, found),
            recomputation=_recomputation(document, found),
            inconsistencies=[_contradiction(document, finding) for finding in contradictions],
            overall=overall(self.pack, reviewed, is_protocol=is_protocol >= 0.5),
            warnings=[*_warnings(document, is_protocol), *_notices(self.pack, document, filed_on)],
        )

    def _asks(self, labels: Sequence[str]) -> bool:
        """Whether the pack has any of the criteria that a model tells."""
        return not self._names.isdisjoint(labels)

    def _scores(self, document: Document, passages: Sequence[Passage]) -> Floats:
        """What the classifiers say of each passage, (passages, labels); the lowest score there is where they are not asked."""
        first, judged = self.model.passages, self.model.judged
        asked = [index for index, passage in enumerate(passages) if not is_silent(document, passage)]
        pieces = [passages[index] for index in asked]
        scores = np.full((len(passages), len(self.model.labels)), -np.inf, dtype=np.float32)
        if self._asks(first.labels):
            scores[asked, : len(first.labels)] = first.scores_of_columns(first.featurizer.passages(document, pieces))
        if self._asks(judged.labels):
            scores[asked, len(first.labels) :] = judged.scores_of_columns(judged.featurizer.contents(document, pieces))
        return scores


def _value_evidence(document: Document, found: Found) -> dict[str, list[Evidence]]:
    stated = {name: value for name in found.contract() if (value := found.best(name)) is not None}
    quoted = {name: evidence_of(document, value.start, value.end) for name, value in stated.items()}
    return {name: [evidence] for name, evidence in quoted.items() if evidence is not None}


def _recomputation(document: Document, found: Found) -> Recomputation | None:
    outcome = recompute(found)
    if outcome is None:
        return None
    quoted = (evidence_of(document, start, end) for start, end in outcome.spans)
    return Recomputation(
        design=outcome.design,
        verdict=outcome.result,
        unit=outcome.unit,
        stated=list(outcome.stated),
        answers=outcome.right,
        conventions={answer.convention: (answer.low, answer.high) for answer in outcome.answers},
        nearest=outcome.nearest or None,
        missing=[term.removeprefix("check_term_") for term in outcome.missing],
        slip=outcome.slip.removeprefix("check_slip_") or None,
        message=Bilingual(zh=summary(outcome, "zh"), en=summary(outcome, "en")),
        evidence=[evidence for evidence in quoted if evidence is not None],
    )


def _contradiction(document: Document, finding: checks.Finding) -> Inconsistency:
    quoted = (evidence_of(document, start, end) for start, end in finding.spans)
    return Inconsistency(
        kind=finding.kind,
        message=Bilingual(zh=finding.message("zh"), en=finding.message("en")),
        evidence=[evidence for evidence in quoted if evidence is not None],
    )


def _to_review(element: ElementFinding, contradictions: Sequence[checks.Finding]) -> ElementFinding:
    """The finding, marked where the protocol contradicts itself about it."""
    if element.verdict == "not_applicable" or all(finding.element != element.id for finding in contradictions):
        return element
    return element.model_copy(update={"needs_review": sorted({*element.needs_review, "contradiction"})})


def _probability(model: LinearModel, features: Weighted) -> float:
    return float(1 / (1 + np.exp(-model.scores([features])[0, 0])))


def _info(document: Document, is_protocol: float) -> DocumentInfo:
    front = read_front_matter(document)
    scanned = sum(page.source == "ocr" for page in document.pages)
    empty = sum(page.source == "empty" for page in document.pages)
    return DocumentInfo(
        path=document.path,
        sha256=document.sha256,
        pages=len(document.pages),
        language=document.language,
        title=front.title,
        version=front.version,
        date=front.date,
        registration=front.registration,
        text_source=TextSource(digital=len(document.pages) - scanned - empty, ocr=scanned, empty=empty),
        is_protocol=IsProtocol(value=is_protocol >= 0.5, confidence=round(max(is_protocol, 1 - is_protocol), 4)),
    )


def _section(document: Document, index: int) -> SectionFound:
    section = document.sections[index]
    page = document.page_of(section.start)
    lines = [shown for line in document.lines_of(section.start, section.body) for shown in page.shown(line.rect)]
    box = (min(r.x0 for r in lines), min(r.top for r in lines), max(r.x1 for r in lines), max(r.bottom for r in lines))
    return SectionFound(
        heading=section.heading,
        level=section.level,
        canonical=section.canonical,
        page=page.number,
        bbox=(round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2)),
    )


def _notices(pack: Pack, document: Document, filed_on: date) -> list[ReportWarning]:
    found = []
    for notice in pack.info.notices:
        if notice.in_force(filed_on):
            text = Bilingual(zh=notice.text.zh, en=notice.text.en)
            found.append(ReportWarning(code=notice.id, message=text.zh if document.language == "zh" else text.en, text=text))
    return found


def _warnings(document: Document, is_protocol: float) -> list[ReportWarning]:
    language = "zh" if document.language == "zh" else "en"
    told = [*document.warnings, *([("not_a_protocol", {})] if is_protocol < 0.5 else [])]
    texts = [(code, Bilingual(zh=_worded("zh", code, details), en=_worded("en", code, details))) for code, details in told]
    return [ReportWarning(code=code, message=text.zh if language == "zh" else text.en, text=text) for code, text in texts]


def _worded(language: str, code: str, details: Mapping[str, object]) -> str:
    """The sentence of a warning; numbers of pages as ranges."""
    blanks = {name: _ranges(value, language) if isinstance(value, list) else value for name, value in details.items()}
    return say(language, f"warning_{code}", **blanks)


def _ranges(numbers: Sequence[int], language: str) -> str:
    """1, 2, 3, 7 -> "1–3, 7"."""
    ends = [number for number in numbers if number + 1 not in numbers]
    starts = [number for number in numbers if number - 1 not in numbers]
    return say(language, "list_separator").join(str(a) if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=True))
