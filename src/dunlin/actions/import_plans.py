"""Documents that their terms put into instalments: one row of a file, several items under one number.

The first item keeps the key of the row, the others add "/2", "/3" to it; a row that comes again is about all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Max

from dunlin.actions.import_known_state import Known, known_by_key
from dunlin.formats.rows import ItemRow
from dunlin.records.item_rows import short_key
from dunlin.records.models import Item
from dunlin.rules.money import Money


def part_key(key: str, number: int) -> str:
    """The key of an instalment, counted from 1, of the row with this key."""
    return key if number == 1 else short_key(f"{key}/{number}")


def parts_of_row(row: ItemRow, amounts: Sequence[Money]) -> list[ItemRow]:
    """The row as one row for each instalment: what was paid fills them in the order they fall due."""
    parts = []
    left = row.paid
    for amount in amounts:
        paid = None if left is None else min(left, amount)
        left = None if left is None or paid is None else left - paid
        still = None if row.open is None or paid is None else amount - paid
        parts.append(row._replace(amount=amount, paid=paid, open=still))
    return parts


class Plans:
    """The further instalments of documents of one source that are in the books."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.most: int | None = None  # instalments of one document; asked when the first one is met

    def siblings(self, heads: Mapping[str, Known]) -> dict[int, list[Known]]:
        """By id of a first instalment the others, in their order; `heads` are the first ones by key."""
        if not heads:
            return {}
        if self.most is None:
            self.most = Item.objects.filter(source=self.source).aggregate(most=Max("instalment"))["most"] or 0
        keys = {
            part_key(held.source_key, number): (held.id, number)
            for held in heads.values()
            for number in range(2, self.most + 1)
        }
        found: dict[int, list[Known]] = {}
        for key, held in known_by_key([self.source], list(keys)).items():
            head, number = keys[key]
            if held.instalment == number:
                found.setdefault(head, []).append(held)
        return {head: sorted(others, key=lambda each: each.instalment) for head, others in found.items()}

    def made(self, count: int) -> None:
        """A document was put into this many instalments."""
        if self.most is not None:
            self.most = max(self.most, count)
