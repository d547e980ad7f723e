"""Send what is due: each message exactly once, and nothing that stopped being true since it was decided.

1. Claim: under the customer's lock the facts are read again; what is paid, disputed, promised or stopped meanwhile is withdrawn
   with its reason, what may not be written now waits. The row says who claimed it. Committed.
2. Offer: sender and addresses to the mail server; refused ones are marked.
3. `handed_over_at` is written, only if the claim is still ours. Committed.
4. The mail itself. The server's answer is written: sent, failed, or again later with a growing pause.

Killed after 1 or 2 the message was not sent: a later run takes the claim back. Killed after 3 nobody knows: the row stays claimed
and is listed for a person, or for `settle_message`, which looks for it in the archive mailbox. (B6, C6; traps 25, 29, 31.)
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dunlin.actions.addresses import mark_bounced
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.actions.message_content import Content, after_sent, fresh_content, keep
from dunlin.actions.messages import happened, withdraw
from dunlin.actions.store_file import file_bytes
from dunlin.actions.writing_gate import AUTOMATIC, gate
from dunlin.connectors.smtp import MailServer, NobodyKnows, NotThis, RefusedAddress, TryLater
from dunlin.formats.mail_addresses import Address
from dunlin.formats.mail_out import Attached, MailProblem, Outgoing, build_mail
from dunlin.records import clock
from dunlin.records.locks import lock_customers
from dunlin.records.models import ContactPoint, Message
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.roles import may
from dunlin.rules.service import back_off

CLAIM_MINUTES = 10  # a claim that was not handed over by then is nobody's
_BATCH = 200
# Written by nobody: the answers of machines are not wanted, and the day's decision changes by them.
_BY_MACHINE = AUTOMATIC | {"internal", "portal_link"}


@dataclass(frozen=True)
class SendResult:
    """How many messages were sent, withdrawn, put off (conduct hours, a pause after a refusal), failed for good, and left
    unclear: handed over without an answer."""

    sent: int
    withdrawn: int
    put_off: int
    failed: int
    unclear: int


Progress = Callable[[int], None]


def send_due(
    who: Who,
    *,
    limit: int | None = None,
    release_after: timedelta | None = None,
    progress: Progress | None = None,
) -> SendResult:
    """Send every e-mail that is due, oldest first. `limit` ends earlier; `release_after` is how old a claim that was not handed
    over may be (10 minutes; shorter only when no other sender runs).

    Refused: not_permitted, mail_not_set_up.
    """
    if not may(who.role, "send_due"):
        raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="send what is due")
    if not settings.SMTP:
        raise Refused("mail_not_set_up")
    policy = current_policy()
    release(who, timedelta(minutes=CLAIM_MINUTES) if release_after is None else release_after)
    sender = _Sender(who, policy, MailServer(settings.SMTP))
    done: Counter[str] = Counter()
    last = 0
    try:
        while limit is None or done.total() < limit:
            batch = _due(sender.now(), last)
            if not batch:
                break
            for pk in batch:
                if limit is not None and done.total() >= limit:
                    break
                outcome = sender.send(pk)
                done[outcome] += 1
                if progress:
                    progress(done.total())
            last = batch[-1]
    finally:
        sender.server.close()
    return SendResult(done["sent"], done["withdrawn"], done["put_off"], done["failed"], done["unclear"])


def release(who: Who, older: timedelta) -> int:
    """Take back claims that were never handed over and are older than that; how many."""
    stale = Message.objects.filter(state="claimed", handed_over_at=None, claimed_at__lte=who.now - older)
    freed = 0
    for pk in list(stale.values_list("pk", flat=True)):
        with transaction.atomic():
            again = Message.objects.filter(pk=pk, state="claimed", handed_over_at=None)
            if again.update(state="decided", claimed_by=""):
                happened(
                    Message(pk=pk), who.now, "released", "its sender stopped before anything was handed over"
                )
                freed += 1
    return freed


def _due(now: datetime, after: int) -> list[int]:
    waiting = Message.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now), state="decided", channel="email", pk__gt=after
    )
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:_BATCH])


class _Sender:
    """One run of sending: the connection, the pace, and who we are to a claim."""

    def __init__(self, who: Who, policy: Policy, server: MailServer) -> None:
        self.who, self.policy, self.server = who, policy, server
        self.name = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"[:80]
        self._began, self._sent = time.monotonic(), 0

    def now(self) -> datetime:
        """The moment: that of the run where a past day is told, else the clock."""
        return self.who.now + timedelta(seconds=time.monotonic() - self._began)

    def send(self, pk: int) -> str:
        """One message through the four steps; what came of it."""
        claimed = self._claim(pk)
        if isinstance(claimed, str):
            return claimed
        message, mail = claimed
        self._keep_pace()
        try:
            refused = self.server.offer(message.sender_address, _envelope(message))
        except TryLater as problem:
            return self._later(message, str(problem))
        except NotThis as problem:
            return self._failed(message, "message_failed", str(problem))
        if len(refused) == len(_envelope(message)):
            if all(each.for_good for each in refused):
                return self._bounced(message, refused)
            return self._later(message, refused[0].answer)
        if not Message.objects.filter(
            pk=pk, state="claimed", claimed_by=self.name, handed_over_at=None
        ).update(handed_over_at=self.now()):
            self.server.drop()  # our claim was taken back meanwhile: whoever has it now sends it
            return "put_off"
        try:
            answer = self.server.hand_over(mail)
        except TryLater as problem:
            return self._later(message, str(problem))
        except NotThis as problem:
            return self._failed(message, "message_failed", str(problem))
        except NobodyKnows as problem:
            happened(message, self.now(), "unclear", str(problem))
            return "unclear"
        self._sent_now(message, answer, refused)
        return "sent"

    def _claim(self, pk: int) -> tuple[Message, bytes] | str:
        """Step 1. What was withdrawn or must wait is answered as its outcome."""
        with transaction.atomic():
            customer = Message.objects.filter(pk=pk).values_list("customer", flat=True).first()
            lock_customers([customer] if customer else [])
            message = Message.objects.select_for_update().get(pk=pk)
            now = self.now()
            if message.state != "decided":
                return "put_off"
            who = replace(self.who, now=now)
            content = fresh_content(who, message, self.policy)
            if not isinstance(content, Content):
                withdraw(message, now, content.code, content.facts)
                return "withdrawn"
            verdict = gate(message, now, self.policy)
            if not verdict.allowed:
                if verdict.next_at is None:
                    withdraw(message, now, verdict.code, verdict.facts)
                    return "withdrawn"
                message.not_before, message.why, message.why_facts = (
                    verdict.next_at,
                    verdict.code,
                    verdict.facts,
                )
                message.save(update_fields=["not_before", "why", "why_facts"])
                return "put_off"
            keep(message, content)
            _drop_dead_addresses(message)
            if not message.to:
                withdraw(message, now, "message_nobody_left", {})
                return "withdrawn"
            try:
                mail = build_mail(_outgoing(message, now, _language(message)))
            except (MailProblem, Refused) as problem:
                return self._failed(message, "message_failed", str(problem))
            message.state, message.claimed_at, message.claimed_by = "claimed", now, self.name
            message.handed_over_at = None
            message.attempts += 1
            message.save()
            happened(message, now, "claimed")
        return message, mail

    def _keep_pace(self) -> None:
        """No more mails a minute than the setting says; the first of a run are not held back."""
        if self.policy.mail_per_minute:
            wanted = self._sent * 60 / self.policy.mail_per_minute
            ahead = wanted - (time.monotonic() - self._began)
            if ahead > 0:
                time.sleep(ahead)

    def _sent_now(self, message: Message, answer: str, refused: list[RefusedAddress]) -> None:
        self._sent += 1
        now = self.now()
        who = replace(self.who, now=now)
        with doing(who, "send_due", customers=[message.customer_id] if message.customer_id else []) as act:
            Message.objects.filter(pk=message.pk).update(state="sent", sent_at=now, why="", why_facts={})
            happened(message, now, "sent", answer)
            for each in refused:
                happened(message, now, "refused", f"{each.address}: {each.answer}")
                if each.for_good and message.customer_id:
                    mark_bounced(act, message.customer_id, each.address, each.answer)
            message.state, message.sent_at = "sent", now
            after_sent(act, message)
            if message.customer_id and message.purpose in _BY_MACHINE:
                decide_again(who, message.customer_id, self.policy)
            act.tell(about=f"message:{message.pk}", after={"state": "sent", "purpose": message.purpose})

    def _later(self, message: Message, answer: str) -> str:
        pause = back_off(message.attempts)
        if pause is None:
            return self._failed(message, "message_gave_up", answer)
        now = self.now()
        with transaction.atomic():
            Message.objects.filter(pk=message.pk, claimed_by=self.name).update(
                state="decided", claimed_by="", handed_over_at=None, not_before=now + pause
            )
            happened(message, now, "delayed", answer)
        return "put_off"

    def _failed(self, message: Message, code: str, answer: str) -> str:
        now = self.now()
        with transaction.atomic():
            facts = {"answer": answer[:200], "attempts": message.attempts}
            Message.objects.filter(pk=message.pk).update(
                state="failed", why=code, why_facts=facts, handed_over_at=None
            )
            happened(message, now, "failed", answer)
        return "failed"

    def _bounced(self, message: Message, refused: list[RefusedAddress]) -> str:
        now = self.now()
        who = replace(self.who, now=now)
        with doing(who, "send_due", customers=[message.customer_id] if message.customer_id else []) as act:
            facts = {"answer": refused[0].answer}
            Message.objects.filter(pk=message.pk).update(
                state="bounced", why="message_address_refused", why_facts=facts, handed_over_at=None
            )
            happened(message, now, "bounced", refused[0].answer)
            for each in refused:
                if message.customer_id:
                    mark_bounced(act, message.customer_id, each.address, each.answer)
            act.tell(about=f"message:{message.pk}", after={"state": "bounced", "answer": refused[0].answer})
        return "failed"


def _drop_dead_addresses(message: Message) -> None:
    """Whom the message can still reach: addresses marked wrong or bounced since are left out."""
    gone = set(
        ContactPoint.objects.filter(
            pk__in=[each.get("point") for each in message.to + message.cc if each.get("point")]
        )
        .exclude(state="ok")
        .values_list("pk", flat=True)
    )
    message.to = [each for each in message.to if each.get("point") not in gone]
    message.cc = [each for each in message.cc if each.get("point") not in gone]


def _envelope(message: Message) -> list[str]:
    copy = [settings.MAIL_ARCHIVE] if settings.MAIL_ARCHIVE else []
    return list(dict.fromkeys([*(each["address"] for each in message.to + message.cc), *copy]))


def _language(message: Message) -> str:
    return message.language or "en"


def _outgoing(message: Message, now: datetime, language: str) -> Outgoing:
    files = message.files.select_related("file").order_by("pk")
    return Outgoing(
        message_id=message.message_id or "",
        from_name=message.sender_name,
        from_address=message.sender_address,
        to=tuple(Address(each["address"], each.get("name", "")) for each in message.to),
        cc=tuple(Address(each["address"], each.get("name", "")) for each in message.cc),
        reply_to=message.reply_to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        date=now,
        in_reply_to=message.in_reply_to,
        references=tuple(message.references),
        language=language,
        attachments=tuple(Attached(each.name, each.file.type, file_bytes(each.file)) for each in files),
        automatic=message.purpose in _BY_MACHINE,
        headers=(("X-Dunlin-Message", str(message.pk)),),
    )


def unclear_messages() -> list[Message]:
    """Messages handed over without an answer, oldest first: a person or the archive mailbox says what became of them."""
    found = Message.objects.filter(state="claimed", handed_over_at__isnull=False).select_related("customer")
    return list(found.order_by("handed_over_at", "pk"))


def still_sending(message: Message) -> bool:
    """Whether its sender may still be waiting for the answer."""
    return message.handed_over_at is not None and clock.now() - message.handed_over_at < timedelta(minutes=2)
