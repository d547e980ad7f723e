"""Sending: once each, refused and delayed as the server says, cut off and settled. A real SMTP server takes the mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.approve_message import approve_message, send_again, withdraw_message
from dunlin.actions.doing import doing
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.send_due import release, send_due, unclear_messages
from dunlin.actions.set_block import set_block
from dunlin.actions.settle_message import settle_by_looking, settle_message
from dunlin.actions.store_file import store_bytes
from dunlin.records.models import ContactPoint, FollowUp, Message
from dunlin.rules.codes import Refused
from tests import cast
from tests.smtp_server import MailServer, header

pytestmark = [pytest.mark.django_db, pytest.mark.req("G3", "B6"), pytest.mark.trap(25)]
CLOCK = "administrator"


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MAIL_DOMAIN = "dunlin.test"
    settings.MAIL_ARCHIVE = ""
    settings.DEFAULT_FROM_EMAIL = "ar@dunlin.test"
    with MailServer(tmp_path / "mails") as running:
        settings.SMTP = running.at
        yield running


def _message(address: str = "ap@lakeside.test", role: Any = "ar_manager", **more: Any) -> Message:
    customer = more.pop("customer", None) or cast.customer()
    point = ContactPoint.objects.filter(contact__customer=customer, kind="email", value=address).first()
    draft = Draft(
        customer.pk, more.pop("purpose", "written"), subject=more.pop("subject", "Your account"), text=more.pop("text", "Hello."),
        to=[{"name": "Accounts payable", "address": address, "point": point.pk if point else None}], **more,
    )  # fmt: skip
    with doing(cast.who(role), "send_message", customers=[customer.pk]) as act:
        return make_message(act, draft)


def _steps(message: Message) -> list[str]:
    return list(message.events.values_list("what", flat=True))


def test_a_message_goes_once_and_says_so(server: MailServer) -> None:
    message = _message(text="Zwölf Rechnungen.")
    first = send_due(cast.who(CLOCK))
    second = send_due(cast.who(CLOCK))
    message.refresh_from_db()
    assert (first.sent, second.sent, message.state, _steps(message)) == (
        1,
        0,
        "sent",
        ["decided", "claimed", "sent"],
    )
    [(addresses, mail)] = server.mails()
    assert addresses == ["ap@lakeside.test"]
    assert header(mail, "Message-ID") == f"<{message.message_id}>"
    assert header(mail, "X-Dunlin-Message") == str(message.pk)
    assert header(mail, "From") == "ar@dunlin.test"
    assert b"Zw=C3=B6lf" in mail or b"WndvbGY" in mail or "Zwölf".encode() in mail


def test_files_go_along(server: MailServer) -> None:
    file = store_bytes(b"%PDF-1.7 an invoice", "application/pdf", cast.moment(cast.TODAY))
    _message(files=[(file, "INV-1.pdf")])
    assert send_due(cast.who(CLOCK)).sent == 1
    [(_, mail)] = server.mails()
    assert b"INV-1.pdf" in mail
    assert b"application/pdf" in mail


@pytest.mark.trap(57)
def test_an_address_the_server_does_not_know_is_marked_and_somebody_is_told(server: MailServer) -> None:
    customer = cast.customer()
    contact = cast.contact(customer, email="nobody@lakeside.test")
    message = _message("nobody@lakeside.test", customer=customer)
    assert send_due(cast.who(CLOCK)).failed == 1
    message.refresh_from_db()
    point = ContactPoint.objects.get(contact=contact, kind="email")
    assert (message.state, point.state) == ("bounced", "bounced")
    cast.user("ar_manager", "mona")
    again = _message("nobody@lakeside.test", customer=customer)
    assert send_due(cast.who(CLOCK)).withdrawn == 1  # nobody is left to write to
    again.refresh_from_db()
    assert (again.state, again.why) == ("withdrawn", "message_nobody_left")
    assert FollowUp.objects.filter(what__contains="bounced").count() <= 1


def test_a_full_mailbox_is_tried_later_and_given_up_at_last(server: MailServer) -> None:
    message = _message("full@lakeside.test")
    now = cast.moment(cast.TODAY)
    waits = []
    for _ in range(12):
        outcome = send_due(cast.who(CLOCK, at=now))
        message.refresh_from_db()
        if outcome.failed:
            break
        assert message.not_before is not None
        waits.append(message.not_before - now)
        assert send_due(cast.who(CLOCK, at=now)).put_off == 0  # not before its time
        now = message.not_before + timedelta(seconds=1)
    assert (message.state, message.why) == ("failed", "message_gave_up")
    assert waits == sorted(waits)
    assert server.mails() == []
    send_again(cast.who("ar_manager"), message.pk)
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("decided", 0)


@pytest.mark.parametrize("address, state", [("later@x.test", "decided"), ("never@x.test", "failed")])
def test_what_the_server_says_at_the_end_counts(server: MailServer, address: str, state: str) -> None:
    message = _message(address)
    send_due(cast.who(CLOCK))
    message.refresh_from_db()
    assert (message.state, message.handed_over_at) == (state, None)
    assert server.mails() == []


def test_one_failing_mail_does_not_stop_the_batch(server: MailServer) -> None:
    for address in ("a@x.test", "never@x.test", "b@x.test", "nobody@x.test", "c@x.test"):
        _message(address)
    done = send_due(cast.who(CLOCK))
    assert (done.sent, done.failed) == (3, 2)


def test_a_lost_answer_is_shown_and_settled_by_looking(server: MailServer, monkeypatch: Any) -> None:
    message = _message("mute@x.test")
    assert send_due(cast.who(CLOCK)).unclear == 1
    assert send_due(cast.who(CLOCK)).sent == 0  # never again by itself
    assert [each.pk for each in unclear_messages()] == [message.pk]
    assert release(cast.who(CLOCK, at=cast.moment(cast.TODAY) + timedelta(days=1)), timedelta(0)) == 0
    ids = {header(mail, "Message-ID").strip("<>") for _, mail in server.mails()}
    monkeypatch.setattr("dunlin.actions.settle_message.still_sending", lambda row: False)
    settled = settle_by_looking(cast.who(CLOCK), lambda wanted: wanted in ids)
    message.refresh_from_db()
    assert (settled.went, settled.again, message.state) == (1, 0, "sent")
    with pytest.raises(Refused, match="only one that is cut off"):
        settle_message(cast.who(CLOCK), message.pk, True, "again")


def test_a_claim_whose_sender_died_goes_back(server: MailServer) -> None:
    message = _message()
    Message.objects.filter(pk=message.pk).update(
        state="claimed", claimed_by="gone:1:1", claimed_at=cast.moment(cast.TODAY) - timedelta(minutes=11)
    )
    assert send_due(cast.who(CLOCK)).sent == 1
    message.refresh_from_db()
    assert _steps(message) == ["decided", "released", "claimed", "sent"]


@pytest.mark.req("D10")
def test_what_was_forbidden_since_is_withdrawn_with_its_reason(server: MailServer) -> None:
    customer = cast.customer()
    message = _message(customer=customer)
    set_block(cast.who(), customer.pk, "cease_contact", "asked by letter")
    assert send_due(cast.who(CLOCK)).withdrawn == 1
    message.refresh_from_db()
    assert (message.state, message.why) == ("withdrawn", "conduct_cease_contact")
    assert server.mails() == []


def test_nobody_approves_their_own_and_an_unapproved_one_stays(server: MailServer) -> None:
    writer = cast.user("team_lead", "lena")
    message = _message(role=writer, approval="team_lead")
    assert send_due(cast.who(CLOCK)).sent == 0
    with pytest.raises(Refused, match="Nobody approves"):
        approve_message(cast.who(writer), message.pk)
    approve_message(cast.who(cast.user("ar_manager", "mona")), message.pk)
    assert send_due(cast.who(CLOCK)).sent == 1


def test_a_withdrawn_one_never_goes(server: MailServer) -> None:
    message = _message()
    withdraw_message(cast.who(), message.pk, "written twice")
    assert send_due(cast.who(CLOCK)).sent == 0
    with pytest.raises(Refused, match="only one that is not sent yet"):
        withdraw_message(cast.who(), message.pk, "again")


def test_without_a_server_messages_wait(settings: Any) -> None:
    settings.SMTP = None
    _message()
    with pytest.raises(Refused, match="No mail server is set up"):
        send_due(cast.who(CLOCK))
    assert Message.objects.get().state == "decided"


def test_the_same_once_is_the_same_message() -> None:
    assert _message(once="notice:1:2026-11-25") == _message(once="notice:1:2026-11-25")
    assert Message.objects.count() == 1


@pytest.mark.parametrize("address", ["", "no-at", "two@@x.test", "a b@x.test", "x@y.test\r\nBcc: z@z.test"])
def test_an_address_nobody_can_write_to_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="cannot be written to"):
        _message(address)
    assert not Message.objects.exists()
