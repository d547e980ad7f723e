"""Days of grace of the terms shift notices and what they cost, decided at night and again when they go; never the aging (P35)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.doing import the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.notice_again import decide_one
from dunlin.actions.run_process import run_process
from dunlin.records.models import (
    Customer,
    Item,
    Message,
    PaymentTerms,
    ProcessLine,
    Strategy,
    StrategyVersion,
)
from dunlin.reports.notice_facts import notice_facts, sent_so_far
from dunlin.reports.situation_books import Chosen
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6"), pytest.mark.rule("P35")]

POLICY = Policy()


@pytest.fixture(autouse=True)
def shipped(db):
    keep_shipped(cast.moment(TODAY))
    cast.user("ar_manager", "mona")


def terms(code, grace_days):
    rule = {"kind": "net_days", "days": 30} | ({"grace_days": grace_days} if grace_days else {})
    return PaymentTerms.objects.create(code=code, rule=rule)


def debtor(days, given=None, **more):
    customer = cast.customer(country="US", region="NY", time_zone="America/New_York", terms=given, **more)
    cast.contact(customer)
    return customer, cast.invoice(customer, "1,000.00", due=TODAY - timedelta(days))


def night(day: date = TODAY):
    return run_process(the_clock(day, datetime(day.year, day.month, day.day, 9, tzinfo=UTC)), "past_due")


def facts_of(*customers):
    chosen = Chosen(min(each.pk for each in customers), max(each.pk for each in customers), ())
    return notice_facts(chosen, POLICY, sent_so_far(TODAY, POLICY), interest=False)


def test_a_notice_waits_for_the_days_of_grace_of_the_terms():
    graced, _ = debtor(13, terms("N30-10", 10))
    plain, _ = debtor(13, terms("N30", 0))
    night()
    assert set(Message.objects.values_list("customer", flat=True)) == {plain.pk}
    # Still past due since 13 days: the line says that its step comes on the 15th day.
    line = ProcessLine.objects.get(customer=graced)
    assert line.code == "notice_not_reached"
    decided = decide_one(graced.pk, TODAY, POLICY)
    assert decided is not None
    ((decision,), facts) = decided[1], decided[2]
    assert (facts.grace_days, decision.look_again_on) == (10, TODAY + timedelta(2))
    night(TODAY + timedelta(2))
    assert Message.objects.filter(customer=graced).count() == 1


def test_no_fee_and_no_interest_within_the_grace():
    text = (
        "key: costly\nname: Costly\nfor: {segments: [costly]}\npriority: 90\nsteps:\n"
        "- {level: 1, name: With a fee, from: 5, template: notice_1, fee: {flat: {USD: 40.00}, interest_pct: '10'}}\n"
    )
    row = Strategy.objects.create(key="costly", name="Costly")
    StrategyVersion.objects.create(
        strategy=row, number=1, text=text, written_at=cast.moment(TODAY), activated_at=cast.moment(TODAY)
    )
    customer, invoice = debtor(13, terms("N30-10", 10), segment="costly")
    ((within,),) = decide_one(customer.pk, TODAY, POLICY)[1:2]
    assert (within.step, within.fees) == (None, ())
    ((after,),) = decide_one(customer.pk, TODAY + timedelta(2), POLICY)[1:2]
    # Grace shifts the step: interest is still that of every day since the due date, 15 of them.
    assert [(fee.what, fee.minor) for fee in after.fees] == [("interest", 411), ("fee", 4_000)]
    assert {fee.item_id for fee in after.fees} == {invoice.pk}


def test_the_terms_of_the_document_come_before_those_of_the_customer():
    ten, none = terms("N30-10", 10), terms("N30", 0)
    graced, _ = debtor(12, ten)
    other, _ = debtor(12)
    bare = cast.invoice(graced, "50.00", due=TODAY - timedelta(6), terms=none)
    same = cast.invoice(graced, "60.00", due=TODAY - timedelta(6), terms=ten)
    lent = cast.invoice(other, "70.00", due=TODAY - timedelta(6), terms=ten)
    found = facts_of(graced, other)
    assert (found[graced.pk].grace_days, found[graced.pk].own_grace_days) == (10, {bare.pk: 0})
    assert (found[other.pk].grace_days, found[other.pk].own_grace_days) == (0, {lent.pk: 10})
    ((decision,),) = decide_one(graced.pk, TODAY, POLICY)[1:2]
    assert [row.id for row in decision.carried] == [bare.pk]
    assert same.pk in {row.id for row in decision.later}


def test_the_number_of_queries_does_not_grow():
    ten = terms("N30-10", 10)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            found = facts_of(*Customer.objects.all())
        return len(found), len(seen)

    debtor(12, ten)
    one, few = queries()
    for _ in range(9):
        customer, _item = debtor(12, ten)
    Item.objects.filter(customer=customer).update(terms=terms("N30", 0))
    assert (one, queries()) == (1, (10, few))
