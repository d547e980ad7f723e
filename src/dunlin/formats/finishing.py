"""The last step of a row: amounts with their currency and side, what is paid and open, the key it is known by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from dunlin.formats.plans import Plan, words
from dunlin.formats.problems import Unreadable
from dunlin.formats.row_kinds import ContactRow, CustomerRow, ItemRow, PaymentRow, Row, RowProblem
from dunlin.formats.targets import CREDIT_KINDS
from dunlin.formats.values import Cell, cell_text, identifier, parse_amount
from dunlin.rules.codes import sentence
from dunlin.rules.money import Money

_CREDITS = frozenset(CREDIT_KINDS)
Cells = tuple[Cell, ...]
Warnings = tuple[RowProblem, ...]


class Reading:
    """What one pass over one file remembers: the keys met (as hashes, with their line) and how often a content came."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: dict[int, int] = {}
        self.ordinals: dict[str, int] = {}
        self.identity_slots = (
            [slot for slot, _ in plan.identity] if all(i < 0 for _, i in plan.identity) else None
        )
        self.sign = plan.mapping.sign
        self.decimal_comma = plan.mapping.decimal_comma

    def key(self, line: int, cells: Cells, values: list[Any], number: str | None) -> str:
        """The key of the row: the same in the next file. Raises `row_twice` when this file had it already."""
        if number == "" and self.plan.content:
            content = _joined([_part(slot, index, values, cells) for slot, index in self.plan.content])
            digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]
            ordinal = self.ordinals[digest] = self.ordinals.get(digest, 0) + 1
            return f"content|{digest}|{ordinal}"
        if self.identity_slots is not None:
            key = _joined([str(values[slot]) for slot in self.identity_slots])
        else:
            key = _joined([_part(slot, index, values, cells) for slot, index in self.plan.identity])
        first = self.lines.setdefault(hash(key), line)
        if first != line:
            raise _at("number", Unreadable("row_twice", value=number or key, first=first))
        return key


def _slots_only(parts: list[tuple[int, int]]) -> list[int] | None:
    return [slot for slot, _ in parts] if all(index < 0 for _, index in parts) else None


def _part(slot: int, index: int, values: list[Any], cells: Cells) -> str:
    if slot < 0:
        return identifier(cells[index])
    value = values[slot]
    return "" if value is None else str(value)


def _joined(parts: list[str]) -> str:
    key = "|".join(parts)
    # A bar inside a part would let two different rows share a key.
    return key if key.count("|") == len(parts) - 1 else json.dumps(parts, ensure_ascii=False)


def _at(target: str, error: Unreadable) -> Unreadable:
    error.target = target
    return error


def _money(reading: Reading, cell: Cell, currency: str, target: str) -> Money | None:
    if cell is None:
        return None
    try:
        return parse_amount(cell, reading.decimal_comma, currency)
    except Unreadable as error:
        error.target = target
        raise


def check_amounts(plan: Plan, values: list[Any]) -> Iterator[tuple[str, Unreadable]]:
    """(field, what is wrong) for each amount of a row that cannot be read by itself. `currency` must be read already."""
    currency = values[plan.slots["currency"]] if "currency" in plan.slots else ""
    for target in plan.amounts:
        cell = values[plan.slots[target]]
        if target != "invoices" and currency and cell is not None:
            try:
                parse_amount(cell, plan.mapping.decimal_comma, currency)
            except Unreadable as error:
                yield target, error


def _side(reading: Reading, cells: Cells, kind: str, first: Money) -> tuple[str, int]:
    """The kind after the sign has spoken, and the factor (1 or -1) that makes the row's amounts positive."""
    negative = first.minor < 0
    if reading.sign == "as_is":
        if negative:
            raise _at("amount", Unreadable("amount_negative", value=first.plain))
        return kind, 1
    if reading.sign == "negative_is_credit":
        if kind in _CREDITS and not negative:
            raise _at("amount", Unreadable("amount_wrong_side", value=first.plain, kind=words(kind)))
        return ("credit_memo" if negative and kind not in _CREDITS else kind), -1 if negative else 1
    mark = identifier(cells[reading.plan.dc_index]).casefold()
    if mark in reading.plan.credit:
        return (kind if kind in _CREDITS else "credit_memo"), -1 if negative else 1
    if mark not in reading.plan.debit:
        raise _at("amount", Unreadable("sign_mark_unknown", value=mark))
    if negative:
        raise _at("amount", Unreadable("amount_negative", value=first.plain))
    if kind in _CREDITS:
        raise _at("kind", Unreadable("value_not_in_list", value=kind, target="kind of a debit"))
    return kind, 1


def _three(
    amount: int | None, paid: int | None, still: int | None, cur: str
) -> tuple[int, int | None, int | None]:
    """amount, paid, open in minor units; the third from the other two; refused when they contradict each other."""
    if amount is None:
        amount = (still or 0) + (paid or 0)
    elif paid is not None and still is not None and amount != paid + still:
        facts = {"amount": Money(amount, cur), "paid": Money(paid, cur), "open": Money(still, cur)}
        raise _at("amount", Unreadable("amount_not_paid_plus_open", **facts))
    if paid is None and still is not None:
        paid = amount - still
        if paid < 0:
            raise _at(
                "open", Unreadable("open_exceeds_amount", open=Money(still, cur), amount=Money(amount, cur))
            )
    if paid is not None:
        still = amount - paid
        if still < 0:
            raise _at(
                "paid", Unreadable("paid_exceeds_amount", paid=Money(paid, cur), amount=Money(amount, cur))
            )
        if paid < 0:
            raise _at("paid", Unreadable("amount_negative", value=Money(paid, cur).plain))
    if amount == 0:
        raise _at("amount", Unreadable("amount_zero"))
    return amount, paid, still


def _add_up(given: Money, paid: Money | None, still: Money | None) -> bool:
    if paid is None or still is None:
        return False
    return given.minor == paid.minor + still.minor > 0 and paid.minor >= 0 and still.minor >= 0


def _settle(
    given: Money | None, paid: Money | None, still: Money | None, factor: int, currency: str
) -> tuple[Money, Money | None, Money | None]:
    """amount, paid, open as positive amounts, each from the others; None, None when the file says nothing of them."""
    if factor == 1 and given is not None:
        if paid is None and still is None:
            if given.minor > 0:
                return given, None, None
        elif _add_up(given, paid, still):
            return given, paid, still
    elif factor == 1 and paid is None and still is not None and still.minor > 0:
        return still, Money(0, currency), still
    # Everything out of the ordinary: signs turned, a third from two, contradictions named.
    parts = [None if money is None else factor * money.minor for money in (given, paid, still)]
    whole, paid_minor, open_minor = _three(parts[0], parts[1], parts[2], currency)
    return (
        Money(whole, currency),
        None if paid_minor is None else Money(paid_minor, currency),
        None if open_minor is None else Money(open_minor, currency),
    )


def _settled_on(document_on: date, settled_on: date | None, days: int | None) -> date | None:
    if settled_on is not None or days is None:
        return settled_on
    try:
        return document_on + timedelta(days=days)
    except OverflowError:
        raise _at("settled_days", Unreadable("date_out_of_range", value=str(days))) from None


def _customer(reading: Reading, number: str, name: str) -> str:
    if number:
        return number
    if reading.plan.name_gives_customer is None or not name:
        raise _at("customer", Unreadable("blank_required", target="customer"))
    return str(reading.plan.name_gives_customer(name))


def _odd_dates(line: int, document_on: date, due_on: date | None, settled_on: date | None) -> Warnings:
    odd: Warnings = ()
    if due_on is not None and due_on < document_on:
        told = sentence("due_before_document", {"due_on": due_on, "document_on": document_on})
        odd = (RowProblem(line, "due_on", due_on.isoformat(), "due_before_document", told),)
    if settled_on is not None and settled_on < document_on:
        told = sentence("settled_before_document", {"settled_on": settled_on, "document_on": document_on})
        odd = (*odd, RowProblem(line, "settled_on", settled_on.isoformat(), "settled_before_document", told))
    return odd


def _item(reading: Reading, line: int, cells: Cells, values: list[Any], warnings: Warnings) -> ItemRow:
    (customer, name, entity, number, instalment, kind, invoice_class, currency, amount_cell, paid_cell, open_cell,
     document_on, posted_on, due_on, settled_on, days, terms, po_number, order_number, reference, service_month,
     description) = values  # fmt: skip
    customer = values[0] = _customer(reading, customer, name)
    document_on = values[11] = document_on or posted_on
    if document_on is None:
        raise _at("document_on", Unreadable("blank_required", target="document date"))
    posted_on = posted_on or document_on
    given = _money(reading, amount_cell, currency, "amount")
    paid = _money(reading, paid_cell, currency, "paid")
    still = _money(reading, open_cell, currency, "open")
    first = given if given is not None else still
    if first is None:
        raise _at("amount", Unreadable("blank_required", target="amount"))
    kind, factor = _side(reading, cells, kind, first)
    settled_on = _settled_on(document_on, settled_on, days)
    amount, paid, still = _settle(given, paid, still, factor, currency)
    if paid is not None and paid.minor == 0:
        settled_on = None
    if paid is None and settled_on is not None:
        # A settlement date with nothing said of amounts: settled in full.
        paid, still = amount, Money(0, currency)
    values[5], values[8] = kind, amount.minor
    key = reading.key(line, cells, values, number)
    if (due_on is not None and due_on < document_on) or (settled_on is not None and settled_on < document_on):
        warnings = (*warnings, *_odd_dates(line, document_on, due_on, settled_on))
    return ItemRow(
        line, customer, name, entity, number or None, instalment, kind, invoice_class, document_on, posted_on, due_on,
        amount, paid, still, settled_on, terms, po_number, order_number, reference, service_month, description,
        key, warnings, reading.plan.header, cells,
    )  # fmt: skip


_PAYS = re.compile(r"\s*([^=;\n]+?)\s*(?:=\s*([^;\n]+?)\s*)?(?:[;\n]|\Z)")


def _pays(reading: Reading, cell: Cell, currency: str) -> tuple[tuple[str, Money | None], ...]:
    """The invoices a payment names: `INV-1=100.00; INV-2=50.00`, or numbers alone."""
    text = cell_text(cell).strip(" ;\n")
    if not text:
        return ()
    found: list[tuple[str, Money | None]] = []
    position = 0
    while position < len(text):
        part = _PAYS.match(text, position)
        if part is None or part.end() == position:
            raise _at("invoices", Unreadable("list_not_understood", value=text))
        found.append((identifier(part[1]), _money(reading, part[2], currency, "invoices")))
        position = part.end()
    return tuple(found)


def _payment(reading: Reading, line: int, cells: Cells, values: list[Any], warnings: Warnings) -> PaymentRow:
    (customer, name, entity, number, currency, amount_cell, value_on, posted_on, method, reference, invoices,
     description) = values  # fmt: skip
    customer = values[0] = _customer(reading, customer, name)
    amount = _money(reading, amount_cell, currency, "amount")
    if amount is None:
        raise _at("amount", Unreadable("blank_required", target="amount"))
    if reading.sign == "dc_column":
        mark = identifier(cells[reading.plan.dc_index]).casefold()
        if mark not in reading.plan.credit:
            raise _at("amount", Unreadable("sign_mark_unknown", value=mark))
        amount = Money(abs(amount.minor), currency)
    elif reading.sign == "negative_is_credit":
        # Money received is a credit: in such a file a payment is negative.
        if amount.minor > 0:
            raise _at("amount", Unreadable("amount_wrong_side", value=amount.plain, kind="a payment"))
        amount = -amount
    if amount.minor == 0:
        raise _at("amount", Unreadable("amount_zero"))
    if amount.minor < 0:
        raise _at("amount", Unreadable("amount_negative", value=amount.plain))
    values[5] = amount.minor
    pays = _pays(reading, invoices, currency)
    key = reading.key(line, cells, values, number)
    return PaymentRow(
        line, customer, name, entity, number or None, value_on, posted_on or value_on, amount, method, reference,
        pays, description, key, warnings, reading.plan.header, cells,
    )  # fmt: skip


def _customer_row(
    reading: Reading, line: int, cells: Cells, values: list[Any], warnings: Warnings
) -> CustomerRow:
    number, name, currency, limit_cell = values[0], values[1], values[4], values[6]
    number = values[0] = _customer(reading, number, name)
    limit = None
    if limit_cell is not None:
        if not currency:
            raise _at("credit_limit", Unreadable("blank_required", target="currency of the credit limit"))
        limit = _money(reading, limit_cell, currency, "credit_limit")
    key = reading.key(line, cells, values, number)
    values[6] = limit
    return CustomerRow._make((line, *values, key, warnings, reading.plan.header, cells))


def _contact_row(
    reading: Reading, line: int, cells: Cells, values: list[Any], warnings: Warnings
) -> ContactRow:
    values[0] = _customer(reading, values[0], values[1])
    key = reading.key(line, cells, values, None)
    return ContactRow._make((line, *values, key, warnings, reading.plan.header, cells))


FINISH: dict[str, Callable[[Reading, int, Cells, list[Any], Warnings], Row]] = {
    "customers": _customer_row,
    "contacts": _contact_row,
    "items": _item,
    "payments": _payment,
}
