"""dunlin run: what the clock runs, by hand."""

from __future__ import annotations

import sys
from datetime import date

import click
from django.core.management import call_command

from dunlin.actions.run_day import run_day
from dunlin.actions.run_process import ProcessResult, run_process
from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, who_at_cli
from dunlin.rules.money import Money
from dunlin.rules.reasons import machine_facts


@click.group()
def run() -> None:
    """Run the day, or the job processes."""


@run.command()
@click.option("--date", "day", type=Day(), default="today", show_default=True)
@click.option("--dry-run", is_flag=True, help="Do everything, tell what came out, undo it.")
@click.option("--send", is_flag=True, help="Then send what is due, if a mail server is set up.")
@click.option("--as", "acting", help="Sign-in name of who runs it.")
@click.option("--json", "json_wanted", is_flag=True)
def daily(day: date, dry_run: bool, send: bool, acting: str | None, json_wanted: bool) -> None:
    """Judge promises, decide every customer with anything open, and today run the processes that are due.

    A second run of a day writes only what changed. Messages wait for their hours and for the sender; --send sends what may go now.
    """
    done = run_day(who_at_cli(acting, dry_run), day, _progress if sys.stderr.isatty() else None, send=send)
    result = done.night
    if json_wanted:
        sent = vars(done.sent) if done.sent else None
        as_json(vars(result) | {"processes": [_plain(each) for each in done.processes], "sent": sent})
        return
    click.echo(
        f"{day}: {result.customers:,} customers decided: {result.calls:,} to call, {result.emails:,} by e-mail, "
        f"{result.silent:,} not today. {result.promises_judged} promises judged, {result.promises_broken} broken. "
        f"{result.written:,} decisions written, {result.revised:,} revised."
        + (" Dry run: nothing was kept." if result.dry_run else "")
    )
    for each in done.processes:
        click.echo(_said(each))
    if done.sent is not None:
        click.echo(
            f"{done.sent.sent:,} sent, {done.sent.withdrawn:,} withdrawn, {done.sent.put_off:,} put off."
        )


@run.command("process")
@click.argument("name")
@click.option("--period", help="The month (2026-11) or day (2026-11-25) it is for; default: the newest.")
@click.option("--dry-run", is_flag=True, help="Do everything, tell what came out, undo it.")
@click.option("--as", "acting", help="Sign-in name of who runs it.")
@click.option("--json", "json_wanted", is_flag=True)
def process(name: str, period: str | None, dry_run: bool, acting: str | None, json_wanted: bool) -> None:
    """Run one scheduled process: statements, finals, finals_late, past_due, mrr, campaign_mail. Running it again continues it."""
    who = who_at_cli(acting)
    result = run_process(
        who, name, period, dry_run=dry_run, progress=_progress if sys.stderr.isatty() else None
    )
    if json_wanted:
        as_json(_plain(result))
        return
    click.echo(_said(result) + (" Dry run: nothing was kept." if dry_run else ""))
    for code, customers in result.counts.items():
        click.echo(f"  {customers:>8,}  {code}")


def _said(result: ProcessResult) -> str:
    asked = " and ".join(str(Money(minor, currency)) for currency, minor in result.asked.items())
    return (
        f"{result.process} {result.period}: {result.messages:,} messages, {result.customers:,} customers looked at, "
        f"{result.left_out:,} left out" + (f"; {asked} asked for." if asked else ".")
    )


def _plain(result: ProcessResult) -> dict[str, object]:
    told = {name: value for name, value in vars(result).items() if name != "sample"}
    told["asked"] = machine_facts({"asked": [{"minor": minor, "currency": cur} for cur, minor in result.asked.items()]})["asked"]  # fmt: skip
    return told


@run.command()
def jobs() -> None:
    """Work off jobs until stopped; start as many of these, on as many machines, as wanted (PostgreSQL)."""
    call_command("qcluster")


def _progress(phase: str, done: int, total: int) -> None:
    click.echo(f"\r{phase}: {done:,} of {total:,}   ", err=True, nl=done >= total)
