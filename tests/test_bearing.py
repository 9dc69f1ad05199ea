"""Which passages are looked at for a criterion, what a pair looks like, and what the votes make of it."""

from __future__ import annotations

import numpy as np
import pytest
from builders import sectioned, small_pack

from analyzer.bearing import LABEL as SATISFIED
from analyzer.bearing import PairFeatures, candidates, weigh
from analyzer.classification import LinearModel
from analyzer.features import EVERY_FEATURE
from analyzer.matching import Hit
from analyzer.segmentation import passages
from analyzer.voting import ballots

TEXT = (
    "# 一、安全性评价\n本研究设监查委员会。\n监查委员会的组成待定。\n不良事件由研究者记录。\n# 二、研究设计\n受试者分为两组，每月随访一次。"
)
LABEL = "dsmb.board"


def hit(passage: int, stance: str = "satisfies") -> Hit:
    return Hit("dsmb", "board", passage, 0, 1, stance, True, False)  # type: ignore[arg-type]


def test_the_best_scored_passages_and_those_with_a_hit_are_looked_at() -> None:
    scores = np.array([-5, 3, -7, 1, 2, -1], dtype=np.float32)
    assert candidates(scores, []) == [1, 4, 3]
    assert candidates(scores, [hit(2), hit(4)]) == [1, 4, 3, 2]


def test_no_more_than_a_few_are_looked_at() -> None:
    scores = np.linspace(0, -5, 40, dtype=np.float32)
    assert candidates(scores, [hit(index) for index in range(40)]) == list(range(8))


def test_a_pair_knows_its_words_its_place_and_what_the_rule_found() -> None:
    document = sectioned(TEXT)
    pieces = passages(document)
    pairs = PairFeatures(document, pieces, np.full((len(pieces), 1), -2, dtype=np.float32), [LABEL], EVERY_FEATURE)
    denied, plain = pairs.of(0, [0, 3], [hit(0, "negated")])
    assert {"Rnegated", f"C{LABEL}", "w委员会"} <= denied.keys()
    assert "Rnone" in plain and "Rnegated" not in plain
    assert denied["#score"] == plain["#score"] == 0


def test_measures_are_not_scaled_with_the_words() -> None:
    model = LinearModel(
        ["met"],
        ["#score", "wa", "wb"],
        np.array([1, 2, 2], dtype=np.float32),
        np.ones((3, 1), dtype=np.float32),
        np.zeros(1, dtype=np.float32),
    )
    one, two = model.scores([{"#score": 3.0, "wa": 1.0}, {"#score": 3.0, "wa": 1.0, "wb": 1.0}])[:, 0]
    assert one == pytest.approx(3 + 1)
    assert two == pytest.approx(3 + 2 / np.sqrt(2))


def test_every_candidate_gets_its_odds() -> None:
    document = sectioned(TEXT)
    pieces = passages(document)
    model = LinearModel([SATISFIED], ["Rnone"], *(np.array(values, dtype=np.float32) for values in ([1], [[-4]], [0])))
    scores = np.array([[1], [0], [-1], [-2]], dtype=np.float32)
    ((first, second, third),) = weigh(model, document, pieces, scores, [LABEL], [hit(0), hit(1, "mentions")])
    assert [one.passage for one in (first, second, third)] == [0, 1, 2]
    assert third.odds < second.odds == first.odds


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([-3.0, -3.0, -3.0, -3.0], [0]),  # only the rule speaks for it
        ([-3.0, -3.0, -3.0, 1.5], [3, 0]),  # the classifier does too, elsewhere, and more clearly
        ([0.0, -3.0, -3.0, 0.5], [0, 3]),
    ],
)
def test_without_a_second_look_rule_and_scores_say_what_is_shown(scores: list[float], shown: list[int]) -> None:
    document = sectioned(TEXT)
    pieces = passages(document)
    pack = small_pack()
    (element,) = pack.elements
    label = f"{element.id}.{element.criteria[0].id}"
    columns = np.array(scores, dtype=np.float32)[:, None]
    thresholds = np.array([-0.5], dtype=np.float32)
    hit = Hit(element.id, element.criteria[0].id, 0, 0, 1, "satisfies", True, False)
    (cast,) = ballots(pack, document, pieces, [hit], columns, [label], thresholds, [])
    assert cast.passages == shown and cast.classifier is (max(scores) > -0.5)
