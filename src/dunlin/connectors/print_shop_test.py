"""The print shop with real processes: what hangs, dies or does not add is named, and everything else is printed."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dunlin.connectors.print_shop import Refused, print_batch, print_one
from dunlin.formats.paper import Printed
from dunlin.formats.paper_frame import Recipient
from dunlin.rules.codes import REFUSALS
from tests.paper_samples import letter, statement, text_of

pytestmark = pytest.mark.req("C8")


@dataclass
class Trouble:
    """A paper that does something to the process that unpacks it."""

    title: str
    does: Any

    def __reduce__(self):
        return self.does


def one(number):
    return statement(2, to=Recipient(f"C-{number}", f"Customer {number}", ()))


@pytest.mark.trap(22)
def test_a_batch_prints_each_paper_as_it_would_be_printed_alone():
    papers = [one(0), letter(), one(2), one(3), one(4)]
    told = []
    results = dict(print_batch(papers, progress=told.append))
    assert sorted(results) == [0, 1, 2, 3, 4]
    assert told == [1, 2, 3, 4, 5]
    assert [results[i].pdf == print_one(papers[i]).pdf for i in range(5)] == [True] * 5


def test_a_job_runner_may_print_too():
    # Its workers are daemons, which must not have children of the multiprocessing kind.
    runner = multiprocessing.get_context("fork").Process(target=_print_as_a_job, daemon=True)
    runner.start()
    runner.join(60)
    assert runner.exitcode == 0


def _print_as_a_job():
    results = dict(print_batch([one(1)]))
    os._exit(0 if isinstance(results[0], Printed) else 1)


@pytest.mark.trap(25)
def test_one_that_dies_hangs_or_does_not_add_stops_no_other():
    dies = Trouble("letter to C-1 of 2026-03-16", (os._exit, (9,)))
    hangs = Trouble("letter to C-3 of 2026-03-16", (time.sleep, (60,)))
    wrong = replace(one(5), closing=1)
    papers = [one(0), dies, one(2), hangs, one(4), wrong, one(6), dies, dies, one(9)]
    results = dict(print_batch(papers, seconds=4))
    assert sorted(results) == list(range(10))
    codes = {i: r.code for i, r in results.items() if isinstance(r, Refused)}
    ended = "paper_printer_ended"
    assert codes == {1: ended, 3: "paper_too_slow", 5: "paper_not_printed", 7: ended, 8: ended}
    assert codes.keys() <= {1, 3, 5, 7, 8}
    assert set(codes.values()) <= REFUSALS.keys()
    assert results[1].document == "letter to C-1 of 2026-03-16"
    assert "closing 1 minor units" in results[5].why
    for number in (0, 2, 4, 6, 9):
        assert isinstance(results[number], Printed)
        assert f"Customer {number}" in text_of(results[number].pdf)


def test_papers_larger_than_the_pipe_do_not_block_each_other():
    # The next one is handed over while the worker hands back the last: both are larger than what a pipe holds.
    large = [statement(400, notes=tuple(f"{n} " + "word " * 75 for n in range(1_000))) for _ in range(3)]
    results = dict(print_batch(large, workers=1, seconds=60))
    assert [len(results[i].pdf) > 500_000 for i in range(3)] == [True] * 3


def test_one_that_needs_too_much_memory_is_refused():
    small = 320_000_000
    results = dict(print_batch([one(0), statement(3_000, earlier=()), one(2)], workers=1, memory=small))
    assert isinstance(results[0], Printed)
    assert isinstance(results[1], Refused)
    assert isinstance(results[2], Printed)


def test_who_stops_taking_leaves_no_process_behind():
    batch = print_batch(one(i) for i in range(1_000))
    next(batch)
    processes = [bench.process for bench in batch.gi_frame.f_locals["benches"]]
    assert [process.poll() for process in processes] == [None, None]
    batch.close()
    assert all(process.poll() is not None for process in processes)
    assert list(print_batch([])) == []
