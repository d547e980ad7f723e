"""dunlin provider: what became of payments by card and bank debit."""

from __future__ import annotations

from dataclasses import asdict

import click

from dunlin.actions.doing import payment_provider
from dunlin.actions.take_provider_event import sweep
from dunlin.cli.main import as_json
from dunlin.records.clock import now, today
from dunlin.records.policies import current_policy
from dunlin.reports.online_payments import counts


@click.group()
def provider() -> None:
    """Payments by card and bank debit."""


@provider.command()
@click.option("--json", "json_wanted", is_flag=True, help="For machines.")
def check(json_wanted: bool) -> None:
    """Ask the provider for messages that never came and for payments under way, and bring them in.

    The job of `dunlin serve` does the same every five minutes. Safe to run at any time.
    """
    swept = sweep(payment_provider(today(current_policy().ledger_time_zone), now()))
    states = counts()
    if json_wanted:
        as_json(asdict(swept) | {"payments": dict(states)})
        return
    click.echo(f"{swept.sentence}.")
    for state, number in states.items():
        click.echo(f"{state.replace('_', ' '):14} {number:,}")
