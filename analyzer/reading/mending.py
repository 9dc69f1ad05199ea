"""A PDF that was cut short has lost the part that says where to begin; where that can be told from the rest, it is put back."""

from __future__ import annotations

import re
from collections import deque

_BEGIN = re.compile(rb"(?<!\d)(\d{1,9})\s+(\d{1,5})\s+obj\b")
_MARK = re.compile(rb"/Type\s*/Catalog\b")
_WITHIN, _MOST_MARKS = 2000, 200
"""Bytes before the mark in which its object begins, and marks that are looked at."""


def openable(content: bytes) -> bytes:
    """The file as it is, or mended where it cannot be opened otherwise."""
    import pypdfium2 as pdfium

    try:
        pdfium.PdfDocument(content).close()
    except pdfium.PdfiumError as error:
        if error.err_code not in {pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY, pdfium.raw.FPDF_ERR_SUCCESS}:
            return with_trailer(content) or content
    return content


def with_trailer(content: bytes) -> bytes | None:
    """The file with a trailer that names its last catalog; None where it has none that can be seen, or is encrypted: the key is lost."""
    if b"/Encrypt" in content:
        return None
    for mark in reversed(deque((found.start() for found in _MARK.finditer(content)), maxlen=_MOST_MARKS)):
        before = content[max(0, mark - _WITHIN) : mark]
        begins = list(_BEGIN.finditer(before[max(0, before.rfind(b"endobj")) :]))
        if begins:
            number, generation = begins[-1].groups()
            return content + b"\nendstream endobj\ntrailer\n<</Root %b %b R>>\nstartxref\n0\n%%%%EOF\n" % (number, generation)
    return None
