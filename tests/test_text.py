"""Words and sentences: the quick cutters against the libraries they stand in for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.text import POWER, language_of, sentences, words
from analyzer.training.corpus import load_corpus

CORPORA = Path(__file__).parent.parent / "corpora"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


def corpus_sentences(name: str, every: int) -> list[str]:
    found = [p.document.text[q.start : q.end] for p in load_corpus(CORPORA / name) for q in p.passages]
    return found[::every]


def test_chinese_words_are_cut_as_jieba_cuts_them() -> None:
    jieba = pytest.importorskip("jieba")
    tokenizer = jieba.Tokenizer()
    runs = [run for sentence in corpus_sentences("protocols_zh", 20) for run in re.findall("[\u4e00-\u9fff]+", sentence)]
    assert len(runs) > 1000
    same = sum(words(run) == list(tokenizer.cut(run)) for run in runs)
    assert same >= 0.99 * len(runs)


def test_english_words_are_cut_as_spacy_cuts_them() -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    letters = re.compile(r"[a-z]+")
    texts = corpus_sentences("protocols_en", 20)
    assert len(texts) > 300
    ours = [letters.findall(" ".join(words(text))) for text in texts]
    theirs = [letters.findall(" ".join(token.lower_ for token in nlp(text))) for text in texts]
    assert sum(one == other for one, other in zip(ours, theirs, strict=True)) >= 0.97 * len(texts)


def test_english_sentences_end_where_spacys_sentencizer_ends_them() -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    texts = [text for text in corpus_sentences("protocols_en", 20) if text.endswith(".") and not re.search(r"\d\.|\b[A-Za-z]\.|;", text)]
    paragraphs = [" ".join(texts[index : index + 4]) for index in range(0, len(texts) - 4, 4)]
    assert len(paragraphs) > 40
    same = sum(cut(paragraph) == [sentence.text.strip() for sentence in nlp(paragraph).sents] for paragraph in paragraphs)
    assert same >= 0.9 * len(paragraphs)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("本研究拟纳入60例。每组30例；双侧α=0.05。", ["本研究拟纳入60例。", "每组30例；", "双侧α=0.05。"]),
        ("See Fig. 3 for details. It fails.", ["See Fig. 3 for details.", "It fails."]),
        ("1. 年龄18至70岁。\n2. 自愿参加。", ["1. 年龄18至70岁。", "2. 自愿参加。"]),
        ("Dose is 1.5 mg/kg, i.e. small. Next.", ["Dose is 1.5 mg/kg, i.e. small.", "Next."]),
        ("他说“可以。”然后离开。", ["他说“可以。”", "然后离开。"]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@pytest.mark.parametrize("written", ["2×10^7", "2 x 10⁷", "2 x 107", "2 × 10 7", "2*10 ^ 7", "2×10¹⁰", "2 X 1010"])
def test_a_power_of_ten_is_one_word_however_it_is_written(written: str) -> None:
    assert words(f"{written} cells") == ["0", POWER, "cells"]


def test_ordinary_numbers_are_no_powers_of_ten() -> None:
    for text in (
        "106 patients",
        "max 106 patients",
        "3 x 10 6-week courses",
        "2 x 10 4.5 mg",
        "2 x 10 mg",
        "10^3",
        "10^45",
        "4 x 1065",
        "ALT↑",
    ):
        assert POWER not in words(text)


def test_numbers_keep_their_shape_only() -> None:
    assert words("n = 60, 0.05 and 1200") == ["n", "=", "00", ",", "0.00", "and", "0000"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("评价细胞制剂的安全性", "zh"),
        ("To evaluate safety", "en"),
        ("评价 safety and efficacy of UC-MSC infusion 的研究", "mixed"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language
