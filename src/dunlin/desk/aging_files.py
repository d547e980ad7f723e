"""The aging and its items as files: the same rows, filters and totals as the page they were asked for from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from dunlin.desk import downloads
from dunlin.desk.asking import BASES, Asked
from dunlin.desk.doors import Standing
from dunlin.formats.csv_out import OutCell
from dunlin.formats.xlsx_out import Sheet, SheetChart, SheetColumn
from dunlin.reports.aging import AgingReport, Figures, aging_table, column_names
from dunlin.reports.aging_items import AgedItem, aging_items
from dunlin.rules.aging import BucketSet
from dunlin.rules.money import Money

# Items of one piece of an export. Databases take this many keys in one question.
_PIECE = 10_000

DETAIL = (
    SheetColumn("document"), SheetColumn("instalment", "number"), SheetColumn("customer number"), SheetColumn("customer"),
    SheetColumn("entity"), SheetColumn("kind"), SheetColumn("class"), SheetColumn("document date", "date"),
    SheetColumn("due date", "date"), SheetColumn("days", "number"), SheetColumn("days past due", "number"),
    SheetColumn("bucket"), SheetColumn("currency"), SheetColumn("amount", "money"), SheetColumn("open", "money", total=True),
    SheetColumn("disputed", "money", total=True), SheetColumn("collector"),
)  # fmt: skip


def address(request: HttpRequest, kept: Mapping[str, str]) -> Callable[[str | int], str]:
    """Addresses of the items behind the cells of one row, on the day that is looked at."""
    door: Standing = request.door  # type: ignore[attr-defined]
    given = dict(kept) | ({"as_of": door.as_of.isoformat()} if door.in_past else {})

    def of(cell: str | int) -> str:
        return f"{reverse('aging_items')}?{urlencode({**given, 'cell': cell})}"

    return of


def summary(report: AgingReport, known: str, asked: Asked, form: str) -> HttpResponseBase:
    """All rows of an aging; as CSV with the totals last, as a workbook with a sheet and a chart a currency."""
    name = f"aging-{report.as_of}"
    header, rows, totals = aging_table(report)
    if form == "csv":
        return downloads.as_csv(name, header, [*rows, *totals])  # type: ignore[list-item]
    money = {
        *column_names(report.labels),
        "total debits",
        "unapplied",
        "balance",
        "disputed",
        "past due",
        "late",
    }
    columns = tuple(
        SheetColumn(title, "money" if title in money else "number" if title.startswith("items") else "text",
                    total=title in money or title.startswith("items"))
        for title in header
    )  # fmt: skip
    sheets = [_about(report, known, asked)]
    sheets += [_ages(report, each) for each in report.totals]
    sheets.append(Sheet(f"By {(report.by or 'currency').replace('_', ' ')}", columns, rows))  # type: ignore[arg-type]
    return downloads.as_xlsx(name, sheets)


def _about(report: AgingReport, known: str, asked: Asked) -> Sheet:
    """What the workbook shows, and the home-currency total with its rates and gaps."""
    home = report.home
    rows: list[tuple[OutCell, ...]] = [
        ("As of", report.as_of),
        ("Known", known),
        ("Ages by", dict(BASES)[report.buckets.basis].lower()),
        ("Unapplied", "credits not used yet, negative; they shorten no bucket"),
        ("Disputed", "part of the buckets, told apart"),
        *(("Only", chip.words) for chip in asked.chips if chip.name not in ("known", "known_at")),
        (f"Balance in {home.figures.currency}", Money(home.figures.net, home.figures.currency)),
        *(("At the rate", str(rate)) for rate in home.rates),
        *(("Not in it, no rate", money) for money in home.missing),
    ]
    return Sheet("About", (SheetColumn("what", width=22), SheetColumn("value", width=60)), rows)


def _ages(report: AgingReport, each: Figures) -> Sheet:
    rows = [
        (label, Money(minor, each.currency))
        for label, minor in zip(column_names(report.labels), each.buckets)
    ]
    columns = (
        SheetColumn("age in days", width=16),
        SheetColumn(f"open {each.currency}", "money", total=True),
    )
    return Sheet(
        f"{each.currency} by age",
        columns,
        rows,
        SheetChart(f"Open by age, {each.currency}", "column", 0, (1,)),
    )


def detail(door: Standing, given: Mapping[str, Any], form: str) -> HttpResponseBase:
    """All items of a cell, read piece by piece."""
    name = f"aging-items-{door.as_of}"
    rows = _all(door, given)
    if form == "csv":
        return downloads.as_csv(name, [column.title for column in DETAIL], rows)
    return downloads.as_xlsx(name, [Sheet("Items", DETAIL, rows)])


def _all(door: Standing, given: Mapping[str, Any]) -> Iterator[tuple[OutCell, ...]]:
    page, count = 1, 1
    while (page - 1) * _PIECE < count:
        found = aging_items(door.as_of, door.today, door.policy, page=page, page_size=_PIECE, **given)
        page, count = page + 1, found.count
        for item in found.items:
            yield _line(item, found.buckets)


def _line(item: AgedItem, buckets: BucketSet) -> tuple[OutCell, ...]:
    sign = item.side  # a credit is negative, as on the page
    return (
        item.number, item.instalment or None, item.customer_number, item.customer_name, item.entity, item.kind.replace("_", " "),
        item.invoice_class, item.document_on, item.due_on, item.days, item.days_past_due,
        "unapplied" if item.bucket is None else column_names(buckets.labels)[item.bucket], item.currency,
        Money(sign * item.amount, item.currency), Money(sign * item.open, item.currency), Money(item.disputed, item.currency),
        item.collector,
    )  # fmt: skip
