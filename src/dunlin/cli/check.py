"""dunlin check: may this installation go live?"""

from __future__ import annotations

import click
from django.conf import settings
from django.core.management import call_command


@click.command()
def check() -> None:
    """Refuse unsafe settings before going live: each with what to do. Exit 1 when there is one."""
    findings = settings.UNSAFE
    for variable, sentence in findings:
        click.echo(f"{variable} {sentence}")
    call_command("check", fail_level="ERROR")
    if findings:
        raise click.exceptions.Exit(1)
    click.echo("Nothing unsafe found.")
