"""The web page: what a committee sees, and that a stranger's PDF cannot act in it."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from chromium import chromium
from pdfs import Sheet, pdf
from PIL import Image
from samples import criterion, element, evidence, report

from analyzer.findings import Clause, Evidence, Inconsistency, Report, Warning
from analyzer.pipeline import Analyzer
from analyzer.reports import Context
from analyzer.reports.page import render
from analyzer.reports.pictures import Mark, pictures
from analyzer.resources import say

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EXAMPLES = Path(__file__).parent.parent / "examples"
WIDTHS = [1280, 390]
HOSTILE = '</style></script><script>pwned=1</script><img src=x onerror="pwned=2">{{7*7}}\u202e\u2066"\'><a href="javascript:pwned=3">&'


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def example(analyzer: Analyzer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the Chinese example."""
    path = EXAMPLES / "knee_zh.pdf"
    target = tmp_path_factory.mktemp("page") / "knee.html"
    target.write_bytes(render(analyzer.analyze(path), Context("zh", str(path), path.read_bytes())))
    return target


@pytest.fixture(scope="module")
def short(analyzer: Analyzer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the first elements only: a thorough look at all of them takes long."""
    path = EXAMPLES / "knee_zh.pdf"
    found = analyzer.analyze(path)
    found.elements = [found.elements[0], *(entry for entry in found.elements if entry.verdict != "adequate")][:6]
    target = tmp_path_factory.mktemp("page") / "short.html"
    target.write_bytes(render(found, Context("zh", str(path), path.read_bytes())))
    return target


def blank(pages: int = 12) -> bytes:
    """A PDF of a few words on each page."""
    return pdf(*[lambda sheet: sheet.text(72, 72, "Something.") for _ in range(pages)])


def open_page(browser: Browser, path: Path, width: int = 1280) -> tuple[Page, list[str]]:
    """The page, and a list of what it complains of."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    page.goto(path.as_uri())
    return page, complaints


def made(browser: Browser, tmp_path: Path, made_up: Report, language: str = "en") -> Page:
    """The page of a report that was made up."""
    target = tmp_path / "made.html"
    target.write_bytes(render(made_up, Context(language, made_up.document.path, blank())))
    return open_page(browser, target)[0]


@pytest.mark.parametrize("width", WIDTHS)
def test_opens_without_complaint_and_fits(browser: Browser, example: Path, width: int) -> None:
    page, complaints = open_page(browser, example, width)
    assert page.locator("article").count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete)")
    assert not complaints
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_accessible(browser: Browser, short: Path, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, _ = open_page(browser, short, width)
    for language in ("zh", "en"):
        page.locator(f"input[value={language}]").check()
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in Axe().run(page).response["violations"]] == []
    page.close()


def test_filters(browser: Browser, tmp_path: Path) -> None:
    page = made(browser, tmp_path, report())
    shown = page.locator("article:visible h3")
    for name, expected in (
        ("Missing", ["Subject protection"]),
        ("Partial", ["Sample size"]),
        ("Needs review", ["Sample size"]),
        ("All", ["Objectives", "Cell source", "Sample size", "Subject protection"]),
    ):
        button = page.get_by_role("button", name=name)
        button.click()
        assert [words.split("\n")[0] for words in shown.all_inner_texts()] == expected
        assert button.get_attribute("aria-pressed") == "true"
        assert page.locator("button[aria-pressed=true]").count() == 1
        assert page.get_by_role("status").inner_text() == f"{len(expected)} of 4 shown"


def test_a_link_to_a_hidden_element_shows_it(browser: Browser, tmp_path: Path) -> None:
    page = made(browser, tmp_path, report())
    page.get_by_role("button", name="Missing").click()
    page.locator("table a", has_text="Objectives").click()
    assert page.locator("article h3", has_text="Objectives").is_visible()


def test_keys_go_from_element_to_element(browser: Browser, tmp_path: Path) -> None:
    page = made(browser, tmp_path, report())
    here = "document.activeElement.innerText"
    seen = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(f"Alt+{key}")
        seen.append(page.evaluate(here))
    assert seen == ["Objectives", "Cell source", "Objectives", "Objectives", "Objectives"]
    page.get_by_role("button", name="Missing").click()
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate(here) == "Subject protection"


def test_everything_can_be_reached_with_the_tab_key(browser: Browser, tmp_path: Path) -> None:
    page = made(browser, tmp_path, report())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == say("en", "page_skip")
    assert page.locator("a, button, input").evaluate_all("all => all.every(one => one.tabIndex === 0)")


@pytest.mark.parametrize(("language", "words"), [("zh", "总体结论：退回申请人"), ("en", "Overall: RETURN to the applicant")])
def test_switch_of_languages(browser: Browser, tmp_path: Path, language: str, words: str) -> None:
    other = "en" if language == "zh" else "zh"
    page = made(browser, tmp_path, report(), other)
    assert words not in page.inner_text("body")
    page.locator(f"input[value={language}]").check()
    assert words in page.inner_text("header")
    assert page.locator("html").get_attribute("lang") == language
    assert bool(re.search("[\u4e00-\u9fff]", page.inner_text("main"))) == (language == "zh")


def test_says_what_to_ask_for_and_why(browser: Browser, tmp_path: Path) -> None:
    page = made(browser, tmp_path, report())
    asked = page.locator(".asked").inner_text()
    assert asked.index("State the consent.") < asked.index("State the basis.") < asked.index("The total number differs: 60 and 80.")
    card = page.locator("article", has_text="Sample size").inner_text()
    for words in (
        "1 of 2 criteria met",
        "The number will be given by a statistician.",
        "p. 3",
        "put off to later or to another document · found by a rule · confidence 90 %",
        "SPIRIT 2025 item 19",
        "ICH E9 3.5 (check before quoting)",
        "Please look yourself",
    ):
        assert words in card
    row = page.locator(".glance tbody tr", has_text="Science")
    assert [cell.inner_text().split("\n")[0] for cell in row.locator("td").all()][:3] == [
        "✗ Subject protection",
        "! Sample size",
        "✓ Objectives",
    ]


def test_a_strangers_words_are_only_shown(browser: Browser, tmp_path: Path) -> None:
    bad = HOSTILE
    wanting = criterion(bad, met=False, quote=bad, stance="mentions", advice={"zh": bad, "en": bad})
    poisoned = report(
        [element(bad, "partial", [wanting], needs_review=[bad], clauses=[Clause(source=bad, ref=bad, status="verified")])],
        path=f"{bad.replace('/', '')}.pdf",
        title=bad,
        version=bad,
        date=bad,
        registration=[bad],
    )
    poisoned.elements[0].criteria[0].evidence[0].section = bad
    poisoned.warnings = [Warning(code=bad, message=bad)]
    poisoned.inconsistencies = [Inconsistency(kind=bad, message=poisoned.elements[0].name, evidence=[evidence(bad)])]
    page = made(browser, tmp_path, poisoned)
    assert page.evaluate("typeof pwned") == "undefined"
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, form, base").count() == 0
    assert page.evaluate("[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).every(a => !/^on/i.test(a.name))")
    assert page.evaluate("[...document.links].every(link => link.getAttribute('href').startsWith('#'))")
    assert "<script>pwned=1</script>" in page.locator("q").first.inner_text()
    assert "{{7*7}}" in page.locator("h1").inner_text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", (tmp_path / "made.html").read_text("utf-8"))


def test_even_markup_that_slipped_through_could_not_run(browser: Browser, tmp_path: Path) -> None:
    page = render(report(), Context("en", "x.pdf", blank())).decode()
    slipped = "<script>pwned=1</script><img src=x onerror='pwned=2'><a id=bad href='javascript:pwned=3'>x</a>"
    target = tmp_path / "slipped.html"
    target.write_text(page.replace("<main>", f"<main>{slipped}"), "utf-8")
    opened, complaints = open_page(browser, target)
    opened.locator("#bad").click()
    assert opened.evaluate("typeof pwned") == "undefined"
    assert any("Content Security Policy" in complaint for complaint in complaints)


def test_prints_on_a4(browser: Browser, example: Path) -> None:
    page, _ = open_page(browser, example)
    printed = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    assert [round(side) for side in printed[0].get_size()] == [595, 842]
    words = "".join(printed[index].get_textpage().get_text_range() for index in range(len(printed)))
    assert say("zh", "page_ask") in words
    assert say("zh", "page_next") not in words
    page.close()


def test_needs_nothing_else(example: Path) -> None:
    text = example.read_text("utf-8")
    assert not re.search(r"(?:src|href)=[\"'](?!#|data:image/)", text)
    assert "@import" not in text and "url(" not in text
    assert "http:" not in text.replace("http-equiv", "") and "https:" not in text


def test_small_and_fast_enough_for_sixty_pages() -> None:
    sentence = "The sample size was computed for a power of 80 % and a two-sided alpha of 0.05. "

    def dense(sheet: Sheet) -> None:
        sheet.lines(60, 60, [sentence[shift:] + sentence[:shift] for shift in range(48)], size=11)

    original = pdf(*[dense] * 60)
    entries = iter(range(180))
    elements = []
    for number in range(30):
        criteria = []
        for which in range(6):
            place = next(entries)
            top = 49 + 15 * (7 * place % 46)
            found = Evidence(page=1 + place % 60, bbox=[(60, top, 480, top + 14)], quote=sentence)
            criteria.append(criterion(f"c{which}", met=True, evidence=[found], advice=None))
        elements.append(element(f"e{number}", "adequate", criteria))
    begin = time.process_time()
    page = render(report(elements), Context("en", "x.pdf", original))
    assert time.process_time() - begin < 2
    assert len(page) < 3 * 2**20
    assert page.count(b"<image ") == 180


def test_a_page_that_says_much_shows_less(example: Path, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = EXAMPLES / "knee_zh.pdf"
    found, most = analyzer.analyze(path), example.stat().st_size - 100_000
    monkeypatch.setattr("analyzer.reports.page.MOST_BYTES", most)
    page = render(found, Context("zh", str(path), path.read_bytes()))
    assert len(page) <= most
    assert page.count(b"<figure ") == example.read_bytes().count(b"<figure ")


def test_words_that_meet_a_criterion_look_met() -> None:
    """Even where another criterion of the element asks for more than they say."""
    found = [Evidence(page=1, bbox=[(60, 60, 300, 74)], quote="Something.")]
    criteria = [criterion(name, met=name == "a", quote="x", evidence=found, stance="mentions") for name in "ab"]
    made = report([element("one", "partial", criteria)])
    made.inconsistencies = []
    page = render(made, Context("en", "x.pdf", blank())).decode()
    assert re.findall(r'<rect class="(\w+)"', page) == ["adequate"]
    assert re.findall(r'<blockquote class="(\w+)', page) == ["partial", "adequate"]


def block(top: float) -> Mark:
    """A mark over the black block that ``blocks`` draws there."""
    return Mark(int(top), "adequate", 1, [(100.0, top, 200.0, top + 20)])


def blocks(*tops: float) -> bytes:
    """A PDF with a black block of 100 × 20 points at each of these heights."""

    def draw(sheet: Sheet) -> None:
        for top in tops:
            sheet.canvas.rect(100, sheet.height - top - 20, 100, 20, fill=1, stroke=0)
        sheet.text(72, 800, "Page 1")

    return pdf(draw)


def test_the_picture_shows_what_is_marked() -> None:
    ((picture,),) = pictures([[block(300)]], blocks(300), None, 10**6)
    assert picture.data
    image = Image.open(BytesIO(picture.data)).convert("L")
    scale = image.width / picture.width
    x0, top = (100 - picture.x0) * scale, (300 - picture.top) * scale
    ink = np.argwhere(np.asarray(image) < 128)
    assert np.abs(ink.min(axis=0) - [top, x0]).max() <= 1.5
    assert np.abs(ink.max(axis=0) - [top + 20 * scale, x0 + 100 * scale]).max() <= 1.5


def test_marks_that_stand_near_share_a_picture() -> None:
    (group,) = pictures([[block(300), block(500), block(330)]], blocks(300, 330, 500), None, 10**6)
    assert [[mark.number for mark in picture.marks] for picture in group] == [[300, 330], [500]]


def test_a_picture_that_is_shown_twice_is_kept_once(browser: Browser, tmp_path: Path) -> None:
    """And can be seen where the first is hidden."""
    found = [Evidence(page=1, bbox=[(100.0, 300.0, 200.0, 320.0)], quote="Something.")]
    elements = [
        element(verdict, verdict, [criterion("a", met=verdict == "adequate", quote="x", evidence=found)])
        for verdict in ("adequate", "missing")
    ]
    target = tmp_path / "twice.html"
    target.write_bytes(render(report(elements), Context("en", "x.pdf", blocks(300))))
    assert target.read_text("utf-8").count("<image ") == 1
    page, complaints = open_page(browser, target)
    page.get_by_role("button", name="Missing").click()
    (strip,) = page.locator(".strip:visible").all()
    seen = np.asarray(Image.open(BytesIO(strip.screenshot())).convert("L"))
    assert (seen < 140).mean() > 0.03
    assert complaints == []


def test_pictures_keep_to_their_room() -> None:
    groups = [[block(100)], [block(300)], [block(500)]]
    original = blocks(100, 300, 500)
    sizes = [len(picture.data or b"") for group in pictures(groups, original, None, 10**6) for picture in group]
    coarser = [len(picture.data or b"") for group in pictures(groups, original, None, sum(sizes) - 1) for picture in group]
    assert 0 < sum(coarser) < sum(sizes)
    left_out = [picture.data is None for group in pictures(groups, original, None, 1) for picture in group]
    assert left_out == [True, True, True]


def test_a_place_that_is_not_on_the_page_gives_no_picture() -> None:
    beyond = [Mark(1, "adequate", 1, [(0, 9000, 10, 9010)]), Mark(2, "adequate", 7, [(0, 10, 10, 20)])]
    assert pictures([beyond], blocks(300), None, 10**6) == [[]]


def test_evidence_on_an_encrypted_pdf_is_pictured() -> None:
    locked = pdf(lambda sheet: sheet.text(72, 72, "Secret."), password="word")
    page = render(report(), Context("en", "x.pdf", locked, "word")).decode()
    assert re.search(r'lang="en"', page)
    ((picture,),) = pictures([[Mark(1, "adequate", 1, [(72, 62, 110, 76)])]], locked, "word", 10**6)
    assert picture.data and base64.b64encode(picture.data)
