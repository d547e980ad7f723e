"""What every act on a conversation shares: it is read under its lock, and its answer clock starts and stops in one way (P14)."""

from __future__ import annotations

from datetime import datetime

from dunlin.records.models import Conversation
from dunlin.reports.answer_clock import desk_clock
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

WAITS = ("open", "snoozed")


def customer_of(conversation_id: int) -> int | None:
    """Whose it is, None in triage: what an act locks before it reads. Refused: conversation_unknown."""
    found = Conversation.objects.filter(pk=conversation_id).values_list("customer", flat=True)
    if not found:
        raise Refused("conversation_unknown", conversation=conversation_id)
    return found[0]


def locked(conversation_id: int) -> Conversation:
    """The conversation, held to the end of the act. Refused: conversation_unknown, conversation_merged."""
    row = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation_id).first()
    if row is None:
        raise Refused("conversation_unknown", conversation=conversation_id)
    if row.merged_into_id is not None:
        raise Refused("conversation_merged")
    return row


def start_clock(row: Conversation, received: datetime, policy: Policy) -> None:
    """Something came in that wants an answer: open, with its clock from when it came. A clock that runs goes on, for the first
    unanswered mail is what is owed. The caller saves."""
    row.state, row.snoozed_until, row.closed_why = "open", None, ""
    if row.clock_from is None:
        row.clock_from, row.due_at = desk_clock(policy).clock(received)
    row.last_at = max(row.last_at, received)


def stop_clock(row: Conversation, now: datetime, state: str, *, answered: bool) -> bool:
    """A person dealt with it: no clock runs any more; whether it was late. `due_at` stays, to tell how long it took.

    Only an answer counts as one: a conversation that is closed without an answer has no moment of answer. The caller saves.
    """
    late = row.clock_from is not None and row.due_at is not None and now >= row.due_at
    row.breached = row.breached or late
    row.clock_from, row.snoozed_until, row.state = None, None, state
    if answered:
        row.answered_at = row.last_at = now
    return late
