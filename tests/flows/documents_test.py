"""Every kind of document from its posting to the aging: what others got wrong with advances, instalments, post-dated money."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.doing import the_clock
from dunlin.actions.import_file import import_file
from dunlin.actions.post_item import post_item
from dunlin.actions.run_daily import run_daily
from dunlin.actions.take_payment import Use, take_payment
from dunlin.cli.aging import told
from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS
from dunlin.records.models import Application, Decision, Item
from dunlin.reports.aging import aging
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, moment, who

pytestmark = pytest.mark.django_db

POLICY = Policy()


def figures(day: date = TODAY, currency: str = "USD", **more: Any) -> dict[str, Any]:
    """What aging tells of one currency."""
    return told(aging(day, TODAY, POLICY, **more))["currencies"][currency]  # type: ignore[no-any-return]


@pytest.mark.req("A2")
@pytest.mark.invariant(11)
def test_every_kind_of_document_is_posted_and_ages_on_its_side_in_its_own_currency(db: None) -> None:
    us, de = cast.entity("US01"), cast.entity("DE01", "EUR")
    acme = cast.customer("Acme")
    terms = cast.terms()
    for n, kind in enumerate((*DEBIT_KINDS, *CREDIT_KINDS)):
        for entity, currency in ((us, "USD"), (de, "EUR")):
            draft = cast.draft(
                acme, kind, 10_000 + n, TODAY - timedelta(40), TODAY - timedelta(10), currency=currency, entity_id=entity.pk, tax=1_597,
                number=f"{kind}-{currency}", invoice_class="mrr" if kind == "invoice" else "", terms_id=terms.pk,
                service_month=date(2026, 10, 1) if kind == "invoice" else None, po_number="PO 4711", order_number="SO-9",
                reason="price" if kind in ("credit_memo", "write_off") else "",
            )  # fmt: skip
            post_item(who(), draft)
    invoice = Item.objects.get(number="invoice-EUR")
    assert (invoice.tax, invoice.po_number, invoice.order_number, invoice.service_month) == (
        1_597,
        "PO 4711",
        "SO-9",
        date(2026, 10, 1),
    )
    for currency in ("USD", "EUR"):
        seen = figures(currency=currency)
        assert seen["debits"] == f"{Decimal(sum(10_000 + n for n in range(len(DEBIT_KINDS)))) / 100:.2f}"
        assert seen["buckets"]["1-30"] == seen["debits"]
        first = len(DEBIT_KINDS)
        assert (
            seen["unapplied"]
            == f"-{Decimal(sum(10_000 + first + n for n in range(len(CREDIT_KINDS)))) / 100:.2f}"
        )
    assert verify(TODAY, POLICY).clean


@pytest.mark.req("A2")
@pytest.mark.trap(14)
def test_every_instalment_ages_by_its_own_due_date(books: Books) -> None:
    """Three equal parts of one document: each is its own row, and none stands for the others."""
    before = figures()
    plan = [(TODAY + timedelta(days), Money(10_000, "USD")) for days in (-45, -5, 25)]
    draft = cast.draft(books.harbour, "invoice", "300.00", TODAY - timedelta(60), number="PLAN-3")
    post_item(who(), draft, instalments=plan)
    after = figures()
    grown = {
        label: Decimal(after["buckets"][label]) - Decimal(before["buckets"][label])
        for label in after["buckets"]
    }
    assert grown == {"current": 100, "1-30": 100, "31-60": 100, "61-90": 0, "91+": 0}
    assert after["counts"]["items"] == before["counts"]["items"] + 3


@pytest.mark.trap(11)
@pytest.mark.parametrize("kind", ["payment", "deposit", "credit_memo"])
def test_money_that_is_not_used_yet_is_told_in_full(books: Books, kind: str) -> None:
    """An advance has no due date and an overpayment no invoice; both stand in the column of their own, never below zero elsewhere."""
    before = figures()
    draft = cast.draft(books.branch, kind, "1,000.00", TODAY - timedelta(3), reason="price")
    advance = post_item(who(), draft)
    after = figures()
    assert Decimal(after["unapplied"]) == Decimal(before["unapplied"]) - 1_000
    assert after["buckets"] == before["buckets"]
    assert Decimal(after["total"]) == Decimal(before["total"]) - 1_000

    taken = take_payment(
        who(),
        books.branch.pk,
        Money(90_000, "USD"),
        [Use(books.branch_invoice.pk)],
        entity_id=books.entity.pk,
    )
    assert (taken.applied, taken.unapplied) == (30_000, 60_000)
    assert Decimal(figures()["unapplied"]) == Decimal(after["unapplied"]) - 600
    assert Item.objects.get(pk=advance.item_ids[0]).open == 100_000
    assert all(Decimal(amount) >= 0 for amount in figures()["buckets"].values())


@pytest.mark.trap(16)
def test_an_item_ages_by_the_sign_of_its_days_and_to_the_day(db: None) -> None:
    """40 days before its due date is current, 40 after it is 31-60; a day before and after midnight are not the same age."""
    of = cast.customer("Acme")
    for amount, days in (
        ("1.00", 40),
        ("2.00", -40),
        ("4.00", 1),
        ("8.00", 0),
        ("16.00", -1),
        ("32.00", -30),
        ("64.00", -31),
    ):
        cast.invoice(of, amount, due=TODAY + timedelta(days), document=TODAY - timedelta(60))
    assert figures()["buckets"] == {
        "current": "13.00",
        "1-30": "48.00",
        "31-60": "66.00",
        "61-90": "0.00",
        "91+": "0.00",
    }


@pytest.mark.trap(18)
def test_a_post_dated_receipt_counts_on_its_day_for_each_invoice_by_itself(books: Books) -> None:
    """Money of today is refused for tomorrow; used on one invoice it leaves the customer's other invoices as they were."""
    with pytest.raises(Refused) as refused:
        take_payment(
            who(), books.lakeside.pk, Money(50_000, "USD"), [Use(books.late.pk)], entity_id=books.entity.pk,
            received_on=TODAY, posted_on=TODAY + timedelta(1),
        )  # fmt: skip
    assert refused.value.code == "posting_in_future"
    take_payment(
        who(), books.lakeside.pk, Money(50_000, "USD"), [Use(books.late.pk)], entity_id=books.entity.pk
    )
    assert Item.objects.get(pk=books.current.pk).open == 100_000
    rows = {row.number: row for row in aging(TODAY - timedelta(1), TODAY, POLICY, by="customer").rows}
    assert rows["L-100"].figures.debits == 150_000
    assert {row.number: row.figures.debits for row in aging(TODAY, TODAY, POLICY, by="customer").rows}[
        "L-100"
    ] == 100_000


@pytest.mark.trap(3)
@pytest.mark.rule("P1")
def test_nobody_is_asked_on_the_due_date_itself(db: None) -> None:
    """Due today is not past due: no call, no bucket; tomorrow it is one day past due."""
    of = cast.customer("Acme", number="A-1", collector=cast.user("collector", "alice"), country="US")
    cast.invoice(of, "10.00", due=TODAY, document=TODAY - timedelta(30))
    run_daily(the_clock(TODAY, moment(TODAY, 4)), TODAY)
    decided = Decision.objects.get(customer=of, day=TODAY)
    assert (decided.step, decided.code) == ("none", "nothing_past_due")
    assert figures()["past_due"] == "0.00"
    tomorrow = TODAY + timedelta(1)
    late = aging(tomorrow, tomorrow, POLICY).totals[0]
    assert (late.past_due, late.items_past_due) == (1_000, 1)


@pytest.mark.invariant(14)
def test_the_payments_of_a_file_are_its_total_and_a_payment_posts_wholly_or_not_at_all(
    books: Books, tmp_path: Path
) -> None:
    path = tmp_path / "bank.csv"
    rows = [
        "L-100,US01,P1,USD,500.00,2026-11-20,wire,INV-1001",
        "L-100,US01,P2,USD,0.01,2026-11-20,wire,",
        "H-200,US01,P3,USD,800.00,2026-11-21,wire,INV-2001=750.00",
        "L-100,US01,P4,USD,10.00,2026-11-21,wire,INV-1002=6.00; INV-1002=6.00",  # names more than there is
    ]
    path.write_text(
        "\n".join(["customer,entity,number,currency,amount,value_on,reference,invoices", *rows]),
        encoding="utf-8",
    )
    applications = Application.objects.count()
    report = import_file(who(), path, "payments")
    assert (report.new, report.refused, [(each.line, each.code) for each in report.problems if each.refused]) == (
        3, 1, [(5, "uses_exceed_amount")],
    )  # fmt: skip
    made = Item.objects.filter(kind="payment", number__in=("P1", "P2", "P3", "P4"))
    assert sum(made.values_list("amount", flat=True)) == 50_000 + 1 + 80_000 == report.totals[0].amount.minor
    assert Application.objects.count() == applications + 2
    strangers = cast.invoice(books.harbour, "50.00")
    with pytest.raises(Refused):  # the second use is impossible, so the first is not made either
        take_payment(
            who(), books.lakeside.pk, Money(20_000, "USD"),
            [Use(books.current.pk, Money(5_000, "USD")), Use(strangers.pk, Money(5_000, "USD"))], entity_id=books.entity.pk,
        )  # fmt: skip
    assert Application.objects.count() == applications + 2
    assert verify(TODAY, POLICY).clean
