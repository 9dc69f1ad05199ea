"""The colour of a passage that a report shows."""

from __future__ import annotations

_WEAKEST_FIRST = ("partial", "missing", "adequate", "contradiction")


def ruling(one: str, other: str) -> str:
    """The tone of a passage to which two tones belong.

    Words that fulfil what one criterion asks are not to look wrong because another asks for more, so what is fulfilled rules over what
    falls short; that words contradict others rules over all.
    """
    return max(one, other, key=_WEAKEST_FIRST.index)
