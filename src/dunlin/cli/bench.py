"""dunlin bench: how fast, against limits taken in the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

import dunlin

ROOT = Path(dunlin.__file__).resolve().parents[2]


@click.command()
@click.option("--size", type=click.Choice(["small", "medium", "full"]), default="full", show_default=True)
@click.option(
    "--engine", type=click.Choice(["sqlite", "postgresql", "both"]), default="both", show_default=True
)
@click.option("--json", "json_wanted", is_flag=True)
def bench(size: str, engine: str, json_wanted: bool) -> None:
    """Measure on a generated book and print each figure as a ratio to its limit. Exit 1 when one is below its floor."""
    if not (ROOT / "bench").is_dir():
        raise click.ClickException(
            "the benchmarks come with the source: clone the repository and run `make bench`"
        )
    command = [
        sys.executable,
        "-m",
        "bench.main",
        "--size",
        size,
        "--engine",
        engine,
        *(["--json"] if json_wanted else []),
    ]
    raise click.exceptions.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603  our own program
