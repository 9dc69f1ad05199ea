"""What the guarded process does with a file: checks it and draws the report, shows what was read, or compares it with another.

Each class holds what the command line asked for; called once, in that process, it loads what is heavy and gives the function to be
called with each file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.ocr import Mode, Ocr
from analyzer.reports import Context, renderer
from analyzer.stages import measured

if TYPE_CHECKING:
    from analyzer.comparison import Comparison
    from analyzer.document import Document
    from analyzer.findings import Report
    from analyzer.pipeline import Analyzer

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pack, day of filing and way of reading scans."""

    pack: str
    filed_on: date | None = None
    ocr: Mode = "auto"

    def analyzer(self, tell: Tell) -> Analyzer:
        """The analyzer; ``tell`` is called with the scanned pages that are read and all of them."""
        from analyzer.pipeline import Analyzer

        analyzer = Analyzer(self.pack, filed_on=self.filed_on)
        analyzer.ocr = Ocr(self.ocr, tell=tell)
        return analyzer


class Checked(NamedTuple):
    """The report, what the form makes of it where that is not built in, and seconds per stage where they were asked for."""

    report: Report
    rendered: bytes | None
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Checking:
    """Analyses files and, where the form is not built in, draws the report while the file is at hand."""

    wanted: Wanted
    form: str
    lang: str
    template: Path | None
    profile: bool

    def __call__(self, tell: Tell) -> Callable[..., Checked]:
        """The function for each file."""
        analyzer = self.wanted.analyzer(tell)

        def check(path: str, data: bytes | None, password: str | None) -> Checked:
            with measured() if self.profile else nullcontext(dict[str, float]()) as seconds:
                report = analyzer.analyze(path, data=data, password=password)
                return Checked(report, self._rendered(report, path, data, password), dict(seconds))

        return check

    def _rendered(self, report: Report, path: str, data: bytes | None, password: str | None) -> bytes | None:
        render = renderer(self.form)
        if render is None:
            return None
        from analyzer.reading.intake import content_of, drawable

        original = drawable(content_of(path, password) if data is None else data, path)
        return render(report, Context(language_of(report, self.lang), path, original, password, self.template))


def language_of(outcome: object, lang: str, otherwise: str = "zh") -> str:
    """In which language to write of a file: as chosen, else that of the document, which a failure has not."""
    if lang != "auto":
        return lang
    return "en" if getattr(getattr(outcome, "document", None), "language", otherwise) == "en" else "zh"


@dataclass(frozen=True, slots=True)
class Showing:
    """Writes for a terminal what was read."""

    wanted: Wanted
    language: str
    width: int
    colour: bool

    def __call__(self, tell: Tell) -> Callable[..., str]:
        """The function for each file."""
        from analyzer.reports.terminal import document_sheet, rendered

        analyzer = self.wanted.analyzer(tell)

        def show(path: str, data: bytes | None, password: str | None) -> str:
            return rendered(document_sheet(analyzer.read(path, data, password), self.language, self.width), colour=self.colour)

        return show


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares two files; there is nothing to tell of the first, and of the second only when both were read."""

    wanted: Wanted
    _sides: list[tuple[Report, Document]] = field(default_factory=list)

    def __call__(self, tell: Tell) -> Callable[..., Comparison | None]:
        """The function for the old file, then for the new one."""
        from analyzer.comparison import compare

        analyzer = self.wanted.analyzer(tell)

        def read(path: str, data: bytes | None, password: str | None) -> Comparison | None:
            document = analyzer.read(path, data, password)
            self._sides.append((analyzer.report(document), document))
            if len(self._sides) < 2:
                return None
            (old, old_document), (new, new_document) = self._sides
            return compare(old, new, old_document, new_document)

        return read
