"""`python -m bench.main`: makes a fresh book on each engine in a process of its own, measures, compares, prints ratios.

A figure is a ratio to a limit taken in the same run on the same rows, so that a busy machine moves both. `floor` and `target`
stand in bench/bars.py. Ratios of full runs are kept in bench/last.json: one more than a quarter slower than the last is told.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.bars import BARS, worse
from bench.papers import papers

LAST = Path(__file__).with_name("last.json")
POSTGRES = os.environ.get("DUNLIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
BENCH_DATABASE = "dunlin_bench"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=["small", "medium", "full"], default="full")
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write bench/last.json with this run's ratios")
    asked = parser.parse_args()
    engines = ["sqlite", "postgresql"] if asked.engine == "both" else [asked.engine]
    if "postgresql" in engines and not postgres_answers():
        print(f"PostgreSQL: none answers at {POSTGRES}; measured on SQLite only.", file=sys.stderr)
        engines.remove("postgresql")
    results = {engine: run_engine(engine, asked.size) for engine in engines}
    if asked.engine == "both":
        results["paper"] = papers(asked.size)  # knows of no database
    if asked.json:
        print(json.dumps(results, indent=2))
    else:
        for engine, figures in results.items():
            print(table(engine, asked.size, figures))
    if asked.keep:
        kept = json.loads(LAST.read_text()) if LAST.exists() else {}
        kept |= {e: {n: round(f["ratio"], 3) for n, f in r.items()} for e, r in results.items()}
        LAST.write_text(json.dumps(kept, indent=2) + "\n")
    below = [
        f"{e}: {n}" for e, r in results.items() for n, f in r.items() if worse(n, f["ratio"], BARS[n].floor)
    ]
    for name in below:
        print(f"Below its floor: {name}", file=sys.stderr)
    # The floors are set for the full book; on a small one fixed costs weigh more, so there they only inform.
    return int(bool(below) and asked.size == "full")


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def run_engine(engine: str, size: str) -> dict[str, Any]:
    """Measure on one engine in a process of its own, so that peak memory is that engine's."""
    with tempfile.TemporaryDirectory(prefix="dunlin-bench-") as folder:
        address = ""
        if engine == "postgresql":
            with psycopg.connect(POSTGRES, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {BENCH_DATABASE}")
                connection.execute(f"CREATE DATABASE {BENCH_DATABASE}")
            address = urlsplit(POSTGRES)._replace(path=f"/{BENCH_DATABASE}").geturl()
        environment = {
            **os.environ,
            "DUNLIN_DATA_DIR": folder,
            "DUNLIN_DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "dunlin.config.settings",
            "DUNLIN_LOG_LEVEL": "ERROR",
        }
        out = Path(folder) / "figures.json"
        try:
            subprocess.run(
                [sys.executable, "-m", "bench.engine", size, str(out)], env=environment, check=True
            )
            return json.loads(out.read_text())
        finally:
            if engine == "postgresql":
                with psycopg.connect(POSTGRES, autocommit=True) as connection:
                    connection.execute(f"DROP DATABASE IF EXISTS {BENCH_DATABASE} WITH (FORCE)")


def table(engine: str, size: str, figures: dict[str, Any]) -> str:
    last = json.loads(LAST.read_text()).get(engine, {}) if LAST.exists() else {}
    lines = [
        f"\n{engine}, {size} size",
        f"{'job':<44} {'ours':>10} {'limit':>10} {'ratio':>8} {'floor':>7} {'target':>7}  verdict",
    ]
    for name, figure in figures.items():
        bar = BARS[name]
        slower = (
            size == "full"
            and name in last
            and worse(name, figure["ratio"], last[name] * (0.75 if bar.more_is_better else 1.25))
        )
        verdict = (
            "below floor"
            if worse(name, figure["ratio"], bar.floor)
            else "floor"
            if worse(name, figure["ratio"], bar.target)
            else "target"
        )
        lines.append(
            f"{bar.title:<44} {figure['ours']:>10} {figure['limit']:>10} {figure['ratio']:>8.2f} {bar.floor:>7} {bar.target:>7}  "
            f"{verdict}{', slower than the last kept run' if slower else ''}{'; ' + figure['note'] if figure.get('note') else ''}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
