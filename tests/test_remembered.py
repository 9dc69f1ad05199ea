"""What is worked out once is the same the second time, and a damaged memory does no harm."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from analyzer.remembered import yaml_content
from analyzer.rules import load_pack

LONG = "  - a long line that fills the file\n" * 200


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.mark.parametrize("head", ["from: 2026-05-01\n", "text: '2026-05-01'\n", "1: number\ntrue: truth\n", "at: 2026-05-01 10:00:00\n"])
def test_a_file_is_the_same_when_it_is_remembered(head: str, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(f"{head}lines:\n{LONG}", "utf-8")
    first, second = yaml_content(path), yaml_content(path)
    assert first == second == yaml.safe_load(path.read_text("utf-8"))
    assert [type(key) for key in first] == [type(key) for key in second]


def test_a_day_is_remembered_as_a_day(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(f"from: 2026-05-01\nlines:\n{LONG}", "utf-8")
    yaml_content(path)
    (kept,) = cache.iterdir()
    assert kept.name.startswith("yaml-") and yaml_content(path)["from"] == date(2026, 5, 1)


@pytest.mark.parametrize("damage", [b"", b"\xff", b"{", b"null"])
def test_a_damaged_memory_is_worked_out_anew(damage: bytes, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(f"lines:\n{LONG}", "utf-8")
    expected = yaml_content(path)
    (kept,) = cache.iterdir()
    kept.write_bytes(damage)
    assert yaml_content(path) == expected


def test_a_changed_file_is_read_again(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(f"lines:\n{LONG}", "utf-8")
    yaml_content(path)
    path.write_text(f"lines:\n{LONG}more: true\n", "utf-8")
    assert yaml_content(path)["more"] is True


def test_a_pack_is_the_same_with_and_without_memory(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_pack("rscpq")
    remembered = load_pack("rscpq")
    monkeypatch.setenv("ANALYZER_CACHE", "")
    assert load_pack("rscpq") == remembered
