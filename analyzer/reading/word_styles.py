"""How Word paragraphs and runs look and what they are, after all that their styles hand down."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from analyzer.reading.word_parts import W, number_of, switch_of, value_of

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])|([一二三四五六七八九])级标题", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录)\s*\d", re.IGNORECASE)
_BODY_LEVEL = 9
_USUAL_SIZE = 10.0
_DEEPEST = 32
"""Styles that a style may be based on in turn."""


@dataclass(frozen=True, slots=True)
class Look:
    """What styles and direct formatting may say; None where nothing is said.

    ``size`` is in points, ``outline`` is 1 for the highest heading and 0 for plain text, ``level`` counts list levels from 0.
    """

    size: float | None = None
    bold: bool | None = None
    hidden: bool | None = None
    raised: bool | None = None
    symbols: bool | None = None
    outline: int | None = None
    new_page: bool | None = None
    list: str | None = None
    level: int | None = None
    contents: bool | None = None

    def under(self, other: Look) -> Look:
        """What holds where ``other`` overrides this."""
        return Look(*(getattr(self, name) if getattr(other, name) is None else getattr(other, name) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(Look))
_NOTHING = Look()


class Styles:
    """The styles of a file; ``root`` is ``styles.xml``, or None."""

    def __init__(self, root: Any) -> None:
        self._elements: dict[str, Any] = {}
        self._looks: dict[str, Look] = {}
        self.default = Look(size=_USUAL_SIZE)
        self._usual: str | None = None
        if root is None:
            return
        for style in root.iterfind(f"{W}style"):
            name = style.get(f"{W}styleId")
            self._elements.setdefault(name, style)
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in {"1", "true"}:
                self._usual = name
        defaults = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        self.default = self.default.under(look_of_run(defaults))

    def paragraph(self, properties: Any) -> Look:
        """The look that a ``w:pPr`` gives to its paragraph and hands down to the runs in it."""
        look = self.default.under(self._of_style(self.style_of(properties), _DEEPEST))
        return look.under(look_of_paragraph(properties)) if properties is not None else look

    def run(self, paragraph: Look, properties: Any) -> Look:
        """The look of a run with this ``w:rPr`` in a paragraph."""
        if properties is None:
            return paragraph
        style = value_of(properties, "rStyle")
        return (paragraph.under(self._of_style(style, _DEEPEST)) if style else paragraph).under(look_of_run(properties))

    def style_of(self, properties: Any) -> str | None:
        """The id of the style that a paragraph has."""
        return value_of(properties, "pStyle") or self._usual

    def list_of(self, style: str) -> str | None:
        """The id of the list that a numbering style stands for."""
        return self._of_style(style, _DEEPEST).list

    def list_owner(self, style: str | None) -> str | None:
        """The style, this one or one that it is based on, that says which list the paragraphs belong to."""
        for _ in range(_DEEPEST):
            element = self._elements.get(style or "")
            if element is None:
                return None
            if element.find(f"{W}pPr/{W}numPr/{W}numId") is not None:
                return style
            style = value_of(element, "basedOn")
        return None

    def _of_style(self, name: str | None, depth: int) -> Look:
        element = self._elements.get(name or "")
        if element is None or name is None or not depth:
            return _NOTHING
        known = self._looks.get(name)
        if known is None:
            base = self._of_style(value_of(element, "basedOn"), depth - 1)
            own = look_of_run(element.find(f"{W}rPr")).under(look_of_paragraph(element.find(f"{W}pPr")))
            known = self._looks[name] = base.under(own).under(_named(value_of(element, "name") or name, own))
        return known


def look_of_run(properties: Any) -> Look:
    """What a ``w:rPr`` says by itself."""
    if properties is None:
        return _NOTHING
    size = number_of(properties, "sz")
    raised = value_of(properties, "vertAlign")
    fonts = properties.find(f"{W}rFonts")
    font = fonts.get(f"{W}ascii") if fonts is not None else None
    return Look(
        size=size / 2 if size else None,
        bold=switch_of(properties, "b"),
        hidden=switch_of(properties, "vanish"),
        raised=raised == "superscript" if raised else None,
        symbols=font == "Symbol" if font else None,
    )


def look_of_paragraph(properties: Any) -> Look:
    """What a ``w:pPr`` says by itself."""
    if properties is None:
        return _NOTHING
    outline = number_of(properties, "outlineLvl")
    numbering = properties.find(f"{W}numPr")
    return Look(
        outline=None if outline is None else outline + 1 if outline < _BODY_LEVEL else 0,
        new_page=switch_of(properties, "pageBreakBefore"),
        list=value_of(numbering, "numId"),
        level=number_of(numbering, "ilvl"),
    )


def _named(name: str, own: Look) -> Look:
    """What the name of a style says beside what it sets itself."""
    heading = _HEADING.fullmatch(name.strip())
    level = None
    if heading and own.outline is None:
        level = int(heading[1]) if heading[1] else "一二三四五六七八九".index(heading[2]) + 1
    return Look(outline=level, contents=True if _CONTENTS.fullmatch(name.strip()) else None)
