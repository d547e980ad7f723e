"""Who has been called so often in seven days that one more call would pass a limit; for many customers at once (DOMAIN section 5; D10).

The limits are rules/conduct_weeks.py; the gate before a call asks them too, of the moment it is made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from dunlin.records.calendars import contact_calendars
from dunlin.records.models import Contact, Customer
from dunlin.rules.conduct_hours import DAYS_AHEAD, Place
from dunlin.rules.conduct_weeks import WeeklyLimit, may_be_reached, weekly_limit
from dunlin.rules.policy import Policy

# A day more than the seven of a limit, so that midnight in one zone shortens nothing in another.
LOOK_BACK_DAYS = 8


def call_limits(
    calls: Mapping[int, Sequence[tuple[datetime, str]]], day: date, policy: Policy
) -> dict[int, WeeklyLimit]:
    """Customer → the limit reached on `day`. `calls` are those we made in the last LOOK_BACK_DAYS. Three queries; none while
    nobody was called often enough."""
    asked = {customer: made for customer, made in calls.items() if may_be_reached(made, policy)}
    if not asked:
        return {}
    zones = first_zones(asked)
    closed = contact_calendars(day, day + timedelta(DAYS_AHEAD))
    found = {}
    people = Customer.objects.filter(pk__in=list(asked))
    for customer, zone, country, region in people.values_list("pk", "time_zone", "country", "region"):
        place = Place(zones.get(customer) or zone, country, region, closed.get(country))
        limit = weekly_limit(day, place, policy, asked[customer])
        if limit is not None:
            found[customer] = limit
    return found


def first_zones(customers: Collection[int]) -> dict[int, str]:
    """The zone of each customer's first active contact, where it has one of its own. One query."""
    rows = Contact.objects.filter(customer__in=list(customers), active=True).order_by("-position", "-pk")
    return dict(rows.values_list("customer", "time_zone"))
