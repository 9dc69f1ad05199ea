"""The functions of pdfium that are asked about every line and element, made to be called as cheaply as can be.

``pypdfium2.raw`` wraps each pointer into an object that knows its type, which takes longer than what pdfium does with it. Here an element
is a plain address; a page or its text is the pointer that pdfium gave, and a number goes with it unchecked. What pdfium writes into is
given ``byref``. Calls are so short that other threads wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import PYFUNCTYPE, byref, c_char, c_double, c_int, c_ulong, c_void_p, cast
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium_c


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    return PYFUNCTYPE(result, *arguments)(cast(function, c_void_p).value or 0)


text_between = _plain(pdfium_c.FPDFText_GetText, c_int)
loose_box = _plain(pdfium_c.FPDFText_GetLooseCharBox, c_int)
character_matrix = _plain(pdfium_c.FPDFText_GetMatrix, c_int)
font_size = _plain(pdfium_c.FPDFText_GetFontSize, c_double)
text_element = _plain(pdfium_c.FPDFText_GetTextObject, c_void_p)
element_on_page = _plain(pdfium_c.FPDFPage_GetObject, c_void_p)
count_on_page = _plain(pdfium_c.FPDFPage_CountObjects, c_int)

font_of = _plain(pdfium_c.FPDFTextObj_GetFont, c_void_p, c_void_p)
font_name = _plain(pdfium_c.FPDFFont_GetBaseFontName, c_ulong, c_void_p, c_void_p, c_ulong)
font_weight = _plain(pdfium_c.FPDFFont_GetWeight, c_int, c_void_p)
render_mode = _plain(pdfium_c.FPDFTextObj_GetTextRenderMode, c_int, c_void_p)
fill_colour = _plain(pdfium_c.FPDFPageObj_GetFillColor, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
element_in_form = _plain(pdfium_c.FPDFFormObj_GetObject, c_void_p, c_void_p, c_ulong)
count_in_form = _plain(pdfium_c.FPDFFormObj_CountObjects, c_int, c_void_p)
kind_of = _plain(pdfium_c.FPDFPageObj_GetType, c_int, c_void_p)
bounds_of = _plain(pdfium_c.FPDFPageObj_GetBounds, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
matrix_of = _plain(pdfium_c.FPDFPageObj_GetMatrix, c_int, c_void_p, c_void_p)
draw_mode = _plain(pdfium_c.FPDFPath_GetDrawMode, c_int, c_void_p, c_void_p, c_void_p)
stroke_width = _plain(pdfium_c.FPDFPageObj_GetStrokeWidth, c_int, c_void_p, c_void_p)
count_segments = _plain(pdfium_c.FPDFPath_CountSegments, c_int, c_void_p)
segment_at = _plain(pdfium_c.FPDFPath_GetPathSegment, c_void_p, c_void_p, c_int)
segment_kind = _plain(pdfium_c.FPDFPathSegment_GetType, c_int, c_void_p)
segment_point = _plain(pdfium_c.FPDFPathSegment_GetPoint, c_int, c_void_p, c_void_p, c_void_p)
segment_closes = _plain(pdfium_c.FPDFPathSegment_GetClose, c_int, c_void_p)


def answers(count: int, numbers: int) -> tuple[npt.NDArray[np.float32], Iterator[object]]:
    """An array of ``count`` rows of ``numbers`` for pdfium to write its answers into, and the references to its rows."""
    rows = np.zeros((count, numbers), dtype=np.float32)
    if not count:
        return rows, iter(())
    return rows, map(byref, repeat(c_char.from_buffer(rows.data)), range(0, rows.nbytes, numbers * rows.itemsize))
