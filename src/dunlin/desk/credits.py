"""Credit balances by age: what lies unused, the old first, and what can be done about it (P17, P26, E6)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk.access import in_sight
from dunlin.desk.answers import show
from dunlin.desk.office import seeing
from dunlin.desk.tables import pages_of
from dunlin.reports.credit_balances import (
    SIZE,
    bands,
    can_refund,
    credit_lines,
    credits_by_customer,
    credits_in,
)


@require_safe
def credits_(request: HttpRequest) -> HttpResponse:
    """Older than the setting says first; one band, all, or what is dormant when asked; by item or by customer."""
    seeing(request, "see_refunds")
    door = request.door  # type: ignore[attr-defined]
    sight = in_sight(door, "customer")
    which, by = request.GET.get("age", "old"), request.GET.get("by", "item")
    band = int(which) if which in ("0", "1", "2", "3", "4", "5") else None
    found = credits_in(
        sight, door.today, band=band, old_over=door.policy.credit_age_over if which == "old" else None,
        dormant_years=door.policy.credit_dormant_years if which == "dormant" else None,
    )  # fmt: skip
    by_customer = by == "customer"
    total = (
        found.order_by().values("customer", "currency").distinct().count() if by_customer else found.count()
    )
    pages = pages_of(request, total, SIZE)
    facts = {
        "bands": bands(sight, door.today), "which": which, "by": "customer" if by_customer else "item", "pages": pages,
        "lines": [] if by_customer else credit_lines(found, door.today, door.policy, pages.offset),
        "customers": credits_by_customer(found, door.today, pages.offset) if by_customer else [], "can_refund": can_refund,
    }  # fmt: skip
    return show(request, "refunds/credits.html", facts, part="results")
