"""One import under way: what the steps of every kind share, what they count, and what they report row by row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, repeat
from typing import Any

from dunlin.actions.doing import Who
from dunlin.formats.mappings import Mapping
from dunlin.formats.rows import ItemRow, Row, RowProblem
from dunlin.formats.targets import targets
from dunlin.formats.unmapped import notices_of
from dunlin.formats.values import cell_text, clean_name
from dunlin.records import bulk
from dunlin.records.items import DEBIT_KINDS
from dunlin.records.models import DiaryLine, ImportChange, ImportProblem, Period
from dunlin.reports.rates import rates_to
from dunlin.rules.codes import sentence
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import Policy

# Warnings beyond this many are counted, not kept: a file that warns on every row says one thing a million times.
WARNINGS_KEPT = 10_000

# How a file calls a kind, where the books call it otherwise.
_DEBITS = frozenset(DEBIT_KINDS)
_KINDS = {"returned_payment": "payment_return"}

_PROBLEM_FIELDS = ("run_id", "line", "column", "value", "code", "sentence", "refused", "raw")
_CHANGE_FIELDS = ("run_id", "line", "about", "field", "before", "after", "did")
_DIARY_FIELDS = (
    "at", "by_id", "role", "door", "verb", "customer_id", "about", "cause", "before", "after", "request_id", "key",
    "key_content", "answer",
)  # fmt: skip


@dataclass
class Tally:
    """What a run has counted so far; the counts are rows. `currencies`: currency → [rows, amount, open] in minor units."""

    done: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    skipped: int = 0
    warnings: int = 0
    missing: int = 0  # documents of earlier files, not in this one and still open
    currencies: dict[str, list[int]] = field(default_factory=dict)
    created: Counter[str] = field(default_factory=Counter)
    notices: dict[str, None] = field(default_factory=dict)

    def sum(self, currency: str, amount: int, still_open: int) -> None:
        """Add an accepted row to the totals of its currency; a credit comes with negative figures."""
        held = self.currencies.get(currency)
        if held is None:
            self.currencies[currency] = [1, amount, still_open]
            return
        held[0] += 1
        held[1] += amount
        held[2] += still_open


@dataclass
class Work:
    """What a run works with. `run_id` is None for a preview, which writes nothing at all."""

    who: Who
    policy: Policy
    mapping: Mapping
    header: tuple[str, ...]
    file_name: str
    run_id: int | None = None
    tally: Tally = field(default_factory=Tally)
    problems: list[tuple[Any, ...]] = field(default_factory=list)
    changes: list[tuple[Any, ...]] = field(default_factory=list)
    diary: list[tuple[Any, ...]] = field(default_factory=list)
    locked: dict[int, list[tuple[date, date]]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)  # customers about whom something changed
    _warnings_kept: int = 0

    def __post_init__(self) -> None:
        self.tally.notices.update(dict.fromkeys(notices_of(self.mapping, self.header)))

    @property
    def source(self) -> str:
        """What items of this mapping are known by, with their key: the name of the mapping."""
        return self.mapping.name[:40]

    def column(self, target: str) -> str:
        """The column of the file that fills a field; the field itself when a constant does."""
        column = self.mapping.columns.get(target)
        names = column.names if column else ()
        return next((name for name in names if clean_name(name) in self.header), target)

    def count_in(self, row: ItemRow) -> None:
        """Add an accepted item to the totals of the file."""
        amount = row.amount.minor
        still = amount if row.open is None else row.open.minor
        if row.kind in _DEBITS or row.kind in _KINDS:
            self.tally.sum(row.amount.currency, amount, still)
        else:
            self.tally.sum(row.amount.currency, -amount, -still)

    def tell_home(self) -> None:
        """Say when nothing of the file counts in totals and ranking, for want of a rate to the home currency."""
        home, found = self.policy.home_currency, sorted(self.tally.currencies)
        if not found or home in found or rates_to(home, found, self.who.today):
            return
        told = (
            f"The amounts are in {' and '.join(found)}, without a rate to {home}: they count as nothing in totals, targets "
            f"and the order of work. Set home.currency, which is {home}, or record rates."
        )
        self.tally.notices[told] = None

    # --- what is told row by row --------------------------------------------------------------------------------------

    def refuse_read(self, problem: RowProblem) -> None:
        """A row the reading refused, with everything that was wrong with it."""
        self.tally.refused += 1
        self._keep(problem, True, self._as_kept(problem.cells))
        for other in problem.also:
            self._keep(other, True, [])

    def refuse(self, row: Row, target: str, value: object, code: str, /, **facts: Any) -> None:
        """A row that reads well but cannot be taken."""
        told = sentence(code, facts)
        self.refuse_read(
            RowProblem(row.line, self.column(target), str(value), code, told, self.header, tuple(row.cells))
        )

    def warn(self, row: Row, target: str, value: object, code: str, /, **facts: Any) -> None:
        """Something odd about a row that is taken all the same."""
        self._warned(RowProblem(row.line, self.column(target), str(value), code, sentence(code, facts)))

    def warn_read(self, row: Row) -> None:
        """The warnings that came with a row."""
        for warning in row.warnings:
            self._warned(warning._replace(column=self.column(warning.column) if warning.column else ""))

    def change(self, row: Row, about: str, name: str, before: object, after: object, did: str) -> None:
        """A known row that differs now."""
        self.changes.append((
            self.run_id, row.line, about[:120], name[:60], _short(before), _short(after), did[:300],
        ))  # fmt: skip

    def tell(
        self, about: str, customer_id: int, before: dict[str, Any], after: dict[str, Any], cause: str = ""
    ) -> None:
        """A diary line of one change, written with the chunk."""
        who = self.who
        self.touched.add(customer_id)
        self.diary.append((
            who.now, who.user_id, who.role, who.door, "import_file", customer_id, about,
            (cause or f"import of {self.file_name}")[:300], _json(before), _json(after), who.request_id, None, "", None,
        ))  # fmt: skip

    def _warned(self, warning: RowProblem) -> None:
        self.tally.warnings += 1
        if self._warnings_kept < WARNINGS_KEPT:
            self._warnings_kept += 1
            self._keep(warning, False, [])

    def _as_kept(self, cells: Iterable[Any]) -> list[str]:
        """The cells of a refused row as text, without card numbers; an identifier stays as it is, it is matched by."""
        texts = map(cell_text, cells)
        names = chain(self.header, repeat(""))  # a row may have more cells than the header has names
        return [
            text if name in self.identifiers else mask_card_numbers(text) for name, text in zip(names, texts)
        ]

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """The columns of the file that hold identifiers."""
        fields = [target.name for target in targets(self.mapping.kind) if target.form == "identifier"]
        return frozenset(clean_name(self.column(name)) for name in fields)

    def _keep(self, problem: RowProblem, refused: bool, raw: list[str]) -> None:
        hide = str if clean_name(problem.column) in self.identifiers else mask_card_numbers
        self.problems.append((
            self.run_id, problem.line, problem.column[:120], hide(_printable(problem.value))[:300], problem.code,
            hide(_printable(problem.sentence))[:500], refused, json.dumps([_printable(cell) for cell in raw], ensure_ascii=False),
        ))  # fmt: skip

    def write_told(self) -> None:
        """Write the problems, changes and diary lines gathered since the last time, in the caller's transaction."""
        bulk.insert(ImportProblem, _PROBLEM_FIELDS, self.problems)
        bulk.insert(ImportChange, _CHANGE_FIELDS, self.changes)
        bulk.insert(DiaryLine, _DIARY_FIELDS, self.diary)
        self.problems, self.changes, self.diary = [], [], []

    # --- days ---------------------------------------------------------------------------------------------------------

    def read_locks(self) -> None:
        """Read which periods are locked; once per chunk, in its transaction."""
        self.locked = {}
        found = Period.objects.filter(locked_at__isnull=False).order_by("entity_id", "starts_on")
        for entity_id, starts_on, ends_on in found.values_list("entity_id", "starts_on", "ends_on"):
            self.locked.setdefault(entity_id, []).append((starts_on, ends_on))

    def first_open_day(self, entity_id: int, on: date) -> date:
        """`on`, or the first day after it that is in no locked period of the entity."""
        for starts_on, ends_on in self.locked.get(entity_id, ()):
            if starts_on <= on <= ends_on:
                on = ends_on + timedelta(days=1)
        return on

    def may_post(
        self, row: Row, entity_id: int | None, entity: str, on: date, target: str = "posted_on"
    ) -> bool:
        """Whether a document can be posted on a day; the row is refused when not."""
        if on > self.who.today:
            self.refuse(row, target, on, "posting_in_future", posted_on=on, today=self.who.today)
            return False
        if self.locked and entity_id is not None:
            free = self.first_open_day(entity_id, on)
            if free != on:
                period = next(f"{a} to {b}" for a, b in self.locked[entity_id] if a <= on <= b)
                self.refuse(row, target, on, "period_locked", period=period, entity=entity, first_open=free)
                return False
        return True


def kind_of(row: ItemRow) -> str:
    """The kind of an item as the books call it."""
    return _KINDS.get(row.kind, row.kind)


def distinct(values: Iterable[str]) -> list[str]:
    """The values that are not blank, once each, in their order."""
    return [value for value in dict.fromkeys(values) if value]


def _printable(text: str) -> str:
    # A zero byte is text nowhere in PostgreSQL; half a surrogate pair cannot be encoded.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _short(value: object) -> str:
    return "" if value is None else _printable(str(value))[:300]


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
