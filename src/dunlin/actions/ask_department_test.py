"""Questions to departments: by e-mail, with a day; the reply lands; silence goes to whom it should."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.ask_department import (
    Question,
    ask_department,
    close_request,
    escalate_requests,
    land_answer,
)
from dunlin.actions.doing import doing
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.records.models import Absence, FollowUp, Message, Request
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B7")]


@pytest.fixture
def asked(books):
    inbox_cast.department(answer_business_days=2, escalate_to=books.mona)
    who = cast.who(books.alice)
    made = ask_department(
        who, books.lakeside.pk, Question("operations", "Signed delivery note", "Pallet 3?", books.late.pk)
    )
    return Request.objects.get(pk=made.request_id)


def test_it_goes_by_mail_with_a_day(books, asked):
    sent = asked.message
    assert (sent.purpose, sent.to[0]["address"]) == ("request", "operations@dunlin.test")
    assert "Pallet 3?" in sent.text
    assert "Lakeside Hotels (L-100), INV-1001" in sent.text
    # Wednesday; the Thursday after is a business day as no calendar is filled here.
    assert (asked.due_on, asked.owner, asked.state) == (cast.TODAY + timedelta(days=2), books.alice, "open")


def test_it_is_worded_by_the_template_in_force(books):
    keep_shipped(cast.moment(cast.TODAY))
    inbox_cast.department()
    made = ask_department(
        cast.who(books.alice), books.lakeside.pk, Question("operations", "Delivery note", "", books.late.pk)
    )
    sent = Message.objects.get(pk=made.message_id)
    assert sent.subject == "[L-100-R1] Delivery note: Lakeside Hotels"
    assert "INV-1001" in sent.text
    assert "27" in sent.text  # the day it is needed by


def test_the_reply_lands_on_it(books, asked):
    row = inbox_cast.conversation(books.lakeside)
    reply = inbox_cast.mail(row, "Attached.", sender="operations@dunlin.test", answers=asked.message)
    with doing(cast.who("administrator"), "take_mail") as act:
        assert land_answer(act, reply) == asked.pk
        assert land_answer(act, inbox_cast.mail(row, "Unrelated")) is None
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == ("answered", reply)
    follow_up = FollowUp.objects.get()
    assert (follow_up.owner, follow_up.what) == (books.alice, "Operations answered: Signed delivery note")
    assert escalate_requests(cast.who(today=cast.TODAY + timedelta(days=30))) == ()


@pytest.mark.rule("P8")
@pytest.mark.rule("P33")
def test_silence_is_escalated_once_to_who_is_there(books, asked):
    assert (
        escalate_requests(cast.who(today=asked.due_on)) == ()
    )  # its own day still belongs to the department
    day = asked.due_on + timedelta(days=1)
    Absence.objects.create(user=books.mona, backup=books.lena, from_on=day, through_on=day)
    assert escalate_requests(cast.who(today=day)) == (asked.pk,)
    assert escalate_requests(cast.who(today=day + timedelta(days=1))) == ()
    follow_up = FollowUp.objects.get()
    assert (follow_up.owner, follow_up.due_on) == (books.lena, day)
    assert "has not answered" in follow_up.what


def test_it_is_closed_with_what_came_of_it(books, asked):
    who = cast.who(books.alice)
    with pytest.raises(Refused):
        close_request(who, asked.pk, " ")
    close_request(who, asked.pk, "The note was sent to the customer")
    with pytest.raises(Refused) as refused:
        close_request(who, asked.pk, "again")
    assert refused.value.code == "request_closed_already"


@pytest.mark.parametrize(
    "question, code",
    [
        (Question("nobody", "x"), "department_unknown"),
        (Question("legal", "x"), "department_without_address"),
        (Question("operations", " "), "not_blank"),
        (Question("operations", "x", item_id=9_999_999), "item_unknown"),
        (Question("operations", "x", dispute_id=9_999_999), "dispute_unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused(books, question, code):
    inbox_cast.department()
    inbox_cast.department("legal", address="")
    with pytest.raises(Refused) as refused:
        ask_department(cast.who(books.alice), books.lakeside.pk, question)
    assert refused.value.code == code
    assert not Message.objects.exists()
