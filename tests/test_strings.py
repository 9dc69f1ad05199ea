"""Both languages say the same, and nothing is said in the code."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer import errors
from analyzer.checks import messages
from analyzer.resources import PACKAGE, say, strings

WITH_PATTERNS = (
    "ocr/fillers.py",
    "ocr/mending.py",
    "checks",
    "comparison.py",
    "features.py",
    "genre.py",
    "front_matter.py",
    "matching",
    "reading",
    "segmentation.py",
    "text.py",
    "values.py",
)
"""Modules that hold Chinese words because they look for them, and do not say them."""
CHINESE = re.compile(r"[\u2e80-\u2fff\u3400-\u9fff\uf900-\ufaff]")


def blanks(sentence: str) -> set[str]:
    """The placeholders of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def family(error: type[errors.AnalyzerError] = errors.AnalyzerError) -> Iterator[type[errors.AnalyzerError]]:
    """An error class and all below it."""
    yield error
    for child in error.__subclasses__():
        yield from family(child)


def test_same_sentences_with_the_same_blanks() -> None:
    assert {key: blanks(text) for key, text in strings("zh").items()} == {key: blanks(text) for key, text in strings("en").items()}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_key_stands_once(language: str) -> None:
    keys = re.findall(r"(?m)^(\w+):", (PACKAGE / "strings" / f"{language}.yaml").read_text("utf-8"))
    assert len(keys) == len(set(keys)) == len(strings(language))
    assert all(isinstance(sentence, str) and sentence for sentence in strings(language).values())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("error", sorted(set(family()), key=str))
def test_every_error_has_a_sentence(language: str, error: type[errors.AnalyzerError]) -> None:
    sentence = strings(language)[f"error_{error.code}"]
    if issubclass(error, errors.UnreadableFile):
        assert blanks(sentence) == error.blanks


def test_english_is_english() -> None:
    assert not [key for key, sentence in strings("en").items() if CHINESE.search(sentence)]


def test_values_are_never_read_as_a_format() -> None:
    assert "{evil} {0.__class__}" in say("en", "error_not_a_pdf", path="{evil} {0.__class__}")


def test_code_holds_no_chinese() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if not str(path.relative_to(PACKAGE)).startswith(WITH_PATTERNS)]
    assert len(files) > 10
    assert not [f"{path.name}:{number}" for path in files for number, line in numbered(path) if CHINESE.search(line)]


def numbered(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, from 1."""
    return enumerate(path.read_text("utf-8").splitlines(), 1)


def test_every_key_used_exists() -> None:
    used = {
        key
        for path in PACKAGE.rglob("*.py")
        for key in re.findall(r'say\((?:\w+(?:\.\w+)?, )?"(\w+)"', path.read_text("utf-8"))
        if not key.endswith("_")
    }
    assert len(used) > 30
    assert used <= strings("en").keys() | messages("en").keys()
