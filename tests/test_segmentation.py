"""Which lines are headings, what they are about, and what stands under them."""

from __future__ import annotations

import pytest
from builders import document, sectioned

from analyzer.document import Document
from analyzer.segmentation import numbering, passages, segment, title_of

ZH = "本研究为单中心、随机、双盲、安慰剂对照的临床研究，受试者按比例分配到两组，由不知道分组的人员评估。"
EN = "This is a randomised and double-blind trial at a single centre in which participants are allocated to one of two groups."


def headings(made: Document) -> list[str]:
    return [section.heading for section in made.sections]


def labels(made: Document) -> dict[str, str]:
    return {section.heading: section.canonical for section in made.sections}


def under(made: Document, heading: str) -> list[str]:
    """The sentences and rows under a heading."""
    index = headings(made).index(heading)
    return [made.text[piece.start : piece.end] for piece in passages(made) if piece.section == index]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("一、研究目的", "研究目的"),
        ("十二、参考文献", "参考文献"),
        ("（三）样本量", "样本量"),
        ("1. Objectives", "Objectives"),
        ("3.2.1 Primary outcome", "Primary outcome"),
        ("8．2　样本量", "样本量"),
        ("第一章 研究背景", "研究背景"),
        ("第三节 统计方法", "统计方法"),
        ("Section 4: Ethics", "Ethics"),
        ("Ⅳ. 伦理", "伦理"),
        ("IV. Ethics", "Ethics"),
        ("B. Population", "Population"),
        ("附录1 知情同意书", "知情同意书"),
        ("Appendix A: Consent form", "Consent form"),
        ("Objectives", "Objectives"),
    ],
)
def test_number_of_a_heading_is_told_from_its_title(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize("text", ["30例受试者", "0.05为检验水准", "12个月", "50 mg每日一次", "Ⅱ期临床试验", "80%的把握度"])
def test_a_quantity_is_not_a_number_of_a_heading(text: str) -> None:
    assert numbering(text)[0] == ""


@pytest.mark.parametrize(
    "styled",
    [
        ("一、研究目的", "二、研究设计", "三、样本量", "四、伦理"),
        ("（一）研究目的", "（二）研究设计", "（三）样本量", "（四）伦理"),
        ("1. 研究目的", "2. 研究设计", "3. 样本量", "4. 伦理"),
        ("1.1 研究目的", "1.2 研究设计", "1.3 样本量", "1.4 伦理"),
        ("第一章 研究目的", "第二章 研究设计", "第三章 样本量", "第四章 伦理"),
        ("第一节 研究目的", "第二节 研究设计", "第三节 样本量", "第四节 伦理"),
        ("Ⅰ. 研究目的", "Ⅱ. 研究设计", "Ⅲ. 样本量", "Ⅳ. 伦理"),
        ("A. 研究目的", "B. 研究设计", "C. 样本量", "D. 伦理"),
        ("【研究目的】", "【研究设计】", "【样本量】", "【伦理】"),
        ("**研究目的**", "**研究设计**", "**样本量**", "**伦理**"),
        ("# 研究目的", "# 研究设计", "# 样本量", "# 伦理"),
    ],
    ids=lambda styled: styled[0],
)
def test_chinese_headings_of_every_style(styled: tuple[str, ...]) -> None:
    made = sectioned("\n".join(f"{heading}\n{ZH}" for heading in styled))
    assert headings(made) == [heading.strip("#* ") for heading in styled]
    assert [section.canonical for section in made.sections] == ["objectives", "design", "sample_size", "ethics"]
    assert all(under(made, heading) == [ZH] for heading in headings(made))


@pytest.mark.parametrize(
    "styled",
    [
        ("1. Objectives", "2. Study design", "3. Sample size", "4. Ethics"),
        ("1.1 Objectives", "1.2 Study design", "1.3 Sample size", "1.4 Ethics"),
        ("Section 1: Objectives", "Section 2: Study design", "Section 3: Sample size", "Section 4: Ethics"),
        ("I. Objectives", "II. Study design", "III. Sample size", "IV. Ethics"),
        ("A. Objectives", "B. Study design", "C. Sample size", "D. Ethics"),
        ("**OBJECTIVES**", "**STUDY DESIGN**", "**SAMPLE SIZE**", "**ETHICS**"),
        ("OBJECTIVES", "STUDY DESIGN", "SAMPLE SIZE", "ETHICS"),
        ("**Objectives**", "**Study design**", "**Sample size**", "**Ethics**"),
    ],
    ids=lambda styled: styled[0],
)
def test_english_headings_of_every_style(styled: tuple[str, ...]) -> None:
    made = sectioned("\n".join(f"{heading}\n{EN}" for heading in styled))
    assert headings(made) == [heading.strip("* ") for heading in styled]
    assert [section.canonical for section in made.sections] == ["objectives", "design", "sample_size", "ethics"]
    assert all(under(made, heading) == [EN] for heading in headings(made))


def test_deeper_numbers_stand_deeper() -> None:
    made = sectioned(f"1. 研究设计\n{ZH}\n1.1 随机化\n{ZH}\n1.1.1 盲法\n{ZH}\n1.2 样本量\n{ZH}\n2. 伦理\n{ZH}")
    assert [section.level for section in made.sections] == [1, 2, 3, 2, 1]
    assert made.sections[2].path == ("design", "randomization_blinding")
    assert made.sections[4].path == ()


def test_both_languages_in_one_document() -> None:
    made = sectioned(f"# 一、研究目的 Objectives\n{ZH}\n# 二、Sample size\n{EN}\n# 三、伦理\n{ZH}")
    assert [section.canonical for section in made.sections][1:] == ["sample_size", "ethics"]
    assert under(made, "二、Sample size") == [EN]


def test_title_of_the_protocol_is_its_own_section() -> None:
    made = sectioned(f"# 干细胞治疗膝骨关节炎的临床研究方案\n版本号：1.0\n一、研究目的\n{ZH}")
    assert made.sections[0].canonical == "title_page"
    assert under(made, "干细胞治疗膝骨关节炎的临床研究方案") == ["版本号：1.0"]


def test_an_unknown_heading_is_labelled_by_the_model_that_sees_what_stands_above_it() -> None:
    made = document(f"# 一、统计分析\n{ZH}\n# 二、某某事项\n{ZH}")
    asked = []

    def label(title: str, above: str, previous: str) -> str:
        asked.append((title, previous))
        return "timeline"

    made.sections = segment(made, label)
    assert labels(made)["二、某某事项"] == "timeline"
    assert ("某某事项", "statistics") in asked


@pytest.mark.parametrize(
    "contents",
    [
        "目录\n一、研究目的 ........ 3\n二、样本量 ........ 5\n三、伦理 ........ 7",
        "目录\n一、研究目的 3\n二、样本量 5\n三、伦理 7",
        "目录\n一、研究目的\n二、样本量\n三、伦理",
        "一、研究目的 …………… 3\n二、样本量 …………… 5\n三、伦理 …………… 7",
    ],
    ids=["dotted", "page numbers", "bare", "without its heading"],
)
def test_table_of_contents_is_not_taken_for_the_body(contents: str) -> None:
    made = sectioned(f"{contents}\f一、研究目的\n{ZH}\n二、样本量\n{ZH}\n三、伦理\n{ZH}")
    body = [section for section in made.sections if section.canonical != "toc"]
    assert [section.heading for section in body] == ["一、研究目的", "二、样本量", "三、伦理"]
    assert all(made.page_of(section.start).number == 2 for section in body)


@pytest.mark.parametrize("end", ["......... 12", ". . . . 7", "……3", "\t45", "    8", "···········", "。。。。"])
def test_lines_with_leaders_are_a_table_of_contents(end: str) -> None:
    lines = "".join(f"**{title}{end}**\n" for title in ("Background", "Objectives", "Eligibility"))
    found = sectioned(f"**Trial**\n{lines}\f# Background\nThe knee wears out, and nobody knows why it does.\n")
    assert [section.heading for section in found.sections if section.heading.startswith(("Background", "Objectives"))] == ["Background"]


def test_a_table_of_contents_without_page_numbers_ends_where_its_titles_are_not_repeated() -> None:
    titles = ("Background", "Objectives", "3. Eligibility（all）", "Statistics:")
    body = "".join(f"# {title}\nSomething is said of it in a sentence that is no heading.\n" for title in titles)
    found = sectioned("# Contents\n" + "".join(f"**{title}**\n" for title in titles) + body)
    assert [section.heading for section in found.sections] == ["Contents", *titles]


def test_references_are_not_headings() -> None:
    cited = [
        "1. Smith J, Miller A. Sample size in clinical trials. Lancet. 2019;393:1745.",
        "2. 王某. 干细胞临床研究的伦理. 中华医学杂志, 2020, 100(3): 12-15.",
        "3. Statistical methods",
    ]
    made = sectioned(f"**1. 研究目的**\n{ZH}\n**2. 伦理**\n{ZH}\n**参考文献**\n" + "\n".join(cited) + f"\n**附录1 知情同意书**\n{ZH}")
    assert headings(made) == ["1. 研究目的", "2. 伦理", "参考文献", "附录1 知情同意书"]
    assert labels(made)["参考文献"] == "references"


def test_labels_of_a_form_are_headings_of_their_content() -> None:
    number = "共纳入60例受试者，试验组与对照组各30例，按两独立样本均数比较的公式计算所得。"
    made = sectioned(f"# 一、方案摘要\n| 研究目的 | {ZH} |\n| 样本量 | {number} |\n| 版本 | 1.0 |")
    assert labels(made) == {"一、方案摘要": "synopsis", "研究目的": "objectives", "样本量": "sample_size"}
    assert under(made, "研究目的") == [ZH]
    assert made.sections[1].path == ("synopsis",)


def test_a_table_of_figures_is_no_form() -> None:
    made = sectioned(f"# 一、给药方案\n{ZH}\n| 组别 | 剂量 | 次数 |\n| 低剂量组 | 每千克体重一百万个细胞静脉滴注 | 共三次每次间隔一周 |")
    assert headings(made) == ["一、给药方案"]
    assert under(made, "一、给药方案")[1:] == ["组别\t剂量\t次数", "低剂量组\t每千克体重一百万个细胞静脉滴注\t共三次每次间隔一周"]


def test_a_heading_may_run_into_its_text() -> None:
    made = sectioned(
        f"# 1. Statistics\n{EN}\nSample size: With a power of 80% and an alpha of 0.05, 30 participants are needed in each arm."
    )
    assert under(made, "Sample size:") == ["With a power of 80% and an alpha of 0.05, 30 participants are needed in each arm."]


def test_items_of_a_list_are_not_headings() -> None:
    items = ["1. 年龄18至70岁", "2. 自愿签署知情同意书", "3. 无活动性感染"]
    made = sectioned("# 一、入选标准\n" + "\n".join(items) + f"\n# 二、排除标准\n1. 妊娠\n2. 恶性肿瘤\n# 三、伦理\n{ZH}")
    assert headings(made) == ["一、入选标准", "二、排除标准", "三、伦理"]
    assert under(made, "一、入选标准") == items


def test_captions_and_sentences_are_not_headings() -> None:
    made = sectioned(f"# 1. Study design\n{EN}\n**Table 1 Schedule of visits**\n**Participants are seen every week.**\n{EN}")
    assert headings(made) == ["1. Study design"]


def test_without_any_heading_everything_is_read() -> None:
    made = sectioned(f"{ZH}\n{EN}")
    assert made.sections == []
    assert [made.text[piece.start : piece.end] for piece in passages(made)] == [ZH, EN]
