"""Writes the nasty files and the table of README.md: ``python tests/nasty/make.py``. The same files come out every time."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
BEGIN, END = "<!-- table -->", "<!-- end -->"


def main() -> None:
    """Write everything, and remove files that are no longer made."""
    sys.path.insert(0, str(HERE.parent))
    from nasty.cases import FOLDER
    from nasty.every import CASES

    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        case.path.write_bytes(case.make())
    for path in FOLDER.iterdir():
        if path.name not in {case.name for case in CASES}:
            path.unlink()
    readme = HERE / "README.md"
    readme.write_text(with_table(readme.read_text("utf-8")), "utf-8")


def with_table(text: str) -> str:
    """The page with the table between its marks drawn anew."""
    from nasty.every import CASES

    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    cases = sorted(CASES, key=lambda case: case.name)
    rows = [f"| `{case.name}` | {case.wrong} | {case.must} | {', '.join(sorted(case.outcomes))} |" for case in cases]
    return "\n".join(
        [before + BEGIN, "| File | What is wrong with it | What must happen | Outcome |", "|---|---|---|---|", *rows, END + after]
    )


if __name__ == "__main__":
    main()
