"""The ladder of an item waits while a reply about it is not handled."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.answer_mail import Answer, answer_mail
from dunlin.actions.handle_conversation import close, reopen, snooze
from dunlin.records.models import Message, MessageItem
from dunlin.reports.reply_pauses import items_waiting
from tests import cast, inbox_cast
from tests.inbox_cast import NINE

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6"), pytest.mark.trap(59)]


def waiting(books):
    return items_waiting([books.lakeside.pk, books.branch.pk, books.harbour.pk])


def test_only_the_items_named_wait(books):
    inbox_cast.conversation(books.lakeside, items=[books.late])
    assert waiting(books) == {books.lakeside.pk: {books.late.pk}}


def test_a_reply_to_our_message_is_about_its_items(books):
    sent = Message.objects.create(
        customer=books.lakeside, channel="email", purpose="notice", day=cast.TODAY, created_at=NINE
    )
    MessageItem.objects.create(message=sent, item=books.late, amount=1, level=1)
    MessageItem.objects.create(message=sent, item=books.current, amount=1, left_out="disputed")
    row = inbox_cast.conversation(books.lakeside)
    inbox_cast.mail(row, answers=sent)
    assert waiting(books) == {books.lakeside.pk: {books.late.pk}}


def test_who_writes_of_nothing_in_particular_is_not_asked_for_anything(books):
    inbox_cast.conversation(books.lakeside)
    assert waiting(books) == {books.lakeside.pk: {books.late.pk, books.current.pk}}


def test_it_ends_when_it_is_handled_and_not_before(books):
    row = inbox_cast.conversation(books.lakeside, items=[books.late])
    inbox_cast.mail(row)
    who = cast.who(books.alice, at=NINE)
    snooze(who, row.pk, cast.TODAY.replace(day=27))
    assert waiting(books)
    answer_mail(who, row.pk, Answer("Thank you."))
    assert waiting(books) == {}
    reopen(who, row.pk)
    assert waiting(books)
    close(who, row.pk, "No answer needed")
    assert waiting(books) == {}


def test_what_is_paid_or_owed_by_another_is_told_where_it_stands(books):
    inbox_cast.conversation(books.lakeside, items=[books.branch_invoice, books.late])
    assert waiting(books) == {books.branch.pk: {books.branch_invoice.pk}, books.lakeside.pk: {books.late.pk}}
    cast.payment(books.lakeside, "500.00", applied_to=books.late)
    assert waiting(books) == {books.branch.pk: {books.branch_invoice.pk}}


def test_nothing_owed_pauses_nothing(books):
    inbox_cast.conversation(books.lakeside, items=[books.late], state="answered")
    inbox_cast.conversation(None)
    merged = inbox_cast.conversation(books.harbour, items=[books.part_paid])
    merged.merged_into = inbox_cast.conversation(books.harbour, state="closed")
    merged.save()
    assert waiting(books) == {}


def test_the_queries_do_not_grow(books):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            waiting(books)
        return len(asked)

    inbox_cast.conversation(books.lakeside, items=[books.late])
    inbox_cast.conversation(books.harbour)
    few = queries()
    for _ in range(10):
        inbox_cast.mail(inbox_cast.conversation(books.lakeside, items=[books.late]))
        inbox_cast.conversation(books.harbour)
    assert queries() == few <= 5
