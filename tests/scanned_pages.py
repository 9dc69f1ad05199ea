"""Small scans for tests: pages that are drawn and then put through a scanner, with the digital twin to compare them with."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from pdfs import HEIGHT, WIDTH, Sheet, pdf
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from analyzer.document import Document, Rect
from analyzer.ocr import Ocr
from analyzer.ocr.backends import installed
from analyzer.ocr.page import PageReader
from analyzer.ocr.readings import PageReading
from analyzer.ocr.readings import Sheet as Picture
from analyzer.reading import read
from benchmarks.ocr import distance, squeezed
from benchmarks.scans import Scanner, picture, scanned

FAST = Ocr("fast", jobs=1)
CLEAN = Scanner(150, paper=245, ink=15, grain=3)
LINES = (
    "3. Sample size",
    "A total of 128 participants, 64 in each arm, are enrolled in phase II.",
    "The power is 80% at a two-sided alpha of 0.05, with 15% lost to follow-up.",
    "Each receives 1.5 mg/kg at weeks 0, 4 and 12 by slow infusion.",
    "The primary outcome is the change of the pain score at 24 weeks.",
    "Written informed consent is obtained before anything is done.",
)


def prose(sheet: Sheet) -> None:
    """A page of a protocol."""
    y = 140.0
    for words in LINES:
        sheet.text(80, y, words, 12)
        y += 24


def scan_of(*pages: Callable[[Sheet], None], scanner: Scanner = CLEAN) -> bytes:
    """A PDF that holds pictures of these pages."""
    return scanned(pdf(*pages), scanner)


def pictured(page: Callable[[Sheet], None], scanner: Scanner = CLEAN) -> Image.Image:
    """A page as it comes out of a scanner."""
    with pdfium.PdfDocument(pdf(page)) as made:
        return picture(made, 1, scanner)


def middle_on_scan(drawn: Rect, scanner: Scanner) -> tuple[float, float]:
    """Where the middle of a box of the first page stands on its scan."""
    angle = math.radians(scanner.angle(1))
    across, down = (drawn.x0 + drawn.x1 - WIDTH) / 2, (drawn.top + drawn.bottom - HEIGHT) / 2
    x = WIDTH / 2 + across * math.cos(angle) + down * math.sin(angle)
    y = HEIGHT / 2 - across * math.sin(angle) + down * math.cos(angle)
    width, height = WIDTH, HEIGHT
    for _ in range(dict(scanner.turns).get(1, 0)):
        x, y, width, height = height - y, x, height, width
    return x, y


def book(pages: Sequence[Image.Image | Callable[[Sheet], None]], behind: str = "") -> bytes:
    """A PDF of pictures that fill their pages and of pages that are drawn. ``behind``: words that nobody sees, behind every picture."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT))
    for page in pages:
        if isinstance(page, Image.Image):
            size = (WIDTH, HEIGHT) if page.height >= page.width else (HEIGHT, WIDTH)
            canvas.setPageSize(size)
            canvas.drawImage(ImageReader(page), 0, 0, *size)
            words = canvas.beginText(60, HEIGHT - 80)
            words.setTextRenderMode(3)
            words.textLines(behind)
            canvas.drawText(words)
        else:
            canvas.setPageSize((WIDTH, HEIGHT))
            page(Sheet(canvas, HEIGHT))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def scan(data: bytes, ocr: Ocr = FAST) -> Document:
    """The scan as it is read."""
    return read("scan.pdf", data, ocr=ocr)


def same(text: str, other: str) -> bool:
    """Whether hardly a character differs."""
    return distance(squeezed(text), squeezed(other)) <= 0.01 * len(other)


def place(document: Document, words: str) -> list[Rect]:
    """The boxes of the first place where ``words`` stand."""
    start = document.text.index(words)
    return document.rects(start, start + len(words))


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Picture]]:
    """The pictures that are read from now on."""
    seen: list[Picture] = []
    whole = PageReader.read

    def read_one(self: PageReader, sheet: Picture, hint: int = 0) -> PageReading:
        seen.append(sheet)
        return whole(self, sheet, hint)

    with monkeypatch.context() as patched:
        patched.setattr(PageReader, "read", read_one)
        yield seen


@contextmanager
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the extra is not installed."""
    with monkeypatch.context() as patched:
        for module in ("faster_paddle", "rapidocr"):
            patched.setitem(sys.modules, module, None)
        installed.cache_clear()
        try:
            yield
        finally:
            installed.cache_clear()
