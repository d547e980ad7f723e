"""Owner, last contact and next action of a line: the earliest of what is promised, planned and decided, as of the day (P17)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.models import Call, Decision, FollowUp, Promise, PromiseJudgement
from dunlin.reports.next_actions import LastContact, NextAction, worked
from tests import cast
from tests.cast import TODAY, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P17")]
AGO = TODAY - timedelta(10)


def call(books, outcome: str, day) -> Call:
    return Call.objects.create(
        customer=books.lakeside, outcome=outcome, day=day, started_at=moment(day), by=books.alice
    )


def promise(books, due, made=AGO, **more) -> Promise:
    more.setdefault("amount", 4_000_00)
    return Promise.objects.create(
        customer=books.lakeside, currency="USD", due_on=due, made_on=made, recorded_at=moment(made), **more
    )


def follow_up(books, due, made=AGO, **more) -> FollowUp:
    return FollowUp.objects.create(
        customer=books.lakeside,
        owner=books.alice,
        what="Send the proof",
        due_on=due,
        created_at=moment(made),
        **more,
    )


def decided(books, step: str, day=TODAY, **more) -> None:
    Decision.objects.create(
        day=day, customer=books.lakeside, step=step, code=more.pop("code", "nothing_past_due"), past_due_home=0,
        recorded_at=moment(day), facts=more.pop("facts", {"due_on": "2026-12-01", "amount": []}), **more,
    )  # fmt: skip


def of(books, day=TODAY):
    return worked([books.lakeside.pk], day, "UTC")[books.lakeside.pk]


def test_nothing_happened_yet(books):
    told = of(books)
    assert (told.owner, told.last, told.next) == ("Alice", None, None)
    stranger = cast.customer()
    assert worked([stranger.pk], TODAY, "UTC")[stranger.pk].owner == ""


def test_the_last_contact_is_the_newest_by_the_day(books):
    call(books, "reached", AGO)
    call(books, "no_answer", TODAY - timedelta(1))
    assert of(books).last == LastContact(TODAY - timedelta(1), "no_answer", "Alice")
    assert of(books, TODAY - timedelta(2)).last == LastContact(AGO, "reached", "Alice")
    assert of(books, AGO - timedelta(1)).last is None


def test_the_earliest_is_next(books):
    promise(books, TODAY + timedelta(3))
    assert of(books).next == NextAction("promise", TODAY + timedelta(3), "4,000.00 USD")
    follow_up(books, TODAY + timedelta(2))
    assert of(books).next == NextAction("follow_up", TODAY + timedelta(2), "Send the proof")
    decided(books, "none", look_again_on=TODAY + timedelta(1))
    assert of(books).next[:2] == ("wait", TODAY + timedelta(1))
    decided(books, "call", revision=1)
    assert of(books).next[:2] == ("call", TODAY)


def test_on_one_day_a_follow_up_stands_first(books):
    promise(books, TODAY)
    decided(books, "email")
    assert of(books).next.kind == "promise"
    follow_up(books, TODAY)
    assert of(books).next.kind == "follow_up"


@pytest.mark.req("H2")
def test_a_promise_and_a_follow_up_are_open_as_of_the_day(books):
    kept = promise(books, TODAY - timedelta(5), status="kept", judged_on=TODAY - timedelta(2))
    PromiseJudgement.objects.create(
        promise=kept, on=TODAY - timedelta(2), recorded_at=moment(TODAY), status="kept", paid=1, why="paid"
    )
    follow_up(books, TODAY - timedelta(4), done_at=moment(TODAY - timedelta(1)))
    assert of(books).next is None
    assert of(books, TODAY - timedelta(2)).next.kind == "follow_up"
    assert of(books, TODAY - timedelta(3)).next.kind == "promise"
    assert of(books, AGO - timedelta(1)).next is None


def test_a_promise_that_was_cancelled_or_replaced_is_not_next(books):
    promise(books, TODAY, status="cancelled", judged_on=TODAY - timedelta(3))
    old = promise(books, TODAY - timedelta(6))
    old.replaced_by = promise(books, TODAY + timedelta(8), made=TODAY - timedelta(3), amount=None)
    old.save()
    assert of(books).next == NextAction("promise", TODAY + timedelta(8), "without an amount")
    assert of(books, TODAY - timedelta(4)).next.on == TODAY - timedelta(6)


@pytest.mark.trap(8)
def test_five_queries_for_any_number_of_customers(books):
    call(books, "reached", AGO)
    promise(books, TODAY)
    decided(books, "call")
    for many in ([books.lakeside.pk], [books.lakeside.pk, books.branch.pk, books.harbour.pk]):
        with CaptureQueriesContext(connection) as queries:
            worked(many, TODAY, "UTC")
        assert len(queries) == 5
