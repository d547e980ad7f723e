"""dunlin demo: a sample company to look at, served."""

from __future__ import annotations

import importlib
import sys
import time
from datetime import date
from pathlib import Path
from types import ModuleType

import click

import dunlin
from dunlin.actions.nightly import run_unless_done
from dunlin.cli.init import prepare, where
from dunlin.cli.serve import free_port, run_processes
from dunlin.cli.standing import Day, ledger_today
from dunlin.records.clock import now
from dunlin.records.models import Customer, Setting

ROOT = Path(dunlin.__file__).resolve().parents[2]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, help="The next free one is taken when it is busy.")
@click.option("--customers", default=1500, show_default=True)
@click.option("--months", default=24, show_default=True)
@click.option("--seed", default=7, show_default=True, help="The same seed and day make the same company.")
@click.option("--today", "day", type=Day(), help="The last day of its story; default: today.")
@click.option("--no-serve", is_flag=True, help="Build only.")
def demo(
    host: str, port: int, customers: int, months: int, seed: int, day: date | None, no_serve: bool
) -> None:
    """Build the sample company (once) and serve it; prints the address and a sign-in for each role."""
    started = time.perf_counter()
    company = sample_company()
    click.echo(f"Preparing {where()} ...")
    prepare()
    if not Customer.objects.exists():
        # The company keeps its books in New York: the zone comes first, for its day is the last of the story.
        Setting.objects.get_or_create(
            name="ledger.time_zone", defaults={"value": company.ZONE, "changed_at": now()}
        )
        click.echo(f"Building a sample company of {customers:,} customers over {months} months ...")
        company.build(
            day or ledger_today(),
            now(),
            seed,
            customers,
            months,
            progress=lambda text: click.echo(f"  {text}"),
        )
    else:
        run_unless_done(ledger_today())
    click.echo(f"Ready after {time.perf_counter() - started:.0f} s. Sign in as:")
    for person in company.sign_ins():
        click.echo(f"  {person.username:<12}{person.password:<20}{person.name}, {person.role}")
    if no_serve:
        return
    port = free_port(host, port)
    click.echo(f"\nDunlin is at http://{host}:{port}/   (Ctrl+C stops it)")
    customer = company.portal_contact()
    if customer:
        click.echo(
            f"The customer portal is at http://{host}:{port}/portal/ : sign in as {customer}; with no mail server "
            "set up, the mail with the link stands in the outbox (Sending, Outbox)."
        )
    run_processes(host, port, jobs=True)


def sample_company() -> ModuleType:
    """The generator in `examples/`, which comes with the source, not with the installed package."""
    if not (ROOT / "examples" / "sample_company").is_dir():
        raise click.ClickException(
            "the sample company comes with the source: clone the repository and run `make demo`"
        )
    sys.path.insert(0, str(ROOT))
    return importlib.import_module("examples.sample_company.build")
