"""Remittance advice as CSV or spreadsheet: a row a document, by columns named or known by their headings.

What the file itself proves (encoding, delimiter, order of day and month, decimal mark, currency) is found out over the whole
file and refused when it proves nothing. A row that says "total" and names no document is the amount of the payment. Rows that
name different payments (a reference of the transfer, a number of a check) are different advices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from dunlin.formats.amount_marks import MarkEvidence
from dunlin.formats.dates import OrderEvidence, is_no_date, parse_date
from dunlin.formats.problems import TableProblem, Unreadable
from dunlin.formats.remittance_collect import Draft, Gathered
from dunlin.formats.remittance_model import AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.formats.remittance_words import HEADINGS, currencies_in, is_total
from dunlin.formats.synonyms import plain
from dunlin.formats.tables import Table, open_table
from dunlin.formats.values import Cell, cell_text, clean_text, parse_amount
from dunlin.rules.cash.deductions import code_of
from dunlin.rules.money import MINOR_DIGITS, Money

FIELDS = {
    "number": "Number of the document. Required.",
    "paid": "What of the payment is for it. Required.",
    "gross": "What the document was of.",
    "discount": "Discount taken.",
    "kept": "What was kept back.",
    "reason": "Why it was kept back.",
    "on": "Day of the document.",
    "currency": "ISO 4217 code.",
    "payer_name": "Who pays.",
    "trace": "Reference under which the money travels.",
    "check_number": "Number of a check.",
    "paid_on": "Day of the payment.",
    "amount": "Amount of the whole payment.",
}
_AMOUNTS = ("paid", "gross", "discount", "kept", "amount")
_DAYS = ("on", "paid_on")
_CELLS_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class _Layout:
    """The mapping against the header, and what the whole file proves."""

    table: Table
    places: Mapping[str, int]
    constants: Mapping[str, str]
    currency: str
    comma: bool
    order: str

    def cell(self, field: str, cells: Sequence[Cell]) -> Cell:
        if field in self.constants:
            return self.constants[field]
        at = self.places.get(field)
        return cells[at] if at is not None and at < len(cells) else ""

    def words(self, field: str, cells: Sequence[Cell]) -> str:
        return clean_text(self.cell(field, cells))

    def money(self, field: str, cells: Sequence[Cell], currency: str) -> Money | None:
        """Unreadable when there is something that is no amount; None when there is nothing."""
        cell = self.cell(field, cells)
        return parse_amount(cell, self.comma, currency) if cell_text(cell).strip() else None


def read_remittance_table(
    name: str,
    content: bytes,
    columns: Mapping[str, str] | None = None,
    currency: str = "",
    date_order: str = "",
    decimal_mark: str = "",
) -> AdviceFile:
    """Read a table by `columns` (field of `FIELDS` → column or ":VALUE"), else by its headings. `currency` is taken where none is named.

    RemittanceProblem when it is no table, lacks a column, or what it does not prove was not said.
    """
    try:
        table = open_table(content, name)
        layout = _layout(table, columns or {}, currency, date_order, decimal_mark)
        into = Gathered("table", table.format)
        if not layout.order:
            into.warn("file", "bank_dates_open")
        drafts: dict[tuple[str, ...], Draft] = {}
        for line, cells in table.rows():
            if any(cell_text(cell).strip() for cell in cells):
                _row(into, layout, drafts, f"line {line}", cells)
    except TableProblem as problem:
        raise RemittanceProblem(problem.code, problem.line, **problem.facts) from None
    return into.finish(name)


def headings(header: Sequence[str]) -> dict[str, int]:
    """Field → column, by the headings alone: the first heading a field knows, in the order of what it knows."""
    spelt = [plain(each) for each in header]
    found: dict[str, int] = {}
    for field, known in HEADINGS.items():
        at = next((spelt.index(each) for each in known if each in spelt), None)
        if at is not None and at not in found.values():
            found[field] = at
    return found


def _layout(
    table: Table, columns: Mapping[str, str], currency: str, date_order: str, decimal_mark: str
) -> _Layout:
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise RemittanceProblem("bank_field_unknown", field=unknown[0], fields=", ".join(FIELDS))
    constants = {field: said[1:] for field, said in columns.items() if said.startswith(":")}
    places: dict[str, int] = {}
    for field, column in columns.items():
        if field not in constants:
            if column not in table.header:
                raise RemittanceProblem(
                    "remittance_column_missing", column=column, columns=", ".join(table.header)[:300]
                )
            places[field] = table.header.index(column)
    if not places:
        places = {field: at for field, at in headings(table.header).items() if field not in constants}
    if not {"number", "paid"} <= set(places):
        raise RemittanceProblem("remittance_columns_unknown", columns=", ".join(table.header)[:300])
    if "amount" in places and places["amount"] == places["paid"]:
        del places["amount"]
    marks, days, named = MarkEvidence(), OrderEvidence(), set(currencies_in(" ".join(table.header)))
    for number, (line, cells) in enumerate(table.rows()):
        for field, at in places.items():
            cell = cells[at] if at < len(cells) else ""
            with suppress(
                Unreadable
            ):  # bytes that are no text prove nothing; the row is damaged when it is read
                if field in _AMOUNTS:
                    marks.add(line, cell)
                    if number < _CELLS_LOOKED_AT and isinstance(cell, str):
                        named |= set(currencies_in(cell))
                elif field in _DAYS:
                    days.add(line, cell)
    known = _currency(places, constants, named, currency)
    comma = _comma(marks, decimal_mark, MINOR_DIGITS.get(known, 3))
    return _Layout(table, places, constants, known, comma, _order(days, date_order))


def _currency(
    places: Mapping[str, int], constants: Mapping[str, str], named: set[str], otherwise: str
) -> str:
    said = (
        constants.get("currency", "").upper() or (named.pop() if len(named) == 1 else "") or otherwise.upper()
    )
    if len(named) > 1 and "currency" not in places:
        raise RemittanceProblem("remittance_currencies_mixed", currencies=", ".join(sorted(named)))
    if said not in MINOR_DIGITS and "currency" not in places:
        raise RemittanceProblem("remittance_currency_missing")
    return said


def _comma(marks: MarkEvidence, said: str, digits: int) -> bool:
    if said:
        return said == ","
    comma = marks.decimal_comma(digits)
    if comma is None:
        raise RemittanceProblem("bank_decimals_open")
    return comma


def _order(days: OrderEvidence, said: str) -> str:
    """ "" when the file does not prove it: its days are left out then, as nothing but the search for the money rests on them."""
    order = said or days.decide().order
    return order if order in ("ymd", "dmy", "mdy") else ""


def _row(
    into: Gathered, layout: _Layout, drafts: dict[tuple[str, ...], Draft], place: str, cells: Sequence[Cell]
) -> None:
    try:
        currency = layout.words("currency", cells).upper() or layout.currency
        number = layout.words("number", cells)
        total = is_total(" ".join(cell_text(cell) for cell in cells if isinstance(cell, str)))
        named = any(
            map(str.isdigit, number)
        )  # a document may be called a total as well; none is without a digit
        if total and not named:
            _total(layout, drafts, cells)
            return
        if currency not in MINOR_DIGITS:
            raise Unreadable("currency_unknown", value=currency[:20])
        paid = layout.money("paid", cells, currency)
        if paid is None:
            raise Unreadable("amount_not_understood", value="")
        draft = _draft(into, layout, drafts, place, cells, currency)
        if named:
            into.line(draft, _line(layout, place, cells, number, paid))
        elif number and paid.minor > 0:
            raise Unreadable("remittance_without_number")
        else:
            words = f"{number} {layout.words('reason', cells)}".strip()
            draft.apart.append(Kept(-paid, code_of(words), words))
    except Unreadable as problem:
        into.unreadable(place, " | ".join(cell_text(cell) for cell in cells), problem)


def _draft(
    into: Gathered, layout: _Layout, drafts: dict[tuple[str, ...], Draft], place: str, cells: Sequence[Cell], currency: str
) -> Draft:  # fmt: skip
    said = tuple(layout.words(field, cells) for field in ("trace", "check_number", "payer_name"))
    key = (currency, *said)
    if key not in drafts:
        drafts[key] = into.advice(
            place, currency=currency, trace=said[0], check_number=said[1], payer_name=said[2], amount=layout.money("amount", cells, currency)
        )  # fmt: skip
        drafts[key].paid_on = _day(layout, "paid_on", cells)
    return drafts[key]


def _line(layout: _Layout, place: str, cells: Sequence[Cell], number: str, paid: Money) -> AdviceLine:
    currency = paid.currency
    gross, discount, less = (layout.money(field, cells, currency) for field in ("gross", "discount", "kept"))
    side = (
        -1 if (gross if gross is not None else paid).minor < 0 else 1
    )  # of a credit memo what is kept back counts the other way
    words = layout.words("reason", cells)
    kept: tuple[Kept, ...] = ()
    if less is not None and less.minor:
        kept = (Kept(Money(side * abs(less.minor), currency), code_of(words), words),)
    elif words and gross is not None and discount is None and gross != paid:
        kept = (Kept(Money(gross.minor - paid.minor, currency), code_of(words), words),)
    taken = None if discount is None else Money(side * abs(discount.minor), currency)
    return AdviceLine(place, number, paid, "", gross, taken, _day(layout, "on", cells), kept)


def _total(layout: _Layout, drafts: dict[tuple[str, ...], Draft], cells: Sequence[Cell]) -> None:
    """The row of the total closes the only advice there is; of several it is the total of nothing."""
    if len(drafts) == 1:
        draft = next(iter(drafts.values()))
        stated = layout.money("paid", cells, draft.currency)
        if stated is not None and draft.amount is None:
            draft.amount = stated


def _day(layout: _Layout, field: str, cells: Sequence[Cell]) -> date | None:
    cell = layout.cell(field, cells)
    if not layout.order or is_no_date(re.sub(r"\s", "", cell_text(cell))):
        return None
    try:
        return parse_date(cell, layout.order)
    except Unreadable:
        return None  # nothing rests on it but the search for the money
