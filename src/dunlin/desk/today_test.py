"""Today: the list with its reasons, who is not on it and why, whose list, past days, and a number of queries that stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.records.clock import now, today
from dunlin.records.models import Absence, Call, Pin, TierOrder
from tests import cast

pytestmark = pytest.mark.django_db

DAY = today("UTC")  # the screens show the real day


def many(collector, number):
    for place in range(number):
        customer = cast.customer(
            f"Account {place}", collector=collector, country="US", time_zone="America/New_York"
        )
        cast.contact(customer)
        cast.invoice(customer, "1,000.00", due=DAY - timedelta(40), number=f"INV-{collector.pk}-{place}")


@pytest.fixture
def night(books):
    many(books.alice, 3)
    run_daily(the_clock(DAY, now()), DAY)
    return books


def text_of(client, path, status=200, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.content[:500]
    return " ".join(answer.content.decode().split())


@pytest.mark.req("B2")
@pytest.mark.req("H3")
def test_the_list_gives_every_customer_a_reason(night, client):
    client.force_login(night.alice)
    page = text_of(client, "/")
    assert "Lakeside Hotels" in page
    assert "Invoice INV-1001" in page
    assert "days past due, 500.00 USD" in page
    assert "Account 2" in page
    assert "Harbour" not in page
    assert "of 75" in page


@pytest.mark.req("H3")
def test_who_is_not_called_is_listed_with_the_reason(night, client):
    client.force_login(night.alice)
    page = text_of(client, "/?show=others")
    assert "Lakeside Hotels West" in page
    assert "Not today: nothing past due" in page
    assert "Account 2" not in page


def test_a_collector_cannot_read_another_list(night, client):
    client.force_login(night.alice)
    text_of(client, f"/?list={night.bob.pk}", 404)
    text_of(client, "/?list=none", 404)
    assert "List of" not in text_of(client, "/")


@pytest.mark.req("B1")
def test_a_lead_chooses_among_lists_and_starts_with_one_that_has_rows(night, client):
    client.force_login(night.lena)
    page = text_of(client, "/")
    assert "Lakeside Hotels" in page
    assert "Bob" in page
    assert "Harbour" in text_of(client, f"/?list={night.bob.pk}")
    assert "Call the next" not in page


@pytest.mark.req("B1")
def test_a_backup_has_the_accounts_on_the_own_list(books, client):
    Absence.objects.create(user=books.alice, backup=books.bob, from_on=DAY, through_on=DAY)
    run_daily(the_clock(DAY, now()), DAY)
    client.force_login(books.bob)
    page = text_of(client, "/")
    assert "Lakeside Hotels" in page
    assert "Harbour" in page


@pytest.mark.req("H2")
@pytest.mark.req("B2")
def test_a_past_day_shows_the_list_as_it_was_and_offers_nothing(night, client):
    client.force_login(night.mona)
    before = DAY - timedelta(1)
    run_daily(the_clock(before, now()), before)
    page = text_of(client, f"/?list={night.alice.pk}&as_of={before}")
    assert "Nothing can be changed here" in page
    assert "Lakeside Hotels" in page
    for address in ("/call", "/snooze", "/note", "/today/order"):
        assert f'{address}"' not in page
        assert f"{address}?" not in page
    assert client.post(f"/accounts/{night.lakeside.pk}/note?as_of={before}", {"text": "x"}).status_code in (
        302,
        422,
    )
    assert night.lakeside.notes.count() == 0


def test_empty_states_say_what_to_do(client, db):
    client.force_login(cast.user("ar_manager"))
    assert "The books are empty." in text_of(client, "/")
    cast.invoice(cast.customer(), "5.00")
    assert "has not been made yet" in text_of(client, "/")


def test_a_finished_list_says_so(night, client):
    for entry in night.alice.portfolio.all():
        Call.objects.create(customer=entry, outcome="reached", day=DAY, started_at=now(), by=night.alice)
    client.force_login(night.alice)
    assert "Everyone on the list is finished" in text_of(client, "/")


def test_htmx_gets_only_the_preview_of_an_account_in_sight(night, client):
    client.force_login(night.alice)
    asked = {"hx-request": "true", "hx-target": "preview"}
    page = text_of(client, f"/?at={night.lakeside.pk}", **asked)
    assert page.startswith("<section")
    assert "Lakeside Hotels" in page
    assert "500.00 USD" in page
    text_of(client, f"/?at={night.harbour.pk}", 404, **asked)


@pytest.mark.parametrize(
    "role, may", [("collector", False), ("team_lead", True), ("ar_manager", True), ("auditor", False)]
)
def test_pins_and_the_order_are_for_leads_with_a_reason(night, client, role, may):
    person = night.alice if role == "collector" else cast.user(role)
    client.force_login(person)
    where = f"/accounts/{night.branch.pk}/pin"
    assert client.get(where).status_code == (200 if may else 403)
    assert client.post(where, {"reason": ""}).status_code == (422 if may else 403)
    assert client.post(where, {"reason": "The board asks", "back": "today"}).status_code == (
        302 if may else 403
    )
    assert Pin.objects.filter(reason="The board asks").exists() is may
    places = {
        f"place-{tier}": 5 - n
        for n, tier in enumerate(["final_just_past_due", "mrr_aged", "late", "early", "rest"])
    }
    assert client.post("/today/order", {**places, "reason": ""}).status_code == (422 if may else 403)
    assert client.post("/today/order", {**places, "reason": "Month end"}).status_code == (302 if may else 403)
    assert TierOrder.objects.exists() is may
    if may:
        assert TierOrder.objects.get().tiers[0] == "rest"


def test_the_number_of_queries_does_not_grow_with_the_list(books, client):
    many(books.alice, 4)
    many(books.bob, 60)
    run_daily(the_clock(DAY, now()), DAY)
    client.force_login(books.mona)
    text_of(client, "/")
    counted = []
    for person in (books.alice, books.bob):
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client, f"/?list={person.pk}")
        counted.append(len(queries))
    assert page.count("data-row") > 60
    assert counted[0] == counted[1]
    assert counted[0] <= 50


def test_the_rail_counts_what_waits_for_me(night, client):
    client.force_login(night.alice)
    assert '<span class="count" id="count-today" hx-swap-oob="true">4</span>' in text_of(client, "/rail")
