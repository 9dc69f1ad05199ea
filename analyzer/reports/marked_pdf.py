"""The report as a web page of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.findings import Report
    from analyzer.reports import Context


def render(report: Report, context: Context) -> bytes:
    """Stand-in."""
    return b""


def is_marked(path: object) -> bool:
    """Stand-in."""
    return False
