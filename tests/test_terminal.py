"""The report as a person sees it: complete, in the reader's language, and harmless whatever the PDF holds."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.text import Text
from samples import criterion, element, report

from analyzer.findings import Evidence, Failure, Report, Warning
from analyzer.reports import Result
from analyzer.reports.terminal import BAD, FAIR, GOOD, clean, element_sheet, quoted, rendered, report_sheet, shorten, summary_sheet, wrap
from analyzer.resources import say
from analyzer.rules import load_pack

LONG_CHINESE = "随机对照试验（RCT）中，主要结局为第24周时MELD评分较基线的变化值，次要结局包括“104周内无肝移植生存”等。" * 4


def shown(made: Report, language: str = "en", width: int = 80, *, colour: bool = False) -> str:
    """The report on a terminal of this width."""
    return rendered(report_sheet(made, language, width), colour=colour)


def test_report_names_everything() -> None:
    text = shown(report())
    for part in (
        "Cells for knees",
        "protocol.pdf · 12 pages · English · version 2.0 · 2024-03-01 · NCT01234567",
        "RETURN",
        "✓ ADEQUATE  Objectives · 1 of 1 criteria met",
        "- NOT APPLICABLE  Cell source",
        "! PARTIAL  Sample size · 1 of 2 criteria met · critical",
        "✗ MISSING  Subject protection",
        "the rules and the model disagree",
        "✗ basis (essential)",
        "Advice: State the basis.",
        "p. 3 “The number will be given by a statistician.” (put off",
        "✓ number  p. 3 “A total of 60 participants will be enrolled.”",
        "SPIRIT 2025, item 19; ICH E9, 3.5 (check before quoting)",
        "power 80% (p. 7)",
        "per arm 30 / 30",
        "! The total number differs: 60 and 80.",
        "p. 9 “80 adults”",
        "! Page 4 holds no text.",
    ):
        assert part in text, part


def test_unmet_criteria_come_first() -> None:
    text = shown(report())
    assert text.index("✗ basis") < text.index("✓ number")


def test_report_in_chinese() -> None:
    text = shown(report(), "zh")
    for part in (
        "不充分  sample_size要素 · 满足 1/2 条 · 关键",
        "建议：请写明basis。",
        "第3页 “",
        "（推到以后或其他文件）",
        "总例数前后不一",
    ):
        assert part in text


def test_code_that_is_new_to_the_strings_is_shown_as_it_is() -> None:
    made = report([element("new", "partial", [criterion("a", met=True)], needs_review=["a_new_reason"])])
    assert "a_new_reason" in shown(made)


def test_warning_is_told_in_the_language_of_the_reader() -> None:
    made = report().model_copy(update={"warnings": [Warning(code="not_a_protocol", message="In English.")]})
    assert say("zh", "warning_not_a_protocol") in shown(made, "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_too_wide(language: str, width: int) -> None:
    made = report(
        [
            element("sample_size", verdict, [criterion("a", met=met, quote=LONG_CHINESE + " word" * 40) for met in (True, False)])
            for verdict in ("partial", "missing")
        ]
    )
    assert max(map(cell_len, shown(made, language, width).splitlines())) <= width


def test_met_criterion_takes_two_lines_at_most() -> None:
    made = report(
        [
            element(
                "sample_size", "adequate", [criterion("a", met=True, quote=LONG_CHINESE), criterion("b" * 60, met=True, quote="x " * 400)]
            )
        ]
    )
    lines = shown(made).splitlines()
    first = next(number for number, line in enumerate(lines) if "✓ a" in line)
    assert "✓ b" in lines[first + 1]
    assert not lines[first + 3]


def test_same_passage_is_not_repeated() -> None:
    text = shown(report([element("e", "adequate", [criterion(name, met=True, quote="One sentence for all.") for name in "abc"])]))
    assert text.count("One sentence for all.") == 1
    assert text.count("same passage") == 2


HOSTILE = (
    "[bold red]x[/] [/nope] [link=http://e.vil]y[/link] {0} {path} %s :smile: "
    "\x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u2066 a\u0000b\u0085c\u2028d\u200b"
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("colour", [False, True])
def test_words_of_the_pdf_are_shown_as_words(language: str, colour: bool) -> None:
    criteria = [criterion("a", met=True, quote=HOSTILE), criterion("b", met=False, quote=HOSTILE, stance="mentions")]
    made = report([element("e", "partial", criteria)], title=HOSTILE, version=HOSTILE, registration=[HOSTILE], path=HOSTILE)
    text = shown(made, language, 400, colour=colour)
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert "[bold red]x[/] [/nope] [link=http://e.vil]y[/link] {0} {path} %s :smile: [31mred" in plain
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]", plain)


def test_piped_report_has_neither_boxes_nor_codes() -> None:
    assert not re.search(r"[\u2500-\u259f\x1b]", shown(report()))


def test_colour_adds_nothing_but_colour() -> None:
    assert re.sub(r"\x1b\[[\d;]*m", "", shown(report(), colour=True)) == shown(report())


def test_no_colour_when_asked_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3[0-9]", shown(report(), colour=True))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [part / 255 for part in Color.parse(colour).get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [GOOD, FAIR, BAD])
def test_colours_can_be_read_on_black_and_on_white(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) > 3.5
    assert (luminance(colour) + 0.05) / 0.05 > 3.5
    assert Color.parse(colour).downgrade(ColorSystem.STANDARD).number in {1, 2, 5}


def test_wrap_keeps_every_word_and_no_line_begins_with_closing_punctuation() -> None:
    text = f"{LONG_CHINESE} A sentence with 0.05, 1×10^6/kg and https://example.org/{'x' * 90} in it."
    for width in range(20, 90):
        lines = [line.plain for line in wrap(Text(text), width, hang=2)]
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(cell_len(line) <= width for line in lines)
        assert not [line for line in lines if line[0] in "，。）”、；："]


def test_shorten_counts_cells() -> None:
    assert shorten("样本量60例", 20) == "样本量60例"
    assert shorten("样本量六十例", 8) == "样本量…"
    assert clean(" a\n b\x00\u202e c ") == "a b c"


def test_line_ends_are_closed_in_chinese_and_table_cells_are_not() -> None:
    words = "外 周静脉 infusion 输注"
    lines = Evidence(page=1, bbox=[(0, 0, 9, 9), (0, 12, 9, 21)], quote=words)
    cells = Evidence(page=1, bbox=[(0, 0, 9, 9), (20, 0, 29, 9)], quote=words)
    assert quoted(lines) == "外周静脉 infusion 输注"
    assert quoted(cells) == words


def test_summary_has_a_line_per_file() -> None:
    results = [
        Result("a/方案.pdf", "方案", "en", report()),
        Result(f"{'long/' * 40}end.pdf", "end", "en", report([])),
        Result("scan.pdf", "scan", "en", Failure.of("scan.pdf", "no_text_layer", "A scan.")),
    ]
    text = rendered(summary_sheet(results, "en", 80), colour=False)
    assert re.search(r"a/方案\.pdf +RETURN.* 1 +1$", text, re.MULTILINE)
    assert re.search(r"…\S+end\.pdf +READY.* 0 +0$", text, re.MULTILINE)
    assert re.search(r"scan\.pdf +NOT ANALYSED$", text, re.MULTILINE)
    assert "3 files: 1 ready, 0 to revise, 1 to return, 1 not analysed" in text
    assert max(map(cell_len, text.splitlines())) <= 80


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_element_is_explained(language: str) -> None:
    for rule in load_pack("rscpq").elements:
        text = rendered(element_sheet(rule, language, 100), colour=False)
        flat = "".join(text.split())
        assert "".join(getattr(rule.why, language).split()) in flat
        for wanted in rule.criteria:
            assert "".join(getattr(wanted.name, language).split()) in flat
        unsettled = sum(clause.status != "verified" for clause in rule.clauses)
        assert flat.count("".join(say(language, "check_before_quoting").split())) == unsettled
        assert flat.count("✓") == flat.count("✗") == len(rule.criteria)
