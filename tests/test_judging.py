"""From votes to verdicts, conditions, triage and clauses: by the rule of the pack."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from builders import sectioned, small_pack

from analyzer.findings import Bilingual, ConditionFinding, ElementFinding, Evidence, Overall
from analyzer.judging import RULE_ELSEWHERE, RULE_FOUND, RULE_SILENT, Circumstances, Witness, judge, overall, verdict
from analyzer.matching import match
from analyzer.rules import ElementRule, Pack, load_pack
from analyzer.segmentation import passages
from analyzer.voting import ballots

TODAY = date(2026, 6, 1)
BOARD = "本研究设监查委员会。"


def changed(pack: Pack, criteria: list[dict[str, Any]] | None = None, **element: Any) -> Pack:
    """The small pack with another element, or with criteria like its own."""
    plain = pack.elements[0].model_dump(by_alias=True, exclude_unset=True)
    if criteria is not None:
        element["criteria"] = [plain["criteria"][0] | more for more in criteria]
    return pack.model_copy(update={"elements": [ElementRule.model_validate(plain | element)], "conditions": load_pack("rscpq").conditions})


def condition(name: str, *, holds: bool, certain: bool = True) -> ConditionFinding:
    return ConditionFinding(id=name, name=Bilingual(zh=name, en=name), holds=holds, certain=certain, evidence=[])


def judged(
    pack: Pack, body: str = BOARD, heading: str = "# 一、安全性评价", *conditions: ConditionFinding, filed_on: date = TODAY
) -> ElementFinding:
    """The finding of the one element of a pack in a text under a heading."""
    document = sectioned(f"{heading}\n{body}\n# 二、研究设计\n受试者按比例分配到两组，由专人评估，每月一次。")
    pieces = passages(document)
    scores = np.zeros((len(pieces), 0), dtype=np.float32)
    votes = ballots(pack, document, pieces, match(pack, document, pieces), scores, [], np.zeros(0, dtype=np.float32), [])

    def quote(passage: int) -> Evidence:
        return Evidence(page=1, bbox=[], quote=document.text[pieces[passage].start : pieces[passage].end])

    (found,) = judge(
        pack, votes, lambda criterion: None, Circumstances(conditions, filed_on=filed_on), Witness(quote, lambda *_: "mentions")
    )
    return found


def test_a_criterion_the_model_does_not_know_is_met_by_its_rule_alone() -> None:
    (criterion,) = judged(small_pack()).criteria
    assert (criterion.met, criterion.why, criterion.confidence) == (True, "rule", RULE_FOUND)
    assert [evidence.quote for evidence in criterion.evidence] == [BOARD]


@pytest.mark.parametrize(
    ("body", "heading", "confidence", "reasons"),
    [
        ("不良事件由研究者记录。", "# 一、安全性评价", RULE_SILENT, []),
        ("本研究不设监查委员会。", "# 一、安全性评价", RULE_SILENT, []),
        (BOARD, "# 一、研究进度", RULE_ELSEWHERE, ["found_elsewhere"]),
        ("监查委员会：待补充", "# 一、安全性评价", RULE_SILENT, ["placeholder"]),
    ],
)
def test_and_not_met_otherwise(body: str, heading: str, confidence: float, reasons: list[str]) -> None:
    found = judged(small_pack(), body, heading)
    (criterion,) = found.criteria
    assert (criterion.met, criterion.why, criterion.confidence) == (False, "none", confidence)
    assert found.needs_review == reasons
    assert criterion.advice is not None


def element(**more: Any) -> ElementRule:
    """An element with the criteria a* and b* (essential), c, d, and e which is essential if controlled."""
    names = [("a", True), ("b", True), ("c", False), ("d", False), ("e", "if:controlled")]
    return changed(small_pack(), [{"id": name, "essential": essential} for name, essential in names], **more).elements[0]


@pytest.mark.parametrize(
    ("met", "holding", "expected"),
    [
        ("", "", "missing"),
        ("cd", "", "missing"),
        ("a", "", "partial"),
        ("acd", "", "partial"),
        ("ab", "", "partial"),
        ("abc", "", "adequate"),
        ("abce", "", "adequate"),
        ("abcd", "controlled", "partial"),
        ("abce", "controlled", "adequate"),
        ("e", "controlled", "partial"),
    ],
)
def test_verdict_rule(met: str, holding: str, expected: str) -> None:
    assert verdict(element(), set(met), {holding}) == expected


def test_enough_may_be_a_number() -> None:
    assert verdict(element(verdict={"at_least": 2}), {"a", "b"}) == "adequate"


@pytest.mark.parametrize(("met", "expected"), [("d", "adequate"), ("cd", "missing"), ("ad", "adequate"), ("", "missing")])
def test_an_alternative_is_enough_on_its_own(met: str, expected: str) -> None:
    assert verdict(element(verdict={"also": {"criteria": ["d"], "unmet": ["c"]}}), set(met)) == expected


def test_without_essential_criteria_anything_found_is_partial() -> None:
    rule = changed(small_pack(), [{"id": name} for name in "abcd"]).elements[0]
    assert [verdict(rule, met) for met in (set(), {"a"}, {"a", "b", "c"})] == ["missing", "partial", "adequate"]


def test_an_element_that_does_not_apply_is_left_out() -> None:
    pack = changed(small_pack(), applies="controlled")
    assert judged(pack).verdict == "not_applicable"
    assert judged(pack, BOARD, "# 一、安全性评价", condition("controlled", holds=False)).criteria == []
    assert judged(pack, BOARD, "# 一、安全性评价", condition("controlled", holds=True)).verdict == "adequate"


def test_a_conditional_criterion_is_asked_for_only_where_its_condition_holds() -> None:
    pack = changed(small_pack(), [{"id": "board"}, {"id": "reason", "essential": "if:no_dsmb", "cues": {"zh": ["因为"]}}])
    without = judged(pack, BOARD, "# 一、安全性评价", condition("no_dsmb", holds=False))
    assert ([criterion.id for criterion in without.criteria], without.verdict, without.score) == (["board"], "adequate", 1.0)
    where = judged(pack, BOARD, "# 一、安全性评价", condition("no_dsmb", holds=True))
    assert [(criterion.id, criterion.essential) for criterion in where.criteria] == [("board", False), ("reason", True)]
    assert where.verdict == "missing"


def test_an_uncertain_condition_asks_for_a_human_look() -> None:
    unsure = condition("controlled", holds=False, certain=False)
    assert judged(changed(small_pack(), applies="controlled"), BOARD, "# 一、安全性评价", unsure).needs_review == ["condition_uncertain"]


@pytest.mark.parametrize(("filed_on", "sources"), [(date(2026, 4, 30), ["old", "both"]), (date(2026, 5, 1), ["both", "new"])])
def test_clauses_follow_the_day_of_filing(filed_on: date, sources: list[str]) -> None:
    clause = {"ref": "1", "status": "verified"}
    clauses = [
        clause | {"source": "old", "until": "2026-04-30"},
        clause | {"source": "both"},
        clause | {"source": "new", "from": "2026-05-01"},
    ]
    found = judged(changed(small_pack(), clauses=clauses), filed_on=filed_on)
    assert [entry.source for entry in found.clauses] == sources


@pytest.mark.parametrize(("filed_on", "told"), [(date(2026, 4, 30), "regime_before_2026_05"), (date(2026, 5, 1), "regime_since_2026_05")])
def test_the_default_pack_tells_the_regime(filed_on: date, told: str) -> None:
    assert [notice.id for notice in load_pack("rscpq").info.notices if notice.in_force(filed_on)] == [told]


def concluded(
    triage: dict[str, Any], *verdicts: tuple[str, str], is_protocol: bool = True, score: dict[str, float] | None = None
) -> Overall:
    """The conclusion from elements of (verdict, severity); the first is a headline element, the others are further ones."""
    pack = small_pack()
    plain = pack.elements[0].model_dump(by_alias=True, exclude_unset=True)
    elements, findings = [], []
    for number, (name, severity) in enumerate(verdicts):
        elements.append(ElementRule.model_validate(plain | {"id": f"e{number}", "group": "further" if number else "headline"}))
        share = {"adequate": 1.0, "partial": 0.5}.get(name, 0.0)
        common = {"domain": "R", "name": {"zh": "x", "en": "x"}, "criteria": [], "clauses": []}
        findings.append(ElementFinding.model_validate(common | {"id": f"e{number}", "verdict": name, "severity": severity, "score": share}))
    info = pack.info.model_validate(pack.info.model_dump(exclude_unset=True) | {"triage": triage, "score": score or {}})
    return overall(pack.model_copy(update={"info": info, "elements": elements}), findings, is_protocol=is_protocol)


GOOD, FAIR, BAD = ("adequate", "critical"), ("partial", "major"), ("missing", "critical")


@pytest.mark.parametrize(
    ("triage", "verdicts", "expected"),
    [
        ({}, [GOOD, GOOD], "ready"),
        ({}, [GOOD, FAIR], "revise"),
        ({}, [GOOD, BAD], "return"),
        ({}, [GOOD, ("missing", "minor")], "revise"),
        ({"return": [{"severity": ["critical"], "at_least": 2}]}, [GOOD, BAD], "revise"),
        ({"return": [{"severity": ["critical"], "at_least": 2}]}, [BAD, BAD], "return"),
        ({"return": [{"group": ["headline"]}]}, [GOOD, BAD], "revise"),
        ({"return": [{"group": ["headline"]}]}, [BAD, GOOD], "return"),
        ({"return": [{"elements": ["e1"]}]}, [BAD, GOOD], "revise"),
        ({"return": [{"score_below": 0.5}]}, [GOOD, FAIR], "revise"),
        ({"return": [{"score_below": 0.8}]}, [GOOD, FAIR], "return"),
        ({"revise": [{"severity": ["critical"]}]}, [GOOD, FAIR], "ready"),
        ({}, [("not_applicable", "critical"), GOOD], "ready"),
    ],
)
def test_triage_rule(triage: dict[str, Any], verdicts: list[tuple[str, str]], expected: str) -> None:
    assert concluded(triage, *verdicts).triage == expected


def test_what_is_not_a_protocol_is_never_ready() -> None:
    assert concluded({}, GOOD, is_protocol=False).triage == "return"
    assert load_pack("rscpq").info.triage.not_a_protocol == "return"


def test_the_score_weighs_by_severity() -> None:
    assert concluded({}, GOOD, ("missing", "minor")).score == 0.5
    assert concluded({}, GOOD, ("missing", "minor"), score={"critical": 3, "minor": 1}).score == 0.75
