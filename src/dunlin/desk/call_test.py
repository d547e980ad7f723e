"""Call: guide, gate, outcomes, promise in plain words, wrong number; and that a form sent twice logs once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.records.clock import now, today
from dunlin.records.models import Call, ContactPoint, FollowUp, Promise, Setting
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B4")]

DAY = today("UTC")


@pytest.fixture
def night(books):
    """Any hour is a calling hour, so that the tests pass at night; then the list of the day."""
    for name, value in (
        ("conduct.call_hours", {"default": "00:00-24:00"}),
        ("conduct.call_on_weekends", True),
    ):
        Setting.objects.create(name=name, value=value, changed_at=now())
    run_daily(the_clock(DAY, now()), DAY)
    return books


def send(client, customer, **typed):
    point = ContactPoint.objects.filter(contact__customer=customer, kind="phone", state="ok").first()
    values = {"point": point.pk if point else "", "key": "k1", **typed}
    return client.post(f"/call/{customer.pk}", values)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_the_page_has_number_clock_gate_and_facts(night, client):
    client.force_login(night.alice)
    page = text_of(client.get(f"/call/{night.lakeside.pk}"))
    for words in (
        'href="tel:+12125550143"', "Priya Raman", "New York", "Calling is allowed now", "500.00 USD is past due on 1 document",
        "INV-1001 · 500.00 USD", "Received and not applied", "WIRE 4711 · 200.00 USD", "Terms: net 30 days", "Ask when it will be paid",
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.req("D2")
def test_reached_with_a_promise_goes_to_the_next(night, client):
    client.force_login(night.alice)
    answer = send(
        client, night.lakeside, outcome="reached", promise="half tomorrow", note="Pays when the run is done"
    )
    assert answer.status_code == 302
    call, promise = Call.objects.get(), Promise.objects.get()
    assert (call.outcome, call.contact.name, call.number, call.note) == (
        "reached", "Priya Raman", "+1 212 555 0143", "Pays when the run is done",
    )  # fmt: skip
    assert (promise.amount, promise.due_on, promise.call) == (25_000, DAY + timedelta(1), call)
    # Nobody else of hers is on the list: back to Today, which says so.
    assert answer.url == reverse("today")
    assert "250.00 USD promised" in text_of(client.get("/"))


@pytest.mark.trap(45)
def test_a_day_without_an_amount_promises_all_and_an_amount_without_a_day_is_asked_back(night, client):
    client.force_login(night.alice)
    answer = send(client, night.lakeside, outcome="reached", promise="400")
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Which day?" in page
    assert 'value="400"' in page
    assert 'value="reached" checked' in page
    assert not Call.objects.exists()
    assert not Promise.objects.exists()
    assert send(client, night.lakeside, outcome="reached", promise="fri").status_code == 302
    promise = Promise.objects.get()
    assert promise.amount is None
    # "All of it" is recorded as what the page said it was: 500.00 past due.
    assert [row.open_then for row in promise.items.all()] == [50_000]
    # And it is that much in the sum of the day, here and for the team.
    assert "500.00 USD" in text_of(client.get("/")).partition("Promised in 1 promise")[2][:90]
    client.force_login(cast.user("team_lead"))
    assert "500.00 USD" in text_of(client.get("/team/"))


@pytest.mark.trap(44)
def test_a_promise_does_not_stop_later_calls(night, client):
    client.force_login(night.alice)
    send(client, night.lakeside, outcome="they_called", promise="fri")
    assert client.get(f"/call/{night.lakeside.pk}").status_code == 200
    assert send(client, night.lakeside, outcome="they_called", key="k2").status_code == 302
    assert list(Call.objects.values_list("direction", flat=True)) == ["in", "in"]


def test_what_is_refused_keeps_what_was_typed_and_writes_nothing(night, client):
    client.force_login(night.alice)
    for typed, words in (
        ({}, "Press 1 to 8"),
        ({"outcome": "reached", "promise": "9000 fri"}, "9,000.00 USD is more than the"),
        ({"outcome": "reached", "promise": "2020-01-01"}, "is past"),
        ({"outcome": "reached", "what": "Send it", "due": "soonish"}, "Write a day"),
        ({"outcome": "nonsense"}, "not an outcome"),
    ):
        answer = send(client, night.lakeside, note="Kept words", **typed)
        assert answer.status_code == 422, words
        assert words in text_of(answer)
        assert "Kept words" in text_of(answer)
    assert not Call.objects.exists()
    assert not FollowUp.objects.exists()


def test_a_wrong_number_is_marked_and_the_right_one_kept(night, client):
    client.force_login(night.alice)
    send(client, night.lakeside, outcome="wrong_number", right_number=" +1 212 555  0199 ")
    send(client, night.lakeside, outcome="wrong_number", right_number="+1 212 555 0199")  # sent twice
    points = ContactPoint.objects.filter(contact__customer=night.lakeside, kind="phone")
    assert dict(points.values_list("value", "state")) == {"+1 212 555 0143": "wrong", "+1 212 555 0199": "ok"}


def test_a_form_sent_twice_logs_once(night, client):
    client.force_login(night.alice)
    point = ContactPoint.objects.filter(contact__customer=night.lakeside, kind="phone").first().pk
    for _ in range(2):
        assert send(client, night.lakeside, outcome="reached", promise="fri", point=point).status_code == 302
    assert Call.objects.count() == Promise.objects.count() == 1


def test_a_follow_up_is_planned_with_the_call(night, client):
    client.force_login(night.alice)
    send(client, night.lakeside, outcome="voicemail", what="Send the contract", due="in 2 days", stay="1")
    row = FollowUp.objects.get()
    assert (row.what, row.due_on, row.owner, row.call) == (
        "Send the contract",
        DAY + timedelta(2),
        night.alice,
        Call.objects.get(),
    )


@pytest.mark.req("D10")
@pytest.mark.req("B3")
def test_closed_hours_are_said_and_hold_unless_a_lead_gives_a_reason(night, client):
    Setting.objects.filter(name="conduct.call_hours").update(value={"default": "00:00-00:01"})
    client.force_login(night.alice)
    assert "No calls now" in text_of(client.get(f"/call/{night.lakeside.pk}"))
    answer = send(client, night.lakeside, outcome="reached", override="I want to")
    assert answer.status_code == 422
    assert "cannot be made" in text_of(answer)
    assert "Reason to call all the same" not in text_of(answer)
    client.force_login(night.mona)
    assert "Reason to call all the same" in text_of(client.get(f"/call/{night.lakeside.pk}"))
    assert send(client, night.lakeside, outcome="reached", override="They asked for it").status_code == 302


def test_what_a_line_is_understood_as_is_said_while_typing(night, client):
    client.force_login(night.alice)
    asked = {"hx-request": "true", "hx-target": "f-promise-understood"}
    where = f"/call/{night.lakeside.pk}"
    assert "250.00 USD (half of 500.00 USD)" in text_of(
        client.get(where, {"promise": "half tomorrow"}, headers=asked)
    )
    assert "Not understood" in text_of(client.get(where, {"promise": "<b> fri"}, headers=asked))
    # What would be refused is said before it is sent, and a day in another season is counted out.
    much = text_of(client.get(where, {"promise": "99,999,999 fri"}, headers=asked))
    assert "More than can be promised: 1,500.00 USD is open." in much
    assert "days from today" in text_of(client.get(where, {"promise": "400 30/6"}, headers=asked))
    assert "days from today" not in text_of(client.get(where, {"promise": "400 fri"}, headers=asked))
    assert "<b>" not in text_of(client.get(where, {"promise": "<b> fri"}, headers=asked))


def test_another_number_brings_its_contact_and_clock(night, client):
    other = cast.contact(night.lakeside, "Ken Ito", phone="+81 3 5550 0188", time_zone="Asia/Tokyo")
    client.force_login(night.alice)
    point = other.points.get(kind="phone")
    part = text_of(
        client.get(
            f"/call/{night.lakeside.pk}?point={point.pk}", headers={"hx-request": "true", "hx-target": "dial"}
        )
    )
    assert "Ken Ito" in part
    assert "Tokyo" in part
    assert "<main" not in part
    send(client, night.lakeside, outcome="reached", point=point.pk)
    assert Call.objects.get().contact == other


def test_who_must_not_be_called_is_not_offered_first_and_refused(night, client):
    contact = night.lakeside.contacts.get()
    contact.do_not_call = True
    contact.save()
    client.force_login(night.alice)
    assert "must not be called" in text_of(client.get(f"/call/{night.lakeside.pk}"))
    assert send(client, night.lakeside, outcome="reached").status_code == 422


@pytest.mark.parametrize("role", ["auditor", "sales", "support", "finance_manager", "administrator"])
def test_only_callers_see_the_page(night, client, role):
    client.force_login(cast.user(role))
    assert client.get(f"/call/{night.lakeside.pk}").status_code == 403
    assert send(client, night.lakeside, outcome="reached").status_code == 403
    assert client.get("/call").status_code == 403
    assert not Call.objects.exists()


def test_a_stranger_is_told_nothing(night, client):
    client.force_login(night.bob)
    assert client.get(f"/call/{night.lakeside.pk}").status_code == 404
    assert send(client, night.lakeside, outcome="reached").status_code == 404


def test_the_next_and_the_skipped(night, client):
    second = cast.customer("Second", collector=night.alice, country="US")
    cast.invoice(second, "5.00", due=DAY - timedelta(40))
    run_daily(the_clock(DAY, now()), DAY)
    client.force_login(night.alice)
    assert client.get("/call").url == f"/call/{night.lakeside.pk}"
    assert client.get(f"/call/{night.lakeside.pk}/skip").url == f"/call/{second.pk}"
