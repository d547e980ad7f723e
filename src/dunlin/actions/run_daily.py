"""The night: cut the balances anew, judge the promises, decide every customer with anything open, rank each list.

Each chunk of customers is written in its own transaction, so a run that was killed is simply run again: what is there
stays, what is missing is added. A second run of a day appends a higher revision where facts changed and nothing else. A dry
run takes the same path inside one transaction that is undone. See docs/rules/nightly-run.md (P4-P7, P18; B2).
"""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from dunlin.actions.doing import Who, doing
from dunlin.actions.judge_promises import judge_promises
from dunlin.actions.record_figures import record_figures
from dunlin.records import balance_sums, bulk, clock
from dunlin.records.coverage import absences_on, workers
from dunlin.records.decision_rows import CONTENT, FIELDS, facts_text
from dunlin.records.locks import lock_customers
from dunlin.records.models import Decision, DecisionRun, TierOrder
from dunlin.records.policies import current_policy
from dunlin.reports import situations
from dunlin.rules import decisions
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

Progress = Callable[[str, int, int], None]  # phase, done, of how many


@dataclass(frozen=True)
class DailyResult:
    """What a run covered. `calls`, `emails` and `silent` add up to `customers`; `written` are decisions new today, `revised`
    higher revisions, `figure_days` days whose measures were recorded. `run_id` is None for a dry run."""

    run_id: int | None
    day: date
    customers: int
    calls: int
    emails: int
    silent: int
    written: int
    revised: int
    promises_judged: int
    promises_broken: int
    balances_rolled: int
    figure_days: int
    dry_run: bool


_TOUCHED_A_TIME = 1_000
_WORTH_COUNTING = 1_000


class _Kept(NamedTuple):
    """A decision between the two passes: `row` is ready to be written, but for revision, rank and moment."""

    customer_id: int
    step: str
    row: tuple[Any, ...]  # CONTENT, the facts as text
    collector_id: int | None
    key: tuple[Any, ...] | None


def run_daily(who: Who, day: date, progress: Progress | None = None) -> DailyResult:
    """Run the night of `day`. `progress(phase, done, total)` is called per chunk. Refused: not_permitted, run_in_future.

    For a day before `who.today` the books are read as of that day and the balances are left alone.
    """
    if day > who.today:
        # Promises that are not due yet would be judged broken.
        raise Refused("run_in_future", day=day.isoformat())
    tell: Progress = progress or (lambda phase, done, total: None)
    with transaction.atomic() if who.dry_run else nullcontext():
        result = _run(replace(who, dry_run=False), day, tell)
        if who.dry_run:
            transaction.set_rollback(True)
            return replace(result, run_id=None, dry_run=True)
    return result


def _run(who: Who, day: date, tell: Progress) -> DailyResult:
    policy = policy_of(day)
    with doing(who, "run_daily", cause=f"the night of {day}") as act:
        run = DecisionRun.objects.create(day=day, started_at=who.now, by_id=who.user_id)
        act.tell(about=f"run:{run.pk}", after={"day": day})
    past = day < who.today
    rolled = 0 if past else balance_sums.roll(day, policy)
    tell("promises", 0, 1)
    judged = judge_promises(who, day, policy)
    with _no_garbage():
        steps, written, revised = _deal(who, day, policy, past, tell)
    tell("figures", 0, 1)
    # The figures are of complete days: in the night of today that is yesterday.
    figures = record_figures(day if past else day - timedelta(1), policy)
    run.calls, run.emails, run.silent = steps["call"], steps["email"], steps["none"]
    run.customers = steps.total()
    run.promises_judged, run.finished_at = judged.changed, who.now
    result = DailyResult(
        run.pk, day, run.customers, run.calls, run.emails, run.silent, written, revised, judged.changed,
        judged.by_status.get("broken", 0), rolled, figures, False,
    )  # fmt: skip
    with doing(who, "run_daily", cause=f"the night of {day}") as act:
        run.save()
        act.tell(
            about=f"run:{run.pk}", after={"customers": run.customers, "written": written, "revised": revised}
        )
    return result


def deal_again(who: Who, day: date) -> int:
    """Decide and rank the day anew inside the caller's act, after an order of the tiers; how many decisions were revised."""
    return _deal(who, day, policy_of(day), day < who.today, lambda phase, done, total: None)[2]


def _deal(who: Who, day: date, policy: Policy, past: bool, tell: Progress) -> tuple[Counter[str], int, int]:
    """Both passes; how many decisions of each step, how many new, how many revised."""
    kept = _decide_all(who, day, policy, past, tell)
    ranks = _ranks(kept)
    written = revised = 0
    reordered = TierOrder.objects.filter(day=day).exists()
    # On a new day there is nothing to compare with, unless another run of it begins meanwhile.
    new_day = not Decision.objects.filter(day=day).exists()
    for start in range(0, len(kept), situations.CHUNK_CUSTOMERS):
        part = kept[start : start + situations.CHUNK_CUSTOMERS]
        try:
            new, again = _write_locked(part, ranks, who.now, day, reordered, new_day)
        except IntegrityError:
            if not new_day:
                raise
            new_day = False
            new, again = _write_locked(part, ranks, who.now, day, reordered, new_day)
        written, revised = written + new, revised + again
        tell("decisions", start + len(part), len(kept))
    if written >= _WORTH_COUNTING:
        # A day its statistics have never seen PostgreSQL takes for empty, and reads all of it again for each customer.
        bulk.count_anew(Decision, ("day", "customer", "revision", "collector", "rank"))
    return Counter(each.step for each in kept), written, revised


def policy_of(day: date) -> Policy:
    """The settings with the manager's order of the tiers for that day, if there is one."""
    policy = current_policy()
    ordered = TierOrder.objects.filter(day=day).first()
    return policy if ordered is None else replace(policy, tier_order=tuple(ordered.tiers))


def _decide_all(who: Who, day: date, policy: Policy, past: bool, tell: Progress) -> list[_Kept]:
    """First pass: read and decide, chunk by chunk. What is kept of a customer is a few hundred bytes."""
    rates = situations.home_rates(day, policy.home_currency)
    away = absences_on(day)
    # Who was to be contacted and has nothing open any more gets a decision too: that nothing is open.
    asked = Decision.objects.filter(day=day).exclude(step="none").values_list("customer", flat=True)
    wanted = dict.fromkeys(asked, 0) | situations.customers_with_open_items(day, past)
    kept: list[_Kept] = []
    for first, last in situations.chunk_ranges(wanted):
        works = workers(first, last, day, away)
        for facts in situations.situations(first, last, day, policy, rates, past):
            if facts.customer_id not in wanted:
                continue
            decided = decisions.decide(facts, day, policy)
            kept.append(_keep(decided, works[decided.customer_id], policy))
        tell("facts", len(kept), len(wanted))
    return kept


def _keep(decided: decisions.Decision, collector_id: int | None, policy: Policy) -> _Kept:
    return _Kept(
        decided.customer_id,
        decided.step,
        (
            decided.step, decided.tier, decided.code, facts_text(decided), decided.past_due_home,
            decided.oldest_due_on, decided.look_again_on,
        ),
        collector_id,
        decisions.rank_key(decided, policy) if decided.step == "call" else None,
    )  # fmt: skip


def decide_touched(who: Who, customers: Collection[int]) -> int:
    """Decide today again for those of these customers whom the day has decided already, after many facts changed at once; how
    many were revised. Who has no decision yet is decided by the night, as with `facts_changed`.

    One query on a day without decisions; else a fixed number for every thousand customers, each in its own transaction.
    """
    day = who.today
    if not customers or not Decision.objects.filter(day=day).exists():
        return 0
    policy = policy_of(day)
    rates = situations.home_rates(day, policy.home_currency)
    revised = 0
    for ids in bulk.chunks(sorted(customers), _TOUCHED_A_TIME):
        with transaction.atomic():
            lock_customers(ids)
            first = Decision.objects.filter(day=day, revision=0, customer__in=bulk.one_of(ids))
            works = dict(first.values_list("customer", "collector"))
            if not works:
                continue
            facts = situations.situations(0, 0, day, policy, rates, only=sorted(works))
            part = [
                _keep(decisions.decide(each, day, policy), works[each.customer_id], policy) for each in facts
            ]
            # The facts were read under the lock: what is there knows no more than they do.
            there = _newest(sorted(works), day)
            revised += _write(part, {}, max(who.now, clock.now()), day, False, there)[1]
    return revised


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Without the search for reference cycles: millions of plain tuples are made here and none refers back. Measured: a fifth
    of the time of a run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _ranks(kept: Sequence[_Kept]) -> dict[int, int]:
    """Customer → place on the list of whoever works it; customers nobody works are ranked among themselves."""
    lists: dict[int | None, list[tuple[Any, ...]]] = {}
    for each in kept:
        if each.key is not None:
            lists.setdefault(each.collector_id, []).append(each.key)
    # The last part of the key of rank_key is the customer id.
    return {key[-1]: place for keys in lists.values() for place, key in enumerate(sorted(keys), 1)}


def _write_locked(
    part: Sequence[_Kept], ranks: dict[int, int], now: datetime, day: date, reordered: bool, new_day: bool
) -> tuple[int, int]:
    """`_write` in a transaction of its own, under the locks of its customers."""
    with transaction.atomic():
        lock_customers(each.customer_id for each in part)
        there = {} if new_day else _newest([each.customer_id for each in part], day)
        return _write(part, ranks, now, day, reordered, there)


def _write(
    part: Sequence[_Kept],
    ranks: dict[int, int],
    now: datetime,
    day: date,
    reordered: bool,
    there: dict[int, _Stored],
) -> tuple[int, int]:
    """Append what is new or differs from what is `there`, which the day says already; (new, revised)."""
    rows = []
    revised = 0
    for each in part:
        rank, revision = ranks.get(each.customer_id), 0
        stored = there.get(each.customer_id)
        if stored is not None:
            if not _replaces(stored, each, rank, now, reordered):
                continue
            revision, revised = stored[0] + 1, revised + 1
            # Within the day the list stays as it was chosen; only a new order of the tiers deals the places anew.
            rank = rank if reordered else None
        step, tier, code, facts, past_due, oldest, look_again = each.row
        rows.append(
            (day, each.customer_id, revision, step, tier, code, facts, past_due, oldest, rank, each.collector_id, look_again, now)
        )  # fmt: skip
    bulk.insert(Decision, FIELDS, rows)
    return len(rows) - revised, revised


_Stored = tuple[int, datetime, int | None, tuple[Any, ...]]  # revision, recorded at, rank, CONTENT


def _newest(ids: Sequence[int], day: date) -> dict[int, _Stored]:
    """The decision that holds now, and the rank last given, of each of these customers."""
    found: dict[int, _Stored] = {}
    for chunk in bulk.chunks(ids):
        rows = Decision.objects.filter(day=day, customer__in=bulk.one_of(chunk)).order_by(
            "customer", "revision"
        )
        for customer, revision, at, rank, *content in rows.values_list(
            "customer", "revision", "recorded_at", "rank", *CONTENT
        ):
            before = found.get(customer)
            last_rank = rank if rank is not None or before is None else before[2]
            found[customer] = (revision, at, last_rank, tuple(content))
    return found


def _replaces(stored: _Stored, each: _Kept, rank: int | None, now: datetime, reordered: bool) -> bool:
    _, recorded_at, rank_then, content = stored
    if recorded_at > now:
        return False  # decided again while we read: that decision knows more than ours
    if reordered and rank != rank_then:
        return True
    step, tier, code, facts, *rest = each.row
    return content != (step, tier, code, json.loads(facts), *rest)
