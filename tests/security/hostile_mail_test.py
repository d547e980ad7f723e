"""Mail built to be slow, large or nested: each is read, or refused politely, in a bounded time. Limits are wide: machines are shared."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from dunlin.formats.attachments import judge_attachment
from dunlin.formats.mail_html import safe_html, text_of_html
from dunlin.formats.mail_in import read_mail
from dunlin.formats.mail_kinds import classify
from dunlin.formats.quoted import split_reply
from dunlin.rules.codes import PROBLEMS

pytestmark = pytest.mark.req("G3")

HEAD = (
    b"From: Ann <ann@acme.example>\r\nTo: ar@us.example\r\nSubject: Hi\r\nMessage-ID: <1@acme.example>\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
)
MB = 1024 * 1024


def boxes(levels):
    parts = (
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(levels)
    )
    return (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
        + b"".join(parts)
        + b"--b%d\r\n\r\ndeep\r\n" % levels
    )


HOSTILE = {
    "nested two hundred times": boxes(200),
    "nested twenty thousand times": boxes(20_000),
    "a million parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 500_000,
    "nothing but line ends": HEAD + b"\r\n" + b"\n" * (10 * MB),
    "a report of two hundred thousand blocks": HEAD
    + b"Content-Type: message/delivery-status\r\n\r\n"
    + b"Final-Recipient: rfc822; a@b.example\n\n" * 200_000,
    "a mail in a mail in a mail": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "a header of five megabytes": HEAD + b"X: " + b"y " * (2 * MB) + b"\r\n\r\nx",
    "two hundred thousand headers": HEAD + b"X-A: y\r\n" * 200_000 + b"\r\nx",
    "a million recipients": HEAD[:30] + b"\r\nTo: " + b"a@b.example,\r\n " * 300_000 + b"\r\n\r\nx",
    "open quotes": b"From: " + b'"(<' * 100_000 + b"\r\n\r\n" + b"> " * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_takes_a_bounded_time(name):
    started = time.perf_counter()
    mail = read_mail(HOSTILE[name])
    classify(mail)
    split_reply(mail.text, mail.html)
    assert time.perf_counter() - started < 30  # some seconds on a machine at rest
    assert set(mail.problems) <= set(PROBLEMS)


def test_what_lies_two_hundred_levels_deep_is_read():
    assert "deep" in read_mail(boxes(200)).text


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<b><i>", "<table><td>", "<a href=x>", "<!--", "<", "&amp", "<p>x", "<style><script>", "<a x=\"", "<blockquote>", "<img alt=\"", "<a a/"],
)  # fmt: skip
def test_a_page_built_to_be_slow_is_not(piece):
    started = time.perf_counter()
    html = piece * (400_000 // len(piece))
    safe_html(html)
    text_of_html(html)
    safe_html("<a " + " ".join(f"x{n}=1" for n in range(50_000)) + ">")
    assert time.perf_counter() - started < 15  # under two seconds on a machine at rest


@pytest.mark.parametrize(
    "piece",
    ["> ", "On 12:30 wrote:", "On 12:30 <a@b\n", "--\n", "From: x\nSent: y\n", "\n", "a@b.example ", "Sent from my ", "-----Original ", "this message ", "wrote ", "\ue000\n"],
)  # fmt: skip
def test_a_text_built_to_be_slow_is_not(piece):
    text = piece * (200_000 // len(piece))
    started = time.perf_counter()
    split_reply(text)
    split_reply("", text)
    assert time.perf_counter() - started < 15  # about a second on a machine at rest


def test_a_zip_that_lies_about_its_sizes_is_not_unpacked():
    lying = io.BytesIO()
    with zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"\0" * 20_000_000)
    content = bytearray(lying.getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")  # says: ten bytes
    started = time.perf_counter()
    judge_attachment("a.zip", "", bytes(content))
    assert time.perf_counter() - started < 5
