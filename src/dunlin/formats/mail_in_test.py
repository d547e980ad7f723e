import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.mail_in import read_mail
from dunlin.formats.mail_kinds import classify
from dunlin.formats.quoted import split_reply
from dunlin.rules.codes import PROBLEMS
from tests import shared_data

pytestmark = pytest.mark.req("B6")

HEAD = b"From: Ann <ann@acme.example>\r\nTo: ar@us.example\r\nSubject: Hi\r\nMessage-ID: <1@acme.example>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
MB = 1024 * 1024


def test_a_plain_mail_is_read():
    mail = read_mail(
        HEAD
        + b"Reply-To: pay@acme.example\r\nIn-Reply-To: <0@us.example>\r\nReferences: <a@x>\r\n <0@us.example>\r\n\r\nPaid.\r\n"
    )
    assert (mail.from_name, mail.from_address, mail.subject, mail.text) == (
        "Ann",
        "ann@acme.example",
        "Hi",
        "Paid.\n",
    )
    assert (mail.message_id, mail.in_reply_to, mail.references) == (
        "1@acme.example",
        "0@us.example",
        ("a@x", "0@us.example"),
    )
    assert mail.sent_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert mail.reply_to == "pay@acme.example"
    assert mail.problems == ()


@pytest.mark.parametrize(
    "date, moment, problem",
    [
        ("Mon, 2 Mar 2026 10:00:00", datetime(2026, 3, 2, 10, tzinfo=UTC), "mail_date_without_zone"),
        ("Mon, 2 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC), "mail_date_without_zone"),
        ("Mon, 2 Mar 2026 10:00:00 CET", datetime(2026, 3, 2, 9, tzinfo=UTC), ""),
        ("2 Mar 26 10:00 -0500 (EST)", datetime(2026, 3, 2, 15, tzinfo=UTC), ""),
        ("2026-03-02T10:00:00+05:30", datetime(2026, 3, 2, 4, 30, tzinfo=UTC), ""),
        ("yesterday", None, "mail_date_unreadable"),
        ("Mon, 32 Feb 2026 25:00:00 +9999", None, "mail_date_unreadable"),
        ("Mon, 2 Mar 1500 10:00:00 +1400", None, "mail_date_unreadable"),
        ("", None, "mail_date_missing"),
    ],
)
def test_dates_of_every_quality(date, moment, problem):
    mail = read_mail(f"From: a@b.example\nMessage-ID: <1@b>\nDate: {date}\n\nx".encode())
    assert mail.sent_at == moment
    assert [one for one in mail.problems if one.startswith("mail_date")] == ([problem] if problem else [])


@pytest.mark.parametrize(
    "raw, subject",
    [
        (b"=?utf-8?Q?Z=C3=A4hler?=", "Zähler"),
        (b"=?utf-8?B?ww==?= =?utf-8?B?pA==?=", "ä"),  # a letter cut between two words
        (b"=?iso-8859-1?q?Rechnung_=80?=", "Rechnung €"),
        (b"=?no-such-charset?B?4pi6?= and more", "☺ and more"),
        (b"=?utf-8?B?!!!?=", ""),
        (b"Rechnung \xe4", "Rechnung ä"),
        ("Größe".encode(), "Größe"),
        (b'\x1b$B$"$$\x1b(B', "あい"),
        (b"a\x00b\xe2\x80\xaec", "abc"),
        (b"folded\r\n\tinto two", "folded into two"),
    ],
)
def test_subjects_are_decoded_whatever_was_meant(raw, subject):
    assert read_mail(b"From: a@b.example\r\nSubject: " + raw + b"\r\n\r\nx").subject == subject


def test_senders_and_recipients_of_every_quality():
    mail = read_mail(
        b'From: "Doe, J\xc3\xb6" <joe@B.example>\r\nFrom: evil@c.example\r\n'
        b'To: undisclosed-recipients:;, Bob, "a\r\n b" <b@x.example>, <c@x.example>, d@x.example (Dee), team: e@x.example;\r\n\r\nx'
    )
    assert (mail.from_name, mail.from_address) == ("Doe, Jö", "joe@b.example")
    assert [(one.name, one.address) for one in mail.to] == [
        ("a b", "b@x.example"), ("", "c@x.example"), ("Dee", "d@x.example"), ("", "e@x.example")
    ]  # fmt: skip
    assert "mail_header_twice" in mail.problems


def test_an_empty_return_path_differs_from_none():
    assert read_mail(HEAD + b"\r\nx").return_path is None
    assert read_mail(b"Return-Path: <>\r\n" + HEAD + b"\r\nx").return_path == ""


def test_text_is_made_of_html_when_there_is_no_other():
    mail = read_mail(
        HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Paid <b>today</b></p><script>x()</script>"
    )
    assert mail.text == "Paid today"
    assert "<script>" in mail.html


def test_files_are_kept_with_what_they_are():
    wave = b"RIFF\0\0\0\0WAVEfmt "
    parts = [
        b"Content-Type: text/plain\r\n\r\nSee file",
        b'Content-Type: application/octet-stream; name="=?utf-8?B?UmVjaG51bmcgw6QucGRm?="\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.b64encode(b"%PDF-1.4 x"),
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx\x9f>\x22abc",
        b"Content-Type: audio/wav\r\nContent-Disposition: attachment; filename*=utf-8''Sprach%C3%A4.wav\r\n\r\n"
        + wave,
        b"Content-Type: application/zip; name=x.pdf.exe\r\n\r\nMZ",
        b"Content-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\nSubject: Inner\r\n\r\nin it",
    ]
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n"
        + b"".join(b"--q\r\n" + part + b"\r\n" for part in parts)
        + b"--q--\r\n"
    )
    mail = read_mail(raw)
    assert mail.text.strip() == "See file"
    assert [(one.name, one.type, one.refused) for one in mail.attachments] == [
        ("Rechnung ä.pdf", "application/pdf", ""),
        ("winmail.dat", "application/ms-tnef", ""),
        ("Sprachä.wav", "audio/wav", ""),
        ("x.pdf.exe", "application/x-executable", "file_program"),
        ("Inner.eml", "message/rfc822", ""),
    ]
    assert mail.attachments[3].content.strip() == b"MZ"  # refused, and kept


def test_one_mail_by_two_ways_is_one_and_two_mails_under_one_id_are_two():
    one = read_mail(HEAD + b"\r\nx")
    other_way = read_mail(b"Received: from elsewhere\r\n" + HEAD + b"\r\nx")
    same_id = read_mail(HEAD + b"\r\nsomething else")
    assert one.dedupe_key == other_way.dedupe_key
    assert one.fingerprint != other_way.fingerprint
    assert one.dedupe_key != same_id.dedupe_key
    assert read_mail(b"From: a@b.example\r\n\r\nx").dedupe_key.startswith("raw:")


@pytest.mark.trap(58)
def test_a_mail_over_the_limit_is_known_by_its_head():
    mail = read_mail(HEAD + b"\r\n" + b"x" * (50 * MB))
    assert (mail.from_address, mail.subject, mail.text) == ("ann@acme.example", "Hi", "")
    assert "mail_too_large" in mail.problems


line = st.sampled_from(
    [b"From: a@b.example", b"Content-Type: multipart/mixed; boundary=x", b"--x", b"--x--", b"Content-Type: message/rfc822", b"",
     b"Content-Type: message/delivery-status", b"Content-Transfer-Encoding: base64", b"Content-Type: text/html; charset=punycode",
     b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename*1=b", b"Subject: =?utf-7?B?x?=", b"Content-Type: ;;=;", b"Date: 1 1 1 1 1 1"]
) | st.binary(max_size=40)  # fmt: skip


@given(st.lists(line, max_size=30), st.sampled_from([b"\n", b"\r\n", b"\r"]))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_reading_raise(lines, end):
    mail = read_mail(end.join(lines))
    assert set(mail.problems) <= set(PROBLEMS)
    kind = classify(mail, frozenset({"a@b.example"}), "us.example")
    assert kind.because
    split_reply(mail.text, mail.html)
    mail.text.encode()  # it can be stored
    mail.subject.encode()


@given(st.binary(max_size=3_000))
@settings(max_examples=200, deadline=None)
def test_no_noise_makes_reading_raise(noise):
    read_mail(noise)
    read_mail(
        HEAD
        + b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        + noise
    )


def test_strings_that_break_parsers_break_nothing():
    blob = shared_data.require("data/bad_input/strings/minimaxir__blns.txt").read_bytes()
    for bad in blob.split(b"\n"):
        mail = read_mail(b"From: " + bad + b" <a@b.example>\r\nSubject: " + bad + b"\r\n\r\n" + bad)
        assert "\n" not in mail.subject
        assert "\n" not in mail.from_name
