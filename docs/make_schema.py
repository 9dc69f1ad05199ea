"""Write ``docs/report.schema.json``: the published shape of a report, made from its types."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.findings import report_schema

TARGET = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text(), "utf-8")
