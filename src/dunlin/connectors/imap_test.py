"""The mailbox connector against a real server: in order, some at a time, by their head when large; only looking; plain failures."""

from __future__ import annotations

import imaplib
import threading
import time

import pytest

from dunlin.connectors.imap import ImapMailbox, MailboxFailed, Place, is_loopback
from tests import mail_servers

pytestmark = pytest.mark.req("G3")


@pytest.fixture(scope="module")
def server():
    with mail_servers.imap_server() as running:
        yield running


def mail(n: int, size: int = 0) -> bytes:
    return b"Message-ID: <m%d@customer.test>\r\nSubject: number %d\r\n\r\n" % (n, n) + b"x" * size + b"\r\n"


def test_mails_come_in_order_from_where_we_are(server):
    for n in range(1, 121):
        server.deliver(mail(n), "order")
    with ImapMailbox(server.place("order")) as box:
        assert box.newest_uid() == 120
        got = list(box.fetch_after(0, 10_000))
        assert [each.uid for each in got] == list(range(1, 121))
        assert [each.raw for each in got] == [mail(n) for n in range(1, 121)]
        assert all(each.received_at is not None and not each.head_only for each in got)
        assert [each.uid for each in box.fetch_after(118, 10_000)] == [119, 120]
        assert list(box.fetch_after(120, 10_000)) == []


def test_of_a_large_mail_only_the_head_comes(server):
    server.deliver(mail(1), "large")
    server.deliver(mail(2, 50_000), "large")
    server.deliver(mail(3), "large")
    with ImapMailbox(server.place("large")) as box:
        got = list(box.fetch_after(0, 10_000))
    assert [(each.uid, each.head_only, b"xxx" in each.raw) for each in got] == [
        (1, False, False),
        (2, True, False),
        (3, False, False),
    ]
    assert b"number 2" in got[1].raw
    assert got[1].size > 50_000


def test_nothing_is_changed_by_looking(server):
    server.deliver(mail(1), "looking")
    with ImapMailbox(server.place("looking")) as box:
        list(box.fetch_after(0, 10_000))
        assert box._opened.client.is_readonly
    with imaplib.IMAP4("127.0.0.1", server.port, 30) as link:
        link.login("looking", mail_servers.PASSWORD)
        link.select("INBOX", readonly=True)
        assert b"\\Seen" not in link.fetch("1", "(FLAGS)")[1][0]


def test_a_mail_is_found_by_its_id(server):
    server.append(mail(7), "sent", "Archive")
    with ImapMailbox(server.place("sent", "Archive")) as box:
        assert box.has_message("m7@customer.test")
        assert not box.has_message("m8@customer.test")
        assert not box.has_message('x" OR ALL "')
        assert not box.has_message("x\r\nA1 DELETE Archive")
        server.append(mail(8), "sent", "Archive")
        assert box.has_message("m8@customer.test"), "what came since it was opened counts"


def test_waiting_ends_when_something_comes(server):
    with ImapMailbox(server.place("waiting")) as box:
        assert not box.wait(0.1)
        later = threading.Timer(0.3, lambda: server.deliver(mail(1), "waiting"))
        later.start()
        began = time.monotonic()
        assert box.wait(20)
        assert time.monotonic() - began < 15
        later.join()


def test_another_validity_after_a_restore(server):
    server.deliver(mail(1), "restored")
    with ImapMailbox(server.place("restored")) as box:
        before = box.uid_validity
    time.sleep(1.1)  # the server takes the second as the number
    server.forget("restored")
    with ImapMailbox(server.place("restored")) as box:
        assert box.uid_validity != before > 0


@pytest.mark.parametrize(
    "place, told",
    [
        (lambda s: s.place("x", password="wrong"), "the user name or the password is wrong"),
        (lambda s: s.place("x", "Nowhere"), "has no folder Nowhere for x"),
        (lambda s: Place("127.0.0.1", 1, "none", "x", "y"), "takes no connections"),
        (lambda s: Place("no-such-host.invalid", 993, "tls", "x", "y"), "There is no server no-such-host.invalid"),
        (lambda s: Place("127.0.0.1", s.port, "tls", "x", "y"), "does not speak an encrypted connection"),
        (lambda s: Place("127.0.0.1", s.port, "starttls", "x", "y"), "broke"),
        (lambda s: Place("imap.dunlin.test", 143, "none", "x", "y"), "encrypted connection only"),
    ],
)  # fmt: skip
def test_failures_are_one_plain_sentence_without_the_password(server, place, told):
    with pytest.raises(MailboxFailed, match=told) as failed, ImapMailbox(place(server)):
        pass
    assert mail_servers.PASSWORD not in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    "host, here",
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("127.0.0.1.evil.test", False),
        ("10.0.0.1", False),
    ],
)
def test_this_machine(host, here):
    assert is_loopback(host) is here
