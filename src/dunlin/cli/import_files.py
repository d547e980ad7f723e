"""dunlin import: take in files, or a whole export."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dunlin.actions.choose_mapping import option_for, read_by
from dunlin.actions.import_file import Progress, import_file
from dunlin.actions.load_export import load_export
from dunlin.actions.preview_import import Preview, preview_import
from dunlin.actions.save_mapping import save_mapping
from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import who_at_cli
from dunlin.formats.mappings import Mapping, MappingProblem, from_yaml
from dunlin.formats.targets import KINDS
from dunlin.reports.imports import CurrencyTotal, RunReport, corrections_csv, missing_csv
from dunlin.rules.codes import Refused

_SINGULAR = {"entities": "entity", "terms": "terms"}  # of what came into being beside the rows


@click.command("import")
@click.argument("kind", type=click.Choice([*KINDS, "books"]))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--mapping", help="Name of a mapping, or a YAML file that holds one.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Fill a field from a column, or with one value for every row (FIELD=:VALUE says that it is no column).",
)
@click.option(
    "--date-order", type=click.Choice(["ymd", "dmy", "mdy"]), help="Order of day and month in the whole file."
)
@click.option("--preview", is_flag=True, help="Show what would happen; write nothing.")
@click.option("--dry-run", is_flag=True, help="Do everything, then undo it.")
@click.option(
    "--corrections",
    type=click.Path(path_type=Path),
    help="Write refused rows here, to correct and run again.",
)
@click.option(
    "--missing",
    type=click.Path(path_type=Path),
    help="Write here what is open from earlier files and not in this one.",
)
@click.option("--save-mapping", "save_as", help="Save the mapping that was used under this name.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
@click.option("--json", "json_wanted", is_flag=True)
def import_files(
    kind: str,
    files: tuple[Path, ...],
    mapping: str | None,
    settings: tuple[str, ...],
    date_order: str | None,
    preview: bool,
    dry_run: bool,
    corrections: Path | None,
    missing: Path | None,
    save_as: str | None,
    acting: str | None,
    json_wanted: bool,
) -> None:
    """Take in customers, contacts, items or payments from FILEs, or the books of an export into an empty database.

    A file already taken in changes nothing; a row that is refused holds nothing else back. Exit 1 when one is refused.
    Guide: docs/guides/importing.md.
    """
    who = who_at_cli(acting, dry_run)
    if kind == "books":
        _books(who, files, json_wanted)
        return
    answers = _answers(settings, date_order)
    given = _given(mapping)
    told: list[dict[str, Any]] = []
    for path in files:
        if save_as:
            _, chosen = read_by(path, kind, given, answers)
            if not chosen.questions:
                given, answers = save_mapping(who, replace(chosen.mapping, name=save_as)), {}
        if preview:
            shown = preview_import(who, path, kind, given, answers=answers)
            told.append(shown.as_dict())
            if not json_wanted:
                _show_preview(shown)
            continue
        report = import_file(
            who, path, kind, given, answers=answers, dry_run=dry_run, progress=_progress(path, json_wanted)
        )
        told.append(report.as_dict())
        if corrections and report.refused and report.run_id:
            _write(corrections_csv(report.run_id), report.run_id, corrections, len(files) > 1)
        if missing and report.missing and report.run_id:
            _write(missing_csv(report.run_id), report.run_id, missing, len(files) > 1)
        if not json_wanted:
            _show(report, corrections, missing)
    if json_wanted:
        as_json({"previews" if preview else "imports": told})
    if any(one["refused"] for one in told):
        click.get_current_context().exit(1)


def _books(who: Any, files: tuple[Path, ...], json_wanted: bool) -> None:
    if len(files) != 1:
        raise click.UsageError("One export makes one set of books.")

    def progress(table: str, rows: int) -> None:
        if rows and not json_wanted:
            click.echo(f"{table:<20} {rows:>12,}", err=True)

    loaded = load_export(who, files[0], progress=progress)
    if json_wanted:
        as_json(loaded.as_dict())
    else:
        click.echo(
            f"{sum(loaded.tables.values()):,} rows of {len(loaded.tables)} tables loaded. Users need new passwords."
        )


def _answers(settings: tuple[str, ...], date_order: str | None) -> dict[str, str]:
    answers = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write it as FIELD=VALUE.")
        answers[name.strip()] = value.strip()
    if date_order:
        answers["date_order"] = date_order
    return answers


def _given(mapping: str | None) -> Mapping | str | None:
    """A mapping named on the command line: the YAML of a file, else a name."""
    if mapping is None or not mapping.endswith((".yaml", ".yml")):
        return mapping
    try:
        return from_yaml(Path(mapping).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Refused("file_unknown", file=mapping) from None
    except MappingProblem as problem:
        raise Refused("mapping_not_usable", mapping=mapping, file="any file", why=str(problem)) from None


def _progress(path: Path, json_wanted: bool) -> Progress | None:
    if json_wanted or not sys.stderr.isatty():
        return None

    def show(done: int, total: int | None) -> None:
        share = f" of {total:,}" if total else ""
        click.echo(f"\r{path.name}: {done:,}{share} rows", err=True, nl=done == total)

    return show


def _write(lines: Iterator[str], run_id: int, target: Path, several: bool) -> None:
    place = target.with_stem(f"{target.stem}-{run_id}") if several else target
    with place.open("w", encoding="utf-8-sig", newline="") as out:
        out.writelines(lines)


def _show_totals(totals: tuple[CurrencyTotal, ...]) -> None:
    for total in totals:
        click.echo(
            f"  {total.currency}  {counted(total.rows, 'row'):>15}  amount {total.amount.decimal:>20,}  open {total.open.decimal:>20,}"
        )


def _show(report: RunReport, corrections: Path | None, missing: Path | None) -> None:
    tried = " (dry run: undone)" if report.dry_run else ""
    skipped = f", {report.skipped:,} skipped" if report.skipped else ""
    click.echo(
        f"{report.file_name}: {counted(report.rows_done, 'row')} by mapping {report.mapping_name}{tried}: {report.new:,} new, "
        f"{report.changed:,} changed, {report.same:,} the same, {report.refused:,} refused{skipped}, "
        f"{counted(report.warnings, 'warning')}"
    )
    _show_totals(report.totals)
    if report.created:
        click.echo(
            "  made: "
            + ", ".join(
                counted(count, _SINGULAR.get(what, what.removesuffix("s")), what)
                for what, count in report.created.items()
            )
        )
    for notice in report.notices:
        click.echo(f"  note: {notice}")
    for change in report.changes[:10]:
        click.echo(
            f"  line {change.line}: {change.about}: {change.field} {change.before} → {change.after}. {change.did}"
        )
    for problem in [one for one in report.problems if one.refused][:10]:
        click.echo(f"  line {problem.line}: {problem.column}: {problem.sentence} ({problem.code})", err=True)
    if report.refused and corrections is None:
        click.echo("  --corrections FILE.csv writes the refused rows, to correct and run again.", err=True)
    if report.missing and missing is None:
        click.echo("  --missing FILE.csv writes what is not in the file and still open.", err=True)


def _show_preview(shown: Preview) -> None:
    read = f"{shown.format}, {shown.encoding or shown.sheet}" + (
        f", delimiter {shown.delimiter!r}" if shown.delimiter else ""
    )
    click.echo(f"{shown.file_name}: {shown.kind}, {read}; mapping {shown.mapping.name} ({shown.origin})")
    for column in shown.columns:
        if column.column or column.constant:
            source = column.column or f"always {column.constant}"
            sure = "said" if column.said else f"{column.confidence:.0%}"
            click.echo(f"  {column.field:<16} ← {source:<28} {sure:>4}  {' | '.join(column.samples)[:60]}")
    if shown.unused:
        click.echo(f"  not used: {', '.join(shown.unused)}")
    for question in shown.questions:
        click.echo(f"  asked: {question.sentence} Answer with {option_for(question)}.", err=True)
    if not shown.ready:
        return
    click.echo(
        f"  {counted(shown.rows, 'row')}: {shown.new:,} new, {shown.changed:,} changed, {shown.same:,} the same, {shown.refused:,} "
        f"refused, {shown.skipped:,} skipped, {counted(shown.warnings, 'warning')}; {counted(shown.customers, 'customer')}"
    )
    _show_totals(shown.totals)
    for notice in shown.notices:
        click.echo(f"  note: {notice}")
    for problem in shown.problems[:10]:
        click.echo(f"  line {problem.line}: {problem.column}: {problem.sentence}", err=True)
