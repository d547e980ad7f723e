"""The files of `dunlin apply files`: customers and invoices as CSV, history and payments as JSON Lines, predictions written back.

The columns stand in docs/guides/cash-application.md. Amounts are whole minor units. A name that ends in .gz is read through gzip.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from dunlin.formats.jsonl import read_jsonl
from dunlin.formats.problems import TableProblem
from dunlin.rules.cash.deductions import DISCOUNT
from dunlin.rules.cash.facts import OpenItem, Payment, Proposal, RemittanceLine
from dunlin.rules.cash.memory import Dated, Learnt, Party, rates_of
from dunlin.rules.money import LARGEST_MINOR, NotMoney, minor_digits

CUSTOMER_COLUMNS = ("customer_id", "name", "parent_id", "currency")
INVOICE_COLUMNS = (
    "invoice_id", "customer_id", "invoice_date", "due_date", "amount", "currency", "po_number", "kind", "open_from", "open_to",
)  # fmt: skip


class CashFileProblem(ValueError):
    """A file that is not as the contract says: what is wrong and in which line."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.cells.get(name, "")
        if value is None:
            return ""
        if not isinstance(value, str):
            raise CashFileProblem(f"line {self.line}: {name} must be text, not {value!r}")
        return value.strip()

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise CashFileProblem(
                f"line {self.line}: {name} {self.text(name)!r} is not a date YYYY-MM-DD"
            ) from None

    def minor(self, name: str) -> int:
        value = self.cells.get(name)
        if isinstance(value, str):
            value = int(value) if re.fullmatch(r"-?[0-9]{1,19}", value.strip()) else value
        if type(value) is not int or abs(value) > LARGEST_MINOR:
            raise CashFileProblem(f"line {self.line}: {name} {value!r} is not a whole number of minor units")
        return value

    def currency(self) -> str:
        code = self.text("currency")
        try:
            minor_digits(code)
        except NotMoney as problem:
            raise CashFileProblem(f"line {self.line}: {problem}") from None
        return code


def read_customers(path: Path) -> Iterator[Party]:
    """The customers of a file."""
    for row in _table(path, CUSTOMER_COLUMNS):
        yield Party(
            _needed(row, "customer_id"), row.text("name"), row.text("parent_id"), row.text("currency")
        )


def read_invoices(path: Path) -> Iterator[Dated]:
    """The items of a file with the days they are open. A credit memo's amount is negative."""
    for row in _table(path, INVOICE_COLUMNS):
        amount = row.minor("amount")
        if (kind := row.text("kind")) not in ("INV", "CM") or (amount < 0) != (kind == "CM"):
            raise CashFileProblem(
                f"line {row.line}: kind {kind!r} with amount {amount}; INV is above zero, CM below"
            )
        number = _needed(row, "invoice_id")
        item = OpenItem(
            number, number, _needed(row, "customer_id"), amount, row.currency(), row.day("invoice_date"), row.day("due_date"),
            row.text("po_number"),
        )  # fmt: skip
        yield Dated(item, row.day("open_from"), row.day("open_to") if row.text("open_to") else None)


def read_payments(path: Path) -> Iterator[Payment]:
    """The payments of a file, one at a time. A `truth` in a line is not read."""
    for row in _lines(path):
        yield _payment(row)


def read_history(path: Path) -> Iterator[Learnt]:
    """Earlier payments with what became of them, as a running system would have learnt it."""
    for row in _lines(path):
        truth = row.cells.get("truth")
        if not isinstance(truth, Mapping):
            raise CashFileProblem(f"line {row.line}: a payment of the history needs its truth")
        payment = _payment(row)
        kept = {
            each["invoice_id"]: int(each["amount"])
            for each in truth.get("deductions") or ()
            if each.get("reason") == DISCOUNT
        }
        paid = {each["invoice_id"]: int(each["amount"]) for each in truth.get("lines") or ()}
        customers = tuple(str(each) for each in truth.get("customer_ids") or ())
        rates = rates_of(kept, {item: paid.get(item, 0) + amount for item, amount in kept.items()})
        taken = tuple((customers[0], rate) for rate in rates) if len(customers) == 1 else ()
        yield Learnt(payment, customers, taken)


def prediction_line(proposal: Proposal, reason: str) -> str:
    """A proposal as a line of predictions.jsonl, with its line end."""
    record = {
        "payment_id": proposal.payment,
        "decision": proposal.decision,
        "lines": [{"invoice_id": line.item, "amount": line.amount} for line in proposal.lines],
        "deductions": [
            {"invoice_id": each.item, "amount": each.amount, "reason": each.reason}
            for each in proposal.deductions
        ],
        "unapplied": proposal.unapplied,
        "customer_id": proposal.customers[0] if proposal.customers else None,
        "confidence": proposal.sure / 1000,
        "reason": reason,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _payment(row: _Row) -> Payment:
    amount = row.minor("amount")
    if amount <= 0:
        raise CashFileProblem(f"line {row.line}: amount {amount} is not above zero")
    listed = row.cells.get("remittance") or []
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise CashFileProblem(f"line {row.line}: remittance must be a list of objects")
    lines = [_Row(row.line, each) for each in listed]
    remittance = tuple(
        RemittanceLine(
            each.text("ref"), each.minor("paid"), each.text("reason"), each.minor("gross") if each.cells.get("gross") is not None else None
        )
        for each in lines
    )  # fmt: skip
    return Payment(
        _needed(row, "payment_id"), row.day("date"), amount, row.currency(), row.text("payer_name"), row.text("payer_account"),
        row.text("channel"), row.text("memo"), remittance,
    )  # fmt: skip


def _needed(row: _Row, name: str) -> str:
    if not (value := row.text(name)):
        raise CashFileProblem(f"line {row.line}: {name} is empty")
    return value


def _table(path: Path, columns: tuple[str, ...]) -> Iterator[_Row]:
    def rows(stream: TextIO) -> Iterator[_Row]:
        reader = csv.DictReader(stream, strict=True)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise CashFileProblem(f"line 1: the columns {', '.join(missing)} are missing")
        for cells in reader:
            if None in cells or None in cells.values():
                raise CashFileProblem(f"line {reader.line_num}: not as many cells as columns")
            yield _Row(reader.line_num, cells)

    yield from _opened(path, rows)


def _lines(path: Path) -> Iterator[_Row]:
    yield from _opened(path, lambda stream: (_Row(line, record) for line, record in read_jsonl(stream)))


def _opened(path: Path, rows: Callable[[TextIO], Iterator[_Row]]) -> Iterator[_Row]:
    """Rows of a file; whatever is wrong with it comes out as one kind of problem."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig") as stream
        ):
            yield from rows(stream)
    except (UnicodeDecodeError, csv.Error, TableProblem, gzip.BadGzipFile, EOFError) as problem:
        raise CashFileProblem(str(problem)) from None
