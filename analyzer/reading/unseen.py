"""Text that stands in the file but not on the paper: drawn invisibly, or in the colour of the paper on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref, c_float, c_int, c_uint
from enum import Enum

import pypdfium2.raw as pdfium_c

from analyzer.reading import calls
from analyzer.reading.elements import UNMOVED, Bounds, Box, Matrix, inside, matrix_of, on_page, times

PAPER = 250
"""Fills of this and more in red, green and blue are not seen on paper."""
_MANY_CORNERS = 40
"""A path of more segments is a drawing, perhaps of letters; one of fewer a frame or an area."""
_BROAD = 6.0
"""Points; text can stand on a line of this breadth."""
_NOT_PAINTED = frozenset({pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP})


class Ink(Enum):
    """How a piece of text is painted."""

    PLAIN = "plain"
    NONE = "none"
    """Not at all: it is the text of a picture, or nobody sees it."""
    PALE = "pale"
    """In the colour of paper: seen only where something else lies under it."""


PLAIN = Ink.PLAIN


class Colours:
    """Asks pdfium for colours; keeps what it must hand to C between the calls."""

    def __init__(self) -> None:
        self._parts = (c_uint * 4)()
        self._places = [byref(self._parts, 4 * index) for index in range(4)]
        self._fill, self._stroke, self._width = c_int(), c_int(), c_float()
        self._mode = byref(self._fill), byref(self._stroke)
        self._width_place = byref(self._width)

    def ink(self, text: int, mode: int) -> Ink:
        """How a piece of text with this rendering mode is painted."""
        if mode != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
            return Ink.NONE if mode in _NOT_PAINTED else PLAIN
        if not calls.fill_colour(text, *self._places):
            return PLAIN  # a pattern
        red, green, blue, alpha = self._parts[:]
        if not alpha:
            return Ink.NONE
        return Ink.PALE if red >= PAPER and green >= PAPER and blue >= PAPER else PLAIN

    def is_stroked(self, path: int) -> bool:
        """Whether a path is a line rather than an area."""
        calls.draw_mode(path, *self._mode)
        return bool(self._stroke.value)

    def is_area(self, path: int) -> bool:
        """Whether a path is filled with a colour that is seen on paper."""
        calls.draw_mode(path, *self._mode)
        return bool(self._fill.value) and self._is_filled_visibly(path)

    def is_drawn(self, path: int) -> bool:
        """Whether a path is a line, or an area whose colour is seen on paper."""
        calls.draw_mode(path, *self._mode)
        return bool(self._stroke.value) or (bool(self._fill.value) and self._is_filled_visibly(path))

    def _is_filled_visibly(self, path: int) -> bool:
        if not calls.fill_colour(path, *self._places):
            return True  # a pattern
        red, green, blue, alpha = self._parts[:]
        return alpha > 0 and (red < PAPER or green < PAPER or blue < PAPER)

    def is_broad(self, path: int) -> bool:
        """Whether a path is a line on which text can stand."""
        return self.is_stroked(path) and bool(calls.stroke_width(path, self._width_place)) and self._width.value >= _BROAD


class Ground:
    """What is painted on a page beside its text."""

    def __init__(self, page: object) -> None:
        self._colours, self._bounds = Colours(), Bounds()
        self._pictures: list[Box] = []
        self._areas: list[Box] = []
        self._look_at(on_page(page), UNMOVED)

    def shows(self, box: Box, ink: Ink) -> bool:
        """Whether text with this ink at this place is seen, or tells what a picture there shows."""
        across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        grounds = self._pictures + self._areas if ink is Ink.PALE else self._pictures
        return any(left <= across <= right and bottom <= up <= top for left, bottom, right, top in grounds)

    def _look_at(self, elements: Sequence[int], outer: Matrix) -> None:
        for element in elements:
            kind = calls.kind_of(element)
            if kind in {pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_SHADING}:
                self._pictures.append(self._bounds.of(element, outer))
            elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
                if calls.count_segments(element) > _MANY_CORNERS:
                    self._pictures.append(self._bounds.of(element, outer))
                elif self._colours.is_area(element) or self._colours.is_broad(element):
                    self._areas.append(self._bounds.of(element, outer))
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
                self._look_at(inside(element), times(matrix_of(element), outer))
