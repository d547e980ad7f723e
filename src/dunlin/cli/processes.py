"""dunlin processes: when the scheduled processes run (no database is needed for `dates`), what is due, what was run."""

from __future__ import annotations

from datetime import date

import click

from dunlin.cli.main import as_json, start_django
from dunlin.formats.holidays_of import public_holidays
from dunlin.rules.calendars import Calendar
from dunlin.rules.codes import Refused
from dunlin.rules.policy import NotASetting, Policy
from dunlin.rules.processes import PROCESSES, next_dates, says_when


@click.group()
def processes() -> None:
    """The scheduled processes: statements, final invoices, past-due contacts, recurring invoices, the campaign's e-mail."""


@processes.command()
@click.option("--from", "start", required=True, help="First day, written 2026-01-01.")
@click.option("--count", type=click.IntRange(1, 400), default=12, show_default=True)
@click.option(
    "--holidays",
    default="US",
    show_default=True,
    help="Country, or country-part such as US-CA; `none` for none.",
)
@click.option(
    "--closed",
    multiple=True,
    help="A day the ledger's calendar is closed besides, 2026-11-27; may be repeated.",
)
@click.option(
    "--set", "settings", multiple=True, help="A setting for this table, statement.holiday_policy=literal."
)
@click.option("--json", "json_wanted", is_flag=True)
def dates(
    start: str,
    count: int,
    holidays: str,
    closed: tuple[str, ...],
    settings: tuple[str, ...],
    json_wanted: bool,
) -> None:
    """Print the next dates of each process, by the calendar of a place and the settings as they ship."""
    first = _day(start)
    policy = _policy(settings)
    # Twenty-four monthly dates reach two years on; a year more on both sides holds what rolls over.
    years = range(first.year - 1, first.year + count // 12 + 3)
    calendar = Calendar("ledger", frozenset(_holidays(holidays, years)) | {_day(each) for each in closed})
    found = {key: next_dates(key, first, count, calendar, policy) for key in PROCESSES}
    if json_wanted:
        as_json(
            {
                "from": first,
                "holidays": holidays,
                "processes": [
                    {
                        "key": key,
                        "name": each.name,
                        "rule": each.rule,
                        "when": says_when(key, policy),
                        "dates": found[key],
                    }
                    for key, each in PROCESSES.items()
                ],
            }
        )
        return
    for key, each in PROCESSES.items():
        click.echo(f"{key:<14} {each.rule}  {says_when(key, policy)}.")
    click.echo()
    click.echo("".join(f"{key:<17}" for key in PROCESSES).rstrip())
    for row in zip(*found.values()):
        click.echo("".join(f"{on:%a %d %b %Y}  " for on in row).rstrip())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("date_not_understood", asked=text) from None


def _policy(settings: tuple[str, ...]) -> Policy:
    try:
        return Policy.from_mapping(
            {name: value for name, _, value in (each.partition("=") for each in settings)}
        )
    except NotASetting as problem:
        raise Refused("setting_not_usable", why=str(problem)) from None


def _holidays(place: str, years: range) -> list[date]:
    if place == "none":
        return []
    country, _, part = place.partition("-")
    try:
        return list(public_holidays(country, part or None, years))
    except NotImplementedError:
        raise Refused("place_without_holidays", place=place) from None


@processes.command("calendar")
@click.option("--json", "json_wanted", is_flag=True)
def show_calendar(json_wanted: bool) -> None:
    """The next twelve dates of each process by the ledger's own calendar and settings."""
    start_django()
    from dunlin.cli.standing import ledger_today
    from dunlin.records.clock import now
    from dunlin.reports.processes import calendar_of_processes

    found = calendar_of_processes(ledger_today(), now())
    if json_wanted:
        as_json({each.process.key: {"when": each.when, "dates": each.dates} for each in found})
        return
    for each in found:
        click.echo(f"{each.process.name} ({each.process.rule}). {each.when}.")
        click.echo("  " + ", ".join(f"{on:%a %d %b %Y}" for on in each.dates))


@processes.command("checklist")
@click.option("--json", "json_wanted", is_flag=True)
def show_checklist(json_wanted: bool) -> None:
    """What is to be done today, what is done, and when each comes next."""
    start_django()
    from dunlin.cli.standing import ledger_today
    from dunlin.records.clock import now
    from dunlin.reports.processes import checklist_of_day

    rows = checklist_of_day(ledger_today(), now())
    if json_wanted:
        as_json([
            {"process": row.process.key, "state": row.state, "said": row.said, "missed": row.missed, "next_on": row.next_on}
            for row in rows
        ])  # fmt: skip
        return
    for row in rows:
        click.echo(f"{row.state:<10} {row.said}" + (f"; {row.missed} missed" if row.missed else ""))


@processes.command("runs")
@click.option("--process", default="", help="Only of this one.")
@click.option("--limit", default=20, show_default=True)
@click.option("--json", "json_wanted", is_flag=True)
def show_runs(process: str, limit: int, json_wanted: bool) -> None:
    """The newest runs: what each made and how many it left out."""
    start_django()
    from dunlin.reports.processes import runs

    rows = runs(process, limit=limit)
    if json_wanted:
        as_json([vars(row) for row in rows])
        return
    for row in rows:
        click.echo(
            f"{row.run_id:>6} {row.process:<14} {row.period:<11} {row.state:<8} {row.customers:>8,} customers "
            f"{row.messages:>7,} messages {row.left_out:>8,} left out"
        )
