"""Sentence models on two public benchmarks of checklist items, beside the marks published for pre-trained language models.

usage: python -m benchmarks.published_marks FOLDER [--consort FILE] [--repeats N]

FOLDER holds ``protocol_sentences.jsonl`` and ``results_sentences.jsonl`` of SPIRIT-CONSORT-TM as ``docs/training.md`` describes
them, with ``split`` (train or valid) per line. No pre-trained vectors or networks are used; each part takes minutes on one core.

Without ``--consort``: the protocols of SPIRIT-CONSORT-TM, train -> valid, and of its items those that say what one of our criteria says
(``analyzer/training/spirit.py``). Once with the kind of linear model that the analyzer ships, learnt from the train protocols alone;
once with the larger model of this benchmark, whose encoder is taught on the results papers of the same split. Micro-F1 over sentences
and over documents (an item counts as reported where any sentence has it). Published, all items: 0.742 and 0.865 (PubMedBERT).

With ``--consort Methods_train.csv``: the 17 methods items of CONSORT-TM, five folds by article, dealt out ``N`` times. Once from the
labels of CONSORT-TM alone; once with an encoder taught the labels of SPIRIT-CONSORT-TM, which has none of these articles.
Published, five folds over all 50 articles: 0.71 (BioBERT).

Vectors and rarity of words are learnt without labels from SPIRIT-CONSORT-TM, never from CONSORT-TM or the valid split. No label of their
articles reaches a model, a calibration or a threshold. (The figures "cross-validated over train" are less strict: words of the articles
held out are in the vectors, and their labels in some of the scores that the second look learns from.) Settings (weights of the views,
sizes, numbers of rounds) were chosen by such five folds over CONSORT-TM and over the train split, so those cross-validated figures lean
a little to the good side; the figures for valid were looked at some four times on the way.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analyzer.classification import Floats as SingleFloats
from analyzer.features import passage_features
from analyzer.resources import DEFAULT_PACK
from analyzer.rules import load_pack
from analyzer.segmentation import vocabulary_label
from analyzer.training.fit import fit_linear
from analyzer.training.spirit import FILE, RESULTS_FILE, SAYS, load_spirit
from benchmarks.sentence_corpora import (
    Bools,
    Floats,
    Ints,
    Sentence,
    article_numbers,
    folds,
    read_consort,
    read_spirit,
    reported,
    section_numbers,
)
from benchmarks.sentence_models import (
    Encoding,
    best_threshold,
    calibrated,
    encode,
    kernel_of,
    linear,
    look_around,
    micro_f1,
    ridge,
    second_look,
)
from benchmarks.sentence_views import Views, views_of

_SEED = 0
_STRENGTH = 300.0
_FOLDS = 5
_OFTEN = 40
"""An encoder is taught the items that so many sentences of its corpus report."""
_SPIRIT_ENCODERS = 2
_CONSORT_ENCODERS = 3
_OTHER_KIND = 0.4
"""What a sentence of a results paper weighs beside one of a protocol."""
_WORTH_A_LOOK = 0.28
"""The share of sentences, those with the best linear scores, that the kernel is asked about; others report nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.published_marks", description="public benchmarks of checklist items")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="SPIRIT-CONSORT-TM as JSON Lines")
    parser.add_argument("--consort", type=Path, metavar="FILE", help="Methods_train.csv of CONSORT-TM: its five folds instead")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="how often its articles are dealt out to folds")
    asked = parser.parse_args(arguments)
    if asked.consort:
        consort(asked.folder, asked.consort, asked.repeats)
    else:
        spirit_by_house(asked.folder)
        spirit(asked.folder)


def consort(folder: Path, path: Path, repeats: int) -> None:
    """CONSORT-TM's methods items, cross-validated by article."""
    own = read_consort(path)
    others = [*read_spirit(folder / FILE), *read_spirit(folder / RESULTS_FILE)]
    shared = {sentence.article for sentence in own} & {sentence.article for sentence in others}
    others = [sentence for sentence in others if sentence.article not in shared]
    sentences = own + others
    known = np.arange(len(sentences)) >= len(own)
    items = sorted({item for sentence in own for item in sentence.items})
    targets, articles, rows = reported(own, items), article_numbers(own), np.arange(len(own))
    _say(f"CONSORT-TM: {len(own)} sentences of {articles.max() + 1} articles, {len(items)} items, {int(targets.sum())} labels")
    views = views_of(sentences, known, _SEED)
    encodings = _taught(views, sentences, np.flatnonzero(known), _items_of(others), _CONSORT_ENCODERS)
    for name, helped in (("labels of CONSORT-TM alone", []), ("with encoder taught on SPIRIT-CONSORT-TM", encodings)):
        kernel = kernel_of(views, helped, known, rows)
        figures = [_cross_validated(kernel, targets, articles, seed) for seed in range(repeats)]
        each = ", ".join(f"{f1:.3f}" for f1, _, _ in figures)
        f1, precision, recall = np.mean(figures, axis=0)
        _say(f"{name}: micro-F1 over sentences {f1:.3f} (precision {precision:.2f}, recall {recall:.2f}; each time {each})")


def _cross_validated(kernel: Floats, targets: Bools, articles: Ints, seed: int) -> tuple[float, float, float]:
    """Micro-F1, precision and recall over the sentences of all folds."""
    predicted = np.zeros_like(targets)
    for held in folds(articles, _FOLDS, seed):
        out = np.isin(articles, held)
        learn, judge = np.flatnonzero(~out), np.flatnonzero(out)
        held_out, judged = ridge(kernel, targets, articles, learn, judge)
        held_out, judged = calibrated(held_out, targets[learn], judged)
        predicted[judge] = judged > best_threshold(held_out, targets[learn])
    right = int((predicted & targets).sum())
    return micro_f1(predicted, targets), right / max(1, int(predicted.sum())), right / int(targets.sum())


def spirit(folder: Path) -> None:
    """SPIRIT-CONSORT-TM's protocols, train -> valid, with the model of this benchmark."""
    protocols = read_spirit(folder / FILE)
    papers = [paper for paper in read_spirit(folder / RESULTS_FILE) if paper.split == "train"]
    sentences = protocols + papers
    is_protocol = np.arange(len(sentences)) < len(protocols)
    learnt = np.array([sentence.split == "train" for sentence in sentences])
    items = sorted(SAYS)
    targets, articles, sections = reported(sentences, items), article_numbers(sentences), section_numbers(sentences)
    lengths = np.array([len(sentence.text.split()) for sentence in sentences])
    train, valid = np.flatnonzero(is_protocol & learnt), np.flatnonzero(is_protocol & ~learnt)
    views = views_of(sentences, learnt, _SEED)
    encodings = _taught(views, sentences, np.flatnonzero(~is_protocol), _items_of(papers), _SPIRIT_ENCODERS)

    first = np.full(targets.shape, -1.0)
    weights = np.where(is_protocol, 1.0, _OTHER_KIND)
    for held in folds(articles[train], _FOLDS, _SEED):
        out = is_protocol & np.isin(articles, held)
        first[out] = linear(views.sparse, targets, np.flatnonzero(learnt & ~out), np.flatnonzero(out), weights)
    first[valid] = linear(views.sparse, targets, np.flatnonzero(learnt), valid, weights)
    cut = np.quantile(first[train].max(axis=1), 1 - _WORTH_A_LOOK)
    looked_at = np.flatnonzero(is_protocol & (first.max(axis=1) > cut))
    of_train, of_valid = np.flatnonzero(learnt[looked_at]), np.flatnonzero(~learnt[looked_at])

    kernel = kernel_of(views, encodings, learnt, looked_at)
    scores = np.full(targets.shape, -1.0)
    scores[looked_at[of_train]], scores[looked_at[of_valid]] = ridge(kernel, targets[looked_at], articles[looked_at], of_train, of_valid)
    held_out, judged = second_look(
        lambda column: look_around(scores, first, articles, sections, lengths, column),
        targets,
        articles,
        looked_at[of_train],
        looked_at[of_valid],
        _SEED,
    )
    missed = int(targets[train].sum() - targets[looked_at[of_train]].sum())
    threshold = best_threshold(held_out, targets[looked_at[of_train]], missed)
    predicted = np.zeros_like(targets)
    predicted[looked_at[of_train]], predicted[looked_at[of_valid]] = held_out > threshold, judged > threshold
    _say(f"benchmark's model, cross-validated over train: micro-F1 over sentences {micro_f1(predicted[train], targets[train]):.3f}")
    _say_both("benchmark's model", predicted[valid], targets[valid], articles[valid])
    for column, item in enumerate(items):
        told, true = predicted[valid, column], targets[valid, column]
        _say(f"    {item}: {int((told & true).sum())} right of {int(told.sum())} found, {int(true.sum())} labelled")


def spirit_by_house(folder: Path) -> None:
    """The same with the kind of linear model that the analyzer ships, learnt from the train protocols alone."""
    split = {sentence.article: sentence.split for sentence in read_spirit(folder / FILE)}
    protocols = load_spirit(folder, load_pack(DEFAULT_PACK), _label)
    labels = sorted({criterion for criteria in SAYS.values() for criterion in criteria})
    features = [passage_features(protocol.document, protocol.passages) for protocol in protocols]
    targets = [np.array([[line.get(label) == "satisfies" for label in labels] for line in protocol.labels]) for protocol in protocols]
    train = [index for index, protocol in enumerate(protocols) if split[protocol.id] == "train"]
    valid = [index for index, protocol in enumerate(protocols) if split[protocol.id] == "valid"]

    def scores(learn: list[int], judge: list[int]) -> list[SingleFloats]:
        model = fit_linear([item for i in learn for item in features[i]], np.concatenate([targets[i] for i in learn]), labels, _STRENGTH)
        return [model.scores(features[i]) for i in judge]

    inner: dict[int, SingleFloats] = {}
    for fold in range(_FOLDS):
        held = train[fold::_FOLDS]
        inner |= dict(zip(held, scores([i for i in train if i not in held], held), strict=True))
    told, true = np.concatenate([inner[i] for i in train]), np.concatenate([targets[i] for i in train])
    threshold = max(np.arange(-3.0, 2.0, 0.1), key=lambda cut: micro_f1(told > cut, true))
    judged = np.concatenate(scores(train, valid)) > threshold
    articles = np.repeat(np.arange(len(valid)), [len(targets[i]) for i in valid])
    _say(f"SPIRIT-CONSORT-TM: {len(train)} protocols train, {len(valid)} valid; criteria: {', '.join(labels)}")
    _say(f"analyzer's linear model, cross-validated over train: micro-F1 over sentences {micro_f1(told > threshold, true):.3f}")
    _say_both("analyzer's linear model", judged, np.concatenate([targets[i] for i in valid]), articles)


def _taught(views: Views, sentences: Sequence[Sentence], rows: Ints, items: Sequence[str], count: int) -> list[Encoding]:
    targets = reported([sentences[row] for row in rows], items)
    return [encode(views.dense, rows, targets, seed) for seed in range(count)]


def _items_of(sentences: Sequence[Sentence]) -> list[str]:
    counts = Counter(item for sentence in sentences for item in sentence.items)
    return sorted(item for item, count in counts.items() if count >= _OFTEN)


def _label(title: str, above: str, _: str) -> str:
    return vocabulary_label(title) or (above if above != "none" else "other")


def _say_both(name: str, predicted: Bools, true: Bools, articles: Ints) -> None:
    told, labelled = (np.array([cells[articles == article].any(axis=0) for article in np.unique(articles)]) for cells in (predicted, true))
    _say(f"{name}, valid: micro-F1 over sentences {micro_f1(predicted, true):.3f}, over documents {micro_f1(told, labelled):.3f}")


def _say(words: str) -> None:
    sys.stdout.write(f"[{time.process_time():.0f} s] {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
