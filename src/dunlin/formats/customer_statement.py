"""A customer's own statement of their account: number, amount and date of each row, the columns guessed from header and content.

What cannot be read is told row by row; nothing is posted from it. Totals and rows of another currency are left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.formats.dates import parse_date
from dunlin.formats.guesses import guess_table
from dunlin.formats.problems import TableProblem, Unreadable
from dunlin.formats.tables import Table, open_table
from dunlin.formats.values import Cell, cell_text, clean_text, parse_amount
from dunlin.rules.money import MINOR_DIGITS

ROWS_MAX = 20_000
PROBLEMS_MAX = 50
FIELDS = ("number", "amount", "on")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """`amount` minor units with the file's sign; `on` None where it says no day."""

    line: int
    number: str
    amount: int
    on: date | None


@dataclass(frozen=True)
class Statement:
    """What was read. `columns` field → column of the file, "" where none was found; `header` every column one can choose.

    `other_currency` rows are in another currency, `blank` without number and amount; `unread` are (line, why)."""

    name: str
    header: tuple[str, ...]
    columns: dict[str, str]
    rows: tuple[StatementRow, ...]
    unread: tuple[tuple[int, str], ...]
    other_currency: int = 0
    blank: int = 0

    @property
    def usable(self) -> bool:
        """Whether the columns that are needed were found."""
        return bool(self.columns["number"] and self.columns["amount"])


def read_statement(
    content: bytes, name: str, currency: str, chosen: Mapping[str, str] | None = None
) -> Statement:
    """Read a statement (CSV, XLSX, XLS, ODS). `chosen` names columns for number, amount, on; the others are guessed.

    TableProblem: the file is no table, damaged, or has more rows than ROWS_MAX.
    """
    table = open_table(content, name)
    guess = guess_table(table, "items")
    found = {target: column.names[0] for target, column in guess.mapping.columns.items() if column.names}
    columns = {
        "number": found.get("number", ""),
        "amount": found.get("open") or found.get("amount", ""),
        "on": found.get("document_on") or found.get("due_on", ""),
    }
    columns |= {field: column for field, column in (chosen or {}).items() if column in table.header}
    reading = _Reading(
        {field: table.header.index(column) for field, column in columns.items() if column},
        table.header.index(found["currency"]) if found.get("currency") in table.header else None,
        currency, guess.mapping.decimal_comma, guess.mapping.date_order,
    )  # fmt: skip
    if columns["number"] and columns["amount"]:
        _read(table, reading)
    return Statement(
        table.name, table.header, columns, tuple(reading.rows), tuple(reading.unread), reading.other, reading.blank
    )  # fmt: skip


class _Reading:
    def __init__(
        self, places: dict[str, int], currency_at: int | None, currency: str, comma: bool, order: str
    ) -> None:
        self.places, self.currency_at, self.currency = places, currency_at, currency
        self.comma, self.order = comma, order
        self.rows: list[StatementRow] = []
        self.unread: list[tuple[int, str]] = []
        self.other = self.blank = 0

    def take(self, line: int, cells: Sequence[Cell]) -> None:
        number, amount = self._cell(cells, "number"), self._cell(cells, "amount")
        if self.currency_at is not None and self.currency_at < len(cells):
            said = cell_text(cells[self.currency_at]).strip().upper()
            if said in MINOR_DIGITS and said != self.currency:
                self.other += 1
                return
        text = clean_text(number)[:64]
        # Without a number it is a heading, or the total under the rows.
        if not text or not cell_text(amount).strip():
            self.blank += 1
            return
        try:
            minor = parse_amount(amount, self.comma, self.currency).minor
            cell = self._cell(cells, "on")
            on = parse_date(cell, self.order) if cell_text(cell).strip() else None
        except Unreadable as problem:
            if len(self.unread) < PROBLEMS_MAX:
                self.unread.append((line, str(problem)))
            return
        self.rows.append(StatementRow(line, text, minor, on))

    def _cell(self, cells: Sequence[Cell], field: str) -> Cell:
        place = self.places.get(field)
        return cells[place] if place is not None and place < len(cells) else ""


def _read(table: Table, reading: _Reading) -> None:
    for line, cells in table.rows():
        reading.take(line, cells)
        if len(reading.rows) > ROWS_MAX:
            raise TableProblem("table_too_long", limit=f"{ROWS_MAX:,}")
