"""How many ACH debits came back, of each kind, beside the limits of the network (DOMAIN section 4). Read-only."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from django.db.models import Count

from dunlin.records.models import Receipt, ReturnedPayment
from dunlin.rules.returned import RATE_DAYS, ReturnRate, class_of, rail_of, rate_watch

_TOLD = ("return", "reversal")


def ach_returns(today: date) -> dict[str, int]:
    """Debits that came back in the sixty days up to `today`, by code: what the bank told of, whether its payment was found or not, and
    what a person recorded without the bank's file. Two queries."""
    since = today - timedelta(RATE_DAYS - 1)
    told = Receipt.objects.filter(kind__in=_TOLD, amount__lt=0, booked_on__range=(since, today), part_of=None)
    by_hand = ReturnedPayment.objects.filter(rail="ach", returned_on__range=(since, today))
    by_hand = by_hand.exclude(payment__receipts__kind__in=_TOLD)
    found: Counter[str] = Counter()
    for code, number in told.values_list("return_code").annotate(Count("pk")).order_by():
        if rail_of(code) == "ach":
            found[code] += number
    for code, number in by_hand.values_list("code").annotate(Count("pk")).order_by():
        found[code] += number
    return {code: number for code, number in found.items() if class_of(code, "ach") is not None}


def return_rate_watch(today: date, debits: int) -> tuple[ReturnRate, ...]:
    """The three shares; `debits` originated in the same days (setting `return.debits_sixty_days`, 0: not known)."""
    return rate_watch(debits, ach_returns(today))
