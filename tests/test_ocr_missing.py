"""Scans where nothing can read them, and sheets with nothing on them: what is said, and what is not claimed."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import pytest
from pdfs import Sheet, pdf
from PIL import Image, ImageDraw
from scanned_pages import LINES, book, no_engine, prose, scan, scan_of

from analyzer import cli, errors
from analyzer.judging import HALF_READ
from analyzer.ocr import Mode, Ocr
from analyzer.ocr.backends import CHOICE, installed, make
from analyzer.pipeline import Analyzer
from analyzer.reading import read
from analyzer.resources import say
from benchmarks.ocr import squeezed

INSTALL = "pip install 'protocol-analyzer[ocr]'"
BLANK = Image.new("L", (1240, 1754), 250)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYZER_CACHE", "")


def drawing() -> Image.Image:
    """A sheet with a picture on it, which nobody has to read."""
    sheet = BLANK.copy()
    ImageDraw.Draw(sheet).rectangle((300, 400, 800, 1000), outline=0, width=8)
    return sheet


def letters(sheet: Sheet) -> None:
    sheet.text(72, 100, "The protocol is described on the pages that follow.")


def test_the_rest_is_analysed_and_nothing_is_missing_for_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_engine(monkeypatch):
        document = scan(book([prose, drawing(), drawing()]), Ocr())
        report = Analyzer("mini").analyze("scan.pdf", book([prose, drawing(), drawing()]))
    assert dict(document.warnings) == {"ocr_missing": {"pages": [2, 3]}}
    assert document.unread == (2, 3)
    assert squeezed(LINES[1]) in squeezed(document.text)
    (warning,) = [warning for warning in report.warnings if warning.code == "ocr_missing"]
    assert INSTALL in warning.message and "2-3" in warning.message.replace("–", "-").replace("—", "-").replace(", ", "-")
    lacking = [element for element in report.elements if element.verdict == "missing"]
    assert lacking
    assert all("unreadable_pages" in element.needs_review for element in lacking)
    assert all(criterion.confidence <= HALF_READ for element in lacking for criterion in element.criteria if not criterion.met)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_scan_that_cannot_be_read_says_what_to_install(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(book([drawing()]))
    assert cli.main(["check", str(path), "--pack", "mini", "--ocr", "never", "--lang", language]) == errors.ExitStatus.UNREAD
    said = capfd.readouterr()
    assert (said.out, said.err.strip()) == ("", say(language, "error_no_text_layer", path=path))
    assert INSTALL in said.err and "--ocr never" in said.err


def test_without_an_engine_a_scan_is_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_engine(monkeypatch):
        assert installed() is None
        with pytest.raises(ImportError):
            make("fast")
        with pytest.raises(errors.NoTextLayer) as caught:
            scan(scan_of(prose), Ocr())
        assert caught.value.code == "no_text_layer"
        with pytest.raises(errors.ImageUnread):
            read("scan.png", _png(drawing()))


def test_an_engine_that_is_not_installed_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "another-engine")
    installed.cache_clear()
    assert installed() is None
    monkeypatch.delenv(CHOICE)
    installed.cache_clear()


@pytest.mark.parametrize("mode", ["auto", "never"])
@pytest.mark.parametrize("engine", [True, False])
def test_blank_pages_are_called_blank(mode: Mode, engine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf(lambda sheet: None, lambda sheet: None)
    with nullcontext() if engine else no_engine(monkeypatch), pytest.raises(errors.BlankPages) as caught:
        scan(data, Ocr(mode))
    sentences = [say(language, "error_blank_pages", **caught.value.details) for language in ("zh", "en")]
    assert all("OCR" not in sentence and "scan.pdf" in sentence for sentence in sentences)


def test_a_blank_page_among_others_is_not_worth_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_engine(monkeypatch):
        document = scan(pdf(letters, lambda sheet: None), Ocr())
    assert document.warnings == [] and document.unread == ()


def test_a_scan_of_blank_sheets_found_nothing() -> None:
    pytest.importorskip("faster_paddle", reason="no OCR engine is installed")
    with pytest.raises(errors.OcrFoundNothing) as caught:
        scan(book([BLANK, BLANK]), Ocr("fast"))
    for language in ("zh", "en"):
        assert INSTALL not in say(language, f"error_{caught.value.code}", **caught.value.details)
    among_others = scan(book([letters, BLANK]), Ocr("fast"))
    assert among_others.unread == () and among_others.warnings == []


def test_a_drawing_without_words_is_for_the_reader_to_look_at() -> None:
    pytest.importorskip("faster_paddle", reason="no OCR engine is installed")
    document = scan(book([letters, drawing()]), Ocr("fast"))
    assert dict(document.warnings) == {"pages_without_text": {"pages": [2]}}
    assert document.unread == (2,)


def test_nothing_is_loaded_for_digital_files(tmp_path: Path) -> None:
    import subprocess

    path = tmp_path / "digital.pdf"
    path.write_bytes(pdf(letters))
    code = f"import sys, analyzer.reading as r; r.read({str(path)!r}); print([m for m in ('faster_paddle', 'scipy', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _png(page: Image.Image) -> bytes:
    target = BytesIO()
    page.save(target, "PNG")
    return target.getvalue()
