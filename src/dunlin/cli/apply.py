"""dunlin apply: cash application. `files` needs no database."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from dunlin.cli.main import as_json, counted
from dunlin.formats.cash_files import (
    CashFileProblem,
    prediction_line,
    read_customers,
    read_history,
    read_invoices,
    read_payments,
)
from dunlin.rules.cash.facts import Bars, Payment, Proposal
from dunlin.rules.cash.matching import match
from dunlin.rules.cash.memory import Learnt, MemoryBook
from dunlin.rules.cash.words import sentence_of
from dunlin.rules.codes import Refused

Answer = TypeVar("Answer")
_PATH = click.Path(path_type=Path, dir_okay=False)


@click.group()
def apply() -> None:
    """Put payments on the documents they pay."""


@apply.command()
@click.option("--customers", required=True, type=_PATH, help="CSV: customer_id, name, parent_id, currency.")
@click.option("--invoices", required=True, type=_PATH, help="CSV: the items with the days they are open.")
@click.option("--history", type=_PATH, help="JSON Lines: earlier payments with what became of them.")
@click.option("--payments", required=True, type=_PATH, help="JSON Lines: the payments to decide.")
@click.option(
    "--corrections",
    type=_PATH,
    help="As the history, of the payments: what people made of each, learnt the day after.",
)
@click.option("--out", required=True, type=_PATH, help="Where the predictions go, one line a payment.")
@click.option(
    "--equal-items",
    type=click.Choice(["earliest-due", "ask"]),
    default="earliest-due",
    show_default=True,
    help="When items of one customer and one amount are equally good: take the one due first, or ask.",
)
@click.option(
    "--auto-bar",
    type=click.FloatRange(0.5, 1),
    default=0.985,
    show_default=True,
    help="Acts alone from here.",
)
@click.option(
    "--auto-limit",
    type=click.IntRange(min=1),
    help="Minor units; larger payments are a person's. Default: none.",
)
@click.option("--json", "json_wanted", is_flag=True)
def files(
    customers: Path, invoices: Path, history: Path | None, payments: Path, corrections: Path | None, out: Path, equal_items: str, auto_bar: float,
    auto_limit: int | None, json_wanted: bool,
) -> None:  # fmt: skip
    """Decide the payments of a file by the product's own matching, on files alone.

    Payments are taken in order of their days. Of each item only what is open on the payment's day is seen; payers, aliases and
    habits are learnt from the history alone, and from corrections where they are given. Guide: docs/guides/cash-application.md.
    """
    bars = Bars(
        auto_bar=round(auto_bar * 1000),
        auto_limit=auto_limit,
        equal_items="ask" if equal_items == "ask" else "earliest_due",
    )
    parties = _read(customers, lambda: list(read_customers(customers)))
    items = _read(invoices, lambda: list(read_invoices(invoices)))
    book = MemoryBook(parties, items)
    for learnt in _read(history, lambda: list(read_history(history))) if history else ():
        book.teach(learnt)
        book.seen(learnt.payment)
    waiting = _read(payments, lambda: sorted(read_payments(payments), key=lambda each: each.on))
    later = _read(corrections, lambda: list(read_history(corrections))) if corrections else []
    with _whole_file(out) as stream:
        told = decide(book, waiting, bars, stream, later)
    if json_wanted:
        as_json(told)
    else:
        click.echo(
            f"{counted(told['payments'], 'payment')}: {told['auto']} decided, {told['review']} for a person; "
            f"{told['payments_per_second']} a second, 99 in 100 within {told['milliseconds_p99']} ms"
        )


def decide(
    book: MemoryBook, payments: list[Payment], bars: Bars, stream: TextIO, later: Sequence[Learnt] = ()
) -> dict[str, Any]:
    """Match payments in their order and write a line each; how many were decided and how long it took.

    `later` is what people made of them: learnt from the day after, when what was decided wrong costs its payer's trust.
    """
    took: list[float] = []
    auto = 0
    coming = sorted(later, key=lambda each: each.payment.on, reverse=True)
    decided: dict[str, Proposal] = {}
    for payment in payments:
        while coming and coming[-1].payment.on < payment.on:
            book.correct(coming[-1], decided.pop(coming[-1].payment.id, None))
            coming.pop()
        began = time.perf_counter()
        book.go_to(payment.on)
        proposal = match(payment, book, bars)
        if proposal.decision == "auto":
            book.used(proposal)
            decided[payment.id] = proposal
            auto += 1
        book.seen(payment)
        took.append(time.perf_counter() - began)
        stream.write(prediction_line(proposal, sentence_of(proposal, payment.currency)))
    took.sort()
    return {
        "payments": len(took),
        "auto": auto,
        "review": len(took) - auto,
        "payments_per_second": round(len(took) / sum(took)) if took else None,
        "milliseconds_p99": round(took[int(len(took) * 0.99)] * 1000, 1) if took else None,
    }


def _read(path: Path | None, reading: Callable[[], Answer]) -> Answer:
    try:
        return reading()
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(path)) from None
    except (CashFileProblem, OSError) as problem:
        raise Refused("file_not_understood", file=str(path), why=str(problem)) from None


@contextmanager
def _whole_file(out: Path) -> Iterator[TextIO]:
    """The file is there whole or not at all: written beside, then moved."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as stream:
            yield stream
        beside.replace(out)
    except OSError as problem:
        raise click.ClickException(f"{out} cannot be written: {problem.strerror or problem}") from None
    finally:
        beside.unlink(missing_ok=True)
        sys.stdout.flush()
