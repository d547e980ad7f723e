"""The measures after real acts: what was really paid, and really collected."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.return_payment import return_payment
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.write_off import write_off
from dunlin.reports.figures import figures_of
from dunlin.reports.measures import measures
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests.cast import TODAY, apply, credit_memo, customer, invoice, item, payment, who

POLICY = Policy()


@pytest.mark.rule("P16")
def test_days_late_count_from_the_value_date_of_the_money_and_only_what_was_paid(db: None) -> None:
    of = customer()
    paid = invoice(of, "100.00", due=TODAY - timedelta(30))
    early = payment(of, "60.00", on=TODAY - timedelta(40), applied_to=paid)
    assert early.open == 0
    # The money came a day early; its day was in a locked period, so it is posted eight days later.
    rest = payment(of, "40.00", on=TODAY - timedelta(31), posted=TODAY - timedelta(22))
    apply(rest, paid)
    # Neither of these was paid: one was written off, the other credited.
    lost, credited = (invoice(of, "1,000.00", due=TODAY - timedelta(200)) for _ in range(2))
    apply(payment(of, "10.00", on=TODAY - timedelta(150)), lost)
    write_off(who(), lost.pk, reason="bad debt")
    apply(credit_memo(of, "1,000.00"), credited)
    # A small balance written off with the payment leaves it paid.
    short = invoice(of, "200.00", due=TODAY - timedelta(10))
    used = payment(of, "199.50", on=TODAY - timedelta(6), applied_to=short)
    write_off(who(), short.pk, reason="tolerance", with_payment_id=used.pk)
    told = measures(TODAY, TODAY, POLICY).by_currency[0]
    assert (told.closed, told.closed_lateness.days) == (2, -1 + 4)
    assert told.closed_lateness.amount_days == -1 * 10_000 + 4 * 20_000


@pytest.mark.rule("P16")
def test_a_payment_that_came_back_was_not_collected(db: None) -> None:
    of = customer()
    due = invoice(of, "100.00", due=TODAY - timedelta(20), discount=200, discount_until=TODAY)
    taken = take_payment(
        who(), of.pk, Money(9_800, "USD"), [Use(due.pk, discount=True)], entity_id=due.entity_id,
        received_on=TODAY - timedelta(3),
    )  # fmt: skip
    deposit = item(of, "deposit", "50.00", document=TODAY - timedelta(3))
    assert measures(TODAY, TODAY, POLICY).by_currency[0].collected == 9_800
    for payment_id, trace in ((taken.item_id, "1"), (deposit.pk, "2")):
        return_payment(who(), payment_id, trace, returned_on=TODAY)
    told = measures(TODAY, TODAY, POLICY).by_currency[0]
    assert (told.collected, told.sales) == (0, 10_000)
    assert measures(TODAY - timedelta(1), TODAY, POLICY).by_currency[0].collected == 9_800
    assert [each.collected for each in figures_of(TODAY, POLICY)] == [-9_800]
    # A return that a file brought names no payment.
    item(of, "payment_return", "30.00")
    assert measures(TODAY, TODAY, POLICY).by_currency[0].collected == -3_000
