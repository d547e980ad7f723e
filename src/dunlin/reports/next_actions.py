"""The last contact with customers and what comes next, for lists where each line names its owner and both (P17).

What comes next is the earliest of: an open promise on its day, an open follow-up on its day, the call or letter decided for the day,
or the day an account at rest is looked at again. All as of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from dunlin.records.models import Call, Customer, Decision, FollowUp, Promise, PromiseJudgement
from dunlin.reports.account_items import full_name
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.moments import day_ends
from dunlin.rules.money import Money
from dunlin.rules.promises import CANCELLED, JUDGED
from dunlin.rules.reasons import reason

# In the order in which they stand when they fall on one day.
FOLLOW_UP, PROMISE, CALL, EMAIL, WAIT = "follow_up", "promise", "call", "email", "wait"
_ORDER = (FOLLOW_UP, PROMISE, CALL, EMAIL, WAIT)


class LastContact(NamedTuple):
    """The newest call out or in, and its outcome."""

    on: date
    outcome: str
    by: str


class NextAction(NamedTuple):
    """`kind` is one of the five above; `words` say what it is about."""

    kind: str
    on: date
    words: str


@dataclass(frozen=True, slots=True)
class Worked:
    """Who looks after a customer, today; empty for nobody. What was done last and comes next, as of the day."""

    owner: str
    last: LastContact | None
    next: NextAction | None


def worked(
    customers: Iterable[int], as_of: date, zone: str, known_at: datetime | None = None
) -> dict[int, Worked]:
    """Owner, last and next of each customer. Five queries, however many customers."""
    ids = sorted(set(customers))
    until = day_ends(as_of, zone) if known_at is None else min(day_ends(as_of, zone), known_at)
    calls = Call.objects.filter(customer=OuterRef("pk"), day__lte=as_of, started_at__lte=until)
    decided = Decision.objects.filter(customer=OuterRef("pk"), day__lte=as_of, recorded_at__lte=until)
    rows = Customer.objects.filter(pk__in=ids).values_list(
        "pk", "collector__first_name", "collector__last_name", "collector__username",
        Subquery(calls.order_by("-started_at", "-pk").values("pk")[:1]),
        Subquery(decided.order_by("-day", "-revision").values("pk")[:1]),
    )  # fmt: skip
    read = list(rows)
    last = _last([row[4] for row in read if row[4]])
    coming: dict[int, list[NextAction]] = {}
    for customer, action in (
        *_decisions([row[5] for row in read if row[5]]),
        *_promises(ids, as_of, until),
        *_follow_ups(ids, until),
    ):
        coming.setdefault(customer, []).append(action)
    return {
        customer: Worked(full_name(*name), last.get(customer), _first(coming.get(customer, [])))
        for customer, *name, _, _ in read
    }


def _first(actions: list[NextAction]) -> NextAction | None:
    return min(actions, key=lambda each: (each.on, _ORDER.index(each.kind)), default=None)


def _last(calls: list[int]) -> dict[int, LastContact]:
    rows = Call.objects.filter(pk__in=calls).values_list(
        "customer_id", "day", "outcome", "by__first_name", "by__last_name", "by__username"
    )
    return {customer: LastContact(on, outcome, full_name(*name)) for customer, on, outcome, *name in rows}


def _decisions(decisions: list[int]) -> Iterable[tuple[int, NextAction]]:
    rows = Decision.objects.filter(pk__in=decisions).values_list(
        "customer_id", "step", "day", "look_again_on", "code", "facts"
    )
    for customer, step, day, again, code, facts in rows:
        if step in (CALL, EMAIL):
            yield customer, NextAction(step, day, reason(code, facts))
        elif again is not None:
            yield customer, NextAction(WAIT, again, reason(code, facts))


def _promises(ids: list[int], as_of: date, until: datetime) -> Iterable[tuple[int, NextAction]]:
    """Open on the day: made by then, and neither judged, cancelled nor replaced by then."""
    judged = PromiseJudgement.objects.filter(promise=OuterRef("pk"), on__lte=as_of, status__in=JUDGED)
    rows = (
        Promise.objects.filter(customer__in=ids, made_on__lte=as_of, recorded_at__lte=until)
        .exclude(Q(status=CANCELLED) & (Q(judged_on=None) | Q(judged_on__lte=as_of)))
        .filter(~Exists(judged), Q(replaced_by=None) | Q(replaced_by__made_on__gt=as_of))
        .annotate(minor=Coalesce(promised_minor(), 0))
    )
    for customer, on, minor, currency in rows.values_list("customer_id", "due_on", "minor", "currency"):
        yield customer, NextAction(PROMISE, on, str(Money(minor, currency)) if minor else "without an amount")


def _follow_ups(ids: list[int], until: datetime) -> Iterable[tuple[int, NextAction]]:
    rows = FollowUp.objects.filter(customer__in=ids, created_at__lte=until).filter(
        Q(done_at=None) | Q(done_at__gt=until)
    )
    for customer, on, what in rows.order_by(F("due_on"), "pk").values_list("customer_id", "due_on", "what"):
        yield customer, NextAction(FOLLOW_UP, on, what)
