"""Who works whose customers on a day: the collector, or the backup while the collector is away (B1, P33)."""

from __future__ import annotations

from datetime import date

from dunlin.records.models import Absence, Customer
from dunlin.rules import portfolios


def absences_on(day: date) -> list[portfolios.Absence]:
    """Absences of that day as the rules take them. One query."""
    rows = Absence.objects.filter(from_on__lte=day, through_on__gte=day)
    return [portfolios.Absence(*row) for row in rows.values_list("user", "from_on", "through_on", "backup")]


def workers(
    first_id: int, last_id: int, day: date, absences: list[portfolios.Absence] | None = None
) -> dict[int, int | None]:
    """Customer → who works it on `day`, for customers with ids from `first_id` through `last_id`; None is a gap."""
    away = absences_on(day) if absences is None else absences
    covers: dict[int | None, int | None] = {None: None}
    found = {}
    owners = Customer.objects.filter(pk__gte=first_id, pk__lte=last_id)
    for customer, collector in owners.values_list("pk", "collector"):
        if collector not in covers:
            covers[collector] = portfolios.covering(collector, away, day)
        found[customer] = covers[collector]
    return found
