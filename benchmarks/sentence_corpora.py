"""Public corpora of labelled sentences, read into one form: SPIRIT-CONSORT-TM and the methods sections of CONSORT-TM."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.integer[Any]]

CONSORT_FILE = "Methods_train.csv"
_NO_ITEM = "0"


@dataclass(frozen=True)
class Sentence:
    """One sentence of an article with the headings it stands under, outermost first, and the checklist items it reports."""

    article: str
    split: str
    headings: tuple[str, ...]
    text: str
    items: frozenset[str]


def read_spirit(path: Path) -> list[Sentence]:
    """The sentences of a JSON Lines file of SPIRIT-CONSORT-TM, article by article in their order."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows.sort(key=lambda row: (row["pmcid"], int(row["sid"])))
    return [
        Sentence(row["pmcid"], row["split"], tuple(h for h in row["headers"] if h), row["text"], frozenset(row["items"])) for row in rows
    ]


def read_consort(path: Path) -> list[Sentence]:
    """The sentences of CONSORT-TM's methods sections (a CSV file, or the folder it lies in), article by article in their order."""
    with (path / CONSORT_FILE if path.is_dir() else path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: (row["PMCID"], int(row["sentence_id"].removeprefix("S"))))
    return [Sentence(row["PMCID"], "", (row["section"].strip().rstrip("."),), row["text"], _items(row["CONSORT_Item"])) for row in rows]


def _items(cell: str) -> frozenset[str]:
    return frozenset(str(item) for item in ast.literal_eval(cell)) - {_NO_ITEM}


def article_numbers(sentences: Sequence[Sentence]) -> Ints:
    """The number of each sentence's article, counted from 0 in the order in which articles appear."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(sentence.article, len(numbers)) for sentence in sentences])


def section_numbers(sentences: Sequence[Sentence]) -> Ints:
    """The number of the section of each sentence; the same headings in another article are another section."""
    numbers: dict[tuple[str, tuple[str, ...]], int] = {}
    return np.array([numbers.setdefault((sentence.article, sentence.headings), len(numbers)) for sentence in sentences])


def reported(sentences: Sequence[Sentence], items: Sequence[str]) -> Bools:
    """Which sentence reports which item, shape (sentences, items)."""
    return np.array([[item in sentence.items for item in items] for sentence in sentences])


def folds(groups: Sequence[int] | Ints, count: int, seed: int) -> list[Ints]:
    """The distinct groups shuffled and dealt out to ``count`` folds."""
    shuffled = np.random.default_rng(seed).permutation(np.unique(groups))
    return [shuffled[number::count] for number in range(count)]
