"""Imported once by the process that workers are forked from, so that each of them starts with everything heavy in memory.

This module works when it is imported, as no other does: that is what a fork server offers.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.pipeline import Analyzer

VARIABLE = "ANALYZER_BATCH_PACK"
"""Environment variable that names the pack to load at once."""


@cache
def ready_analyzer(pack: str) -> Analyzer:
    """The analyzer of this pack, in this process made once."""
    from analyzer.pipeline import Analyzer

    return Analyzer(pack)


def _warm_up(pack: str) -> None:
    """Load all that the first document would load."""
    try:
        ready_analyzer(pack).analyze("warm-up.pdf", data=_one_line_pdf())
    except Exception:  # whatever is broken is found again, and told, by each worker; the fork server must live
        ready_analyzer.cache_clear()


def _one_line_pdf() -> bytes:
    """The smallest document that goes the whole way."""
    drawing = b"BT /F 12 Tf 72 720 Td (1. Objectives: to assess the safety of the cells in 20 adults.) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, content) for number, content in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"


if os.environ.get(VARIABLE):
    _warm_up(os.environ[VARIABLE])
