"""Corpora -> model folder: ``model.skops``, ``metrics.json``, ``recipe.yaml``. Same corpora and seed, same fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from analyzer.classification import Decision, LinearModel
from analyzer.features import VERSION
from analyzer.rules import Pack
from analyzer.training.card import card
from analyzer.training.corpus import Protocol
from analyzer.training.evaluate import summary, summary_of_judged
from analyzer.training.fit import (
    Settings,
    all_ballots,
    best_thresholds,
    fit_bearing,
    fit_cells,
    fit_decision,
    fit_documents,
    fit_headings,
    fit_passages,
    held_out_bearings,
    held_out_probabilities,
    held_out_scores,
    held_out_stances,
    prepare,
    prepare_judged,
    stance_model,
    vote_on_judged,
)
from analyzer.training.material import load_all, load_extra, load_extra_others

Progress = Callable[[str], None]


def train(
    corpora: Path, pack: Pack, out: Path, extra: Sequence[Path] = (), settings: Settings | None = None, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Train all parts and write the model folder; gives the metrics that ``metrics.json`` holds."""
    settings = settings or Settings()
    progress("reading")
    protocols, headings, others = load_all(corpora)
    heading_model = fit_headings(protocols, headings, settings)
    cell_model = fit_cells(protocols, settings)
    others += load_extra_others(extra, pack, heading_model)
    prepared = prepare(pack, [*protocols, *load_extra(extra, pack, heading_model)])
    document_model = fit_documents(prepared.protocols, others, settings)
    progress("held_out")
    scores = held_out_scores(prepared, settings)
    thresholds = best_thresholds(prepared, scores)
    bearings = held_out_bearings(prepared, scores, settings)
    votes = all_ballots(prepared, scores, bearings, thresholds)
    probabilities = held_out_probabilities(prepared, votes, settings)
    stances = held_out_stances(prepared, settings)
    judged = prepare_judged(pack, prepared.protocols)
    outcome = vote_on_judged(judged, settings)
    progress("fitting")
    everything = range(len(prepared.protocols))
    content = {
        "feature_version": VERSION,
        "passages": _linear(fit_passages(prepared, everything, settings)),
        "bearing": _linear(fit_bearing(prepared, scores, everything, settings)),
        "stances": _linear(stance_model(prepared, settings)),
        "headings": _linear(heading_model),
        "documents": _linear(document_model),
        "cells": _linear(cell_model),
        "decision": _decision(fit_decision(prepared, votes, everything, settings)),
        "thresholds": thresholds,
        "judged": _linear(outcome.model),
        "judged_decision": _decision(outcome.decision),
        "judged_thresholds": outcome.thresholds,
    }
    progress("writing")
    out.mkdir(parents=True, exist_ok=True)
    import yaml
    from skops.io import dumps

    data = dumps(content, compression=ZIP_DEFLATED)
    (out / "model.skops").write_bytes(data)
    metrics = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "fingerprint": fingerprint(content),
        "cross_validation": summary(prepared, votes, probabilities, stances) | {"judged": summary_of_judged(judged, outcome)},
    }
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", "utf-8")
    recipe = _recipe(settings, prepared.protocols, headings, others)
    (out / "recipe.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False), "utf-8")
    (out / "card.md").write_text(card(metrics, recipe, [folder.name for folder in extra]), "utf-8")
    return metrics


def fingerprint(content: dict[str, Any]) -> str:
    """A hash of vocabularies and coefficients (rounded to 1e-4): equal for equal trainings, unlike the bytes of the file."""
    digest = hashlib.sha256()
    for key in sorted(content):
        value = content[key]
        if isinstance(value, dict):
            digest.update(fingerprint(value).encode())
        elif isinstance(value, np.ndarray):
            digest.update(np.round(value.astype(np.float64), 4).tobytes())
        else:
            digest.update(json.dumps(value, ensure_ascii=False).encode())
    return digest.hexdigest()[:16]


def _linear(model: LinearModel) -> dict[str, Any]:
    return {
        "labels": model.labels,
        "vocabulary": "\n".join(model.vocabulary),  # as a list every word would be a node of the file
        "idf": model.idf,
        "coefficients": model.coefficients.astype(np.float16),
        "intercepts": model.intercepts,
        "shortest": model.shortest,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "mean": decision.mean,
        "scale": decision.scale,
        "coefficients": decision.coefficients,
        "criteria": decision.criteria,
        "intercepts": decision.intercepts,
    }


def _recipe(settings: Settings, protocols: Sequence[Protocol], headings: Sequence[Any], others: Sequence[Any]) -> dict[str, Any]:
    return {
        "trained": date.today().isoformat(),
        "settings": asdict(settings),
        "corpora": {
            "protocols": {language: sum(p.language == language for p in protocols) for language in ("zh", "en")},
            "sentences": {language: sum(len(p.passages) for p in protocols if p.language == language) for language in ("zh", "en")},
            "headings": len(headings),
            "other_documents": len(others),
            "sha256": hashlib.sha256("".join(sorted(p.document.sha256 for p in protocols)).encode()).hexdigest(),
        },
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "skops", "rjieba")},
    }
