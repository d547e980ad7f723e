"""The guide says only what the account's own facts say, and takes no more time on a large account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.records.models import Call, Dispute, Item, Promise, PromiseItem
from dunlin.reports.call_guide import call_guide
from dunlin.rules.money import Money
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B4"), pytest.mark.trap(63)]


def told(customer):
    return {line.kind: (line.text, line.more) for line in call_guide(customer.pk, cast.TODAY).lines}


def test_what_is_due_comes_next_is_unapplied_and_agreed(books):
    lines = told(books.lakeside)
    assert lines["due"] == (
        "500.00 USD is past due on 1 document, the oldest 40 days.",
        ("INV-1001 · 500.00 USD · 40 days past due",),
    )
    assert lines["coming"][0] == "Next due Sat 5 Dec: INV-1002, 1,000.00 USD."
    assert lines["credit"][1] == ("payment WIRE 4711 · 200.00 USD · Sun 22 Nov",)
    assert lines["terms"][0] == "Terms: net 30 days from invoice date."
    assert lines["said"][0].startswith("Nobody here has been spoken to yet")
    assert "ask" in lines


def test_disputed_money_is_not_asked_for(books):
    Dispute.objects.create(
        item=books.late, customer=books.lakeside, amount=50_000, reason="not_received", department="sales",
        opened_on=cast.TODAY, recorded_at=cast.moment(cast.TODAY),
    )  # fmt: skip
    Item.objects.filter(pk=books.late.pk).update(disputed=50_000)
    lines = told(books.lakeside)
    assert lines["dispute"][1] == ("INV-1001 · 500.00 USD · not received · since Wed 25 Nov · with sales",)
    assert "due" not in lines
    assert "ask" not in lines


@pytest.mark.trap(45)
def test_promises_open_and_broken_and_the_last_words(books):
    Call.objects.create(
        customer=books.lakeside, outcome="reached", spoke_to="Priya Raman", note="Payment run on Thursday", day=cast.TODAY,
        started_at=cast.moment(cast.TODAY), by=books.alice,
    )  # fmt: skip
    promise = Promise.objects.create(
        customer=books.lakeside, currency="USD", due_on=cast.TODAY + timedelta(1), made_on=cast.TODAY,
        recorded_at=cast.moment(cast.TODAY), contact=books.lakeside.contacts.get(),
    )  # fmt: skip
    PromiseItem.objects.create(promise=promise, item=books.late, open_then=50_000)
    lines = told(books.lakeside)
    assert lines["promise"][0] == "500.00 USD is promised for Thu 26 Nov by Priya Raman. Confirm the day."
    assert lines["said"] == ("Last spoken to Priya Raman, today, by Alice.", ("Payment run on Thursday",))
    Promise.objects.update(status="broken", due_on=cast.TODAY - timedelta(4), paid=10_000)
    assert told(books.lakeside)["broken"][0] == (
        "500.00 USD was promised for Sat 21 Nov by Priya Raman; only 100.00 USD came. Ask what happened."
    )


def test_all_of_it_is_what_is_past_due_and_else_what_is_open(books):
    assert call_guide(books.lakeside.pk, cast.TODAY).owed == (Money.exact("500.00", "USD"),)
    assert call_guide(books.branch.pk, cast.TODAY).owed == (Money.exact("300.00", "USD"),)
    cast.invoice(books.lakeside, "40.00", due=cast.TODAY - timedelta(2), currency="EUR")
    assert [str(each) for each in call_guide(books.lakeside.pk, cast.TODAY).owed] == [
        "500.00 USD",
        "40.00 EUR",
    ]
    empty = cast.customer(currency="CAD")
    assert call_guide(empty.pk, cast.TODAY).owed == (Money.zero("CAD"),)


def test_nine_queries_and_five_names_however_many_documents(books, django_assert_max_num_queries):
    for place in range(60):
        cast.invoice(books.lakeside, "1.00", due=cast.TODAY - timedelta(place + 1))
    with django_assert_max_num_queries(9):
        guide = call_guide(books.lakeside.pk, cast.TODAY)
    due = next(line for line in guide.lines if line.kind == "due")
    assert len(due.more) == 6
    assert due.more[-1] == "and 56 more"
