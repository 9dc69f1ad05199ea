"""The functions of pdfium that are asked about every line and element, made to take and give plain addresses.

``pypdfium2.raw`` wraps each pointer into an object that knows its type, which takes longer than what pdfium does with it.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, c_int, c_ulong, c_void_p, cast
from typing import Any

import pypdfium2.raw as pdfium_c


def _plain(function: Any, result: Any, *arguments: Any) -> Any:
    return CFUNCTYPE(result, *arguments)(cast(function, c_void_p).value or 0)


text_element = _plain(pdfium_c.FPDFText_GetTextObject, c_void_p, c_void_p, c_int)
font_of = _plain(pdfium_c.FPDFTextObj_GetFont, c_void_p, c_void_p)
font_name = _plain(pdfium_c.FPDFFont_GetBaseFontName, c_ulong, c_void_p, c_void_p, c_ulong)
font_weight = _plain(pdfium_c.FPDFFont_GetWeight, c_int, c_void_p)
render_mode = _plain(pdfium_c.FPDFTextObj_GetTextRenderMode, c_int, c_void_p)
fill_colour = _plain(pdfium_c.FPDFPageObj_GetFillColor, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
element_on_page = _plain(pdfium_c.FPDFPage_GetObject, c_void_p, c_void_p, c_int)
element_in_form = _plain(pdfium_c.FPDFFormObj_GetObject, c_void_p, c_void_p, c_ulong)
count_on_page = _plain(pdfium_c.FPDFPage_CountObjects, c_int, c_void_p)
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


def address(pointer: Any) -> int:
    """The address in a pointer that pdfium gave; 0 for none."""
    return cast(pointer, c_void_p).value or 0
