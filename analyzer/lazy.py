"""Regular expressions and word lists that cost nothing until they are first used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

Match = re.Match[str]


class Lazy:
    """A pattern that is compiled when it is first searched for; afterwards it is as fast as ``re.Pattern``.

    ``pattern`` is its source, as on a compiled pattern.
    """

    search: Callable[..., Match | None]
    match: Callable[..., Match | None]
    finditer: Callable[..., Iterator[Match]]
    findall: Callable[..., list[str]]
    sub: Callable[..., str]
    split: Callable[..., list[str]]

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> object:
        if name not in Lazy.__annotations__:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        for method in Lazy.__annotations__:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


class LowerCase(Lazy):
    """A pattern for texts in lower case, in which ``re`` is faster than without regard to case; itself it may be written as one likes."""

    def __init__(self, pattern: str) -> None:
        super().__init__(lower_case(pattern))


_ESCAPE = re.compile(r"(\\.)", re.DOTALL)


def lower_case(pattern: str) -> str:
    """The pattern for a text in lower case; ``\\W`` and its like mean what they meant."""
    return "".join(part if turn % 2 else part.lower() for turn, part in enumerate(_ESCAPE.split(pattern)))


class Topics:
    """Which of several lists of lower-case words a text holds a word of, in one pass over the text."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self.words = words

    @cached_property
    def _topics(self) -> dict[str, frozenset[str]]:
        every = {word for listed in self.words.values() for word in listed}
        return {word: frozenset(topic for topic, listed in self.words.items() if word in listed) for word in every}

    @cached_property
    def _found(self) -> Callable[[str], Iterator[tuple[int, str]]]:
        import ahocorasick

        automaton = ahocorasick.Automaton()
        for word in self._topics:
            automaton.add_word(word, word)
        automaton.make_automaton()
        iterate: Callable[[str], Iterator[tuple[int, str]]] = automaton.iter
        return iterate

    def of(self, lower: str) -> frozenset[str]:
        """Names of the lists of which ``lower`` contains a word, also inside longer words."""
        return frozenset().union(*[self._topics[word] for word in {word for _, word in self._found(lower)}])

    def counts(self, lower: str) -> Counter[str]:
        """How often ``lower`` contains each word that it contains."""
        return Counter(word for _, word in self._found(lower))
