"""Numbers that must agree: every check in one registry.

A check is a function ``(document, passages, found) -> list[Finding]``; it is silent unless both sides of a contradiction can be
quoted. Its words stand in ``strings/checks_zh.yaml`` and ``strings/checks_en.yaml`` under ``check_<kind>`` or ``check_<kind>_<variant>``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from analyzer.document import Document, Passage
from analyzer.resources import PACKAGE, load_yaml
from analyzer.values import Found

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction: ``spans`` are the words on both sides of it, ``element`` the pack element that needs a second look."""

    kind: str
    spans: tuple[Span, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    element: str = ""
    variant: str = ""

    @property
    def key(self) -> str:
        """Key of its message in ``strings/checks_*.yaml``."""
        return f"check_{self.kind}" + (f"_{self.variant}" if self.variant else "")

    def message(self, language: str) -> str:
        """What is wrong, in ``zh`` or ``en``."""
        return say(language, self.key, **self.values)


Check = Callable[[Document, Sequence[Passage], Found], list[Finding]]


@cache
def messages(language: str) -> dict[str, str]:
    """Every sentence of the checks in ``zh`` or ``en``."""
    loaded: dict[str, str] = load_yaml(PACKAGE / "strings" / f"checks_{language}.yaml")
    return loaded


def say(language: str, key: str, **values: object) -> str:
    """The sentence ``key``; values that are themselves keys (``check_term_…``) are put into the same language."""
    known = messages(language)
    worded = {name: known.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    return known[key].format(**worded)


def registry() -> tuple[Check, ...]:
    """All checks in the order in which they are reported."""
    from analyzer.checks import consistency, sample_size

    return (sample_size.check, *consistency.CHECKS)


def run(document: Document, passages: Sequence[Passage], found: Found) -> list[Finding]:
    """Every contradiction found, each once."""
    findings: list[Finding] = []
    seen: set[tuple[str, tuple[Span, ...]]] = set()
    for check in registry():
        for finding in check(document, passages, found):
            if (finding.kind, finding.spans) not in seen:
                seen.add((finding.kind, finding.spans))
                findings.append(finding)
    return findings
