"""Credit balances by age: which credits lie unused, how long, whose, and what can be done about each (P17, P26, E6). Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from dunlin.records.models import Item
from dunlin.reports.refundable import owners, reserved
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import CREDIT_BANDS, REFUNDED_KINDS, dormant_on

SIZE = 50


@dataclass(frozen=True, slots=True)
class Band:
    """Credits of `first` through `last` days of age (`last` None: and more): how many, and what is unused of them by currency."""

    place: int
    first: int
    last: int | None
    count: int
    sums: tuple[Money, ...]

    @property
    def words(self) -> str:
        return f"{self.first}–{self.last} days" if self.last is not None else f"{self.first} days and more"


@dataclass(frozen=True, slots=True)
class CreditLine:
    """One credit. `reserved` of it is asked for as a refund; `owed` is what its customer owes in the currency; `dormant` since when, if it is."""

    item: Item
    days: int
    open: Money
    reserved: Money
    owed: Money
    dormant: date | None


@dataclass(frozen=True, slots=True)
class CustomerCredits:
    """All credits of a customer in one currency."""

    customer_id: int
    number: str
    name: str
    owner: str
    count: int
    oldest_on: date
    days: int
    open: Money


def credits_in(
    sight: Q,
    today: date,
    *,
    band: int | None = None,
    old_over: int | None = None,
    dormant_years: int | None = None,
) -> QuerySet[Item]:
    """Open credits in sight: of one band, older than `old_over` days, or without activity for so many years."""
    found = Item.objects.filter(sight, side=-1, open__gt=0)
    if band is not None:
        first, last = _days_of(band)
        found = found.filter(document_on__lte=today - timedelta(first)) if band else found
        found = found if last is None else found.filter(document_on__gte=today - timedelta(last))
    if old_over is not None:
        found = found.filter(document_on__lt=today - timedelta(old_over))
    if dormant_years is not None:
        since = _years_before(today, dormant_years)
        found = found.filter(Q(last_applied_on=None) | Q(last_applied_on__lte=since), posted_on__lte=since)
    return found


def bands(sight: Q, today: date) -> list[Band]:
    """Number and sums of each band of age, the youngest first. One query."""
    counts: dict[str, Any] = {}
    for place in range(len(CREDIT_BANDS) + 1):
        first, last = _days_of(place)
        within = Q(document_on__lte=today - timedelta(first)) if place else Q()
        within &= Q(document_on__gte=today - timedelta(last)) if last is not None else Q()
        counts |= {
            f"count_{place}": Count("pk", filter=within or None),
            f"sum_{place}": Sum("open", filter=within or None),
        }
    rows: list[Any] = list(
        credits_in(sight, today).order_by("currency").values("currency").annotate(**counts)
    )
    made = []
    for place in range(len(CREDIT_BANDS) + 1):
        sums = tuple(Money(row[f"sum_{place}"], row["currency"]) for row in rows if row[f"sum_{place}"])
        made.append(Band(place, *_days_of(place), sum(row[f"count_{place}"] for row in rows), sums))
    return made


def credit_lines(
    found: QuerySet[Item], today: date, policy: Policy, offset: int = 0, size: int = SIZE
) -> list[CreditLine]:
    """A page of credits, the oldest first. At most three queries, and two a currency."""
    rows = list(
        found.select_related("customer__collector").order_by("document_on", "pk")[offset : offset + size]
    )
    asked = reserved([row.pk for row in rows])
    owed: dict[tuple[int, str], Money] = {}
    for currency in {row.currency for row in rows}:
        of = owners({row.customer_id for row in rows if row.currency == currency}, currency, today)
        owed |= {(customer, currency): owner.owed for customer, owner in of.items()}
    return [
        CreditLine(
            row, (today - row.document_on).days, Money(row.open, row.currency), Money(asked.get(row.pk, 0), row.currency),
            owed[row.customer_id, row.currency], _dormant(row, today, policy),
        )
        for row in rows
    ]  # fmt: skip


def credits_by_customer(
    found: QuerySet[Item], today: date, offset: int = 0, size: int = SIZE
) -> list[CustomerCredits]:
    """A page of customers with the credits `found`, by currency, the oldest credit first. One query."""
    rows = (
        found.order_by()
        .values(
            "customer_id", "customer__number", "customer__name", "customer__collector__first_name", "customer__collector__last_name", "currency"
        )
        .annotate(count=Count("pk"), sum=Sum("open"), oldest=Min("document_on"))
        .order_by("oldest", "customer_id", "currency")[offset : offset + size]
    )  # fmt: skip
    return [
        CustomerCredits(
            row["customer_id"], row["customer__number"], row["customer__name"],
            " ".join(filter(None, (row["customer__collector__first_name"], row["customer__collector__last_name"]))),
            row["count"], row["oldest"], (today - row["oldest"]).days, Money(row["sum"], row["currency"]),
        )
        for row in rows
    ]  # fmt: skip


def can_refund(item: Item) -> bool:
    """Whether a credit of that kind is refunded at all."""
    return item.kind in REFUNDED_KINDS


def _days_of(place: int) -> tuple[int, int | None]:
    first = CREDIT_BANDS[place - 1] + 1 if place else 0
    return first, CREDIT_BANDS[place] if place < len(CREDIT_BANDS) else None


def _dormant(row: Item, today: date, policy: Policy) -> date | None:
    on = dormant_on(max(row.posted_on, row.last_applied_on or row.posted_on), policy.credit_dormant_years)
    return on if on <= today else None


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
