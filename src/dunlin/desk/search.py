"""Search from anywhere, and the list of accounts. Typing shows the best hits; Enter without one opens the whole page."""

from __future__ import annotations

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk.access import customers_of
from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.desk.tables import pages_of, sort_of
from dunlin.records.customers import sort_name
from dunlin.records.models import Balance
from dunlin.reports.search import prefix, search

_LIVE, _WHOLE = 8, 60


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Live hits for the box on top (htmx), or the page of hits."""
    allow(request, "see_own_customers")
    typed = request.GET.get("q", "").strip()
    live = bool(request.htmx) and request.htmx.target == "found"  # type: ignore[attr-defined]
    hits = search(typed, scope=customers_of(request), limit=_LIVE if live else _WHOLE)
    return show(
        request, "search.html", {"typed": typed, "hits": hits, "live": live}, part="found" if live else ""
    )


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts in sight, by name or number, a page at a time, with what they owe now."""
    allow(request, "see_own_customers")
    typed = request.GET.get("q", "").strip()
    sort = sort_of(request, ("name", "number"), "name")
    found = customers_of(request)
    wanted = sort_name(typed)
    if wanted:
        found = found.filter(
            prefix("sort_name", wanted) | prefix("number", typed) | prefix("number", typed.upper())
        )
    if request.GET.get("mine"):
        found = found.filter(collector=request.door.who.user_id)  # type: ignore[attr-defined]
    pages = pages_of(request, found.count())
    order = sort.replace("name", "sort_name")
    rows = list(
        found.select_related("collector").order_by(order, "pk")[pages.offset : pages.offset + pages.size]
    )
    facts = {
        "typed": typed,
        "sort": sort,
        "pages": pages,
        "rows": rows,
        "owed": _owed([row.pk for row in rows]),
    }
    return show(request, "accounts.html", facts, part="results")


def _owed(ids: list[int]) -> dict[int, list[tuple[str, int, int]]]:
    """Customer → (currency, net, past due) of today, from the stored balances. One query."""
    sums = (
        Balance.objects.filter(customer__in=ids)
        .values("customer", "currency")
        .annotate(debits=Sum("debits"), unapplied=Sum("unapplied"), late=Sum("past_due"))
        .order_by("customer", "currency")
    )
    owed: dict[int, list[tuple[str, int, int]]] = {}
    for row in sums:
        owed.setdefault(row["customer"], []).append(
            (row["currency"], row["debits"] - row["unapplied"], row["late"])
        )
    return owed
