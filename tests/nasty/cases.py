"""The register of nasty files: each with what is wrong with it, what must happen, and the outcomes that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "files"
REPORT = "report"


@dataclass(frozen=True, slots=True)
class Case:
    """``outcomes``: ``report``, or codes of failures."""

    name: str
    wrong: str
    must: str
    outcomes: frozenset[str]
    make: Callable[[], bytes]

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.name


CASES: list[Case] = []


def nasty(name: str, wrong: str, must: str, *outcomes: str) -> Callable[[Callable[[], bytes]], None]:
    """Register the file that the decorated function makes; without outcomes, a report is expected."""

    def register(make: Callable[[], bytes]) -> None:
        CASES.append(Case(name, wrong, must, frozenset(outcomes or {REPORT}), make))

    return register
