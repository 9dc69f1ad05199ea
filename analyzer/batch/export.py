"""The lists of a folder, written from its store one document at a time: JSON Lines (gzipped), CSV, XLSX and the page ``index.html``."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from analyzer.batch.desk import PAGES, page_path
from analyzer.batch.records import failure_sentence
from analyzer.batch.store import Listed, Store, told_of_output
from analyzer.reports.terminal import clean
from analyzer.resources import say, strings

REPORTS, TABLE, WORKBOOK, INDEX = "outcomes.jsonl.gz", "outcomes.csv", "outcomes.xlsx", "index.html"
_UNFINISHED = ".analyzer-"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_ROWS = 1_048_575
"""Rows that a sheet can hold below its heading."""
_LONGEST_CELL = 32_767
_COLUMNS = (
    "file", "copies", "title", "institution", "version", "date", "language", "pages", "outcome", "score", "severity",
    "missing", "partial", "review", "failure", "sha256",
)  # fmt: skip


_WIDTHS = {"file": 50, "title": 50, "institution": 30, "outcome": 16, "missing": 40, "partial": 40, "review": 30, "failure": 60}
"""Of the workbook's columns, in characters; the others are 12 wide."""


def write_lists(store: Store, language: str) -> None:
    """Write every list that is older than the store. Raises DiskFull or OutputUnwritable; an old list stays until the new one is whole."""
    changes = [store.fact("changes") or 0, language]
    if store.fact("exported") == changes and all((store.folder / name).is_file() for name in (REPORTS, TABLE, WORKBOOK, INDEX)):
        return
    try:
        for left_by_a_crash in store.folder.glob(f"{_UNFINISHED}*"):
            left_by_a_crash.unlink()
        _write_reports(store)
        _write_table(store, language)
        _write_workbook(store, language)
        _write_index(store, language)
    except OSError as error:
        raise told_of_output(error, store.folder) from error
    store.set_fact("exported", changes)
    store.flush()


def _write_reports(store: Store) -> None:
    with _whole(store.folder / REPORTS) as target:
        for listed in store.listed():
            target.write(store.body(listed.key))


def _write_table(store: Store, language: str) -> None:
    with _whole(store.folder / TABLE) as target:
        text = TextIOWrapper(target, "utf-8-sig", errors="replace", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(_heading(language))
        names = element_names(store, language)
        for listed in store.listed():
            writer.writerow([_harmless(cell) for cell in _row(listed, names, language)])
        text.flush()
        text.detach()


def _write_workbook(store: Store, language: str) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(say(language, "batch_sheet"))
    sheet.freeze_panes = "B2"
    for number, name in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(name, 12)

    def cell(value: str | int | float) -> Any:
        made: Any = WriteOnlyCell(sheet, value if not isinstance(value, str) else value[:_LONGEST_CELL])
        if isinstance(value, str):
            made.data_type = "s"
        return made

    heading = [cell(word) for word in _heading(language)]
    for word in heading:
        word.font = Font(bold=True)
    sheet.append(heading)
    rows, names = 0, element_names(store, language)
    for rows, listed in enumerate(store.listed(), 1):
        if rows <= _MOST_ROWS:
            sheet.append([cell(value) for value in _row(listed, names, language)])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{min(rows, _MOST_ROWS) + 1}"
    with _whole(store.folder / WORKBOOK) as target:
        book.save(target)


def _write_index(store: Store, language: str) -> None:
    from analyzer.reports.triage_page import Row, write_page

    def rows() -> Iterator[Row]:
        for listed in store.listed():
            summary = listed.summary
            base = listed.name.replace("\\", "/").rpartition("/")[2]
            failure = (failure_sentence(summary, base, "zh"), failure_sentence(summary, base, "en")) if summary.code else None
            yield Row(
                names=listed.names,
                title=summary.title,
                institution=summary.institution,
                version=summary.version,
                date=summary.date,
                pages=summary.pages,
                triage=summary.triage,
                score=summary.score,
                severity=summary.severity,
                verdicts=summary.verdicts,
                review=summary.review,
                code=summary.code,
                failure=failure,
                page=page_path(Path(PAGES), listed.key).as_posix() if listed.page else "",
            )

    with _whole(store.folder / INDEX) as target:
        write_page(target, rows(), store.fact("elements") or {}, language)


def _heading(language: str) -> list[str]:
    return [say(language, f"batch_column_{name}") for name in _COLUMNS]


def _row(listed: Listed, names: Mapping[str, str], language: str) -> list[str | int | float]:
    summary = listed.summary

    def named(elements: Sequence[str]) -> str:
        return say(language, "list_separator").join(names.get(element, element) for element in elements)

    failed = bool(summary.code)
    return [
        clean(listed.name),
        "\n".join(map(clean, listed.names[1:])),
        clean(summary.title),
        clean(summary.institution),
        clean(summary.version),
        clean(summary.date),
        strings(language)[f"language_{summary.language}"] if summary.language else "",
        "" if failed else summary.pages,
        say(language, "summary_failed") if failed else say(language, f"triage_{summary.triage}"),
        "" if failed else round(summary.score, 4),
        say(language, f"severity_{summary.severity}") if summary.severity else "",
        named(summary.missing),
        named(summary.partial),
        named(summary.review),
        clean(failure_sentence(summary, listed.name, language)) if failed else "",
        listed.key,
    ]


def element_names(store: Store, language: str) -> dict[str, str]:
    """Names of the elements in ``language`` by id."""
    return {element: names[language] for element, names in (store.fact("elements") or {}).items()}


def _harmless(cell: str | int | float) -> str | int | float:
    """A cell that a spreadsheet does not take for a formula when it opens the CSV."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place only when it is complete."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
