"""Accounts: every customer in sight with what is owed, who looks after it, and which need a look (B1, B9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dunlin.desk import asking, downloads
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.desk.tables import Head, pages_of, sort_of
from dunlin.formats.csv_out import OutCell
from dunlin.formats.xlsx_out import Sheet, SheetColumn
from dunlin.records.models import Customer
from dunlin.reports import accounts as report
from dunlin.rules.money import Money

STATES = (
    ("open", "With anything open"), ("past_due", "Past due"), ("late", "Late"), ("disputed", "In dispute"),
    ("unapplied", "With unapplied credit"), ("over_limit", "Over the credit line"), ("nothing_open", "Owing nothing"),
)  # fmt: skip
STATUSES = tuple((status.value, str(status.label).capitalize()) for status in Customer.Status)
_LONGEST = 100
COLUMNS = (
    SheetColumn("number"), SheetColumn("name"), SheetColumn("status"), SheetColumn("segment"), SheetColumn("country"),
    SheetColumn("collector"), SheetColumn("currency"), SheetColumn("balance", "money", total=True),
    SheetColumn("past due", "money", total=True), SheetColumn("late", "money", total=True),
    SheetColumn("oldest days", "number"), SheetColumn("disputed", "money", total=True),
    SheetColumn("unapplied", "money", total=True), SheetColumn("credit line", "money"),
)  # fmt: skip


@require_safe
def accounts(request: HttpRequest) -> HttpResponseBase:
    """A page of the accounts that pass the filters in the address, totals of all of them first. `form` gives them as a file."""
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = asking.asked(request)
    given: dict[str, Any] = {"state": request.GET.get("state", ""), "status": request.GET.get("status", ""),
             "search": " ".join(request.GET.get("name", "").split())[:_LONGEST]}  # fmt: skip
    _problems(asked, given)
    whole = not request.htmx or request.htmx.boosted or request.htmx.history_restore_request  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"asked": asked, "given": given, "found": None, "states": _states(door), "statuses": STATUSES,
                             "offered": asking.choices(request) if whole else {}}  # fmt: skip
    if asked.problems:
        return show(request, "accounts.html", facts, part="results", status=422)
    sort = sort_of(request, report.SORTS, "-past_due")
    given = {**given, "only": asked.only, "sort": sort}
    if form := downloads.wanted(request):
        return _file(door, given, form)
    number = pages_of(request, 10**9).number
    found = report.accounts(door.as_of, door.today, door.policy, page=number, **given)
    pages = pages_of(request, found.count)
    if pages.number != number:
        found = report.accounts(door.as_of, door.today, door.policy, page=pages.number, **given)
    facts |= {"found": found, "sort": sort, "pages": pages, "heads": _heads(door, asked.only.scope is not None),
              "own_only": asked.only.scope is not None}  # fmt: skip
    return show(request, "accounts.html", facts, part="results")


def _states(door: Standing) -> list[tuple[str, str]]:
    late = f"{door.policy.late_bucket_from}+ days past due"
    return [(state, late if state == "late" else words) for state, words in STATES]


def _problems(asked: asking.Asked, given: dict[str, str]) -> None:
    """Chips for the filters of this page, sentences for what is not among them."""
    for name, offered, what in (("state", STATES, "Accounts"), ("status", STATUSES, "Status")):
        value = given[name]
        if value and value not in dict(offered):
            asked.problems.append(
                f"{what} ‘{value[:40]}’ is not among {', '.join(key for key, _ in offered)}."
            )
        elif value:
            asked.chips.append(asking.Chip(name, dict(offered)[value]))
    if given["search"]:
        asked.chips.append(asking.Chip("name", f"“{given['search']}”"))


def _heads(door: Standing, own_only: bool) -> list[Head]:
    """Who sees only their own accounts needs no column that names them on every row."""
    late = f"{door.policy.late_bucket_from}+ days"
    return [
        Head("Customer", sort="name"), *([] if own_only else [Head("Collector")]), Head("Country"), Head("Segment"), Head("Currency"),
        Head("Balance", sort="net", number=True, hint="Open debits less unapplied credits"),
        Head("Past due", sort="past_due", number=True), Head(late, sort="late", number=True, hint="Days past due"),
        Head("Oldest", sort="oldest", number=True, unit="days", hint="Days past due of the oldest open debit"),
        Head("Disputed", sort="disputed", number=True, hint="Part of the open debits"),
        Head("Unapplied", sort="unapplied", number=True, hint="Credits not used yet"),
        Head("Line used", number=True, hint="Open debits in the account’s currency against its credit line"),
    ]  # fmt: skip


def _file(door: Standing, given: dict[str, Any], form: str) -> HttpResponseBase:
    name = f"accounts-{door.as_of}"
    rows = _lines(report.every_account(door.as_of, door.today, door.policy, **given))
    if form == "csv":
        return downloads.as_csv(name, [column.title for column in COLUMNS], rows)
    return downloads.as_xlsx(name, [Sheet("Accounts", COLUMNS, rows)])


def _lines(rows: Iterator[report.AccountRow]) -> Iterator[tuple[OutCell, ...]]:
    """A line an account and currency; one without amounts for who owes nothing."""
    for row in rows:
        head = (row.number, row.name, row.status, row.segment, row.country, row.collector)
        line = Money(row.credit_limit, row.currency) if row.credit_limit is not None else None
        for each in row.owed:
            of = each.currency
            yield (
                *head, of, Money(each.net, of), Money(each.past_due, of), Money(each.late, of), each.oldest_days,
                Money(each.disputed, of), Money(-each.unapplied, of), line if of == row.currency else None,
            )  # fmt: skip
        if not row.owed:
            yield (*head, row.currency, None, None, None, None, None, None, line)
