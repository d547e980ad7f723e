"""dunlin processes: when the scheduled processes run. No database is needed."""

from __future__ import annotations

from datetime import date

import click

from dunlin.cli.main import as_json
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
