"""Read the shared mailboxes and take in what is new: each mail once, in a transaction of its own (B5, G3).

A reader that is killed goes on where it stopped; two at once take turns mail by mail; a mail that cannot be handled goes to triage
and holds nothing back. When the server numbers its mails anew, all are read again and none is taken twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from dunlin.actions.doing import Who
from dunlin.actions.mail_reading import own_addresses
from dunlin.actions.mailbox_place import ARCHIVE_KEY, place_of
from dunlin.actions.take_raw import Arrived, TakenMail, take_raw
from dunlin.connectors.imap import Fetched, ImapMailbox, MailboxFailed
from dunlin.formats.mail_in import MAIL_BYTES_MAX
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import Mailbox
from dunlin.rules.codes import Refused
from dunlin.rules.roles import may

__all__ = ["Taken", "TakenFrom", "take_mail", "take_raw"]

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class TakenFrom:
    """What one mailbox gave. `new` mails by kind, `known` ones that were there already, how many of the new are in `triage`;
    `problem` is why it could not be read (to the end), "" when it could."""

    key: str
    new: int = 0
    known: int = 0
    triage: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Taken:
    """What all mailboxes gave."""

    mailboxes: tuple[TakenFrom, ...]

    @property
    def new(self) -> int:
        return sum(each.new for each in self.mailboxes)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{each.key}: {each.problem}" for each in self.mailboxes if each.problem)


def take_mail(who: Who, mailbox_id: int | None = None, progress: Progress | None = None) -> Taken:
    """Take in what is new in every active mailbox, or in one. `progress` is told the mailbox's key and the mails looked at.

    A mailbox that cannot be read keeps the reason in `problem` and the others are read all the same. Refused: not_permitted,
    mailbox_unknown.
    """
    if not may(who.role, "take_mail"):
        raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="take mail")
    boxes = list(Mailbox.objects.filter(pk=mailbox_id)) if mailbox_id is not None else _read_ones()
    if mailbox_id is not None and not boxes:
        raise Refused("mailbox_unknown", mailbox=mailbox_id)
    ours = own_addresses()
    return Taken(tuple(_from(who, box, ours, progress) for box in boxes))


def _read_ones() -> list[Mailbox]:
    return list(Mailbox.objects.filter(~Q(host=""), ~Q(key=ARCHIVE_KEY), active=True).order_by("key"))


def _from(who: Who, box: Mailbox, ours: frozenset[str], progress: Progress | None) -> TakenFrom:
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    problem = ""
    try:
        with ImapMailbox(place_of(box)) as opened:
            after = _begin(box, opened.uid_validity)
            for got in opened.fetch_after(after, MAIL_BYTES_MAX):
                _count(_one(who, box, opened.uid_validity, got, ours), counts, kinds)
                if progress is not None:
                    progress(box.key, counts["new"] + counts["known"])
    except MailboxFailed as failed:
        problem = str(failed)[:300]
    read = {"problem": problem} if problem else {"problem": "", "read_at": who.now}
    if not who.dry_run:
        Mailbox.objects.filter(pk=box.pk).update(**read)
    return TakenFrom(box.key, counts["new"], counts["known"], counts["triage"], dict(kinds), problem)


def _begin(box: Mailbox, validity: int) -> int:
    """The UID after which to read. Under another validity the old numbers say nothing: all is read again."""
    with transaction.atomic():
        one_at_a_time(f"mail {box.pk}")
        now = Mailbox.objects.get(pk=box.pk)
        if now.uid_validity != validity:
            Mailbox.objects.filter(pk=box.pk).update(uid_validity=validity, last_uid=0)
            return 0
        return now.last_uid


def _one(who: Who, box: Mailbox, validity: int, got: Fetched, ours: frozenset[str]) -> TakenMail:
    arrived = Arrived(got.uid, validity, got.head_only)
    return take_raw(who, box, got.raw, got.received_at, arrived=arrived, ours=ours)


def _count(taken: TakenMail, counts: Counter[str], kinds: Counter[str]) -> None:
    if not taken.new:
        counts["known"] += 1
        return
    counts["new"] += 1
    kinds[taken.kind] += 1
    if taken.customer_id is None and taken.conversation_id is not None:
        counts["triage"] += 1
