"""What is worked out once per pack and machine: anchors of patterns, and what stands in the YAML files of a pack.

Parsing seven thousand patterns takes longer than reading a protocol, parsing fifty YAML files about as long. The files in the cache
folder only spare time: they may be deleted, and one that cannot be read or written is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from analyzer import anchors
from analyzer.resources import cache_dir, load_yaml

Required = list[list[list[str]]]
"""Per pattern its sets of words, as lists."""

_FEWEST = 500
"""So few patterns are faster worked out than looked up."""
_SMALL = 4000
"""So few bytes of YAML too."""
_FILES_KEPT = {"anchors": 8, "yaml": 400}


def required_words(patterns: Sequence[str]) -> Required:
    """``anchors.anchors`` of every pattern."""
    folder = cache_dir() if len(patterns) >= _FEWEST else None
    if folder is None:
        return _worked_out(patterns)
    path = folder / f"anchors-{_digest(patterns)}.json"
    known = _known(path)
    if isinstance(known, list) and len(known) == len(patterns):
        return known
    found = _worked_out(patterns)
    _keep(path, json.dumps(found, ensure_ascii=False))
    return found


def yaml_content(path: Path) -> Any:
    """What ``load_yaml`` gives for a file. Raises OSError, UnicodeDecodeError or YAMLError, as that does."""
    data = path.read_bytes()
    folder = cache_dir() if len(data) > _SMALL else None
    if folder is None:
        return load_yaml(path)
    kept = folder / f"yaml-{hashlib.sha256(data).hexdigest()[:24]}.json"
    known = _known(kept)
    if known is not None:
        return known
    content = load_yaml(path)
    written = json.dumps(content, ensure_ascii=False, default=_as_day)
    if _read(written) == content:  # not so where JSON knows no such value
        _keep(kept, written)
    return content


def _as_day(value: object) -> dict[str, str] | str:
    return {_DAY: value.isoformat()} if type(value) is date else repr(value)


_DAY = "!day"


def _read(written: str | bytes) -> Any:
    return json.loads(written, object_hook=lambda found: date.fromisoformat(found[_DAY]) if found.keys() == {_DAY} else found)


def _known(path: Path) -> Any:
    """What a file of the cache holds; None when it cannot be read."""
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError):
        return None


def _worked_out(patterns: Sequence[str]) -> Required:
    return [[sorted(words) for words in anchors.anchors(pattern)] for pattern in patterns]


def _digest(patterns: Sequence[str]) -> str:
    """Changes with the patterns, with the way anchors are found, and with the version of ``re`` that parses them."""
    seen = hashlib.sha256(Path(anchors.__file__).read_bytes())
    seen.update(sys.version.encode())
    seen.update("\0".join(patterns).encode())
    return seen.hexdigest()[:24]


def _keep(path: Path, written: str) -> None:
    kind = path.name.partition("-")[0]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(written, "utf-8")
        unfinished.replace(path)
        by_age = sorted(path.parent.glob(f"{kind}-*.json"), key=lambda kept: kept.stat().st_mtime, reverse=True)
        for old in by_age[_FILES_KEPT[kind] :]:
            old.unlink()
