"""What stands on the command line -> the PDFs that are meant.

People drag files onto a terminal, so one name comes in many guises: quoted, backslash-escaped, as a ``file://`` address.
A name that exists as it stands is always taken as it stands.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from glob import iglob
from pathlib import Path
from urllib.parse import unquote

from analyzer.errors import AnalyzerError, PermissionDenied

STDIN = "-"
_QUOTES = ("''", '""', "``", "\u2018\u2019", "\u201c\u201d")
_FILE_URI = re.compile(r"file:(?://(?:localhost)?)?(?=/[^/])", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Input:
    """A file to analyse; ``-`` is a PDF on stdin. With ``error`` it is known already that it cannot be read."""

    path: str
    error: AnalyzerError | None = None

    @property
    def name(self) -> str:
        """The path as it can be shown: a name that is no valid text keeps its readable characters."""
        return os.fsencode(self.path).decode("utf-8", "replace")

    @property
    def stem(self) -> str:
        """The file's name without folder and ending, for naming its report."""
        return "stdin" if self.path == STDIN else os.path.splitext(os.path.basename(self.name))[0]

    def source(self) -> tuple[str, bytes | None]:
        """A name that can be shown and, where it does not lead to the file, the bytes themselves."""
        if self.path == STDIN:
            return STDIN, sys.stdin.buffer.read()
        if self.name != self.path and os.access(self.path, os.R_OK):
            return self.name, Path(self.path).read_bytes()
        return self.path, None


@dataclass(slots=True)
class Gathered:
    """The files that were meant, each once, in order; ``barren`` holds the folders and patterns without any PDF."""

    inputs: list[Input] = field(default_factory=list)
    barren: list[str] = field(default_factory=list)


def gather(arguments: Sequence[str]) -> Gathered:
    """Find the files that ``arguments`` mean; one that does not exist stays among them, to be reported when it is read."""
    gathered = Gathered()
    seen: set[str] = set()
    for argument in arguments:
        found = list(_expand(argument))
        if not found:
            gathered.barren.append(argument)
        for entry in found:
            key = entry.path if entry.path == STDIN or "\0" in entry.path else os.path.realpath(entry.path)
            if key not in seen:
                seen.add(key)
                gathered.inputs.append(entry)
    return gathered


def _expand(argument: str) -> Iterator[Input]:
    if argument == STDIN:
        yield Input(STDIN)
        return
    readings = list(dict.fromkeys(_readings(argument)))
    path = next((reading for reading in readings if os.path.lexists(reading)), None)
    if path is not None:
        yield from _walk(path) if os.path.isdir(path) else [Input(path)]
        return
    patterns = [reading for reading in readings if "*" in reading or "?" in reading or ("[" in reading and any(iglob(reading)))]
    if not patterns:
        yield Input(_as_meant(argument))
        return
    pattern = next((reading for reading in patterns if any(iglob(reading, recursive=True))), patterns[0])
    for match in sorted(iglob(pattern, recursive=True)):
        if os.path.isdir(match):
            yield from _walk(match)
        elif _is_pdf(match):
            yield Input(match)


def _readings(argument: str) -> Iterator[str]:
    """What ``argument`` may stand for, the most literal first."""
    yield argument
    bare = _unquoted(argument.strip())
    yield bare
    yield os.path.expanduser(bare)
    if uri := _FILE_URI.match(bare):
        yield _local(unquote(bare[uri.end() :], errors="surrogateescape"))
        yield _local(bare[uri.end() :])
    unescaped = _ESCAPED.sub(r"\1", bare)
    yield unescaped
    yield os.path.expanduser(unescaped)


def _as_meant(argument: str) -> str:
    """How to name a file that does not exist."""
    bare = _unquoted(argument.strip())
    if uri := _FILE_URI.match(bare):
        return _local(unquote(bare[uri.end() :], errors="surrogateescape"))
    return bare or argument


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] + text[-1] in _QUOTES else text


def _local(path: str) -> str:
    """The path in a file address; on Windows a slash stands before the drive."""
    return re.sub(r"^/(?=[A-Za-z]:)", "", path) if os.name == "nt" else path


def _walk(folder: str) -> Iterator[Input]:
    """The PDFs under ``folder`` in the order of their paths, hidden files and folders left out."""
    found: list[Input] = []

    def refused(error: OSError) -> None:
        found.append(Input(str(error.filename), PermissionDenied(path=str(error.filename))))

    for parent, folders, files in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Input(os.path.join(parent, name)) for name in files if _is_pdf(name)]
    yield from sorted(found, key=lambda entry: entry.path.split(os.sep))


_MARKED = ".marked.pdf"
"""How our own marked copies end; a folder's are passed over, a file that is named is not."""


def _is_pdf(path: str) -> bool:
    name = os.path.basename(path)
    lower = name.lower()
    return lower.endswith(".pdf") and not lower.endswith(_MARKED) and not name.startswith(".")
