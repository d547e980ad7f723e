"""Service clocks for e-mail and electronic payments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.service import Hours, email_clock, light, open_minutes, payment_clock, used_pct

NINE_TO_FIVE = Hours(time(9), time(17))
OPEN = Calendar("ledger")
GOOD_FRIDAY = Calendar("ledger", frozenset({date(2026, 4, 3)}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.rule("P14")
@pytest.mark.parametrize(
    "received, starts, before",
    [
        pytest.param("2026-03-03T10:00", "2026-03-03T10:00", "2026-03-04T10:00", id="in-hours"),
        pytest.param("2026-03-03T09:00", "2026-03-03T09:00", "2026-03-04T09:00", id="at-opening"),
        pytest.param("2026-03-03T07:30", "2026-03-03T09:00", "2026-03-04T09:00", id="before-opening"),
        pytest.param("2026-03-03T17:00", "2026-03-04T09:00", "2026-03-05T09:00", id="at-close"),
        pytest.param("2026-03-06T16:30", "2026-03-06T16:30", "2026-03-09T16:30", id="friday-afternoon"),
        pytest.param("2026-03-07T12:00", "2026-03-09T09:00", "2026-03-10T09:00", id="saturday"),
        pytest.param("2026-04-02T15:00", "2026-04-02T15:00", "2026-04-06T15:00", id="over-a-holiday"),
        pytest.param(
            "2026-03-27T10:00+01:00", "2026-03-27T10:00+01:00", "2026-03-30T10:00+01:00", id="with-a-zone"
        ),
    ],
)
def test_email_clock(received: str, starts: str, before: str) -> None:
    clock = email_clock(at(received), NINE_TO_FIVE, GOOD_FRIDAY)
    assert (clock.clock_starts, clock.answer_before) == (at(starts), at(before))


@pytest.mark.rule("P14")
def test_an_answer_is_late_when_the_moment_is_reached() -> None:
    clock = email_clock(at("2026-03-03T10:00"), NINE_TO_FIVE, OPEN)
    assert not clock.is_late(at("2026-03-04T09:59"))
    assert clock.is_late(at("2026-03-04T10:00"))


@pytest.mark.rule("P15")
@pytest.mark.parametrize(
    "received, empty, process",
    [
        pytest.param("2026-03-03T10:00", "2026-03-03T17:00", "2026-03-04T17:00", id="before-cutoff"),
        pytest.param("2026-03-03T06:00", "2026-03-03T17:00", "2026-03-04T17:00", id="before-opening"),
        pytest.param("2026-03-03T15:00", "2026-03-04T17:00", "2026-03-05T17:00", id="at-cutoff"),
        pytest.param("2026-03-03T18:00", "2026-03-04T17:00", "2026-03-05T17:00", id="after-close"),
        pytest.param("2026-03-06T16:00", "2026-03-09T17:00", "2026-03-10T17:00", id="friday-after-cutoff"),
        pytest.param("2026-03-07T10:00", "2026-03-09T17:00", "2026-03-10T17:00", id="saturday"),
        pytest.param("2026-04-02T10:00", "2026-04-02T17:00", "2026-04-06T17:00", id="over-a-holiday"),
    ],
)
def test_payment_clock(received: str, empty: str, process: str) -> None:
    clock = payment_clock(at(received), time(17), time(15), GOOD_FRIDAY)
    assert (clock.queue_empty_by, clock.must_process_by) == (at(empty), at(process))


@pytest.mark.rule("P15")
def test_a_payment_is_late_only_after_that_close() -> None:
    clock = payment_clock(at("2026-03-03T10:00"), time(17), time(15), OPEN)
    assert not clock.is_late(at("2026-03-04T17:00"))
    assert clock.is_late(at("2026-03-04T17:01"))


@given(st.datetimes(at("2026-01-01T00:00"), at("2026-12-31T00:00")), st.integers(0, 5000))
def test_no_clock_runs_backwards(received: datetime, minutes: int) -> None:
    later = received + timedelta(minutes=minutes)
    first, second = (email_clock(moment, NINE_TO_FIVE, GOOD_FRIDAY) for moment in (received, later))
    paid, paid_later = (
        payment_clock(moment, time(17), time(15), GOOD_FRIDAY) for moment in (received, later)
    )

    assert received <= first.clock_starts < first.answer_before
    assert first.answer_before <= second.answer_before
    assert paid.queue_empty_by < paid.must_process_by <= paid_later.must_process_by
    assert GOOD_FRIDAY.is_business_day(first.answer_before.date())


def test_hours_open_before_they_close() -> None:
    with pytest.raises(ValueError, match="open before they close"):
        Hours(time(17), time(9))


@pytest.mark.rule("P14")
@pytest.mark.parametrize(
    "start, end, minutes",
    [
        pytest.param("2026-03-03T10:00", "2026-03-03T11:30", 90, id="within-a-day"),
        pytest.param("2026-03-03T16:00", "2026-03-04T10:00", 120, id="over-a-night"),
        pytest.param("2026-03-06T16:00", "2026-03-09T10:00", 120, id="over-a-weekend"),
        pytest.param("2026-04-02T16:00", "2026-04-06T10:00", 120, id="over-a-holiday"),
        pytest.param("2026-03-02T09:00", "2026-03-06T17:00", 5 * 480, id="a-week"),
        pytest.param("2026-03-07T09:00", "2026-03-08T17:00", 0, id="all-closed"),
        pytest.param("2026-03-04T10:00", "2026-03-03T16:00", -120, id="backwards"),
    ],
)
def test_only_open_minutes_count(start: str, end: str, minutes: int) -> None:
    assert open_minutes(at(start), at(end), NINE_TO_FIVE, GOOD_FRIDAY) == minutes


@pytest.mark.rule("P14")
@pytest.mark.parametrize(
    "moment, used, looks",
    [
        pytest.param("2026-03-06T16:00", 0, "green", id="just-came"),
        pytest.param("2026-03-07T12:00", 12, "green", id="saturday-uses-nothing-of-it"),
        pytest.param("2026-03-09T12:00", 50, "amber", id="half"),
        pytest.param("2026-03-09T15:15", 90, "red", id="nine-tenths"),
        pytest.param("2026-03-09T15:59", 99, "red", id="a-minute-left"),
        pytest.param("2026-03-09T16:00", 100, "red", id="late-when-reached"),
        pytest.param("2026-03-12T09:00", 100, "red", id="long-late"),
    ],
)
def test_a_clock_turns_amber_and_red(moment: str, used: int, looks: str) -> None:
    clock = email_clock(at("2026-03-06T16:00"), NINE_TO_FIVE, OPEN)
    found = used_pct(clock.clock_starts, clock.answer_before, at(moment), NINE_TO_FIVE, OPEN)
    assert (found, light(found, 50, 90)) == (used, looks)


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001  hypothesis wants them plain
    more=st.integers(0, 30_000),
    cut=st.integers(0, 30_000),
)
def test_open_minutes_add_up(start: datetime, more: int, cut: int) -> None:
    start = start.replace(second=0, microsecond=0)
    middle, end = start + timedelta(minutes=min(cut, more)), start + timedelta(minutes=more)
    whole = open_minutes(start, end, NINE_TO_FIVE, GOOD_FRIDAY)
    parts = open_minutes(start, middle, NINE_TO_FIVE, GOOD_FRIDAY) + open_minutes(
        middle, end, NINE_TO_FIVE, GOOD_FRIDAY
    )
    assert whole == parts
    assert 0 <= whole <= more
