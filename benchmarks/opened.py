"""Whether programs that are not ours open every form of the report without a word of complaint.

    python -m benchmarks.opened FOLDER [FOLDER …] [--leave-out GLOB]

The page goes to Chromium, the marked PDF to pypdf (strict) and pdfium, the workbook to openpyxl and LibreOffice, the letter to python-docx
and LibreOffice, Markdown to markdown-it, JSON to a validator of ``docs/report.schema.json``. A program that is not installed is named.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analyzer.errors import AnalyzerError
from analyzer.findings import Report
from analyzer.pipeline import Analyzer
from analyzer.reports import Context, Result, ending, file_bytes, known_forms, renderer

SCHEMA = Path(__file__).parent.parent / "docs" / "report.schema.json"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE = 120

Complaints = Iterator[str]
Open = Callable[[Path], Complaints]


def browser() -> str | None:
    """The Chromium of this machine, where Playwright can drive it."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None) if find_spec("playwright") else None


def office() -> str | None:
    """The LibreOffice of this machine."""
    return shutil.which("soffice")


def in_chromium(path: Path) -> Complaints:
    """Messages in the console, errors, and anything that is asked of the network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        heard: list[str] = []
        page = opened.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            heard.append("wider than a telephone")
        opened.close()
    yield from heard


def in_pypdf(path: Path) -> Complaints:
    """What a strict reader logs; its pages must be there and bear our bookmarks."""
    from pypdf import PdfReader

    with _logged("pypdf") as heard:
        reader = PdfReader(path, strict=True)
        for page in reader.pages:
            page.get("/Annots")
        if not reader.outline:
            heard.append("no bookmarks")
    yield from heard


def in_pdfium(path: Path) -> Complaints:
    """Whether every page can be drawn."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    for index in range(len(document)):
        if min(document[index].render(scale=0.2).to_pil().size) < 1:
            yield f"page {index + 1} is empty"
    document.close()


def in_openpyxl(path: Path) -> Complaints:
    """Five sheets, and no formula in any."""
    from openpyxl import load_workbook

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        book = load_workbook(path)
    yield from (str(entry.message) for entry in heard)
    yield from (
        f"a formula at {sheet.title}!{cell.coordinate}"
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    )


def in_python_docx(path: Path) -> Complaints:
    """A letter without a blank that was not filled."""
    import docx

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        words = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    yield from (str(entry.message) for entry in heard)
    if "{{" in words:
        yield "a blank was left"


def in_office(path: Path) -> Complaints:
    """LibreOffice makes a PDF of it, and says nothing but that."""
    with tempfile.TemporaryDirectory() as place:
        command = [office() or "", "--headless", f"-env:UserInstallation=file://{place}/profile", "--convert-to", "pdf", "--outdir", place]
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=_PATIENCE, check=False)
        made = Path(place) / f"{path.stem}.pdf"
        if done.returncode or not made.is_file():
            yield f"LibreOffice made no PDF: {done.stderr.strip()}"
        yield from (line for line in done.stderr.splitlines() if "rror" in line and "java" not in line.lower())


def in_markdown_it(path: Path) -> Complaints:
    """Nothing in it is taken for HTML."""
    from markdown_it import MarkdownIt

    def every(tokens: Sequence[Any]) -> Iterator[Any]:
        for token in tokens:
            yield token
            yield from every(token.children or ())

    yield from (token.content for token in every(MarkdownIt("commonmark").parse(path.read_text("utf-8"))) if token.type.startswith("html"))


def in_a_validator(path: Path) -> Complaints:
    """Each line, or the whole, fits the published shape."""
    validator = _validator()
    content = path.read_text("utf-8")
    for part in content.splitlines() if path.suffix == ".jsonl" else [content]:
        yield from (error.message for error in validator.iter_errors(json.loads(part)))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def as_plain_text(path: Path) -> Complaints:
    """UTF-8 without control characters; a word joiner keeps Markdown from making links."""
    yield from (repr(character) for character in path.read_text("utf-8") if not character.isprintable() and character not in "\n\u2060")


PROGRAMS: Mapping[str, Sequence[Open]] = {
    "html": (in_chromium,),
    "pdf": (in_pypdf, in_pdfium),
    "xlsx": (in_openpyxl, in_office),
    "docx": (in_python_docx, in_office),
    "md": (in_markdown_it, as_plain_text),
    "json": (in_a_validator,),
    "jsonl": (in_a_validator,),
    "text": (as_plain_text,),
    "terminal": (as_plain_text,),
}
_INSTALLED: Mapping[Open, Callable[[], str | None]] = {in_chromium: browser, in_office: office}


def is_installed(program: Open) -> bool:
    """Whether this machine has the program."""
    return program not in _INSTALLED or _INSTALLED[program]() is not None


@contextmanager
def _logged(name: str) -> Iterator[list[str]]:
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    listener, logger = Listener(), logging.getLogger(name)
    logger.addHandler(listener)
    try:
        yield heard
    finally:
        logger.removeHandler(listener)


def written(report: Report, form: str, data: bytes, language: str, place: Path) -> Path:
    """The report in this form, as a file in ``place``."""
    render = renderer(form)
    result = Result("protocol", "protocol", language, report)
    made = (
        render(report, Context(language=language, path="protocol.pdf", original=data))
        if render
        else file_bytes([result], form, language, 100)
    )
    path = place / f"protocol{ending(form)}"
    path.write_bytes(made)
    return path


def complaints(report: Report, form: str, data: bytes, language: str, programs: Sequence[Open]) -> list[str]:
    """What these programs say of the report in this form; an exception of theirs is a complaint, too."""
    heard: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        path = written(report, form, data, language, Path(place))
        for program in programs:
            try:
                heard += dict.fromkeys(f"{program.__name__}: {words}" for words in program(path))
            except Exception as error:
                heard.append(f"{program.__name__}: {type(error).__name__}: {error}")
    return heard


def main() -> None:
    """Print a line of JSON for each document, and how many complaints there were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--leave-out", default="*.scan.pdf", metavar="GLOB", help="files to pass over")
    options = parser.parse_args()
    lacking = sorted({program.__name__ for programs in PROGRAMS.values() for program in programs if not is_installed(program)})
    analyzer, total, opened = Analyzer(), 0, 0
    for path in (path for folder in options.folders for path in sorted(folder.glob("*.pdf")) if not path.match(options.leave_out)):
        try:
            report = analyzer.analyze(path)
        except AnalyzerError as error:
            print(json.dumps({"file": path.name, "unread": error.code}), flush=True)
            continue
        language = "zh" if report.document.language == "zh" else "en"
        heard = {
            form: complaints(report, form, path.read_bytes(), language, list(filter(is_installed, PROGRAMS.get(form, ()))))
            for form in known_forms()
        }
        opened += len(heard)
        total += sum(map(len, heard.values()))
        print(
            json.dumps({"file": path.name, "complaints": {form: words for form, words in heard.items() if words}}, ensure_ascii=False),
            flush=True,
        )
    print(json.dumps({"opened": opened, "complaints": total, "programs_not_installed": lacking}))


if __name__ == "__main__":
    main()
