"""Approve, refuse or withdraw a request: role, limit, another person, in time; the effect follows in the same transaction (P11, invariant 29)."""

from __future__ import annotations

from dunlin.actions.approval_acts import ON_DECISION
from dunlin.actions.ask_approval import home_amount
from dunlin.actions.doing import Act, Who, doing
from dunlin.records.approvals import Approval
from dunlin.rules.authority import deciders, may_decide
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.roles import LABELS


def decide_approval(who: Who, approval_id: int, yes: bool, note: str = "") -> Approval:
    """Decide. A refusal needs a note. What was asked for takes effect now, or waits to be used, by its kind.

    Refused: approval_unknown, approval_decided_already, approval_expired, approval_own_request, approval_beyond_limit,
    approval_needs_a_person, reason_missing, and what the act of the kind refuses (approval_facts_changed among it).
    """
    customer = Approval.objects.filter(pk=approval_id).values_list("customer", flat=True).first()
    with doing(who, "decide_approval", customers=[customer] if customer else [], cause=note) as act:
        row = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
        if row is None:
            raise Refused("approval_unknown", approval=approval_id)
        check_decision(who, row)
        note = mask_card_numbers(note.strip())[:300]
        if not yes and not note:
            raise Refused("reason_missing")
        before = {"state": row.state}
        row.state, row.note = "approved" if yes else "refused", note
        row.decided_by_id, row.decided_at = who.user_id, who.now
        row.save(update_fields=["state", "note", "decided_by", "decided_at"])
        act.tell(
            about=f"approval:{row.pk}", customer_id=row.customer_id, before=before,
            after={"state": row.state, "kind": row.kind, "about": row.about, "amount": row.amount},
        )  # fmt: skip
        _take_effect(act, row, yes)
    return row


def withdraw_approval(who: Who, approval_id: int) -> Approval:
    """Take one's own request back before it is decided; what it held back is let go. Refused: approval_unknown, approval_decided_already, approval_not_yours."""
    customer = Approval.objects.filter(pk=approval_id).values_list("customer", flat=True).first()
    with doing(who, "withdraw_approval", customers=[customer] if customer else []) as act:
        row = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
        if row is None:
            raise Refused("approval_unknown", approval=approval_id)
        if row.state != "requested":
            raise Refused("approval_decided_already", state=row.state)
        if row.asked_by_id != who.user_id:
            raise Refused("approval_not_yours")
        row.state, row.decided_at, row.decided_by_id = "withdrawn", who.now, who.user_id
        row.save(update_fields=["state", "decided_at", "decided_by"])
        act.tell(about=f"approval:{row.pk}", customer_id=row.customer_id, after={"state": "withdrawn"})
        _take_effect(act, row, yes=False)
        return row


def expire_approvals(who: Who) -> int:
    """What nobody decided in time is over, and whatever it held back is let go. Returns how many."""
    late = list(
        Approval.objects.filter(state="requested", expires_at__lte=who.now).values_list("pk", "customer")
    )
    for pk, customer in late:
        with doing(who, "expire_approvals", customers=[customer] if customer else []) as act:
            row = Approval.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.state != "requested":
                continue
            row.state, row.decided_at = "expired", who.now
            row.save(update_fields=["state", "decided_at"])
            act.tell(about=f"approval:{row.pk}", customer_id=row.customer_id, after={"state": "expired"})
            _take_effect(act, row, yes=False)
    return len(late)


def check_decision(who: Who, row: Approval) -> None:
    """Refused unless this person may decide this request now."""
    if row.state != "requested":
        raise Refused("approval_decided_already", state=row.state)
    if who.now >= row.expires_at:
        raise Refused("approval_expired", what=row.title, expired=row.expires_at.date())
    if who.user_id is None:
        raise Refused("approval_needs_a_person")
    if row.asked_by_id == who.user_id:
        raise Refused("approval_own_request")
    amount = home_amount(who, Money(row.amount, row.currency) if row.amount is not None else None)
    if not may_decide(row.kind, who.role, amount):
        able = ", ".join(LABELS[role] for role in deciders(row.kind, amount))
        raise Refused("approval_beyond_limit", role=LABELS[who.role], what=row.title, able=able)


def _take_effect(act: Act, row: Approval, yes: bool) -> None:
    effect = ON_DECISION.get(row.kind)
    if effect is not None:
        effect(act, row, yes)
