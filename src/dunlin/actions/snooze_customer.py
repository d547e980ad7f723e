"""Put a customer aside until a day, with a reason. A promise that breaks meanwhile does not wait for it (B2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.records.models import Customer, Snooze
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class CustomerSnoozed:
    """The snooze as recorded; the customer may appear again on `until_on`."""

    snooze_id: int
    customer_id: int
    until_on: date


def snooze_customer(who: Who, customer_id: int, until_on: date, reason: str) -> CustomerSnoozed:
    """Snooze from today. An earlier snooze ends. Refused: customer_unknown, snooze_not_later, not_blank, call_needs_a_person."""
    with doing(who, "snooze_customer", customers=[customer_id], cause=reason) as act:
        if who.user_id is None:
            raise Refused("call_needs_a_person")
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if until_on <= who.today:
            raise Refused("snooze_not_later", today=who.today.isoformat(), until_on=until_on.isoformat())
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        Snooze.objects.filter(customer=customer_id, ended_at=None).update(ended_at=who.now)
        row = Snooze.objects.create(
            customer_id=customer_id, from_on=who.today, until_on=until_on, reason=mask_card_numbers(reason.strip())[:200], by_id=who.user_id,
            at=who.now,
        )  # fmt: skip
        decide_again(who, customer_id)
        act.tell(about=f"snooze:{row.pk}", after={"until_on": until_on})
    return CustomerSnoozed(row.pk, customer_id, until_on)


def end_snooze(who: Who, customer_id: int) -> bool:
    """The customer may appear again at once; whether one was running."""
    with doing(who, "snooze_customer", customers=[customer_id]) as act:
        ended = Snooze.objects.filter(customer=customer_id, ended_at=None, until_on__gt=who.today).update(
            ended_at=who.now
        )
        if ended:
            decide_again(who, customer_id)
            act.tell(about=f"customer:{customer_id}", after={"snooze": "ended"})
    return bool(ended)
