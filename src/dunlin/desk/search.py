"""Search from anywhere. Typing shows the best hits; Enter without one opens the whole page."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk.access import customers_of
from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.records.models import Balance, Customer
from dunlin.reports.search import search

_LIVE, _WHOLE = 8, 60


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Live hits for the box on top (htmx), or the page of hits."""
    allow(request, "see_own_customers")
    typed = request.GET.get("q", "").strip()
    live = bool(request.htmx) and request.htmx.target == "found"  # type: ignore[attr-defined]
    hits = search(typed, scope=customers_of(request), limit=_LIVE if live else _WHOLE)
    facts = {"typed": typed, "hits": hits, "live": live, "owed": _owed({hit.customer_id for hit in hits})}
    if not live:
        found = Customer.objects.filter(pk__in={hit.customer_id for hit in hits}).select_related("collector")
        facts["collectors"] = {each.pk: each.collector.name if each.collector else "" for each in found}
    return show(request, "search.html", facts, part="found" if live else "")


def _owed(customers: set[int]) -> dict[int, list[tuple[str, int, int]]]:
    """(currency, balance, past due) of each customer, as of today. One query."""
    owed: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    rows = Balance.objects.filter(customer__in=customers).values_list("customer", "currency")
    for customer, currency, net, past_due in rows.annotate(
        net=Sum("debits") - Sum("unapplied"), due=Sum("past_due")
    ).order_by("currency"):
        if net or past_due:
            owed[customer].append((currency, int(net), int(past_due)))
    return owed
