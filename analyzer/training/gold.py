"""Reports against hand-labelled protocols: the figures that say how good the program is.

A gold folder holds ``<id>/gold.json`` per protocol; a report folder holds ``<id>.<layout>.json`` per analysed PDF. A *met*
criterion is the positive; a *gap* is a criterion that is not met. Kappa and Matthews correlation are 0 for a coin and 1 for
agreement, so a majority of met criteria does not flatter them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.errors import UsageError
from analyzer.training.evaluate import figures

_ORNAMENTS = re.compile(r"[\s*_`|#·\-—–.…]+")


@dataclass
class Tally:
    """Counts over all reports; ``criteria`` has true positives, false positives, false negatives, true negatives."""

    criteria: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    layouts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    verdicts: list[tuple[str, str]] = field(default_factory=list)
    evidence: list[int] = field(default_factory=lambda: [0, 0])
    headings: list[int] = field(default_factory=lambda: [0, 0, 0])
    canonical: list[int] = field(default_factory=lambda: [0, 0])
    values: list[int] = field(default_factory=lambda: [0, 0])
    contradictions: list[int] = field(default_factory=lambda: [0, 0, 0])
    documents: int = 0


def evaluate_reports(gold: Path, reports: Path) -> dict[str, Any]:
    """Figures of the reports in a folder. Raises UsageError when no report belongs to a gold protocol."""
    tally = Tally()
    for folder in sorted(path for path in gold.iterdir() if (path / "gold.json").is_file()):
        wanted = json.loads((folder / "gold.json").read_text("utf-8"))
        for path in sorted(reports.glob(f"{folder.name}.*.json")):
            count_report(tally, wanted, json.loads(path.read_text("utf-8")), layout=path.name.split(".")[-2])
    if not tally.documents:
        raise UsageError(what=str(reports))
    return result(tally)


def count_report(tally: Tally, gold: dict[str, Any], report: dict[str, Any], layout: str) -> None:
    """Add one report to the tally."""
    tally.documents += 1
    found = {element["id"]: element for element in report["elements"]}
    for name, wanted in gold["elements"].items():
        element = found.get(name, {"verdict": "missing", "criteria": []})
        if wanted.get("verdict"):
            tally.verdicts.append((wanted["verdict"], element["verdict"]))
        judged = {criterion["id"]: criterion for criterion in element["criteria"]}
        for criterion, truth in (wanted.get("criteria") or {}).items():
            finding = judged.get(criterion, {"met": False, "evidence": []})
            slot = (0 if truth["met"] else 1) if finding["met"] else (2 if truth["met"] else 3)
            tally.criteria[f"{name}.{criterion}"][slot] += 1
            tally.layouts[layout][slot] += 1
            if slot == 0 and truth.get("evidence"):
                tally.evidence[1] += 1
                tally.evidence[0] += any(overlap(piece["quote"], truth["evidence"]) >= 0.5 for piece in finding["evidence"])
    _count_headings(tally, gold, report)
    for key, value in (gold.get("values") or {}).items():
        if value is not None:
            tally.values[1] += 1
            tally.values[0] += report.get("values", {}).get(key) == value
    wanted_kinds = Counter(item["kind"] for item in gold.get("inconsistencies", []))
    found_kinds = Counter(item["kind"] for item in report.get("inconsistencies", []))
    both = sum((wanted_kinds & found_kinds).values())
    for slot, number in enumerate((both, sum(found_kinds.values()) - both, sum(wanted_kinds.values()) - both)):
        tally.contradictions[slot] += number


def _count_headings(tally: Tally, gold: dict[str, Any], report: dict[str, Any]) -> None:
    if not gold.get("sections"):
        return
    wanted = {squeeze(section["heading"]): section for section in gold["sections"] if section.get("level", 1) <= 2}
    known = {squeeze(section["heading"]) for section in gold["sections"]}
    found = {name: section for section in report["sections"] if (name := squeeze(section["heading"]))}
    hits = wanted.keys() & found.keys()
    tally.headings[0] += len(hits)
    tally.headings[1] += sum(name not in known and section["level"] <= 2 for name, section in found.items())
    tally.headings[2] += len(wanted) - len(hits)
    for name in hits:
        if wanted[name].get("canonical") not in (None, "other"):
            tally.canonical[1] += 1
            tally.canonical[0] += wanted[name]["canonical"] == found[name]["canonical"]


def result(tally: Tally) -> dict[str, Any]:
    """The figures of a tally; a figure with nothing to count is None."""
    total = [sum(counts[slot] for counts in tally.criteria.values()) for slot in range(4)]
    return {
        "documents": tally.documents,
        **figures(*total),
        "verdict_accuracy": _share(sum(gold == found for gold, found in tally.verdicts), len(tally.verdicts)),
        "verdict_kappa": kappa(tally.verdicts),
        "evidence_hit": _share(*tally.evidence),
        "heading_f1": _f1(tally.headings),
        "canonical_accuracy": _share(*tally.canonical),
        "value_accuracy": _share(*tally.values),
        "contradiction_precision": _share(tally.contradictions[0], tally.contradictions[0] + tally.contradictions[1]),
        "contradiction_recall": _share(tally.contradictions[0], tally.contradictions[0] + tally.contradictions[2]),
        "layout": {layout: figures(*counts)["criterion_f1"] for layout, counts in sorted(tally.layouts.items())},
        "element": {element: _f1_of(tally.criteria, element) for element in dict.fromkeys(name.split(".")[0] for name in tally.criteria)},
        "criterion": {name: figures(*counts)["criterion_f1"] for name, counts in tally.criteria.items()},
    }


def _f1_of(criteria: dict[str, list[int]], element: str) -> float:
    rows = [counts for name, counts in criteria.items() if name.startswith(f"{element}.")]
    return figures(*(sum(counts[slot] for counts in rows) for slot in range(4)))["criterion_f1"]


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two raters."""
    if not pairs:
        return None
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    left, right = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(left[name] * right[name] for name in left) / len(pairs) ** 2
    return round((agreed - chance) / (1 - chance), 4) if chance < 1 else None


def squeeze(text: str) -> str:
    """Text without white space, markdown and dashes, in lower case, so that two renderings of it compare equal."""
    return _ORNAMENTS.sub("", unicodedata.normalize("NFKC", text)).lower()


def overlap(one: str, other: str) -> float:
    """Share of the shorter text's character trigrams that the other has too."""
    one, other = squeeze(one), squeeze(other)
    if not one or not other:
        return 0.0
    if one in other or other in one:
        return 1.0
    left, right = _trigrams(one), _trigrams(other)
    return len(left & right) / min(len(left), len(right))


def _trigrams(text: str) -> set[str]:
    return {text[start : start + 3] for start in range(max(1, len(text) - 2))}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _f1(counts: Iterable[int]) -> float | None:
    hits, extra, missed = counts
    return round(2 * hits / (2 * hits + extra + missed), 4) if hits + extra + missed else None
