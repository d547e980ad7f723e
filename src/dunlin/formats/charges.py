"""Charges as text: a row of a file or a form to a charge, and back. Every field that cannot be read is named (A6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from dunlin.rules.invoicing import Charge, Days

FIELDS = (
    "description", "quantity", "unit_price", "tax_pct", "jurisdiction", "service_from", "service_to", "period_from", "period_to",
)  # fmt: skip
_NUMBERS = {"quantity": "1", "unit_price": "", "tax_pct": "0"}
_NUMBER_CHARS = 40


class ChargeUnreadable(ValueError):
    """A charge that cannot be read; `problems` maps a field to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{field.replace('_', ' ')}: {why}" for field, why in problems.items()))


def charge_of(row: Mapping[str, Any]) -> Charge:
    """The charge of a row of texts. ChargeUnreadable names all fields that cannot be read; whether it makes sense says the rule."""
    problems: dict[str, str] = {}
    numbers = {name: _number(row, name, otherwise, problems) for name, otherwise in _NUMBERS.items()}
    service, period = _days(row, "service", problems), _days(row, "period", problems)
    if problems:
        raise ChargeUnreadable(problems)
    return Charge(
        description=_text(row, "description"), jurisdiction=_text(row, "jurisdiction"), service=service, period=period, **numbers
    )  # fmt: skip


def plain_charge(charge: Charge) -> dict[str, str]:
    """The charge as texts that `charge_of` reads back; what is empty is left out."""
    row = {
        "description": charge.description, "quantity": f"{charge.quantity:f}", "unit_price": f"{charge.unit_price:f}",
        "tax_pct": f"{charge.tax_pct:f}", "jurisdiction": charge.jurisdiction,
    }  # fmt: skip
    for name, days in (("service", charge.service), ("period", charge.period)):
        if days:
            row[f"{name}_from"], row[f"{name}_to"] = days[0].isoformat(), days[1].isoformat()
    return {name: value for name, value in row.items() if value}


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else " ".join(str(value).split())


def _number(row: Mapping[str, Any], name: str, otherwise: str, problems: dict[str, str]) -> Decimal:
    text = _text(row, name).replace(",", "").replace(" ", "").removesuffix("%") or otherwise
    if not text:
        problems[name] = "write an amount such as 120.00"
    elif isinstance(row.get(name), float) or len(text) > _NUMBER_CHARS:
        problems[name] = f"{text[:_NUMBER_CHARS]} must be written as text"
    else:
        try:
            found = Decimal(text)
        except InvalidOperation:
            problems[name] = f"{text!r} is not a number"
        else:
            if found.is_finite() and abs(found.adjusted()) < _NUMBER_CHARS:
                return found
            problems[name] = f"{text!r} is not a number of anything"
    return Decimal(1)


def _days(row: Mapping[str, Any], name: str, problems: dict[str, str]) -> Days | None:
    first, last = (_day(row, f"{name}_{end}", problems) for end in ("from", "to"))
    if first is None and last is None:
        return None
    if first is None or last is None:
        problems.setdefault(f"{name}_{'from' if first is None else 'to'}", "state the first and the last day")
        return None
    return first, last


def _day(row: Mapping[str, Any], name: str, problems: dict[str, str]) -> date | None:
    value = row.get(name)
    if isinstance(value, date):
        return value
    text = _text(row, name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems[name] = f"{text!r} is not a date written 2026-05-31"
        return None
