"""Anchors of patterns, worked out once per pack and machine: parsing six thousand patterns takes longer than reading a protocol.

The file in the cache folder only spares time: it may be deleted, and one that cannot be read or written is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analyzer import anchors
from analyzer.resources import cache_dir

Required = list[list[list[str]]]
"""Per pattern its sets of words, as lists."""

_FEWEST = 500
"""So few patterns are faster worked out than looked up."""
_FILES_KEPT = 8


def required_words(patterns: Sequence[str]) -> Required:
    """``anchors.anchors`` of every pattern."""
    folder = cache_dir() if len(patterns) >= _FEWEST else None
    if folder is None:
        return _worked_out(patterns)
    path = folder / f"anchors-{_digest(patterns)}.json"
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        known = None
    if isinstance(known, list) and len(known) == len(patterns):
        return known
    found = _worked_out(patterns)
    with contextlib.suppress(OSError):
        _keep(path, found)
    return found


def _worked_out(patterns: Sequence[str]) -> Required:
    return [[sorted(words) for words in anchors.anchors(pattern)] for pattern in patterns]


def _digest(patterns: Sequence[str]) -> str:
    """Changes with the patterns, with the way anchors are found, and with the version of ``re`` that parses them."""
    seen = hashlib.sha256(Path(anchors.__file__).read_bytes())
    seen.update(sys.version.encode())
    seen.update("\0".join(patterns).encode())
    return seen.hexdigest()[:24]


def _keep(path: Path, found: Required) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    unfinished.replace(path)
    by_age = sorted(path.parent.glob("anchors-*.json"), key=lambda kept: kept.stat().st_mtime, reverse=True)
    for old in by_age[_FILES_KEPT:]:
        old.unlink()
