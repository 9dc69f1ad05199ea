"""What the forty further elements cost beside the five headline elements alone.

    python -m benchmarks.time_of_elements FOLDER [FOLDER …]

Every PDF of the folders is analysed with the packs ``rscpq`` and ``mini`` by turns, once to warm up and three times to measure. Prints the
ratio of their CPU seconds, the least of the three each, over all documents, and its median over documents. Scans are passed over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from analyzer.errors import AnalyzerError
from analyzer.ocr import Ocr
from analyzer.pipeline import Analyzer

ROUNDS = 3


def main(folders: Sequence[str]) -> None:
    """Print the ratios."""
    whole, few = (Analyzer(pack, ocr=Ocr("never")) for pack in ("rscpq", "mini"))
    seconds: list[tuple[float, float]] = []
    for path in sorted(path for folder in folders for path in Path(folder).glob("*.pdf")):
        try:
            whole.analyze(path)
        except AnalyzerError:
            continue
        few.analyze(path)
        rounds = [(_seconds(whole, path), _seconds(few, path)) for _ in range(ROUNDS)]
        seconds.append((min(first for first, _ in rounds), min(second for _, second in rounds)))
    if not seconds:
        sys.exit("no PDF that could be read")
    total = sum(first for first, _ in seconds) / sum(second for _, second in seconds)
    typical = median(first / second for first, second in seconds)
    many, few_of_them = len(whole.pack.elements), len(few.pack.elements)
    sys.stdout.write(f"{len(seconds)} documents: {many} elements take {total:.2f} times as long as {few_of_them}, ")
    sys.stdout.write(f"{typical:.2f} at the median\n")


def _seconds(analyzer: Analyzer, path: Path) -> float:
    started = time.process_time()
    analyzer.analyze(path)
    return time.process_time() - started


if __name__ == "__main__":
    main(sys.argv[1:])
