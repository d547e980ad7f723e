"""What people did: calls against their target, promises made, promises kept (P6, P16, P18, B8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, Sum

from dunlin.records.models import Call, Promise, PromiseItem, PromiseJudgement, User
from dunlin.reports.filters import ALL, Filters
from dunlin.rules.campaigns import REACHED
from dunlin.rules.measures import ratio
from dunlin.rules.policy import Policy
from dunlin.rules.promises import CANCELLED, JUDGED, KeptRate, kept_rate


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One person: `called` customers on the day against `target`; per day worked of the period; promises and how they ended.

    `called` counts customers with at least one attempt out; `reached` those among them spoken to.
    """

    user_id: int
    name: str
    role: str
    target: int
    called: int
    attempts: int
    reached: int
    promises: int
    days_worked: int
    called_per_day: Decimal | None
    reached_pct: Decimal | None
    kept_pct: Decimal | None
    judged: int


@dataclass(frozen=True, slots=True)
class KeptFigures:
    """Promises whose judgement fell in the period: counts by how they stand on the day, and the rates."""

    kept: int
    partially_kept: int
    broken: int
    by_count_pct: Decimal | None
    by_amount_pct: dict[str, Decimal | None]  # per currency


Judged = tuple[int | None, str, str, int, int]  # by, currency, status, promised, paid


def judged_between(
    after: date, through: date, only: Filters = ALL, known_at: datetime | None = None
) -> list[Judged]:
    """Promises whose last judgement by `through` fell after `after` and stands: kept, partially kept or broken; as known at
    a moment. Two queries."""
    judgements = PromiseJudgement.objects.filter(on__lte=through, on__gt=after)
    if known_at is not None:
        judgements = judgements.filter(recorded_at__lte=known_at)
    customers = only.customers()
    if customers is not None:
        judgements = judgements.filter(promise__customer__in=customers.values("pk"))
    if only.customer is not None:
        judgements = judgements.filter(promise__customer=only.customer)
    if only.currency is not None:
        judgements = judgements.filter(promise__currency=only.currency)
    last: dict[int, tuple[int | None, str, str, int | None, int]] = {}
    for promise, *what in judgements.order_by("on", "id").values_list(
        "promise_id", "promise__by_id", "promise__currency", "status", "promise__amount", "paid"
    ):
        last[promise] = tuple(what)  # type: ignore[assignment]
    without = [promise for promise, what in last.items() if what[3] is None]
    open_then = dict(
        PromiseItem.objects.filter(promise__in=without).values_list("promise").annotate(Sum("open_then"))
        if without else ()
    )  # fmt: skip
    return [
        (by, currency, status, amount if amount is not None else open_then.get(promise, 0), paid)
        for promise, (by, currency, status, amount, paid) in last.items()
        if status in JUDGED
    ]


def kept_figures(judged: Iterable[Judged]) -> KeptFigures:
    """Counts and rates of judged promises: by number over all of them, by amount per currency, in per cent."""
    rows = list(judged)
    by_currency: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for _, currency, status, promised, paid in rows:
        by_currency[currency].append((status, promised, paid))
    counts = {status: sum(row[2] == status for row in rows) for status in JUDGED}
    every: KeptRate = kept_rate((status, promised, paid) for _, _, status, promised, paid in rows)
    by_amount = {currency: kept_rate(each).by_amount_pct for currency, each in sorted(by_currency.items())}
    return KeptFigures(
        counts["kept"], counts["partially_kept"], counts["broken"], every.by_count_pct, by_amount
    )


def people_figures(
    day: date,
    after: date,
    policy: Policy,
    judged: Iterable[Judged],
    only: Filters = ALL,
    known_at: datetime | None = None,
) -> tuple[PersonFigures, ...]:
    """Everyone who called or took a promise after `after` through `day`, and every active collector. Three queries."""
    calls = Call.objects.filter(day__gt=after, day__lte=day, direction="out")
    promises = Promise.objects.filter(made_on=day)
    # As on Today, one that was replaced at once is one; what is cancelled on a later day was made all the same.
    gone = PromiseJudgement.objects.filter(promise=OuterRef("pk"), status=CANCELLED, on=day)
    if known_at is not None:
        calls = calls.filter(started_at__lte=known_at)  # the moment a call was logged is not kept
        promises = promises.filter(recorded_at__lte=known_at)
        gone = gone.filter(recorded_at__lte=known_at)
    promises = promises.filter(~Exists(gone))
    customers = only.customers()
    if customers is not None:
        calls = calls.filter(customer__in=customers.values("pk"))
        promises = promises.filter(customer__in=customers.values("pk"))
    reached = Q(outcome__in=sorted(REACHED))
    days: dict[int, dict[date, tuple[int, int, int]]] = defaultdict(dict)
    for by, on, called, attempts, spoke in calls.values_list("by_id", "day").annotate(
        called=Count("customer", distinct=True),
        attempts=Count("id"),
        reached=Count("customer", distinct=True, filter=reached),
    ):
        days[by][on] = (called, attempts, spoke)
    made = dict(promises.exclude(by=None).values_list("by_id").annotate(Count("id")))
    of: dict[int, list[Judged]] = defaultdict(list)
    for row in judged:
        if row[0] is not None:
            of[row[0]].append(row)
    users = User.objects.filter(
        Q(pk__in={*days, *made, *of}) | Q(is_active=True, role__in=("collector", "senior_collector"))
    )
    rows = [
        _person(user, days.get(user.pk, {}), made.get(user.pk, 0), of.get(user.pk, []), day, policy)
        for user in users
    ]
    return tuple(sorted(rows, key=lambda row: (-row.called, row.name)))


def _person(
    user: User,
    days: dict[date, tuple[int, int, int]],
    made: int,
    judged: list[Judged],
    day: date,
    policy: Policy,
) -> PersonFigures:
    called, attempts, spoke = days.get(day, (0, 0, 0))
    whole = sum(each[0] for each in days.values())
    return PersonFigures(
        user.pk, user.name, user.role, user.daily_calls or policy.target_calls_per_day, called, attempts, spoke, made,
        len(days), ratio(whole, len(days)), ratio(sum(each[2] for each in days.values()), whole, 100),
        kept_figures(judged).by_count_pct, len(judged),
    )  # fmt: skip
