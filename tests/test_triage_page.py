"""The overview page in a real browser, with ten thousand protocols."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from chromium import chromium

from analyzer.reports.triage_page import Row, write_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

MANY, ELEMENTS = 10_000, 40
NAMES = {f"e{number}": {"zh": f"要素{number}", "en": f"Element {number}"} for number in range(ELEMENTS)}
TRIES = 5
"""A time is the best of so many: what else the machine does is not the page's fault."""
EVIL = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


def rows(count: int) -> Iterator[Row]:
    """Protocols of every kind; each hundredth could not be analysed, and the one numbered 7 bears evil words."""
    chance = Random(1)
    for number in range(count):
        failed = number % 100 == 99
        verdicts = {} if failed else {name: chance.choice(["adequate", "partial", "missing", "not_applicable"]) for name in NAMES}
        yield Row(
            names=[f"/archive/protocol {number:05}.pdf", *([f"/archive/copy of {number:05}.pdf"] if number % 50 == 0 else [])],
            title=EVIL if number == 7 else "" if failed else f"脐带间充质干细胞治疗研究 {number}",
            institution=f"Hospital {number % 30}",
            version="1.0",
            date=f"20{10 + number % 15}-03-{1 + number % 28:02}",
            pages=number % 80,
            triage="" if failed else ("ready", "revise", "return")[number % 3],
            score=number % 101 / 100,
            severity="" if failed else ("critical", "major", "minor")[number % 3],
            verdicts=verdicts,
            review=[name for name in verdicts if chance.random() < 0.1],
            code="crashed" if failed else "",
            failure=("文件使程序崩溃。", "A library crashed.") if failed else None,
            page="" if failed else f"pages/00/{number}.html",
        )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page with ten thousand rows, open."""
    path: Path = tmp_path_factory.mktemp("overview") / "index.html"
    with path.open("wb") as target:
        write_page(target, rows(MANY), NAMES, "en")
    with chromium() as browser:
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto(path.as_uri())
        yield opened
        assert errors == []


def expect_shown(page: Page, count: int) -> None:
    """Wait until so many rows are told to be shown."""
    from playwright.sync_api import expect

    expect(page.locator("#shown")).to_have_text(f"{count} of {MANY} documents")


def show_all(page: Page) -> None:
    """Take all filters away."""
    page.click("button[type=reset]")
    expect_shown(page, MANY)


def choose(page: Page, name: str, value: str) -> float:
    """Set a filter and give the milliseconds until the table is drawn anew."""
    script = """([name, value]) => new Promise((done) => {
        const box = document.getElementById("filters").elements[name], start = performance.now();
        box.value = value;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    })"""
    return float(page.evaluate(script, [name, value]))


def test_first_paint_within_two_seconds_and_filters_within_a_fifth(page: Page) -> None:
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    print(f"first paint {paint:.0f} ms, everything drawn {loaded:.0f} ms")
    assert paint < 2000
    assert loaded < 4000
    taken: dict[str, float] = {}
    for name, value in (("words", "hospital 7"), ("element", "3"), ("verdict", "m")) * TRIES:
        show_all(page)
        key = f"{name}={value}"
        taken[key] = min(taken.get(key, float("inf")), choose(page, name, value))
    print({name: f"{time:.0f} ms" for name, time in taken.items()})
    assert max(taken.values()) < 200
    assert page.locator("#rows tr").count() < 120


def test_filters_show_what_was_asked_for(page: Page) -> None:
    show_all(page)
    page.fill("input[name=words]", "protocol 00042")
    expect_shown(page, 1)
    show_all(page)
    page.get_by_role("button", name="NOT ANALYSED").click()
    expect_shown(page, 100)
    assert "A library crashed." in page.inner_text("#rows")


def test_rows_can_be_sorted_and_reached(page: Page) -> None:
    show_all(page)
    page.locator("th button", has_text="Score").click()
    page.locator("th button", has_text="Score").click()
    assert "100 %" in page.locator("#rows tr:not(.space)").first.inner_text()
    page.evaluate("document.getElementById('frame').scrollTop = 1e9")
    page.locator("#rows", has_text="NOT ANALYSED").wait_for()
    page.locator("th button", has_text="File").click()
    page.get_by_role("button", name="protocol 00000.pdf (+1)").click()
    assert "copy of 00000.pdf" in page.inner_text("#detail")
    assert page.get_by_role("link", name="Open the gap report").get_attribute("href") == "pages/00/0.html"
    page.keyboard.press("Escape")


def test_words_of_a_stranger_stay_words(page: Page) -> None:
    show_all(page)
    assert page.evaluate("window.hacked") is None
    page.fill("input[name=words]", "window.hacked")
    assert EVIL in page.inner_text("#rows")


def test_the_page_speaks_chinese(page: Page) -> None:
    page.check("input[value=zh]")
    assert page.inner_text("h1") == "方案初筛总览"
    assert "要素3" in page.inner_text("#heads")
    page.check("input[value=en]")
    assert "Element 3" in page.inner_text("#heads")
