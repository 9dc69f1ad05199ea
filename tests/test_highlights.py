"""The benchmark that reads highlights back notices what it is there to notice."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from pdfs import LEADING, Sheet, pdf, wrapped
from reportlab.pdfbase.pdfmetrics import stringWidth

from analyzer.document import Document, Line, Page, Rect
from analyzer.pipeline import Analyzer
from analyzer.quoting import LONGEST_QUOTE
from analyzer.reports import marked_pdf
from benchmarks.highlights import compare

EXAMPLES = Path(__file__).parent.parent / "examples"
PROSE = (
    "The primary objective is to assess the safety of the cells in adults with knee pain. A total of sixty participants are enrolled, "
    "thirty in each arm, which gives a power of 80% at a two-sided alpha of 5%. Written informed consent is obtained beforehand. "
)


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def put(lines: Sequence[str], sheet: Sheet) -> None:
    sheet.lines(72, 72, lines)


def prose(sheet: Sheet) -> None:
    sheet.lines(72, 72, ["1. Objectives", *wrapped(PROSE, 400)])


@pytest.mark.parametrize("name", ["knee_zh", "fistula_en"])
def test_examples(analyzer: Analyzer, name: str) -> None:
    outcome = compare(EXAMPLES / f"{name}.pdf", analyzer)
    assert outcome.equal == outcome.evidence > 50
    assert outcome.differing == []


def test_a_quotation_that_is_cut_off(analyzer: Analyzer, tmp_path: Path) -> None:
    """Also within a line, and at a blank."""
    path = tmp_path / "long.pdf"
    for extra in range(6):
        words = f"The primary objective is {'x' * extra} to assess the safety of the cells" + ", and of other cells" * (LONGEST_QUOTE // 20)
        lines = ["1. Objectives", *wrapped(words, 430)]
        path.write_bytes(pdf(partial(put, lines)))
        outcome = compare(path, analyzer)
        assert outcome.equal == outcome.evidence > 0, outcome.differing


def test_an_underscore_below_the_letters_belongs_to_its_line() -> None:
    class Drawn:
        """Letters from 100 to 110, an underscore that ends lower."""

        def boxes(self, page: int, indexes: Sequence[int]) -> list[Rect | None]:
            boxes = (Rect(10.0 * at, 100, 10.0 * at + 10, 112 if text[at] == "_" else 110) for at in indexes)
            return [None if text[at].isspace() else box for at, box in zip(indexes, boxes, strict=True)]

    text = "n = z_a"
    line = Line(0, len(text), page=1, rect=Rect(0, 100, 10 * len(text), 110), size=10, bold=False)
    page = Page(1, 595, 842, 0, len(text), "digital", text)
    document = Document("x.pdf", "", text, array("i", range(len(text))), [page], [line], geometry=Drawn())
    assert document.rects(0, len(text)) == [Rect(0, 100, 70, 112)]
    assert document.rects(0, 4) == [Rect(0, 100, 30, 110)]


def test_other_words_under_a_highlight_are_noticed(analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plain.pdf"
    path.write_bytes(pdf(prose))
    right = marked_pdf.Place.quad
    monkeypatch.setattr(marked_pdf.Place, "quad", lambda place, box: right(place, (box[0] + 20, box[1], box[2] + 20, box[3])))
    outcome = compare(path, analyzer)
    assert outcome.evidence > outcome.equal
    assert outcome.differing and outcome.strange


def test_what_a_table_prints_over_a_passage_is_left_out(analyzer: Analyzer, tmp_path: Path) -> None:
    def printed_over(sheet: Sheet) -> None:
        prose(sheet)
        for x in (100, 133, 250):
            for row in range(1, 4):
                sheet.text(x, 72 + LEADING * row - 3, "X")

    path = tmp_path / "over.pdf"
    path.write_bytes(pdf(printed_over))
    outcome = compare(path, analyzer)
    assert outcome.equal == outcome.evidence > 0, outcome.differing
    assert not outcome.printed_over and not outcome.differing


def test_a_character_printed_on_another_takes_nothing_from_the_highlight(analyzer: Analyzer, tmp_path: Path) -> None:
    """No highlight can hold one and leave out the other: both stay, what is a little aside goes, and the passage is counted apart."""

    def on_one_another(sheet: Sheet) -> None:
        prose(sheet)
        row, line = next((row, line) for row, line in enumerate(wrapped(PROSE, 400), 1) if "sixty" in line)
        place = 72 + stringWidth(line.partition("xty")[0], "Helvetica", 10)
        sheet.text(place, 72 + LEADING * row, "v")
        sheet.text(place - 40, 72 + LEADING * row - 2, "v")

    path = tmp_path / "twice.pdf"
    path.write_bytes(pdf(on_one_another))
    outcome = compare(path, analyzer)
    assert outcome.printed_over
    assert outcome.equal + outcome.printed_over == outcome.evidence
    assert outcome.differing == []
