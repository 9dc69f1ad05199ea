"""What is written beside the code is in step with it: schema, README, examples, packs."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
from samples import report

from analyzer import cli, limits
from analyzer.findings import report_schema
from analyzer.pipeline import Analyzer
from analyzer.reading import read
from analyzer.resources import PACKAGE
from analyzer.rules import load_pack
from analyzer.text import normalise

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*.pdf"))
PACKS = sorted(path.parent.name for path in (PACKAGE / "packs").glob("*/pack.yaml"))


def bare(text: str) -> str:
    """Text in normal form without white space."""
    return re.sub(r"\s", "", normalise(text)[0])


def test_schema_file_is_in_step_with_the_types() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_schema.py"))
    assert (ROOT / "docs" / "report.schema.json").read_text("utf-8") == made["schema_text"](), "run `make schema`"


def test_a_report_follows_its_schema() -> None:
    jsonschema.validate(json.loads(report().model_dump_json()), report_schema())


def test_ci_runs_the_tests_as_the_readme_says() -> None:
    (command,) = re.findall(r"^.*-m pytest.*$", README, re.MULTILINE)
    assert command in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_readme_tells_of_every_verb() -> None:
    verbs = [command.callback.__name__ for command in cli.app.registered_commands if command.callback]
    assert [verb for verb in verbs if f"analyzer {verb}" not in README] == []


def test_readme_shows_what_the_program_prints() -> None:
    (example,) = re.findall(r"^python3 .* && \.venv/bin/analyzer (.*)$", README, re.MULTILINE)
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    environment = os.environ | {"LC_ALL": "en_US.UTF-8", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, "-m", "analyzer", example], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True
    )
    printed = iter(ran.stdout.splitlines())
    missing = [line for line in shown.splitlines() if line.strip() not in ("", "…") and line not in printed]
    assert missing == [], f"print it anew with: analyzer {example}"


def test_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", PACKS)
def test_every_criterion_has_examples_of_both_kinds_in_both_languages(name: str) -> None:
    lacking = [
        f"{element.id}.{criterion.id}: {kind} {language}"
        for element, criterion in load_pack(name).criteria()
        for kind, sentences in (("adequate", criterion.examples.adequate), ("inadequate", criterion.examples.inadequate))
        for language in ("zh", "en")
        if not sentences.get(language)
    ]
    assert lacking == []


def test_there_is_an_example_in_each_language() -> None:
    assert {path.stem[-2:] for path in EXAMPLES} == {"zh", "en"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_says_what_its_source_says(path: Path) -> None:
    source = path.with_suffix(".md").read_text("utf-8").partition("\n")[2]
    pieces = [piece for line in source.splitlines() for piece in re.split(r"^#+ |^- |\|", line) if piece.strip(" -")]
    text = bare(read(path).text)
    assert [piece for piece in pieces if bare(piece) not in text] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_quotes_of_an_example_stand_on_their_pages(path: Path) -> None:
    analyzer = Analyzer()
    document = analyzer.read(path)
    pages = {page.number: re.sub(r"\s", "", page.raw) for page in document.pages}
    quoted = [
        evidence for element in analyzer.report(document).elements for criterion in element.criteria for evidence in criterion.evidence
    ]
    assert quoted
    assert [evidence.quote for evidence in quoted if re.sub(r"\s", "", evidence.quote) not in pages[evidence.page]] == []
    assert all(evidence.bbox for evidence in quoted)


def test_every_limit_is_documented() -> None:
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    assert [name for name in limits.NAMES if f"`{name}`" not in page] == []
