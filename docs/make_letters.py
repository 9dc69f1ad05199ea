"""Write the templates of the letter, ``analyzer/reports/letter_zh.docx`` and ``letter_en.docx``, from the words in ``strings/``.

A committee that wants other words or another look edits one of them in Word and gives it with ``--template``.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from analyzer.reports.letter import template_path
from analyzer.resources import say

SIZES = {"zh": {"text": 12.0, "head": 14.0, "title": 22.0, "quote": 12.0}, "en": {"text": 11.0, "head": 12.0, "title": 16.0, "quote": 11.0}}
MARGINS = {"zh": (3.7, 3.5, 2.8, 2.6), "en": (2.5, 2.5, 2.5, 2.5)}
"""Centimetres above, below, left and right; the Chinese ones are those of official letters."""
LINE = {"zh": 22.0, "en": 15.0}
YELLOW = "FFF2CC"


def letter_bytes(language: str) -> bytes:
    """The template of one language, the same bytes each time."""
    document = Document()
    _page(document, language)
    _styles(document, language)
    _write(document, language)
    _font_table(document, language)
    properties = document.core_properties
    properties.author = properties.last_modified_by = "analyzer"
    properties.title = say(language, "letter_title")
    properties.comments = ""
    properties.created = properties.modified = datetime(2026, 1, 1)
    target = BytesIO()
    document.save(target)
    return _undated(target.getvalue())


def _write(document: Word, language: str) -> None:
    def put(words: str, style: str = "Normal") -> Paragraph:
        return document.add_paragraph(words, style=style)

    wide = language == "zh"
    item = "\uff08{{item.number}}\uff09{{item.text}}" if wide else "({{item.number}}) {{item.text}}"
    put(say(language, "letter_draft"), "Note")
    put(say(language, "letter_title"), "Title")
    put(say(language, "letter_about", title="{{title}}"), "Subject")
    put(say(language, "letter_to"), "Addressee")
    put(say(language, "letter_opening", title="{{title}}", details="{{details}}"))
    put("{{nothing}}")
    put("{{requests_title}}", "Heading 1")
    put("{{request.number}}. {{request.text}}", "Heading 2")
    put("{{request.check}}", "Note")
    put(item, "Item")
    put("{{request.basis}}")
    put("{{request.check_basis}}", "Note")
    put("{{contradictions_title}}", "Heading 1")
    put(
        "{{contradiction.number}}. {{contradiction.text}}{{contradiction.places}}"
        if wide
        else "{{contradiction.number}}. {{contradiction.text}} {{contradiction.places}}"
    )
    closing = put(say(language, "letter_closing"))
    closing.paragraph_format.space_before = Pt(LINE[language] / 2)
    for together in (closing, put(say(language, "letter_signature"), "Signature")):
        together.paragraph_format.keep_with_next = together.paragraph_format.keep_together = True
    put("{{today}}", "Signature")


def _page(document: Word, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(Cm, MARGINS[language])
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.paragraph_format.first_line_indent = Pt(0)
    footer.add_run("\u2014 ")
    _page_number(footer)
    footer.add_run(" \u2014")


def _page_number(paragraph: Paragraph) -> None:
    for kind, words in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()._r
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = words
        run.append(mark)


def _styles(document: Word, language: str) -> None:
    wide = language == "zh"
    _style(document, "Normal", language, "text", indent=wide, after=0 if wide else 6)
    _style(document, "Title", language, "title", bold=True, align=WD_ALIGN_PARAGRAPH.CENTER, before=18, after=12, line=1.2)
    _style(document, "Subject", language, "head", bold=True, align=WD_ALIGN_PARAGRAPH.CENTER if wide else None, after=12)
    _style(document, "Addressee", language, "text", after=0 if wide else 6)
    _style(document, "Heading 1", language, "head", bold=not wide, indent=wide, before=LINE[language] / 2, after=0 if wide else 6)
    _style(document, "Heading 2", language, "text", bold=True, indent=wide, before=6, after=0 if wide else 4)
    _style(document, "Item", language, "text", indent=wide, left=0 if wide else 18, after=0 if wide else 4)
    _style(document, "Quote", language, "quote", smaller=2 if wide else 1, left=24 if wide else 18, line=1.3, after=4)
    _style(document, "Note", language, "quote", smaller=2, shade=True, line=1.2, after=4)
    _style(document, "Signature", language, "text", align=WD_ALIGN_PARAGRAPH.RIGHT, before=LINE[language] / 2)


def _style(
    document: Word,
    name: str,
    language: str,
    kind: str,
    *,
    bold: bool = False,
    indent: bool = False,
    align: WD_ALIGN_PARAGRAPH | None = None,
    before: float = 0,
    after: float = 0,
    left: float = 0,
    line: float = 0,
    smaller: float = 0,
    shade: bool = False,
) -> None:
    """Set a paragraph style; ``indent`` is the two characters by which Chinese paragraphs begin, ``line`` a multiple of the font size."""
    style: Any = document.styles[name] if name in document.styles else document.styles.add_style(name, 1)
    style.font.name = None
    style.font.size = Pt(SIZES[language][kind] - smaller)
    style.font.bold, style.font.italic = bold, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    latin = "Times New Roman" if language == "zh" else say(language, f"letter_font_{kind}")
    for script in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{script}"), latin)
    fonts.set(qn("w:eastAsia"), say(language, f"letter_font_{kind}") if language == "zh" else "SimSun")
    form = style.paragraph_format
    form.space_before, form.space_after, form.left_indent = Pt(before), Pt(after), Pt(left)
    form.alignment = align if align is not None else WD_ALIGN_PARAGRAPH.JUSTIFY if language == "zh" else WD_ALIGN_PARAGRAPH.LEFT
    form.keep_with_next = name.startswith("Heading")
    if line:
        form.line_spacing = line
    else:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE[language])
    form.first_line_indent = Pt(2 * (SIZES[language][kind] - smaller)) if indent else Pt(0)
    properties = style.element.get_or_add_pPr()
    properties.ind.set(qn("w:firstLineChars"), "200" if indent else "0")
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)
    if shade:
        mark = OxmlElement("w:shd")
        for attribute, value in (("val", "clear"), ("color", "auto"), ("fill", YELLOW)):
            mark.set(qn(f"w:{attribute}"), value)
        properties.insert_element_before(mark, "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")


def _font_table(document: Word, language: str) -> None:
    """Name the fonts that may stand in for each, for systems that lack it."""
    hints = '<w:charset w:val="86"/><w:family w:val="roman"/><w:pitch w:val="variable"/>' if language == "zh" else ""
    names = [(say(language, f"letter_font_{kind}"), say(language, f"letter_font_{kind}_others")) for kind in SIZES[language]]
    rows = "".join(f'<w:font w:name="{name}"><w:altName w:val="{others}"/>{hints}</w:font>' for name, others in dict(names).items())
    part: Any = next(link.target_part for link in document.part.rels.values() if link.reltype.endswith("/fontTable"))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    part._blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts xmlns:w="{space}">{rows}</w:fonts>'.encode()


def _undated(data: bytes) -> bytes:
    """A zip file without the times at which its members were written."""
    target = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name), old.read(name), ZIP_DEFLATED)
    return target.getvalue()


if __name__ == "__main__":
    for written in ("zh", "en"):
        template_path(written).write_bytes(letter_bytes(written))
