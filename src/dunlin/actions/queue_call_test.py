"""Calls to return: queued with a clock, returned by a call that is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.log_call import log_call
from dunlin.actions.queue_call import queue_call
from dunlin.records.models import Conversation, Setting
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B5"), pytest.mark.rule("P14")]

NOON = cast.moment(cast.TODAY, 17)  # noon in New York, where Lakeside is


@pytest.fixture
def alice(books):
    Setting.objects.create(name="inbox.hours", value={"default": "00:00-24:00"}, changed_at=NOON)
    return cast.who(books.alice, at=NOON)


def test_the_number_says_whose_it_is(books, alice):
    queued = queue_call(alice, "+1 (212) 555-0143", "INV-1001 looks wrong", caller="Priya", kind="voicemail")
    row = Conversation.objects.get(pk=queued.conversation_id)
    assert (row.customer_id, row.owner_id, row.kind) == (books.lakeside.pk, books.alice.pk, "voicemail")
    assert row.subject == "Priya: INV-1001 looks wrong"
    assert row.due_at == NOON + timedelta(days=1)


def test_an_unknown_number_and_one_of_two_customers_go_to_triage(books, alice):
    cast.contact(books.harbour, "Shared Desk", phone="+1 212 555 0143")
    assert queue_call(alice, "+1 212 555 0143").customer_id is None
    assert queue_call(alice, "+49 30 1234567").customer_id is None


def test_the_same_key_queues_once(books, alice):
    first = queue_call(alice, "+1 212 555 0143", key="k-1")
    assert queue_call(alice, "+1 212 555 0143", key="k-1") == first
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    "phone, more, code",
    [
        ("no number", {}, "not_blank"),
        ("+1 212 555 0143", {"kind": "fax"}, "kind_unknown"),
        ("+1 212 555 0143", {"customer_id": 9_999_999}, "customer_unknown"),
        ("+1 212 555 0143", {"at": NOON + timedelta(hours=1)}, "call_time_wrong"),
    ],
)
def test_what_cannot_be_queued_is_refused(books, alice, phone, more, code):
    with pytest.raises(Refused) as refused:
        queue_call(alice, phone, **more)
    assert refused.value.code == code


def test_reaching_them_returns_the_call(books, alice):
    queued = queue_call(alice, "+1 212 555 0143")
    other = inbox_cast.conversation(books.lakeside)
    log_call(alice, books.lakeside.pk, "reached", number="+1 212 555-0143", spoke_to="Priya")
    row = Conversation.objects.get(pk=queued.conversation_id)
    assert (row.state, row.answered_at, row.clock_from, row.breached) == ("closed", NOON, None, False)
    other.refresh_from_db()
    assert other.state == "open"  # a mail is not answered by some call, only by one that says so


@pytest.mark.parametrize(
    "outcome, state",
    [
        ("no_answer", "open"),
        ("busy", "open"),
        ("gatekeeper", "open"),
        ("voicemail", "answered"),
        ("refused", "closed"),
    ],
)
def test_an_attempt_is_no_answer_a_message_left_is(books, alice, outcome, state):
    queued = queue_call(alice, "+1 212 555 0143")
    log_call(alice, books.lakeside.pk, outcome, number="+1 212 555 0143")
    assert Conversation.objects.get(pk=queued.conversation_id).state == state


def test_a_mail_answered_by_phone_is_answered(books, alice):
    mail = inbox_cast.conversation(books.lakeside)
    log_call(alice, books.lakeside.pk, "reached", number="+1 212 555 0143", conversation_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.clock_from) == ("closed", None)


def test_a_call_in_triage_becomes_the_customers_by_being_returned(books, alice):
    queued = queue_call(alice, "+49 30 1234567")
    log_call(
        alice, books.lakeside.pk, "reached", number="+49 30 1234567", conversation_id=queued.conversation_id
    )
    row = Conversation.objects.get(pk=queued.conversation_id)
    assert (row.customer_id, row.state) == (books.lakeside.pk, "closed")


def test_a_conversation_of_another_customer_is_not_touched(books, alice):
    other = inbox_cast.conversation(books.harbour, kind="call", phone="+1 312 555 0188")
    with pytest.raises(Refused) as refused:
        log_call(alice, books.lakeside.pk, "reached", number="+1 212 555 0143", conversation_id=other.pk)
    assert refused.value.code == "conversation_unknown"
    other.refresh_from_db()
    assert other.state == "open"


def test_a_voicemail_they_left_again_answers_nobody(books, alice):
    queued = queue_call(alice, "+1 212 555 0143")
    log_call(alice, books.lakeside.pk, "voicemail", number="+1 212 555 0143", direction="in")
    assert Conversation.objects.get(pk=queued.conversation_id).state == "open"
