"""dunlin verify: prove the books."""

from __future__ import annotations

from dataclasses import asdict

import click

from dunlin.cli.main import as_json
from dunlin.cli.standing import ledger_today
from dunlin.records.policies import current_policy
from dunlin.reports.verify import Verification
from dunlin.reports.verify import verify as verify_books


@click.command()
@click.option("--json", "json_wanted", is_flag=True)
def verify(json_wanted: bool) -> None:
    """Recompute every invariant from the postings and name the first item that breaks one. Exit 1 when one does."""
    result = verify_books(ledger_today(), current_policy())
    if json_wanted:
        as_json(told(result))
    else:
        click.echo(written(result))
    if not result.clean:
        raise click.exceptions.Exit(1)


def told(result: Verification) -> dict[str, object]:
    """The JSON shape of docs/reference/json.md."""
    return {
        "clean": result.clean,
        "checks": result.checks,
        "seconds": round(result.seconds, 2),
        "counts": result.counts,
        "findings": [asdict(finding) for finding in result.findings],
    }


def written(result: Verification) -> str:
    """For people: what was proved, or each broken invariant with the first item that breaks it."""
    proved = ", ".join(f"{count:,} {name}" for name, count in result.counts.items() if count)
    lines = [f"{result.checks} checks over {proved or 'empty books'} in {result.seconds:.1f} s"]
    if result.clean:
        return "\n".join([*lines, "The books are right: nothing breaks an invariant."])
    lines += [str(finding) for finding in result.findings]
    return "\n".join([*lines, f"{len(result.findings)} invariants are broken."])
