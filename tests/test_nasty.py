"""Broken, misleading and hostile files: what is in ``tests/nasty``, and what is too big to be kept there."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from nasty.cases import FOLDER, Case
from nasty.every import CASES
from nasty.locked import OWNER, USER, encrypted
from nasty.make import HERE, with_table
from nasty.paper import Paper, lines
from nasty.text_layers import BODY, HIDDEN, ZH, ZH_TRADITIONAL

from analyzer import errors, limits
from analyzer.document import Document
from analyzer.findings import Report
from analyzer.ocr import Ocr
from analyzer.pipeline import Analyzer
from analyzer.reading import read
from analyzer.reading.pdf import PdfFile
from analyzer.resources import say

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
FIRST = " ".join(BODY)


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    """With the smallest pack, and scans left unread."""
    return Analyzer("mini", ocr=Ocr("never"))


def document(name: str) -> Document:
    """A nasty file as it is read."""
    return read(FOLDER / name, ocr=Ocr("never"))


def warned(made: Document) -> dict[str, dict[str, object]]:
    """The warnings of a document by their codes."""
    return dict(made.warnings)


def outcome_of(path: Path, analyzer: Analyzer) -> Report | errors.AnalyzerError:
    """The report, or the failure."""
    try:
        return analyzer.analyze(path)
    except errors.AnalyzerError as error:
        return error


# --- every file


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_file_comes_to_its_outcome(case: Case, analyzer: Analyzer) -> None:
    outcome = outcome_of(case.path, analyzer)
    if isinstance(outcome, Report):
        assert "report" in case.outcomes
        assert not CONTROL.search(json.dumps(outcome.model_dump(mode="json"), ensure_ascii=False, allow_nan=False))
    else:
        assert outcome.code in case.outcomes
        sentences = [say(language, f"error_{outcome.code}", **outcome.details) for language in ("zh", "en")]
        assert all(sentence.startswith(str(case.path)) for sentence in sentences)


def test_the_files_are_those_that_are_told_of() -> None:
    assert len(CASES) >= 70
    assert sorted(case.name for case in CASES) == sorted(path.name for path in FOLDER.iterdir())
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000
    assert (HERE / "README.md").read_text("utf-8") == with_table((HERE / "README.md").read_text("utf-8"))


# --- text layers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((f"cid_{cmap}.pdf", ZH) for cmap in ("gbk_euc_h", "gb_euc_h", "unigb_ucs2_h", "gbk2k_h")),
        *((f"cid_{cmap}.pdf", ZH_TRADITIONAL) for cmap in ("b5pc_h", "eten_b5_h", "unicns_utf16_h")),
        ("type_3.pdf", "Objectives: safety of cells"),
        ("ligatures.pdf", "The efficacy was confirmed and briefly described\nSafety findings were confirmed and briefly told"),
        ("stacked.pdf", "研究目的与意义"),
        ("double_lines.pdf", f"1. Study objectives\n{FIRST}"),
        ("double_letters.pdf", f"研究目的\n{ZH}"),
        ("turned_left.pdf", FIRST),
        ("turned_right.pdf", FIRST),
        ("white_on_dark.pdf", f"{HIDDEN}\n{FIRST}"),
        ("form_fields.pdf", f"{FIRST}\nSample size:\nThe sample size is 60 adults, 30 in each group."),
    ],
)
def test_text_that_is_drawn_oddly_is_read_rightly(name: str, expected: str) -> None:
    made = document(name)
    assert made.text.strip() == expected
    assert made.warnings == []


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("spaced_zh.pdf", ["一、研究目的", "二、 样本量"]),
        ("spaced_en.pdf", ["1. OBJECTIVES", "STUDY DESIGN"]),
        ("tracked.pdf", ["1. OBJECTIVES"]),
    ],
)
def test_headings_set_apart_are_words_and_headings(name: str, headings: list[str], analyzer: Analyzer) -> None:
    made = analyzer.read(FOLDER / name)
    assert [section.heading for section in made.sections] == headings
    assert made.sections[0].canonical == "objectives"
    first = made.sections[0]
    assert made.quote(first.start, first.start + len(headings[0])) == headings[0]
    (box,) = made.rects(first.start, first.start + len(headings[0]))
    assert box.x0 == pytest.approx(72, abs=2) and box.x1 > 130


def test_columns_of_vertical_writing_are_read_from_right_to_left() -> None:
    text = document("vertical.pdf").text.replace("\n", "")
    assert text == "一、研究目的本研究的主要目的是评价间充质干细胞治疗膝骨关节炎的安全性与有效性。"


def test_words_between_those_written_from_right_to_left_stay_as_they_are() -> None:
    text = document("right_to_left.pdf").text
    assert "The term" in text and "means protocol, dose 10 mg" in text and "dose 20 mg daily" in text


def test_text_that_stands_on_its_head_keeps_its_words() -> None:
    text = document("upside_down.pdf").text
    assert text.replace("\n", " ").strip() == FIRST


@pytest.mark.parametrize("name", ["invisible", "clip_only", "white", "white_in_a_line", "transparent", "tiny", "off_the_page"])
def test_what_nobody_sees_is_no_evidence_and_is_told(name: str) -> None:
    made = document(f"{name}.pdf")
    assert "Hidden" not in made.text and FIRST in made.text
    assert "Hidden" not in made.pages[0].raw
    assert warned(made) == {"hidden_text": {"pages": [1]}}
    assert ("Sixty adults are enrolled." in made.text) == (name == "white_in_a_line")


@pytest.mark.parametrize("name", ["ocr_layer.pdf", "under_a_picture.pdf"])
def test_the_text_of_a_picture_is_read(name: str) -> None:
    made = document(name)
    assert made.text.count("primary objective") == 4 and made.warnings == []


@pytest.mark.parametrize("name", ["map_in_cipher.pdf", "map_to_private_use.pdf", "cid_unigb_utf8_h.pdf"])
def test_letters_that_mean_nothing_are_not_taken_for_text(name: str) -> None:
    with pytest.raises(errors.NoTextLayer):
        document(name)


# --- damage


@pytest.mark.parametrize(
    "name",
    [case.name for case in CASES if case.must == "the text is read" and case.outcomes == {"report"} and "damaged" in case.make.__module__],
)
def test_damage_that_can_be_overcome_costs_no_text(name: str) -> None:
    assert "The primary objective of this study is to assess the safety of the cells" in document(name).text


def test_the_revised_text_is_read() -> None:
    text = document("revised.pdf").text
    assert "revised objective" in text and "primary objective" not in text


def test_pages_that_are_lost_are_named() -> None:
    assert warned(document("page_missing.pdf"))["pages_without_text"] == {"pages": [2]}
    assert warned(document("count_too_high.pdf"))["pages_without_text"] == {"pages": [2, 3, 4, 5]}


def test_a_file_cut_short_is_mended_and_this_is_told() -> None:
    for name in ("cut_tail.pdf", "cut_in_half.pdf"):
        made = document(name)
        assert "primary objective" in made.text and "mended" in warned(made)


def test_a_file_cut_short_of_which_nothing_is_left_is_damaged_and_not_blank() -> None:
    whole = small()
    for rest in (whole[: whole.index(b"stream")] + whole[whole.index(b"/Type/Catalog") - 20 :][:60], encrypted(whole, "AES-256")[:-200]):
        with pytest.raises(errors.DamagedPdf):
            read("cut.pdf", rest, password=USER)


def test_a_page_too_large_to_be_drawn_is_drawn_coarser() -> None:
    assert limits.drawing_scale(595, 842, 1.6) == 1.6
    scale = limits.drawing_scale(20_000, 20_000, 1.6)
    assert scale is not None and (20_000 * scale) ** 2 <= 1.001 * limits.Limits().pixels
    assert limits.drawing_scale(0, 842, 1.6) is None and limits.drawing_scale(float("nan"), 842, 1.6) is None
    assert limits.drawing_scale(0.01, 3_000_000, 1.6) is None


# --- what files carry


def test_what_a_file_carries_is_told() -> None:
    assert warned(document("attached.pdf"))["attached_files"] == {"names": "consent form.docx"}
    assert "\x1b" not in str(warned(document("attached_evil_name.pdf")))
    assert "scripts" in warned(document("scripts.pdf")) and "scripts" in warned(document("launch.pdf"))
    assert "dynamic_form" in warned(document("xfa_static.pdf"))
    with pytest.raises(errors.Portfolio) as caught:
        document("portfolio.pdf")
    assert caught.value.details["names"] == "protocol.pdf" and caught.value.details["count"] == 1


# --- passwords


@pytest.mark.parametrize("name", ["rc4_40", "rc4_128", "aes_128", "aes_256"])
@pytest.mark.parametrize("password", [USER, OWNER])
def test_either_password_opens_a_file(name: str, password: str) -> None:
    path = FOLDER / f"user_{name}.pdf"
    assert "primary objective" in read(path, password=password).text
    with pytest.raises(errors.WrongPassword):
        read(path, password="wrong")


def test_a_password_for_a_file_without_one_does_no_harm() -> None:
    assert read(FOLDER / "revised.pdf", password="any").text


# --- limits


def small() -> bytes:
    """A file of two pages."""
    paper = Paper()
    for _ in range(2):
        paper.page(lines(80, BODY))
    return paper.file()


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("pages=1", errors.OverPages),
        ("page_characters=20", errors.OverPageCharacters),
        ("characters=150", errors.OverCharacters),
        ("page_objects=1", errors.OverPageObjects),
    ],
)
def test_going_over_a_limit_is_a_failure_of_its_name(
    setting: str, error: type[errors.LimitExceeded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.VARIABLE, setting)
    with pytest.raises(error) as caught:
        read("small.pdf", small())
    name, _, number = setting.partition("=")
    assert caught.value.code == f"over_{name}" and caught.value.details["limit"] == int(number)
    for language in ("zh", "en"):
        sentence = say(language, f"error_{caught.value.code}", **caught.value.details)
        assert number in sentence and f"--limit {name}=" in sentence


def test_a_file_larger_than_allowed_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.pdf"
    path.write_bytes(small() + bytes(3 << 20))
    monkeypatch.setenv(limits.VARIABLE, "file_megabytes=2")
    with pytest.raises(errors.OverFileMegabytes):
        read(path)
    with pytest.raises(errors.OverFileMegabytes):
        PdfFile(path.read_bytes(), None, "large.pdf")


def test_every_limit_has_its_failure_or_binds_silently() -> None:
    codes = {error.code for error in errors.LimitExceeded.__subclasses__()}
    assert codes == {f"over_{name}" for name in limits.NAMES} & codes
    assert {f"over_{name}" for name in ("file_megabytes", "pages", "characters", "seconds", "total_seconds", "megabytes")} <= codes


def test_limits_come_from_the_environment_and_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.VARIABLE, "pages=7, seconds=9")
    assert (limits.current().pages, limits.current().seconds) == (7, 9)
    limits.change(["pages=8"])
    assert (limits.current().pages, limits.current().seconds) == (8, 9)
    for wrong in ("pages", "pages=", "pages=-1", "pages=0", "pages=1e9", "paages=3", "pages=" + "9" * 30):
        with pytest.raises(limits.BadLimit):
            limits.change([wrong])


# --- what is too big to be kept


def packed(unit: bytes, megabytes: int) -> bytes:
    """So many megabytes of a repeated drawing, packed to next to nothing."""
    packer = zlib.compressobj(9)
    block = unit * ((1 << 20) // len(unit))
    return b"".join([*(packer.compress(block) for _ in range(megabytes)), packer.flush()])


def bomb(unit: bytes, megabytes: int) -> bytes:
    """A page whose drawing unpacks to so much."""
    paper = Paper()
    data = packed(unit, megabytes)
    drawing = paper.add(b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(data), data))
    paper.bare_page(b"/Contents %d 0 R/MediaBox[0 0 595 842]" % drawing)
    return paper.file()


def doubling_forms() -> bytes:
    """Thirty forms, each of which draws the next one twice: a billion drawings in six kilobytes."""
    paper = Paper()
    number = paper.stream(lines(80, BODY), b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</Font<<%b>>>>" % paper.fonts)
    for _ in range(30):
        number = paper.stream(b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</X %d 0 R>>>>" % number)
    paper.page(b"/X Do", b"/XObject<</X %d 0 R>>" % number)
    return paper.file()


def empty_pages(count: int) -> bytes:
    """A file of nothing but pages."""
    paper = Paper()
    drawing = paper.stream(b"")
    for _ in range(count):
        paper.bare_page(b"/Contents %d 0 R/MediaBox[0 0 595 842]" % drawing)
    return paper.file()


def many_objects(count: int) -> bytes:
    """A page among this many objects that nobody asks for."""
    paper = Paper()
    paper.page(lines(80, BODY))
    paper.objects += [b"null"] * count
    return paper.file()


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (lambda: bomb(b" ", 400), {"blank_pages", "no_text_layer", "over_megabytes"}),
        (lambda: bomb(b"q ", 30), {"over_megabytes"}),
        (lambda: bomb(b"BT /F 9 Tf 9 9 Td (a) Tj ET ", 60), {"over_megabytes", "over_seconds"}),
        (doubling_forms, {"over_megabytes", "over_seconds"}),
        (lambda: empty_pages(10_000), {"over_pages"}),
        (lambda: many_objects(1_000_000), {"report"}),
    ],
    ids=["a bomb of blanks", "a bomb of states", "a bomb of words", "doubling forms", "ten thousand pages", "a million objects"],
)
def test_check_gives_up_in_time_and_goes_on_with_the_next_file(
    make: Callable[[], bytes], codes: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from analyzer import cli

    path = tmp_path / "bomb.pdf"
    path.write_bytes(make())
    monkeypatch.setenv(limits.VARIABLE, "")
    allowed = ("--limit", "megabytes=500", "--limit", "seconds=15")
    status = cli.main(
        ["check", str(path), str(FOLDER / "revised.pdf"), "-q", "--pack", "mini", "--ocr", "never", "--format", "jsonl", *allowed]
    )
    bombed, whole = map(json.loads, capfd.readouterr().out.splitlines())
    assert bombed.get("error", {"code": "report"})["code"] in codes
    assert status == (0 if codes == {"report"} else 3)
    assert "document" in whole and "error" not in whole


def test_a_limit_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    from analyzer import cli

    path = tmp_path / "pages.pdf"
    path.write_bytes(empty_pages(3_500))
    monkeypatch.setenv(limits.VARIABLE, "")
    for more, code in (([], "over_pages"), (["--limit", "pages=4000"], "blank_pages")):
        assert cli.main(["check", str(path), "--pack", "mini", "--ocr", "never", "--format", "json", *more]) == 3
        assert json.loads(capfd.readouterr().out)["error"]["code"] == code
    assert cli.main(["check", str(path), "--limit", "pages=many"]) == 2
    assert "pages=many" in capfd.readouterr().err


def test_an_encrypted_copy_can_be_made_again_for_other_tests() -> None:
    assert encrypted(small(), "AES-256") == encrypted(small(), "AES-256")
    assert BytesIO(encrypted(small(), "AES-256")).read(5) == b"%PDF-"
