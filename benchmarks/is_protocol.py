"""How often is it told rightly whether a document is a protocol, and is anything else ever called ready?

    python -m benchmarks.is_protocol [FOLDER...]

Three figures: protocols (PDFs) in the folders with the model that is shipped, which may have been trained on some of them (published
protocols, see ``docs/training.md``); the project's own corpora with models that have not seen the author voice of a protocol, or the
kind of another document; and the triage classes of documents that are no protocols. A scan or an unreadable file is passed over.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.classification import LinearModel
from analyzer.document import Document, Line, Rect
from analyzer.errors import AnalyzerError
from analyzer.genre import document_features
from analyzer.pipeline import Analyzer
from analyzer.resources import PACKAGE
from analyzer.training.corpus import Protocol, load_other_documents
from analyzer.training.fit import Settings, fit_documents
from analyzer.training.material import load_all

CORPORA = PACKAGE.parent / "corpora"
FOLDS = 8


def main(folders: Sequence[str]) -> None:
    """Print the figures."""
    analyzer = Analyzer()
    right = {"own": 0, "folders": 0}
    asked = dict.fromkeys(right, 0)
    for name, is_protocol, probability in (*_held_out(), *_of_folders(analyzer, folders)):
        where = "folders" if name.endswith(".pdf") else "own"
        asked[where] += 1
        right[where] += (probability >= 0.5) == is_protocol
        if (probability >= 0.5) != is_protocol:
            _say(f"wrong: {name} {'is' if is_protocol else 'is not'} a protocol, {probability:.2f}")
    for where, count in asked.items():
        if count:
            _say(f"{where}: {right[where]} of {count} right ({right[where] / count:.3f})")
    _say(f"together: {sum(right.values())} of {sum(asked.values())} right ({sum(right.values()) / sum(asked.values()):.3f})")
    _say(f"triage of what is no protocol: {dict(_triage(analyzer))}")


def _held_out() -> Iterator[tuple[str, bool, float]]:
    """(name, is a protocol, probability) of the project's own documents; voices and kinds are dealt out to ``FOLDS`` folds."""
    protocols, _, others = load_all(CORPORA)
    groups = sorted({_group(protocol) for protocol in protocols} | {_group(other) for other in others})
    fold_of = {group: number % FOLDS for number, group in enumerate(groups)}
    for fold in range(FOLDS):
        model = fit_documents(
            [protocol for protocol in protocols if fold_of[_group(protocol)] != fold],
            [other for other in others if fold_of[_group(other)] != fold],
            Settings(),
        )
        yield from ((p.id, True, _probability(model, p.document)) for p in protocols if fold_of[_group(p)] == fold)
        yield from ((other.path, False, _probability(model, other)) for other in others if fold_of[_group(other)] == fold)


def _group(document: Protocol | Document) -> str:
    return document.voice if isinstance(document, Protocol) else document.path


def _probability(model: LinearModel, document: Document) -> float:
    import numpy as np

    return float(1 / (1 + np.exp(-model.scores([document_features(document)])[0, 0])))


def _of_folders(analyzer: Analyzer, folders: Sequence[str]) -> Iterator[tuple[str, bool, float]]:
    for path in sorted(path for folder in folders for path in Path(folder).glob("*.pdf")):
        try:
            document = analyzer.read(path)
        except AnalyzerError:
            continue
        yield path.name, True, _probability(analyzer.model.documents, document)


def _triage(analyzer: Analyzer) -> Counter[str]:
    """Triage class -> number of documents of the corpus that get it, is_protocol or not."""
    others = load_other_documents(CORPORA / "not_protocols")
    for document in others:
        document.lines = [Line(0, len(document.text), 1, Rect(0, 0, 595, 842), 10, bold=False)]
    return Counter(analyzer.report(document).overall.triage for document in others)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
