"""A message whose sending was cut off after the server had it all: a person, or the archive mailbox, says whether it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dunlin.actions.doing import Who, doing
from dunlin.actions.message_content import after_sent
from dunlin.actions.messages import happened
from dunlin.actions.send_due import still_sending, unclear_messages
from dunlin.records.models import Message
from dunlin.rules.codes import Refused


@dataclass(frozen=True)
class Settled:
    """How many were found to have gone, and how many go again."""

    went: int
    again: int


def settle_message(who: Who, message_id: int, went: bool, because: str) -> Message:
    """Say what became of it. `went`: it is sent as of the hand-over; else it is decided again and goes with the next run.

    Refused: message_unknown, message_in_other_state, not_blank.
    """
    if not because.strip():
        raise Refused("not_blank", field="how you know")
    customer = Message.objects.filter(pk=message_id).values_list("customer", flat=True).first()
    with doing(who, "settle_message", customers=[customer] if customer else [], cause=because) as act:
        row = Message.objects.select_for_update().filter(pk=message_id).first()
        if row is None:
            raise Refused("message_unknown", message=message_id)
        if row.state != "claimed" or row.handed_over_at is None:
            raise Refused("message_in_other_state", state=row.state, wanted="cut off", verb="settled")
        if went:
            row.state, row.sent_at = "sent", row.handed_over_at
        else:
            row.state, row.handed_over_at, row.claimed_by = "decided", None, ""
        row.save(update_fields=["state", "sent_at", "handed_over_at", "claimed_by"])
        happened(row, who.now, "settled", f"{'it went' if went else 'it goes again'}: {because}", who.user_id)
        if went:
            after_sent(act, row)
        act.tell(about=f"message:{row.pk}", customer_id=row.customer_id, after={"went": went})
    return row


def settle_by_looking(who: Who, has_message: Callable[[str], bool]) -> Settled:
    """Settle every message that was cut off by looking for its Message-ID where everything sent is copied to."""
    went = again = 0
    for row in unclear_messages():
        if still_sending(row):
            continue
        found = has_message(row.message_id or "")
        settle_message(who, row.pk, found, "found in the archive" if found else "not in the archive")
        went, again = went + found, again + (not found)
    return Settled(went, again)
