"""The timeline: everything once, newest first, page after page, and only what had happened by the day."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.models import (
    Call,
    DiaryLine,
    Dispute,
    FollowUp,
    Mail,
    Mailbox,
    Message,
    Note,
    Promise,
    PromiseJudgement,
    StoredFile,
)
from dunlin.reports.timeline import KINDS, timeline
from tests.cast import TODAY, customer, invoice, moment, payment, user

pytestmark = pytest.mark.django_db


def full(of, by, days: int = 6) -> None:
    """Every kind of entry on each of the last days, several of them at one moment."""
    for back in range(days):
        day = TODAY - timedelta(back)
        at = moment(day, 0)  # the moment the day begins, so that days and moments tie
        due = invoice(of, "10.00", document=day, number=f"I{back}")
        payment(of, "1.00", on=day)
        for _ in range(2):
            Call.objects.create(
                customer=of, outcome="reached", day=day, started_at=at, by=by, note="spoke", spoke_to="Priya"
            )
            Note.objects.create(customer=of, text="remark", at=at, by=by)
        promise = Promise.objects.create(
            customer=of, currency="USD", amount=500, due_on=day, made_on=day, recorded_at=at, by=by
        )
        PromiseJudgement.objects.create(
            promise=promise, on=day, recorded_at=at, status="broken", paid=0, why="nothing came"
        )
        Dispute.objects.create(
            customer=of,
            item=due,
            amount=100,
            reason="price",
            opened_on=day,
            recorded_at=at,
            resolved_on=day,
            resolved_at=at,
            resolution="refused",
        )
        FollowUp.objects.create(
            customer=of,
            owner=by,
            what="ask again",
            due_on=day,
            created_at=at,
            created_by=by,
            done_at=at,
            done_by=by,
        )
        Message.objects.create(
            customer=of, channel="email", purpose="notice", level=1, day=day, state="sent", created_at=at, sent_at=at, subject="Reminder",
            to=[{"name": "", "address": "ap@x.test", "point": None}],
        )  # fmt: skip
        box, _ = Mailbox.objects.get_or_create(key="ar", defaults={"name": "AR", "address": "ar@x.test"})
        raw, _ = StoredFile.objects.get_or_create(
            sha256="0" * 64, defaults={"bytes": 1, "type": "message/rfc822", "stored_at": at}
        )
        Mail.objects.create(
            customer=of,
            mailbox=box,
            dedupe_key=uuid4().hex,
            raw=raw,
            kind="message",
            received_at=at,
            reply="We pay on Friday.",
        )
        DiaryLine.objects.create(
            customer=of,
            at=at,
            by=by,
            role="collector",
            door="desk",
            verb="correct_contact",
            before={"name": "A"},
            after={"name": "B"},
        )
        DiaryLine.objects.create(customer=of, at=at, by=by, role="collector", door="desk", verb="log_call")


@pytest.mark.req("B6")
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("size", [1, 4, 7, 50])
def test_pages_hold_everything_once_and_in_order(size, zone):
    of, by = customer(), user("collector", "alice")
    full(of, by)
    whole = timeline(of.pk, TODAY, zone=zone, page_size=1000)
    assert whole.next is None
    assert len(whole.entries) == 6 * 15
    assert [entry.key for entry in whole.entries] == sorted(
        (entry.key for entry in whole.entries), reverse=True
    )
    read, before = [], None
    while True:
        page = timeline(of.pk, TODAY, zone=zone, page_size=size, before=before)
        read += page.entries
        before = page.next
        if before is None:
            break
    assert tuple(read) == whole.entries


@pytest.mark.req("H2")
def test_a_past_day_shows_nothing_that_came_later():
    of, by = customer(), user("collector", "alice")
    full(of, by)
    as_of = TODAY - timedelta(2)
    entries = timeline(of.pk, as_of, page_size=1000).entries
    assert len(entries) == 4 * 15
    assert all(entry.day <= as_of for entry in entries)
    Note.objects.create(customer=of, text="an evening there", at=moment(as_of, 22), by=by)
    assert len(timeline(of.pk, as_of, page_size=1000).entries) == 4 * 15 + 1
    assert len(timeline(of.pk, as_of, zone="Asia/Kolkata", page_size=1000, kinds=["note"]).entries) == 2 * 4


def test_kinds_narrow_it_and_other_accounts_stay_out():
    of, other, by = customer(), customer(), user("collector", "alice")
    full(of, by, days=2)
    full(other, by, days=1)
    for kind in KINDS:
        entries = timeline(of.pk, TODAY, kinds=[kind], page_size=1000).entries
        assert entries
        assert {entry.kind for entry in entries} == {kind}
    call = timeline(of.pk, TODAY, kinds=["call"]).entries[0]
    assert (call.title, call.text, call.by) == ("Call with Priya: reached", "spoke", by.name)
    money = timeline(of.pk, TODAY, kinds=["money"]).entries[0]
    assert (money.amount, money.currency, money.day_only) == (100, "USD", True)
    change = timeline(of.pk, TODAY, kinds=["change"]).entries
    assert [entry.facts["after"] for entry in change] == [{"name": "B"}] * 2


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="not weather"):
        timeline(1, TODAY, kinds=["weather"])
    for cursor in ("x", "2026-01-01|1", "2026-01-01|1|1"):
        with pytest.raises(ValueError, match="no place"):
            timeline(1, TODAY, before=cursor)


def test_one_query_a_source_however_long_it_is():
    of, by = customer(), user("collector", "alice")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            timeline(of.pk, TODAY)
        return len(queries)

    full(of, by, days=1)
    before = asked()
    full(of, by, days=9)
    assert asked() == before == 13


def test_what_changed_is_told_in_words_without_keys():
    of, by = customer(), user("collector", "alice")
    for before, after in (
        ({"value": "555-1"}, {"value": "555-2", "point": 7}),
        ({"value": "a@b.example"}, {"value": "c@b.example"}),
        ({"collector": None}, {"collector": by.pk}),
        ({"due_on": "2026-05-01"}, {"due_on": "2026-06-01"}),
        (None, {"credit": 4, "debit": 5, "amount": 100}),
    ):
        DiaryLine.objects.create(at=moment(TODAY), verb="correct_contact", customer=of, by=by, before=before, after=after,
                                 role="collector", door="desk")  # fmt: skip
    told = [entry.facts["told"] for entry in timeline(of.pk, TODAY, kinds=["change"]).entries]
    assert sorted(each for line in told for each in line if each[0] != "amount") == [
        ("collector", "", by.name), ("due", date(2026, 5, 1), date(2026, 6, 1)), ("e-mail", "a@b.example", "c@b.example"),
        ("number", "555-1", "555-2"),
    ]  # fmt: skip


def test_what_was_chosen_in_the_portal_is_told_as_money():
    of = customer()
    after = {"reference": "RF1", "amount": 33_300, "currency": "USD", "items": [4, 5]}
    DiaryLine.objects.create(at=moment(TODAY), verb="choose_payment", customer=of, after=after, role="customer", door="portal")  # fmt: skip
    (entry,) = timeline(of.pk, TODAY, kinds=["change"]).entries
    assert (entry.amount, entry.currency, entry.facts["told"]) == (33_300, "USD", [("reference", "", "RF1")])
