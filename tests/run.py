"""Runs every test: once on SQLite and, where a PostgreSQL answers, once more on it. Names what it did not find.

`python -m tests.run [--fast] [pytest arguments]`. Environment:
DUNLIN_TEST_POSTGRES  address of a PostgreSQL where databases may be created
                      (default postgresql://postgres@127.0.0.1:5432/postgres)
DUNLIN_TEST_STRICT    set: a skipped test or a missing PostgreSQL is a failure
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import psycopg

POSTGRES = os.environ.get("DUNLIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
# What knows of no database, or brings its own, is tried once.
ENGINELESS = (
    "src/dunlin/rules", "src/dunlin/formats", "examples/mail_words", "src/dunlin/cli/starting_test.py",
    "tests/tidy_test.py", "tests/docs_test.py", "tests/cash_bench_test.py", "tests/bank_files_test.py", "tests/fuzz_bank_test.py",
    "tests/mail_rates_test.py", "src/dunlin/cli/apply_test.py", "src/dunlin/cli/examples_test.py", "src/dunlin/cli/intents_test.py",
)  # fmt: skip
STRICT = bool(os.environ.get("DUNLIN_TEST_STRICT"))


def main(arguments: list[str]) -> int:
    postgres = _postgres_answers()
    counts: Counter[str] = Counter()
    failed = _session("SQLite", {"DUNLIN_DATABASE_URL": ""}, ["-m", "not postgres", *arguments], counts)
    if postgres:
        # Nothing here outlives the tests, so no commit waits for the disk.
        quick = f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-c%20jit%3Doff%20-c%20synchronous_commit%3Doff"
        # A real browser sees the same pages on either engine.
        pure = [] if arguments else [f"--ignore={folder}" for folder in ENGINELESS]
        failed |= _session(
            "PostgreSQL", {"DUNLIN_DATABASE_URL": quick}, ["-m", "not browser", *pure, *arguments], counts
        )
    else:
        print(
            f"\nPostgreSQL: none answers at {POSTGRES}; set DUNLIN_TEST_POSTGRES to run the tests on it too."
        )
    if STRICT and (counts["skipped"] or not postgres):
        print("Strict: nothing may be skipped and PostgreSQL must answer.")
        failed = True
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return int(failed)


def _session(name: str, environment: dict[str, str], arguments: list[str], counts: Counter[str]) -> bool:
    """One pytest session on one engine; adds to `counts`, answers whether it failed."""
    print(f"\n== {name} ==", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "auto",
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",
            f"--junitxml={report}",
        ]
        environment = {**os.environ, **environment, "DUNLIN_DATA_DIR": folder}
        code = subprocess.run([*command, *arguments], env=environment, check=False).returncode
        if not report.exists():
            counts["failed"] += 1
            return True
        for suite in ElementTree.parse(report).iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            counts["failed"] += bad
            counts["skipped"] += skipped
            counts["passed"] += int(suite.get("tests", 0)) - bad - skipped
    return code != 0


def _postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
