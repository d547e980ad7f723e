"""A file of charges to documents to be issued: one row a charge, the rows of one document under its name (A6).

Every problem is named with its row and column; whether the document makes sense say the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from dunlin.formats.charges import FIELDS, ChargeUnreadable, charge_of
from dunlin.formats.tables import open_table
from dunlin.rules.invoicing import Charge

# What stands once for a document: in its first row, and in the others the same or nothing.
HEAD = (
    "document", "kind", "customer", "entity", "date", "due_on", "terms", "po_number", "order_number", "reference", "invoice_class",
    "service_month", "reason", "note", "credits", "amount", "confirmed",
)  # fmt: skip
COLUMNS = (*HEAD, "line", *FIELDS)
NEEDED = ("document", "customer", "date")
ROWS_MAX = 200_000
NAME_CHARS = 50


class ChargeFileUnusable(ValueError):
    """The file as a whole cannot be used; the text says why."""


class RowProblem(NamedTuple):
    """What is wrong, in which physical row and column."""

    row: int
    column: str
    why: str


@dataclass(frozen=True)
class ChargedDocument:
    """One document of the file: its head, and for each row the charge, or the texts of a row that credits a `line`."""

    name: str
    rows: tuple[int, ...]
    head: Mapping[str, str]
    charges: tuple[Charge, ...] = ()
    lines: tuple[Mapping[str, str], ...] = ()
    problems: tuple[RowProblem, ...] = field(default_factory=tuple)


def read_charge_file(content: bytes, name: str) -> list[ChargedDocument]:
    """The documents in the order of their first rows. ChargeFileUnusable for a column nobody knows, or without one that is needed;
    TableProblem for what is no table."""
    table = open_table(content, name)
    columns = ["_".join(each.lower().split()) for each in table.header]
    unknown = [each for each in columns if each not in COLUMNS]
    if unknown:
        raise ChargeFileUnusable(
            f"nobody knows the column {unknown[0]!r}; the columns are {', '.join(COLUMNS)}"
        )
    missing = [each for each in NEEDED if each not in columns]
    if missing:
        raise ChargeFileUnusable(f"the column {missing[0]!r} is missing")
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for count, (line, cells) in enumerate(table.rows(), 1):
        if count > ROWS_MAX:
            raise ChargeFileUnusable(f"it has more than {ROWS_MAX:,} rows")
        row = {column: _text(cell) for column, cell in zip(columns, cells, strict=False)}
        found.setdefault(row.get("document", ""), []).append((line, row))
    return [_document(name, rows) for name, rows in found.items()]


def _document(name: str, rows: list[tuple[int, dict[str, str]]]) -> ChargedDocument:
    numbers = tuple(line for line, _ in rows)
    problems: list[RowProblem] = []
    if not name or len(name) > NAME_CHARS:
        why = f"longer than {NAME_CHARS} signs" if name else "the name of the document is missing"
        problems.append(RowProblem(numbers[0], "document", why))
    head = {column: rows[0][1].get(column, "") for column in HEAD}
    for line, row in rows[1:]:
        for column in HEAD:
            if row.get(column, "") not in ("", head[column]):
                problems.append(RowProblem(line, column, f"{row[column]!r} here, {head[column]!r} in row {numbers[0]}"))  # fmt: skip
    if head["credits"]:
        return ChargedDocument(
            name, numbers, head, lines=tuple(row for _, row in rows), problems=tuple(problems)
        )
    charges = []
    for line, row in rows:
        problems += [RowProblem(line, column, "only for a row that credits a document") for column in ("line", "amount") if row.get(column)]  # fmt: skip
        try:
            charges.append(charge_of({column: row.get(column, "") for column in FIELDS}))
        except ChargeUnreadable as unreadable:
            problems += [RowProblem(line, column, why) for column, why in unreadable.problems.items()]
    return ChargedDocument(name, numbers, head, tuple(charges), problems=tuple(problems))


def day_of(head: Mapping[str, str], column: str, row: int, problems: list[RowProblem]) -> date | None:
    """A day of the head; what cannot be read is added to the problems."""
    text = head.get(column, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        problems.append(RowProblem(row, column, f"{text!r} is not a date written 2026-05-31"))
        return None


def _text(cell: object) -> str:
    """A cell as it is read; a spreadsheet's number without the noise of binary fractions, its day as 2026-05-31."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)).normalize():f}"
    return " ".join(str(cell).split()) if cell is not None else ""
