"""Figures: cross-validation over author voices, and reports against gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.rules import Pack
from analyzer.stances import JUDGED
from analyzer.training.fit import (
    Judged,
    JudgedOutcome,
    Prepared,
    Settings,
    all_ballots,
    best_thresholds,
    fit_headings,
    held_out_bearings,
    held_out_probabilities,
    held_out_scores,
    held_out_stances,
    prepare,
    prepare_judged,
    vote_on_judged,
)
from analyzer.training.material import load_all, load_extra
from analyzer.voting import Ballot


def counts_of(predicted: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """True positives, false positives, false negatives, true negatives."""
    return (
        int((predicted & true).sum()),
        int((predicted & ~true).sum()),
        int((~predicted & true).sum()),
        int((~predicted & ~true).sum()),
    )


def figures(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """Criterion F1, gap F1 (a gap is the positive) and Matthews correlation of met / not met."""
    root = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
    return {
        "criterion_f1": round(2 * tp / max(1, 2 * tp + fp + fn), 4),
        "gap_f1": round(2 * tn / max(1, 2 * tn + fp + fn), 4),
        "mcc": round((tp * tn - fp * fn) / root, 4) if root else 0.0,
    }


def calibration_error(probabilities: npt.NDArray[np.float64], true: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over equally wide bins."""
    which = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        (which == index).mean() * abs(probabilities[which == index].mean() - true[which == index].mean())
        for index in range(bins)
        if (which == index).any()
    ]
    return round(float(sum(gaps)), 4)


def stance_figures(stances: Sequence[tuple[str, str]]) -> dict[str, float]:
    """F1 of every stance, and their mean as ``macro_f1``."""
    found = {}
    for stance in JUDGED:
        hits = sum(labelled == predicted == stance for labelled, predicted in stances)
        total = sum((labelled == stance) + (predicted == stance) for labelled, predicted in stances)
        found[stance] = round(2 * hits / max(1, total), 4)
    return found | {"macro_f1": round(sum(found.values()) / len(found), 4)}


def summary(
    prepared: Prepared, votes: Sequence[Sequence[Ballot]], probabilities: npt.NDArray[np.float64], stances: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Document-level figures of rules alone, classifier alone and both; overall, per language, per criterion, per author voice; and how
    well the stance of a labelled sentence is told (``stances``: labelled, predicted)."""
    rule = np.array([[ballot.rule for ballot in row] for row in votes])
    classifier = np.array([[ballot.classifier for ballot in row] for row in votes])
    both = probabilities > 0.5
    applicable, met = prepared.applicable, prepared.met
    languages = np.array([protocol.language for protocol in prepared.protocols])
    voices = np.array(prepared.voices)

    def of(predicted: npt.NDArray[np.bool_], rows: Any = slice(None), columns: Any = slice(None)) -> dict[str, float]:
        mask = applicable[rows][:, columns]
        return figures(*counts_of(predicted[rows][:, columns][mask], met[rows][:, columns][mask]))

    voters = {"rules": rule, "classifier": classifier, "both": both}
    own = np.array([not protocol.unknown for protocol in prepared.protocols])
    ours = {
        language: {name: of(voter, own & (languages == language)) for name, voter in voters.items()}
        for language in sorted(set(languages.tolist()))
    }
    return {
        "documents": len(prepared.protocols),
        "sentences": sum(len(protocol.passages) for protocol in prepared.protocols),
        "overall": {name: of(voter) for name, voter in voters.items()},
        "language": {
            language: {name: of(voter, languages == language) for name, voter in voters.items()}
            for language in sorted(set(languages.tolist()))
        },
        "own": ours | {"all": {name: of(voter, own) for name, voter in voters.items()}},
        "further": {name: of(voter, ~own) for name, voter in voters.items()} if not own.all() else {},
        "stance": stance_figures(stances) if stances else {},
        "calibration_error": calibration_error(probabilities[applicable], met[applicable]),
        "criterion": {
            label: {name: of(voter, slice(None), [column])["criterion_f1"] for name, voter in voters.items()}
            for column, label in enumerate(prepared.labels)
        },
        "voice": {voice: of(both, voices == voice)["criterion_f1"] for voice in sorted(set(prepared.voices))},
    }


def summary_of_judged(judged: Judged, outcome: JudgedOutcome) -> dict[str, Any]:
    """The same for the criteria that were judged of whole protocols; nothing where none were."""
    return summary(judged, outcome.votes, outcome.probabilities) if judged.protocols else {}


def cross_validate(corpora: Path, pack: Pack, extra: Sequence[Path] = (), settings: Settings | None = None) -> dict[str, Any]:
    """The figures of ``summary`` from corpora, every author voice judged by models that have not seen it."""
    settings = settings or Settings()
    protocols, headings, _ = load_all(corpora)
    prepared = prepare(pack, [*protocols, *load_extra(extra, pack, fit_headings(protocols, headings, settings))])
    scores = held_out_scores(prepared, settings)
    bearings = held_out_bearings(prepared, scores, settings)
    votes = all_ballots(prepared, scores, bearings, best_thresholds(prepared, scores))
    judged = prepare_judged(pack, prepared.protocols)
    outcome = vote_on_judged(judged, settings)
    found = summary(prepared, votes, held_out_probabilities(prepared, votes, settings), held_out_stances(prepared, settings))
    return found | {"judged": summary_of_judged(judged, outcome)}
