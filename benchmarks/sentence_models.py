"""The models of the published marks: an encoder taught on another corpus, kernel ridge regression, and a second look around.

Held-out scores are what thresholds, calibration and the second look learn from, so that none of them sees a score of a model
that has seen the same article. For kernel ridge regression they follow from one matrix inverse, article by article.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.sentence_corpora import Bools, Floats, Ints, folds
from benchmarks.sentence_views import Views, places, shifted

_HIDDEN = 200
_EPOCHS = 8
_LEFT_IN = 0.5
"""Share of the encoder's inputs that it sees in each epoch; without that it learns the corpus by heart."""
_RIDGE = 1.0
_LOOK_FOLDS = 7


@dataclass(frozen=True)
class Encoding:
    """What one encoder makes of each sentence."""

    hidden: Floats
    scores: Floats
    """Log-odds of the items of the corpus it was taught on."""


def encode(dense: Floats, taught: Ints, targets: Bools, seed: int) -> Encoding:
    """All rows of ``dense`` as seen by a network with one hidden layer that was taught the ``targets`` of the rows ``taught``."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((_HIDDEN,), alpha=1e-3, batch_size=128, learning_rate_init=5e-4, random_state=seed)
    chance = np.random.default_rng(seed)
    labels = targets.astype(np.int64)
    for _ in range(_EPOCHS):
        order = chance.permutation(len(taught))
        left_in = chance.random((len(order), dense.shape[1]), dtype=np.float32) < _LEFT_IN
        network.partial_fit(dense[taught[order]] * left_in / np.float32(_LEFT_IN), labels[order], classes=np.arange(labels.shape[1]))
    hidden = np.maximum(0, dense @ network.coefs_[0] + network.intercepts_[0])
    return Encoding(hidden.astype(np.float32), (hidden @ network.coefs_[1] + network.intercepts_[1]).astype(np.float32))


def kernel_of(views: Views, encodings: Sequence[Encoding], known: Bools, rows: Ints) -> Floats:
    """How alike each two of the ``rows`` are: shared words and letters, like meaning, and alike to the encoders."""
    alike = _products(views.sparse[rows]) + _products(views.letters[rows]) + 2 * _nearness(views.meaning, known, rows, 4.0)
    for encoding in encodings:
        share = 2 / len(encodings)
        alike += share * _nearness(encoding.hidden, known, rows, 3.0)
        alike += share * _nearness(1 / (1 + np.exp(-encoding.scores / 2)), known, rows, 3.0)
    return np.asarray(alike, dtype=np.float64)


def _products(matrix: Any) -> Floats:
    return np.asarray((matrix @ matrix.T).todense())


def _nearness(values: Floats, known: Bools, rows: Ints, sharpness: float) -> Floats:
    centred = values[rows] - values[known].mean(axis=0)
    directions = centred / np.maximum(1e-9, np.linalg.norm(centred, axis=1, keepdims=True))
    return np.asarray(np.exp(sharpness * (directions @ directions.T - 1)))


def ridge(kernel: Floats, targets: Bools, articles: Ints, learn: Ints, judge: Ints) -> tuple[Floats, Floats]:
    """Scores of the rows ``learn``, each by a model without its own article, and of the rows ``judge`` by the model of all of ``learn``."""
    wanted = targets[learn].astype(np.float64)
    mean = wanted.mean(axis=0)
    inverse = np.linalg.inv(kernel[np.ix_(learn, learn)] + _RIDGE * np.eye(len(learn)))
    weights = inverse @ (wanted - mean)
    held_out = np.empty_like(wanted)
    for article in np.unique(articles[learn]):
        own = np.flatnonzero(articles[learn] == article)
        held_out[own] = wanted[own] - np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
    return held_out, kernel[np.ix_(judge, learn)] @ weights + mean


def linear(sparse: Any, targets: Bools, learn: Ints, judge: Ints, weights: Floats) -> Floats:
    """Scores of the rows ``judge`` by support vector machines, one for each item, that learnt the rows ``learn``, weighted."""
    from sklearn.svm import LinearSVC

    def score(column: int) -> Floats:
        model = LinearSVC(C=0.3, random_state=0).fit(sparse[learn], targets[learn, column], sample_weight=weights[learn])
        found: Floats = model.decision_function(sparse[judge])
        return found

    return np.stack([score(column) for column in range(targets.shape[1])], axis=1)


def calibrated(held_out: Floats, targets: Bools, judged: Floats) -> tuple[Floats, Floats]:
    """Probabilities from held-out scores and from those to be judged, by a logistic curve for each item."""
    from sklearn.linear_model import LogisticRegression

    first, second = np.zeros_like(held_out), np.zeros_like(judged)
    for column in np.flatnonzero(targets.any(axis=0)):
        curve = LogisticRegression(C=10.0).fit(held_out[:, [column]], targets[:, column])
        first[:, column] = curve.predict_proba(held_out[:, [column]])[:, 1]
        second[:, column] = curve.predict_proba(judged[:, [column]])[:, 1]
    return first, second


def best_threshold(scores: Floats, targets: Bools, missed: int = 0) -> float:
    """The score above which to call an item reported, for the best micro-F1; ``missed`` more are reported but have no score."""
    ranked = np.argsort(-scores, axis=None)
    right = np.cumsum(targets.ravel()[ranked])
    f1 = 2 * right / (np.arange(1, right.size + 1) + targets.sum() + missed)
    # a mean over neighbouring cuts: the peak itself is chance
    smooth = np.convolve(f1, np.ones(25) / 25, mode="same")
    return float(scores.ravel()[ranked[int(smooth.argmax())]])


def micro_f1(predicted: Bools, true: Bools) -> float:
    """F1 over all cells at once."""
    return 2 * int((predicted & true).sum()) / max(1, int(predicted.sum()) + int(true.sum()))


def look_around(scores: Floats, linear_scores: Floats, articles: Ints, sections: Ints, lengths: Ints, column: int) -> Floats:
    """Features of each sentence for one item: its own scores, those of its neighbours, its section and its article, and its place."""
    own = scores[:, [column]]
    in_article, in_section = _Group(own, articles), _Group(own, sections)
    return np.hstack(
        [
            scores,
            linear_scores,
            *(shifted(own, articles, offset) for offset in (-2, -1, 1, 2)),
            *(sum(np.exp(-k / 2) * shifted(own, articles, way * k) for k in range(1, 7)) for way in (-1, 1)),
            in_section.mean_of_others,
            _Group(linear_scores[:, [column]], sections).mean_of_others,
            in_section.greatest,
            in_section.rank,
            in_article.greatest - own,
            in_article.rank,
            in_article.mean,
            np.stack([places(articles), places(sections), np.bincount(sections)[sections], lengths], axis=1),
        ]
    )


class _Group:
    """Of each sentence: the mean and the greatest value in its group, the mean of the others, and how many have a greater one."""

    def __init__(self, values: Floats, groups: Ints) -> None:
        sizes = np.bincount(groups)[groups][:, None]
        self.mean, self.greatest, self.rank = np.zeros_like(values), np.zeros_like(values), np.zeros_like(values)
        order = np.argsort(groups, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
            self.mean[members] = values[members].mean(axis=0)
            self.greatest[members] = values[members].max(axis=0)
            self.rank[members] = (-values[members]).argsort(axis=0).argsort(axis=0)
        self.mean_of_others = (self.mean * sizes - values) / np.maximum(1, sizes - 1)


def second_look(
    features: Callable[[int], Floats], targets: Bools, articles: Ints, learn: Ints, judge: Ints, seed: int
) -> tuple[Floats, Floats]:
    """Probabilities of the rows ``learn``, held out by article, and of ``judge``; the mean of a logistic model and boosted trees."""
    held_out, judged = (np.zeros((len(rows), targets.shape[1])) for rows in (learn, judge))
    dealt = folds(articles[learn], _LOOK_FOLDS, seed)
    for column in range(targets.shape[1]):
        seen, wanted = features(column), targets[:, column]
        for held in dealt:
            out = np.isin(articles[learn], held)
            held_out[out, column] = _both(seen, wanted, learn[~out], learn[out], seed)
        judged[:, column] = _both(seen, wanted, learn, judge, seed)
    return held_out, judged


def _both(features: Floats, wanted: Bools, learn: Ints, judge: Ints, seed: int) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    trees = HistGradientBoostingClassifier(
        max_iter=50, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=20, l2_regularization=5.0, random_state=seed
    )
    models = [trees, make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300))]
    told = [model.fit(features[learn], wanted[learn]).predict_proba(features[judge])[:, 1] for model in models]
    return np.asarray(np.mean(told, axis=0))
