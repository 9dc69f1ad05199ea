"""Which pages of a file are read as pictures, and that each is read once, in order, with a word on how far it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from scanned_pages import FAST, LINES, book, counted, pictured, prose, same, scan, scan_of

from analyzer.ocr import Ocr, in_bulk
from analyzer.reading import read

pytest.importorskip("faster_paddle", reason="no OCR engine is installed")

NASTY = Path(__file__).parent / "nasty" / "files"


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", "")


# --- which pages are read


def test_only_the_page_without_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = book([prose, pictured(prose), prose, lambda sheet: None])
    with counted(monkeypatch) as seen:
        document = scan(data)
    assert len(seen) == 1
    assert [page.source for page in document.pages] == ["digital", "ocr", "digital", "empty"]
    assert dict(document.warnings) == {"ocr_used": {"pages": [2]}}
    assert document.unread == ()
    assert document.text.count("a two-sided alpha of 0.05") == 3


@pytest.mark.parametrize("name", ["map_in_cipher", "map_to_private_use", "map_to_nothing"])
def test_a_text_layer_of_nonsense_is_replaced(name: str) -> None:
    document = read(NASTY / f"{name}.pdf", ocr=FAST)
    assert document.pages[0].source == "ocr"
    assert document.unread == ()
    assert "to assess the safety of the cells in adults with osteoarthritis of the knee" in document.text


def test_a_good_layer_behind_a_scan_is_kept_and_a_poor_one_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = "\n".join("3 Srnpl3 s1ze ~ A tota1 0f l28 pxrtlclpxnts, 6A ln xch xrm qzk vvj wq xzk jjq" for _ in LINES)
    with counted(monkeypatch) as seen:
        good = scan(book([pictured(prose)], behind="\n".join(LINES)))
        assert good.pages[0].source == "digital" and not seen
        bad = scan(book([pictured(prose)], behind=poor))
    assert bad.pages[0].source == "ocr" and len(seen) == 1
    assert same(bad.text, " ".join(LINES))


def test_never_means_never(monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as seen:
        document = scan(book([prose, pictured(prose)]), Ocr("never"))
    assert not seen
    assert dict(document.warnings) == {"pages_without_text": {"pages": [2]}}
    assert document.unread == (2,)


# --- once, in order, and with a word on how far it is


def test_a_page_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path))
    data = scan_of(prose)
    with counted(monkeypatch) as seen:
        first = scan(data)
        again = scan(data)
        assert len(seen) == 1
        assert (again.text, again.lines, again.pages) == (first.text, first.lines, first.pages)
        scan(data, Ocr("quality", jobs=1))
        assert len(seen) == 2
        (kept, _) = sorted((tmp_path / "ocr").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        assert kept.stat().st_mode & 0o077 == 0
        kept.write_bytes(b"spoilt")
        assert scan(data).text == first.text
        assert len(seen) == 3
        monkeypatch.setenv("ANALYZER_CACHE", "")
        assert scan(data).text == first.text
        assert len(seen) == 4


def test_pages_come_in_order_from_several_threads_and_progress_is_told() -> None:
    pages = [lambda sheet, number=number: sheet.text(80, 400, f"This is page number {number} of the protocol", 14) for number in range(3)]
    told: list[tuple[int, int]] = []
    document = scan(scan_of(*pages), Ocr("fast", jobs=2, tell=lambda done, total: told.append((done, total))))
    places = [document.text.index(f"page number {number}") for number in range(3)]
    assert all(one < other for one, other in pairwise(places))
    assert told == [(done, 3) for done in range(4)]


def test_bulk_is_fast_unless_told_otherwise() -> None:
    assert in_bulk("auto").strength == "fast" and in_bulk("auto").jobs == 1
    assert in_bulk("quality").strength == "quality" and in_bulk("never").strength is None
    assert Ocr().strength == "quality"
