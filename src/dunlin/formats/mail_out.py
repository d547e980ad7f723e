"""A mail of ours as bytes: what it says as text and HTML, its files, and headers nobody can add lines to.

The headers are written here and not by the standard library: values are cleaned of everything that ends a line, encoded
words never cut a letter, and a name with a comma stays one name however it is folded. The body is the library's.
"""

from __future__ import annotations

import base64
import email.utils
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from typing import Any

from dunlin.formats.mail_addresses import Address, address_on_the_wire, address_problem
from dunlin.rules.codes import PROBLEMS, sentence

SUBJECT_CHARS = 500
NAME_CHARS = 200
REFERENCES_MAX = 20
_LINE = 76
# Everything that some program takes for the end of a line, and what hides or turns text.
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029\t]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_ID = re.compile(r"[!-;=?-~]{1,250}@[!-;=?-~]{1,250}")  # printable ASCII without angle brackets
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,100}")
_OWN_HEADER = re.compile(r"X-Dunlin-[A-Za-z0-9-]{1,60}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class MailProblem(ValueError):
    """A mail that cannot be built: `code` of PROBLEMS names why, `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in PROBLEMS:
            raise KeyError(f"problem code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.facts = facts
        super().__init__(sentence(code, facts))


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along: its name, media type and bytes."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to send. Ids without angle brackets. `automatic`: nobody wrote it by hand, and no machine shall answer it."""

    message_id: str
    from_name: str
    from_address: str
    to: tuple[Address, ...]
    subject: str
    text: str
    date: datetime
    cc: tuple[Address, ...] = ()
    reply_to: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    language: str = ""
    attachments: tuple[Attached, ...] = ()
    automatic: bool = False
    headers: tuple[tuple[str, str], ...] = ()  # X-Dunlin-... only


def build_mail(outgoing: Outgoing) -> bytes:
    """The mail as bytes with CRLF line ends, 7-bit, ready for SMTP. Names and subjects are cleaned, never refused.

    Raises MailProblem for an address mail cannot be sent to, for no recipient, for a date without a zone, for a Message-ID
    that is none, and for a header that is not X-Dunlin-...
    """
    if not outgoing.to:
        raise MailProblem("mail_nobody_to")
    if outgoing.date.tzinfo is None:
        raise MailProblem("mail_date_without_zone")
    if not _ID.fullmatch(outgoing.message_id):
        raise MailProblem("mail_id_missing")
    head = [
        _people("From", [Address(outgoing.from_address, outgoing.from_name)]),
        _people("To", outgoing.to),
        _people("Cc", outgoing.cc),
        _people("Reply-To", [Address(outgoing.reply_to)] if outgoing.reply_to else []),
        _header("Subject", one_line(outgoing.subject)[:SUBJECT_CHARS]),
        f"Date: {email.utils.format_datetime(outgoing.date)}",
        f"Message-ID: <{outgoing.message_id}>",
        *_thread(outgoing),
        f"Content-Language: {outgoing.language}" if _LANGUAGE.fullmatch(outgoing.language) else "",
        *_marks(outgoing),
    ]
    written = "\r\n".join(line for line in head if line)
    return written.encode("ascii") + b"\r\n" + _body(outgoing).as_bytes()


def message_id_for(key: str, domain: str) -> str:
    """The Message-ID (without angle brackets) of what `key` names: the same each time it is asked.

    A mail sent again after a crash thus carries the id it had, and a reader's mailbox shows it once.
    """
    if address_problem(f"x@{domain}"):
        raise MailProblem("address_domain", address=domain)
    name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    return f"{name}@{address_on_the_wire(f'x@{domain}').rpartition('@')[2]}"


def one_line(text: str) -> str:
    """Text that is one line to every program: breaks become a blank, controls and direction marks go."""
    return " ".join(_UNSEEN.sub("", _BREAKS.sub(" ", text)).split())


def _people(name: str, people: Sequence[Address]) -> str:
    if not people:
        return ""
    entries = []
    for person in people:
        problem = address_problem(person.address)
        if problem:
            raise MailProblem(problem, address=one_line(person.address)[:100])
        shown = _name(one_line(person.name)[:NAME_CHARS])
        address = address_on_the_wire(person.address)
        entries.append(f"{shown} <{address}>" if shown else address)
    return _folded(f"{name}: " + ",\n ".join(entries))


def _name(name: str) -> str:
    """A display name as a quoted string, or as encoded words when it has letters outside ASCII or looks like an encoded word."""
    if not name:
        return ""
    if name.isascii() and "=?" not in name:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _words(name, 16)  # the first word fits beside "From: "


def _header(name: str, value: str) -> str:
    if value.isascii() and "=?" not in value and len(max(value.split(" "), key=len)) < 200:
        return _folded(f"{name}: {value}")
    return f"{name}: {_words(value, len(name) + 2)}"


def _words(text: str, used: int) -> str:
    """RFC 2047 encoded words of at most 75 characters, one to a line, cut between letters."""
    words: list[str] = []
    part = ""
    room = 45 - max(0, used - 10)
    for letter in text:
        if len((part + letter).encode()) > room:
            words.append(part)
            part, room = "", 45
        part += letter
    words.append(part)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def _folded(line: str) -> str:
    """Lines broken at blanks, at most 76 characters where blanks allow it. "\n " in the line is a break that must be."""
    out: list[str] = []
    for given in line.replace("\r\n", "\n").split("\n"):
        current = ""
        for at, token in enumerate(re.split(r" (?=\S)", given) if given.strip() else []):
            if at and len(current) + 1 + len(token) > _LINE and current.strip():
                out.append(current)
                current = " " + token
            else:
                current = f"{current} {token}" if at else token
        out.append(current)
    return "\r\n".join(out)


def _thread(outgoing: Outgoing) -> list[str]:
    """In-Reply-To and References: what is no id is left out; of a long thread the first and the newest are kept."""
    answered = outgoing.in_reply_to if _ID.fullmatch(outgoing.in_reply_to) else ""
    chain = list(dict.fromkeys(one for one in outgoing.references if _ID.fullmatch(one)))
    if answered:
        chain = [one for one in chain if one != answered] + [answered]
    if len(chain) > REFERENCES_MAX:
        chain = [chain[0], *chain[-(REFERENCES_MAX - 1) :]]
    return [
        f"In-Reply-To: <{answered}>" if answered else "",
        "References: " + "\r\n ".join(f"<{one}>" for one in chain) if chain else "",
    ]


def _marks(outgoing: Outgoing) -> list[str]:
    out = []
    if outgoing.automatic:
        out = ["Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: OOF, AutoReply"]
    for name, value in outgoing.headers:
        if not _OWN_HEADER.fullmatch(name):
            raise MailProblem("mail_header_not_ours", name=one_line(name)[:60])
        out.append(_header(name, one_line(value)[:SUBJECT_CHARS]))
    return out


def _body(outgoing: Outgoing) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(_body_text(outgoing.text), charset="utf-8", cte="quoted-printable")
    if outgoing.html:
        message.add_alternative(
            _body_text(outgoing.html), subtype="html", charset="utf-8", cte="quoted-printable"
        )
    for attached in outgoing.attachments:
        kind = attached.type.lower() if _TYPE.fullmatch(attached.type.lower()) else "application/octet-stream"
        main, _, sub = kind.partition("/")
        if main in ("multipart", "message"):  # may not be base64: as plain bytes they arrive whole
            main, sub = "application", "octet-stream"
        message.add_attachment(
            attached.content, maintype=main, subtype=sub, filename=file_name_out(attached.name)
        )
    if "MIME-Version" not in message:
        message["MIME-Version"] = "1.0"
    # The library would draw lots. "=_" stands in no quoted-printable and no base64 text, so these cannot occur inside.
    seed = hashlib.sha256(outgoing.message_id.encode()).hexdigest()[:24]
    for at, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}_{at}")
    return message


def file_name_out(name: str) -> str:
    """A file name that stays in its header and in its folder: one line, no path, at most 120 characters with its extension."""
    clean = re.sub(r"[/\\:*?\"<>|]+", "-", one_line(name)).strip(" .-") or "file"
    if len(clean) <= 120:
        return clean
    stem, dot, extension = clean.rpartition(".")
    return f"{stem[: 119 - len(extension)]}.{extension}" if dot and len(extension) <= 10 else clean[:120]


def _body_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode()
