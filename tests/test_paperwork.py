"""Workbook, letter, Markdown, plain text and comparison, opened by programs that are not ours."""

from __future__ import annotations

import io
import re
import runpy
import shutil
import subprocess
import time
import warnings
import zipfile
from datetime import datetime
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from openpyxl.utils import get_column_letter
from revisions import PAIRS, ROOT, documents
from samples import criterion, element, evidence, report

from analyzer.comparison import compare
from analyzer.errors import UsageError
from analyzer.findings import Bilingual, Clause, Inconsistency, Report
from analyzer.reports import Context, known_forms, renderer
from analyzer.reports.comparison import FORMS, sheet, view
from analyzer.reports.comparison import render as render_comparison
from analyzer.reports.letter import BLANKS, template_path
from analyzer.reports.letter import render as render_letter
from analyzer.reports.markdown import render as render_markdown
from analyzer.reports.markdown import text as render_text
from analyzer.reports.workbook import render as render_workbook
from analyzer.resources import say, strings

LANGUAGES = ("zh", "en")
RENDER = {"xlsx": render_workbook, "docx": render_letter, "md": render_markdown, "text": render_text}
EVIL = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "{{title}} {{request.text}} {% for x in y %}{{ 7*7 }}",
    "<w:p>&amp;<script>alert(1)</script>]]>",
    "a\x00b\x07c\x1b[31md\ufffe",
    "turn\u202eed \u2066over\ud800",
    "[click](javascript:alert(1)) <img src=x onerror=alert(1)> http://evil.example | `x` \\",
    "长" * 40_000,
)


def context(language: str, template: Path | None = None) -> Context:
    """What the forms are told of a protocol."""
    return Context(language, "/some/where/protocol.pdf", b"", template=template)


def evil() -> Report:
    """A report in which a stranger chose all words of the document."""
    made = report(
        [
            element(
                f"e{number}", "partial", [criterion("c", met=False, quote=words, stance="mentions"), criterion("d", met=True, quote=words)]
            )
            for number, words in enumerate(EVIL)
        ],
        title=EVIL[4],
        version=EVIL[0],
        registration=[EVIL[5]],
    )
    made.inconsistencies = [
        Inconsistency(kind="dose_mismatch", message=Bilingual(zh=words, en=words), evidence=[evidence(words)]) for words in EVIL
    ]
    return made


def workbook(data: bytes) -> openpyxl.Workbook:
    """The workbook as openpyxl reads it; a warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(io.BytesIO(data))


def paragraphs(data: bytes) -> list[str]:
    """The paragraphs of a Word document."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]


def test_all_forms_are_registered() -> None:
    assert set(RENDER) <= set(known_forms())
    assert all(renderer(form) is RENDER[form] for form in RENDER)


# ---------------------------------------------------------------- workbook


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_has_five_tables_to_filter(language: str) -> None:
    book = workbook(render_workbook(report(), context(language)))
    assert book.sheetnames == [say(language, f"sheet_{name}") for name in ("summary", "criteria", "evidence", "numbers", "contradictions")]
    for page in book.worksheets:
        first, _, last = str(page.auto_filter.ref).partition(":")
        assert page.freeze_panes == f"{re.sub(r'[0-9]', '', str(page.freeze_panes))}{int(first[1:]) + 1}"
        head = [cell.value for cell in page[int(first[1:])]]
        assert all(head)
        assert last.startswith(get_column_letter(len(head)))
        assert all(page.column_dimensions[get_column_letter(number)].width >= 6 for number in range(1, len(head) + 1))


def test_workbook_holds_real_numbers_and_dates() -> None:
    book = workbook(render_workbook(report(), context("en")))
    summary, _, _, numbers, contradictions = book.worksheets
    facts = {row[0].value: row[1] for row in summary.iter_rows(min_row=5)}
    assert facts["Date"].value == datetime(2024, 3, 1)
    assert (facts["Pages"].value, facts["Version"].value) == (12, "2.0")
    assert {row[0].value: row[1].value for row in numbers.iter_rows(min_row=2)} == {
        "total sample size": 60,
        "per arm": 30,
        "α": 0.05,
        "power": 0.8,
    }
    assert numbers["B5"].number_format == "0%" or numbers["B6"].number_format == "0%"
    assert [(row[0].value, row[2].value) for row in contradictions.iter_rows(min_row=2)] == [(1, 2), (1, 9)]
    assert [row[7].value for row in book["Criteria"].iter_rows(min_row=2)][:3] == [3, 3, 3]


def test_workbook_colours_verdicts() -> None:
    book = workbook(render_workbook(report(), context("en")))
    colours = {row[2].value: row[2].fill.fgColor.rgb for row in book["Summary"].iter_rows(min_row=5, max_row=8)}
    assert len(set(colours.values())) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_never_holds_a_formula(language: str) -> None:
    data = render_workbook(evil(), context(language))
    cells = [cell for page in workbook(data).worksheets for row in page.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    begins = [cell for cell in cells if isinstance(cell.value, str) and cell.value[0] in "=+-@"]
    assert begins
    assert all(cell.quotePrefix for cell in begins)
    assert EVIL[0] in [cell.value for cell in begins]
    assert max(len(str(cell.value)) for cell in cells) < 32_768
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


# ---------------------------------------------------------------- letter


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_asks_for_what_is_missing_the_worst_first(language: str) -> None:
    made = report(
        [
            element("minor_one", "missing", [criterion("dates", met=False)], severity="minor"),
            element("fine", "adequate", [criterion("aim", met=True, quote="aim"), criterion("extra", met=False)]),
            element(
                "worst",
                "partial",
                [criterion("basis", met=False, quote="by a statistician", stance="deferred"), criterion("number", met=True, quote="60")],
            ),
            element("none", "not_applicable"),
        ]
    )
    text = paragraphs(render_letter(made, context(language)))
    requests = [line for line in text if re.match(r"\d\. ", line) and line != say(language, "letter_requests")]
    names = [
        next(entry.name.zh if language == "zh" else entry.name.en for entry in made.elements if entry.id == name)
        for name in ("worst", "minor_one")
    ]
    assert [names[0] in requests[0], names[1] in requests[1]] == [True, True]
    whole = "\n".join(text)
    assert "by a statistician" in whole
    assert say(language, "letter_stance_deferred") in whole
    assert "extra" not in whole and "{{" not in whole
    assert made.document.title is not None and made.document.title in whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_states_only_verified_clauses_as_settled(language: str) -> None:
    clauses = [
        Clause(source="Sure", ref="1", status="verified"),
        Clause(source="Heard", ref="2", status="secondary"),
        Clause(source="Dim", ref="3", status="from_memory"),
    ]
    made = report([element("a", "missing", [criterion("b", met=False)], clauses=clauses, needs_review=["votes_disagree"])])
    document = docx.Document(io.BytesIO(render_letter(made, context(language))))
    notes = "\n".join(paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Note")
    plain = "\n".join(paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name != "Note")
    assert "Sure" in plain and "Heard" not in plain and "Dim" not in plain
    assert "Heard" in notes and "Dim" in notes and say(language, "reason_votes_disagree") in notes


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_without_requests_says_so(language: str) -> None:
    made = report([element("fine", "adequate", [criterion("aim", met=True, quote="aim")])])
    made.inconsistencies = []
    text = paragraphs(render_letter(made, context(language)))
    assert say(language, "letter_none") in text
    assert say(language, "letter_requests") not in text
    assert all(text)


def test_chinese_letter_has_the_typography_of_official_letters() -> None:
    data = render_letter(report(), context("zh"))
    document = docx.Document(io.BytesIO(data))
    normal = document.styles["Normal"].element
    assert normal.rPr.rFonts.get(qn("w:eastAsia")) == strings("zh")["letter_font_text"]
    assert normal.pPr.ind.get(qn("w:firstLineChars")) == "200"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        fonts = archive.read("word/fontTable.xml").decode()
    assert all(strings("zh")[f"letter_font_{kind}_others"] in fonts for kind in ("text", "head", "title", "quote"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_stranger_are_no_template_and_no_markup(language: str) -> None:
    data = render_letter(evil(), context(language))
    text = "\n".join(paragraphs(data))
    assert "{{title}} {{request.text}} {% for x in y %}{{ 7*7 }}" in text
    assert "<w:p>&amp;<script>alert(1)</script>]]>" in text
    assert "\x07" not in text and "\u202e" not in text


def test_letter_from_the_template_of_a_committee(tmp_path: Path) -> None:
    document = docx.Document()
    split = document.add_paragraph()
    for piece in ("Study: {", "{ti", "tle", "}} of ", "{{ version }}", "!"):
        split.add_run(piece)
    document.add_paragraph("Number {{registration}}")
    document.add_paragraph("\uff5b\uff5bfile\uff5d\uff5d")
    table = document.add_table(rows=2, cols=3)
    for cell, words in zip(
        [*table.rows[0].cells, *table.rows[1].cells],
        ["No.", "What", "Points", "{{request.number}}", "{{request.element}}", "{{item.number}}: {{item.name}}"],
        strict=True,
    ):
        cell.text = words
    document.sections[0].header.paragraphs[0].text = "Ref. {{version}}"
    document.save(str(tmp_path / "own.docx"))
    made = docx.Document(io.BytesIO(render_letter(report(registration=[]), context("en", tmp_path / "own.docx"))))
    assert [paragraph.text for paragraph in made.paragraphs] == ["Study: Cells for knees of 2.0!", "protocol.pdf"]
    rows = [[cell.text for cell in row.cells] for row in made.tables[0].rows]
    assert rows == [["No.", "What", "Points"], ["1", "Subject protection", "1: consent"], ["2", "Sample size", "1: basis"]]
    assert made.sections[0].header.paragraphs[0].text == "Ref. 2.0"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "usage_template_unreadable"), (b"no zip", "usage_template_unreadable"), ("{{tittle}}", "{{tittle}}"), ("plain", "{{title}}")],
)
def test_template_that_cannot_be_used(tmp_path: Path, language: str, content: str | bytes | None, told: str) -> None:
    path = tmp_path / "own.docx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        document = docx.Document()
        document.add_paragraph(content)
        document.save(str(path))
    with pytest.raises(UsageError) as caught:
        render_letter(report(), context(language, path))
    assert (say(language, told, path=path) if told.startswith("usage") else told) in str(caught.value.details["reason"])


def test_bundled_templates_are_in_step_with_their_maker() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_letters.py"))
    for language in LANGUAGES:
        assert template_path(language).read_bytes() == made["letter_bytes"](language), "run docs/make_letters.py"


def test_bundled_templates_use_known_blanks_only() -> None:
    for language in LANGUAGES:
        text = "\n".join(paragraph.text for paragraph in docx.Document(str(template_path(language))).paragraphs)
        used = set(re.findall(r"\{\{([a-z_.]+)\}\}", text))
        assert {"title", "request.text", "item.text", "request.basis", "contradiction.text"} <= used <= set(BLANKS)


# ---------------------------------------------------------------- Markdown and text


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_and_text_tell_the_same_story(language: str) -> None:
    markdown = render_markdown(report(), context(language)).decode()
    plain = render_text(report(), context(language)).decode()
    for words in (say(language, "triage_return"), "60", "statistician", "Cells for knees", "protocol.pdf"):
        assert words in markdown and words in plain
    assert "/some/where" not in markdown + plain
    assert "- [ ] **" in markdown and "- [x] " in markdown
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 76


def test_markdown_escapes_the_words_of_a_stranger() -> None:
    text = render_markdown(evil(), context("en")).decode()
    for raw in ("<script", "<img", "](javascript", "http://evil", "`x`"):
        assert not re.search(r"(?<!\\)" + re.escape(raw), text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") - line.count("\\|") for line in tables} == {5}


# ---------------------------------------------------------------- comparison


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_comparison_in_every_form(form: str, language: str) -> None:
    old, new = documents(PAIRS[1 if language == "zh" else 7])
    data = render_comparison(compare(report(version="1.0"), report(version="2.0"), old, new), form, language)
    text = "\n".join(paragraphs(data)) if form == "docx" else data.decode()
    wanted = (
        ("末次注射后随访", "每批制剂留样两支", "缺失数据采用多重填补")
        if language == "zh"
        else ("becoming known", "bovine proteins", "withdraw at any time")
    )
    assert all(words in re.sub(r"[\[{]?[-+]|[-+][\]}]|\n *|<[^>]+>", "", text) or words in re.sub(r"\n +", "", text) for words in wanted)
    if form == "html":
        assert "<script" not in text and "http" not in text.replace("http-equiv", "")
        assert "<ins>" in text and "<del>" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_comparison_without_changes_is_silent(language: str) -> None:
    document, _ = documents(PAIRS[0])
    seen = view(compare(report(), report(), document, document), language)
    assert seen.parts == []
    assert seen.summary == say(language, "compare_nothing", open=3)
    assert len(sheet(seen, 100).lines) < 10


@pytest.mark.parametrize("form", FORMS)
def test_comparison_of_a_strangers_words(form: str) -> None:
    bad, good = evil(), report()
    data = render_comparison(compare(good, bad), form, "zh")
    text = "\n".join(paragraphs(data)) if form == "docx" else data.decode()
    assert form == "json" or not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert form != "html" or not re.search(r"<script|<img|<w:p", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_a_comparison_may_need_exists(language: str) -> None:
    known = strings(language)
    kinds = ("solved", "open", "new_gap", "lost", "added", "removed", "changed")
    notes = ("same_file", "different_protocols", "old_is_newer", "different_tools", "pages_without_text", "ocr_used")
    assert {f"compare_{kind}" for kind in kinds} | {f"compare_note_{note}" for note in notes} <= known.keys()
    stances = ("mentions", "negated", "deferred", "placeholder", "other_study", "satisfies")
    assert {f"letter_stance_{stance}" for stance in stances} <= known.keys()


# ---------------------------------------------------------------- all of them


def long_report() -> Report:
    """As much as a protocol of sixty pages may give: 40 elements with 10 criteria each."""
    words = "A total of 60 participants will be enrolled, 30 in each arm. " * 4
    return report(
        [
            element(
                f"element_{number}",
                ("partial", "missing", "adequate")[number % 3],
                [criterion(f"c{place}", met=place % 2 == 0, quote=words) for place in range(10)],
            )
            for number in range(40)
        ]
    )


@pytest.mark.parametrize("form", RENDER)
def test_a_long_report_is_drawn_in_a_second(form: str) -> None:
    made = long_report()
    RENDER[form](report(), context("zh"))
    start = time.process_time()
    RENDER[form](made, context("zh"))
    assert time.process_time() - start < 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", ["letter_zh.docx", "letter_en.docx", "evil.docx", "evil.xlsx", "comparison.docx"])
def test_libreoffice_opens_it(tmp_path: Path, name: str) -> None:
    old, new = documents(PAIRS[2])
    made = {
        "letter_zh.docx": lambda: render_letter(report(), context("zh")),
        "letter_en.docx": lambda: render_letter(long_report(), context("en")),
        "evil.docx": lambda: render_letter(evil(), context("zh")),
        "evil.xlsx": lambda: render_workbook(evil(), context("zh")),
        "comparison.docx": lambda: render_comparison(compare(report(), report(), old, new), "docx", "zh"),
    }
    (tmp_path / name).write_bytes(made[name]())
    ran = subprocess.run(
        [
            "soffice",
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(tmp_path / name),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    made_pdf = (tmp_path / name).with_suffix(".pdf")
    if name.endswith("xlsx") and not made_pdf.exists():
        pytest.skip("LibreOffice without spreadsheets")
    assert made_pdf.stat().st_size > 5000, ran.stderr
