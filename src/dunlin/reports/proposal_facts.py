"""What a proposal of a mail rests on, read from its stored facts: amounts, days, items, people, and the promise in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.rules.money import Money, NotMoney

# How the facts are stored: amounts as {"minor", "currency"}, days as ISO text, items as ids.
EXAMPLE: Mapping[str, Any] = {
    "amounts": [{"minor": 120000, "currency": "USD"}],
    "dates": ["2026-12-04"],
    "items": [17],
    "invoice_numbers": ["INV-1001"],
    "contacts": ["jo@harbour.test"],
    "promise": {"on": "2026-12-04", "amount": {"minor": 120000, "currency": "USD"}},
    "back_on": None,
}


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """The facts as values; what is missing or cannot be read is empty. `promised_on`, `promised` are of the promise stated."""

    amounts: tuple[Money, ...] = ()
    dates: tuple[date, ...] = ()
    items: tuple[int, ...] = ()
    invoice_numbers: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    promised_on: date | None = None
    promised: Money | None = None
    back_on: date | None = None


def proposal_facts(stored: Mapping[str, Any]) -> ProposalFacts:
    """Read what stands in MailProposal.facts. Never raises: it came from a mail."""
    promise = stored.get("promise")
    promise = promise if isinstance(promise, Mapping) else {}
    return ProposalFacts(
        amounts=tuple(money for each in _list(stored, "amounts") if (money := _money(each)) is not None),
        dates=tuple(day for each in _list(stored, "dates") if (day := _day(each)) is not None),
        items=tuple(each for each in _list(stored, "items") if isinstance(each, int) and each > 0),
        invoice_numbers=tuple(str(each)[:60] for each in _list(stored, "invoice_numbers")),
        contacts=tuple(str(each)[:254] for each in _list(stored, "contacts")),
        promised_on=_day(promise.get("on")),
        promised=_money(promise.get("amount")),
        back_on=_day(stored.get("back_on")),
    )


def _list(stored: Mapping[str, Any], name: str) -> list[Any]:
    found = stored.get(name)
    return found[:100] if isinstance(found, list) else []


def _money(value: Any) -> Money | None:
    if not isinstance(value, Mapping):
        return None
    minor, currency = value.get("minor"), value.get("currency")
    if not isinstance(minor, int) or not isinstance(currency, str) or abs(minor) >= 2**63:
        return None
    try:
        return Money(minor, currency)
    except NotMoney:
        return None


def _day(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
