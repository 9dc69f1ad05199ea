"""How much time values and checks add to the analysis of a document.

usage: python -m benchmarks.time_of_numbers FOLDER…

Analyses every PDF of the folders twice and prints, for the second pass, the CPU time of ``values.extract`` and ``checks.run`` as a
share of everything else that a report takes (reading left out), over all documents. Scans are passed over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analyzer import checks
from analyzer.document import Document
from analyzer.errors import NoTextLayer
from analyzer.pipeline import Analyzer
from analyzer.segmentation import passages
from analyzer.values import extract


def main(folders: Sequence[str]) -> None:
    """Print the share."""
    analyzer = Analyzer()
    numbers = whole = 0.0
    documents = 0
    for path in sorted(path for folder in folders for path in Path(folder).glob("*.pdf")):
        try:
            document = analyzer.read(path)
        except NoTextLayer:
            continue
        analyzer.report(document)
        started = time.process_time()
        analyzer.report(document)
        whole += time.process_time() - started
        numbers += _numbers(document)
        documents += 1
    sys.stdout.write(f"{documents} documents: values and checks add {numbers / (whole - numbers):.1%} to the rest of a report\n")


def _numbers(document: Document) -> float:
    pieces = passages(document)
    started = time.process_time()
    checks.run(document, pieces, extract(document, pieces))
    return time.process_time() - started


if __name__ == "__main__":
    main(sys.argv[1:])
