"""Short and over on screen: by deadline, with what each rests on; decided there, asked for where it is more than one may (E3, P27)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.process_receipt import Deduction, Placing, place_receipt
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use
from dunlin.records.models import Approval, Dispute, Item, Overpayment, Receipt, Refund
from dunlin.rules.money import Money
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E3"), pytest.mark.rule("P27")]


def signed(client, user):
    client.force_login(user)
    return client


def placed(books, amount, uses, *, on=TODAY, **more):
    number = str(Receipt.objects.count())
    take_bank_file(
        cast.who(books.mona),
        f"{number}.xml",
        camt([Line(amount, "Lakeside", "x", f"P{number}", on=on)], number=number),
    )
    row = Receipt.objects.order_by("-pk")[0]
    return place_receipt(cast.who(books.mona), row.pk, Placing(books.lakeside.pk, uses, **more))


@pytest.fixture
def short(books):
    """370.00 of 500.00 were paid; 130.00 was kept back for the price."""
    placed(
        books,
        "370.00",
        [Use(books.late.pk, Money(37_000, "USD"))],
        deductions=[Deduction(books.late.pk, 13_000, "price")],
    )
    return Dispute.objects.get()


def test_a_short_pay_is_listed_looked_at_and_decided(books, short, client):
    mona = signed(client, books.mona)
    listed = mona.get("/receipts/cases").content.decode()
    assert "Lakeside Hotels" in listed
    assert "130.00" in listed
    assert "Nothing fits" in mona.get("/receipts/cases?reason=tax").content.decode()
    at = f"/receipts/cases/short/{short.pk}"
    page = mona.get(at).content.decode()
    for words in ("INV-1001", "This is the first one", "Chargeback"):
        assert words in page
    assert mona.get(f"/disputes/{short.pk}/resolve").headers["Location"] == at
    assert mona.post(at, {"outcome": ""}).status_code == 422
    assert mona.post(at, {"outcome": "paid"}).status_code == 422
    mona.post(at, {"outcome": "credit", "note": "the price was agreed"})
    memo = Item.objects.get(kind="credit_memo")
    books.late.refresh_from_db()
    assert (memo.amount, books.late.open) == (13_000, 0)
    assert "Nothing is short" in mona.get("/receipts/cases").content.decode()


def test_what_is_more_than_one_may_is_asked_for(books, short, client):
    at = f"/receipts/cases/short/{short.pk}"
    senior = cast.user("senior_collector", "sue")
    told = (
        signed(client, senior).post(at, {"outcome": "credit", "note": "agreed"}, follow=True).content.decode()
    )
    assert "more than you may decide alone" in told
    assert Approval.objects.get().state == "requested"
    assert "waits" in client.get(at).content.decode()
    assert not Item.objects.filter(kind="credit_memo").exists()


def test_money_over_is_kept_used_or_paid_back(books, client):
    placed(books, "560.00", [Use(books.late.pk)], question="What are 60.00 for?")
    row = Overpayment.objects.get()
    mona = signed(client, books.mona)
    assert "60.00" in mona.get("/receipts/cases?kind=over").content.decode()
    at = f"/receipts/cases/over/{row.pk}"
    assert mona.post(at, {"outcome": "on_account", "note": ""}).status_code == 422
    mona.post(at, {"outcome": "on_account", "note": "for the next invoice"})
    row.refresh_from_db()
    assert row.outcome == "on_account"
    assert "Nothing is over" in mona.get("/receipts/cases?kind=over").content.decode()


def test_who_may_not_see_them(books, short, client):
    stranger = signed(client, cast.user("collector", "carl"))
    assert "Nothing is short" in stranger.get("/receipts/cases").content.decode()
    assert stranger.get(f"/receipts/cases/short/{short.pk}").status_code in (403, 404)
    assert stranger.get("/receipts/closes").status_code == 403


def test_the_closes_and_the_ages_of_what_nobody_knows(books, client):
    mona = signed(client, books.mona)
    assert "No receipt was due yet" in mona.get("/receipts/closes").content.decode()
    take_bank_file(cast.who(books.mona), "u.xml", camt([Line("77.00", "Nobody", "x", "U1")], number="u"))
    assert "0 of 1 in time" in mona.get("/receipts/closes").content.decode()
    assert "0-1 days" in mona.get("/receipts/cases").content.decode()


@pytest.mark.req("E6")
def test_money_over_is_asked_for_where_it_is_decided(books, client):
    """While the bank can take it back it becomes a follow-up for that day; who knows how it came asks for it at once."""
    placed(books, "560.00", [Use(books.late.pk)], on=TODAY - timedelta(20), question="What are 60.00 for?")
    row = Overpayment.objects.get()
    mona, at = signed(client, books.mona), f"/receipts/cases/over/{row.pk}"
    assert "To pay it back" in mona.get(at).content.decode()
    told = mona.post(at, {"outcome": "refund", "note": "by phone"}, follow=True).content.decode()
    assert "The AR manager has a follow-up to ask for the refund for" in told
    typed = {"outcome": "refund", "note": "by phone", "refund_debits_open": "they pay the rest by its day"}
    assert "Choose how it goes back" in mona.post(at, typed | {"rail": "wire"}).content.decode()
    refused = mona.post(at, typed | {"rail": "wire", "method": "ach"})
    assert refused.status_code == 422
    assert 'aria-describedby="refund-payee-error"' in refused.content.decode()
    told = mona.post(at, typed | {"rail": "wire", "method": "manual"}, follow=True).content.decode()
    assert "60.00 USD is asked for; it waits for approval" in told
    assert Refund.objects.get().reason == "by phone"
