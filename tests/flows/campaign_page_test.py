"""The campaign of a day: the lists of the worklist, who was called and reached, and the e-mail as the process itself decides it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dunlin.actions.doing import Who, the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.log_call import log_call
from dunlin.actions.pin_customer import pin_customer
from dunlin.actions.run_daily import run_daily
from dunlin.actions.run_process import run_process
from dunlin.actions.set_block import set_block
from dunlin.records.models import ContactPoint, Conversation, Customer, Message, ProcessLine, User
from dunlin.reports.campaign import GOING, LATER, NONE, NOW, Campaign, campaign
from dunlin.reports.worklist import worklist
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("B3"), pytest.mark.rule("P6")]


def at(hour: int) -> datetime:
    """An hour of today in UTC; the ledger's zone; the desk closes at 17."""
    return datetime(2026, 11, 25, hour, 30, tzinfo=UTC)


def clock(hour: int) -> Who:
    return the_clock(TODAY, at(hour))


def seen(hour: int = 16) -> Campaign:
    return campaign(TODAY, at(hour), Policy())


def late_customer(collector: User, number: str, email: bool = True) -> Customer:
    made = cast.customer(
        f"Late {number}", number=number, collector=collector, country="US", time_zone="America/New_York"
    )
    who = cast.contact(made, email=f"ap@{number.lower()}.test")
    if not email:
        ContactPoint.objects.filter(contact=who, kind="email").delete()
    cast.invoice(made, "900.00", due=cast.date(2026, 11, 10))
    return made


@pytest.fixture
def day(books: Books) -> Books:
    keep_shipped(cast.moment(TODAY, 6))
    run_daily(the_clock(TODAY, cast.moment(TODAY, 6)), TODAY)
    return books


def call(by: User, customer: Customer, outcome: str, hour: int = 15, minute: int = 0) -> None:
    log_call(cast.who(by, at=cast.moment(TODAY, hour, minute)), customer.pk, outcome)


def test_the_lists_are_those_of_the_worklist(books: Books) -> None:
    books.alice.daily_calls = 2
    books.alice.save()
    last = [late_customer(books.alice, f"W-{n}") for n in range(4)][-1]
    keep_shipped(cast.moment(TODAY, 6))
    run_daily(the_clock(TODAY, cast.moment(TODAY, 6)), TODAY)
    pin_customer(cast.who(books.lena), last.pk, TODAY, "asked by sales")
    for person in (books.alice, books.bob):
        mine = {row.customer_id for row in seen().rows if row.listed and row.collector == person.pk}
        assert mine == {entry.customer_id for entry in worklist(TODAY, person.pk, Policy()).entries}


def test_called_and_reached_are_counted_and_every_count_has_its_rows(day: Books) -> None:
    call(day.alice, day.lakeside, "no_answer")
    call(day.bob, day.harbour, "voicemail", 14)
    call(day.bob, day.harbour, "reached", 16)
    found = seen(17)
    for line in found.lines:
        for what, number in line.counts.items():
            assert number == sum(row.shows(what) for row in found.rows if row.collector == line.collector)
    of = {line.name: line.counts for line in found.lines}
    assert (of["Alice"]["called"], of["Alice"]["not_reached"], of["Alice"]["reached"]) == (1, 1, 0)
    assert (of["Bob"]["called"], of["Bob"]["not_reached"], of["Bob"]["reached"]) == (1, 0, 1)
    harbour = next(row for row in found.rows if row.customer_id == day.harbour.pk)
    assert harbour.attempts == ("voicemail", "reached")
    assert harbour.last_at == cast.moment(TODAY, 16)


def test_the_mail_waits_for_the_close_unless_it_goes_at_once(day: Books) -> None:
    call(day.alice, day.lakeside, "no_answer")
    for hour in (14, 15, 16):
        call(day.bob, day.harbour, "no_answer", hour)
    by_id = {row.customer_id: row for row in seen().rows}
    assert by_id[day.lakeside.pk].mail == LATER
    assert "the day is not over" in by_id[day.lakeside.pk].said
    assert by_id[day.harbour.pk].mail == NOW
    assert seen().closed is False
    assert seen().closes_at == datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    closed = seen(22)
    assert closed.closed
    assert {row.mail for row in closed.rows if row.attempts} == {NOW}


@pytest.mark.parametrize("hour", [16, 22])
def test_what_is_foretold_is_what_the_process_does(books: Books, hour: int) -> None:
    alice = books.alice
    cases = [late_customer(alice, f"P-{n}", email=n != 5) for n in range(9)]
    keep_shipped(cast.moment(TODAY, 6))
    set_block(cast.who(books.mona, at=cast.moment(TODAY, 5)), cases[6].pk, "do_not_call", "asked")
    run_daily(the_clock(TODAY, cast.moment(TODAY, 6)), TODAY)
    call(alice, cases[0], "no_answer")
    call(alice, cases[1], "wrong_number")
    call(alice, cases[2], "reached")
    for at_hour in (14, 15, 16):
        for customer in (cases[3], cases[5], cases[7], cases[8]):
            call(alice, customer, "busy", at_hour)
    set_block(cast.who(books.mona, at=cast.moment(TODAY, 16, 10)), cases[7].pk, "legal", "court")
    Conversation.objects.create(
        kind="mail", customer=cases[8], opened_at=cast.moment(TODAY, 15), last_at=cast.moment(TODAY, 15),
        clock_from=cast.moment(TODAY, 15), due_at=cast.moment(TODAY, 20),
    )  # fmt: skip
    foretold = {row.customer_id: row for row in seen(hour).rows if row.mail}
    run_process(clock(hour), "campaign_mail")
    written = set(Message.objects.filter(purpose="not_reached").values_list("customer", flat=True))
    assert {pk for pk, row in foretold.items() if row.mail == NOW} == written
    assert written >= {cases[1].pk, cases[3].pk, cases[6].pk}
    for line in ProcessLine.objects.filter(message=None):
        assert foretold[line.customer_id].mail in (NONE, LATER)
    after = {row.customer_id: row for row in seen(hour).rows}
    assert {after[pk].mail for pk in written} == {GOING}
    assert all(after[pk].message_id for pk in written)
    assert {pk: row.mail for pk, row in after.items() if pk not in written and row.mail} == {
        pk: row.mail for pk, row in foretold.items() if pk not in written
    }


def test_the_number_of_queries_does_not_grow(day: Books) -> None:
    call(day.alice, day.lakeside, "no_answer")
    with CaptureQueriesContext(connection) as few:
        seen()
    for n in range(12):
        person = cast.user("collector", f"more{n}")
        call(person, late_customer(person, f"Q-{n}"), "no_answer")
    with CaptureQueriesContext(connection) as many:
        seen()
    assert len(many) <= len(few) + 1  # contacts that are silent are asked for where there are any
    assert len(many) < 40


def client(person: User) -> Client:
    made = Client()
    made.force_login(person)
    return made


def test_a_collector_sees_the_own_line_and_a_lead_all(day: Books) -> None:
    call(day.alice, day.lakeside, "no_answer")
    call(day.bob, day.harbour, "no_answer")
    lena = client(day.lena).get("/sending/campaign").content.decode()
    assert "By collector" in lena
    assert "Lakeside" in lena
    assert "Harbour" in lena
    alice = client(day.alice).get("/sending/campaign").content.decode()
    assert "Lakeside" in alice
    assert "Harbour" not in alice
    assert "1 account is out of your sight" in alice
    narrowed = client(day.lena).get(f"/sending/campaign?show=called&collector={day.bob.pk}").content.decode()
    assert "Harbour" in narrowed
    assert ">Lakeside" not in narrowed
    assert client(cast.user("sales")).get("/sending/campaign").status_code == 403
