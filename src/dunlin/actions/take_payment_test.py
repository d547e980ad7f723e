"""Taking in payments: what is applied, what stays unapplied, what discount is earned, and what it costs the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Application, Balance, DiaryLine, Item
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, who


def usd(text: str) -> Money:
    return Money.exact(text, "USD")


def test_a_payment_settles_what_it_names_and_the_rest_stays_unapplied(books: Books) -> None:
    taken = take_payment(
        who(), books.lakeside.pk, usd("700"), [Use(books.late.pk, usd("500")), Use(books.current.pk, usd("100"))],
        entity_id=books.entity.pk, reference="WIRE 1",
    )  # fmt: skip

    assert (taken.applied, taken.unapplied, taken.discount) == (60_000, 10_000, 0)
    late = Item.objects.get(pk=books.late.pk)
    assert (late.open, late.closed_on, late.closed_at) == (0, TODAY, cast.moment(TODAY))
    assert Item.objects.get(pk=books.current.pk).open == 90_000
    balance = Balance.objects.get(customer=books.lakeside)
    assert (balance.debits, balance.unapplied, balance.past_due) == (90_000, 30_000, 0)


@pytest.mark.trap(38)
def test_more_than_is_open_is_never_applied(books: Books) -> None:
    for _ in range(2):
        taken = take_payment(
            who(), books.lakeside.pk, usd("500"), [Use(books.late.pk, usd("500"))], entity_id=books.entity.pk
        )
    assert (taken.applied, taken.unapplied) == (0, 50_000)
    assert Item.objects.get(pk=books.late.pk).open == 0


@pytest.mark.trap(42)
def test_a_payment_without_amounts_goes_through_its_items_in_order(books: Books) -> None:
    taken = take_payment(
        who(),
        books.lakeside.pk,
        usd("650"),
        [Use(books.late.pk), Use(books.current.pk)],
        entity_id=books.entity.pk,
    )
    assert taken.unapplied == 0
    assert Item.objects.get(pk=books.current.pk).open == 85_000


def test_a_payment_of_the_head_office_settles_a_branch(books: Books) -> None:
    take_payment(
        who(), books.lakeside.pk, usd("300"), [Use(books.branch_invoice.pk)], entity_id=books.entity.pk
    )
    assert Item.objects.get(pk=books.branch_invoice.pk).open == 0
    assert not Balance.objects.filter(customer=books.branch, debits__gt=0).exists()


@pytest.mark.invariant(10)
def test_a_payment_never_settles_a_stranger(books: Books) -> None:
    items = Item.objects.count()
    with pytest.raises(Refused) as refused:
        take_payment(
            who(), books.lakeside.pk, usd("300"), [Use(books.part_paid.pk)], entity_id=books.entity.pk
        )
    assert refused.value.code == "application_other_customer"
    assert Item.objects.count() == items


def test_amounts_beyond_the_payment_are_refused_before_anything_is_written(books: Books) -> None:
    with pytest.raises(Refused) as refused:
        take_payment(
            who(), books.lakeside.pk, usd("100"), [Use(books.late.pk, usd("60")), Use(books.current.pk, usd("50"))],
            entity_id=books.entity.pk,
        )  # fmt: skip
    assert refused.value.code == "uses_exceed_payment"


@pytest.mark.invariant(17)
@pytest.mark.parametrize(
    "late, paid, discount",
    [(0, "980.00", 2_000), (1, "980.00", 0), (0, "979.99", 0), (0, "990.00", 1_000), (0, "1000.00", 0)],
    ids=["in time", "a day late", "a cent too little", "took less of it", "took none of it"],
)
def test_a_discount_is_granted_only_when_earned(books: Books, late: int, paid: str, discount: int) -> None:
    invoice = cast.invoice(
        books.harbour,
        "1,000.00",
        document=TODAY - timedelta(days=9),
        discount=2_000,
        discount_until=TODAY - timedelta(days=late),
    )
    taken = take_payment(
        who(), books.harbour.pk, usd(paid), [Use(invoice.pk, discount=True)], entity_id=books.entity.pk
    )
    assert taken.discount == discount
    assert Item.objects.get(pk=invoice.pk).open == 100_000 - usd(paid).minor - discount
    assert list(Item.objects.filter(kind="discount").values_list("amount", "corrects_id")) == (
        [(discount, taken.item_id)] if discount else []
    )


def test_the_same_key_takes_the_payment_in_once(books: Books) -> None:
    def take(amount: str):
        return take_payment(
            who(),
            books.lakeside.pk,
            usd(amount),
            [Use(books.late.pk)],
            entity_id=books.entity.pk,
            key="wire-77",
        )

    first, second = take("100"), take("100")
    assert first == second
    assert Item.objects.filter(kind="payment", customer=books.lakeside, amount=10_000).count() == 1
    with pytest.raises(Refused) as refused:
        take("101")
    assert refused.value.code == "same_key_other_content"


def test_a_dry_run_leaves_nothing_behind(books: Books) -> None:
    before = (Item.objects.count(), Application.objects.count(), DiaryLine.objects.count())
    taken = take_payment(
        who().dry(), books.lakeside.pk, usd("500"), [Use(books.late.pk)], entity_id=books.entity.pk
    )
    assert taken.applied == 50_000
    assert (Item.objects.count(), Application.objects.count(), DiaryLine.objects.count()) == before


def test_a_collector_may_not_take_in_payments(books: Books) -> None:
    with pytest.raises(Refused) as refused:
        take_payment(who(books.alice), books.lakeside.pk, usd("500"), entity_id=books.entity.pk)
    assert refused.value.code == "not_permitted"


def test_the_statements_of_one_receipt_on_one_invoice(books: Books) -> None:
    """The speed of cash application is the number of round trips; one more must be meant."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        take_payment(
            who(),
            books.lakeside.pk,
            usd("500"),
            [Use(books.late.pk)],
            entity_id=books.entity.pk,
            policy=Policy(),
        )
    statements = [
        each["sql"]
        for each in queries
        if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    # On PostgreSQL one more: the lock of the customer.
    assert len(statements) == (10 if connection.vendor == "sqlite" else 11), "\n".join(statements)
