"""Limitation: six years from the claim or its last acknowledgement inside them, to the day."""

from datetime import date

import pytest

from dunlin.rules.limitation import last_day, limitation_state


@pytest.mark.req("D10")
@pytest.mark.parametrize(
    "accrued, acknowledged, last",
    [
        ("2020-02-10", [], "2026-02-10"),
        ("2020-02-10", ["2023-05-01"], "2029-05-01"),
        ("2020-02-10", ["2026-02-10"], "2032-02-10"),  # on the last day
        ("2020-02-10", ["2026-02-11"], "2026-02-10"),  # too late: nothing revives it
        ("2020-02-10", ["2026-02-11", "2023-05-01"], "2032-02-11"),  # in any order, and inside the new period
        ("2020-02-10", ["2019-12-31"], "2026-02-10"),  # before there was a claim
        ("2020-02-29", [], "2026-02-28"),
    ],
)
def test_the_last_day(accrued, acknowledged, last):
    days = [date.fromisoformat(each) for each in acknowledged]
    assert last_day(date.fromisoformat(accrued), days) == date.fromisoformat(last)


def test_a_warning_comes_twelve_months_before_and_threats_end_with_the_last_day():
    last = date(2026, 2, 10)
    states = [
        limitation_state(last, day) for day in (date(2025, 2, 9), date(2025, 2, 10), last, date(2026, 2, 11))
    ]
    assert states == ["", "near", "near", "expired"]
