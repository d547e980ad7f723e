"""Files taken in: what is posted, what a second time does, what a changed row becomes, what is refused and why."""

from __future__ import annotations

import hashlib
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from dunlin.actions import import_file as importing
from dunlin.actions.import_file import import_file, run_stored, start_import, store_file
from dunlin.actions.import_items import ItemImport
from dunlin.actions.preview_import import preview_import
from dunlin.records import models
from dunlin.records.policies import current_policy
from dunlin.reports.imports import corrections_csv, import_run
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from tests import cast, shared_data

HEAD = "customer,customer_name,entity,number,currency,amount,paid,open,document_on,due_on,settled_on,po_number,description"
TABLES = (
    "item",
    "application",
    "customer",
    "customername",
    "duedatechange",
    "balance",
    "paymentterms",
    "entity",
)


def file(folder: Path, *rows: str, name: str = "items.csv", head: str = HEAD) -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def books_digest() -> str:
    """A fingerprint of every row of the books."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM records_{table} ORDER BY id")
            for row in cursor.fetchall():
                digest.update(repr(row).encode())
    return digest.hexdigest()


def take(path: Path, kind: str = "items", **more: Any) -> Any:
    return import_file(cast.who("ar_manager"), path, kind, **more)


def sound() -> bool:
    found = verify(cast.TODAY, current_policy())
    assert found.clean, found.text()
    return True


ONE = "C1,Acme Ltd,US01,INV-1,USD,100.00,0.00,100.00,2026-09-01,2026-10-01,,PO1,Screws"


# --- real books ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("A9")
@pytest.mark.invariant(13)
def test_an_open_book_of_9700_items_is_taken_in_to_the_cent_and_a_second_time_changes_nothing(
    db: None,
) -> None:
    path = shared_data.require("data/invoices/highradius_open_book_A.csv.gz")
    first = take(path)
    assert (first.new, first.refused, first.mapping_name) == (9700, 0, "highradius-open-book")
    assert {t.currency: (t.rows, t.amount.plain, t.open.plain) for t in first.totals} == {
        "USD": (8953, "275113716.83", "275113716.83"),
        "CAD": (747, "44471009.08", "44471009.08"),
    }
    posted = dict(models.Item.objects.values_list("currency").annotate(Sum("open")).order_by())
    assert posted == {"USD": 27511371683, "CAD": 4447100908}
    assert models.Customer.objects.count() == 664
    assert models.Customer.objects.filter(names__isnull=False).distinct().count() >= 399
    assert first.warnings == 32  # those that fall due before their document date
    assert sound()

    before = books_digest()
    second = take(path)
    assert (second.new, second.changed, second.same, second.refused) == (0, 0, 9700, 0)
    assert books_digest() == before


@pytest.mark.req("A9")
def test_settled_and_part_settled_invoices_become_items_payments_and_applications(db: None) -> None:
    path = shared_data.require("data/invoices/payables_settled_outstanding_train.csv.gz")
    report = take(path)
    assert (report.new, report.refused) == (8753, 0)
    part_paid = models.Item.objects.filter(side=1, open__gt=0)
    assert sum(1 for item in part_paid if item.open < item.amount) == 634
    assert report.totals[0].open.minor == part_paid.aggregate(Sum("open"))["open__sum"]
    assert (
        models.Item.objects.filter(kind="payment", open=0, reason="imported").count()
        == report.created["settlements"]
    )
    assert sound()
    assert take(path).same == 8753


def test_a_preview_counts_and_writes_nothing(db: None, tmp_path: Path) -> None:
    path = file(tmp_path, ONE, "C2,Beta,US01,INV-2,EUR,50,,,2026-09-01,bad,,,")
    before = books_digest()
    shown = preview_import(cast.who("ar_manager"), path)
    assert (shown.rows, shown.new, shown.refused, shown.kind, shown.ready) == (2, 1, 1, "items", True)
    assert [(p.line, p.column, p.value) for p in shown.problems] == [(3, "due_on", "bad")]
    assert dict(shown.sample[0])["amount"] == "100.00 USD"
    assert books_digest() == before
    assert not models.ImportRun.objects.exists()


# --- refusals -----------------------------------------------------------------------------------------------------------


def test_a_refused_row_holds_nothing_back_and_can_be_corrected_and_run_again(
    db: None, tmp_path: Path
) -> None:
    bad = ONE.replace("INV-1", "INV-2").replace("2026-09-01", "soon")
    report = take(file(tmp_path, ONE, bad))
    assert (report.new, report.refused) == (1, 1)
    assert (report.problems[0].line, report.problems[0].column, report.problems[0].value) == (
        3,
        "document_on",
        "soon",
    )
    corrections = "".join(corrections_csv(report.run_id))
    assert "dunlin reason" in corrections
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(corrections.replace("soon", "2026-09-02"), encoding="utf-8")
    assert take(corrected).new == 1
    assert models.Item.objects.count() == 2


def test_a_locked_period_refuses_its_rows_by_name(db: None, tmp_path: Path) -> None:
    cast.period(cast.entity("US01"), date(2026, 9, 1), date(2026, 9, 30), locked=True)
    report = take(file(tmp_path, ONE, ONE.replace("INV-1", "INV-2").replace("2026-09-01", "2026-10-01")))
    assert (report.new, report.refused, report.problems[0].code) == (1, 1, "period_locked")
    assert "2026-10-01" in report.problems[0].sentence


def test_a_settlement_in_a_locked_period_is_posted_on_the_first_open_day(db: None, tmp_path: Path) -> None:
    cast.period(cast.entity("US01"), date(2026, 10, 1), date(2026, 10, 31), locked=True)
    row = ONE.replace("100.00,0.00,100.00", "100.00,100.00,0.00").replace(
        "2026-10-01,,", "2026-10-01,2026-10-05,"
    )
    report = take(file(tmp_path, row))
    payment = models.Item.objects.get(kind="payment")
    assert (payment.value_on, payment.posted_on) == (date(2026, 10, 5), date(2026, 11, 1))
    assert report.warnings == 1
    assert sound()


def test_a_row_posted_after_today_is_refused(db: None, tmp_path: Path) -> None:
    report = take(file(tmp_path, ONE.replace("2026-09-01", "2026-12-01")))
    assert (report.new, report.problems[0].code) == (0, "posting_in_future")


def test_days_and_months_that_cannot_be_told_apart_are_asked(db: None, tmp_path: Path) -> None:
    head = "Customer,Invoice No,Currency,Amount,Invoice Date,Due Date"
    path = file(tmp_path, "C1,A1,USD,10.00,01/02/2026,03/04/2026", head=head)
    with pytest.raises(Refused) as refused:
        take(path)
    assert refused.value.code == "mapping_question"
    assert "--date-order" in str(refused.value)
    assert not models.ImportRun.objects.exists()
    report = take(path, answers={"date_order": "dmy"})
    assert (report.new, models.Item.objects.get().document_on) == (1, date(2026, 2, 1))


def test_a_collector_may_not_import(db: None, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        import_file(cast.who("collector"), file(tmp_path, ONE), "items")
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize("bad", [b"", b"%PDF-1.7", b"\x1f\x8b broken"], ids=["empty", "pdf", "damaged"])
def test_a_file_that_is_no_table_is_refused_as_a_whole(db: None, tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(bad)
    with pytest.raises(Refused) as refused:
        take(path)
    assert refused.value.code == "file_not_understood"


# --- runs ---------------------------------------------------------------------------------------------------------------


def test_a_run_that_is_killed_goes_on_when_it_is_run_again(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [ONE.replace("INV-1", f"INV-{n}") for n in range(25)]
    path = file(tmp_path, *rows)
    whole, taken = ItemImport.take, []

    def killed(self: ItemImport, chunk: Any, write: bool) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(len(chunk))
        whole(self, chunk, write)

    monkeypatch.setattr(ItemImport, "take", killed)
    with pytest.raises(KeyboardInterrupt):
        take(path, chunk_rows=10)
    assert models.Item.objects.count() == 20
    monkeypatch.setattr(ItemImport, "take", whole)
    report = take(path, chunk_rows=10)
    assert (report.new, report.same, models.Item.objects.count()) == (5, 20, 25)
    assert sound()


def test_a_dry_run_tells_everything_and_leaves_nothing(db: None, tmp_path: Path) -> None:
    before = books_digest()
    report = take(file(tmp_path, ONE, ONE.replace("INV-1", "INV-2"), "bad"), dry_run=True, chunk_rows=1)
    assert (report.new, report.refused, report.dry_run, report.created["customers"]) == (2, 1, True, 1)
    assert books_digest() == before


def test_a_stored_file_is_run_by_the_jobs_and_only_once(
    db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(importing, "async_task", lambda *given, **more: queued.append(given))
    stored = store_file(io.BytesIO((HEAD + "\n" + ONE + "\n").encode()))
    manager = cast.user("ar_manager", "mona")
    run_id = start_import(cast.who(manager), stored, "items", name="mine.csv")
    assert queued == [("dunlin.actions.import_file.run_stored", run_id)]
    assert import_run(run_id).state == "waiting"
    run_stored(run_id)
    report = import_run(run_id)
    assert (report.state, report.new, report.percent, report.file_name, report.by) == (
        "done",
        1,
        100,
        "mine.csv",
        "Mona",
    )
    run_stored(run_id)
    assert models.Item.objects.count() == 1
    line = models.DiaryLine.objects.get(about=f"import:{run_id}")
    assert (line.by_id, line.after["new"]) == (manager.pk, 1)


def test_statements_do_not_grow_with_the_rows(
    db: None, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    rows = [ONE.replace("INV-1", f"INV-{n}").replace("C1,Acme", f"C{n},Acme") for n in range(300)]
    path = file(tmp_path, *rows)
    with django_assert_max_num_queries(55):
        take(path)
    with django_assert_max_num_queries(55):
        take(path)


@pytest.mark.trap(48)
def test_names_with_other_blanks_are_one_name(db: None, tmp_path: Path) -> None:
    take(file(tmp_path, ONE, ONE.replace("INV-1", "INV-2").replace("Acme Ltd", "Acme\u00a0 Ltd ")))
    assert models.Customer.objects.get().name == "Acme Ltd"
    assert not models.CustomerName.objects.exists()


def test_terms_give_the_due_date_a_row_does_not_state(db: None, tmp_path: Path) -> None:
    head = "customer,number,currency,amount,document_on,terms"
    path = file(tmp_path, "C1,A1,USD,10,2026-09-01,NET30", "C1,A2,USD,10,2026-09-01,ZZ9", head=head)
    report = take(path)
    assert (report.new, report.problems[0].code) == (1, "due_date_missing")
    assert models.Item.objects.get().due_on == date(2026, 9, 1) + timedelta(days=30)


@pytest.mark.req("B3")
@pytest.mark.trap(30)
def test_customers_from_a_file_get_no_zone_that_nobody_stated(db, tmp_path):
    take(file(tmp_path, ONE))
    head = "number,name,country,region,time_zone"
    rows = "C2,Beta,US,CA,", "C3,Gamma,,,Asia/Manila"
    take(file(tmp_path, *rows, name="customers.csv", head=head), "customers")
    zones = models.Customer.objects.order_by("number").values_list("number", "time_zone")
    assert list(zones) == [("C1", ""), ("C2", ""), ("C3", "Asia/Manila")]
