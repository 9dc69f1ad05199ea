"""What people drop -> the PDF with the pages to be read or shown."""

from __future__ import annotations

from pathlib import Path

from analyzer import limits
from analyzer.errors import DamagedPdf, FileMissing, NotAPdf, OverFileMegabytes, PermissionDenied
from analyzer.reading.archives import member_at, refusal
from analyzer.reading.kinds import Kind, Sort, sort_of
from analyzer.reading.mending import openable


def content_of(path: Path | str, password: str | None = None) -> bytes:
    """The bytes of a file, also of one inside an archive. Raises an AnalyzerError that says why they cannot be had."""
    name = str(path)
    try:
        most = limits.current().file_megabytes
        if Path(path).stat().st_size > most << 20:
            raise OverFileMegabytes(path=name, limit=most)
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise NotAPdf(path=name) from None
    except PermissionError:
        raise PermissionDenied(path=name) from None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        content = member_at(name, password)
        if content is None:
            raise FileMissing(path=name) from None
        return content
    except OSError as error:
        raise DamagedPdf(path=name, reason=error.strerror) from None


def as_pdf(content: bytes, path: str, sort: Sort) -> bytes:
    """The pages of a file that is no Word file. Raises an AnalyzerError that says what the file is, where it has none."""
    if sort.kind is Kind.PDF:
        return content
    if sort.kind is Kind.IMAGE:
        from analyzer.reading.images import pdf_of

        return pdf_of(content, path)
    if sort.kind is Kind.ZIP:
        raise refusal(content, path)
    raise sort.refusal(path)


def drawable(content: bytes, path: str) -> bytes:
    """The PDF whose pages a report may show; nothing where the file, a Word file, has none."""
    sort = sort_of(content)
    return b"" if sort.kind is Kind.WORD else openable(as_pdf(content, path, sort))
