"""Card numbers leave a mail wherever they stand; a mail without one is left byte for byte."""

from __future__ import annotations

import base64
import quopri
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.mail_cards import without_cards
from dunlin.formats.mail_in import read_mail
from dunlin.rules.masking import mask_card_numbers

CARD = "4111 1111 1111 1111"
pytestmark = pytest.mark.invariant(38)


def mail(body: bytes, head: bytes = b"") -> bytes:
    return (
        b"From: jo@harbour.test\nMessage-ID: <4111111111111111@harbour.test>\nSubject: Hi\n"
        + head
        + b"\n"
        + body
    )


@pytest.mark.parametrize(
    "raw",
    [
        mail(f"Charge {CARD} now".encode()),
        mail(base64.encodebytes(f"Charge {CARD} now".encode()), b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n"),
        mail(quopri.encodestring(f"{'x' * 66} {CARD} é".encode()), b"Content-Transfer-Encoding: quoted-printable\n"),
        mail(f"<p>{CARD}</p>".encode(), b"Content-Type: text/html\n"),
        mail(b"<p>4111&nbsp;1111<b> 1111</b> 1111</p>", b"Content-Type: text/html\n"),
        mail("4111 1111 1111 1111".encode("utf-16"), b"Content-Type: text/plain; charset=utf-16\n"),
        mail(b"Hello", f"Thread-Topic: {CARD}\n".encode()).replace(b"Subject: Hi", f"Subject: card {CARD}".encode()),
        mail(
            f"--b\nContent-Type: message/rfc822\n\nSubject: inner\n\n{CARD}\n--b--\n".encode(),
            b"Content-Type: multipart/mixed; boundary=b\n",
        ),
    ],
    ids=["plain", "base64", "quoted", "html", "html in pieces", "utf-16", "headers", "enclosed"],
)  # fmt: skip
def test_they_are_masked_in_every_encoding(raw):
    masked, found = without_cards(raw)
    assert found
    got = read_mail(masked)
    said = "\n".join(
        [got.subject, got.text, got.html, *(read_mail(each.content).text for each in got.attachments)]
    )
    assert "************1111" in said
    assert mask_card_numbers(said) == said
    assert "4111" not in said
    assert got.message_id == "4111111111111111@harbour.test", "an id is no card: the thread would be lost"
    assert without_cards(masked) == (masked, False)


def test_files_that_are_no_text_are_left_as_they_came():
    whole = EmailMessage()
    whole["Subject"] = "x"
    whole.set_content(f"pay with {CARD}")
    picture = bytes(range(256)) * 20 + b"4111111111111111"
    whole.add_attachment(picture, maintype="image", subtype="png", filename="a.png")
    masked, found = without_cards(whole.as_bytes())
    assert found
    assert [each.content for each in read_mail(masked).attachments] == [picture]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_and_left_when_there_is_no_card(raw):
    masked, found = without_cards(raw)
    assert found or masked == raw
