"""A bank file as plain values for machines: amounts as strings beside their currency, account numbers as their tails only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from dunlin.formats.bank_model import Balance, BankFile, Document, Entry, Flaw, Statement
from dunlin.rules.money import Money

# In memory only (bank_model.py); nothing that leaves this function holds them.
_NEVER = ("account", "payer_account", "corrected")


def plain_file(read: BankFile) -> dict[str, Any]:
    """Everything understood of a file; the shape stands in docs/reference/json.md."""
    return {
        "format": read.format,
        "variant": read.variant,
        "transactions": sum(len(each.entries) for each in read.statements),
        "sums": sums_of(read.entries),
        "statements": [_statement(each) for each in read.statements],
        "warnings": [_flaw(each) for each in read.warnings],
        "damaged": [_flaw(each) | {"text": each.text} for each in read.damaged],
    }


def sums_of(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Per currency: how many entries are booked, what came in, what went out, and how many are not booked (yet)."""
    counts: dict[str, Counter[str]] = {}
    for each in entries:
        found = counts.setdefault(each.amount.currency, Counter())
        if each.status == "booked":
            found["booked"] += 1
            found["in" if each.amount.minor >= 0 else "out"] += each.amount.minor
        else:
            found[each.status] += 1
    return {
        currency: {
            "booked": found["booked"],
            "in": Money(found["in"], currency).plain,
            "out": Money(found["out"], currency).plain,
            "pending": found["pending"],
            "info": found["info"],
        }
        for currency, found in sorted(counts.items())
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "place": statement.place,
        "account_tail": statement.account_tail,
        "currency": statement.currency,
        "number": statement.number,
        "opening": _balance(statement.opening),
        "closing": _balance(statement.closing),
        "adds_up": statement.adds_up,
        "sums": sums_of(statement.entries),
        "entries": [_entry(each) for each in statement.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in Entry.__slots__:
        if name not in _NEVER:
            value = getattr(entry, name)
            if name == "amount":
                told |= {"amount": value.plain, "currency": value.currency}
            elif name == "documents":
                told[name] = [_document(each) for each in value]
            else:
                told[name] = _value(value)
    return told


def _document(document: Document) -> dict[str, Any]:
    return {name: _value(getattr(document, name)) for name in Document.__slots__}


def _value(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": value.plain, "currency": value.currency}
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _balance(balance: Balance | None) -> dict[str, Any] | None:
    if balance is None:
        return None
    return {
        "amount": balance.amount.plain,
        "currency": balance.amount.currency,
        "on": _value(balance.on),
    }


def _flaw(flaw: Flaw) -> dict[str, Any]:
    return {"place": flaw.place, "code": flaw.code, "detail": flaw.detail}
