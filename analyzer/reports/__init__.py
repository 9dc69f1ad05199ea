"""One file per form of output, and where the output goes. Every form is drawn from the ``Report``, some also from the PDF itself.

``terminal``, ``json`` and ``jsonl`` take the results of many files together and are built in. Every other form writes one file per
protocol, and anybody can add one: a function ``render(report: Report, context: Context) -> bytes`` in a module of its own, and a line
in the package's ``pyproject.toml`` ::

    [project.entry-points."analyzer.reports"]
    html = "analyzer.reports.page:render"

The name is what ``--format`` is given, and also the ending of the files, unless ``ENDINGS`` says otherwise. (After adding a line,
``pip install -e .`` once more.) ``render`` is imported when it is first used; what it raises from ``errors.py`` is told to the user.
Words from the PDF are a stranger's: clean them with ``terminal.clean`` or ``terminal.quoted``, and escape them for the form.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.findings import Outcome, Report

GROUP = "analyzer.reports"
BUILT_IN = ("terminal", "json", "jsonl")
JOINED = frozenset({"text", "md"})
"""Forms of one report each that may follow one another in a file."""
ENDINGS = {"terminal": ".txt", "text": ".txt", "pdf": ".marked.pdf", "docx": ".letter.docx"}
"""Where the ending is not the name of the form; a marked PDF or a letter must not take the place of the protocol it was made from."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a form may need beside the report."""

    language: str
    """``zh`` or ``en``: in which to write."""
    path: str
    """Name of the file, to be shown."""
    original: bytes
    """The PDF that the report is about, or that shows the picture it is about; nothing for a Word file, which has no pages."""
    password: str | None = None
    template: Path | None = None
    """A file to take the place of the form's own template (``--template``)."""


Render = Callable[["Report", Context], bytes]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one file: its name and that without folder and ending, in which language to write of it, and the outcome.

    ``rendered`` is the report in a form that is not built in; None after a failure.
    """

    name: str
    stem: str
    language: str
    outcome: Outcome
    rendered: bytes | None = None


def known_forms() -> list[str]:
    """All names that ``--format`` can be given."""
    from importlib.metadata import entry_points

    return [*BUILT_IN, *sorted(entry_points(group=GROUP).names - set(BUILT_IN))]


def renderer(form: str) -> Render | None:
    """The function that draws this form; None for one that is built in. Raises KeyError for an unknown one."""
    from importlib.metadata import entry_points

    if form in BUILT_IN:
        return None
    render: Render = entry_points(group=GROUP)[form].load()
    return render


def ending(form: str) -> str:
    """How the names of files of this form end, with the dot."""
    return ENDINGS.get(form, f".{form}")


def form_of(name: str) -> str | None:
    """The form that a file of this name is expected to have, or None."""
    by_suffix = {Path(f"x{ending(form)}").suffix: form for form in reversed(known_forms())}
    return by_suffix.get(Path(name).suffix.lower())


def file_bytes(results: Sequence[Result], form: str, language: str, width: int) -> bytes:
    """A whole file of results in this form; ``language`` is that of a summary of them all."""
    if form not in BUILT_IN:
        return b"\n".join(result.rendered for result in results if result.rendered is not None)
    from analyzer.reports.machine import json_bytes, jsonl_bytes

    outcomes = [result.outcome for result in results]
    if form == "json":
        return json_bytes(outcomes, several=len(outcomes) > 1)
    if form == "jsonl":
        return b"".join(map(jsonl_bytes, outcomes))
    from analyzer.reports.terminal import rendered, result_sheet, summary_sheet

    sheets = [result_sheet(result, width) for result in results]
    if len(results) > 1:
        sheets.append(summary_sheet(results, language, width))
    return "\n\n".join(rendered(sheet, colour=False) for sheet in sheets).encode("utf-8", "replace")


def free_name(stem: str, ending: str, taken: set[str]) -> str:
    """A file name that is not among ``taken``, to which it is added; case does not tell names apart."""
    name, number = stem + ending, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}{ending}"
    taken.add(name.casefold())
    return name


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step: a reader finds the old file or the whole new one. A device or pipe is just written to."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = path.resolve()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".analyzer-")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
