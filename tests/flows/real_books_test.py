"""Two real books through the command line: taken in, aged as of past days, worked, proved. Skipped without the sample data.

Both are taken in once; each test is undone. What the program says is compared with the files themselves and with a slow
recomputation from the program's own export.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_payment import Use, take_payment
from dunlin.cli.standing import ledger_today
from dunlin.records.clock import now
from dunlin.records.models import Application, Customer, DiaryLine, ImportRun, Item
from dunlin.rules.money import Money
from tests import cast, shared_data, slow_books
from tests.typed import dunlin

pytestmark = pytest.mark.django_db

OPEN_BOOK = "data/invoices/highradius_open_book_A.csv.gz"
SETTLED = "data/invoices/payables_settled_outstanding_train.csv.gz"
MAY = date(2020, 5, 31)
DAYS = [date(2011, 5, 8), date(2011, 5, 9), date(2013, 12, 31), date(2016, 2, 29), date(2020, 2, 27), date(2020, 3, 15),
        date(2020, 4, 1), date(2020, 5, 22), MAY, date(2020, 8, 19)]  # fmt: skip


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def cents(text: str) -> Decimal:
    """The file carries the noise of floats; an amount of money has two places."""
    return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Taken:
    """The paths of both files, and what the program told about them."""

    open_book: Path
    settled: Path
    told: list[dict[str, Any]]


@pytest.fixture(scope="module")
def both(django_db_setup: None, django_db_blocker: Any) -> Iterator[Taken]:
    """Both books, taken in once for all the tests here and undone at the end."""
    paths = shared_data.require(OPEN_BOOK), shared_data.require(SETTLED)
    with django_db_blocker.unblock(), transaction.atomic():
        told = [dunlin("import", "items", path, "--json").json["imports"][0] for path in paths]
        yield Taken(*paths, told)
        transaction.set_rollback(True)


@pytest.fixture
def taken(both: Taken, db: None) -> Taken:
    """The same; what a test does to them is undone, as always."""
    return both


def exported(folder: Path) -> slow_books.Export:
    told = dunlin("export", folder / "out", "--json")
    assert told.status == 0, told.err
    return slow_books.read(folder / "out")


def aging(as_of: date, *words: object) -> dict[str, Any]:
    told = dunlin("aging", "--as-of", as_of, "--json", *words)
    assert told.status == 0, told.err
    return told.json["currencies"]  # type: ignore[no-any-return]


@pytest.mark.req("A9")
@pytest.mark.req("H8")
def test_the_open_book_is_taken_in_to_the_cent(taken: Taken) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    rows = rows_of(taken.open_book)
    for row in rows:
        sums[row["invoice_currency"]] += cents(row["total_open_amount"])
        counts[row["invoice_currency"]] += 1
    assert counts == {"USD": 8_953, "CAD": 747}
    assert sum(sums.values()) == Decimal("319584725.91")

    told = taken.told[0]
    assert (told["rows"], told["new"], told["refused"], told["created"]["customers"]) == (
        9_700,
        9_700,
        0,
        664,
    )
    assert {one["currency"]: (one["rows"], Decimal(one["open"])) for one in told["totals"]} == {
        code: (counts[code], sums[code]) for code in sums
    }
    kept = Item.objects.filter(source="highradius-open-book")
    for code, amount in sums.items():
        assert Decimal(sum(kept.filter(currency=code).values_list("open", flat=True))) / 100 == amount
    numbers = set(kept.values_list("number", "due_on", "posted_on", "customer__number", "entity__code"))
    assert numbers == {
        (
            row["invoice_id"].removesuffix(".0"), date.fromisoformat(row["due_in_date"]),
            date.fromisoformat(row["posting_date"]), row["cust_number"], row["business_code"],
        )
        for row in rows
    }  # fmt: skip


@pytest.mark.req("A3")
def test_the_settled_book_keeps_its_part_payments(taken: Taken) -> None:
    rows = rows_of(taken.settled)
    part = [row for row in rows if cents(row["Outstanding"]) > 0]
    assert (len(rows), len(part)) == (8_753, 634)
    kept = Item.objects.filter(source="settled-outstanding", kind="invoice")
    assert kept.count() == 8_753
    left = kept.filter(open__gt=0)
    assert left.count() == 634
    assert sorted(left.values_list("open", "amount")) == sorted(
        (int(cents(row["Outstanding"]) * 100), int(cents(row["Amount"]) * 100)) for row in part
    )
    paid = Application.objects.filter(debit__source="settled-outstanding")
    assert Decimal(sum(paid.values_list("amount", flat=True))) / 100 == sum(
        cents(row["Settled"]) for row in rows
    )
    for debit_open, debit_amount, used in left.values_list("open", "amount", "settlements__amount"):
        assert debit_open == debit_amount - used


@pytest.mark.invariant(13)
@pytest.mark.trap(40)
def test_the_same_files_again_change_nothing(taken: Taken) -> None:
    def state() -> list[Any]:
        tables = (Item, Application, Customer)
        return [list(table.objects.order_by("pk").values_list()) for table in tables] + [
            DiaryLine.objects.exclude(verb="import_file").count()
        ]

    before, runs = state(), ImportRun.objects.count()
    for path in (taken.open_book, taken.settled):
        again = dunlin("import", "items", path, "--json").json["imports"][0]
        assert (again["new"], again["changed"], again["refused"], again["same"]) == (0, 0, 0, again["rows"])
    assert state() == before
    assert ImportRun.objects.count() == runs + 2


@pytest.mark.req("F2")
def test_aging_of_the_last_of_may_is_that_of_the_file(taken: Taken) -> None:
    """Straight from the rows of the file, item by item."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(slow_books.LABELS, Decimal()))
    counts: dict[str, int] = defaultdict(int)
    for row in rows_of(taken.open_book):
        days = (MAY - date.fromisoformat(row["due_in_date"])).days
        label = (
            "current"
            if days < 1
            else "1-30"
            if days < 31
            else "31-60"
            if days < 61
            else "61-90"
            if days < 91
            else "91+"
        )
        sums[row["invoice_currency"]][label] += cents(row["total_open_amount"])
        counts[label] += 1
    assert counts == {"current": 130, "1-30": 2_873, "31-60": 4_455, "61-90": 2_234, "91+": 8}
    entities = sorted({row["business_code"] for row in rows_of(taken.open_book)})
    told: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(slow_books.LABELS, Decimal()))
    for entity in entities:
        for code, each in aging(MAY, "--entity", entity).items():
            for label, amount in each["buckets"].items():
                told[code][label] += Decimal(amount)
    assert told == sums


@pytest.mark.req("A4")
@pytest.mark.req("H2")
@pytest.mark.invariant(4)
@pytest.mark.invariant(5)
def test_aging_as_of_ten_past_days_is_that_of_the_export(taken: Taken, tmp_path: Path) -> None:
    books = exported(tmp_path)
    assert len(books.items) == 9_700 + 8_753 + len(books.uses) - 8_753  # each payment is used once
    for day in DAYS:
        assert aging(day) == slow_books.aging(books, day), day


def work_late(day: date) -> None:
    """Postings entered an hour after the books, for days long gone: a payment, a reversal, an amendment, a dispute."""
    late = cast.who("ar_manager", today=day, at=now() + timedelta(hours=1))
    first, second, third = Item.objects.filter(source="highradius-open-book", currency="CAD").order_by(
        "-amount"
    )[:3]
    take_payment(
        late, first.customer_id, Money(first.amount // 2 + 1, "CAD"), [Use(first.pk)], entity_id=first.entity_id,
        received_on=date(2020, 5, 25),
    )  # fmt: skip
    change_due_date(late, second.pk, MAY + timedelta(20), reason="agreed by mail", posted_on=date(2020, 5, 1))
    open_dispute(late, third.pk, Money(12_345, "CAD"), reason="price", opened_on=date(2020, 5, 24))
    settled = (
        Application.objects.filter(debit__source="settled-outstanding").order_by("-posted_on", "pk").first()
    )
    assert settled is not None
    reverse_application(late, settled.pk, reason="wrong invoice", posted_on=date(2020, 3, 1))


@pytest.mark.req("A4")
@pytest.mark.trap(12)
def test_as_known_then_and_as_known_now_differ_by_what_was_entered_late(taken: Taken, tmp_path: Path) -> None:
    then = now() + timedelta(minutes=30)
    before = {day: aging(day) for day in DAYS}
    work_late(ledger_today())
    books = exported(tmp_path)
    for day in DAYS:
        assert aging(day) == slow_books.aging(books, day), day
        assert (
            aging(day, "--known-at", then.isoformat()) == slow_books.aging(books, day, then) == before[day]
        ), day
    assert aging(MAY)["CAD"]["disputed"] == "123.45"
    assert aging(MAY)["CAD"] != before[MAY]["CAD"]
    assert aging(MAY)["USD"]["unapplied"] != "0.00"
    assert dunlin("verify").status == 0


@pytest.mark.req("B2")
@pytest.mark.req("H3")
@pytest.mark.trap(49)
def test_the_last_of_may_is_decided_listed_and_explained(taken: Taken) -> None:
    run = dunlin("run", "daily", "--date", MAY, "--json").json
    owing = Customer.objects.filter(items__open__gt=0, items__side=1).distinct().count()
    assert run["customers"] == run["calls"] + run["emails"] + run["silent"] == run["written"] == owing
    again = dunlin("run", "daily", "--date", MAY, "--json").json
    assert (again["written"], again["revised"]) == (0, 0)

    listed = dunlin("worklist", "--date", MAY, "--json").json  # nobody looks after these accounts yet
    assert len(listed["entries"]) == 75
    assert len(listed["entries"]) + listed["below_line"] == run["calls"]
    assert [each["position"] for each in listed["entries"]] == list(range(1, 76))
    for entry in listed["entries"][:3]:
        told = dunlin("why", entry["customer"], "--date", MAY, "--json").json
        assert (told["reason"], told["rank"]) == (entry["reason"], entry["position"])
        owed = aging(MAY, "--customer", entry["customer"])
        assert {each["currency"]: each["amount"] for each in entry["past_due"]} == {
            code: each["past_due"] for code, each in owed.items() if each["past_due"] != "0.00"
        }
    assert dunlin("worklist", "--date", MAY, "--limit", "3").out.count("\n") == 4


@pytest.mark.req("H5")
@pytest.mark.req("A9")
def test_the_books_are_proved_and_a_copy_of_their_export_is_the_same(taken: Taken, tmp_path: Path) -> None:
    proof = dunlin("verify", "--json").json
    assert (proof["clean"], proof["counts"]["item"]) == (True, 9_700 + 2 * 8_753)
    exported(tmp_path)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    sums = manifest["tables"]["items"]["sums"]["open"]
    assert (
        sums["CAD"]
        == f"{sum(cents(row['total_open_amount']) for row in rows_of(taken.open_book) if row['invoice_currency'] == 'CAD')}"
    )
