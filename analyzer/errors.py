"""The error family: each error knows its code, its exit status and the key of the sentence that tells a user what to do.

The sentences stand in ``strings/``; an error carries only what they need to be filled in.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


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

    def __reduce__(self) -> tuple[object, ...]:
        """How it travels from one process to another."""
        return _again, (type(self), self.details)


def _again(kind: type[AnalyzerError], details: dict[str, object]) -> AnalyzerError:
    return kind(**details)


class UnreadableFile(AnalyzerError):
    """The file could not be opened at all. ``blanks`` are the details that its sentence needs."""

    blanks: ClassVar[frozenset[str]] = frozenset({"path"})


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


class LockedPdf(UnreadableFile):
    """Protected in another way than by a password."""

    code = "locked_pdf"


class NoPages(UnreadableFile):
    code = "no_pages"


class NoTextLayer(UnreadableFile):
    """No page has text that could be used, and there is no OCR to read them with."""

    code = "no_text_layer"


class OcrFoundNothing(NoTextLayer):
    """OCR was tried on every page."""

    code = "ocr_found_nothing"


class BlankPages(NoTextLayer):
    """Nothing at all is drawn on any page."""

    code = "blank_pages"


class LockedWord(UnreadableFile):
    """An Office file with a password."""

    code = "locked_word"


class DamagedWord(UnreadableFile):
    code = "damaged_word"


class NoTextInWord(UnreadableFile):
    code = "no_text_in_word"


class OldWord(UnreadableFile):
    """``.doc``, ``.wps`` and what else Word wrote before ``.docx``."""

    code = "old_word"


class WebPage(UnreadableFile):
    code = "web_page"


class OtherFormat(UnreadableFile):
    """A known format that is not read; ``format`` is its name."""

    code = "other_format"
    blanks = frozenset({"path", "format"})


class OtherArchive(UnreadableFile):
    """An archive that is no zip; ``format`` is its name."""

    code = "other_archive"
    blanks = frozenset({"path", "format"})


class ImageUnread(UnreadableFile):
    """A picture, and no OCR to read it with."""

    code = "image_unread"


class DamagedImage(UnreadableFile):
    code = "damaged_image"


class Archive(UnreadableFile):
    """A zip file: ``count`` protocols are in it, ``names`` says which."""

    code = "archive"
    blanks = frozenset({"path", "count", "names"})


class ArchiveBarren(UnreadableFile):
    """A zip file without a protocol; ``names`` says what is in it."""

    code = "archive_barren"
    blanks = frozenset({"path", "names"})


class ArchiveDamaged(UnreadableFile):
    code = "archive_damaged"


class ArchiveLocked(UnreadableFile):
    """What stands in the archive has a password."""

    code = "archive_locked"


class ArchiveTooDeep(UnreadableFile):
    code = "archive_too_deep"


class NothingToMark(UnreadableFile):
    """A marked PDF is asked for of something that is no PDF."""

    code = "nothing_to_mark"


class Portfolio(UnreadableFile):
    """A PDF that is only the wrapping of others: ``count`` protocols are attached to it, ``names`` says which."""

    code = "portfolio"
    blanks = frozenset({"path", "count", "names"})


class DynamicForm(UnreadableFile):
    """A form whose text is no part of the pages (XFA)."""

    code = "dynamic_form"


class LimitExceeded(UnreadableFile):
    """More than ``limit`` allows; the code of each kind is ``over_`` with the name of the limit in ``limits.Limits``."""

    code = "over_limit"
    blanks = frozenset({"path", "limit"})


class OverFileMegabytes(LimitExceeded):
    code = "over_file_megabytes"


class OverPages(LimitExceeded):
    """``found`` pages."""

    code = "over_pages"
    blanks = frozenset({"path", "limit", "found"})


class OverPageCharacters(LimitExceeded):
    """On page number ``page``."""

    code = "over_page_characters"
    blanks = frozenset({"path", "limit", "page"})


class OverCharacters(LimitExceeded):
    code = "over_characters"


class OverPageObjects(LimitExceeded):
    """On page number ``page``."""

    code = "over_page_objects"
    blanks = frozenset({"path", "limit", "page"})


class OverSeconds(LimitExceeded):
    code = "over_seconds"


class OverTotalSeconds(LimitExceeded):
    code = "over_total_seconds"


class OverMegabytes(LimitExceeded):
    code = "over_megabytes"


class OverAttachedMegabytes(LimitExceeded):
    code = "over_attached_megabytes"


class OverImageMegapixels(LimitExceeded):
    code = "over_image_megapixels"


class OverArchiveFiles(LimitExceeded):
    code = "over_archive_files"


class OverUnpackedMegabytes(LimitExceeded):
    code = "over_unpacked_megabytes"


class OverUnpackedTotalMegabytes(LimitExceeded):
    code = "over_unpacked_total_megabytes"


class OverWordMegabytes(LimitExceeded):
    code = "over_word_megabytes"


class OverSwelling(LimitExceeded):
    code = "over_swelling"


class Crashed(UnreadableFile):
    """A library of the program died of the file, by the signal that is named."""

    code = "crashed"
    blanks = frozenset({"path", "signal"})


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
