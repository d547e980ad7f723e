"""dunlin strategy: dunning strategies as text files: check, test, compare. No database is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dunlin.cli.main import as_json, counted
from dunlin.formats.placed_yaml import TextProblems
from dunlin.formats.strategies import TEMPLATES, from_yaml, shipped_names, shipped_text
from dunlin.formats.strategy_cases import Line, Outcome, read_cases, run_case
from dunlin.formats.strategy_changes import changes
from dunlin.rules.codes import Refused
from dunlin.rules.reasons import day_words
from dunlin.rules.strategies import Strategy, describe

_FILE = click.Path(path_type=Path)


@click.group()
def strategy() -> None:
    """Dunning strategies as text files. FILE may also be the key of a strategy that ships, such as `default`."""


@strategy.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--json", "json_wanted", is_flag=True)
def check(files: tuple[Path, ...], json_wanted: bool) -> None:
    """Read strategies and name every mistake with its line and column. Exit 1 when there is one.

    Files given together know each other: an experiment may point to a strategy among them.
    """
    texts = {path: _text(path) for path in files}
    keys = {path: _key(text) for path, text in texts.items()}
    known = {key for key in keys.values() if key} if len(files) > 1 else None
    told: list[dict[str, Any]] = []
    for path, text in texts.items():
        try:
            read = from_yaml(text, strategies=known)
        except TextProblems as found:
            problems = [problem._asdict() for problem in found.problems]
            told.append({"file": str(path), "key": keys[path] or None, "steps": [], "problems": problems})
            continue
        steps = [describe(step) for step in read.steps]
        told.append({"file": str(path), "key": read.key, "steps": steps, "problems": []})
        if not json_wanted:
            _show(path, read)
    if json_wanted:
        as_json({"strategies": told})
    else:
        for each in told:
            for problem in each["problems"]:
                where = f"{each['file']}:{problem['line']}:{problem['column']}"
                click.echo(f"{where}: {problem['place']}: {problem['detail']}".replace(": : ", ": "))
    if any(each["problems"] for each in told):
        raise click.exceptions.Exit(1)


@strategy.command()
@click.argument("strategies", nargs=-1, required=True, type=_FILE)
@click.argument("cases", nargs=1, type=_FILE)
@click.option("--json", "json_wanted", is_flag=True)
def test(strategies: tuple[Path, ...], cases: Path, json_wanted: bool) -> None:
    """Run strategies on a file of CASES and compare the notices with those expected. Exit 1 when one differs.

    Customers of a case that name no strategy take the first.
    """
    known = {each.key: each for each in map(_strategy, strategies)}
    try:
        outcomes = [run_case(case, known) for case in read_cases(_text(cases), tuple(known))]
    except TextProblems as found:
        raise Refused("file_not_understood", file=str(cases), why=str(found)) from None
    if json_wanted:
        as_json({"cases": [_machine(outcome) for outcome in outcomes]})
    else:
        for outcome in outcomes:
            _tell(outcome)
    if not all(outcome.passed for outcome in outcomes):
        raise click.exceptions.Exit(1)


@strategy.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--json", "json_wanted", is_flag=True)
def diff(old: Path, new: Path, json_wanted: bool) -> None:
    """Tell what differs between two strategies, one sentence a change."""
    found = changes(_strategy(old), _strategy(new))
    if json_wanted:
        as_json({"changes": found})
        return
    for line in found or ["Nothing differs."]:
        click.echo(line)


def _text(path: Path) -> str:
    """The text of a file, or of the strategy that ships under that key."""
    if str(path) in shipped_names() and not path.exists():
        return shipped_text(str(path))
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise Refused("file_unknown", file=str(path)) from None
    except UnicodeDecodeError:
        raise Refused("file_not_understood", file=str(path), why="it is not text in UTF-8") from None


def _strategy(path: Path) -> Strategy:
    try:
        return from_yaml(_text(path))
    except TextProblems as found:
        raise Refused("file_not_understood", file=str(path), why=str(found)) from None


def _key(text: str) -> str:
    try:
        return from_yaml(text).key
    except TextProblems:
        return ""


def _show(path: Path, read: Strategy) -> None:
    click.echo(f"{path}: {read.name}, {counted(len(read.steps), 'step')}, no mistakes")
    for step in read.steps:
        click.echo(f"  {describe(step)}")
    unknown = sorted({step.template for step in read.steps} - set(TEMPLATES))
    if unknown:
        click.echo(f"  Templates that do not ship with Dunlin: {', '.join(unknown)}")


def _tell(outcome: Outcome) -> None:
    failed = [line for line in outcome.lines if not line.passed]
    told = f"{counted(outcome.items, 'item')}, {counted(outcome.notices, 'notice')}, {counted(len(outcome.lines), 'row')} compared"
    click.echo(f"{'passed' if outcome.passed else 'FAILED'}  {outcome.name} ({told})")
    if outcome.problem:
        click.echo(f"        stopped: {outcome.problem}")
    for line in failed:
        _side_by_side(line)


def _side_by_side(line: Line) -> None:
    click.echo(f"        run {line.run}, {day_words(line.on)}, {line.customer}")
    wide = max(len(cell) for cell in [*line.expected.values(), "expected"])
    click.echo(f"          {'':<9}  {'expected':<{wide}}  got")
    for column, cell in line.expected.items():
        if not cell and not line.got[column]:
            continue
        mark = " " if line.got[column] == cell else "≠"
        click.echo(f"        {mark} {column:<9}  {cell:<{wide}}  {line.got[column]}".rstrip())


def _machine(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "passed": outcome.passed,
        "items": outcome.items,
        "notices": outcome.notices,
        "problem": outcome.problem or None,
        "rows": [
            {
                "run": line.run, "on": line.on, "customer": line.customer, "passed": line.passed,
                "expected": line.expected, "got": line.got,
            }
            for line in outcome.lines
        ],
    }  # fmt: skip
