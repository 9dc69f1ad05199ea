"""How a passage that speaks of a criterion bears on it: satisfies it, only names it, denies or defers it, leaves it open, or tells of
another study.

A model of its own, trained on the labelled pairs of passage and criterion: the words of the passage, what the rules found in it, and
which of the words that change a meaning (``cues.yaml``) stand anywhere in it. It is asked about the few passages that are shown for what
is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from analyzer.bearing import own_features
from analyzer.classification import LinearModel
from analyzer.document import Document, Passage
from analyzer.features import EVERY_FEATURE, Weighted
from analyzer.matching import Hit, Stance

JUDGED: tuple[Stance, ...] = ("satisfies", "mentions", "negated", "deferred", "placeholder", "other_study")
"""The labels of the model."""

StanceOf = Callable[[str, int, Sequence[Hit]], Stance]
"""(``element.criterion``, passage, hits of that criterion in that passage) -> its stance."""


def stance_features(document: Document, passage: Passage, label: str, hits: Sequence[Hit], context: Iterable[str]) -> Weighted:
    """Features of one pair; ``hits`` are those of the criterion ``label`` in the passage, ``context`` names the ``ContextCues`` in it."""
    features = EVERY_FEATURE.alone(document, passage) | own_features(document, passage, label, hits)
    features |= {f"C{label}": 1.0, "E" + label.partition(".")[0]: 0.7}
    ruled: list[str] = [hit.stance for hit in hits] or ["none"]
    for name in context:
        features[f"M{name}"] = 1.5
        features[f"M{name}{label}"] = 1.0
        for stance in ruled:
            features[f"M{name}R{stance}"] = 1.0
    return features


def stance_teller(
    model: LinearModel, document: Document, passages: Sequence[Passage], context_of: Callable[[int], Iterable[str]]
) -> StanceOf:
    """The function that tells the stance of the passages of one document; ``context_of`` is asked for the ``ContextCues`` in a passage."""

    def stance_of(label: str, passage: int, hits: Sequence[Hit]) -> Stance:
        features = stance_features(document, passages[passage], label, hits, context_of(passage))
        return JUDGED[int(np.argmax(model.scores([features])[0]))]

    return stance_of
