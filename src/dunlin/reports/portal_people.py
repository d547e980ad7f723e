"""Whose e-mail address it is: the people of customers who can sign in to the portal with it (E7)."""

from __future__ import annotations

from django.db.models.functions import Lower

from dunlin.records.models import Contact, ContactPoint


def people_with(address: str) -> list[Contact]:
    """The active contacts that have this address and where it works, with their customers, by customer's name. One query.

    One person may be a contact of several customers, and stands here once for each of them.
    """
    if not address:
        return []
    points = ContactPoint.objects.annotate(low=Lower("value")).filter(
        low=address.lower(), kind="email", state="ok", contact__active=True
    )
    order = ("contact__customer__sort_name", "contact__customer", "contact__position", "contact")
    rows: dict[int, Contact] = {}
    for each in points.select_related("contact__customer").order_by(*order):
        rows.setdefault(each.contact.customer_id, each.contact)
    return list(rows.values())
