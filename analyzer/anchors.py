"""Which words must a text hold before a pattern can match it at all? Found from the pattern's own parse tree.

Looking for a few thousand such words at once (Aho-Corasick) takes one pass over the text; only the passages that hold one are
then tried with the precise pattern, which makes matching independent of the number of criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Words = frozenset[str]

_MOST_ALTERNATIVES = 40
_MOST_CHARACTERS = 6
"""A character class with more members than this is no anchor."""


def anchors(pattern: str) -> Words | None:
    """Lower-case words one of which stands in every text that ``pattern`` matches, case aside; None where there are none."""
    return _required(parser.parse(pattern, re.IGNORECASE))


def _required(sequence: Iterable[Any]) -> Words | None:
    """The best requirement among the parts of a sequence: long words before short ones, few before many."""
    best: Words | None = None
    run = ""
    for code, argument in sequence:
        if code is op.LITERAL:
            run += chr(argument).lower()
            continue
        best = _better(best, frozenset([run]) if run else None)
        run = ""
        best = _better(best, _of_part(code, argument))
    return _better(best, frozenset([run]) if run else None)


def _of_part(code: Any, argument: Any) -> Words | None:
    if code is op.SUBPATTERN:
        return _required(argument[3])
    if code is op.ATOMIC_GROUP:
        return _required(argument)
    if code is op.BRANCH:
        return _union(_required(branch) for branch in argument[1])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _required(argument[2]) if argument[0] > 0 else None
    if code is op.IN:
        return _characters(argument)
    return None


def _characters(members: list[Any]) -> Words | None:
    literals = [chr(value).lower() for code, value in members if code is op.LITERAL]
    return frozenset(literals) if len(literals) == len(members) <= _MOST_CHARACTERS else None


def _union(parts: Iterator[Words | None]) -> Words | None:
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found) if len(found) <= _MOST_ALTERNATIVES else None


def _better(one: Words | None, other: Words | None) -> Words | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda words: (min(map(_weight, words)), -len(words)))


def _weight(word: str) -> float:
    """How rare a word is likely to be: a Chinese character tells as much as two or three Latin letters."""
    return sum(2.5 if character > "\u2e80" else 1.0 if character.isalnum() and character.isascii() else 1.5 for character in word.strip())
