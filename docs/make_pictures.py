"""Make the pictures in docs/pictures/ from the example protocols. Needs the extra "dev" and a Chromium."""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from analyzer.pipeline import Analyzer
from analyzer.reports import Context
from analyzer.reports.marked_pdf import render as render_marked
from analyzer.reports.page import render as render_page

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "pictures"
COLOURS = 64
CARD = 560
"""Pixels of the element that are shown."""


def main() -> None:
    """Write the pictures."""
    TARGET.mkdir(exist_ok=True)
    analyzer = Analyzer()
    for name, language, make in (("knee_zh", "zh", _page), ("fistula_en", "en", _marked)):
        path = ROOT / "examples" / f"{name}.pdf"
        context = Context(language, str(path), path.read_bytes())
        report = analyzer.analyze(path)
        make(render_page(report, context) if make is _page else render_marked(report, context))


def _page(html: bytes) -> None:
    """The head of the web page with the first element that has gaps and pictures; the same on a telephone."""
    program = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(html.decode())
        bottom = page.locator(".glance").evaluate("table => table.getBoundingClientRect().bottom + scrollY")
        head = _opened(page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": bottom + 4}))
        page.locator(".bar").evaluate("bar => bar.style.display = 'none'")
        card = _opened(page.locator("article.partial:has(figure)").first.screenshot())
        narrow = browser.new_page(viewport={"width": 390, "height": 760})
        narrow.set_content(html.decode())
        shots = [narrow.screenshot()]
        narrow.locator("article.partial:has(figure)").first.evaluate("card => card.scrollIntoView()")
        shots.append(narrow.screenshot())
        browser.close()
    _save([_opened(shot) for shot in shots], "phone.png", across=True)
    _save([head, card.crop((0, 0, card.width, min(card.height, CARD)))], "page.png", across=False)


def _marked(pdf: bytes) -> None:
    """The first pages of the marked PDF, side by side."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    _save([document[index].render(scale=1.0, may_draw_forms=True).to_pil() for index in (0, 2)], "marked.png", across=True)


def _opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def _save(parts: list[Image.Image], name: str, *, across: bool) -> None:
    """Put pictures beside or below one another, in few colours."""
    gap = 16
    width = sum(part.width + gap for part in parts) - gap if across else max(part.width for part in parts)
    height = max(part.height for part in parts) if across else sum(part.height + gap for part in parts) - gap
    sheet = Image.new("RGB", (width, height), "#d5d9de" if across else "white")
    x = y = 0
    for part in parts:
        sheet.paste(part, (x if across else (width - part.width) // 2, y))
        x, y = (x + part.width + gap, y) if across else (x, y + part.height + gap)
    sheet.quantize(COLOURS).save(TARGET / name, optimize=True)


if __name__ == "__main__":
    main()
