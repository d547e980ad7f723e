"""A bank's list as CSV or spreadsheet, by a mapping: which column is the day, the amount, the payer.

The mapping is stated, never guessed: the same heading means booked at one bank and announced at another. What the file
itself proves (encoding, delimiter, order of day and month, decimal mark) is found out over the whole file, and refused when
it proves nothing. A column is named as in the header; `:VALUE` is one value for every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date

from dunlin.formats.amount_marks import MarkEvidence
from dunlin.formats.bank_collect import Collected, Draft
from dunlin.formats.bank_masks import tail_of
from dunlin.formats.bank_model import Balance, BankFile, BankFileProblem, Entry
from dunlin.formats.dates import OrderEvidence, is_no_date, parse_date
from dunlin.formats.problems import TableProblem, Unreadable
from dunlin.formats.tables import Table, open_table
from dunlin.formats.values import Cell, cell_text, clean_text, parse_amount
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney

FIELDS = {
    "booked_on": "Day the bank booked it. Required.",
    "amount": "Amount with its sign: in is positive. Required unless in and out are given.",
    "in": "Amount that came in, where a column of its own has it.",
    "out": "Amount that went out, where a column of its own has it.",
    "currency": "ISO 4217 code. Required.",
    "value_on": "Value day.",
    "account": "Our account.",
    "payer_name": "The other side.",
    "payer_account": "Account of the other side.",
    "text": "What it is for; several columns are divided by +.",
    "bank_reference": "The bank's reference, never the same for two transactions.",
    "end_to_end_id": "The payer's reference.",
    "check_number": "Number of a check.",
    "balance": "Balance after the transaction.",
}
DATE_ORDERS = ("ymd", "dmy", "mdy")
DECIMAL_MARKS = (".", ",")


def read_bank_table(
    name: str, content: bytes, columns: Mapping[str, str], date_order: str = "", decimal_mark: str = ""
) -> BankFile:
    """Read a table by `columns` (field of `FIELDS` → column, or ":VALUE"). A row that cannot be read is damaged by itself.

    BankFileProblem when it is no table, lacks a column, or the order of day and month or the decimal mark is not proved by
    the file and not given.
    """
    try:
        table = open_table(content, name)
        reading = _Reading(table, columns)
        order, comma = _evidence(reading, date_order, decimal_mark)
        into = Collected("table", "table", table.format)
        for line, cells in table.rows():
            if any(cell_text(cell).strip() for cell in cells):
                _row(into, reading, line, cells, order, comma)
    except TableProblem as problem:
        raise BankFileProblem(problem.code, problem.line, **problem.facts) from None
    try:
        for draft in into.drafts:
            _balances(draft)
    except NotMoney as problem:
        raise BankFileProblem("bank_not_added", why=str(problem)) from None
    return into.finish(name)


class _Reading:
    """The mapping against the header: BankFileProblem when they do not fit."""

    def __init__(self, table: Table, columns: Mapping[str, str]) -> None:
        self.table = table
        unknown = sorted(set(columns) - set(FIELDS))
        if unknown:
            raise BankFileProblem("bank_field_unknown", field=unknown[0], fields=", ".join(FIELDS))
        for needed in ("booked_on", "currency"):
            if needed not in columns:
                raise BankFileProblem("bank_field_missing", field=needed, columns=", ".join(table.header))
        if "amount" not in columns and not {"in", "out"} <= set(columns):
            raise BankFileProblem("bank_field_missing", field="amount", columns=", ".join(table.header))
        self.places: dict[str, tuple[int, ...]] = {}
        self.constants: dict[str, str] = {}
        self.drafts: dict[tuple[str, str], Draft] = {}
        for field, column in columns.items():
            if column.startswith(":"):
                self.constants[field] = column[1:]
            else:
                parts = column.split("+") if field == "text" and column not in table.header else [column]
                self.places[field] = tuple(self._place(part.strip()) for part in parts)

    def _place(self, column: str) -> int:
        if column not in self.table.header:
            raise BankFileProblem("bank_column_missing", column=column, columns=", ".join(self.table.header))
        return self.table.header.index(column)

    def cell(self, field: str, cells: Sequence[Cell]) -> Cell:
        """The cell of a field; "" where the row is short or the mapping has none."""
        if field in self.constants:
            return self.constants[field]
        for at in self.places.get(field, ()):
            return cells[at] if at < len(cells) else ""
        return ""

    def words(self, field: str, cells: Sequence[Cell]) -> str:
        if field in self.constants:
            return self.constants[field]
        parts = (cells[at] for at in self.places.get(field, ()) if at < len(cells))
        return " ".join(filter(None, (clean_text(part) for part in parts)))


def _evidence(reading: _Reading, date_order: str, decimal_mark: str) -> tuple[str, bool]:
    """(order of day and month, whether a comma divides the decimals), as the whole file proves it."""
    days, marks = OrderEvidence(), MarkEvidence()
    for line, cells in reading.table.rows():
        days.add(line, reading.cell("booked_on", cells))
        for field in ("amount", "in", "out"):
            with suppress(
                Unreadable
            ):  # bytes that are no text prove nothing; the row is damaged when it is read
                marks.add(line, reading.cell(field, cells))
    decided = days.decide()
    order = date_order or decided.order
    if order not in DATE_ORDERS:
        raise BankFileProblem("bank_dates_open")
    if marks.point and marks.comma and not decimal_mark:
        raise BankFileProblem("bank_decimals_open")
    if marks.open_cases and not (marks.point or marks.comma) and not decimal_mark:
        raise BankFileProblem("bank_decimals_open")
    return order, decimal_mark == "," if decimal_mark else bool(marks.comma)


def _row(
    into: Collected, reading: _Reading, line: int, cells: Sequence[Cell], order: str, comma: bool
) -> None:
    place = f"line {line}"
    try:
        currency = reading.words("currency", cells).upper()
        if currency not in MINOR_DIGITS:
            raise Unreadable("currency_unknown", value=currency[:20])
        amount = _amount(reading, cells, comma, currency)
        booked_on = _day(reading, "booked_on", cells, order)
        if booked_on is None:
            raise Unreadable("bank_date_missing")
        value_on = _day(reading, "value_on", cells, order) or booked_on
        account = reading.words("account", cells)
        balance = reading.cell("balance", cells)
        after = parse_amount(balance, comma, currency) if cell_text(balance).strip() else None
        said = {
            field: reading.words(field, cells)
            for field in (
                "payer_name",
                "payer_account",
                "text",
                "bank_reference",
                "end_to_end_id",
                "check_number",
            )
        }
    except Unreadable as problem:
        into.unreadable(place, " | ".join(cell_text(cell) for cell in cells), problem)
        return
    if (account, currency) not in reading.drafts:
        reading.drafts[account, currency] = into.statement(place, account=account, currency=currency)
    draft = reading.drafts[account, currency]
    entry = Entry(
        place, "credit" if amount.minor >= 0 else "debit", amount, "booked", booked_on, value_on,
        bank_reference=said["bank_reference"], end_to_end_id=said["end_to_end_id"], payer_name=said["payer_name"],
        payer_account=said["payer_account"], remittance=said["text"], check_number=said["check_number"],
    )  # fmt: skip
    own = said["bank_reference"]
    # Without a reference the balance after it tells two payments apart that are alike in everything else.
    identity = (own,) if own else _alike(said, after)
    draft.add(entry, identity, sure=bool(own))
    if after is not None:
        draft.after.append((amount.minor, Balance(after, booked_on)))


def _alike(said: dict[str, str], after: Money | None) -> tuple[str, ...]:
    told = [tail_of(value) if field == "payer_account" else value for field, value in said.items()]
    return (*told, str(after.minor) if after is not None else "")


def _amount(reading: _Reading, cells: Sequence[Cell], comma: bool, currency: str) -> Money:
    """The signed amount; of two columns exactly one is filled, and what went out may or may not carry its minus."""
    if reading.places.get("amount") or "amount" in reading.constants:
        return parse_amount(reading.cell("amount", cells), comma, currency)
    sides = {}
    for side in ("in", "out"):
        cell = reading.cell(side, cells)
        if cell_text(cell).strip() and (read := parse_amount(cell, comma, currency)).minor:
            sides[side] = read
    if len(sides) != 1:
        raise Unreadable("bank_sides_wrong")
    if "in" in sides:
        return sides["in"]
    return Money(-abs(sides["out"].minor), currency)


def _day(reading: _Reading, field: str, cells: Sequence[Cell], order: str) -> date | None:
    cell = reading.cell(field, cells)
    return None if is_no_date(cell_text(cell).strip()) else parse_date(cell, order)


def _balances(draft: Draft) -> None:
    """Opening and closing from the balances beside the rows, newest first or last; only where every row has one."""
    if not draft.after or len(draft.after) != len(draft.found):
        return
    rows = draft.after
    for ordered in (rows, rows[::-1]):
        first, last = ordered[0], ordered[-1]
        opening = first[1].amount.minor - first[0]
        if opening + sum(amount for amount, _ in rows) == last[1].amount.minor:
            draft.opening = Balance(Money(opening, draft.currency), first[1].on)
            draft.closing = last[1]
            return
    # In neither order do they add up: told as the file has them, which warns.
    draft.opening = Balance(Money(rows[0][1].amount.minor - rows[0][0], draft.currency), rows[0][1].on)
    draft.closing = rows[-1][1]
