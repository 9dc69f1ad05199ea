"""Recomputation on a part of the paragraphs of ``benchmarks/sample_size_paragraphs.py``."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import yaml

from benchmarks.sample_size_paragraphs import PHRASINGS, RAW, errors_of, judged, measure, paragraph, paragraphs


@pytest.fixture(scope="module")
def phrasings() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(PHRASINGS.read_text("utf-8"))
    return loaded


def test_every_design_has_eight_different_phrasings_in_both_languages(phrasings: dict[str, dict[str, list[str]]]) -> None:
    for design, by_language in phrasings.items():
        for language in ("zh", "en"):
            assert len(set(by_language[language])) >= 8, (design, language)
    assert phrasings.keys() - RAW.keys() == {"escalation"}


def test_half_of_the_paragraphs_are_wrong_and_every_error_occurs() -> None:
    made = list(paragraphs(120, seed=5))
    errors = Counter(paragraph.error for paragraph in made)
    assert errors[""] == 60
    assert errors.keys() == {"", "wrong_number", "loss_forgotten", "power", "one_sided", "per_arm_as_total"}


def test_bars_hold_on_a_part() -> None:
    tally = measure(96, seed=7)
    assert tally.detection >= 0.95
    assert tally.false_alarms <= 0.03
    assert tally.naming >= 0.95


@pytest.mark.parametrize(
    ("design", "error", "slips"),
    [
        ("two_means", "per_arm_as_total", {"check_slip_halved"}),
        ("paired", "power", {"check_slip_power"}),
        ("one_proportion", "loss_forgotten", {"check_slip_loss_forgotten"}),
        ("survival", "one_sided", {"check_slip_one_sided", "check_slip_power"}),
    ],
)
def test_planted_slips_are_named(design: str, error: str, slips: set[str], phrasings: dict[str, dict[str, list[str]]]) -> None:
    dice = random.Random(3)
    found = []
    for language in ("zh", "en"):
        for phrasing in phrasings[design][language]:
            made = next(filter(None, (paragraph(design, language, phrasing, error, dice) for _ in range(50))), None)
            if made and error in errors_of(design, phrasing):
                outcome = judged(made)
                found.append(outcome is not None and outcome.slip in slips)
    assert sum(found) >= 0.6 * len(found) >= 3
