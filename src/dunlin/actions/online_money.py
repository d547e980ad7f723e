"""The money of an online payment in the books: received with its fee, given back in part or wholly, or not come at all.

Used inside actions/follow_online_payment.py, which holds the customer's lock. Each posting has the provider's own number as its
key, so that it is made once (invariant 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Sum

from dunlin.actions.ask_approval import use_approval
from dunlin.actions.doing import Act, Who
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.judge_promises import judge_customers
from dunlin.actions.postings import Draft, apply, first_open_day, items_of, named, post, reverse
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.tell_at_once import ask_collector
from dunlin.actions.tell_payer import tell_payer
from dunlin.connectors.stripe import Refund, Seen
from dunlin.records.clock import day_of
from dunlin.records.models import Application, Item, OnlinePayment
from dunlin.rules.card_payments import fee_refund, fee_threshold, split_below
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

SOURCE = "stripe"
FEE = "card_fee"  # the reason of the debit that is the fee, and of the credit that takes it back
WHY = "chosen_in_portal"


def book_paid(act: Act, row: OnlinePayment, seen: Seen, policy: Policy) -> None:
    """Post what was paid, for exactly the items that were chosen and its fee; what they no longer need stays unapplied with a
    question. Value date: the provider's day in the ledger's zone."""
    who = act.who
    value, posted = days_of(who, row.entity_id, seen.paid_at, policy)
    whole = Money(row.amount + row.fee, row.currency)
    came = Money(seen.amount, seen.currency)
    uses: list[Use] = []
    if came == whole:
        uses = _uses(who, row, value, posted)
    taken = take_payment(
        who, row.customer_id, came, uses, entity_id=row.entity_id, received_on=value, posted_on=posted, reference=seen.intent_id[:140],
        description=_described(row), source=SOURCE, source_key=seen.intent_id, why=WHY, evidence=f"Chosen as {row.choice.reference}",
        policy=policy,
    )  # fmt: skip
    row.payment_id, row.state, row.settled_at, row.failure = taken.item_id, "paid", who.now, ""
    judge_customers(who, [row.customer_id], who.today, policy)
    if taken.unapplied:
        left = Money(taken.unapplied, came.currency)
        why = "what it was for was paid meanwhile" if uses else f"{whole} was expected"
        ask_collector(
            act,
            row.customer,
            f"{left} of the online payment of {value} is unapplied: {why}. Apply it or give it back.",
        )
    _waived(act, row)
    _split(act, row, policy)


def book_refund(act: Act, row: OnlinePayment, refund: Refund, policy: Policy) -> None:
    """Money that went back through the provider, once by its number: what it had paid is open again, the newest first, and the fee is
    taken back in proportion (rule P12). A refund that failed comes back as an unapplied payment with a question."""
    who = act.who
    booked = Item.objects.filter(source=SOURCE, source_key=refund.id).first()
    if booked is not None:
        if refund.status in ("failed", "canceled"):
            _refund_failed(act, row, booked, policy)
        return
    if refund.status in ("failed", "canceled", "requires_action"):
        return
    payment = items_of([row.payment_id or 0])[row.payment_id or 0]
    value, on = days_of(who, row.entity_id, refund.created, policy)
    posted = first_open_day(row.entity_id, max(on, payment.last_applied_on or on, payment.posted_on))
    fee = _fee_part(row, refund)
    if fee:
        _fee_back(who, row, payment, fee, value, posted)
    _free(who, payment, refund.amount, _standing(payment.pk, row.fee_item_id), value, posted)
    debit = post(who, Draft(
        customer_id=row.customer_id, entity_id=row.entity_id, kind="refund", amount=Money(refund.amount, row.currency), document_on=value,
        posted_on=posted, reference=refund.id, description="Given back through Stripe", corrects_id=payment.pk, source=SOURCE,
        source_key=refund.id,
    ))  # fmt: skip
    if payment.open:
        apply(
            who, payment, debit, min(payment.open, refund.amount),
            posted_on=posted, value_on=value, why="refunded", evidence=refund.id, in_open_period=True,
        )  # fmt: skip
    row.refunded += refund.amount
    if row.refunded >= row.amount + row.fee:
        row.state = "refunded"
    elif not refund.of_fee and row.state in ("paid", "won"):
        row.state = "part_refunded"
    judge_customers(who, [row.customer_id], who.today, policy)
    facts_changed(who, [row.customer_id], policy)
    if not refund.of_fee:
        given = Money(refund.amount, row.currency)
        ask_collector(
            act, row.customer, f"{given} of the online payment of {payment.value_on} went back through Stripe; its documents are open again."
        )  # fmt: skip


def tell_failure(act: Act, row: OnlinePayment, policy: Policy) -> None:
    """A bank debit that did not come: who began it is told by e-mail and sees it in the portal; a follow-up of the collector, today."""
    told = tell_payer(act, row, policy)
    amount = Money(row.amount + row.fee, row.currency)
    why = row.failure.replace("_", " ") or "no reason given"
    ask_collector(act, row.customer, f"A bank debit of {amount}, begun in the portal, failed: {why}. {told}")


def days_of(who: Who, entity_id: int, at: datetime | None, policy: Policy) -> tuple[date, date]:
    """Value date and posting date of a moment at the provider: the ledger's day, never after today; posted in an open period."""
    value = min(day_of(at or who.now, policy.ledger_time_zone), who.today)
    return value, first_open_day(entity_id, value)


def _uses(who: Who, row: OnlinePayment, value: date, posted: date) -> list[Use]:
    """The fee, posted as a debit of its own, then the items in the order of their due dates."""
    uses = []
    if row.fee:
        fee = post(who, Draft(
            customer_id=row.customer_id, entity_id=row.entity_id, kind="debit_memo", amount=Money(row.fee, row.currency), document_on=value,
            posted_on=posted, number=f"CARD-FEE-{row.pk}", reason=FEE, description="Card fee", source=SOURCE,
            source_key=f"{row.intent_id}/fee"[:80],
        ))  # fmt: skip
        row.fee_item_id = fee.pk
        uses.append(Use(fee.pk, Money(row.fee, row.currency)))
    lines = row.choice.items.order_by("item__due_on", "item")
    return uses + [Use(line.item_id, Money(line.amount, row.currency)) for line in lines]


def _described(row: OnlinePayment) -> str:
    what = "Card" if row.method == "card" else "Bank debit"
    return " ".join(
        part for part in (what, row.card_brand, f"ending {row.last4}" if row.last4 else "") if part
    )


def _fee_part(row: OnlinePayment, refund: Refund) -> int:
    """The part of a refund that is fee: all of it that is left when the refund is of the fee; else in proportion to what has gone
    back by then, so that the whole payment takes the whole fee with it."""
    if row.fee_item_id is None:
        return 0
    memos = Item.objects.filter(corrects=row.fee_item_id, kind="credit_memo", reason=FEE)
    back = memos.aggregate(sum=Sum("amount"))["sum"] or 0
    if refund.of_fee:
        return min(refund.amount, row.fee - back)
    whole = Money(row.amount + row.fee, row.currency)
    by_now = fee_refund(
        Money(row.fee, row.currency), whole, Money(row.refunded + refund.amount, row.currency)
    ).minor
    return max(0, min(by_now - back, refund.amount))


def _fee_back(who: Who, row: OnlinePayment, payment: Item, fee: int, value: date, posted: date) -> None:
    """Take `fee` of the fee's debit back: the payment leaves it, a credit memo takes its place."""
    uses = _standing(payment.pk, None, only=row.fee_item_id)
    _free(who, payment, payment.open + fee, uses, value, posted)
    _credit_fee(who, row, fee, value, posted)


def drop_fee(act: Act, row: OnlinePayment, policy: Policy) -> None:
    """Nobody owes the fee of a card payment that is gone for good: what is open of it is credited."""
    if row.fee_item_id is None:
        return
    debit = items_of([row.fee_item_id])[row.fee_item_id]
    if debit.open:
        posted = first_open_day(row.entity_id, max(act.who.today, debit.last_applied_on or debit.posted_on))
        _credit_fee(act.who, row, debit.open, act.who.today, posted)
        facts_changed(act.who, [row.customer_id], policy)


def _credit_fee(who: Who, row: OnlinePayment, fee: int, value: date, posted: date) -> None:
    debit = items_of([row.fee_item_id or 0])[row.fee_item_id or 0]
    memo = post(who, Draft(
        customer_id=row.customer_id, entity_id=row.entity_id, kind="credit_memo", amount=Money(fee, row.currency), document_on=value,
        posted_on=posted, reason=FEE, description=f"{named(debit)} taken back"[:200], corrects_id=debit.pk,
    ))  # fmt: skip
    if debit.open:
        amount = min(fee, debit.open)
        apply(who, memo, debit, amount, posted_on=posted, value_on=value, why=FEE, in_open_period=True)


def _standing(payment_id: int, but: int | None, only: int | None = None) -> list[Application]:
    """The uses of a payment that stand, the newest first."""
    found = Application.objects.filter(credit=payment_id, reverses__isnull=True, reversal__isnull=True)
    if only is not None:
        found = found.filter(debit=only)
    elif but is not None:
        found = found.exclude(debit=but)
    return list(found.exclude(debit__kind="refund").select_related("debit").order_by("-pk"))


def _free(
    who: Who, payment: Item, wanted: int, uses: Sequence[Application], value: date, posted: date
) -> None:
    """Undo uses until `wanted` of the payment is open; what was undone too much is used again."""
    for use in uses:
        if payment.open >= wanted:
            return
        use.credit = payment  # one object holds the open amount
        reverse(who, use, posted_on=posted, value_on=value, why="refunded", in_open_period=True)
        more = min(payment.open - wanted, use.debit.open)
        if more > 0:
            apply(
                who, payment, use.debit, more,
                posted_on=posted, value_on=value, why=use.why, evidence=use.evidence, in_open_period=True,
            )  # fmt: skip


def _refund_failed(act: Act, row: OnlinePayment, debit: Item, policy: Policy) -> None:
    """The money is ours again: an unapplied payment, once, that settles nothing by itself."""
    key = f"{debit.source_key}/failed"[:80]
    if Item.objects.filter(source=SOURCE, source_key=key).exists():
        return
    amount = Money(debit.amount, debit.currency)
    take_payment(
        act.who, row.customer_id, amount, entity_id=row.entity_id, received_on=act.who.today, reference=debit.reference,
        description="A refund through Stripe that failed", source=SOURCE, source_key=key, why=WHY, policy=policy,
    )  # fmt: skip
    row.refunded -= debit.amount
    row.state = "part_refunded" if row.refunded else "paid"
    ask_collector(
        act, row.customer, f"A refund of {amount} through Stripe failed and is with us again: give it back otherwise, or apply it."
    )  # fmt: skip


def _waived(act: Act, row: OnlinePayment) -> None:
    """The waiver the payment rests on is used up. One that was used by another payment meanwhile is told to a person."""
    if row.waiver_id is None:
        return
    try:
        use_approval(act, row.waiver_id)
    except Refused as refused:
        ask_collector(
            act, row.customer, f"A card payment was made without its fee, and its waiver is gone: {refused}"
        )


def _split(act: Act, row: OnlinePayment, policy: Policy) -> None:
    """Several small card payments of a day that together pass the threshold: flagged once a day for a person, never charged (P12)."""
    threshold = fee_threshold(policy, row.currency)
    if row.method != "card" or row.fee or row.waiver_id or threshold is None:
        return
    others = OnlinePayment.objects.filter(
        customer=row.customer_id, currency=row.currency, method="card", fee=0, waiver=None, payment__isnull=False,
        payment__value_on=Item.objects.values_list("value_on", flat=True).get(pk=row.payment_id or 0),
    ).exclude(pk=row.pk)  # fmt: skip
    amounts = [Money(amount, row.currency) for amount in others.values_list("amount", flat=True)]
    own = Money(row.amount, row.currency)
    if split_below([*amounts, own], threshold) and not split_below(amounts, threshold):
        ask_collector(
            act, row.customer,
            f"{len(amounts) + 1} card payments of today are above {threshold} only together, so that none bore the fee. Look whether that is meant.",
        )  # fmt: skip
