"""Payments, customers and contacts from files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.import_file_test import file, sound, take
from dunlin.records import models
from tests import cast

PAYMENTS = "customer,entity,number,currency,amount,value_on,reference,invoices"
CUSTOMERS = (
    "number,name,parent,currency,credit_limit,country,time_zone,email,street,city,collector,status,note"
)
CONTACTS = "customer,name,role,email,phone,do_not_call"


@pytest.fixture
def account(db: None) -> Any:
    acme = cast.customer("Acme", number="C1")
    cast.invoice(acme, "100.00", number="INV-1", due=date(2026, 10, 1))
    cast.invoice(acme, "50.00", number="INV-2", due=date(2026, 10, 5))
    return acme


@pytest.mark.invariant(2)
def test_a_payment_is_applied_to_the_invoices_it_names_and_the_rest_stays_unapplied(
    account: Any, tmp_path: Path
) -> None:
    path = file(tmp_path, "C1,US01,P1,USD,180.00,2026-10-10,wire,INV-1=100.00; INV-2", head=PAYMENTS)
    report = take(path, "payments")
    assert (report.new, report.created["applications"], report.warnings) == (1, 2, 0)
    payment = models.Item.objects.get(kind="payment")
    assert (payment.open, payment.posted_on) == (3000, date(2026, 10, 10))
    assert list(models.Item.objects.filter(kind="invoice").values_list("open", flat=True)) == [0, 0]
    assert sound()
    assert take(path, "payments").same == 1
    assert models.Application.objects.count() == 2


def test_ten_payments_of_one_chunk_never_apply_more_than_is_open(account: Any, tmp_path: Path) -> None:
    rows = [f"C1,US01,P{n},USD,30.00,2026-10-10,wire,INV-1" for n in range(10)]
    report = take(file(tmp_path, *rows, head=PAYMENTS), "payments")
    assert models.Item.objects.get(number="INV-1").open == 0
    assert sum(models.Application.objects.values_list("amount", flat=True)) == 10000
    assert (report.new, report.warnings) == (10, 6)  # six found nothing open any more
    assert sound()


@pytest.mark.req("A2")
@pytest.mark.invariant(17)
@pytest.mark.parametrize(
    "paid, on, says, left, discount",
    [
        ("98.00", "2026-09-10", "INV-3", 0, 200),
        ("98.00", "2026-09-10", "INV-3=98.00", 0, 200),
        ("98.00", "2026-09-12", "INV-3", 200, 0),  # a day late: a short pay
        ("97.99", "2026-09-10", "INV-3", 201, 0),  # a part payment
        ("100.00", "2026-09-10", "INV-3", 0, 0),  # took none of it
    ],
    ids=["in time", "with its amount", "a day late", "a cent too little", "in full"],
)
def test_a_payment_in_time_earns_the_discount_of_the_terms(
    account: Any, tmp_path: Path, paid: str, on: str, says: str, left: int, discount: int
) -> None:
    early = cast.invoice(
        account, "100.00", number="INV-3", document=date(2026, 9, 1), discount=200, discount_until=date(2026, 9, 11)
    )  # fmt: skip
    path = file(tmp_path, f"C1,US01,P1,USD,{paid},{on},wire,{says}", head=PAYMENTS)
    report = take(path, "payments")
    early.refresh_from_db()
    granted = list(models.Item.objects.filter(kind="discount").values_list("amount", "open", "reason"))
    assert (early.open, granted) == (left, [(discount, 0, "earned")] if discount else [])
    told = [(line.about, line.before, line.after) for line in report.changes]
    assert told == ([("INV-3", "2.00 USD", "0.00 USD")] if discount else [])
    assert report.created.get("discounts", 0) == bool(discount)
    assert sound()
    assert take(path, "payments").same == 1
    assert models.Item.objects.filter(kind="discount").count() == bool(discount)


@pytest.mark.invariant(17)
def test_one_payment_of_several_less_their_discounts_settles_them_all(account: Any, tmp_path: Path) -> None:
    """Half of the first was credited, so half of its discount is left: 49.00 and 98.00."""
    terms = {"document": date(2026, 9, 1), "discount": 200, "discount_until": date(2026, 9, 11)}
    first = cast.invoice(account, "100.00", number="INV-3", **terms)
    cast.invoice(account, "100.00", number="INV-4", **terms)
    cast.apply(cast.credit_memo(account, "50.00", on=date(2026, 9, 5)), first)
    path = file(tmp_path, "C1,US01,P1,USD,147.00,2026-09-10,wire,INV-3; INV-4", head=PAYMENTS)
    assert take(path, "payments").created["discounts"] == 2
    assert not models.Item.objects.filter(number__in=["INV-3", "INV-4"], open__gt=0).exists()
    assert sorted(models.Item.objects.filter(kind="discount").values_list("amount", flat=True)) == [100, 200]
    assert sound()


def test_an_unknown_invoice_or_another_customers_leaves_the_money_unapplied(
    account: Any, tmp_path: Path
) -> None:
    other = cast.customer("Other", number="C2")
    cast.invoice(other, "70.00", number="INV-9")
    report = take(
        file(tmp_path, "C1,US01,P1,USD,70.00,2026-10-10,wire,INV-9; INV-404", head=PAYMENTS), "payments"
    )
    assert [p.code for p in report.problems] == ["invoice_not_open", "invoice_not_open"]
    assert models.Item.objects.get(kind="payment").open == 7000
    assert sound()


def test_a_parent_pays_for_its_branch(account: Any, tmp_path: Path) -> None:
    models.Customer.objects.filter(pk=account.pk).update(parent=cast.customer("Head", number="H1"))
    take(file(tmp_path, "H1,US01,P1,USD,100.00,2026-10-10,wire,INV-1", head=PAYMENTS), "payments")
    assert models.Item.objects.get(number="INV-1").open == 0
    assert sound()


def test_naming_more_than_the_payment_is_refused(account: Any, tmp_path: Path) -> None:
    report = take(
        file(tmp_path, "C1,US01,P1,USD,90.00,2026-10-10,wire,INV-1=100.00", head=PAYMENTS), "payments"
    )
    assert (report.new, report.problems[0].code) == (0, "uses_exceed_amount")


def test_customers_come_in_any_order_and_hang_below_their_parents(db: None, tmp_path: Path) -> None:
    cast.user("collector", "alice")
    path = file(
        tmp_path,
        "B1,Branch,H1,USD,,Germany,Europe/Berlin,,,,alice,,",
        "H1,Head,,USD,1000.00,US,,ap@head.test,1 Main St,Boston,,active,Handle with care",
        "X1,Stray,NOPE,USD,,,Mars/Olympus,,,,nobody,,",
        head=CUSTOMERS,
    )
    report = take(path, "customers", chunk_rows=1)
    branch = models.Customer.objects.get(number="B1")
    assert (branch.parent.number, branch.country, branch.collector.username, branch.assigned_by_hand) == (
        "H1",
        "DE",
        "alice",
        True,
    )
    head = models.Customer.objects.get(number="H1")
    assert (head.credit_limit, head.addresses.get().city, head.notes.get().text) == (
        100000,
        "Boston",
        "Handle with care",
    )
    assert models.ContactPoint.objects.get().value == "ap@head.test"
    assert {p.code for p in report.problems} == {"parent_unknown", "zone_not_known", "user_not_known"}
    again = take(path, "customers")
    assert (again.new, again.changed, again.same) == (0, 0, 3)
    assert (
        models.Note.objects.count(),
        models.ContactPoint.objects.count(),
        models.Address.objects.count(),
    ) == (1, 1, 1)


def test_a_customer_that_differs_is_changed_with_before_and_after(db: None, tmp_path: Path) -> None:
    cast.customer("Acme", number="C1", credit_limit=500)
    report = take(file(tmp_path, "C1,Acme Inc,,USD,0.00,,,,,,,,", head=CUSTOMERS), "customers")
    acme = models.Customer.objects.get()
    assert (report.changed, acme.name, acme.credit_limit, acme.sort_name) == (1, "Acme Inc", 0, "acme inc")
    line = models.DiaryLine.objects.get(customer=acme)
    assert line.before == {"name": "Acme", "credit_limit": 500}


def test_a_circle_of_parents_is_not_closed(db: None, tmp_path: Path) -> None:
    report = take(file(tmp_path, "A,A,B,USD,,,,,,,,,", "B,B,A,USD,,,,,,,,,", head=CUSTOMERS), "customers")
    assert [p.code for p in report.problems] == ["parent_unknown"]


def test_contacts_are_added_and_changed_and_never_lose_a_number(account: Any, tmp_path: Path) -> None:
    path = file(tmp_path, "C1,Priya,ap,p@acme.test,+1 212 555 0143,no", "NOPE,Who,ap,,,", head=CONTACTS)
    report = take(path, "contacts")
    assert (report.new, report.refused, report.problems[0].code) == (1, 1, "customer_not_known")
    assert take(path, "contacts").same == 1
    changed = take(file(tmp_path, "C1,Priya,legal,q@acme.test,,yes", head=CONTACTS), "contacts")
    priya = models.Contact.objects.get()
    assert (changed.changed, priya.roles, priya.do_not_call) == (1, ["ap", "legal"], True)
    assert set(priya.points.values_list("value", flat=True)) == {
        "p@acme.test",
        "+1 212 555 0143",
        "q@acme.test",
    }
    assert take(path, "contacts").same == 1  # "no" does not lift what a person or another file has set
