"""dunlin verify: prove the books."""

from __future__ import annotations

import click

from dunlin.cli.main import as_json
from dunlin.cli.standing import ledger_today
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify as verify_books


@click.command()
@click.option("--json", "json_wanted", is_flag=True)
def verify(json_wanted: bool) -> None:
    """Recompute every invariant from the postings and name the first item that breaks one. Exit 1 when one does."""
    result = verify_books(ledger_today(), current_policy())
    if json_wanted:
        as_json(result.as_dict())
    else:
        click.echo(result.text())
    if not result.clean:
        raise click.exceptions.Exit(1)
