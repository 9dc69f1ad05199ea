"""Document -> conditions: what can be said of a study as a whole (confirmatory, controlled, gives cells …), and which words say so.

A pack makes elements and criteria depend on conditions; what makes a condition hold stands in ``packs/common/conditions.yaml``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analyzer.findings import Bilingual, ConditionFinding, Evidence
from analyzer.matching import Hit
from analyzer.rules import ConditionRule, CriterionRule, ElementRule, Examples, Pack, Patterns, Text

Quote = Callable[[int], Evidence | None]
"""passage -> the words that stand there; None where nothing of it was drawn."""

_FOR, _AGAINST = "holds", "fails"
_ANYTHING = Patterns(any=[r"\S"])
"""Matching counts the words of a heading only where something that is needed stands below it."""
_SHOWN = 2
_UNSURE = (0.3, 0.7)


@dataclass(frozen=True, slots=True)
class _Count:
    """Passages that speak for and against a condition, in the order of the document."""

    speaking_for: list[int]
    against: list[int]


class Conditions:
    """The conditions that a pack depends on, made ready to be decided for any number of documents."""

    def __init__(self, pack: Pack, only: Sequence[str] | None = None) -> None:
        self.rules = {name: pack.conditions[name] for name in (pack.conditions_used() if only is None else only)}

    def criteria(self) -> list[tuple[ElementRule, CriterionRule]]:
        """What a ``Matcher`` must look for, besides the criteria of the pack."""
        elements = [_as_element(*entry) for entry in self.rules.items()]
        return [(element, criterion) for element in elements for criterion in element.criteria]

    def decide(self, hits: Sequence[Hit], classified: Mapping[str, float], quote: Quote) -> list[ConditionFinding]:
        """One finding per condition, from what was found of ``criteria()``. ``classified`` holds the probability of each label of the
        document model."""
        found: dict[str, list[Hit]] = defaultdict(list)
        for hit in hits:
            if hit.in_section:
                found[hit.element].append(hit)
        return [_finding(name, rule, _counted(found[_element_id(name)]), classified, quote) for name, rule in self.rules.items()]


def _element_id(condition: str) -> str:
    """The id under which a condition is matched; no element of a pack can have it."""
    return f"if:{condition}"


def _as_element(name: str, rule: ConditionRule) -> ElementRule:
    """A condition as matching knows it: an element with a criterion for what speaks for it and one for what speaks against it."""
    none = Examples(adequate={}, inadequate={})
    words = {"look_in": rule.look_in, "name": rule.name, "advice": rule.name, "examples": none, "never": rule.never}
    needs = [_ANYTHING] if rule.by_heading else []
    speaking_for = {"id": _FOR, "cues": rule.cues, "needs": [*needs, *rule.needs], "when_negated": rule.when_negated}
    against = {"id": _AGAINST, "cues": rule.against, "needs": needs, "never": {}}
    criteria = [CriterionRule.model_validate(words | side) for side in (speaking_for, against)]
    element = ElementRule(id="condition", domain="Q", name=rule.name, severity="minor", why=rule.name, criteria=criteria)
    return element.model_copy(update={"id": _element_id(name)})


def _counted(hits: Sequence[Hit]) -> _Count:
    speaking_for = [hit.passage for hit in hits if hit.criterion == _FOR and hit.stance == "satisfies"]
    denied = [hit.passage for hit in hits if hit.criterion == _FOR and hit.stance == "negated"]
    against = [hit.passage for hit in hits if hit.criterion == _AGAINST and hit.stance == "satisfies"]
    return _Count(speaking_for, sorted({*denied, *against} - set(speaking_for)))


def _finding(name: str, rule: ConditionRule, count: _Count, classified: Mapping[str, float], quote: Quote) -> ConditionFinding:
    probability = classified.get(rule.classifier) if rule.classifier else None
    holds = _holds(rule, count) if probability is None else probability >= 0.5
    certain = _agreed(count) if probability is None else _sure(probability) or bool(count.speaking_for) == holds
    passages = count.speaking_for if holds else count.against
    evidence = [found for passage in passages[:_SHOWN] if (found := quote(passage)) is not None]
    return ConditionFinding(id=name, name=_both(rule.name), holds=holds, certain=certain, evidence=evidence)


def _holds(rule: ConditionRule, count: _Count) -> bool:
    speaking_for, against = len(count.speaking_for), len(count.against)
    if speaking_for == against:
        return rule.when_silent
    return speaking_for > against and speaking_for >= rule.at_least


def _sure(probability: float) -> bool:
    return not _UNSURE[0] < probability < _UNSURE[1]


def _agreed(count: _Count) -> bool:
    """Whether one side is heard at least twice as often as the other."""
    fewer, more = sorted((len(count.speaking_for), len(count.against)))
    return 2 * fewer <= more


def _both(text: Text) -> Bilingual:
    return Bilingual(zh=text.zh, en=text.en)
