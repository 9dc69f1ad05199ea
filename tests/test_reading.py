"""What a reader of the page would notice: the words, their order, their paragraphs, and where they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pdfs import HEIGHT, LEADING, SONG, Draw, Sheet, pdf, wrapped

from analyzer import errors
from analyzer.document import Document
from analyzer.reading import read
from analyzer.text import normalise

LEFT = (
    "The primary objective of this study is to show that infusion of autologous stromal cells lowers the score of pain at rest after six "
    "months in adults who cannot be helped by surgery, and the secondary objectives are to describe healing of ulcers, to record adverse "
    "events of every grade and to measure quality of life with a questionnaire that was validated in the language of the country before."
)
RIGHT = (
    "Patients are followed by their own physician and by a nurse who does not know the treatment given, and every visit is recorded in an "
    "electronic form that keeps each earlier version of an entry together with the name of whoever changed it and with the reason that was "
    "given for the change, so that an auditor can find out at any later time what had been known when each decision was taken by the team."
)


def words(document: Document) -> list[str]:
    """The paragraphs and table rows of a document."""
    return [line for line in document.text.split("\n") if line]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_lines_of_a_paragraph_are_joined_and_headings_stand_alone() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(72, 80, "2. Study objectives", 14, "Helvetica-Bold")
        y = sheet.lines(72, 105, wrapped(LEFT, 450))
        sheet.text(72, y + 10, "3. Follow-up", 14, "Helvetica-Bold")
        sheet.lines(72, y + 35, wrapped(RIGHT, 450))

    document = read("a.pdf", pdf(draw))
    assert words(document) == ["2. Study objectives", LEFT, "3. Follow-up", RIGHT]
    heading = document.lines[0]
    assert heading.bold and heading.size == 14 and document.text[heading.start : heading.end] == "2. Study objectives"
    assert not document.lines[1].bold


def test_list_items_begin_lines() -> None:
    items = ["1. Age between 18 and 70 years", "2. Written informed consent", "3. " + LEFT]

    def draw(sheet: Sheet) -> None:
        y = 80.0
        for item in items:
            y = sheet.lines(72, y, wrapped(item, 450))

    assert words(read("a.pdf", pdf(draw))) == items


def test_divided_words_are_joined_and_compounds_keep_their_hyphen() -> None:
    def draw(sheet: Sheet) -> None:
        lines = ["This is a randomised, double-blind and placebo-", "controlled study of cells for the regene-", "ration of cartilage"]
        sheet.lines(72, 80, [line.ljust(50) for line in lines])
        sheet.text(72, 140, "x" * 40)

    text = read("a.pdf", pdf(draw)).text
    assert "placebo-controlled study of cells for the regeneration of cartilage" in text


def test_chinese_lines_are_joined_without_blanks_and_signs_are_folded() -> None:
    lines = [
        "本研究采用多中心、随机、双盲、安慰剂对照设计，计划入组１２０例受试者，",
        "脱落率按１０％计算，主要终点为第２４周的变化值。",
        "一、研究目的",
    ]

    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 80, lines, 12, SONG)

    document = read("a.pdf", pdf(draw))
    first, heading = words(document)[:2]
    assert first == "本研究采用多中心、随机、双盲、安慰剂对照设计，计划入组120例受试者，脱落率按10%计算，主要终点为第24周的变化值。"
    assert heading == "一、研究目的"
    start = document.text.index("10%")
    assert document.quote(start, start + 3) == "１０％"


@pytest.mark.parametrize("order", ["column by column", "row by row", "right column first"])
def test_two_columns_are_read_one_after_the_other(order: str) -> None:
    left, right = wrapped(LEFT + " " + LEFT, 215), wrapped(RIGHT + " " + RIGHT, 215)

    def draw(sheet: Sheet) -> None:
        sheet.text(72, 60, "A protocol with a title that goes right across both of the columns", 13, "Helvetica-Bold")
        places = [(72.0, 90 + 15.0 * row, line) for row, line in enumerate(left)]
        others = [(308.0, 90 + 15.0 * row, line) for row, line in enumerate(right)]
        if order == "column by column":
            drawn = places + others
        elif order == "right column first":
            drawn = others + places
        else:
            drawn = sorted(places + others, key=lambda place: (place[1], place[0]))
        for x, y, line in drawn:
            sheet.text(x, y, line)

    title = "A protocol with a title that goes right across both of the columns"
    assert bare(read("a.pdf", pdf(draw)).text) == bare(title + LEFT * 2 + RIGHT * 2)


def test_lines_drawn_out_of_turn_are_read_from_top_to_bottom() -> None:
    lines = wrapped(LEFT + " " + RIGHT, 450)

    def draw(sheet: Sheet) -> None:
        for row in sorted(range(len(lines)), key=lambda row: row * 7 % len(lines)):
            sheet.text(72, 90 + 15 * row, lines[row])

    assert read("a.pdf", pdf(draw)).text.strip() == f"{LEFT} {RIGHT}"


def test_running_heads_and_page_numbers_are_left_out_and_paragraphs_go_on_across_pages() -> None:
    lines = wrapped(LEFT + " " + RIGHT, 450)
    shares = [lines[:3], lines[3:6], lines[6:]]

    def page(number: int) -> Draw:
        def draw(sheet: Sheet) -> None:
            sheet.text(72, 40, "PROTOCOL ABC-01, version 2.1", 8)
            sheet.lines(72, 90, shares[number])
            sheet.text(280, HEIGHT - 30, f"Page {number + 1} of 3", 8)

        return draw

    document = read("a.pdf", pdf(page(0), page(1), page(2)))
    assert document.text.strip() == f"{LEFT} {RIGHT}"
    assert "PROTOCOL ABC-01" in document.pages[1].raw
    assert [page.start for page in document.pages[1:]] == [page.end for page in document.pages[:-1]]
    assert (document.pages[0].start, document.pages[-1].end) == (0, len(document.text))
    assert document.page_of(document.text.index(RIGHT[-20:])).number == 3


def test_every_body_line_is_kept_once() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid([72, 200, 520], [300, 330, 360])
        for row, line in enumerate(["Dose", "1.0 x 10^6/kg", "Route", "intravenous"]):
            sheet.text(80 + 130 * (row % 2), 320 + 30 * (row // 2), line)
        sheet.lines(72, 80, wrapped(LEFT, 450))
        sheet.lines(72, 400, wrapped(RIGHT, 450))

    document = read("a.pdf", pdf(draw))
    drawn = [index for index, character in enumerate(document.pages[0].raw) if not character.isspace()]
    assert sorted(index for index in document.origin if index >= 0 and not document.pages[0].raw[index].isspace()) == drawn
    assert len(document.origin) == len(document.text)


def test_a_ruled_table_is_read_row_by_row() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(72, 80, "Table 1. Doses")
        sheet.grid([72, 200, 400, 520], [100, 120, 160, 180])
        for x, head in zip((76, 204, 404), ("Group", "Intervention", "n"), strict=True):
            sheet.text(x, 114, head, font="Helvetica-Bold")
        sheet.text(76, 134, "Treated")
        sheet.lines(204, 134, ["Infusion of 1.0 x 10^6 cells per", "kilogram in three doses"])
        sheet.text(404, 134, "60")
        sheet.text(76, 174, "Control")
        sheet.text(404, 174, "60")
        sheet.text(72, 210, "Text after the table.")

    document = read("a.pdf", pdf(draw))
    assert words(document) == [
        "Table 1. Doses",
        "Group\tIntervention\tn",
        "Treated\tInfusion of 1.0 x 10^6 cells per kilogram in three doses\t60",
        "Control\t60",
        "Text after the table.",
    ]
    (table,) = document.tables
    assert [[document.lines[i].cell for i in row] for row in table.rows][2] == [(0, 2, 0), (0, 2, 2)]
    assert table.page == 1 and table.rect.x0 == pytest.approx(72, abs=2) and table.rect.bottom == pytest.approx(180, abs=2)
    wrapped_cell = document.lines[table.rows[1][1]]
    assert document.text[wrapped_cell.start : wrapped_cell.end] == "Infusion of 1.0 x 10^6 cells per kilogram in three doses"


def test_a_box_around_text_is_no_table() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.grid([60, 540], [60, 200])
        sheet.lines(72, 80, wrapped(LEFT, 450))

    document = read("a.pdf", pdf(draw))
    assert document.tables == [] and document.text.strip() == LEFT


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_where_the_words_are_seen(rotation: int) -> None:
    """The page is drawn so that the text reads upright once the page is turned."""

    def draw(sheet: Sheet) -> None:
        sheet.canvas.translate(*{0: (0, 0), 90: (800, 0), 180: (600, 800), 270: (0, 600)}[rotation])
        sheet.canvas.rotate(rotation)
        sheet.lines(72, 90, wrapped(LEFT, 400))

    document = read("a.pdf", pdf(draw, rotation=rotation, size=(600, 800)))
    page = document.pages[0]
    assert (page.width, page.height) == (600, 800)
    assert document.text.strip() == LEFT
    start = document.text.index("primary objective")
    assert document.quote(start, start + 17) == "primary objective"
    (box,) = document.rects(start, start + 17)
    assert 72 < box.x0 < 110 and box.x1 - box.x0 == pytest.approx(77, abs=6)
    assert box.top < 90 < box.bottom and box.bottom - box.top < 16


def test_a_span_over_two_lines_has_two_boxes_and_the_words_of_the_page() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 80, wrapped(LEFT, 450))

    document = read("a.pdf", pdf(draw))
    start, end = 0, len(wrapped(LEFT, 450)[0]) + 12
    assert document.quote(start, end) == LEFT[:end].strip()
    assert len(document.rects(start, end)) == 2


def test_a_page_without_text_is_warned_of() -> None:
    document = read("a.pdf", pdf(lambda sheet: sheet.text(72, 80, "Some words"), lambda sheet: sheet.grid([72, 200], [80, 90])))
    assert document.warnings == [("pages_without_text", {"pages": [2]})]
    assert document.pages[1].source == "empty"


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    whole = pdf(lambda sheet: sheet.text(72, 80, "Some words"))
    cases: list[tuple[bytes, type[errors.UnreadableFile]]] = [
        (b"", errors.EmptyFile),
        (b"PK\x03\x04 an archive", errors.ArchiveDamaged),
        (b"no PDF at all", errors.NotAPdf),
        (b"%PDF-1.7\nnothing of a PDF", errors.DamagedPdf),
        (whole[:200], errors.DamagedPdf),
        (pdf(lambda sheet: sheet.grid([72, 200], [80, 90])), errors.NoTextLayer),
        (pdf(lambda sheet: sheet.text(72, 80, "Secret"), password="open"), errors.EncryptedPdf),
    ]
    for number, (content, expected) in enumerate(cases):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(content)
        with pytest.raises(expected) as caught:
            read(path)
        assert caught.value.details["path"] == str(path)
    with pytest.raises(errors.FileMissing):
        read(tmp_path / "none.pdf")
    with pytest.raises(errors.NotAPdf):
        read(tmp_path)


def test_a_password_opens_an_encrypted_file() -> None:
    secret = pdf(lambda sheet: sheet.text(72, 80, "Secret words"), password="open")
    assert read("a.pdf", secret, password="open").text.strip() == "Secret words"
    with pytest.raises(errors.WrongPassword):
        read("a.pdf", secret, password="shut")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ１２３％", "ABC123%"),
        ("第一，（二）；“三”", "第一，（二）；“三”"),
        ("e\ufb03cacy", "efficacy"),
        ("\u2f00\u2f08", "一人"),
        ("a\u00a0b\u3000c\u200b\u00ad", "a b c"),
        ("\uf0b7 item", "• item"),
        ("5 \u00b5g, 10\u2076 – 10⁻³", "5 μg, 10⁶ – 10⁻³"),
    ],
)
def test_normalise_folds_what_only_looks_different(text: str, folded: str) -> None:
    result, sources = normalise(text)
    assert result == folded and len(sources) == len(result) and list(sources) == sorted(sources)


def test_a_cropped_page_counts_from_its_visible_corner() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.canvas.setCropBox((50, 50, 545, 792))
        sheet.text(72, 90, "Some words")

    document = read("a.pdf", pdf(draw))
    (box,) = document.rects(0, 4)
    assert box.x0 == pytest.approx(22, abs=2) and box.top < 40 < box.bottom
    assert document.pages[0].width == 495


def test_watermarks_are_left_out() -> None:
    def draw(sheet: Sheet) -> None:
        sheet.canvas.saveState()
        sheet.canvas.translate(150, 250)
        sheet.canvas.rotate(45)
        sheet.canvas.setFont("Helvetica", 60)
        sheet.canvas.drawString(0, 0, "CONFIDENTIAL")
        sheet.canvas.restoreState()
        sheet.lines(72, 90, wrapped(LEFT, 450))

    assert read("a.pdf", pdf(draw)).text.strip() == LEFT


def test_the_first_row_of_a_table_on_each_page_is_no_running_head() -> None:
    sentences = wrapped(f"{LEFT} {RIGHT}", 450)

    def page(number: int) -> Draw:
        def draw(sheet: Sheet) -> None:
            y = 60.0
            if number in (2, 3):
                for cells in (("Visit", "Week", "Test"), ("First", str(number), f"ECG {number}"), ("Second", "4", f"MRI {number}")):
                    for column, cell in enumerate(cells):
                        sheet.text(72 + 120 * column, y, cell)
                    y += LEADING
            sheet.lines(72, y, sentences[number:])

        return draw

    document = read("a.pdf", pdf(*(page(number) for number in range(5))))
    assert document.text.count("Visit") == 2


def test_rows_of_a_table_without_rules_stay_apart() -> None:
    def draw(sheet: Sheet) -> None:
        rows = [("Sponsor", wrapped(LEFT, 300)[:2]), ("Sites", ["Three"]), ("Design", wrapped(RIGHT, 300)[:2]), ("Funding", ["Public"])]
        y = 90.0
        for label, lines in rows:
            sheet.text(72, y, label)
            y = sheet.lines(220, y, lines)
        sheet.lines(72, y + 20, wrapped(LEFT, 450))

    lines = words(read("a.pdf", pdf(draw)))
    assert lines[0] == "Sponsor\t" + " ".join(wrapped(LEFT, 300)[:2])
    assert lines[1] == "Sites\tThree"
    assert lines[3] == "Funding\tPublic"


def test_table_of_contents_entries_are_lines() -> None:
    entries = [f"{number}. Section {name} " + "." * 60 + f" {number + 3}" for number, name in enumerate(("one", "two", "three"), 1)]

    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 90, entries)

    assert words(read("a.pdf", pdf(draw))) == entries


def test_a_form_drawn_column_by_column_is_read_row_by_row() -> None:
    form = {"Protocol number:": "ABC-01", "Phase:": "II", "Indication:": "Ulcerative colitis", "Sponsor:": "A hospital"}

    def draw(sheet: Sheet) -> None:
        sheet.lines(72, 90, form)
        sheet.lines(200, 90, form.values())
        sheet.lines(72, 200, wrapped(LEFT, 450))

    assert words(read("a.pdf", pdf(draw)))[:4] == [f"{label}\t{value}" for label, value in form.items()]
