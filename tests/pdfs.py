"""Small PDFs drawn for tests. Positions are points from the top left of the page as it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 595.0, 842.0
SONG = "STSong-Light"
LEADING = 15.0
Draw = Callable[["Sheet"], None]


class Sheet:
    """One page to draw on."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self.canvas = canvas
        self.height = height

    def text(self, x: float, y: float, words: str, size: float = 10.0, font: str = "Helvetica") -> None:
        """Write one line with its baseline ``y`` below the top of the page."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.height - y, words)

    def lines(self, x: float, y: float, lines: Iterable[str], size: float = 10.0, font: str = "Helvetica") -> float:
        """Write lines one below the other and return where the next would stand."""
        for words in lines:
            self.text(x, y, words, size, font)
            y += LEADING
        return y

    def grid(self, columns: Sequence[float], rows: Sequence[float]) -> None:
        """Rule a grid at these positions."""
        self.canvas.grid(list(columns), [self.height - y for y in rows])


def pdf(*pages: Draw, password: str | None = None, rotation: int = 0, size: tuple[float, float] = (WIDTH, HEIGHT)) -> bytes:
    """A PDF with a page for each function that draws one."""
    pdfmetrics.registerFont(UnicodeCIDFont(SONG))
    target = BytesIO()
    canvas = Canvas(target, pagesize=size, encrypt=StandardEncryption(password) if password else None)
    for draw in pages:
        canvas.setPageRotation(rotation)
        draw(Sheet(canvas, size[1]))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def wrapped(words: str, width: float, size: float = 10.0, font: str = "Helvetica") -> list[str]:
    """Break English words into lines not wider than ``width``."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if pdfmetrics.stringWidth(longer, font, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
