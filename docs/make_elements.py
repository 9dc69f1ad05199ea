"""Write ``docs/elements/``: a page for each element of the default pack, and their list, made from the pack."""

from __future__ import annotations

from pathlib import Path

from analyzer.resources import DEFAULT_PACK
from analyzer.rules import ALWAYS, Clause, CriterionRule, ElementRule, Pack, Text, load_pack

TARGET = Path(__file__).with_name("elements")
NOTICE = f"<!-- Made from analyzer/packs/{DEFAULT_PACK} by `python docs/make_elements.py`; change the pack, not this page. -->"
CHECK = " — *check before you cite it*"


def pages() -> dict[str, str]:
    """The text of every page by the name of its file."""
    pack = load_pack(DEFAULT_PACK)
    return {"README.md": _index(pack)} | {f"{element.id}.md": _page(pack, element) for element in pack.elements}


def write(folder: Path = TARGET) -> None:
    """Write all pages, and remove those of elements that are gone."""
    made = pages()
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")


def _index(pack: Pack) -> str:
    rows = [
        f"| [{element.id}]({element.id}.md) | {element.name.zh} | {element.name.en} "
        f"| {element.domain} | {element.severity} | {element.group} |"
        for element in pack.elements
    ]
    head = ["| id | zh | en | domain | severity | group |", "|---|---|---|---|---|---|"]
    return "\n".join([NOTICE, "", f"# Elements of {pack.label}", "", *head, *rows, ""])


def _page(pack: Pack, element: ElementRule) -> str:
    parts = [
        NOTICE,
        f"# {element.name.en} · {element.name.zh}",
        f"`{element.id}` · domain {element.domain} · **{element.severity}** · {element.group}{_applies(pack, element)}",
        "## What",
        *(_both(element.what) if element.what else [f"{element.name.en}. {element.name.zh}"]),
        "## Why",
        *_both(element.why),
        "## Clauses",
        "\n".join(map(_clause, element.clauses)) or "None.",
        "## Criteria",
        f"{_verdict(element)}",
        *(part for criterion in element.criteria for part in _criterion(pack, criterion)),
        "## Known problems",
        "\n".join(f"- {problem.en}\n  {problem.zh}" for problem in element.known_problems) or "None noted.",
    ]
    return "\n\n".join(parts) + "\n"


def _applies(pack: Pack, element: ElementRule) -> str:
    return "" if element.applies == ALWAYS else f" · only if: {pack.conditions[element.applies].name.en}"


def _verdict(element: ElementRule) -> str:
    rule = element.verdict
    enough = f"{rule.at_least} of all" if rule.at_least is not None else f"{rule.share:.0%} of all"
    also = f", or {_and(rule.also.criteria)} alone" if rule.also else ""
    but = f" (while none of {_and(rule.also.unmet)} is met)" if rule.also and rule.also.unmet else ""
    return f"Adequate: every essential criterion and at least {enough}{also}{but}."


def _and(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _criterion(pack: Pack, criterion: CriterionRule) -> list[str]:
    essential = " · essential" if criterion.essential is True else ""
    if criterion.condition:
        essential = f" · essential if: {pack.conditions[criterion.condition].name.en}"
    examples = []
    for sign, chosen in (("✓", criterion.examples.adequate), ("✗", criterion.examples.inadequate)):
        examples += [f"- {sign} {chosen[language][0]}" for language in ("zh", "en") if chosen.get(language)]
    where = ", ".join(criterion.look_in) or "anywhere"
    return [
        f"### {criterion.name.en} · {criterion.name.zh}",
        f"`{criterion.id}`{essential} · looked for in: {where}",
        *_both(criterion.advice),
        "\n".join(examples),
    ]


def _clause(clause: Clause) -> str:
    since = f" (from {clause.since})" if clause.since else ""
    until = f" (until {clause.until})" if clause.until else ""
    return f"- {clause.source}, {clause.ref}{since}{until}{'' if clause.status == 'verified' else CHECK}"


def _both(text: Text) -> list[str]:
    return [text.zh, text.en]


if __name__ == "__main__":
    write()
