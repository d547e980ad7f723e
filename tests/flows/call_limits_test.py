"""Who reached the limit of the week is not offered for a call, with the rule and the day it ends, in the same queries (D10, B2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.doing import the_clock
from dunlin.actions.log_call import log_call
from dunlin.actions.order_worklist import order_worklist
from dunlin.actions.run_daily import run_daily
from dunlin.records.calendars import seed_calendars
from dunlin.records.models import Call, Contact, Customer, Decision
from dunlin.reports.call_limits import call_limits
from dunlin.reports.situations import customers_with_open_items, situations
from dunlin.reports.worklist import next_on_list, not_on_list, worklist
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, moment

pytestmark = [pytest.mark.django_db, pytest.mark.req("D10")]

POLICY = Policy()
NIGHT = the_clock(TODAY, moment(TODAY, 4))
NOON = moment(TODAY, 11)  # noon in London


@pytest.fixture
def alice(db):
    return cast.user("collector", "alice")


def owing(alice, number, country="GB", zone="Europe/London"):
    of = cast.customer(number=number, collector=alice, country=country, time_zone=zone)
    return cast.invoice(of, "100.00", due=TODAY - timedelta(10), number=f"INV-{number}").customer


def called(alice, customer, *days_before, outcome="no_answer"):
    for days in days_before:
        on = TODAY - timedelta(days)
        Call.objects.create(
            customer=customer, outcome=outcome, direction="out", day=on, started_at=moment(on, 10), by=alice
        )


def shown(listed):
    return [entry.number for entry in listed.entries]


@pytest.mark.req("B2")
def test_who_reached_the_limit_is_not_on_the_list_and_the_reason_says_when(alice):
    full, free = owing(alice, "W-1"), owing(alice, "W-2")
    called(alice, full, 6, 4, 2)
    called(alice, free, 7, 4, 2)
    run_daily(NIGHT, TODAY)
    listed = worklist(TODAY, alice.pk, POLICY)
    assert (shown(listed), listed.silent) == (["W-2"], 1)
    (absent,) = not_on_list(TODAY, alice.pk, POLICY)
    assert (absent.number, absent.code) == ("W-1", "calls_per_week")
    assert "rule calls_per_week_unreached of the profile GB" in absent.reason
    assert absent.look_again_on is not None
    assert absent.look_again_on > TODAY
    # On that day, and not before, the list has them again.
    run_daily(the_clock(absent.look_again_on, moment(absent.look_again_on, 4)), absent.look_again_on)
    assert shown(worklist(absent.look_again_on, alice.pk, POLICY)) == ["W-1", "W-2"]


@pytest.mark.req("B2")
def test_the_last_call_of_the_week_takes_them_off_today_and_an_order_of_the_tiers_does_not_bring_them_back(
    alice,
):
    full, free = owing(alice, "W-1"), owing(alice, "W-2")
    called(alice, full, 4, 2)
    run_daily(NIGHT, TODAY)
    me = cast.who(alice, at=NOON)
    logged = log_call(me, full.pk, "no_answer")
    listed = worklist(TODAY, alice.pk, POLICY)
    assert {entry.number: entry.state for entry in listed.entries} == {
        "W-1": "no_longer_needed",
        "W-2": "todo",
    }
    assert listed.entries[0].state_why.startswith("Not called: 3 calls in seven days")
    assert logged.next_customer_id == next_on_list(listed, 0, NOON) == free.pk
    mona = cast.who(cast.user("ar_manager", "mona"), at=NOON)
    order_worklist(mona, TODAY, list(reversed(POLICY.tier_order)), "quarter end")
    again = worklist(TODAY, alice.pk, POLICY)
    assert next_on_list(again, 0, NOON) == free.pk
    assert Decision.objects.filter(customer=full).latest("revision").code == "calls_per_week"


def test_the_limit_is_that_of_the_place_and_its_calendar(alice):
    seed_calendars(("US", None), ["GB"], [TODAY.year])
    there, texas = owing(alice, "W-1"), owing(alice, "W-2", "US", "America/Chicago")
    elsewhere = owing(alice, "W-3", zone="America/New_York")
    Contact.objects.create(customer=elsewhere, name="Anna", time_zone="Pacific/Auckland")
    for customer in (there, texas, elsewhere):
        called(alice, customer, 6, 4, 2)
    calls = {
        pk: list(Call.objects.filter(customer=pk).values_list("started_at", "outcome"))
        for pk in Customer.objects.values_list("pk", flat=True)
    }
    found = call_limits(calls, TODAY, POLICY)
    assert set(found) == {there.pk, elsewhere.pk}
    assert call_limits({}, TODAY, POLICY) == {}
    assert call_limits(calls, TODAY, Policy(weekly_call_limits=False)) == {}


def test_the_number_of_queries_does_not_grow(alice):
    def queries():
        ids = customers_with_open_items(TODAY)
        with CaptureQueriesContext(connection) as seen:
            limited = sum(
                each.weekly_limit is not None for each in situations(min(ids), max(ids), TODAY, POLICY, {})
            )
        return limited, len(seen)

    called(alice, owing(alice, "W-1"), 6, 4, 2)
    one, few = queries()
    for number in range(2, 14):
        called(alice, owing(alice, f"W-{number}", ("GB", "FR", "DE")[number % 3]), 6, 4, 2)
    assert (one, queries()) == (1, (13, few))
