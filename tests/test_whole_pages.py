"""What is done for a whole page at once gives what was done for each character, line or word alone."""

from __future__ import annotations

import random
import re
from array import array
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from pdfs import Sheet, pdf

from analyzer.reading import read
from analyzer.reading.layout import Run, wide_gaps
from analyzer.reading.paragraphs import Joints, VisualLine, has_leader
from analyzer.reading.pdf import PdfFile, PdfPage, hulls
from analyzer.reading.tables import _Tiles, find_grids
from analyzer.text import _FOLDS, normalise

EXAMPLES = Path(__file__).parent.parent / "examples"


def opened(name: str) -> PdfFile:
    return PdfFile((EXAMPLES / name).read_bytes(), None, name)


def pages(file: PdfFile) -> list[PdfPage]:
    return [page for index in range(len(file)) if (page := file.page(index))]


@pytest.mark.parametrize("name", ["knee_zh.pdf", "fistula_en.pdf"])
def test_boxes_of_many_characters_are_those_of_each(name: str) -> None:
    file = opened(name)
    for page in pages(file)[:4]:
        alone = np.array([page.box(index) or (np.nan,) * 4 for index in range(len(page.raw))])
        assert np.array_equal(page.boxes(), alone, equal_nan=True)
        assert np.array_equal(page.boxes([5, 2, 9]), page.boxes()[[5, 2, 9]], equal_nan=True)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_runs_know_their_own_characters(rotation: int) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.text(72, 80, "A heading", 14, "Helvetica-Bold")
        sheet.text(72, 110, "plain text that goes on", 10)
        sheet.text(300, 140, "Other", 8, "Helvetica-Oblique")

    file = PdfFile(pdf(draw, rotation=rotation, size=(600, 600)), None, "a.pdf")
    (page,) = pages(file)
    runs = page.runs()
    assert {(page.raw[run.start : run.end], run.bold, round(run.size)) for run in runs} == {
        ("A heading", True, 14),
        ("plain text that goes on", False, 10),
        ("Other", False, 8),
    }
    for run in runs:
        ends = [box for index in (run.start, run.end - 1) if (box := page.box(index))]
        hull = min(b[0] for b in ends), min(b[1] for b in ends), max(b[2] for b in ends), max(b[3] for b in ends)
        assert (run.x0, run.top, run.x1, run.bottom) == hull
        assert run.angle == (-rotation) % 360


@pytest.mark.parametrize("name", ["knee_zh.pdf", "fistula_en.pdf"])
def test_a_run_in_one_cell_has_all_its_characters_there(name: str) -> None:
    file, told = opened(name), 0
    for page in pages(file):
        cells = [cell for grid in find_grids(page.rulings(), page.width, page.height) for cell in grid]
        if not cells:
            continue
        runs, boxes, tiles = page.runs(), page.boxes(), _Tiles(cells)
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        owner = np.full(len(boxes), -1)
        for index, cell in enumerate(cells):
            owner[(x >= cell.x0) & (x < cell.x1) & (y >= cell.top) & (y < cell.bottom)] = index
        assert tiles.at(x, y).tolist() == owner.tolist()
        for run, place in zip(runs, tiles.of_runs(runs), strict=True):
            if place is not None:
                drawn = ~np.isnan(x[run.start : run.end])
                assert set(owner[run.start : run.end][drawn].tolist()) == {place}
                told += place >= 0
    assert told


def test_a_line_drawn_to_and_fro_over_two_cells_is_looked_at_character_by_character() -> None:
    """Its first and last characters stand in the right cell, the others in the left one."""

    def draw(sheet: Sheet) -> None:
        sheet.grid([72, 272, 472], [80, 110, 140])
        writing = sheet.canvas.beginText(290, sheet.height - 100)
        writing.setFont("Helvetica", 10)
        writing.textOut("right end ")
        writing.setTextOrigin(80, sheet.height - 100)
        writing.textOut("left and long words ")
        writing.setTextOrigin(350, sheet.height - 100)
        writing.textOut("more")
        sheet.canvas.drawText(writing)
        sheet.text(80, 130, "below", 10)

    table = read("a.pdf", pdf(draw)).tables[0]
    assert [len(row) for row in table.rows] == [2, 1]


def test_hulls_of_spans() -> None:
    nan = float("nan")
    boxes = np.array([(1, 5, 2, 9), (nan,) * 4, (3, 4, 4, 8), (nan,) * 4, (nan,) * 4, (0, 0, 9, 9)], dtype=float)
    assert hulls([(0, 3), (3, 5), (2, 6)], boxes) == [(1, 4, 4, 9), None, (0, 0, 9, 9)]
    assert hulls([], boxes) == []


def gaps_one_by_one(boxes: list[list[float]], run: Run, least: float, edges: tuple[float, ...]) -> list[tuple[int, int]]:
    spans = []
    begin, last, reached = run.start, run.start, run.x0
    for index, (x0, _, x1, _) in enumerate(boxes, run.start):
        if isnan(x0):
            continue
        apart = x0 - reached > least * run.size or x0 < reached - 3 * least * run.size
        if apart and (not edges or any(abs(x0 - edge) < 2 for edge in edges)):
            spans.append((begin, last + 1))
            begin = index
        last, reached = index, x1
    return [*spans, (begin, last + 1)]


@pytest.mark.parametrize("seed", range(40))
def test_gaps_of_many_lines_are_those_of_each(seed: int) -> None:
    chance = random.Random(seed)
    runs: list[Run] = []
    boxes: list[tuple[float, ...]] = []
    for _ in range(chance.randint(1, 5)):
        start, x = len(boxes), 20.0
        for _ in range(chance.randint(1, 12)):
            x += chance.choice((0, 0, 0, 0.5, 9, 30, -40))
            boxes.append((float("nan"),) * 4 if chance.random() < 0.25 else (x, 0.0, x + 5, 9.0))
            x += 5
        runs.append(Run(start, len(boxes), 18.0, 0.0, x, 10.0, chance.choice((8.0, 10.0)), False, False))
        boxes.append((1.0, 1.0, 1.0, 1.0))  # between lines: not looked at
    places = np.array(boxes)
    for least, edges in ((0.9, ()), (0.3, ()), (0.9, (20.0, 50.0))):
        alone = [gaps_one_by_one(places[run.start : run.end].tolist(), run, least, edges) for run in runs]
        assert wide_gaps(places, runs, least, edges) == alone
    assert wide_gaps(places, []) == []


def line(text: str) -> VisualLine:
    return VisualLine(1, -1, 0.0, 0.0, 100.0, 10.0, 10.0, False, False, text, array("i"), False)


@pytest.mark.parametrize("seed", range(40))
def test_words_that_stand_undivided(seed: int) -> None:
    chance = random.Random(seed)
    texts = ["".join(chance.choice("aBc- K--é") for _ in range(chance.randint(1, 7))) for _ in range(40)]
    lines = [line(text) for text in texts if text.strip()]
    text = re.sub(r"\S+-\n\S+", " ", "\n".join(line.text for line in lines).lower())
    assert Joints(lines)._known == {*re.findall(r"[a-z]+(?:-[a-z]+)+", text), *re.findall(r"[a-z]+", text)}


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("1 Aims ....... 3", True),
        ("1 Aims . . . . . 3", True),
        ("目的……3", True),
        ("目的·····3", True),
        ("Aims ________ 12", True),
        ("Name ________", False),
        ("and so on... 3", False),
        ("1. 2. 3.", False),
    ],
)
def test_leaders(text: str, leads: bool) -> None:
    assert has_leader(text) is leads


def folded_one_by_one(text: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    sources: list[int] = []
    for index, character in enumerate(text):
        fold = _FOLDS.get(character, character)
        if fold and not (fold == " " and pieces and pieces[-1] == " "):
            pieces.append(fold)
            sources += [index] * len(fold)
    return "".join(pieces), sources


@pytest.mark.parametrize("seed", range(40))
def test_folding_is_that_of_each_character(seed: int) -> None:
    chance = random.Random(seed)
    pool, odd = [*"    ab中，1\n\t\x00é\ufb01\u3000\xa0\u200b\uf0b7１"], list(_FOLDS)
    for _ in range(100):
        text = "".join(chance.choice(pool if chance.random() < 0.9 else odd) for _ in range(chance.randint(0, 12)))
        folded, sources = normalise(text)
        assert (folded, list(sources)) == folded_one_by_one(text)
