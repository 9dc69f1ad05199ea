"""How fast the analyzer is, measured against bare pdfium and pdfplumber in the same run.

usage: python -m benchmarks FOLDER… [--limit N] [--rounds N] [--json FILE] [--markdown FILE]

Every PDF of the folders that has a text layer is read and analysed in turns: bare pdfium text, our reading, the whole analysis (model
and pack loaded before), and once pdfplumber's ``extract_text``. All times are CPU seconds of the process, the least of the rounds;
ratios are per document, then their median per folder. Processes of their own are timed too: ``analyzer --help`` and ``analyzer
check`` on the document nearest to 30 pages, beside ``python -c pass`` and the import of scikit-learn; the same document drawn out to
ten times its length shows whether time per page and memory stay as they are.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import Cost, long_document, run


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="CPU time against bare pdfium and pdfplumber")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--limit", type=int, default=0, help="documents per folder, evenly spread (0: all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="a page with the tables between its marks, which are drawn anew")
    asked = parser.parse_args(arguments)
    paths = {folder.name: _pdfs(folder, asked.limit) for folder in asked.folders}
    processes = _processes(paths)  # first: a child's peak memory counts from that of its parent
    documents = {name: _measured(found, asked.rounds) for name, found in paths.items()}
    result = {"documents": documents, "medians": {name: _medians(rows) for name, rows in documents.items()}, "processes": processes}
    text = "\n".join(_tables(result))
    sys.stdout.write(text + "\n")
    if asked.json:
        asked.json.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if asked.markdown:
        _insert(asked.markdown, text)


def _pdfs(folder: Path, limit: int) -> list[Path]:
    found = sorted(folder.glob("*.pdf"))
    step = max(1, -(-len(found) // limit)) if limit else 1
    return found[::step]


def _measured(paths: Sequence[Path], rounds: int) -> list[dict[str, Any]]:
    """One row per document that can be read: seconds of each way, pages and characters."""
    from analyzer.errors import AnalyzerError
    from analyzer.pipeline import Analyzer

    analyzer = Analyzer()
    ways: dict[str, Callable[[Path], object]] = {"bare": _bare, "reading": analyzer.read, "analysis": analyzer.analyze}
    rows = []
    for path in paths:
        try:
            document = analyzer.read(path)
            analyzer.report(document)  # warm: patterns are compiled when they are first met
        except AnalyzerError as error:
            sys.stderr.write(f"{path.name}: {error.code}, left out\n")
            continue
        seconds = dict.fromkeys(ways, float("inf"))
        for _ in range(rounds):
            for name, way in ways.items():
                seconds[name] = min(seconds[name], _cpu(way, path))
        seconds["pdfplumber"] = _cpu(_pdfplumber, path)
        rows.append({"path": str(path), "name": path.name, "pages": len(document.pages), "characters": len(document.text), **seconds})
        sys.stderr.write(f"{path.name} {seconds['analysis'] / seconds['bare']:.1f} x bare\n")
    return rows


def _cpu(way: Callable[[Path], object], path: Path) -> float:
    started = time.process_time()
    way(path)
    return time.process_time() - started


def _bare(path: Path) -> int:
    """The text of every page as pdfium gives it, and nothing else."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    characters = 0
    for page in pdf:
        text = page.get_textpage()
        characters += len(text.get_text_range())
        text.close()
        page.close()
    pdf.close()
    return characters


def _pdfplumber(path: Path) -> int:
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        characters = 0
        for page in pdf.pages:
            characters += len(page.extract_text() or "")
            page.close()
        return characters


def _medians(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    def median(over: str, under: str) -> float:
        return round(float(statistics.median(row[over] / row[under] for row in rows)), 3)

    return {
        "reading / bare": median("reading", "bare"),
        "analysis / bare": median("analysis", "bare"),
        "analysis / pdfplumber": median("analysis", "pdfplumber"),
        "milliseconds per page": round(1000 * statistics.median(row["analysis"] / row["pages"] for row in rows), 2),
    }


def _processes(paths: dict[str, list[Path]]) -> dict[str, Any]:
    """Cold starts, and a document of ten times the pages."""
    path, pages = _nearest_to([path for found in paths.values() for path in found], 30)
    command = ["-m", "analyzer", "check", "--format", "json"]
    costs = {
        "python -c pass": run(["-c", "pass"]),
        "python -c 'import sklearn.linear_model'": run(["-c", "import sklearn.linear_model"]),
        "analyzer --help": run(["-m", "analyzer", "--help"]),
        f"analyzer check, {pages} pages": run([*command, str(path)]),
    }
    with long_document(path, copies=10) as longer:
        costs[f"analyzer check, {10 * pages} pages"] = run([*command, str(longer)])
        per_page = _warm(longer) / (10 * pages) / (_warm(path) / pages)
    return {
        "document": path.name,
        "costs": {name: cost._asdict() for name, cost in costs.items()},
        "per page, long / short": round(per_page, 3),
    }


def _nearest_to(paths: Sequence[Path], pages: int) -> tuple[Path, int]:
    """The document whose number of pages is nearest, and that number."""
    import pypdfium2

    counted = {path: len(pypdfium2.PdfDocument(path)) for path in paths}
    nearest = min(counted, key=lambda path: abs(counted[path] - pages))
    return nearest, counted[nearest]


def _warm(path: Path) -> float:
    from analyzer.pipeline import Analyzer

    analyzer = Analyzer()
    analyzer.analyze(path)
    return min(_cpu(analyzer.analyze, path) for _ in range(3))


def _tables(result: dict[str, Any]) -> list[str]:
    lines = ["| documents | number | reading / bare | analysis / bare | analysis / pdfplumber | ms per page |", "|---|---|---|---|---|---|"]
    for name, medians in result["medians"].items():
        lines.append("| " + " | ".join([name, str(len(result["documents"][name])), *(f"{value:.2f}" for value in medians.values())]) + " |")
    processes = result["processes"]
    lines += ["", "| process | CPU seconds | peak memory, MB |", "|---|---|---|"]
    for name, cost in processes["costs"].items():
        lines.append(f"| {name} | {Cost(**cost).seconds:.2f} | {Cost(**cost).megabytes:.0f} |")
    lines += ["", f"Time per page of the long document against the short one: {processes['per page, long / short']:.2f}."]
    return lines


def _insert(page: Path, text: str) -> None:
    """Put ``text`` between the marks of a page."""
    begin, end = "<!-- measured -->", "<!-- end -->"
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
