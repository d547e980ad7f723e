import pytest

from dunlin.formats.bounce_reasons import REASONS, is_permanent, reason_of, status_in
from dunlin.formats.mail_in import read_mail
from dunlin.formats.mail_kinds import classify

pytestmark = [pytest.mark.req("B6"), pytest.mark.rule("P28")]
OURS = frozenset({"ar@us.example"})


def kind(head, body="x"):
    return classify(read_mail(f"{head}\nMIME-Version: 1.0\n\n{body}".encode()), OURS, "mail.us.example")


def report(action, status, diagnostic, extra=""):
    head = "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nContent-Type: multipart/report; boundary=q"
    body = (
        f"--q\n\nSorry\n--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; <ann@acme.example>\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {diagnostic}\n{extra}\n"
        "--q\nContent-Type: message/rfc822\n\nMessage-ID: <7@mail.us.example>\nX-Dunlin-Message: 42\nSubject: Statement\n\nx\n--q--"
    )
    return kind(head, body)


@pytest.mark.trap(57)
def test_a_bounce_names_whom_why_and_which_mail_it_was():
    found = report("failed", "5.1.1", "550 5.1.1 no such user")
    assert (found.kind, found.original_ids, found.our_message) == ("bounce", ("7@mail.us.example",), "42")
    one = found.failures[0]
    assert (one.address, one.status, one.reason, one.permanent) == (
        "ann@acme.example",
        "5.1.1",
        "mailbox_unknown",
        True,
    )


@pytest.mark.parametrize(
    "action, status, diagnostic, kind_, reason, permanent",
    [
        ("failed", "4.4.7", "delivery time expired", "bounce", "delayed", False),
        ("failed", "5.0.0", "552 mailbox is full", "bounce", "mailbox_full", False),
        ("failed", "5.1.1", "the account you tried to reach is over quota", "bounce", "mailbox_full", False),
        ("failed", "5.0.0", "550 blocked by spamhaus", "bounce", "blocked", True),
        ("failed", "5.7.1", "550 DMARC policy", "bounce", "policy", True),
        ("failed", "5.4.4", "Host not found", "bounce", "domain", True),
        ("failed", "5.3.4", "message too big for system", "bounce", "too_large", True),
        ("failed", "5.0.0", "550 no", "bounce", "other", True),
        ("delayed", "4.4.1", "connection refused", "delay", "delayed", False),
        ("delayed", "4.1.1", "user unknown", "delay", "delayed", False),
        ("delivered", "2.0.0", "250 ok", "delivery_report", "other", False),
        ("", "4.2.2", "try later", "delay", "delayed", False),
        ("failed (perm)", "5.1.1 (bad)", "550 user unknown", "bounce", "mailbox_unknown", True),
    ],
)
def test_statuses_are_often_wrong_and_delays_are_no_failures(
    action, status, diagnostic, kind_, reason, permanent
):
    found = report(action, status, diagnostic)
    assert (found.kind, found.failures[0].reason, found.failures[0].permanent) == (kind_, reason, permanent)


def test_the_address_we_wrote_to_is_kept_where_it_was_forwarded():
    one = report("failed", "5.1.1", "no", "Original-Recipient: rfc822; ap@acme.example").failures[0]
    assert (one.address, one.original) == ("ann@acme.example", "ap@acme.example")


PROSE = {
    "qmail": ("Hi. This is the qmail-send program at mx.example.\nI wasn't able to deliver your message to the following addresses.\n\n<ann@acme.example>:\nuser does not exist\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <7@mail.us.example>\nX-Dunlin-Message: 42\nTo: ann@acme.example\n", "mailbox_unknown"),
    "postfix": ("I'm sorry to inform you that your message could not be delivered.\n\n<ann@acme.example>: host mx.acme.example[1.2.3.4] said: 552 5.2.2 mailbox full\n\nReceived: from a\nMessage-ID: <7@mail.us.example>\nX-Dunlin-Message: 42\nFrom: ar@us.example\n", "mailbox_full"),
    "exim": ("A message that you sent could not be delivered. This is a permanent error.\n\n  ann@acme.example\n    host mx: 550 unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: <7@mail.us.example>\nX-Dunlin-Message: 42\n", "mailbox_unknown"),
    "exchange": ("Your message did not reach the following recipient(s):\n\nann@acme.example on Thu, 2 Mar 2026\n    The recipient name is not recognized\n\n--- Original message ---\nMessage-ID: <7@mail.us.example>\nX-Dunlin-Message: 42\n", "mailbox_unknown"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROSE)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_bounces_in_prose_with_any_line_end(name, end):
    body, reason = PROSE[name]
    raw = f"Return-Path: <>\nFrom: postmaster@mx.example\nTo: ar@us.example\nSubject: Delivery failure\n\n{body}".replace(
        "\n", end
    )
    found = classify(read_mail(raw.encode()), OURS, "mail.us.example")
    assert (found.kind, [one.address for one in found.failures], found.reason) == (
        "bounce",
        ["ann@acme.example"],
        reason,
    )
    assert (found.original_ids, found.our_message) == (("7@mail.us.example",), "42")


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Undeliverable goods",
        "Our delivery failed last week",
        "Returned goods 4711",
        "FW: Undeliverable: Statement",
        "Rejected invoice INV-7",
        "Re: payment bounced",
    ],
)
def test_people_write_about_deliveries_too(subject):
    body = "Hello,\nthe goods could not be delivered to bob@acme.example, so we will not pay INV-7.\nAnn"
    assert (
        kind(f"From: Ann <ann@acme.example>\nReturn-Path: <ann@acme.example>\nSubject: {subject}", body).kind
        == "message"
    )


@pytest.mark.rule("P14")
@pytest.mark.trap(58)
@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied\nSubject: x",
        "Auto-Submitted: auto-generated\nIn-Reply-To: <7@mail.us.example>\nSubject: x",
        "X-Auto-Response-Suppress: All\nSubject: Re: Statement\nIn-Reply-To: <7@mail.us.example>",
        "X-Apple-Action: VACATION\nSubject: x",
        "Precedence: auto_reply\nSubject: x",
        "X-Autoreply: yes\nSubject: x",
        "In-Reply-To: <7@mail.us.example>\nSubject: Absence",
        "Return-Path: <>\nSubject: Thank you",
        *(
            f"Subject: {subject}"
            for subject in (
                "Automatic reply: Statement", "Auto reply: x", "AutoReply", "Out of Office: x", "Away until May 5", "Abwesenheitsnotiz", "Automatische Antwort: Mahnung",
                "Réponse automatique : Relevé", "Respuesta automática: x", "Risposta automatica: x", "Resposta automática: x", "Automatisch antwoord: x", "Automatiskt svar: x",
                "Autosvar: x", "Automaattinen vastaus: x", "Odpowiedź automatyczna: x", "Автоответ: x", "Otomatik yanıt: x", "自動応答: x", "自动回复: x", "부재중: x", "I am on vacation",
            )
        ),
    ],
)  # fmt: skip
def test_automatic_answers_are_no_answers(head):
    found = kind(f"From: ann@acme.example\n{head}")
    assert found.kind == "auto_reply"
    assert found.automatic


@pytest.mark.parametrize(
    "head",
    [
        "Subject: Away day invoice",
        "Subject: Automatic payment made",
        "Subject: Re: Statement\nReturn-Path: <ann@acme.example>",
        "Subject: Urgent",
        "Subject: Absence of invoice 7",
        "Subject: Auto: lease 4711",
    ],
)
def test_a_person_s_mail_is_a_message(head):
    found = kind(f"From: ann@acme.example\n{head}")
    assert (found.kind, found.automatic) == ("message", False)


def test_a_notice_of_an_order_system_is_read_and_never_answered():
    found = kind(
        "From: no-reply@erp.acme.example\nAuto-Submitted: auto-generated\nSubject: Remittance advice 4711"
    )
    assert (found.kind, found.automatic) == ("message", True)


@pytest.mark.req("G3")
def test_loops_are_ended():
    hops = "Received: from a\n" * 51
    assert kind(f"{hops}From: ann@acme.example\nSubject: x").kind == "loop"
    assert kind("From: ar@us.example\nX-Dunlin-Message: 42\nSubject: x").kind == "loop"
    assert kind("From: ar@us.example\nMessage-ID: <7@mail.us.example>\nSubject: x").kind == "loop"
    assert (
        kind("From: ar@us.example\nMessage-ID: <7@other.example>\nSubject: x").kind == "message"
    )  # a colleague writes
    assert (
        kind("From: ann@acme.example\nX-Dunlin-Message: 42\nSubject: Re: x").kind == "message"
    )  # a program that keeps headers


def test_every_reason_is_one_of_the_classes():
    for words in ("", "x", "mailbox full", "550", "5.1.1", "timed out"):
        assert reason_of(words, "") in REASONS
    assert status_in("host[192.0.2.1]: 550 5.7.26 rejected") == "5.7.26"
    assert status_in("from 10.4.2.1.5") == ""
    assert not is_permanent("delayed", "5.1.1", "mailbox_unknown")
