"""The elements that pdfium finds on a page, each known by its address: their places, also where they stand in forms within forms."""

from __future__ import annotations

from ctypes import byref, c_float
from itertools import repeat

from analyzer.reading import calls

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in the space of the page."""
Matrix = tuple[float, float, float, float, float, float]
UNMOVED: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Bounds:
    """Asks pdfium for the place of elements; keeps what it must hand to C between the calls."""

    def __init__(self) -> None:
        self._sides = (c_float * 4)()
        self._places = [byref(self._sides, 4 * index) for index in range(4)]

    def of(self, element: int, outer: Matrix) -> Box:
        """The box of an element that stands in a form moved by ``outer``."""
        calls.bounds_of(element, *self._places)
        left, bottom, right, top = self._sides[:]
        if outer is UNMOVED:
            return left, bottom, right, top
        a, b, c, d, e, f = outer
        xs, ys = (a * left + c * bottom + e, a * right + c * top + e), (b * left + d * bottom + f, b * right + d * top + f)
        return min(xs), min(ys), max(xs), max(ys)


def matrix_of(element: int) -> Matrix:
    """How an element is moved."""
    matrix = (c_float * 6)()
    calls.matrix_of(element, byref(matrix))
    a, b, c, d, e, f = matrix[:]
    return a, b, c, d, e, f


def times(inner: Matrix, outer: Matrix) -> Matrix:
    """First ``inner``, then ``outer``."""
    if outer is UNMOVED:
        return inner
    a, b, c, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return a * oa + b * oc, a * ob + b * od, c * oa + d * oc, c * ob + d * od, e * oa + f * oc + oe, e * ob + f * od + of


def on_page(page: object) -> list[int]:
    """The elements of a page, in drawing order."""
    return list(map(calls.element_on_page, repeat(page), range(calls.count_on_page(page))))


def inside(form: int) -> list[int]:
    """The elements of a form, in drawing order."""
    return list(map(calls.element_in_form, repeat(form), range(calls.count_in_form(form))))
