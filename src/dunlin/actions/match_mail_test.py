"""A person says whose mail it is: the conversation moves, its items and proposals are read anew, the address is remembered."""

from __future__ import annotations

import pytest

from dunlin.actions.match_mail import match_mail
from dunlin.records.models import Contact, ContactPoint, ConversationItem, DiaryLine, MailProposal
from dunlin.rules.codes import Refused
from tests import cast
from tests.mail_cast import raw, take

pytestmark = [pytest.mark.django_db, pytest.mark.trap(58), pytest.mark.req("B5")]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def by_alice(books, *asked, **more):
    return match_mail(cast.who(books.alice), *asked, **more)


def test_triage_goes_to_the_customer_with_all_its_mails(books):
    first = take(raw("We will pay INV-1001 on 4 December 2026: 500.00", by="jo@new.test"))
    assert first.customer == books.lakeside  # its number is known
    lost = take(raw("We will pay 750.00 next Friday for invoice 2001", by="jo@new.test", subject="Payment"))
    more = take(raw("And more", by="jo@new.test", answers=lost.message_id))
    assert (lost.customer, more.conversation) == (None, lost.conversation)
    matched = by_alice(books, lost.pk, books.harbour.pk)
    lost.refresh_from_db()
    more.refresh_from_db()
    assert (matched.conversation_id, matched.contact_id) == (lost.conversation_id, None)
    assert (lost.customer, more.customer, lost.matched_by) == (books.harbour, books.harbour, "person")
    assert (lost.conversation.customer, lost.conversation.owner) == (books.harbour, books.bob)
    assert set(
        ConversationItem.objects.filter(conversation=lost.conversation).values_list("item", flat=True)
    ) == {books.part_paid.pk}
    promise = MailProposal.objects.get(mail=lost, intent="promise_to_pay")
    assert promise.facts["promise"]["amount"] == {"minor": 75_000, "currency": "USD"}
    assert DiaryLine.objects.get(verb="match_mail").by == books.alice


def test_a_decided_proposal_stays_when_the_mail_moves(books):
    lost = take(raw("Please send a copy of the invoice", by="jo@new.test"))
    MailProposal.objects.filter(mail=lost).update(state="dismissed")
    kept = set(MailProposal.objects.filter(mail=lost).values_list("pk", flat=True))
    by_alice(books, lost.pk, books.harbour.pk)
    assert kept <= set(MailProposal.objects.filter(mail=lost, state="dismissed").values_list("pk", flat=True))


def test_the_address_is_remembered_with_a_contact_of_that_name(books):
    lost = take(raw(by="Jonas Weber <jonas.private@new.test>"))
    jonas = books.harbour.contacts.get()
    assert by_alice(books, lost.pk, books.harbour.pk, remember=True).contact_id == jonas.pk
    assert ContactPoint.objects.filter(contact=jonas, value="jonas.private@new.test", state="ok").exists()
    again = take(raw(by="jonas.private@new.test"))
    assert (again.customer, again.matched_by) == (books.harbour, "sender")
    assert by_alice(books, again.pk, books.harbour.pk, remember=True).contact_id == jonas.pk
    assert ContactPoint.objects.filter(value="jonas.private@new.test").count() == 1
    stranger = take(raw(by="Ann Other <ann@new2.test>"))
    made = by_alice(books, stranger.pk, books.harbour.pk, remember=True).contact_id
    assert Contact.objects.get(pk=made).name == "Ann Other"


def test_a_wrong_match_goes_back_to_triage(books):
    mail = take(raw("About INV-1001"))
    by_alice(books, mail.pk, None)
    mail.refresh_from_db()
    assert (mail.customer, mail.conversation.customer, mail.matched_by) == (None, None, "")
    assert not ConversationItem.objects.exists()


def test_what_cannot_be_is_refused_and_changes_nothing(books):
    mail = take(raw(by="jo@new.test"))
    other = books.lakeside.contacts.get()
    for asked, more, code in (
        ((999, None), {}, "mail_unknown"),
        ((mail.pk, 999), {}, "customer_unknown"),
        (
            (mail.pk, books.harbour.pk),
            {"remember": True, "contact_id": other.pk},
            "contact_of_other_customer",
        ),
    ):
        with pytest.raises(Refused) as refused:
            by_alice(books, *asked, **more)
        assert refused.value.code == code
    with pytest.raises(Refused):
        match_mail(cast.who("auditor"), mail.pk, books.harbour.pk)
    mail.refresh_from_db()
    assert mail.customer is None
    nameless = take(raw(by="undisclosed recipients"))
    with pytest.raises(Refused, match="no address"):
        by_alice(books, nameless.pk, books.harbour.pk, remember=True)
