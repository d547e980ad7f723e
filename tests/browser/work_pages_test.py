"""The working pages shut nobody out: no accessibility fault, nothing scrolls sideways, in both themes and widths."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.records.clock import now, today
from dunlin.records.models import Call, FollowUp
from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def manager(committed_books, live_server):
    """Mona, with a list of everything: a long name, a promise kept waiting, a call of today, a follow-up."""
    books, day = committed_books, today("UTC")
    books.harbour.name = "Harbour & Söhne International Holdings (Worldwide) and Subsidiaries, Incorporated"
    books.harbour.save()
    books.lakeside.collector = books.mona
    books.lakeside.save()
    cast.invoice(books.lakeside, "40.00", due=day - timedelta(50), currency="EUR")
    Call.objects.create(
        customer=books.lakeside,
        outcome="voicemail",
        note="Left word",
        day=day,
        started_at=now(),
        by=books.mona,
    )
    FollowUp.objects.create(
        customer=books.lakeside, owner=books.mona, what="Send it", due_on=day, created_at=now()
    )
    run_daily(the_clock(day, now()), day)
    return books


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_on_any_of_them(manager, signed_in, page, shot, scheme):
    page.emulate_media(color_scheme=scheme)
    customer, document = manager.lakeside, manager.late
    signed_in(manager.mona)
    base = page.url.rstrip("/")
    day = today("UTC") - timedelta(1)
    for name, path in {
        "today": "/",
        "others": f"/?show=others&list={manager.bob.pk}",
        "account": f"/accounts/{customer.pk}?item={document.pk}",
        "long-name": f"/accounts/{manager.harbour.pk}",
        "past": f"/accounts/{customer.pk}?as_of={day}",
        "call": f"/call/{customer.pk}",
        "dispute": f"/accounts/{customer.pk}/dispute",
        "promise": f"/accounts/{customer.pk}/promise?item={document.pk}",
        "search": "/search?q=lake",
        "follow-ups": "/follow-ups",
        "order": "/today/order",
    }.items():
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        assert [(path, fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found] == []
        for phone in (False, True):
            shot(f"{name}-{scheme}", phone)
