"""Spans of ``Document.text`` -> evidence that a reader finds on the page: verbatim words and the boxes around them."""

from __future__ import annotations

import re

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
    sure = document.confidence(start, end)
    return Evidence(
        page=page.number,
        bbox=[(round(box.x0, 2), round(box.top, 2), round(box.x1, 2), round(box.bottom, 2)) for box in document.rects(start, end)],
        quote=quote,
        section=document.sections[section].heading if section >= 0 else None,
        ocr_confidence=None if sure is None else round(sure, 4),
    )


def _longest_stretch(document: Document, start: int, end: int) -> tuple[int, int]:
    raw = document.page_of(start).raw
    best = (start, start)
    begin, drawn = start, -1
    for first, last, index in document.pieces(start, end):
        if drawn >= 0 and (index < drawn - 1 or _HYPHEN_OR_SPACE.fullmatch(raw, drawn, max(index, drawn)) is None):
            best = max(best, (begin, first), key=_length)
            begin = first
        drawn = index + last - first
    return max(best, (begin, end), key=_length)


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]
