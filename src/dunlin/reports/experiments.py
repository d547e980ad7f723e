"""What came of an A/B comparison of two strategies, from the books alone: days to pay and cash of both groups (C6, P35).

Who takes part is told by what a strategy cannot change: country, segment, our entity, the class of the invoice. How late or how
large a balance is, is an outcome: to pick customers by it would compare the late payers of one group with all of the other. So
whoever began in the comparison stays in it, whatever path it came to later. See docs/rules/strategies.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import QuerySet, Sum

from dunlin.formats.placed_yaml import TextProblems
from dunlin.formats.strategies import from_yaml
from dunlin.records.clock import day_of
from dunlin.records.models import Application, Customer, Entity, Item, StrategyVersion
from dunlin.reports.rates import home_minor, rates_to
from dunlin.reports.strategies import InForce, in_force
from dunlin.rules.experiments import Comparison, compare
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.strategies import Experiment, Strategy, StrategyFacts, choose

GROUPS = ("A", "B")
_DEBITS = ("invoice", "debit_memo")
_MONEY = ("payment", "deposit")


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group. `items` fell due since the comparison began, `paid` of them are settled; `due` and `cash` are sums in the home
    currency, `cash` what money settled of them."""

    group: str
    strategy: str
    customers: int
    items: int
    paid: int
    due: Money
    cash: Money

    @property
    def cash_per_customer(self) -> Money:
        """The mean, rounded half up to a minor unit."""
        return Money((2 * self.cash.minor + self.customers) // (2 * self.customers or 1), self.cash.currency)


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """`days` counts from the invoice to its settlement, of what is open through the day of the result; `share` is the per cent of
    what fell due that money settled; `cash` the home currency in major units. One figure a customer. `left_out` counts items
    in currencies without a rate."""

    name: str
    since: date
    through: date
    groups: tuple[GroupResult, GroupResult]
    days: Comparison
    share: Comparison
    cash: Comparison
    left_out: int


@dataclass(slots=True)
class _Account:
    """What fell due of one customer: `due` and `cash` in minor units of the home currency."""

    number: str
    traits: tuple[str, str, str]  # country, segment, strategy named
    entities: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    days: list[int] = field(default_factory=list)
    paid: int = 0
    due: int = 0
    cash: int = 0


def experiment_result(key: str, day: date, policy: Policy) -> ExperimentResult | None:
    """The result of the comparison that strategy `key` has in force, of what fell due since it began and before `day`; None without
    one. A fixed number of queries; as many rows as fell due."""
    force = in_force()
    strategy = force.by_key.get(key)
    if strategy is None or strategy.experiment is None or strategy.experiment.other not in force.by_key:
        return None
    since = _began(key, strategy.experiment, policy)
    if since is None:
        return None
    accounts, left_out = _accounts(since, day, policy)
    others = _without_outcomes(force, strategy)
    found: dict[str, list[_Account]] = {group: [] for group in GROUPS}
    for pk, account in accounts.items():
        if account.traits[2] in force.by_key:
            continue  # a person named it to a strategy
        group = _group(pk, account, strategy, others)
        if group:
            found[group].append(account)
    a, b = (found[group] for group in GROUPS)
    home = policy.home_currency
    scale = Money.exact(1, home).minor
    followed = {"A": strategy, "B": force.by_key[strategy.experiment.other]}
    one, two = (_result(group, followed[group].name, found[group], home) for group in GROUPS)
    return ExperimentResult(
        strategy.experiment.name, since, day, (one, two),
        compare(_days(a), _days(b)), compare(_shares(a), _shares(b)),
        compare([each.cash / scale for each in a], [each.cash / scale for each in b]), left_out,
    )  # fmt: skip


def _began(key: str, experiment: Experiment, policy: Policy) -> date | None:
    """The day on which this very comparison came into force: versions that leave it as it is do not begin it anew."""
    began = None
    rows = StrategyVersion.objects.filter(strategy__key=key, activated_at__isnull=False)
    for text, at in rows.order_by("-activated_at", "-number").values_list("text", "activated_at"):
        try:
            meant = from_yaml(text).experiment
        except TextProblems:
            break
        if meant != experiment or at is None:
            break
        began = day_of(at, policy.ledger_time_zone)
    return began


def _accounts(since: date, day: date, policy: Policy) -> tuple[dict[int, _Account], int]:
    """Customers with documents that fell due from `since` and before `day`, and how many documents have no rate. Five queries."""
    people = {
        pk: _Account(number, (country, segment, named))
        for pk, number, country, segment, named in Customer.objects.filter(
            items__in=_fell_due(since, day)
        ).distinct().values_list("pk", "number", "country", "segment", "strategy")
    }  # fmt: skip
    cash = dict(
        Application.objects.filter(
            debit__in=_fell_due(since, day), credit__kind__in=_MONEY, posted_on__lte=day
        )
        .order_by()
        .values_list("debit")
        .annotate(Sum("amount"))
    )
    home, entities = policy.home_currency, dict(Entity.objects.values_list("pk", "code"))
    rows = list(_rows(since, day))
    rates = rates_to(home, sorted({row[4] for row in rows}), day)
    left_out = 0
    for item, customer, entity, klass, currency, amount, documented, closed in rows:
        due = home_minor(amount, currency, rates, home)
        came = home_minor(cash.get(item, 0), currency, rates, home)
        if due is None or came is None:
            left_out += 1
            continue
        account = people[customer]
        account.entities.add(entities.get(entity, ""))
        account.classes.add(klass)
        account.days.append(((closed or day) - documented).days)
        account.paid += closed is not None
        account.due += due
        account.cash += came
    return {pk: each for pk, each in people.items() if each.days}, left_out


def _fell_due(since: date, day: date) -> QuerySet[Item]:
    found = Item.objects.filter(
        kind__in=_DEBITS, side=1, due_on__gte=since, due_on__lt=day, posted_on__lte=day
    )
    return found.order_by()


_Row = tuple[int, int, int, str, str, int, date, date | None]


def _rows(since: date, day: date) -> Iterator[_Row]:
    yield from _fell_due(since, day).values_list(
        "pk", "customer", "entity", "invoice_class", "currency", "amount", "document_on", "closed_on"
    )


def _without_outcomes(force: InForce, strategy: Strategy) -> dict[str, Strategy]:
    """The strategies as far as they choose by what they cannot change."""
    bare = replace(
        strategy,
        segment=replace(
            strategy.segment, oldest_days_from=None, balance_from=None, balance_to=None, past_due_from=None
        ),
    )
    kept = {key: each for key, each in force.by_key.items() if not _by_outcome(each) or key == "default"}
    assert strategy.experiment is not None
    return kept | {strategy.key: bare, strategy.experiment.other: force.by_key[strategy.experiment.other]}


def _by_outcome(strategy: Strategy) -> bool:
    of = strategy.segment
    return any(
        each is not None for each in (of.oldest_days_from, of.balance_from, of.balance_to, of.past_due_from)
    )


def _group(pk: int, account: _Account, strategy: Strategy, others: Mapping[str, Strategy]) -> str:
    country, segment, named = account.traits
    facts = StrategyFacts(
        pk, account.number, country=country, segment=segment, entities=account.entities, invoice_classes=account.classes, named=named
    )  # fmt: skip
    choice = choose(facts, others)
    assert strategy.experiment is not None
    wanted = strategy.key if choice.group == "A" else strategy.experiment.other
    return (
        choice.group
        if choice.facts.get("experiment") == strategy.experiment.name and choice.strategy.key == wanted
        else ""
    )


def _result(group: str, strategy: str, accounts: list[_Account], home: str) -> GroupResult:
    return GroupResult(
        group, strategy, len(accounts), sum(len(each.days) for each in accounts), sum(each.paid for each in accounts),
        Money(sum(each.due for each in accounts), home), Money(sum(each.cash for each in accounts), home),
    )  # fmt: skip


def _days(accounts: list[_Account]) -> list[float]:
    return [sum(each.days) / len(each.days) for each in accounts]


def _shares(accounts: list[_Account]) -> list[float]:
    return [100 * each.cash / each.due for each in accounts if each.due]
