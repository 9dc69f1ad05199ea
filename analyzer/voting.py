"""Two opinions on every criterion: what the rules found and what the classifier found, brought together.

``ballots`` gives, per criterion, the numbers that the second stage decides on (``Ballot.evidence``, named in
``EVIDENCE``), the vote of each voter alone, and the passages that speak for it, best first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from analyzer.bearing import Weighed
from analyzer.classification import Floats
from analyzer.document import Document, Passage
from analyzer.matching import Hit, Stance, is_silent
from analyzer.rules import Pack
from analyzer.stances import StanceOf

EVIDENCE = (
    "best score",
    "second score",
    "third score",
    "best bearing",
    "second bearing",
    "best score where a rule agrees",
    "best score where a rule agrees elsewhere",
    "rule hits",
    "rule hits elsewhere",
    "a rule hit",
    "a rule hit elsewhere",
    "a rule hit by its own words",
    "only mentioned",
    "negated",
    "deferred",
    "placeholder",
    "other study",
    "Chinese",
)
_LOWEST = -8.0
_HIGHEST = 6.0
_EVIDENCE_KEPT = 3
_TOP = 3
"""So many of the best scores of a criterion are evidence."""
_RULE_WORTH = 2.5
"""Log-odds by which a rule hit lifts a passage when evidence is ranked; a hit outside its section lifts it half as much."""
_NO_EVIDENCE: Floats = np.zeros(0, dtype=np.float32)
_INADEQUATE: tuple[Stance, ...] = ("mentions", "negated", "deferred", "placeholder", "other_study")
_DENIED = frozenset({"negated", "placeholder", "deferred"})
_DENIAL = 3.0
"""Log-odds that a passage loses for a criterion which a rule finds denied, promised or left open in it."""
_LONGEST_BLANK = 60
"""Characters up to which a passage with a placeholder in it says nothing else."""
_NEAR = 3.0
"""Log-odds within which a passage says a thing as well as the best one."""
_NEARLY = -1.5
"""Log-odds from which a passage is worth showing though it does not suffice."""
_SHORTFALLS: tuple[Stance, ...] = ("deferred", "placeholder", "negated", "mentions", "other_study")


@dataclass(frozen=True)
class Ballot:
    """What speaks for one criterion in one document."""

    element: str
    criterion: str
    evidence: Floats
    """In the order of ``EVIDENCE``; empty where only a rule decides."""
    rule: bool
    classifier: bool
    passages: list[int]
    """Passages that speak for it, best first."""
    elsewhere: bool
    """Whether a rule is satisfied, but outside the sections where it looks."""
    hits: Sequence[Hit]
    weighed: Sequence[Weighed]
    """The passages that were looked at again, best first."""


def shortfall(ballot: Ballot, stance_of: StanceOf) -> tuple[Stance | None, list[int]]:
    """What was found that does not suffice, and in which passages: as the rules see it, a bare mention judged once more; else what
    nearly suffices. None where nothing of the kind was found."""
    label = f"{ballot.element}.{ballot.criterion}"

    def told(passage: int) -> Stance:
        return stance_of(label, passage, [hit for hit in ballot.hits if hit.passage == passage])

    stances = {hit.stance for hit in ballot.hits}
    found = next((stance for stance in _SHORTFALLS if stance in stances), None)
    if found is not None:
        where = [hit.passage for hit in ballot.hits if hit.stance == found][:2]
        if found == "mentions" and ballot.weighed:
            again = told(where[0])
            return (again if again in _DENIED else found), where
        return found, where
    if not ballot.weighed or ballot.weighed[0].odds <= _NEARLY:
        return None, []
    nearly = ballot.weighed[0].passage
    stance = told(nearly)
    return ("mentions" if stance == "satisfies" else stance), [nearly]


def ballots(
    pack: Pack,
    document: Document,
    passages: Sequence[Passage],
    hits: Sequence[Hit],
    scores: Floats,
    labels: Sequence[str],
    thresholds: Floats,
    weighed: Sequence[Sequence[Weighed]],
) -> list[Ballot]:
    """One ballot per criterion of the pack. ``scores`` are log-odds of shape (passages, labels), ``weighed`` has the passages that may
    matter for each of the first labels; criteria without a label have neither."""
    by_criterion: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    for hit in hits:
        by_criterion[hit.element, hit.criterion].append(hit)
    silent = np.array([is_silent(document, passage) or _empty(pack, document, passage) for passage in passages], dtype=bool)
    clipped = np.clip(scores, _LOWEST, _HIGHEST)
    clipped[silent] = _LOWEST
    column = {label: index for index, label in enumerate(labels)}
    for hit in hits:  # the words are there, the context denies them: the classifier rarely sees the difference
        index = column.get(f"{hit.element}.{hit.criterion}")
        if index is not None and hit.stance in _DENIED:
            clipped[hit.passage, index] -= _DENIAL
    chinese = float(document.language == "zh")
    best = np.sort(clipped, axis=0)[: -_TOP - 1 : -1].T.tolist()
    of_label = np.ascontiguousarray(clipped.T)
    found = []
    for element, criterion in pack.criteria():
        own = by_criterion[element.id, criterion.id]
        index = column.get(f"{element.id}.{criterion.id}")
        if index is None:
            found.append(_ruled(element.id, criterion.id, own))
        else:
            threshold = float(thresholds[index])
            looked_at = weighed[index] if index < len(weighed) else ()
            found.append(_ballot(element.id, criterion.id, of_label[index], best[index], threshold, own, looked_at, chinese))
    return found


def _empty(pack: Pack, document: Document, passage: Passage) -> bool:
    """Whether a passage is little more than a blank to be filled in."""
    if passage.end - passage.start > _LONGEST_BLANK:
        return False
    return pack.cues.placeholder.search(document.text, passage.start, passage.end) is not None


def _ruled(element: str, criterion: str, hits: Sequence[Hit]) -> Ballot:
    """The ballot of a criterion that only a rule decides."""
    inside, outside = _satisfying(hits)
    return Ballot(
        element=element,
        criterion=criterion,
        evidence=_NO_EVIDENCE,
        rule=bool(inside),
        classifier=False,
        passages=_by_worth([*inside, *outside]),
        elsewhere=bool(outside),
        hits=hits,
        weighed=[],
    )


def _satisfying(hits: Sequence[Hit]) -> tuple[list[Hit], list[Hit]]:
    """The hits that satisfy, in the sections where the rule looks and elsewhere."""
    satisfying = [hit for hit in hits if hit.stance == "satisfies"]
    return [hit for hit in satisfying if hit.in_section], [hit for hit in satisfying if not hit.in_section]


def _ballot(
    element: str,
    criterion: str,
    scores: Floats,
    best: Sequence[float],
    threshold: float,
    hits: Sequence[Hit],
    weighed: Sequence[Weighed],
    chinese: float,
) -> Ballot:
    """The ballot of a criterion that both decide; ``best`` are the best of its scores."""
    inside, outside = _satisfying(hits)
    counts = Counter(hit.stance for hit in hits)
    top = [*best, *[_LOWEST] * _TOP][:_TOP]
    bearing = sorted(weighed, key=lambda one: (-one.odds, one.passage))
    odds = [min(max(one.odds, _LOWEST), _HIGHEST) for one in bearing[:2]] + [_LOWEST] * 2
    evidence = np.array(
        [
            *top,
            *odds[:2],
            max((float(scores[hit.passage]) for hit in inside), default=_LOWEST),
            max((float(scores[hit.passage]) for hit in outside), default=_LOWEST),
            log1p(len(inside)),
            log1p(len(outside)),
            bool(inside),
            bool(outside),
            any(not hit.by_heading for hit in inside),
            *(log1p(counts[stance]) for stance in _INADEQUATE),
            chinese,
        ],
        dtype=np.float32,
    )
    return Ballot(
        element=element,
        criterion=criterion,
        evidence=evidence,
        rule=bool(inside),
        classifier=top[0] > threshold,
        passages=_near_the_best(bearing) if bearing else _by_worth([*inside, *outside], scores - threshold),
        elsewhere=bool(outside),
        hits=hits,
        weighed=bearing,
    )


def _near_the_best(bearing: Sequence[Weighed]) -> list[int]:
    """The passages that bear on a criterion about as well as the best one."""
    return [one.passage for one in bearing if one.odds > bearing[0].odds - _NEAR][:_EVIDENCE_KEPT]


def _by_worth(hits: Sequence[Hit], margins: Floats | None = None) -> list[int]:
    """The passages that speak for a criterion, best first: by the hits of its rule, and by the ``margins`` of their scores over the
    threshold."""
    worth: dict[int, float] = defaultdict(float)
    for hit in hits:
        worth[hit.passage] = max(worth[hit.passage], _RULE_WORTH * (1.0 if hit.in_section else 0.5) * (0.6 if hit.by_heading else 1.0))
    if margins is not None:
        for index in {*worth, *np.flatnonzero(margins > 0).tolist()}:
            worth[index] += float(margins[index])
    return sorted(worth, key=lambda index: (-worth[index], index))[:_EVIDENCE_KEPT]
