"""Receipts placed by the rules: by a reference of the portal, by what is named; what is doubtful is a person's (P27)."""

from __future__ import annotations

import pytest

from dunlin.actions.choose_payment import choose_payment
from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.records.models import Block, Dispute, Item, Receipt
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E2"), pytest.mark.rule("P27")]


def came(*lines, name="in.xml"):
    take_bank_file(cast.who("ar_manager"), name, camt(lines, number=name))
    done = process_waiting(TODAY, cast.moment(TODAY))
    return done, list(Receipt.objects.filter(file__name=name).order_by("pk"))


@pytest.fixture
def chosen(books):
    (made,) = choose_payment(
        cast.who("customer"), books.lakeside.pk, {books.late.pk: 50_000, books.current.pk: 20_000},
    )  # fmt: skip
    return made.reference


def test_money_under_a_reference_of_the_portal_goes_where_the_customer_chose(books, chosen):
    done, (row,) = came(Line("700.00", "Whoever Pays", "thank you", "A1", rf=chosen))
    assert (done.placed, row.state, row.customer) == (1, "done", books.lakeside)
    assert dict(Item.objects.filter(pk__in=[books.late.pk, books.current.pk]).values_list("pk", "open")) == {
        books.late.pk: 0, books.current.pk: 80_000,
    }  # fmt: skip
    # The same reference once more: what was chosen of the late one is paid, so a person looks.
    _, (again,) = came(Line("700.00", "Whoever Pays", "thank you", "A2", rf=chosen), name="b.xml")
    assert (again.state, again.customer) == ("proposed", books.lakeside)


def test_another_amount_under_a_reference_is_proposed(books, chosen):
    done, (row,) = came(Line("650.00", "Whoever Pays", "", "A1", rf=chosen))
    assert (done.proposed, row.state) == (1, "proposed")
    assert "the amount is another" in row.proposal["evidence"][0]


@pytest.mark.parametrize("stop", ["disputed", "legal", "insolvency"])
def test_never_by_itself_on_what_is_disputed_legal_or_insolvent(books, stop):
    if stop == "disputed":
        Dispute.objects.create(
            item=books.late,
            customer=books.lakeside,
            amount=1_000,
            reason="price",
            opened_on=TODAY,
            recorded_at=cast.moment(TODAY),
        )
        Item.objects.filter(pk=books.late.pk).update(disputed=1_000)
    else:
        Block.objects.create(
            customer=books.lakeside, kind=stop, reason="x", from_on=TODAY, recorded_at=cast.moment(TODAY)
        )
    done, (row,) = came(Line("500.00", "Lakeside Hotels", "INV-1001", "A1"))
    assert done.placed == 0
    assert row.state in ("proposed", "asked")
    books.late.refresh_from_db()
    assert books.late.open == 50_000


def test_a_suspected_duplicate_and_an_unknown_payer_are_a_persons(books):
    came(Line("500.00", "Lakeside Hotels", "INV-1001", "A1"))
    again = Line("500.00", "Lakeside Hotels", "INV-1001", "A2")
    done, rows = came(again, Line("5.00", "Nobody", "x", "A3"), name="b.xml")
    assert done.placed == 0
    assert {each.state for each in rows} <= {"asked", "proposed"}
    assert Item.objects.filter(source="bank").count() == 1
