"""dunlin tracking: past due in bands, large debits, old credits, roll rates, expected loss, as of any day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import click

from dunlin.cli.aging import collector_named, entity_named, moment
from dunlin.cli.main import as_json
from dunlin.cli.standing import Day
from dunlin.records.policies import current_policy
from dunlin.reports.books import extract
from dunlin.reports.filters import Filters
from dunlin.reports.losses import (
    Allowance,
    LossReport,
    RollRates,
    RollReport,
    expected_loss,
    month_ends_of,
    roll_rates,
)
from dunlin.reports.tracking import LABELS, Home, PastDue, PastDueReport, past_due
from dunlin.reports.tracking_lists import Line, Listed, large_debits, old_credits
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.tracking import CUMULATIVE_DAYS

_PLACES = Decimal("0.01")


@dataclass(frozen=True)
class Tracked:
    """Everything one call tells; `limit` lines of each list, None for all."""

    as_of: date
    known_at: datetime | None
    past_due: PastDueReport
    large: Listed
    credits: Listed
    rolls: RollReport
    losses: LossReport
    limit: int | None


@click.command()
@click.option("--as-of", type=Day(), default="today", show_default=True, help="The end of this day.")
@click.option(
    "--known-at", help="Count only what was recorded by this moment: 2026-05-31T18:00 (UTC unless it says)."
)
@click.option(
    "--collector", help="Sign-in name: only the accounts of this person; `none` for accounts without one."
)
@click.option("--entity", help="Entity code.")
@click.option("--currency", help="Three letters.")
@click.option("--limit", default=50, show_default=True, help="Lines of each list; 0 for all.")
@click.option("--json", "json_wanted", is_flag=True)
def tracking(
    as_of: date, known_at: str | None, collector: str | None, entity: str | None, currency: str | None, limit: int,
    json_wanted: bool,
) -> None:  # fmt: skip
    """Past due in bands of 5/10/15/30/60/90 days, what is late against its target, large debits and old credits with owner,
    last and next action, roll rates of the last month, expected credit loss: per currency and in the home currency."""
    only = Filters(entity=entity_named(entity), collector=collector_named(collector), currency=currency)
    found = tracked(as_of, moment(known_at), current_policy(), only, limit or None)
    if json_wanted:
        as_json(told(found))
    else:
        click.echo(written(found))


def tracked(
    as_of: date, known_at: datetime | None, policy: Policy, only: Filters, limit: int | None
) -> Tracked:
    """All reports of a day, from three reads of the book."""
    book = extract(as_of, known_at, only=only)
    first, second = month_ends_of(as_of)
    rolls = roll_rates(
        extract(first, known_at, only=only), extract(second, known_at, only=only), as_of, policy
    )
    return Tracked(
        as_of, known_at, past_due(book, policy), large_debits(book, policy), old_credits(book, policy), rolls,
        expected_loss(book, policy), limit,
    )  # fmt: skip


def told(of: Tracked) -> dict[str, Any]:
    """The JSON shape of docs/reference/json.md."""
    late, home = of.past_due.late, of.past_due.home.currency
    return {
        "as_of": of.as_of,
        "known_at": of.known_at,
        "past_due": {
            "currencies": {each.currency: _bands(each) for each in of.past_due.by_currency},
            "home": {**_home(of.past_due.home), **_bands(of.past_due.total)},
            "late_target": {
                "total": Money(int(late.total), home).plain, "limit": Money(int(late.target), home).plain, "currency": home,
                "met": late.below_target,
            },
        },
        "large_debits": _list(of.large, of.limit),
        "old_credits": _list(of.credits, of.limit),
        "roll_rates": {
            "from": of.rolls.first, "to": of.rolls.second,
            "currencies": {each.currency: _rolls(each) for each in of.rolls.by_currency},
            "home": {**_home(of.rolls.home), "buckets": _rolls(of.rolls.total)},
        },
        "expected_loss": {
            "why_not": of.losses.why_not, "adjustment_factor": f"{of.losses.factor:f}",
            "currencies": {each.currency: _allowance(each) for each in of.losses.by_currency},
            "home": {**_home(of.losses.home), **(_allowance(of.losses.total) if of.losses.total else {})},
        },
    }  # fmt: skip


def _home(home: Home) -> dict[str, Any]:
    return {
        "currency": home.currency,
        "rates": [{"currency": rate.base, "rate": f"{rate.rate:f}", "on": rate.on} for rate in home.rates],
        "without_rate": [_money(money) for money in home.missing],
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": money.plain, "currency": money.currency}


def _bands(of: PastDue) -> dict[str, Any]:
    def plain(minor: int) -> str:
        return Money(minor, of.currency).plain

    return {
        "not_due": plain(of.not_due),
        "bands": dict(zip(LABELS, map(plain, of.bands))),
        "items": dict(zip(LABELS, of.items)),
        "or_more": {str(days): plain(minor) for days, minor in zip(CUMULATIVE_DAYS, of.or_more)},
        "past_due": plain(of.past_due),
        "late": plain(of.late),
    }


def _list(of: Listed, limit: int | None) -> dict[str, Any]:
    return {
        "over_days": of.over_days,
        "over": None if of.over is None else _money(of.over),
        "count": of.count,
        "customers": of.customers,
        "totals": [
            {"amount": Money(minor, code).plain, "currency": code} for code, minor in of.totals.items()
        ],
        "home": {"total": _money(of.total), **_home(of.home)},
        "lines": [_line(each) for each in of.lines(0, limit)],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "customer": line.customer_number, "name": line.customer_name, "entity": line.entity, "document": line.number,
        "kind": line.kind, "instalment": line.instalment, "document_date": line.document_on, "due": line.due_on,
        "days": line.days, "open": _money(Money(line.open, line.currency)),
        "disputed": Money(line.disputed, line.currency).plain,
        "customer_together": None if line.together is None else _money(line.together),
        "owner": line.owner,
        "last": {"on": line.last.on, "outcome": line.last.outcome, "by": line.last.by} if line.last else None,
        "next": {"kind": line.next.kind, "on": line.next.on, "words": line.next.words} if line.next else None,
    }  # fmt: skip


def _rolls(of: RollRates) -> dict[str, Any]:
    return {
        row.label: {
            "balance": Money(row.balance, of.currency).plain, "rolled": Money(row.rolled, of.currency).plain,
            "rate_pct": _pct(row.rate_pct), "reach_pct": _pct(row.reach_pct),
        }
        for row in of.rows
    }  # fmt: skip


def _allowance(of: Allowance) -> dict[str, Any]:
    return {
        "buckets": {
            line.label: {
                "balance": Money(line.balance, of.currency).plain, "rate_pct": _pct(line.rate_pct),
                "loss": Money(line.loss, of.currency).plain,
            }
            for line in of.lines
        },
        "balance": Money(of.balance, of.currency).plain,
        "allowance": Money(of.allowance, of.currency).plain,
    }  # fmt: skip


def _pct(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.quantize(_PLACES, ROUND_HALF_UP):f}"


def written(of: Tracked) -> str:
    """For people: the bands, the target, the lists, the losses."""
    home = of.past_due.home
    known = f", as known at {of.known_at:%Y-%m-%d %H:%M %Z}" if of.known_at else ""
    parts = [f"Tracking as of {of.as_of}{known}", *_rate_lines(home), "", "Past due by days"]
    rows = [(each.currency, each) for each in of.past_due.by_currency] + [
        (f"all in {home.currency}", of.past_due.total)
    ]
    parts += _table(
        [["", *LABELS, "past due"]]
        + [
            [name, *(_amount(minor, each.currency) for minor in (*each.bands, each.past_due))]
            for name, each in rows
        ]
    )
    parts += ["", "Days past due or more"]
    parts += _table(
        [["", *(f"{days}+" for days in CUMULATIVE_DAYS), "late"]]
        + [
            [name, *(_amount(minor, each.currency) for minor in (*each.or_more, each.late))]
            for name, each in rows
        ]
    )
    late = of.past_due.late
    verdict = "met" if late.below_target else "missed"
    parts += [
        f"Target late: {Money(int(late.total), home.currency)}, below {Money(int(late.target), home.currency)}: {verdict}"
    ]
    parts += [
        "",
        *_written_list(of.large, of.limit),
        "",
        *_written_list(of.credits, of.limit),
        "",
        *_written_rolls(of.rolls),
    ]
    return "\n".join([*parts, "", *_written_losses(of.losses)])


def _rate_lines(home: Home) -> list[str]:
    return [f"at {rate}" for rate in home.rates] + [f"without {money}: no rate" for money in home.missing]


def _written_list(of: Listed, limit: int | None) -> list[str]:
    if of.over is not None:
        title = f"Large debits: customers with more than {of.over} more than {of.over_days} days past due"
    else:
        title = f"Credits older than {of.over_days} days"
    if not of.count:
        return [f"{title}: none"]
    sums = ", ".join(str(Money(minor, code)) for code, minor in of.totals.items())
    lines = of.lines(0, limit)
    head = ["customer", "document", "days", "open", "owner", "last", "next"]
    rows = [
        [
            f"{line.customer_number} {line.customer_name}"[:32], line.number, str(line.days),
            str(Money(line.open, line.currency)), line.owner or "nobody",
            f"{line.last.on} {line.last.outcome.replace('_', ' ')}" if line.last else "never",
            f"{line.next.on} {line.next.kind.replace('_', ' ')}" if line.next else "–",
        ]
        for line in lines
    ]  # fmt: skip
    more = of.count - len(lines)
    return [
        f"{title}: {_count(of.count, 'document')} of {_count(of.customers, 'customer')}, {sums}; all in {of.home.currency} {of.total}",
        *_table([head, *rows], left={0, 1, 4, 5, 6}),
        *([f"... and {_count(more, 'more line')}; --limit 0 shows all"] if more > 0 else []),
    ]


def _written_rolls(of: RollReport) -> list[str]:
    rows = [["", "from", "moved on", "rate %", "reach last %"]]
    for row in of.total.rows:
        rows.append(
            [
                row.label,
                *(_amount(minor, of.home.currency) for minor in (row.balance, row.rolled)),
                *map(_shown, row[3:]),
            ]
        )
    return [f"Roll rates from {of.first} to {of.second}, all in {of.home.currency}", *_table(rows)]


def _written_losses(of: LossReport) -> list[str]:
    if of.total is None:
        return [f"Expected credit loss: {of.why_not}"]
    code = of.home.currency
    rows = [["", "open", "rate %", "loss"]]
    rows += [
        [line.label, _amount(line.balance, code), _shown(line.rate_pct), _amount(line.loss, code)]
        for line in of.total.lines
    ]
    return [f"Expected credit loss: {Money(of.total.allowance, code)}, all in {code}", *_table(rows)]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _shown(pct: Decimal | None) -> str:
    return _pct(pct) or "–"


def _amount(minor: int, currency: str) -> str:
    return str(Money(minor, currency)).rsplit(" ", 1)[0]


def _table(rows: Sequence[Sequence[str]], left: set[int] | None = None) -> list[str]:
    """Columns side by side; those in `left` (the first, unless said) begin where the head does, the others end there."""
    starts = {0} if left is None else left
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at in starts else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
