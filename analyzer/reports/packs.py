"""What the verbs of ``analyzer pack`` show: packs, problems and tried examples -> lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.reports.terminal import BAD, FAIR, GOOD, STRONG, Sheet, clean

if TYPE_CHECKING:
    from analyzer.pack_tools import Problem, Trial
    from analyzer.rules import Pack, Text, TriageLine

_LOOK = {"error": ("✗ ", BAD), "hint": ("! ", FAIR)}


def list_sheet(packs: Mapping[str, Pack], language: str, width: int) -> Sheet:
    """Every pack that can be chosen by name; the keys are those names."""
    sheet = Sheet(language, width)
    size = max((len(name) for name in packs), default=0)
    for name, pack in packs.items():
        facts = sheet.say("pack_facts", version=pack.info.version, elements=len(pack.elements), criteria=sum(1 for _ in pack.criteria()))
        sheet.put((name.ljust(size), STRONG), "  ", clean(_in(language, pack.info.name)), sheet.bracketed(facts))
    return sheet


def pack_sheet(pack: Pack, language: str, width: int) -> Sheet:
    """What a pack asks for, which conditions it knows, and how it comes to its conclusion."""
    sheet = Sheet(language, width)
    sheet.put((clean(_in(language, pack.info.name)), STRONG), f"  {pack.label}")
    group = ""
    for element in pack.elements:
        if element.group != group:
            group = element.group
            sheet.heading(sheet.word("pack_group", group))
        condition = pack.conditions.get(element.applies)
        only = sheet.bracketed(sheet.say("pack_only_if", condition=_in(language, condition.name))) if condition else ""
        facts = f" · {sheet.word('severity', element.severity)} · {sheet.say('pack_criteria', count=len(element.criteria))}"
        sheet.put((element.id, STRONG), "  ", clean(_in(language, element.name)), facts, only, indent=2)
    sheet.heading(sheet.say("pack_triage"))
    for triage, lines in (("return", pack.info.triage.returned), ("revise", pack.info.triage.revise)):
        for line in lines:
            sheet.put((sheet.word("triage", triage), STRONG), "  ", _told(sheet, line), indent=2)
    sheet.put((sheet.word("triage", "ready"), STRONG), "  ", sheet.say("pack_otherwise"), indent=2)
    score = pack.info.score
    sheet.put(sheet.say("pack_score", critical=f"{score.critical:g}", major=f"{score.major:g}", minor=f"{score.minor:g}"), indent=2)
    used = pack.conditions_used()
    if used:
        sheet.heading(sheet.say("pack_conditions"))
        for name in used:
            sheet.put((name, STRONG), "  ", clean(_in(language, pack.conditions[name].name)), indent=2)
    return sheet


def _told(sheet: Sheet, line: TriageLine) -> str:
    """A line of the triage rule in words."""
    if line.score_below is not None:
        return sheet.say("pack_triage_score", percent=f"{100 * line.score_below:g}")
    chosen = [
        *(sheet.word("severity", severity) for severity in line.severity),
        *(sheet.word("pack_group", group) for group in line.group),
        *line.elements,
    ]
    verdicts = sheet.say("pack_or").join(sheet.word("verdict", verdict) for verdict in line.verdict)
    told = sheet.say("pack_triage_line", count=line.at_least, verdicts=verdicts)
    return told + sheet.bracketed(sheet.joined(chosen))


def problems_sheet(problems: Sequence[Problem], folder: Path, language: str, width: int) -> Sheet:
    """Each problem with its file and line, errors and hints counted at the end."""
    sheet = Sheet(language, width)
    for problem in problems:
        symbol, style = _LOOK[problem.level]
        where = f"{_short(problem.file, folder)}:{problem.line}"
        details = {key: clean(str(value)) for key, value in problem.details.items()}
        if "language" in details:
            details["language"] = sheet.word("language", details["language"])
        name = f"{details['criterion']}: " if "criterion" in details else ""
        sheet.put((symbol, style), (where, STRONG), f"  {name}", sheet.say(f"pack_problem_{problem.kind}", **details))
    errors = sum(problem.level == "error" for problem in problems)
    verdict = sheet.say("pack_checked", errors=errors, hints=len(problems) - errors)
    sheet.put((("✗ ", BAD) if errors else ("✓ ", GOOD)), verdict)
    return sheet


def trials_sheet(trials: Sequence[Trial], folder: Path, language: str, width: int) -> Sheet:
    """The examples that failed, and how many there were."""
    sheet = Sheet(language, width)
    failed = [trial for trial in trials if not trial.passed]
    for trial in failed:
        where = f"{_short(trial.file, folder)}:{trial.line}  " if trial.file else ""
        found = sheet.joined(sheet.word("stance", stance) for stance in trial.stances) or sheet.say("stance_absent")
        sheet.put(("✗ ", BAD), (where, STRONG), trial.name, "  ", sheet.say(f"pack_trial_{trial.kind}", found=found))
        sheet.put(sheet.say("quotation", quote=clean(trial.sentence)), indent=4, hang=0)
    sheet.put((("✗ ", BAD) if failed else ("✓ ", GOOD)), sheet.say("pack_tried", total=len(trials), failed=len(failed)))
    return sheet


def _short(path: Path | None, folder: Path) -> str:
    """A path as seen from the pack's folder where it lies inside."""
    if path is None:
        return ""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _in(language: str, text: Text) -> str:
    return text.zh if language == "zh" else text.en
