"""Which words must a text hold before a pattern can match it at all? Found from the pattern's own parse tree.

Looking for a few thousand such words at once (Aho-Corasick) takes one pass over the text; only the passages that hold them are
then tried with the precise pattern, which makes matching nearly independent of the number of criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Words = frozenset[str]

CLAUSES = 2
"""So many sets of words are kept of a pattern; more of them hardly keep out anything more."""
_MOST_ALTERNATIVES = 48
_MOST_CHARACTERS = 12
"""A character class with more members than this is no part of a word."""
_MOST_REPEATED = 6
_AFTER_ANOTHER_ALPHABET = re.compile(r"(?<=[^\x00-\x7f])[a-z]")


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length whatever the alphabet."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[:1] for character in text)


def folded(text: str) -> str:
    """``text`` as anchors are written: Latin words with a capital at their beginning and nowhere else, every digit a 0; as long as it was.

    So a pattern that begins at the beginning of a word does not ask for its letters within other words.
    """
    titled = _titled(text)
    if len(titled) != len(text):  # a letter whose capital is two
        titled = _titled("".join(character if len(character.title()) == 1 else "\ufffd" for character in lowered(text)))
    for digit in "123456789":
        titled = titled.replace(digit, "0")
    return titled


def _titled(text: str) -> str:
    titled = text.title()
    return titled if titled.isascii() else _AFTER_ANOTHER_ALPHABET.sub(lambda letter: letter[0].upper(), titled)


def anchors(pattern: str) -> tuple[Words, ...]:
    """Sets of words, the most telling first: every text that ``pattern`` matches holds, once ``folded``, one word of each."""
    return tuple(_required(parser.parse(pattern, re.IGNORECASE), bounded=False)[:CLAUSES])


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between its outermost ``|``, each a pattern; their anchors tell more than those of the whole."""
    if "|" not in pattern:
        return [pattern]
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


def _required(sequence: Sequence[Any], *, bounded: bool) -> list[Words]:
    """What the parts of a sequence require, the most telling first: long words before short ones, few before many.

    ``bounded`` says whether no Latin letter stands before the sequence.
    """
    if len(sequence) and all(code is op.LITERAL for code, _ in sequence):
        found = {_words(frozenset(["".join(_lower(argument) for _, argument in sequence)]), bounded=bounded)}
    else:
        found = _of_parts(sequence, bounded=bounded)
    kept = [words for words in found if words and " " not in words]
    return sorted(kept, key=_worth, reverse=True) if len(kept) > 1 else kept


def _of_parts(sequence: Iterable[Any], *, bounded: bool) -> set[Words]:
    found: set[Words] = set()
    run: Words | None = None
    run_bounded = False
    for code, argument in sequence:
        if code is op.AT or code is op.ASSERT or code is op.ASSERT_NOT:
            found.add(_words(run, bounded=run_bounded))
            run = None
            bounded = bounded or (code is op.ASSERT_NOT and argument[0] < 0 and list(argument[1]) == _LATIN_LETTER)
            continue
        members = _members(code, argument)
        grown = _grown(run, members)
        if grown is None:
            found.add(_words(run, bounded=run_bounded))
            run, run_bounded = members, bounded
        else:
            run = grown
        if members is None:
            found.update(_of_part(code, argument, bounded=bounded))
        elif code is not op.LITERAL and code is not op.IN:  # a repetition: what follows need not stand next to this one
            found.add(_words(run, bounded=run_bounded))
            run = None
        bounded = False
    found.add(_words(run, bounded=run_bounded))
    return found


_LATIN_LETTER = list(parser.parse("[A-Za-z]", re.IGNORECASE))


def _words(run: Words | None, *, bounded: bool) -> Words:
    """Folded words of a run; where a Latin letter may stand before it, each also as the rest of a word."""
    if not run:
        return frozenset()
    found = {_titled(word) for word in run}
    if not bounded:
        found |= {word[:1].lower() + word[1:] for word in found}
    return frozenset(found)


def _grown(run: Words | None, members: Words | None) -> Words | None:
    """Every word of the run with every member after it; None where there is nothing to grow or too much to hold."""
    if run is None or members is None or len(run) * len(members) > _MOST_ALTERNATIVES:
        return None
    return frozenset(word + member for word in run for member in members)


def _members(code: Any, argument: Any) -> Words | None:
    """The characters, folded, one of which a part of a pattern begins with and holds at least once."""
    if code is op.LITERAL:
        return frozenset([_lower(argument)])
    if code is op.IN:
        return _characters(argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0 and len(argument[2]) == 1:
        once = _members(*argument[2][0])
        return once if once is None or len(once) > 1 else frozenset(member * min(argument[0], _MOST_REPEATED) for member in once)
    return None


def _of_part(code: Any, argument: Any, *, bounded: bool) -> list[Words]:
    if code is op.SUBPATTERN:
        return _required(argument[3], bounded=bounded)
    if code is op.ATOMIC_GROUP:
        return _required(argument, bounded=bounded)
    if code is op.BRANCH:
        return list(_of_branches([_required(branch, bounded=bounded) for branch in argument[1]]))
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0:
        return _required(argument[2], bounded=bounded)
    return []


def _of_branches(branches: Sequence[Sequence[Words]]) -> Iterator[Words]:
    """The best of every branch is one requirement of all, the second best of every branch another."""
    for several in zip(*branches, strict=False):
        words = frozenset[str]().union(*several)
        if len(words) <= _MOST_ALTERNATIVES:
            yield words


def _characters(members: list[Any]) -> Words | None:
    found: set[str] = set()
    for code, value in members:
        if code is op.LITERAL:
            found.add(_lower(value))
        elif code is op.RANGE and value[1] - value[0] < _MOST_CHARACTERS:
            found.update(_lower(number) for number in range(value[0], value[1] + 1))
        elif code is op.CATEGORY and value is op.CATEGORY_DIGIT:
            found.add("0")  # the reader folds the digits of other alphabets to these
        else:
            return None
    return frozenset(found) if len(found) <= _MOST_CHARACTERS else None


@cache
def _lower(code: int) -> str:
    """The character in lower case; any digit is a 0."""
    character = chr(code)
    return "0" if character.isdecimal() else character.lower()[:1]


def _worth(words: Words) -> tuple[float, int, list[str]]:
    return min(map(_weight, words)), -len(words), sorted(words)


@cache
def _weight(word: str) -> float:
    """How rare a word is likely to be: a Chinese character tells as much as two or three Latin letters, a letter by itself little."""
    bare = word.strip()
    return _WEIGHT_ALONE.get(bare.lower(), 0.6 if bare.isascii() else 2.5) if len(bare) == 1 else sum(map(_character_weight, bare))


_WEIGHT_ALONE = dict.fromkeys("etainosrlhdcu.,", 0.2) | dict.fromkeys("mfpgwyb0-()", 0.4) | dict.fromkeys("=^%+<>≥≤±×", 1.5)


def _character_weight(character: str) -> float:
    if character > "\u2e80":
        return 2.5
    if not character.isascii():
        return 1.5
    return 1.0 if character.isalnum() else 0.8
