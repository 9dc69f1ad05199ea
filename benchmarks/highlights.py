"""Whether the marked PDF highlights the very words that the report quotes.

    python -m benchmarks.highlights FOLDER [FOLDER …]

Every PDF of the folders is analysed and marked. pypdf, which did not choose the places, reads the highlights back; the characters of the
page whose middle lies in a highlight must be those of the quotation, white space aside. Two kinds of evidence are counted apart: on pages
without a text of their own (scans), and where the page prints a character so exactly over another that no highlight can leave one out.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
from pypdf import PdfReader

from analyzer.errors import AnalyzerError
from analyzer.findings import Evidence, Report
from analyzer.pipeline import Analyzer
from analyzer.reports import Context
from analyzer.reports.marked_pdf import render

AUTHOR = "analyzer"
_LINE_END_HYPHEN = re.compile(r"[\x02\ufffe]")
"""What pdfium gives for the hyphen of a word that is divided at the end of a line: the one for a character, the other in a text."""
_SAME = 0.1
"""Points: characters whose middles are closer than this, both across and down, are printed on one another."""
_BLANK = re.compile(r"[\s\x00-\x1f]")


@dataclass(slots=True)
class Outcome:
    """What came of one or more files; ``evidence`` counts what stands on pages with a text of their own."""

    evidence: int = 0
    equal: int = 0
    printed_over: int = 0
    """Evidence equal but for characters whose middle is that of one of its own: no highlight could leave them out."""
    without_text: int = 0
    """Evidence on pages that were read from a picture."""
    strange: int = 0
    """Highlights under which stand words that nobody quotes."""
    differing: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Count in another file."""
        self.evidence += other.evidence
        self.equal += other.equal
        self.printed_over += other.printed_over
        self.without_text += other.without_text
        self.strange += other.strange
        self.differing += other.differing


def bare(words: str) -> str:
    """Words as they are compared."""
    return _BLANK.sub("", _LINE_END_HYPHEN.sub("-", words))


def every_evidence(report: Report) -> Iterator[Evidence]:
    """Everything that the marked PDF highlights."""
    for element in report.elements:
        for criterion in element.criteria:
            yield from criterion.evidence
    for inconsistency in report.inconsistencies:
        yield from inconsistency.evidence


@dataclass(frozen=True, slots=True)
class Words:
    """The characters under a highlight; ``clear`` are those of them that are not printed on one another."""

    every: str
    clear: str

    def hold(self, quote: str) -> bool:
        """Whether the quotation stands here among what is printed over it."""
        return _is_within(self.clear, quote) and _is_within(quote, self.every)


def _is_within(part: str, whole: str) -> bool:
    """Whether all of ``part`` stands in ``whole`` in the same order."""
    rest = iter(whole)
    return all(character in rest for character in part)


@dataclass(frozen=True, slots=True)
class Characters:
    """What a page draws, in the order of the file: characters and the middles of their ink in points of the file."""

    text: str
    middles: npt.NDArray[np.float64]

    @classmethod
    def of(cls, document: pdfium.PdfDocument, index: int) -> Characters:
        """Those of one page, as pdfium sees them."""
        page = document[index]
        text = page.get_textpage()
        count = text.count_chars()
        words = "".join(chr(pdfium.raw.FPDFText_GetUnicode(text, at)) for at in range(count))
        ink = np.array([text.get_charbox(at) for at in range(count)]).reshape(-1, 4)
        page.close()
        return cls(words, (ink[:, :2] + ink[:, 2:]) / 2)

    def under(self, quads: Sequence[Sequence[float]]) -> Words:
        """The characters whose middle lies in one of the rectangles with these corners."""
        inside = np.zeros(len(self.text), bool)
        for quad in quads:
            xs, ys = quad[::2], quad[1::2]
            inside |= (self.middles >= (min(xs), min(ys))).all(axis=1) & (self.middles <= (max(xs), max(ys))).all(axis=1)
        found = [at for at in np.flatnonzero(inside) if bare(self.text[at])]
        distances = np.abs(self.middles[found][:, None] - self.middles[found]).max(axis=2)
        clear = (at for at, near in zip(found, distances < _SAME, strict=True) if near.sum() == 1)
        return Words(*(bare("".join(self.text[at] for at in part)) for part in (found, clear)))


def highlighted(marked: bytes) -> dict[int, list[Words]]:
    """The words under each highlight of ours, by page of the protocol."""
    found: dict[int, list[Words]] = {}
    document = pdfium.PdfDocument(marked)
    for index, page in enumerate(PdfReader(BytesIO(marked)).pages):
        quads = [_quads(entry) for entry in map(_read, page.get("/Annots") or []) if _is_ours(entry)]
        if quads:
            characters = Characters.of(document, index)
            found[index] = [characters.under(quad) for quad in quads]
    document.close()
    return found


def _read(reference: Any) -> Any:
    return reference.get_object()


def _is_ours(annotation: Any) -> bool:
    return bool(annotation["/Subtype"] == "/Highlight" and annotation.get("/T") == AUTHOR)


def _quads(annotation: Any) -> list[list[float]]:
    points = [float(value) for value in annotation["/QuadPoints"]]
    return [points[at : at + 8] for at in range(0, len(points), 8)]


def compare(path: Path, analyzer: Analyzer) -> Outcome:
    """One file. Raises an AnalyzerError when it cannot be read."""
    document = analyzer.read(path)
    report = analyzer.report(document)
    data = path.read_bytes()
    words = highlighted(render(report, Context(language="en", path=path.name, original=data)))
    digital = {page.number for page in document.pages if page.source == "digital"}
    outcome, quoted = Outcome(), set[tuple[int, str]]()
    for evidence in every_evidence(report):
        quote, texts = bare(evidence.quote), words.get(evidence.page, [])
        if evidence.page not in digital:
            outcome.without_text += 1
            continue
        outcome.evidence += 1
        if any(quote == text.every for text in texts):
            outcome.equal += 1
        elif any(text.hold(quote) for text in texts):
            outcome.printed_over += 1
        elif (evidence.page, quote) not in quoted:
            outcome.differing.append({"file": path.name, "page": evidence.page, "quote": quote})
        quoted.add((evidence.page, quote))
    for page, texts in words.items():
        for text in texts if page in digital else ():
            if not any(number == page and text.hold(quote) for number, quote in quoted):
                outcome.strange += 1
                outcome.differing.append({"file": path.name, "page": page, "highlighted": text.every})
    return outcome


def main() -> None:
    """Print how many agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--leave-out", default="*.scan.pdf", metavar="GLOB", help="files to pass over")
    options = parser.parse_args()
    analyzer, total, files, unread = Analyzer(), Outcome(), 0, []
    for path in (path for folder in options.folders for path in sorted(folder.glob("*.pdf")) if not path.match(options.leave_out)):
        try:
            total.add(compare(path, analyzer))
            files += 1
        except AnalyzerError as error:
            unread.append(f"{path.name}: {error.code}")
    for difference in total.differing:
        print(json.dumps(difference, ensure_ascii=False))
    legible = total.evidence - total.printed_over
    print(
        json.dumps(
            {
                "files": files,
                "unread": unread,
                "evidence": total.evidence,
                "equal": total.equal,
                "printed_over": total.printed_over,
                "share_of_what_is_not_printed_over": round(total.equal / legible, 5) if legible else 1.0,
                "highlights_of_other_words": total.strange,
                "evidence_on_pages_without_text": total.without_text,
            }
        )
    )


if __name__ == "__main__":
    main()
