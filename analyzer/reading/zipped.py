"""Zip files of strangers, opened with care: whatever they claim, no more is unpacked than ``limits`` allow, and never to disk."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from analyzer import limits
from analyzer.errors import (
    ArchiveDamaged,
    ArchiveLocked,
    DamagedWord,
    LimitExceeded,
    OverArchiveFiles,
    OverSwelling,
    OverUnpackedMegabytes,
    OverUnpackedTotalMegabytes,
    OverWordMegabytes,
    UnreadableFile,
)

_MB = 1 << 20
_SMALL = 16 * _MB
"""Bytes that may come of however little: they harm nobody."""


class ZipReader:
    """Reads single files out of a zip file, or the parts of a Word file, which is one too.

    Raises, where it cannot, ArchiveDamaged or (``word``) DamagedWord, ArchiveLocked, or a LimitExceeded.
    """

    def __init__(self, source: bytes | Path, path: str, *, word: bool = False) -> None:
        """``source`` holds the bytes of the zip file, or says where it lies; ``path`` is how to name it."""
        self.path = path
        self._limits = limits.current()
        self._word = word
        self._damaged: type[UnreadableFile] = DamagedWord if word else ArchiveDamaged
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source)
        except Exception as error:  # zipfile fails in many ways over a broken directory
            raise self._damaged(path=path) from error
        if len(self._zip.filelist) > self._limits.archive_files:
            raise OverArchiveFiles(path=path, limit=self._limits.archive_files)

    def entries(self) -> list[zipfile.ZipInfo]:
        """The files in the zip file, folders left out."""
        return [entry for entry in self._zip.filelist if not entry.is_dir()]

    def read(self, entry: zipfile.ZipInfo, password: str | None = None) -> bytes:
        """The bytes of a file; what it claims of its size holds, since no more is unpacked."""
        if excess := self._excess(entry):
            raise excess
        locked = bool(entry.flag_bits & 1)
        if locked and not password:
            raise ArchiveLocked(path=self.path)
        try:
            data = self._zip.read(entry, password.encode("utf-8") if password else None)
        except (RuntimeError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:  # also for a wrong password
            raise (ArchiveLocked if locked else self._damaged)(path=self.path) from error
        self._read += len(data)
        return data

    def _excess(self, entry: zipfile.ZipInfo) -> LimitExceeded | None:
        """The limit that a file would go over, if there is one."""
        size, allowed = entry.file_size, self._limits
        if size > _SMALL and size > allowed.swelling * max(entry.compress_size, 1):
            return OverSwelling(path=self.path, limit=allowed.swelling)
        if self._word and size > allowed.word_megabytes * _MB:
            return OverWordMegabytes(path=self.path, limit=allowed.word_megabytes)
        if size > allowed.unpacked_megabytes * _MB:
            return OverUnpackedMegabytes(path=self.path, limit=allowed.unpacked_megabytes)
        if self._read + size > allowed.unpacked_total_megabytes * _MB:
            return OverUnpackedTotalMegabytes(path=self.path, limit=allowed.unpacked_total_megabytes)
        return None
