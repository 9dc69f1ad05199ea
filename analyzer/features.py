"""What the classifier sees of a passage: its words, the heading above, its neighbours and where it stands.

Every feature is a short string with a prefix that names its kind; training and run time share this file, and a model
remembers ``VERSION``, so the two cannot drift apart unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Generic, TypeVar

from analyzer.document import Document, Passage
from analyzer.text import HAN, words

VERSION = 7
_LONGEST = 160
"""Words of a passage beyond this one are not looked at; a sentence that long is a table run together."""
_REMEMBERED = 300_000
"""Words, and pairs of words, whose features are remembered; at so many the memory is emptied."""
_STEM = 5
_SECTION_BESIDE_WORDS = 0.4
_CELL_WORDS = (
    *("干细胞", "间充质", "细胞制剂", "细胞治疗", "细胞输注", "细胞悬液", "细胞移植", "细胞回输", "免疫细胞"),
    *("异体", "自体", "树突", "供者", "autologous", "allogeneic", "progenitor", "mononuclear", "msc", "car-t", "islet", "chondrocyt"),
    *("stem cell", "stem-cell", "stromal cell", "t cell", "t-cell", "nk cell", "dendritic"),
    *("cell product", "cell therapy", "cell suspension", "cell dose", "cell infusion"),
)
_CELL_STEPS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0, 2.0)
"""Words of cell therapy per thousand characters."""

Weighted = dict[str, float]


def passage_features(document: Document, passages: Sequence[Passage]) -> list[Weighted]:
    """Features with their weights for each passage, in order; weights are before inverse document frequency."""
    return EVERY_FEATURE.passages(document, passages)


Key = TypeVar("Key", bound=Hashable)
Part = TypeVar("Part", bound=Hashable)


Kept = tuple[tuple[Key, float], ...]
"""Features that are known, with their weights."""


class Remembered(dict[Part, Kept[Key]]):
    """Features of parts of a passage, made when they are first asked for."""

    def __init__(self, make: Callable[[Part], Kept[Key]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, part: Part) -> Kept[Key]:
        if len(self) >= _REMEMBERED:
            self.clear()
        kept = self[part] = self._make(part)
        return kept


class Featurizer(Generic[Key]):
    """Features of passages under the keys that ``known`` gives them; those to which it gives None are left out.

    What a word contributes is looked up once; the words of a language come again and again.
    """

    def __init__(self, known: Callable[[str], Key | None]) -> None:
        self._known = known
        self._pairs = Remembered[tuple[str, str], Key](lambda pair: self.kept(_of_word(*pair)))
        self._words = Remembered[str, Key](lambda word: self.kept(_of_single_word(word)))
        self._before = Remembered[str, Key](lambda word: self.kept({"<" + word: 0.25}))
        self._after = Remembered[str, Key](lambda word: self.kept({">" + word: 0.25}))
        self._lengths = Remembered[int, Key](lambda eighths: self.kept({f"n{eighths}": 0.3}))

    def passages(self, document: Document, passages: Sequence[Passage]) -> list[dict[Key, float]]:
        """Features with their weights for each passage, in order; weights are before inverse document frequency."""
        cut = [words_of(document, passage)[:_LONGEST] for passage in passages]
        places = Remembered[int, Key](lambda section: self.kept(place_features(document, section)))
        row = self.kept({"row": 0.5})
        sections = [None, *(passage.section for passage in passages), None]
        found = []
        for index, (own, passage) in enumerate(zip(cut, passages, strict=True)):
            parts = [*map(self._pairs.__getitem__, zip(["^", *own], own, strict=False))]
            parts += self._lengths[min(8, len(own) // 8)], places[passage.section]
            if passage.kind == "row":
                parts.append(row)
            if sections[index] == passage.section:
                parts += map(self._before.__getitem__, cut[index - 1])
            if sections[index + 2] == passage.section:
                parts += map(self._after.__getitem__, cut[index + 1])
            found.append(dict(chain.from_iterable(parts)))
        return found

    def alone(self, document: Document, passage: Passage) -> dict[Key, float]:
        """Features of a passage by itself: its words without pairs and neighbours, its section and those above."""
        return self._of_words_and(self.kept(section_features(document, passage.section)), words_of(document, passage))

    def contents(self, document: Document, passages: Sequence[Passage]) -> list[dict[Key, float]]:
        """As ``alone``, for each passage, by what it says more than by where it stands: sections are often mistaken."""

        def place(section: int) -> Kept[Key]:
            return self.kept({name: _SECTION_BESIDE_WORDS * weight for name, weight in section_features(document, section).items()})

        places = Remembered[int, Key](place)
        return [self._of_words_and(places[passage.section], words_of(document, passage)) for passage in passages]

    def _of_words_and(self, place: Kept[Key], cut: Sequence[str]) -> dict[Key, float]:
        parts = [*map(self._words.__getitem__, cut[:_LONGEST]), self._lengths[min(8, len(cut) // 8)], place]
        return dict(chain.from_iterable(parts))

    def kept(self, features: Weighted) -> Kept[Key]:
        """Those of some features that are known."""
        known = self._known
        return tuple([(key, weight) for feature, weight in features.items() if (key := known(feature)) is not None])


EVERY_FEATURE = Featurizer[str](lambda feature: feature)
"""Gives every feature by its name."""


def words_of(document: Document, passage: Passage) -> list[str]:
    """The words of a passage, cut once."""
    span = passage.start, passage.end
    found = document.words.get(span)
    if found is None:
        found = document.words[span] = words(document.text[passage.start : passage.end])
    return found


def _of_word(previous: str, word: str) -> Weighted:
    return {"w" + word: 1.0, "b" + previous + "_" + word: 0.8} | _of_single_word(word)


def _of_single_word(word: str) -> Weighted:
    features = {"w" + word: 1.0}
    if len(word) > _STEM and word.isascii():
        features["t" + word[:_STEM]] = 0.6
    elif len(word) > 1 and not word.isascii():
        for character in word:
            features["c" + character] = 0.4
    return features


def section_features(document: Document, section: int) -> Weighted:
    """Features of the section in which a passage stands and of those above it."""
    if section < 0:
        return {"stitle_page": 1.0}
    here = document.sections[section]
    return {"s" + here.canonical: 1.0} | {"p" + label: 0.5 for label in here.path}


def place_features(document: Document, section: int) -> Weighted:
    """Features of where a passage stands: its section, the sections above it, the words of its heading."""
    heading = words(document.sections[section].heading) if section >= 0 else []
    return section_features(document, section) | {"h" + word: 0.7 for word in heading}


def heading_features(title: str, above: str, previous: str) -> Weighted:
    """Features of a heading without its number: words, stems, Chinese character runs, labels of the headings above and before."""
    cut = words(title)
    features: Weighted = {}
    for word, following in zip(["^", *cut], [*cut, "$"], strict=True):
        features["b" + word + "_" + following] = 1.0
        features["w" + word] = 1.0
        if word.isascii() and len(word) > _STEM:
            features["t" + word[:_STEM]] = 1.0
    squeezed = "^" + re.sub(r"\s+", "", title.lower()) + "$"
    if HAN.search(squeezed):
        for size in (1, 2, 3):
            for start in range(len(squeezed) - size + 1):
                features["c" + squeezed[start : start + size]] = 1.0
    features["p" + above] = 1.5
    features["v" + previous] = 0.7
    return features


def cell_features(document: Document) -> Weighted:
    """Features that tell whether a study gives cells: how often the document speaks of cell therapy, on a scale of steps."""
    lower = document.text.lower()
    per_thousand = 1000 * sum(lower.count(word) for word in _CELL_WORDS) / max(1, len(lower))
    return {"any": 1.0} | {f"over {step}": 1.0 for step in _CELL_STEPS if per_thousand > step}
