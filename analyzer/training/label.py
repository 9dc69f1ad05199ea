"""A protocol as a labelling sheet: every sentence with the model's suggestion, the doubtful ones named first.

The sheet is the form of ``corpora/LABELLING.md``; a committee corrects what follows ``=>`` and trains with
``analyzer train --extra FOLDER``. Lines that begin with ``%`` are remarks and are not read.
"""

from __future__ import annotations

import numpy as np

from analyzer.document import Document
from analyzer.features import passage_features
from analyzer.matching import is_silent
from analyzer.pipeline import Analyzer
from analyzer.segmentation import passages

_DOUBTFUL_SHOWN = 30


def labelling_sheet(analyzer: Analyzer, document: Document, name: str) -> str:
    """The sheet of a document that was read by ``analyzer``; ``name`` becomes its id and voice."""
    pieces = passages(document)
    scores = analyzer.model.passages.scores(passage_features(document, pieces))
    thresholds = analyzer.model.thresholds
    labels = analyzer.model.passages.labels
    lines: list[str] = []
    doubtful: list[tuple[float, str]] = []
    section = -1
    for index, passage in enumerate(pieces):
        for opened in range(section + 1, passage.section + 1):
            here = document.sections[opened]
            lines.append(f"{'#' * min(4, max(1, here.level))} {_one_line(here.heading)} {{{here.canonical}}}")
        section = max(section, passage.section)
        text = _one_line(document.text[passage.start : passage.end].replace("\t", " | "))
        text = f"| {text} |" if passage.kind == "row" else text
        margin = np.full(len(labels), -9.0) if is_silent(document, passage) else scores[index] - thresholds
        suggested = [labels[column] for column in np.flatnonzero(margin > 0)]
        nearest = int(np.abs(margin).argmin())
        if abs(margin[nearest]) < 1.0:
            doubtful.append((float(abs(margin[nearest])), f"% {labels[nearest]}? {text}"))
        lines.append(text + (f" => {', '.join(suggested)}" if suggested else ""))
    head = [
        f"@id {name}",
        f"@voice {name}",
        f"@language {'zh' if document.language == 'zh' else 'en'}",
        "@kind stem_cell",
        "@design ",
        "@quality mixed",
        f"@title {name}",
    ]
    first = [remark for _, remark in sorted(doubtful)[:_DOUBTFUL_SHOWN]]
    return "\n".join([*head, *first, *lines]) + "\n"


def _one_line(text: str) -> str:
    """Text on one line that the sheet's own marks cannot be mistaken for."""
    flat = " ".join(text.split()).replace("=>", "=＞")
    return f" {flat}".strip() if flat[:1] not in "@#%" else f"·{flat}"
