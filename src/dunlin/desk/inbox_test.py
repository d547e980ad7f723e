"""The pages of the inbox: each answers, the acts act, and nobody sees what is not theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.records.clock import now, today
from dunlin.records.models import Conversation, ConversationNote, Dispute, FollowUp, Message, Promise, Request
from tests import cast, inbox_cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B5")]

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7 * 7 }}"


def signed(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def alice(books):
    return signed(books.alice)


@pytest.fixture
def thread(books):
    at = now() - timedelta(hours=1)
    row = inbox_cast.conversation(
        books.lakeside, items=[books.late], owner=books.alice, came=at, subject="INV-1001"
    )
    mail = inbox_cast.mail(
        row, "We pay 300.00 USD on Friday.\nPriya", quoted="> Please pay", signature="Priya", language="en"
    )
    friday = today("UTC") + timedelta(days=2)
    facts = {
        "promise": {"on": friday.isoformat(), "amount": {"minor": 30_000, "currency": "USD"}},
        "items": [books.late.pk],
    }
    inbox_cast.proposal(mail, "promise_to_pay", facts, quote="We pay 300.00 USD on Friday.")
    return row


def page(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_the_queue_shows_what_waits(alice, thread):
    text = page(alice, "inbox")
    assert "INV-1001" in text
    assert "Priya Raman" in text
    assert "promises to pay" in text
    assert " left" in text
    for view in ("unassigned", "all", "triage", "snoozed", "late", "answered"):
        page(alice, "inbox", view=view, q="x", kind="mail", mailbox="ar", page="7")
    part = alice.get(reverse("inbox"), HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert "INV-1001" in part


def test_an_empty_inbox_says_what_comes_next(books):
    assert "No mailbox is read yet" in page(signed(books.alice), "inbox")
    inbox_cast.mailbox(read_at=now())
    assert "last read" in page(signed(books.alice), "inbox")


def test_one_conversation_shows_all_there_is(books, alice, thread):
    document = inbox_cast.document(books.lakeside, books.late)
    text = page(alice, "conversation", thread.pk)
    assert "<mark>We pay 300.00 USD on Friday.</mark>" in text
    assert "Log promise…" in text
    assert "97 % sure" in text
    assert "Earlier words" in text
    assert "500.00 USD" in text
    assert f'value="{document.pk}"' in text
    assert "No notice goes for these documents until this is handled" in text


@pytest.mark.trap(58)
@pytest.mark.req("G3")
def test_anothers_conversation_is_not_there(books, alice, thread):
    theirs = inbox_cast.conversation(books.harbour)
    mail = inbox_cast.mail(theirs, "Secret words", sender="jonas@h-200.test")
    file = inbox_cast.attached(mail)
    offered = inbox_cast.proposal(mail, "promise_to_pay")
    for name, pk in (
        ("conversation", theirs.pk), ("mail_file", file.pk), ("mail_raw", mail.pk), ("mail_html", mail.pk),
        ("confirm_proposal", offered.pk), ("snooze_conversation", theirs.pk), ("canned_words", theirs.pk),
    ):  # fmt: skip
        assert alice.get(reverse(name, args=[pk])).status_code == 404
    for name in ("answer", "take_conversation", "reopen_conversation", "whose", "close_conversation"):
        assert (
            alice.post(
                reverse(name, args=[theirs.pk]), {"answer": "x", "to": "a@b.test", "why": "x"}
            ).status_code
            == 404
        )
    assert alice.post(reverse("dismiss_proposal", args=[offered.pk])).status_code == 404
    assert "Secret words" not in page(alice, "inbox", view="all")
    merged = alice.post(reverse("merge_conversation", args=[thread.pk]), {"into": theirs.pk})
    assert merged.status_code in (404, 422)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.owner) == ("open", None)
    assert not Message.objects.exists()
    assert "Secret words" in page(signed(books.lena), "conversation", theirs.pk)


def test_who_does_not_see_the_inbox_sees_nothing_of_it(books, thread):
    sales = signed(cast.user("sales"))
    for address in (
        reverse("inbox"),
        reverse("conversation", args=[thread.pk]),
        reverse("mailboxes"),
        reverse("questions"),
    ):
        assert sales.get(address).status_code in (403, 404)
    auditor = signed(cast.user("auditor"))
    assert "Send answer" not in page(auditor, "conversation", thread.pk)
    assert auditor.post(reverse("answer", args=[thread.pk]), {"answer": "x"}).status_code == 403


@pytest.mark.req("G3")
def test_hostile_words_are_words(books, alice):
    row = inbox_cast.conversation(books.lakeside, subject=HOSTILE)
    mail = inbox_cast.mail(
        row,
        HOSTILE,
        name=HOSTILE,
        sender="x@y.test",
        html="<p onclick=alert(3)>x</p><script>alert(4)</script>",
    )
    inbox_cast.attached(mail, f"{HOSTILE}.pdf")
    inbox_cast.proposal(mail, "dispute", quote=HOSTILE)
    for text in (page(alice, "conversation", row.pk), page(alice, "inbox", view="all")):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "{{ 7 * 7 }}" in text
    shown = alice.get(reverse("mail_html", args=[mail.pk]))
    assert shown["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "script-src" not in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"


@pytest.mark.req("G3")
def test_a_file_is_only_ever_downloaded(books, alice, thread):
    mail = thread.mails.get()
    file = inbox_cast.attached(mail, "a\r\nb<x>.html", b"<script>alert(1)</script>", "text/html")
    answer = alice.get(reverse("mail_file", args=[file.pk]))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "\n" not in answer["Content-Disposition"]
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "nosniff",
        "sandbox; default-src 'none'",
    )
    assert "no-store" in answer["Cache-Control"]
    refused = inbox_cast.attached(mail, "run.exe", b"MZ", "application/x-msdownload", "file_program")
    assert alice.get(reverse("mail_file", args=[refused.pk])).status_code == 422
    raw = alice.get(reverse("mail_raw", args=[mail.pk]))
    assert raw["Content-Disposition"].startswith("attachment;")
    assert raw["Content-Type"] == "application/octet-stream"


def test_an_answer_is_sent_with_a_document_and_a_file(books, alice, thread):
    document = inbox_cast.document(books.lakeside, books.late)
    came = inbox_cast.attached(thread.mails.get())
    upload = SimpleUploadedFile("terms.pdf", b"%PDF-1.4\n%%EOF", "application/pdf")
    answer = alice.post(reverse("answer", args=[thread.pk]), {
        "to": '"Raman, Priya" <priya@l-100.test>', "cc": "boss@l-100.test", "subject": "", "answer": "Thank you.", "quote": "1",
        "document": document.pk, "pass_on": came.pk, "file": upload, "key": "k1",
    })  # fmt: skip
    assert answer.status_code == 302
    sent = Message.objects.get()
    assert (sent.to[0]["name"], sent.cc[0]["address"], sent.subject) == (
        "Raman, Priya",
        "boss@l-100.test",
        "Re: INV-1001",
    )
    assert sent.files.count() == 3
    assert "> We pay 300.00 USD on Friday." in sent.text
    thread.refresh_from_db()
    assert thread.state == "answered"
    text = page(alice, "conversation", thread.pk)
    assert "Thank you." in text
    assert "on its way" in text


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"answer": " ", "to": "a@b.test"}, "answer"),
        ({"answer": "Kept words", "to": "nobody"}, "to"),
        ({"answer": "Kept words", "to": ""}, "to"),
        ({"answer": "Kept words", "to": "a@b.test", "cc": "nobody"}, "cc"),
    ],
)
def test_what_cannot_go_stays_typed(alice, thread, typed, field):
    answer = alice.post(reverse("answer", args=[thread.pk]), typed)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'id="f-{field}-error"' in text
    assert typed["answer"].strip() in text
    assert not Message.objects.exists()


def test_a_kept_answer_is_filled_and_keeps_what_was_typed(books, alice, thread):
    keep_shipped(now())
    text = page(alice, "canned_words", thread.pk, canned="answer_will_check", answer="PS: my own words")
    assert "Dear Priya Raman," in text
    assert "PS: my own words" in text
    assert "Alice" in text
    page(alice, "template_words", books.lakeside.pk, canned="copies", text="mine", subject="s")
    unknown = page(alice, "canned_words", thread.pk, canned="answer_nothing", answer="mine")
    assert "mine" in unknown


def test_a_promise_is_confirmed_with_what_was_read(books, alice, thread):
    offered = thread.mails.get().proposals.get()
    text = page(alice, "confirm_proposal", offered.pk)
    friday = (today("UTC") + timedelta(days=2)).isoformat()
    assert f'value="300 USD {friday}"' in text
    wrong = alice.post(
        reverse("confirm_proposal", args=[offered.pk]), {"promise": "9000 fri", "item": books.late.pk}
    )
    assert wrong.status_code == 422
    assert "9000 fri" in wrong.content.decode()
    done = alice.post(
        reverse("confirm_proposal", args=[offered.pk]),
        {"promise": f"300 USD {friday}", "item": books.late.pk},
    )
    assert done.status_code == 302
    promise = Promise.objects.get()
    assert (promise.amount, promise.source, promise.due_on.isoformat()) == (30_000, "e-mail", friday)
    assert "done by Alice" in page(alice, "conversation", thread.pk)


def test_each_proposal_has_a_form_or_a_button(books, alice, thread):
    mail = thread.mails.get()
    inbox_cast.department("sales")
    document = inbox_cast.document(books.lakeside, books.late)
    typed = {
        "dispute": {"item": books.late.pk, "reason": "price", "amount": "10.00"}, "invoice_copy_request": {"document": document.pk},
        "statement_request": {"document": document.pk}, "contact_change": {"email": "new@l-100.test", "name": "New"},
        "out_of_office": {"until": "2 weeks"}, "cancel_service": {"text": "Please call them"}, "legal_threat": {},
    }  # fmt: skip
    for intent, form in typed.items():
        offered = inbox_cast.proposal(mail, intent)
        page(alice, "confirm_proposal", offered.pk)
        answer = alice.post(reverse("confirm_proposal", args=[offered.pk]), form)
        assert answer.status_code == 302, (intent, answer.content.decode()[-3000:])
        offered.refresh_from_db()
        assert offered.state == "done", intent
    for intent in ("already_paid", "payment_plan_request", "portal_help", "refund_request"):
        offered = inbox_cast.proposal(mail, intent)
        assert alice.post(reverse("confirm_proposal", args=[offered.pk])).status_code == 302
    assert (Dispute.objects.get().amount, Request.objects.count()) == (1_000, 1)
    assert FollowUp.objects.count() >= 4


def test_the_acts_of_a_conversation_act(books, alice, thread):
    other = inbox_cast.conversation(books.lakeside, subject="The other")
    for name in ("assign", "snooze", "close", "merge", "note"):
        page(alice, f"{name}_conversation", thread.pk)

    def post(name, **typed):
        return alice.post(reverse(f"{name}_conversation", args=[thread.pk]), typed)

    assert post("note", text="Ask Bob").status_code == 302
    assert post("note", text=" ").status_code == 422
    assert ConversationNote.objects.get().text == "Ask Bob"
    assert post("assign", owner=books.bob.pk).status_code == 302
    assert post("take").status_code == 302
    assert post("snooze", until="nonsense").status_code == 422
    assert post("snooze", until="2 weeks").status_code == 302
    thread.refresh_from_db()
    assert (thread.state, thread.owner) == ("snoozed", books.alice)
    assert post("reopen").status_code == 302
    assert post("close").status_code == 422
    assert post("close", why="No answer needed").status_code == 302
    assert post("merge", into=other.pk).status_code == 302
    thread.refresh_from_db()
    assert thread.merged_into == other
    assert "Go to the conversation it was merged into" in page(alice, "conversation", thread.pk)


@pytest.mark.trap(58)
def test_triage_says_whose_it_is(books, alice):
    row = inbox_cast.conversation(None, subject="Invoice INV-1001")
    inbox_cast.mail(row, "About INV-1001 and INV-2001", sender="new@l-100.test", name="New Person")
    text = page(alice, "conversation", row.pk)
    assert "Lakeside Hotels" in text
    assert "has the document or order INV-1001" in text
    assert "Harbour" not in text  # out of her sight
    assert "Lakeside Hotels West" in page(alice, "find_customer", row.pk, whose="L-101")
    assert "No account in your sight" in page(alice, "find_customer", row.pk, whose="H-200")
    assert alice.post(reverse("whose", args=[row.pk]), {"customer": books.harbour.pk}).status_code == 404
    answer = alice.post(reverse("whose", args=[row.pk]), {"customer": books.lakeside.pk, "remember": "1"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.customer == books.lakeside
    assert books.lakeside.contacts.filter(points__value="new@l-100.test").exists()
    assert alice.post(reverse("whose", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.customer is None


def test_a_call_is_queued_and_returned_from_its_page(books, alice):
    page(alice, "queue_call")
    assert alice.post(reverse("queue_call"), {"phone": ""}).status_code == 422
    assert (
        alice.post(reverse("queue_call"), {"phone": "+1 212 555 0143", "customer": "H-200"}).status_code
        == 422
    )
    typed = {"phone": "+1 212 555 0143", "caller": "Priya", "about": "INV-1001", "kind": "voicemail"}
    assert alice.post(reverse("queue_call"), typed).status_code == 302
    row = Conversation.objects.get()
    assert row.customer == books.lakeside
    text = page(alice, "conversation", row.pk)
    assert "+1 212 555 0143" in text
    assert "Left a voicemail" in text
    assert f'name="conversation" value="{row.pk}"' in page(
        alice, "call", books.lakeside.pk, conversation=row.pk
    )
    triage = inbox_cast.conversation(None, kind="call", phone="+49 30 123456")
    assert alice.post(reverse("whose", args=[triage.pk]), {"customer": books.lakeside.pk}).status_code == 302


@pytest.mark.req("B7")
def test_a_department_is_asked_and_the_question_closed(books, alice, thread):
    assert "No department can be asked" in page(alice, "ask_department", books.lakeside.pk)
    inbox_cast.department()
    inbox_cast.department("legal", address="")
    assert "nobody to ask: Legal" in page(alice, "ask_department", books.lakeside.pk)
    typed = {
        "department": "operations",
        "what": "Delivery note",
        "item": books.late.pk,
        "text": "Please",
        "back": f"/inbox/{thread.pk}",
    }
    asked = alice.post(reverse("ask_department", args=[books.lakeside.pk]), typed)
    assert (asked.status_code, asked["Location"]) == (302, f"/inbox/{thread.pk}")
    question = Request.objects.get()
    assert "Delivery note" in page(alice, "questions")
    assert "Delivery note" in page(alice, "conversation", thread.pk)
    page(alice, "close_question", question.pk)
    assert alice.post(reverse("close_question", args=[question.pk]), {"outcome": ""}).status_code == 422
    assert alice.post(reverse("close_question", args=[question.pk]), {"outcome": "Sent"}).status_code == 302
    assert "Sent" in page(alice, "questions", closed="1", whose="all")
    assert signed(books.bob).get(reverse("close_question", args=[question.pk])).status_code == 404


@pytest.mark.req("C6")
@pytest.mark.req("A5")
def test_a_message_is_written_from_the_account(books, alice):
    document = inbox_cast.document(books.lakeside, books.late)
    text = page(alice, "write_message", books.lakeside.pk, item=books.late.pk)
    assert "priya@l-100.test" in text
    assert "INV-1001" in text
    assert (
        alice.post(
            reverse("write_message", args=[books.lakeside.pk]), {"to": "a@b.test", "subject": ""}
        ).status_code
        == 422
    )
    typed = {
        "to": "priya@l-100.test",
        "subject": "Copies",
        "text": "Attached.",
        "document": document.pk,
        "item": books.late.pk,
        "copies": "1",
    }
    assert alice.post(reverse("write_message", args=[books.lakeside.pk]), typed).status_code == 302
    sent = Message.objects.get()
    assert (sent.purpose, sent.files.get().document, sent.items.get().item) == (
        "copies",
        document,
        books.late,
    )
    assert "Write e-mail" in page(alice, "account", books.lakeside.pk)


def test_the_rail_counts_mine_and_the_account_says_what_waits(books, alice, thread):
    inbox_cast.conversation(books.lakeside)
    assert 'id="count-inbox" hx-swap-oob="true">1<' in page(alice, "rail_counts")
    assert "2 wait for an answer" in page(alice, "account", books.lakeside.pk)
    assert "count-inbox" not in page(signed(cast.user("sales")), "rail_counts")
