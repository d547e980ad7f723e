"""The queue: who waits, in which order, in whose hands; one conversation; how fast the desk answers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dunlin.actions.answer_mail import Answer, answer_mail
from dunlin.actions.handle_conversation import close, merge, snooze
from dunlin.actions.note_conversation import note_conversation
from dunlin.records.models import Absence, Conversation, Promise
from dunlin.reports.answer_times import answer_times
from dunlin.reports.conversation import conversation_shown, pieces
from dunlin.reports.inbox import PAGE_SIZE, Asked, conversations_of, inbox
from dunlin.rules.policy import Policy
from tests import cast, inbox_cast
from tests.inbox_cast import NINE

pytestmark = pytest.mark.django_db

TOMORROW = cast.TODAY + timedelta(days=1)


def queue(books, view="all", *, by=None, at=NINE, scope=None, **asked):
    return inbox(
        Asked(view, **asked),
        scope=scope or Q(),
        user_id=(by or books.alice).pk,
        today=cast.TODAY,
        now=at,
        policy=Policy(),
    )


def ids(found):
    return [row.id for row in found.rows]


@pytest.mark.req("B5")
@pytest.mark.rule("P14")
def test_what_is_due_first_stands_first(books):
    late = inbox_cast.conversation(books.lakeside, came=NINE - timedelta(days=2))
    later = inbox_cast.conversation(books.lakeside, came=NINE)
    soon = inbox_cast.conversation(books.harbour, came=NINE - timedelta(hours=17))
    found = queue(books)
    assert ids(found) == [late.pk, soon.pk, later.pk]
    assert [(row.look.light, row.look.late) for row in found.rows] == [
        ("red", True),
        ("green", False),
        ("green", False),
    ]
    assert found.late == 1


@pytest.mark.req("B5")
def test_each_view_shows_its_own(books):
    mine = inbox_cast.conversation(books.lakeside, owner=books.alice)
    nobodys = inbox_cast.conversation(books.lakeside)
    triage = inbox_cast.conversation(None)
    bobs = inbox_cast.conversation(books.harbour, owner=books.bob)
    aside = inbox_cast.conversation(books.lakeside, owner=books.alice)
    snooze(cast.who(books.alice, at=NINE), aside.pk, TOMORROW)
    over = inbox_cast.conversation(books.lakeside, owner=books.alice, state="answered")
    shown = {
        view: set(ids(queue(books, view)))
        for view in ("mine", "unassigned", "all", "triage", "snoozed", "late", "answered")
    }
    assert shown == {
        "mine": {mine.pk}, "unassigned": {nobodys.pk}, "all": {mine.pk, nobodys.pk, triage.pk, bobs.pk}, "triage": {triage.pk},
        "snoozed": {aside.pk}, "late": set(), "answered": {over.pk},
    }  # fmt: skip
    counts = queue(books).counts
    assert counts == {"mine": 1, "unassigned": 1, "all": 4, "triage": 1, "snoozed": 1, "late": 0}
    # When its day comes it is back, and it was late all the while: a snooze stops no clock.
    later = NINE + timedelta(days=1)
    assert aside.pk in ids(queue(books, "mine", at=later))
    assert aside.pk in ids(queue(books, "late", at=later))


@pytest.mark.rule("P33")
def test_who_covers_sees_the_queue_of_who_is_away(books):
    row = inbox_cast.conversation(books.harbour, owner=books.bob)
    assert ids(queue(books, "mine")) == []
    Absence.objects.create(user=books.bob, backup=books.alice, from_on=cast.TODAY, through_on=cast.TODAY)
    assert ids(queue(books, "mine")) == [row.pk]


@pytest.mark.req("B5")
def test_a_row_tells_what_it_is_about(books):
    row = inbox_cast.conversation(books.lakeside, owner=books.alice, items=[books.late])
    inbox_cast.mail(row, "Old words", received_at=NINE - timedelta(hours=1))
    mail = inbox_cast.mail(row, "We pay\non  Friday.")
    inbox_cast.attached(mail)
    inbox_cast.proposal(mail, "promise_to_pay", confidence="0.900")
    inbox_cast.proposal(mail, "already_paid", confidence="0.950")
    inbox_cast.proposal(mail, "dispute").delete()
    (shown,) = queue(books).rows
    assert (shown.sender, shown.customer_name, shown.words) == (
        "Priya Raman",
        "Lakeside Hotels",
        "We pay on Friday.",
    )
    assert shown.intents == ("already_paid", "promise_to_pay")
    assert (shown.has_files, shown.mails, shown.owner, shown.mailbox) == (True, 2, "Alice", "ar")


def test_the_queue_is_narrowed_and_searched(books):
    ar = inbox_cast.conversation(books.lakeside)
    inbox_cast.mail(ar, "x", sender="priya@l-100.test")
    collections = inbox_cast.conversation(
        books.harbour, mailbox=inbox_cast.mailbox("collections"), subject="Delivery"
    )
    call = inbox_cast.conversation(books.harbour, kind="voicemail", phone="+1 312 555 0188", subject="Jonas")
    assert ids(queue(books, mailbox="collections")) == [collections.pk]
    assert ids(queue(books, kind="voicemail")) == [call.pk]
    assert ids(queue(books, words="priya@")) == [ar.pk]
    assert ids(queue(books, words="lakeside")) == [ar.pk]
    assert ids(queue(books, words="delivery")) == [collections.pk]
    assert ids(queue(books, words="555 0188")) == [call.pk]
    assert queue(books, words="nothing").total == 0


def test_an_empty_queue_knows_since_when(books):
    assert queue(books, "mine").empty_since is None
    row = inbox_cast.conversation(books.lakeside, owner=books.alice)
    inbox_cast.mail(row)
    answer_mail(cast.who(books.alice, at=NINE + timedelta(minutes=5)), row.pk, Answer("Thanks."))
    assert queue(books, "mine").empty_since == NINE + timedelta(minutes=5)


def test_pages_and_a_fixed_number_of_queries(books):
    def queries(page=1):
        with CaptureQueriesContext(connection) as asked:
            found = queue(books, page=page)
        return len(asked), found

    inbox_cast.mail(inbox_cast.conversation(books.lakeside))
    few, _ = queries()
    rows = [
        Conversation(kind="mail", mailbox=inbox_cast.mailbox(), customer=books.lakeside, subject=f"n {n}", opened_at=NINE,
                     last_at=NINE, clock_from=NINE, due_at=NINE + timedelta(minutes=n))
        for n in range(PAGE_SIZE * 2)
    ]  # fmt: skip
    Conversation.objects.bulk_create(rows)
    many, first = queries()
    assert many <= few <= 10
    assert (first.total, len(first.rows)) == (PAGE_SIZE * 2 + 1, PAGE_SIZE)
    last = queries(page=99)[1]
    assert (last.page, len(last.rows)) == (3, 1)
    assert not set(ids(first)) & set(ids(last))


@pytest.mark.req("B5")
def test_one_conversation_is_read_in_order_with_the_account_beside(books):
    row = inbox_cast.conversation(books.lakeside, items=[books.late], owner=books.alice)
    mail = inbox_cast.mail(
        row,
        "Hello,\nwe pay 300.00  on Friday.\nPriya",
        quoted="> our words",
        signature="Priya Raman\nLakeside",
    )
    inbox_cast.attached(mail, "a.pdf")
    inbox_cast.attached(mail, "b.exe", b"MZ", "application/x-msdownload", "file_program")
    inbox_cast.proposal(mail, "promise_to_pay", quote="we pay 300.00 on Friday.")
    who = cast.who(books.alice, at=NINE + timedelta(minutes=1))
    note_conversation(who, row.pk, "Call her as well")
    answer_mail(cast.who(books.alice, at=NINE + timedelta(minutes=2)), row.pk, Answer("Thank you."))
    Promise.objects.create(
        customer=books.lakeside,
        currency="USD",
        amount=30_000,
        due_on=TOMORROW,
        made_on=cast.TODAY,
        recorded_at=NINE,
    )
    shown = conversation_shown(Conversation.objects.get(pk=row.pk), cast.TODAY, NINE, Policy())
    assert [type(each).__name__ for each in shown.entries] == ["MailShown", "NoteShown", "MessageShown"]
    read = shown.entries[0]
    assert read.words == (("Hello,\n", False), ("we pay 300.00  on Friday.", True), ("\nPriya", False))
    assert (read.quoted, read.signature) == ("> our words", "Priya Raman\nLakeside")
    assert [(each.name, bool(each.refused)) for each in read.files] == [("a.pdf", False), ("b.exe", True)]
    assert shown.look is None
    beside = shown.beside
    assert [str(each) for each in beside.open + beside.past_due] == ["1,500.00 USD", "500.00 USD"]
    assert [(each.number, each.days_past_due) for each in beside.items] == [("INV-1001", 40)]
    assert (beside.promise, str(beside.promise_amount)) == ("open", "300.00 USD")


def test_what_was_merged_is_read_with_it(books):
    row, other = (
        inbox_cast.conversation(books.lakeside),
        inbox_cast.conversation(books.lakeside, subject="The other"),
    )
    inbox_cast.mail(row, "one")
    inbox_cast.mail(other, "two")
    merge(cast.who(books.alice, at=NINE), other.pk, row.pk)
    shown = conversation_shown(Conversation.objects.get(pk=row.pk), cast.TODAY, NINE, Policy())
    assert {each.words[0][0] for each in shown.entries} == {"one", "two"}
    assert shown.merged == ((other.pk, "The other"),)
    assert [each.id for each in conversations_of(books.lakeside.pk)] == [row.pk]


def test_triage_has_no_account_beside(books):
    row = inbox_cast.conversation(None)
    inbox_cast.mail(row, "x" * 30_000)
    shown = conversation_shown(row, cast.TODAY, NINE, Policy())
    assert shown.beside is None
    assert shown.entries[0].cut


@given(
    text=st.text(alphabet="ab \n", max_size=40),
    quotes=st.lists(st.text(alphabet="ab \n", max_size=8), max_size=3),
)
def test_marking_a_quote_loses_no_letter(text, quotes):
    found = pieces(text, quotes)
    assert "".join(words for words, _ in found) == text
    for words, marked in found:
        assert words
        assert isinstance(marked, bool)


@pytest.mark.rule("P14")
@pytest.mark.rule("P17")
def test_answer_times_count_answers_in_time_and_what_waits(books):
    def answered(minutes):
        row = inbox_cast.conversation(books.lakeside, owner=books.alice)
        inbox_cast.mail(row)
        answer_mail(cast.who(books.alice, at=row.due_at + timedelta(minutes=minutes)), row.pk, Answer("Yes."))

    for minutes in (-90, -1, 0):
        answered(minutes)
    close(cast.who(books.alice, at=NINE), inbox_cast.conversation(books.lakeside).pk, "Spam")
    inbox_cast.conversation(books.harbour, came=NINE - timedelta(days=3))
    found = answer_times(cast.TODAY, TOMORROW, NINE, "UTC")
    assert (found.answered, found.in_time, found.waiting, found.late) == (3, 2, 1, 1)
    assert round(found.share_pct, 1) == Decimal("66.7")
    assert found.oldest == NINE - timedelta(days=3)
    assert answer_times(cast.TODAY, TOMORROW, NINE, "UTC", scope=Q(owner=books.bob)).share_pct is None
