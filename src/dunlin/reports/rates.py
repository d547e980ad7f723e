"""Exchange rates as the books state them. A missing rate is a named gap, never one to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

from django.db.models import OuterRef, Q, Subquery

from dunlin.records.models import ExchangeRate
from dunlin.rules.money import Money

_WIDE = Context(prec=30)


@dataclass(frozen=True, slots=True)
class Rate:
    """`rate` units of `quote` for one of `base`, published for day `on`; `inverted` when the books state it the other way."""

    base: str
    quote: str
    rate: Decimal
    on: date
    source: str
    inverted: bool = False

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate:f} {self.quote} ({self.on.isoformat()})"


def rate(base: str, quote: str, on: date) -> Rate | None:
    """The newest rate of a day not after `on`; None when the books have none."""
    return rates_to(quote, [base], on).get(base)


def rates_to(quote: str, bases: Collection[str], on: date) -> dict[str, Rate]:
    """Rates to `quote` by base currency; one that is missing is missing here. `quote` itself is 1. One query.

    A rate stated the other way round serves when there is none of its own way.
    """
    found = {quote: Rate(quote, quote, Decimal(1), on, "")} if quote in bases else {}
    others = [base for base in bases if base != quote]
    if not others:
        return found
    newest = ExchangeRate.objects.filter(base=OuterRef("base"), quote=OuterRef("quote"), on__lte=on).order_by(
        "-on"
    )
    rows = ExchangeRate.objects.filter(
        Q(base__in=others, quote=quote) | Q(base=quote, quote__in=others),
        on=Subquery(newest.values("on")[:1]),
    )
    for base, to, number, day, source in rows.values_list("base", "quote", "rate", "on", "source"):
        if to == quote:
            found[base] = Rate(base, quote, number, day, source)
        elif to not in found or found[to].inverted:
            found.setdefault(
                to, Rate(to, quote, _WIDE.divide(Decimal(1), number), day, source, inverted=True)
            )
    return found


def home_minor(minor: int, currency: str, rates: Mapping[str, Rate], home: str) -> int | None:
    """Minor units of the home currency, rounded half up once; None without a rate."""
    if currency == home:
        return minor
    found = rates.get(currency)
    return None if found is None else Money(minor, currency).converted(home, found.rate).minor
