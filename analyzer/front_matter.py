"""What the cover says of the protocol itself: title, version, date, registration numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.anchors import lowered
from analyzer.document import Document

_FIRST_PAGES = 4000
_NUMBERS = (
    r"ChiCTR[-–]?[A-Z]{0,6}[-–]?\d{8,10}",
    r"NCT\d{8}",
    r"ISRCTN\d{8}",
    r"EUCTR\d{4}-\d{6}-\d{2}",
    r"20\d\d-\d{6}-\d{2}(?:-\d{2})?",
    r"MR-\d{2}-\d{2}-\d{6}",
    r"ACTRN\d{14}",
    r"jRCT[sa-z]?\d{9,10}",
)
_REGISTRATION = re.compile("(?:" + "|".join(f"{number[0]}(?<![A-Za-z]{number[0]}){number[1:]}" for number in _NUMBERS) + r")(?!\d)")
"""That no letter stands before a number is asked after its first character: ``re`` skips to one that may be the first."""
_TITLE_LABEL = re.compile(
    r"^(?:(?:项目|课题|研究|试验|方案)(?:名称|题目|标题)|题目|(?:full |official |protocol |study |trial |project )?title(?: of (?:the )?(?:study|trial|project))?|project name)\s*[:：\t]\s*(?P<title>\S[^\n]{5,})",
    re.IGNORECASE | re.MULTILINE,
)
_VERSION = re.compile(
    r"(?:版\s*本\s*(?:号|编号)?\s*[:：]?\s*|(?<![A-Za-z])(?:version|ver\.?|v)\s*(?:no\.?|number|#)?\s*[:：]?\s*)[Vv]?(?P<version>\d{1,2}(?:\.\d{1,2}){0,2})(?![\d.]*\d)",
    re.IGNORECASE,
)
_MONTHS = {
    name: number for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
_MONTH = "(?P<mon>" + "|".join(_MONTHS) + ")"
_DAY = "(?P<d>3[01]|[12]\\d|0[1-9]|[1-9])"
_YEAR = "(?P<y>(?:19|20)\\d\\d)"
_DATES = (
    re.compile(rf"{_YEAR}\s*[-/.年]\s*(?P<m>1[0-2]|0?[1-9])\s*[-/.月]\s*{_DAY}(?!\d)"),
    re.compile(rf"{_DAY}(?:st|nd|rd|th)?[\s-]*{_MONTH}[a-z]*[\s,.-]*{_YEAR}"),
    re.compile(rf"{_MONTH}[a-z]*\.?\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}"),
)
"""For texts in lower case."""
_DATED = re.compile(r"(?:版本)?日\s*期|date")


@dataclass(frozen=True)
class FrontMatter:
    """``date`` is an ISO date; what the cover does not say is None or empty."""

    title: str | None
    version: str | None
    date: str | None
    registration: list[str]


def read_front_matter(document: Document) -> FrontMatter:
    """Title, version and date of the first pages, registration numbers of the whole text (references left out)."""
    opening = document.text[:_FIRST_PAGES]
    version = _VERSION.search(opening)
    return FrontMatter(
        title=_title(document, opening),
        version=version["version"] if version else None,
        date=_date(lowered(opening)),
        registration=_registrations(document),
    )


def _title(document: Document, opening: str) -> str | None:
    for section in document.sections[:1]:
        if section.canonical == "title_page" and len(section.heading) >= 8:
            return section.heading
    if labelled := _TITLE_LABEL.search(opening):
        return labelled["title"].split("\t")[0].strip()
    first = next((line.strip() for line in opening.split("\n") if len(line.strip()) >= 8), None)
    return first[:200] if first else None


def _date(opening: str) -> str | None:
    """The first date that follows a word for date, else the first date at all, in a text in lower case."""
    found = sorted((match for pattern in _DATES for match in pattern.finditer(opening)), key=lambda match: match.start())
    if not found:
        return None
    labelled = [match for match in found if _DATED.search(opening, max(0, match.start() - 16), match.start())]
    chosen = (labelled or found)[0].groupdict()
    month = int(chosen["m"]) if chosen.get("m") else _MONTHS[chosen["mon"]]
    return f"{chosen['y']}-{month:02d}-{int(chosen['d']):02d}"


def _registrations(document: Document) -> list[str]:
    references = [(section.start, section.end) for section in document.sections if section.canonical == "references"]
    found: dict[str, None] = {}
    for match in _REGISTRATION.finditer(document.text):
        if not any(start <= match.start() < end for start, end in references):
            found[match.group()] = None
    return list(found)
