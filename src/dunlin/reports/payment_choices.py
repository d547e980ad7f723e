"""What customers chose to pay in the portal, found by the reference their money carries: whoever applies receipts asks here (E2, E7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dunlin.records.models import PaymentChoice


@dataclass(frozen=True)
class Chosen:
    """A choice as it was made: `lines` is item → minor units of `currency`; meanwhile an item may be paid, in part or wholly."""

    choice_id: int
    customer_id: int
    entity_id: int
    currency: str
    amount: int
    lines: Mapping[int, int] = field(default_factory=dict)


def chosen_under(references: Iterable[str]) -> dict[str, Chosen]:
    """Reference → what was chosen under it; those that are none of ours are left out. Blanks and case do not matter. Two queries."""
    wanted = {"".join(each.split()).upper(): each for each in references}
    found = PaymentChoice.objects.filter(reference__in=list(wanted)).prefetch_related("items")
    return {
        wanted[row.reference or ""]: Chosen(
            row.pk, row.customer_id, row.entity_id, row.currency, row.amount,
            {line.item_id: line.amount for line in row.items.all()},
        )
        for row in found
    }  # fmt: skip
