"""What stands on the command line -> the files that are meant.

People drag files onto a terminal, so one name comes in many guises: quoted, backslash-escaped, as a ``file://`` address.
A name that exists as it stands is always taken as it stands. Of a folder the PDFs and Word files are meant, without those that this
program wrote; what is in an archive is meant only when that is said, and is then named ``archive.zip/folder/file.pdf``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from glob import iglob
from pathlib import Path
from urllib.parse import unquote

from analyzer.errors import AnalyzerError, PermissionDenied
from analyzer.guard import Guard

STDIN = "-"
_QUOTES = ("''", '""', "``", "\u2018\u2019", "\u201c\u201d")
_FILE_URI = re.compile(r"file:(?://(?:localhost)?)?(?=/[^/])", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ZIP = ".zip"
_WORTH_A_WORD = frozenset(
    {".doc", ".wps", ".rtf", ".odt", ".pages", ".ofd", ".caj", _ZIP, ".rar", ".7z", ".tif", ".tiff", ".jpg", ".jpeg", ".png"}
)
"""Endings of files that may hold a protocol, but are not taken from a folder."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file to analyse; ``-`` is one on stdin. With ``error`` it is known already that it cannot be read."""

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
    """The files that were meant, each once, in order; ``barren`` holds the folders and patterns without any.

    ``passed_over`` names, for each folder, files in it that may hold a protocol, but are not taken from a folder.
    """

    inputs: list[Input] = field(default_factory=list)
    barren: list[str] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=dict)


def gather(arguments: Sequence[str], *, archives: bool = False, password: str | None = None) -> Gathered:
    """Find the files that ``arguments`` mean; one that does not exist stays among them, to be reported when it is read.

    With ``archives``, the protocols in zip files and PDF portfolios take their place, or stand beside them; ``password`` opens these.
    """
    gathered = Gathered()
    seen: set[str] = set()
    with Guard(_looking_inside) if archives else nullcontext() as look:
        each = [(argument, list(_meant(argument, gathered.passed_over, look, password))) for argument in arguments]
    for argument, found in each:
        if not found:
            gathered.barren.append(argument)
        for entry in found:
            key = entry.path if entry.path == STDIN or "\0" in entry.path else os.path.realpath(entry.path)
            if key not in seen:
                seen.add(key)
                gathered.inputs.append(entry)
    return gathered


_Look = Callable[..., Sequence[tuple[str, AnalyzerError | None]]]
"""(path, password=) -> names of the protocols in an archive."""


def _looking_inside(tell: object) -> _Look:
    """What the guarded process does: strangers' archives are opened there."""
    from analyzer.reading.archives import inside

    return inside


def _meant(argument: str, passed_over: dict[str, list[str]], look: _Look | None, password: str | None) -> Iterator[Input]:
    for entry in _expand(argument, passed_over, archives=look is not None):
        yield from unpacked(entry, look, password) if look else [entry]


def unpacked(entry: Input, look: _Look, password: str | None = None) -> Iterator[Input]:
    """The protocols in an archive, as ``look`` finds them; for any other file, and an archive without any, itself."""
    if entry.path == STDIN or entry.error or not os.path.isfile(entry.path):
        yield entry
        return
    members: Sequence[tuple[str, AnalyzerError | None]]
    try:
        members = look(entry.path, password=password) or [(entry.path, None)]
    except AnalyzerError as error:
        members = [(entry.path, error)]
    for path, known in members:
        yield Input(path, known)


def _expand(argument: str, passed_over: dict[str, list[str]], *, archives: bool) -> Iterator[Input]:
    if argument == STDIN:
        yield Input(STDIN)
        return
    readings = list(dict.fromkeys(_readings(argument)))
    path = next((reading for reading in readings if os.path.lexists(reading)), None)
    if path is not None:
        yield from _walk(path, passed_over, archives=archives) if os.path.isdir(path) else [Input(path)]
        return
    patterns = [reading for reading in readings if "*" in reading or "?" in reading or ("[" in reading and any(iglob(reading)))]
    if not patterns:
        yield Input(_as_meant(argument))
        return
    pattern = next((reading for reading in patterns if any(iglob(reading, recursive=True))), patterns[0])
    for match in sorted(iglob(pattern, recursive=True)):
        if os.path.isdir(match):
            yield from _walk(match, passed_over, archives=archives)
        elif is_meant(match, archives=archives) or _is_asked_for(match, pattern):
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


def _walk(folder: str, passed_over: dict[str, list[str]], *, archives: bool) -> Iterator[Input]:
    """The files under ``folder`` that are meant, in the order of their paths, hidden files and folders left out."""
    found: list[Input] = []

    def refused(error: OSError) -> None:
        found.append(Input(str(error.filename), PermissionDenied(path=str(error.filename))))

    for parent, folders, files in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in sorted(files):
            path = os.path.join(parent, name)
            if is_meant(path, archives=archives):
                found.append(Input(path))
            elif os.path.splitext(name)[1].lower() in _WORTH_A_WORD and not name.startswith((".", "~$")):
                passed_over.setdefault(folder, []).append(os.path.relpath(path, folder))
    yield from sorted(found, key=lambda entry: entry.path.split(os.sep))


def is_meant(path: str, *, archives: bool = False) -> bool:
    """Whether a file in a folder is taken: a PDF or Word file by its name, not of our own making; with ``archives`` a zip file too."""
    from analyzer.reading.archives import is_wanted
    from analyzer.reading.kinds import is_letter

    name = os.path.basename(path)
    if archives and name.lower().endswith(_ZIP) and not name.startswith("."):
        return True
    return is_wanted(name) and not (name.lower().endswith(".docx") and is_letter(path))


def _is_asked_for(path: str, pattern: str) -> bool:
    """Whether a pattern names the ending of a file that a folder would not give: ``*.tif``."""
    ending = os.path.splitext(pattern)[1].lower()
    return ending in _WORTH_A_WORD and path.lower().endswith(ending)
