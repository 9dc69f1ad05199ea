"""Draw criterion decisions at random for a blind reading, and set the program's answers beside the reader's afterwards.

    python docs/blind_reading/draw.py draw FOLDER... --seed 5 --count 125 --leave-out seen.csv --csv table.csv
    (the reader fills the column ``judgement`` with ``met`` or ``not met``, from the document alone)
    python docs/blind_reading/draw.py answer FOLDER... --csv table.csv
    python docs/blind_reading/draw.py score --csv docs/blind_reading/decisions.csv

A folder holds PDFs, or is ``corpora/protocols_zh`` or ``_en``. A document is one file per stem (``a.print.pdf`` and ``a.word.pdf`` are
the same document; the first name counts); scans are left out. Only criteria outside the headline elements are drawn, and only where
the pack asks for them. ``score`` needs no documents: it counts the answers that stand in the table, per reading where the table has
that column.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import numpy as np

from analyzer.document import Document
from analyzer.features import cell_features
from analyzer.pipeline import Analyzer
from analyzer.rules import ALWAYS
from analyzer.segmentation import passages
from analyzer.training.corpus import load_corpus

COLUMNS = ["document", "element", "criterion", "judgement", "program"]


def documents(folders: list[Path]) -> dict[str, Path]:
    """Stem -> file, one layout per document, in the order of the stems."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.pdf")):
            if ".scan." not in path.name:
                found.setdefault(path.name.split(".")[0], path)
    return dict(sorted(found.items()))


def decisions(folders: list[Path]) -> dict[tuple[str, str, str], bool]:
    """(document, element, criterion) -> met, for every criterion outside the headline elements that is asked for.

    A folder holds PDFs, or is one of the corpora with protocols.
    """
    analyzer = Analyzer()
    found: dict[tuple[str, str, str], bool] = {}
    for stem, path in documents(folders).items():
        report = analyzer.analyze(path)
        holding = {condition.id for condition in report.conditions if condition.holds}
        met = {(element.id, criterion.id) for element in report.elements for criterion in element.criteria if criterion.met}
        found |= {(stem, *asked): asked in met for asked in _asked(analyzer, holding)}
    for folder in folders:
        for protocol in load_corpus(folder) if (folder / "documents.jsonl").is_file() else []:
            holding, met = _by_rules(analyzer, protocol.document)
            found |= {(protocol.id, *asked): asked in met for asked in _asked(analyzer, holding)}
    return found


def _asked(analyzer: Analyzer, holding: set[str]) -> list[tuple[str, str]]:
    """The criteria outside the headline elements that are asked for where some conditions hold."""
    holding = holding | {ALWAYS}
    return [
        (element.id, criterion.id)
        for element in analyzer.pack.elements
        if element.group != "headline" and element.applies in holding
        for criterion in element.criteria
        if criterion.condition is None or criterion.condition in holding
    ]


def _by_rules(analyzer: Analyzer, document: Document) -> tuple[set[str], set[tuple[str, str]]]:
    """What holds and what is met in a document without pages: outside the headline elements rules alone decide."""
    pieces = passages(document)
    hits = analyzer.matcher.match(document, pieces)
    model = analyzer.model.cells
    cells = float(1 / (1 + np.exp(-model.scores([cell_features(document)])[0, 0])))
    conditions = analyzer.conditions.decide(hits, {"protocol": 1.0, "cells": cells}, lambda passage: None)
    satisfied = {(hit.element, hit.criterion) for hit in hits if hit.stance == "satisfies" and hit.in_section}
    return {condition.id for condition in conditions if condition.holds}, satisfied


def draw(folders: list[Path], seed: int, count: int, target: Path, leave_out: Path | None = None) -> None:
    """Write ``count`` decisions without their answers; those listed in ``leave_out`` are not drawn."""
    known = {(row["document"], row["element"], row["criterion"]) for row in _read(leave_out)} if leave_out else set()
    drawn = sorted(random.Random(seed).sample(sorted(set(decisions(folders)) - known), count))
    _write(target, [dict(zip(COLUMNS, (*key, "", ""), strict=True)) for key in drawn])


def answer(folders: list[Path], target: Path) -> None:
    """Fill the column ``program`` and print how often the program's "met" and "not met" agree with the reader."""
    answers = decisions(folders)
    rows = _read(target)
    for row in rows:
        met = answers.get((row["document"], row["element"], row["criterion"]))
        row["program"] = "not asked" if met is None else "met" if met else "not met"
    _write(target, rows)
    score(target)


def score(table: Path) -> None:
    """Print how often the program's "met" and "not met" agree with the reader, per reading."""
    rows = _read(table)
    for reading in sorted({row.get("reading", "") for row in rows}):
        for said in ("met", "not met"):
            judged = [row["judgement"] for row in rows if row.get("reading", "") == reading and row["program"] == said]
            right = judged.count(said)
            print(f"{f'reading {reading}: ' if reading else ''}{said}: {right} of {len(judged)} right ({right / max(1, len(judged)):.3f})")


def _read(source: Path) -> list[dict[str, str]]:
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(target: Path, rows: list[dict[str, str]]) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["draw", "answer", "score"])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--leave-out", type=Path, help="a table of decisions that were looked at before")
    parser.add_argument("--csv", type=Path, required=True)
    options = parser.parse_args()
    if options.step == "draw":
        draw(options.folders, options.seed, options.count, options.csv, options.leave_out)
    elif options.step == "answer":
        answer(options.folders, options.csv)
    else:
        score(options.csv)


if __name__ == "__main__":
    main()
