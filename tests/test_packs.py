"""Every example in every bundled pack does what its author says it does, and the packs are sound."""

from __future__ import annotations

import json
import re
import runpy
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from _pytest.mark import ParameterSet

from analyzer.pack_tools import Trial, canonical_sections, check, condition_trials, trials
from analyzer.resources import PACKAGE, known_packs, load_yaml
from analyzer.rules import faults_in, load_pack

ROOT = Path(__file__).parent.parent
PACKS = sorted(path.parent.name for path in (PACKAGE / "packs").glob("*/pack.yaml"))
FILES = sorted(path for path in (PACKAGE / "packs").rglob("*.yaml") if path.name not in ("cues.yaml", "headings.yaml"))
SNIPPET = re.compile(r"```yaml\n# (\S+/\S+\.yaml)\n(.*?)```", re.DOTALL)
load = cache(load_pack)


def tried() -> list[ParameterSet]:
    """Every example of the bundled packs; those of a pack that extends another are tried where they were written."""
    found: dict[tuple[Path | None, str, str, str], Trial] = {}
    for trial in chain.from_iterable(trials(load(name)) for name in PACKS):
        found.setdefault((trial.file, trial.name, trial.kind, trial.sentence), trial)
    return [pytest.param(trial, id=f"{trial.name}-{trial.kind}-{trial.language}{number}") for number, trial in enumerate(found.values())]


@pytest.mark.parametrize("trial", tried())
def test_example_does_what_its_author_says(trial: Trial) -> None:
    assert trial.passed, f"{trial.kind}, but {trial.stances or 'nothing found'}: {trial.sentence}"


@pytest.mark.parametrize(
    "trial", [pytest.param(trial, id=f"{trial.name}-{trial.kind}-{trial.sentence[:12]}") for trial in condition_trials(load("rscpq"))]
)
def test_example_of_a_condition_does_what_its_author_says(trial: Trial) -> None:
    assert trial.passed, trial.sentence


@pytest.mark.parametrize("name", PACKS)
def test_every_criterion_has_two_examples_of_each_kind_in_each_language(name: str) -> None:
    lacking = [
        f"{element.id}.{criterion.id}: {language}"
        for element, criterion in load(name).criteria()
        for sentences in (criterion.examples.adequate, criterion.examples.inadequate)
        for language in ("zh", "en")
        if len(sentences.get(language, [])) < 2
    ]
    assert lacking == []


@pytest.mark.parametrize("name", PACKS)
def test_sections_are_known(name: str) -> None:
    named = {section for _, criterion in load(name).criteria() for section in criterion.look_in}
    assert named - canonical_sections() == set()


@pytest.mark.parametrize("name", PACKS)
def test_every_pattern_compiles(name: str) -> None:
    assert faults_in(known_packs()[name]) == []


@pytest.mark.parametrize("name", ["mini", "rscpq", "spirit2025"])
def test_bundled_pack_has_no_errors(name: str) -> None:
    folder = known_packs()[name]
    assert [problem for problem in check(folder) if problem.level == "error"] == []


def test_mini_is_the_headline_of_rscpq() -> None:
    assert [element.id for element in load("mini").elements] == [
        "objectives",
        "cell_source",
        "sample_size",
        "outcomes",
        "subject_protection",
    ]
    assert load("mini").element("outcomes") == load("rscpq").element("outcomes")


def test_spirit_cites_every_item() -> None:
    cited = " ".join(clause.ref for element in load("spirit2025").elements for clause in element.clauses if clause.source == "SPIRIT 2025")
    whole = {int(number) for number in re.findall(r"\d+", cited)}
    assert whole == set(range(1, 35))


def test_code_knows_no_element_of_a_pack() -> None:
    names = {element.id for name in PACKS for element in load(name).elements if "_" in element.id}
    allowed = {"values.py", "comparison.py"}  # numbers and contradictions have names of their own
    found = [
        f"{path.name}: {name}"
        for path in PACKAGE.glob("*.py")
        if path.name not in allowed
        for name in names
        if re.search(rf"['\"]{name}['\"]", path.read_text("utf-8"))
    ]
    assert found == []


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "docs" / "pack.schema.json").read_text("utf-8"))
    return loaded


def plain(path: Path) -> Any:
    """A YAML file as JSON would hold it."""
    return json.loads(json.dumps(load_yaml(path), default=str))


def test_schema_file_is_in_step_with_the_types() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_schema.py"))
    assert (ROOT / "docs" / "pack.schema.json").read_text("utf-8") == made["pack_schema_text"](), "run `make schema`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_file_follows_the_schema(path: Path) -> None:
    jsonschema.validate(plain(path), schema())


def test_schema_refuses_a_wrong_key() -> None:
    wrong = plain(PACKAGE / "packs" / "mini" / "pack.yaml") | {"extend": "rscpq"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())


def test_pages_of_elements_are_in_step_with_the_pack() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_elements.py"))["pages"]()
    written = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "elements").glob("*.md")}
    assert written == made, "run `python docs/make_elements.py`"


def test_snippets_of_the_guide_work(tmp_path: Path) -> None:
    snippets = SNIPPET.findall((ROOT / "docs" / "packs.md").read_text("utf-8"))
    assert len(snippets) >= 6
    for name, text in snippets:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for folder in sorted(tmp_path.iterdir()):
        assert check(folder) == []
        pack = load_pack(str(folder))
        assert [trial for trial in chain(trials(pack), condition_trials(pack)) if not trial.passed] == []


def test_guide_shows_every_verb_of_pack() -> None:
    from analyzer.cli import pack_app

    guide = (ROOT / "docs" / "packs.md").read_text("utf-8")
    assert [command.name for command in pack_app.registered_commands if f"analyzer pack {command.name}" not in guide] == []
