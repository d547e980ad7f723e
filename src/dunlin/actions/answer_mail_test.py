"""Answers: in the thread, with files, once; they stop the clock and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.answer_mail import Answer, answer_mail
from dunlin.actions.write_message import Letter, UploadedFile, write_message
from dunlin.records.models import Block, ContactPoint, Message
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast
from tests.inbox_cast import NINE

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(books):
    row = inbox_cast.conversation(books.lakeside, items=[books.late], subject="AW: Re: INV-1001")
    inbox_cast.mail(row, "Please send a copy of INV-1001.\n\nPriya", language="en")
    return row


def answer(books, row, text="Here it is.", at=NINE, who=None, **more):
    return answer_mail(cast.who(who or books.alice, at=at), row.pk, Answer(text, **more), key=None)


@pytest.mark.req("B5")
@pytest.mark.req("C6")
def test_an_answer_stays_in_its_thread(books, asked):
    first = asked.mails.get()
    sent = Message.objects.get(pk=answer(books, asked).message_id)
    assert (sent.purpose, sent.channel, sent.state) == ("answer", "email", "decided")
    assert sent.to == [{"name": "Priya Raman", "address": "priya@l-100.test", "point": None}]
    assert sent.subject == "Re: INV-1001"
    assert (sent.in_reply_to, sent.references) == (first.message_id, [first.message_id])
    assert sent.sender_address == "ar@dunlin.test"
    assert sent.contact.name == "Priya Raman"
    assert sent.text.startswith("Here it is.\n\nOn ")
    assert "\n> Please send a copy of INV-1001.\n" in sent.text
    assert [(line.item_id, line.amount, line.level) for line in sent.items.all()] == [
        (books.late.pk, 50_000, None)
    ]

    second = inbox_cast.mail(asked, "Thank you!", received_at=NINE + timedelta(hours=1))
    again = Message.objects.get(pk=answer(books, asked, "You are welcome.").message_id)
    assert again.in_reply_to == second.message_id
    assert again.references[0] == first.message_id
    assert set(again.references) == {first.message_id, sent.message_id, second.message_id}


@pytest.mark.rule("P14")
@pytest.mark.parametrize("minutes, late", [(-1, False), (0, True), (600, True)])
def test_the_answer_stops_the_clock(books, asked, minutes, late):
    at = asked.due_at + timedelta(minutes=minutes)
    assert answer(books, asked, at=at).late is late
    asked.refresh_from_db()
    assert (asked.state, asked.clock_from, asked.answered_at, asked.breached) == ("answered", None, at, late)
    assert asked.owner == books.alice


@pytest.mark.req("A5")
def test_documents_files_and_what_came_go_along(books, asked):
    document = inbox_cast.document(books.lakeside, books.late)
    came = inbox_cast.attached(asked.mails.get(), "their advice.pdf")
    wanted = inbox_cast.proposal(asked.mails.get(), "invoice_copy_request")
    upload = UploadedFile("../../terms.pdf", "text/html", b"%PDF-1.4\nterms\n%%EOF")
    sent = answer(
        books, asked, document_ids=(document.pk,), pass_on=(came.pk,), uploads=(upload,), then="closed"
    )
    files = Message.objects.get(pk=sent.message_id).files
    assert [(each.name, each.document_id) for each in files.all()] == [
        ("INV-1001.pdf", document.pk), ("terms.pdf", None), ("their advice.pdf", None),
    ]  # fmt: skip
    asked.refresh_from_db()
    assert (asked.state, asked.closed_why) == ("closed", "Answered")
    wanted.refresh_from_db()
    assert (wanted.state, wanted.did) == ("done", f"message:{sent.message_id}")


@pytest.mark.parametrize(
    "more, code",
    [
        ({"text": "  "}, "message_without_words"),
        ({"uploads": (UploadedFile("run.exe", "application/pdf", b"MZ\x90\x00"),)}, "file_refused"),
        ({"uploads": (UploadedFile("a.txt", "text/plain", b"a"),) * 11}, "files_too_many"),
        ({"pass_on": (9_999_999,)}, "file_unknown"),
        ({"document_ids": (9_999_999,)}, "document_unknown"),
        ({"to": ({"name": "", "address": "not an address"},)}, "address_not_usable"),
    ],
)
def test_what_cannot_go_is_refused_and_the_clock_runs(books, asked, more, code):
    with pytest.raises(Refused) as refused:
        answer(books, asked, **more)
    assert refused.value.code == code
    asked.refresh_from_db()
    assert (asked.state, asked.clock_from) == ("open", NINE)
    assert not Message.objects.exists()


@pytest.mark.trap(22)
def test_no_document_of_another_customer_goes_along(books, asked):
    theirs = inbox_cast.document(books.harbour, books.part_paid)
    other = inbox_cast.conversation(books.harbour)
    file = inbox_cast.attached(inbox_cast.mail(other, sender="jonas@h-200.test"))
    for more in ({"document_ids": (theirs.pk,)}, {"pass_on": (file.pk,)}):
        with pytest.raises(Refused):
            answer(books, asked, **more)


@pytest.mark.req("D10")
def test_the_conduct_gate_stands_before_an_answer(books, asked):
    def block(kind):
        Block.objects.all().delete()
        Block.objects.create(
            customer=books.lakeside, kind=kind, reason="x", from_on=cast.TODAY, recorded_at=NINE
        )

    block("cease_contact")
    for person in (books.alice, books.lena):
        with pytest.raises(Refused) as refused:
            answer(books, asked, who=person)
        assert refused.value.code == "message_not_allowed"
    block("agency")
    with pytest.raises(Refused):
        answer(books, asked, who=books.alice)
    answer(books, asked, who=books.lena)  # a lead may answer what an account with an agency asked


def test_a_sender_nobody_knows_is_answered_too(books):
    row = inbox_cast.conversation(None)
    inbox_cast.mail(row, "Who are you?", sender="someone@else.test", name="")
    sent = Message.objects.get(pk=answer(books, row, "Tell us your number, please.").message_id)
    assert (sent.customer, sent.to[0]["address"]) == (None, "someone@else.test")


def test_the_same_key_answers_once(books, asked):
    who = cast.who(books.alice, at=NINE)
    first = answer_mail(who, asked.pk, Answer("Here."), key="once")
    assert answer_mail(who, asked.pk, Answer("Here."), key="once") == first
    assert Message.objects.count() == 1


def test_a_dry_run_sends_nothing(books, asked):
    answer_mail(cast.who(books.alice, at=NINE).dry(), asked.pk, Answer("Here."))
    asked.refresh_from_db()
    assert (Message.objects.count(), asked.state) == (0, "open")


@pytest.mark.req("C6")
def test_a_new_message_is_written_to_an_address_that_works(books):
    who = cast.who(books.alice, at=NINE)
    to = ({"name": "Priya Raman", "address": "priya@l-100.test", "point": None},)
    document = inbox_cast.document(books.lakeside, books.late)
    letter = Letter(
        "Your account",
        "Please see the copy.",
        to,
        document_ids=(document.pk,),
        item_ids=(books.late.pk,),
        purpose="copies",
    )
    sent = Message.objects.get(pk=write_message(who, books.lakeside.pk, letter).message_id)
    assert (sent.purpose, sent.customer, sent.entity, sent.created_by) == (
        "copies",
        books.lakeside,
        books.entity,
        books.alice,
    )
    ContactPoint.objects.filter(value="priya@l-100.test").update(state="bounced")
    with pytest.raises(Refused) as refused:
        write_message(who, books.lakeside.pk, letter)
    assert refused.value.code == "message_not_allowed"
    assert "bounced" in str(refused.value)
    ContactPoint.objects.filter(value="priya@l-100.test").update(state="ok")
    with pytest.raises(Refused, match="There is no item"):
        write_message(who, books.lakeside.pk, Letter("a", "b", to, item_ids=(books.part_paid.pk,)))
