"""The portal's forms: pay, promise, dispute, hand in, contacts, ask; what was typed stays, and what is hostile ends there (E7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dunlin.records.models import (
    Contact,
    ContactPoint,
    Conversation,
    DiaryLine,
    Dispute,
    Document,
    Entity,
    Mail,
    MailProposal,
    PaymentChoice,
    Promise,
)
from tests import cast, inbox_cast
from tests.cast import TODAY, Books
from tests.portal_cast import PDF, at, setting, signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.req("E7")]

SOON = (TODAY + timedelta(5)).isoformat()


def pdf(name: str = "a.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


# Paying


def test_paying_shows_the_instructions_as_they_are_and_a_reference(books: Books) -> None:
    Entity.objects.update(payment_instructions="Bank of the Lake\nSort <b>code</b> as agreed")
    client = signed_in()
    page = words(client, at("portal_pay", books.lakeside) + "?all=late")
    assert "INV-1001" in page
    assert "INV-1002" not in page
    answer = client.post(at("portal_pay", books.lakeside), {"item": books.late.pk})
    choice = PaymentChoice.objects.get()
    assert (choice.amount, choice.contact.name) == (50_000, "Priya Raman")
    page = words(client, answer.url)
    spaced = " ".join(choice.reference[at : at + 4] for at in range(0, len(choice.reference), 4))
    assert spaced in page
    assert "Bank of the Lake" in page
    assert "Sort &lt;b&gt;code&lt;/b&gt; as agreed" in page
    assert "500.00\xa0USD" in page


def test_without_instructions_the_page_says_to_ask(books: Books) -> None:
    client = signed_in()
    answer = client.post(at("portal_pay", books.lakeside), {"item": books.late.pk})
    assert "ask us for our bank details" in words(client, answer.url)


@pytest.mark.parametrize(
    "language, typed, minor", [("en", "1,00.50", None), ("en", "100.50", 10_050), ("de", "100,50", 10_050), ("de", "1.000,00", None), ("de", "100.50", 10_050)],
)  # fmt: skip
def test_a_part_is_read_as_the_language_writes_it(
    books: Books, language: str, typed: str, minor: int | None
) -> None:
    Contact.objects.filter(customer=books.lakeside).update(language=language)
    client = signed_in()
    answer = client.post(
        at("portal_pay", books.lakeside), {"item": books.late.pk, f"amount-{books.late.pk}": typed}
    )
    if minor is None:
        assert answer.status_code == 422
        assert typed in answer.content.decode()  # what was typed stays
        assert not PaymentChoice.objects.exists()
    else:
        assert PaymentChoice.objects.get().amount == minor


def test_nothing_chosen_is_said(books: Books) -> None:
    assert "Choose at least one" in words(signed_in(), at("portal_pay", books.lakeside))


# Promises


@pytest.mark.rule("P18")
def test_a_promise_is_kept_with_its_person_and_source_once(books: Books) -> None:
    client = signed_in()
    typed = {
        "item": books.late.pk,
        "due_on": SOON,
        "amount": "120.50",
        "note": "After our run",
        "key": "a" * 32,
    }
    for _ in range(2):
        answer = client.post(at("portal_promise", books.lakeside), typed)
        assert answer.url == at("portal_account", books.lakeside) + "?done=promised"
    promise = Promise.objects.get()
    assert (promise.amount, promise.source, promise.contact.name) == (12_050, "portal", "Priya Raman")
    line = DiaryLine.objects.get(verb="log_promise")
    assert (line.role, line.door, line.contact, line.by) == ("customer", "portal", promise.contact, None)
    page = words(client, answer.url)
    assert "120.50\xa0USD" in page
    assert "We noted when you pay" in page


@pytest.mark.parametrize(
    "change, told",
    [
        ({"due_on": ""}, "Choose a day"),
        ({"due_on": "2026-13-45"}, "Choose a day"),
        ({"due_on": (TODAY - timedelta(1)).isoformat()}, "today or a later day"),
        ({"due_on": (TODAY + timedelta(31)).isoformat()}, "too far off"),
        ({"amount": "500.01"}, "more than what is open"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "-5"}, "above zero"),
        ({"amount": "all of it"}, "cannot be read"),
    ],
)
def test_a_promise_that_cannot_be_is_said_at_its_field(books: Books, change: dict, told: str) -> None:
    typed = {"item": books.late.pk, "due_on": SOON, "note": "Kept as typed"} | change
    answer = signed_in().post(at("portal_promise", books.lakeside), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert 'aria-invalid="true"' in page
    assert "Kept as typed" in page
    assert not Promise.objects.exists()


def test_items_of_two_currencies_are_promised_each_whole(books: Books) -> None:
    other = cast.invoice(books.lakeside, "70.00", of_entity=cast.entity("DE01", "EUR"), currency="EUR")
    signed_in().post(
        at("portal_promise", books.lakeside), {"item": [books.late.pk, other.pk], "due_on": SOON}
    )
    assert {(each.currency, each.amount) for each in Promise.objects.all()} == {("USD", None), ("EUR", None)}


# Disputes and files


@pytest.mark.rule("P13")
def test_a_dispute_with_a_file(books: Books) -> None:
    client = signed_in()
    typed = {"item": books.late.pk, "reason": "quantity", "note": "Two too many", "amount": "100", "files": pdf("photo.pdf")}  # fmt: skip
    answer = client.post(at("portal_dispute", books.lakeside), typed)
    assert answer.url.endswith("?done=disputed")
    row = Dispute.objects.get()
    assert (row.amount, row.reason, row.raised_by) == (10_000, "quantity", "Priya Raman")
    assert Document.objects.get().kind == "proof"
    page = words(client, answer.url)
    assert "In dispute" in page
    # Its evidence is not among what may be taken until somebody approved it.
    assert "photo.pdf" not in words(client, at("portal_documents", books.lakeside))


@pytest.mark.parametrize(
    "name, content",
    [
        ("invoice.pdf.exe", b"MZ\x90\x00" + b"\x00" * 60),
        ("invoice.pdf", b"MZ\x90\x00" + b"\x00" * 60),
        ("page.html", b"<script>alert(1)</script>"),
        ("a\u202efdp.exe", b"MZ\x90\x00"),
        ("../../../etc/cron.d/x.sh", b"#!/bin/sh\nrm -rf /\n"),
        ("empty.pdf", b""),
    ],
)
def test_a_hostile_upload_is_refused_and_nothing_is_kept(books: Books, name: str, content: bytes) -> None:
    client = signed_in()
    typed = {"item": books.late.pk, "reason": "price", "note": "x", "files": pdf(name, content)}
    answer = client.post(at("portal_dispute", books.lakeside), typed)
    assert answer.status_code == 422
    typed = {"file": pdf(name, content), "expires_on": SOON}
    assert client.post(at("portal_certificate", books.lakeside), typed).status_code == 422
    if content:
        typed = {"text": "Hello", "files": pdf(name, content)}
        assert client.post(at("portal_ask", books.lakeside), typed).status_code == 422
    assert not Dispute.objects.exists()
    assert not Document.objects.exists()
    assert not Conversation.objects.exists()


def test_a_certificate_needs_a_day_that_is_not_over(books: Books) -> None:
    client, path = signed_in(), at("portal_certificate", books.lakeside)
    assert "Choose a day" in client.post(path, {"file": pdf()}).content.decode()
    over = client.post(path, {"file": pdf(), "expires_on": (TODAY - timedelta(1)).isoformat()})
    assert "This day is over" in over.content.decode()
    assert "Choose a file" in client.post(path, {"expires_on": SOON}).content.decode()
    answer = client.post(path, {"file": pdf("exempt.pdf"), "expires_on": SOON, "jurisdiction": "NY"})
    assert answer.url.endswith("?done=certificate")
    assert Document.objects.get().jurisdiction == "NY"


# Documents


@pytest.mark.req("A5")
def test_documents_are_downloads_and_only_those_that_may_be_sent(books: Books) -> None:
    lake = books.lakeside
    invoice = inbox_cast.document(lake, books.late, name="INV-1001.pdf", title="Invoice INV-1001")
    contract = inbox_cast.document(lake, None, name="contract.pdf", title="The contract")
    Document.objects.filter(pk=contract.pk).update(kind="contract", approved_at=None)
    client = signed_in()
    page = words(client, at("portal_documents", lake))
    assert "Invoice INV-1001" in page
    assert "The contract" not in page
    answer = client.get(at("portal_document", lake, document=invoice.pk))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="INV-1001.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(at("portal_document", lake, document=contract.pk)).status_code == 404
    line = DiaryLine.objects.get(verb="download_document")
    assert (line.about, line.contact.name) == (f"document:{invoice.pk}", "Priya Raman")
    Document.objects.filter(pk=invoice.pk).update(withdrawn_at=cast.moment(TODAY))
    assert client.get(at("portal_document", lake, document=invoice.pk)).status_code == 404


@pytest.mark.rule("P1")
def test_the_statement_of_today_is_a_pdf(books: Books) -> None:
    client = signed_in()
    path = reverse("portal_statement", args=[books.lakeside.pk, books.entity.pk, "USD"])
    assert path in words(client, at("portal_documents", books.lakeside))
    answer = client.get(path)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "private, no-store"


# Contacts and questions


def test_a_change_of_contacts_asks_us_by_default(books: Books) -> None:
    client = signed_in()
    typed = {"person": "", "name": "Noor Haddad", "email": "noor@l-100.test", "phone": ""}
    assert client.post(at("portal_contacts", books.lakeside), typed).url.endswith("?done=contact_asked")
    assert not ContactPoint.objects.filter(value="noor@l-100.test").exists()
    proposal = MailProposal.objects.get()
    assert (proposal.action, proposal.facts["contacts"]) == ("correct_contact", ["noor@l-100.test"])
    assert "Noor Haddad" in proposal.mail.reply


def test_a_change_of_contacts_holds_at_once_by_the_setting(books: Books) -> None:
    setting("portal.contact_changes", "at_once")
    client, path = signed_in(), at("portal_contacts", books.lakeside)
    client.post(path, {"name": "Noor Haddad", "email": "noor@l-100.test", "phone": "+1 212 555 0199"})
    noor = Contact.objects.get(name="Noor Haddad")
    assert set(noor.points.values_list("value", flat=True)) == {"noor@l-100.test", "+1 212 555 0199"}
    line = DiaryLine.objects.filter(verb="correct_contact").first()
    assert (line.role, line.contact.name) == ("customer", "Priya Raman")
    client.post(path, {"person": noor.pk, "gone": "1"})
    noor.refresh_from_db()
    assert not noor.active


@pytest.mark.parametrize(
    "typed, told",
    [
        ({}, "Write the name"),
        ({"name": "Noor", "email": "noor"}, "no e-mail address"),
        ({"gone": "1", "name": "x"}, "Choose the person"),
        ({"me": "1", "gone": "1"}, "cannot take yourself off"),
        ({"me": "1"}, "Write what is to change"),
    ],
)
def test_a_change_that_says_nothing_is_asked_for(books: Books, typed: dict, told: str) -> None:
    if typed.pop("me", ""):
        typed["person"] = books.lakeside.contacts.get().pk
    answer = signed_in().post(at("portal_contacts", books.lakeside), typed)
    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert not Conversation.objects.exists()


@pytest.mark.req("B5")
def test_a_question_is_in_the_inbox_of_the_collector(books: Books, client) -> None:
    customer = signed_in()
    typed = {
        "subject": "Delivery",
        "text": "Where is it?\nIt is late.",
        "item": books.late.pk,
        "files": pdf(),
    }
    assert customer.post(at("portal_ask", books.lakeside), typed).url.endswith("?done=asked")
    row = Conversation.objects.get()
    client.force_login(books.alice)
    page = words(client, reverse("conversation", args=[row.pk]))
    assert "Where is it?" in page
    assert "Written in the portal by Priya Raman" in page or "Priya Raman" in page
    assert "Delivery" in words(client, reverse("inbox"))
    timeline = words(client, reverse("account", args=[books.lakeside.pk]))
    assert "Mail from Priya Raman" in timeline
    assert "Priya Raman, in the portal" in timeline  # signed in


def test_marks_that_no_keyboard_writes_are_taken_out(books: Books) -> None:
    client, lake = signed_in(), books.lakeside
    odd = "two\x00 boxes \u202eyrros"
    client.post(at("portal_ask", lake), {"text": odd, "subject": odd})
    client.post(at("portal_promise", lake), {"item": books.current.pk, "due_on": SOON, "note": odd})
    client.post(at("portal_dispute", lake), {"item": books.late.pk, "reason": "price", "note": odd})
    client.post(at("portal_contacts", lake), {"name": odd, "phone": "+1 212 555 0100"})
    assert {each.reply for each in Mail.objects.all()} >= {"two boxes yrros"}
    assert Promise.objects.get().note == "two boxes yrros"
    assert Dispute.objects.get().note == "two boxes yrros"
    assert Conversation.objects.count() == 2


def test_an_empty_or_endless_question_is_refused(books: Books) -> None:
    client, path = signed_in(), at("portal_ask", books.lakeside)
    assert client.post(path, {"text": "  "}).status_code == 422
    assert "too long" in client.post(path, {"text": "x" * 10_001}).content.decode()
    assert not Conversation.objects.exists()
