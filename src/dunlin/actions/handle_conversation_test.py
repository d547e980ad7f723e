"""Handling a conversation: hands, snooze, close, reopen, merge; the clock runs on until a person answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.handle_conversation import assign, close, merge, reopen, snooze, take
from dunlin.actions.note_conversation import note_conversation
from dunlin.actions.watch_inbox import watch_inbox
from dunlin.records.models import ConversationItem, ConversationNote, DiaryLine
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast
from tests.inbox_cast import NINE

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(books):
    return inbox_cast.conversation(books.lakeside, items=[books.late])


def alice(books, **more):
    return cast.who(books.alice, **more)


@pytest.mark.req("B5")
def test_it_is_taken_and_given_to_somebody(books, waiting):
    assert take(alice(books), waiting.pk).owner_id == books.alice.pk
    assert assign(alice(books), waiting.pk, books.bob.pk).owner_id == books.bob.pk
    assert assign(alice(books), waiting.pk, None).owner_id is None
    with pytest.raises(Refused, match="There is no user"):
        assign(alice(books), waiting.pk, 9_999_999)
    books.bob.is_active = False
    books.bob.save()
    with pytest.raises(Refused, match="no longer works here"):
        assign(alice(books), waiting.pk, books.bob.pk)
    told = DiaryLine.objects.filter(verb="handle_conversation").order_by("pk")
    assert [line.after["owner"] for line in told] == [books.alice.pk, books.bob.pk, None]


@pytest.mark.rule("P14")
def test_a_snooze_stops_no_clock(books, waiting):
    handled = snooze(alice(books), waiting.pk, cast.TODAY + timedelta(days=2))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.clock_from, waiting.due_at) == ("snoozed", NINE, NINE + timedelta(days=1))
    assert handled.snoozed_until == cast.moment(cast.TODAY + timedelta(days=2), 9)
    with pytest.raises(Refused) as refused:
        snooze(alice(books), waiting.pk, cast.TODAY)
    assert refused.value.code == "snooze_not_later"


@pytest.mark.rule("P14")
def test_closing_is_no_answer_and_says_why(books, waiting):
    close(alice(books, at=NINE + timedelta(days=3)), waiting.pk, "An advertisement, card 4111 1111 1111 1111")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.clock_from, waiting.answered_at, waiting.breached) == (
        "closed",
        None,
        None,
        True,
    )
    assert waiting.closed_why.startswith("An advertisement")
    assert "4111 1111" not in waiting.closed_why
    with pytest.raises(Refused) as refused:
        close(alice(books), waiting.pk, " ")
    assert refused.value.code == "not_blank"
    with pytest.raises(Refused) as refused:
        snooze(alice(books), waiting.pk, cast.TODAY + timedelta(days=2))
    assert refused.value.code == "conversation_over"


@pytest.mark.req("B5")
def test_reopened_it_owes_an_answer_again(books, waiting):
    close(alice(books), waiting.pk, "Done by phone")
    later = NINE + timedelta(days=1)
    reopen(alice(books, at=later), waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.clock_from, waiting.closed_why) == ("open", later, "")
    snooze(alice(books, at=later), waiting.pk, cast.TODAY + timedelta(days=5))
    reopen(alice(books, at=later + timedelta(hours=2)), waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.snoozed_until, waiting.clock_from) == ("open", None, later)


@pytest.mark.req("B5")
def test_merging_keeps_the_earlier_clock_and_all_items(books, waiting):
    second = inbox_cast.conversation(
        books.lakeside, came=NINE - timedelta(hours=20), items=[books.current, books.late], owner=books.alice
    )
    merge(alice(books), second.pk, waiting.pk)
    waiting.refresh_from_db()
    second.refresh_from_db()
    assert second.merged_into_id == waiting.pk
    assert waiting.due_at == second.due_at
    assert waiting.owner_id == books.alice.pk
    assert set(ConversationItem.objects.filter(conversation=waiting).values_list("item", flat=True)) == {
        books.late.pk, books.current.pk,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        snooze(alice(books), second.pk, cast.TODAY + timedelta(days=2))
    assert refused.value.code == "conversation_merged"


def test_only_conversations_of_one_customer_are_merged(books, waiting):
    other = inbox_cast.conversation(books.harbour)
    for into, code in (
        (other.pk, "merge_other_customer"),
        (waiting.pk, "merge_into_itself"),
        (9_999_999, "conversation_unknown"),
    ):
        with pytest.raises(Refused) as refused:
            merge(alice(books), waiting.pk, into)
        assert refused.value.code == code
    waiting.refresh_from_db()
    assert waiting.merged_into_id is None


def test_a_remark_is_kept_masked(books, waiting):
    note_conversation(alice(books), waiting.pk, " Card 4111 1111 1111 1111 was named ")
    assert "4111 1111" not in ConversationNote.objects.get().text
    with pytest.raises(Refused):
        note_conversation(alice(books), waiting.pk, "  ")


def test_a_role_that_may_not_changes_nothing(books, waiting):
    with pytest.raises(Refused) as refused:
        take(cast.who("auditor"), waiting.pk)
    assert refused.value.code == "not_permitted"
    waiting.refresh_from_db()
    assert waiting.owner_id is None


@pytest.mark.rule("P14")
def test_the_sweep_marks_broken_clocks_once(books, waiting):
    assert watch_inbox(cast.who(at=NINE + timedelta(hours=23))).breached == 0
    assert watch_inbox(cast.who(at=NINE + timedelta(days=1))).breached == 1
    lines = DiaryLine.objects.count()
    assert watch_inbox(cast.who(at=NINE + timedelta(days=2))).breached == 0
    assert DiaryLine.objects.count() == lines
