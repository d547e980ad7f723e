"""Search from anywhere. Typing shows the best hits; Enter without one opens the whole page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk.access import customers_of
from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.reports.search import search

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
