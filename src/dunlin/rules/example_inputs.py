"""Worked examples: reading inputs (text into dates, decimals, amounts, calendars) and the forms an answer may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from dunlin.rules.calendars import Calendar
from dunlin.rules.money import Money

Inputs = Mapping[str, Any]
Answer = dict[str, Any]
Adapter = Callable[[Inputs], Answer]

CURRENCY = "USD"  # what an example without a currency is in


@dataclass(frozen=True, slots=True)
class Unordered:
    """A list of an answer whose order carries no meaning."""

    members: Sequence[Any]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One thing for which the reference has several spellings."""

    spellings: tuple[str | None, ...]


def read_decimal(value: Any) -> Decimal:
    """A decimal from text or a whole number; a float is refused, as it no longer says what was written."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"{value!r} is not a decimal number; quote it")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number


def read_whole(value: Any) -> int:
    """A whole number (days, counts); ValueError if there is a fraction."""
    number = read_decimal(value)
    if number != number.to_integral_value():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def read_date(value: Any) -> date:
    """A date from ISO text, or as YAML already read it."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def read_moment(value: Any) -> datetime:
    """A moment from ISO text, or as YAML already read it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def read_clock(value: Any) -> time:
    """A time of day; YAML reads an unquoted 17:00 as the number 1020."""
    if isinstance(value, int):
        return time(value // 60, value % 60)
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def read_money(inputs: Inputs, key: str) -> Money:
    """An amount in the inputs' currency, exact to its minor unit."""
    return Money.exact(read_decimal(inputs[key]), inputs.get("currency") or CURRENCY)


def first(row: Inputs, *keys: str) -> Any:
    """The value of the first of the keys that the row has."""
    for key in keys:
        if row.get(key) is not None:
            return row[key]
    raise KeyError(" or ".join(keys))


def given(inputs: Inputs, **readers: Callable[[Any], Any]) -> dict[str, Any]:
    """The named inputs that are there, each read by its reader; absent ones keep the rule's default."""
    return {key: read(inputs[key]) for key, read in readers.items() if inputs.get(key) is not None}


def read_calendar(inputs: Inputs) -> Calendar:
    """The ledger calendar with the holidays of the inputs, if any."""
    return Calendar("ledger", frozenset(read_date(day) for day in inputs.get("holidays") or ()))
