"""Take in one mail: kept as it came, read, told what kind it is, matched, put where it belongs, understood; once (B5, G3, P14).

Whatever is in a mail, it is kept: what cannot be read or handled goes to triage with a problem named (trap 58). A card number in it is
masked before anything is stored, the raw bytes too; `mail_card_masked` says that they are then not as they came.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction

from dunlin.actions.confirm_proposal import act_alone
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.mail_bounces import apply_report
from dunlin.actions.mail_conversations import put_into
from dunlin.actions.mail_reading import ReadMail, own_addresses, read_raw
from dunlin.actions.mail_sorting import sort_mail
from dunlin.actions.store_file import store_bytes
from dunlin.formats.mail_html import safe_html
from dunlin.formats.mail_in import MAIL_BYTES_MAX
from dunlin.records.locks import one_at_a_time
from dunlin.records.mail_evidence import standing
from dunlin.records.models import Mail, Mailbox, MailFile
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import Policy
from dunlin.rules.roles import may

log = logging.getLogger(__name__)
_KEY_CHARS = 80


class Arrived(NamedTuple):
    """Where the server has it. `head_only`: it was too large, or the server could not give it."""

    uid: int
    uid_validity: int
    head_only: bool = False


@dataclass(frozen=True)
class TakenMail:
    """The mail as kept. `new` is False for one that was there already, whose id it is then."""

    mail_id: int
    new: bool
    kind: str
    customer_id: int | None
    conversation_id: int | None


def take_raw(
    who: Who,
    mailbox: Mailbox,
    raw: bytes,
    received_at: datetime | None = None,
    *,
    arrived: Arrived | None = None,
    ours: frozenset[str] | None = None,
) -> TakenMail:
    """Take one mail into `mailbox`; a second time it answers the first. `received_at` None or later than now means now.

    Each in its own transaction, which also moves the mailbox's `last_uid` to the mail's. Raises only not_permitted and what the
    database itself cannot do; never because of what is in a mail.
    """
    if not may(who.role, "take_mail"):
        raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="take mail")
    at = min(received_at or who.now, who.now)
    read: ReadMail | None = None
    try:
        read = read_raw(raw, own_addresses() if ours is None else ours, bool(arrived and arrived.head_only))
        taken = _kept(who, mailbox, raw, at, arrived, read)
    except (OperationalError, InterfaceError, Refused):
        raise
    except Exception:
        log.exception("a mail could not be handled; it goes to triage as it is")
        taken = _kept_as_it_is(who, mailbox, raw, at, arrived, read)
    if taken.new and taken.customer_id is not None and not who.dry_run:
        _let_go_alone(who, taken.mail_id)
    return taken


def _kept(
    who: Who, mailbox: Mailbox, raw: bytes, at: datetime, arrived: Arrived | None, read: ReadMail
) -> TakenMail:
    keys = _keys(raw, arrived, read)
    with transaction.atomic():
        one_at_a_time(f"mail {mailbox.pk}")
        known = _known(mailbox, keys)
        if known is not None:
            if not who.dry_run:
                _advance(mailbox, arrived)
            return known
        with doing(who, "take_mail") as act:
            policy = current_policy()
            mail = _written(who, mailbox, keys[0], at, read)
            _sorted(act, mail, read, policy)
            mail.save()
            _advance(mailbox, arrived)
            act.tell(
                about=f"mail:{mail.pk}", customer_id=mail.customer_id, cause=mail.matched_why,
                after={
                    "kind": mail.kind, "because": read.kind.because[:200], "from": mail.from_address, "matched_by": mail.matched_by,
                    "conversation": mail.conversation_id, "answers": mail.answers_id,
                },
            )  # fmt: skip
    return TakenMail(mail.pk, True, mail.kind, mail.customer_id, mail.conversation_id)


def _sorted(act: Act, mail: Mail, read: ReadMail, policy: Policy) -> None:
    """Where it goes, by its kind."""
    twin = Mail.objects.filter(dedupe_key=mail.dedupe_key).exclude(pk=mail.pk).order_by("pk").first()
    if twin is not None:
        # Sent to two of our mailboxes: one thing to answer, not two.
        mail.customer_id, mail.answers_id, mail.conversation = (
            twin.customer_id,
            twin.answers_id,
            standing(twin.conversation),
        )
        mail.matched_by, mail.matched_why = (
            twin.matched_by,
            f"The same mail came to {twin.mailbox.name}."[:300],
        )
    elif mail.kind in ("message", "auto_reply"):
        sort_mail(act, mail, read, policy)
    elif mail.kind != "loop":
        known = apply_report(act, mail, read.kind, policy)
        if not known and mail.kind in ("bounce", "feedback_loop"):
            mail.matched_why = "It is about nobody we have on file and no message of ours."
            put_into(act.who, mail, None, policy, owed=False)


def _written(who: Who, mailbox: Mailbox, key: str, at: datetime, read: ReadMail) -> Mail:
    """The row with what the mail says, and its files."""
    got, split = read.received, read.split
    mail = Mail.objects.create(
        mailbox=mailbox, dedupe_key=key, message_id=got.message_id[:998], raw=store_bytes(read.raw, "message/rfc822", who.now),
        kind="message" if read.voicemail else read.kind.kind, from_name=_line(got.from_name, 200),
        from_address=got.from_address[:254], to=_people(got.to), cc=_people(got.cc), subject=_line(got.subject, 300),
        sent_at=got.sent_at, received_at=at, text=mask_card_numbers(got.text), reply=mask_card_numbers(split.reply),
        quoted=mask_card_numbers(split.quoted), signature=mask_card_numbers(split.signature),
        html=mask_card_numbers(safe_html(got.html)) if got.html else "", problems=list(read.problems),
    )  # fmt: skip
    MailFile.objects.bulk_create(
        MailFile(
            mail=mail, file=store_bytes(each.content, each.type, who.now, each.refused), name=_line(each.name, 200) or "file"
        )
        for each in got.attachments
    )  # fmt: skip
    return mail


def _kept_as_it_is(
    who: Who, mailbox: Mailbox, raw: bytes, at: datetime, arrived: Arrived | None, read: ReadMail | None
) -> TakenMail:
    """A mail on which something went wrong, in triage with nothing but its bytes and what its head plainly says."""
    keys = _keys(raw, arrived, read)
    with transaction.atomic():
        one_at_a_time(f"mail {mailbox.pk}")
        known = _known(mailbox, keys)
        if known is not None:
            if not who.dry_run:
                _advance(mailbox, arrived)
            return known
        with doing(who, "take_mail", cause="mail_not_handled") as act:
            kept = mask_card_numbers(raw[:MAIL_BYTES_MAX].decode("latin-1")).encode("latin-1")
            mail = Mail(
                mailbox=mailbox, dedupe_key=keys[0], raw=store_bytes(kept, "message/rfc822", who.now), kind="message", received_at=at,
                subject="A mail that could not be read", matched_why="It could not be handled; look at the raw mail.",
                problems=["mail_not_handled"],
            )  # fmt: skip
            put_into(who, mail, None, current_policy())
            mail.save()
            _advance(mailbox, arrived)
            act.tell(about=f"mail:{mail.pk}", after={"kind": "message", "conversation": mail.conversation_id})
    return TakenMail(mail.pk, True, mail.kind, None, mail.conversation_id)


def _known(mailbox: Mailbox, keys: Sequence[str]) -> TakenMail | None:
    there = Mail.objects.filter(mailbox=mailbox, dedupe_key__in=keys).order_by("pk").first()
    if there is None:
        return None
    return TakenMail(there.pk, False, there.kind, there.customer_id, there.conversation_id)


def _advance(mailbox: Mailbox, arrived: Arrived | None) -> None:
    """Up to this mail all are taken in. Only forward, and only while the server numbers them as it did."""
    if arrived is not None:
        Mailbox.objects.filter(
            pk=mailbox.pk, uid_validity=arrived.uid_validity, last_uid__lt=arrived.uid
        ).update(last_uid=arrived.uid)


def _let_go_alone(who: Who, mail_id: int) -> None:
    """What the settings let a mail do by itself. The mail is taken in whatever comes of it."""
    try:
        act_alone(who, mail_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a proposal of mail %s was not done by itself", mail_id)


def _keys(raw: bytes, arrived: Arrived | None, read: ReadMail | None) -> tuple[str, ...]:
    """What makes it the same mail again, the key it is kept under first: what it says, else its bytes, else where it lies."""
    if not raw.strip() and arrived is not None:
        return (f"uid:{arrived.uid_validity}:{arrived.uid}",)
    bytes_key = f"raw:{hashlib.sha256(raw).hexdigest()}"
    return (_short(read.received.dedupe_key), bytes_key) if read is not None else (bytes_key,)


def _short(key: str) -> str:
    return (
        key if len(key) <= _KEY_CHARS else f"key:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    )


def _line(text: str, limit: int) -> str:
    return mask_card_numbers(" ".join(text.split()))[:limit]


def _people(people: Iterable[object]) -> list[dict[str, str]]:
    return [
        {"name": _line(getattr(each, "name", ""), 200), "address": str(getattr(each, "address", ""))[:254]}
        for each in list(people)[:200]
    ]
