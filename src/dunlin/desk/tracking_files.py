"""The tracking reports as files: the same rows and totals as the page they were asked for from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.http.response import HttpResponseBase

from dunlin.desk import downloads
from dunlin.formats.csv_out import OutCell
from dunlin.formats.xlsx_out import Sheet, SheetColumn
from dunlin.reports.losses import Allowance, LossReport, RollReport
from dunlin.reports.tracking import LABELS, Home, PastDue, PastDueReport
from dunlin.reports.tracking_lists import OLD, Line, Listed
from dunlin.rules.money import Money
from dunlin.rules.tracking import CUMULATIVE_DAYS

_PLACES = Decimal("0.01")


def bands(report: PastDueReport, as_of: date, known: str, form: str) -> HttpResponseBase:
    """A row a currency, the home currency last: the bands, how many documents are in each, the cumulative view."""
    columns = [SheetColumn("currency", width=16), SheetColumn("not due", "money")]
    columns += [SheetColumn(label, "money") for label in LABELS] + [SheetColumn("past due", "money")]
    columns += [SheetColumn(f"{days} or more", "money") for days in CUMULATIVE_DAYS] + [
        SheetColumn("late", "money")
    ]
    columns += [SheetColumn(f"documents {label}", "number") for label in LABELS]

    def row(name: str, each: PastDue) -> list[OutCell]:
        amounts = (each.not_due, *each.bands, each.past_due, *each.or_more, each.late)
        return [name, *(Money(minor, each.currency) for minor in amounts), *each.items]

    rows = [row(each.currency, each) for each in report.by_currency]
    rows.append(row(f"all in {report.home.currency}", report.total))
    late, home = report.late, report.home.currency
    more: list[tuple[OutCell, ...]] = [
        ("Late", Money(int(late.total), home)), ("Stays below", Money(int(late.target), home)),
        ("Target", "met" if late.below_target else "missed"),
    ]  # fmt: skip
    return _file("past-due", "Past due", as_of, columns, rows, _about(as_of, known, report.home, more), form)


def lines(listed: Listed, known: str, form: str) -> HttpResponseBase:
    """All documents of a list with owner, last contact and next action, read piece by piece."""
    old = listed.report == OLD
    together = [] if listed.over is None and not old else [SheetColumn("customer together", "money")]
    columns = [
        SheetColumn("document"), SheetColumn("instalment", "number"), SheetColumn("customer number"), SheetColumn("customer"),
        SheetColumn("entity"), SheetColumn("kind"), SheetColumn("document date", "date"), SheetColumn("due date", "date"),
        SheetColumn("days old" if old else "days past due", "number"), SheetColumn("currency"),
        SheetColumn("open", "money", total=True), SheetColumn("disputed", "money", total=True), *together, SheetColumn("owner"),
        SheetColumn("last contact", "date"), SheetColumn("outcome"), SheetColumn("next action"), SheetColumn("next on", "date"),
        SheetColumn("about", width=60),
    ]  # fmt: skip
    rows = (_line(line, -1 if old else 1, bool(together)) for line in listed.every())
    limit: list[tuple[OutCell, ...]] = [("More than days", listed.over_days)]
    if listed.over is not None:
        limit.append(("Customers with more than", listed.over))
    limit.append((f"All in {listed.home.currency}", listed.total))
    about = _about(listed.book.as_of, known, listed.home, limit)
    name = listed.report.replace("_", "-")
    return _file(name, name.replace("-", " ").capitalize(), listed.book.as_of, columns, rows, about, form)


def _line(line: Line, sign: int, together: bool) -> tuple[OutCell, ...]:
    """A credit is negative, as on the page."""
    whole = (
        ()
        if not together
        else (None,)
        if line.together is None
        else (Money(sign * line.together.minor, line.together.currency),)
    )
    return (
        line.number, line.instalment or None, line.customer_number, line.customer_name, line.entity, line.kind.replace("_", " "),
        line.document_on, line.due_on, line.days, line.currency, Money(sign * line.open, line.currency),
        Money(line.disputed, line.currency), *whole, line.owner,
        line.last.on if line.last else None, line.last.outcome.replace("_", " ") if line.last else "",
        line.next.kind.replace("_", " ") if line.next else "", line.next.on if line.next else None, line.next.words if line.next else "",
    )  # fmt: skip


def rolls(report: RollReport, as_of: date, known: str, form: str) -> HttpResponseBase:
    """A row a bucket and currency."""
    columns = [
        SheetColumn("currency", width=16), SheetColumn("bucket"), SheetColumn(f"open {report.first}", "money"),
        SheetColumn(f"in a later bucket {report.second}", "money"), SheetColumn("roll rate %", "number"),
        SheetColumn("reach the last bucket %", "number"),
    ]  # fmt: skip
    named = [(each.currency, each) for each in report.by_currency] + [
        (f"all in {report.home.currency}", report.total)
    ]
    rows = [
        [name, row.label, Money(row.balance, each.currency), Money(row.rolled, each.currency), pct(row.rate_pct), pct(row.reach_pct)]
        for name, each in named
        for row in each.rows
    ]  # fmt: skip
    about = _about(as_of, known, report.home, [("From", report.first), ("To", report.second)])
    return _file("roll-rates", "Roll rates", as_of, columns, rows, about, form)


def losses(report: LossReport, as_of: date, known: str, form: str) -> HttpResponseBase:
    """A row a bucket and currency; nothing but the reason when there are no figures."""
    columns = [
        SheetColumn("currency", width=16), SheetColumn("bucket"), SheetColumn("open", "money"), SheetColumn("loss rate %", "number"),
        SheetColumn("expected loss", "money"),
    ]  # fmt: skip
    named: list[tuple[str, Allowance]] = [(each.currency, each) for each in report.by_currency]
    if report.total:
        named.append((f"all in {report.home.currency}", report.total))
    rows = [
        [
            name,
            line.label,
            Money(line.balance, each.currency),
            pct(line.rate_pct),
            Money(line.loss, each.currency),
        ]
        for name, each in named
        for line in each.lines
    ]
    more: list[tuple[OutCell, ...]] = [("Adjustment factor", report.factor)]
    if report.total:
        more.append(("Allowance", Money(report.total.allowance, report.home.currency)))
    if report.why_not:
        more.append(("No figures", report.why_not))
    return _file(
        "expected-loss", "Expected loss", as_of, columns, rows, _about(as_of, known, report.home, more), form
    )


def pct(number: Decimal | None) -> Decimal | None:
    """Two places, rounded half up once."""
    return None if number is None else number.quantize(_PLACES, ROUND_HALF_UP)


def _about(
    as_of: date, known: str, home: Home, more: Sequence[tuple[OutCell, ...]]
) -> Iterator[tuple[OutCell, ...]]:
    yield ("As of", as_of)
    yield ("Known", known)
    yield from more
    for rate in home.rates:
        yield ("At the rate", str(rate))
    for money in home.missing:
        yield ("Not in it, no rate", money)


def _file(
    name: str, title: str, as_of: date, columns: Sequence[SheetColumn], rows: Iterable[Sequence[OutCell]],
    about: Iterable[tuple[OutCell, ...]], form: str,
) -> HttpResponseBase:  # fmt: skip
    if form == "csv":
        return downloads.as_csv(f"{name}-{as_of}", [column.title for column in columns], rows)
    first = Sheet("About", (SheetColumn("what", width=26), SheetColumn("value", width=60)), about)
    return downloads.as_xlsx(f"{name}-{as_of}", [first, Sheet(title, tuple(columns), rows)])
