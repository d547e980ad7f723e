"""dunlin check: may this installation go live?"""

from __future__ import annotations

import click
from django.conf import settings
from django.core.management import call_command

from dunlin.records import clock
from dunlin.rules.conduct_profiles import stale


@click.command()
def check() -> None:
    """Refuse unsafe settings before going live: each with what to do. Exit 1 when there is one.

    Rules of conduct whose review date has passed are told as well; they still hold, so they refuse nothing.
    """
    findings = settings.UNSAFE
    for variable, sentence in findings:
        click.echo(f"{variable} {sentence}")
    for late in stale(clock.today("UTC")):
        click.echo(
            f"Conduct: {late.key} of {late.profile} was to be looked at by {late.review_by}; it still holds."
        )
    call_command("check", fail_level="ERROR")
    if findings:
        raise click.exceptions.Exit(1)
    click.echo("Nothing unsafe found.")
