"""dunlin measures: how fast the money comes in, against the targets."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import click

from dunlin.cli.aging import collector_named, entity_named, moment
from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, ledger_today
from dunlin.records.policies import current_policy
from dunlin.reports.filters import Filters
from dunlin.reports.measures import Measures, MeasuresReport, Target
from dunlin.reports.measures import measures as measures_report
from dunlin.rules.money import TRUE_MINUS, Money

_PLACES = Decimal("0.01")


@click.command()
@click.option("--as-of", type=Day(), default="today", show_default=True, help="The end of this day.")
@click.option(
    "--known-at", help="Count only what was recorded by this moment: 2026-05-31T18:00 (UTC unless it says)."
)
@click.option(
    "--months",
    type=click.IntRange(1, 12),
    default=3,
    show_default=True,
    help="Months of sales behind DSO and CEI.",
)
@click.option("--entity", help="Entity code.")
@click.option(
    "--collector", help="Sign-in name: only the accounts of this person; `none` for accounts without one."
)
@click.option("--currency", help="Three letters.")
@click.option("--json", "json_wanted", is_flag=True)
def measures(
    as_of: date, known_at: str | None, months: int, entity: str | None, collector: str | None, currency: str | None,
    json_wanted: bool,
) -> None:  # fmt: skip
    """DSO three ways, CEI, turnover, days late, late amount, promises kept, calls: per currency and in the home currency."""
    only = Filters(entity=entity_named(entity), collector=collector_named(collector), currency=currency)
    report = measures_report(
        as_of, ledger_today(), current_policy(), known_at=moment(known_at), only=only, months=months
    )
    if json_wanted:
        as_json(told(report))
    else:
        click.echo(written(report))


def told(report: MeasuresReport) -> dict[str, Any]:
    """The JSON shape of docs/reference/json.md. Days and per cent are strings of two places, null where undefined."""
    promises = report.promises
    return {
        "as_of": report.as_of,
        "known_at": report.known_at,
        "period": {"first_day": report.first_day, "days": report.days, "months": report.months},
        "currencies": {each.currency: _measures(each) for each in report.by_currency},
        "home": {
            "currency": report.home.currency,
            **_measures(report.home),
            "rates": [{"currency": rate.base, "rate": f"{rate.rate:f}", "on": rate.on} for rate in report.rates],
            "without_rate": [{"amount": money.plain, "currency": money.currency} for money in report.missing],
        },
        "targets": [_target(each, report.home.currency) for each in report.targets],
        "promises": {
            "kept": promises.kept,
            "partially_kept": promises.partially_kept,
            "broken": promises.broken,
            "kept_pct": _number(promises.by_count_pct),
            "kept_pct_by_amount": {code: _number(pct) for code, pct in promises.by_amount_pct.items()},
        },
        "people": [
            {
                "name": each.name, "role": each.role, "called": each.called, "target": each.target, "attempts": each.attempts,
                "reached": each.reached, "promises": each.promises, "days_worked": each.days_worked,
                "called_per_day": _number(each.called_per_day), "reached_pct": _number(each.reached_pct),
                "judged": each.judged, "kept_pct": _number(each.kept_pct),
            }
            for each in report.people
        ],
    }  # fmt: skip


def _measures(of: Measures) -> dict[str, Any]:
    def plain(minor: int) -> str:
        return Money(minor, of.currency).plain

    return {
        "receivables": plain(of.receivables), "debits": plain(of.debits), "unapplied": plain(-of.unapplied),
        "current": plain(of.current), "past_due": plain(of.past_due), "late": plain(of.late), "disputed": plain(of.disputed),
        "sales": plain(of.sales), "collected": plain(of.collected), "beginning": plain(of.beginning),
        "sales_year": plain(of.sales_year), "dso": _number(of.dso),
        "dso_countback": {
            "days": _number(of.countback.dso), "covered": of.countback.covered, "remaining": plain(int(of.countback.remaining)),
        },
        "bpdso": _number(of.bpdso), "add": _number(of.add), "cei_pct": _number(of.cei_pct), "turnover": _number(of.turnover),
        "collection_days": _number(of.collection_days), "days_late_weighted": _number(of.days_late_weighted),
        "days_late_simple": _number(of.days_late_simple), "invoices_closed": of.closed,
    }  # fmt: skip


def _target(target: Target, home: str) -> dict[str, Any]:
    amount = target.unit == home

    def plain(value: Decimal | int | None) -> str | None:
        return None if value is None else Money(int(value), home).plain if amount else _number(Decimal(value))

    return {
        "name": target.name, "value": plain(target.value), "limit": plain(target.limit), "unit": target.unit,
        "direction": target.direction, "met": target.met,
    }  # fmt: skip


def _number(number: Decimal | None) -> str | None:
    """Two places, rounded half up once; nothing where a measure is undefined."""
    return None if number is None else f"{number.quantize(_PLACES, ROUND_HALF_UP):f}"


def written(report: MeasuresReport) -> str:
    """For people: a line a measure, a column a currency; then targets."""
    columns = [*report.by_currency] + ([report.home] if len(report.by_currency) != 1 or report.rates else [])
    heads = [each.currency if each is not report.home else f"all in {each.currency}" for each in columns]
    lines = [
        ("Receivables", [_amount(each.receivables, each) for each in columns]),
        ("Sales", [_amount(each.sales, each) for each in columns]),
        ("DSO, days", [_days(each.dso) for each in columns]),
        (
            "DSO by count-back",
            [("" if each.countback.covered else "> ") + _days(each.countback.dso) for each in columns],
        ),
        ("Best possible DSO", [_days(each.bpdso) for each in columns]),
        ("Average days delinquent", [_days(each.add) for each in columns]),
        ("Late", [_amount(each.late, each) for each in columns]),
        ("Effectiveness, %", [_days(each.cei_pct) for each in columns]),
        ("Turnover, a year", [_days(each.turnover) for each in columns]),
        ("Days late, weighted", [_days(each.days_late_weighted) for each in columns]),
    ]
    width = max([len(name) for name, _ in lines])
    wide = [max(len(head), *(len(cells[at]) for _, cells in lines)) for at, head in enumerate(heads)]
    table = [("", heads), *lines]
    text = [
        "  ".join([name.ljust(width), *(cell.rjust(w) for cell, w in zip(cells, wide))])
        for name, cells in table
    ]
    known = f", as known at {report.known_at:%Y-%m-%d %H:%M %Z}" if report.known_at else ""
    head = f"Measures as of {report.as_of}, {report.days} days from {report.first_day}{known}"
    rates = [f"at {rate}" for rate in report.rates] + [
        f"without {money}: no rate" for money in report.missing
    ]
    verdicts = [
        _verdict(each, report.home.currency) for each in report.targets if not each.name.startswith("calls:")
    ]
    return "\n".join([head, *text, *rates, *verdicts])


def _verdict(target: Target, home: str) -> str:
    shown = _target(target, home)
    met = {None: "undefined", True: "met", False: "missed"}[target.met]
    value = shown["value"] if shown["value"] is not None else "–"
    return f"Target {target.name}: {value} {target.unit}, {target.direction.replace('_', ' ')} {shown['limit']}: {met}"


def _amount(minor: int, of: Measures) -> str:
    return str(Money(minor, of.currency)).rsplit(" ", 1)[0]


def _days(number: Decimal | None) -> str:
    return "–" if number is None else f"{number.quantize(_PLACES, ROUND_HALF_UP):,f}".replace("-", TRUE_MINUS)
