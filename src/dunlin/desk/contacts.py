"""Correct people and numbers while talking: two clicks for a number or an address; what stood before is kept (A1)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from dunlin.actions.correct_contact import correct_contact, correct_point
from dunlin.desk.access import contact_for, contact_point_for, customer_for
from dunlin.desk.acts import act, needed

ROLES = (("ap", "Accounts payable"), ("billing", "Billing"), ("escalation", "Escalation"), ("legal", "Legal"))
_BESIDE = {"not_blank": "value", "field_too_long": "value"}


def add_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """A new person, with a number and an address if they are known."""
    customer = customer_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        who = request.door.who  # type: ignore[attr-defined]
        name = needed(typed, "name", "Write the name of the person.")
        changes = {"name": name, "title": typed.get("title", ""), "roles": _roles(request)}
        made = correct_contact(who, pk, None, changes)
        for kind in ("phone", "email"):
            if typed.get(kind):
                correct_point(who, pk, made.contact_id, kind=kind, value=typed[kind])
        return f"{name} is a contact of {customer.name}."

    return act(
        request,
        customer,
        "correct_contact",
        "contact",
        do,
        beside={"field_too_long": "name"},
        facts={"roles": ROLES, "contact": None},
    )


def change_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, title, roles, zone, and what the person does not want; an inactive one is no longer offered."""
    contact = contact_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        changes = {
            "name": typed.get("name", ""),
            "title": typed.get("title", ""),
            "roles": _roles(request),
            "time_zone": typed.get("time_zone", ""),
            "do_not_call": bool(typed.get("do_not_call")),
            "cease_contact": bool(typed.get("cease_contact")),
            "active": not typed.get("gone"),
        }
        correct_contact(request.door.who, contact.customer_id, pk, changes)  # type: ignore[attr-defined]
        return f"{changes['name']} is corrected."

    beside = {"not_blank": "name", "field_too_long": "name", "zone_unknown": "time_zone"}
    return act(
        request,
        contact.customer,
        "correct_contact",
        "contact",
        do,
        beside=beside,
        facts={"roles": ROLES, "contact": contact},
    )


def add_point(request: HttpRequest, pk: int) -> HttpResponse:
    """Another number or address of a person; an @ tells which it is."""
    contact = contact_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        value = typed.get("value", "")
        kind = "email" if "@" in value else "phone"
        correct_point(request.door.who, contact.customer_id, pk, kind=kind, value=value)  # type: ignore[attr-defined]
        return f"{value} of {contact.name} is kept."

    return act(
        request,
        contact.customer,
        "correct_contact",
        "point",
        do,
        beside=_BESIDE,
        facts={"contact": contact, "point": None},
    )


def change_point(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace a number or an address (the old one stays, marked wrong), or mark it (`state`)."""
    point = contact_point_for(request, pk)
    contact = point.contact

    def do(typed: Mapping[str, str]) -> str:
        who = request.door.who  # type: ignore[attr-defined]
        state, value = typed.get("state") or None, typed.get("value", "")
        if state or value == point.value:
            correct_point(who, contact.customer_id, contact.pk, point_id=pk, state=state or "ok")
            return f"{point.value} is marked {state or 'ok'}."
        correct_point(who, contact.customer_id, contact.pk, point_id=pk, value=value)
        return f"{contact.name}: {value} instead of {point.value}."

    return act(
        request,
        contact.customer,
        "correct_contact",
        "point",
        do,
        beside=_BESIDE,
        facts={"contact": contact, "point": point},
    )


def _roles(request: HttpRequest) -> list[str]:
    known = dict(ROLES)
    return [role for role in request.POST.getlist("role") if role in known]
