"""Cash application, measured: `python -m bench.cash score predictions.jsonl truth.jsonl`, `simulate`, `run`. Guide: docs/guides/cash-application.md."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from bench.cash_score import score, table


def main(arguments: list[str]) -> int:
    """Do what is asked; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m bench.cash", description=__doc__)
    asked = parser.add_subparsers(required=True)
    scoring = asked.add_parser("score", help="predictions against the truth")
    scoring.add_argument("predictions", type=Path)
    scoring.add_argument("truth", type=Path)
    scoring.add_argument("--json", action="store_true")
    scoring.set_defaults(do=_score)
    told = parser.parse_args(arguments)
    told.do(told)
    return 0


def _score(asked: argparse.Namespace) -> None:
    figures = score(_records(asked.predictions), _records(asked.truth))
    print(json.dumps(figures, indent=2) if asked.json else table(figures))


def _records(path: Path) -> list[dict[str, Any]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as stream
    ):
        return [json.loads(line) for line in stream if line.strip()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
