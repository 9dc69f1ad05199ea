"""What the classifier sees of a passage: its words, the heading above, its neighbours and where it stands.

Every feature is a short string with a prefix that names its kind; training and run time share this file, and a model
remembers ``VERSION``, so the two cannot drift apart unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from analyzer.document import Document, Passage
from analyzer.text import CJK, words

VERSION = 6
_LONGEST = 160
"""Words of a passage beyond this one are not looked at; a sentence that long is a table run together."""
_REMEMBERED = 300_000
"""Words and pairs of words whose features are remembered; at so many the memory is emptied."""
_STEM = 5
_HAN = re.compile(f"[{CJK}]")
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
    return Featurizer(lambda feature: feature).passages(document, passages)


Key = TypeVar("Key", bound=Hashable)


class Featurizer(Generic[Key]):
    """Features of passages under the keys that ``known`` gives them; those to which it gives None are left out.

    What a word contributes is looked up once; the words of a language come again and again.
    """

    def __init__(self, known: Callable[[str], Key | None]) -> None:
        self._known = known
        self._pairs: dict[tuple[str, str], dict[Key, float]] = {}
        self._beside: dict[tuple[str, str], dict[Key, float]] = {}

    def passages(self, document: Document, passages: Sequence[Passage]) -> list[dict[Key, float]]:
        """Features with their weights for each passage, in order; weights are before inverse document frequency."""
        if len(self._pairs) + len(self._beside) > _REMEMBERED:
            self._pairs.clear()
            self._beside.clear()
        cut = [words(document.text[passage.start : passage.end])[:_LONGEST] for passage in passages]
        places: dict[int, dict[Key, float]] = {}
        row = self._kept({"row": 0.5})
        found = []
        for index, passage in enumerate(passages):
            features = self._own(cut[index])
            if passage.section not in places:
                places[passage.section] = self._kept(place_features(document, passage.section))
            features.update(places[passage.section])
            if passage.kind == "row":
                features.update(row)
            for near, mark in ((index - 1, "<"), (index + 1, ">")):
                if 0 <= near < len(passages) and passages[near].section == passage.section:
                    self._add_neighbour(features, cut[near], mark)
            found.append(features)
        return found

    def _own(self, cut: Sequence[str]) -> dict[Key, float]:
        features: dict[Key, float] = {}
        previous = "^"
        for word in cut:
            pair = (previous, word)
            of_pair = self._pairs.get(pair)
            if of_pair is None:
                of_pair = self._pairs[pair] = self._kept(_of_word(previous, word))
            features.update(of_pair)
            previous = word
        features.update(self._kept({f"n{min(8, len(cut) // 8)}": 0.3}))
        return features

    def _add_neighbour(self, features: dict[Key, float], cut: Sequence[str], mark: str) -> None:
        for word in cut:
            beside = self._beside.get((mark, word))
            if beside is None:
                beside = self._beside[mark, word] = self._kept({mark + word: 0.25})
            features.update(beside)

    def _kept(self, features: Weighted) -> dict[Key, float]:
        return {key: weight for feature, weight in features.items() if (key := self._known(feature)) is not None}


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


def own_words(cut: Sequence[str]) -> Weighted:
    """Features of the words of a passage by themselves: without pairs and neighbours."""
    features: Weighted = {}
    for word in cut[:_LONGEST]:
        features.update(_of_single_word(word))
    features[f"n{min(8, len(cut) // 8)}"] = 0.3
    return features


def place_features(document: Document, section: int) -> Weighted:
    """Features of where a passage stands: its section, the sections above it, the words of its heading."""
    if section < 0:
        return {"stitle_page": 1.0}
    here = document.sections[section]
    place = {"s" + here.canonical: 1.0}
    for label in here.path:
        place["p" + label] = 0.5
    for word in words(here.heading):
        place["h" + word] = 0.7
    return place


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
    if _HAN.search(squeezed):
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
