"""The overview of many protocols as a web page: one file that needs nothing else, in Chinese and English.

Rows are written one by one, so that their number costs no memory, as data that the page's script draws: words that are not ours never
become markup. The page's own policy allows no script and no style but its own, known by their hashes, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from analyzer.reports.terminal import clean
from analyzer.resources import PACKAGE, say, strings

LANGUAGES = ("zh", "en")
VERDICTS = {"adequate": "a", "partial": "p", "missing": "m", "not_applicable": "n"}
_WORDS = ("index_", "verdict_", "triage_", "severity_", "page_language")
"""Beginnings of the keys of those sentences that the script needs."""


@dataclass(frozen=True, slots=True)
class Row:
    """One document. ``failure`` is the sentence in Chinese and English where there is no report; ``page`` a relative address or empty."""

    names: Sequence[str]
    title: str
    institution: str
    version: str
    date: str
    pages: int
    triage: str
    score: float
    severity: str
    verdicts: Mapping[str, str]
    review: Sequence[str]
    code: str
    failure: tuple[str, str] | None
    page: str


def write_page(target: IO[bytes], rows: Iterable[Row], elements: Mapping[str, Mapping[str, str]], language: str) -> None:
    """Write the page; ``elements`` gives the names by id in ``zh`` and ``en``, in the order in which they are shown."""
    parts = {name: (PACKAGE / "reports" / f"triage_page.{name}").read_text("utf-8") for name in ("html", "css", "js")}
    words = {each: {key: word for key, word in strings(each).items() if key.startswith(_WORDS)} for each in LANGUAGES}
    before, _, after = parts["html"].partition("$rows")
    blanks = {
        "language": language,
        "title": say(language, "index_title"),
        "policy": _policy(parts["css"], parts["js"]),
        "style": parts["css"],
        "script": parts["js"],
        "words": _data(words),
        "elements": _data([{"id": element, **{each: clean(names[each]) for each in LANGUAGES}} for element, names in elements.items()]),
    }
    target.write(string.Template(before).substitute(blanks).encode())
    order = list(elements)
    for number, row in enumerate(rows):
        target.write((",\n" if number else "").encode() + _data(_cells(row, order)).encode())
    target.write(string.Template(after).substitute(blanks).encode())


def _cells(row: Row, order: Sequence[str]) -> list[object]:
    """A row as the script reads it; of the verdicts one letter each, a capital where a human must look."""
    letters = ((VERDICTS.get(row.verdicts.get(element, ""), "-"), element in row.review) for element in order)
    return [
        [clean(name) for name in row.names],
        clean(row.title),
        clean(row.institution),
        clean(row.version),
        clean(row.date),
        row.pages,
        row.triage,
        round(row.score * 100),
        row.severity,
        "".join(letter.upper() if review else letter for letter, review in letters),
        row.code,
        *(map(clean, row.failure) if row.failure else ("", "")),
        row.page,
    ]


def _data(value: object) -> str:
    """JSON that can end no script element and holds no lone surrogate."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(style: str, script: str) -> str:
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
