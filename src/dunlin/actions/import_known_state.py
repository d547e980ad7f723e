"""What the books say of items a file brings again: as they stand, corrected since, paid since, due since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from django.db.models import Q

from dunlin.records import bulk
from dunlin.records.models import Application, DueDateChange, Item

# How a change of an import is told from one a person made.
BY_IMPORT = "import of "

_FIELDS = (
    "id", "customer_id", "entity_id", "kind", "side", "invoice_class", "number", "instalment", "currency", "amount",
    "document_on", "due_on", "posted_on", "service_month", "terms_id", "po_number", "order_number", "reference",
    "description", "open", "disputed", "source_key",
)  # fmt: skip


class Known(NamedTuple):
    """An item as it stands in the books before the chunk is written."""

    id: int
    customer_id: int
    entity_id: int
    kind: str
    side: int
    invoice_class: str
    number: str
    instalment: int
    currency: str
    amount: int
    document_on: date
    due_on: date
    posted_on: date
    service_month: date | None
    terms_id: int | None
    po_number: str
    order_number: str
    reference: str
    description: str
    open: int
    disputed: int
    source_key: str

    @property
    def named(self) -> str:
        """The document as people call it."""
        return f"{self.kind.replace('_', ' ')} {self.number or f'#{self.id}'}"


@dataclass(slots=True)
class Part:
    """A document or a correction of it on the same side: something a settlement can be applied to."""

    id: int
    open: int
    disputed: int = 0
    moved: bool = False


@dataclass(slots=True)
class State:
    """What the books say of one document and its corrections, in minor units; `parts` begins with the document."""

    amount: int
    paid: int
    paid_by_import: int
    parts: list[Part]


def known_by_key(sources: Sequence[str], keys: Sequence[str]) -> dict[str, Known]:
    """The items files of these mappings brought before, by key. One statement per ten thousand."""
    found = (
        Item.objects.filter(source__in=sources, source_key__in=chunk).order_by().values_list(*_FIELDS)
        for chunk in bulk.chunks(keys)
    )
    return {row[-1]: Known._make(row) for row in chain.from_iterable(found)}


def known_by_number(numbers: Sequence[str], not_of: str) -> list[Known]:
    """Items of these numbers that did not come with the source `not_of`."""
    found = (Item.objects.filter(number__in=chunk).exclude(source=not_of, source_key__isnull=False).order_by("id")
             for chunk in bulk.chunks(numbers))  # fmt: skip
    return [Known._make(row) for row in chain.from_iterable(rows.values_list(*_FIELDS) for rows in found)]


class Ledger:
    """Corrections and applications of some documents, read with two statements."""

    def __init__(self, ids: list[int]) -> None:
        self.corrections: dict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
        for chunk in bulk.chunks(ids):
            found = Item.objects.filter(corrects_id__in=chunk, reason="correction").order_by("id")
            for head, *facts in found.values_list("corrects_id", "id", "side", "amount", "open", "disputed"):
                self.corrections[head].append(tuple(facts))  # type: ignore[arg-type]
        correcting = {facts[0] for found in self.corrections.values() for facts in found}
        self.uses: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for chunk in bulk.chunks([*ids, *correcting], 5000):
            uses = Application.objects.filter(Q(debit_id__in=chunk) | Q(credit_id__in=chunk))
            for debit, credit, amount, why in uses.values_list("debit_id", "credit_id", "amount", "why"):
                self.uses[debit].append((credit, amount, why))
                self.uses[credit].append((debit, amount, why))

    def of(self, held: Known, siblings: Sequence[Known] = ()) -> State:
        """The state of one document, with the further instalments it is in."""
        amount = held.amount + sum(each.amount for each in siblings)
        parts = [Part(each.id, each.open, each.disputed) for each in (held, *siblings)]
        found = self.corrections.get(held.id, [])
        for pk, side, minor, still_open, disputed in found:
            amount += minor if side == held.side else -minor
            if side == held.side:
                parts.append(Part(pk, still_open, disputed))
        own = {part.id for part in parts}
        against = {facts[0] for facts in found} - own
        paid = by_import = 0
        for pk in own:
            for other, minor, why in self.uses.get(pk, ()):
                if other not in against:
                    paid += minor
                    by_import += minor if why == "imported" else 0
        return State(amount, paid, by_import, parts)


def due_dates_said(ids: Iterable[int]) -> dict[int, date]:
    """The due date the file said last: of the newest change an import made, else the one the item was posted with."""
    said: dict[int, date] = {}
    for chunk in bulk.chunks(list(ids)):
        found = DueDateChange.objects.filter(item_id__in=chunk).order_by("item_id", "posted_on", "id")
        for item_id, old, new, reason in found.values_list("item_id", "old_due_on", "new_due_on", "reason"):
            said.setdefault(item_id, old)
            if reason.startswith(BY_IMPORT):
                said[item_id] = new
    return said


def corrected_ids() -> set[int]:
    """The documents that were ever corrected by an import; there are few."""
    found = Item.objects.filter(corrects__isnull=False, reason="correction").order_by()
    return set(found.values_list("corrects_id", flat=True))  # type: ignore[arg-type]
