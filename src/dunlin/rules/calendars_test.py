"""Business days, the statement day, the nth business day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.calendars import (
    Calendar,
    add_months,
    finals_start,
    next_statement_days,
    nth_business_day,
    statement_day,
)

OPEN = Calendar("ledger")
NEW_YEAR = Calendar("ledger", frozenset({date(2026, 1, 1)}))
PRESIDENTS = Calendar("ledger", frozenset({date(2026, 2, 16)}))

days = st.dates(date(2025, 11, 1), date(2027, 2, 28))
calendars = st.builds(
    Calendar, st.just("any"), st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=30)
)


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    "year, month, policy, expected",
    [
        pytest.param(2026, 4, "literal", date(2026, 4, 15), id="weekday"),
        pytest.param(2025, 11, "literal", date(2025, 11, 14), id="saturday-literal"),
        pytest.param(2026, 3, "literal", date(2026, 3, 16), id="sunday-literal"),
        pytest.param(2025, 11, "nearest", date(2025, 11, 14), id="saturday-nearest"),
        pytest.param(2026, 3, "nearest", date(2026, 3, 16), id="sunday-nearest"),
        pytest.param(2026, 2, "literal", date(2026, 2, 16), id="february-2026-literal"),
        pytest.param(2026, 2, "nearest", date(2026, 2, 17), id="february-2026-nearest"),
    ],
)
def test_statement_day(year: int, month: int, policy: str, expected: date) -> None:
    assert statement_day(year, month, PRESIDENTS, policy) == expected  # type: ignore[arg-type]


@pytest.mark.rule("P1")
@given(st.integers(2000, 2060), st.integers(1, 12))
def test_both_policies_agree_in_a_month_without_a_holiday(year: int, month: int) -> None:
    assert statement_day(year, month, OPEN, "literal") == statement_day(year, month, OPEN, "nearest")


@pytest.mark.rule("P1")
@given(calendars, st.integers(1, 12))
def test_the_nearest_statement_day_is_a_business_day_and_none_is_nearer(
    calendar: Calendar, month: int
) -> None:
    wanted = date(2026, month, 15)
    chosen = statement_day(2026, month, calendar)

    distance = abs((chosen - wanted).days)
    nearer = [wanted + timedelta(days=step) for step in range(-distance + 1, distance)]
    assert calendar.is_business_day(chosen)
    assert not any(map(calendar.is_business_day, nearer))
    assert chosen >= wanted or not calendar.is_business_day(wanted + timedelta(days=distance))


def test_next_statement_days_begin_with_today() -> None:
    assert next_statement_days(date(2026, 2, 17), 3, PRESIDENTS) == [
        date(2026, 2, 17),
        date(2026, 3, 16),
        date(2026, 4, 15),
    ]
    assert next_statement_days(date(2026, 2, 18), 1, PRESIDENTS) == [date(2026, 3, 16)]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="literal or nearest"):
        statement_day(2026, 1, OPEN, "closest")  # type: ignore[arg-type]


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    "year, month, n, calendar, expected",
    [
        pytest.param(2026, 1, 6, NEW_YEAR, date(2026, 1, 9), id="new-year-off"),
        pytest.param(2026, 1, 6, OPEN, date(2026, 1, 8), id="new-year-worked"),
        pytest.param(2026, 6, 1, OPEN, date(2026, 6, 1), id="the-first-counts"),
        pytest.param(2026, 8, 1, OPEN, date(2026, 8, 3), id="month-begins-on-saturday"),
    ],
)
def test_nth_business_day(year: int, month: int, n: int, calendar: Calendar, expected: date) -> None:
    assert nth_business_day(year, month, n, calendar) == expected


@pytest.mark.rule("P3")
@pytest.mark.parametrize(
    "notified_on, expected",
    [
        pytest.param(None, date(2026, 1, 9), id="never"),
        pytest.param(date(2026, 1, 6), date(2026, 1, 6), id="earlier"),
        pytest.param(date(2026, 1, 12), date(2026, 1, 9), id="later-changes-nothing"),
        pytest.param(date(2026, 1, 3), date(2026, 1, 5), id="saturday-counts-monday"),
        pytest.param(datetime.fromisoformat("2026-01-06T17:00"), date(2026, 1, 6), id="at-close"),
        pytest.param(datetime.fromisoformat("2026-01-06T17:01"), date(2026, 1, 7), id="after-close"),
    ],
)
def test_finals_start_at_the_earlier_day(notified_on: date | None, expected: date) -> None:
    assert finals_start(2026, 1, NEW_YEAR, notified_on, close_of_business=time(17)) == expected


@given(calendars, days, st.integers(1, 40))
def test_business_days_count_back_and_forth(calendar: Calendar, on: date, n: int) -> None:
    after = calendar.next_business_day(on, n)
    before = calendar.previous_business_day(on, n)

    assert calendar.is_business_day(after)
    assert calendar.is_business_day(before)
    assert calendar.business_days_between(on, after) == n
    assert calendar.business_days_between(after, on) == -n
    assert calendar.next_business_day(before, n) == calendar.roll(on, "following")


@given(calendars, days)
def test_rolling_ends_on_a_business_day(calendar: Calendar, on: date) -> None:
    assert calendar.roll(on, "none") == on
    assert calendar.roll(on, "preceding") <= on <= calendar.roll(on, "following")
    for how in ("preceding", "following"):
        rolled = calendar.roll(on, how)  # type: ignore[arg-type]
        assert calendar.is_business_day(rolled)
        assert (rolled == on) == calendar.is_business_day(on)


def test_a_week_without_a_business_day_is_refused() -> None:
    with pytest.raises(ValueError, match="no business day"):
        Calendar("never", weekend=frozenset(range(7)))
    friday_off = Calendar("friday and saturday", weekend=frozenset({4, 5}))
    assert friday_off.next_business_day(date(2026, 1, 1)) == date(2026, 1, 4)


@pytest.mark.trap(47)
@pytest.mark.parametrize(
    "on, months, expected",
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_months_are_clamped(on: date, months: int, expected: date) -> None:
    assert add_months(on, months) == expected
