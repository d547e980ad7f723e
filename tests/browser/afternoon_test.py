"""A collector's afternoon in a real browser: sign in, open Today, work five accounts by keyboard, and see it all told back.

Method: six accounts of one collector, run through the night of the real day; hours are opened wide so that the test passes
at any hour. One promise under fifteen seconds, one wrong number, one number corrected in two clicks.
"""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.records.clock import now, today
from dunlin.records.models import Call, ContactPoint, Promise, Setting
from dunlin.records.policies import current_policy
from dunlin.reports.worklist import worklist
from tests import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AMOUNTS = ("9,000.00", "8,000.00", "7,000.00", "6,000.00", "5,000.00", "4,000.00")


@pytest.fixture
def ana(live_server):
    """Ana and her list: six accounts 40 days past due, the largest first."""
    for name, value in (
        ("conduct.call_hours", {"default": "00:00-24:00"}),
        ("conduct.call_on_weekends", True),
    ):
        Setting.objects.create(name=name, value=value, changed_at=now())
    person = cast.user("collector", "ana", last_name="Silva")
    day = today("UTC")
    for place, amount in enumerate(AMOUNTS, 1):
        customer = cast.customer(
            f"Customer {place}", number=f"C-{place}", collector=person, country="NZ", time_zone="UTC"
        )
        cast.contact(customer, f"Person {place}", phone=f"+1 212 555 010{place}")
        cast.invoice(customer, amount, due=day - timedelta(40), number=f"INV-{place}")
    run_daily(the_clock(day, now()), day)
    return person


def typed(page, text):
    page.keyboard.type(text, delay=15)


def logged(page):
    """Log and go on; back when the next page is there."""
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_load_state()


@pytest.mark.req("B2")
@pytest.mark.req("B4")
@pytest.mark.req("D2")
@pytest.mark.req("A1")
def test_a_collectors_afternoon(ana, page, live_server, shot):
    sign_in(page, live_server.url)
    names = page.locator("tr[data-row] a.name").all_text_contents()
    assert names == [f"Customer {place}" for place in range(1, 7)]
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.locator("#preview h2", has_text="Customer 2").wait_for()
    page.keyboard.press("k")
    page.locator("#preview h2", has_text="Customer 1").wait_for()
    shot("today")
    shot("today", phone=True)

    promise_in_time(page, shot)
    wrong_number(page)
    two_attempts(page)
    reached_and_stay(page)
    correct_in_two_clicks(page, shot)

    told_on_today(page, live_server.url, ana)
    told_on_the_timeline(page, live_server.url)
    told_in_the_measures(page, live_server.url, shot)


def sign_in(page, base):
    page.goto(base + "/")
    page.fill("[name=login]", "ana")
    page.fill("[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(base + "/")


def promise_in_time(page, shot):
    """From the row to the next account, with a promise and a note: under fifteen seconds of a person's typing."""
    with page.expect_navigation():
        page.keyboard.press("c")
    assert page.locator("h1").text_content().startswith("Customer 1")
    shot("call")
    shot("call", phone=True)
    began = time.monotonic()
    page.keyboard.press("1")
    page.keyboard.press("p")
    typed(page, "4000 tomorrow")
    page.locator(".understood", has_text="4,000.00 USD by").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    typed(page, "Will pay when the run is done.")
    logged(page)
    assert time.monotonic() - began < 15
    assert page.locator("h1").text_content().startswith("Customer 2")
    assert "4,000.00 USD promised" in page.locator("#toasts").text_content()
    promise = Promise.objects.get()
    assert (promise.amount, promise.due_on, promise.call.outcome) == (
        400_000,
        today("UTC") + timedelta(1),
        "reached",
    )


def wrong_number(page):
    page.keyboard.press("5")
    page.get_by_label("Right number").fill("+1 212 555 0199")
    logged(page)
    points = ContactPoint.objects.filter(contact__name="Person 2", kind="phone")
    assert dict(points.values_list("value", "state")) == {"+1 212 555 0102": "wrong", "+1 212 555 0199": "ok"}


def two_attempts(page):
    assert page.locator("h1").text_content().startswith("Customer 3")
    page.keyboard.press("2")
    logged(page)
    assert page.locator("h1").text_content().startswith("Customer 4")
    page.keyboard.press("3")
    logged(page)


def reached_and_stay(page):
    """A typing mistake stays in its field with how to mend it; a draft survives a reload; then the call is logged."""
    assert page.locator("h1").text_content().startswith("Customer 5")
    page.keyboard.press("1")
    page.keyboard.press("p")
    typed(page, "2000 soonish")
    logged(page)
    assert page.input_value("[name=promise]") == "2000 soonish"
    assert "soonish" in page.locator("#f-promise-error").text_content()
    assert page.is_checked("[value=reached]")
    assert not Call.objects.filter(customer__number="C-5").exists()
    page.fill("[name=promise]", "")
    page.fill("[name=note]", "Ask for the copy of INV-5")
    page.goto(page.url)
    assert page.input_value("[name=note]") == "Ask for the copy of INV-5"
    with page.expect_navigation():
        page.get_by_role("button", name="Log and stay").click()
    page.wait_for_url("**/accounts/*")


def correct_in_two_clicks(page, shot):
    page.locator("summary", has=page.locator("[aria-label='Correct +1 212 555 0105']")).click()
    field = page.get_by_label("Number of Person 5")
    assert field.evaluate("field => field === document.activeElement")
    typed(page, "+1 212 555 0177")
    with page.expect_navigation():
        page.locator(".edit[open] button", has_text="Keep").click()
    assert page.get_by_role("link", name="+1 212 555 0177").is_visible()
    assert ContactPoint.objects.get(value="+1 212 555 0105").state == "wrong"
    shot("account")
    shot("account", phone=True)


def told_on_today(page, base, ana):
    page.goto(base + "/")
    bars = page.locator(".day").text_content()
    assert "5 of 75" in " ".join(bars.split())
    assert "4,000.00 USD" in bars
    assert page.locator("tr[data-row] a.name").all_text_contents() == [
        f"Customer {place}" for place in range(1, 7)
    ]
    states = [" ".join(text.split()) for text in page.locator("tr[data-row] .state").all_inner_texts()]
    assert [text.split()[0] for text in states] == ["reached", "done", "tried", "tried", "reached", "to"]
    counts = worklist(today("UTC"), ana.pk, current_policy()).counts
    assert (counts.called, counts.reached, counts.promises) == (5, 2, 1)
    # Nobody may be tried twice within the hour, so the next is the one nobody called.
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("c")
    assert page.locator("h1").text_content().startswith("Customer 6")


def told_on_the_timeline(page, base):
    page.goto(base + "/")
    page.keyboard.press("/")
    typed(page, "INV-1")
    page.locator("#found a").first.wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    timeline = page.locator("#timeline").text_content()
    assert "Call with Person 1: reached" in timeline
    assert "Will pay when the run is done." in timeline
    assert "Promise" in timeline
    assert page.locator("#promises").text_content().count("4,000.00 USD") == 1


def told_in_the_measures(page, base, shot):
    """Five customers called, two reached, one promise; what is past due is untouched by the calls."""
    page.goto(base + "/measures")
    row = page.locator("tr[data-row]", has_text="Silva")
    told = [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
    called, target, reached, promises = told[:4]
    assert (called, target, reached, promises) == ("5", "75", "2", "1")
    assert "39,000.00" in page.locator("#results").inner_text()
    shot("measures")


@pytest.mark.req("H2")
def test_a_past_day_is_marked_and_cannot_be_changed(ana, signed_in):
    yesterday: date = today("UTC") - timedelta(1)
    page = signed_in(ana, f"/accounts/{ana.portfolio.first().pk}?as_of={yesterday}")
    assert "Nothing can be changed here" in page.locator(".past").text_content()
    for name in ("Call", "Promise", "Note", "Snooze"):
        assert page.get_by_role("link", name=name, exact=True).count() == 0
        assert page.get_by_role("button", name=name, exact=True).count() == 0
