"""Undoing the use of a payment undoes what was granted with it; what took a payment back is not undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.return_payment import return_payment
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_payment import Taken, Use, take_payment
from dunlin.actions.write_off import write_off
from dunlin.records.models import Application, DiaryLine, Item
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, who

pytestmark = pytest.mark.invariant(8)


def usd(text: str) -> Money:
    return Money.exact(text, "USD")


def early(books: Books, **more: object) -> Item:
    """An invoice of 1,000.00 with 20.00 off for paying by today."""
    return cast.invoice(
        books.harbour, "1,000.00", document=TODAY - timedelta(days=9), discount=2_000, discount_until=TODAY, **more
    )  # fmt: skip


def pay(books: Books, item: Item, amount: str) -> Taken:
    return take_payment(
        who(), books.harbour.pk, usd(amount), [Use(item.pk, discount=True)], entity_id=books.entity.pk
    )


def sound() -> bool:
    proof = verify(TODAY, Policy())
    assert proof.clean, "\n".join(map(str, proof.findings))
    return True


@pytest.mark.invariant(17)
def test_the_discount_goes_with_the_use_of_the_payment_that_earned_it(books: Books) -> None:
    item = early(books)
    taken = pay(books, item, "980.00")
    undone = reverse_application(who(), taken.application_ids[0], reason="wrong invoice")
    assert (undone.amount, undone.granted) == (usd("980.00"), usd("20.00"))
    item.refresh_from_db()
    assert (item.open, item.closed_on) == (100_000, None)
    assert Item.objects.get(kind="discount").open == 0  # nobody can use it for something else
    assert Item.objects.get(pk=taken.item_id).open == 98_000
    line = DiaryLine.objects.filter(verb="reverse_application").latest("pk")
    assert (line.after["granted"], line.after["debit_open"]) == (2_000, 100_000)
    assert sound()


@pytest.mark.invariant(36)
def test_a_payment_whose_discount_was_taken_back_can_still_come_back(books: Books) -> None:
    item = early(books)
    taken = pay(books, item, "980.00")
    reverse_application(who(), taken.application_ids[0], reason="wrong invoice")
    return_payment(who(), taken.item_id, "0910", returned_on=TODAY)
    assert not Item.objects.filter(kind="payment_return", open__gt=0).exists()
    assert sound()


@pytest.mark.invariant(17)
def test_undoing_the_discount_alone_takes_it_back(books: Books) -> None:
    item = early(books)
    taken = pay(books, item, "980.00")
    reverse_application(who(), taken.application_ids[1], reason="not agreed")
    item.refresh_from_db()
    assert (item.open, Item.objects.get(kind="discount").open) == (2_000, 0)
    assert sound()


def test_the_small_balance_written_off_with_a_payment_is_owed_again(books: Books) -> None:
    item = cast.invoice(books.harbour, "100.00", document=TODAY - timedelta(days=9))
    taken = pay(books, item, "99.50")
    write_off(who(), item.pk, reason="tolerance", with_payment_id=taken.item_id)
    reverse_application(who(), taken.application_ids[0], reason="wrong invoice")
    item.refresh_from_db()
    assert (item.open, Item.objects.get(kind="write_off").open) == (10_000, 0)
    assert sound()


@pytest.mark.invariant(2)
def test_what_took_a_returned_payment_back_is_not_undone(books: Books) -> None:
    """Else money that bounced could be spent."""
    return_payment(who(), books.part_payment.pk, "0910", returned_on=TODAY)
    eaten = Application.objects.get(why="payment_returned", amount__gt=0)
    with pytest.raises(Refused) as refused:
        reverse_application(who(), eaten.pk, reason="oops")
    assert refused.value.code == "application_of_return"
    assert sound()


@pytest.mark.parametrize("asked, left", [(True, 0), (False, 2_000)])
def test_a_payment_used_again_earns_its_discount_again_when_asked(
    books: Books, asked: bool, left: int
) -> None:
    item = early(books)
    taken = pay(books, item, "980.00")
    reverse_application(who(), taken.application_ids[0], reason="wrong invoice")
    used = apply_credit(who(), taken.item_id, item.pk, discount=asked)
    item.refresh_from_db()
    assert (item.open, used.discount.minor) == (left, 2_000 - left)
    assert sound()


@pytest.mark.invariant(17)
@pytest.mark.parametrize(
    "paid, discount",
    [("490.00", 1_000), ("480.00", 0), ("495.00", 500)],
    ids=["2 % of what is left", "2 % of the whole", "took less of it"],
)
def test_of_what_was_credited_no_discount_is_earned(books: Books, paid: str, discount: int) -> None:
    item = early(books)
    cast.apply(cast.credit_memo(books.harbour, "500.00"), item)
    assert pay(books, item, paid).discount == discount
    assert sound()
