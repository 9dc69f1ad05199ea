"""Patterns and word lists that wait for their first use."""

from __future__ import annotations

import re

import pytest

from analyzer.lazy import Lazy, Topics


def test_a_pattern_is_compiled_at_first_use() -> None:
    broken = Lazy("(")
    with pytest.raises(re.error):
        broken.search("text")


def test_a_pattern_does_what_a_compiled_one_does() -> None:
    pattern = Lazy(r"(\d+) cells?", re.IGNORECASE)
    assert [match[1] for match in pattern.finditer("3 Cells and 1 cell")] == ["3", "1"]
    assert pattern.sub("x", "3 cells") == "x"
    assert pattern.search("no number") is None
    assert not hasattr(pattern, "groups")


def test_topics_of_a_text() -> None:
    topics = Topics({"size": ("例", "patients"), "time": ("week", "月"), "people": ("patients",)})
    assert topics.of("60 patients for 12 weeks") == {"size", "time", "people"}
    assert topics.of("每组30例") == {"size"}
    assert topics.of("") == frozenset()
    assert topics.counts("week by week, 3 patients") == {"week": 2, "patients": 1}
