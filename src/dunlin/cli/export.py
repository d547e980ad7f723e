"""dunlin export: write everything out in open formats."""

from __future__ import annotations

from pathlib import Path

import click

from dunlin.actions.export_books import FORMATS, export_books
from dunlin.cli.main import as_json
from dunlin.cli.standing import who_at_cli


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("--decisions", is_flag=True, help="Also the stored decisions of each day; they are many.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
@click.option("--json", "json_wanted", is_flag=True)
def export(target: Path, form: str, decisions: bool, acting: str | None, json_wanted: bool) -> None:
    """Write the books and the day into an empty folder, or into one file when TARGET ends in .zip.

    `dunlin import books TARGET` makes the same books of it in an empty database. Format: docs/reference/export-format.md.
    """

    def progress(table: str, rows: int) -> None:
        if rows and not json_wanted:
            click.echo(f"{table:<20} {rows:>12,}", err=True)

    exported = export_books(who_at_cli(acting), target, form, decisions=decisions, progress=progress)
    if json_wanted:
        as_json(exported.as_dict())
    else:
        click.echo(f"{sum(exported.tables.values()):,} rows of {len(exported.tables)} tables in {target}")
