"""Set the example protocols as PDFs: ``python examples/make_examples.py FONT``.

FONT is a TrueType font with Chinese characters; the committed files use WenQuanYi Micro Hei (``wqy-microhei.ttc`` of the Debian
package fonts-wqy-microhei, Apache-2.0). English is set in Bitstream Vera, which comes with reportlab. Only the characters that
are used are embedded, and the same font gives the same bytes.

The sources are plain Markdown: ``#`` headings, ``-`` lists, ``|`` tables, paragraphs, and the running head in a comment on line 1.
"""

from __future__ import annotations

import re
import sys
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

HERE = Path(__file__).parent
EXAMPLES = {"knee_zh": ("Hei", "Hei", "CJK"), "fistula_en": ("Vera", "Vera-Bold", None)}
"""Name -> font of the body, font of headings, how lines are broken."""
MARGIN = 25 * mm
LEFT, RIGHT = MARGIN + 6, A4[0] - MARGIN - 6
"""Where text begins and ends; a frame pads its content by 6 points."""


def main(chinese_font: str) -> None:
    """Write a PDF beside each source."""
    pdfmetrics.registerFont(TTFont("Hei", chinese_font, subfontIndex=0))
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Vera-Bold", "VeraBd.ttf"))
    for name, (body, bold, wrap) in EXAMPLES.items():
        source = (HERE / f"{name}.md").read_text("utf-8")
        head, _, text = source.partition("\n")
        title = re.findall(r"^# (.*)$", text, re.MULTILINE)[0]
        margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
        target = SimpleDocTemplate(str(HERE / f"{name}.pdf"), pagesize=A4, title=title, invariant=1, **margins)
        page = _page(head.strip("<!-> "), body)
        target.build(list(_flowables(text, _styles(body, bold, wrap))), onFirstPage=page, onLaterPages=page)


def _styles(body: str, bold: str, wrap: str | None) -> dict[str, ParagraphStyle]:
    def style(name: str, font: str, size: float, before: float, after: float, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(
            name, fontName=font, fontSize=size, leading=size * 1.5, spaceBefore=before, spaceAfter=after, wordWrap=wrap, **more
        )

    return {
        "#": style("title", bold, 18, 20, 14, alignment=1),
        "##": style("section", bold, 14, 12, 5, keepWithNext=1),
        "###": style("subsection", bold, 11.5, 8, 4, keepWithNext=1),
        "-": style("item", body, 10, 0, 3, leftIndent=14, bulletIndent=2, bulletFontName=body),
        "|": style("cell", body, 9, 0, 0),
        "": style("paragraph", body, 10, 0, 6),
    }


def _flowables(text: str, styles: dict[str, ParagraphStyle]) -> list[Flowable]:
    found: list[Flowable] = []
    for kind, lines in groupby(filter(None, map(str.strip, text.splitlines())), _kind):
        if kind == "|":
            found += [_table(list(lines), styles["|"]), Spacer(0, 8)]
            continue
        bullet = "•" if kind == "-" else None
        found += [Paragraph(escape(line.removeprefix(kind).strip()), styles[kind], bulletText=bullet) for line in lines]
    return found


def _kind(line: str) -> str:
    mark = re.match(r"(#{1,3}|-) |\|", line)
    return mark.group().strip() if mark else ""


def _table(lines: list[str], style: ParagraphStyle) -> Table:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not re.fullmatch(r"[|\s-]+", line)]
    cells = [[Paragraph(escape(cell), style) for cell in row] for row in rows]
    table = Table(cells, colWidths=[0.27 * (RIGHT - LEFT), 0.73 * (RIGHT - LEFT)], hAlign="LEFT")
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.6, black), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _page(head: str, font: str) -> Any:
    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(font, 8)
        canvas.drawString(LEFT, A4[1] - 15 * mm, head)
        canvas.line(LEFT, A4[1] - 17 * mm, RIGHT, A4[1] - 17 * mm)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, str(document.page))

    return draw


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/make_examples.py FONT   (for example /usr/share/fonts/truetype/wqy/wqy-microhei.ttc)")
    main(sys.argv[1])
