"""Sheets, training and the figures, on a corpus small enough to train in a second."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.classification import load_model
from analyzer.errors import UsageError
from analyzer.resources import DEFAULT_PACK
from analyzer.rules import load_pack
from analyzer.training.corpus import load_corpus, parse_sheet, protocol_of, save_corpus
from analyzer.training.evaluate import figures
from analyzer.training.gold import evaluate_reports, kappa, overlap
from analyzer.training.material import load_extra
from analyzer.training.spirit import FILE
from analyzer.training.train import train

CORPORA = Path(__file__).parent.parent / "corpora"
SHEET = """@id {id}
@voice {voice}
@language zh
@kind stem_cell
@design rct
@quality mixed
@title 脐带间充质干细胞治疗研究
# 一、研究目的 {{objectives}}
主要目的：评价{product}对{disease}患者第24周评分变化的影响。 => objectives.specific_aim, objectives.measurable
科室共有床位{beds}张。
# 二、样本量 {{sample_size}}
% a remark
本研究拟纳入{n}例，每组{half}例。 => sample_size.number
样本量将由统计师另行计算。 => sample_size.basis:deferred
| 检验水准 | 双侧α=0.05 | => sample_size.alpha
"""
PRODUCTS = ["脐带干细胞", "骨髓干细胞", "脂肪干细胞", "胎盘干细胞"]
DISEASES = ["肝硬化", "关节炎", "红斑狼疮", "糖尿病"]


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "protocols_zh"
    folder.mkdir()
    for number in range(8):
        sheet = SHEET.format(
            id=f"d{number}",
            voice=f"v{number % 4}",
            product=PRODUCTS[number % 4],
            disease=DISEASES[number // 2],
            beds=40 + number,
            n=60 + 2 * number,
            half=30 + number,
        )
        (folder / f"d{number}.sheet").write_text(sheet, "utf-8")
    return tmp_path


def test_judgements_of_whole_protocols_are_learnt(corpora: Path, tmp_path: Path) -> None:
    sheets = sorted((corpora / "protocols_zh").glob("*.sheet"))
    save_corpus(sheets, tmp_path / "judged" / "protocols_zh")
    rows = [
        {"document": sheet.stem, "asked": ["budget.source_and_amount", "dsmb.absence_justification"], "met": met, "near": {}}
        for number, sheet in enumerate(sheets)
        for met in ([{"budget.source_and_amount": [1]}] if number % 2 else [{}])
    ]
    written = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "judged" / "protocols_zh" / "judgements.jsonl").write_text(written, "utf-8")
    metrics = train(tmp_path / "judged", load_pack(DEFAULT_PACK), tmp_path / "model")
    model = load_model(tmp_path / "model")
    assert model.judged.labels == ["budget.source_and_amount", "dsmb.absence_justification"] == model.labels[-2:]
    assert model.decision_on("budget.source_and_amount") is model.judged_decision
    assert model.decision_on("objectives.specific_aim") is model.decision and model.decision_on("unknown.criterion") is None
    assert metrics["cross_validation"]["judged"]["documents"] == len(sheets)
    assert "budget.source_and_amount" in (tmp_path / "model" / "card.md").read_text("utf-8")


def test_a_model_can_do_without_judgements(corpora: Path, tmp_path: Path) -> None:
    train(corpora, load_pack(DEFAULT_PACK), tmp_path / "model")
    model = load_model(tmp_path / "model")
    assert model.judged.labels == [] and model.labels == model.passages.labels


def test_judgements_name_criteria_of_the_pack_and_passages_that_are_there() -> None:
    known = {f"{element.id}.{criterion.id}" for element, criterion in load_pack(DEFAULT_PACK).criteria() if element.group != "headline"}
    protocols = [protocol for language in ("zh", "en") for protocol in load_corpus(CORPORA / f"protocols_{language}")]
    assert all(protocol.judged is not None for protocol in protocols)
    for protocol in protocols:
        assert protocol.judged is not None
        assert protocol.judged.met.keys() <= protocol.judged.asked <= known
        assert all(0 <= number < len(protocol.passages) for numbers in protocol.judged.met.values() for number in numbers)


def test_same_corpus_same_fingerprint(corpora: Path, tmp_path: Path) -> None:
    pack = load_pack(DEFAULT_PACK)
    first, second = train(corpora, pack, tmp_path / "one"), train(corpora, pack, tmp_path / "two")
    assert first["fingerprint"] == second["fingerprint"]
    assert json.loads((tmp_path / "one" / "metrics.json").read_text("utf-8"))["fingerprint"] == first["fingerprint"]
    assert (tmp_path / "one" / "recipe.yaml").exists()


def test_sheet_and_json_lines_hold_the_same_protocol(corpora: Path, tmp_path: Path) -> None:
    folder = corpora / "protocols_zh"
    saved = tmp_path / "saved"
    assert save_corpus(sorted(folder.glob("*.sheet")), saved) == 8 * 5
    for sheet, line in zip(load_corpus(folder), load_corpus(saved), strict=True):
        assert sheet.document.text == line.document.text
        assert sheet.labels == line.labels
        assert [section.canonical for section in line.document.sections] == ["objectives", "sample_size"]


def test_remarks_are_not_read_and_rows_are_rows() -> None:
    protocol = protocol_of(*parse_sheet(SHEET.format(id="a", voice="v", product="细胞", disease="病", beds=1, n=2, half=1), "a.sheet"))
    texts = [protocol.document.text[passage.start : passage.end] for passage in protocol.passages]
    assert "% a remark" not in texts
    assert texts[-1] == "检验水准\t双侧α=0.05"
    assert protocol.passages[-1].kind == "row"
    assert protocol.met("sample_size.number")
    assert not protocol.met("sample_size.basis")


@pytest.mark.parametrize("label", ["sample_size", "sample_size.number:perhaps", "sample size.number"])
def test_label_that_is_none_is_named_with_its_line(label: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_sheet(f"@id a\n# 一 {{objectives}}\n纳入60例。 => {label}\n", "a.sheet")
    assert "a.sheet:3" in str(caught.value.details)


def test_public_corpus_labels_only_what_its_items_tell(corpora: Path, tmp_path: Path) -> None:
    rows = [
        ("Methods", "The study was approved by the ethics committee of the hospital.", ["24_Ethics"]),
        ("Sample size", "With 80% power and a two-sided alpha of 0.05, 41 patients per group are needed.", ["14b_Sample_Calculation"]),
        ("Sample size", "The number was discussed by the board.", ["14b_Sample_Calculation"]),
        ("Background", "Falls are common.", []),
    ]
    folder = tmp_path / "public"
    folder.mkdir()
    lines = [
        {"pmcid": "P1", "sid": sid, "headers": [header], "text": text, "items": items} for sid, (header, text, items) in enumerate(rows)
    ]
    (folder / FILE).write_text("\n".join(map(json.dumps, lines)), "utf-8")
    from analyzer.training.fit import Settings, fit_headings

    headings = fit_headings(load_corpus(corpora / "protocols_zh"), [], Settings())
    (protocol,) = load_extra([folder], load_pack(DEFAULT_PACK), headings)
    ethics, calculation, vague, background = protocol.labels
    assert ethics == {"subject_protection.ethics_review": "satisfies"}
    assert calculation["sample_size.power"] == calculation["sample_size.basis"] == "satisfies"
    assert "sample_size.power" in protocol.unknown[2] and "sample_size.power" not in vague
    assert not background and "sample_size.power" not in protocol.unknown[3]
    assert "subject_protection.dsmb" not in protocol.unknown[3] and "cell_source.cell_type" in protocol.unknown[3]


def test_figures_of_a_known_table() -> None:
    assert figures(6, 2, 1, 3) == {"criterion_f1": 0.8, "gap_f1": 0.6667, "mcc": 0.4781}
    assert kappa([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]) == 0.5
    assert overlap("每组30例，共60例", "| 每组 30 例 |") == 1.0


def test_reports_against_gold(tmp_path: Path) -> None:
    gold = {
        "elements": {
            "sample_size": {"verdict": "partial", "criteria": {"number": {"met": True, "evidence": "共60例"}, "alpha": {"met": False}}}
        },
        "sections": [{"heading": "样本量", "level": 1, "canonical": "sample_size"}],
        "values": {"sample_size_total": 60},
        "inconsistencies": [],
    }
    criteria = [{"id": "number", "met": True, "evidence": [{"quote": "共60例"}]}, {"id": "alpha", "met": True, "evidence": []}]
    report = {
        "elements": [{"id": "sample_size", "verdict": "partial", "criteria": criteria}],
        "sections": [{"heading": "样本量", "level": 1, "canonical": "statistics"}, {"heading": "多余", "level": 1, "canonical": "other"}],
        "values": {"sample_size_total": 60},
        "inconsistencies": [{"kind": "dose_mismatch"}],
    }
    (tmp_path / "gold" / "a").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    (tmp_path / "gold" / "a" / "gold.json").write_text(json.dumps(gold), "utf-8")
    (tmp_path / "reports" / "a.print.json").write_text(json.dumps(report), "utf-8")
    found = evaluate_reports(tmp_path / "gold", tmp_path / "reports")
    assert found["criterion_f1"] == 0.6667
    assert found["evidence_hit"] == 1.0
    assert found["heading_f1"] == 0.6667
    assert found["canonical_accuracy"] == 0.0
    assert found["value_accuracy"] == 1.0
    assert found["contradiction_precision"] == 0.0
