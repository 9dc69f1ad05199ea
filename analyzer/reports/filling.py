"""A Word template and what to fill in -> a Word document.

A template is any ``.docx`` with blanks such as ``{{title}}``. A blank ``{{request.text}}`` stands for every one of several things: the
paragraphs, or the rows of a table, that follow one another and hold blanks of one kind are repeated for each of them. A paragraph whose
blanks all stay empty is left out. What is filled in is never itself read as a template, and it can hold no markup.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.reading.kinds import LETTER
from analyzer.reports.terminal import clean
from analyzer.resources import say

if TYPE_CHECKING:
    from docx.document import Document

_BLANK = re.compile(r"[{\uff5b]{2}\s*([a-z_]+(?:\.[a-z_]+)?)\s*[}\uff5d]{2}")
"""Also with the full-width braces that Chinese keyboards write."""
_ANY_BLANK = re.compile(r"[{\uff5b]{2}[^{}\uff5b\uff5d]*[}\uff5d]{2}")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH, _ROW, _TEXT, _CELL = f"{_W}p", f"{_W}tr", f"{_W}t", f"{_W}tc"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_Element = Any
"""An lxml element."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What blanks stand for: ``words`` for plain ones, a list of scopes for each kind of thing that repeats."""

    words: Mapping[str, str]
    lists: Mapping[str, Sequence[Scope]] = field(default_factory=dict)


def fill(template: Path, scope: Scope, known: Sequence[str], language: str) -> bytes:
    """The template with its blanks filled in; ``known`` are the blanks that there may be.

    Raises UsageError when the file is no Word template, or has blanks that are not known, or none.
    """
    document = opened(template, language)
    roots = list(_roots(document))
    _refuse_unknown(template, roots, known, language)
    for root in roots:
        _fill_in(root, scope, {})
    document.core_properties.identifier = LETTER
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def opened(template: Path, language: str) -> Document:
    """A Word file, as python-docx has it. Raises UsageError when it is none."""
    from docx import Document

    try:
        return Document(str(template))
    except Exception as error:  # a stranger's file fails in many ways, deep in zip and XML readers
        raise UsageError(reason=say(language, "usage_template_unreadable", path=template), language=language) from error


def _roots(document: Document) -> Iterator[_Element]:
    """The body, and every header and footer once."""
    yield document.element.body
    for part in document.part.package.iter_parts():
        if part.content_type.endswith((".header+xml", ".footer+xml")):
            yield part.element


def _refuse_unknown(template: Path, roots: Sequence[_Element], known: Sequence[str], language: str) -> None:
    found = {blank.group() for root in roots for words in root.iter(_PARAGRAPH) for blank in _ANY_BLANK.finditer(_words(words))}
    unknown = sorted(blank for blank in found if (match := _BLANK.fullmatch(blank)) is None or match[1] not in known)
    listed = say(language, "list_separator").join(f"{{{{{name}}}}}" for name in known)
    if unknown:
        words = say(language, "list_separator").join(unknown)
        raise UsageError(reason=say(language, "usage_template_unknown", path=template, unknown=words, known=listed), language=language)
    if not found:
        raise UsageError(reason=say(language, "usage_template_empty", path=template, known=listed), language=language)


def _fill_in(container: _Element, scope: Scope, above: Mapping[str, str]) -> None:
    """Fill in all that stands in ``container``, in place; ``above`` are the words of the scopes around this one."""
    words = {**above, **scope.words}
    for kind, group in groupby(list(container), key=lambda unit: _kind(unit, scope)):
        members = list(group)
        if kind is not None:
            _repeat(members, kind, scope.lists[kind], words)
            continue
        for unit in members:
            if unit.tag == _PARAGRAPH:
                _fill_unit(unit, words)
            else:
                _fill_in(unit, scope, above)


def _fill_unit(paragraph: _Element, words: Mapping[str, str]) -> None:
    """Fill in a paragraph, and those of the boxes that are anchored in it."""
    for inner in [nested for nested in paragraph.iter(_PARAGRAPH) if nested is not paragraph]:
        _fill_paragraph(inner, words)
    _fill_paragraph(paragraph, words)


def _repeat(members: Sequence[_Element], kind: str, scopes: Sequence[Scope], words: Mapping[str, str]) -> None:
    """Put a filled-in copy of ``members`` for each scope in their place."""
    parent = members[0].getparent()
    for scope in scopes:
        holder = parent.makeelement(parent.tag)
        holder.extend(copy.deepcopy(member) for member in members)
        named = Scope({f"{kind}.{name}": value for name, value in scope.words.items()}, scope.lists)
        _fill_in(holder, named, words)
        for child in list(holder):
            members[0].addprevious(child)
    for member in members:
        _remove(member)


def _kind(unit: _Element, scope: Scope) -> str | None:
    """The kind of thing for which a paragraph or row is repeated here, or None."""
    if unit.tag not in (_PARAGRAPH, _ROW):
        return None
    names = {blank[1].partition(".")[0] for blank in _BLANK.finditer(_all_words(unit)) if "." in blank[1]}
    return next((kind for kind in scope.lists if names & _kinds(kind, scope.lists[kind])), None)


def _kinds(kind: str, scopes: Sequence[Scope]) -> set[str]:
    """A kind and those that stand within it."""
    inner = {name for scope in scopes for name, lists in scope.lists.items() for name in _kinds(name, lists)}
    return {kind, *inner}


def _texts(paragraph: _Element) -> list[_Element]:
    """The pieces of a paragraph's own text, without that of boxes that are anchored in it."""
    return [text for text in paragraph.iter(_TEXT) if next(text.iterancestors(_PARAGRAPH)) is paragraph]


def _words(paragraph: _Element) -> str:
    return "".join(text.text or "" for text in _texts(paragraph))


def _all_words(unit: _Element) -> str:
    return "\n".join(_words(paragraph) for paragraph in unit.iter(_PARAGRAPH))


def _fill_paragraph(paragraph: _Element, words: Mapping[str, str]) -> None:
    """Fill in the blanks of one paragraph, which Word may have cut into several pieces; a blank keeps the look of its first letter."""
    blanks = list(_BLANK.finditer(_words(paragraph)))
    values = [_filled(words.get(blank[1], "")) for blank in blanks]
    if blanks and not any(values):
        _remove(paragraph)
        return
    for blank, value in zip(reversed(blanks), reversed(values), strict=True):
        at = 0
        for text in _texts(paragraph):
            piece = text.text or ""
            start, end = max(blank.start() - at, 0), min(blank.end() - at, len(piece))
            if start < end:
                text.text = piece[:start] + (value if blank.start() >= at else "") + piece[end:]
                text.set(_SPACE, "preserve")
            at += len(piece)


def _filled(words: str) -> str:
    """Words that a paragraph can hold; a space that parts them from what stands before is kept."""
    return " " * words.startswith(" ") + plain if (plain := clean(words)) else ""


def _remove(unit: _Element) -> None:
    """Take a paragraph or row out; the last paragraph of a cell or section must stay and is emptied."""
    parent = unit.getparent()
    last_of_cell = parent.tag == _CELL and [child.tag for child in parent].count(_PARAGRAPH) == 1
    if unit.tag == _PARAGRAPH and (last_of_cell or unit.find(f"{_W}pPr/{_W}sectPr") is not None):
        for text in _texts(unit):
            text.text = ""
    else:
        parent.remove(unit)
