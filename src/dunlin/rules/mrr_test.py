"""Months aged of recurring invoices (P7)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import add_months
from dunlin.rules.mrr import months_aged, whole_months


@pytest.mark.req("C4")
@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    "as_of, invoices, months, priority",
    [
        pytest.param(
            "2026-03-10",
            [("2026-01-01", "2026-01-31", 1), ("2026-02-01", "2026-02-28", 1)],
            2,
            True,
            id="two months",
        ),
        pytest.param(
            "2026-03-10",
            [("2026-02-01", "2026-02-20", 1), ("2026-02-01", "2026-02-28", 1)],
            1,
            False,
            id="one month twice",
        ),
        pytest.param(
            "2026-03-10", [("2026-03-01", "2026-03-10", 1)], 0, False, id="due today does not count"
        ),
        pytest.param("2026-03-10", [("2026-01-01", "2026-01-31", 0)], 0, False, id="paid does not count"),
        pytest.param(
            "2026-03-10", [("2026-01-01", "2026-01-10", 1)], 2, True, id="one invoice two whole months old"
        ),
        pytest.param(
            "2026-03-09", [("2026-01-01", "2026-01-10", 1)], 1, False, id="a day short of two months"
        ),
        pytest.param(
            "2026-02-28", [("2025-12-01", "2025-12-31", 1)], 2, True, id="clamped to the end of the month"
        ),
        pytest.param(
            "2026-03-10",
            [(None, "2026-01-10", 1), (None, "2026-03-01", 1)],
            2,
            True,
            id="months unknown: by age",
        ),
        pytest.param("2026-03-10", [], 0, False, id="nothing"),
    ],
)
def test_months_aged(as_of, invoices, months, priority):
    rows = [
        (month and date.fromisoformat(month), date.fromisoformat(due), amount)
        for month, due, amount in invoices
    ]
    assert months_aged(date.fromisoformat(as_of), rows) == (months, priority)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_whole_months_is_the_largest_that_fits(start, end):
    k = whole_months(start, end)
    if end < start:
        assert k == 0
    else:
        assert add_months(start, k) <= end < add_months(start, k + 1)
