"""List every contradiction that is reported in some PDFs, as CSV: file, kind, message and the quotations with their pages.

``python docs/contradictions/list.py FOLDER …`` reads each ``*.pdf`` in the folders; ``--one-layout`` keeps only the first of files
that differ in the part of the name before the last dot (``a.print.pdf``, ``a.word.pdf``); ``--judged FILE`` copies verdicts from a CSV
made before, so that only new lines must be judged.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from analyzer.findings import Inconsistency
from analyzer.pipeline import Analyzer

COLUMNS = ("file", "kind", "message", "first", "second", "verdict", "reason")


def files(folders: list[Path], *, one_layout: bool) -> Iterator[Path]:
    """The PDFs of the folders, without scans."""
    seen: set[str] = set()
    for folder in folders:
        for path in sorted(folder.glob("*.pdf")):
            name = path.name.partition(".")[0]
            if ".scan." not in path.name and not (one_layout and name in seen):
                seen.add(name)
                yield path


def row(path: Path, inconsistency: Inconsistency) -> dict[str, str]:
    """One line of the list, not yet judged."""
    quotes = [f"p. {evidence.page}: {evidence.quote[:200]}" for evidence in inconsistency.evidence[:2]]
    first, second = (*quotes, "", "")[:2]
    name = path.name.partition(".")[0]
    return dict(zip(COLUMNS, (name, inconsistency.kind, inconsistency.message.en, first, second, "", ""), strict=True))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--one-layout", action="store_true")
    parser.add_argument("--judged", type=Path)
    options = parser.parse_args()
    verdicts = {}
    if options.judged and options.judged.exists():
        with options.judged.open(encoding="utf-8", newline="") as judged:
            verdicts = {(line["file"], line["kind"], line["message"]): line for line in csv.DictReader(judged)}
    analyzer = Analyzer()
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path in files(options.folders, one_layout=options.one_layout):
        for inconsistency in analyzer.analyze(path).inconsistencies:
            line = row(path, inconsistency)
            known = verdicts.get((line["file"], line["kind"], line["message"]), line)
            writer.writerow(line | {"verdict": known["verdict"], "reason": known["reason"]})


if __name__ == "__main__":
    main()
