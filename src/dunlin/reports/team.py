"""The team: who has which portfolio, where nobody looks after money, and what each person did (B1, B8, P33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from dunlin.records.coverage import absences_on
from dunlin.records.models import Absence, Balance, Call, Customer, Decision, FollowUp, Promise, User
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.situations import home_rates
from dunlin.rules import portfolios
from dunlin.rules.campaigns import REACHED
from dunlin.rules.decisions import home_minor
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.promises import JUDGED, KEPT
from dunlin.rules.roles import may


@dataclass(frozen=True)
class Person:
    """One person's portfolio and work over the days asked for.

    `customers` are owned, `with_open` of them owe something; `past_due_home` is what their customers have past due, home currency.
    `capacity` is customers a day, `to_call` how many are ranked on the list of the last day, their own and covered. `called`
    and `reached` count customers per day and add the days up. `kept` of `judged` promises made by the person whose judgement
    fell into the days.
    """

    user_id: int
    name: str
    role: str
    active: bool
    away_until: date | None
    backup: str
    covers: tuple[str, ...]
    customers: int
    with_open: int
    past_due_home: Money
    capacity: int
    to_call: int
    calls: int
    called: int
    reached: int
    promises: int
    promised: tuple[Money, ...]
    judged: int
    kept: int
    follow_ups_overdue: int


@dataclass(frozen=True)
class Gap:
    """Customers with money open whom nobody works on the day: unassigned, the collector left, or is away without cover."""

    why: str  # unassigned, inactive, away
    collector: str
    customers: int
    past_due_home: Money
    examples: tuple[tuple[int, str, str], ...]  # id, number, name of the first few by number
    collector_id: int | None = None


@dataclass(frozen=True)
class Team:
    """The state of the team on `through`, and its work from `since`."""

    since: date
    through: date
    people: tuple[Person, ...]
    gaps: tuple[Gap, ...]
    absences: tuple[Absent, ...]


@dataclass(frozen=True)
class Absent:
    """An absence that is running or still to come."""

    absence_id: int
    user_id: int
    name: str
    backup: str
    from_on: date
    through_on: date
    reason: str


def team(since: date, through: date, policy: Policy) -> Team:
    """People who may log calls or own customers, with their figures from `since` through `through`. Fifteen queries."""
    users = {user.pk: user for user in User.objects.order_by("first_name", "last_name", "username")}
    owned = _owned(through, policy)
    away = absences_on(through)
    numbers = _work(since, through)
    people = [
        _person(user, users, owned.get(pk, _Owned()), away, numbers, through, policy)
        for pk, user in users.items()
        if pk in owned or (user.is_active and may(user.role, "log_call"))
    ]
    return Team(
        since, through, tuple(people), _gaps(owned, users, away, through, policy), _absences(through, users)
    )


class _Owned:
    """What one collector (or nobody) owns."""

    def __init__(self) -> None:
        self.customers = self.with_open = self.past_due = 0


def _owned(day: date, policy: Policy) -> dict[int | None, _Owned]:
    found: dict[int | None, _Owned] = {}
    for collector, n in Customer.objects.order_by().values_list("collector").annotate(n=Count("pk")):
        found.setdefault(collector, _Owned()).customers = n
    rates = home_rates(day, policy.home_currency)
    balances = Balance.objects.order_by().values_list("customer__collector", "currency")
    for collector, currency, past_due in balances.annotate(past_due=Sum("past_due")):
        found.setdefault(collector, _Owned()).past_due += home_minor(
            {currency: int(past_due)}, rates, policy.home_currency
        )
    for collector, n in balances.values_list("customer__collector").annotate(
        n=Count("customer", distinct=True)
    ):
        found.setdefault(collector, _Owned()).with_open = n
    return found


def _work(since: date, through: date) -> dict[str, dict[Any, Any]]:
    """Each figure by user. Seven queries for the whole team."""
    calls: QuerySet[Call] = Call.objects.filter(day__gte=since, day__lte=through, direction="out").order_by()
    per_day = calls.values("by", "day").annotate(
        calls=Count("pk"),
        called=Count("customer", distinct=True),
        reached=Count("customer", distinct=True, filter=Q(outcome__in=REACHED)),
    )
    work: dict[str, dict[Any, Any]] = {
        name: {} for name in ("calls", "called", "reached", "promised", "promises")
    }
    for row in per_day:
        for name in ("calls", "called", "reached"):
            work[name][row["by"]] = work[name].get(row["by"], 0) + row[name]
    made = (
        Promise.objects.filter(made_on__gte=since, made_on__lte=through)
        .exclude(status="cancelled")
        .order_by()
    )
    for user, currency, n, minor in (
        made.values_list("by", "currency")
        .annotate(n=Count("pk"), minor=Sum(promised_minor()))
        .order_by("by", "currency")
    ):
        work["promises"][user] = work["promises"].get(user, 0) + n
        if minor:
            work["promised"].setdefault(user, []).append(Money(int(minor), currency))
    judged = Promise.objects.filter(
        judged_on__gte=since, judged_on__lte=through, status__in=JUDGED
    ).order_by()
    totals = list(judged.values_list("by").annotate(n=Count("pk"), kept=Count("pk", filter=Q(status=KEPT))))
    work["judged"] = {user: n for user, n, _ in totals}
    work["kept"] = {user: kept for user, _, kept in totals}
    late = FollowUp.objects.filter(done_at=None, due_on__lt=through).order_by()
    work["late"] = dict(late.values_list("owner").annotate(n=Count("pk")))
    lists = Decision.objects.filter(day=through, rank__isnull=False).order_by()
    work["to_call"] = dict(lists.values_list("collector").annotate(n=Count("customer", distinct=True)))
    return work


def _person(
    user: User,
    users: dict[int, User],
    owned: _Owned,
    away: list[portfolios.Absence],
    work: dict[str, dict[Any, Any]],
    day: date,
    policy: Policy,
) -> Person:
    pk = user.pk
    absence = next((each for each in away if each.user_id == pk), None)
    backup = portfolios.covering(pk, away, day) if absence else None
    return Person(
        pk, user.name, user.role, user.is_active, absence.ends_on if absence else None, users[backup].name if backup else "",
        tuple(users[each].name for each in portfolios.covered_by(pk, away, day) if each != pk), owned.customers,
        owned.with_open, Money(owned.past_due, policy.home_currency), user.daily_calls or policy.campaign_size,
        work["to_call"].get(pk, 0), work["calls"].get(pk, 0), work["called"].get(pk, 0), work["reached"].get(pk, 0),
        work["promises"].get(pk, 0), tuple(work["promised"].get(pk, ())), work["judged"].get(pk, 0),
        work["kept"].get(pk, 0), work["late"].get(pk, 0),
    )  # fmt: skip


def _gaps(
    owned: dict[int | None, _Owned],
    users: dict[int, User],
    away: list[portfolios.Absence],
    day: date,
    policy: Policy,
) -> tuple[Gap, ...]:
    found = []
    for collector, figures in owned.items():
        if not figures.with_open:
            continue
        if collector is None:
            why = "unassigned"
        elif portfolios.covering(collector, away, day) is None:
            why = "away"
        elif not users[portfolios.covering(collector, away, day)].is_active:  # type: ignore[index]
            why = "inactive"
        else:
            continue
        some = (
            Customer.objects.filter(collector=collector, balances__isnull=False).distinct().order_by("number")
        )
        found.append(
            Gap(
                why, users[collector].name if collector else "", figures.with_open,
                Money(figures.past_due, policy.home_currency), tuple(some.values_list("pk", "number", "name")[:5]),
                collector,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda gap: (gap.why != "unassigned", gap.collector)))


def _absences(day: date, users: dict[int, User]) -> tuple[Absent, ...]:
    rows = Absence.objects.filter(through_on__gte=day).order_by("from_on", "pk")
    return tuple(
        Absent(
            row.pk,
            row.user_id,
            users[row.user_id].name,
            users[row.backup_id].name,
            row.from_on,
            row.through_on,
            row.reason,
        )
        for row in rows
    )
