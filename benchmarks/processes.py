"""Whole processes: their CPU time and peak memory; and a PDF made long by repeating its pages."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """CPU seconds, user and system, and the largest resident memory in megabytes."""

    seconds: float
    megabytes: float


def run(arguments: Sequence[str], rounds: int = 3) -> Cost:
    """The least CPU time and memory of a few runs of Python with these arguments. Raises RuntimeError when one fails."""
    return min(_run(arguments) for _ in range(rounds))


def _run(arguments: Sequence[str]) -> Cost:
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode("utf-8", "replace"))
    return Cost(round(usage.ru_utime + usage.ru_stime, 3), round(usage.ru_maxrss / 1024, 1))


@contextmanager
def long_document(path: Path, copies: int) -> Iterator[Path]:
    """A PDF that holds the pages of ``path`` so many times over."""
    import pypdfium2

    source = pypdfium2.PdfDocument(path)
    target = pypdfium2.PdfDocument.new()
    for _ in range(copies):
        target.import_pages(source)
    with tempfile.TemporaryDirectory() as folder:
        longer = Path(folder) / "long.pdf"
        target.save(longer)
        yield longer
