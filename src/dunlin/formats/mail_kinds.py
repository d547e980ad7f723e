"""What kind of mail this is: an answer of a person, a bounce, an automatic answer, a complaint, our own mail coming back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dunlin.formats.mail_in import Received

Kind = Literal["message", "bounce", "delay", "auto_reply", "feedback_loop", "delivery_report", "loop"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient a mail did not reach. `action` failed, delayed, ...; `status` d.d.d or ""; `reason` one of the reason classes."""

    address: str
    action: str
    status: str
    diagnostic: str
    permanent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MailKind:
    """The kind, and for bounces whom it did not reach, why, and which of our mails it was.

    `because` is the mark that decided, for the diary. `original_ids` are Message-IDs of the enclosed mail,
    `our_message` its X-Dunlin-Message value ("" when absent).
    """

    kind: Kind
    because: str
    failures: tuple[Failure, ...] = ()
    reason: str = ""
    original_ids: tuple[str, ...] = ()
    our_message: str = ""


def classify(
    received: Received, own_addresses: frozenset[str] = frozenset(), own_domain: str = ""
) -> MailKind:
    """The kind of a mail. Rules P14, P28. `own_addresses` are the addresses we send from, `own_domain` that of our Message-IDs."""
    return MailKind("message", "nothing else")
