"""Write the schemas in this folder, made from the types: the shape of a report, and of the files of a pack."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.findings import report_schema
from analyzer.rules import pack_schema

TARGET = Path(__file__).with_name("report.schema.json")
PACK_TARGET = Path(__file__).with_name("pack.schema.json")


def schema_text() -> str:
    """The schema of a report as it stands in the file."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


def pack_schema_text() -> str:
    """The schema of a pack as it stands in the file."""
    return json.dumps(pack_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text(), "utf-8")
    PACK_TARGET.write_text(pack_schema_text(), "utf-8")
