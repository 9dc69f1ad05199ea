"""Which words must a text hold before a pattern can match it at all? Found from the pattern's own parse tree.

Looking for a few thousand such words at once (Aho-Corasick) takes one pass over the text; only the passages that hold them are
then tried with the precise pattern, which makes matching nearly independent of the number of criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Words = frozenset[str]

CLAUSES = 3
"""So many sets of words are kept of a pattern; more of them hardly keep out anything more."""
_MOST_ALTERNATIVES = 48
_MOST_CHARACTERS = 12
"""A character class with more members than this is no part of a word."""
_MOST_REPEATED = 6
_WORTHLESS = 0.2
"""A weight that the most frequent letters have, which stand in any text."""
_WHITE = re.compile(r"\s+")
TAB = "\t"
_END = "\x01"
_WORD_ENDS = re.compile(r"(?<=[A-Za-z])(?![A-Za-z])")
_INNER_WORD_ENDS = re.compile(r"(?<=[A-Za-z])(?=[^A-Za-z])")
_ZEROS = str.maketrans(dict.fromkeys("123456789", "0"))
_AFTER_ANOTHER_ALPHABET = re.compile(r"(?<=[^\x00-\x7f])[a-z]")


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length whatever the alphabet."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[:1] for character in text)


def chunk(piece: str) -> str:
    """A piece of a text between white space, as anchors are looked for in it: Latin words with a capital at their beginning and a
    mark at their end, every digit a 0, a blank on either side.

    So a pattern that begins at the beginning of a word, or ends at the end of one, does not ask for its letters within other words.
    """
    return f" {_WORD_ENDS.sub(_END, _titled(piece).translate(_ZEROS))} "


def anchors(pattern: str) -> tuple[Words, ...]:
    """Sets of words, the most telling first: of each, one stands in a ``chunk`` of every text that ``pattern`` matches."""
    return tuple(_required(parser.parse(pattern, re.IGNORECASE), bounded=False, closed=False)[:CLAUSES])


def pieces(text: str) -> list[str]:
    """The pieces of a text that white space separates, and a tab, if there is one: only rows of tables hold it."""
    found = text.split()
    if TAB in text:
        found.append(TAB)
    return found


def in_lower_case(word: str) -> str:
    """A word of ``anchors`` as it stands in a text in lower case, where a 0 is still any digit."""
    return word.replace(_END, "").lower()


def _titled(text: str) -> str:
    titled = text.title()
    return titled if titled.isascii() else _AFTER_ANOTHER_ALPHABET.sub(lambda letter: letter[0].upper(), titled)


_MARKS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)
"""What tells where a pattern falls into parts: escaped characters and sets, which are passed over, brackets and bars."""


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between its outermost ``|``, each a pattern; their anchors tell more than those of the whole."""
    if "|" not in pattern:
        return [pattern]
    parts: list[str] = []
    depth = begin = 0
    for mark in _MARKS.finditer(pattern):
        sign = mark[0]
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == "|" and not depth:
            parts.append(pattern[begin : mark.start()])
            begin = mark.end()
    return [*parts, pattern[begin:]]


def _required(sequence: Sequence[Any], *, bounded: bool, closed: bool) -> list[Words]:
    """What the parts of a sequence require, the most telling first: long words before short ones, few before many.

    ``bounded`` and ``closed`` say whether no Latin letter stands before, and after, the sequence.
    """
    if len(sequence) and all(code is op.LITERAL and _lower(argument) for code, argument in sequence):
        found = {_words(frozenset(["".join(_lower(argument) for _, argument in sequence)]), bounded=bounded, closed=closed)}
    else:
        found = _of_parts(sequence, bounded=bounded, closed=closed)
    kept = [words for words in found if words and min(map(_weight, words)) > _WORTHLESS]
    return sorted(kept, key=_worth, reverse=True) if len(kept) > 1 else kept


def _of_parts(sequence: Sequence[Any], *, bounded: bool, closed: bool) -> set[Words]:
    found: set[Words] = set()
    run: Words | None = None
    run_bounded = False
    for index, (code, argument) in enumerate(sequence):
        if code is op.AT or code is op.ASSERT or code is op.ASSERT_NOT:
            found.add(_words(run, bounded=run_bounded, closed=_is_no_letter(sequence[index:], closed=closed)))
            run = None
            bounded = bounded or (code is op.ASSERT_NOT and argument[0] < 0 and list(argument[1]) == _LATIN_LETTER)
            continue
        members = _members(code, argument)
        grown = _grown(run, members)
        begun, begun_bounded = run, run_bounded
        if grown is None:
            found.add(_words(run, bounded=run_bounded, closed=_is_no_letter(sequence[index:], closed=closed)))
            run, run_bounded = members, bounded
        else:
            run = grown
        if code is op.BRANCH and begun:
            found.add(_begun_words(begun, argument[1], sequence[index + 1 :], bounded=begun_bounded, closed=closed))
        if members is None:
            found.update(_of_part(code, argument, bounded=bounded, closed=_is_no_letter(sequence[index + 1 :], closed=closed)))
        elif code is not op.LITERAL and code is not op.IN:  # a repetition: what follows need not stand next to this one
            found.add(_words(run, bounded=run_bounded, closed=False))
            run = None
        bounded = False
    found.add(_words(run, bounded=run_bounded, closed=closed))
    return found


def _begun_words(run: Words, branches: Sequence[Any], rest: Sequence[Any], *, bounded: bool, closed: bool) -> Words:
    """Words whose beginning is ``run`` and which each of the branches goes on with; none where one of them has no letter to go on with."""
    found = frozenset[str]()
    for branch in branches:
        length = next((at for at, (code, _) in enumerate(branch) if code is not op.LITERAL), len(branch))
        ending = "".join(_lower(argument) for _, argument in branch[:length])
        if not ending or len(found) > _MOST_ALTERNATIVES:
            return frozenset()
        ends = _is_no_letter([*branch[length:], *rest], closed=closed)
        found |= _words(frozenset(word + ending for word in run), bounded=bounded, closed=ends)
    return found


_LATIN_LETTER = list(parser.parse("[A-Za-z]", re.IGNORECASE))


def _is_no_letter(rest: Sequence[Any], *, closed: bool) -> bool:
    """Whether what matches ``rest`` begins with something else than a Latin letter, or where none stands; ``closed`` is for its end."""
    for index, (code, argument) in enumerate(rest):
        if code is op.ASSERT_NOT and argument[0] > 0 and list(argument[1]) == _LATIN_LETTER:
            return True
        if code in (op.ASSERT, op.ASSERT_NOT):
            continue
        if code is op.SUBPATTERN:
            return _is_no_letter([*argument[3], *rest[index + 1 :]], closed=closed)
        if code is op.BRANCH:
            return all(_is_no_letter([*branch, *rest[index + 1 :]], closed=closed) for branch in argument[1])
        if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] == 0:
            return _is_no_letter(argument[2], closed=False) and _is_no_letter(rest[index + 1 :], closed=closed)
        return not _may_be_latin(code, argument)
    return closed


_NO_LETTERS = {op.CATEGORY_DIGIT, op.CATEGORY_SPACE, op.CATEGORY_NOT_WORD}


def _may_be_latin(code: Any, argument: Any) -> bool:
    """Whether one part of a pattern may begin with a Latin letter."""
    if code is op.LITERAL:
        return chr(argument).isascii() and chr(argument).isalpha()
    if code is op.RANGE:
        return any(_may_be_latin(op.LITERAL, number) for number in range(argument[0], min(argument[1], 127) + 1))
    if code is op.CATEGORY:
        return argument not in _NO_LETTERS
    if code is op.IN:
        return any(_may_be_latin(*member) for member in argument)
    return not (code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] > 0) or _may_be_latin(*argument[2][0])


def _words(run: Words | None, *, bounded: bool, closed: bool) -> Words:
    """Words of a run as in a ``chunk``; where a Latin letter may stand before it, each also as the rest of a word.

    ``closed`` says that no Latin letter stands after it.
    """
    if not run:
        return frozenset()
    marked = {_WORD_ENDS.sub(_END, word) if closed else _INNER_WORD_ENDS.sub(_END, word) for word in map(_titled, run)}
    found = {_in_one_chunk(word) for word in marked}
    if not bounded:
        found |= {word[:1].lower() + word[1:] for word in found}
    return frozenset(found)


def _in_one_chunk(word: str) -> str:
    """Of words with white space between them the most telling, with a blank where white space is."""
    if word.isspace():
        return TAB if TAB in word else ""
    *before, last = _WHITE.split(word)
    spaced = [part + " " for part in before] + [last]
    return max([spaced[0], *(" " + part for part in spaced[1:])], key=_weight)


def _grown(run: Words | None, members: Words | None) -> Words | None:
    """Every word of the run with every member after it; None where there is nothing to grow or too much to hold."""
    if run is None or members is None or len(run) * len(members) > _MOST_ALTERNATIVES:
        return None
    return frozenset(word + member for word in run for member in members)


def _members(code: Any, argument: Any) -> Words | None:
    """The characters, folded, one of which a part of a pattern begins with and holds at least once."""
    if code is op.LITERAL:
        return frozenset([_lower(argument)]) if _lower(argument) else None
    if code is op.IN:
        return _characters(argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0 and len(argument[2]) == 1:
        once = _members(*argument[2][0])
        return once if once is None or len(once) > 1 else frozenset(member * min(argument[0], _MOST_REPEATED) for member in once)
    return None


def _of_part(code: Any, argument: Any, *, bounded: bool, closed: bool) -> list[Words]:
    if code is op.SUBPATTERN:
        return _required(argument[3], bounded=bounded, closed=closed)
    if code is op.ATOMIC_GROUP:
        return _required(argument, bounded=bounded, closed=False)
    if code is op.BRANCH:
        return list(_of_branches([_required(branch, bounded=bounded, closed=closed) for branch in argument[1]]))
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0:
        return _required(argument[2], bounded=bounded and argument[1] == 1, closed=closed and argument[1] == 1)
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
        if code is op.LITERAL and _lower(value):
            found.add(_lower(value))
        elif code is op.RANGE and value[1] - value[0] < _MOST_CHARACTERS:
            found.update(_lower(number) for number in range(value[0], value[1] + 1))
        elif code is op.CATEGORY and value is op.CATEGORY_DIGIT:
            found.add("0")  # the reader folds the digits of other alphabets to these
        else:
            return None
    return frozenset(found) if len(found) <= _MOST_CHARACTERS and "" not in found else None


@cache
def _lower(code: int) -> str:
    """The character in lower case; any digit is a 0, and one whose capital is two letters is none."""
    character = chr(code)
    if character.isdecimal():
        return "0"
    return character.lower()[:1] if len(character.title()) == 1 else ""


def _worth(words: Words) -> tuple[float, int, list[str]]:
    return min(map(_weight, words)), -len(words), sorted(words)


@cache
def _weight(word: str) -> float:
    """How rare a word is likely to be: a Chinese character tells as much as two or three Latin letters, a letter by itself little."""
    bare = word.strip().replace(_END, "") or word
    weight = _WEIGHT_ALONE.get(bare.lower(), 0.6 if bare.isascii() else 2.5) if len(bare) == 1 else sum(map(_character_weight, bare))
    return weight + _WEIGHT_OF_WHOLE * (bare[:1].isupper() and _END in word)


_WEIGHT_OF_WHOLE = 1.0
"""What it adds that a word of Latin letters begins and ends here."""
_WEIGHT_ALONE = dict.fromkeys("etainosrlhdcu.,", 0.2) | dict.fromkeys("mfpgwyb0-()", 0.4) | dict.fromkeys("=^%+<>≥≤±×\t", 1.5)


def _character_weight(character: str) -> float:
    if character > "\u2e80":
        return 2.5
    if not character.isascii():
        return 1.5
    return 1.0 if character.isalnum() else 0.8
