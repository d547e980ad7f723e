"""What a mail asks for, done: by a person, or by a rule for what is sure and harmless, and never for the rest."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dunlin.actions.confirm_proposal import _may_alone, act_alone, confirm_proposal, dismiss_proposal
from dunlin.actions.doing import the_clock
from dunlin.actions.proposal_acts import DO
from dunlin.records.models import ContactPoint, Dispute, FollowUp, Message, Note, Promise, Request, Setting
from dunlin.rules.codes import Refused
from dunlin.rules.intents.kinds import ACTIONS, NEVER_ALONE
from dunlin.rules.money import Money
from dunlin.rules.policy import MAY_ACT_ALONE
from tests import cast, inbox_cast
from tests.inbox_cast import NINE

pytestmark = [pytest.mark.django_db, pytest.mark.req("B5")]

FRIDAY = cast.TODAY + timedelta(days=2)
PROMISE = {"promise": {"on": FRIDAY.isoformat(), "amount": {"minor": 30_000, "currency": "USD"}}}


@pytest.fixture
def thread(books):
    row = inbox_cast.conversation(books.lakeside, items=[books.late])
    return inbox_cast.mail(row, "We pay 300.00 USD on Friday for INV-1001.", language="en")


@pytest.fixture
def alice(books):
    return cast.who(books.alice, at=NINE)


def test_every_action_a_mail_can_offer_is_done_by_something():
    assert set(DO) == set(ACTIONS.values())
    assert not NEVER_ALONE & set(MAY_ACT_ALONE)
    assert set(MAY_ACT_ALONE) <= set(ACTIONS)


@pytest.mark.rule("P18")
@pytest.mark.trap(52)
def test_a_promise_is_logged_for_what_it_names(books, thread, alice):
    offered = inbox_cast.proposal(thread, "promise_to_pay", PROMISE)
    done = confirm_proposal(alice, offered.pk)
    promise = Promise.objects.get()
    assert done.did == f"promise:{promise.pk}"
    assert (promise.amount, promise.due_on, promise.source, promise.contact.name) == (
        30_000,
        FRIDAY,
        "e-mail",
        "Priya Raman",
    )
    assert list(promise.items.values_list("item", flat=True)) == [books.late.pk]
    offered.refresh_from_db()
    assert (offered.state, offered.done_by, offered.did) == ("done", books.alice, done.did)
    with pytest.raises(Refused) as refused:
        confirm_proposal(alice, offered.pk)
    assert refused.value.code == "proposal_decided_already"
    assert Promise.objects.count() == 1


def test_a_person_changes_what_was_read(books, thread, alice):
    offered = inbox_cast.proposal(thread, "promise_to_pay", {})
    with pytest.raises(Refused) as refused:
        confirm_proposal(alice, offered.pk)
    assert refused.value.code == "proposal_incomplete"
    changes = {"due_on": FRIDAY, "amount": Money(40_000, "USD"), "item_ids": (books.current.pk,)}
    confirm_proposal(alice, offered.pk, changes)
    promise = Promise.objects.get()
    assert (promise.amount, promise.items.get().item_id) == (40_000, books.current.pk)


def test_a_refusal_leaves_the_proposal(books, thread, alice):
    offered = inbox_cast.proposal(thread, "promise_to_pay", {"promise": {"on": "2026-11-01", "amount": None}})
    with pytest.raises(Refused) as refused:
        confirm_proposal(alice, offered.pk)
    assert refused.value.code == "promise_date_past"
    offered.refresh_from_db()
    assert (offered.state, Promise.objects.count()) == ("proposed", 0)


@pytest.mark.rule("P13")
@pytest.mark.trap(53)
def test_a_dispute_is_opened_for_a_part_and_the_rest_stays_asked_for(books, thread, alice):
    offered = inbox_cast.proposal(thread, "dispute", quote="The price is wrong")
    confirm_proposal(alice, offered.pk, {"amount": Money(12_000, "USD"), "reason": "price"})
    dispute = Dispute.objects.get()
    assert (dispute.amount, dispute.reason, dispute.note, dispute.raised_by) == (
        12_000,
        "price",
        "The price is wrong",
        "Priya Raman",
    )
    books.late.refresh_from_db()
    assert (books.late.open, books.late.disputed) == (50_000, 12_000)


@pytest.mark.rule("P29")
@pytest.mark.req("A5")
def test_copies_go_in_the_thread(books, thread, alice):
    offered = inbox_cast.proposal(thread, "invoice_copy_request")
    with pytest.raises(Refused, match="holds no document to send for INV-1001"):
        confirm_proposal(alice, offered.pk)
    _old, new = (inbox_cast.document(books.lakeside, books.late, name=f"{n}.pdf") for n in ("old", "new"))
    confirm_proposal(alice, offered.pk)
    sent = Message.objects.get()
    assert (sent.purpose, sent.in_reply_to, sent.conversation) == (
        "copies",
        thread.message_id,
        thread.conversation,
    )
    assert [each.document_id for each in sent.files.all()] == [new.pk]


def test_a_statement_goes_too(books, thread, alice):
    document = inbox_cast.document(books.lakeside, kind="statement")
    confirm_proposal(alice, inbox_cast.proposal(thread, "statement_request").pk)
    assert Message.objects.get().files.get().document_id == document.pk


@pytest.mark.req("A1")
def test_a_contact_is_kept(books, thread, alice):
    offered = inbox_cast.proposal(thread, "contact_change", {"contacts": ["ap@lakeside.test"]})
    confirm_proposal(
        alice, offered.pk, {"name": "AP desk", "email": "ap@lakeside.test", "phone": "+1 212 555 0190"}
    )
    points = ContactPoint.objects.filter(contact__name="AP desk", contact__customer=books.lakeside)
    assert set(points.values_list("value", flat=True)) == {"ap@lakeside.test", "+1 212 555 0190"}


def test_out_of_office_waits_until_they_are_back(books, thread, alice):
    back = cast.TODAY + timedelta(days=5)
    confirm_proposal(alice, inbox_cast.proposal(thread, "out_of_office", {"back_on": back.isoformat()}).pk)
    thread.conversation.refresh_from_db()
    assert (thread.conversation.state, thread.conversation.snoozed_until) == ("snoozed", cast.moment(back))
    assert "Priya Raman is out of office until Mon 30 Nov 2026" in Note.objects.get().text


@pytest.mark.trap(57)
def test_an_address_that_failed_is_marked(books, thread, alice):
    confirm_proposal(alice, inbox_cast.proposal(thread, "bounce", {"contacts": ["priya@l-100.test"]}).pk)
    assert ContactPoint.objects.get(value="priya@l-100.test").state == "bounced"


@pytest.mark.rule("P11")
@pytest.mark.parametrize("intent", ["payment_plan_request", "fee_waiver_request", "refund_request"])
def test_what_only_management_may_decide_goes_to_the_manager(books, thread, alice, intent):
    sentence = confirm_proposal(alice, inbox_cast.proposal(thread, intent).pk).sentence
    follow_up = FollowUp.objects.get()
    assert (follow_up.owner, follow_up.due_on) == (books.mona, cast.TODAY)
    assert "Mona" in sentence
    assert not Message.objects.exists()


@pytest.mark.rule("P29")
@pytest.mark.parametrize("intent", ["already_paid", "tax_certificate", "portal_help"])
def test_what_is_to_be_looked_into_is_planned_for_its_owner(books, thread, alice, intent):
    confirm_proposal(alice, inbox_cast.proposal(thread, intent).pk)
    assert FollowUp.objects.get().owner == books.alice


@pytest.mark.req("B7")
def test_a_threat_goes_to_legal_by_mail_or_to_the_manager(books, thread, alice):
    confirm_proposal(alice, inbox_cast.proposal(thread, "legal_threat").pk)
    assert FollowUp.objects.get().owner == books.mona
    inbox_cast.department("legal")
    confirm_proposal(alice, inbox_cast.proposal(thread, "legal_threat").pk)
    assert Request.objects.get().message.to[0]["address"] == "legal@dunlin.test"


def test_in_triage_nothing_is_done(books, alice):
    mail = inbox_cast.mail(inbox_cast.conversation(None), "We pay Friday")
    with pytest.raises(Refused) as refused:
        confirm_proposal(alice, inbox_cast.proposal(mail, "promise_to_pay", PROMISE).pk)
    assert refused.value.code == "conversation_without_customer"


def test_it_is_put_away_once(books, thread, alice):
    offered = inbox_cast.proposal(thread, "dispute")
    dismiss_proposal(alice, offered.pk)
    with pytest.raises(Refused, match="dismissed already"):
        dismiss_proposal(alice, offered.pk)
    with pytest.raises(Refused):
        confirm_proposal(cast.who("auditor"), offered.pk)


def the_house_lets(**shares):
    Setting.objects.create(name="inbox.act_alone", value=shares, changed_at=NINE)


@pytest.mark.req("D10")
def test_a_rule_does_the_sure_and_harmless_alone(books, thread):
    document = inbox_cast.document(books.lakeside, books.late)
    inbox_cast.proposal(thread, "invoice_copy_request", confidence="0.960")
    unsure = inbox_cast.proposal(thread, "promise_to_pay", PROMISE, confidence="0.940")
    the_house_lets(invoice_copy_request="0.95", promise_to_pay="0.95")
    done = act_alone(the_clock(cast.TODAY, NINE), thread.pk)
    assert [each.did for each in done] == [f"message:{Message.objects.get().pk}"]
    assert Message.objects.get().files.get().document_id == document.pk
    assert thread.proposals.get(intent="invoice_copy_request").state == "by_itself"
    unsure.refresh_from_db()
    assert (unsure.state, Promise.objects.count()) == ("proposed", 0)
    thread.conversation.refresh_from_db()
    assert thread.conversation.clock_from == NINE  # a machine answers nobody
    assert act_alone(the_clock(cast.TODAY, NINE), thread.pk) == ()


@pytest.mark.req("D10")
@pytest.mark.parametrize("intent", sorted(NEVER_ALONE))
def test_what_a_person_decides_never_goes_alone(books, thread, intent):
    offered = inbox_cast.proposal(thread, intent, confidence="1.000")
    offered.refresh_from_db()
    # Even if the setting named it, as a program with the database's password might write it.
    assert not _may_alone(offered, {intent: Decimal("0.5")})
    harmless = inbox_cast.proposal(thread, "bounce")
    harmless.refresh_from_db()
    assert _may_alone(harmless, {"bounce": Decimal("0.5")})


def test_without_the_setting_nothing_goes_alone_and_a_refusal_is_left_to_a_person(books, thread):
    offered = inbox_cast.proposal(thread, "invoice_copy_request", confidence="1.000")
    assert act_alone(the_clock(cast.TODAY, NINE), thread.pk) == ()
    the_house_lets(invoice_copy_request="0.5")
    assert act_alone(the_clock(cast.TODAY, NINE), thread.pk) == ()  # no document to send
    offered.refresh_from_db()
    assert offered.state == "proposed"


def test_facts_that_cannot_be_read_are_none(books, thread, alice):
    facts = {
        "promise": [1],
        "amounts": [{"minor": "x"}, {"minor": 1, "currency": "??"}, 7],
        "items": ["1", -3],
        "dates": ["soon"],
    }
    offered = inbox_cast.proposal(thread, "promise_to_pay", facts)
    confirm_proposal(alice, offered.pk, {"due_on": date(2026, 11, 30)})
    assert Promise.objects.get().amount is None
