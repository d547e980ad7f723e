"""An act that changes the books changes the day's decision with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.correct_contact import correct_point
from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.run_daily import run_daily
from dunlin.actions.set_block import lift_block, set_block
from dunlin.actions.snooze_customer import end_snooze, snooze_customer
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Decision, Setting
from dunlin.rules.money import Money
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided():
    """A customer with one invoice, ten days past due, on today's list."""
    customer = cast.customer()
    invoice = cast.invoice(customer, "1,000.00", due=cast.TODAY - timedelta(10))
    run_daily(cast.who("ar_manager"), cast.TODAY)
    assert newest(customer).step == "call"
    return customer, invoice


def newest(customer) -> Decision:
    return Decision.objects.filter(customer=customer, day=cast.TODAY).latest("revision")


@pytest.mark.req("B2")
def test_a_payment_takes_the_customer_off_the_list_at_once(decided):
    customer, invoice = decided
    take_payment(
        cast.who("ar_manager"),
        customer.pk,
        Money.exact("1000.00", "USD"),
        [Use(invoice.pk)],
        entity_id=invoice.entity_id,
    )
    assert (newest(customer).revision, newest(customer).step) == (1, "none")


@pytest.mark.trap(53)
def test_a_dispute_of_a_part_leaves_the_rest_to_be_chased(decided):
    customer, invoice = decided
    open_dispute(cast.who("collector"), invoice.pk, amount=Money.exact("400.00", "USD"), reason="price")
    after = newest(customer)
    assert (after.revision, after.step) == (1, "call")
    assert after.facts["amount"] == [{"minor": 60_000, "currency": "USD"}]


def test_a_customer_the_day_did_not_decide_is_left_to_the_night(decided):
    other = cast.customer(number="C-2")
    invoice = cast.invoice(other, "50.00", due=cast.TODAY - timedelta(3))
    take_payment(
        cast.who("ar_manager"),
        other.pk,
        Money.exact("50.00", "USD"),
        [Use(invoice.pk)],
        entity_id=invoice.entity_id,
    )
    assert not Decision.objects.filter(customer=other).exists()


@pytest.mark.req("B2")
@pytest.mark.trap(30)
def test_a_block_lifted_and_a_snooze_ended_in_the_evening_west_of_utc_count_at_once(decided):
    customer, _ = decided
    Setting.objects.create(
        name="ledger.time_zone", value="America/Los_Angeles", changed_at=cast.moment(cast.TODAY)
    )
    block = set_block(cast.who("ar_manager"), customer.pk, "legal", "a claim")
    evening = cast.moment(cast.TODAY + timedelta(1), 1, 30)  # 17:30 of the day in Los Angeles
    lift_block(cast.who("ar_manager", at=evening), block.block_id, "settled")
    assert newest(customer).step == "call"
    person = cast.who(cast.user("ar_manager"), at=evening)
    snooze_customer(person, customer.pk, cast.TODAY + timedelta(5), "asked")
    assert newest(customer).code == "snoozed"
    end_snooze(person, customer.pk)
    assert newest(customer).step == "call"


@pytest.mark.rule("P6")
def test_a_right_number_brings_the_call_back(decided):
    customer, _ = decided
    contact = cast.contact(customer)
    phone = contact.points.get(kind="phone")
    correct_point(cast.who("ar_manager"), customer.pk, contact.pk, point_id=phone.pk, state="wrong")
    assert newest(customer).facts["email_because"] == "no_phone"
    correct_point(cast.who("ar_manager"), customer.pk, contact.pk, value="+1 212 555 0188")
    assert newest(customer).step == "call"


@pytest.mark.req("D2")
@pytest.mark.rule("P18")
def test_a_snooze_does_not_outlast_a_promise_that_breaks_after_it(decided):
    customer, _ = decided
    person = cast.user("ar_manager")
    log_promise(cast.who(person), customer.pk, PromiseAsked(cast.TODAY))
    days = [cast.TODAY + timedelta(n) for n in range(4)]
    snooze_customer(
        cast.who(person, today=days[1], at=cast.moment(days[1])),
        customer.pk,
        days[1] + timedelta(20),
        "on its way",
    )
    for day in days[2:]:
        run_daily(cast.who("ar_manager", today=day, at=cast.moment(day, 4)), day)
    last = Decision.objects.filter(customer=customer, day=days[3]).latest("revision")
    assert (last.step, last.facts["broken_on"]) == ("call", cast.TODAY.isoformat())
