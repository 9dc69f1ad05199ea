"""Searches a text for many groups of patterns at once, each group an alternation, with one answer per group and span.

One pass over the text finds the words that the patterns cannot do without (see ``anchors``); a pattern is tried, and compiled,
only where all of its words stand. Pattern and text are compared in lower case, which ``re`` does faster than without regard to
case. The answers are those of ``Patterns.search``. A bit mask stands for a set of patterns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import or_

from analyzer.anchors import CLAUSES, chunk, lowered, pieces
from analyzer.lazy import lower_case
from analyzer.remembered import required_words
from analyzer.rules import Patterns

Span = tuple[int, int]

_LONGEST_REMEMBERED, _MOST_REMEMBERED = 24, 60_000
"""Characters of a piece, and pieces, of which is remembered what stands in them."""
_SHORT, _MOST_TOGETHER = 6, 4000
"""Characters up to which a piece has a mask for all the words in it, and so many such masks."""


class Finder:
    """Groups of patterns made ready to be searched for; a group is named by its index in ``groups``."""

    def __init__(self, groups: Sequence[Patterns]) -> None:
        import ahocorasick

        numbers: dict[str, int] = {}
        self.members: list[int] = []
        """Group -> the mask of its patterns."""
        self._rank: list[dict[int, int]] = []
        """Group -> pattern -> its turn in the alternation."""
        for group in groups:
            sources = dict.fromkeys(group.sources())
            self._rank.append({numbers.setdefault(source, len(numbers)): turn for turn, source in enumerate(sources)})
            self.members.append(sum(1 << number for number in self._rank[-1]))
        self._sources = list(numbers)
        self._compiled: list[re.Pattern[str] | None] = [None] * len(numbers)
        self._everything = (1 << len(numbers)) - 1
        self._unasked, self._masks, words = self._requirements()
        self._automaton = ahocorasick.Automaton()
        for word, number in words.items():
            self._automaton.add_word(word, number)
        self._automaton.make_automaton()
        self._held = _Held(self._automaton.iter if words else lambda text: iter(()), self._masks)

    def _requirements(self) -> tuple[int, list[int], dict[str, int]]:
        """What no word has to stand for; what every word stands for, one bit per pattern and clause of its anchors; the words' numbers."""
        unasked = 0
        bits = defaultdict[str, list[int]](list)
        for number, required in enumerate(required_words(self._sources)):
            for clause in range(CLAUSES):
                bit = 1 << clause * len(self._sources) + number
                if clause >= len(required):
                    unasked |= bit
                    continue
                for word in required[clause]:
                    bits[word].append(bit)
        masks = [reduce(or_, of_word) for of_word in bits.values()]
        return unasked, masks, {word: number for number, word in enumerate(bits)}

    def candidates(self, text: str) -> int:
        """The mask of the patterns whose words stand in a text."""
        mask = self._unasked
        for number in set(chain.from_iterable(map(self._held.__getitem__, pieces(text)))):
            mask |= self._masks[number]
        met = mask & self._everything
        for clause in range(1, CLAUSES):
            met &= mask >> clause * len(self._sources)
        return met

    def pattern(self, number: int) -> re.Pattern[str]:
        """A pattern for texts in lower case."""
        pattern = self._compiled[number]
        if pattern is None:
            pattern = self._compiled[number] = re.compile(lower_case(self._sources[number]), re.MULTILINE)
        return pattern

    def union(self, groups: Iterable[int]) -> int:
        """The mask of all patterns of some groups."""
        return reduce(or_, (self.members[group] for group in groups), 0)

    def turn(self, group: int, number: int) -> int:
        """The place of a pattern in the alternation of its group."""
        return self._rank[group][number]

    def owners(self, groups: Iterable[int]) -> dict[int, list[int]]:
        """Pattern -> those of ``groups`` that it belongs to."""
        found: dict[int, list[int]] = defaultdict(list)
        for group in groups:
            for number in self._rank[group]:
                found[number].append(group)
        return found


class _Held(dict[str, tuple[int, ...]]):
    """Piece of text between white space -> the numbers of the masks of the words that stand in it.

    Those of words are remembered, since the words of a language come again and again. Short ones, which come most often, get one mask for
    all that they hold.
    """

    def __init__(self, words_in: Callable[[str], Iterator[tuple[int, int]]], masks: list[int]) -> None:
        super().__init__()
        self._words_in = words_in
        self._masks = masks
        self._together: dict[frozenset[int], int] = {}

    def __missing__(self, piece: str) -> tuple[int, ...]:
        words = frozenset(number for _, number in self._words_in(chunk(piece)))
        one = len(words) > 1 and len(piece) <= _SHORT and (words in self._together or len(self._together) < _MOST_TOGETHER)
        held = (self._mask_of(words),) if one else tuple(words)
        if len(piece) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[piece] = held
        return held

    def _mask_of(self, words: frozenset[int]) -> int:
        """The number of the mask of several words together."""
        if words not in self._together:
            self._together[words] = len(self._masks)
            self._masks.append(reduce(or_, map(self._masks.__getitem__, words)))
        return self._together[words]


class Searched:
    """Spans of one text, each searched for any group at most once."""

    def __init__(self, finder: Finder, text: str, spans: Sequence[Span]) -> None:
        self._finder = finder
        self._text = lowered(text)
        self._spans = spans
        self._masks: list[int | None] = [None] * len(spans)
        self._known: dict[tuple[int, int], bool] = {}

    def _candidates(self, index: int) -> int:
        mask = self._masks[index]
        if mask is None:
            start, end = self._spans[index]
            mask = self._masks[index] = self._finder.candidates(self._text[start:end])
        return mask

    def holds(self, group: int, index: int) -> bool:
        """Whether a pattern of the group matches in span number ``index``."""
        mask = self._candidates(index) & self._finder.members[group]
        if not mask:
            return False
        known = self._known.get((group, index))
        if known is None:
            known = self._known[group, index] = self._any(mask, *self._spans[index])
        return known

    def holds_between(self, group: int, index: int, start: int, end: int) -> bool:
        """Whether a pattern of the group matches in ``text[start:end]``, a part of span number ``index``."""
        mask = self._candidates(index) & self._finder.members[group]
        return bool(mask) and self._any(mask, start, end)

    def may_hold(self, mask: int, index: int) -> bool:
        """Whether the words of any pattern in ``mask`` stand in span number ``index``."""
        return bool(self._candidates(index) & mask)

    def first(self, owners: dict[int, list[int]], mask: int, index: int) -> dict[int, Span]:
        """Group -> its leftmost match in span number ``index``, for the groups of ``owners``, whose patterns ``mask`` holds."""
        start, end = self._spans[index]
        found: dict[int, tuple[int, int, Span]] = {}
        pattern_of, text = self._finder.pattern, self._text
        for number in _bits(self._candidates(index) & mask):
            match = pattern_of(number).search(text, start, end)
            if match is None:
                continue
            for group in owners[number]:
                place = (match.start(), self._finder.turn(group, number), match.span())
                if group not in found or place < found[group]:
                    found[group] = place
        return {group: place[2] for group, place in found.items()}

    def _any(self, mask: int, start: int, end: int) -> bool:
        return any(self._finder.pattern(number).search(self._text, start, end) for number in _bits(mask))


def searched_apart(finder: Finder, texts: Sequence[str]) -> Searched:
    """Texts of which each is searched by itself."""
    spans, start = [], 0
    for text in texts:
        spans.append((start, start + len(text)))
        start += len(text) + 1
    return Searched(finder, "\n".join(texts), spans)


def _bits(mask: int) -> list[int]:
    """The numbers of the bits that are set."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
