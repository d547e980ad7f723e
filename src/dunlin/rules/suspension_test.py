"""Suspension: two weeks, calls, e-mails, blocks, approval; every missing one is named (P10, invariant 27)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.suspension import MISSING, not_before, readiness

pytestmark = [pytest.mark.rule("P10"), pytest.mark.invariant(27)]

LEDGER = Calendar("ledger", frozenset({date(2026, 5, 25)}))
NOTICE = date(2026, 3, 2)  # a Monday
CALLS, EMAILS = [date(2026, 3, 4), date(2026, 3, 9)], [NOTICE, date(2026, 3, 12)]
DAYS = st.dates(date(2026, 2, 20), date(2026, 4, 10))


def missing(today: date = date(2026, 3, 17), **more: object) -> tuple[str, ...]:
    given: dict = {
        "notice_on": NOTICE,
        "calls": CALLS,
        "emails": EMAILS,
        "blocks": (),
        "approved": True,
        **more,
    }
    return readiness(today, LEDGER, **given).missing


@pytest.mark.parametrize(
    "notice, first",
    [
        (NOTICE, date(2026, 3, 17)),  # day 14 is Monday the 16th and belongs to the customer
        (date(2026, 3, 6), date(2026, 3, 23)),  # day 14 is a Friday
        (date(2026, 3, 7), date(2026, 3, 23)),  # a Saturday
        (date(2026, 5, 8), date(2026, 5, 26)),  # day 14 is Friday; Monday is a holiday
    ],
)
def test_the_first_day(notice: date, first: date) -> None:
    assert not_before(notice, LEDGER) == first


@pytest.mark.parametrize(
    "more, names",
    [
        ({}, ()),
        ({"today": date(2026, 3, 16)}, ("two_weeks",)),
        ({"calls": CALLS[:1]}, ("calls",)),
        ({"calls": [date(2026, 3, 4), date(2026, 3, 4)]}, ("calls",)),  # one day is one
        ({"calls": [NOTICE, date(2026, 3, 4)]}, ("calls",)),  # after the notice, not on its day
        ({"calls": [date(2026, 3, 4), date(2026, 3, 18)]}, ("calls",)),  # not yet
        ({"emails": [NOTICE]}, ("emails",)),
        ({"emails": [date(2026, 3, 1), date(2026, 3, 12)]}, ("emails",)),  # before the notice
        ({"blocks": ("dispute",)}, ("blocks",)),
        ({"approved": False}, ("approval",)),
        ({"notice_on": None}, ("two_weeks", "calls", "emails")),
    ],
)
def test_what_is_missing_is_named(more: dict, names: tuple[str, ...]) -> None:
    assert missing(**more) == names


def test_each_condition_alone_and_all_together() -> None:
    """Of all 32 combinations only the one with everything is ready."""
    parts = ({"today": date(2026, 3, 16)}, {"calls": []}, {"emails": []}, {"blocks": ("legal",)}, {"approved": False})  # fmt: skip
    for absent in product((False, True), repeat=5):
        more = {key: value for part, gone in zip(parts, absent) if gone for key, value in part.items()}
        assert missing(**more) == tuple(name for name, gone in zip(MISSING, absent) if gone)


@given(DAYS, DAYS, st.lists(DAYS, max_size=6), st.lists(DAYS, max_size=6))
def test_waiting_never_makes_it_less_ready(today: date, notice: date, calls: list[date], emails: list[date]) -> None:  # fmt: skip
    said = {"notice_on": notice, "calls": calls, "emails": emails, "blocks": (), "approved": True}
    now, later = readiness(today, LEDGER, **said), readiness(today + timedelta(1), LEDGER, **said)
    assert set(later.missing) <= set(now.missing)
    assert now.not_before is not None
    assert (now.not_before - notice).days > 14
    assert not now.ready or today >= now.not_before
