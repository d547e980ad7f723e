"""Handle a conversation: whose hands it is in, until when it is put aside, what it belongs to, and when it is over (B5, P33)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dunlin.actions.conversation_clock import WAITS, customer_of, locked, start_clock, stop_clock
from dunlin.actions.doing import Act, Who, doing
from dunlin.records.models import Conversation, ConversationItem, Customer, User
from dunlin.records.policies import current_policy
from dunlin.reports.answer_clock import desk_clock
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers

_VERB = "handle_conversation"


@dataclass(frozen=True)
class Handled:
    """The conversation as it is now. `into` is the one it was merged into."""

    conversation_id: int
    state: str
    owner_id: int | None
    snoozed_until: datetime | None = None
    into: int | None = None


def assign(who: Who, conversation_id: int, user_id: int | None) -> Handled:
    """Into somebody's hands; None: nobody's. Refused: user_unknown, user_is_inactive, conversation_unknown, conversation_merged."""
    if user_id is not None:
        person = User.objects.filter(pk=user_id).first()
        if person is None:
            raise Refused("user_unknown", user=user_id)
        if not person.is_active:
            raise Refused("user_is_inactive", user=person.name)
    with _handling(who, conversation_id) as (act, row):
        before, row.owner_id = row.owner_id, user_id
        row.save(update_fields=["owner"])
        _tell(act, row, before={"owner": before}, after={"owner": user_id})
    return _handled(row)


def take(who: Who, conversation_id: int) -> Handled:
    """Into one's own hands. Refused as `assign`."""
    return assign(who, conversation_id, who.user_id)


def snooze(who: Who, conversation_id: int, until_on: date) -> Handled:
    """Aside until the desk opens on that day. Its clock runs on: nobody is answered by waiting (P14).

    Refused: snooze_not_later, conversation_over.
    """
    if until_on <= who.today:
        raise Refused("snooze_not_later", today=who.today.isoformat(), until_on=until_on.isoformat())
    with _handling(who, conversation_id) as (act, row):
        _waits(row)
        put_aside(row, until_on)
        row.save(update_fields=["state", "snoozed_until"])
        _tell(act, row, after={"snoozed_until": row.snoozed_until})
    return _handled(row)


def put_aside(row: Conversation, until_on: date) -> None:
    """The part that changes the row, for use inside another act; the caller saves."""
    policy = current_policy()
    noon = datetime.combine(until_on, time(12), ZoneInfo(policy.ledger_time_zone)).astimezone(UTC)
    row.state, row.snoozed_until = "snoozed", desk_clock(policy).opens(noon)


def close(who: Who, conversation_id: int, why: str) -> Handled:
    """Over without an answer, and why. Refused: not_blank, conversation_over."""
    if not why.strip():
        raise Refused("not_blank", field="the reason")
    with _handling(who, conversation_id) as (act, row):
        if row.state == "closed":
            raise Refused("conversation_over", state=row.state)
        late = stop_clock(row, who.now, "closed", answered=False)
        row.closed_why = mask_card_numbers(why.strip())[:200]
        row.save()
        _tell(act, row, after={"state": "closed", "why": row.closed_why, "late": late})
    return _handled(row)


def reopen(who: Who, conversation_id: int) -> Handled:
    """Open again, with a clock from now: what is looked at again is owed again. Also ends a snooze, whose clock goes on."""
    with _handling(who, conversation_id) as (act, row):
        before = row.state
        start_clock(row, who.now, current_policy())
        row.save()
        _tell(act, row, before={"state": before}, after={"state": row.state, "due_at": row.due_at})
    return _handled(row)


def merge(who: Who, conversation_id: int, into_id: int) -> Handled:
    """Make it part of another one of the same customer, which takes its items and the earlier of the two clocks.

    Refused: merge_into_itself, merge_other_customer, conversation_unknown, conversation_merged.
    """
    if conversation_id == into_id:
        raise Refused("merge_into_itself")
    customer_of(into_id)
    with _handling(who, conversation_id) as (act, row):
        into = locked(into_id)
        if row.customer_id != into.customer_id:
            raise Refused("merge_other_customer")
        _take_over(row, into)
        Conversation.objects.filter(merged_into=row).update(merged_into=into)
        row.merged_into, row.state, row.clock_from, row.snoozed_until = into, "closed", None, None
        row.closed_why = "Merged"
        row.save()
        _tell(act, row, after={"merged_into": into.pk})
    return _handled(row)


def belongs_to(who: Who, conversation_id: int, customer_id: int | None) -> Handled:
    """A call or voicemail without a mail is this customer's; None: in triage again. Mail goes by actions/match_mail.

    Refused: customer_unknown, conversation_unknown, conversation_merged.
    """
    before = customer_of(conversation_id)
    customer = Customer.objects.filter(pk=customer_id).first() if customer_id is not None else None
    if customer_id is not None and customer is None:
        raise Refused("customer_unknown", customer=customer_id)
    with doing(who, "match_mail", customers=[pk for pk in (before, customer_id) if pk]) as act:
        row = locked(conversation_id)
        row.customer = customer
        row.owner_id = row.owner_id or (customer.collector_id if customer else None)
        ConversationItem.objects.filter(conversation=row).exclude(item__customer=customer_id).delete()
        row.save(update_fields=["customer", "owner"])
        _tell(act, row, before={"customer": before}, after={"customer": customer_id})
    return _handled(row)


def _take_over(row: Conversation, into: Conversation) -> None:
    """What the one that stays gets from the one that goes."""
    if row.state in WAITS and row.clock_from is not None:
        if into.clock_from is None or (row.due_at and into.due_at and row.due_at < into.due_at):
            into.clock_from, into.due_at = row.clock_from, row.due_at
        into.state, into.snoozed_until = "open", None
    into.breached = into.breached or row.breached
    into.last_at = max(into.last_at, row.last_at)
    into.owner_id = into.owner_id or row.owner_id
    into.save()
    known = set(ConversationItem.objects.filter(conversation=into).values_list("item", flat=True))
    named = ConversationItem.objects.filter(conversation=row).exclude(item__in=known)
    ConversationItem.objects.bulk_create(
        ConversationItem(conversation=into, item_id=item) for item in named.values_list("item", flat=True)
    )


@contextmanager
def _handling(who: Who, conversation_id: int) -> Iterator[tuple[Act, Conversation]]:
    """The frame of each: the customer's lock, then the conversation's."""
    customer = customer_of(conversation_id)
    with doing(who, _VERB, customers=[customer] if customer else []) as act:
        yield act, locked(conversation_id)


def _waits(row: Conversation) -> None:
    if row.state not in WAITS:
        raise Refused("conversation_over", state=row.state)


def _tell(act: Act, row: Conversation, before: object = None, after: object = None) -> None:
    act.tell(about=f"conversation:{row.pk}", before=before, after=after, customer_id=row.customer_id)


def _handled(row: Conversation) -> Handled:
    return Handled(row.pk, row.state, row.owner_id, row.snoozed_until, row.merged_into_id)
