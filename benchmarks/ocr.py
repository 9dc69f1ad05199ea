"""How well and how dearly scans are read: each scan against its digital twin, and against a bare call of the engine.

    python -m benchmarks.ocr FOLDER [FOLDER …] [--mode fast|quality] [--json]

In each folder ``NAME.scan.pdf`` (or any ``NAME.VARIANT.pdf`` that has no text) is compared with ``NAME.print.pdf`` or
``NAME.digital.pdf``: character error rate of the text that is analysed (order counts, white space does not, NFKC), numbers read
correctly, and CPU seconds per page of reading the file, on one core and without the cache, over those of the engine alone on the same
pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from analyzer.document import Document
from analyzer.errors import AnalyzerError
from analyzer.ocr import Ocr
from analyzer.ocr.backends import Strength, make
from analyzer.reading import read
from analyzer.reading.pdf import PdfFile
from analyzer.reading.scans import sheet_of

_TWINS = ("digital", "print")
_NUMBERS = {
    "n": r"(?<![a-z])n=\d+|\d+(?=例|名受试|人入组|patients|participants|subjects)",
    "alpha": r"(?:α|alpha|检验水准|显著性水平)[^\d.]{0,12}0?\.\d+",
    "power": r"(?:把握度|检验效能|power)[^\d]{0,8}\d+(?:\.\d+)?%?|\d+%power",
    "dose": r"\d+(?:\.\d+)?(?:[×x]10\^?[\d⁰-⁹]+(?:/kg)?|mg(?:/kg)?|ml|μg)",
    "phase": r"[ivxⅠ-Ⅻ]+期|phase[ivx]+",
    "time": r"\d+(?=周|个月|年|weeks|months|days)",
}


@dataclass(slots=True)
class Figures:
    """What one scan gave. Rates in percent; ``ratio`` is that of CPU seconds."""

    name: str
    pages: int
    characters: int
    error_rate: float
    numbers: int
    numbers_right: int
    wrong: list[str]
    cpu_per_page: float
    bare_per_page: float

    @property
    def ratio(self) -> float:
        return self.cpu_per_page / self.bare_per_page if self.bare_per_page else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each scan and one for all."""
    parser = argparse.ArgumentParser(prog="benchmarks.ocr", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--mode", choices=["fast", "quality"], default="fast")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    os.environ["ANALYZER_CACHE"] = ""
    found = [measured(scan, twin, options.mode) for folder in options.folders for scan, twin in pairs(folder)]
    if options.json:
        print(json.dumps([asdict(figures) | {"ratio": figures.ratio} for figures in found], ensure_ascii=False, indent=1))
        return
    for figures in found:
        print(_line(figures.name, [figures]))
        for number in figures.wrong:
            print(f"    not read: {number}")
    print(_line("all", found))


def pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each scan of a folder with its twin."""
    for scan in sorted(folder.glob("*.*.pdf")):
        name, _, variant = scan.name.removesuffix(".pdf").partition(".")
        twin = next((path for kind in _TWINS if (path := folder / f"{name}.{kind}.pdf").is_file()), None)
        if twin and variant not in _TWINS and _is_scan(scan):
            yield scan, twin


def _is_scan(path: Path) -> bool:
    try:
        read(path, ocr=Ocr("never"))
    except AnalyzerError:
        return True
    return False


def measured(scan: Path, twin: Path, mode: Strength) -> Figures:
    """The figures of one scan."""
    truth = squeezed(read(twin).text)
    bare = _bare_seconds(scan, mode)
    start = time.process_time()
    document: Document = read(scan, ocr=Ocr(mode, jobs=1))
    seconds = time.process_time() - start
    text = squeezed(document.text)
    there, right, wrong = numbers_right(truth, text)
    pages = len(document.pages)
    rate = 100 * distance(truth, text) / max(1, len(truth))
    return Figures(scan.name, pages, len(truth), rate, there, right, wrong, seconds / pages, bare / pages)


def _bare_seconds(path: Path, mode: Strength) -> float:
    """CPU seconds of the engine alone on the pictures of all pages."""
    from PIL import Image

    pdf = PdfFile(path.read_bytes(), None, str(path))
    sheets = [sheet for index in range(len(pdf)) if (page := pdf.page(index)) and (sheet := sheet_of(page))]
    greys = [np.asarray(Image.fromarray(sheet.picture).convert("L")) for sheet in sheets]
    start = time.process_time()
    engine = make(mode)
    for grey in greys:
        engine.lines(grey)
    return time.process_time() - start


def squeezed(text: str) -> str:
    """Text as it is compared."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def distance(truth: str, text: str) -> int:
    """Characters to insert, delete or replace."""
    goal = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    steps = np.arange(len(goal) + 1)
    row = steps.copy()
    for number, character in enumerate(truth, 1):
        best = np.empty_like(row)
        best[0] = number
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (goal != ord(character)))
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])


def numbers_right(truth: str, text: str) -> tuple[int, int, list[str]]:
    """Numbers of sample size, error, power, dose, phase and time in the truth, how many of them the text has too, and the others."""
    there: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for pattern in _NUMBERS.values():
        there.update(found.group() for found in re.finditer(pattern, truth.casefold()))
        seen.update(found.group() for found in re.finditer(pattern, text.casefold()))
    missed = there - seen
    total = there.total()
    return total, total - missed.total(), sorted(missed.elements())


def _line(name: str, figures: Sequence[Figures]) -> str:
    characters = sum(one.characters for one in figures)
    rate = sum(one.error_rate * one.characters for one in figures) / max(1, characters)
    there, right = sum(one.numbers for one in figures), sum(one.numbers_right for one in figures)
    cpu, bare = sum(one.cpu_per_page * one.pages for one in figures), sum(one.bare_per_page * one.pages for one in figures)
    pages = sum(one.pages for one in figures)
    return (
        f"{name:24} {pages:4} pages  CER {rate:6.2f} %  numbers {right}/{there} = {right / max(1, there):6.1%}"
        f"  CPU {cpu / max(1, pages):5.2f} s/page, engine {bare / max(1, pages):5.2f}, ratio {cpu / bare if bare else 0:5.2f}"
    )


if __name__ == "__main__":
    main()
