"""Word files are read as Word shows them, and as a PDF printed from them would be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from word_files import cell, item, levels, numbering, p, r, table, twin, word

from analyzer import errors
from analyzer.document import Document
from analyzer.findings import Report
from analyzer.pipeline import Analyzer
from analyzer.quoting import evidence_of
from analyzer.reading import read
from analyzer.segmentation import segment

EXAMPLES = Path(__file__).parent.parent / "examples"


def document(*body: str, parts: Mapping[str, str] | None = None, extra: Mapping[str, bytes] | None = None) -> Document:
    """What is read from a Word file with this body."""
    return read("plan.docx", word("".join(body), parts, extra))


def lines(*body: str, parts: Mapping[str, str] | None = None) -> list[str]:
    """The lines of its text."""
    return document(*body, parts=parts).text.splitlines()


def bare(text: str) -> str:
    """Text without white space."""
    return "".join(text.split())


def headings(made: Document) -> list[tuple[int, str]]:
    """The headings with their levels."""
    return [(section.level, section.heading) for section in segment(made, lambda title, above, previous: "other")]


BODY = "The study will be carried out in one hospital, and every participant is followed up for a whole year."


# --- headings and numbers


def test_headings_are_told_by_their_style_and_level() -> None:
    made = document(p("Background", style="1"), p(BODY), p("Earlier work", style="2"), p(BODY), p("Patients", style="1"), p(BODY))
    assert headings(made) == [(1, "Background"), (2, "Earlier work"), (1, "Patients")]


def test_an_outline_level_makes_a_heading_of_a_line_that_looks_like_any_other() -> None:
    made = document(p(BODY), p("What we know", properties='<w:outlineLvl w:val="0"/>'), p(BODY), p("What we do not know"), p(BODY))
    assert headings(made) == [(1, "What we know")]


def test_a_sentence_set_as_a_heading_is_none() -> None:
    assert headings(document(p("Aim", style="1"), p("本研究评价细胞输注的安全性，随访一年。", style="2"), p(BODY))) == [(1, "Aim")]


def test_numbers_are_shown_as_word_shows_them() -> None:
    lists = numbering(
        levels(("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."), ("decimalEnclosedCircle", "%4")),
        levels(("decimal", "%1"), ("decimal", "%1.%2"), ("decimal", "%1.%2.%3")),
        levels(("upperRoman", "%1."), ("lowerLetter", "%2)")),
        levels(("chineseCountingThousand", "第%1章"), ("decimal", "%1.%2"), more={1: "<w:isLgl/>"}),
        levels(("bullet", "\uf0b7"), ("bullet", "–")),
    )
    body = [
        *(item("a", 0, 1) for _ in range(10)), item("a", 0, 1), item("b", 1, 1), item("b", 1, 1), item("c", 2, 1), item("d", 3, 1),
        item("a", 0, 1), item("b", 1, 1),
        item("a", 0, 2), item("b", 1, 2), item("c", 2, 2), item("c", 2, 2), item("b", 1, 2), item("c", 2, 2),
        item("a", 0, 3), item("b", 1, 3), item("a", 0, 4), item("a", 0, 4), item("b", 1, 4), item("a", 0, 5), item("b", 1, 5),
    ]  # fmt: skip
    expected = (
        "一、a 二、a 三、a 四、a 五、a 六、a 七、a 八、a 九、a 十、a 十一、a （一）b （二）b 1.c ①d 十二、a （一）b "
        "1a 1.1b 1.1.1c 1.1.2c 1.2b 1.2.1c I.a a)b 第一章a 第二章a 2.1b •a –b"
    )
    assert " ".join(map(bare, lines(*body, parts={"numbering": lists}))) == expected


def test_a_list_may_begin_anew_and_two_may_share_their_count() -> None:
    lists = numbering(levels(("decimal", "%1.")))
    shared = '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    anew = '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    body = [item("a", number=number) for number in (1, 1, 2, 3, 3)]
    assert lines(*body, parts={"numbering": lists + shared + anew}) == ["1. a", "2. a", "3. a", "1. a", "2. a"]


def test_a_style_numbers_its_paragraphs() -> None:
    numbered = numbering(levels(("decimal", "%1"), ("decimal", "%1.%2"), more={0: '<w:pStyle w:val="A"/>', 1: '<w:pStyle w:val="B"/>'}))
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        for name in "AB"
    )
    off = p("without", style="B", properties='<w:numPr><w:numId w:val="0"/></w:numPr>')
    based = '<w:style w:type="paragraph" w:styleId="C"><w:name w:val="C"/><w:basedOn w:val="B"/></w:style>'
    made = lines(p("a", style="A"), p("b", style="B"), off, p("c", style="C"), parts={"numbering": numbered, "styles": styles + based})
    assert made == ["1 a", "1.1 b", "without", "1.2 c"]


def test_a_quotation_leaves_out_the_number_which_word_does_not_find() -> None:
    made = document(item("纳入60例。"), item("排除孕妇。"), parts={"numbering": numbering(levels(("decimal", "%1.")))})
    assert made.text == "1. 纳入60例。\n2. 排除孕妇。\n"
    quoted = evidence_of(made, 0, made.text.index("\n"))
    assert quoted is not None and quoted.quote == "纳入60例。" and quoted.bbox == []
    assert "1.\t纳入60例。" in made.pages[0].raw


# --- tables, boxes, notes


def test_tables_are_read_row_by_row_and_merged_cells_once() -> None:
    wide = cell("both", properties='<w:gridSpan w:val="2"/>')
    down, further = cell("down", properties='<w:vMerge w:val="restart"/>'), cell("down again", properties="<w:vMerge/>")
    made = document(p("before"), table(["a", wide], [down, "x", "y"], [further, "", "z"]), p("after"))
    assert made.text.splitlines() == ["before", "a\tboth", "down\tx\ty", "z", "after"]
    places = {made.text[line.start : line.end]: line.cell for line in made.lines if line.cell}
    assert places == {"a": (0, 0, 0), "both": (0, 0, 1), "down": (0, 1, 0), "x": (0, 1, 1), "y": (0, 1, 2), "z": (0, 2, 2)}
    assert [len(row) for row in made.tables[0].rows] == [2, 3, 1]


def test_paragraphs_of_a_cell_are_one_line_but_whole_sections_stay_apart() -> None:
    long = [p(f"第{number}句话说明安排。") for number in range(12)]
    made = document(table([cell(p("first"), p("second")), "b"], ["label", cell(*long)]))
    assert made.text.splitlines()[0] == "first second\tb"
    assert made.text.splitlines()[2] == "第1句话说明安排。"
    assert all(line.cell for line in made.lines)


def test_a_table_in_a_cell_stands_between_what_is_before_and_after_it() -> None:
    inner = table(["1", "2"], ["3", "4"])
    made = document(table(["label", cell(p("before"), inner, p("after"))], ["x", "y"]))
    assert made.text.splitlines() == ["label\tbefore", "1\t2", "3\t4", "after", "x\ty"]
    assert [len(made.tables[index].rows) for index in (0, 1)] == [2, 2]


def test_a_frame_around_text_is_no_table() -> None:
    made = document(table([cell(p("Aim", style="1"), p(BODY))]), p("End", style="1"), p(BODY))
    assert made.tables == [] and headings(made) == [(1, "Aim"), (1, "End")]


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    content = f"<w:txbxContent>{p('in the box')}</w:txbxContent>"
    box = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{content}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert lines(p("anchor", box), p("next")) == ["anchor", "in the box", "next"]


def test_footnotes_follow_their_paragraph_and_endnotes_come_last() -> None:
    def notes(kind: str, words: str) -> str:
        line = f'<w:{kind} w:type="separator" w:id="0">{p("no note")}</w:{kind}>'
        return f'{line}<w:{kind} w:id="2">{p(words)}</w:{kind}>'

    foot, end = '<w:r><w:footnoteReference w:id="2"/></w:r>', '<w:r><w:endnoteReference w:id="2"/></w:r>'
    parts = {"footnotes": notes("footnote", "by NIH definition"), "endnotes": notes("endnote", "Smith 2019")}
    assert lines(p("60 patients", foot, end), p("next"), parts=parts) == ["60 patients", "by NIH definition", "next", "Smith 2019"]


def test_a_running_head_is_no_part_of_the_text() -> None:
    assert lines(p("body"), parts={"header": p("Protocol 7, version 2")}) == ["body"]


# --- what is final, and what is shown


def test_insertions_are_kept_and_deletions_left_out_and_that_is_told() -> None:
    made = document(
        p("We plan ", f"<w:del>{r('40').replace('w:t', 'w:delText')}</w:del>", f"<w:ins>{r('60')}</w:ins>", " patients."),
        p(f"<w:moveFrom>{r('moved away')}</w:moveFrom>", "stays"),
        table(["kept", "row"], ["gone", "row"]).replace("<w:tr><w:tc><w:tcPr></w:tcPr><w:p><w:pPr></w:pPr><w:r><w:rPr></w:rPr><w:t xml:space=\"preserve\">gone", "<w:tr><w:trPr><w:del/></w:trPr><w:tc><w:tcPr></w:tcPr><w:p><w:pPr></w:pPr><w:r><w:rPr></w:rPr><w:t xml:space=\"preserve\">gone"),
    )  # fmt: skip
    assert made.text.splitlines() == ["We plan 60 patients.", "stays", "kept\trow"]
    assert "word_tracked_changes" in [code for code, _ in made.warnings]
    assert "word_tracked_changes" not in [code for code, _ in document(p("clean")).warnings]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next() -> None:
    assert lines(p("one ", properties="<w:rPr><w:del/></w:rPr>"), p("sentence"), p("next")) == ["one sentence", "next"]


def test_hidden_text_and_comments_are_left_out() -> None:
    hidden = r(" not this", "<w:vanish/>")
    comment = '<w:commentRangeStart w:id="1"/>' + r("seen") + '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
    assert lines(p(comment, hidden, r(" too", '<w:vanish w:val="0"/>'))) == ["seen too"]


def field(code: str, result: str) -> str:
    """A field with its code and its result."""

    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    return f"{mark('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{mark('separate')}{r(result)}{mark('end')}"


def test_fields_show_their_result_and_not_their_code() -> None:
    inner = field(" REF x ", "hidden in the code")
    nested = (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF </w:instrText></w:r>{inner}'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{r("shown")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    simple = f'<w:fldSimple w:instr=" DATE ">{r("2026")}</w:fldSimple>'
    assert lines(p("see ", field(" REF _Ref1 ", "section 3"), " ", nested, " ", simple)) == ["see section 3 shown 2026"]


def test_a_field_that_never_ends_hides_no_more_than_its_paragraph() -> None:
    assert lines(p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', "lost"), p("found")) == ["found"]


def test_boxes_to_tick_say_whether_they_are() -> None:
    def tick(state: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'

    signs = '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', '<w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>'
    assert lines(p(tick("<w:checked/>"), "yes ", tick('<w:default w:val="0"/>'), "no ", signs[0], "A ", signs[1], "B")) == [
        "☑yes ☐no ☑A ☐B"
    ]


def test_content_controls_links_and_ruby_are_read_through() -> None:
    control = f"<w:sdt><w:sdtPr/><w:sdtContent>{r('chosen')}</w:sdtContent></w:sdt>"
    link = f"<w:hyperlink>{r(' linked')}</w:hyperlink>"
    ruby = f"<w:r><w:ruby><w:rt>{r('jun')}</w:rt><w:rubyBase>{r('军')}</w:rubyBase></w:ruby></w:r>"
    block = f"<w:sdt><w:sdtContent>{p('in a block')}</w:sdtContent></w:sdt>"
    rows = table(["a", "b"]).replace("<w:tr>", "<w:sdt><w:sdtContent><w:tr>").replace("</w:tr>", "</w:tr></w:sdtContent></w:sdt>")
    assert lines(p(control, link, ruby), block, rows) == ["chosen linked军", "in a block", "a\tb"]


def test_signs_hyphens_and_powers() -> None:
    odd = "<w:r><w:t>long</w:t><w:softHyphen/><w:t>itudinal</w:t></w:r>", "<w:r><w:t>phase</w:t><w:noBreakHyphen/><w:t>2</w:t></w:r>"
    at_least = '<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>'
    raised = r("6", '<w:vertAlign w:val="superscript"/>')
    made = document(
        p(*odd), p("age ", at_least, "18, ", r("\uf061", '<w:rFonts w:ascii="Symbol"/>'), "=0.05"), p("2×10", raised, "/kg, n=30", raised)
    )
    assert made.text.splitlines() == ["longitudinalphase-2", "age ≥18, α=0.05", "2×10^6/kg, n=306"]
    assert made.quote(made.text.index("2×"), len(made.text)) == "2×106/kg, n=306"


def test_formulas_are_written_on_one_line() -> None:
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    square = f"<m:sSup><m:e>{run('σ')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>"
    index = f"<m:sSub><m:e>{run('Z')}</m:e><m:sub>{run('α')}</m:sub></m:sSub>"
    fraction = f"<m:f><m:num>{run('2')}{square}</m:num><m:den>{run('δ')}</m:den></m:f>"
    assert lines(p("<m:oMath>" + run("n=") + fraction + run("×") + index + "</m:oMath>")) == ["n=(2σ^2)/δ×Zα"]


def test_lines_ended_by_hand_stay_lines_but_a_heading_is_whole() -> None:
    line = "<w:r><w:br/></w:r>"
    made = lines(p("first", line, "second"), p("随机对照", line, "研究方案", style="1"), p("A long", line, "heading", style="1"))
    assert made == ["first", "second", "随机对照研究方案", "A long heading"]


def test_a_tab_sets_things_side_by_side_but_not_a_number_before_its_text() -> None:
    tab = "<w:r><w:tab/></w:r>"
    assert lines(p("方案编号：KOA-01", tab, "版本：1.1"), p("1.1", tab, "研究目的"), p(tab, "set in")) == [
        "方案编号：KOA-01\t版本：1.1",
        "1.1 研究目的",
        "set in",
    ]


def test_a_table_of_contents_is_recognised() -> None:
    entries = ["一、研究背景", "二、研究目的", "三、样本量"]
    contents = [p("目录"), *(p(entry, "<w:r><w:tab/></w:r>", str(page), style="TOC1") for page, entry in enumerate(entries, 2))]
    automatic = [p(field(' TOC \\o "1-3" ', entry)) for entry in entries]
    body = [part for entry in entries for part in (p(entry, style="1"), p(BODY))]
    for listed in (contents, [p("目录"), *automatic]):
        made = document(*listed, *body)
        found = segment(made, lambda title, above, previous: "other")
        assert [section.heading for section in found if section.canonical != "toc"] == entries
        assert all(made.line_of(section.start).outline for section in found if section.canonical != "toc")


# --- pages

BREAK = '<w:r><w:br w:type="page"/></w:r>'
LAID_OUT = "<w:r><w:lastRenderedPageBreak/></w:r>"


def pages(made: Document) -> list[str]:
    """What stands on each page."""
    return [bare(page.raw) for page in made.pages]


def test_pages_end_where_the_author_and_word_say_so() -> None:
    made = document(p("one"), p(BREAK), p(LAID_OUT, "two ", LAID_OUT, "three"), p("four", properties="<w:pageBreakBefore/>"))
    assert pages(made) == ["one", "two", "three", "four"]
    assert [made.page_of(made.text.index(word)).number for word in ("one", "two", "three", "four")] == [1, 2, 3, 4]
    assert made.text == "one\ntwo three\nfour\n"
    assert [page.source for page in made.pages] == ["digital"] * 4


def test_sections_begin_pages_unless_they_go_on() -> None:
    made = document(
        p("one", properties="<w:sectPr/>"),
        p("two", properties='<w:sectPr><w:type w:val="nextPage"/></w:sectPr>'),
        p("still two"),
        '<w:sectPr><w:type w:val="continuous"/></w:sectPr>',
    )
    assert pages(made) == ["one", "twostilltwo"]


def test_a_row_that_crosses_a_page_counts_its_end_once() -> None:
    made = document(table([cell(p("a ", LAID_OUT, "b")), cell(p("c ", LAID_OUT, "d"))], [cell(p(LAID_OUT, "e")), "f"]), p("end"))
    assert len(made.pages) == 3
    assert made.page_of(made.text.index("end")).number == 3


def test_a_file_without_pages_says_so() -> None:
    assert [code for code, _ in document(p("one")).warnings] == ["word_file_without_pages"]
    assert [code for code, _ in document(p(LAID_OUT, "one")).warnings] == ["word_file"]


def test_every_quotation_stands_on_the_page_it_names() -> None:
    made = read("knee.docx", twin((EXAMPLES / "knee_zh.md").read_text("utf-8")))
    for line in made.lines:
        quoted = evidence_of(made, line.start, line.end)
        assert quoted is None or bare(quoted.quote) in bare(made.pages[quoted.page - 1].raw)


# --- files made to do harm, and other files


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", "utf-8")
    head = f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "lol">]>'
    for name in ("x", "y"):
        with pytest.raises(errors.DamagedWord):
            read("evil.docx", word(p("<w:r><w:t>&" + name + ";</w:t></w:r>"), head=head))


def test_links_to_elsewhere_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was tried"))
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="http://example.invalid/x"/></Relationships>'
    )
    extra = {"word/_rels/document.xml.rels": relations.format("styles").encode()}
    assert document(p("body"), extra=extra).text == "body\n"


def test_macros_are_told_of_and_strict_files_are_read() -> None:
    assert "word_macros" in [code for code, _ in document(p("x"), extra={"word/vbaProject.bin": b"\0"}).warnings]
    assert read("a.docx", word(p("strict", style="1"), strict=True)).lines[0].outline == 1


def test_bombs_are_left_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.OverSwelling):
        read("bomb.docx", word(p(" " * 30_000_000)))
    monkeypatch.setenv("ANALYZER_LIMITS", "word_megabytes=1")
    with pytest.raises(errors.OverWordMegabytes):
        read("large.docx", word("".join(p(f"{number} {number * 7919}") for number in range(30_000))))


def test_deep_nesting_is_refused_or_read_but_never_a_fault() -> None:
    deep = p("core")
    for _ in range(400):
        deep = table([cell(deep, p(""))])
    with pytest.raises(errors.DamagedWord):
        read("deep.docx", word(deep))
    looped = '<w:style w:type="paragraph" w:styleId="x"><w:name w:val="x"/><w:basedOn w:val="x"/></w:style>'
    assert lines(p("words", style="x"), parts={"styles": looped}) == ["words"]


def test_broken_files_and_files_without_text_say_so() -> None:
    whole = word(p("words"))
    for broken in (whole[:-200], whole[: len(whole) // 2]):
        with pytest.raises(errors.DamagedWord):
            read("a.docx", broken)
    with pytest.raises(errors.DamagedWord):
        read("a.docx", word("<w:p>"))
    with pytest.raises(errors.NoTextInWord):
        read("a.docx", word(p("") + table(["", " "])))


def test_odd_numbers_in_the_file_do_no_harm() -> None:
    odd = numbering(levels(("decimal", "%1.%9"), ("unknown", "%2"))).replace('w:start w:val="1"', 'w:start w:val="-99999999999"')
    body = [item("a", 0), item("b", 8), p("c", properties='<w:numPr><w:ilvl w:val="77"/><w:numId w:val="1"/></w:numPr>'), item("d", 0, 55)]
    assert [line[-1] for line in lines(*body, parts={"numbering": odd})] == ["a", "b", "c", "d"]
    merged = table([cell("x", properties='<w:gridSpan w:val="0"/>'), cell("y", properties='<w:gridSpan w:val="nine"/>')])
    assert lines(merged) == ["x\ty"]


# --- the same protocol as Word file and PDF


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@pytest.mark.parametrize("name", ["knee_zh", "fistula_en"])
def test_a_word_file_gets_the_report_of_its_pdf(analyzer: Analyzer, name: str) -> None:
    printed = analyzer.analyze(EXAMPLES / f"{name}.pdf")
    typed = analyzer.analyze(f"{name}.docx", data=twin((EXAMPLES / f"{name}.md").read_text("utf-8")))

    def met(report: Report) -> dict[tuple[str, str], bool]:
        return {(element.id, criterion.id): criterion.met for element in report.elements for criterion in element.criteria}

    assert {element.id: element.verdict for element in typed.elements} == {element.id: element.verdict for element in printed.elements}
    assert sum(met(printed)[key] != value for key, value in met(typed).items()) <= 1
    assert (typed.values, typed.document.title, typed.overall.triage) == (printed.values, printed.document.title, printed.overall.triage)
    assert [bare(section.heading) for section in typed.sections] == [bare(section.heading) for section in printed.sections]
    raw = bare(read(f"{name}.docx", twin((EXAMPLES / f"{name}.md").read_text("utf-8"))).pages[0].raw)
    quoted = [evidence for element in typed.elements for criterion in element.criteria for evidence in criterion.evidence]
    assert quoted and all(bare(evidence.quote) in raw and evidence.bbox == [] for evidence in quoted)
