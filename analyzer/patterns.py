"""What a regular expression would match: sample strings, and strings on which it may take for ever."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from multiprocessing.connection import Connection
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from time import process_time
from typing import Any

BEARABLE = 1.0
"""Seconds of the processor that a pattern may take on a text of ``_LONG`` characters."""
_PATIENCE = 3.0
"""Seconds by the clock after which it is stopped."""
_LONG = 2000
_MOST_SAMPLES = 48
_REPEATS = {kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT}
_CATEGORIES = {
    kinds.CATEGORY_DIGIT: "7",
    kinds.CATEGORY_NOT_DIGIT: "k",
    kinds.CATEGORY_SPACE: " ",
    kinds.CATEGORY_NOT_SPACE: "k",
    kinds.CATEGORY_WORD: "k",
    kinds.CATEGORY_NOT_WORD: " ",
}
_CANDIDATES = "k 7，-Ω"


def samples(pattern: str) -> list[str]:
    """Strings that the pattern matches: every alternative, what is optional left out and put in; empty when there are too many.

    Conditions on what stands around (look-ahead, look-behind, anchors) are not looked at; strings that break them are left out.
    """
    found = list(islice(_strings(parser.parse(pattern)), _MOST_SAMPLES + 1))
    if len(found) > _MOST_SAMPLES:
        return []
    compiled = re.compile(pattern, re.IGNORECASE)
    return [sample for sample in found if compiled.search(sample)]


def _strings(tree: Any) -> Iterator[str]:
    """Strings for a sequence of parsed nodes, with few choices for each node."""
    choices = [list(islice(_choices(*node), _MOST_SAMPLES + 1)) for node in tree]
    return ("".join(parts) for parts in product(*choices))


def _choices(kind: Any, value: Any) -> Iterator[str]:
    if kind is kinds.LITERAL:
        yield chr(value)
    elif kind is kinds.NOT_LITERAL:
        yield next(candidate for candidate in _CANDIDATES if ord(candidate) != value)
    elif kind is kinds.ANY:
        yield "k"
    elif kind is kinds.IN:
        yield _one_of(value)
    elif kind is kinds.BRANCH:
        for branch in value[1]:
            yield from _strings(branch)
    elif kind is kinds.SUBPATTERN:
        yield from _strings(value[-1])
    elif kind is kinds.ATOMIC_GROUP:
        yield from _strings(value)
    elif kind in _REPEATS:
        least, most, body = value
        for times in sorted({least, min(most, max(least, 1))}):
            for piece in _strings(body) if times else [""]:
                yield piece * times
    else:  # anchors and conditions take no room
        yield ""


def _one_of(members: Any) -> str:
    """A character of a set."""
    if members[0][0] is kinds.NEGATE:
        return next((candidate for candidate in _CANDIDATES if not any(_belongs(candidate, *member) for member in members[1:])), "§")
    kind, value = members[0]
    return chr(value) if kind is kinds.LITERAL else chr(value[0]) if kind is kinds.RANGE else _CATEGORIES[value]


def _belongs(character: str, kind: Any, value: Any) -> bool:
    if kind is kinds.LITERAL:
        return bool(ord(character) == value)
    if kind is kinds.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    classes = {kinds.CATEGORY_DIGIT: r"\d", kinds.CATEGORY_SPACE: r"\s", kinds.CATEGORY_WORD: r"\w"}
    return bool(re.match(str(classes.get(value, r"[\d\D]")), character))


def _pumped(tree: Any, before: str = "") -> Iterator[str]:
    """Long strings that repeat what the pattern may repeat, so that a pattern that can explode does."""
    for kind, value in tree:
        inner = value[2] if kind in _REPEATS else value[-1] if kind is kinds.SUBPATTERN else value if kind is kinds.ATOMIC_GROUP else None
        if kind in _REPEATS and value[1] > 1:
            for piece in islice(_strings(value[2]), 3):
                if piece:
                    yield before + piece * (_LONG // len(piece)) + "\x00"
        if inner is not None:
            yield from _pumped(inner, before)
        if kind is kinds.BRANCH:
            for branch in value[1]:
                yield from _pumped(branch, before)
        before += next(_choices(kind, value), "")


def exploding(expressions: Sequence[str]) -> list[str]:
    """Those that take more than ``BEARABLE`` seconds on a text made to provoke them.

    They run in a process of their own, because nothing else can stop them.
    """
    found = []
    worker: _Worker | None = None
    for expression in expressions:
        texts = list(dict.fromkeys(islice(_pumped(parser.parse(expression)), 24)))
        if not texts:
            continue
        worker = worker or _Worker()
        if not worker.bears(expression, texts):
            found.append(expression)
            worker.stop()
            worker = None
    if worker is not None:
        worker.stop()
    return found


class _Worker:
    """A process that runs patterns."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        self.connection.recv()

    def bears(self, expression: str, texts: Sequence[str]) -> bool:
        """Whether the pattern is done with each text in time."""
        for text in texts:
            self.connection.send((expression, text))
            if not self.connection.poll(_PATIENCE) or self.connection.recv() > BEARABLE:
                return False
        return True

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """Search what the parent sends, until it goes away."""
    connection.send(None)
    while True:
        try:
            expression, text = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        start = process_time()
        re.compile(expression, re.IGNORECASE).search(text)
        connection.send(process_time() - start)
