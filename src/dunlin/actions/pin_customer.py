"""Pin a customer to the head of a day's list, with a reason, or take the pin out (B2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.records.models import Customer, Pin
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class CustomerPinned:
    """The pin as it stands."""

    pin_id: int
    customer_id: int
    day: date
    position: int


def pin_customer(who: Who, customer_id: int, day: date, reason: str, position: int = 1) -> CustomerPinned:
    """Pin for `day`; a second pin of the day replaces the first. It moves a customer up the list of whoever works it; one whom
    the decision leaves out stays out. Refused: customer_unknown, not_blank, call_needs_a_person, day_is_past."""
    with doing(who, "pin_customer", customers=[customer_id], cause=reason) as act:
        if who.user_id is None:
            raise Refused("call_needs_a_person")
        if not reason.strip():
            raise Refused("not_blank", field="the reason")
        if day < who.today:
            raise Refused("day_is_past", day=day.isoformat())
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        pin, _ = Pin.objects.update_or_create(
            day=day,
            customer_id=customer_id,
            defaults={
                "position": position,
                "reason": mask_card_numbers(reason.strip())[:200],
                "by_id": who.user_id,
                "at": who.now,
            },
        )
        act.tell(about=f"pin:{pin.pk}", after={"day": day, "position": position})
    return CustomerPinned(pin.pk, customer_id, day, position)


def unpin_customer(who: Who, customer_id: int, day: date) -> bool:
    """Take the pin of that day out; whether there was one."""
    with doing(who, "pin_customer", customers=[customer_id]) as act:
        pin = Pin.objects.filter(day=day, customer=customer_id).first()
        if pin is not None:
            act.tell(
                about=f"pin:{pin.pk}", before={"day": day, "position": pin.position, "reason": pin.reason}
            )
            pin.delete()
    return pin is not None
