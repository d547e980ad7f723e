"""What is posted for known items that differ: corrections, further settlements, changes of due dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dunlin.actions.import_known_state import BY_IMPORT, Known, Part
from dunlin.actions.import_work import Work
from dunlin.actions.pass_stages import pass_stages
from dunlin.formats.rows import ItemRow
from dunlin.records import bulk
from dunlin.records.item_rows import APPLICATION_FIELDS, ITEM_FIELDS, settlement_number, short_key
from dunlin.records.models import Application, DueDateChange, Item

_AT = {name: index for index, name in enumerate(ITEM_FIELDS)}


@dataclass(slots=True)
class Suspect:
    """A row that may differ: what of it, and what is done about it once the books have been asked."""

    row: ItemRow
    key: str
    held: Known
    siblings: Sequence[Known] = ()  # further instalments of the document, in the order they fall due
    due: bool = False
    money: bool = False
    details: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    corrected: int = 0  # posted as a correction: above zero on the document's side, below zero against it
    paid_more: int = 0
    parts: list[Part] = field(default_factory=list)


class Posting:
    """The settlements and corrections of a chunk as rows, and what they leave open."""

    def __init__(self, work: Work) -> None:
        self.work = work
        # Run and moment make the key of an entry its own; the row itself is met once in a run.
        self.stamp = f"{work.run_id}.{work.who.now:%Y%m%d%H%M%S}"
        self.items: list[list[Any]] = []
        self.applications: list[tuple[Any, ...]] = []
        self.moved: list[tuple[Suspect, Part]] = []

    def post(self, suspect: Suspect) -> None:
        """Gather what one document needs: first its correction, then the further settlement."""
        held = suspect.held
        key = suspect.key
        if suspect.corrected:
            side = held.side if suspect.corrected > 0 else -held.side
            kind = "debit_memo" if side == 1 else "credit_memo"
            number = f"{held.number} correction"[:64] if held.number else ""
            made = self._item(
                suspect,
                kind,
                side,
                abs(suspect.corrected),
                number,
                short_key(f"{key}|correction|{self.stamp}"),
            )
            made[_AT["reason"]], made[_AT["corrects_id"]] = "correction", held.id
            made[_AT["description"]] = f"Correction of {held.named}"[:200]
            if side == held.side:
                made[_AT["due_on"]] = (
                    (suspect.row.due_on or (held, *suspect.siblings)[-1].due_on)
                    if side == 1
                    else self.work.who.today
                )
                # More of the same: it counts among the finals or the months of recurring invoices as its document does.
                for name in ("invoice_class", "service_month"):
                    made[_AT[name]] = suspect.details.get(name, (None, getattr(held, name)))[1]
                suspect.parts.append(Part(made[0], made[_AT["open"]]))
                self.work.tally.created["corrections"] += 1
            else:
                self._apply(suspect, made)
                self.work.tally.created["corrections"] += 1
        if suspect.paid_more:
            kind, side = ("payment", -1) if held.side == 1 else ("refund", 1)
            told = short_key(f"{key}|paid|{self.stamp}")
            made = self._item(suspect, kind, side, suspect.paid_more, settlement_number(held.number), told)
            made[_AT["value_on"]] = made[_AT["document_on"]] = made[_AT["due_on"]] = (
                min(suspect.row.settled_on, self.work.who.today)
                if suspect.row.settled_on
                else self.work.who.today
            )
            made[_AT["reason"]], made[_AT["description"]] = "imported", "Imported settlement"
            self._apply(suspect, made)
            self.work.tally.created["settlements"] += 1

    def _item(self, suspect: Suspect, kind: str, side: int, amount: int, number: str, key: str) -> list[Any]:
        held, today = suspect.held, self.work.who.today
        made = [
            None, held.entity_id, held.customer_id, kind, side, "", number, 0, held.currency, amount, 0, today, today,
            today, today, self.work.who.now, None, None, 0, None, "", "", "", "", "", None, self.work.source, key,
            amount, 0, None, None, None, 0, None,
        ]  # fmt: skip
        made[0] = bulk.reserve_ids(Item, 1)[0]
        self.items.append(made)
        return made

    def _apply(self, suspect: Suspect, made: list[Any]) -> None:
        """Use what was made for the document, then for its corrections; what does not fit stays open on it."""
        today, who = self.work.who.today, self.work.who
        for part in suspect.parts:
            used = min(part.open, made[_AT["open"]])
            if used <= 0:
                continue
            credit, debit = (made[0], part.id) if suspect.held.side == 1 else (part.id, made[0])
            why = "imported" if made[_AT["reason"]] == "imported" else "correction"
            self.applications.append((
                credit, debit, used, today, made[_AT["value_on"]], who.now, why, f"{BY_IMPORT}{self.work.file_name}"[:300],
                who.user_id,
            ))  # fmt: skip
            part.open -= used
            part.moved = True
            made[_AT["open"]] -= used
            made[_AT["last_applied_on"]] = today
        if made[_AT["open"]] == 0:
            made[_AT["closed_on"]], made[_AT["closed_at"]] = today, who.now
        self.moved.extend((suspect, part) for part in suspect.parts if part.moved)

    def write(self) -> None:
        """Write what was gathered, and what it leaves open of the documents."""
        bulk.insert(Item, ITEM_FIELDS, self.items)
        bulk.insert(Application, APPLICATION_FIELDS, self.applications)
        who = self.work.who
        standing = {}
        for _, part in self.moved:
            closed = part.open == 0
            standing[part.id] = (
                part.id, part.open, min(part.disputed, part.open), who.today,
                who.today if closed else None, who.now if closed else None,
            )  # fmt: skip
        bulk.update(
            Item, ("open", "disputed", "last_applied_on", "closed_on", "closed_at"), list(standing.values())
        )


def write_due_dates(work: Work, suspects: list[Suspect]) -> None:
    """Write the changes of due dates, each on record with the file it came from."""
    who = work.who
    rows = [
        (
            s.held.id,
            s.held.due_on,
            s.row.due_on,
            who.today,
            who.now,
            f"{BY_IMPORT}{work.file_name}"[:200],
            who.user_id,
        )
        for s in suspects
    ]
    pass_stages([s.held.id for s in suspects], who.today, work.policy)
    fields = ("item_id", "old_due_on", "new_due_on", "posted_on", "recorded_at", "reason", "by_id")
    bulk.insert(DueDateChange, fields, rows)
    bulk.update(Item, ("due_on",), [(s.held.id, s.row.due_on) for s in suspects])
