"""The subledger against the control account: the sum of the items of an entity and currency, and a figure of the ledger. P27, invariant 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ControlLine:
    """`ours` debits less credits open as of the day, `figure` the ledger's or None when nobody said; minor units."""

    entity: str
    currency: str
    ours: int
    figure: int | None

    @property
    def difference(self) -> int | None:
        """Ours less the ledger's; None without a figure."""
        return None if self.figure is None else self.ours - self.figure


def against_control(
    sums: Mapping[tuple[str, str], int], figures: Mapping[tuple[str, str], int]
) -> tuple[ControlLine, ...]:
    """One line for each entity and currency that either side has. A figure of zero is a figure."""
    return tuple(
        ControlLine(entity, currency, sums.get((entity, currency), 0), figures.get((entity, currency)))
        for entity, currency in sorted({*sums, *figures})
    )
