"""dunlin run: what the clock runs, by hand."""

from __future__ import annotations

import sys
from datetime import date

import click
from django.core.management import call_command

from dunlin.actions.run_daily import run_daily
from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, who_at_cli


@click.group()
def run() -> None:
    """Run the day, or the job processes."""


@run.command()
@click.option("--date", "day", type=Day(), default="today", show_default=True)
@click.option("--dry-run", is_flag=True, help="Do everything, tell what came out, undo it.")
@click.option("--as", "acting", help="Sign-in name of who runs it.")
@click.option("--json", "json_wanted", is_flag=True)
def daily(day: date, dry_run: bool, acting: str | None, json_wanted: bool) -> None:
    """Judge promises and decide every customer with anything open. A second run of a day writes only what changed."""
    result = run_daily(who_at_cli(acting, dry_run), day, _progress if sys.stderr.isatty() else None)
    if json_wanted:
        as_json(vars(result))
        return
    click.echo(
        f"{day}: {result.customers:,} customers decided: {result.calls:,} to call, {result.emails:,} by e-mail, "
        f"{result.silent:,} not today. {result.promises_judged} promises judged, {result.promises_broken} broken. "
        f"{result.written:,} decisions written, {result.revised:,} revised."
        + (" Dry run: nothing was kept." if result.dry_run else "")
    )


@run.command()
def jobs() -> None:
    """Work off jobs until stopped; start as many of these, on as many machines, as wanted (PostgreSQL)."""
    call_command("qcluster")


def _progress(phase: str, done: int, total: int) -> None:
    click.echo(f"\r{phase}: {done:,} of {total:,}   ", err=True, nl=done >= total)
