"""The fast search gives the answers of the plain one."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from analyzer.anchors import anchors, chunk, pieces
from analyzer.finder import Finder, Searched, searched_apart
from analyzer.remembered import required_words
from analyzer.rules import FLAGS, Pack, Patterns, load_pack

CORPORA = Path(__file__).parent.parent / "corpora"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("rscpq")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?<![A-Za-z])(?:OS)(?![A-Za-z])", "an os of 3 years"),
        (r"(?<![A-Za-z])(?:OS)(?![A-Za-z])", "总生存期OS，"),
        (r"(?<![A-Za-z])SMA", "αSMA"),
        (r"α\s*=", "双侧Α = 0.05"),
        (r"10\s?\^\s?[5-9]", "3×10^7个"),
        (r"(?:样本量|例数).{0,5}(?:计算|估算)", "例数的估算"),
        (r"\bn/a\b", "N/A"),
        (r"STRASSE|x{2,}", "XX"),
        (r"(?:block|blocks|block size)s?", "block"),
        (r"\d{3}例|\.{4,}", "见附件......"),
        (r"\d+ ?(?:days?|weeks?)", "12 WEEKS"),
        (r"straße|ŉx", "STRASSE straße"),
        (r"ß", "Straße"),
        (r"(?<![A-Za-z])n(?![A-Za-z])", "共n=60"),
        (r"(?<![A-Za-z])(?:T|NK)(?:[- ]cells?)?(?![A-Za-z])", "T-cells"),
        (r"will be (?:in|on)(?![A-Za-z])", "it will be on"),
        (r"(?:mg|g)(?:/kg)?(?![A-Za-z])", "5mg/kg"),
        (r" (?:versus|vs\.?) ", "drug vs. placebo"),
        (r"mean\tSD", "Mean\tSD"),
        (r"(?:\t[^\t]{0,9}\d+[dw]){2}", "visit\t3d\t4w"),
        (r"CA\s?\d+|CEA(?![A-Za-z])", "ca 125"),
    ],
)
def test_a_text_that_matches_holds_the_words_of_its_pattern(pattern: str, text: str) -> None:
    assert re.search(pattern, text, FLAGS)
    assert all(any(word in chunk(piece) for word in words for piece in pieces(text.lower())) for words in anchors(pattern))
    assert Searched(Finder([Patterns(any=[pattern])]), text, [(0, len(text))]).holds(0, 0)


def test_every_group_of_a_pack_is_found_where_plain_search_finds_it(pack: Pack) -> None:
    written = [(CORPORA / language / "sentences.jsonl").read_text("utf-8").splitlines() for language in ("protocols_zh", "protocols_en")]
    sentences = [json.loads(line)["text"] for lines in written for line in random.Random(3).sample(lines, 80)]
    groups = [group for _, criterion in pack.criteria() for group in (criterion.cues, criterion.never, *criterion.needs)]
    searched = searched_apart(Finder(groups), sentences)
    wrong = [
        (sentence, number)
        for index, sentence in enumerate(sentences)
        for number, group in enumerate(groups)
        if searched.holds(number, index) != (group.search(sentence) is not None)
    ]
    assert wrong == []


def test_the_first_match_is_the_leftmost_of_the_group_and_of_two_at_one_place_the_earlier_pattern() -> None:
    finder = Finder([Patterns(en=["plan", "sample size"], any=["sample"]), Patterns(en=["size"])])
    found = Searched(finder, "the sample size plan", [(0, 20)]).first(finder.owners([0, 1]), finder.union([0, 1]), 0)
    assert found == {0: (4, 10), 1: (11, 15)}


def test_a_span_is_searched_by_itself() -> None:
    searched = Searched(Finder([Patterns(en=["sample size"])]), "a sample size", [(0, 8), (2, 13)])
    assert [searched.holds(0, index) for index in (0, 1)] == [False, True]


PATTERNS = [f"word{number}.{{0,9}}(?:seen|said)" for number in range(600)]


def test_anchors_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "kept"))
    first = required_words(PATTERNS)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_text(json.dumps([[["remembered"]]] * len(PATTERNS)))
    assert ["Word\x010", "word\x010"] in first[7]
    assert required_words(PATTERNS)[0] == [["remembered"]]
    assert required_words([*PATTERNS[:-1], "another"])[0] == first[0]


@pytest.mark.parametrize("damage", [b"", b"[]", b"\xff", b"{}"])
def test_a_damaged_memory_is_passed_over(damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path))
    first = required_words(PATTERNS)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert required_words(PATTERNS) == first


def test_nothing_is_kept_where_nothing_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert required_words(PATTERNS)
    assert list(tmp_path.iterdir()) == []
