"""The model file and the scores that are computed from it without scikit-learn."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analyzer.classification import LinearModel, heading_labeller, load_model, read_arrays
from analyzer.errors import BrokenModel
from analyzer.features import Weighted
from analyzer.resources import model_dir

MODEL = model_dir()


def test_file_holds_what_skops_reads_from_it() -> None:
    from skops.io import get_untrusted_types, load

    assert get_untrusted_types(file=MODEL / "model.skops") == []
    theirs, ours = load(MODEL / "model.skops"), read_arrays((MODEL / "model.skops").read_bytes())
    assert ours.keys() == theirs.keys()
    for part in ("passages", "bearing", "stances", "headings", "documents", "cells"):
        assert ours[part]["labels"] == theirs[part]["labels"]
        assert ours[part]["vocabulary"] == theirs[part]["vocabulary"]
        np.testing.assert_array_equal(ours[part]["coefficients"], theirs[part]["coefficients"])


def test_scores_are_those_of_scikit_learn() -> None:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    items: list[Weighted] = [{"wα": 1.0, "wpower": 0.5}, {"wcells": 1.0}, {"wcells": 0.7, "wα": 0.2}, {"wnone": 1.0}, {}]
    vocabulary = ["wcells", "wpower", "wα"]
    blank = LinearModel(
        ["met"], vocabulary, np.ones(3, dtype=np.float32), np.zeros((3, 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    )
    columns, weights, starts = blank.rows(items)
    matrix = csr_matrix((weights, columns, starts), shape=(5, 3))
    fitted = LogisticRegression().fit(matrix, [1, 0, 0, 1, 0])
    ours = LinearModel(["met"], vocabulary, blank.idf, fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32))
    np.testing.assert_allclose(ours.scores(items)[:, 0], fitted.decision_function(matrix), atol=1e-5)


def test_changed_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    data = bytearray((folder / "model.skops").read_bytes())
    data[-1] ^= 1
    (folder / "model.skops").write_bytes(bytes(data))
    with pytest.raises(BrokenModel) as caught:
        load_model(folder)
    assert caught.value.details["why"] == "changed"


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenModel) as caught:
        load_model(tmp_path)
    assert caught.value.details["why"] == "missing"


def test_loading_and_scoring_do_not_import_scikit_learn() -> None:
    code = (
        "import sys; from analyzer.classification import load_model; from analyzer.resources import model_dir\n"
        "load_model(model_dir()).passages.scores([{'wcells': 1.0}]); print('sklearn' in sys.modules or 'scipy' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"


@pytest.mark.parametrize("title", ["Contents and scope", "本表内容"])
def test_no_heading_is_taken_for_a_table_of_contents_by_a_guess(title: str) -> None:
    assert heading_labeller(load_model(MODEL).headings)(title, "none", "title_page") != "toc"


def test_figures_stay_above_their_thresholds() -> None:
    figures = json.loads((MODEL / "metrics.json").read_text("utf-8"))["cross_validation"]
    rows = list(csv.DictReader((MODEL / "thresholds.csv").open(encoding="utf-8")))
    assert rows
    for row in rows:
        scope = figures["overall"] if row["language"] == "all" else figures["language"][row["language"]]
        assert scope[row["voter"]][row["metric"]] >= float(row["minimum"]), row


def test_model_is_small_enough_to_ship() -> None:
    assert (MODEL / "model.skops").stat().st_size <= 15 * 1024**2
