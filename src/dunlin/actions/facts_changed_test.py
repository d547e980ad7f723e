"""An act that changes the books changes the day's decision with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.run_daily import run_daily
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Decision
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
