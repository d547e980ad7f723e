"""Writing CSV: for people, with cells that no spreadsheet takes for a formula; for machines, exactly as they are.

Round trip: `raw=True` quotes every cell and changes none, so that reading it back gives the same texts. The guarded
form puts an apostrophe before texts that begin like a formula; it is for looking at, not for reading back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TextIO

from dunlin.rules.money import Money

OutCell = str | int | Decimal | Money | date | datetime | bool | None

# Spreadsheets also take the full-width forms, and skip leading blanks, tabs and returns before they look.
_FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\x00]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?\Z", re.ASCII)


def guarded(text: str) -> str:
    """`text`, with an apostrophe in front when a spreadsheet would run it. Plain numbers such as -12.50 stay."""
    if _FORMULA.match(text) and not _NUMBER.match(text):
        return "'" + text
    return text


def out_text(cell: OutCell) -> str:
    """A cell as text for machines: money in major units without grouping, dates ISO, yes and no as true and false."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Money):
        return cell.plain
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, int):
        return str(cell)
    raise TypeError(f"{type(cell).__name__} has no place in a file: {cell!r}")


def csv_lines(
    header: Sequence[str], rows: Iterable[Sequence[OutCell]], *, delimiter: str = ",", raw: bool = False
) -> Iterator[str]:
    """The file line by line (a record may span lines inside quotes), header first, for streaming.

    Texts are guarded unless `raw`; numbers, money and dates never need it. Save the guarded form as UTF-8 with a mark
    ("utf-8-sig") so that spreadsheets read names rightly.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if raw else csv.QUOTE_MINIMAL,
        lineterminator="\n" if raw else "\r\n",
    )
    writer.writerow(header if raw else [guarded(name) for name in header])
    for row in rows:
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        if raw:
            writer.writerow([out_text(cell) for cell in row])
        else:
            writer.writerow([guarded(cell) if isinstance(cell, str) else out_text(cell) for cell in row])
    yield buffer.getvalue()


def write_csv(
    stream: TextIO,
    header: Sequence[str],
    rows: Iterable[Sequence[OutCell]],
    *,
    delimiter: str = ",",
    raw: bool = False,
) -> int:
    """Write the file to a text stream opened with newline=""; how many rows followed the header."""
    count = -1
    for line in csv_lines(header, rows, delimiter=delimiter, raw=raw):
        stream.write(line)
        count += 1
    return count
