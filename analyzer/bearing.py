"""Whether a passage satisfies a criterion, looked at once more.

The sentence model scores every passage by its words; here the few passages that may matter to a criterion are looked at again, one
pair of passage and criterion at a time, with what the rules found in it and how the sentence model scored it and its neighbours.
All criteria share the weights, so what tells a promise from a fact need not be learnt for each anew.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np

from analyzer.classification import Floats, LinearModel
from analyzer.document import Document, Passage
from analyzer.features import Featurizer, Key, Weighted
from analyzer.matching import Hit

LABEL = "satisfied"
"""What the bearing model tells of a pair."""

_BEST = 3
"""So many of the passages that the sentence model scores best are looked at."""
_MOST = 8
"""And so many in all, with those in which a rule hit."""
_LOWEST, _HIGHEST = -8.0, 6.0
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Weighed:
    """One passage for one criterion: the log-odds that it satisfies it."""

    passage: int
    odds: float


def candidates(scores: Floats, hits: Sequence[Hit]) -> list[int]:
    """The passages to look at for a criterion, best first: ``scores`` is the column of its log-odds, ``hits`` are those of its rule."""
    order = np.argsort(-scores, kind="stable")[:_BEST]
    chosen = {int(index) for index in order} | {hit.passage for hit in hits}
    return sorted(chosen, key=lambda index: (-scores[index], index))[:_MOST]


class PairFeatures(Generic[Key]):
    """Features of pairs of one document under the keys that ``featurizer`` knows them by."""

    def __init__(
        self, document: Document, passages: Sequence[Passage], scores: Floats, labels: Sequence[str], featurizer: Featurizer[Key]
    ) -> None:
        self._document = document
        self._passages = passages
        self._scores = np.clip(scores, _LOWEST, _HIGHEST)
        self._labels = labels
        self._featurizer = featurizer
        self._plain: dict[int, dict[Key, float]] = {}

    def of(self, column: int, chosen: Sequence[int], hits: Sequence[Hit]) -> list[dict[Key, float]]:
        """Features of the passages ``chosen`` (best first) for the criterion in ``column`` of the scores; ``hits`` are its own."""
        by_passage: dict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_passage[hit.passage].append(hit)
        scores = self._scores[:, column]
        shared: Weighted = {
            f"C{self._labels[column]}": 1.0,
            "#hits": float(np.log1p(len(by_passage))),
            "#claimed": float(np.log1p(np.count_nonzero(np.sort(scores)[-8:] > 0))),
            "#Chinese": float(self._document.language == "zh"),
        }
        best = float(scores[chosen[0]]) if chosen else 0.0
        found = []
        for rank, index in enumerate(chosen):
            features = shared | own_features(self._document, self._passages[index], self._labels[column], by_passage.get(index, []))
            score = float(scores[index])
            features[f"B{round(score)}"] = 0.7
            features["#score"] = (score + 2) / 2
            features["#score" + self._labels[column]] = (score + 2) / 3
            features["#rank"] = -rank / 4
            features["#gap"] = (score - best) / 3
            features["#near"] = (self._nearby(scores, index) + 2) / 3
            found.append(self._alone(index) | dict(self._featurizer.kept(features)))
        return found

    def _nearby(self, scores: Floats, index: int) -> float:
        """The better score of the two neighbours in the same section."""
        section = self._passages[index].section
        near = [at for at in (index - 1, index + 1) if 0 <= at < len(self._passages) and self._passages[at].section == section]
        return max((float(scores[at]) for at in near), default=_LOWEST)

    def _alone(self, index: int) -> dict[Key, float]:
        found = self._plain.get(index)
        if found is None:
            found = self._plain[index] = self._featurizer.alone(self._document, self._passages[index])
        return found


def own_features(document: Document, passage: Passage, label: str, hits: Sequence[Hit]) -> Weighted:
    """What the rules say of a pair, and what kind of text it is; ``hits`` are those of the criterion ``label`` in the passage."""
    canonical = document.sections[passage.section].canonical if passage.section >= 0 else "title_page"
    features: Weighted = {f"P{label}{canonical}": 0.8}
    for hit in hits:
        features["R" + hit.stance] = 1.5
        features["R" + hit.stance + label] = 1.0
        if not hit.in_section:
            features["Relsewhere"] = 1.0
        if hit.by_heading:
            features["Rheading"] = 1.0
    if not hits:
        features["Rnone"] = features["Rnone" + label] = 1.0
    length = min(9, (passage.end - passage.start) // 20)
    features[f"L{length}"] = 1.0
    features[f"L{length}{label}"] = 0.5
    if _DIGIT.search(document.text, passage.start, passage.end):
        features["D"] = features["D" + label] = 1.0
    return features


def weigh(
    model: LinearModel, document: Document, passages: Sequence[Passage], scores: Floats, labels: Sequence[str], hits: Sequence[Hit]
) -> list[list[Weighed]]:
    """Per criterion of ``labels`` (columns of ``scores``) the passages that may matter to it, as ``model`` weighs them."""
    by_label: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_label[f"{hit.element}.{hit.criterion}"].append(hit)
    pairs = PairFeatures(document, passages, scores, labels, model.featurizer)
    chosen = [candidates(scores[:, column], by_label[label]) for column, label in enumerate(labels)]
    features: list[Mapping[int, float]] = []
    for column, label in enumerate(labels):
        features += pairs.of(column, chosen[column], by_label[label])
    weighed = model.scores_of_columns(features)
    found: list[list[Weighed]] = []
    at = 0
    for indexes in chosen:
        found.append([Weighed(index, float(weighed[at + turn, 0])) for turn, index in enumerate(indexes)])
        at += len(indexes)
    return found
