"""How well recomputation tells right sample sizes from wrong ones: paragraphs from hand-written phrasings, half with a planted error.

Prints the share of planted errors that are found, the share of right paragraphs that are flagged, and the share of findings whose
interval holds the right number. Run ``python benchmarks/sample_size_paragraphs.py [--paragraphs 400] [--seed 1] [--show]``.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from analyzer.checks import formulas as f
from analyzer.checks.formulas import up, with_loss
from analyzer.checks.sample_size import Recomputation, recompute
from analyzer.text import sentences
from analyzer.training.corpus import parse_sheet, protocol_of
from analyzer.values import extract

PHRASINGS = Path(__file__).parent / "sample_size_phrasings.yaml"
_HEAD = "@id made\n@voice made\n@language {language}\n@title -\n"
_ONE_GROUP = frozenset({"one_proportion", "paired", "precision", "simon", "escalation", "detection"})
_ALL_ARMS = frozenset({"survival"})
_ONE_SIDED = frozenset({"non_inferiority", "equivalence", "simon", "precision", "escalation", "detection"})
_NO_TEST = frozenset({"precision", "escalation", "detection"})

Assumed = dict[str, float]
Raw = Callable[[Assumed, float, int], list[float]]
"""(assumptions, power, sides) -> what each usual convention gives, per arm or in total."""


def _proportions(a: Assumed, power: float, sides: int) -> list[float]:
    formulas = (f.two_proportions_unpooled, f.two_proportions_pooled, f.two_proportions_corrected, f.two_proportions_arcsine)
    return [formula(a["p1"] / 100, a["p2"] / 100, 0.05, power, sides) for formula in formulas]


def _one_proportion(a: Assumed, power: float, sides: int) -> list[float]:
    p0, p1 = a["p0"] / 100, a["p1"] / 100
    exact = f.one_proportion_exact(p0, p1, 0.05 / sides, power)
    return [f.one_proportion(p0, p1, 0.05, power, sides), float(exact[0]) if exact else 0.0]


def _survival(a: Assumed, power: float, sides: int) -> list[float]:
    events = (f.events_schoenfeld(a["hr"], 0.05, power, sides), f.events_freedman(a["hr"], 0.05, power, sides))
    return [up(number) / (a["rate"] / 100) for number in events]


def _simon(a: Assumed, power: float, sides: int) -> list[float]:
    return [float(design.n) for design in f.simon(a["p0"] / 100, a["p1"] / 100, 0.05, round(1 - power, 4)).values()]


RAW: dict[str, Raw] = {
    "two_means": lambda a, power, sides: [formula(a["delta"], a["sd"], 0.05, power, sides) for formula in (f.two_means, f.two_means_t)],
    "two_proportions": _proportions,
    "one_proportion": _one_proportion,
    "paired": lambda a, power, sides: [formula(a["delta"], a["sd"], 0.05, power, sides) for formula in (f.paired_mean, f.paired_mean_t)],
    "survival": _survival,
    "non_inferiority": lambda a, power, sides: [f.non_inferiority_proportions(a["p"] / 100, a["p"] / 100, a["margin"] / 100, 0.025, power)],
    "equivalence": lambda a, power, sides: [f.equivalence_means(a["sd"], a["margin"], 0.05, power)],
    "precision": lambda a, power, sides: [f.precision_proportion(a["p"] / 100, a["width"] / 100)],
    "cluster": lambda a, power, sides: [n * f.design_effect(a["m"], a["icc"]) for n in _proportions(a, power, sides)],
    "simon": _simon,
    "detection": lambda a, power, sides: [f.detect_one_event(a["p"] / 100)],
}


def assumptions(design: str, dice: random.Random) -> Assumed:
    """Plausible assumptions for a design."""
    assumed: Assumed = {"loss": dice.choice([5, 8, 10, 12, 15, 20, 25]), "power": dice.choice([80, 85, 90])}
    base = dice.choice([20, 25, 30, 35, 40, 45, 50])
    drawn: dict[str, Assumed] = {
        "two_means": {"delta": dice.randint(3, 6), "sd": dice.randint(7, 12)},
        "two_proportions": {"p1": base, "p2": base + dice.choice([15, 18, 20, 25])},
        "one_proportion": {"p0": base, "p1": base + dice.choice([15, 20, 22])},
        "paired": {"delta": dice.randint(3, 6), "sd": dice.randint(7, 14)},
        "survival": {"hr": dice.choice([0.5, 0.55, 0.6, 0.65, 0.7]), "rate": dice.choice([40, 50, 60, 70])},
        "non_inferiority": {"p": dice.choice([70, 75, 82, 85, 90]), "margin": dice.choice([9, 11, 13, 14])},
        "equivalence": {"sd": dice.randint(8, 12), "margin": dice.randint(4, 6)},
        "precision": {"p": dice.choice([18, 30, 45, 60, 75]), "width": dice.choice([6, 7, 9, 11])},
        "cluster": {"p1": base, "p2": base + 20, "m": dice.choice([10, 20, 30]), "icc": dice.choice([0.02, 0.03, 0.05])},
        "simon": dice.choice([{"p0": 5, "p1": 25}, {"p0": 10, "p1": 30}, {"p0": 20, "p1": 40}, {"p0": 30, "p1": 50}]),
        "escalation": {"levels": dice.randint(3, 6)},
        "detection": {"p": dice.choice([1, 2, 3, 4, 6])},
    }
    if design == "simon":
        assumed["power"] = dice.choice([80, 90])
    return assumed | drawn[design]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph made up; ``right`` is the number it should state, ``error`` what was planted in it ("" when it is right)."""

    design: str
    language: str
    text: str
    right: int
    error: str


def paragraph(design: str, language: str, phrasing: str, error: str, dice: random.Random) -> Paragraph | None:
    """The phrasing filled in; None when the error cannot be planted or gives what some convention gives."""
    a = assumptions(design, dice)
    loss = a["loss"] / 100 if "{loss}" in phrasing else 0.0
    if design == "escalation":
        right = int(a["levels"]) * dice.choice([3, 6])
        wrong = int(a["levels"]) * dice.choice([2, 8])
        final = wrong if error else right
        return _filled(design, language, phrasing, a | {"final": final}, right, error) if error in ("", "wrong_number") else None
    if error == "power":
        a["power"] = 90
    power, factor = a["power"] / 100, 1.0
    answers = RAW[design](a, power, 2)
    choice = dice.randrange(len(answers))
    right_n = up(answers[choice])
    used = answers[choice]
    if error == "power":
        used = RAW[design](a, 0.8, 2)[choice]
    elif error == "one_sided":
        used = RAW[design](a, power, 1)[choice]
    elif error == "per_arm_as_total":
        factor = 0.5
    elif error == "wrong_number":
        factor = dice.choice([0.55, 0.65, 0.75, 1.35, 1.5, 1.8])
    n = up(used * factor)
    way = dice.randrange(2)
    final = n if error == "loss_forgotten" else with_loss(n, loss)[way]
    right = with_loss(right_n, loss)[way]
    if not error and dice.random() < 0.2:
        final = -(-final // 5) * 5 if -(-final // 5) * 5 <= 1.09 * final else final
    excused = [size for answer in answers if answer for size in with_loss(up(answer), loss)]
    if error and 0.92 * min(excused) <= final <= 1.12 * max(excused):
        return None
    numbers = {"n": n, "final": final, "total": 2 * final, "events": up(used * factor * a["rate"] / 100) if "rate" in a else 0}
    return _filled(design, language, phrasing, a | numbers | {"beta": round(1 - power, 2)}, right, error)


def _filled(design: str, language: str, phrasing: str, values: Assumed, right: int, error: str) -> Paragraph:
    return Paragraph(design, language, phrasing.format(**{name: f"{value:g}" for name, value in values.items()}), right, error)


def errors_of(design: str, phrasing: str) -> list[str]:
    """Errors that can be planted in a phrasing."""
    errors = ["wrong_number"]
    if "{loss}" in phrasing:
        errors.append("loss_forgotten")
    if design not in _NO_TEST and ("{power}" in phrasing or "{beta}" in phrasing):
        errors.append("power")
    if design not in _ONE_SIDED:
        errors.append("one_sided")
    if design not in _ONE_GROUP | _ALL_ARMS:
        errors.append("per_arm_as_total")
    return errors


def paragraphs(number: int, seed: int) -> Iterator[Paragraph]:
    """``number`` paragraphs that go round designs, languages and phrasings; every second one is wrong."""
    dice = random.Random(seed)
    phrasings = yaml.safe_load(PHRASINGS.read_text("utf-8"))
    slots = [(design, language, text) for design, by in phrasings.items() for language in ("zh", "en") for text in by[language]]
    dice.shuffle(slots)
    made = 0
    while made < number:
        for design, language, phrasing in slots:
            error = dice.choice(errors_of(design, phrasing)) if made % 2 else ""
            drawn = None
            for _ in range(200):
                if drawn := paragraph(design, language, phrasing, error, dice):
                    break
            if drawn and made < number:
                made += 1
                yield drawn


def judged(made: Paragraph) -> Recomputation | None:
    """What the analyzer says of a paragraph inside a small protocol."""
    one = made.design in _ONE_GROUP
    if made.language == "zh":
        design = "单臂研究。" if one else "随机对照研究，1:1分入两组。"
        sheet = f"# 研究设计 {{design}}\n{design}\n# 样本量 {{sample_size}}\n{_lines(made.text)}\n"
    else:
        design = "A single-arm study." if one else "A randomised, two-arm, controlled trial."
        sheet = f"# Design {{design}}\n{design}\n# Sample size {{sample_size}}\n{_lines(made.text)}\n"
    protocol = protocol_of(*parse_sheet(_HEAD.format(language=made.language) + sheet, "made"))
    return recompute(extract(protocol.document, protocol.passages))


def _lines(text: str) -> str:
    return "\n".join(text[first:last] for first, last in sentences(text, 0, len(text)))


@dataclass
class Tally:
    """Counts over a set of paragraphs."""

    wrong: int = 0
    detected: int = 0
    right: int = 0
    flagged: int = 0
    named: int = 0

    @property
    def detection(self) -> float:
        """Share of planted errors that were found."""
        return self.detected / self.wrong

    @property
    def false_alarms(self) -> float:
        """Share of right paragraphs that were flagged."""
        return self.flagged / self.right

    @property
    def naming(self) -> float:
        """Share of found errors whose interval holds the right number."""
        return self.named / self.detected


def measure(number: int, seed: int, show: Callable[[Paragraph, Recomputation | None], None] | None = None) -> Tally:
    """Judge ``number`` paragraphs; ``show`` is called with every one that was judged wrongly."""
    tally = Tally()
    for made in paragraphs(number, seed):
        outcome = judged(made)
        flagged = outcome is not None and outcome.result == "not_reproducible"
        named = flagged and outcome is not None and outcome.right is not None and outcome.right[0] <= made.right <= outcome.right[1]
        if made.error:
            tally.wrong += 1
            tally.detected += flagged
            tally.named += named
        else:
            tally.right += 1
            tally.flagged += flagged
        if show and (flagged != bool(made.error) or made.error and not named or outcome is None or outcome.result == "cannot_tell"):
            show(made, outcome)
    return tally


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print every paragraph that is judged wrongly or not at all")
    options = parser.parse_args()
    causes: Counter[str] = Counter()

    def show(made: Paragraph, outcome: Recomputation | None) -> None:
        causes[f"{made.design} {made.language} {made.error or 'right'}"] += 1
        if options.show:
            print(f"{made.design} [{made.error or 'right'}: {made.right}] {made.text}\n    {outcome}")

    tally = measure(options.paragraphs, options.seed, show)
    print(f"paragraphs {tally.wrong + tally.right}, of which wrong {tally.wrong}")
    print(f"detection {tally.detection:.3f} (bar 0.95)")
    print(f"false alarms {tally.false_alarms:.3f} (bar 0.03)")
    print(f"right number named {tally.naming:.3f}")
    for cause, count in causes.most_common():
        print(f"    {count} {cause}")


if __name__ == "__main__":
    main()
