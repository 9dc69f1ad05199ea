"""What is told of a passage that does not suffice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import sectioned, small_pack

from analyzer.bearing import Weighed
from analyzer.classification import LinearModel
from analyzer.matching import Hit, Matcher, Stance, match
from analyzer.resources import DEFAULT_PACK
from analyzer.rules import load_pack
from analyzer.segmentation import passages
from analyzer.stances import JUDGED, stance_features, stance_teller
from analyzer.voting import Ballot, ballots, shortfall

LABEL = "dsmb.board"


def hit(stance: str) -> Hit:
    return Hit("dsmb", "board", 0, 0, 1, stance, True, False)  # type: ignore[arg-type]


def test_a_pair_knows_the_words_that_change_its_meaning() -> None:
    document = sectioned("# 一、安全性评价\n监查委员会的组成待定。\n本研究设监查委员会。")
    pieces = passages(document)
    context_of = Matcher(load_pack(DEFAULT_PACK)).of(document, pieces).context
    left_open, plain = (
        stance_features(document, pieces[index], LABEL, [hit("satisfies")], context_of(index)) for index in range(len(pieces))[-2:]
    )
    assert {"w委员会", f"C{LABEL}", "Mplaceholder", f"Mplaceholder{LABEL}", "MplaceholderRsatisfies"} <= left_open.keys()
    assert "Mplaceholder" not in plain and "Mown_study" in plain


def test_the_likeliest_stance_is_told() -> None:
    document = sectioned("# 一、安全性评价\n监查委员会的组成待定。\n本研究设监查委员会。")
    pieces = passages(document)
    likely = [[float(stance == "placeholder") for stance in JUDGED]]
    model = LinearModel(
        list(JUDGED), ["Mplaceholder"], *(np.array(values, dtype=np.float32) for values in ([1], likely, [0.1, *[0] * (len(JUDGED) - 1)]))
    )
    stance_of = stance_teller(model, document, pieces, Matcher(load_pack(DEFAULT_PACK)).of(document, pieces).context)
    assert [stance_of(LABEL, index, []) for index in (len(pieces) - 2, len(pieces) - 1)] == ["placeholder", "satisfies"]


def ballot(text: str, weighed: list[Weighed]) -> Ballot:
    """The ballot of the one criterion of a small pack."""
    document = sectioned(text)
    pieces = passages(document)
    pack = small_pack()
    (element,) = pack.elements
    label = f"{element.id}.{element.criteria[0].id}"
    scores = np.full((len(pieces), 1), -3, dtype=np.float32)
    (cast,) = ballots(pack, document, pieces, match(pack, document, pieces), scores, [label], np.zeros(1, dtype=np.float32), [weighed])
    return cast


@pytest.mark.parametrize(("told", "expected"), [("deferred", "deferred"), ("other_study", "mentions"), ("satisfies", "mentions")])
def test_a_bare_mention_is_judged_once_more(told: Stance, expected: str) -> None:
    cast = replace(ballot("# 一、研究设计\n受试者分为两组，每月随访一次。", [Weighed(0, -2.0)]), hits=[hit("mentions")])
    assert shortfall(cast, lambda *_: told) == (expected, [0])


@pytest.mark.parametrize(
    ("odds", "told", "expected"),
    [(-0.5, "deferred", "deferred"), (-0.5, "satisfies", "mentions"), (-4.0, "deferred", None)],
)
def test_what_nearly_suffices_is_shown_where_no_rule_found_anything(odds: float, told: Stance, expected: str | None) -> None:
    cast = ballot("# 一、研究设计\n受试者分为两组，每月随访一次。", [Weighed(0, odds)])
    assert shortfall(cast, lambda *_: told) == (expected, [0] if expected else [])


def test_the_matcher_finds_the_words_that_change_a_meaning_where_plain_search_does() -> None:
    document = sectioned(
        "# 一、安全性评价\n监查委员会的组成待定。\n本研究不设监查委员会。\n有研究报道，未见不良反应。\nThe dose will be decided later."
    )
    pieces = passages(document)
    pack = load_pack(DEFAULT_PACK)
    context_of = Matcher(pack).of(document, pieces).context
    found = [context_of(index) for index in range(len(pieces))]
    assert found == [pack.cues.found_in(document.text, piece.start, piece.end) for piece in pieces]
    assert {"placeholder", "negation_before", "other_study", "deferral"} <= {name for names in found for name in names}
