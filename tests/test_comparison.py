"""Two versions of a protocol: what changed is told, and nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from pdfs import SONG, Sheet, pdf, wrapped
from revisions import PAIRS, ROOT, Edit, Pair, documents, original, revised
from samples import criterion, element, evidence, report

from analyzer import cli
from analyzer.comparison import Comparison, TextChange, compare, pieces
from analyzer.document import Document
from analyzer.findings import Bilingual, ConditionFinding, Inconsistency, Report, Values
from analyzer.readers import Wanted
from analyzer.reading import read
from analyzer.resources import say
from analyzer.segmentation import segment
from analyzer.text import language_of
from analyzer.training.corpus import SheetLine, protocol_of


def squeezed(words: str | None) -> str:
    """Words without white space and the rules of a table."""
    return re.sub(r"[\s|]", "", words or "")


def tells_of(change: TextChange, edit: Edit) -> bool:
    """Whether a change that was found is this edit."""
    kind = "added" if edit.old is None else "removed" if edit.new is None else "changed"
    return change.kind == kind and squeezed(edit.old) in squeezed(change.old) and squeezed(edit.new) in squeezed(change.new)


def text_changes(old: Document, new: Document) -> list[TextChange]:
    """Every change of a sentence, row or heading."""
    same = report()
    return [change for section in compare(same, same, old, new).sections for change in section.changes]


def test_known_changes_are_found_and_nothing_else() -> None:
    assert len(PAIRS) == 12
    edits = found = right = 0
    for pair in PAIRS:
        assert 3 <= len(pair.edits) <= 8
        changes = text_changes(*documents(pair))
        edits += len(pair.edits)
        found += len(changes)
        right += sum(any(tells_of(change, edit) for change in changes) for edit in pair.edits)
    assert right / edits >= 0.95, f"recall {right}/{edits}"
    assert right / found >= 0.95, f"precision {right}/{found}"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.base)
def test_a_change_stands_under_its_heading(pair: Pair) -> None:
    old, new = documents(pair)
    for section in compare(report(), report(), old, new).sections:
        for change in section.changes:
            body = {squeezed(text) for text in _under(new, section.new_heading)} | {
                squeezed(text) for text in _under(old, section.old_heading)
            }
            assert any(squeezed(change.new or change.old) in text for text in body)


def _under(document: Document, heading: str | None) -> list[str]:
    return [document.text[part.start : part.end] for part in document.sections if part.heading == heading] or [document.text]


@pytest.mark.parametrize("base", sorted({pair.base for pair in PAIRS}))
def test_a_protocol_and_itself_with_other_numbers_in_another_order_say_the_same(base: str) -> None:
    meta, lines = original(base)
    headings = [line.text for line in lines if line.level and line.canonical not in ("title_page", "toc")]
    other = revised(lines, Pair(base, (), shift=2, moved=headings[len(headings) // 2]))
    compared = compare(report(), report(), protocol_of(meta, lines).document, protocol_of(meta, other).document)
    assert compared.sections == []
    assert compared.nothing_changed


# ---------------------------------------------------------------- layouts

PROSE = {
    language: [line for line in original(base)[1] if not line.text.startswith("|")]
    for language, base in (("zh", "knee_zh"), ("en", "fistula_en"))
}


def laid_out(lines: list[SheetLine], language: str, *, width: float, size: float, per_page: int) -> bytes:
    """A PDF of these lines, in a column of this width, with a page number at the foot."""
    font = SONG if language == "zh" else "Helvetica"
    rows: list[tuple[str, float]] = []
    for line in lines:
        scale = size * 1.4 if line.level else size
        if language == "zh":
            room = int(width / scale)
            broken = [line.text[at : at + room] for at in range(0, len(line.text), room)]
        else:
            broken = wrapped(line.text, width, scale, font)
        rows += [(piece, scale) for piece in broken] + [("", size)]

    def page(start: int, sheet: Sheet) -> None:
        y = 70.0
        for words, scale in rows[start : start + per_page]:
            sheet.text(70, y, words, scale, font)
            y += scale * 1.5 if words else scale * 0.8
        sheet.text(290, 815, str(start // per_page + 1), 9)

    return pdf(*(lambda sheet, start=start: page(start, sheet) for start in range(0, len(rows), per_page)))


def as_read(data: bytes) -> Document:
    """The document with sections that only the vocabulary names."""
    document = read("made.pdf", data)
    document.language = language_of(document.text)
    document.sections = segment(document, lambda title, above, previous: "other")
    return document


@pytest.mark.parametrize("language", ["zh", "en"])
def test_another_layout_is_no_change_and_a_change_is_found_in_it(language: str) -> None:
    lines = PROSE[language]
    wide = as_read(laid_out(lines, language, width=450, size=10.5, per_page=42))
    narrow = as_read(laid_out(lines, language, width=330, size=12, per_page=36))
    assert len(narrow.pages) > len(wide.pages) > 1
    assert text_changes(wide, narrow) == []
    old, new = {"zh": ("24小时内报告", "12小时内报告"), "en": ("within 24 hours of", "within 48 hours of")}[language]
    edited = [SheetLine(line.text.replace(old, new), line.level, line.canonical) for line in lines]
    (change,) = text_changes(wide, as_read(laid_out(edited, language, width=330, size=12, per_page=36)))
    assert new in squeezed(change.new) or new in (change.new or "")
    assert change.old_page is not None
    assert squeezed(change.old)[:12] in squeezed(wide.pages[change.old_page - 1].raw) + squeezed(wide.pages[change.old_page].raw)


def test_words_joined_and_hyphenated_otherwise_are_the_same() -> None:
    def made(*lines: str) -> Document:
        return protocol_of(
            {"id": "x", "voice": "", "language": "en"}, [SheetLine("1. Design", 1, "design"), *map(SheetLine, lines)]
        ).document

    whole = made("A double-blind trial of intra-articular cells, see Section 4.2 for the doses.", "The follow-up lasts a year.")
    cut = made("A double-", "blind trial of intraarticular cells,", "see Section 5.3 for the doses. The follow-up lasts a year.")
    assert text_changes(whole, cut) == []


def test_a_sentence_that_stood_twice_and_was_changed_once_is_told() -> None:
    def made(first: str, second: str) -> Document:
        lines = [SheetLine("Synopsis", 1, "synopsis"), SheetLine(first), SheetLine("Sample size", 1, "sample_size"), SheetLine(second)]
        return protocol_of({"id": "x", "voice": "", "language": "en"}, lines).document

    (change,) = text_changes(made("We enrol 60 adults.", "We enrol 60 adults."), made("We enrol 60 adults.", "We enrol 72 adults."))
    assert (change.old, change.new) == ("We enrol 60 adults.", "We enrol 72 adults.")
    assert pieces(change) == [("same", "We enrol "), ("old", "60"), ("new", "72"), ("same", " adults.")]


def test_added_removed_and_renamed_sections() -> None:
    def made(*lines: tuple[str, int]) -> Document:
        return protocol_of(
            {"id": "x", "voice": "", "language": "en"}, [SheetLine(text, level, "other" if level else "") for text, level in lines]
        ).document

    aim = ("The aim is to assess the safety of the cells in adults with arthritis.", 0)
    old = made(("1. Aims", 1), aim, ("2. Budget", 1), ("The hospital pays for the scans and the cells.", 0))
    new = made(("1. Objectives", 1), aim, ("2. Insurance", 1), ("All participants are insured against harm by the sponsor.", 0))
    sections = compare(report(), report(), old, new).sections
    assert [(part.kind, part.old_heading, part.new_heading) for part in sections] == [
        ("changed", "1. Aims", "1. Objectives"),
        ("removed", "2. Budget", None),
        ("added", None, "2. Insurance"),
    ]
    assert [(change.heading, change.kind) for change in sections[0].changes] == [(True, "changed")]


def test_different_protocols_are_told_apart() -> None:
    meta, lines = original("knee_zh")
    _, others = original("zh-a01")
    documents_ = [protocol_of(meta, part).document for part in (lines, others)]
    assert "different_protocols" in compare(report(sha256="1" * 64), report(), *documents_).notes


def test_a_long_pair_is_compared_in_seconds() -> None:
    pair = Pair("en-a01", ())
    meta, lines = original(pair.base)
    long = [SheetLine(f"{line.text} ({copy})", line.level, line.canonical) for copy in range(10) for line in lines]
    other = [
        SheetLine(line.text.replace("the", "a") if index % 9 == 0 else line.text, line.level, line.canonical)
        for index, line in enumerate(long)
    ]
    old, new = protocol_of(meta, long).document, protocol_of(meta, other).document
    assert len(old.text) > 150_000
    start = time.process_time()
    compare(report(), report(), old, new)
    assert time.process_time() - start < 3


# ---------------------------------------------------------------- what the reports say


def versions() -> tuple[Report, Report]:
    """Two reports with one criterion of each fate."""
    old = report(
        [
            element("sample_size", "partial", [criterion("number", met=True, quote="60 adults"), criterion("basis", met=False)]),
            element("outcomes", "adequate", [criterion("timing", met=True, quote="at week 24"), criterion("blinding", met=False)]),
            element("cell_source", "not_applicable"),
        ],
        version="1.0",
    )
    new = report(
        [
            element(
                "sample_size",
                "adequate",
                [criterion("number", met=True, quote="72 adults"), criterion("basis", met=True, quote="by formula")],
            ),
            element("outcomes", "partial", [criterion("timing", met=False), criterion("blinding", met=False)]),
            element("cell_source", "missing", [criterion("donor", met=False)]),
        ],
        version="2.0",
    )
    old.values, new.values = Values(sample_size_total=60, power=0.8), Values(sample_size_total=72, power=0.8)
    old.value_evidence, new.value_evidence = (
        {"sample_size_total": [evidence("60 adults", 2)]},
        {"sample_size_total": [evidence("72 adults", 3)]},
    )
    new.inconsistencies = [Inconsistency(kind="arms_mismatch", message=Bilingual(zh="组数不一致", en="Arms differ"), evidence=[])]
    name = Bilingual(zh="有对照组", en="controlled")
    old.conditions = [ConditionFinding(id="controlled", name=name, holds=False, certain=True, evidence=[])]
    new.conditions = [ConditionFinding(id="controlled", name=name, holds=True, certain=True, evidence=[])]
    return old, new


def test_fates_of_gaps_verdicts_values_conditions_and_contradictions() -> None:
    found = compare(*versions())
    assert {(change.criterion, change.status) for change in found.criteria} == {
        ("basis", "solved"),
        ("timing", "lost"),
        ("blinding", "open"),
        ("donor", "new_gap"),
    }
    assert {(change.element, change.old, change.new) for change in found.verdicts} == {
        ("sample_size", "partial", "adequate"),
        ("outcomes", "adequate", "partial"),
        ("cell_source", "not_applicable", "missing"),
    }
    assert [(change.name, change.old, change.new) for change in found.values] == [("version", "1.0", "2.0"), ("sample_size_total", 60, 72)]
    assert [(change.condition, change.old, change.new) for change in found.conditions] == [("controlled", False, True)]
    assert [(change.kind, change.status) for change in found.contradictions] == [
        ("arms_mismatch", "new_gap"),
        ("sample_size_mismatch", "solved"),
    ]
    assert not found.text_compared


def test_a_report_compared_with_itself_has_open_gaps_only() -> None:
    old, _ = versions()
    found = compare(old, old)
    assert found.nothing_changed
    assert {change.status for change in found.criteria} == {"open"}


def test_another_judgement_of_the_same_words_is_marked_or_left_out() -> None:
    old, new = documents(PAIRS[0])
    before = report([element("a", "missing", [criterion("aim", met=False)])])
    after = report([element("a", "adequate", [criterion("aim", met=True, quote="评价关节腔注射人脐带间充质干细胞与生理盐水相比")])])
    (change,) = compare(before, after, old, new).criteria
    assert (change.status, change.same_words) == ("solved", True)
    assert compare(before, after, old, old).nothing_changed


def test_comparison_survives_json() -> None:
    found = compare(*versions())
    assert Comparison.model_validate(json.loads(found.model_dump_json())) == found


# ---------------------------------------------------------------- the verb


class Pretended:
    """An analyzer that reads, and judges all alike."""

    def read(self, path: str, data: bytes | None = None, password: str | None = None) -> Document:
        """The document with the sections that the vocabulary knows."""
        document = read(path, data, password)
        document.language = language_of(document.text)
        document.sections = segment(document, lambda title, above, previous: "other")
        return document

    def report(self, document: Document) -> Report:
        """A report with the facts of the document."""
        return report(path=document.path, sha256=document.sha256, language=document.language, pages=len(document.pages))


@pytest.fixture
def two_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``old.pdf``, ``new.pdf`` and ``bad.pdf``."""
    lines = PROSE["en"]
    edited = [SheetLine(line.text.replace("18 to 70", "18 to 75"), line.level, line.canonical) for line in lines]
    for name, made in (("old", lines), ("new", edited)):
        (tmp_path / f"{name}.pdf").write_bytes(laid_out(made, "en", width=450, size=10.5, per_page=42))
    (tmp_path / "bad.pdf").write_bytes(b"no PDF")
    monkeypatch.setattr(Wanted, "analyzer", lambda *_: Pretended())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compare_on_the_terminal_and_in_files(two_versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "old.pdf", "new.pdf", "--lang", "en"]) == 0
    assert "Age 18 to [-70-]{+75+} years (p. 1)" in capsys.readouterr().out
    for name, begins in (("out.html", b"<!DOCTYPE html>"), ("out.json", b"{"), ("out.docx", b"PK"), ("out.txt", b"What changed")):
        assert cli.main(["compare", "old.pdf", "new.pdf", "-o", name]) == 0
        assert (two_versions / name).read_bytes().startswith(begins)
    assert cli.main(["compare", "old.pdf", "new.pdf", "--format", "json"]) == 0
    found = Comparison.model_validate_json(capsys.readouterr().out)
    assert [change.new for section in found.sections for change in section.changes] == ["Age 18 to 75 years"]


def test_compare_with_itself_is_silent(two_versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "old.pdf", "old.pdf", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert say("zh", "compare_nothing", open=3) in out
    assert say("zh", "compare_gaps") not in out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["old.pdf"], 2),
        (["old.pdf", "new.pdf", "--format", "xlsx"], 2),
        (["old.pdf", "new.pdf", "-o", "new.pdf"], 2),
        (["old.pdf", "new.pdf", "-o", "no/where.html"], 2),
        (["old.pdf", "."], 2),
        (["old.pdf", "none.pdf"], 3),
        (["old.pdf", "bad.pdf"], 3),
    ],
)
def test_compare_refuses_in_a_sentence(two_versions: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int) -> None:
    before = (two_versions / "new.pdf").read_bytes()
    assert cli.main(["compare", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.count("\n") == 1
    assert (two_versions / "new.pdf").read_bytes() == before


def test_examples_in_the_repository_compare_with_themselves() -> None:
    for path in sorted((ROOT / "examples").glob("*.pdf")):
        document = as_read(path.read_bytes())
        assert text_changes(document, as_read(path.read_bytes())) == []
