"""dunlin init: make the database ready."""

from __future__ import annotations

import click
from django.conf import settings
from django.core.management import call_command

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.records.clock import now


@click.command()
def init() -> None:
    """Create or bring up to date the tables of DUNLIN_DATABASE_URL (or of the SQLite file in DUNLIN_DATA_DIR)."""
    prepare()
    click.echo(f"Ready: {where()}")


def prepare() -> None:
    """Folders, tables, the strategies and templates that ship; safe to run again."""
    for folder in (settings.DATA_DIR, settings.MEDIA_ROOT, settings.STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    keep_shipped(now())


def where() -> str:
    """The database in words, never with its password."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return f"SQLite at {database['NAME']}"
    return f"PostgreSQL {database['NAME']} at {database['HOST'] or 'the local socket'}"
