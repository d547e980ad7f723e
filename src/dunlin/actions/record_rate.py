"""Record an exchange rate of a day. A rate is added or corrected, never taken away: figures of the past rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from dunlin.actions.doing import Who, doing
from dunlin.records.models import ExchangeRate
from dunlin.rules.codes import Refused
from dunlin.rules.money import MINOR_DIGITS

_DIGITS_AFTER_POINT = 6
_HIGHEST = Decimal(10) ** 9


@dataclass(frozen=True)
class RateRecorded:
    """`rate` units of `quote` for one of `base` from `on`; `before` is what stood there for the same day."""

    base: str
    quote: str
    on: date
    rate: Decimal
    before: Decimal | None


def record_rate(
    who: Who, base: str, quote: str, on: date, rate: str | Decimal, source: str = ""
) -> RateRecorded:
    """Record a rate. Refused: rate_not_usable (unknown or equal currencies, a day to come, not above zero, over 6 digits)."""
    with doing(who, "record_rate") as act:
        for code in (base, quote):
            if code not in MINOR_DIGITS:
                raise Refused("rate_not_usable", why=f"{code!r} is not a currency code of ISO 4217.")
        if base == quote:
            raise Refused("rate_not_usable", why=f"both sides are {base}.")
        if on > who.today:
            raise Refused("rate_not_usable", why=f"{on} is still to come.")
        number = _number(rate)
        before = (
            ExchangeRate.objects.filter(base=base, quote=quote, on=on).values_list("rate", flat=True).first()
        )
        ExchangeRate.objects.update_or_create(
            base=base, quote=quote, on=on, defaults={"rate": number, "source": source.strip()[:60]}
        )
        act.tell(
            about=f"rate:{base}/{quote}",
            before=(before is not None and {"on": on, "rate": str(before)}) or None,
            after={"on": on, "rate": str(number), "source": source.strip()[:60]},
        )
    return RateRecorded(base, quote, on, number, before)


def _number(rate: str | Decimal) -> Decimal:
    try:
        number = Decimal(rate)
    except InvalidOperation:
        raise Refused("rate_not_usable", why=f"{str(rate)[:40]!r} is not a number such as 1.0845.") from None
    if not number.is_finite() or not 0 < number < _HIGHEST:
        raise Refused("rate_not_usable", why="it must be above zero and below a thousand million.")
    if number != round(number, _DIGITS_AFTER_POINT):
        raise Refused("rate_not_usable", why=f"it may have {_DIGITS_AFTER_POINT} digits after the point.")
    return number
