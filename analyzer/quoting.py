"""Spans of ``Document.text`` -> evidence that a reader finds on the page: verbatim words and the boxes around them."""

from __future__ import annotations

import re

import numpy as np

from analyzer.document import Document
from analyzer.findings import Evidence

LONGEST_QUOTE = 500
_HYPHEN_OR_SPACE = re.compile(r"[\s\u00ad\u2010-]*")


def evidence_of(document: Document, start: int, end: int) -> Evidence | None:
    """The words of ``text[start:end]`` as they stand on one page, or None when nothing of it was drawn.

    A span over two pages is cut to the page that holds more of it; words that the page draws in several places (a table
    row whose cells wrap) are cut to the longest stretch that stands together, so that the quote can be found again.
    """
    page = document.page_of(start)
    if end > page.end and end - page.end > page.end - start:
        start = page.end
        page = document.page_of(start)
    start, end = _longest_stretch(document, start, min(end, page.end, start + LONGEST_QUOTE))
    quote = document.quote(start, end)
    if not quote:
        return None
    section = document.section_of(start)
    return Evidence(
        page=page.number,
        bbox=[(round(box.x0, 2), round(box.top, 2), round(box.x1, 2), round(box.bottom, 2)) for box in document.rects(start, end)],
        quote=quote,
        section=document.sections[section].heading if section >= 0 else None,
    )


def _longest_stretch(document: Document, start: int, end: int) -> tuple[int, int]:
    raw = document.page_of(start).raw
    indexes = np.frombuffer(document.origin, dtype=np.int32)[start:end]
    offsets = np.flatnonzero(indexes >= 0)
    indexes = indexes[offsets]
    steps = np.diff(indexes)
    best = (start, start)
    begin = start
    for place in np.flatnonzero((steps < 0) | (steps > 1)).tolist():
        index, following = int(indexes[place]), int(indexes[place + 1])
        if following < index or _HYPHEN_OR_SPACE.fullmatch(raw, index + 1, following) is None:
            offset = start + int(offsets[place + 1])
            best = max(best, (begin, offset), key=lambda span: span[1] - span[0])
            begin = offset
    return max(best, (begin, end), key=lambda span: span[1] - span[0])
