"""dunlin aging: what is owed, by age, as of any day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, ledger_today
from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS
from dunlin.records.models import Customer, Entity, User
from dunlin.records.policies import current_policy
from dunlin.reports.aging import AgingReport, Figures, column_names
from dunlin.reports.aging import aging as aging_report
from dunlin.reports.filters import Filters
from dunlin.rules.codes import Refused
from dunlin.rules.money import MINOR_DIGITS, Money

GROUPS = ("customer", "parent", "collector", "entity", "country", "kind", "invoice_class", "currency")


@click.command()
@click.option("--as-of", type=Day(), default="today", show_default=True, help="The end of this day.")
@click.option(
    "--known-at", help="Count only what was recorded by this moment: 2026-05-31T18:00 (UTC unless it says)."
)
@click.option(
    "--basis", type=click.Choice(["due_date", "invoice_date"]), help="Default: the setting aging.basis."
)
@click.option("--by", type=click.Choice(GROUPS), help="A row for each.")
@click.option("--customer", help="Customer number.")
@click.option("--collector", help="Sign-in name; `none` for accounts without one.")
@click.option("--entity", help="Entity code.")
@click.option("--country", help="Two letters.")
@click.option("--kind", help="invoice, debit_memo, payment, ...")
@click.option("--currency", help="Three letters.")
@click.option("--limit", default=50, show_default=True, help="Rows shown with --by; 0 for all.")
@click.option("--json", "json_wanted", is_flag=True)
def aging(
    as_of: date, known_at: str | None, basis: Any, by: str | None, customer: str | None, collector: str | None,
    entity: str | None, country: str | None, kind: str | None, currency: str | None, limit: int, json_wanted: bool,
) -> None:  # fmt: skip
    """What is owed as of a day, per currency: buckets, unapplied credits, disputed, total. They add up to the ledger."""
    only = Filters(
        entity=entity_named(entity), collector=collector_named(collector), customer=_customer(customer),
        country=_country(country), kind=_kind(kind), currency=_currency(currency),
    )  # fmt: skip
    report = aging_report(
        as_of, ledger_today(), current_policy(), known_at=moment(known_at), basis=basis, by=by, only=only,
        page_size=limit or None,
    )  # fmt: skip
    if json_wanted:
        as_json(told(report))
    else:
        click.echo(written(report))


def moment(text: str | None) -> datetime | None:
    """A moment as typed, UTC unless it names its offset; Refused when it is none."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("date_not_understood", asked=text) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def told(report: AgingReport) -> dict[str, Any]:
    """The JSON shape of docs/reference/json.md: buckets + unapplied = total, for each currency."""
    home = report.home
    return {
        "as_of": report.as_of,
        "known_at": report.known_at,
        "basis": report.buckets.basis,
        "currencies": {figures.currency: _figures(report, figures) for figures in report.totals},
        "home": {
            "currency": home.figures.currency,
            **_figures(report, home.figures),
            "rates": [{"currency": r.base, "rate": f"{r.rate:f}", "on": r.on} for r in home.rates],
            "without_rate": [{"amount": m.plain, "currency": m.currency} for m in home.missing],
        },
        "by": report.by,
        "row_count": report.row_count,
        "rows": [
            {"key": row.key, "number": row.number, "label": row.label, "currency": row.figures.currency}
            | _figures(report, row.figures)
            for row in report.rows
        ],
    }


def _figures(report: AgingReport, figures: Figures) -> dict[str, Any]:
    def plain(minor: int) -> str:
        return Money(minor, figures.currency).plain

    return {
        "buckets": dict(zip(report.buckets.labels, map(plain, figures.buckets), strict=False)),
        "unapplied": plain(-figures.unapplied),
        "total": plain(figures.debits - figures.unapplied),
        "debits": plain(figures.debits),
        "disputed": plain(figures.disputed),
        "past_due": plain(figures.past_due),
        "late": plain(figures.late),
        "counts": {
            "items": figures.items,
            "items_past_due": figures.items_past_due,
            "customers": figures.customers,
        },
    }


def written(report: AgingReport) -> str:
    """The report as a table for people: the total of each currency first, then the rows."""
    heads = ["", "cur", *column_names(report.buckets.labels), "unapplied", "balance", "disputed", "items"]
    rows = [_cells("all", figures) for figures in report.totals]
    rows += (
        [_cells(f"{row.number} {row.label}".strip()[:40], row.figures) for row in report.rows]
        if report.by
        else []
    )
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        )
        for row in [heads, *rows]
    ]
    known = f", as known at {report.known_at:%Y-%m-%d %H:%M %Z}" if report.known_at else ""
    title = f"Aging as of {report.as_of} by {report.buckets.basis.replace('_', ' ')}{known}"
    more = report.row_count - len(report.rows)
    return "\n".join(
        [title, *lines]
        + ([f"... and {more} more rows; --limit 0 shows all"] if report.by and more > 0 else [])
    )


def _cells(label: str, figures: Figures) -> list[str]:
    def amount(minor: int) -> str:
        return str(Money(minor, figures.currency)).rsplit(" ", 1)[0]

    return [
        label, figures.currency, *map(amount, figures.buckets), amount(-figures.unapplied),
        amount(figures.debits - figures.unapplied), amount(figures.disputed), f"{figures.items:,}",
    ]  # fmt: skip


def _customer(number: str | None) -> int | None:
    if number is None:
        return None
    found = Customer.objects.filter(number=number).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("customer_unknown", customer=number)
    return found


def _country(code: str | None) -> str | None:
    """The country as customers have it; Refused when none is there."""
    if code is not None and not Customer.objects.filter(country=code.upper()).exists():
        raise Refused("country_unknown", country=code)
    return code and code.upper()


def _kind(kind: str | None) -> str | None:
    if kind is not None and kind not in DEBIT_KINDS + CREDIT_KINDS:
        raise Refused("kind_unknown", kind=kind)
    return kind


def _currency(code: str | None) -> str | None:
    if code is not None and code.upper() not in MINOR_DIGITS:
        raise Refused("not_a_currency", currency=code)
    return code and code.upper()


def entity_named(code: str | None) -> int | None:
    """The id of an entity by its code; Refused when there is none."""
    if code is None:
        return None
    found = Entity.objects.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("entity_unknown", entity=code)
    return found


def collector_named(username: str | None) -> int | None:
    """The id of a person by sign-in name, 0 for `none`; Refused when there is none."""
    if username is None:
        return None
    if username == "none":
        return 0
    found = User.objects.filter(username=username).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("user_unknown", user=username)
    return found
