"""The calendar feed: own rows only, by a secret that is kept as a fingerprint, renewed, ended, and never in a log (B7, D4)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from dunlin.actions.change_feed import end_feed, fingerprint, make_feed
from dunlin.actions.export_tables import _LEFT_OUT
from dunlin.desk import feed as feeds
from dunlin.desk.limits import Limit
from dunlin.records.models import Customer, Department, DiaryLine, FollowUp, Message, Request, User
from dunlin.rules.codes import Refused
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("B7")]


def plan(owner: User, customer: Customer, what: str, due: date = TODAY + timedelta(2), **more) -> FollowUp:
    return FollowUp.objects.create(
        customer=customer, owner=owner, what=what, due_on=due, created_at=cast.moment(TODAY), **more
    )


def read(token: str, query: str = "") -> Calendar:
    answer = Client().get(f"/follow-ups/feed/{token}.ics{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


def summaries(calendar: Calendar) -> list[str]:
    return [str(part["summary"]) for part in calendar.walk() if part.name in ("VEVENT", "VTODO")]


def test_ones_own_open_follow_ups_and_questions_each_on_its_day(books: Books) -> None:
    soon = plan(books.alice, books.lakeside, "Call the controller; ask\nabout\\PO, please")
    plan(books.alice, books.lakeside, "Long late", TODAY - timedelta(9))
    plan(books.alice, books.lakeside, "Done already", done_at=cast.moment(TODAY))
    plan(books.bob, books.harbour, "Of somebody else")
    message = Message.objects.create(
        channel="email", purpose="request", day=TODAY, created_at=cast.moment(TODAY)
    )
    Request.objects.create(
        customer=books.lakeside, department=Department.objects.create(key="sales", name="Sales"), what="Was it delivered?",
        message=message, owner=books.alice, asked_at=cast.moment(TODAY), due_on=TODAY + timedelta(1),
    )  # fmt: skip
    found = read(make_feed(cast.who(books.alice)))
    told = summaries(found)
    assert len(told) == 3
    assert told[0] == f"Long late · Lakeside Hotels (due {(TODAY - timedelta(9)).isoformat()})"
    assert told[1] == "Answer of Sales: Was it delivered? · Lakeside Hotels"
    assert told[2].startswith("Call the controller; ask")
    events = {str(each["uid"]).partition("@")[0]: each for each in found.walk("VEVENT")}
    event = events[f"follow-up-{soon.pk}"]
    assert event["dtstart"].dt == TODAY + timedelta(2)
    assert str(event["url"]).endswith(f"/accounts/{books.lakeside.pk}")
    assert min(each["dtstart"].dt for each in events.values()) == TODAY


def test_as_tasks(books: Books) -> None:
    plan(books.alice, books.lakeside, "Ask")
    found = read(make_feed(cast.who(books.alice)), "?as=todo")
    (task,) = found.walk("VTODO")
    assert task["due"].dt == TODAY + timedelta(2)
    assert not list(found.walk("VEVENT"))


@pytest.mark.req("D4")
def test_an_account_out_of_sight_is_not_in_it(books: Books) -> None:
    plan(books.alice, books.lakeside, "Ask Lakeside")
    token = make_feed(cast.who(books.alice))
    assert summaries(read(token))
    Customer.objects.update(collector=books.bob)
    assert summaries(read(token)) == []


@pytest.mark.req("D4")
def test_only_the_fingerprint_is_kept_and_it_opens_nothing(books: Books) -> None:
    token = make_feed(cast.who(books.alice))
    kept = User.objects.get(pk=books.alice.pk).feed_hash
    assert kept == fingerprint(token) != token
    assert len(token) == 43
    for wrong in (kept, token[:-1], token + "A", token.swapcase(), "x", "%2e%2e", "A" * 43):
        answer = Client().get(f"/follow-ups/feed/{wrong}.ics")
        assert answer.status_code == 404
        assert b"Lakeside" not in answer.content
    assert "feed_hash" in _LEFT_OUT[User]
    assert not any(token in str((line.before, line.after, line.cause)) for line in DiaryLine.objects.all())


@pytest.mark.req("D4")
def test_a_new_link_ends_the_old_and_leaving_ends_all(books: Books) -> None:
    who = cast.who(books.alice)
    first = make_feed(who)
    second = make_feed(who)
    assert Client().get(f"/follow-ups/feed/{first}.ics").status_code == 404
    assert Client().get(f"/follow-ups/feed/{second}.ics").status_code == 200
    User.objects.filter(pk=books.alice.pk).update(is_active=False)
    assert Client().get(f"/follow-ups/feed/{second}.ics").status_code == 404
    User.objects.filter(pk=books.alice.pk).update(is_active=True, role="sales")
    assert Client().get(f"/follow-ups/feed/{second}.ics").status_code == 404
    User.objects.filter(pk=books.alice.pk).update(role="collector")
    end_feed(who)
    assert Client().get(f"/follow-ups/feed/{second}.ics").status_code == 404
    for role in ("auditor", "administrator", "sales"):
        with pytest.raises(Refused):
            make_feed(cast.who(cast.user(role)))


def test_the_secret_opens_nothing_else_and_takes_no_post(books: Books) -> None:
    token = make_feed(cast.who(books.alice))
    stranger = Client()
    assert stranger.post(f"/follow-ups/feed/{token}.ics").status_code == 405
    stranger.get(f"/follow-ups/feed/{token}.ics")
    assert stranger.get("/follow-ups").status_code == 302
    assert not stranger.cookies


def test_the_log_does_not_hold_it(books: Books, caplog: pytest.LogCaptureFixture) -> None:
    token = make_feed(cast.who(books.alice))
    with caplog.at_level("INFO"):
        Client().get(f"/follow-ups/feed/{token}.ics")
    told = [str(record.msg) for record in caplog.records]
    assert any("/follow-ups/feed/…" in line for line in told)
    assert not any(token in line for line in told)


def test_the_number_of_queries_does_not_grow(books: Books) -> None:
    token = make_feed(cast.who(books.alice))
    plan(books.alice, books.lakeside, "One")
    with CaptureQueriesContext(connection) as few:
        read(token)
    for n in range(20):
        plan(books.alice, books.lakeside, f"More {n}")
    with CaptureQueriesContext(connection) as many:
        read(token)
    assert len(many) == len(few) <= 6


def test_the_profile_makes_it_shows_it_once_and_ends_it(books: Books) -> None:
    client = Client()
    client.force_login(books.alice)
    assert "Make a link" in client.get("/me").content.decode()
    made = client.post("/me/feed", {"do": "make"}).content.decode()
    (link,) = set(re.findall(r"http://testserver(/follow-ups/feed/[\w-]{43}\.ics)", made))
    assert Client().get(link).status_code == 200
    again = client.get("/me").content.decode()
    assert link not in again
    assert "Make a new link" in again
    client.post("/me/feed", {"do": "end"})
    assert Client().get(link).status_code == 404
    auditor = Client()
    auditor.force_login(cast.user("auditor"))
    assert "in my calendar" not in auditor.get("/me").content.decode()


def ask(token: str, address: str, **headers: str) -> int:
    return Client(REMOTE_ADDR=address).get(f"/follow-ups/feed/{token}.ics", headers=headers).status_code


@pytest.mark.req("D4")
def test_one_secret_is_read_so_often_and_then_again_when_the_answer_says(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "BY_SECRET", Limit("secret_tried", 2, 300))
    token, other = make_feed(cast.who(books.alice)), make_feed(cast.who(books.bob))
    with time_machine.travel("2026-11-25T15:01:00+00:00", tick=False):
        # From wherever it is asked.
        assert [ask(token, f"198.51.100.{n}") for n in range(4)] == [200, 200, 429, 429]
        answer = Client(REMOTE_ADDR="198.51.100.9").get(f"/follow-ups/feed/{token}.ics")
        assert (answer.status_code, answer["Retry-After"]) == (429, "240")
        assert answer.content == b"Too often. Come again in 240 seconds.\n"
        assert ask(other, "198.51.100.9") == 200
    with time_machine.travel("2026-11-25T15:05:00+00:00", tick=False):
        assert ask(token, "198.51.100.9") == 200


@pytest.mark.req("D4")
@time_machine.travel("2026-11-25T15:01:00+00:00", tick=False)
def test_one_address_asks_so_often_whatever_it_guesses(
    books: Books, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(feeds, "BY_ADDRESS", Limit("address_tried", 3, 300))
    token = make_feed(cast.who(books.alice))
    forged = [
        ask(letter * 43, "203.0.113.7", **{"X-Forwarded-For": f"10.0.0.{n}"})
        for n, letter in enumerate("ABCD")
    ]
    assert forged == [404, 404, 404, 429]
    with django_assert_num_queries(0):
        assert ask(token, "203.0.113.7") == 429
    assert ask(token, "203.0.113.8") == 200
    # An IPv6 network is one, however many addresses it has; an IPv4 address is one, however it is written.
    assert [ask(token, f"2001:db8:0:1::{n:x}") for n in range(4)] == [200, 200, 200, 429]
    assert ask(token, "2001:db8:0:2::1") == 200
    assert ask(token, "::ffff:203.0.113.7") == 429


@time_machine.travel("2026-11-25T15:01:00+00:00", tick=False)
def test_behind_our_proxy_the_address_is_the_one_it_added(
    books: Books, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    monkeypatch.setattr(feeds, "BY_ADDRESS", Limit("address_behind", 1, 300))
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"behind_https_proxy": True})
    token = make_feed(cast.who(books.alice))
    assert ask(token, "10.0.0.1", **{"X-Forwarded-For": "192.0.2.1, 192.0.2.50"}) == 200
    assert ask(token, "10.0.0.1", **{"X-Forwarded-For": "192.0.2.1, 192.0.2.51"}) == 200
    assert ask(token, "10.0.0.1", **{"X-Forwarded-For": "192.0.2.99, 192.0.2.50"}) == 429
