"""Receipts for several accounts and with credit memos: the sums stay exact, and an undoing restores every document (E2, invariants 8, 14, 15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from dunlin.actions.change_settings import change_settings
from dunlin.actions.process_receipt import Placing, place_receipt, undo_receipt
from dunlin.actions.process_return import process_return
from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.return_payment import return_payment
from dunlin.actions.split_receipt import join_receipt, split_receipt
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use
from dunlin.records.models import Item, Receipt, ReturnedPayment
from dunlin.records.policies import current_policy
from dunlin.reports.receipts import day_closes
from dunlin.reports.return_rates import ach_returns
from dunlin.reports.verify import verify
from dunlin.rules.applying import Along
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E2")]


def came(*lines: Line) -> Receipt:
    take_bank_file(cast.who("ar_manager"), "in.xml", camt(lines))
    return Receipt.objects.get()


def opens() -> dict[int, tuple[int, object, object]]:
    return {
        pk: rest
        for pk, *rest in Item.objects.exclude(source="bank").exclude(kind="payment_return").values_list("pk", "open", "due_on", "closed_on")
    }  # fmt: skip


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code


@pytest.mark.invariant(8)
def test_credit_memos_and_an_account_of_the_group_are_settled_in_one_and_undone_exactly(books):
    memo = cast.credit_memo(books.lakeside, "120.00", number="CM-9", corrects=books.late)
    row, before = came(Line("680.00", "Lakeside Hotels", "various", "A1")), opens()
    uses = [Use(books.late.pk), Use(books.branch_invoice.pk)]
    refused(
        "credits_exceed_uses", place_receipt, cast.who("ar_manager"), row.pk,
        Placing(books.lakeside.pk, [Use(books.late.pk, Money(10_000, "USD"))], along=[Along(memo.pk, 12_000)]),
    )  # fmt: skip
    assert opens() == before
    placed = place_receipt(
        cast.who("ar_manager"),
        row.pk,
        Placing(books.lakeside.pk, uses, along=[Along(memo.pk, 12_000, books.late.pk)]),
    )
    assert (placed.applied, placed.along, placed.unapplied) == (68_000, 12_000, 0)
    assert {pk: opens()[pk][0] for pk in (books.late.pk, books.branch_invoice.pk, memo.pk)} == dict.fromkeys(
        (books.late.pk, books.branch_invoice.pk, memo.pk), 0
    )
    assert verify(TODAY, current_policy()).clean
    undo_receipt(cast.who("ar_manager"), row.pk, "another group")
    assert opens() == before
    row.refresh_from_db()
    assert (row.state, row.used_along) == ("waiting", [])
    assert verify(TODAY, current_policy()).clean


@pytest.mark.parametrize("text", ["INV-1001 less CM-9", "INV-1001 INV-1101"])
def test_what_is_named_goes_by_itself_with_its_credit_memo_or_for_an_account_of_the_group(books, text):
    cast.credit_memo(books.lakeside, "120.00", number="CM-9", corrects=books.late)
    row = came(Line("380.00" if "CM-9" in text else "800.00", "Lakeside Hotels", text, "A1"))
    assert process_waiting(TODAY, cast.moment(TODAY)).placed == 1
    row.refresh_from_db()
    assert (row.state, row.automatic, bool(row.used_along)) == ("done", True, "CM-9" in text)
    books.late.refresh_from_db()
    assert books.late.open == 0
    assert verify(TODAY, current_policy()).clean


@pytest.mark.invariant(15)
@pytest.mark.invariant(14)
def test_a_receipt_for_strangers_is_split_and_each_part_is_placed(books):
    row = came(Line("1250.00", "Payment Service Ltd", "INV-1001 INV-2001", "A1"))
    for wrong in ([125_000], [50_000, 74_999], [50_000, 75_001], [125_001, -1], []):
        refused("receipt_split_wrong", split_receipt, cast.who("ar_manager"), row.pk, wrong)
    one, two = split_receipt(cast.who("ar_manager"), row.pk, [50_000, 75_000], [books.lakeside.pk])
    refused("receipt_settled_already", split_receipt, cast.who("ar_manager"), row.pk, [50_000, 75_000])
    (close,) = day_closes(cast.moment(TODAY))
    assert (close.due, close.open) == (2, 2)
    join_receipt(cast.who("ar_manager"), row.pk)
    refused("receipt_not_split", join_receipt, cast.who("ar_manager"), row.pk)
    one, two = split_receipt(cast.who("ar_manager"), row.pk, [50_000, 75_000], [books.lakeside.pk])
    place_receipt(cast.who("ar_manager"), one, Placing(books.lakeside.pk, [Use(books.late.pk)]))
    refused("receipt_not_split", join_receipt, cast.who("ar_manager"), row.pk)
    place_receipt(cast.who("ar_manager"), two, Placing(books.harbour.pk, [Use(books.part_paid.pk)]))
    posted = Item.objects.filter(source="bank", kind="payment")
    assert sum(posted.values_list("amount", flat=True)) == row.amount
    assert set(posted.values_list("customer", flat=True)) == {books.lakeside.pk, books.harbour.pk}
    assert verify(TODAY, current_policy()).clean


@pytest.mark.req("E4")
@pytest.mark.rule("P25")
@pytest.mark.invariant(14)
@pytest.mark.invariant(15)
@pytest.mark.invariant(36)
def test_a_split_receipt_comes_back_whole_and_every_part_with_it_or_none(books):
    """Two parts placed, one split again and not placed yet: all documents are open as before, and the sums of the bank agree."""
    who, robot = cast.who("ar_manager"), cast.who("integration")
    before = opens()
    row = came(Line("1250.00", "Payment Service Ltd", "INV-1001 INV-2001", "A1"))
    one, two = split_receipt(who, row.pk, [50_000, 75_000], [books.lakeside.pk])
    inner, waits = split_receipt(who, two, [60_000, 15_000], [books.harbour.pk])
    place_receipt(who, one, Placing(books.lakeside.pk, [Use(books.late.pk)]))
    placed = place_receipt(
        who, inner, Placing(books.harbour.pk, [Use(books.part_paid.pk, Money(60_000, "USD"))])
    )
    take_bank_file(
        who, "out.xml", camt([Line("-1250.00", "Payment Service Ltd", "back", "A1", returned="AM04")])
    )
    back = Receipt.objects.get(kind="return")

    # A part that came back before on its own: nobody can tell what the whole is, and nothing is posted.
    with transaction.atomic():
        return_payment(who, placed.payment_id, "by hand", returned_on=TODAY, reason="other")
        assert process_return(robot, back.pk).state == "asked"
        transaction.set_rollback(True)
    # A part that cannot be taken back: none is.
    lock = cast.period(books.entity, TODAY, TODAY + timedelta(400), locked=True)
    asked = process_return(robot, back.pk)
    assert asked.state == "asked"
    assert asked.question.startswith("Of its parts: It was not taken back")
    assert not Item.objects.filter(kind="payment_return").exists()
    assert not back.parts.exists()
    lock.delete()

    done = process_return(robot, back.pk)
    assert done.state == "done"
    returns = Item.objects.filter(kind="payment_return")
    assert sorted(returns.values_list("customer__number", "amount")) == [("H-200", 60_000), ("L-100", 50_000)]
    assert opens() == before
    back.refresh_from_db()
    parts = list(back.parts.order_by("pk"))
    assert (back.state, sum(each.amount for each in parts)) == ("split", back.amount)
    assert [(each.state, each.amount, each.payment_id is None) for each in parts] == [
        ("done", -50_000, False), ("done", -60_000, False), ("aside", -15_000, True),
    ]  # fmt: skip
    assert Receipt.objects.get(pk=waits).state == "aside"
    assert verify(TODAY, current_policy()).clean
    refused("receipt_settled_already", process_return, robot, back.pk)


def test_one_return_of_a_split_receipt_is_one_and_costs_no_fee(books):
    change_settings(cast.who(books.mona), {"return.fee": "25", "return.fee_told": True})
    row = came(Line("1250.00", "Payment Service Ltd", "INV-1001 INV-2001", "A1"))
    one, two = split_receipt(cast.who("ar_manager"), row.pk, [50_000, 75_000])
    place_receipt(cast.who("ar_manager"), one, Placing(books.lakeside.pk, [Use(books.late.pk)]))
    place_receipt(cast.who("ar_manager"), two, Placing(books.harbour.pk, [Use(books.part_paid.pk)]))
    take_bank_file(
        cast.who("ar_manager"), "out.xml", camt([Line("-1250.00", "", "back", "A1", returned="R01")])
    )
    assert process_return(cast.who("integration"), Receipt.objects.get(kind="return").pk).state == "done"
    assert ach_returns(TODAY) == {"R01": 1}
    assert ReturnedPayment.objects.filter(code="R01", fee=None).count() == 2
