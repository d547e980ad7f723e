"""Assign customers to collectors: by hand, or by the portfolio rules for the whole book at once (B1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.records import bulk
from dunlin.records.models import Balance, Customer, Entity, Item, PortfolioRule, User
from dunlin.records.policies import current_policy
from dunlin.reports.situations import home_rates
from dunlin.rules import portfolios
from dunlin.rules.codes import Refused
from dunlin.rules.decisions import home_minor

CHUNK = 5_000


@dataclass(frozen=True)
class CustomersAssigned:
    """How many customers changed hands, and how many nobody looks after. Today's lists stay; the next night deals anew."""

    changed: int
    unassigned: int


def assign_by_hand(
    who: Who, customer_ids: Sequence[int], collector_id: int | None, reason: str = ""
) -> CustomersAssigned:
    """Give these customers to a collector, or back to the rules (None). Refused: customer_unknown, user_unknown, user_is_inactive."""
    with doing(who, "assign_customers", customers=customer_ids, cause=reason.strip()) as act:
        _worker(collector_id)
        owners = dict(Customer.objects.filter(pk__in=customer_ids).values_list("pk", "collector"))
        for pk in customer_ids:
            if pk not in owners:
                raise Refused("customer_unknown", customer=pk)
        if collector_id is not None:
            Customer.objects.filter(pk__in=owners).update(collector=collector_id, assigned_by_hand=True)
            moves: dict[int, int | None] = {
                pk: collector_id for pk, owner in owners.items() if owner != collector_id
            }
        else:
            Customer.objects.filter(pk__in=owners).update(assigned_by_hand=False)
            moves = _by_rule(sorted(owners), owners, who.today)
            _move(moves)
        for pk in sorted(moves):
            act.tell(
                about=f"customer:{pk}",
                customer_id=pk,
                before={"collector": owners[pk]},
                after={"collector": moves[pk]},
            )
    return CustomersAssigned(len(moves), sum(moves.get(pk, owner) is None for pk, owner in owners.items()))


def assign_by_rules(who: Who) -> CustomersAssigned:
    """Recompute the portfolios of all customers who were not assigned by hand, a few queries per 5,000 customers."""
    with doing(who, "assign_customers", cause="by the portfolio rules") as act:
        owners = dict(Customer.objects.order_by("pk").values_list("pk", "collector"))
        moves: dict[int, int | None] = {}
        for ids in bulk.chunks(list(owners), CHUNK):
            moves |= _by_rule(ids, owners, who.today)
        _move(moves)
        act.tell(after={"changed": len(moves)})
        for pk in sorted(moves):
            act.tell(
                about=f"customer:{pk}",
                customer_id=pk,
                before={"collector": owners[pk]},
                after={"collector": moves[pk]},
            )
    return CustomersAssigned(len(moves), sum(moves.get(pk, owner) is None for pk, owner in owners.items()))


def set_portfolio_rule(
    who: Who,
    name: str,
    collector_id: int,
    criteria: Mapping[str, Any],
    *,
    priority: int = 0,
    active: bool = True,
    rule_id: int | None = None,
) -> int:
    """Add a rule or change one; its id. The highest priority number wins. It takes effect with `assign_by_rules`.

    Refused: user_unknown, user_is_inactive, portfolio_criterion_unknown, not_blank.
    """
    with doing(who, "assign_customers") as act:
        if not name.strip():
            raise Refused("not_blank", field="the name")
        _worker(collector_id)
        unknown = sorted(set(criteria) - set(portfolios.CRITERIA))
        if unknown:
            raise Refused(
                "portfolio_criterion_unknown",
                criterion=unknown[0],
                criteria=", ".join(sorted(portfolios.CRITERIA)),
            )
        row = PortfolioRule.objects.filter(pk=rule_id).first() if rule_id is not None else None
        row = row or PortfolioRule()
        fields = {
                "name": name.strip()[:100], "priority": priority, "criteria": dict(criteria), "collector_id": collector_id,
                "active": active,
        }  # fmt: skip
        for field, value in fields.items():
            setattr(row, field, value)
        row.save()
        act.tell(
            about=f"portfolio_rule:{row.pk}",
            after={"name": row.name, "criteria": row.criteria, "collector": collector_id},
        )
    return row.pk


def _worker(collector_id: int | None) -> None:
    if collector_id is None:
        return
    person = User.objects.filter(pk=collector_id).first()
    if person is None:
        raise Refused("user_unknown", user=collector_id)
    if not person.is_active:
        raise Refused("user_is_inactive", user=person.name)


def _by_rule(ids: Sequence[int], owners: Mapping[int, int | None], today: date) -> dict[int, int | None]:
    """Customer → new collector, for those of the ascending `ids` whom the rules give to someone else. Five queries."""
    rules = [
        portfolios.AssignmentRule.of(row.pk, row.priority, row.collector_id, row.criteria)
        for row in PortfolioRule.objects.filter(active=True, collector__is_active=True)
    ]
    span = {"customer__gte": ids[0], "customer__lte": ids[-1]}
    wanted = set(ids)
    policy = current_policy()
    rates = home_rates(today, policy.home_currency)
    balances, entities = _owed(span)
    classes: dict[int, set[str]] = {}
    kinds = (
        Item.objects.filter(**span, open__gt=0, side=1)
        .order_by()
        .values_list("customer", "invoice_class")
        .distinct()
    )
    for customer, klass in kinds:
        classes.setdefault(customer, set()).add(klass)
    moves: dict[int, int | None] = {}
    people = Customer.objects.filter(pk__gte=ids[0], pk__lte=ids[-1], assigned_by_hand=False)
    for pk, number, name, country, segment in people.values_list(
        "pk", "number", "name", "country", "segment"
    ):
        if pk not in wanted:
            continue
        facts = portfolios.CustomerFacts(
            pk, number, name, country, segment, entities.get(pk, set()), classes.get(pk, set()),
            home_minor(balances.get(pk, {}), rates, policy.home_currency), None,
        )  # fmt: skip
        collector = portfolios.assign(facts, rules).collector_id
        if collector != owners[pk]:
            moves[pk] = collector
    return moves


def _owed(span: Mapping[str, int]) -> tuple[dict[int, dict[str, int]], dict[int, set[str]]]:
    """Per customer: open debits per currency, and the codes of the entities they are owed to."""
    balances: dict[int, dict[str, int]] = {}
    entities: dict[int, set[str]] = {}
    codes = dict(Entity.objects.values_list("pk", "code"))
    rows = Balance.objects.filter(**span).values_list("customer", "entity", "currency", "debits")
    for customer, entity, currency, debits in rows:
        of = balances.setdefault(customer, {})
        of[currency] = of.get(currency, 0) + debits
        entities.setdefault(customer, set()).add(codes[entity])
    return balances, entities


def _move(moves: Mapping[int, int | None]) -> None:
    of: dict[int | None, list[int]] = {}
    for pk, collector in moves.items():
        of.setdefault(collector, []).append(pk)
    for collector, ids in of.items():
        for chunk in bulk.chunks(ids):
            Customer.objects.filter(pk__in=chunk).update(collector=collector, assigned_by_hand=False)
