"""The body of a Word file -> paragraphs and tables as a reader of the final text sees them.

Insertions count as accepted and deletions as made; hidden text, comments, running heads and the codes of fields are no part of it.
Footnotes and text boxes follow the paragraph they belong to (the table, where it stands in one), endnotes come last.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from analyzer.reading.word_numbers import Numbers
from analyzer.reading.word_parts import MC, M, W, WordFile, number_of, switch_of, value_of
from analyzer.reading.word_signs import linear, sign_of, symbol
from analyzer.reading.word_styles import Look, Styles

LINE, PAGE, LAID_OUT_PAGE = "\n", "\f", "\v"
"""What ``Paragraph.text`` holds where a line or page ends: pages by the author's will, and where Word last laid them out.

XML cannot hold the last two, so they are nobody else's.
"""
_BLANKS = str.maketrans("\r\n\t", "   ")
_TEN = re.compile(r"(?<!\d)10$")
_RAISED = re.compile(r"[-−+]?\d")


@dataclass(slots=True)
class Paragraph:
    """``label`` is the automatic number with ``joint`` after it; ``looks`` gives the look from an index of ``text`` on."""

    looks: list[tuple[int, Look]] = field(default_factory=list)
    label: str = ""
    joint: str = ""
    outline: int = 0
    contents: bool = False
    """Whether it is a line of a table of contents."""
    powers: set[int] = field(default_factory=set)
    """Where in ``text`` an exponent of ten begins, which only its height on the line shows."""
    text: str = field(default="", init=False)
    """All that was added, once the paragraph is closed."""
    _pieces: list[str] = field(default_factory=list, init=False)
    _length: int = field(default=0, init=False)

    def add(self, text: str, look: Look) -> None:
        """Append text of this look."""
        if not self.looks or self.looks[-1][1] != look:
            self.looks.append((self._length, look))
            if look.raised and _RAISED.match(text) and _TEN.search("".join(self._pieces[-3:])):
                self.powers.add(self._length)
        self._pieces.append(text)
        self._length += len(text)

    def close(self) -> Paragraph:
        """Nothing more is added."""
        self.text = "".join(self._pieces)
        return self

    def look_at(self, index: int) -> Look:
        """The look of ``text[index]``."""
        return self.looks[bisect_right(self.looks, index, key=lambda entry: entry[0]) - 1][1]


@dataclass(slots=True)
class Cell:
    """``column`` counts the columns of the grid from 0; a merged cell stands where its upper left corner is."""

    column: int
    blocks: list[Paragraph | Grid]

    @property
    def filled(self) -> bool:
        """Whether there is anything to read in it."""
        return any(isinstance(block, Grid) or not block.text.isspace() and block.text for block in self.blocks)


@dataclass(slots=True)
class Grid:
    """A table row by row; rows keep their numbers, cells without text are left out."""

    rows: list[list[Cell]]


Block = Paragraph | Grid


@dataclass(slots=True)
class _Field:
    """A field that has begun: its code so far, and whether its result has."""

    code: str = ""
    shown: bool = False


class WordBody:
    """Reads a file once, in order; ``tracked`` and ``laid_out`` hold afterwards."""

    def __init__(self, file: WordFile) -> None:
        self.tracked = False
        """Whether there were tracked changes."""
        self.laid_out = False
        """Whether Word said where its pages end."""
        self._body = file.body
        self._styles = Styles(file.part("styles"))
        self._numbers = Numbers(file.part("numbering"), self._styles.list_of)
        self._notes = {f"{W}{name}Reference": _notes(file.part(f"{name}s"), name) for name in ("footnote", "endnote")}
        self._footnotes: list[Any] = []
        self._endnotes: list[Any] = []
        self._boxes: list[Any] = []
        self._fields: list[_Field] = []
        self._carried: Paragraph | None = None
        self._sections = [element for element in self._body.iter(f"{W}sectPr") if element.getparent().tag in {f"{W}pPr", f"{W}body"}]
        self._section = 0

    def blocks(self) -> Iterator[Block]:
        """The paragraphs and tables of the text, in reading order."""
        for block in self._blocks(self._body):
            yield block
            while self._footnotes:
                yield from self._blocks(self._footnotes.pop(0))
        while self._endnotes:
            yield from self._blocks(self._endnotes.pop(0))
        if self._carried:
            yield self._carried.close()

    def _blocks(self, container: Any) -> Iterator[Block]:
        for element in container:
            tag = element.tag
            if tag == f"{W}p":
                paragraph = self._paragraph(element)
                if paragraph is not None:
                    yield paragraph
                boxes, self._boxes = self._boxes, []
                for box in boxes:
                    yield from self._blocks(box)
            elif tag == f"{W}tbl":
                grid = self._grid(element)
                if sum(cell.filled for row in grid.rows for cell in row) > 1:
                    yield grid
                else:
                    yield from (block for row in grid.rows for cell in row for block in cell.blocks)
            else:
                yield from self._blocks(self._inner(element))

    def _inner(self, element: Any) -> Any:
        """What a wrapper of paragraphs, rows, cells or runs holds: nothing where it was deleted or is no text."""
        tag = element.tag
        if tag in _DELETIONS:
            self.tracked = True
            return ()
        if tag in _INSERTIONS:
            self.tracked = True
            return element
        if tag == f"{W}sdt":
            content = element.find(f"{W}sdtContent")
            return () if content is None else content
        if tag == f"{MC}AlternateContent":
            return _chosen(element)
        return element if tag in _WRAPPERS else ()

    def _paragraph(self, element: Any) -> Paragraph | None:
        """A paragraph, or None where the end of it was deleted, so that it goes on in the next."""
        properties = element.find(f"{W}pPr")
        look = self._styles.paragraph(properties)
        paragraph = self._carried or Paragraph()
        self._carried = None
        if look.new_page:
            paragraph.add(LAID_OUT_PAGE, look)
        paragraph.contents = bool(look.contents)
        self._inline(element, paragraph, look)
        for begun in self._fields:
            begun.shown = True  # a code that goes on in another paragraph would hide what was never meant as one
        mark = properties.find(f"{W}rPr") if properties is not None else None
        if mark is not None and any(mark.find(tag) is not None for tag in _DELETIONS):
            self.tracked = True
            self._carried = paragraph
            return None
        paragraph.outline = 0 if paragraph.contents else look.outline or 0
        self._count(paragraph, look, properties)
        if properties is not None and properties.find(f"{W}sectPr") is not None:
            self._end_section(paragraph, look)
        return paragraph.close()

    def _count(self, paragraph: Paragraph, look: Look, properties: Any) -> None:
        """Give the paragraph its number, where it has one."""
        if not look.list or look.list == "0":
            return
        level = look.level
        if properties is None or properties.find(f"{W}numPr") is None:
            owner = self._styles.list_owner(self._styles.style_of(properties))
            belonging = self._numbers.level_of_style(look.list, owner) if owner else None
            level = level if belonging is None else belonging
        paragraph.label, paragraph.joint = self._numbers.label(look.list, level or 0)

    def _end_section(self, paragraph: Paragraph, look: Look) -> None:
        self._section += 1
        following = self._sections[self._section] if self._section < len(self._sections) else None
        if value_of(following, "type") not in {"continuous", "nextColumn"}:
            paragraph.add(PAGE, look)

    def _inline(self, container: Iterable[Any], paragraph: Paragraph, look: Look) -> None:
        for element in container:
            tag = element.tag
            if tag == f"{W}r":
                self._run(element, paragraph, self._styles.run(look, element.find(f"{W}rPr")))
            elif tag in {f"{M}oMath", f"{M}oMathPara"}:
                self._write(linear(element), paragraph, look)
            else:
                self._inline(self._inner(element), paragraph, look)

    def _run(self, run: Iterable[Any], paragraph: Paragraph, look: Look) -> None:
        for element in run:
            tag = element.tag
            if tag == f"{W}t":
                text = (element.text or "").translate(_BLANKS)
                self._write("".join(map(symbol, text)) if look.symbols else text, paragraph, look)
            elif tag == f"{W}br":
                self._write(PAGE if element.get(f"{W}type") == "page" else LINE, paragraph, look)
            elif tag == f"{W}lastRenderedPageBreak":
                self.laid_out = True
                self._write(LAID_OUT_PAGE, paragraph, look)
            elif tag == f"{W}sym":
                self._write(sign_of(element.get(f"{W}font", ""), element.get(f"{W}char", "")), paragraph, look)
            elif tag in _SIGNS:
                self._write(_SIGNS[tag], paragraph, look)
            elif tag == f"{W}fldChar":
                self._field(element, paragraph, look)
            elif tag == f"{W}instrText":
                if self._fields:
                    self._fields[-1].code += element.text or ""
            elif tag in self._notes:
                self._note(element)
            elif tag == f"{W}ruby":
                self._inline(element.iterfind(f"{W}rubyBase/*"), paragraph, look)
            elif tag == f"{MC}AlternateContent":
                self._run(_chosen(element), paragraph, look)
            elif tag in _DRAWINGS and not look.hidden:
                self._boxes += _boxes(element)

    def _write(self, text: str, paragraph: Paragraph, look: Look) -> None:
        if look.hidden or any(not begun.shown for begun in self._fields):
            return
        if any(begun.code.split(maxsplit=1)[:1] == ["TOC"] for begun in self._fields):
            paragraph.contents = True
        paragraph.add(text, look)

    def _field(self, element: Any, paragraph: Paragraph, look: Look) -> None:
        step = element.get(f"{W}fldCharType")
        if step == "begin":
            box = element.find(f"{W}ffData/{W}checkBox")
            if box is not None:
                checked = switch_of(box, "checked")
                self._write("☑" if (switch_of(box, "default") if checked is None else checked) else "☐", paragraph, look)
            self._fields.append(_Field())
        elif step == "separate" and self._fields:
            self._fields[-1].shown = True
        elif step == "end" and self._fields:
            self._fields.pop()

    def _note(self, reference: Any) -> None:
        note = self._notes[reference.tag].pop(reference.get(f"{W}id"), None)
        if note is not None:
            (self._footnotes if reference.tag == f"{W}footnoteReference" else self._endnotes).append(note)

    def _grid(self, table: Any) -> Grid:
        return Grid([self._row(row) for row in self._parts(table, f"{W}tr") if not self._is_deleted(row, "trPr")])

    def _row(self, row: Any) -> list[Cell]:
        cells = []
        column = number_of(row.find(f"{W}trPr"), "gridBefore") or 0
        for element in self._parts(row, f"{W}tc"):
            properties = element.find(f"{W}tcPr")
            if not self._is_deleted(element, "tcPr"):
                if not _goes_on(properties, "vMerge") and not _goes_on(properties, "hMerge"):
                    cell = Cell(column, list(self._blocks(element)))
                    if cell.filled:
                        cells.append(cell)
                column += number_of(properties, "gridSpan") or 1
        return cells

    def _parts(self, container: Iterable[Any], tag: str) -> Iterator[Any]:
        """The rows of a table or the cells of a row, also those in wrappers."""
        for element in container:
            if element.tag == tag:
                yield element
            else:
                yield from self._parts(self._inner(element), tag)

    def _is_deleted(self, element: Any, name: str) -> bool:
        properties = element.find(f"{W}{name}")
        deleted = properties is not None and any(properties.find(f"{W}{mark}") is not None for mark in ("del", "cellDel"))
        self.tracked |= deleted
        return deleted


_DELETIONS = frozenset({f"{W}del", f"{W}moveFrom"})
_INSERTIONS = frozenset({f"{W}ins", f"{W}moveTo"})
_WRAPPERS = frozenset(f"{W}{name}" for name in ("hyperlink", "smartTag", "customXml", "fldSimple", "dir", "bdo"))
_DRAWINGS = frozenset(f"{W}{name}" for name in ("drawing", "pict", "object"))
_SIGNS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": LINE, f"{W}noBreakHyphen": "-"}


def _notes(root: Any, name: str) -> dict[str | None, Any]:
    """The notes of a file by their ids, without the lines that Word draws above them."""
    if root is None:
        return {}
    return {note.get(f"{W}id"): note for note in root.iterfind(f"{W}{name}") if note.get(f"{W}type", "normal") == "normal"}


def _chosen(alternatives: Any) -> Iterable[Any]:
    """The first of several ways to say the same thing."""
    choice = alternatives.find(f"{MC}Choice")
    fallback = alternatives.find(f"{MC}Fallback") if choice is None else choice
    return () if fallback is None else fallback


def _boxes(element: Any) -> Iterator[Any]:
    """The contents of the text boxes in a drawing."""
    for child in _chosen(element) if element.tag == f"{MC}AlternateContent" else element:
        if child.tag == f"{W}txbxContent":
            yield child
        else:
            yield from _boxes(child)


def _goes_on(properties: Any, name: str) -> bool:
    """Whether a cell continues the one above or before it."""
    merge = properties.find(f"{W}{name}") if properties is not None else None
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"
