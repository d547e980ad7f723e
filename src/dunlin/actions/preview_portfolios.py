"""Try a portfolio rule before it is saved: who would get which customers. Everything happens, and is undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from dunlin.actions.assign_customers import assign_by_rules, set_portfolio_rule
from dunlin.actions.doing import Who
from dunlin.records.models import Customer


@dataclass(frozen=True)
class PortfoliosPreviewed:
    """How many customers would change hands: (from, to, how many), the largest first; None is nobody."""

    changed: int
    unassigned: int
    moves: tuple[tuple[int | None, int | None, int], ...]


def preview_portfolios(who: Who, rule: Mapping[str, Any] | None = None) -> PortfoliosPreviewed:
    """What `assign_by_rules` would do, after `set_portfolio_rule(**rule)` when a rule is given. Nothing stays.

    Refused: as those two.
    """
    with transaction.atomic():
        before = dict(Customer.objects.values_list("pk", "collector"))
        if rule is not None:
            set_portfolio_rule(who, **rule)
        done = assign_by_rules(who)
        after = Customer.objects.values_list("pk", "collector")
        moves = Counter((before[pk], owner) for pk, owner in after if before[pk] != owner)
        transaction.set_rollback(True)
    told = sorted(
        ((source, to, n) for (source, to), n in moves.items()), key=lambda move: (-move[2], str(move))
    )
    return PortfoliosPreviewed(done.changed, done.unassigned, tuple(told))
