"""Put a call to return into the queue: somebody rang the general line or left a voicemail, and waits (B5, P14, P29)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from dunlin.actions.conversation_clock import WAITS, start_clock, stop_clock
from dunlin.actions.doing import Act, Who, doing
from dunlin.records.models import Call, Contact, ContactPoint, Conversation, Customer
from dunlin.records.policies import current_policy
from dunlin.rules.campaigns import is_reached
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers

KINDS = ("call", "voicemail")
_TAIL = 8  # digits that tell a line apart, whatever stands before them


@dataclass(frozen=True)
class CallQueued:
    """The conversation that stands for it. `customer_id` is None when the number tells nobody, or several."""

    conversation_id: int
    customer_id: int | None
    due_at: datetime


def queue_call(
    who: Who,
    phone: str,
    about: str = "",
    *,
    caller: str = "",
    customer_id: int | None = None,
    kind: str = "call",
    at: datetime | None = None,
    key: str | None = None,
) -> CallQueued:
    """Queue it, from now or from when it was heard. Without a customer the number says whose it is, if one customer alone has it.

    Refused: not_blank (the number), customer_unknown, call_time_wrong when `at` is still to come, kind_unknown.
    """
    number = " ".join(phone.split())[:60]
    if not re.search(r"\d", number):
        raise Refused("not_blank", field="the number")
    if kind not in KINDS:
        raise Refused("kind_unknown", kind=kind)
    received = at or who.now
    if received > who.now:
        raise Refused("call_time_wrong", hours=0)
    owner = customer_id if customer_id is not None else customer_with(number)
    asked = [number, about, caller, customer_id, kind, str(at)]
    with doing(who, "queue_call", customers=[owner] if owner else [], key=key, asked=asked) as act:
        if act.answered:
            row = Conversation.objects.get(pk=act.answer["conversation"])
            return CallQueued(row.pk, row.customer_id, row.due_at or row.opened_at)
        customer = Customer.objects.filter(pk=owner).first() if owner else None
        if owner and customer is None:
            raise Refused("customer_unknown", customer=owner)
        named = ": ".join(part for part in (" ".join(caller.split()), " ".join(about.split())) if part)
        row = Conversation(
            kind=kind, customer=customer, subject=mask_card_numbers(named)[:300], phone=number, opened_at=received,
            last_at=received, owner_id=customer.collector_id if customer else None,
        )  # fmt: skip
        start_clock(row, received, current_policy())
        row.save()
        act.tell(about=f"conversation:{row.pk}", after={"kind": kind, "phone": number, "due_at": row.due_at})
        act.answer = {"conversation": row.pk}
    assert row.due_at is not None  # the clock was started above
    return CallQueued(row.pk, row.customer_id, row.due_at)


def customer_with(phone: str) -> int | None:
    """The one customer with this telephone number, however it is written; None when there is none or more than one."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < 6:
        return None
    points = ContactPoint.objects.filter(kind="phone", contact__active=True)
    # An index of digits serves what is written in full; what begins with the exit code or not at all is tried without it.
    spellings = {
        digits,
        digits.lstrip("0"),
        digits.removeprefix("00"),
        f"1{digits}",
        digits.removeprefix("1"),
    }
    found = set(points.filter(digits__in=spellings).values_list("contact__customer", flat=True)[:3])
    return found.pop() if len(found) == 1 else None


def return_calls(act: Act, call: Call, conversation_id: int | None = None) -> tuple[int, ...]:
    """A call was made: what it returns is answered, if somebody was reached or we left a message; the ids of it.

    That is the conversation named, and every call or voicemail of the customer from the same number. A conversation in triage that is
    named becomes the customer's. Refused: conversation_unknown (of another customer, or merged).
    """
    reached = is_reached(call.outcome)
    if not (reached or (call.outcome == "voicemail" and call.direction == "out")):
        return ()
    customer_id = call.customer_id
    rows = list(
        Conversation.objects.select_for_update(of=("self",))
        .filter(customer=customer_id, kind__in=KINDS, state__in=WAITS, merged_into=None)
        .order_by("pk")
    )
    tail = re.sub(r"\D", "", call.number)[-_TAIL:]
    chosen = {row.pk: row for row in rows if tail and re.sub(r"\D", "", row.phone).endswith(tail)}
    if conversation_id is not None:
        named = (
            Conversation.objects.select_for_update(of=("self",))
            .filter(pk=conversation_id, merged_into=None)
            .first()
        )
        if named is None or named.customer_id not in (customer_id, None):
            raise Refused("conversation_unknown", conversation=conversation_id)
        if named.state in WAITS:
            named.customer_id = customer_id
            chosen[named.pk] = named
    for row in chosen.values():
        late = stop_clock(row, act.who.now, "closed" if reached else "answered", answered=True)
        row.closed_why = "Spoken to" if reached else ""
        row.save()
        after = {"returned": call.outcome, "call": call.pk, "late": late}
        act.tell(about=f"conversation:{row.pk}", customer_id=customer_id, after=after)
    return tuple(chosen)


def contact_with(customer_id: int, phone: str) -> Contact | None:
    """The contact of the customer with this number, if there is one."""
    digits = re.sub(r"\D", "", phone)
    if not digits:
        return None
    points = ContactPoint.objects.filter(contact__customer=customer_id, kind="phone").select_related(
        "contact"
    )
    return next((each.contact for each in points if each.digits.endswith(digits[-_TAIL:])), None)
