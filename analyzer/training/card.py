"""The model card: what a model is for, what it learnt from, how good it is. Written by ``train`` from the figures it measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_VOTERS = ("rules", "classifier", "both")

_HEAD = """# Model card

Written by `analyzer train`; every figure stands in `metrics.json` beside it.

**What it does.** Seven linear models in one file: sentences and table rows -> criteria of the five headline elements, and, by themselves -> those of the
further elements; pairs of a sentence and a criterion -> whether the one satisfies the other; labelled pairs -> how the one bears on the other;
headings -> canonical sections; documents -> protocol or not, cells given or not; and two second stages that weigh rule hits and sentence
scores into the probability that a criterion is met in a protocol, one for the headline elements and one for the further ones. Chinese and English go through the same pipeline. No code is stored in the file.

**What it is for.** Finding candidates for a committee secretary to look at. It does not judge whether a statement is true or a design sound, and
must not decide about a protocol alone.

**What it learnt from.** {protocols} protocols with {sentences} labelled sentences: the corpora of this project (`corpora/README.md`){extra}.
Heading lines: {headings}; documents that are not protocols: {others}. Settings and versions: `recipe.yaml`.

**How it was measured.** Cross-validation over author voices, {folds} folds: no sentence is scored by a model that saw its author, and the second stage
learns from such scores only. Criterion F1 counts a *met* criterion of a protocol as positive, gap F1 one that is *not* met; Matthews
correlation is 0 for a coin. Expected calibration error of the final probability: {calibration}.
The rules were improved with the same corpora at hand, so their own figures are optimistic; protocols of other hands are the real test.
The further criteria were not labelled sentence by sentence: readers judged whole protocols and named the passages that answer a criterion.
"""

_TAIL = """
**Known weaknesses.** Objectives told as a question or only in the title; a primary outcome without the word; risk and benefit weighed over several
sentences; tables whose header alone says what a row means. Lower where few protocols taught it: devices, drugs, behavioural and qualitative studies.
"""


def card(metrics: Mapping[str, Any], recipe: Mapping[str, Any], extra: Sequence[str]) -> str:
    """The card as Markdown. ``extra`` names the folders of further corpora that were used."""
    figures = metrics["cross_validation"]
    named = f", and of {', '.join(extra)} (see `docs/training.md` for where the public can get it)" if extra else ""
    head = _HEAD.format(
        protocols=figures["documents"],
        sentences=figures["sentences"],
        extra=named,
        headings=recipe["corpora"]["headings"],
        others=recipe["corpora"]["other_documents"],
        folds=recipe["settings"]["folds"],
        calibration=figures["calibration_error"],
    )
    scopes = {"all": figures["overall"], **figures["language"]}
    if "own" in figures:
        scopes |= {f"{name} (this project's corpora)": value for name, value in figures["own"].items()}
    if figures.get("further"):
        scopes["further corpora, voice by voice"] = figures["further"]
    stances = _table(["stance", "F1"], [[name.replace("_f1", " mean"), f"{f1:.3f}"] for name, f1 in figures["stance"].items()])
    overall = _table(
        ["", "", "criterion F1", "gap F1", "MCC"],
        [[scope, voter, *_three(value[voter])] for scope, value in scopes.items() for voter in _VOTERS],
    )
    criteria = _table(
        ["criterion", *_VOTERS], [[name, *(f"{value[v]:.3f}" for v in _VOTERS)] for name, value in figures["criterion"].items()]
    )
    voices = {name: f1 for name, f1 in figures["voice"].items() if "-" in name}
    lowest = _table(["author voice left out", "criterion F1"], [[name, f"{f1:.3f}"] for name, f1 in voices.items()])
    return "\n".join(
        [
            head,
            "## Rules, classifier, both",
            "",
            overall,
            "",
            "## Stance of a labelled sentence (F1)",
            "",
            stances,
            "",
            "## Per criterion (F1)",
            "",
            criteria,
            "",
            "## Per author voice",
            "",
            lowest,
            *_judged(figures.get("judged", {})),
            _TAIL,
        ]
    )


def _judged(figures: Mapping[str, Any]) -> list[str]:
    """The section on the criteria that were judged of whole protocols; nothing where there were none."""
    if not figures.get("documents"):
        return []
    scopes = {"all": figures["overall"], **figures["language"]}
    overall = _table(
        ["", "", "criterion F1", "gap F1", "MCC"],
        [[scope, voter, *_three(value[voter])] for scope, value in scopes.items() for voter in _VOTERS],
    )
    criteria = _table(
        ["criterion", *_VOTERS], [[name, *(f"{value[v]:.3f}" for v in _VOTERS)] for name, value in figures["criterion"].items()]
    )
    return ["", "## The further elements", "", overall, "", f"Expected calibration error: {figures['calibration_error']}.", "", criteria]


def _three(figures: Mapping[str, float]) -> list[str]:
    return [f"{figures[name]:.3f}" for name in ("criterion_f1", "gap_f1", "mcc")]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
