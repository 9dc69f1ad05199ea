"""Labelled protocols: the sheets people write, the JSON Lines we keep, and the ``Document`` both become."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from analyzer.document import Document, Page, Passage, Section
from analyzer.errors import UsageError
from analyzer.matching import STANCES, Stance

Labels = dict[str, Stance]
"""``element.criterion`` -> stance."""

_HEADING = re.compile(r"(#{1,4}) (.*) \{(\w+)\}$")
_LABEL = re.compile(r"(\w+\.\w+)(?::(\w+))?$")


@dataclass(frozen=True)
class Judgements:
    """What a reader of the whole protocol says of criteria whose sentences are not labelled."""

    asked: frozenset[str]
    """The criteria that were judged; what is not in ``met`` is not met."""
    met: dict[str, tuple[int, ...]]
    """Criterion -> numbers of the passages that answer it, best first; none where only a heading does."""


@dataclass
class Protocol:
    """A labelled protocol: ``labels[i]`` belongs to ``passages[i]`` of ``document``."""

    id: str
    voice: str
    language: str
    meta: dict[str, str]
    document: Document
    passages: list[Passage]
    labels: list[Labels] = field(default_factory=list)
    unknown: list[frozenset[str]] = field(default_factory=list)
    """Criteria that the labels of a passage say nothing about; empty when every passage was labelled for every criterion."""
    judged: Judgements | None = None

    def met(self, criterion: str) -> bool:
        """Whether any line of the body satisfies ``element.criterion``."""
        return any(labels.get(criterion) == "satisfies" for labels in self.labels)


@dataclass(frozen=True)
class SheetLine:
    """One line of a sheet: a heading (``level`` > 0, ``canonical`` set) or a labelled sentence."""

    text: str
    level: int = 0
    canonical: str = ""
    labels: tuple[tuple[str, Stance], ...] = ()


def parse_sheet(text: str, name: str) -> tuple[dict[str, str], list[SheetLine]]:
    """The head and the lines of a sheet; UsageError names file and line where it does not follow ``corpora/LABELLING.md``."""
    meta: dict[str, str] = {}
    lines: list[SheetLine] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if line.startswith("%"):
            continue
        if line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            meta[key] = value
        elif heading := _HEADING.match(line):
            lines.append(SheetLine(heading[2], len(heading[1]), heading[3]))
        elif line:
            sentence, _, tail = line.partition(" => ")
            labels: list[tuple[str, Stance]] = []
            for part in filter(None, (piece.strip() for piece in tail.split(","))):
                label = _LABEL.match(part)
                if label is None or (label[2] or "satisfies") not in STANCES:
                    raise UsageError(what=f"{name}:{number}: {part}")
                labels.append((label[1], cast("Stance", label[2] or "satisfies")))
            lines.append(SheetLine(sentence, labels=tuple(labels)))
    return meta, lines


def protocol_of(meta: dict[str, str], lines: Iterable[SheetLine]) -> Protocol:
    """A labelled protocol as the document that the reader and the segmentation would have made of it."""
    pieces: list[str] = []
    sections: list[Section] = []
    passages: list[Passage] = []
    labels: list[Labels] = []
    offset = 0
    ancestors: list[Section] = []
    for line in lines:
        text = "\t".join(cell.strip() for cell in line.text.strip("| ").split("|")) if line.text.startswith("|") else line.text
        end = offset + len(text)
        if line.level:
            _close(sections, offset)
            ancestors = [above for above in ancestors if above.level < line.level]
            section = Section(text, line.level, line.canonical, offset, end, end, tuple(above.canonical for above in ancestors))
            sections.append(section)
            ancestors.append(section)
        else:
            passages.append(Passage(offset, end, len(sections) - 1, "row" if "\t" in text else "sentence"))
            labels.append(dict(line.labels))
        pieces.append(text)
        offset = end + 1
    _close(sections, offset)
    text = "\n".join(pieces) + "\n"
    page = Page(1, 595.0, 842.0, 0, len(text), "digital", text)
    document = Document(
        path=meta["id"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        origin=array("i", range(len(text))),
        pages=[page],
        lines=[],
        sections=sections,
        language="zh" if meta["language"] == "zh" else "en",
    )
    return Protocol(meta["id"], meta["voice"], meta["language"], meta, document, passages, labels)


def _close(sections: list[Section], end: int) -> None:
    if sections:
        last = sections[-1]
        sections[-1] = Section(last.heading, last.level, last.canonical, last.start, last.body, end, last.path)


def load_corpus(folder: Path) -> list[Protocol]:
    """Every protocol of a corpus folder: ``documents.jsonl`` with ``sentences.jsonl``, or ``*.sheet`` files."""
    if (folder / "sentences.jsonl").exists():
        heads = {head["id"]: head for head in _json_lines(folder / "documents.jsonl")}
        lines: dict[str, list[SheetLine]] = {}
        for row in _json_lines(folder / "sentences.jsonl"):
            lines.setdefault(row["document"], []).append(
                SheetLine(row["text"], row.get("level", 0), row.get("canonical", ""), tuple(row.get("labels", {}).items()))
            )
        protocols = [protocol_of(head, lines[name]) for name, head in heads.items()]
        judged = _judgements(folder / "judgements.jsonl")
        return [replace(protocol, judged=judged.get(protocol.id)) for protocol in protocols]
    return [protocol_of(*parse_sheet(path.read_text("utf-8"), path.name)) for path in sorted(folder.glob("*.sheet"))]


def _judgements(path: Path) -> dict[str, Judgements]:
    """Document -> what was judged of it; nothing where there is no such file."""
    rows = _json_lines(path) if path.exists() else []
    return {
        row["document"]: Judgements(frozenset(row["asked"]), {criterion: tuple(found) for criterion, found in row["met"].items()})
        for row in rows
    }


def save_corpus(sheets: Iterable[Path], folder: Path) -> int:
    """Write sheets as ``documents.jsonl`` and ``sentences.jsonl``; gives the number of sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        (folder / "documents.jsonl").open("w", encoding="utf-8") as heads,
        (folder / "sentences.jsonl").open("w", encoding="utf-8") as rows,
    ):
        for sheet in sheets:
            meta, lines = parse_sheet(sheet.read_text("utf-8"), sheet.name)
            heads.write(json.dumps(meta, ensure_ascii=False) + "\n")
            for line in lines:
                row: dict[str, Any] = {"document": meta["id"], "text": line.text}
                if line.level:
                    row |= {"level": line.level, "canonical": line.canonical}
                else:
                    count += 1
                    if line.labels:
                        row["labels"] = dict(line.labels)
                rows.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def load_headings(folder: Path) -> list[tuple[str, str, str]]:
    """(heading, canonical label, label above or ``none``) of a folder of tab-separated files."""
    rows = []
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            cells = line.split("\t")
            if len(cells) == 3:
                rows.append((cells[0], cells[1], cells[2]))
    return rows


def load_other_documents(folder: Path) -> list[Document]:
    """Documents that are not protocols: the lines of ``documents.jsonl`` (``kind``, ``language``, ``text``).

    The text is written as a sheet is: its headings carry the canonical label that segmentation would give them. ``path`` is the kind.
    """
    path = folder / "documents.jsonl"
    rows = list(_json_lines(path)) if path.exists() else []
    return [
        protocol_of(
            {"id": row["kind"], "voice": "", "language": row["language"]}, parse_sheet(row["text"], f"{path.name}:{number}")[1]
        ).document
        for number, row in enumerate(rows, 1)
    ]
