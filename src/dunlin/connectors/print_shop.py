"""The print shop: many papers at once, in processes of their own, so that one that hangs or dies stops no other.

Each worker prints one paper after the other. A paper that takes too long, needs too much memory or ends its worker is
named and refused; a new worker goes on with the rest. Nothing is kept here: what comes out is handed over piece by piece,
and printing waits while nobody takes it.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from dunlin.formats.invoice_paper import InvoicePaper, print_invoice
from dunlin.formats.letter_paper import Letter, print_letter
from dunlin.formats.paper import Printed
from dunlin.formats.statement_paper import Statement, print_statement

Document = Statement | Letter | InvoicePaper
Job = tuple[int, Document]

SECONDS = 120.0  # for one paper; a statement of 10,000 lines takes 10 on a free machine
MEMORY = 2_000_000_000  # bytes of address space of one worker
_PROGRAM = (
    "import sys; from dunlin.connectors.print_shop import work; work(int(sys.argv[1]), int(sys.argv[2]))"
)
START_SECONDS = 60.0  # for a worker to start, beyond the time of its first paper
AHEAD = 2  # papers a worker has in hand, so that it never waits for the next


@dataclass(frozen=True, slots=True)
class Refused:
    """A paper that was not printed: the code and facts of its reason (rules/codes.py)."""

    code: str
    document: str
    why: str = ""
    seconds: float = 0


def print_batch(
    documents: Iterable[Document],
    workers: int = 2,
    progress: Callable[[int], None] | None = None,
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[tuple[int, Printed | Refused]]:
    """Print `documents`; yields (place in the order they came, what was printed or why not), each once, as it is ready.

    `documents` is read as the workers take them, so it may be longer than memory. `progress` is told how many are done.
    """
    jobs = iter(enumerate(documents))
    benches = [_Bench(memory) for _ in range(max(1, workers))]
    done = 0
    try:
        for bench in benches:
            bench.fill(jobs)
        while any(bench.hand for bench in benches):
            for index, result in _finished(benches, jobs, seconds):
                done += 1
                yield index, result
                if progress is not None:
                    progress(done)
    finally:
        for bench in benches:
            bench.close()


def print_one(document: Document) -> Printed:
    """One paper, here and now. ValueError says why it cannot be printed."""
    if isinstance(document, Statement):
        return print_statement(document)
    return print_invoice(document) if isinstance(document, InvoicePaper) else print_letter(document)


@dataclass
class _Bench:
    """A worker, the papers it has in hand (the first is the one it prints), and since when it prints that."""

    memory: int
    hand: deque[Job] = field(default_factory=deque)
    since: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    line: Connection | None = None

    def fill(self, jobs: Iterator[Job]) -> None:
        """Take papers from `jobs` until the hand is full."""
        while len(self.hand) < AHEAD and (job := next(jobs, None)) is not None:
            self.hand.append(job)
            self._send(job)

    def _send(self, job: Job) -> None:
        if self.process is None:
            self.line, theirs = Pipe()
            # A program of its own, not a fork: the server that asks may have threads, whose locks a fork would copy, and
            # a job runner may be a process that is not allowed children of the multiprocessing kind.
            command = [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), str(self.memory)]
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603  our own program
            theirs.close()
            self.since = monotonic() + START_SECONDS  # its clock starts when it says that it is ready
        elif len(self.hand) == 1:
            self.since = monotonic()
        assert self.line is not None
        # A worker that died is noticed when it is read from; its hand is then given to the next.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.line.send(job[1])

    def answer(self, wait_until: float) -> tuple[int, Printed | Refused] | None:
        """What became of the first paper in hand; None while it is still being printed."""
        assert self.line is not None
        (index, document), code = self.hand[0], ""
        try:
            if self.line.poll():
                result = self.line.recv()
                self.since = monotonic()
                if result is None:
                    return None
                self.hand.popleft()
                return index, result
            if self.since < wait_until:
                code = "paper_too_slow"
        except (EOFError, OSError):
            code = "paper_printer_ended"
        if not code:
            return None
        self.hand.popleft()
        self.close()
        for job in list(self.hand):
            self._send(job)
        return index, Refused(code, document.title)

    def close(self) -> None:
        if self.process is not None and self.line is not None:
            self.process.kill()
            self.process.wait()
            self.line.close()
        self.process = self.line = None


def _finished(
    benches: list[_Bench], jobs: Iterator[Job], seconds: float
) -> Iterator[tuple[int, Printed | Refused]]:
    busy = [bench for bench in benches if bench.hand]
    latest = min(bench.since for bench in busy) + seconds
    wait([bench.line for bench in busy if bench.line], max(0.0, latest - monotonic()) + 0.01)
    for bench in busy:
        answered = bench.answer(monotonic() - seconds)
        if answered is not None:
            bench.fill(jobs)
            index, result = answered
            if isinstance(result, Refused) and result.code == "paper_too_slow":
                result = Refused(result.code, result.document, seconds=seconds)
            yield index, result


def work(line_number: int, memory: int) -> None:
    """What a worker does: print what comes down the line until nobody is at the other end."""
    line = Connection(line_number)
    _limit(memory)
    jobs: SimpleQueue[bytes | None] = SimpleQueue()
    # What comes is taken at once, or both ends would wait for the other to read when two large papers cross.
    Thread(target=_take, args=(line, jobs), daemon=True).start()
    line.send(None)  # ready
    while (job := jobs.get()) is not None:
        line.send(_printed(pickle.loads(job)))  # noqa: S301  from the process that started this one


def _take(line: Connection, jobs: SimpleQueue[bytes | None]) -> None:
    with suppress(EOFError, OSError):
        while True:
            jobs.put(line.recv_bytes())
    jobs.put(None)


def _printed(document: Document) -> Printed | Refused:
    try:
        return print_one(document)
    except Exception as problem:  # whatever it is, the next paper is printed and this one is named
        return Refused("paper_not_printed", document.title, why=str(problem) or type(problem).__name__)


def _limit(memory: int) -> None:
    try:
        import resource  # noqa: PLC0415  not on every system
    except ImportError:
        return
    with suppress(ValueError, OSError):  # a system without this limit prints without it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
