"""The night of the benchmark in a process of its own, so that its memory is its own: writes seconds and megabytes as JSON."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta

import django

django.setup()

from bench.book import peak_memory_mb  # noqa: E402
from bench.engine import NOW, TODAY  # noqa: E402
from dunlin.actions.doing import the_clock  # noqa: E402
from dunlin.actions.run_daily import run_daily  # noqa: E402


def main(days_ago: int) -> None:
    """The first run of a day over the book that is there, as it ran on that day."""
    back = timedelta(days_ago)
    started = time.perf_counter()
    run_daily(the_clock(TODAY - back, NOW - back), TODAY - back)
    print(json.dumps({"seconds": time.perf_counter() - started, "memory": peak_memory_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
