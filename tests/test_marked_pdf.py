"""The marked PDF: highlights on the right words, the original untouched, and a first page that sums up."""

from __future__ import annotations

import ctypes
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from pdfs import LEADING, Sheet, pdf, wrapped
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import RectangleObject
from reportlab.pdfbase import pdfmetrics
from samples import criterion, element, report

from analyzer.findings import Bilingual, Evidence, Inconsistency, Report
from analyzer.quoting import evidence_of
from analyzer.reading import read
from analyzer.reports import Context
from analyzer.reports.cover import cover
from analyzer.reports.marked_pdf import is_marked, render
from analyzer.resources import say

EXAMPLES = Path(__file__).parent.parent / "examples"
Change = Callable[[bytes], bytes]


def changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The PDF after ``change`` was made to each of its pages."""
    writer = PdfWriter(clone_from=BytesIO(data))
    for page in writer.pages:
        change(page)
    target = BytesIO()
    writer.write(target)
    return target.getvalue()


def turned(degrees: int) -> Change:
    """The same pages to the eye, but drawn sidewise and turned upright by ``/Rotate``."""

    def turn(page: Any) -> None:
        page.rotate(360 - degrees)
        page.transfer_rotation_to_content()
        page.rotate(degrees)

    return lambda data: changed(data, turn)


def cropped(data: bytes) -> bytes:
    """The pages with narrower visible boxes whose corner is not the origin."""

    def crop(page: Any) -> None:
        left, bottom, right, top = page.mediabox
        page.mediabox = RectangleObject((left - 20, bottom - 30, right + 10, top + 40))
        page.cropbox = RectangleObject((left + 25, bottom + 35, right - 15, top - 20))

    return changed(data, crop)


def two_columns(data: bytes) -> bytes:
    """Another text, in two columns drawn row by row."""
    words = (
        "The primary objective is to assess the safety of cells in adults. A total of sixty participants will be enrolled, thirty per arm. "
        "Written informed consent is obtained before any procedure. Cells come from the umbilical cords of screened donors. "
    )

    def draw(sheet: Sheet) -> None:
        left, right = (wrapped(words * 3 + extra, 210) for extra in ("", "Adverse events are recorded at every visit."))
        for row, (one, other) in enumerate(zip(left, right, strict=False)):
            sheet.text(60, 80 + 15 * row, one)
            sheet.text(320, 80 + 15 * row, other)

    return pdf(draw, draw)


LAYOUTS: dict[str, Change] = {
    "plain": lambda data: data,
    "turned 90": turned(90),
    "turned 180": turned(180),
    "turned 270": turned(270),
    "cropped": cropped,
    "cropped and turned": lambda data: turned(90)(cropped(data)),
    "two columns": two_columns,
}


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["knee_zh", "fistula_en"])
def original(request: pytest.FixtureRequest, layout: str) -> bytes:
    """An example protocol in another layout."""
    return LAYOUTS[layout]((EXAMPLES / f"{request.param}.pdf").read_bytes())


def quoting(data: bytes, password: str | None = None) -> Report:
    """A report that quotes every seventh line or so of a PDF, and passages over several lines."""
    document = read("x.pdf", data, password)
    spans = [(line.start, document.lines[min(at + at % 3, len(document.lines) - 1)].end) for at, line in enumerate(document.lines)][::7]
    found = [evidence for start, end in spans if (evidence := evidence_of(document, start, end)) and len(evidence.quote) > 8]
    assert len(found) > 5
    thirds = [found[at::3] for at in range(3)]
    elements = [
        element("good", "adequate", [criterion("a", met=True, evidence=thirds[0], why="rule")]),
        element("fair", "partial", [criterion("b", met=False, quote="b", evidence=thirds[1], stance="mentions")]),
        element("bad", "missing", [criterion("c", met=False, quote="c", evidence=thirds[2], stance="negated"), criterion("d", met=False)]),
    ]
    made = report(elements)
    made.inconsistencies = []
    return made


def marked(data: bytes, made: Report | None = None, password: str | None = None, language: str = "en") -> bytes:
    return render(made or quoting(data, password), Context(language, "x.pdf", data, password))


def highlights(data: bytes) -> Iterator[tuple[int, Any]]:
    """Page indexes and our highlights."""
    for index, page in enumerate(PdfReader(BytesIO(data)).pages):
        for annotation in page.get("/Annots", []):
            entry = annotation.get_object()
            if entry["/Subtype"] == "/Highlight" and entry.get("/T") == "analyzer":
                yield index, entry


def quads(annotation: Any) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top of each piece of a highlight."""
    points = [float(value) for value in annotation["/QuadPoints"]]
    pieces = [points[at : at + 8] for at in range(0, len(points), 8)]
    return [(min(piece[::2]), min(piece[1::2]), max(piece[::2]), max(piece[1::2])) for piece in pieces]


def words_under(data: bytes, index: int, pieces: Sequence[tuple[float, float, float, float]]) -> str:
    """The characters, white space aside, whose middle lies under a highlight; places as they are in the file."""
    page = pypdfium2.PdfDocument(data)[index]
    text = page.get_textpage()
    sides = [ctypes.c_double() for _ in range(4)]
    found = []
    for at in range(text.count_chars()):
        pdfium_c.FPDFText_GetCharBox(text, at, *sides)
        left, right, bottom, top = (side.value for side in sides)
        x, y = (left + right) / 2, (bottom + top) / 2
        if any(piece[0] <= x <= piece[2] and piece[1] <= y <= piece[3] for piece in pieces):
            found.append(chr(pdfium_c.FPDFText_GetUnicode(text, at)))
    return bare("".join(found))


def bare(words: str) -> str:
    return re.sub(r"[\s\x00-\x1f\ufffe\u00ad-]", "", words)


def outline(entries: Sequence[Any]) -> list[Any]:
    """Titles of bookmarks, those below an entry as a list after it."""
    return [outline(entry) if isinstance(entry, list) else str(entry.title) for entry in entries]


def test_the_words_under_each_highlight_are_the_quotation(original: bytes) -> None:
    made = quoting(original)
    quotes = {(entry.page, bare(entry.quote)) for part in made.elements for found in part.criteria for entry in found.evidence}
    copy = marked(original, made)
    assert {(index, words_under(copy, index, quads(entry))) for index, entry in highlights(copy)} == quotes


OVER: dict[str, tuple[Sequence[float], float]] = {
    "a little lower": ((100, 200, 300), 3.0),
    "a little higher": ((100, 133, 250), -3.0),
    "on the same line": ((91.5, 214.3), 0.0),
    "all along": (range(80, 400, 23), 1.5),
}


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize(("places", "lower"), OVER.values(), ids=OVER)
def test_a_table_printed_over_a_passage_is_left_out(places: Sequence[float], lower: float, degrees: int) -> None:
    lines = wrapped(
        "The primary objective is to assess the safety of cells in adults. Sixty participants will be enrolled, thirty per arm.", 350
    )

    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 72, lines)
        sheet.grid([70, *(x - 4 for x in places), 440], [LEADING * row + lower + 60 for row in range(len(lines) + 1)])
        for x in places:
            sheet.lines(x, 72 + lower, "X" * len(lines))

    data = turned(degrees)(pdf(draw))
    boxes = [
        (72.0, LEADING * row + 63, 72 + pdfmetrics.stringWidth(line, "Helvetica", 10), LEADING * row + 75) for row, line in enumerate(lines)
    ]
    found = [Evidence(page=1, bbox=boxes, quote=" ".join(lines))]
    made = report([element("one", "adequate", [criterion("a", met=True, evidence=found)])])
    made.inconsistencies = []
    copy = marked(data, made)
    ((index, entry),) = highlights(copy)
    assert words_under(copy, index, quads(entry)) == bare(" ".join(lines))


def test_the_colour_shows_where_the_report_says(original: bytes) -> None:
    made = quoting(original)
    before, after = pypdfium2.PdfDocument(original), pypdfium2.PdfDocument(marked(original, made))
    after.init_forms()
    for number in range(1, len(before) + 1):
        plain, coloured = (
            np.asarray(page.render(scale=2, may_draw_forms=True).to_pil(), int) for page in (before[number - 1], after[number])
        )
        assert plain.shape == coloured.shape
        different = np.abs(plain - coloured).max(axis=2) > 20
        allowed = np.zeros_like(different)
        for entry in (entry for part in made.elements for found in part.criteria for entry in found.evidence if entry.page == number):
            for x0, top, x1, bottom in entry.bbox:
                assert different[round(2 * top) + 1 : round(2 * bottom) - 1, round(2 * x0) + 1 : round(2 * x1) - 1].mean() > 0.5
                allowed[max(0, round(2 * top) - 3) : round(2 * bottom) + 3, max(0, round(2 * x0) - 3) : round(2 * x1) + 3] = True
        assert not (different & ~allowed).any()


def test_the_original_stays_as_it_is_underneath(original: bytes) -> None:
    copy = marked(original)
    assert copy.startswith(original)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before, after = PdfReader(BytesIO(original)), PdfReader(BytesIO(copy), strict=True)
    assert len(after.pages) == len(before.pages) + 1
    for old, new in zip(before.pages, list(after.pages)[1:], strict=True):
        assert old.extract_text() == new.extract_text()
    assert after.metadata == before.metadata


def test_opens_without_a_word_in_pypdf(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("knee_zh", "fistula_en"):
        copy = marked((EXAMPLES / f"{name}.pdf").read_bytes())
        reader = PdfReader(BytesIO(copy), strict=True)
        assert reader.outline
        assert all(page.get("/Annots") for page in list(reader.pages)[1:])
    assert not caplog.records


@pytest.fixture(scope="module")
def english() -> bytes:
    return (EXAMPLES / "fistula_en.pdf").read_bytes()


@pytest.fixture(scope="module")
def copy(english: bytes) -> bytes:
    return marked(english)


def test_colours_follow_the_verdicts(english: bytes, copy: bytes) -> None:
    tones = {tuple(round(float(part), 2) for part in entry["/C"]) for _, entry in highlights(copy)}
    green, orange, red = (next(tone for tone in tones if tone.index(max(tone)) == part and test(tone)) for part, test in (
        (1, lambda tone: True), (0, lambda tone: tone[1] > tone[2] + 0.1), (0, lambda tone: abs(tone[1] - tone[2]) < 0.1)))  # fmt: skip
    assert tones == {green, orange, red}


def test_notes_give_criterion_and_advice(copy: bytes) -> None:
    notes = {entry["/Contents"] for _, entry in highlights(copy)}
    assert "✓ Good · a: met (ADEQUATE)" in notes
    assert "✗ Fair · b: only mentioned, without the content asked for (PARTIAL)\nAdvice: State the b." in notes
    assert all(entry["/Popup"].get_object()["/Subtype"] == "/Popup" for _, entry in highlights(copy))


SHORTFALLS: dict[str, list[str]] = {
    "met and short of another": ["missing", "adequate"],
    "short of two": ["partial", "missing"],
    "met and contradicted": ["adequate", "contradiction"],
}


@pytest.mark.parametrize("tones", SHORTFALLS.values(), ids=SHORTFALLS)
def test_a_passage_of_several_criteria_is_marked_once(english: bytes, tones: list[str]) -> None:
    found = [Evidence(page=1, bbox=[(72, 100, 200, 112)], quote="x")]
    made = report(
        [
            element(verdict, verdict, [criterion("a", met=verdict == "adequate", quote="a", evidence=found, stance="mentions")])
            for verdict in tones
            if verdict != "contradiction"
        ]
    )
    clash = Inconsistency(kind="arms_mismatch", message=Bilingual(zh="不", en="Arms differ"), evidence=found)
    made.inconsistencies = [clash] if "contradiction" in tones else []
    ((_, entry),) = highlights(marked(english, made))
    red, green, blue = map(float, entry["/C"])
    looks = {
        "adequate": green > max(red, blue),
        "missing": red > green and abs(green - blue) < 0.1,
        "contradiction": blue > max(red, green),
    }
    assert looks[tones[1]]
    notes = str(entry["/Contents"]).split("\n\n")
    assert len(notes) == 2
    assert notes[0].startswith("✓") == ("adequate" in tones)


def test_bookmarks(copy: bytes) -> None:
    reader: Any = PdfReader(BytesIO(copy))
    title, branches = outline(reader.outline)[:2]
    assert title == say("en", "marked_summary")
    assert branches[0] == "✓ Good – ADEQUATE"
    assert branches[1][0].startswith("✓ a (p. ")
    assert branches[-1] == [branches[-1][0], "✗ d (not found)"]
    assert reader.get_destination_page_number(reader.outline[0]) == 0
    assert reader.get_destination_page_number(reader.outline[1][1][0]) == 1


def test_bookmarks_of_the_protocol_come_after_ours(english: bytes) -> None:
    writer = PdfWriter(clone_from=BytesIO(english))
    writer.add_outline_item(title="Its own", page_number=1)
    target = BytesIO()
    writer.write(target)
    reader: Any = PdfReader(BytesIO(marked(target.getvalue())))
    assert [outline(reader.outline)[0], outline(reader.outline)[-1]] == [say("en", "marked_summary"), "Its own"]
    assert reader.get_destination_page_number(reader.outline[-1]) == 2


def test_pages_keep_their_numbers(english: bytes) -> None:
    assert PdfReader(BytesIO(marked(english))).page_labels[1:] == ["1", "2", "3"]
    writer = PdfWriter(clone_from=BytesIO(english))
    writer.set_page_label(0, 1, PageLabelStyle.LOWERCASE_ROMAN)
    target = BytesIO()
    writer.write(target)
    labels = PdfReader(target).page_labels
    assert PdfReader(BytesIO(marked(target.getvalue()))).page_labels[1:] == labels


def test_annotations_of_others_stay(english: bytes) -> None:
    from pypdf.annotations import FreeText

    writer = PdfWriter(clone_from=BytesIO(english))
    writer.add_annotation(0, FreeText(text="A remark", rect=(50, 50, 200, 80)))
    target = BytesIO()
    writer.write(target)
    page = PdfReader(BytesIO(marked(target.getvalue()))).pages[1]
    assert "A remark" in [entry.get_object().get("/Contents") for entry in page["/Annots"]]  # type: ignore[attr-defined]


def test_the_first_page_sums_up(english: bytes) -> None:
    made = quoting(english)
    made.inconsistencies = [Inconsistency(kind="arms_mismatch", message=Bilingual(zh="臂数不一", en="Arms differ"), evidence=[])]
    for language, wanted in (("en", ("RETURN", "State the d.", "Arms differ")), ("zh", ("退回申请人", "请写明d。", "臂数不一"))):
        words = bare(pypdfium2.PdfDocument(marked(english, made, language=language))[0].get_textpage().get_text_range())
        for word in (*wanted, say(language, "verdict_partial"), say(language, "domain_S"), "Cells for knees"):
            assert bare(word) in words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_page_is_one_page_however_much_is_missing(language: str) -> None:
    criteria = [criterion(f"thing {number} <b>&amp;</i>", met=False, essential=number < 2) for number in range(8)]
    made = report(
        [element(f"element_{number}", "missing", criteria) for number in range(40)], title="A & B <font color='red'> \u202e x" * 4
    )
    page = PdfReader(BytesIO(cover(made, language, "<x>.pdf")))
    assert len(page.pages) == 1
    words = pypdfium2.PdfDocument(cover(made, language, "<x>.pdf"))[0].get_textpage().get_text_range()
    assert bare(say(language, "marked_shortened")) in bare(words)
    assert "<font" in words and "\u202e" not in words


def test_encrypted() -> None:
    words = [f"The objective number {number} is to assess the safety of cells." for number in range(40)]

    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 72, words)

    locked = pdf(draw, password="secret")
    copy = marked(locked, password="secret")
    reader = PdfReader(BytesIO(copy))
    assert not reader.is_encrypted
    assert len(list(highlights(copy))) > 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.replace(b"startxref", b"startxxxx"),
        lambda data: re.sub(rb"startxref\n\d+", b"startxref\n7", data),
        lambda data: re.sub(rb"startxref\n\d+", b"startxref\n" + b"9" * 20, data),
    ],
)
def test_damaged(english: bytes, damage: Change) -> None:
    copy = marked(damage(english), quoting(english))
    made = quoting(english)
    quotes = {(entry.page, bare(entry.quote)) for part in made.elements for found in part.criteria for entry in found.evidence}
    assert {(index, words_under(copy, index, quads(entry))) for index, entry in highlights(copy)} == quotes


def test_evidence_without_a_place_is_left_out(english: bytes) -> None:
    lost = [Evidence(page=99, bbox=[(0, 0, 10, 10)], quote="x"), Evidence(page=1, bbox=[], quote="y")]
    made = report([element("one", "adequate", [criterion("a", met=True, evidence=lost)])])
    made.inconsistencies = []
    assert list(highlights(marked(english, made))) == []


def test_tells_its_own_copies_from_other_pdfs(tmp_path: Path, english: bytes, copy: bytes) -> None:
    for name, data, ours in (("a.pdf", english, False), ("b.pdf", copy, True), ("c.pdf", b"", False)):
        (tmp_path / name).write_bytes(data)
        assert is_marked(tmp_path / name) is ours
