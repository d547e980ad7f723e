"""One mail taken in: where it goes, what it changes, and that whatever is in it, it is kept and never taken twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dunlin.actions import mail_proposals
from dunlin.actions import take_raw as module
from dunlin.actions.store_file import file_bytes
from dunlin.records.models import (
    Absence,
    Conversation,
    ConversationItem,
    Department,
    DiaryLine,
    FollowUp,
    Mail,
    MailProposal,
    Request,
)
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast
from tests.cast import TODAY, moment
from tests.mail_cast import TEN, raw, sent, take, taken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MAIL_DOMAIN = "dunlin.test"


def items_of(mail):
    return set(ConversationItem.objects.filter(conversation=mail.conversation).values_list("item", flat=True))


# Whose it is and where it goes


@pytest.mark.req("B5", "B6")
@pytest.mark.rule("P14")
def test_a_mail_of_a_known_sender_is_owned_and_owed_an_answer(books):
    mail = take(raw("Please send a copy of INV-1001.", by="Priya <PRIYA@l-100.test>"))
    conversation = mail.conversation
    assert (mail.customer, mail.matched_by, mail.kind) == (books.lakeside, "sender", "message")
    assert (conversation.kind, conversation.state, conversation.owner) == ("mail", "open", books.alice)
    assert (conversation.clock_from, conversation.due_at) == (TEN, moment(TODAY + timedelta(days=1), 10))
    assert items_of(mail) == {books.late.pk}
    assert file_bytes(mail.raw).startswith(b"From: Priya")
    line = DiaryLine.objects.get(verb="take_mail")
    assert (line.customer, line.about, line.after["matched_by"]) == (
        books.lakeside,
        f"mail:{mail.pk}",
        "sender",
    )


@pytest.mark.trap(59)
def test_a_reply_to_a_notice_is_about_the_items_of_the_notice_unless_it_names_some(books):
    notice = sent(books.lakeside, books.late, books.current)
    mail = take(raw("We will look into it.", by="new.person@elsewhere.test", answers=notice.message_id))
    assert (mail.customer, mail.matched_by, mail.answers) == (books.lakeside, "thread", notice)
    assert items_of(mail) == {books.late.pk, books.current.pk}
    other = take(raw("INV-1001 was paid.", answers=notice.message_id))
    assert other.conversation == mail.conversation
    assert items_of(sent_to_another := take(raw("About INV-1002.", subject="Other"))) == {books.current.pk}
    assert sent_to_another.conversation != mail.conversation


@pytest.mark.trap(58)
def test_an_unknown_sender_and_a_shared_address_go_to_triage_with_the_candidates_named(books):
    unknown = take(raw("Hello", by="who@unknown.test"))
    assert (unknown.customer, unknown.conversation.customer, unknown.conversation.owner) == (None, None, None)
    assert unknown.conversation.due_at is not None
    cast.contact(books.harbour, "Shared Office", email="office@accountants.test")
    cast.contact(books.lakeside, "Shared Office", email="Office@Accountants.test")
    shared = take(raw("Hello", by="office@accountants.test"))
    assert shared.customer is None
    assert "L-100 Lakeside Hotels and H-200 Harbour & Söhne" in shared.matched_why
    named = take(raw("About INV-2001", by="office@accountants.test"))
    assert (named.customer, named.matched_by) == (books.harbour, "reference")
    assert take(raw("INV-2001 is wrong", by="who@unknown.test")).customer == books.harbour
    quoted = take(
        raw(
            "Which one?\n\nOn Tue, Dunlin <ar@dunlin.test> wrote:\n> INV-1001 is past due",
            by="x@unknown.test",
        )
    )
    assert (quoted.customer, items_of(quoted)) == (books.lakeside, set())


@pytest.mark.rule("P33")
def test_who_covers_owns_what_comes_in_while_the_collector_is_away(books):
    Absence.objects.create(user=books.alice, backup=books.bob, from_on=TODAY, through_on=TODAY)
    assert take(raw()).conversation.owner == books.bob


@pytest.mark.rule("P14")
@pytest.mark.parametrize("state", ["answered", "closed", "snoozed"])
def test_a_reply_opens_its_conversation_again(books, state):
    first = take(raw())
    owed = state == "snoozed"
    Conversation.objects.filter(pk=first.conversation_id).update(
        state=state,
        answered_at=TEN,
        clock_from=TEN if owed else None,
        snoozed_until=moment(TODAY + timedelta(days=9)),
    )
    later = TEN + timedelta(hours=3)
    reply = take(raw("And?", answers=first.message_id, by="x@unknown.test"), at=later)
    conversation = Conversation.objects.get()
    assert reply.conversation == conversation
    assert (conversation.state, conversation.snoozed_until, conversation.last_at) == ("open", None, later)
    assert conversation.clock_from == (TEN if owed else later)


def test_a_mail_sent_to_two_of_our_mailboxes_is_one_thing_to_answer(books):
    content = raw()
    first, second = take(content), take(content, box=inbox_cast.mailbox("collections"))
    assert first.pk != second.pk
    assert (second.conversation, second.customer) == (first.conversation, books.lakeside)
    assert Conversation.objects.count() == 1


@pytest.mark.rule("P14")
def test_a_voicemail_is_a_call_to_return(books):
    mail = take(
        raw(
            "Duration 0:31", by="voicemail@pbx.test", subject="New voicemail from (212) 555-0143", Auto_Submitted="auto-generated",
            files=[("msg.wav", "audio/x-wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40))],
        )
    )  # fmt: skip
    conversation = mail.conversation
    assert (conversation.kind, conversation.phone, conversation.customer) == (
        "voicemail",
        "(212) 555-0143",
        books.lakeside,
    )
    assert conversation.due_at is not None
    assert mail.kind == "message"


@pytest.mark.req("B7")
def test_the_answer_of_a_department_lands_on_its_request(books):
    asked = sent(books.lakeside, purpose="request", to="sales@dunlin.test", subject="Which price?")
    department = Department.objects.create(key="sales2", name="Sales", address="sales@dunlin.test")
    request = Request.objects.create(
        customer=books.lakeside, department=department, what="Which price?", message=asked, owner=books.alice, asked_at=TEN,
        due_on=TODAY,
    )  # fmt: skip
    mail = take(raw("12.00 each", by="sam@dunlin.test", answers=asked.message_id))
    request.refresh_from_db()
    assert (request.state, request.answer, mail.conversation, mail.customer) == (
        "answered",
        mail,
        None,
        books.lakeside,
    )
    assert FollowUp.objects.get().owner == books.alice
    assert Conversation.objects.count() == 0


# Proposals


def test_only_new_words_are_understood(books):
    notice = sent(books.lakeside, books.late, subject="We dispute nothing: INV-1001 past due")
    mail = take(
        raw(
            "We will pay 500.00 USD on 4 December 2026 for INV-1001.\n\nOn Tue, Dunlin wrote:\n> this invoice is disputed and wrong",
            answers=notice.message_id, subject="Re: We dispute nothing: INV-1001 past due",
        )
    )  # fmt: skip
    found = {each.intent: each for each in MailProposal.objects.filter(mail=mail)}
    assert "dispute" not in found
    promise = found["promise_to_pay"]
    assert promise.action == "log_promise"
    assert promise.facts["promise"] == {"on": "2026-12-04", "amount": {"minor": 50_000, "currency": "USD"}}
    assert promise.facts["items"] == [books.late.pk]
    assert promise.quote in mail.reply
    assert mail.language == "en"


@pytest.mark.rule("P14")
def test_an_automatic_answer_starts_no_clock_and_offers_what_it_says(books):
    notice = sent(books.lakeside, books.late)
    mail = take(
        raw(
            "I am out of the office until 7 December 2026.", subject="Automatic reply: Past due", answers=notice.message_id,
            Auto_Submitted="auto-replied",
        )
    )  # fmt: skip
    assert (mail.kind, mail.conversation, mail.customer, mail.answers) == (
        "auto_reply",
        None,
        books.lakeside,
        notice,
    )
    proposal = MailProposal.objects.get()
    assert (proposal.intent, proposal.action) == ("out_of_office", "mark_out_of_office")
    assert proposal.facts["back_on"]


# Whatever is in it


def test_our_own_mail_coming_back_is_kept_and_answered_by_nobody(books):
    mail = take(raw(by="ar@dunlin.test", X_Dunlin_Message="7", message_id="m7@dunlin.test"))
    assert (mail.kind, mail.conversation) == ("loop", None)


@pytest.mark.invariant(38)
def test_card_numbers_are_nowhere(books):
    card = "4111 1111 1111 1111"
    mail = take(
        raw(
            f"Charge {card} please",
            subject=f"card {card}",
            files=[("c.csv", "text/csv", f"card;{card}".encode())],
        )
    )
    stored = b"".join([file_bytes(mail.raw), *(file_bytes(each.file) for each in mail.files.all())])
    assert "mail_card_masked" in mail.problems
    for text in (
        mail.subject,
        mail.text,
        mail.reply,
        stored.decode(),
        str(list(MailProposal.objects.values())),
    ):
        assert "4111" not in text
    assert "************1111" in mail.text


def test_a_mail_is_taken_once_whatever_way_it_comes(books):
    content = raw()
    first, second = taken(content), taken(content)
    assert (first.new, second.new, second.mail_id) == (True, False, first.mail_id)
    assert Mail.objects.count() == Conversation.objects.count() == 1
    long_id = raw(message_id="x" * 300 + "@customer.test")
    assert taken(long_id).new
    assert not taken(long_id).new


def test_what_cannot_be_handled_goes_to_triage_and_is_taken_once(books, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "sort_mail", broken)
    content = raw("card 4111 1111 1111 1111")
    mail = take(content)
    assert (mail.problems, mail.customer, mail.conversation.state) == (["mail_not_handled"], None, "open")
    assert b"4111" not in file_bytes(mail.raw)
    monkeypatch.undo()
    assert not taken(content).new


def test_words_that_cannot_be_read_cost_the_proposals_and_nothing_else(books, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(mail_proposals, "understand", broken)
    mail = take(raw("About INV-1001"))
    assert (mail.customer, mail.problems, items_of(mail)) == (
        books.lakeside,
        ["mail_not_understood"],
        {books.late.pk},
    )


def test_a_failing_rule_of_the_house_does_not_lose_the_mail(books, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "act_alone", broken)
    assert taken(raw()).new


def test_who_may_not_take_mail_is_refused(books):
    with pytest.raises(Refused, match="not"):
        module.take_raw(cast.who(books.alice), inbox_cast.mailbox(), raw())
    assert not Mail.objects.exists()


def test_a_dry_run_leaves_nothing(books):
    module.take_raw(cast.who("administrator", dry_run=True), inbox_cast.mailbox(), raw(), TEN)
    assert not Mail.objects.exists()


def test_a_mail_above_the_limit_is_kept_by_its_head(books, monkeypatch):
    big = raw("x", subject="Huge", files=[("big.bin", "application/octet-stream", bytes(52 * 1024 * 1024))])
    mail = take(big)
    assert "mail_too_large" in mail.problems
    assert (mail.subject, mail.customer, mail.files.count()) == ("Huge", books.lakeside, 0)
    assert mail.raw.bytes < 10_000


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.builds(
            lambda head, body: b"".join(head) + b"\r\n" + body,
            st.lists(
                st.builds(
                    lambda name, value: name + b": " + value.replace(b"\n", b"") + b"\r\n",
                    st.sampled_from(
                        [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Content-Type",
                         b"Content-Transfer-Encoding", b"Auto-Submitted", b"Content-Disposition"]
                    ),
                    st.one_of(
                        st.binary(max_size=60),
                        st.sampled_from([b"multipart/mixed; boundary=x", b"message/delivery-status", b"text/html; charset=utf-16",
                                         b"<a@b.c>", b"base64", b"message/rfc822", b"=?utf-8?q?=00=ff?="]),
                    ),
                ),
                max_size=8,
            ),
            st.one_of(st.binary(max_size=300), st.just(b"--x\r\nContent-Type: text/plain\r\n\r\n4111111111111111\r\n--x--")),
        ),
    )
)  # fmt: skip
@pytest.mark.req("G3")
def test_any_bytes_are_taken_once_and_never_raise(books, content):
    first = taken(content)
    second = taken(content)
    assert not second.new
    assert second.mail_id == first.mail_id
    assert "mail_not_handled" not in Mail.objects.get(pk=first.mail_id).problems
