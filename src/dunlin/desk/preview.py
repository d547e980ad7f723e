"""The account beside the list while one moves through it: enough to decide, and the keys to act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dunlin.desk.doors import Standing
from dunlin.records.models import Contact, ContactPoint, Customer
from dunlin.reports.call_guide import CallGuide, call_guide
from dunlin.reports.why import Why, why


@dataclass(frozen=True)
class Preview:
    """`guide` is None on a past day: then only what was decided is shown. `contacts` are (contact, its usable points)."""

    customer: Customer
    why: Why
    guide: CallGuide | None
    contacts: tuple[tuple[Contact, tuple[ContactPoint, ...]], ...]


def preview_of(customer: Customer, door: Standing) -> Preview:
    """A fixed number of queries, at most twenty-one."""
    return Preview(
        customer,
        why(customer.pk, door.as_of, door.policy),
        None if door.in_past else call_guide(customer.pk, door.today),
        usable_contacts(customer.pk),
    )


def usable_contacts(customer_id: int) -> tuple[tuple[Contact, tuple[ContactPoint, ...]], ...]:
    """Active contacts in their order with the points that are not known to be wrong. Two queries."""
    contacts = Contact.objects.filter(customer=customer_id, active=True).prefetch_related("points")
    return tuple((each, tuple(_good(each.points.all()))) for each in contacts)


def _good(points: Any) -> list[ContactPoint]:
    return [point for point in points if point.state == "ok"]
