"""Votes -> findings: the verdict rule, applied. Pure; every threshold stands in the pack or in the model.

A criterion is met when the second stage gives it a probability of at least one half. A criterion that the second stage was not
trained for (those of other packs) is met exactly when a rule finds it where it belongs, with a fixed confidence (``RULE_FOUND``,
``RULE_SILENT``).

An element is ``missing`` when no essential criterion is met (no criterion at all, where none is essential), ``adequate`` when all
essential ones are and enough of all (the pack says how many), else ``partial``. Conditions decide whether an element is asked
for and which criteria are essential. The triage class and the overall score follow from the rule in ``pack.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from analyzer.classification import Decision
from analyzer.findings import Bilingual, Clause, ConditionFinding, CriterionFinding, ElementFinding, Evidence, Overall, Triage, Verdict, Why
from analyzer.rules import ALWAYS, CriterionRule, ElementRule, Pack, PackInfo, Text, TriageLine, VerdictRule
from analyzer.stances import StanceOf
from analyzer.voting import Ballot, shortfall

Quote = Callable[[int], Evidence | None]
"""Passage -> its evidence; None where it has no words on a page."""

DecisionOn = Callable[[str], Decision | None]
"""``element.criterion`` -> the second stage that was trained for it."""

_UNSURE = (0.3, 0.7)
HALF_READ = 0.6
"""Confidence, at most, that something is missing from a document of which not all pages could be read."""
RULE_FOUND, RULE_SILENT = 0.9, 0.75
"""Confidence in a criterion that only a rule decides, met and not: as often readers agreed about protocols on which no rule had been
tuned (``docs/blind_reading``)."""
RULE_ELSEWHERE = 0.6
"""The same where the rule found its words, but not in the sections where they count."""


@dataclass(frozen=True)
class Witness:
    """Who is asked about the passages of the document."""

    quote: Quote
    stance_of: StanceOf


@dataclass(frozen=True)
class Circumstances:
    """What is known of the document as a whole when elements are judged."""

    conditions: Sequence[ConditionFinding] = ()
    unreadable_pages: bool = False
    filed_on: date = field(default_factory=date.today)

    @property
    def holding(self) -> set[str]:
        """The conditions that hold."""
        return {condition.id for condition in self.conditions if condition.holds}

    @property
    def uncertain(self) -> set[str]:
        """The conditions on which the document contradicts itself."""
        return {condition.id for condition in self.conditions if not condition.certain}


def judge(
    pack: Pack, ballots: Sequence[Ballot], decision_on: DecisionOn, circumstances: Circumstances, witness: Witness
) -> list[ElementFinding]:
    """One finding per element of the pack, in its order."""
    by_criterion = {(ballot.element, ballot.criterion): ballot for ballot in ballots}
    return [_element(element, by_criterion, decision_on, circumstances, witness) for element in pack.elements]


def _element(
    element: ElementRule, ballots: dict[tuple[str, str], Ballot], decision_on: DecisionOn, circumstances: Circumstances, witness: Witness
) -> ElementFinding:
    holding = circumstances.holding
    applies = element.applies == ALWAYS or element.applies in holding
    rules = element.criteria if applies else []
    findings = [(rule, _criterion(element, rule, ballots[element.id, rule.id], decision_on, holding, witness)) for rule in rules]
    met = {finding.id for rule, finding in findings if finding.met and rule.counts}
    counted = _counted(element, met, holding)
    asked = [(rule, finding) for rule, finding in findings if _is_asked(rule, finding, circumstances)]
    reasons = {reason for rule, finding in asked for reason in _reasons(rule, finding, ballots[element.id, rule.id], circumstances)}
    if element.applies in circumstances.uncertain:
        reasons.add("condition_uncertain")
    return ElementFinding(
        id=element.id,
        domain=element.domain,
        name=_both(element.name),
        verdict=verdict(element, met, holding) if applies else "not_applicable",
        score=round(len(met) / len(counted), 4) if applies and counted else 0.0,
        severity=element.severity,
        group=element.group,
        needs_review=sorted(reasons),
        criteria=[_hedged(finding, circumstances) for _, finding in asked],
        clauses=[
            Clause(source=clause.source, ref=clause.ref, status=clause.status)
            for clause in element.clauses
            if clause.in_force(circumstances.filed_on)
        ],
    )


def _hedged(finding: CriterionFinding, circumstances: Circumstances) -> CriterionFinding:
    """The finding; what is not met may stand on a page that could not be read, so no such thing is said with confidence."""
    if finding.met or not circumstances.unreadable_pages:
        return finding
    return finding.model_copy(update={"confidence": min(finding.confidence, HALF_READ)})


def _is_asked(rule: CriterionRule, finding: CriterionFinding, circumstances: Circumstances) -> bool:
    """Whether a reader is told of a criterion: not when its condition does not hold and nothing was found."""
    return finding.met or rule.condition is None or rule.condition in circumstances.holding | circumstances.uncertain


def _counted(element: ElementRule, met: Collection[str], holding: Collection[str]) -> list[CriterionRule]:
    """The criteria that enter the verdict; one whose condition does not hold can only help."""
    return [rule for rule in element.criteria if rule.counts and (rule.condition is None or rule.condition in holding or rule.id in met)]


def verdict(element: ElementRule, met: Collection[str], holding: Collection[str] = ()) -> Verdict:
    """The verdict that follows from the ids of the criteria that are met, where the conditions ``holding`` hold."""
    counted = _counted(element, met, holding)
    essential = {rule.id for rule in counted if rule.is_essential(holding)}
    found = {rule.id for rule in counted} & set(met)
    if (essential <= found and _enough(element.verdict, len(found), len(counted))) or _alternative(element.verdict, found):
        return "adequate" if found else "missing"
    return "partial" if (essential & found if essential else found) else "missing"


def _enough(rule: VerdictRule, met: int, counted: int) -> bool:
    return met >= rule.at_least if rule.at_least is not None else met >= rule.share * counted - 1e-9


def _alternative(rule: VerdictRule, met: set[str]) -> bool:
    return rule.also is not None and set(rule.also.criteria) <= met and not set(rule.also.unmet) & met


def _criterion(
    element: ElementRule, rule: CriterionRule, ballot: Ballot, decision_on: DecisionOn, holding: Collection[str], witness: Witness
) -> CriterionFinding:
    probability = _probability(f"{element.id}.{rule.id}", ballot, decision_on)
    met = probability >= 0.5
    stance, shown = shortfall(ballot, witness.stance_of) if not met else ("satisfies", ballot.passages)
    evidence = [found for passage in shown if (found := witness.quote(passage)) is not None]
    if met and not evidence:
        met, stance = False, None
    return CriterionFinding(
        id=rule.id,
        name=_both(rule.name),
        essential=rule.is_essential(holding),
        met=met,
        confidence=round(probability if met else 1 - probability, 4) if evidence or not met else 0.5,
        why=_why(ballot, met),
        stance=stance or "absent",
        evidence=evidence,
        advice=None if met else _both(rule.advice),
    )


def _probability(name: str, ballot: Ballot, decision_on: DecisionOn) -> float:
    decision = decision_on(name)
    if decision is not None:
        return decision.probability(name, ballot.evidence)
    if ballot.rule:
        return RULE_FOUND
    return 1 - (RULE_ELSEWHERE if ballot.elsewhere else RULE_SILENT)


def _why(ballot: Ballot, met: bool) -> Why:
    if ballot.rule == met and ballot.classifier == met:
        return "both" if met else "none"
    if ballot.rule == met:
        return "rule"
    return "classifier"


def _reasons(rule: CriterionRule, finding: CriterionFinding, ballot: Ballot, circumstances: Circumstances) -> list[str]:
    """Why a human must look at a criterion, as codes that ``strings`` words."""
    unsure = finding.confidence < _UNSURE[1]
    found = [
        ("votes_disagree", unsure and ballot.rule != ballot.classifier),
        ("found_elsewhere", unsure and not finding.met and not ballot.rule and not ballot.classifier and ballot.elsewhere),
        ("deferred", not finding.met and finding.stance == "deferred"),
        ("placeholder", not finding.met and finding.stance == "placeholder"),
        ("unreadable_pages", not finding.met and circumstances.unreadable_pages),
        ("condition_uncertain", not finding.met and rule.condition in circumstances.uncertain),
    ]
    return [reason for reason, holds in found if holds]


def overall(pack: Pack, elements: Sequence[ElementFinding], *, is_protocol: bool = True) -> Overall:
    """Score and triage class by the rule of the pack that the elements were judged by."""
    info = pack.info
    groups = {element.id: element.group for element in pack.elements}
    judged = [element for element in elements if element.verdict != "not_applicable"]
    weights = [info.score.weight(element.severity) for element in judged]
    score = sum(weight * element.score for weight, element in zip(weights, judged, strict=True)) / (sum(weights) or 1)
    return Overall(
        score=round(score, 4),
        triage=_triage(info, judged, groups, score) if is_protocol else info.triage.not_a_protocol,
        missing=[element.id for element in judged if element.verdict == "missing"],
        partial=[element.id for element in judged if element.verdict == "partial"],
    )


def _triage(info: PackInfo, judged: Sequence[ElementFinding], groups: Mapping[str, str], score: float) -> Triage:
    if any(_matches(line, judged, groups, score) for line in info.triage.returned):
        return "return"
    if any(_matches(line, judged, groups, score) for line in info.triage.revise):
        return "revise"
    return "ready"


def _matches(line: TriageLine, judged: Sequence[ElementFinding], groups: Mapping[str, str], score: float) -> bool:
    if line.score_below is not None:
        return score < line.score_below
    chosen = [
        element
        for element in judged
        if element.verdict in line.verdict
        and (not line.severity or element.severity in line.severity)
        and (not line.group or groups[element.id] in line.group)
        and (not line.elements or element.id in line.elements)
    ]
    return len(chosen) >= line.at_least


def _both(text: Text) -> Bilingual:
    return Bilingual(zh=text.zh, en=text.en)
