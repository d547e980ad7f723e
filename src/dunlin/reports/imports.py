"""Imports as people look at them: runs with their progress, refused rows, changes, and the file of corrections.

The Import screen and `dunlin import` show these; `actions/import_file.py` writes what they read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dunlin.formats.csv_out import csv_lines
from dunlin.formats.mappings import shipped, shipped_names
from dunlin.records.models import ImportChange, ImportProblem, ImportRun, SavedMapping
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
NOT_IN_FILE = "not_in_file"  # code of the lines that tell what a file of open items does not bring any more
_MISSING = ("entity", "customer", "kind", "number", "instalment", "currency", "open", "document_on", "due_on")


@dataclass(frozen=True)
class CurrencyTotal:
    """What the accepted rows of a file hold in one currency. `amount` is what the rows state as original amounts,
    `open` what they leave open; credits count against both. `rows` counts the rows."""

    currency: str
    rows: int
    amount: Money
    open: Money


@dataclass(frozen=True)
class ProblemLine:
    """A refused row (`refused`) or a warning: physical line, column of the file, the value in it, and why."""

    line: int
    column: str
    value: str
    code: str
    sentence: str
    refused: bool = True


@dataclass(frozen=True)
class ChangeLine:
    """A known row that differs: what field of what, what was, what is, and what was done about it."""

    line: int
    about: str
    field: str
    before: str
    after: str
    did: str


@dataclass(frozen=True)
class RunReport:
    """One import: counts are rows. rows_done == new + changed + same + refused + skipped once `state` is done.

    `percent` is None while the number of rows is not known. `created` counts what came into being beside the rows
    (customers, entities, terms, settlements); `notices` are sentences about the file as a whole. `missing` counts documents
    of earlier files that this one does not bring and that are still open (see `missing_csv`).
    """

    run_id: int | None
    kind: str
    file_name: str
    mapping_name: str
    state: str
    dry_run: bool
    rows_total: int | None
    rows_done: int
    new: int
    changed: int
    same: int
    refused: int
    skipped: int
    warnings: int
    totals: tuple[CurrencyTotal, ...]
    created: dict[str, int]
    notices: tuple[str, ...]
    message: str
    started_at: datetime
    finished_at: datetime | None
    by: str
    missing: int = 0
    problems: tuple[ProblemLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while the number of rows is not known."""
        if self.rows_total is None:
            return None
        return 100 if self.rows_total == 0 else min(100, 100 * self.rows_done // self.rows_total)

    @property
    def over(self) -> bool:
        """Nothing moves any more: a screen can stop asking."""
        return self.state in (DONE, FAILED)

    def as_dict(self) -> dict[str, Any]:
        """For machines: documented in docs/guides/importing.md."""
        return {
            "run": self.run_id,
            "kind": self.kind,
            "file": self.file_name,
            "mapping": self.mapping_name,
            "state": self.state,
            "dry_run": self.dry_run,
            "rows": self.rows_done,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "refused": self.refused,
            "skipped": self.skipped,
            "warnings": self.warnings,
            "missing": self.missing,
            "totals": totals_as_dicts(self.totals),
            "created": self.created,
            "notices": list(self.notices),
            "message": self.message,
            "problems": [vars(line) for line in self.problems],
            "changes": [vars(line) for line in self.changes],
        }


def totals_as_dicts(totals: tuple[CurrencyTotal, ...]) -> list[dict[str, Any]]:
    """Totals per currency for machines, money as strings."""
    return [
        {"currency": one.currency, "rows": one.rows, "amount": one.amount.plain, "open": one.open.plain}
        for one in totals
    ]


def import_run(run_id: int, *, problems: int = 50, changes: int = 50) -> RunReport:
    """One run with its first problems and changes. Four statements. Refused: import_unknown."""
    run = ImportRun.objects.select_related("by").filter(pk=run_id).first()
    if run is None:
        raise Refused("import_unknown", run=run_id)
    return _report(run, import_problems(run_id, limit=problems), import_changes(run_id, limit=changes))


def import_runs(limit: int = 50, before: int | None = None) -> tuple[RunReport, ...]:
    """The newest runs first, without their problems and changes; `before` is the id to go on from. One statement."""
    found = ImportRun.objects.select_related("by").order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    return tuple(_report(run) for run in found[:limit])


def import_problems(
    run_id: int, *, offset: int = 0, limit: int = 50, refused: bool | None = None
) -> tuple[ProblemLine, ...]:
    """Refused rows and warnings in the order of the file; only one of the two when `refused` says so."""
    found = ImportProblem.objects.filter(run_id=run_id).exclude(code=NOT_IN_FILE)
    if refused is not None:
        found = found.filter(refused=refused)
    rows = found.values_list("line", "column", "value", "code", "sentence", "refused")
    return tuple(ProblemLine(*row) for row in rows[offset : offset + limit])


def import_changes(run_id: int, *, offset: int = 0, limit: int = 50) -> tuple[ChangeLine, ...]:
    """What known rows changed, in the order of the file."""
    rows = ImportChange.objects.filter(run_id=run_id).values_list(
        "line", "about", "field", "before", "after", "did"
    )
    return tuple(ChangeLine(*row) for row in rows[offset : offset + limit])


@dataclass(frozen=True)
class MappingLine:
    """A mapping to choose from: `origin` is saved or shipped."""

    name: str
    kind: str
    origin: str
    about: str


def import_mappings() -> tuple[MappingLine, ...]:
    """Every mapping there is, saved ones first."""
    saved = SavedMapping.objects.order_by("name").values_list("name", "kind")
    delivered = (shipped(name) for name in shipped_names())
    return (
        *(MappingLine(name, kind, "saved", "") for name, kind in saved),
        *(MappingLine(one.name, one.kind, "shipped", one.about) for one in delivered),
    )


def corrections_name(run_id: int) -> str:
    """The name under which the file of corrections is downloaded."""
    return f"corrections-{run_id}.csv"


def corrections_csv(run_id: int) -> Iterator[str]:
    """The refused rows as a file line by line: the original columns, then line, column and reason.

    Correct it and import it with the same mapping; the added columns are in no mapping. Refused: import_unknown.
    """
    run = ImportRun.objects.filter(pk=run_id).values_list("totals", flat=True).first()
    if run is None:
        raise Refused("import_unknown", run=run_id)
    header = run.get("header", [])
    return csv_lines(
        [*header, "dunlin line", "dunlin column", "dunlin reason"], _corrections(run_id, len(header))
    )


def missing_name(run_id: int) -> str:
    """The name under which the file of missing documents is downloaded."""
    return f"not-in-file-{run_id}.csv"


def missing_csv(run_id: int) -> Iterator[str]:
    """The documents of earlier files that this one did not bring and that were still open, as a file line by line.
    Refused: import_unknown."""
    if not ImportRun.objects.filter(pk=run_id).exists():
        raise Refused("import_unknown", run=run_id)
    found = ImportProblem.objects.filter(run_id=run_id, code=NOT_IN_FILE).order_by("id")
    return csv_lines(list(_MISSING), found.values_list("raw", flat=True).iterator())


def _corrections(run_id: int, width: int) -> Iterator[list[str]]:
    """One line per refused row; further reasons of the same row are told beside the first."""
    pending: list[str] | None = None
    found = ImportProblem.objects.filter(run_id=run_id, refused=True).order_by("line", "id")
    for line, column, why, raw in found.values_list("line", "column", "sentence", "raw").iterator():
        if not raw and pending is not None and pending[-3] == str(line):
            pending[-2] += f"; {column}"
            pending[-1] += f" {why}"
            continue
        if pending is not None:
            yield pending
        # A row with more cells than the header keeps them all: dropping one would lose what was refused.
        pending = [*raw, *[""] * (width - len(raw)), str(line), column, why]
    if pending is not None:
        yield pending


def _report(
    run: ImportRun, problems: tuple[ProblemLine, ...] = (), changes: tuple[ChangeLine, ...] = ()
) -> RunReport:
    told = run.totals
    return RunReport(
        run_id=run.pk, kind=run.kind, file_name=run.file_name, mapping_name=run.mapping_name, state=run.state,
        dry_run=run.dry_run, rows_total=run.rows_total, rows_done=run.rows_done, new=run.new, changed=run.changed,
        same=run.same, refused=run.refused, skipped=told.get("skipped", 0), warnings=run.warnings,
        totals=currency_totals(told.get("currencies", {})), created=dict(sorted(told.get("created", {}).items())),
        notices=tuple(told.get("notices", ())), message=run.message, started_at=run.started_at,
        finished_at=run.finished_at, by=run.by.name if run.by else "", missing=told.get("missing", 0), problems=problems, changes=changes,
    )  # fmt: skip


def currency_totals(figures: dict[str, list[int]]) -> tuple[CurrencyTotal, ...]:
    """Totals from {currency: [rows, amount, open]}, in minor units, by currency."""
    return tuple(
        CurrencyTotal(code, rows, Money(amount, code), Money(still, code))
        for code, (rows, amount, still) in sorted(figures.items())
    )
