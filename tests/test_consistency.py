"""Each check fires on a contradiction and keeps silent on what only looks like one."""

from __future__ import annotations

import pytest
from test_values import protocol

from analyzer.checks import Finding, messages, registry, run
from analyzer.values import extract


def findings(sheet: str, language: str = "zh") -> list[Finding]:
    """Everything the checks report on the lines of a labelled sheet."""
    made = protocol(sheet, language)
    return run(made.document, made.passages, extract(made.document, made.passages))


def kinds(sheet: str, language: str = "zh") -> set[str]:
    """Kinds of the contradictions reported."""
    return {finding.kind for finding in findings(sheet, language)}


SYNOPSIS = "# 方案摘要 {synopsis}\n"
DESIGN = "# 研究设计 {design}\n"
MANY = "".join(f"膝骨关节炎患者的症状与关节功能之{index}。\n" for index in "一二三四五六七八")

CONTRADICTIONS = [
    ("sample_size_mismatch", SYNOPSIS + "| 例数 | 60例，两组各30例 |\n# 样本量 {sample_size}\n本研究拟纳入72例，每组36例。\n"),
    ("sample_size_mismatch", "# 样本量 {sample_size}\n每组30例，共2组，合计70例。\n"),
    (
        "sample_size_recalculation",
        "# 样本量 {sample_size}\n随机对照，两组。\n对照组有效率为35%，试验组为55%，双侧α=0.05，把握度80%，每组48例，合计96例。\n",
    ),
    ("arms_mismatch", DESIGN + "研究设低剂量组、高剂量组和常规治疗组，共三组。\n符合条件者按1:1比例随机分到各组。\n"),
    ("follow_up_mismatch", SYNOPSIS + "| 随访时间 | 输注后24个月 |\n" + DESIGN + "末次输注后随访12个月，研究结束。\n"),
    ("dose_mismatch", SYNOPSIS + "| 给药 | 静脉输注，2×10^6/kg |\n# 给药方案 {intervention}\n静脉输注，每次剂量1×10^6/kg，共三次。\n"),
    ("centre_mismatch", SYNOPSIS + "| 设计 | 单中心、随机对照 |\n" + DESIGN + "研究由5家医院共同完成。\n"),
    (
        "alpha_mismatch",
        "# 样本量 {sample_size}\n双侧检验水准α=0.10，把握度80%。\n# 统计分析 {statistics}\n主要终点的双侧检验水准α=0.01。\n",
    ),
    ("eligibility_mismatch", SYNOPSIS + "| 入选 | 年龄18~65岁 |\n# 入选标准 {population}\n年龄18~60岁，性别不限。\n"),
    ("design_mismatch", "# 封面 {title_page}\n随机、双盲、安慰剂对照研究\n" + DESIGN + "本研究为开放标签研究。\n"),
    ("design_mismatch", "# 封面 {title_page}\n随机、平行对照临床研究\n" + DESIGN + "本研究为单臂、开放研究。\n"),
    ("design_mismatch", "# 封面 {title_page}\n某细胞Ⅱ期临床研究\n" + DESIGN + "本研究为Ⅰ/Ⅱ期临床研究。\n"),
    ("outcome_mismatch", SYNOPSIS + "| 主要终点 | 第24周WOMAC评分变化 |\n# 观察指标 {outcomes}\n主要终点：第12周WOMAC评分较基线的变化。\n"),
    (
        "reporting_time_mismatch",
        (
            "# 安全性 {safety}\n严重不良事件须在24小时内报告伦理委员会。\n# 伦理 {ethics}\n发生严重不良事件时，研究者应在72小时内通知伦理委"
            "员会。\n"
        ),
    ),
    ("date_mismatch", "# 进度 {timeline}\n2025年6月至2024年3月：入组。\n"),
    ("date_mismatch", SYNOPSIS + "| 研究周期 | 2024年1月至2025年12月 |\n# 进度 {timeline}\n2023年3月至2023年9月招募受试者。\n"),
    ("date_mismatch", "# 伦理 {ethics}\n伦理委员会于2024年5月10日批准本研究。\n# 进度 {timeline}\n2024年3月首例受试者入组。\n"),
    ("version_mismatch", "# 封面 {title_page}\n版本号：2.0\n" + DESIGN + "本方案版本号为1.0。\n"),
    ("registration_format", "# 封面 {title_page}\n注册号：NCT1234567\n"),
    ("registration_format", "# 封面 {title_page}\n注册号：ChiCTR2400012345\n# 伦理 {ethics}\n本研究已注册（ChiCTR2400054321）。\n"),
    (
        "schedule_mismatch",
        (
            "# 观察指标 {outcomes}\n主要终点：第36周WOMAC评分。\n# 访视 {schedule}\n| 项目 | 第4周 | 第8周 | 第12周 | 第24周 |\n| 评分 |"
            " X | X | X | X |\n"
        ),
    ),
    (
        "toc_section_absent",
        (
            "# 目录 {toc}\n一、研究背景……1\n二、研究目的……2\n三、研究设计……3\n四、受试者保险与赔偿……9\n"
            "# 一、研究背景 {background}\n略述。\n# 二、研究目的 {objectives}\n评价安全性。\n# 三、研究设计 {design}\n单臂研究。\n"
        ),
    ),
    (
        "schedule_mismatch",
        (
            "# 访视 {schedule}\n随机前35天内完成的肠镜检查结果可以采用，由中心统一阅片。\n"
            "# 筛选 {population}\n随机前60天内完成的肠镜检查结果可以采用，由中心统一阅片。\n"
        ),
    ),
    (
        "arms_mismatch",
        DESIGN + "受试者随机分为对照组和治疗组。\n# 样本量 {sample_size}\n低剂量组30例，高剂量组30例，对照组30例，共90例。\n",
    ),
    ("template_residue", "# 研究目的 {objectives}\n" + MANY + "# 知情 {ethics}\n受试者须确诊为肝硬化方可纳入。\n"),
    ("fee_mismatch", "# 权益 {ethics}\n研究用细胞制剂免费提供。\n# 其他 {other}\n受试者须自行承担细胞制备费用。\n"),
]

FALSE_ALARMS = [
    (
        "schedule_mismatch",
        (
            "# 访视 {schedule}\n队列1在给药前7天内完成肠镜检查，由中心统一阅片。\n"
            "# 筛选 {population}\n队列2在给药前14天内完成肠镜检查，由中心统一阅片。\n"
        ),
    ),
    (
        "arms_mismatch",
        DESIGN + "受试者随机分为低剂量组、高剂量组和对照组。\n# 样本量 {sample_size}\n低剂量组30例，高剂量组30例，对照组30例，共90例。\n",
    ),
    (
        "toc_section_absent",
        (
            "# 目录 {toc}\n一、研究背景……1\n二、研究目的……2\n三、例数计算……3\n四、受试者权益保障……9\n"
            "# 一、研究背景 {background}\n略述。\n# 二、研究目的 {objectives}\n评价安全性。\n# 三、例数 {sample_size}\n60例。\n"
            "# 四、伦理与安全 {ethics}\n报伦理委员会。\n"
        ),
    ),
    (
        "toc_section_absent",
        (
            "# 声明与签字页 {title_page}\n申办者声明。\n# 目录 {toc}\n声明与签字页……1\n一、研究背景……2\n二、研究目的……3\n三、研究设计……4\n"
            "# 一、研究背景 {background}\n略述。\n# 二、研究目的 {objectives}\n评价安全性。\n# 三、研究设计 {design}\n单臂研究。\n"
        ),
    ),
    ("version_mismatch", "# 封面 {title_page}\n版本号：2.0\n# 统计 {statistics}\n模拟使用R程序包BOIN，版本2.7.2。\n"),
    ("centre_mismatch", "# 封面 {title_page}\n多中心研究\n" + DESIGN + "其中一家医院负责中心阅片。\n"),
    ("sample_size_mismatch", SYNOPSIS + "| 例数 | 60例（可评价） |\n# 样本量 {sample_size}\n需60例，考虑20%脱落，共72例。\n"),
    (
        "sample_size_mismatch",
        SYNOPSIS
        + "| 例数 | 60例，两组各30例 |\n# 样本量 {sample_size}\n拟筛选90例，纳入60例，每组30例。\n# 背景 {background}\n某研究纳入72例。\n",
    ),
    ("sample_size_mismatch", "# 样本量 {sample_size}\n每组30例，共2组，合计60例。\n"),
    (
        "sample_size_recalculation",
        "# 样本量 {sample_size}\n随机对照，两组。\n对照组有效率为35%，试验组为55%，双侧α=0.05，把握度80%，每组96例，合计192例。\n",
    ),
    ("arms_mismatch", DESIGN + "研究分三组，按1:1:1随机分组。\n"),
    ("arms_mismatch", DESIGN + "研究分三个阶段，各阶段两组按1:1随机分组。\n试剂按1:1000稀释。\n"),
    ("follow_up_mismatch", SYNOPSIS + "| 随访时间 | 12个月 |\n" + DESIGN + "末次输注后随访52周。\n其后转入15年长期随访登记。\n"),
    (
        "dose_mismatch",
        SYNOPSIS + "| 给药 | 静脉输注，低剂量1×10^6/kg，高剂量2×10^6/kg |\n# 给药方案 {intervention}\n高剂量组静脉输注2×10^6/kg。\n",
    ),
    ("dose_mismatch", SYNOPSIS + "| 给药 | 静脉输注，1×10^6/kg |\n# 制备 {cell_product}\n以5×10^5/cm²接种，每支冻存2×10^7个。\n"),
    ("centre_mismatch", SYNOPSIS + "| 设计 | 多中心、随机对照 |\n# 样本量 {sample_size}\n单中心不超过36例。\n"),
    ("centre_mismatch", DESIGN + "本研究为单中心研究，以后再开展大样本多中心研究。\n"),
    ("alpha_mismatch", "# 样本量 {sample_size}\n单侧检验水准α=0.025，把握度80%。\n# 统计分析 {statistics}\n双侧检验水准α=0.05。\n"),
    ("eligibility_mismatch", "# 入选标准 {population}\n年龄18~65岁。\n# 制备 {cell_product}\n供者年龄18~45岁。\n"),
    (
        "design_mismatch",
        "# 封面 {title_page}\n随机、双盲、安慰剂对照研究\n" + DESIGN + "随机列表由非盲统计师保管。\n24周后进入开放标签延伸期。\n",
    ),
    ("design_mismatch", "# 封面 {title_page}\n某细胞Ⅱ期临床研究\n" + DESIGN + "前期已完成Ⅰ期临床研究。\n"),
    ("outcome_mismatch", SYNOPSIS + "| 主要终点 | 第24周评分 |\n# 观察指标 {outcomes}\n主要终点：6个月时评分。\n"),
    (
        "reporting_time_mismatch",
        "# 安全性 {safety}\n严重不良事件须在24小时内报告伦理委员会。\n死亡等非预期事件在7日内报告监管部门，15日内提交随访报告。\n",
    ),
    ("date_mismatch", "# 进度 {timeline}\n2024年3月至2025年6月：入组。\n"),
    ("date_mismatch", SYNOPSIS + "| 研究周期 | 2024年1月至2025年12月 |\n" + DESIGN + "以2018年至2021年收治的资料为历史对照。\n"),
    ("version_mismatch", "# 封面 {title_page}\n版本号：2.0\n" + DESIGN + "按CTCAE 5.0版分级。\n# 修订历史 {other}\n版本号：1.0，初稿。\n"),
    ("registration_format", "# 封面 {title_page}\n注册号：ChiCTR2400012345\n# 参考文献 {references}\n[1] NCT1234567.\n"),
    (
        "schedule_mismatch",
        (
            "# 观察指标 {outcomes}\n主要终点：6个月时评分。\n# 访视 {schedule}\n| 项目 | 第4周 | 第8周 | 第12周 | 第24周 |\n| 评分 | X |"
            " X | X | X |\n"
        ),
    ),
    (
        "toc_section_absent",
        (
            "# 目录 {toc}\n一、研究背景……1\n二、研究目的……2\n三、总体设计……3\n四、样本量估算……9\n# 一、研究背景 {background}\n略述。\n"
            "# 二、研究目的 {objectives}\n评价安全性。\n# 三、研究设计 {design}\n单臂研究。\n# 四、样本含量 {sample_size}\n二十例。\n"
        ),
    ),
    ("template_residue", "# 研究目的 {objectives}\n" + MANY + "# 排除 {population}\n本研究排除合并肝硬化的患者。\n"),
    ("fee_mismatch", "# 权益 {ethics}\n研究用细胞制剂免费提供。\n常规治疗费用由受试者自行承担。\n不向受试者收取任何费用。\n"),
]


def names(cases: list[tuple[str, str]]) -> list[str]:
    """Readable ids: the kind and a count."""
    return [f"{kind}-{index}" for index, (kind, _) in enumerate(cases)]


@pytest.mark.parametrize(("kind", "sheet"), CONTRADICTIONS, ids=names(CONTRADICTIONS))
def test_contradiction_is_reported(kind: str, sheet: str) -> None:
    assert kind in kinds(sheet)


@pytest.mark.parametrize(("kind", "sheet"), FALSE_ALARMS, ids=names(FALSE_ALARMS))
def test_false_alarm_is_not_raised(kind: str, sheet: str) -> None:
    assert kind not in kinds(sheet)


ENGLISH = [
    (
        "follow_up_mismatch",
        (
            "# Synopsis {synopsis}\n| Duration of follow-up | 24 months after injection |"
            "\n# Design {design}\nPatients will be followed for 12 months after injection.\n"
        ),
    ),
    (
        "reporting_time_mismatch",
        (
            "# Safety {safety}\nAny serious adverse event is reported to the sponsor within 24 hours.\n"
            "# Duties {organization}\n# Monitoring {dsmb}\nThe investigator reports serious adverse events to the sponsor no later than 72 "
            "hours.\n"
        ),
    ),
    (
        "design_mismatch",
        "# Title {title_page}\nA randomised, double-blind, placebo-controlled trial\n# Design {design}\nThis is an open-label study.\n",
    ),
    (
        "date_mismatch",
        (
            "# Synopsis {synopsis}\n| Study period | May 2023 to February 2024 |"
            "\n# Methods {design}\nInterviews will take place between April 2023 and October 2023.\n"
        ),
    ),
    (
        "sample_size_mismatch",
        "# Synopsis {synopsis}\n| Number of patients | 60 |\n# Sample size {sample_size}\nA total of 72 patients will be enrolled.\n",
    ),
]


@pytest.mark.parametrize(("kind", "sheet"), ENGLISH, ids=names(ENGLISH))
def test_contradiction_in_english_is_reported(kind: str, sheet: str) -> None:
    assert kind in kinds(sheet, "en")


@pytest.mark.parametrize(("kind", "sheet"), CONTRADICTIONS, ids=names(CONTRADICTIONS))
def test_findings_quote_the_document_and_speak_both_languages(kind: str, sheet: str) -> None:
    made = protocol(sheet)
    for finding in findings(sheet):
        assert finding.spans
        assert all(0 <= start < end <= len(made.document.text) for start, end in finding.spans)
        for language in ("zh", "en"):
            assert finding.message(language)
            assert "check_" not in finding.message(language)


def test_both_languages_have_the_same_messages() -> None:
    assert messages("zh").keys() == messages("en").keys()


def test_every_check_is_documented() -> None:
    assert all(check.__doc__ for check in registry())
