"""Refunds by where they stand, with their totals; the rows of one page (E6). Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from dunlin.records.models import Refund
from dunlin.rules.money import Money

PAGE_SIZE = 50
# Tab → the refunds in it, in the order of the work.
TABS: dict[str, Q] = {
    "waiting": Q(state="requested"),
    "to_pay": Q(state="approved"),
    "in_file": Q(state="in_file"),
    "sent": Q(state="paid"),
    "confirmed": Q(state="confirmed"),
    "returned": Q(state="returned"),
    "over": Q(state__in=("refused", "cancelled")),
}


@dataclass(frozen=True, slots=True)
class TabTotal:
    """How many refunds stand there and what they add up to, by currency."""

    count: int
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page; `next` is the id to go on after, None at the end."""

    rows: tuple[Refund, ...]
    next: int | None


def totals(sight: Q) -> dict[str, TabTotal]:
    """Number and sums of each tab, of what is in sight. One query."""
    rows = list(
        Refund.objects.filter(sight)
        .order_by()
        .values_list("state", "currency")
        .annotate(Count("pk"), Sum("amount"))
    )
    found = {}
    for tab, which in TABS.items():
        states: dict[str, Any] = dict(which.children)  # type: ignore[arg-type]
        wanted = states.get("state__in") or (states["state"],)
        held: dict[str, int] = {}
        count = 0
        for state, currency, number, amount in rows:
            if state in wanted:
                count += number
                held[currency] = held.get(currency, 0) + amount
        found[tab] = TabTotal(count, tuple(Money(minor, code) for code, minor in sorted(held.items())))
    return found


def refunds_page(tab: str, sight: Q, after: int | None = None) -> RefundPage:
    """One page of a tab, newest first. One query."""
    found = Refund.objects.filter(sight & TABS[tab]).select_related(
        "customer", "credit", "payee", "file", "asked_by"
    )
    found = found if after is None else found.filter(pk__lt=after)
    rows = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    return RefundPage(tuple(rows[:PAGE_SIZE]), rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None)
