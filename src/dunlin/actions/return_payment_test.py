"""A payment that comes back leaves everything as if it had never come, apart from the record of both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.lock_period import lock_period, unlock_period
from dunlin.actions.return_payment import return_payment
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.write_off import write_off
from dunlin.records.models import Balance, Item
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, who

pytestmark = pytest.mark.rule("P25")
FIVE_DAYS_AGO = TODAY - timedelta(days=5)


@pytest.mark.trap(41)
def test_the_invoice_is_owed_again_with_its_own_due_date(books: Books) -> None:
    due = books.part_paid.due_on
    returned = return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY, reason="R01")

    invoice = Item.objects.get(pk=books.part_paid.pk)
    assert (invoice.open, invoice.due_on, invoice.closed_on) == (100_000, due, None)
    assert returned.reopened == (invoice.pk,)
    debit = Item.objects.get(pk=returned.item_id)
    assert (debit.kind, debit.amount, debit.open, debit.reason) == ("payment_return", 25_000, 0, "R01")
    assert Item.objects.get(pk=books.part_payment.pk).open == 0
    assert Balance.objects.get(customer=books.harbour).past_due == 100_000
    assert verify(TODAY, Policy()).clean


@pytest.mark.invariant(13)
def test_the_same_trace_twice_changes_nothing(books: Books) -> None:
    first = return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY)
    again = return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY)
    assert (again.item_id, again.already) == (first.item_id, True)
    assert Item.objects.filter(kind="payment_return").count() == 1


def test_another_trace_for_a_payment_that_is_gone_already_is_refused(books: Books) -> None:
    return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY)
    with pytest.raises(Refused) as refused:
        return_payment(who(), books.part_payment.pk, "0911", returned_on=TODAY)
    assert refused.value.code == "payment_returned_already"


@pytest.mark.invariant(8)
@pytest.mark.invariant(17)
def test_discount_and_small_write_off_go_back_with_the_money(books: Books) -> None:
    early = cast.invoice(
        books.harbour, "1,000.00", document=FIVE_DAYS_AGO, discount=2_000, discount_until=TODAY
    )
    short = cast.invoice(books.harbour, "100.00", document=FIVE_DAYS_AGO)
    taken = take_payment(
        who(), books.harbour.pk, Money.exact("1079.50", "USD"),
        [Use(early.pk, Money.exact("980", "USD"), discount=True), Use(short.pk)], entity_id=books.entity.pk,
    )  # fmt: skip
    write_off(who(), short.pk, reason="tolerance", with_payment_id=taken.item_id)
    assert not Item.objects.filter(pk__in=[early.pk, short.pk], open__gt=0).exists()

    return_payment(who(), taken.item_id, "77", returned_on=TODAY, reason="R01")

    assert list(Item.objects.filter(pk__in=[early.pk, short.pk]).order_by("pk").values_list("open", flat=True)) == [
        100_000, 10_000,
    ]  # fmt: skip
    assert not Item.objects.filter(corrects=taken.item_id, open__gt=0).exists()
    assert verify(TODAY, Policy()).clean


@pytest.mark.invariant(36)
def test_the_same_payment_again_ends_as_if_nothing_had_come_back(books: Books) -> None:
    return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY)
    take_payment(
        who(), books.harbour.pk, Money(25_000, "USD"), [Use(books.part_paid.pk)], entity_id=books.entity.pk
    )
    assert Item.objects.get(pk=books.part_paid.pk).open == 75_000


def test_what_was_refunded_is_owed(books: Books) -> None:
    """200 unapplied, 150 of it paid out again: when the money turns out never to have come, the 150 are a debt."""
    refund = cast.item(books.lakeside, "refund", "150.00")
    cast.apply(books.unapplied, refund)
    returned = return_payment(who(), books.unapplied.pk, "5", returned_on=TODAY)
    assert returned.still_owed == 15_000
    assert Item.objects.get(pk=returned.item_id).open == 15_000
    assert verify(TODAY, Policy()).clean


@pytest.mark.invariant(12)
def test_a_return_of_a_locked_day_is_posted_on_the_first_open_one(books: Books) -> None:
    lock_period(who(), books.entity.pk, FIVE_DAYS_AGO, TODAY - timedelta(days=2))
    returned = return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY - timedelta(days=4))
    assert returned.posted_on == TODAY - timedelta(days=1)
    debit = Item.objects.get(pk=returned.item_id)
    assert debit.value_on == TODAY - timedelta(days=4)
    assert verify(TODAY, Policy()).clean


@pytest.mark.invariant(12)
def test_a_locked_period_takes_no_posting_until_it_is_unlocked(books: Books) -> None:
    lock_period(who(), books.entity.pk, FIVE_DAYS_AGO, TODAY - timedelta(days=2))
    amount = Money(100, "USD")

    def pay() -> None:
        take_payment(who(), books.harbour.pk, amount, entity_id=books.entity.pk, received_on=FIVE_DAYS_AGO)

    with pytest.raises(Refused) as refused:
        pay()
    assert refused.value.code == "period_locked"
    assert refused.value.facts["first_open"] == TODAY - timedelta(days=1)
    with pytest.raises(Refused) as refused:
        lock_period(who(), books.entity.pk, FIVE_DAYS_AGO, TODAY - timedelta(days=3))
    assert refused.value.code == "period_overlaps"
    unlock_period(
        who(), books.entity.pk, FIVE_DAYS_AGO, TODAY - timedelta(days=2), reason="forgotten receipt"
    )
    pay()


def test_a_period_does_not_end_before_it_starts(books: Books) -> None:
    with pytest.raises(Refused) as refused:
        lock_period(who(), books.entity.pk, TODAY, FIVE_DAYS_AGO)
    assert refused.value.code == "period_ends_first"


@pytest.mark.parametrize(
    "which, back, code",
    [("late", 0, "return_not_a_payment"), ("part_payment", 6, "return_before_payment")],
)
def test_what_does_not_come_back(books: Books, which: str, back: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        return_payment(who(), getattr(books, which).pk, "1", returned_on=TODAY - timedelta(days=back))
    assert refused.value.code == code
