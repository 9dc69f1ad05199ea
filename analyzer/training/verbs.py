"""What the verbs ``train``, ``evaluate`` and ``label`` do; ``cli.py`` only reads their options."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analyzer.errors import UnreadableFile, UsageError
from analyzer.pipeline import Analyzer
from analyzer.resources import DEFAULT_MODEL, DEFAULT_PACK, PACKAGE, say
from analyzer.rules import load_pack
from analyzer.training.evaluate import cross_validate
from analyzer.training.fit import Settings
from analyzer.training.gold import Tally, count_report, evaluate_reports, result
from analyzer.training.label import labelling_sheet
from analyzer.training.train import train

CORPORA = PACKAGE.parent / "corpora"
MODELS = PACKAGE.parent / "models"


def run_train(
    *, corpora: Path | None, extra: Sequence[Path], out: Path | None, seed: int | None, language: str, tell: Callable[[str], None]
) -> str:
    """Train and write a model folder; gives the closing sentence. ``tell`` is called with one sentence per stage."""
    folder = _corpora(corpora, language)
    target = out or MODELS / DEFAULT_MODEL
    settings = Settings() if seed is None else Settings(seed=seed)
    metrics = train(folder, load_pack(DEFAULT_PACK), target, extra, settings, lambda stage: tell(say(language, f"train_{stage}")))
    f1 = metrics["cross_validation"]["overall"]["both"]["criterion_f1"]
    return say(language, "train_done", out=target, fingerprint=metrics["fingerprint"], f1=f1)


def run_evaluate(*, corpora: Path | None, extra: Sequence[Path], gold: Path | None, evidence: Path | None, language: str) -> dict[str, Any]:
    """Figures by cross-validation over author voices, or of reports (made here when ``evidence`` holds protocols) against gold."""
    if gold is None:
        return cross_validate(_corpora(corpora, language), load_pack(DEFAULT_PACK), extra)
    if evidence is None:
        raise UsageError(reason=say(language, "usage_gold_alone"))
    files = sorted([*evidence.glob("*.pdf"), *evidence.glob("*.docx")])
    known = [path for path in files if (gold / path.name.split(".")[0] / "gold.json").is_file()]
    if not known and not any(evidence.glob("*.json")):
        raise UsageError(reason=say(language, "usage_no_reports", path=evidence))
    return _evaluate_files(gold, known) if known else evaluate_reports(gold, evidence)


def _evaluate_files(gold: Path, files: Sequence[Path]) -> dict[str, Any]:
    analyzer = Analyzer()
    tally = Tally()
    unread: list[str] = []
    for path in files:
        wanted = json.loads((gold / path.name.split(".")[0] / "gold.json").read_text("utf-8"))
        try:
            report = analyzer.analyze(path)
        except UnreadableFile:
            unread.append(path.name)
            continue
        count_report(tally, wanted, report.model_dump(mode="json"), layout=path.name.split(".")[-2])
    return result(tally) | {"unread": ", ".join(unread)}


def run_label(path: Path, *, password: str | None) -> str:
    """The labelling sheet of a protocol. Raises an AnalyzerError when it cannot be read."""
    analyzer = Analyzer()
    return labelling_sheet(analyzer, analyzer.read(path, password=password), path.stem)


def table(figures: dict[str, Any], language: str) -> str:
    """Figures as aligned lines of text, nested ones indented."""
    return "\n".join(_rows(figures, language, 0))


def _rows(figures: dict[str, Any], language: str, depth: int) -> list[str]:
    rows = []
    for name, value in figures.items():
        shown = say(language, f"evaluate_voter_{name}") if name in ("rules", "classifier", "both") else name
        label = "  " * depth + shown
        if isinstance(value, dict) and value and all(isinstance(item, float) for item in value.values()) and len(value) <= 3:
            rows.append(f"{label:<44}" + "   ".join(f"{key} {item:.3f}" for key, item in value.items()))
        elif isinstance(value, dict):
            rows.append(label)
            rows.extend(_rows(value, language, depth + 1))
        else:
            rows.append(f"{label:<44}" + (f"{value:.3f}" if isinstance(value, float) else str(value)))
    return rows


def _corpora(folder: Path | None, language: str) -> Path:
    chosen = folder or CORPORA
    if not chosen.is_dir() or not any(chosen.glob("protocols_*")):
        raise UsageError(reason=say(language, "usage_no_corpora", path=chosen))
    return chosen
