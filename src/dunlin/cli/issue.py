"""dunlin issue: invoices and memos from a file of charges, tried unless they are to be posted."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from dunlin.actions.issue_file import DocumentTold, issue_file
from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import who_at_cli
from dunlin.rules.codes import Refused

_WORDS = {
    "would": "would be issued", "issued": "issued", "before": "issued before; nothing changed", "asked": "asked for approval",
    "refused": "refused",
}  # fmt: skip


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--post", is_flag=True, help="Issue them. Without it everything is tried and taken back.")
@click.option("--as", "acting", required=True, help="Sign-in name of who issues.")
@click.option("--json", "json_wanted", is_flag=True)
def issue(file: Path, post: bool, acting: str, json_wanted: bool) -> None:
    """Issue the invoices, debit memos and credit memos of FILE, one row a charge (CSV, XLSX, ODS).

    The same file again changes nothing: each document is known by its name in the column `document`. One that is refused holds no
    other back; exit 1 then. Guide: docs/guides/credit-memos.md.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(file)) from None
    except OSError as problem:
        raise Refused("issue_file_unusable", file=str(file), why=problem.strerror or str(problem)) from None
    told = issue_file(who_at_cli(acting), file.name, content, post=post)
    counts = Counter(each.state for each in told)
    if json_wanted:
        as_json({"posted": post, "counts": {state: counts[state] for state in _WORDS}, "documents": [_told(each) for each in told]})  # fmt: skip
    else:
        for each in told:
            _print(each)
        click.echo(
            ", ".join(f"{counts[state]:,} {words.split(';')[0]}" for state, words in _WORDS.items() if counts[state])
            + ("" if post else "; nothing was kept, say --post to issue")
        )  # fmt: skip
    if counts["refused"]:
        sys.exit(1)


def _told(each: DocumentTold) -> dict[str, Any]:
    return {
        "document": each.name, "kind": each.kind, "customer": each.customer, "rows": list(each.rows), "state": each.state,
        "number": each.number or None, "amount": each.total.plain if each.total is not None else None,
        "currency": each.total.currency if each.total is not None else None,
        "problems": [problem._asdict() for problem in each.problems], "said": list(each.said),
    }  # fmt: skip


def _print(each: DocumentTold) -> None:
    amount = f" {each.total}" if each.total is not None else ""
    number = f" {each.number}" if each.number else ""
    rows = counted(len(each.rows), "row")
    click.echo(
        f"{each.name} ({each.kind.replace('_', ' ')} of {each.customer or 'nobody'}, {rows}){amount}: {_WORDS[each.state]}{number}"
    )
    for problem in each.problems:
        click.echo(f"  row {problem.row}, {problem.column}: {problem.why}")
    for text in each.said:
        click.echo(f"  {text}")
