"""Take in a file of customers, contacts, items or payments: in chunks, each its own transaction, with a report.

A refused row holds nothing else back; a run that was killed is run again and finds its rows in the books. The same
file twice changes nothing. See docs/guides/importing.md.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Answers
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from dunlin.actions.choose_mapping import read_by, refuse_open_questions
from dunlin.actions.doing import Who, doing
from dunlin.actions.import_contacts import ContactImport
from dunlin.actions.import_customers import CustomerImport
from dunlin.actions.import_items import ItemImport
from dunlin.actions.import_payments import PaymentImport
from dunlin.actions.import_work import Tally, Work
from dunlin.actions.run_daily import decide_touched
from dunlin.formats.mappings import Mapping, from_yaml, to_yaml
from dunlin.formats.problems import TableProblem
from dunlin.formats.rows import Row, RowProblem, Summary, read_rows
from dunlin.formats.tables import Table
from dunlin.records.clock import now, today
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import Decision, ImportChange, ImportProblem, ImportRun, User
from dunlin.records.policies import current_policy
from dunlin.reports.imports import DONE, FAILED, RUNNING, WAITING, RunReport, import_run
from dunlin.rules.codes import Refused
from dunlin.rules.roles import may

CHUNK_ROWS = 5000
# More customers than these are decided again by a job: an import does not wait for a good part of the night's work.
DECIDED_AT_ONCE = 1000

Progress = Callable[[int, int | None], None]


class Importer(Protocol):
    """What takes in the rows of one kind; `write` is false for a preview, which only compares and counts."""

    def take(self, rows: list[Any], write: bool) -> None:
        """Take one chunk."""

    def finish(self, write: bool) -> None:
        """Do what can only be done after the last chunk."""


IMPORTERS: dict[str, Callable[[Work], Importer]] = {
    "customers": CustomerImport,
    "contacts": ContactImport,
    "items": ItemImport,
    "payments": PaymentImport,
}


def import_file(
    who: Who,
    path: str | Path,
    kind: str | None = None,
    mapping: Mapping | str | None = None,
    *,
    answers: Answers[str, str] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    run_id: int | None = None,
    name: str | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> RunReport:
    """Take in one file and tell what became of it, with its first problems and changes.

    `mapping` is one or the name of one; without it a saved or shipped one that fits the header is taken, else a guess.
    `answers` settle what a mapping leaves open (see `choose_mapping`). `progress(rows done, rows in all)` is called after
    each chunk. `run_id` continues a run that `start_import` made. A dry run does everything and undoes it; its report stays.
    Refused: not_permitted, file_unknown, file_not_understood, mapping_* (mapping_question names what is to be answered).
    """
    may_import(who)
    dry_run = dry_run or who.dry_run
    table, chosen = _opened_with_mapping(path, kind, mapping, answers, name)
    run = _started(who, run_id, Path(path), table, chosen, dry_run)
    work = Work(who, current_policy(), chosen, table.header, table.name, run.pk)
    try:
        total = _rows_in(table)
        _move(run, rows_total=total)
        with _undone_when(dry_run):
            _take_all(work, run, table, chunk_rows, dry_run, lambda done: progress and progress(done, total))
        if not dry_run:
            _decide_again(work)
    except Exception as error:
        _failed(run, work.tally, error)
        raise
    _finished(who, run, work, dry_run)
    return import_run(run.pk)


def start_import(
    who: Who,
    stored: str | Path,
    kind: str | None = None,
    mapping: Mapping | str | None = None,
    *,
    answers: Answers[str, str] | None = None,
    name: str | None = None,
    dry_run: bool = False,
) -> int:
    """Hand a stored file (see `store_file`) to the jobs; the id of the run, to be followed with `reports.imports.import_run`.

    Refused at once, before anything is queued: what `import_file` refuses about file and mapping.
    """
    may_import(who)
    table, chosen = _opened_with_mapping(stored, kind, mapping, answers, name)
    run = _made(who, Path(stored), table.name, chosen, dry_run)
    async_task("dunlin.actions.import_file.run_stored", run.pk, task_name=f"import {run.pk}")
    return run.pk


def run_stored(run_id: int) -> None:
    """The job behind `start_import`: run, or run again after a kill, one stored file. A run that is over stays as it is."""
    run = ImportRun.objects.select_related("by").filter(pk=run_id).first()
    if run is None or run.state in (DONE, FAILED):
        return
    who = _who_of(run.by)
    import_file(
        who, run.file_path, run.kind, from_yaml(run.mapping_text), run_id=run_id, name=run.file_name,
        dry_run=run.dry_run,
    )  # fmt: skip


def store_file(stream: BinaryIO) -> Path:
    """Keep an uploaded file under its fingerprint, outside the web root; the same bytes are kept once."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    arriving = folder / f"arriving-{now():%Y%m%d%H%M%S%f}"
    with arriving.open("wb") as out:
        while piece := stream.read(1 << 20):
            digest.update(piece)
            out.write(piece)
    kept = folder / digest.hexdigest()
    shutil.move(arriving, kept)
    return kept


def may_import(who: Who) -> None:
    """Refused not_permitted unless the role may import."""
    if not may(who.role, "import_file"):
        raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="import a file")


def chunks_of(
    table: Table, mapping: Mapping, summary: Summary, size: int
) -> Iterator[tuple[list[Row], list[RowProblem]]]:
    """The rows of a file in chunks: those that read well, and those that do not."""
    rows = read_rows(table, mapping, summary)
    while chunk := list(islice(rows, size)):
        good: list[Row] = []
        bad: list[RowProblem] = []
        for row in chunk:
            (bad if isinstance(row, RowProblem) else good).append(row)  # type: ignore[arg-type]
        yield good, bad


def _opened_with_mapping(
    path: str | Path,
    kind: str | None,
    mapping: Mapping | str | None,
    answers: Answers[str, str] | None,
    name: str | None,
) -> tuple[Table, Mapping]:
    """The table and the mapping that reads it, all questions answered."""
    table, chosen = read_by(path, kind, mapping, answers, name)
    refuse_open_questions(chosen, table.name)
    return table, chosen.mapping


# --- the run ------------------------------------------------------------------------------------------------------------


def _made(who: Who, path: Path, name: str, mapping: Mapping, dry_run: bool) -> ImportRun:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ImportRun.objects.create(
        kind=mapping.kind, file_name=name[:200], file_path=str(path)[:300], sha256=digest, bytes=path.stat().st_size,
        mapping_name=mapping.name, mapping_text=to_yaml(mapping), dry_run=dry_run, state=WAITING, started_at=who.now,
        by_id=who.user_id,
    )  # fmt: skip


def _started(
    who: Who, run_id: int | None, path: Path, table: Table, mapping: Mapping, dry_run: bool
) -> ImportRun:
    run = (
        _made(who, path, table.name, mapping, dry_run) if run_id is None else ImportRun.objects.get(pk=run_id)
    )
    if run.state in (DONE, FAILED):
        raise Refused("import_over_already", run=run.pk, state=run.state)
    # A run that was killed starts over: its rows are found in the books, and told as the same.
    ImportProblem.objects.filter(run=run).delete()
    ImportChange.objects.filter(run=run).delete()
    _move(run, state=RUNNING, rows_done=0, totals={"header": list(table.header)})
    return run


def _move(run: ImportRun, **fields: Any) -> None:
    """Set fields of the run, at once and visible to whoever looks on."""
    for field, value in fields.items():
        setattr(run, field, value)
    ImportRun.objects.filter(pk=run.pk).update(**fields)


def _rows_in(table: Table) -> int:
    """How many rows the file has. Read to its end before anything is written: a damaged file is refused as a whole."""
    try:
        return sum(1 for _, cells in table.rows() if any(cells))
    except TableProblem as problem:
        raise Refused("file_not_understood", file=table.name, why=str(problem)) from None


def _take_all(
    work: Work, run: ImportRun, table: Table, size: int, dry_run: bool, progress: Callable[[int], object]
) -> None:
    summary = Summary()
    importer = IMPORTERS[work.mapping.kind](work)
    for good, bad in chunks_of(table, work.mapping, summary, size):
        with transaction.atomic():
            one_at_a_time("import")  # so that two imports do not create the same customer
            for problem in bad:
                work.refuse_read(problem)
            importer.take(good, True)
            work.tally.done = summary.rows
            if not dry_run:
                work.write_told()
                _move(run, rows_done=summary.rows)
        progress(summary.rows)
    with transaction.atomic():
        importer.finish(True)
        work.tally.done, work.tally.skipped = summary.rows, summary.skipped
        if not dry_run:
            work.write_told()


@contextmanager
def _undone_when(dry_run: bool) -> Iterator[None]:
    """A dry run is one transaction around all chunks, undone at its end: later rows see what earlier ones did."""
    with transaction.atomic() if dry_run else nullcontext():
        yield
        if dry_run:
            transaction.set_rollback(True)


def _figures(tally: Tally, totals: dict[str, Any]) -> dict[str, Any]:
    told = {
        **totals, "currencies": tally.currencies, "created": {k: n for k, n in sorted(tally.created.items()) if n},
        "skipped": tally.skipped, "missing": tally.missing, "notices": list(tally.notices),
    }  # fmt: skip
    return {
        "rows_done": tally.done, "new": tally.new, "changed": tally.changed, "same": tally.same,
        "refused": tally.refused, "warnings": tally.warnings, "totals": told,
    }  # fmt: skip


def _failed(run: ImportRun, tally: Tally, error: Exception) -> None:
    """Say on the run that it failed. Chunks that were written stay; the same file again goes on after them."""
    if transaction.get_connection().needs_rollback:
        return
    _move(run, state=FAILED, message=str(error)[:500], finished_at=now(), **_figures(tally, run.totals))


def _decide_again(work: Work) -> None:
    """Today's decisions of the customers the file touched, where the day is decided already."""
    who = work.who
    if len(work.touched) <= DECIDED_AT_ONCE:
        decide_touched(who, work.touched)
    elif Decision.objects.filter(day=who.today).exists():
        async_task("dunlin.actions.nightly.decide_day_again", who.today.isoformat(), task_name="decide again")
        told = f"{len(work.touched):,} customers changed: today's list follows in the background. `dunlin run daily` does it now."
        work.tally.notices[told] = None


def _finished(who: Who, run: ImportRun, work: Work, dry_run: bool) -> None:
    work.tell_home()
    for notice in work.mapping.notices:
        work.tally.notices[notice] = None
    undated = work.tally.created.pop("settlements_undated", 0)
    if undated:
        paid = "1 amount paid carries" if undated == 1 else f"{undated} amounts paid carry"
        theirs = "its settlement is" if undated == 1 else "their settlements are"
        work.tally.notices[f"{paid} no date; {theirs} posted on {who.today}."] = None
    figures = _figures(work.tally, run.totals)
    with transaction.atomic():
        if dry_run:
            work.diary = []  # what did not happen is not told
            work.write_told()
            _move(run, state=DONE, finished_at=now(), **figures)
            return
        with doing(who, "import_file") as act:
            _move(run, state=DONE, finished_at=now(), **figures)
            after = {key: value for key, value in figures.items() if key != "totals"}
            totals = dict(work.tally.currencies)
            told = {
                "file": run.file_name,
                "sha256": run.sha256,
                "mapping": run.mapping_name,
                "totals": totals,
            }
            act.tell(about=f"import:{run.pk}", after={**told, **after})


def _who_of(user: User | None) -> Who:
    moment, day = now(), today(current_policy().ledger_time_zone)
    if user is None:
        return Who(None, "command line", "administrator", "cli", day, moment)
    return Who(user.pk, user.name, user.role, "desk", day, moment)
