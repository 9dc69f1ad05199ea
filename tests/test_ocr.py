"""What a reader of a scan would notice: the words, where they stand, and that doubtful ones are said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest
from pdfs import Sheet, pdf
from scanned_pages import CLEAN, LINES, middle_on_scan, place, prose, same, scan, scan_of

from analyzer.quoting import evidence_of
from analyzer.reading import read
from benchmarks.ocr import numbers_right, squeezed
from benchmarks.scans import Scanner, chosen, scanned

pytest.importorskip("faster_paddle", reason="no OCR engine is installed")

EXAMPLES = Path(__file__).parent.parent / "examples"
GOOD = 0.9


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", "")


# --- how sheets lie


@pytest.mark.parametrize(
    "scanner",
    [
        CLEAN,
        Scanner(150, tilt=-2.5, paper=235, ink=40, grain=5),
        Scanner(200, tilt=4.0, paper=225, ink=30, grain=6, shadow=40),
        Scanner(150, tilt=1.0, grain=4, turns=((1, 1),)),
        Scanner(150, grain=4, turns=((1, 2),)),
        Scanner(150, tilt=-1.5, grain=4, turns=((1, 3),)),
    ],
    ids=["straight", "tilted", "in shadow", "on its side", "on its head", "on its other side"],
)
def test_a_scan_is_read_and_boxes_lie_on_the_words(scanner: Scanner) -> None:
    twin, document = read("twin.pdf", pdf(prose)), scan(scan_of(prose, scanner=scanner))
    assert same(document.text, twin.text)
    assert document.pages[0].source == "ocr"
    for words in ("128 participants", "two-sided alpha of 0.05", "24 weeks"):
        found, (drawn,) = place(document, words), place(twin, words)
        x, y = middle_on_scan(drawn, scanner)
        assert abs((min(box.x0 for box in found) + max(box.x1 for box in found)) / 2 - x) < 6, words
        assert abs((min(box.top for box in found) + max(box.bottom for box in found)) / 2 - y) < 6, words


def test_each_page_of_a_stack_lies_as_it_likes() -> None:
    scanner = Scanner(150, tilt=1.2, paper=240, grain=4, turns=((2, 1), (3, 2)))
    document = scan(scan_of(prose, prose, prose, scanner=scanner))
    assert [page.turns for page in document.pages] == [0, 3, 2]
    for page in document.pages:
        assert same(document.text[page.start : page.end], " ".join(LINES))


def test_evidence_says_how_sure_the_reading_is() -> None:
    document = scan(scan_of(prose))
    start = document.text.index("The power")
    evidence = evidence_of(document, start, document.text.index("\n", start))
    assert evidence is not None and evidence.ocr_confidence is not None
    assert evidence.ocr_confidence > GOOD
    assert evidence.quote.startswith("The power is 80%") and evidence.bbox
    twin = read("twin.pdf", pdf(prose))
    digital = evidence_of(twin, 0, 20)
    assert digital is not None and digital.ocr_confidence is None


# --- what lies over and under the words


def test_words_under_a_red_seal_are_read() -> None:
    def page(sheet: Sheet) -> None:
        for row in range(24):
            sheet.text(60, 80 + 28 * row, f"{row + 1}. " + LINES[1 + row % 5], 12)

    document = scan(scan_of(page, scanner=Scanner(170, tilt=0.8, paper=240, ink=20, grain=4, seals=(1,), colour=True)))
    twin = read("twin.pdf", pdf(page)).text
    assert same(document.text, twin)


def test_a_watermark_is_no_text() -> None:
    document = scan(scan_of(prose, prose, scanner=Scanner(150, tilt=0.5, paper=245, ink=20, grain=3, watermark=45)))
    assert same(document.text, " ".join(LINES) * 2)


def test_red_print_is_no_seal() -> None:
    def page(sheet: Sheet) -> None:
        sheet.canvas.setFillColorRGB(0.8, 0.1, 0.1)
        prose(sheet)

    scanned = scan_of(page, scanner=Scanner(150, paper=245, grain=3, colour=True))
    assert same(scan(scanned).text, " ".join(LINES))


# --- words, numbers, tables


@pytest.mark.parametrize(("name", "page"), [("knee_zh", 2), ("fistula_en", 2)])
def test_a_page_of_a_protocol_is_read_with_its_numbers(name: str, page: int) -> None:
    drawn = chosen((EXAMPLES / f"{name}.pdf").read_bytes(), [page])
    document, twin = scan(scanned(drawn, Scanner(150, tilt=0.9, paper=238, ink=30, grain=5))), read("twin.pdf", drawn)
    assert same(document.text, twin.text)
    there, right, wrong = numbers_right(squeezed(twin.text), squeezed(document.text))
    assert there >= 2 and right == there, wrong


def test_a_ruled_table_is_one_again() -> None:
    rows = [("Visit", "Day 0", "Week 4"), ("Consent", "X", "-"), ("Blood count", "X", "X"), ("Pain score", "12 ml", "6 ml")]

    def page(sheet: Sheet) -> None:
        sheet.text(80, 120, "Schedule of assessments", 12)
        sheet.grid([80, 220, 320, 420], [140 + 24 * row for row in range(5)])
        for row, cells in enumerate(rows):
            for column, words in enumerate(cells):
                sheet.text([90, 230, 330][column], 156 + 24 * row, words, 11)

    document = scan(scan_of(page, scanner=Scanner(150, tilt=1.4, paper=240, ink=30, grain=4)))
    (table,) = document.tables
    assert len(table.rows) == len(rows)
    assert "Pain score\t12 ml\t6 ml" in document.text
    assert "Visit\tDay 0\tWeek 4" in document.text
