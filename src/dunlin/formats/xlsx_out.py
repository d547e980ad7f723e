"""Writing XLSX in a stream: typed cells only, so that no text becomes a formula, a link or a number; totals exact.

Memory stays constant whatever the number of rows. Beyond the rows a sheet can hold, a further sheet goes on.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter

from dunlin.formats.csv_out import OutCell
from dunlin.rules.money import Money, minor_digits

SHEET_ROWS_MAX = 1_048_576 - 20  # room for the header and a total of every currency
TEXT_MAX = 32_767  # characters a cell can hold
DIGITS_EXACT = 15  # a spreadsheet counts with 15 digits; longer figures are written as text

_WIDTHS = {"text": 14.0, "number": 12.0, "money": 16.0, "date": 12.0, "moment": 19.0, "percent": 10.0}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its title, how its cells are shown (text, number, money, date, moment, percent), whether to total it."""

    title: str
    form: str = "text"
    total: bool = False
    width: float | None = None


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A chart beside the rows: `form` line, column or bar; `labels` and `values` are column numbers from 0."""

    title: str
    form: str
    labels: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: name, columns, rows in the order of the columns. Percent cells are shares: Decimal("0.25") is 25 %."""

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Iterable[Sequence[OutCell]]
    chart: SheetChart | None = None


def write_xlsx(stream: BinaryIO, sheets: Sequence[Sheet]) -> int:
    """Write the workbook; how many rows of data it holds."""
    book = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    formats = _Formats(book)
    names: set[str] = set()
    count = 0
    for sheet in sheets:
        rows = iter(sheet.rows)
        full = True
        while full:
            written, full = _write_sheet(book, formats, sheet, _sheet_name(sheet.name, names), rows)
            count += written
    book.close()
    return count


class _Formats:
    """Cell formats made once each: number formats per form and currency, plain or bold for totals."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[str, bool], Any] = {}

    def get(self, pattern: str, bold: bool = False) -> Any:
        key = (pattern, bold)
        if key not in self.made:
            look = {"num_format": pattern} | ({"bold": True, "top": 1} if bold else {})
            self.made[key] = self.book.add_format(look)
        return self.made[key]

    def money(self, currency: str, bold: bool = False) -> Any:
        digits = minor_digits(currency)
        places = "." + "0" * digits if digits else ""
        return self.get(f'#,##0{places}\\ "{currency}";[Red]\\-#,##0{places}\\ "{currency}"', bold)


_PATTERNS = {
    "text": "@",
    "number": "#,##0.######",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "percent": "0.0%",
}


def _sheet_name(name: str, taken: set[str]) -> str:
    base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '")[:31] or "Sheet"
    if base.casefold() == "history":  # the one name spreadsheets keep for themselves
        base = "History of"
    result, count = base, 1
    while result.casefold() in taken:
        count += 1
        result = f"{base[:27]} ({count})"
    taken.add(result.casefold())
    return result


def _write_sheet(
    book: Any, formats: _Formats, sheet: Sheet, name: str, rows: Iterator[Sequence[OutCell]]
) -> tuple[int, bool]:
    """Write as many rows as one sheet holds; (rows written, whether the sheet is full)."""
    page = book.add_worksheet(name)
    head = list(itertools.islice(rows, 200))
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width or _width(index, column, head))
        page.write_string(0, index, _fitting(column.title), formats.get("@", bold=True))
    page.freeze_panes(1, 0)
    totals: list[dict[str, int]] = [{} for _ in sheet.columns]
    numbers: list[Decimal] = [Decimal(0) for _ in sheet.columns]
    count = 0
    for row in itertools.chain(head, itertools.islice(rows, SHEET_ROWS_MAX - len(head))):
        count += 1
        for index, (column, cell) in enumerate(zip(sheet.columns, row)):
            _write_cell(page, formats, count, index, column, cell)
            if column.total and isinstance(cell, Money):
                totals[index][cell.currency] = totals[index].get(cell.currency, 0) + cell.minor
            elif column.total and isinstance(cell, (int, Decimal)):
                numbers[index] += cell
    if sheet.columns:
        page.autofilter(0, 0, max(count, 1), len(sheet.columns) - 1)
    _write_totals(page, formats, sheet.columns, count + 1, totals, numbers)
    if sheet.chart is not None and count:
        _add_chart(book, page, name, sheet.chart, sheet.columns, count)
    return count, count == SHEET_ROWS_MAX


def _width(index: int, column: SheetColumn, head: list[Sequence[OutCell]]) -> float:
    longest = len(column.title) + 3  # the filter's arrow stands beside the title
    if column.form in ("text", "number"):
        longest = max([longest, *(_length(row[index]) + 1 for row in head if index < len(row))])
    return float(min(60, max(longest, _WIDTHS[column.form] if column.form != "text" else 8)))


def _length(cell: OutCell) -> int:
    return 0 if cell is None else len(str(cell))


def _fitting(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= TEXT_MAX else clean[: TEXT_MAX - 1] + "…"


def _write_cell(
    page: Any, formats: _Formats, row: int, index: int, column: SheetColumn, cell: OutCell
) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        page.write_string(row, index, _fitting(cell), formats.get("@"))
    elif isinstance(cell, bool):
        page.write_boolean(row, index, cell)
    elif isinstance(cell, Money):
        _write_number(page, row, index, cell.decimal, formats.money(cell.currency))
    elif isinstance(cell, (datetime, date)):
        if cell.year < 1901:
            page.write_string(row, index, cell.isoformat(), formats.get("@"))
        else:
            moment = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            page.write_datetime(
                row, index, moment, formats.get(_PATTERNS["moment" if isinstance(cell, datetime) else "date"])
            )
    else:
        pattern = _PATTERNS["percent" if column.form == "percent" else "number"]
        _write_number(page, row, index, Decimal(cell), formats.get(pattern))


def _write_number(page: Any, row: int, index: int, number: Decimal, look: Any) -> None:
    # The file format stores binary floats: 15 digits show the exact figure, a longer one would be shown wrongly.
    if len(number.normalize().as_tuple().digits) > DIGITS_EXACT:
        page.write_string(row, index, f"{number:f}", look)
    else:
        page.write_number(row, index, float(number), look)


def _write_totals(
    page: Any,
    formats: _Formats,
    columns: tuple[SheetColumn, ...],
    row: int,
    totals: list[dict[str, int]],
    numbers: list[Decimal],
) -> None:
    """One total row per currency, computed exactly here and not by the spreadsheet; currencies are never added up."""
    if not any(column.total for column in columns):
        return
    currencies = sorted({currency for sums in totals for currency in sums}) or [""]
    for offset, currency in enumerate(currencies):
        if not columns[0].total:
            page.write_string(row + offset, 0, f"Total {currency}".strip(), formats.get("@", bold=True))
        for index, column in enumerate(columns):
            if currency in totals[index]:
                money = Money(totals[index][currency], currency)
                _write_number(page, row + offset, index, money.decimal, formats.money(currency, bold=True))
            elif column.total and offset == 0 and not totals[index]:
                look = formats.get(_PATTERNS["number"], bold=True)
                _write_number(page, row, index, numbers[index], look)


def _add_chart(
    book: Any, page: Any, name: str, chart: SheetChart, columns: tuple[SheetColumn, ...], count: int
) -> None:
    drawn = book.add_chart({"type": chart.form})
    for index in chart.values:
        drawn.add_series(
            {
                "name": [name, 0, index],
                "categories": [name, 1, chart.labels, count, chart.labels],
                "values": [name, 1, index, count, index],
            }
        )
    drawn.set_title({"name": chart.title})
    page.insert_chart(1, len(columns) + 1, drawn)
