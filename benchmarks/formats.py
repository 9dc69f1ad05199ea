"""Seconds that each form of the report takes beyond the analysis, and its size.

Seconds are the processor's: drawing waits for nothing, so that is what it takes on a machine that does nothing else.

    python -m benchmarks.formats FOLDER [--pages 60]

The first document is put together from the PDFs of the folder, so that it has as many pages as ``--pages`` says; it also pays for what is
loaded when a form is drawn for the first time. Then follows every PDF of the folder. Scans are left out as by ``benchmarks.highlights``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from analyzer.errors import AnalyzerError
from analyzer.findings import Report
from analyzer.pipeline import Analyzer
from analyzer.reports import BUILT_IN, Context, Result, file_bytes, known_forms, renderer

BARS = {"html": 2.0}
BAR = 1.0
"""Seconds for a protocol of 60 pages; for the forms that are not named in ``BARS``."""
_SLOW_AND_HEAVY = "html"
_MOST_BYTES = 3 << 20


def put_together(paths: Sequence[Path], pages: int) -> bytes:
    """A PDF of so many pages, or fewer if there are not so many, from the first pages of each."""
    writer = PdfWriter()
    while paths and len(writer.pages) < pages:
        before = len(writer.pages)
        for path in paths:
            room = pages - len(writer.pages)
            writer.append(path, pages=(0, min(room, len(PdfReader(path).pages))), import_outline=False)
        if len(writer.pages) == before:
            break
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def drawn(report: Report, name: str, data: bytes) -> Iterator[tuple[str, float, int]]:
    """Form, seconds and bytes for each form there is."""
    language = "zh" if report.document.language == "zh" else "en"
    for form in known_forms():
        start = time.process_time()
        render = renderer(form)
        if render:
            made = render(report, Context(language=language, path=name, original=data))
        else:
            assert form in BUILT_IN
            made = file_bytes([Result(name, name, language, report)], form, language, 100)
        yield form, time.process_time() - start, len(made)


def figures(name: str, data: bytes, analyzer: Analyzer) -> dict[str, object]:
    """One document. Raises an AnalyzerError when it cannot be read."""
    start = time.process_time()
    report = analyzer.analyze(name, data=data)
    seconds = time.process_time() - start
    forms = list(drawn(report, name, data))
    return {
        "file": name,
        "pages": report.document.pages,
        "analysis": round(seconds, 2),
        "seconds": {form: round(spent, 2) for form, spent, _ in forms},
        "kilobytes": {form: round(size / 1024) for form, _, size in forms},
        "within_bars": all(spent <= BARS.get(form, BAR) and (form != _SLOW_AND_HEAVY or size < _MOST_BYTES) for form, spent, size in forms),
    }


def main() -> None:
    """Print a line of JSON for each document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--leave-out", default="*.scan.pdf", metavar="GLOB", help="files to pass over")
    options = parser.parse_args()
    paths = [path for path in sorted(options.folder.glob("*.pdf")) if not path.match(options.leave_out)]
    analyzer = Analyzer()
    documents = [(f"{options.pages} pages", put_together(paths, options.pages)), *((path.name, path.read_bytes()) for path in paths)]
    for name, data in documents:
        try:
            print(json.dumps({**figures(name, data, analyzer), "load": round(os.getloadavg()[0], 1)}), flush=True)
        except AnalyzerError as error:
            print(json.dumps({"file": name, "unread": error.code}), flush=True)


if __name__ == "__main__":
    main()
