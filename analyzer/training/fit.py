"""Fitting the four parts of a model with scikit-learn, and predicting held-out voices with them.

Everything is grouped by author voice: no sentence is ever scored by a model that has seen another sentence of its author,
and the second stage learns from such held-out scores only.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.bearing import LABEL, PairFeatures, Weighed, candidates, weigh
from analyzer.classification import MEASURE, Bools, Decision, Floats, LinearModel
from analyzer.document import Document
from analyzer.features import EVERY_FEATURE, Weighted, cell_features, heading_features, passage_features
from analyzer.genre import document_features
from analyzer.matching import SILENT_SECTIONS, Hit, Matcher, Stance, is_silent
from analyzer.rules import Pack
from analyzer.segmentation import title_of, vocabulary
from analyzer.stances import JUDGED, stance_features
from analyzer.training.corpus import Protocol
from analyzer.voting import EVIDENCE, Ballot, ballots

_LEAST_JUDGED = 3
"""So often a feature must occur in the sentence model of the criteria that were judged of whole protocols."""
_SHORTEST = 8.0
"""And items shorter than this, in weights before scaling, have hardly a known word; see ``LinearModel``."""
CELL_KINDS = frozenset({"stem_cell", "immune_cell", "gene_modified_cell", "tissue_engineered"})


@dataclass(frozen=True)
class Settings:
    """What a training run may vary; ``recipe.yaml`` records it.

    Strengths are scikit-learn's C; ``departure`` scales how freely a criterion departs from the weights shared by all.
    """

    passage_strength: float = 300.0
    judged_strength: float = 30.0
    bearing_strength: float = 1.0
    stance_strength: float = 10.0
    heading_strength: float = 10.0
    document_strength: float = 10.0
    decision_strength: float = 0.1
    departure: float = 0.6
    folds: int = 8
    seed: int = 20260501


@dataclass
class Prepared:
    """A corpus with everything computed once: features and rule hits per protocol, labels per sentence."""

    pack: Pack
    protocols: list[Protocol]
    features: list[list[Weighted]]
    hits: list[list[Hit]]
    labels: list[str]
    satisfied: list[Bools]
    """Per protocol an array of shape (passages, labels)."""
    known: list[Bools]
    """Same shape; whether the labels tell at all (see ``Protocol.unknown``)."""
    voices: list[str]

    @property
    def applicable(self) -> Bools:
        """Whether a criterion applies to a protocol and its labels tell whether it is met, shape (protocols, labels)."""
        for_cells = {element.id for element in self.pack.elements if element.applies == "cells"}
        needs_cells = np.array([label.split(".")[0] in for_cells for label in self.labels])
        gives_cells = np.array([protocol.meta["kind"] in CELL_KINDS for protocol in self.protocols])
        decided = np.array([known.all(axis=0) | satisfied.any(axis=0) for known, satisfied in zip(self.known, self.satisfied, strict=True)])
        return np.asarray((gives_cells[:, None] | ~needs_cells[None, :]) & decided)

    def hits_of(self, index: int, label: str) -> list[Hit]:
        """The hits of one criterion in one protocol."""
        return [hit for hit in self.hits[index] if f"{hit.element}.{hit.criterion}" == label]

    @property
    def met(self) -> Bools:
        """Whether a protocol satisfies a criterion anywhere, shape (protocols, labels)."""
        return np.array([array.any(axis=0) for array in self.satisfied])


@dataclass
class Judged(Prepared):
    """A corpus prepared for the criteria that were judged of whole protocols; ``satisfied`` marks the passages that answer them."""

    asked: Bools
    answered: Bools
    """Both of shape (protocols, labels)."""

    @property
    def applicable(self) -> Bools:
        return self.asked

    @property
    def met(self) -> Bools:
        return self.answered


def prepare(pack: Pack, protocols: Sequence[Protocol]) -> Prepared:
    """Features, rule hits and label arrays of a corpus; criteria of the pack that its labels never name are left out."""
    matcher = Matcher(pack)
    labelled = {label for protocol in protocols for line in protocol.labels for label in line}
    labels = [name for element, criterion in pack.criteria() if (name := f"{element.id}.{criterion.id}") in labelled]
    return Prepared(
        pack=pack,
        protocols=list(protocols),
        features=[passage_features(protocol.document, protocol.passages) for protocol in protocols],
        hits=[matcher.match(protocol.document, protocol.passages) for protocol in protocols],
        labels=labels,
        satisfied=[
            np.array([[line.get(label) == "satisfies" for label in labels] for line in protocol.labels], dtype=bool)
            for protocol in protocols
        ],
        known=[_known(protocol, labels) for protocol in protocols],
        voices=[protocol.voice for protocol in protocols],
    )


def prepare_judged(pack: Pack, protocols: Sequence[Protocol]) -> Judged:
    """The same for the criteria that were judged of whole protocols; the features are those of passages by themselves.

    What is looked for where passages are not scored (a list of references) is left to its rule.
    """
    matcher = Matcher(pack)
    judged = [(protocol, protocol.judged) for protocol in protocols if protocol.judged is not None]
    named = {criterion for _, said in judged for criterion in said.asked}
    labels = [
        name
        for element, criterion in pack.criteria()
        if (name := f"{element.id}.{criterion.id}") in named and SILENT_SECTIONS.isdisjoint(criterion.look_in)
    ]
    asked = np.array([[label in said.asked for label in labels] for _, said in judged], dtype=bool).reshape(len(judged), len(labels))
    return Judged(
        pack=pack,
        protocols=[protocol for protocol, _ in judged],
        features=[EVERY_FEATURE.contents(protocol.document, protocol.passages) for protocol, _ in judged],
        hits=[matcher.match(protocol.document, protocol.passages) for protocol, _ in judged],
        labels=labels,
        satisfied=[
            np.array([[index in said.met.get(label, ()) for label in labels] for index in range(len(protocol.passages))], dtype=bool)
            for protocol, said in judged
        ],
        known=[np.tile(row, (len(protocol.passages), 1)) for (protocol, _), row in zip(judged, asked, strict=True)],
        voices=[protocol.voice for protocol, _ in judged],
        asked=asked,
        answered=np.array([[label in said.met for label in labels] for _, said in judged], dtype=bool).reshape(asked.shape),
    )


def _known(protocol: Protocol, labels: Sequence[str]) -> Bools:
    if not protocol.unknown:
        return np.ones((len(protocol.passages), len(labels)), dtype=bool)
    return np.array([[label not in unknown for label in labels] for unknown in protocol.unknown], dtype=bool)


def fit_linear(
    features: Sequence[Weighted],
    targets: Bools,
    labels: Sequence[str],
    strength: float | Sequence[float],
    least: int = 2,
    known: Bools | None = None,
    unbalanced: Sequence[str] = (),
    shortest: float = 0.0,
) -> LinearModel:
    """One logistic regression per label, from the items it is ``known`` for, over features that occur at least ``least`` times.

    ``strength`` is one for all labels or one for each. Both answers weigh alike however rare one is, save for the labels ``unbalanced``.
    """
    from joblib import Parallel, delayed
    from scipy.sparse import csr_matrix

    counts = Counter(feature for item in features for feature in item)
    kept = sorted(feature for feature, count in counts.items() if count >= least)
    rarity = [1.0 if feature.startswith(MEASURE) else np.log(len(features) / counts[feature]) + 1 for feature in kept]
    idf = np.array(rarity, dtype=np.float32)
    empty = np.zeros((len(kept), len(labels)), dtype=np.float32)
    blank = LinearModel(list(labels), kept, idf, empty, np.zeros(len(labels), dtype=np.float32), shortest=shortest)
    columns, weights, starts = blank.rows(features)
    matrix = csr_matrix((weights.astype(np.float64), columns, starts), shape=(len(features), len(kept)))
    matrix.sort_indices()  # the workers share it read-only
    strengths = [strength] * len(labels) if isinstance(strength, float) else strength
    fitted = Parallel(n_jobs=os.cpu_count())(
        delayed(_fit_one)(matrix, targets[:, index], None if known is None else known[:, index], strengths[index], label not in unbalanced)
        for index, label in enumerate(labels)
    )
    coefficients = np.array([coefficient for coefficient, _ in fitted], dtype=np.float32).T
    intercepts = np.array([intercept for _, intercept in fitted], dtype=np.float32)
    return LinearModel(list(labels), kept, idf, np.ascontiguousarray(coefficients), intercepts, shortest=shortest)


def _fit_one(matrix: Any, target: Bools, known: Bools | None, strength: float, balanced: bool) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    if known is not None and not known.all():
        matrix, target = matrix[known], target[known]
    if target.all() or not target.any():
        return np.zeros(matrix.shape[1]), 6.0 if target.all() else -6.0
    weight = "balanced" if balanced else None
    model = LogisticRegression(C=strength, solver="liblinear", class_weight=weight, random_state=0).fit(matrix, target)
    return model.coef_[0], float(model.intercept_[0])


def fit_passages(prepared: Prepared, which: Sequence[int], settings: Settings) -> LinearModel:
    """The sentence model, from the protocols ``which``."""
    features = [item for index in which for item in prepared.features[index]]
    targets = np.concatenate([prepared.satisfied[index] for index in which])
    known = np.concatenate([prepared.known[index] for index in which])
    return fit_linear(features, targets, prepared.labels, settings.passage_strength, known=known)


def fit_judged(judged: Prepared, which: Sequence[int], settings: Settings) -> LinearModel:
    """The sentence model of the criteria that were judged of whole protocols, from the protocols ``which``."""
    features = [item for index in which for item in judged.features[index]]
    targets = np.concatenate([judged.satisfied[index] for index in which])
    known = np.concatenate([judged.known[index] for index in which])
    return fit_linear(features, targets, judged.labels, settings.judged_strength, least=_LEAST_JUDGED, known=known, shortest=_SHORTEST)


def fit_headings(protocols: Sequence[Protocol], extra: Sequence[tuple[str, str, str]], settings: Settings) -> LinearModel:
    """The heading model, from the headings of protocols, the vocabulary, and ``extra`` (heading, canonical, label above)."""
    features: list[Weighted] = []
    names: list[str] = []
    for protocol in protocols:
        previous = "title_page"
        for section in protocol.document.sections:
            features.append(heading_features(title_of(section.heading), section.path[-1] if section.path else "none", previous))
            names.append(section.canonical)
            previous = section.canonical
    for word, label in vocabulary().items():
        features.append(heading_features(word, "none", "title_page"))
        names.append(label)
    for heading, label, above in extra:
        features.append(heading_features(title_of(heading), above, above if above != "none" else "title_page"))
        names.append(label)
    labels = sorted(set(names))
    targets = np.array([[name == label for label in labels] for name in names])
    return fit_linear(features, targets, labels, settings.heading_strength, least=1)


def fit_documents(protocols: Sequence[Protocol], others: Sequence[Document], settings: Settings) -> LinearModel:
    """The document model: is it a protocol."""
    features = [document_features(document) for document in (*(protocol.document for protocol in protocols), *others)]
    targets = np.array([[True]] * len(protocols) + [[False]] * len(others))
    return fit_linear(features, targets, ["protocol"], settings.document_strength)


def fit_cells(protocols: Sequence[Protocol], settings: Settings) -> LinearModel:
    """The model of what is given: does the study of a protocol give cells."""
    features = [cell_features(protocol.document) for protocol in protocols]
    targets = np.array([[protocol.meta["kind"] in CELL_KINDS] for protocol in protocols])
    return fit_linear(features, targets, ["cells"], settings.document_strength)


def folds_by_voice(prepared: Prepared, folds: int) -> list[tuple[list[int], list[int]]]:
    """(train, test) indexes of protocols; a voice is never on both sides."""
    from sklearn.model_selection import GroupKFold

    split = GroupKFold(min(folds, len(set(prepared.voices)))).split(prepared.protocols, groups=prepared.voices)
    return [(train.tolist(), test.tolist()) for train, test in split]


Fit = Callable[[Prepared, Sequence[int], Settings], LinearModel]


def held_out_scores(prepared: Prepared, settings: Settings, fit: Fit = fit_passages) -> list[Floats]:
    """Log-odds of every sentence of every protocol, from a model that has not seen its author voice."""
    scores: list[Floats] = [np.empty(0, dtype=np.float32)] * len(prepared.protocols)
    for train, test in folds_by_voice(prepared, settings.folds):
        model = fit(prepared, train, settings)
        for index in test:
            scores[index] = model.scores(prepared.features[index])
    for protocol, array in zip(prepared.protocols, scores, strict=True):
        array[[is_silent(protocol.document, passage) for passage in protocol.passages]] = -np.inf  # as in an analysis
    return scores


Weighings = list[list[list[Weighed]]]
"""Per protocol and label, as ``bearing.weigh`` gives them."""


def fit_bearing(prepared: Prepared, scores: Sequence[Floats], which: Sequence[int], settings: Settings) -> LinearModel:
    """The bearing model, from the held-out ``scores`` of the protocols ``which``: pairs to be looked at, and all that are labelled.

    Protocols whose labels do not tell everything are left out: an unlabelled sentence of theirs may satisfy a criterion all the same.
    """
    features: list[Weighted] = []
    satisfied: list[list[bool]] = []
    for index in _fully_labelled(prepared, which):
        protocol = prepared.protocols[index]
        pairs = PairFeatures(protocol.document, protocol.passages, scores[index], prepared.labels, EVERY_FEATURE)
        for column, label in enumerate(prepared.labels):
            labelled = _labelled(protocol, label)
            hits = prepared.hits_of(index, label)
            looked_at = candidates(scores[index][:, column], hits)
            chosen = [*looked_at, *(passage for passage in labelled if passage not in looked_at)]
            features += pairs.of(column, chosen, hits)
            satisfied += [[labelled.get(passage) == "satisfies"] for passage in chosen]
    return fit_linear(features, np.array(satisfied), [LABEL], settings.bearing_strength, unbalanced=[LABEL])


def _fully_labelled(prepared: Prepared, which: Sequence[int]) -> list[int]:
    """The protocols whose labels tell everything."""
    return [index for index in which if not prepared.protocols[index].unknown]


def _labelled(protocol: Protocol, label: str) -> dict[int, Stance]:
    """Passage -> stance, for the passages of a protocol that carry a label."""
    return {index: line[label] for index, line in enumerate(protocol.labels) if label in line}


def held_out_bearings(prepared: Prepared, scores: Sequence[Floats], settings: Settings) -> Weighings:
    """Pairs of every protocol, weighed by a model that has not seen its author voice."""
    weighed: Weighings = [[] for _ in prepared.protocols]
    for train, test in folds_by_voice(prepared, settings.folds):
        model = fit_bearing(prepared, scores, train, settings)
        for index in test:
            protocol = prepared.protocols[index]
            weighed[index] = weigh(model, protocol.document, protocol.passages, scores[index], prepared.labels, prepared.hits[index])
    return weighed


def _stances_of(prepared: Prepared, index: int) -> list[tuple[Weighted, Stance]]:
    """Features and stance of every labelled pair of a protocol."""
    protocol = prepared.protocols[index]
    hits: dict[tuple[str, int], list[Hit]] = defaultdict(list)
    for hit in prepared.hits[index]:
        hits[f"{hit.element}.{hit.criterion}", hit.passage].append(hit)
    found = []
    for at, (passage, line) in enumerate(zip(protocol.passages, protocol.labels, strict=True)):
        context = prepared.pack.cues.found_in(protocol.document.text, passage.start, passage.end) if line else []
        found += [(stance_features(protocol.document, passage, label, hits[label, at], context), stance) for label, stance in line.items()]
    return found


def fit_stances(pairs: Sequence[tuple[Weighted, Stance]], settings: Settings) -> LinearModel:
    """The stance model, from labelled pairs."""
    targets = np.array([[stance == judged for judged in JUDGED] for _, stance in pairs])
    return fit_linear([features for features, _ in pairs], targets, list(JUDGED), settings.stance_strength)


def stance_model(prepared: Prepared, settings: Settings) -> LinearModel:
    """The stance model, from all protocols whose labels tell everything."""
    everything = _fully_labelled(prepared, range(len(prepared.protocols)))
    return fit_stances([pair for index in everything for pair in _stances_of(prepared, index)], settings)


def held_out_stances(prepared: Prepared, settings: Settings) -> list[tuple[Stance, Stance]]:
    """(labelled, predicted) for every labelled pair, by models that have not seen the author voice."""
    pairs = {index: _stances_of(prepared, index) for index in _fully_labelled(prepared, range(len(prepared.protocols)))}
    found: list[tuple[Stance, Stance]] = []
    for train, test in folds_by_voice(prepared, settings.folds):
        model = fit_stances([pair for index in train if index in pairs for pair in pairs[index]], settings)
        asked = [pair for index in test if index in pairs for pair in pairs[index]]
        if asked:
            told = model.scores([features for features, _ in asked]).argmax(axis=1)
            found += [(stance, JUDGED[int(best)]) for (_, stance), best in zip(asked, told, strict=True)]
    return found


def best_thresholds(prepared: Prepared, scores: Sequence[Floats]) -> Floats:
    """The log-odds from which the sentence model alone calls a criterion met: the one with the best document-level F1 over all criteria."""
    best = np.array([np.clip(array, -8, 6).max(axis=0) for array in scores])
    applicable, met = prepared.applicable, prepared.met
    candidates = np.arange(-4.0, 3.0, 0.25)
    f1 = [f1_score(best[applicable] > candidate, met[applicable]) for candidate in candidates]
    return np.full(len(prepared.labels), candidates[int(np.argmax(f1))], dtype=np.float32)


def f1_score(predicted: Bools, true: Bools) -> float:
    """F1 of ``True``; 0 when there is none on either side."""
    hits = int((predicted & true).sum())
    return 2 * hits / max(1, int(predicted.sum()) + int(true.sum()))


def all_ballots(prepared: Prepared, scores: Sequence[Floats], bearings: Weighings, thresholds: Floats) -> list[list[Ballot]]:
    """The ballots of every protocol, criteria in the order of ``prepared.labels``."""
    found = []
    for protocol, hits, array, weighed in zip(prepared.protocols, prepared.hits, scores, bearings, strict=True):
        cast = ballots(prepared.pack, protocol.document, protocol.passages, hits, array, prepared.labels, thresholds, weighed)
        by_name = {f"{ballot.element}.{ballot.criterion}": ballot for ballot in cast}
        found.append([by_name[label] for label in prepared.labels])
    return found


def fit_decision(prepared: Prepared, votes: Sequence[Sequence[Ballot]], which: Sequence[int], settings: Settings) -> Decision:
    """The second stage, from the held-out ballots of the protocols ``which``.

    Weights are shared by all criteria, and each criterion may depart from them: an alpha is found by its pattern alone, a
    weighing of risks only by the classifier. The penalty keeps departures small where a criterion has few examples.
    """
    from sklearn.linear_model import LogisticRegression

    applicable, met = prepared.applicable, prepared.met
    rows, targets, criteria = [], [], []
    for index in which:
        for column in np.flatnonzero(applicable[index]):
            rows.append(votes[index][int(column)].evidence)
            targets.append(met[index, column])
            criteria.append(column)
    evidence = np.array(rows, dtype=np.float64)
    mean, scale = evidence.mean(axis=0), evidence.std(axis=0)
    scale[scale < 1e-6] = 1.0
    evidence = (evidence - mean) / scale
    count, width = len(prepared.labels), len(EVIDENCE)
    departures = np.zeros((len(evidence), count, width + 1))
    departures[np.arange(len(evidence)), criteria, :width] = evidence * settings.departure
    departures[np.arange(len(evidence)), criteria, width] = 1.0
    model = LogisticRegression(C=settings.decision_strength, max_iter=3000, random_state=settings.seed)
    model.fit(np.hstack([evidence, departures.reshape(len(evidence), -1)]), targets)
    shared, own = model.coef_[0, :width], model.coef_[0, width:].reshape(count, width + 1)
    return Decision(
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        coefficients=(shared + own[:, :width] * settings.departure).astype(np.float32),
        criteria=list(prepared.labels),
        intercepts=(own[:, width] + model.intercept_[0]).astype(np.float32),
    )


def held_out_probabilities(prepared: Prepared, votes: Sequence[Sequence[Ballot]], settings: Settings) -> npt.NDArray[np.float64]:
    """Probability that each criterion is met, shape (protocols, labels), both stages blind to the author voice."""
    probabilities = np.zeros((len(prepared.protocols), len(prepared.labels)))
    for train, test in folds_by_voice(prepared, settings.folds):
        decision = fit_decision(prepared, votes, train, settings)
        for index in test:
            for column, label in enumerate(prepared.labels):
                probabilities[index, column] = decision.probability(label, votes[index][column].evidence)
    return probabilities


@dataclass(frozen=True)
class JudgedOutcome:
    """Both stages for the criteria that were judged of whole protocols, and what they say of protocols whose voice they have not seen."""

    model: LinearModel
    decision: Decision
    thresholds: Floats
    votes: list[list[Ballot]]
    probabilities: npt.NDArray[np.float64]


def vote_on_judged(judged: Judged, settings: Settings) -> JudgedOutcome:
    """Train and cross-validate; where nothing was judged, models that know nothing."""
    if not judged.protocols:
        return JudgedOutcome(_blank_model(), _blank_decision(), np.zeros(0, dtype=np.float32), [], np.zeros((0, 0)))
    scores = held_out_scores(judged, settings, fit_judged)
    thresholds = best_thresholds(judged, scores)
    nothing_weighed: Weighings = [[[] for _ in judged.labels] for _ in judged.protocols]
    votes = all_ballots(judged, scores, nothing_weighed, thresholds)
    everything = range(len(judged.protocols))
    return JudgedOutcome(
        model=fit_judged(judged, everything, settings),
        decision=fit_decision(judged, votes, everything, settings),
        thresholds=thresholds,
        votes=votes,
        probabilities=held_out_probabilities(judged, votes, settings),
    )


def _blank_model() -> LinearModel:
    """One without labels; the one feature keeps its arrays two-dimensional."""
    return LinearModel([], ["nothing"], *(np.zeros(shape, dtype=np.float32) for shape in (1, (1, 0), 0)))


def _blank_decision() -> Decision:
    mean, scale, coefficients, intercepts = (
        np.zeros(shape, dtype=np.float32) for shape in (len(EVIDENCE), len(EVIDENCE), (0, len(EVIDENCE)), 0)
    )
    return Decision(mean=mean, scale=scale, coefficients=coefficients, criteria=[], intercepts=intercepts)
