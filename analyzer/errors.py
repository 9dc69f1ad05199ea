"""The error family: each error knows its code, its exit status and the key of the sentence that tells a user what to do.

The sentences stand in ``strings/``; an error carries only what they need to be filled in.
"""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What ``analyzer`` returns to the shell; part of the interface."""

    OK = 0
    GAPS = 1
    USAGE = 2
    UNREAD = 3
    BUG = 4


class AnalyzerError(Exception):
    """Base of all errors meant for a user. ``code`` names the failure in reports; ``details`` fill its sentence."""

    code = "unexpected"
    status = ExitStatus.UNREAD

    def __init__(self, **details: object) -> None:
        super().__init__(self.code)
        self.details = details


class UnreadableFile(AnalyzerError):
    """The file could not be opened at all."""


class FileMissing(UnreadableFile):
    code = "file_missing"


class PermissionDenied(UnreadableFile):
    code = "no_permission"


class EmptyFile(UnreadableFile):
    code = "empty_file"


class NotAPdf(UnreadableFile):
    code = "not_a_pdf"


class DamagedPdf(UnreadableFile):
    code = "damaged_pdf"


class EncryptedPdf(UnreadableFile):
    code = "encrypted"


class WrongPassword(UnreadableFile):
    code = "wrong_password"


class NoPages(UnreadableFile):
    code = "no_pages"


class NoTextLayer(UnreadableFile):
    code = "no_text_layer"


class BrokenPack(AnalyzerError):
    """A pack that cannot be used: ``file``, ``line`` and ``expected`` say where and why."""

    code = "broken_pack"
    status = ExitStatus.USAGE


class BrokenModel(AnalyzerError):
    code = "broken_model"
    status = ExitStatus.USAGE


class UsageError(AnalyzerError):
    code = "usage"
    status = ExitStatus.USAGE
