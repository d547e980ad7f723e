"""Cash application, measured: `python -m bench.cash score predictions.jsonl truth.jsonl`, `simulate`, `run`. Guide: docs/guides/cash-application.md."""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from bench.cash_book import made_book
from bench.cash_score import score, table
from bench.cash_simulator import LEVELS, Simulator, write
from tests.shared_data import ROOT

LEDGER = ROOT / "data" / "invoices" / "highradius_ledger_asof_2019-06-01.csv.gz"


def main(arguments: list[str]) -> int:
    """Do what is asked; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m bench.cash", description=__doc__)
    asked = parser.add_subparsers(required=True)
    scoring = asked.add_parser("score", help="predictions against the truth")
    scoring.add_argument("predictions", type=Path)
    scoring.add_argument("truth", type=Path)
    scoring.add_argument("--json", action="store_true")
    scoring.set_defaults(do=_score)
    for name, do, text in (
        ("simulate", _simulate, "write the files of a simulated book, with the truth"),
        ("run", _run, "simulate, decide with `dunlin apply files`, score"),
    ):
        made = asked.add_parser(name, help=text)
        made.add_argument("--level", choices=list(LEVELS), default="mixed")
        made.add_argument("--seed", type=int, default=1)
        made.add_argument(
            "--ledger",
            type=Path,
            default=LEDGER if LEDGER.exists() else None,
            help="a real ledger; default: the shared one, if there",
        )
        made.add_argument("--made-up", action="store_true", help="a made-up book, whatever ledger there is")
        made.add_argument("--invoices", type=int, default=39_000, help="of a made-up book")
        made.add_argument("--json", action="store_true")
        made.add_argument("--out", type=Path, required=name == "simulate", help="the folder")
        if name == "run":
            made.add_argument(
                "--learning",
                action="store_true",
                help="people correct each payment the day after, and it is learnt",
            )
            made.add_argument(
                "--cold", action="store_true", help="a system of its first day: without the history"
            )
        made.set_defaults(do=do)
    told = parser.parse_args(arguments)
    told.do(told)
    return 0


def _score(asked: argparse.Namespace) -> None:
    figures = score(_records(asked.predictions), _records(asked.truth))
    print(json.dumps(figures, indent=2) if asked.json else table(figures))


def _simulate(asked: argparse.Namespace) -> None:
    random = Random(asked.seed)
    book = made_book(random, None if asked.made_up else asked.ledger, asked.invoices)
    write(book, Simulator(book, asked.level, random), asked.out)


def _run(asked: argparse.Namespace) -> None:
    with TemporaryDirectory() as kept:
        asked.out = asked.out or Path(kept)
        _simulate(asked)
        files = {
            name: asked.out / name
            for name in ("customers.csv", "invoices.csv", "history.jsonl", "payments.jsonl")
            if not (asked.cold and name == "history.jsonl")
        }
        options = [part for name, path in files.items() for part in (f"--{name.split('.')[0]}", str(path))]
        out = asked.out / "predictions.jsonl"
        if asked.learning:
            options += ["--corrections", str(_corrections(asked.out))]
        command = [sys.executable, "-m", "dunlin", "apply", "files", *options, "--out", str(out), "--json"]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        figures = score(_records(out), _records(asked.out / "truth.jsonl"))
        if asked.json:
            print(json.dumps({"speed": told, "figures": figures}, indent=2))
        else:
            print(table(figures))
            print(
                f"{told['payments_per_second']} payments a second, 99 in 100 within {told['milliseconds_p99']} ms"
            )


def _corrections(folder: Path) -> Path:
    """The payments with what is true of them, as the history has it: what people would have made of each."""
    truths = {row["payment_id"]: row for row in _records(folder / "truth.jsonl")}
    out = folder / "corrections.jsonl"
    with out.open("w", encoding="utf-8") as stream:
        for row in _records(folder / "payments.jsonl"):
            stream.write(json.dumps(row | {"truth": truths[row["payment_id"]]}) + "\n")
    return out


def _records(path: Path) -> list[dict[str, Any]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as stream
    ):
        return [json.loads(line) for line in stream if line.strip()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
