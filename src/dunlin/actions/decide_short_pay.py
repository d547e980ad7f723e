"""Decide a short pay: credit memo, chargeback, write-off, paid after all, or refused by us (E3, P27, DOMAIN section 6).

What posts something is within the role's limit or is asked for; then the approver's yes does it, with the facts read again.
What is owed in all changes by the document posted, never by deciding (invariant 20).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.ask_approval import Asked, ask_approval, home_amount
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.post_item import post_item
from dunlin.actions.postings import Draft, items_of, named
from dunlin.actions.resolve_dispute import resolve_dispute
from dunlin.actions.write_off import write_off
from dunlin.records.approvals import Approval
from dunlin.records.models import Dispute, Item
from dunlin.rules.authority import needs_no_approval
from dunlin.rules.cash.short_pays import OUTCOMES, REASONS
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.roles import may

# Outcome → what its document is, for the limits of authority.
KINDS = {"credit": "adjustment", "chargeback": "adjustment", "write_off": "write_off"}


@dataclass(frozen=True)
class Decided:
    """What became of a short pay: the document posted for it, or the request that waits for an approval."""

    dispute_id: int
    outcome: str
    amount: Money
    item_id: int | None = None
    approval_id: int | None = None


def decide_short_pay(who: Who, dispute_id: int, outcome: str, *, note: str = "") -> Decided:
    """Decide. A write-off and a refusal need a note.

    Refused: dispute_unknown, dispute_resolved_already, short_pay_not_one, short_pay_outcome_unknown, short_pay_still_open (paid, but
    it is not), item_not_open (nothing is left to credit), reason_missing, approval_asked_already, and what posting refuses.
    """
    if outcome not in OUTCOMES:
        raise Refused("short_pay_outcome_unknown", outcome=outcome, known=", ".join(OUTCOMES))
    if outcome in ("write_off", "refused") and not note.strip():
        raise Refused("reason_missing")
    customer = Dispute.objects.filter(pk=dispute_id).values_list("customer", flat=True).first()
    if customer is None:
        raise Refused("dispute_unknown", dispute=dispute_id)
    with doing(who, "resolve_dispute", customers=[customer], cause=note or OUTCOMES[outcome]) as act:
        case, item = _case(dispute_id)
        if outcome not in KINDS:
            if outcome == "paid" and min(case.amount, item.open):
                raise Refused(
                    "short_pay_still_open", open=Money(item.open, item.currency), document=named(item)
                )
            resolve_dispute(replace(who, dry_run=False), case.pk, outcome, note=note)
            return Decided(case.pk, outcome, Money(case.amount, item.currency))
        amount = Money(min(case.amount, item.open), item.currency)
        if amount.minor == 0:
            raise Refused("item_not_open", document=named(item))
        if not _alone(who, outcome, amount):
            row = ask_approval(act, _asked(case, item, outcome, amount, note))
            return Decided(case.pk, outcome, amount, approval_id=row.pk)
        made = _carry_out(act, case, item, outcome, amount, note)
        return Decided(case.pk, outcome, amount, made)


def decide_asked_short_pay(act: Act, row: Approval, yes: bool) -> None:
    """The approver's answer: on yes it is done as asked, on no the case stays open with the note. Refused: approval_facts_changed."""
    if not yes:
        return
    facts = row.facts
    case = Dispute.objects.select_related("item").get(pk=facts["dispute"])
    if case.resolved_on is not None:
        raise Refused("approval_facts_changed", what="the short pay is decided already.")
    item = items_of([case.item_id])[case.item_id]
    amount = Money(facts["amount"], row.currency)
    if min(case.amount, item.open) != amount.minor:
        open_ = Money(min(case.amount, item.open), item.currency)
        raise Refused("approval_facts_changed", what=f"{open_} of it is left, not {amount}.")
    _carry_out(act, case, item, facts["outcome"], amount, row.reason)


def _case(dispute_id: int) -> tuple[Dispute, Item]:
    """The case and its document as they stand, under the customer's lock."""
    case = Dispute.objects.get(pk=dispute_id)
    if case.payment_id is None:
        raise Refused("short_pay_not_one", dispute=dispute_id)
    if case.resolved_on is not None:
        raise Refused("dispute_resolved_already", resolved_on=case.resolved_on)
    return case, items_of([case.item_id])[case.item_id]


def _alone(who: Who, outcome: str, amount: Money) -> bool:
    """Whether this role does it without asking. A chargeback changes nothing owed in all: who may post a document may post it."""
    if outcome == "chargeback":
        return may(who.role, "post_item")
    return needs_no_approval(KINDS[outcome], who.role, home_amount(who, amount))


def _asked(case: Dispute, item: Item, outcome: str, amount: Money, note: str) -> Asked:
    what = {"credit": "Credit memo", "chargeback": "Chargeback", "write_off": "Write-off"}[outcome]
    return Asked(
        kind=KINDS[outcome], about=f"short_pay:{case.pk}", customer_id=case.customer_id, entity_id=item.entity_id, amount=amount,
        title=f"{what} of {amount} for {named(item)}", reason=note or f"Short pay: {REASONS.get(case.reason, case.reason).lower()}",
        if_yes=f"{what} is posted and the short pay is closed.", if_no="The short pay stays open.", evidence=tuple(case.evidence),
        facts={"dispute": case.pk, "outcome": outcome, "amount": amount.minor},
    )  # fmt: skip


def _carry_out(act: Act, case: Dispute, item: Item, outcome: str, amount: Money, note: str) -> int:
    """Post what was decided and close the case; the id of the document. A chargeback is a credit on the document and a debit of its
    own over the same amount, due when the document was: the sum owed and its age stay as they are."""
    who = replace(act.who, dry_run=False)
    if outcome == "write_off":
        made = write_off(who, item.pk, amount, reason="short_pay", cause=note).item_id
    else:
        credit = Draft(
            customer_id=item.customer_id, entity_id=item.entity_id, kind="credit_memo", amount=amount, document_on=who.today,
            number=f"CM-{item.number or item.pk}-{case.pk}"[:64], corrects_id=item.pk,
            reason="charged_back" if outcome == "chargeback" else case.reason, description=f"Short pay of {named(item)}"[:200],
        )  # fmt: skip
        made = post_item(who, credit, cause=note).item_ids[0]
        why = "charged_back" if outcome == "chargeback" else "short_pay_credited"
        apply_credit(who, made, item.pk, amount, why=why, cause=note)
    if outcome == "chargeback":
        debit = Draft(
            customer_id=item.customer_id, entity_id=item.entity_id, kind="chargeback", amount=amount, document_on=who.today,
            due_on=min(item.due_on, who.today), number=f"CB-{item.number or item.pk}-{case.pk}"[:64], corrects_id=item.pk,
            reason=case.reason, po_number=item.po_number, description=f"Charged back: short pay of {named(item)}"[:200],
        )  # fmt: skip
        made = post_item(who, debit, cause=note).item_ids[0]
    resolve_dispute(who, case.pk, outcome, note=note)
    Dispute.objects.filter(pk=case.pk).update(settled_by=made)
    act.tell(
        about=f"dispute:{case.pk}", customer_id=case.customer_id,
        after={"outcome": outcome, "amount": amount.minor, "document": made},
    )  # fmt: skip
    return made
