"""dunlin bank take: bank files into the receipts queue, and what is certain placed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.take_bank_file import FileTaken
from dunlin.actions.take_remittance import AdviceTaken, take_any
from dunlin.cli.main import as_json
from dunlin.cli.standing import who_at_cli
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


def take_files(files: tuple[Path, ...], acting: str | None, json_wanted: bool, placing: bool) -> None:
    """Take each file in its own transaction, then process what waits. A refused file stops no other; the first refusal is raised
    at the end."""
    who = who_at_cli(acting)
    told: list[dict[str, Any]] = []
    refusals: list[Refused] = []
    for path in files:
        try:
            taken = _take(who, path)
        except Refused as refused:
            refusals.append(refused)
            told.append({"file": str(path), "refused": str(refused)})
            if not json_wanted:
                click.echo(f"{path}: refused. {refused}")
            continue
        told.append({"file": str(path)} | asdict(taken))
        if not json_wanted:
            click.echo(_line(path, taken))
    processed = process_waiting(who.today, who.now) if placing else None
    if json_wanted:
        as_json({"files": told, "processed": asdict(processed) if processed else None})
    elif processed:
        click.echo(processed.sentence)
    if refusals:
        raise refusals[0]


def _take(who: Any, path: Path) -> FileTaken | AdviceTaken:
    try:
        return take_any(who, path.name, path.read_bytes())
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(path)) from None
    except OSError as problem:
        raise Refused("bank_file_not_read", file=str(path), why=problem.strerror or str(problem)) from None


def _line(path: Path, taken: FileTaken | AdviceTaken) -> str:
    if isinstance(taken, AdviceTaken):
        return f"{path}: remittance advice, {taken.sentence.removeprefix(taken.name).removeprefix(': ')}"
    if taken.again:
        return f"{path}: taken in before; nothing changed."
    sums = ", ".join(str(Money(minor, currency)) for currency, minor in sorted(taken.sums.items()))
    more = "".join(
        f", {number:,} {what}"
        for number, what in (
            (taken.pending, "not booked yet"),
            (taken.warnings, "warnings"),
            (taken.damaged, "damaged"),
        )
        if number
    )
    return f"{path}: {taken.format}, {taken.entries:,} transactions, {taken.new:,} new{more}; {sums or 'no money'}"
