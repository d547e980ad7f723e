"""The past-due notices of a day over the book that is there, in a process of their own: seconds, megabytes and queries as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from bench.book import peak_memory_mb  # noqa: E402
from bench.engine import NOW, TODAY  # noqa: E402
from dunlin.actions.doing import the_clock  # noqa: E402
from dunlin.actions.run_process import run_process  # noqa: E402


def main() -> None:
    """Decide and write the notices of everyone with open items, counting what the database is asked."""
    asked = 0

    def count(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*given)

    started = time.perf_counter()
    with connection.execute_wrapper(count):
        result = run_process(the_clock(TODAY, NOW), "past_due")
    seconds = time.perf_counter() - started
    told = {"seconds": seconds, "memory": peak_memory_mb(), "queries": asked, "customers": result.customers}
    print(json.dumps({**told, "messages": result.messages, "counts": result.counts}))


if __name__ == "__main__":
    main()
