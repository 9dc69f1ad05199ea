"""What a sentence looks like to the models of the published marks: its words and letters, its headings, neighbours and place.

Everything that is learnt here (rarity of words, word vectors, directions of most variance) is learnt without labels, and from
those sentences alone that the caller declares known. Word vectors are rows of a factorised table of positive pointwise mutual
information between words and the words near them: what a pre-trained model brings along, on the scale of a laptop.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.sentence_corpora import Bools, Floats, Ints, Sentence, article_numbers

_NUMBER = re.compile(r"\d+(?:[.,·]\d+)*")
_TOKEN = re.compile(r"[a-zα-ω]+|#+|[%=<>≤≥±:/(\[–-]")
_WINDOW = 5
_DIMENSIONS = 200
_DIRECTIONS = 300
_HEADING_DIRECTIONS = 100
_LETTER_SAMPLE = 6000
"""Sentences from which the rarity of runs of letters is counted; more are slow and change nothing."""


@dataclass(frozen=True)
class Views:
    """Several views of the same sentences, a row for each."""

    sparse: Any
    """Words and pairs of words with those of headings and neighbours, weighed by rarity; a scipy matrix."""
    letters: Any
    """Runs of two to five letters within words, weighed by rarity; a scipy matrix."""
    meaning: Floats
    """Mean of the vectors of the words of the sentence, of unit length."""
    dense: Floats
    """Meaning, directions of words, headings and neighbours side by side, each block on the same scale."""


def views_of(sentences: Sequence[Sentence], known: Bools, seed: int) -> Views:
    """The views of sentences; only those marked ``known`` teach what there is to learn."""
    from scipy import sparse

    articles = article_numbers(sentences)
    texts = [_tokens(sentence.text) for sentence in sentences]
    last = [_tokens(sentence.headings[-1] if sentence.headings else "") for sentence in sentences]
    path = [_tokens(" ".join(sentence.headings)) for sentence in sentences]
    words, of_last, of_path = (_weighed(tokens, known, least) for tokens, least in ((texts, 3), (last, 2), (path, 2)))
    headings = sparse.hstack([of_last, of_path]).tocsr()
    before, after = _shifter(articles, -1), _shifter(articles, 1)
    place = _place(articles)
    vectors = _Vectors(texts, known, seed)
    meaning = vectors.means(texts)
    meaning = _unit(meaning - meaning[known].mean(axis=0))
    blocks = [
        (1.0, meaning),
        (1.0, _unit(_directions(words, known, _DIRECTIONS, seed))),
        (0.7, vectors.greatest(texts)),
        (0.7, vectors.means(last)),
        (0.7, vectors.means(path)),
        (0.8, _directions(headings, known, _HEADING_DIRECTIONS, seed)),
        *((weight, _shifter(articles, offset) @ meaning) for offset, weight in ((-1, 0.6), (1, 0.6), (-2, 0.4), (2, 0.4))),
        (0.5, place),
    ]
    return Views(
        sparse=sparse.hstack([words, 0.5 * headings, 0.4 * before @ words, 0.4 * after @ words, 0.3 * place]).tocsr().astype(np.float32),
        letters=_letters(sentences, known, seed),
        meaning=meaning.astype(np.float32),
        dense=np.hstack([(weight * _standard(block, known)).astype(np.float32) for weight, block in blocks]),
    )


def _normal(text: str) -> str:
    return _NUMBER.sub(lambda number: "#" * min(4, len(number.group())), text.lower())


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_normal(text))


def _weighed(tokens: Sequence[list[str]], known: Bools, least: int) -> Any:
    """Words and pairs of words, rare ones weighing more; those in fewer than ``least`` known sentences are left out."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=_words_and_pairs, min_df=least, sublinear_tf=True)
    return vectorizer.fit([line for line, of_known in zip(tokens, known, strict=True) if of_known]).transform(tokens)


def _words_and_pairs(tokens: list[str]) -> list[str]:
    return [*tokens, *map(" ".join, pairwise(tokens))]


def _letters(sentences: Sequence[Sentence], known: Bools, seed: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [_normal(sentence.text) for sentence in sentences]
    sample = np.random.default_rng(seed).permutation(np.flatnonzero(known))[:_LETTER_SAMPLE]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, dtype=np.float32)
    return vectorizer.fit([texts[index] for index in sample]).transform(texts)


def _directions(matrix: Any, known: Bools, count: int, seed: int) -> Floats:
    """Rows of ``matrix`` along the ``count`` directions in which the known rows vary most."""
    from sklearn.decomposition import TruncatedSVD

    found: Floats = TruncatedSVD(count, n_iter=2, random_state=seed).fit(matrix[known]).transform(matrix)
    return found


class _Vectors:
    """Vectors of the words of known sentences, and their rarity."""

    def __init__(self, texts: Sequence[list[str]], known: Bools, seed: int) -> None:
        from sklearn.decomposition import TruncatedSVD

        lines = [line for line, of_known in zip(texts, known, strict=True) if of_known]
        counts = Counter(word for line in lines for word in line)
        self._number = {word: number for number, word in enumerate(word for word, count in counts.items() if count > 3)}
        numbered = [self._numbers(line) for line in lines]
        svd = TruncatedSVD(_DIMENSIONS, n_iter=3, random_state=seed)
        self._vectors = _unit(svd.fit_transform(_information(numbered, len(self._number))) / np.sqrt(svd.singular_values_))
        lines_with = np.ones(len(self._number))
        for line in numbered:
            lines_with[np.unique(line)] += 1
        self._rarity = np.log(len(lines) / lines_with)

    def means(self, texts: Sequence[list[str]]) -> Floats:
        """The direction of the mean of the vectors of the words of each line, rare words weighing more."""
        return _unit(np.array([self._rarity[line] @ self._vectors[line] for line in map(self._numbers, texts)]))

    def greatest(self, texts: Sequence[list[str]]) -> Floats:
        """The greatest value of each component over the words of each line."""
        nothing = np.zeros((1, _DIMENSIONS))
        return np.array([(self._vectors[line] if len(line) else nothing).max(axis=0) for line in map(self._numbers, texts)])

    def _numbers(self, line: list[str]) -> Ints:
        return np.array([self._number[word] for word in line if word in self._number], dtype=np.int64)


def _information(lines: Sequence[Ints], size: int) -> Any:
    """Positive pointwise mutual information of words and the words at most ``_WINDOW`` away, near ones counting more."""
    from scipy import sparse

    together = sparse.csr_matrix((size, size))
    for distance in range(1, _WINDOW + 1):
        first = np.concatenate([line[:-distance] for line in lines])
        second = np.concatenate([line[distance:] for line in lines])
        together = together + sparse.coo_matrix((np.full(len(first), 1 / distance), (first, second)), shape=(size, size)).tocsr()
    together = together + together.T
    often = np.asarray(together.sum(axis=1)).ravel()
    context = often**0.75 / (often**0.75).sum()
    pairs = together.tocoo()
    information = np.log(pairs.data / often[pairs.row] / context[pairs.col])
    positive = information > 0
    return sparse.csr_matrix((information[positive], (pairs.row[positive], pairs.col[positive])), shape=(size, size))


def _shifter(articles: Ints, offset: int) -> Any:
    """A matrix that puts in each row that of the sentence ``offset`` further on, and nothing beyond the ends of an article."""
    from scipy import sparse

    rows = np.arange(len(articles))
    beside = rows + offset
    inside = (beside >= 0) & (beside < len(rows))
    inside[inside] = articles[beside[inside]] == articles[rows[inside]]
    return sparse.csr_matrix((np.ones(int(inside.sum())), (rows[inside], beside[inside])), shape=(len(rows), len(rows)))


def shifted(values: Floats, articles: Ints, offset: int) -> Floats:
    """The values of the sentence ``offset`` further on in the same article, 0 beyond its ends."""
    moved: Floats = _shifter(articles, offset) @ values
    return moved


def places(groups: Ints) -> Floats:
    """Where each member stands in its group, from 0 for the first to 1 for the last."""
    order = np.argsort(groups, kind="stable")
    found = np.zeros(len(groups))
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        found[members] = np.linspace(0, 1, len(members))
    return found


def _place(articles: Ints) -> Floats:
    """Nearness of each sentence to eight points spread over its article."""
    return np.asarray(np.exp(-(((places(articles)[:, None] - np.linspace(0, 1, 8)) / 0.12) ** 2)))


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(1e-9, np.linalg.norm(rows, axis=1, keepdims=True)))


def _standard(rows: Floats, known: Bools) -> Floats:
    return np.asarray((rows - rows[known].mean(axis=0)) / rows[known].std())
