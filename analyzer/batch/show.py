"""``analyzer triage show``: the outcomes of a folder, filtered and ranked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from analyzer.batch.export import element_names
from analyzer.batch.records import SEVERITIES, failure_sentence
from analyzer.batch.store import Listed, Store
from analyzer.errors import UsageError
from analyzer.reports.terminal import BAD, FAIR, GOOD, STRONG, Sheet, clean, shorten
from analyzer.resources import say

Order = Literal["score", "file", "title", "date", "severity", "institution"]
_STYLES = {"ready": GOOD, "revise": FAIR, "return": BAD}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents to show. What is None or empty does not filter; scores are percents, dates ISO."""

    missing: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    severity: str | None = None
    least: float | None = None
    most: float | None = None
    since: str | None = None
    until: str | None = None
    institution: str | None = None
    review: bool = False
    failed: bool = False

    def wants(self, listed: Listed) -> bool:
        """Whether this document is to be shown."""
        summary, percent = listed.summary, 100 * listed.summary.score
        if self.failed or summary.code:
            return bool(self.failed and summary.code) or self == Wanted()
        return (
            set(self.missing) <= set(summary.missing)
            and set(self.partial) <= set(summary.partial)
            and (self.severity is None or summary.severity == self.severity)
            and (self.least is None or percent >= self.least)
            and (self.most is None or percent <= self.most)
            and (self.since is None or summary.date >= self.since)
            and (self.until is None or "" < summary.date <= self.until)
            and (not self.review or bool(summary.review))
            and (not self.institution or self.institution.casefold() in f"{summary.institution}\n{listed.name}".casefold())
        )


def selected(store: Store, wanted: Wanted, order: Order, *, reverse: bool) -> list[Listed]:
    """The documents that are wanted, ranked: worst, or first, on top; failures last."""
    found = [listed for listed in store.listed() if wanted.wants(listed)]
    found.sort(key=lambda listed: _key(listed, order), reverse=reverse)
    found.sort(key=lambda listed: bool(listed.summary.code))
    return found


def _key(listed: Listed, order: Order) -> Any:
    summary = listed.summary
    keys: dict[Order, Any] = {
        "score": summary.score,
        "file": listed.name,
        "title": summary.title,
        "date": summary.date,
        "severity": ((*SEVERITIES, "").index(summary.severity), summary.score),
        "institution": summary.institution,
    }
    return keys[order]


def json_lines(found: list[Listed]) -> Iterator[str]:
    """A line of JSON for each document."""
    for listed in found:
        summary = asdict(listed.summary)
        yield json.dumps({"sha256": listed.key, "files": listed.names, "finished": listed.finished, **summary}, ensure_ascii=False) + "\n"


def sheet_of(store: Store, found: list[Listed], language: str, width: int, *, limit: int | None) -> Sheet:
    """The documents as a list for a reader."""
    sheet = Sheet(language, width)
    names = element_names(store, language)
    for number, listed in enumerate(found[:limit], 1):
        _entry(sheet, number, listed, names)
    counts = store.counts()
    if found:
        sheet.blank()
    sheet.put(say(language, "batch_shown", shown=len(found[:limit]), found=len(found), documents=counts["documents"]), hang=0)
    return sheet


def _entry(sheet: Sheet, number: int, listed: Listed, names: dict[str, str]) -> None:
    summary = listed.summary
    head = f"{number:>4}  "
    name = clean(Path(listed.name).name)
    if summary.code:
        sheet.put(head, (f"✗ {sheet.say('summary_failed')}", f"{STRONG} {BAD}"), "  ", (name, STRONG), hang=len(head))
        sheet.put(clean(failure_sentence(summary, listed.name, sheet.language)), indent=len(head), hang=0)
    else:
        score = f"{100 * summary.score:3.0f} %  "
        outcome = (sheet.say(f"triage_{summary.triage}"), f"{STRONG} {_STYLES.get(summary.triage, '')}")
        sheet.put(head, score, outcome, "  ", (shorten(clean(summary.title) or name, sheet.width), STRONG), hang=len(head))
        for key, elements in (("overall_missing", summary.missing), ("overall_partial", summary.partial)):
            if elements:
                sheet.put(sheet.say(key, names=sheet.joined(names.get(one, one) for one in elements)), indent=len(head))
        facts = [name if summary.title else "", clean(summary.institution), clean(summary.date)]
        if any(facts):
            sheet.put(" · ".join(filter(None, facts)), indent=len(head))
    for copy in listed.names[1:]:
        sheet.put(sheet.say("batch_copy", path=clean(copy)), indent=len(head))


@contextmanager
def found_in(folder: Path, wanted: Wanted, order: Order, *, reverse: bool, language: str) -> Iterator[tuple[Store, list[Listed]]]:
    """The store of a folder and the documents that are wanted. Raises StoreMissing, and UsageError for an element that no outcome knows."""
    with Store(folder, write=False) as store:
        known = store.fact("elements") or {}
        unknown = [element for element in (*wanted.missing, *wanted.partial) if element not in known]
        if unknown:
            separator = say(language, "list_separator")
            raise UsageError(reason=say(language, "usage_unknown_element", element=unknown[0], known=separator.join(known)))
        yield store, selected(store, wanted, order, reverse=reverse)
