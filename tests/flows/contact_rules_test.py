"""Whatever people try, at whatever hour: no call outside the window, no fourth attempt, none after reached, stages once.

A generated stretch of days over the end of summer time; each attempt goes through `log_call` as a person's would.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.actions.doing import the_clock
from dunlin.actions.log_call import log_call
from dunlin.actions.run_daily import run_daily
from dunlin.records.models import Call, Decision, Item
from dunlin.rules.campaigns import OUTCOMES, REACHED
from dunlin.rules.codes import Refused
from dunlin.rules.conduct import Place, window_for
from dunlin.rules.policy import Policy
from tests import cast

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 10, 26)  # Europe leaves summer time on 25 October, the US on 1 November
ZONES = [("US", "America/New_York"), ("DE", "Europe/Berlin"), ("IN", "Asia/Kolkata"), ("PH", "Asia/Manila")]

attempts = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 24 * 60 - 1), st.integers(0, 3), st.sampled_from(OUTCOMES)),
    max_size=40,
)


def try_all(customers, collector, tried):
    """Log each attempt in the order of time; what is refused is simply not made."""
    for day, minute, n, outcome in sorted(tried):
        on = MONDAY + timedelta(days=day)
        at = datetime.combine(on, datetime.min.time(), UTC) + timedelta(minutes=minute)
        try:
            log_call(cast.who(collector, today=on, at=at), customers[n].pk, outcome)
        except Refused as refused:
            assert refused.code == "call_not_allowed"  # noqa: PT017  (any other refusal is a defect)


@pytest.mark.invariant(25)
@pytest.mark.invariant(26)
@pytest.mark.trap(30)
@pytest.mark.rule("P6")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tried=attempts)
def test_no_call_breaks_a_rule_of_contact(db, tried):
    collector = cast.user("collector")
    customers = [
        cast.invoice(
            cast.customer(country=country, time_zone=zone, collector=collector),
            "10.00",
            due=MONDAY - timedelta(days=40),
        ).customer
        for country, zone in ZONES
    ]
    try_all(customers, collector, tried)

    made = Call.objects.filter(by=collector).select_related("customer").order_by("started_at", "pk")
    of_day = defaultdict(list)
    last = {}
    for call in made:
        local = call.started_at.astimezone(ZoneInfo(call.customer.time_zone))
        first, end = window_for(Place(call.customer.time_zone, call.customer.country), Policy())
        assert first <= local.hour * 60 + local.minute < end
        assert local.weekday() < 5
        if call.customer_id in last:
            assert call.started_at - last[call.customer_id] >= timedelta(minutes=60)
        last[call.customer_id] = call.started_at
        for day in {("ledger", call.day), ("there", local.date())}:
            before = of_day[call.customer_id, day]
            assert not any(outcome in REACHED for outcome in before)
            before.append(call.outcome)
            assert len(before) <= 3


@pytest.mark.invariant(24)
@pytest.mark.rule("P4")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    due_before=st.integers(-5, 35),
    nights=st.sets(st.integers(0, 45), min_size=1, max_size=12),
    reached=st.sets(st.integers(0, 45), max_size=12),
)
def test_each_stage_is_contacted_once_and_stages_never_go_back(db, due_before, nights, reached):
    """Nights are missed at will; on some days that did run, somebody is reached."""
    collector = cast.user("collector")
    of = cast.customer(country="US", time_zone="America/New_York", collector=collector)
    item = cast.invoice(of, "10.00", due=MONDAY - timedelta(days=due_before), invoice_class="final")
    fulfilled, stages = [], [0]
    for day in sorted(nights):
        on = MONDAY + timedelta(days=day)
        run_daily(the_clock(on, cast.moment(on, 4)), on)
        if day in reached and Decision.objects.filter(customer=of, day=on, step="call").exists():
            try:
                logged = log_call(cast.who(collector, today=on, at=cast.moment(on, 16)), of.pk, "reached")
            except Refused:
                continue
            fulfilled += [stage for pk, stage in logged.stages if pk == item.pk]
        stages.append(Item.objects.values_list("stage", flat=True).get(pk=item.pk))
    assert len(fulfilled) == len(set(fulfilled))
    assert stages == sorted(stages)
