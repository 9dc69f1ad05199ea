"""What the cover says: the first date, and registration numbers that are none of something else."""

from __future__ import annotations

import pytest
from builders import document

from analyzer.front_matter import read_front_matter


@pytest.mark.parametrize(
    ("cover", "date"),
    [
        ("版本日期：2024年3月5日", "2024-03-05"),
        ("Approved 1 January 2020. DATE: 12TH MARCH, 2021", "2021-03-12"),
        ("August 09, 2019", "2019-08-09"),
        ("3rd-Sept-2018 or 2018-10-01", "2018-09-03"),
        ("in the primary analysis of 2020, 30 patients", None),
        ("32 May 1020", None),
    ],
)
def test_date_of_the_cover(cover: str, date: str | None) -> None:
    assert read_front_matter(document(cover)).date == date


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("NCT01234567, ChiCTR2400012345 and EUCTR2012-001234-12", ["NCT01234567", "ChiCTR2400012345", "EUCTR2012-001234-12"]),
        ("注册号NCT01234567", ["NCT01234567"]),
        ("XNCT01234567 and NCT012345678", []),
        ("A2012-001234-12 but 2012-001234-12", ["2012-001234-12"]),
        (
            "jRCTs0123456789, ACTRN12345678901234, MR-11-22-123456, ISRCTN12345678",
            ["jRCTs0123456789", "ACTRN12345678901234", "MR-11-22-123456", "ISRCTN12345678"],
        ),
    ],
)
def test_registration_numbers(text: str, numbers: list[str]) -> None:
    assert read_front_matter(document(text)).registration == numbers
