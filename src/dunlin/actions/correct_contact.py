"""Correct the people and numbers of a customer during a call; the diary keeps what stood before (A1, B4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.records.models import Contact, ContactPoint, Customer
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers

FIELDS = {
    "name": 200, "title": 100, "roles": 0, "time_zone": 64, "language": 8, "do_not_call": 0, "cease_contact": 0, "active": 0,
    "position": 0,
}  # fmt: skip
STATES = ("ok", "wrong", "bounced")


@dataclass(frozen=True)
class ContactCorrected:
    """The contact, the e-mail address or number (if one was meant), and the fields that differ now."""

    contact_id: int
    point_id: int | None
    changed: tuple[str, ...]


def correct_contact(
    who: Who, customer_id: int, contact_id: int | None = None, changes: Mapping[str, Any] | None = None
) -> ContactCorrected:
    """Change fields of a contact, or add one when `contact_id` is None. An inactive contact is no longer offered.

    Refused: customer_unknown, contact_of_other_customer, field_not_editable, field_too_long, not_blank, zone_unknown.
    """
    wanted = dict(changes or {})
    with doing(who, "correct_contact", customers=[customer_id]) as act:
        contact = (
            _contact(customer_id, contact_id)
            if contact_id is not None
            else Contact(customer=_customer(customer_id))
        )
        before = {name: getattr(contact, name) for name in wanted if name in FIELDS}
        for name, value in wanted.items():
            setattr(contact, name, _checked(name, value))
        if not contact.name.strip():
            raise Refused("not_blank", field="the name")
        changed = tuple(
            name for name in wanted if contact_id is None or before[name] != getattr(contact, name)
        )
        if changed:
            contact.save()
            act.tell(
                about=f"contact:{contact.pk}",
                before=None if contact_id is None else {name: before[name] for name in changed},
                after={name: getattr(contact, name) for name in changed},
            )
        if {"do_not_call", "cease_contact", "active"} & set(changed):
            decide_again(who, customer_id)
    return ContactCorrected(contact.pk, None, changed)


def correct_point(
    who: Who,
    customer_id: int,
    contact_id: int,
    *,
    point_id: int | None = None,
    kind: str = "phone",
    value: str | None = None,
    state: str | None = None,
) -> ContactCorrected:
    """Add an e-mail address or number, replace it, or mark it ok, wrong or bounced.

    A replaced one stays, marked wrong. Refused: contact_point_unknown, contact_of_other_customer, field_not_editable,
    field_too_long, not_blank.
    """
    with doing(who, "correct_contact", customers=[customer_id]) as act:
        contact = _contact(customer_id, contact_id)
        if kind not in ("phone", "email") or state not in (None, *STATES):
            raise Refused("field_not_editable", field=f"{kind} {state or ''}".strip())
        old = None
        if point_id is not None:
            old = ContactPoint.objects.filter(pk=point_id, contact=contact).first()
            if old is None:
                raise Refused("contact_point_unknown")
        if value is None and old is not None:
            was, old.state = old.state, state or "ok"
            old.save(update_fields=["state"])
            act.tell(about=f"contact_point:{old.pk}", before={"state": was}, after={"state": old.state})
            decide_again(who, customer_id)
            return ContactCorrected(contact.pk, old.pk, ("state",) if was != old.state else ())
        text = " ".join((value or "").split())
        if not text:
            raise Refused("not_blank", field="the number or address")
        if len(text) > 254:
            raise Refused("field_too_long", field="the number or address", limit=254)
        new = ContactPoint.objects.create(
            contact=contact, kind=old.kind if old else kind, value=text, position=old.position if old else 0
        )
        if old is not None:
            old.state = "wrong"
            old.save(update_fields=["state"])
        act.tell(
            about=f"contact_point:{new.pk}",
            before={"value": old.value, "point": old.pk} if old else None,
            after={"contact": contact.pk, "kind": new.kind, "value": text},
        )
        decide_again(who, customer_id)
    return ContactCorrected(contact.pk, new.pk, ("value",))


def _customer(customer_id: int) -> Customer:
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise Refused("customer_unknown", customer=customer_id)
    return customer


def _contact(customer_id: int, contact_id: int) -> Contact:
    _customer(customer_id)
    contact = Contact.objects.filter(pk=contact_id, customer=customer_id).first()
    if contact is None:
        raise Refused("contact_of_other_customer")
    return contact


def _checked(name: str, value: Any) -> Any:
    if name not in FIELDS:
        raise Refused("field_not_editable", field=name.replace("_", " "))
    if FIELDS[name] and len(value) > FIELDS[name]:
        raise Refused("field_too_long", field=name.replace("_", " "), limit=FIELDS[name])
    if name == "time_zone" and value and value not in available_timezones():
        raise Refused("zone_unknown", zone=value)
    return mask_card_numbers(" ".join(value.split())) if isinstance(value, str) else value
