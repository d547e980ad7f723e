"""An import on a day that is decided already decides again for whom it touched, in few queries; on any other day it adds none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions import import_file as importing
from dunlin.actions import nightly
from dunlin.actions.doing import the_clock
from dunlin.actions.import_file import import_file
from dunlin.actions.run_daily import decide_touched, run_daily
from dunlin.records.models import Customer, Decision
from dunlin.records.policies import current_policy
from dunlin.reports.worklist import worklist
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

NIGHT = the_clock(TODAY, moment(TODAY, 4))
PAYMENTS = "customer,value_on,amount,currency,invoices"
ITEMS = "entity,customer,kind,number,document date,due date,amount,open amount,currency"


def take(folder: Path, kind: str, *rows: str, **more: Any) -> Any:
    path = folder / f"{kind}.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return import_file(cast.who(at=moment(TODAY, 12)), path, kind, **more)


def owing(number: str, document: str, amount: str = "1,000.00", days: int = 10) -> Customer:
    customer = cast.customer(number=number)
    cast.invoice(customer, amount, due=TODAY - timedelta(days), number=document)
    return customer


def decisions(of: Customer) -> list[tuple[int, str, str]]:
    rows = Decision.objects.filter(customer=of, day=TODAY).order_by("revision")
    return list(rows.values_list("revision", "step", "code"))


@pytest.mark.req("B2")
@pytest.mark.req("A9")
@pytest.mark.rule("P5")
def test_payments_of_a_file_take_customers_off_the_list_of_the_day(tmp_path):
    paid, part, untouched = owing("K1", "N1"), owing("K2", "N2"), owing("K3", "N3")
    cast.invoice(part, "5.00", due=TODAY - timedelta(40), number="N4")
    run_daily(NIGHT, TODAY)
    assert decisions(part) == [(0, "call", "due_late")]
    rows = "K1,2026-11-25,1000.00,USD,N1", "K2,2026-11-25,5.00,USD,N4"
    take(tmp_path, "payments", PAYMENTS, *rows, dry_run=True)
    assert decisions(paid) == [(0, "call", "due_early")]
    take(tmp_path, "payments", PAYMENTS, *rows)
    assert decisions(paid)[1:] == [(1, "none", "nothing_open")]
    assert decisions(part)[1:] == [(1, "call", "due_early")]
    assert decisions(untouched) == [(0, "call", "due_early")]
    states = {
        entry.number: (entry.rank, entry.state) for entry in worklist(TODAY, None, current_policy()).entries
    }
    # The list stays as it was chosen.
    assert states == {"K2": (1, "todo"), "K1": (2, "no_longer_needed"), "K3": (3, "todo")}
    take(tmp_path, "payments", PAYMENTS, *rows)
    assert len(decisions(paid)) == len(decisions(part)) == 2


@pytest.mark.req("B2")
def test_items_and_contacts_of_a_file_decide_again_too(tmp_path):
    settled, quiet, fresh = owing("K1", "N1"), owing("K2", "N2"), cast.customer(number="K3")
    run_daily(NIGHT, TODAY)
    take(
        tmp_path, "items", ITEMS,
        "US01,K1,invoice,N1,2026-10-16,2026-11-15,1000.00,0.00,USD",
        "US01,K3,invoice,N9,2026-10-16,2026-11-15,50.00,50.00,USD",
    )  # fmt: skip
    assert decisions(settled)[1:] == [(1, "none", "nothing_open")]
    assert decisions(fresh) == []  # decided by the night, as after any act
    take(tmp_path, "contacts", "customer,name,phone,do not call", "K2,Ann,+1 212 555 0100,yes")
    assert decisions(quiet)[1:] == [(1, "email", "due_early")]


@pytest.mark.req("B2")
def test_many_are_decided_again_in_as_many_queries_as_a_few_and_in_one_on_an_undecided_day(
    monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr("dunlin.actions.run_daily._TOUCHED_A_TIME", 50)
    some = [owing(f"K{n}", f"N{n}") for n in range(40)]
    ids = [each.pk for each in some]
    with django_assert_num_queries(1):
        assert decide_touched(NIGHT, ids) == 0
    run_daily(NIGHT, TODAY)
    Customer.objects.filter(pk__in=ids).update(name="Renamed")
    counts = []
    for touched in (ids[:2], ids):
        for each in touched:
            cast.payment(Customer.objects.get(pk=each), "1.00")
        with CaptureQueriesContext(connection) as seen:
            assert decide_touched(NIGHT, touched) == len(touched)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 30


@pytest.mark.req("B2")
def test_more_than_an_import_waits_for_are_decided_again_by_a_job(tmp_path, monkeypatch):
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(importing, "DECIDED_AT_ONCE", 1)
    monkeypatch.setattr(importing, "async_task", lambda *given, **more: queued.append(given))
    first, second = owing("K1", "N1"), owing("K2", "N2")
    rows = "K1,2026-11-25,1000.00,USD,N1", "K2,2026-11-25,1000.00,USD,N2"
    run_daily(NIGHT, TODAY)
    report = take(tmp_path, "payments", PAYMENTS, *rows)
    assert any(told.startswith("2 customers changed") for told in report.notices)
    assert len(decisions(first)) == 1
    monkeypatch.setattr(nightly, "today", lambda zone: TODAY)
    [(func, day)] = queued
    assert (func, nightly.decide_day_again(day)) == (
        "dunlin.actions.nightly.decide_day_again",
        "2 decisions revised",
    )
    assert decisions(first)[1:] == decisions(second)[1:] == [(1, "none", "nothing_open")]
    assert nightly.decide_day_again("2026-11-24") == "over already"


@pytest.mark.req("B2")
def test_a_day_without_decisions_asks_for_no_job(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "DECIDED_AT_ONCE", 0)
    monkeypatch.setattr(importing, "async_task", lambda *given, **more: pytest.fail("queued"))
    owing("K1", "N1")
    assert take(tmp_path, "payments", PAYMENTS, "K1,2026-11-25,1000.00,USD,N1").new == 1
