"""A mail of ours as bytes: what it says as text and HTML, its files, and headers nobody can add lines to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dunlin.formats.mail_addresses import Address
from dunlin.rules.codes import PROBLEMS, sentence


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
    """The mail as bytes with CRLF line ends, ready for SMTP. Raises MailProblem."""
    raise NotImplementedError


def message_id_for(key: str, domain: str) -> str:
    """The Message-ID (without angle brackets) of what `key` names: the same each time it is asked."""
    raise NotImplementedError
