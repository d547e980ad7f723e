"""What the payment provider tells: kept once by its number, then the payment it is about is asked for (E8). And the sweep that
asks by itself, so that a message which never came loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q

from dunlin.actions.doing import Who, payment_provider
from dunlin.actions.follow_online_payment import follow_online_payment
from dunlin.connectors.stripe import NotSigned, ProviderAway, ProviderRefuses, Stripe, Told, believe
from dunlin.records.clock import now, today
from dunlin.records.models import OnlinePayment, ProviderEvent
from dunlin.records.online_payments import UNDER_WAY
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused

# What can change one of our payments; of everything else it is only noted that it came.
ABOUT_PAYMENTS = frozenset({
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "payment_intent.payment_failed", "payment_intent.succeeded", "charge.refunded", "refund.created",
    "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
})  # fmt: skip
ASK_AGAIN = timedelta(minutes=10)  # a page somebody may still be on
ASK_DEBITS = timedelta(hours=1)  # a bank debit takes days
LOOK_BACK = timedelta(days=3)  # how far behind messages are looked for that never came
_MOST = 200
QUICK_SECONDS = 6  # the provider waits for the answer to its message
log = structlog.get_logger("dunlin.provider")


@dataclass(frozen=True)
class Swept:
    """How many messages were brought in that had never come or had waited, how many payments were asked about, how many could not be."""

    events: int
    asked: int
    problems: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.events} messages brought in, {self.asked} payments asked about, {self.problems} problems"
        )


def take_provider_event(who: Who, body: bytes, signature: str) -> ProviderEvent:
    """Keep a signed message and do what follows from it. When the provider cannot be asked just now the message waits for the sweep.

    The same message again changes nothing but its count. Refused: payment_provider_not_set_up, provider_message_refused.
    """
    at = settings.STRIPE
    if at is None or not at["webhook_secret"]:
        raise Refused("payment_provider_not_set_up")
    try:
        told = believe(body, signature, at["webhook_secret"])
    except NotSigned:
        raise Refused("provider_message_refused") from None
    row, new = _kept(who, told)
    if not new:
        ProviderEvent.objects.filter(pk=row.pk).update(times=F("times") + 1)
    if row.state == "waiting":
        _handle(who, row, Stripe(at, retries=0, timeout=QUICK_SECONDS))
    return row


def sweep(who: Who) -> Swept:
    """Ask for messages that never came, for what waits, and for payments under way. Refused: payment_provider_not_set_up."""
    if settings.STRIPE is None:
        raise Refused("payment_provider_not_set_up")
    provider = Stripe(settings.STRIPE)
    problems = 0
    newest = ProviderEvent.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    since = max(who.now - LOOK_BACK, (newest or who.now) - timedelta(hours=1))
    if newest is None:
        since = who.now - LOOK_BACK
    try:
        for told in provider.events_since(since, sorted(ABOUT_PAYMENTS)):
            _kept(who, told)
    except (ProviderAway, ProviderRefuses) as problem:
        log.warning("provider_not_asked", why=str(problem))
        return Swept(0, 0, 1)
    waiting = list(ProviderEvent.objects.filter(state="waiting").order_by("received_at", "pk")[:_MOST])
    events = sum(_handle(who, row, provider) for row in waiting)
    problems += len(waiting) - events
    asked = 0
    for pk in _due(who.now):
        try:
            follow_online_payment(who, pk, provider=provider)
            asked += 1
        except Refused as refused:
            problems += 1
            log.warning("payment_not_brought_in", payment=pk, code=refused.code)
    return Swept(events, asked, problems)


def sweep_now() -> str:
    """What the job runs; answers what it did, for the job's log."""
    if settings.STRIPE is None:
        return "no payment provider"
    moment = now()
    return sweep(payment_provider(today(current_policy().ledger_time_zone), moment)).sentence


def _due(at: datetime) -> list[int]:
    """Payments under way that were not asked about for a while, those first that waited longest."""
    quiet = Q(state="started", started_at__lt=at - ASK_AGAIN) & (
        Q(asked_at=None) | Q(asked_at__lt=at - ASK_AGAIN)
    )
    quiet |= Q(state="processing") & (Q(asked_at=None) | Q(asked_at__lt=at - ASK_DEBITS))
    found = OnlinePayment.objects.filter(quiet, state__in=UNDER_WAY)
    return list(
        found.order_by(F("asked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:_MOST]
    )


def _kept(who: Who, told: Told) -> tuple[ProviderEvent, bool]:
    return ProviderEvent.objects.get_or_create(
        event_id=told.event_id,
        defaults={
            "type": told.type, "object_id": told.object_id, "session_id": told.session_id, "intent_id": told.intent_id,
            "created_at": told.created, "received_at": who.now,
        },
    )  # fmt: skip


def _handle(who: Who, row: ProviderEvent, provider: Stripe) -> bool:
    """Bring in what the message is about; whether that was done."""
    if row.type not in ABOUT_PAYMENTS:
        return _end(who, row, "ignored", "not about a payment here")
    try:
        online = _meant(row, provider)
        if online is None:
            return _end(who, row, "ignored", "of a payment that was not begun here")
        row.online = follow_online_payment(who, online, provider=provider)
    except (ProviderAway, ProviderRefuses, Refused) as problem:
        log.warning(
            "provider_message_waits",
            message_id=row.event_id,
            why=getattr(problem, "code", type(problem).__name__),
        )
        return False
    return _end(who, row, "done", f"payment {row.online.pk} is {row.online.state.replace('_', ' ')}")


def _meant(row: ProviderEvent, provider: Stripe) -> int | None:
    """Our payment that a message is about. A refund may come before the payment: then the provider says on which page it was made."""
    found = OnlinePayment.objects.all()
    session = row.session_id
    if not session and row.intent_id:
        known = found.filter(intent_id=row.intent_id).values_list("pk", flat=True).first()
        if known is not None:
            return known
        session = provider.page_of_intent(row.intent_id)
    return found.filter(session_id=session).values_list("pk", flat=True).first() if session else None


def _end(who: Who, row: ProviderEvent, state: str, done: str) -> bool:
    row.state, row.done, row.handled_at = state, done, who.now
    row.save(update_fields=["state", "done", "handled_at", "online"])
    return True
