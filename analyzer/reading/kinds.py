"""What a file is, told by its content: the ending of its name is only what somebody called it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from analyzer.errors import (
    EmptyFile,
    LockedWord,
    NotAPdf,
    OldWord,
    OtherArchive,
    OtherFormat,
    UnreadableFile,
    WebPage,
)

_HEADER_WITHIN = 1024
"""A PDF's signature may stand behind up to this many bytes of something else."""
_OPENING = 4096


class Kind(Enum):
    """What can be done with a file."""

    PDF = "pdf"
    WORD = "word"
    IMAGE = "image"
    ZIP = "zip"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Sort:
    """The kind of a file; ``error`` says why one that is refused is not read, ``label`` is the name of its format."""

    kind: Kind
    error: type[UnreadableFile] = NotAPdf
    label: str = ""

    def refusal(self, path: str) -> UnreadableFile:
        """The error that tells the user."""
        return self.error(path=path, format=self.label)


_PDF, _WORD, _IMAGE, _ZIP = (Sort(kind) for kind in (Kind.PDF, Kind.WORD, Kind.IMAGE, Kind.ZIP))
_WEB_PAGE = Sort(Kind.REFUSED, WebPage)
_UNKNOWN = Sort(Kind.REFUSED, NotAPdf)


def _other(label: str) -> Sort:
    return Sort(Kind.REFUSED, OtherFormat, label)


def _archive(label: str) -> Sort:
    return Sort(Kind.REFUSED, OtherArchive, label)


_SIGNATURES: tuple[tuple[bytes, Sort], ...] = (
    (b"\xff\xd8\xff", _IMAGE),
    (b"\x89PNG\r\n\x1a\n", _IMAGE),
    (b"II*\0", _IMAGE),
    (b"MM\0*", _IMAGE),
    (b"II+\0", _IMAGE),
    (b"MM\0+", _IMAGE),
    (b"GIF8", _other("GIF")),
    (b"{\\rtf", _other("RTF")),
    (b"Rar!\x1a\x07", _archive("RAR")),
    (b"7z\xbc\xaf\x27\x1c", _archive("7z")),
    (b"\x1f\x8b", _archive("gzip")),
    (b"BZh", _archive("bzip2")),
    (b"\xfd7zXZ\0", _archive("xz")),
    (b"MSCF", _archive("cab")),
    (b"%!PS", _other("PostScript")),
    (b"AT&TFORM", _other("DjVu")),
    (b"CAJ\0", _other("CAJ")),
    (b"KDH ", _other("CAJ (KDH)")),
    (b"HN\0", _other("CAJ (NH)")),
    (b"\0\0\0\x0cjP  ", _other("JPEG 2000")),
    (b"ITOLITLS", _other("LIT")),
)
_ZIP_START, _ZIP_EMPTY = b"PK\x03\x04", b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PHONE_PHOTO = re.compile(rb".{4}ftyp(?:hei[cx]|hev[cx]|mif1|msf1|avif)", re.DOTALL)
_MARKUP = re.compile(
    r"(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|meta|title|div|table|p|br|h[1-6])\b", re.DOTALL
)
_SAVED_PAGE = re.compile(r"(?:from:[^\n]*\n.*?)?mime-version:.*?content-type:\s*(?:multipart/related|text/html)", re.DOTALL)
_WORD_MARKUP = ("urn:schemas-microsoft-com:office:word", 'progid="word.document"', "schemas.microsoft.com/office/word/2003", "pkg:package")
_PACKAGES = (
    ("xl/workbook", "Excel"),
    ("ppt/presentation", "PowerPoint"),
    ("OFD.xml", "OFD"),
    ("Index/Document.iwa", "Apple Pages"),
    ("Index.zip", "Apple Pages"),
    ("index.xml", "Apple Pages"),
    ("META-INF/container.xml", "EPUB"),
)
"""Parts by which a zip file is known to be a document of another kind."""


def sort_of(data: bytes) -> Sort:
    """What these bytes are."""
    if data.startswith((_ZIP_START, _ZIP_EMPTY)):
        return _sort_of_package(BytesIO(data))
    if data.startswith(_OLE):
        return _sort_of_compound(data)
    if b"%PDF" in data[:_HEADER_WITHIN]:
        return _PDF
    if not data:
        return Sort(Kind.REFUSED, EmptyFile)
    for signature, sort in _SIGNATURES:
        if data.startswith(signature):
            return sort
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _IMAGE
    if data[:2] == b"BM" and int.from_bytes(data[6:10], "little") == 0 and len(data) > 26:
        return _IMAGE
    if data[257:262] == b"ustar":
        return _archive("tar")
    if _PHONE_PHOTO.match(data):
        return _other("HEIC")
    return _sort_of_text(data)


def _sort_of_text(data: bytes) -> Sort:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    opening = data[:_OPENING].decode(encoding, "ignore").lstrip("\ufeff \t\r\n\0").lower()
    if any(mark in opening for mark in _WORD_MARKUP):
        return Sort(Kind.REFUSED, OldWord)
    if _MARKUP.match(opening) or _SAVED_PAGE.match(opening):
        return _WEB_PAGE
    return _UNKNOWN


def sort_of_file(path: str) -> Sort:
    """What a file is. Raises OSError where it cannot be read."""
    with Path(path).open("rb") as file:
        if file.read(4) in (_ZIP_START, _ZIP_EMPTY):
            return _sort_of_package(file)
        file.seek(0)
        return sort_of(file.read())


LETTER = "protocol-analyzer letter"
"""The identifier among the properties of the Word files that we write."""


def is_letter(path: str) -> bool:
    """Whether a file is a Word file of our own making: a letter, or a comparison, not a protocol."""
    try:
        with zipfile.ZipFile(path) as package:
            properties = package.getinfo("docProps/core.xml")
            return properties.file_size < _OPENING * 16 and f">{LETTER}<".encode() in package.read(properties)
    except Exception:  # no Word file, or a broken one
        return False


def _sort_of_package(file: BinaryIO) -> Sort:
    """A zip file may be a document: which one, its parts tell."""
    try:
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
            purpose = package.read("mimetype")[:80] if "mimetype" in names and package.getinfo("mimetype").file_size < 200 else b""
    except Exception:  # a broken directory, in any of the many ways of zipfile
        file.seek(0)
        return _WORD if b"[Content_Types].xml" in file.read(_OPENING) else _ZIP
    if b"opendocument" in purpose:
        return _other("OpenDocument")
    if b"epub" in purpose:
        return _other("EPUB")
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return _WORD
    for part, label in _PACKAGES:
        if any(name == part or name.startswith(f"{part}.") for name in names):
            return _other(label)
    return _ZIP


def _sort_of_compound(data: bytes) -> Sort:
    """The container of Microsoft's old formats also holds today's ones when they have a password."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        return Sort(Kind.REFUSED, LockedWord)
    if has("WordDocument"):
        return Sort(Kind.REFUSED, OldWord)
    if has("Workbook"):
        return _other("Excel (.xls)")
    if has("PowerPoint Document"):
        return _other("PowerPoint (.ppt)")
    if has("HwpSummaryInformation"):
        return _other("HWP")
    return _other("Microsoft Office")
