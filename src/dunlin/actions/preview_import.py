"""Show what a file would do before it does it: how it is read, what is asked, what is new, changed, the same, refused."""

from __future__ import annotations

from collections.abc import Mapping as Answers
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dunlin.actions.choose_mapping import Chosen, option_for, read_by
from dunlin.actions.doing import Who
from dunlin.actions.import_file import CHUNK_ROWS, IMPORTERS, chunks_of, may_import
from dunlin.actions.import_work import Work
from dunlin.formats.guesses import Question
from dunlin.formats.mappings import Mapping, to_yaml
from dunlin.formats.problems import TableProblem
from dunlin.formats.rows import Row, Summary, read_rows
from dunlin.formats.tables import Table
from dunlin.formats.targets import targets
from dunlin.formats.values import cell_text
from dunlin.records.policies import current_policy
from dunlin.reports.imports import ChangeLine, CurrencyTotal, ProblemLine, currency_totals, totals_as_dicts
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


@dataclass(frozen=True)
class PreviewColumn:
    """One field of Dunlin and what fills it: the column (or the constant), how sure that is (0 to 1), and its first cells.

    `said`: somebody chose it, nothing about it is guessed.
    """

    field: str
    meaning: str
    required: bool
    column: str
    constant: str
    confidence: float
    samples: tuple[str, ...]
    said: bool = False


@dataclass(frozen=True)
class Preview:
    """What was understood of a file. While `questions` are open nothing below them is filled.

    `sample` are the first rows as they will be taken: (field, value) of each field that says something. `totals` are of
    the whole file. `rows == new + changed + same + refused + skipped`; of problems and changes the first are here.
    """

    file_name: str
    kind: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    sheets: tuple[str, ...]
    header: tuple[str, ...]
    header_line: int
    mapping: Mapping
    origin: str
    columns: tuple[PreviewColumn, ...]
    unused: tuple[str, ...]
    questions: tuple[Question, ...]
    notices: tuple[str, ...]
    first_rows: tuple[tuple[str, ...], ...]
    sample: tuple[tuple[tuple[str, str], ...], ...] = ()
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    skipped: int = 0
    warnings: int = 0
    customers: int = 0
    names: int = 0
    totals: tuple[CurrencyTotal, ...] = ()
    problems: tuple[ProblemLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()

    @property
    def ready(self) -> bool:
        """Nothing is asked any more: the file can be imported with `mapping`."""
        return not self.questions

    def as_dict(self) -> dict[str, Any]:
        """For machines: documented in docs/guides/importing.md."""
        return {
            "file": self.file_name,
            "kind": self.kind,
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "header": list(self.header),
            "mapping": {"name": self.mapping.name, "origin": self.origin, "text": to_yaml(self.mapping)},
            "columns": [{**vars(column), "samples": list(column.samples)} for column in self.columns],
            "unused": list(self.unused),
            "questions": [
                {
                    "about": q.about,
                    "sentence": q.sentence,
                    "choices": list(q.choices),
                    "answer_with": option_for(q),
                }
                for q in self.questions
            ],
            "notices": list(self.notices),
            "sample": [dict(row) for row in self.sample],
            "rows": self.rows,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "refused": self.refused,
            "skipped": self.skipped,
            "warnings": self.warnings,
            "customers": self.customers,
            "names": self.names,
            "totals": totals_as_dicts(self.totals),
            "problems": [vars(line) for line in self.problems],
            "changes": [vars(line) for line in self.changes],
        }


def preview_import(
    who: Who,
    path: str | Path,
    kind: str | None = None,
    mapping: Mapping | str | None = None,
    *,
    answers: Answers[str, str] | None = None,
    name: str | None = None,
    first: int = 20,
) -> Preview:
    """Read a whole file and compare it with the books; nothing is written.

    Questions a guess leaves open come back instead of being refused; answer them with `answers` and preview again.
    Refused: not_permitted, file_unknown, file_not_understood, mapping_unknown, mapping_other_kind, mapping_not_usable.
    """
    may_import(who)
    table, chosen = read_by(path, kind, mapping, answers, name)
    try:
        facts = _understood(table, chosen)
        if not chosen.questions:
            facts |= _compared(who, table, chosen, first)
    except TableProblem as problem:
        raise Refused("file_not_understood", file=table.name, why=str(problem)) from None
    return Preview(**facts)


def _understood(table: Table, chosen: Chosen) -> dict[str, Any]:
    """How the file is read, with its first rows as they stand in it."""
    mapping = chosen.mapping
    first = tuple(tuple(cell_text(cell)[:200] for cell in cells) for _, cells in islice(table.rows(), 8))
    return {
        "file_name": table.name, "kind": mapping.kind, "format": table.format, "encoding": table.encoding,
        "delimiter": table.delimiter, "sheet": table.sheet, "sheets": table.sheets, "header": table.header,
        "header_line": table.header_line, "mapping": mapping, "origin": chosen.origin, "unused": chosen.unused,
        "columns": _columns(table, chosen, first), "questions": chosen.questions, "notices": mapping.notices,
        "first_rows": first,
    }  # fmt: skip


def _columns(table: Table, chosen: Chosen, first: tuple[tuple[str, ...], ...]) -> tuple[PreviewColumn, ...]:
    shown = []
    for target in targets(chosen.mapping.kind):
        column = chosen.mapping.columns.get(target.name)
        name = next((n for n in column.names if n in table.header), "") if column else ""
        place = table.header.index(name) if name else -1
        samples = [row[place] for row in first if name and place < len(row) and row[place]]
        shown.append(
            PreviewColumn(
                target.name, target.meaning, target.required, name, (column.default or "") if column and not name else "",
                chosen.confidence.get(target.name, 0.0 if column is None else 1.0), tuple(samples[:3]),
                target.name in chosen.answered,
            )
        )  # fmt: skip
    return tuple(shown)


def _compared(who: Who, table: Table, chosen: Chosen, first: int) -> dict[str, Any]:
    """What the rows come to against the books, without writing."""
    work = Work(who, current_policy(), chosen.mapping, table.header, table.name)
    importer = IMPORTERS[chosen.mapping.kind](work)
    summary = Summary()
    for good, bad in chunks_of(table, chosen.mapping, summary, CHUNK_ROWS):
        for problem in bad:
            work.refuse_read(problem)
        importer.take(good, False)
    importer.finish(False)
    work.tell_home()
    tally = work.tally
    refusals_first = sorted(work.problems, key=lambda told: (not told[6], told[1]))
    return {
        "sample": tuple(_typed(row) for row in _first_rows(table, chosen.mapping, 8)), "rows": summary.rows,
        "new": tally.new, "changed": tally.changed, "same": tally.same, "refused": tally.refused,
        "skipped": summary.skipped, "warnings": tally.warnings, "customers": len(summary.customers),
        "names": len(summary.names - {""}), "totals": currency_totals(tally.currencies),
        "problems": tuple(ProblemLine(*told[1:7]) for told in refusals_first[:first]),
        "changes": tuple(ChangeLine(*told[1:]) for told in work.changes[:first]),
        "notices": (*chosen.mapping.notices, *tally.notices),
    }  # fmt: skip


def _first_rows(table: Table, mapping: Mapping, count: int) -> list[Row]:
    good = (row for row in islice(read_rows(table, mapping), 200) if hasattr(row, "identity"))
    return list(islice(good, count))  # type: ignore[arg-type]


def _typed(row: Row) -> tuple[tuple[str, str], ...]:
    """A row as it will be taken: the fields that say something, as text for people."""
    left_out = ("line", "identity", "warnings", "header", "cells")
    fields = zip(row._fields, row)
    return tuple(
        (name, _told(value)) for name, value in fields if name not in left_out and value not in ("", None, ())
    )


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(number if amount is None else f"{number}={amount}" for number, amount in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, Money) else f"{value}"
