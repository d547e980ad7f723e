"""Approve a message that may not go without it, or withdraw one that has not gone yet (C6, D4)."""

from __future__ import annotations

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.messages import happened, withdraw
from dunlin.records.models import Message
from dunlin.rules.codes import Refused
from dunlin.rules.roles import ROLES

# From the least to the most: who stands higher may approve what a lower role may.
_LADDER = (
    "senior_collector",
    "team_lead",
    "ar_manager",
    "finance_manager",
    "corporate_controller",
    "vp_finance",
)


def approve_message(who: Who, message_id: int) -> Message:
    """Let it go with the next sending. Refused: message_unknown, message_in_other_state, message_own_approval,
    message_approval_role."""
    with doing(who, "approve_message", customers=_customers(message_id)) as act:
        row = _row(message_id)
        if row.state != "waiting":
            raise Refused("message_in_other_state", state=row.state, wanted="waiting", verb="approved")
        if row.created_by_id is not None and row.created_by_id == who.user_id:
            raise Refused("message_own_approval")
        if not _reaches(who.role, row.approval):
            raise Refused("message_approval_role", wanted=row.approval.replace("_", " "))
        row.state, row.approved_at, row.approved_by_id = "decided", who.now, who.user_id
        row.save(update_fields=["state", "approved_at", "approved_by"])
        happened(row, who.now, "approved", by_id=who.user_id)
        _told(act, row, "approved")
    return row


def withdraw_message(who: Who, message_id: int, why: str) -> Message:
    """Keep it from going. Refused: message_unknown, message_in_other_state, not_blank."""
    if not why.strip():
        raise Refused("not_blank", field="why")
    with doing(who, "withdraw_message", customers=_customers(message_id), cause=why) as act:
        row = _row(message_id)
        if row.state not in ("waiting", "decided", "failed"):
            raise Refused("message_in_other_state", state=row.state, wanted="not sent yet", verb="withdrawn")
        withdraw(row, who.now, "message_by_hand", {"by": who.name, "why": why.strip()[:200]}, who.user_id)
        _told(act, row, "withdrawn")
    return row


def send_again(who: Who, message_id: int) -> Message:
    """Try one that failed once more, with the facts as they are then. Refused: message_unknown, message_in_other_state."""
    with doing(who, "withdraw_message", customers=_customers(message_id), cause="again") as act:
        row = _row(message_id)
        if row.state != "failed":
            raise Refused("message_in_other_state", state=row.state, wanted="failed", verb="sent again")
        row.state, row.attempts, row.not_before = "decided", 0, None
        row.save(update_fields=["state", "attempts", "not_before"])
        happened(row, who.now, "decided", "to be tried again", who.user_id)
        _told(act, row, "decided")
    return row


def _customers(message_id: int) -> list[int]:
    customer = Message.objects.filter(pk=message_id).values_list("customer", flat=True).first()
    return [customer] if customer else []


def _row(message_id: int) -> Message:
    row = Message.objects.select_for_update().filter(pk=message_id).first()
    if row is None:
        raise Refused("message_unknown", message=message_id)
    return row


def _told(act: Act, row: Message, state: str) -> None:
    act.tell(about=f"message:{row.pk}", customer_id=row.customer_id, after={"state": state})


def _reaches(role: str, wanted: str) -> bool:
    if wanted not in _LADDER:
        return role == wanted or wanted not in ROLES
    return role in _LADDER and _LADDER.index(role) >= _LADDER.index(wanted)
