"""Rows that are in the books already: the same changes nothing, what differs becomes entries of its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.import_file_test import HEAD, ONE, books_digest, file, sound, take
from dunlin.actions.save_mapping import save_mapping
from dunlin.records import models
from tests import cast


def test_a_due_date_that_differs_is_a_logged_change_and_once_only(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE))
    later = file(tmp_path, ONE.replace("2026-10-01", "2026-10-15"))
    report = take(later)
    assert report.changed == 1
    assert [(c.field, c.before, c.after) for c in report.changes] == [("due_on", "2026-10-01", "2026-10-15")]
    item = models.Item.objects.get()
    assert item.due_on == date(2026, 10, 15)
    assert item.due_date_changes.count() == 1
    assert models.DiaryLine.objects.filter(about=f"item:{item.pk}").count() == 1
    assert take(later).same == 1
    assert sound()


def test_a_due_date_a_person_changed_stands_until_the_file_says_something_new(
    db: None, tmp_path: Path
) -> None:
    path = file(tmp_path, ONE)
    take(path)
    item = models.Item.objects.get()
    change_due_date(cast.who("ar_manager"), item.pk, date(2026, 12, 1), reason="Extension")
    assert take(path).same == 1
    item.refresh_from_db()
    assert item.due_on == date(2026, 12, 1)


def test_more_paid_becomes_a_further_settlement_posted_today(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE))
    paid = file(tmp_path, ONE.replace("100.00,0.00,100.00", "100.00,70.00,30.00"))
    report = take(paid)
    item = models.Item.objects.get(number="INV-1")
    assert (report.changed, item.open, item.amount) == (1, 3000, 10000)
    settlement = models.Item.objects.get(kind="payment")
    assert (settlement.amount, settlement.open, settlement.posted_on) == (7000, 0, cast.TODAY)
    before = books_digest()
    assert take(paid).same == 1
    assert books_digest() == before
    assert sound()

    full = file(tmp_path, ONE.replace("100.00,0.00,100.00", "100.00,100.00,0.00"))
    take(full)
    item.refresh_from_db()
    assert (item.open, item.closed_on) == (0, cast.TODAY)
    assert take(full).same == 1
    assert sound()


def test_less_paid_than_before_is_refused(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE.replace("100.00,0.00,100.00", "100.00,70.00,30.00")))
    report = take(file(tmp_path, ONE))
    assert (report.refused, report.problems[0].code) == (1, "paid_fell")


@pytest.mark.parametrize(
    "amount, kind, open_after, unapplied",
    [("120.00", "debit_memo", 10000, 0), ("80.00", "credit_memo", 8000, 0)],
    ids=["more", "less"],
)
def test_another_amount_is_corrected_by_a_memo_that_names_the_document(
    db: None, tmp_path: Path, amount: str, kind: str, open_after: int, unapplied: int
) -> None:
    take(file(tmp_path, ONE))
    changed = file(tmp_path, ONE.replace("100.00,0.00,100.00", f"{amount},0.00,{amount}"))
    report = take(changed)
    item = models.Item.objects.get(number="INV-1")
    memo = models.Item.objects.get(kind=kind)
    assert (report.changed, memo.amount, memo.corrects_id, item.amount) == (1, 2000, item.pk, 10000)
    assert item.open == open_after
    assert memo.open == (2000 if kind == "debit_memo" else unapplied)
    assert report.changes[0].after == f"{amount} USD"
    before = books_digest()
    assert take(changed).same == 1
    assert books_digest() == before
    assert sound()
    # And back again: a second correction, the other way round.
    assert take(file(tmp_path, ONE)).changed == 1
    assert sound()


def test_an_amount_and_its_payment_change_together(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE))
    both = file(tmp_path, ONE.replace("100.00,0.00,100.00", "80.00,80.00,0.00"))
    assert take(both).changed == 1
    assert models.Balance.objects.count() == 0
    assert models.Item.objects.filter(open__gt=0).count() == 0
    assert take(both).same == 1
    assert sound()


@pytest.mark.rule("P5")
def test_a_correction_upwards_stays_in_the_class_and_month_of_its_document(db: None, tmp_path: Path) -> None:
    head = "customer,entity,number,invoice_class,service_month,currency,amount,document_on,due_on"
    row = "C1,US01,INV-1,mrr,2026-08,USD,{},2026-08-01,2026-08-31"
    take(file(tmp_path, row.format("100.00"), head=head))
    take(file(tmp_path, row.format("120.00"), head=head))
    made = models.Item.objects.get(kind="debit_memo")
    assert (made.amount, made.invoice_class, made.service_month) == (2000, "mrr", date(2026, 8, 1))
    assert sound()


def test_a_reference_that_differs_is_amended_with_a_diary_line(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE))
    report = take(file(tmp_path, ONE.replace("PO1", "PO2")))
    item = models.Item.objects.get()
    assert (report.changed, item.po_number) == (1, "PO2")
    line = models.DiaryLine.objects.get(about=f"item:{item.pk}")
    assert (line.before, line.after) == ({"po_number": "PO1"}, {"po_number": "PO2"})
    assert take(file(tmp_path, ONE.replace("PO1", ""))).same == 1  # a blank cell says nothing


@pytest.mark.trap(40)
def test_another_customer_for_a_posted_document_is_refused(db: None, tmp_path: Path) -> None:
    head = HEAD.replace("customer,", "account,", 1)
    text = "name: by-number\nkind: items\ncolumns: {customer: account, number: number, currency: currency, amount: amount, document_on: document_on, due_on: due_on}\nidentity: [number]\n"
    mapping = save_mapping(cast.who("ar_manager"), text)
    take(file(tmp_path, ONE, head=head), mapping=mapping)
    report = take(file(tmp_path, ONE.replace("C1", "C9"), head=head), mapping="by-number")
    assert (report.refused, report.problems[0].code) == (1, "fact_changed")
    assert not models.Customer.objects.filter(number="C9").exists()


def test_a_document_known_from_elsewhere_is_not_posted_twice(books: Any, tmp_path: Path) -> None:
    late = books.late
    row = f"{late.customer.number},,{late.entity.code},{late.number},USD,{late.amount / 100:.2f},,,{late.document_on},{late.due_on},,,"
    assert take(file(tmp_path, row)).same == 1


def test_an_open_only_file_lowers_the_open_amount_by_a_settlement(db: None, tmp_path: Path) -> None:
    head = "customer,entity,number,currency,open,document_on,due_on"
    mapping = "name: open-only\nkind: items\ncolumns: {customer: customer, entity: entity, number: number, currency: currency, open: open, document_on: document_on, due_on: due_on}\n"
    save_mapping(cast.who("ar_manager"), mapping)
    row = "C1,US01,INV-1,USD,{},2026-09-01,2026-10-01"
    take(file(tmp_path, row.format("100.00"), head=head), mapping="open-only")
    lower = file(tmp_path, row.format("40.00"), head=head)
    assert take(lower, mapping="open-only").changed == 1
    assert models.Item.objects.get(number="INV-1").open == 4000
    assert models.Item.objects.get(kind="payment").amount == 6000
    assert take(lower, mapping="open-only").same == 1
    assert sound()
