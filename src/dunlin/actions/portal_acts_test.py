"""What customers do in the portal, below the door: links, choices of payment, questions, what they hand in, statements (E7)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from dunlin.actions.ask_question import Question, ask_question, propose_contact
from dunlin.actions.choose_payment import choose_payment
from dunlin.actions.doing import Act, Who
from dunlin.actions.hand_in import Objection, dispute_with_files, hand_in_certificate
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.actions.make_statement import hand_out, make_statement
from dunlin.actions.message_content import Content, Stop, after_sent, fresh_content
from dunlin.actions.send_portal_link import ASKS_OF_CLIENT, LINK_MINUTES, send_portal_link
from dunlin.actions.sign_in_to_portal import link_is_good, session_of, sign_out_of_portal, use_portal_link
from dunlin.actions.write_message import UploadedFile
from dunlin.records.models import (
    Contact,
    ContactPoint,
    Conversation,
    DiaryLine,
    Dispute,
    Document,
    FollowUp,
    Mail,
    Message,
    PaymentChoice,
    PortalLink,
    Promise,
    Setting,
)
from dunlin.records.policies import current_policy
from dunlin.reports.payment_choices import chosen_under
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("E7")]

PRIYA = "priya@l-100.test"
PDF = b"%PDF-1.4\n%%EOF\n"


def of(contact: Contact | None = None, **more) -> Who:
    """The customer's person in the portal."""
    return cast.who("customer", door="portal", contact_id=contact.pk if contact else None, **more)


def place(token: str) -> str:
    return f"https://pay.dunlin.test/portal/link/{token}"


def ask(address: str = PRIYA, client: str = "192.0.2.1", who: Who | None = None) -> Message | None:
    before = set(Message.objects.values_list("pk", flat=True))
    send_portal_link(who or of(), address, client, place, "en")
    return Message.objects.exclude(pk__in=before).first()


def secret_in(message: Message) -> str:
    found = re.search(r"/portal/link/([\w-]+)", message.text)
    assert found is not None
    return found[1]


def setting(name: str, value) -> None:
    Setting.objects.update_or_create(name=name, defaults={"value": value, "changed_at": cast.moment(TODAY)})


# Links


def test_a_known_address_gets_a_link_that_signs_in_once(books: Books) -> None:
    message = ask("  Priya@L-100.test ")
    assert message is not None
    assert (message.purpose, message.customer_id, message.state) == ("portal_link", None, "decided")
    assert message.to == [{"name": "Priya Raman", "address": PRIYA, "point": None}]
    token = secret_in(message)
    assert token not in str(list(PortalLink.objects.values()))
    assert link_is_good(token, cast.moment(TODAY))
    secret = use_portal_link(of(), token)
    assert session_of(secret, cast.moment(TODAY)).address == PRIYA
    with pytest.raises(Refused, match="used already"):
        use_portal_link(of(), token)
    assert not link_is_good(token, cast.moment(TODAY))
    line = DiaryLine.objects.filter(verb="sign_in_to_portal", customer=books.lakeside).get()
    assert (line.role, line.door, line.contact.name, line.by_id) == (
        "customer",
        "portal",
        "Priya Raman",
        None,
    )


def test_an_unknown_address_leaves_a_count_and_nothing_else(books: Books) -> None:
    assert ask("nobody@example.test") is None
    row = PortalLink.objects.get()
    assert (row.address, row.token_hash) == ("", None)


@pytest.mark.parametrize("state", ["wrong", "bounced"])
def test_an_address_that_does_not_work_or_whose_person_left_gets_none(books: Books, state: str) -> None:
    ContactPoint.objects.filter(value=PRIYA).update(state=state)
    assert ask() is None
    ContactPoint.objects.filter(value=PRIYA).update(state="ok")
    Contact.objects.filter(customer=books.lakeside).update(active=False)
    assert ask() is None


def test_a_link_ends_after_its_minutes_and_when_the_person_leaves(books: Books) -> None:
    token = secret_in(ask())
    late = cast.moment(TODAY) + timedelta(minutes=LINK_MINUTES)
    with pytest.raises(Refused, match="too old"):
        use_portal_link(of(at=late), token)
    Contact.objects.filter(customer=books.lakeside).update(active=False)
    with pytest.raises(Refused, match="too old"):
        use_portal_link(of(), token)


def test_asking_is_limited_by_address_and_by_client(books: Books) -> None:
    for number in range(3):
        ask(client=f"192.0.2.{number}")
    with pytest.raises(Refused, match="too often"):
        ask(client="192.0.2.9")
    for number in range(ASKS_OF_CLIENT):
        ask(f"x{number}@example.test", client="198.51.100.7")
    with pytest.raises(Refused, match="too often"):
        ask("y@example.test", client="198.51.100.7")
    later = of(at=cast.moment(TODAY) + timedelta(minutes=16))
    assert ask(who=later, client="192.0.2.9") is not None


@pytest.mark.trap(29)
def test_a_link_that_is_over_is_not_sent_and_a_sent_one_is_forgotten(books: Books) -> None:
    message = ask()
    token = secret_in(message)
    policy = current_policy()
    assert isinstance(fresh_content(of(), message, policy), Content)
    late = of(at=cast.moment(TODAY) + timedelta(hours=1))
    stopped = fresh_content(late, message, policy)
    assert isinstance(stopped, Stop)
    assert stopped.code == "portal_link_late"
    after_sent(Act(of(), "send_due", None, "", None, ""), message)
    stored = Message.objects.get(pk=message.pk)
    assert token not in stored.text + stored.html
    assert "/portal/link/…" in stored.text


def test_the_mail_is_in_the_language_of_the_person(books: Books) -> None:
    Contact.objects.filter(customer=books.lakeside).update(language="de")
    keep_shipped(cast.moment(TODAY))
    message = ask()
    assert (message.language, message.subject) == ("de", f"Anmeldung zu Ihrem Konto bei {books.entity.name}")


def test_a_session_ends_by_time_and_by_signing_out(books: Books) -> None:
    setting("portal.session_hours", 2)
    secret = use_portal_link(of(), secret_in(ask()))
    assert session_of(secret, cast.moment(TODAY) + timedelta(hours=1, minutes=59)) is not None
    assert session_of(secret, cast.moment(TODAY) + timedelta(hours=2)) is None
    sign_out_of_portal(of(), secret)
    assert session_of(secret, cast.moment(TODAY)) is None
    assert session_of("", cast.moment(TODAY)) is None


# Paying


def test_the_same_choice_has_the_same_reference(books: Books) -> None:
    lake, items = books.lakeside, {books.late.pk: None, books.current.pk: None}
    (made,) = choose_payment(of(), lake.pk, items)
    (again,) = choose_payment(of(), lake.pk, dict(reversed(items.items())))
    assert (made.pk, made.reference) == (again.pk, again.reference)
    assert (made.amount, made.currency) == (150_000, "USD")
    (part,) = choose_payment(of(), lake.pk, {books.late.pk: 10_000})
    assert part.reference != made.reference
    assert [each.amount for each in part.items.all()] == [10_000]


def test_what_was_chosen_is_found_by_the_reference_however_it_is_written(books: Books) -> None:
    (made,) = choose_payment(of(), books.lakeside.pk, {books.late.pk: 10_000, books.current.pk: None})
    assert made.reference is not None
    typed = f" {made.reference[:4].lower()} {made.reference[4:]} "
    found = chosen_under([typed, "RF18539007547034"])
    assert set(found) == {typed}
    assert found[typed].customer_id == books.lakeside.pk
    assert found[typed].lines == {books.late.pk: 10_000, books.current.pk: 100_000}
    assert found[typed].amount == 110_000


def test_money_of_two_entities_goes_in_two_transfers(books: Books) -> None:
    other = cast.invoice(books.lakeside, "70.00", of_entity=cast.entity("DE01", "EUR"), currency="EUR")
    made = choose_payment(of(), books.lakeside.pk, {books.late.pk: None, other.pk: None})
    assert {(each.entity.code, each.currency, each.amount) for each in made} == {("US01", "USD", 50_000), ("DE01", "EUR", 7_000)}  # fmt: skip


@pytest.mark.invariant(39)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_kept(books: Books) -> None:
    lake = books.lakeside.pk
    wrong = (
        ({}, "payment_choice_empty"),
        ({books.part_paid.pk: None}, "item_unknown"),  # another customer's
        ({books.unapplied.pk: None}, "item_unknown"),  # a credit
        ({books.late.pk: 0}, "amount_not_positive"),
        ({books.late.pk: 50_001}, "payment_choice_exceeds_open"),
    )
    for wanted, code in wrong:
        with pytest.raises(Refused) as refused:
            choose_payment(of(), lake, wanted)
        assert refused.value.code == code
    setting("portal.part_payments", False)
    with pytest.raises(Refused) as refused:
        choose_payment(of(), lake, {books.late.pk: 49_999})
    assert refused.value.code == "part_not_offered"
    assert not PaymentChoice.objects.exists()


# Promises


@pytest.mark.rule("P18")
def test_a_customer_promises_within_reach_and_a_colleague_farther(books: Books) -> None:
    lake, far = books.lakeside, TODAY + timedelta(31)
    with pytest.raises(Refused) as refused:
        log_promise(of(), lake.pk, PromiseAsked(far, item_ids=(books.late.pk,)), source="portal")
    assert refused.value.code == "promise_too_far"
    log_promise(cast.who(), lake.pk, PromiseAsked(far, item_ids=(books.late.pk,)))
    setting("portal.part_payments", False)
    part = PromiseAsked(TODAY + timedelta(3), Money(100, "USD"), (books.late.pk,))
    with pytest.raises(Refused) as refused:
        log_promise(of(), lake.pk, part, source="portal")
    assert refused.value.code == "part_not_offered"
    assert Promise.objects.count() == 1


# Questions


@pytest.mark.rule("P14")
@pytest.mark.req("B5")
def test_a_question_lands_in_the_queue_with_its_clock_owner_and_items(books: Books) -> None:
    person = books.lakeside.contacts.get()
    pk = ask_question(
        of(person), books.lakeside.pk,
        Question(person.pk, PRIYA, "A copy", "Please send a copy of invoice INV-1001. Card 4111 1111 1111 1111.", uploads=(UploadedFile("po.pdf", "", PDF),)),
        key="form-1",
    )  # fmt: skip
    row = Conversation.objects.get(pk=pk)
    assert (row.kind, row.state, row.customer_id, row.owner_id) == (
        "mail",
        "open",
        books.lakeside.pk,
        books.alice.pk,
    )
    assert row.due_at is not None
    assert list(row.items.values_list("item", flat=True)) == [books.late.pk]
    mail = row.mails.get()
    assert (mail.from_address, mail.matched_by, mail.reply[:29]) == (
        PRIYA,
        "portal",
        "Please send a copy of invoice",
    )
    assert "4111 1111" not in mail.reply
    assert [each.name for each in mail.files.all()] == ["po.pdf"]
    assert "invoice_copy_request" in mail.proposals.values_list("intent", flat=True)
    again = ask_question(
        of(person), books.lakeside.pk, Question(person.pk, PRIYA, "A copy", "Please send a copy of invoice INV-1001. Card 4111 1111 1111 1111."), key="form-1",
    )  # fmt: skip
    assert again == pk
    assert Mail.objects.count() == 1


@pytest.mark.invariant(39)
def test_a_question_of_a_stranger_about_a_strangers_item_or_with_a_program_is_refused(books: Books) -> None:
    person, stranger = books.lakeside.contacts.get(), books.harbour.contacts.get()
    good = Question(person.pk, PRIYA, "Hello", "Hello")
    wrong = (
        (replace(good, contact_id=stranger.pk), "contact_of_other_customer"),
        (replace(good, item_ids=(books.part_paid.pk,)), "item_unknown"),
        (replace(good, text="  "), "not_blank"),
        (replace(good, text="x" * 10_001), "field_too_long"),
        (replace(good, uploads=(UploadedFile("invoice.pdf.exe", "application/pdf", b"MZ\x90\x00"),)), "file_refused"),
    )  # fmt: skip
    for question, code in wrong:
        with pytest.raises(Refused) as refused:
            ask_question(of(person), books.lakeside.pk, question)
        assert refused.value.code == code
    assert not Mail.objects.exists()
    assert not Conversation.objects.exists()


def test_a_wish_to_change_a_contact_is_a_proposal(books: Books) -> None:
    person = books.lakeside.contacts.get()
    question = Question(person.pk, PRIYA, "Our contacts", "New: Noor Haddad, noor@l-100.test")
    pk = propose_contact(of(person), books.lakeside.pk, question, ["noor@l-100.test"])
    (proposal,) = Conversation.objects.get(pk=pk).mails.get().proposals.all()
    assert (proposal.action, proposal.state, proposal.facts["contacts"]) == ("correct_contact", "proposed", ["noor@l-100.test"])  # fmt: skip
    assert not ContactPoint.objects.filter(value="noor@l-100.test").exists()


# What is handed in


@pytest.mark.rule("P13")
def test_a_dispute_comes_with_its_evidence_and_somebody_is_told(books: Books) -> None:
    objection = Objection(books.late.pk, "price", "Two boxes too many", "Priya Raman", Money(12_000, "USD"))
    files = (UploadedFile("photo.pdf", "", PDF),)
    made = dispute_with_files(of(), books.lakeside.pk, objection, files, key="form-2")
    again = dispute_with_files(of(), books.lakeside.pk, objection, files, key="form-2")
    assert made == again
    row = Dispute.objects.get()
    assert (row.amount, row.reason, row.raised_by) == (12_000, "price", "Priya Raman")
    document = Document.objects.get()
    assert (document.kind, document.item_id, document.may_be_sent) == ("proof", books.late.pk, False)
    assert FollowUp.objects.get().owner == books.alice


def test_a_hostile_file_leaves_no_dispute_and_another_customers_item_is_unknown(books: Books) -> None:
    objection = Objection(books.late.pk, "price", "", "Priya Raman")
    with pytest.raises(Refused, match="invoice"):
        dispute_with_files(
            of(), books.lakeside.pk, objection, [UploadedFile("invoice.pdf.exe", "", b"MZ\x90\x00")]
        )
    with pytest.raises(Refused) as refused:
        dispute_with_files(of(), books.lakeside.pk, replace(objection, item_id=books.part_paid.pk), ())
    assert refused.value.code == "item_unknown"
    assert not Dispute.objects.exists()
    assert not Document.objects.exists()


def test_a_certificate_is_kept_and_looked_at(books: Books) -> None:
    row = hand_in_certificate(of(), books.lakeside.pk, UploadedFile("exempt.pdf", "", PDF), TODAY + timedelta(365), "NY", "Priya Raman")  # fmt: skip
    assert (row.kind, row.jurisdiction) == ("tax_exempt_certificate", "NY")
    assert FollowUp.objects.get().what.startswith("Check the tax certificate Priya Raman")


# What is taken out


@pytest.mark.rule("P1")
def test_a_statement_of_today_is_made_for_an_account_that_owes(books: Books) -> None:
    made = make_statement(of(), books.lakeside.pk, books.entity.pk, "USD", "de")
    assert made.content.startswith(b"%PDF")
    assert made.name == f"statement-L-100-{TODAY}-USD.pdf"
    with pytest.raises(Refused) as refused:
        make_statement(of(), books.lakeside.pk, books.entity.pk, "EUR")
    assert refused.value.code == "document_unknown"


def test_only_what_may_be_sent_is_handed_out(books: Books) -> None:
    row = hand_in_certificate(of(), books.lakeside.pk, UploadedFile("a.pdf", "", PDF), TODAY, "NY", "Priya")
    assert hand_out(of(), row.pk, books.lakeside.pk) == row
    with pytest.raises(Refused, match="no document"):
        hand_out(of(), row.pk, books.harbour.pk)
    Document.objects.update(kind="contract")
    with pytest.raises(Refused, match="no document"):
        hand_out(of(), row.pk, books.lakeside.pk)
