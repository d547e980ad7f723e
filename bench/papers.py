"""Statements of 30 lines in a batch, against the same pages compiled alone: the typesetter with data made ready, and nothing else."""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import typst

from dunlin.connectors.print_shop import print_batch
from dunlin.formats.paper import ACCESSIBLE, FONTS, SOURCES, Printed
from dunlin.formats.paper_frame import Recipient, Sender
from dunlin.formats.statement_paper import AgingBucket, Statement, StatementLine, statement_data

COUNTS = {"small": 100, "medium": 500, "full": 2_000}
LINES, WORKERS = 30, 2
ON, SINCE = date(2026, 3, 16), date(2026, 2, 16)
SENDER = Sender(
    "Bench Freight, Inc.",
    ("500 Terminal Road", "Tacoma, WA 98421"),
    "US",
    ("ar@example.com",),
    ("EIN 91-1234567",),
)


def papers(size: str) -> dict[str, dict[str, Any]]:
    """The figures of bench/bars.py for statements: documents a second on two cores, and the ratio to the limit."""
    count = COUNTS[size]
    # Half of the limit is taken before and half after, so that a machine that gets busier moves both.
    limit = alone(count // 2)
    before = _children()
    started = time.perf_counter()
    printed = sum(isinstance(result, Printed) for _, result in print_batch(statements(count), WORKERS))
    ours = time.perf_counter() - started
    each = (_children() - before) / count * 1000  # start of the processes included
    assert printed == count
    limit += alone(count // 2)
    note = f"{count:,} of {LINES} lines, {WORKERS} processes, {each:.0f} ms of processor each"
    shown = {"ours": f"{ours:.3f} s", "limit": f"{limit:.3f} s"}
    figures = {
        "statements": {**shown, "ratio": count / ours, "note": note},
        "statements_ratio": {**shown, "ratio": ours / limit, "note": ""},
    }
    print(
        f"  statements: {count / ours:.1f}/s; {ours:.2f} s against {limit:.2f} s; {note}",
        file=sys.stderr,
        flush=True,
    )
    return figures


def _children() -> float:
    """Seconds of processor that ended child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def statements(count: int) -> Iterator[Statement]:
    """Different statements, each of 30 lines."""
    for number in range(count):
        chance = random.Random(number)
        lines = tuple(_line(chance, index) for index in range(LINES))
        closing = sum(line.open for line in lines)
        yield Statement(
            SENDER,
            Recipient(
                f"C-{number:05}",
                f"Customer {number} Works, Inc.",
                (f"{number} Main Street", "Tacoma, WA 98421"),
            ),
            ON,
            SINCE,
            "USD",
            "en",
            closing - sum(line.debit - line.credit for line in lines),
            closing,
            lines,
            aging=(AgingBucket(None, None, sum(line.open for line in lines if line.open > 0)),),
            bank=(("Bank", "First Harbor Bank"), ("Routing (ACH)", "125000024")),
            payment_reference=f"C-{number:05} 0326",
        )


def _line(chance: random.Random, index: int) -> StatementLine:
    on, amount = SINCE + timedelta(index * 28 // LINES), chance.randint(5_000, 2_500_000)
    if index % 5 == 4:
        return StatementLine(on, "payment", f"PAY-{chance.randint(1000, 9999)}", credit=amount)
    due, number = on + timedelta(14), chance.randint(10_000, 99_999)
    return StatementLine(
        on, "invoice", f"INV-{number}", amount, 0, amount, f"PO {4_500_000 + number}", due, (ON - due).days
    )


def alone(count: int) -> float:
    """Seconds in which as many bare processes compile the same pages from data made ready beforehand."""
    context = multiprocessing.get_context("spawn")
    lines, processes = [], []
    for share in range(WORKERS):
        ours, theirs = context.Pipe()
        process = context.Process(target=_compile_share, args=(theirs, share, count), daemon=True)
        process.start()
        lines.append(ours)
        processes.append(process)
    for line in lines:
        line.recv()  # its data are ready
    for line in lines:
        line.send("go")
    seconds = max(line.recv() for line in lines)
    for process in processes:
        process.join()
    return seconds


def _compile_share(line: Connection, share: int, count: int) -> None:
    data = [
        json.dumps(statement_data(one), ensure_ascii=False)
        for number, one in enumerate(statements(count))
        if number % WORKERS == share
    ]
    compiler = typst.Compiler(
        SOURCES / "statement.typ", root=SOURCES, font_paths=[FONTS], ignore_system_fonts=True
    )
    line.send("ready")
    line.recv()
    started = time.perf_counter()
    for text in data:
        compiler.compile(
            sys_inputs={"data": text},
            format="pdf",
            pdf_standards=[ACCESSIBLE],
            timestamp=datetime(2026, 3, 16, tzinfo=UTC),
        )
    line.send(time.perf_counter() - started)


if __name__ == "__main__":
    print(json.dumps(papers(sys.argv[1] if len(sys.argv) > 1 else "small"), indent=2))
