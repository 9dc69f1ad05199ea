"""What a worker does with one document, and nothing about processes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.batch.limits import Limits
from analyzer.batch.records import Record, Task, record_of_failure, record_of_report
from analyzer.errors import AnalyzerError, ExitStatus
from analyzer.ocr import Mode, in_bulk

if TYPE_CHECKING:
    from analyzer.document import Document
    from analyzer.findings import Report
    from analyzer.pipeline import Analyzer

PAGES = "pages"
"""Folder of the protocols' own pages in that of the outcomes."""
REAL_ANALYST = "analyzer.batch.desk:analyst"
_TRACE, _REASON = 4000, 200
_OPENING = 6000
"""Characters from the start in which the institution is looked for."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What all workers of a run share. ``analyst`` names, as ``module:function``, what makes a worker's ``Analyse`` from this."""

    pack: str
    language: str
    limits: Limits = field(default_factory=Limits)
    pages: str | None = None
    """Folder for the protocols' own pages; None writes none."""
    analyst: str = REAL_ANALYST
    filed_on: date | None = None
    """Decides which clauses are in force; None means the day of the analysis."""
    ocr: Mode = "auto"
    password: str | None = field(default=None, repr=False)
    """Opens encrypted PDFs; it is kept nowhere."""


Analyse = Callable[[Task], Record]


class OutputFull(Exception):
    """There is no room left where the pages are written."""


def load_analyst(setup: Setup) -> Analyse:
    """The function that turns tasks into records. Raises an AnalyzerError when pack or model cannot be used."""
    module, _, name = setup.analyst.partition(":")
    made: Analyse = getattr(import_module(module), name)(setup)
    return made


def analyst(setup: Setup) -> Analyse:
    """The real one: reads, judges and, where asked for, draws the page."""
    from analyzer.batch.preload import ready_analyzer

    analyzer = ready_analyzer(setup.pack)
    analyzer.filed_on = setup.filed_on
    analyzer.ocr = in_bulk(setup.ocr)
    return guarded(lambda task: _analyse(task, analyzer, setup), setup)


def guarded(analyse: Analyse, setup: Setup) -> Analyse:
    """``analyse`` with every exception that concerns the document made into a failure; OutputFull passes."""

    def attempt(task: Task) -> Record:
        start = time.perf_counter()
        try:
            return analyse(task)
        except MemoryError:
            code, details = "out_of_memory", dict[str, object](megabytes=setup.limits.megabytes)
        except AnalyzerError as error:
            if error.status != ExitStatus.UNREAD:
                raise
            code, details = error.code, error.details
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise OutputFull from error
            code, details = "fault", _fault(error)
        except Exception as error:
            code, details = "fault", _fault(error)
        return record_of_failure(task, code, setup.language, details, seconds=time.perf_counter() - start)

    return attempt


def _fault(error: Exception) -> dict[str, object]:
    reason = traceback.format_exception_only(error)[-1].strip()
    return {"reason": reason[:_REASON], "trace": traceback.format_exc()[-_TRACE:]}


def _analyse(task: Task, analyzer: Analyzer, setup: Setup) -> Record:
    start = time.perf_counter()
    data = task.data if task.data is not None else read_bytes(task.path, setup.password)
    if hashlib.sha256(data).hexdigest() != task.key:
        raise FileChanged(path=task.name)
    document = analyzer.read(task.name, data=data, password=setup.password)
    report = analyzer.report(document)
    if setup.pages:
        _draw_page(report, data, task, setup)
    seconds = time.perf_counter() - start
    return record_of_report(task, report, institution=institution(document), seconds=seconds, page=bool(setup.pages))


class FileChanged(AnalyzerError):
    """The bytes are not those that were meant."""

    code = "file_changed"


def read_bytes(path: str, password: str | None = None) -> bytes:
    """All bytes of a file, also of one in an archive. Raises FileMissing, PermissionDenied, or what opening the archive raises."""
    from analyzer.errors import FileMissing, PermissionDenied
    from analyzer.reading.archives import member_at

    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        member = member_at(path, password)
        if member is None:
            raise FileMissing from error
        return member
    except OSError as error:
        raise PermissionDenied from error


def page_path(folder: Path, key: str) -> Path:
    """Where the page of a document lies; its name is made of the key alone."""
    return folder / key[:2] / f"{key}.html"


def _draw_page(report: Report, data: bytes, task: Task, setup: Setup) -> None:
    from analyzer.reading.intake import drawable
    from analyzer.reports import Context, write_atomically
    from analyzer.reports.page import render

    path = page_path(Path(setup.pages or ""), task.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    context = Context(setup.language, os.path.basename(task.name), drawable(data, task.name), setup.password)
    write_atomically(path, render(report, context))


@cache
def _institution_label() -> re.Pattern[str]:
    from analyzer.resources import PACKAGE, load_yaml

    labels = "|".join(load_yaml(PACKAGE / "batch" / "institution.yaml")["labels"])
    return re.compile(
        rf"^\s*(?:{labels})[^\n:：]{{0,12}}[:：\t]\s*(?P<name>[^\n\t]{{4,80}}?)\s*(?:$|[;；,，|\t])", re.IGNORECASE | re.MULTILINE
    )


def institution(document: Document) -> str:
    """Who carries out the study, as the first pages name it, or nothing."""
    found = _institution_label().search(document.text[:_OPENING])
    name = found["name"].strip(" _＿…") if found else ""
    return name if any(character.isalpha() for character in name) else ""
