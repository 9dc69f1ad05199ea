"""Word file (``.docx``, ``.docm``) -> ``Document``.

A Word file has no pages of its own: a page ends where its author says so and where Word, when it last saved the file, said that it does.
There is no place on a page either, so evidence has no boxes; what is quoted stands in ``Page.raw``. Automatic numbers are shown in the
text and in ``raw``, but are no part of a quotation: they are not in the file, and a search in Word does not find them.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby

from analyzer.document import Document, Line, Page, Rect, Table
from analyzer.errors import DamagedWord, NoTextInWord
from analyzer.reading.paragraphs import mark_kind
from analyzer.reading.word_body import LAID_OUT_PAGE, LINE, PAGE, Block, Cell, Grid, Paragraph, WordBody
from analyzer.reading.word_parts import WordFile
from analyzer.text import normalise

_A4 = (595.0, 842.0)
_NOWHERE = Rect(0.0, 0.0, 0.0, 0.0)
_SENTENCES_IN_A_CELL = 8
"""A cell with more sentences than this holds whole sections; its paragraphs stay apart."""
_SENTENCE = re.compile(r"[。！？；]|[.!?;](?=\s|$)")
_PART = re.compile(f"([{LINE}{PAGE}{LAID_OUT_PAGE}]*)([^{LINE}{PAGE}{LAID_OUT_PAGE}]*)")
_TABS = re.compile(r"[^\S\n]*\t\s*")
_LEADER = re.compile(r"[\s.…·]*\t\s*(?P<page>\S{1,8})$")
_LONGEST_MARK = 8
_WIDE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")


def read_word(path: str, data: bytes) -> Document:
    """Read a Word file. Raises DamagedWord, NoTextInWord, LockedWord, UnpacksTooLarge or TooManyFiles."""
    file = WordFile(data, path)
    body = WordBody(file)
    writer = _Writer()
    try:
        for block in body.blocks():
            writer.block(block)
    except RecursionError as error:
        raise DamagedWord(path=path) from error
    if not any(line.start < line.end for line in writer.lines):
        raise NoTextInWord(path=path)
    warnings: list[tuple[str, dict[str, object]]] = [("word_file" if body.laid_out else "word_file_without_pages", {})]
    if body.tracked:
        warnings.append(("word_tracked_changes", {}))
    if file.has_macros:
        warnings.append(("word_macros", {}))
    text = "".join(writer.pieces)
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(path, sha256, text, writer.origin, writer.pages(len(text)), writer.lines, writer.tables, warnings=warnings)


class _Writer:
    """Collects the canonical text with its origin, lines and tables, and what stands on each page."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.origin = array("i")
        self.lines: list[Line] = []
        self.tables: list[Table] = []
        self._raw: list[list[str]] = [[]]
        self._raw_length = 0
        self._page_has_text = False
        self._row: _PagesInRow | None = None

    def pages(self, length: int) -> list[Page]:
        """Pages with their shares of the text of this length: each begins with its first line and reaches up to the next."""
        starts: dict[int, int] = {}
        for line in self.lines:
            starts.setdefault(line.page, line.start)
        pages: list[Page] = []
        end = length
        for number in range(len(self._raw), 0, -1):
            start = 0 if number == 1 else starts.get(number, end)
            pages.append(Page(number, *_A4, start, end, "digital", "".join(self._raw[number - 1])))
            end = start
        return pages[::-1]

    def block(self, block: Block) -> None:
        """Write a paragraph or table."""
        if isinstance(block, Grid):
            self._grid(block)
        else:
            self._paragraph(block, None)
            self._end_paragraph()

    def _paragraph(self, paragraph: Paragraph, cell: tuple[int, int, int] | None, between: str = "\n") -> None:
        """Write a paragraph; ``between`` takes the place of the line ends that its author put in it."""
        before, ended = "", False
        for breaks, part, start in _parts(paragraph.text):
            for mark in breaks:
                if mark != LINE:
                    self._break_page(by_hand=mark == PAGE)
            ended |= LINE in breaks
            if not part or part.isspace():
                continue
            if before:
                self._join(paragraph, before, part, between if ended else "")
            first = len(self.origin)
            if not before and paragraph.label:
                self._label(paragraph, part)
            self._part(paragraph, part, start, first, cell)
            before, ended = part, False

    def _join(self, paragraph: Paragraph, before: str, part: str, between: str) -> None:
        """Go on in a paragraph after the end of a line or, without ``between``, of a page."""
        if between and not paragraph.outline:
            self._put(between)
        elif between or before[-1].isspace() or part[0].isspace():
            self._put("" if _WIDE.match(before.rstrip()[-1]) and _WIDE.match(part.lstrip()) else " ")
        self._draw(LINE if between else "")

    def _label(self, paragraph: Paragraph, part: str) -> None:
        label = normalise(paragraph.label)[0].strip()
        close = not paragraph.joint or (_WIDE.match(label[-1:]) and _WIDE.match(part.lstrip()))
        self._put(label if close else f"{label} ")
        self._draw(paragraph.label + paragraph.joint)

    def _part(self, paragraph: Paragraph, part: str, start: int, first: int, cell: tuple[int, int, int] | None) -> None:
        """Write ``part``, which is ``paragraph.text`` from ``start`` on; its line begins at ``first``, where its number may stand."""
        base = self._draw(part)
        leader = _LEADER.search(part) if paragraph.contents else None
        end = leader.start() if leader else len(part)
        position = 0
        for tab in [*_TABS.finditer(part, 0, end), None]:
            stop = tab.start() if tab else end
            self._words(paragraph, part[position:stop], start + position, base + position)
            if tab and part[: tab.start()].strip() and part[tab.end() : end].strip():
                self._put("\t" if self._sets_columns(paragraph, part[: tab.start()], cell) else " ")
            position = tab.end() if tab else position
        if paragraph.contents:
            self._put(" ……… ")
            if leader:
                self._words(paragraph, leader["page"], start + leader.start("page"), base + leader.start("page"))
        look = paragraph.look_at(start + len(part) - len(part.lstrip()))
        size, bold = round(look.size or 0.0, 2), bool(look.bold)
        self.lines.append(Line(first, len(self.origin), len(self._raw), _NOWHERE, size, bold, cell, paragraph.outline))

    @staticmethod
    def _sets_columns(paragraph: Paragraph, before: str, cell: tuple[int, int, int] | None) -> bool:
        """Whether a tab sets two things side by side, rather than a number before its text."""
        if cell or paragraph.outline or paragraph.contents:
            return False
        return len(before.strip()) > _LONGEST_MARK or mark_kind(f"{before.strip()} ") is None

    def _words(self, paragraph: Paragraph, words: str, start: int, base: int) -> None:
        """Write words in normal form; they stand at ``start`` in the paragraph and at ``base`` on the page."""
        text, sources = normalise(words)
        lead = len(text) - len(text.lstrip())
        text, sources = text.strip(), sources[lead : lead + len(text.strip())]
        done = 0
        for power in sorted(index - start for index in paragraph.powers if start <= index < start + len(words)):
            at = bisect_left(sources, power)
            self._copy(text[done:at], sources[done:at], base)
            self._put("^")
            done = at
        self._copy(text[done:], sources[done:], base)

    def _copy(self, text: str, sources: Sequence[int], base: int) -> None:
        if text:
            self.pieces.append(text)
            self.origin.extend([base + source for source in sources])

    def _grid(self, grid: Grid) -> None:
        """Write a table, one row per line; one that stands in a cell comes between what is before and after it there."""
        self._end_paragraph()
        number = len(self.tables)
        self.tables.append(Table(len(self._raw), _NOWHERE, ()))
        outermost = self._row is None
        rows = []
        for index, cells in enumerate(grid.rows):
            first = len(self.lines)
            if outermost:
                self._row = _PagesInRow()
            for cell in cells:
                self._cell(cell, (number, index, cell.column))
                if self._row and outermost:
                    self._row.next_cell()
            self._end_paragraph()
            rows.append(tuple(at for at in range(first, len(self.lines)) if (self.lines[at].cell or (-1,))[0] == number))
        if outermost:
            self._row = None
        page = next((self.lines[row[0]].page for row in rows if row), len(self._raw))
        self.tables[number] = Table(page, _NOWHERE, tuple(row for row in rows if row))

    def _cell(self, cell: Cell, place: tuple[int, int, int]) -> None:
        for is_grid, blocks in groupby(cell.blocks, lambda block: isinstance(block, Grid)):
            if is_grid:
                for block in blocks:
                    self.block(block)
            else:
                self._cell_paragraphs([block for block in blocks if isinstance(block, Paragraph)], place)

    def _cell_paragraphs(self, paragraphs: list[Paragraph], place: tuple[int, int, int]) -> None:
        """Write the paragraphs of a cell: as one line, or each by itself where there are whole sections in it."""
        apart = len(_SENTENCE.findall(" ".join(paragraph.text for paragraph in paragraphs))) > _SENTENCES_IN_A_CELL
        between = "\n" if apart else " "
        first = len(self.lines)
        for paragraph in paragraphs:
            if not paragraph.text.strip():
                continue
            if len(self.lines) > first:
                self._put(between)
                self._draw(LINE)
            elif self.pieces and not self.pieces[-1].endswith("\n"):
                self._put("\t")
                self._draw("\t")
            self._paragraph(paragraph, place, between)
        if not apart:
            self.lines[first:] = [_merged(list(lines)) for _, lines in groupby(self.lines[first:], lambda line: line.page)]

    def _end_paragraph(self) -> None:
        """Go to the beginning of a line."""
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self._put("\n")
            self._draw(LINE)

    def _break_page(self, *, by_hand: bool) -> None:
        """Go to the next page; Word notes the beginning of a page also where the author has ended the one before."""
        if not by_hand and not self._page_has_text:
            return
        if self._row is None or self._row.goes_on():
            self._raw.append([])
            self._raw_length = 0
            self._page_has_text = False

    def _draw(self, text: str) -> int:
        """Put text on the page and return where it begins there."""
        begin = self._raw_length
        self._raw[-1].append(text)
        self._raw_length += len(text)
        self._page_has_text |= bool(text.strip())
        return begin

    def _put(self, text: str) -> None:
        """Write what is on no page."""
        if text:
            self.pieces.append(text)
            self.origin.extend([-1] * len(text))


class _PagesInRow:
    """Cells of a row lie side by side, so that a page end is told in each; it counts once."""

    def __init__(self) -> None:
        self._most = self._here = 0

    def next_cell(self) -> None:
        """Begin another cell."""
        self._here = 0

    def goes_on(self) -> bool:
        """Count a page end; whether it is a new one."""
        self._here += 1
        new = self._here > self._most
        self._most = max(self._most, self._here)
        return new


def _parts(text: str) -> Iterator[tuple[str, str, int]]:
    """(line and page ends, the words after them, where these begin)."""
    for match in _PART.finditer(text):
        if match.end() > match.start():
            yield match[1], match[2], match.start(2)


def _merged(lines: list[Line]) -> Line:
    first = lines[0]
    return Line(first.start, lines[-1].end, first.page, _NOWHERE, first.size, first.bold, first.cell)
