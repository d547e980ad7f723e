"""A document its terms put into instalments: several items under one number, and one row of a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.import_file_test import books_digest, file, sound, take
from dunlin.actions.post_item import post_item
from dunlin.actions.save_mapping import save_mapping
from dunlin.records import models
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast

pytestmark = [pytest.mark.req("A2"), pytest.mark.trap(47)]
HEAD = "customer,entity,number,currency,amount,paid,document_on,terms,settled_on,po_number"
ROW = "C1,US01,{number},USD,{amount},{paid},2026-08-31,3X,,{po}"
DATES = [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 30)]


@pytest.fixture
def thirds(db: None) -> Any:
    """Three instalments a month apart, 2 % off when paid within ten days."""
    return cast.terms("3X", kind="instalments", count=3, discount_pct="2", discount_days=10)


def row(amount: str = "100.00", paid: str = "", number: str = "N1", po: str = "") -> str:
    return ROW.format(amount=amount, paid=paid, number=number, po=po)


def parts(number: str = "N1") -> list[tuple[Any, ...]]:
    found = models.Item.objects.filter(number=number, kind="invoice").order_by("instalment")
    return list(found.values_list("instalment", "amount", "open", "due_on"))


@pytest.mark.invariant(15)
@pytest.mark.invariant(16)
@pytest.mark.invariant(13)
def test_an_invoice_falls_due_in_the_instalments_of_its_terms_and_once_only(
    thirds: Any, tmp_path: Path
) -> None:
    path = file(tmp_path, row(), head=HEAD)
    report = take(path)
    assert (report.new, report.created["instalments"]) == (1, 3)
    assert parts() == [(1, 3333, 3333, DATES[0]), (2, 3333, 3333, DATES[1]), (3, 3334, 3334, DATES[2])]
    offers = models.Item.objects.order_by("instalment").values_list("discount", "discount_until")
    assert sum(discount for discount, _ in offers) == 200
    assert {until for _, until in offers} == {date(2026, 9, 10)}
    assert [(t.currency, t.rows, t.amount.minor) for t in report.totals] == [("USD", 1, 10000)]
    before = books_digest()
    assert take(path).same == 1
    assert books_digest() == before
    assert sound()


@pytest.mark.invariant(13)
def test_what_is_paid_fills_the_instalments_in_the_order_they_fall_due(thirds: Any, tmp_path: Path) -> None:
    take(file(tmp_path, row(paid="50.00"), head=HEAD))
    assert [part[2] for part in parts()] == [0, 1666, 3334]
    more = file(tmp_path, row(paid="90.00"), head=HEAD)
    assert take(more).changed == 1
    assert [part[2] for part in parts()] == [0, 0, 1000]
    assert take(more).same == 1
    assert sound()


def test_another_amount_corrects_the_document_and_not_each_instalment(thirds: Any, tmp_path: Path) -> None:
    take(file(tmp_path, row(), head=HEAD))
    higher = file(tmp_path, row("130.00"), head=HEAD)
    assert take(higher).changed == 1
    memo = models.Item.objects.get(kind="debit_memo")
    assert (memo.amount, memo.due_on) == (3000, DATES[2])
    assert take(higher).same == 1
    lower = file(tmp_path, row("80.00"), head=HEAD)
    assert take(lower).changed == 1
    assert sum(models.Item.objects.filter(side=1).values_list("open", flat=True)) == 8000
    assert take(lower).same == 1
    assert sound()


def test_a_reference_is_amended_on_every_instalment(thirds: Any, tmp_path: Path) -> None:
    take(file(tmp_path, row(), head=HEAD))
    assert take(file(tmp_path, row(po="PO-7"), head=HEAD)).changed == 1
    assert set(models.Item.objects.values_list("po_number", flat=True)) == {"PO-7"}


@pytest.mark.invariant(17)
def test_a_payment_of_the_document_less_its_discount_settles_every_instalment(
    thirds: Any, tmp_path: Path
) -> None:
    take(file(tmp_path, row(), head=HEAD))
    head = "customer,entity,number,currency,amount,value_on,invoices"
    paid = file(tmp_path, "C1,US01,P1,USD,98.00,2026-09-10,N1", name="payments.csv", head=head)
    assert take(paid, "payments").created["discounts"] == 3
    assert [part[2] for part in parts()] == [0, 0, 0]
    assert sound()


def test_a_due_date_or_an_instalment_in_the_file_counts_before_the_terms(thirds: Any, tmp_path: Path) -> None:
    head = "customer,entity,number,instalment,currency,amount,document_on,terms,due_on"
    take(
        file(
            tmp_path, "C1,US01,N1,,USD,100.00,2026-08-31,3X,2026-12-01", "C1,US01,N2,1,USD,50.00,2026-08-31,3X,",
            "C1,US01,N3,,USD,0.02,2026-08-31,3X,", head=head,
        )
    )  # fmt: skip
    assert parts("N1") == [(0, 10000, 10000, date(2026, 12, 1))]
    assert parts("N2") == [(1, 5000, 5000, DATES[2])]
    assert parts("N3") == [(0, 2, 2, DATES[2])]  # too little for three


def test_a_document_posted_in_instalments_elsewhere_is_not_posted_again(thirds: Any, tmp_path: Path) -> None:
    of = cast.customer(number="C1")
    document = cast.draft(of, "invoice", "100.00", date(2026, 8, 31), number="N1", terms_id=thirds.pk)
    assert len(post_item(cast.who(), document).item_ids) == 3
    path = file(tmp_path, row(), head=HEAD)
    assert take(path).same == 1
    # Another amount is not surely this document; it is posted and can be looked at.
    assert take(file(tmp_path, row("120.00"), head=HEAD)).new == 1


@pytest.mark.invariant(13)
def test_the_order_of_files_and_chunks_changes_nothing(thirds: Any, tmp_path: Path) -> None:
    rows = [row("100.00", number=f"N{number}") for number in range(7)]
    take(file(tmp_path, *rows, head=HEAD), chunk_rows=2)
    assert models.Item.objects.count() == 21
    assert take(file(tmp_path, *reversed(rows), head=HEAD), chunk_rows=3).same == 7
    assert models.Item.objects.count() == 21


def test_an_open_only_file_pays_the_first_instalments_first(thirds: Any, tmp_path: Path) -> None:
    columns = ", ".join(
        f"{name}: {name}"
        for name in ("customer", "entity", "number", "currency", "open", "document_on", "terms")
    )
    save_mapping(cast.who("ar_manager"), f"name: open-only\nkind: items\ncolumns: {{{columns}}}\n")
    head = "customer,entity,number,currency,open,document_on,terms"
    for still, expected in (("99.00", [3300, 3300, 3300]), ("40.00", [0, 700, 3300])):
        path = file(tmp_path, f"C1,US01,N1,USD,{still},2026-08-31,3X", head=head)
        take(path, mapping="open-only")
        assert [part[2] for part in parts()] == expected
        assert take(path, mapping="open-only").same == 1
    assert sound()


def test_a_posted_document_takes_due_date_and_discount_from_its_terms(thirds: Any) -> None:
    of = cast.customer()
    net = cast.terms("2/10N30", kind="net_days", days=30, discount_pct="2", discount_days=10)
    plain = cast.draft(of, "invoice", "100.00", date(2026, 11, 1), terms_id=net.pk)
    made = models.Item.objects.get(pk__in=post_item(cast.who(), plain).item_ids)
    assert (made.due_on, made.discount, made.discount_until) == (date(2026, 12, 1), 200, date(2026, 11, 11))
    given = cast.draft(of, "invoice", "100.00", date(2026, 11, 1), due=date(2026, 11, 20), terms_id=net.pk)
    made = models.Item.objects.get(pk__in=post_item(cast.who(), given).item_ids)
    assert (made.due_on, made.discount) == (date(2026, 11, 20), 0)
    halves = [(date(2026, 12, 1), Money(6000, "USD")), (date(2026, 12, 9), Money(4000, "USD"))]
    own = post_item(cast.who(), cast.draft(of, "invoice", "100.00", terms_id=thirds.pk), instalments=halves)
    assert len(own.item_ids) == 2
    memo = post_item(cast.who(), cast.draft(of, "credit_memo", "100.00", terms_id=thirds.pk))
    assert len(memo.item_ids) == 1
    unknown = cast.terms("ZZ", kind="unknown")
    with pytest.raises(Refused) as refused:
        post_item(cast.who(), cast.draft(of, "invoice", "100.00", terms_id=unknown.pk))
    assert refused.value.code == "terms_without_due_date"
