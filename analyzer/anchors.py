"""Which words must a text hold before a pattern can match it at all? Found from the pattern's own parse tree.

Looking for a few thousand such words at once (Aho-Corasick) takes one pass over the text; only the passages that hold one are
then tried with the precise pattern, which makes matching nearly independent of the number of criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Words = frozenset[str]

_MOST_ALTERNATIVES = 48
_MOST_CHARACTERS = 12
"""A character class with more members than this is no part of a word."""


def anchors(pattern: str) -> Words | None:
    """Lower-case words one of which stands in every text that ``pattern`` matches, case aside; None where there are none."""
    return _required(parser.parse(pattern, re.IGNORECASE))


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between its outermost ``|``, each a pattern; their anchors tell more than those of the whole."""
    parts = [""]
    depth, index, in_class = 0, 0, False
    while index < len(pattern):
        character = pattern[index]
        piece = pattern[index : index + 2] if character == "\\" else character
        index += len(piece)
        if piece == "|" and not depth and not in_class:
            parts.append("")
            continue
        if in_class:
            in_class = piece != "]" or parts[-1][-1] == "[" or parts[-1].endswith("[^")
        elif piece == "[":
            in_class = True
        elif piece in "()":
            depth += 1 if piece == "(" else -1
        parts[-1] += piece
    return parts


def _required(sequence: Iterable[Any]) -> Words | None:
    """The best requirement among the parts of a sequence: long words before short ones, few before many."""
    best: Words | None = None
    run: Words | None = None
    for code, argument in sequence:
        members = _members(code, argument)
        grown = _grown(run, members)
        if grown is None:
            best, run = _better(best, run), members
        else:
            run = grown
        if members is None:
            best = _better(best, _of_part(code, argument))
        elif code is not op.LITERAL and code is not op.IN:  # a repetition: what follows need not stand next to this one
            best, run = _better(best, run), None
    return _better(best, run)


def _grown(run: Words | None, members: Words | None) -> Words | None:
    """Every word of the run with every member after it; None where there is nothing to grow or too much to hold."""
    if run is None or members is None or len(run) * len(members) > _MOST_ALTERNATIVES:
        return None
    return frozenset(word + member for word in run for member in members)


def _members(code: Any, argument: Any) -> Words | None:
    """The characters, in lower case, one of which a part of a pattern begins with and holds at least once."""
    if code is op.LITERAL:
        return frozenset([chr(argument).lower()])
    if code is op.IN:
        return _characters(argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0 and len(argument[2]) == 1:
        return _members(*argument[2][0])
    return None


def _of_part(code: Any, argument: Any) -> Words | None:
    if code is op.SUBPATTERN:
        return _required(argument[3])
    if code is op.ATOMIC_GROUP:
        return _required(argument)
    if code is op.BRANCH:
        return _union(_required(branch) for branch in argument[1])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _required(argument[2]) if argument[0] > 0 else None
    return None


def _characters(members: list[Any]) -> Words | None:
    found: set[str] = set()
    for code, value in members:
        if code is op.LITERAL:
            found.add(chr(value).lower())
        elif code is op.RANGE and value[1] - value[0] < _MOST_CHARACTERS:
            found.update(chr(number).lower() for number in range(value[0], value[1] + 1))
        elif code is op.CATEGORY and value is op.CATEGORY_DIGIT:
            found.update("0123456789")  # the reader folds all other digits to these
        else:
            return None
    return frozenset(found) if len(found) <= _MOST_CHARACTERS else None


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
    return sum(map(_character_weight, word.strip()))


def _character_weight(character: str) -> float:
    if character > "\u2e80":
        return 2.5
    if not character.isascii():
        return 1.5
    return 1.0 if character.isalnum() else 0.8
