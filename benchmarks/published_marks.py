"""The sentence model on a public benchmark: SPIRIT-CONSORT-TM, protocol sentences, train -> valid.

usage: python -m benchmarks.published_marks FOLDER

FOLDER holds ``protocol_sentences.jsonl`` as ``docs/training.md`` describes it, with ``split`` (train or valid) per line. The items
that say what one of our criteria says (``analyzer/training/spirit.py``) are learnt from the train split alone and looked for in
the valid split; the threshold is chosen by cross-validation inside the train split. Prints micro-F1 over sentences and over
documents (an item counts as reported where any sentence has it). The published mark for all items of that corpus, with a
pre-trained language model, is a sentence-level micro-F1 of 0.742.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from analyzer.classification import Bools, Floats
from analyzer.features import passage_features
from analyzer.resources import DEFAULT_PACK
from analyzer.rules import load_pack
from analyzer.segmentation import vocabulary_label
from analyzer.training.fit import fit_linear
from analyzer.training.spirit import FILE, SAYS, load_spirit

_STRENGTH = 300.0
_FOLDS = 5


def main(folder: Path) -> None:
    """Print the figures."""
    split = {row["pmcid"]: row["split"] for row in map(json.loads, (folder / FILE).read_text("utf-8").splitlines())}
    protocols = load_spirit(folder, load_pack(DEFAULT_PACK), _label)
    labels = sorted({criterion for criteria in SAYS.values() for criterion in criteria})
    features = [passage_features(protocol.document, protocol.passages) for protocol in protocols]
    targets = [np.array([[line.get(label) == "satisfies" for label in labels] for line in protocol.labels]) for protocol in protocols]
    train = [index for index, protocol in enumerate(protocols) if split[protocol.id] == "train"]
    valid = [index for index, protocol in enumerate(protocols) if split[protocol.id] == "valid"]

    def scores(learn: list[int], judge: list[int]) -> list[Floats]:
        model = fit_linear([item for i in learn for item in features[i]], np.concatenate([targets[i] for i in learn]), labels, _STRENGTH)
        return [model.scores(features[i]) for i in judge]

    inner: dict[int, Floats] = {}
    for fold in range(_FOLDS):
        held = train[fold::_FOLDS]
        inner |= dict(zip(held, scores([i for i in train if i not in held], held), strict=True))
    told, true = np.concatenate([inner[i] for i in train]), np.concatenate([targets[i] for i in train])
    threshold = max(np.arange(-3.0, 2.0, 0.1), key=lambda cut: _f1(told > cut, true))
    judged = scores(train, valid)
    sentence = _f1(np.concatenate(judged) > threshold, np.concatenate([targets[i] for i in valid]))
    document = _f1(np.array([(array > threshold).any(axis=0) for array in judged]), np.array([targets[i].any(axis=0) for i in valid]))
    sys.stdout.write(f"protocols: {len(train)} train, {len(valid)} valid; criteria: {', '.join(labels)}\n")
    sys.stdout.write(f"threshold {threshold:.1f}; micro-F1 over sentences {sentence:.3f}, over documents {document:.3f}\n")


def _label(title: str, above: str, _: str) -> str:
    return vocabulary_label(title) or (above if above != "none" else "other")


def _f1(predicted: Bools, true: Bools) -> float:
    return 2 * int((predicted & true).sum()) / max(1, int(predicted.sum()) + int(true.sum()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
