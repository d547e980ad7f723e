"""dunlin examples: worked examples through the product's own rules."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from dunlin.cli.main import as_json
from dunlin.rules.codes import Refused
from dunlin.rules.examples import run


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "json_wanted", is_flag=True)
def examples(file: Path, json_wanted: bool) -> None:
    """Run FILE (topic, inputs → expected) and tell which cases pass. Exit 1 when one fails.

    An unknown topic is counted, not failed: there is no rule for it yet.
    """
    try:
        cases = yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(file)) from None
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as problem:
        raise Refused(
            "file_not_understood", file=str(file), why=f"it needs a list `cases`: {problem}"
        ) from None
    result = run(cases)
    if json_wanted:
        as_json(result)
    else:
        for topic, told in sorted(result["topics"].items()):
            failed = f"failed: {', '.join(told['failed'])}" if told["failed"] else ""
            unknown = f"{told['unknown']} unknown" if told["unknown"] else ""
            click.echo(f"{topic:<28} {told['passed']:>3} passed  {failed}{unknown}")
    if any(told["failed"] for told in result["topics"].values()):
        raise click.exceptions.Exit(1)
