"""A dispute of an online payment in the books: taken back until it is decided, reinstated when won, final when lost (DOMAIN section 4).

Used inside actions/follow_online_payment.py, which holds the customer's lock. A bank debit that its bank takes back later comes the
same way and is lost at once.
"""

from __future__ import annotations

from datetime import date

from dunlin.actions.doing import Act
from dunlin.actions.judge_promises import judge_customers
from dunlin.actions.online_money import SOURCE, WHY, days_of, drop_fee
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.postings import first_open_day, items_of
from dunlin.actions.resolve_dispute import resolve_dispute
from dunlin.actions.return_payment import SOURCE as RETURNS
from dunlin.actions.return_payment import return_payment
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.tell_at_once import ask_collector, mail_colleagues
from dunlin.connectors.stripe import CardDispute
from dunlin.records.clock import day_of
from dunlin.records.models import Application, Dispute, Item, OnlinePayment
from dunlin.rules.card_payments import respond_by
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

REASON = "card_dispute"
_INQUIRY = "warning_"  # the card holder's bank asks; no money moved


def book_dispute(act: Act, row: OnlinePayment, dispute: CardDispute, policy: Policy) -> None:
    """Bring the books to what the dispute is now. Asked again, nothing is done twice."""
    if dispute.status.startswith(_INQUIRY):
        _inquiry(act, row, dispute, policy)
        return
    if dispute.status not in ("needs_response", "under_review", "won", "lost"):
        return
    back = _taken_back(dispute)
    if back is None and dispute.status == "won":
        return  # never taken back here, and the payment stands
    if back is None:
        back = _take_back(act, row, dispute, policy)
    if dispute.status == "won" and row.state != "won":
        _won(act, row, dispute, back, policy)
    elif dispute.status == "lost" and row.state == "disputed":
        _lost(act, row, dispute, policy)


def _taken_back(dispute: CardDispute) -> Item | None:
    return Item.objects.filter(source=RETURNS, source_key=dispute.id).first()


def _inquiry(act: Act, row: OnlinePayment, dispute: CardDispute, policy: Policy) -> None:
    """Only a question as yet: told once, nothing is posted."""
    if row.dispute_id == dispute.id:
        return
    row.dispute_id = dispute.id
    row.respond_by = _respond_by(row, dispute, policy)
    amount = Money(dispute.amount, row.currency)
    ask_collector(
        act, row.customer,
        f"The bank of the card asks about the online payment of {amount} ({_reason(dispute)}); answer it at Stripe{_by(row.respond_by)}.",
    )  # fmt: skip


def _take_back(act: Act, row: OnlinePayment, dispute: CardDispute, policy: Policy) -> Item:
    """Reverse the payment; what it had paid is open again, flagged, and told at once."""
    who = act.who
    payment = items_of([row.payment_id or 0])[row.payment_id or 0]
    uses = _standing(payment.pk)
    value, _ = days_of(who, row.entity_id, dispute.created, policy)
    value = max(value, payment.value_on)
    returned = return_payment(
        who, payment.pk, dispute.id, returned_on=value, reason=dispute.reason[:24], policy=policy
    )
    row.state, row.dispute_id, row.respond_by = "disputed", dispute.id, _respond_by(row, dispute, policy)
    rest = payment.amount - row.refunded - dispute.amount
    if rest > 0:  # only a part is disputed: the rest of the money stands, for the first of what it had paid
        part = _part(uses, 0, rest)
        _pay_again(act, row, payment, rest, part, f"{row.intent_id}#{dispute.id}/rest", policy)
    if dispute.status != "lost":
        _flag(act, row, dispute, returned.reopened, policy)
    _report(act, row, dispute, payment, returned.reopened)
    return Item.objects.get(pk=returned.item_id)


def _flag(
    act: Act, row: OnlinePayment, dispute: CardDispute, reopened: tuple[int, ...], policy: Policy
) -> None:
    """Each item that is open again is in dispute, so that nobody asks for it, until the last day to answer."""
    for item in Item.objects.filter(pk__in=reopened, open__gt=0).order_by("due_on", "pk"):
        if item.open > item.disputed:
            open_dispute(
                act.who, item.pk, reason=REASON, raised_by=_mark(dispute), due_on=row.respond_by, policy=policy,
                note=f"The card holder disputes the payment ({_reason(dispute)}). Answer at Stripe{_by(row.respond_by)}.",
            )  # fmt: skip


def _won(act: Act, row: OnlinePayment, dispute: CardDispute, back: Item, policy: Policy) -> None:
    """The money is ours again: the same uses as before, as far as they are open still; the flags end."""
    payment = items_of([back.corrects_id or 0])[back.corrects_id or 0]
    undone = Application.objects.filter(
        credit=payment.pk, reverses__isnull=False, why="payment_returned", posted_on__gte=back.posted_on
    )
    uses = [(use.debit_id, -use.amount) for use in undone.order_by("pk")]
    amount = min(dispute.amount, payment.amount - row.refunded)
    part = _part(uses, payment.amount - row.refunded - amount, amount)
    left = _pay_again(act, row, payment, amount, part, f"{row.intent_id}#{dispute.id}", policy)
    _resolve(act, dispute, "withdrawn", policy)
    row.state, row.settled_at = "won", act.who.now
    judge_customers(act.who, [row.customer_id], act.who.today, policy)
    if left:
        ask_collector(
            act,
            row.customer,
            f"A card dispute was won; {Money(left, row.currency)} of the money is unapplied: what it was for was paid meanwhile.",
        )
    _mail(act, row, dispute, "won", ["The payment stands again, for the same documents as before."])


def _lost(act: Act, row: OnlinePayment, dispute: CardDispute, policy: Policy) -> None:
    """For good: what it had paid is owed and asked for again, and not by this card; its card fee is not."""
    _resolve(act, dispute, "refused", policy)
    drop_fee(act, row, policy)
    row.state, row.settled_at = "lost", act.who.now
    amount = Money(dispute.amount, row.currency)
    what = "A card dispute was lost" if row.method == "card" else "The bank took back a debit of the portal"
    ask_collector(act, row.customer, f"{what}: {amount} is owed again. Collect it another way.")
    _mail(act, row, dispute, "lost", ["What it had paid is owed again. Collect it another way."])


def _pay_again(
    act: Act, row: OnlinePayment, payment: Item, amount: int, uses: list[tuple[int, int]], key: str, policy: Policy
) -> int:  # fmt: skip
    """Post the money anew with its first value date, for these uses; minor units that stay unapplied."""
    wanted = [Use(item_id, Money(used, row.currency)) for item_id, used in uses]
    posted = first_open_day(row.entity_id, act.who.today)
    taken = take_payment(
        act.who, row.customer_id, Money(amount, row.currency), wanted, entity_id=row.entity_id, received_on=payment.value_on,
        posted_on=posted, reference=payment.reference, description=payment.description, source=SOURCE, source_key=key[:80], why=WHY,
        evidence="Reinstated after a dispute", policy=policy,
    )  # fmt: skip
    row.payment_id = taken.item_id
    return taken.unapplied


def _part(uses: list[tuple[int, int]], skip: int, amount: int) -> list[tuple[int, int]]:
    """The uses that `amount` makes once `skip` of them are passed over."""
    found = []
    for item_id, used in uses:
        passed = min(used, skip)
        part = min(used - passed, amount)
        skip, amount = skip - passed, amount - part
        if part:
            found.append((item_id, part))
    return found


def _standing(payment_id: int) -> list[tuple[int, int]]:
    found = Application.objects.filter(credit=payment_id, reverses__isnull=True, reversal__isnull=True)
    return list(found.exclude(debit__kind="refund").order_by("pk").values_list("debit", "amount"))


def _resolve(act: Act, dispute: CardDispute, resolution: str, policy: Policy) -> None:
    flags = Dispute.objects.filter(reason=REASON, raised_by=_mark(dispute), resolved_on=None)
    for pk in flags.order_by("pk").values_list("pk", flat=True):
        resolve_dispute(act.who, pk, resolution, policy=policy)


def _mark(dispute: CardDispute) -> str:
    return f"Stripe {dispute.id}"[:200]


def _reason(dispute: CardDispute) -> str:
    return dispute.reason.replace("_", " ") or "no reason given"


def _by(on: date | None) -> str:
    return f" by {on}" if on else ""


def _respond_by(row: OnlinePayment, dispute: CardDispute, policy: Policy) -> date | None:
    """The provider's own day wins; else that of the network; of neither, none is known."""
    zone = policy.ledger_time_zone
    own = day_of(dispute.due_by, zone) if dispute.due_by else None
    try:
        return respond_by(row.card_brand, day_of(dispute.created, zone), own)
    except ValueError:
        return None


def _report(
    act: Act, row: OnlinePayment, dispute: CardDispute, payment: Item, reopened: tuple[int, ...]
) -> None:
    opened = list(Item.objects.filter(pk__in=reopened).order_by("due_on", "pk")[:30])
    final = dispute.status == "lost"
    answer = "Nothing can be answered any more." if final else f"Answer with evidence at Stripe{_by(row.respond_by)}; nobody asks the customer for these until then."  # fmt: skip
    _mail(act, row, dispute, "opened", [
        f"The payment of {payment.value_on} is taken back. Reason: {_reason(dispute)}.", "", "Open again:",
        *(f"- {each.number or each.reference}, due {each.due_on}: {Money(each.open, each.currency)}" for each in opened),
        "", answer,
    ])  # fmt: skip
    if not final:
        ask_collector(act, row.customer, f"Card dispute of {Money(dispute.amount, row.currency)}: answer it at Stripe{_by(row.respond_by)}.")  # fmt: skip


def _mail(act: Act, row: OnlinePayment, dispute: CardDispute, what: str, lines: list[str]) -> None:
    customer, amount = row.customer, Money(dispute.amount, row.currency)
    name = "Card dispute" if row.method == "card" else "Returned bank debit"
    first = f"{name} {what}: {amount} of {customer.name} ({customer.number}), paid in the portal."
    mail_colleagues(
        act, customer, f"{name} {what}: {customer.name}, {amount}", [first, "", *lines],
        entity_id=row.entity_id, once=f"card_dispute:{dispute.id}:{what}",
    )  # fmt: skip
