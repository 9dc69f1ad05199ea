"""The trained voter: linear models over sparse features, read from ``models/<name>/model.skops``.

Training uses scikit-learn and saves plain arrays with skops, so nothing in the file can run code. Scoring needs numpy only:
importing scikit-learn would cost more time than reading a whole protocol (``docs/decisions/0003-scoring-without-sklearn.md``);
``tests/test_classification.py`` holds the scores here against those of scikit-learn and skops.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.errors import BrokenModel
from analyzer.features import VERSION, Featurizer, Weighted, heading_features

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
MEASURE = "#"
"""Features whose names begin so are numbers that count as they are: neither weighed by rarity nor scaled with the others to unit length."""
_CONTENTS = "toc"
"""The label of a table of contents. Nothing in one counts, so no heading gets it by a guess."""
_BATCH = 512
"""Items scored at once: the products of a long document would fill the memory."""


@dataclass(frozen=True)
class LinearModel:
    """One logistic regression per label over a shared vocabulary. ``coefficients`` has a row per feature, a column per label.

    The weights of an item are scaled to unit length; those of an item shorter than ``shortest``, of which hardly a word is known, to less.
    """

    labels: list[str]
    vocabulary: list[str]
    idf: Floats
    coefficients: Floats
    intercepts: Floats
    shortest: float = field(default=0.0, kw_only=True)

    @cached_property
    def _index(self) -> dict[str, int]:
        return dict(zip(self.vocabulary, range(len(self.vocabulary)), strict=True))

    @cached_property
    def _measures(self) -> Bools:
        """Which features are ``MEASURE``s."""
        initials = "".join([feature[:1] or " " for feature in self.vocabulary])
        found: Bools = np.frombuffer(initials.encode("utf-32-le"), dtype=np.uint32) == ord(MEASURE)
        return found

    @cached_property
    def featurizer(self) -> Featurizer[int]:
        """Makes features of passages under their columns in this model."""
        return Featurizer(self._index.get)

    def scores(self, features: Sequence[Weighted]) -> Floats:
        """Log-odds, an array of shape (items, labels); features that the model does not know count for nothing."""
        return self.scores_of_columns(self._known(features))

    def rows(self, features: Sequence[Weighted]) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
        """Known features of each item as one compressed sparse matrix: column indexes, scaled weights, row starts."""
        return self._rows(self._known(features))

    def _rows(self, items: Sequence[Mapping[int, float]]) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
        starts = np.cumsum([0, *map(len, items)], dtype=np.int64)
        columns = np.fromiter(chain.from_iterable(items), dtype=np.int64, count=starts[-1])
        weights = np.fromiter(chain.from_iterable(item.values() for item in items), dtype=np.float32, count=starts[-1])
        weights *= self.idf[columns]
        measures = self._measures[columns]
        lengths = np.sqrt(_row_sums(np.where(measures, 0, weights * weights).astype(np.float32), starts))
        scale = np.repeat(np.where(lengths > self.shortest, lengths, self.shortest or 1), np.diff(starts)).astype(np.float32)
        weights /= np.where(measures, np.float32(1), scale)
        return columns, weights, starts

    def _known(self, features: Sequence[Weighted]) -> list[dict[int, float]]:
        index = self._index
        return [{index[name]: weight for name, weight in item.items() if name in index} for item in features]

    def scores_of_columns(self, features: Sequence[Mapping[int, float]]) -> Floats:
        """As ``scores``, for features under their columns."""
        columns, weights, starts = self._rows(features)
        scores = np.empty((len(features), len(self.labels)), dtype=np.float32)
        for first in range(0, len(features), _BATCH):
            last = min(first + _BATCH, len(features))
            low, high = starts[first], starts[last]
            products = self.coefficients.take(columns[low:high], axis=0)
            products *= weights[low:high, None]
            scores[first:last] = _row_sums(products, starts[first : last + 1] - low) + self.intercepts
        return scores


def _row_sums(values: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Sums of ``values[starts[i]:starts[i + 1]]`` along the first axis; zero for an empty row."""
    sums = np.zeros((len(starts) - 1, *values.shape[1:]), dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts))
    if filled.size:
        sums[filled] = np.add.reduceat(values, starts[filled], axis=0)
    return sums


@dataclass(frozen=True)
class Decision:
    """The second stage: a logistic regression over what rules and classifier say of one criterion in one document.

    ``coefficients`` has a row per criterion.
    """

    mean: Floats
    scale: Floats
    coefficients: Floats
    criteria: list[str]
    intercepts: Floats

    def probability(self, criterion: str, evidence: Floats) -> float:
        """Probability that ``element.criterion``, which it knows, is met, given ``voting.Ballot.evidence``."""
        known = self._index[criterion]
        odds = ((evidence - self.mean) / self.scale) @ self.coefficients[known] + self.intercepts[known]
        return float(1 / (1 + np.exp(-odds)))

    def knows(self, criterion: str) -> bool:
        """Whether it was trained for ``element.criterion``."""
        return criterion in self._index

    @cached_property
    def _index(self) -> dict[str, int]:
        return {criterion: index for index, criterion in enumerate(self.criteria)}


@dataclass(frozen=True)
class Model:
    """Everything that was trained: passages -> criteria, pairs of both -> satisfied, and -> stance, headings -> canonical labels,
    documents -> is it a protocol, are cells given, votes -> met."""

    passages: LinearModel
    bearing: LinearModel
    stances: LinearModel
    headings: LinearModel
    documents: LinearModel
    cells: LinearModel
    decision: Decision
    version: str
    thresholds: Floats
    """Log-odds per criterion from which the passage model alone calls it met."""
    judged: LinearModel
    """As ``passages``, for the criteria that were judged of whole protocols; it sees passages by themselves."""
    judged_decision: Decision
    judged_thresholds: Floats

    @property
    def labels(self) -> list[str]:
        """The criteria that are scored: those of ``passages``, then those of ``judged``."""
        return [*self.passages.labels, *self.judged.labels]

    @cached_property
    def all_thresholds(self) -> Floats:
        """Per label, from which log-odds a sentence model alone calls it met."""
        return np.concatenate([self.thresholds, self.judged_thresholds])

    def decision_on(self, criterion: str) -> Decision | None:
        """The second stage that was trained for a criterion."""
        return next((decision for decision in (self.decision, self.judged_decision) if decision.knows(criterion)), None)


def heading_labeller(model: LinearModel) -> Callable[[str, str, str], str]:
    """A ``segmentation.Labeller``: the canonical label of a heading that the vocabulary does not know."""

    is_contents = np.array([name == _CONTENTS for name in model.labels], dtype=bool)

    def label(title: str, above: str, previous: str) -> str:
        scores = model.scores([heading_features(title, above, previous)])[0]
        return model.labels[int(np.where(is_contents, -np.inf, scores).argmax())]

    return label


def load_model(folder: Path) -> Model:
    """Read ``model.skops`` from a model folder.

    Raises BrokenModel when the file is missing, was changed since ``metrics.json`` was written, or was trained with other features.
    """
    path = folder / "model.skops"
    try:
        data = path.read_bytes()
        metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    except OSError as error:
        raise BrokenModel(path=str(path), why="missing") from error
    digest = hashlib.sha256(data).hexdigest()
    if metrics.get("sha256") != digest:
        raise BrokenModel(path=str(path), why="changed")
    content = read_arrays(data)
    if content["feature_version"] != VERSION:
        raise BrokenModel(path=str(path), why="version")
    return Model(
        passages=_linear(content["passages"]),
        bearing=_linear(content["bearing"]),
        stances=_linear(content["stances"]),
        headings=_linear(content["headings"]),
        documents=_linear(content["documents"]),
        cells=_linear(content["cells"]),
        decision=Decision(**content["decision"]),
        version=digest[:12],
        thresholds=content["thresholds"],
        judged=_linear(content["judged"]),
        judged_decision=Decision(**content["judged_decision"]),
        judged_thresholds=content["judged_thresholds"],
    )


def _linear(content: dict[str, Any]) -> LinearModel:
    vocabulary = content["vocabulary"].split("\n")
    coefficients = content["coefficients"].astype(np.float32)  # kept with half the precision, to be multiplied with this one
    return LinearModel(content["labels"], vocabulary, content["idf"], coefficients, content["intercepts"], shortest=content["shortest"])


def read_arrays(data: bytes) -> Any:
    """The dicts, lists, strings, numbers and arrays of a skops file, without importing scikit-learn; anything else is refused."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return _node(json.loads(archive.read("schema.json")), archive)


def _node(node: dict[str, Any], archive: zipfile.ZipFile) -> Any:
    loader = node["__loader__"]
    if loader == "DictNode":
        return {key: _node(value, archive) for key, value in node["content"].items()}
    if loader == "ListNode":
        return [_node(item, archive) for item in node["content"]]
    if loader == "JsonNode":
        return json.loads(node["content"])
    if loader == "NdArrayNode" and node["type"] == "numpy":
        return np.load(BytesIO(archive.read(node["file"])), allow_pickle=False)
    raise BrokenModel(path=str(node.get("__class__")), why="content")
