"""What is done to a picture before an engine sees it, and to what it read afterwards; no engine is needed here."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pypdfium2 as pdfium
import pytest
from pdfs import HEIGHT, Draw, Sheet, pdf
from scanned_pages import LINES, prose

from analyzer.ocr.fillers import blanks_of, is_blot, leaders_of, with_bullets, with_leaders
from analyzer.ocr.mending import mended, with_signs
from analyzer.ocr.pictures import (
    Colour,
    Grey,
    crisp,
    evened,
    hairlines_of,
    ink_of,
    is_blank,
    is_marked,
    levels_of,
    lie_of,
    straightened,
    turned,
    without_stamps,
)
from analyzer.ocr.readings import PageReading, ReadLine
from analyzer.ocr.ruled import rules_in, without_rules
from analyzer.ocr.second_look import doubtful, has_lost_power
from benchmarks.scans import Scanner, picture

SCALE = 150 / 72


def colour(page: Draw, scanner: Scanner) -> Colour:
    """The page as a scanner sees it, in colour."""
    with pdfium.PdfDocument(pdf(page)) as made:
        return np.asarray(picture(made, 1, replace(scanner, colour=True)))


def clear(page: Draw, scanner: Scanner) -> Grey:
    """The page as it is before it is set straight."""
    grey = without_stamps(colour(page, scanner), scanner.dpi / 72)
    levels = levels_of(grey)
    return crisp(evened(grey, levels), levels)


def line(
    text: str, x0: float = 80.0, top: float = 100.0, size: float = 12.0, confidence: float = 0.99, width: float | None = None
) -> ReadLine:
    """A line of an engine."""
    return ReadLine(text, x0, top, x0 + (width or 6.0 * len(text)), top + 0.75 * size, confidence, size, 1.0)


def full(sheet: Sheet) -> None:
    """A page full of lines, no two alike."""
    words = " ".join(LINES).split()
    chance = random.Random(1)
    for row in range(28):
        sheet.text(60, 60 + 26 * row, " ".join(chance.sample(words, 11)), 12)


def schedule(sheet: Sheet) -> None:
    """A table with more uprights than lines of text."""
    sheet.grid([60 + 30 * column for column in range(16)], [200 + 26 * row for row in range(16)])
    for row in range(15):
        sheet.text(64, 218 + 26 * row, f"V{row}", 9)


# --- how a sheet lies


@pytest.mark.parametrize("tilt", [-5.5, -2.3, -0.3, 0.0, 0.8, 4.4])
@pytest.mark.parametrize("turns", [0, 1])
def test_the_lie_of_a_sheet_is_found(tilt: float, turns: int) -> None:
    lie = lie_of(ink_of(clear(full, Scanner(150, tilt=tilt, paper=235, ink=30, grain=5, turns=((1, turns),)))))
    assert lie.sideways == bool(turns)
    assert abs(lie.tilt - tilt) < 0.12


def test_a_table_is_no_page_on_its_side() -> None:
    for tilt in (0.0, 0.4, 2.0):
        lie = lie_of(ink_of(clear(schedule, Scanner(150, tilt=tilt, paper=240, grain=4))))
        assert not lie.sideways and abs(lie.tilt - tilt) < 0.3


def test_columns_that_are_not_level_with_each_other_do_not_mislead() -> None:
    def columns(sheet: Sheet) -> None:
        words = " ".join(LINES).split()
        chance = random.Random(2)
        for row in range(40):
            sheet.text(60, 70 + 17 * row, " ".join(chance.sample(words, 8))[:42], 10)
            sheet.text(310, 77 + 17 * row, " ".join(chance.sample(words, 8))[:42], 10)

    for tilt in (-1.5, 0.0, 0.7):
        assert abs(lie_of(ink_of(clear(columns, Scanner(150, tilt=tilt, paper=240, grain=4)))).tilt - tilt) < 0.3


def test_a_page_set_straight_and_turned_back_is_itself() -> None:
    page = clear(prose, Scanner())
    assert np.array_equal(turned(turned(page, 1), 3), page)
    assert straightened(page, 0.0) is page
    askew = clear(prose, Scanner(tilt=3.0))
    assert float(np.abs(straightened(askew, 3.0).astype(int) - page).mean()) < 3


# --- paper, seals, watermarks


def test_shadows_are_evened_out_and_blank_sheets_seen() -> None:
    assert is_blank(clear(lambda sheet: None, Scanner(150, paper=225, grain=8, shadow=60)))
    assert not is_blank(clear(prose, Scanner(150, paper=225, ink=90, grain=8, shadow=60)))


def test_a_seal_is_bleached_and_print_is_not() -> None:
    scanner = Scanner(150, paper=240, ink=20, grain=3, seals=(1,))
    stamped, bare = colour(lambda sheet: None, scanner), without_stamps(colour(lambda sheet: None, scanner), SCALE)
    assert (stamped.min(axis=2) < 120).mean() > 0.003
    assert (bare < 120).mean() < 0.0005

    def in_red(sheet: Sheet) -> None:
        sheet.canvas.setFillColorRGB(0.8, 0.1, 0.1)
        prose(sheet)

    red = colour(in_red, Scanner(150, paper=240, grain=3))
    assert (without_stamps(red, SCALE) < 128).sum() > 0.8 * (red[..., 1] < 128).sum()


@pytest.mark.parametrize(
    ("scanner", "marked"),
    [
        (Scanner(150, paper=245, grain=3), False),
        (Scanner(150, tilt=1.0, paper=230, ink=90, grain=7, blur=0.7), False),
        (Scanner(150, paper=245, grain=3, watermark=40), True),
        (Scanner(150, tilt=1.0, paper=230, ink=40, grain=6, watermark=60), True),
    ],
)
def test_watermarks_are_noticed(scanner: Scanner, marked: bool) -> None:
    grey = without_stamps(colour(full, scanner), SCALE)
    assert is_marked(grey, levels_of(grey)) is marked


# --- rules


def test_the_rules_of_a_table_are_found_where_they_are() -> None:
    columns, rows = [80.0, 190.0, 300.0, 430.0], [140.0, 170.0, 200.0, 230.0, 260.0]

    def page(sheet: Sheet) -> None:
        prose(sheet)
        sheet.canvas.translate(0, -200)
        sheet.grid(columns, rows)
        for row in rows[:-1]:
            for column in columns[:-1]:
                sheet.text(column + 1.5, row + 19, "HIMB", 13, "Helvetica-Bold")

    grey = without_stamps(colour(page, Scanner(150, paper=245, ink=10, grain=3)), SCALE)
    levels = levels_of(grey)
    rules = rules_in(hairlines_of(grey, levels), SCALE)
    level = sorted({round(top / SCALE) for _, top, _, bottom in rules if top == bottom})
    upright = sorted({round(x0 / SCALE) for x0, _, x1, _ in rules if x0 == x1})
    assert [abs(found - drawn - 200) <= 1 for found, drawn in zip(level, rows, strict=True)] == [True] * 5
    assert [abs(found - drawn) <= 1 for found, drawn in zip(upright, columns, strict=True)] == [True] * 4
    bare = without_rules(crisp(grey, levels), rules, SCALE)
    assert (bare[round(339 * SCALE) : round(341 * SCALE), round(200 * SCALE) : round(290 * SCALE)] == 255).all()


# --- what engines pass over


def drawn(page: Draw) -> Grey:
    return clear(page, Scanner(150, paper=245, ink=10, grain=3))


def test_bullets_are_put_back_before_the_lines_of_a_list() -> None:
    words = ["Age between 18 and 70 years", "Consent given in writing", "No other illness"]

    def page(sheet: Sheet) -> None:
        for row, item in enumerate(words):
            sheet.canvas.circle(85, sheet.height - 106 - 20 * row, 1.6, stroke=0, fill=1)
            sheet.text(95, 110 + 20 * row, item, 12)
        sheet.text(80, 190, "A line without one", 12)

    lines = [line(item, 95, 100.5 + 20 * row) for row, item in enumerate(words)]
    lines[1] = replace(lines[1], text="· " + words[1], x0=83.5)
    plain = line("A line without one", 80, 180.5)
    found = with_bullets(drawn(page), SCALE, [*lines, plain])
    assert [one.text for one in found] == [*(f"• {item}" for item in words), "A line without one"]
    assert all(82 < one.x0 < 85 for one in found[:3])
    alone = with_bullets(drawn(page), SCALE, [lines[0], plain])
    assert [one.text for one in alone] == [words[0], "A line without one"]


def test_blots_are_told_from_digits_and_rings() -> None:
    def page(sheet: Sheet) -> None:
        sheet.canvas.circle(100, sheet.height - 100, 4, stroke=0, fill=1)
        sheet.canvas.circle(140, sheet.height - 100, 4, stroke=1, fill=0)
        sheet.canvas.rect(176, sheet.height - 104, 8, 8, stroke=0, fill=1)
        sheet.text(216, 104, "0", 14, "Helvetica-Bold")
        sheet.canvas.circle(300, sheet.height - 100, 14, stroke=0, fill=1)

    grey = drawn(page)
    found = [is_blot(grey, ((x - 16) * SCALE, 84 * SCALE, (x + 16) * SCALE, 116 * SCALE), SCALE) for x in (100, 140, 180, 220, 300)]
    assert found == [True, False, False, False, False]


def test_dots_that_lead_to_a_page_number_are_counted() -> None:
    def page(sheet: Sheet) -> None:
        for row, (words, number) in enumerate((("1. Background", "4"), ("2. Objectives", "17"))):
            sheet.text(80, 110 + 20 * row, words + " " + "." * 40 + " " + number, 12)

    found = [
        line("1. Background......", 80, 101.5, width=230),
        line("4", 308, 101.5),
        line("2. Objectives", 80, 121.5, width=75),
        line("17", 302, 121.5),
    ]
    grey = drawn(page)
    leaders = leaders_of(grey, SCALE, found)
    assert [leader.dots for leader in leaders] == [40, 40]
    assert sorted(one.text for one in with_leaders(found, leaders)) == [f"1. Background {'.' * 40} 4", f"2. Objectives {'.' * 40} 17"]


def test_blanks_to_be_filled_in_are_underscores() -> None:
    def page(sheet: Sheet) -> None:
        sheet.text(80, 110, "Investigator:", 12)
        sheet.canvas.line(155, sheet.height - 111, 235, sheet.height - 111)

    words = line("Investigator:", 80, 101.5, width=70)
    found = blanks_of(
        without_rules(drawn(page), [(155 * SCALE, 111 * SCALE, 235 * SCALE, 111 * SCALE)], SCALE), SCALE, [words], [(155, 111, 235, 111)]
    )
    assert [one.text.strip("_") for one in found] == ["Investigator:", ""]
    assert found[1].text.count("_") >= 8 and found[1].x0 == 155


# --- slips


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("a phase Il trial", "a phase II trial"),
        ("phase I/IIl trial", "phase I/III trial"),
        ("phase l study", "phase I study"),
        ("Ill people will fill in it", "Ill people will fill in it"),
        ("class lII or IIl", "class III or III"),
        ("the phase began", "the phase began"),
        ("本试验为Ⅱ期/Il期临床试验", "本试验为Ⅱ期/II期临床试验"),
        ("95% Cl 1.2-3.4", "95% CI 1.2-3.4"),
        ("CD45 and Cl 104 mmol/L", "CD45 and Cl 104 mmol/L"),
        ("Il-6 and IL-6", "Il-6 and IL-6"),
        ("5x10³/L", "5×10³/L"),
        ("检验水准a=0.05", "检验水准α=0.05"),
        ("data=0.05", "data=0.05"),
        ("1x10^6/kg", "1×10^6/kg"),
        ("-80°℃保存", "-80℃保存"),
        ("千细胞治疗惠者", "干细胞治疗患者"),
        ("均数土标准差", "均数±标准差"),
        ("骨骼肌，骼前上棘", "骨骼肌，髂前上棘"),
        ("癫痛发作", "癫痫发作"),
        ("午餐米饭(生重)75g,清蒸鱼", "午餐米饭（生重）75g，清蒸鱼"),
        ("4) 滤过率<45 mL/min,或比值(UACR)的1000 mg/g;", "4） 滤过率<45 mL/min，或比值（UACR）的1000 mg/g；"),
        ("week 4 (day 28), then monthly; see (a)", "week 4 (day 28), then monthly; see (a)"),
    ],
)
def test_slips_are_mended_where_one_thing_can_be_meant(read: str, meant: str) -> None:
    assert mended(read) == meant


def test_signs_that_stand_alone_are_ticks_rings_and_crosses() -> None:
    small, tall = replace(line("X", top=100), bottom=106.0), replace(line("x", top=100), bottom=108.6)
    texts = [one.text for one in with_signs([line("Visit"), line("V"), line("V"), line("v"), line("O"), small, tall])]
    assert texts == ["Visit", "√", "√", "√", "O", "x", "X"]


def test_numbers_in_doubt_are_looked_at_again() -> None:
    lines = [
        line("A total of 128 participants", confidence=0.99),
        line("A total of 12B participants", confidence=0.7),
        line("No number here", confidence=0.6),
        line("PLT≥100×10/L", confidence=0.98),
        line("1) first of a list", confidence=0.7),
    ]
    assert doubtful(lines) == [1, 3]


def test_a_power_that_lost_its_exponent_is_never_passed_over() -> None:
    worse = [line(f"Visit {number}", confidence=0.5) for number in range(20)]
    assert 20 in doubtful([*worse, line("2×10 cells/kg", confidence=0.98)])
    assert not has_lost_power("WBC 4×10³/L")


def test_what_was_read_too_badly_to_be_kept_counts_against_a_page() -> None:
    kept = [line("A total of 128 participants", confidence=0.96)]
    assert PageReading(595, HEIGHT, lines=kept).confidence == pytest.approx(0.96)
    assert PageReading(595, HEIGHT, lines=kept, missed=len(kept[0].text)).confidence == pytest.approx(0.48)


def test_a_reading_can_be_kept() -> None:
    reading = PageReading(595, HEIGHT, 1, -0.5, [line("α = 0.05"), line("样本量")], [(1, 2, 3, 2)])
    assert PageReading.from_plain(reading.plain()) == reading
    for spoilt in ({}, {**reading.plain(), "lines": [{}]}, {**reading.plain(), "rules": [[1, 2]]}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            PageReading.from_plain(spoilt)
