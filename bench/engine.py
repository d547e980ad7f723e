"""Measures one engine: loads the book, takes each limit beside the product's own figure, writes them as JSON."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bench import limits  # noqa: E402
from bench.book import SIZES, Size, load  # noqa: E402
from dunlin.actions.doing import the_clock  # noqa: E402
from dunlin.actions.import_file import import_file  # noqa: E402
from dunlin.cli.init import prepare  # noqa: E402
from dunlin.records.balance_sums import rebuild  # noqa: E402
from dunlin.records.models import User  # noqa: E402
from dunlin.records.policies import current_policy  # noqa: E402
from dunlin.reports.aging import aging  # noqa: E402
from dunlin.reports.month_ends import month_ends  # noqa: E402
from dunlin.reports.verify import verify  # noqa: E402

TODAY = datetime.now(UTC).date()
NOW = datetime.now(UTC)
figures: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class Tenth:
    """What a book a tenth as large took: its open items, seconds of its night and of its notices, and the queries of these."""

    open_items: int
    night: float
    notices: float
    queries: int


def best(job: Callable[[], Any], times: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        job()
        took.append(time.perf_counter() - started)
    return min(took)


def told(name: str, ours: float, limit: float, note: str = "") -> None:
    figures[name] = {"ours": f"{ours:.3f} s", "limit": f"{limit:.3f} s", "ratio": ours / limit, "note": note}
    print(f"  {name}: {ours:.3f} s against {limit:.3f} s = {ours / limit:.2f}", file=sys.stderr, flush=True)


def main(size_name: str, out: Path) -> None:
    size = SIZES[size_name]
    prepare()
    tenth = tenth_of(size)
    started = time.perf_counter()
    load(size, TODAY)
    policy = current_policy()
    rebuild(TODAY - timedelta(1), policy)  # as the night before found them
    print(
        f"{connection.vendor}: {size.items:,} items loaded in {time.perf_counter() - started:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    day(size, tenth)
    notices(size, tenth)
    aging_jobs(size)
    told("verify", best(lambda: verify(TODAY, policy), 1), best(limits.read_both, 1))
    pages(size)
    receipts(size)
    imports(size)
    out.write_text(json.dumps(figures))


def aging_jobs(size: Size) -> None:
    policy = current_policy()
    told(
        "aging_today",
        best(lambda: aging(TODAY, TODAY, policy, by="customer", page_size=None)),
        best(lambda: limits.aging_now(TODAY)),
    )
    past = TODAY - timedelta(200)
    told("aging_past", best(lambda: aging(past, TODAY, policy), 2), best(lambda: limits.aging_past(past), 2))
    first = TODAY - timedelta(730)
    told("trend", best(lambda: month_ends(first, TODAY, policy), 2), best(lambda: limits.trend(TODAY), 2))


def day(size: Size, tenth: Tenth) -> None:
    """The night over everyone; `tenth` is of a book a tenth as large. The night before is the first of the
    book: it decides everyone for the first time."""
    limit = best(limits.open_rows_as_tuples, 2)
    first, _ = night(1)
    told("first_night", first, limit)
    limits.tidy_up()
    # The same state for both: a tidied table is read faster.
    limit = best(limits.open_rows_as_tuples, 2)
    took, memory = night()
    told("nightly", took, limit)
    figures["nightly_memory"] = {"ours": f"{memory:.0f} MB", "limit": "-", "ratio": memory, "note": ""}
    exponent = math.log(took / tenth.night) / math.log(size.items / 3 / tenth.open_items)
    note = f"{tenth.night:.2f} s for {tenth.open_items:,} open items"
    figures["nightly_growth"] = {"ours": f"{exponent:.3f}", "limit": "-", "ratio": exponent, "note": note}


def notices(size: Size, tenth: Tenth) -> None:
    """The past-due notices of the day over everyone, against fetching the open items; their growth from `tenth`."""
    limits.tidy_up()
    limit = best(limits.open_rows_as_tuples, 2)
    ours = noticed()
    each = ours["seconds"] / ours["customers"] * 1000
    note = f"{ours['customers']:,} customers, {ours['messages']:,} messages, {each:.2f} ms a customer, {ours['queries']:,} queries"
    told("notices", ours["seconds"], limit, note)
    figures["notices_memory"] = {
        "ours": f"{ours['memory']:.0f} MB",
        "limit": "-",
        "ratio": ours["memory"],
        "note": "",
    }
    exponent = math.log(ours["seconds"] / tenth.notices) / math.log(size.items / 3 / tenth.open_items)
    note = f"{tenth.notices:.2f} s for {tenth.open_items:,} open items"
    figures["notices_growth"] = {"ours": f"{exponent:.3f}", "limit": "-", "ratio": exponent, "note": note}
    a_customer = (ours["queries"] - tenth.queries) / (size.customers - size.customers // 10)
    note = f"{tenth.queries:,} for a tenth of the customers"
    figures["notices_queries"] = {
        "ours": f"{a_customer:.3f}",
        "limit": "-",
        "ratio": a_customer,
        "note": note,
    }


def noticed() -> dict[str, Any]:
    """What the notices of the day took, in a process of their own."""
    run = subprocess.run([sys.executable, "-m", "bench.notices"], stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def night(days_ago: int = 0) -> tuple[float, float]:
    """Seconds and peak megabytes of the first run of a day, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.night", str(days_ago)], stdout=subprocess.PIPE, check=True
    )
    told = json.loads(run.stdout)
    return told["seconds"], told["memory"]


def tenth_of(size: Size) -> Tenth:
    """The night over a book a tenth as large, in a database that is emptied afterwards."""
    small = Size(size.customers // 10, size.items // 10)
    load(small, TODAY)
    rebuild(TODAY - timedelta(1), current_policy())
    night(1)
    took, _ = night()
    sent = noticed()
    limits.fresh()
    return Tenth(small.items // 3, took, sent["seconds"], sent["queries"])


def pages(size: Size) -> None:
    """p95 of 60 requests each, through the whole stack but the socket."""
    settings.ALLOWED_HOSTS = ["testserver"]
    # A senior collector may see every account and has a list: the slowest case.
    user = User.objects.get(username="collector1")
    user.role = "senior_collector"
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    chance = random.Random(5)
    ids = [chance.randrange(1, size.customers + 1) for _ in range(60)]
    numbers = [f"INV{chance.randrange(size.items // 3):08d}" for _ in range(30)]
    texts = numbers + [f"Company {chance.randrange(1000)}" for _ in range(20)] + ["1,234.56", "18200"] * 5
    asked = {
        "page_account": [f"/accounts/{pk}" for pk in ids],
        "page_worklist": ["/"] * 60,
        "page_search": [f"/search?q={text}" for text in texts],
    }
    for name, addresses in asked.items():
        took = []
        client.get(addresses[0])
        for address in addresses:
            started = time.perf_counter()
            answer = client.get(address, follow=False)
            took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, (address, answer.status_code)
        p95 = sorted(took)[int(len(took) * 0.95) - 1]
        figures[name] = {
            "ours": f"{p95:.0f} ms",
            "limit": "-",
            "ratio": p95,
            "note": f"median {sorted(took)[len(took) // 2]:.0f} ms",
        }
        print(f"  {name}: {p95:.0f} ms", file=sys.stderr, flush=True)


def receipts(size: Size) -> None:
    """Four processes, each applying one receipt to one invoice, over and over, for some seconds."""
    count = 150 if size.items < 100_000 else 500
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.receipts", str(worker), str(count)],
            env=os.environ,
            stdout=subprocess.PIPE,
        )
        for worker in range(4)
    ]
    rates = [json.loads(worker.communicate()[0]) for worker in workers]
    seconds = max(r["ended"] for r in rates) - min(r["started"] for r in rates)
    rate = sum(r["done"] for r in rates) / seconds
    figures["receipts"] = {"ours": f"{rate:.0f}/s", "limit": "-", "ratio": rate, "note": f"{count} each"}
    print(f"  receipts: {rate:.0f}/s", file=sys.stderr, flush=True)


def imports(size: Size) -> None:
    """A file of open items through the whole import, against a bare bulk write of the same number of rows."""
    count = 10_000 if size.items < 100_000 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "open-items.csv"
        with path.open("w", newline="") as file:
            write = csv.writer(file)
            write.writerow(
                [
                    "Customer number",
                    "Invoice number",
                    "Invoice date",
                    "Due date",
                    "Currency",
                    "Amount",
                    "Entity",
                ]
            )
            for n in range(count):
                on = TODAY - timedelta(n % 100)
                write.writerow(
                    [
                        f"C{n % size.customers + 1:07d}",
                        f"IMP{n:08d}",
                        on,
                        on + timedelta(30),
                        "USD",
                        f"{100 + n % 9000}.{n % 100:02d}",
                        "US01",
                    ]
                )
        limit = limits.bare_write(count)
        clock = the_clock(TODAY, NOW)
        started = time.perf_counter()
        report = import_file(clock, path, "items")
        took = time.perf_counter() - started
    assert report.new == count, report
    told("import", took, limit, f"{count / took:,.0f} rows/s")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
