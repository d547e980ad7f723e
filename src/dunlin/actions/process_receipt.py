"""Place a receipt: post its money for a customer and apply it, with the reason of each line; set it aside; undo it exactly (E1-E3, P15).

A receipt is processed when its money is posted and applied, or posted unapplied with a question somebody owns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.learn_payer import learn, unlearn
from dunlin.actions.open_short_pay import settle_rest
from dunlin.actions.postings import customers_of, first_open_day
from dunlin.actions.return_payment import return_payment
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_payment import Taken, Use, take_payment
from dunlin.records.cash import OPEN_STATES
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, Customer, Entity, Item, Receipt
from dunlin.records.policies import current_policy
from dunlin.rules.applying import Along, spread_along
from dunlin.rules.cash.rest import Given, Rest
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

SOURCE = "bank"  # with the receipt's own key as its key
MISPLACED = "misplaced"  # the reason of the debit that takes a payment back because a person undid it


@dataclass(frozen=True)
class Deduction:
    """Part of an item that the payer keeps back: `amount` minor units stay open as a short pay for `reason`."""

    item_id: int
    amount: int
    reason: str


@dataclass(frozen=True)
class Placing:
    """Where the money of a receipt goes. `question`: what must be found out about what stays unapplied.

    `short_reason`: why every other document paid short is so, "" when the rest is simply still to come. `small`: what is within
    tolerance is settled with the payment.
    """

    customer_id: int
    uses: Sequence[Use] = ()
    deductions: Sequence[Deduction] = ()
    short_reason: str = ""
    small: bool = True
    question: str = ""
    evidence: str = ""
    why: str = "by_hand"
    along: Sequence[Along] = ()  # credit memos used with the money; `uses` say what both settle together


@dataclass(frozen=True)
class Placed:
    """The payment posted for the receipt; minor units. `along` is what credit memos settled beside it; `said` tells what became of what
    it left, a sentence each."""

    receipt_id: int
    payment_id: int
    applied: int
    unapplied: int
    discount: int
    question: str
    along: int = 0
    said: tuple[str, ...] = ()


def place_receipt(
    who: Who, receipt_id: int, placing: Placing, *, automatic: bool = False, policy: Policy | None = None
) -> Placed:
    """Post and apply, in one transaction. What stays unapplied needs a question, which becomes a follow-up of the collector.

    Two people at once: the second is refused. The payer is learnt. Refused: receipt_unknown, receipt_settled_already,
    receipt_not_money, receipt_without_entity, receipt_needs_question, customer_unknown, credits_exceed_uses, and what `take_payment`
    and `apply_credit` refuse.
    """
    policy = policy or current_policy()
    cause = "placed by hand" if not automatic else "applied by itself"
    with doing(who, "process_receipt", cause=cause) as act:
        row = _open_receipt(receipt_id)
        if row.kind != "credit" or row.amount <= 0:
            raise Refused("receipt_not_money", receipt=receipt_id)
        customer = Customer.objects.filter(pk=placing.customer_id).select_related("collector__lead").first()
        if customer is None:
            raise Refused("customer_unknown", customer=placing.customer_id)
        # The frame of this act undoes a dry run; the inner ones must leave their rows until then.
        wet = replace(who, dry_run=False)
        placing, row.used_along = _settle_along(wet, row, placing, policy)
        taken = _post(wet, row, placing, policy)
        rest = _settle(act, row, taken, placing, policy)
        question = mask_card_numbers(placing.question.strip())[:300]
        if rest.over and not question:
            raise Refused("receipt_needs_question", left=Money(rest.over, row.currency))
        row.payment_id, row.customer, row.question = taken.item_id, customer, question
        row.state, row.automatic, row.settled_at, row.settled_by_id = "done", automatic, who.now, who.user_id
        row.save()
        learn(act, row, customer.pk)
        if question:
            _ask_collector(act, row, customer, rest.over)
        along = sum(each.amount for each in placing.along)
        placed = Placed(
            row.pk, taken.item_id, taken.applied, rest.over, taken.discount, question, along, rest.sentences
        )
        act.tell(
            about=f"receipt:{row.pk}",
            customer_id=customer.pk,
            after={**_plain(placed), "evidence": placing.evidence},
        )
        return placed


def keep_proposal(
    who: Who, receipt_id: int, customer_id: int | None, proposal: Mapping[str, Any] | None, question: str
) -> None:
    """Write down what is proposed for a receipt, for a person to decide; without a proposal, what must be found out."""
    with doing(who, "process_receipt", cause="proposed") as act:
        row = _open_receipt(receipt_id)
        row.customer_id, row.proposal, row.question = (
            customer_id,
            dict(proposal) if proposal else None,
            question[:300],
        )
        row.state = "proposed" if proposal else "asked"
        row.save(update_fields=["customer", "proposal", "question", "state"])
        act.tell(
            about=f"receipt:{row.pk}",
            customer_id=customer_id,
            after={"state": row.state, "question": row.question},
        )


def set_aside(who: Who, receipt_id: int, reason: str) -> None:
    """This is no money of a customer (a loan, interest, an own transfer): nothing is posted, the reason stays. Refused: reason_missing,
    receipt_unknown, receipt_settled_already."""
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "process_receipt", cause=reason) as act:
        row = _open_receipt(receipt_id)
        row.state, row.question = "aside", mask_card_numbers(reason.strip())[:300]
        row.settled_at, row.settled_by_id = who.now, who.user_id
        row.save(update_fields=["state", "question", "settled_at", "settled_by"])
        act.tell(about=f"receipt:{row.pk}", after={"aside": row.question})


def undo_receipt(who: Who, receipt_id: int, reason: str, *, policy: Policy | None = None) -> None:
    """Take back what was done with a receipt; it waits again. A payment is reversed as a returned one is, so that every document is
    open as before (invariant 8), and who was taken for the payer is trusted less. Refused: reason_missing, receipt_unknown,
    receipt_not_undone when it waits still or came back from the bank."""
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "process_receipt", cause=reason) as act:
        row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
        if row is None:
            raise Refused("receipt_unknown", receipt=receipt_id)
        if row.kind != "credit" or row.state not in ("done", "aside") or _came_back(row):
            raise Refused("receipt_not_undone", receipt=receipt_id)
        before = {"state": row.state, "payment": row.payment_id, "customer": row.customer_id}
        if row.payment_id is not None:
            lock_customers(_customers_of_uses(row))
            return_payment(
                replace(who, dry_run=False), row.payment_id, f"undone/{row.payment_id}", returned_on=max(who.today, row.value_on),
                reason=MISPLACED, undone=True, policy=policy,
            )  # fmt: skip
            for each in reversed(row.used_along):
                reverse_application(replace(who, dry_run=False), each, reason=reason, policy=policy)
            unlearn(row)
            row.corrected = row.corrected or row.automatic
        row.state, row.payment_id, row.proposal, row.question = "waiting", None, None, ""
        row.automatic, row.settled_at, row.settled_by_id, row.used_along = False, None, None, []
        row.save()
        act.tell(
            about=f"receipt:{row.pk}", customer_id=row.customer_id, before=before, after={"state": "waiting"}
        )


def take_receipt(who: Who, receipt_id: int) -> None:
    """I see to this one. Refused: receipt_unknown, receipt_settled_already."""
    with doing(who, "process_receipt") as act:
        row = _open_receipt(receipt_id)
        row.owner_id = who.user_id
        row.save(update_fields=["owner"])
        act.tell(about=f"receipt:{row.pk}", after={"owner": who.name})


def _open_receipt(receipt_id: int) -> Receipt:
    """The receipt, locked, if something is to be done about it still."""
    row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
    if row is None:
        raise Refused("receipt_unknown", receipt=receipt_id)
    if row.state not in OPEN_STATES:
        raise Refused("receipt_settled_already", receipt=receipt_id)
    return row


def _customers_of_uses(row: Receipt) -> set[int]:
    """Whose documents the payment and the credit memos used along with it stand on."""
    uses = Application.objects.filter(Q(credit=row.payment_id) | Q(pk__in=row.used_along))
    return {each for pair in uses.values_list("credit__customer", "debit__customer") for each in pair}


def _settle_along(who: Who, row: Receipt, placing: Placing, policy: Policy) -> tuple[Placing, list[int]]:
    """Use the credit memos first, so that the money finds what is left to pay; the placing of the money, and the applications made."""
    if not placing.along:
        return placing, []
    # All of them at once, after the receipt: each posting alone would take its own, in an order of its own.
    items = {use.item_id for use in placing.uses} | {each.id for each in placing.along}
    lock_customers({placing.customer_id, *customers_of(items)})
    wanted: dict[int, int] = {}
    for use in placing.uses:
        open_ = Item.objects.values_list("open", flat=True).filter(pk=use.item_id).first() or 0
        wanted[use.item_id] = wanted.get(use.item_id, 0) + (open_ if use.amount is None else use.amount.minor)
    try:
        spread = spread_along(wanted, placing.along)
    except ValueError as error:
        more = Money(sum(each.amount for each in placing.along), row.currency)
        raise Refused(
            "credits_exceed_uses", asked=more, used=Money(sum(wanted.values()), row.currency)
        ) from error
    made = [
        apply_credit(
            who,
            credit,
            debit,
            Money(amount, row.currency),
            why=placing.why,
            evidence=placing.evidence[:300],
            policy=policy,
        ).application_id
        for credit, debit, amount in spread.uses
    ]
    discounts = {use.item_id: use.discount for use in placing.uses}
    uses = [Use(item, Money(left, row.currency), discounts[item]) for item, left in spread.left.items()]
    return replace(placing, uses=uses), made


def _post(who: Who, row: Receipt, placing: Placing, policy: Policy) -> Taken:
    """Post the money with its value date, in an open period, under the receipt's key; placed anew after an undoing under the next."""
    entity = _entity(row, placing)
    on = first_open_day(entity, min(row.booked_on, who.today))
    times = Item.objects.filter(source=SOURCE, source_key__startswith=row.key).count()
    return take_payment(
        who, placing.customer_id, Money(row.amount, row.currency), placing.uses, entity_id=entity,
        received_on=min(row.value_on, on), posted_on=on,
        reference=(row.check_number or row.end_to_end_id or row.bank_reference)[:140], description=row.text[:200], source=SOURCE,
        source_key=f"{row.key}#{times + 1}"[:80] if times else row.key, why=placing.why, evidence=placing.evidence[:300], policy=policy,
    )  # fmt: skip


def _settle(act: Act, row: Receipt, taken: Taken, placing: Placing, policy: Policy) -> Rest:
    """Small differences and cases, in this transaction; the balances are cut anew when something was posted."""
    payment = Item.objects.get(pk=taken.item_id)
    kept = {each.item_id: (each.amount, each.reason) for each in placing.deductions}
    given = Given(kept, placing.short_reason, placing.small, row.charges)
    advice = f"the payer wrote: {row.text[:160]}" if row.text else ""
    rest = settle_rest(act, payment, taken.application_ids, given, policy, advice)
    if rest.small is not None:
        facts_changed(
            act.who, {payment.customer_id, *customers_of(use.item_id for use in placing.uses)}, policy
        )
    return rest


def _entity(row: Receipt, placing: Placing) -> int:
    """Whose books: of the account paid into, else of the documents named, else of the only entity."""
    if row.account is not None and row.account.entity_id is not None:
        return row.account.entity_id
    named = set(
        Item.objects.filter(pk__in=[use.item_id for use in placing.uses]).values_list("entity_id", flat=True)
    )
    found = named or set(Entity.objects.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise Refused("receipt_without_entity", receipt=row.pk)
    return int(found.pop())


def _came_back(row: Receipt) -> bool:
    return (
        Item.objects.filter(kind="payment_return", corrects_id=row.payment_id).exists()
        if row.payment_id
        else False
    )


def _ask_collector(act: Act, row: Receipt, customer: Customer, unapplied: int) -> None:
    owner = customer.collector or ar_manager(customer)
    if owner is not None:
        left = Money(unapplied, row.currency)
        what = (
            f"{left} of the payment of {row.booked_on} is unapplied: {row.question}"
            if unapplied
            else row.question
        )
        record_follow_up(
            act, customer.pk, FollowUpAsked(what[:300], act.who.today, on_duty(owner, act.who.today).pk)
        )


def _plain(placed: Placed) -> dict[str, Any]:
    return {
        "payment": placed.payment_id,
        "applied": placed.applied,
        "unapplied": placed.unapplied,
        "question": placed.question,
        **({"along": placed.along} if placed.along else {}),
        "rest": list(placed.said),
    }
