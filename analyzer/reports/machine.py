"""Outcomes as JSON: UTF-8, Chinese as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.findings import Outcome

_LINE_SEPARATORS = "\u0085\u2028\u2029"
"""Allowed bare in JSON, but many readers end a line there."""


def json_bytes(outcomes: Sequence[Outcome], *, several: bool) -> bytes:
    """An indented object, or an array of them when ``several``."""
    plain = [outcome.model_dump(mode="json") for outcome in outcomes]
    return _encoded(plain if several else plain[0], indent=2)


def jsonl_bytes(outcome: Outcome) -> bytes:
    """One line of JSON Lines."""
    line = _encoded(outcome.model_dump(mode="json"), indent=None)
    for separator in _LINE_SEPARATORS:
        line = line.replace(separator.encode(), f"\\u{ord(separator):04x}".encode())
    return line


def _encoded(value: Any, indent: int | None) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "replace")
