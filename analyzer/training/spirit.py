"""Real English protocols from SPIRIT-CONSORT-TM as extra training material (never part of this repository).

The corpus (ScienceNLP-Lab/RCT-Transparency, MIT licence) labels sentences of 80 published trial protocols with the items of
SPIRIT 2013 and CONSORT 2010. Its items are coarser than our criteria, so a sentence is only ever labelled where the item says
as much, or where an item and a rule of the pack agree; what the items cannot tell is *unknown*, neither positive nor negative.

Expected form of a folder: ``protocol_sentences.jsonl`` with ``pmcid``, ``sid`` (order), ``headers`` (outermost first), ``text``
and ``items`` per line.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analyzer.document import Document
from analyzer.matching import match
from analyzer.rules import Pack
from analyzer.segmentation import Labeller, title_of, vocabulary_label
from analyzer.training.corpus import Protocol, SheetLine, protocol_of

FILE = "protocol_sentences.jsonl"
RESULTS_FILE = "results_sentences.jsonl"

SAYS: dict[str, tuple[str, ...]] = {
    "7_Objectives": ("objectives.specific_aim",),
    "14a_Sample_size": ("sample_size.number",),
    "14b_Sample_Calculation": ("sample_size.basis",),
    "21a_Data_monitoring_committee": ("subject_protection.dsmb",),
    "24_Ethics": ("subject_protection.ethics_review",),
    "26a_Consent_Obtaining": ("subject_protection.informed_consent",),
    "27_Confidentiality": ("subject_protection.privacy",),
    "30_Post_trial_care": ("subject_protection.injury_compensation",),
}
"""Item -> criteria which a sentence with that item satisfies, and which no sentence without it does."""

_NARROWS: dict[str, tuple[str, ...]] = {
    "7_Objectives": ("objectives.population", "objectives.intervention", "objectives.measurable"),
    "12a_Outcomes_Definitions": ("outcomes.primary", "outcomes.secondary", "outcomes.definition", "outcomes.time_point"),
    "18a_Data_Collection": ("outcomes.definition", "outcomes.time_point"),
    "14a_Sample_size": (
        "sample_size.alpha",
        "sample_size.power",
        "sample_size.method",
        "sample_size.dropout",
        "sample_size.effect_assumption",
    ),
    "14b_Sample_Calculation": (
        "sample_size.alpha",
        "sample_size.power",
        "sample_size.method",
        "sample_size.dropout",
        "sample_size.effect_assumption",
    ),
}
"""Item -> criteria which a sentence with that item may satisfy; it does where a rule says so too, otherwise it is unknown."""


def load_spirit(folder: Path, pack: Pack, label_heading: Labeller) -> list[Protocol]:
    """The protocols of a SPIRIT-CONSORT-TM folder; each is an author voice of its own."""
    return _load(folder / FILE, pack, label_heading)


def load_results(folder: Path, pack: Pack, label_heading: Labeller) -> list[Document]:
    """The papers on the results of the same trials, which are no protocols; none where the folder has no file of them."""
    path = folder / RESULTS_FILE
    return [paper.document for paper in _load(path, pack, label_heading)] if path.exists() else []


def _load(path: Path, pack: Pack, label_heading: Labeller) -> list[Protocol]:
    documents: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            documents[row["pmcid"]].append(row)
    return [_protocol(name, rows, pack, label_heading) for name, rows in sorted(documents.items())]


def _protocol(name: str, rows: Sequence[dict[str, Any]], pack: Pack, label_heading: Labeller) -> Protocol:
    lines: list[SheetLine] = []
    items: list[set[str]] = []
    path: list[tuple[str, str]] = []
    previous = "title_page"
    for row in sorted(rows, key=lambda row: int(row["sid"])):
        headers = [header for header in row["headers"] if header]
        shared = 0
        while shared < min(len(path), len(headers)) and path[shared][0] == headers[shared]:
            shared += 1
        del path[shared:]
        for header in headers[shared:]:
            above = path[-1][1] if path else "none"
            canonical = vocabulary_label(header) or label_heading(title_of(header), above, previous)
            path.append((header, canonical))
            previous = canonical
            lines.append(SheetLine(header, min(4, len(path)), canonical))
        text = " ".join(row["text"].split())
        if text:
            lines.append(SheetLine(text))
            items.append(set(row["items"]))
    protocol = protocol_of({"id": name, "voice": name, "language": "en", "kind": "drug", "title": name}, lines)
    _label(protocol, items, pack)
    return protocol


def _label(protocol: Protocol, items: Sequence[set[str]], pack: Pack) -> None:
    told = {criterion for criteria in SAYS.values() for criterion in criteria}
    narrowed = {criterion for criteria in _NARROWS.values() for criterion in criteria}
    all_criteria = {f"{element.id}.{criterion.id}" for element, criterion in pack.criteria()}
    untold = all_criteria - told - narrowed
    agreed: dict[int, set[str]] = defaultdict(set)
    for hit in match(pack, protocol.document, protocol.passages):
        if hit.stance in ("satisfies", "other_study"):
            agreed[hit.passage].add(f"{hit.element}.{hit.criterion}")
    for index, own in enumerate(items):
        unknown = set(untold)
        for item, criteria in SAYS.items():
            if item in own:
                protocol.labels[index].update(dict.fromkeys(criteria, "satisfies"))
        for item, criteria in _NARROWS.items():
            if item in own:
                for criterion in criteria:
                    if criterion in agreed[index]:
                        protocol.labels[index][criterion] = "satisfies"
                    else:
                        unknown.add(criterion)
        protocol.unknown.append(frozenset(unknown - protocol.labels[index].keys()))
