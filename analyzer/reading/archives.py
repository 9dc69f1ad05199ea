"""What is inside zip files and PDF portfolios.

``plans.zip/2026/first.pdf`` names a file in an archive as if that were a folder. Such names are only shown and looked up: nothing is
ever unpacked to a disk, so an entry cannot choose where it goes. A zip file in a zip file is looked into, but not a third one in that.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from ctypes import byref, c_ulong
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from analyzer import limits
from analyzer.errors import AnalyzerError, Archive, ArchiveBarren, ArchiveTooDeep, DamagedPdf, OverAttachedMegabytes, UnreadableFile
from analyzer.reading.kinds import Kind, sort_of_file
from analyzer.reading.zipped import ZipReader

_WANTED = (".pdf", ".docx", ".docm")
_OURS = (".marked.pdf", ".letter.docx")
"""How our own marked copies and letters end."""
_NOT_FILES = ("__macosx/", "~$")
"""What macOS puts beside the files in an archive; what Word keeps beside an open file."""
_ZIP = ".zip"
_DEEPEST = 2
_SHOWN = 8
"""Names told in a sentence."""
_UTF8 = 0x800
_UNICODE_PATH = 0x7075
_MARK_OF_UTF16 = "\u00fe\u00ff"
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name there, and how to get its bytes. With ``error`` it is known already that this will fail."""

    name: str
    read: Callable[[], bytes]
    error: AnalyzerError | None = None


def is_wanted(path: str) -> bool:
    """Whether a file that stands among others may be a protocol: a PDF or Word file by its name, and none of our own making."""
    name = PurePath(path).name
    lower = name.lower()
    return lower.endswith(_WANTED) and not lower.endswith(_OURS) and not name.startswith((".", *_NOT_FILES))


def refusal(content: bytes, path: str) -> UnreadableFile:
    """The error that tells what is in a zip file and how to have it analysed."""
    reader = ZipReader(content, path)
    names = [name for name, _ in _named(reader)]
    wanted = [name for name in names if _may_be_protocol(name)]
    if not wanted:
        return ArchiveBarren(path=path, names=_listed(names))
    return Archive(path=path, count=len(wanted), names=_listed(wanted))


def inside(path: str, password: str | None = None) -> list[tuple[str, AnalyzerError | None]]:
    """The names of the protocols in an archive, each with the error that is known of it; none where the file is no archive.

    A PDF that has files attached to it is one of them, and comes first. Raises an AnalyzerError where the archive cannot be opened.
    """
    try:
        members = _members(path, password)
    except OSError:
        return []
    named = [(f"{path}/{member.name}", member.error) for member in members]
    return [(path, None), *named] if named and sort_of_file(path).kind is Kind.PDF else named


def member_at(path: str, password: str | None = None) -> bytes | None:
    """The bytes of a file in an archive that ``path`` names, or None where it names none. Raises an AnalyzerError."""
    archive = archive_of(path)
    if archive is None:
        return None
    name = Path(path).relative_to(archive).as_posix()
    member = next((member for member in _members(archive, password) if member.name == name), None)
    if member is not None and member.error:
        raise member.error
    return member.read() if member else None


def archive_of(path: str) -> str | None:
    """The file on the disk inside which ``path`` names another, or None."""
    if "\0" in path or os.path.lexists(path):
        return None
    nearest = next((parent for parent in Path(path).parents if parent.exists()), None)
    return str(nearest) if nearest is not None and nearest.is_file() else None


def _members(path: str, password: str | None) -> list[Member]:
    kind = sort_of_file(path).kind
    if kind is Kind.ZIP:
        return list(_in_zip(ZipReader(Path(path), path), password, 1))
    return list(_in_pdf(path, password)) if kind is Kind.PDF else []


def _in_zip(reader: ZipReader, password: str | None, depth: int) -> Iterator[Member]:
    for name, entry in _named(reader):
        if is_wanted(name) and _may_be_protocol(name):
            yield Member(name, partial(reader.read, entry, password))
        elif name.lower().endswith(_ZIP) and _may_be_protocol(name):
            yield from _in_inner_zip(reader, name, entry, password, depth)


def _in_inner_zip(reader: ZipReader, name: str, entry: zipfile.ZipInfo, password: str | None, depth: int) -> Iterator[Member]:
    path = f"{reader.path}/{name}"
    try:
        if depth >= _DEEPEST:
            raise ArchiveTooDeep(path=path)
        inner = ZipReader(reader.read(entry, password), path)
        members = list(_in_zip(inner, password, depth + 1))
    except AnalyzerError as error:
        error.details["path"] = path
        yield Member(name, bytes, error)
        return
    for member in members:
        yield Member(f"{name}/{member.name}", member.read, member.error)


def _in_pdf(path: str, password: str | None) -> Iterator[Member]:
    """The files attached to a PDF; one that cannot be opened has none, and is told of when it is read."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(path, password=password)
    except pdfium.PdfiumError:
        return
    names: set[str] = set()
    for index in range(min(document.count_attachments(), limits.current().archive_files)):
        attachment = document.get_attachment(index)
        name = _free(_safe(_decoded(attachment.get_name())), names)
        if is_wanted(name):
            yield Member(name, partial(_attached, attachment, f"{path}/{name}"))


def _decoded(name: str) -> str:
    """The name of an attached file, which pdfium leaves in UTF-16 where only an old entry of the PDF holds it."""
    if not name.startswith(_MARK_OF_UTF16):
        return name
    return name.encode("latin-1", "ignore").decode("utf-16", "replace")


def _attached(attachment: Any, path: str) -> bytes:
    import pypdfium2.raw as pdfium_c

    size, most = c_ulong(), limits.current().attached_megabytes
    if not pdfium_c.FPDFAttachment_GetFile(attachment, None, 0, byref(size)):
        raise DamagedPdf(path=path)
    if size.value > most << 20:
        raise OverAttachedMegabytes(path=path, limit=most)
    return bytes(attachment.get_data())


def _named(reader: ZipReader) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The files of a zip file, each by a name of its own."""
    names: set[str] = set()
    for entry in reader.entries():
        yield _free(_safe(name_of(entry)), names), entry


def _may_be_protocol(name: str) -> bool:
    hidden = any(part.startswith(".") for part in name.split("/"))
    return not hidden and not name.lower().startswith(_NOT_FILES) and (is_wanted(name) or name.lower().endswith(_ZIP))


def name_of(entry: zipfile.ZipInfo) -> str:
    """The name of an entry as it was meant. Without a flag for UTF-8 it may be in the code page of a Chinese Windows."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    if (stated := _unicode_path(entry.extra)) is not None:
        return stated
    try:
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _unicode_path(extra: bytes) -> str | None:
    """The name in UTF-8 that some programs add to the one in their own code page."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == _UNICODE_PATH and size > 5:
            return extra[9 : 4 + size].decode("utf-8", "replace")
        extra = extra[4 + size :]
    return None


def _safe(name: str) -> str:
    """A name that leads nowhere else: no root, no drive, no way up, nothing that confuses a terminal."""
    parts = _UNFIT.sub("", name).replace("\\", "/").split("/")
    kept = [part for part in parts if part.strip(". ") and not re.fullmatch(r"[A-Za-z]:", part)]
    return "/".join(kept) or "-"


def _free(name: str, taken: set[str]) -> str:
    """The name, changed where another entry has it."""
    ending = PurePath(name).suffix
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name.removesuffix(ending)} ({number}){ending}"
    taken.add(free)
    return free


def _listed(names: Sequence[str]) -> str:
    return "; ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])]) or "-"
