"""From a table and a mapping to typed rows: each row of the file is one row, one refusal with its reason, or skipped.

Nothing is dropped silently, and a refused row holds nothing else back. Rule: docs/rules/import-mapping.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from dunlin.formats.finishing import FINISH, Reading, check_amounts
from dunlin.formats.mappings import Mapping
from dunlin.formats.plans import Plan, make_plan
from dunlin.formats.problems import Unreadable
from dunlin.formats.row_kinds import ContactRow, CustomerRow, ItemRow, PaymentRow, Row, RowProblem
from dunlin.formats.tables import Table
from dunlin.formats.values import Cell, cell_text
from dunlin.rules.codes import sentence

__all__ = [
    "ContactRow",
    "CustomerRow",
    "ItemRow",
    "PaymentRow",
    "Row",
    "RowProblem",
    "Summary",
    "problem_cells",
    "read_rows",
]


@dataclass(slots=True)
class Summary:
    """What was read, counted while the rows stream: rows = accepted + refused + skipped; blank rows are not rows.

    `amounts` and `opens` sum minor units of accepted rows per (currency, kind), `counts` their number; `customers`
    are the customer numbers met, `names` the names. `problems` and `warnings` count codes.
    """

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    blank: int = 0
    short: int = 0
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    opens: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    customers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    problems: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    def take(self, row: Row) -> None:
        """Count an accepted row."""
        self.accepted += 1
        if row.warnings:
            self.warnings.update(warning.code for warning in row.warnings)
        if isinstance(row, ItemRow):
            key = (row.amount.currency, row.kind)
            self.counts[key] += 1
            self.amounts[key] += row.amount.minor
            self.opens[key] += row.amount.minor if row.open is None else row.open.minor
        elif isinstance(row, PaymentRow):
            key = (row.amount.currency, "payment")
            self.counts[key] += 1
            self.amounts[key] += row.amount.minor
        if isinstance(row, CustomerRow):
            self.customers.add(row.number)
            self.names.add(row.name)
        else:
            self.customers.add(row.customer)
            self.names.add(row.customer_name)

    def refuse(self, problem: RowProblem) -> None:
        """Count a refused row with everything that is wrong with it."""
        self.refused += 1
        self.problems.update([problem.code, *(other.code for other in problem.also)])


def read_rows(table: Table, mapping: Mapping, summary: Summary | None = None) -> Iterator[Row | RowProblem]:
    """The rows of `table` as `mapping` reads them, one by one; a refused one comes as its RowProblem, in its place.

    MappingProblem at once when the file lacks a column the mapping needs; TableProblem on the way when the file is
    damaged: then what was read before is not to be kept either. `summary`, when given, is counted up.
    """
    plan = make_plan(mapping, table.header)
    return _stream(table, plan, summary if summary is not None else Summary())


def _stream(table: Table, plan: Plan, summary: Summary) -> Iterator[Row | RowProblem]:
    reading = Reading(plan)
    finish = FINISH[plan.mapping.kind]
    steps = [(step.slot, step.index, step.read) for step in plan.steps]
    width, skips, blanks = len(plan.header), plan.skips, plan.blanks
    for line, cells in table.rows():
        warnings: tuple[RowProblem, ...] = ()
        if not any(cells):
            summary.blank += 1
            continue
        summary.rows += 1
        if len(cells) != width:
            cells, problem = _fitted(plan, line, cells)
            if problem is not None and problem.code == "too_many_cells":
                summary.refuse(problem)
                yield problem
                continue
            warnings = (problem,) if problem is not None else ()
        if skips and any(skipped(cells[index]) for index, skipped in skips):
            summary.skipped += 1
            continue
        values = blanks.copy()
        try:
            for slot, index, read in steps:
                values[slot] = read(cells[index])
            row = finish(reading, line, tuple(cells), values, warnings)
        except Unreadable as error:
            if all(cell_text(cell).strip() == "" for cell in cells):
                summary.rows -= 1
                summary.blank += 1
                continue
            problem = _refusal(plan, line, tuple(cells), error)
            summary.refuse(problem)
            yield problem
            continue
        summary.take(row)
        yield row


def _fitted(plan: Plan, line: int, cells: list[Cell]) -> tuple[list[Cell], RowProblem | None]:
    """The cells in the width of the header. Missing ones are blank (spreadsheets cut trailing blanks): a warning."""
    width = len(plan.header)
    facts = {"cells": len(cells), "columns": width}
    if len(cells) < width:
        warning = RowProblem(line, "", "", "short_row", sentence("short_row", facts))
        return [*cells, *[""] * (width - len(cells))], warning
    if any(cell_text(cell).strip() for cell in cells[width:]):
        text = "; ".join(cell_text(cell) for cell in cells[width:])
        told = sentence("too_many_cells", facts)
        return cells, RowProblem(line, "", text, "too_many_cells", told, plan.header, tuple(cells))
    return cells[:width], None


def _refusal(plan: Plan, line: int, cells: tuple[Cell, ...], error: Unreadable) -> RowProblem:
    """Everything that is wrong with a row, cell by cell; `error` itself when the cells are right one by one."""
    found: list[RowProblem] = []
    values = plan.blanks.copy()
    for step in plan.steps:
        try:
            values[step.slot] = step.read(cells[step.index])
        except Unreadable as one:
            found.append(_problem(plan, line, cells, one, step.target))
    found += [_problem(plan, line, cells, odd, target) for target, odd in check_amounts(plan, values)]
    if not found:
        found.append(_problem(plan, line, cells, error, error.target))
    return found[0]._replace(also=tuple(found[1:]))


def _problem(plan: Plan, line: int, cells: tuple[Cell, ...], error: Unreadable, target: str) -> RowProblem:
    column = next((step for step in plan.steps if step.target == target), None)
    value = cell_text(cells[column.index]) if column else str(error.facts.get("value", ""))
    return RowProblem(
        line, column.column if column else target, value, error.code, str(error), plan.header, cells
    )


def problem_cells(problem: RowProblem) -> dict[str, str]:
    """A refused row as a line of the file to be corrected: its own columns, then why it was refused.

    Importing the corrected file again reads the same columns; the added ones are in no mapping and do no harm.
    """
    line = {name: cell_text(cell) for name, cell in problem.raw.items()}
    told = [problem, *problem.also]
    line["dunlin line"] = str(problem.line)
    line["dunlin column"] = "; ".join(one.column for one in told)
    line["dunlin reason"] = " ".join(one.sentence for one in told)
    return line
