"""What became of an online payment, as the provider knows it now, into the books: paid, failed, refunded, disputed, won, lost (E8).

Nothing that is told is believed: the payment is asked for, and what is in the books is compared with what it is. So a message that
comes twice, late, or before an earlier one changes nothing, and two at once post one payment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from django.conf import settings

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.online_disputes import book_dispute
from dunlin.actions.online_money import book_paid, book_refund, tell_failure
from dunlin.connectors.stripe import ProviderAway, ProviderRefuses, Seen, Stripe
from dunlin.records.models import OnlinePayment
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

T = TypeVar("T")
UNMADE_HOURS = 25  # a page lives for a day; one that never came to be is given up then


def follow_online_payment(
    who: Who, online_id: int, *, seen: Seen | None = None, provider: Stripe | None = None
) -> OnlinePayment:
    """Ask the provider (unless `seen` is what it just answered) and post what is missing. Answers the payment as it then is.

    A fee on a card that bears none goes back at once (rule P12). Refused: online_payment_unknown, payment_provider_not_set_up,
    payment_provider_away, payment_provider_refuses, period_locked.
    """
    row = OnlinePayment.objects.filter(pk=online_id).first()
    if row is None:
        raise Refused("online_payment_unknown", payment=online_id)
    if row.session_id is None:
        return _give_up(who, row)
    if provider is None:
        if settings.STRIPE is None:
            raise Refused("payment_provider_not_set_up")
        provider = Stripe(settings.STRIPE)
    here: Stripe = provider
    session = row.session_id
    if seen is None:
        seen = _asked(lambda: here.see(session))
    row = bring_in(who, row.pk, seen)
    if fee_is_owed_back(row, seen):
        intent, fee, key = seen.intent_id, row.fee, f"dunlin-fee-{row.pk}"
        _asked(lambda: here.refund(intent, fee, key, of_fee=True))
        row = bring_in(who, row.pk, _asked(lambda: here.see(session)))
    return row


def fee_is_owed_back(row: OnlinePayment, seen: Seen) -> bool:
    """Whether a fee was paid with a card that bears none: only one the provider calls a credit card does."""
    if not row.fee or row.payment_id is None or seen.kind == "credit" or row.state not in ("paid", "won"):
        return False
    return not any(each.of_fee and each.status != "failed" for each in seen.refunds)


def bring_in(who: Who, online_id: int, seen: Seen) -> OnlinePayment:
    """Post what `seen` says and the books do not have yet, in one transaction under the customer's lock."""
    customer = OnlinePayment.objects.values_list("customer", flat=True).get(pk=online_id)
    policy = current_policy()
    with doing(who, "follow_online_payment", customers=[customer]) as act:
        found = OnlinePayment.objects.select_related(
            "customer__collector__lead", "customer__sales_rep", "choice"
        )
        row = found.select_for_update(of=("self",)).get(pk=online_id)
        before = _plain(row)
        # The frame of this act undoes a dry run; the inner ones must leave their rows until then.
        act.who = replace(who, dry_run=False)
        _move(act, row, seen, policy)
        row.asked_at = who.now
        row.save()
        after = _plain(row)
        if before == after and not act.lines:
            act.answered = True  # nothing new, nothing to tell
        else:
            act.tell(about=f"online_payment:{row.pk}", customer_id=customer, before=before, after=after)
    return row


def _move(act: Act, row: OnlinePayment, seen: Seen, policy: Policy) -> None:
    """The state machine: from what is booked forward to what is known, never back."""
    row.intent_id = seen.intent_id or row.intent_id
    row.charge_id = seen.charge_id or row.charge_id
    row.card_brand, row.card_kind = seen.brand or row.card_brand, seen.kind or row.card_kind
    row.last4 = seen.last4 or row.last4
    if row.payment_id is None:
        if seen.status == "complete" and seen.payment_status == "paid":
            book_paid(act, row, seen, policy)
        elif row.state in ("started", "processing", "failed", "expired"):
            _not_paid(act, row, seen, policy)
    if row.payment_id is None:
        return
    for refund in seen.refunds:
        book_refund(act, row, refund, policy)
    for dispute in seen.disputes:
        book_dispute(act, row, dispute, policy)


def _not_paid(act: Act, row: OnlinePayment, seen: Seen, policy: Policy) -> None:
    """Open, on its way, over, or failed. What failed once can be on its way again only with another payment."""
    if seen.status == "expired":
        row.state = "expired"
    elif seen.status == "complete" and row.state != "failed":
        failed = seen.intent_status in ("requires_payment_method", "canceled")
        if failed:
            row.state, row.failure = "failed", seen.failure
            tell_failure(act, row, policy)
        else:
            row.state = "processing"
    elif seen.status == "open":
        row.failure = seen.failure  # a card declined; the payer may try another on the page
    if row.state in ("expired", "failed"):
        row.settled_at = row.settled_at or act.who.now


def _give_up(who: Who, row: OnlinePayment) -> OnlinePayment:
    """A page that was asked for and never came to be: over after a day."""
    if row.state == "started" and row.started_at < who.now - timedelta(hours=UNMADE_HOURS):
        with doing(who, "follow_online_payment", customers=[row.customer_id]) as act:
            row.state, row.settled_at = "expired", who.now
            row.save(update_fields=["state", "settled_at"])
            act.tell(about=f"online_payment:{row.pk}", after={"state": "expired"})
    return row


def _asked(ask: Callable[[], T]) -> T:
    """What the provider answers; its failures as refusals."""
    try:
        return ask()
    except ProviderAway as problem:
        raise Refused("payment_provider_away", why=str(problem)) from None
    except ProviderRefuses as problem:
        raise Refused("payment_provider_refuses", why=str(problem)) from None


def _plain(row: OnlinePayment) -> dict[str, object]:
    return {
        "state": row.state, "payment": row.payment_id, "fee_item": row.fee_item_id, "refunded": row.refunded, "failure": row.failure,
        "dispute": row.dispute_id, "respond_by": row.respond_by,
    }  # fmt: skip
