"""What an outcome depends on beside its document: one of another edition is outdated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

from analyzer.errors import BrokenModel
from analyzer.ocr import Mode, in_bulk
from analyzer.ocr.backends import installed
from analyzer.resources import PACKAGE, model_dir, tool_version
from analyzer.rules import Clause, Notice, Pack, load_pack


class Editions:
    """Tool, pack (each rule counts), model, how scans are read, and the clauses that are in force. Raises BrokenPack or BrokenModel."""

    def __init__(self, pack: str, ocr: Mode = "auto") -> None:
        rules = load_pack(pack)
        self._changes = sorted(set(_changes(rules)))
        self._parts = {"tool": tool_version(), "pack": f"{rules.label} {_rules_digest(rules)}", "model": _model_digest()}
        strength = in_bulk(ocr).strength
        self._parts["ocr"] = f"{installed()} {strength}" if strength and installed() else ""

    def on(self, filed_on: date) -> str:
        """The edition for protocols filed on this day.

        Not the day itself is a part of it, but the day since which the clauses have been what they are: a run of the next night is no
        other edition, one after a new regulation came into force is.
        """
        since = max((change for change in self._changes if change <= filed_on), default=None)
        return json.dumps({**self._parts, "clauses": since.isoformat() if since else ""})


def edition_of(pack: str, filed_on: date, ocr: Mode = "auto") -> str:
    """The edition of outcomes of protocols filed on this day. Raises BrokenPack or BrokenModel."""
    return Editions(pack, ocr).on(filed_on)


def _changes(pack: Pack) -> Iterator[date]:
    """The days on which a clause or notice comes into force, or is no longer."""
    clauses = [clause for element in pack.elements for clause in element.clauses]
    for rule in chain[Clause | Notice](clauses, pack.info.notices):
        if rule.since:
            yield rule.since
        if rule.until:
            yield rule.until + timedelta(days=1)


def _rules_digest(pack: Pack) -> str:
    """Changes with any rule of the pack, also an inherited one, and with what all packs share."""
    digest = hashlib.sha256(pack.model_dump_json(exclude={"files"}).encode())
    for path in sorted((PACKAGE / "packs" / "common").glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _model_digest() -> str:
    path = model_dir() / "model.skops"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise BrokenModel(path=str(path), why="missing") from error
