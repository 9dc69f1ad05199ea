"""Every example in every bundled pack does what its author says it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from _pytest.mark import ParameterSet

from analyzer.matching import Hit, match
from analyzer.resources import PACKAGE
from analyzer.rules import CriterionRule, Pack, load_pack
from analyzer.training.corpus import SheetLine, protocol_of

PACKS = sorted(path.parent.name for path in (PACKAGE / "packs").glob("*/pack.yaml"))
load = cache(load_pack)


def _examples(expected: str) -> Iterator[ParameterSet]:
    """(pack, criterion, language, sentence) of all examples that are ``adequate`` or ``inadequate``."""
    for name in PACKS:
        for element, criterion in load(name).criteria():
            for language, sentences in getattr(criterion.examples, expected).items():
                for number, sentence in enumerate(sentences, 1):
                    label = f"{element.id}.{criterion.id}-{language}{number}"
                    yield pytest.param(load(name), f"{element.id}.{criterion.id}", language, sentence, id=label)


def hits(pack: Pack, name: str, language: str, sentence: str) -> list[Hit]:
    """What the rules find for the criterion ``name`` in the sentence, where the criterion is looked for first."""
    criterion = rule(pack, name)
    canonical = criterion.look_in[0] if criterion.look_in else "other"
    heading = SheetLine("一、正文" if language == "zh" else "1. Text", 1, canonical)
    protocol = protocol_of({"id": "example", "voice": "", "language": language}, [heading, SheetLine(sentence)])
    found = match(pack, protocol.document, protocol.passages)
    return [hit for hit in found if f"{hit.element}.{hit.criterion}" == name]


def rule(pack: Pack, name: str) -> CriterionRule:
    return next(criterion for element, criterion in pack.criteria() if f"{element.id}.{criterion.id}" == name)


@pytest.mark.parametrize(("pack", "name", "language", "sentence"), list(_examples("adequate")))
def test_adequate_example_satisfies(pack: Pack, name: str, language: str, sentence: str) -> None:
    found = hits(pack, name, language, sentence)
    assert "satisfies" in [hit.stance for hit in found], f"found only {[hit.stance for hit in found]} in: {sentence}"


@pytest.mark.parametrize(("pack", "name", "language", "sentence"), list(_examples("inadequate")))
def test_inadequate_example_does_not_satisfy(pack: Pack, name: str, language: str, sentence: str) -> None:
    assert "satisfies" not in [hit.stance for hit in hits(pack, name, language, sentence)], sentence
