"""The sending pages: checklist and calendar, a run tried and run, its lines, the finals report, a strategy tried."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.formats.strategies import shipped_text
from dunlin.records.models import FinalsReport, Message, ProcessRun
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C1", "C2", "C3", "C6")]


@pytest.fixture
def mona(books: cast.Books) -> Client:
    keep_shipped(cast.moment(cast.TODAY))
    for customer in (books.lakeside, books.harbour):
        cast.contact(customer, email=f"ap@{customer.number.lower()}.test")
    return _client(books.mona)


def _client(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_checklist_says_each_process_and_twelve_dates(mona: Client) -> None:
    page = mona.get("/sending/").content.decode()
    for name in (
        "Statements",
        "Final invoices",
        "Past-due contacts",
        "Recurring invoices",
        "Call campaign e-mail",
    ):
        assert name in page
    assert "15 Dec" in page  # the next statement day


def test_a_try_keeps_nothing_and_a_run_keeps_it(mona: Client, books: cast.Books) -> None:
    tried = mona.post("/sending/run/past_due", {"do": "try"})
    assert tried.status_code == 200
    assert books.lakeside.name in tried.content.decode()
    assert not ProcessRun.objects.exists()
    assert not Message.objects.exists()
    ran = mona.post("/sending/run/past_due", {"do": "run"})
    run = ProcessRun.objects.get(process="past_due")
    assert ran["Location"] == f"/sending/runs/{run.pk}"
    page = mona.get(ran["Location"]).content.decode()
    assert books.lakeside.name in page
    assert "Söhne" in page
    hers = _client(books.alice).get(ran["Location"]).content.decode()
    assert books.lakeside.name in hers
    assert "Söhne" not in hers


def test_a_collector_runs_nothing(mona: Client, books: cast.Books) -> None:
    assert _client(books.alice).post("/sending/run/past_due", {"do": "run"}).status_code == 403
    assert mona.post("/sending/run/nonsense", {"do": "run"}).status_code == 404


@pytest.mark.rule("P3")
def test_the_finals_report_is_made_once_and_taken_back(mona: Client) -> None:
    sent = {"month": "2026-10"}
    assert mona.post("/sending/finals", sent).status_code == 302
    assert FinalsReport.objects.filter(withdrawn_at=None).count() == 1
    assert "reported" in mona.get("/sending/").content.decode()
    assert mona.post("/sending/finals", {**sent, "do": "withdraw"}).status_code == 302
    assert FinalsReport.objects.filter(withdrawn_at=None).count() == 0
    mona.post("/sending/finals", {"month": "soon"})
    assert FinalsReport.objects.filter(withdrawn_at=None).count() == 0


@pytest.mark.trap(55)
def test_a_strategy_is_tried_beside_the_one_in_force(mona: Client, books: cast.Books) -> None:
    text = shipped_text("default").replace("from: 5\n", "from: 12\n")
    page = mona.post("/sending/strategies/default/preview", {"text": text}).content.decode()
    assert "Söhne" in page  # 10 days past due: a notice now, none then
    assert "What differs" in page
    assert not Message.objects.exists()
