from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dunlin.formats.mail_addresses import Address
from dunlin.formats.mail_in import read_mail
from dunlin.formats.mail_kinds import classify
from dunlin.formats.mail_out import Attached, MailProblem, Outgoing, build_mail, message_id_for, one_line

pytestmark = pytest.mark.req("B5")

MAIL = Outgoing(
    message_id="1@us.example",
    from_name="Receivables",
    from_address="ar@us.example",
    to=(Address("ann@acme.example", "Ann"),),
    subject="Statement",
    text="Hello",
    date=datetime(2026, 3, 2, 9, tzinfo=UTC),
)


def parsed(mail: Outgoing) -> Message:
    return message_from_bytes(build_mail(mail))


def test_a_mail_carries_text_html_and_files():
    mail = replace(
        MAIL,
        html="<p>Hello</p>",
        attachments=(Attached("Rechnung ä.pdf", "application/pdf", b"%PDF-1.4"),),
        cc=(Address("boss@acme.example"),),
        reply_to="ar+7@us.example",
        in_reply_to="q@acme.example",
        references=("first@acme.example",),
        language="de",
        headers=(("X-Dunlin-Message", "42"),),
    )
    tree = parsed(mail)
    assert [part.get_content_type() for part in tree.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"
    ]  # fmt: skip
    assert tree["References"].split() == ["<first@acme.example>", "<q@acme.example>"]
    back = read_mail(build_mail(mail))
    assert (back.reply_to, back.in_reply_to, back.headers["x-dunlin-message"]) == (
        "ar+7@us.example",
        "q@acme.example",
        "42",
    )
    assert [(one.name, one.type, one.content) for one in back.attachments] == [
        ("Rechnung ä.pdf", "application/pdf", b"%PDF-1.4")
    ]
    assert back.problems == ()


def test_the_same_mail_is_the_same_bytes():
    mail = replace(MAIL, html="<p>x</p>", attachments=(Attached("a.txt", "text/plain", b"x"),))
    assert build_mail(mail) == build_mail(mail)
    assert message_id_for("notice 7", "us.example") == message_id_for("notice 7", "us.example")
    assert message_id_for("notice 7", "us.example") != message_id_for("notice 8", "us.example")
    assert message_id_for("notice 7", "müller.example").endswith("@xn--mller-kva.example")


@pytest.mark.req("G3")
def test_an_automatic_mail_says_so_and_our_own_mail_is_known_when_it_comes_back():
    raw = build_mail(replace(MAIL, automatic=True, headers=(("X-Dunlin-Message", "42"),)))
    assert message_from_bytes(raw)["Auto-Submitted"] == "auto-generated"
    assert classify(read_mail(raw), frozenset({"ar@us.example"}), "us.example").kind == "loop"
    assert classify(read_mail(raw), frozenset({"someone@else.example"}), "else.example").kind == "message"


BREAKS = [
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\0",
    "\r\n\r\n",
    "\n\t",
]


@pytest.mark.parametrize("brk", BREAKS)
def test_nothing_adds_a_header(brk):
    bad = f"x{brk}Bcc: evil@evil.example{brk}{brk}<script>"
    mail = replace(
        MAIL,
        from_name=bad,
        subject=bad,
        to=(Address("ann@acme.example", bad),),
        headers=(("X-Dunlin-Run", bad),),
        references=(f"a@b{brk}Bcc: evil",),
        in_reply_to=f"a@b{brk}c",
        language=f"de{brk}Bcc: evil",
        attachments=(Attached(f"a{brk}Bcc: evil.pdf", f"text/plain{brk}Bcc: evil", b"x"),),
    )
    tree = parsed(mail)
    assert [name for part in tree.walk() for name in part if name.lower() == "bcc"] == []
    assert tree["In-Reply-To"] is None
    assert tree["Content-Language"] is None
    for name, value in (pair for part in tree.walk() for pair in part.items()):
        assert brk == "\n\t" or brk not in str(value).replace("\n ", " ").replace("\r ", " "), name
    with pytest.raises(MailProblem):
        build_mail(replace(MAIL, to=(Address(f"ann@acme.example{brk}"),)))
    with pytest.raises(MailProblem):
        build_mail(replace(MAIL, headers=((f"X-Dunlin-A{brk}Bcc", "x"),)))
    with pytest.raises(MailProblem):
        build_mail(replace(MAIL, message_id=f"a@b{brk}c"))


@pytest.mark.parametrize(
    "change, code",
    [
        ({"to": ()}, "mail_nobody_to"),
        ({"to": (Address("ann"),)}, "address_no_at"),
        ({"cc": (Address("müller@acme.example"),)}, "address_not_ascii"),
        ({"reply_to": "a@b"}, "address_domain"),
        ({"from_address": ""}, "address_missing"),
        ({"to": (Address("a@acme.example, b@acme.example"),)}, "address_two"),
        ({"date": datetime(2026, 1, 1)}, "mail_date_without_zone"),  # noqa: DTZ001
        ({"headers": (("Bcc", "x@y.example"),)}, "mail_header_not_ours"),
        ({"message_id": "no id"}, "mail_id_missing"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_code(change, code):
    with pytest.raises(MailProblem) as refused:
        build_mail(replace(MAIL, **change))
    assert refused.value.code == code
    assert str(refused.value)


def test_a_domain_with_letters_of_its_own_is_sent_in_its_ascii_form():
    assert parsed(replace(MAIL, to=(Address("ann@müller.example"),)))["To"] == "ann@xn--mller-kva.example"


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)


@example(name='"', to='ä\\"', subject="", text="", file="")
@given(name=words, to=words, subject=words, text=words, file=words)
@settings(max_examples=200, deadline=None)
def test_what_is_built_is_read_back(name, to, subject, text, file):
    mail = replace(
        MAIL, from_name=name, to=(Address("ann@acme.example", to),), subject=subject, text=text,
        attachments=(Attached(file, "application/pdf", b"%PDF-" + text.encode()),),
    )  # fmt: skip
    raw = build_mail(mail)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    back = read_mail(raw)
    assert back.subject == one_line(subject)
    assert back.from_name == clean_name(name)
    assert back.to[0].name == clean_name(to)
    assert back.to[0].address == "ann@acme.example"
    sent = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    assert back.text.rstrip("\n") == (sent.rstrip("\n") if sent.strip() else "")  # blanks alone say nothing
    assert back.attachments[0].content == b"%PDF-" + text.encode()
    assert {problem for problem in back.problems if problem != "mail_file_refused"} == set()


def clean_name(name: str) -> str:
    """Quotation marks around a whole name are not part of it, and neither is a name that is the address."""
    return one_line(name).strip("'\" ").strip()
