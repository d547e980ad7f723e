"""Ask for approval of what one may not do alone, and use what was approved (P11, D4).

Asking is part of the act that needs it: the request stands in that act's transaction and under its verb.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dunlin.actions.doing import Act, Who
from dunlin.records.approvals import Approval
from dunlin.records.policies import current_policy
from dunlin.reports.rates import home_minor, rates_to
from dunlin.rules.authority import KINDS
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for. `about` names the row ("refund:12"); `if_yes` and `if_no` say what happens then; `facts` is read again."""

    kind: str
    title: str
    reason: str
    amount: Money | None = None
    customer_id: int | None = None
    entity_id: int | None = None
    about: str = ""
    if_yes: str = ""
    if_no: str = ""
    evidence: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def ask_approval(act: Act, asked: Asked, *, days: int | None = None) -> Approval:
    """Record the request inside `act`; it expires after `days`, else after the setting. Refused: reason_missing, approval_asked_already."""
    if asked.kind not in KINDS:
        raise KeyError(asked.kind)
    if not asked.reason.strip():
        raise Refused("reason_missing")
    waiting = Approval.objects.filter(kind=asked.kind, about=asked.about, state="requested")
    if asked.about and waiting.exists():
        raise Refused("approval_asked_already", what=asked.title)
    who = act.who
    row = Approval.objects.create(
        kind=asked.kind, customer_id=asked.customer_id, entity_id=asked.entity_id, about=asked.about,
        amount=None if asked.amount is None else asked.amount.minor, currency="" if asked.amount is None else asked.amount.currency,
        title=mask_card_numbers(asked.title)[:200], reason=mask_card_numbers(asked.reason.strip())[:500],
        if_yes=asked.if_yes[:300], if_no=asked.if_no[:300], evidence=[mask_card_numbers(each) for each in asked.evidence],
        facts=dict(asked.facts), asked_by_id=who.user_id, asked_at=who.now,
        expires_at=who.now + timedelta(current_policy().approval_days if days is None else days),
    )  # fmt: skip
    act.tell(
        about=f"approval:{row.pk}", customer_id=asked.customer_id,
        after={"kind": row.kind, "amount": row.amount, "currency": row.currency, "about": row.about, "reason": row.reason},
    )  # fmt: skip
    return row


def use_approval(act: Act, approval_id: int) -> Approval:
    """What was approved is done now, once, inside `act`. Refused: approval_unknown, approval_not_usable (decided otherwise, used, expired)."""
    row = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
    if row is None:
        raise Refused("approval_unknown", approval=approval_id)
    if row.state != "approved" or act.who.now >= row.expires_at:
        raise Refused(
            "approval_not_usable", what=row.title, state=row.state if row.state != "approved" else "expired"
        )
    row.state, row.used_at = "used", act.who.now
    row.save(update_fields=["state", "used_at"])
    act.tell(about=f"approval:{row.pk}", customer_id=row.customer_id, after={"state": "used"})
    return row


def home_amount(who: Who, amount: Money | None) -> Money | None:
    """The amount in the home currency at the newest rate of today; None without a rate, and zero where there is no amount."""
    home = current_policy().home_currency
    if amount is None:
        return Money(0, home)
    minor = home_minor(amount.minor, amount.currency, rates_to(home, {amount.currency}, who.today), home)
    return None if minor is None else Money(minor, home)
