"""What promises say in a decision: which broke and when, whose day has passed, what the open ones keep quiet (P18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dunlin.rules.policy import Policy
from dunlin.rules.promises import judged_from
from dunlin.rules.situations import PromiseFact, Row, Situation, Tally


def _broken(situation: Situation, rows: Sequence[Row]) -> Sequence[PromiseFact]:
    """The broken promises about something still to be collected."""
    if not situation.promises:
        return ()
    return _about([promise for promise in situation.promises if promise.status == "broken"], rows)


def latest_broken(situation: Situation, rows: Sequence[Row]) -> PromiseFact | None:
    """The latest broken promise about something still to be collected."""
    about = _broken(situation, rows)
    return max(about, key=lambda promise: (promise.due_on, promise.id), default=None)


def broke_after(day: date, situation: Situation, rows: Sequence[Row]) -> bool:
    """Whether such a promise was judged broken on a later day: whoever spoke or decided on `day` did not know it."""
    return any(
        (promise.broke_on or promise.due_on + timedelta(1)) > day for promise in _broken(situation, rows)
    )


def passed_promise(situation: Situation, rows: Sequence[Row], today: date, policy: Policy) -> dict[str, Any]:
    """The latest promise about something to collect whose day has passed and that is not judged yet: whoever calls must know
    of it. With the day it is judged, unless that has come and it waits for money that lies unapplied."""
    open_ = [each for each in situation.promises if each.status == "open" and each.due_on < today]
    passed = [promise.due_on for promise in _about(open_, rows) if not promise.is_paid]
    if not passed:
        return {}
    facts = {"passed_on": max(passed).isoformat()}
    judged_on = judged_from(max(passed), policy.promise_tolerance_days)
    return facts | {"judged_on": judged_on.isoformat()} if judged_on > today else facts


def promise_facts(pausing: Sequence[PromiseFact], tally: Tally) -> dict[str, Any]:
    """The promise that falls due first, how many more there are, and what they keep quiet if that is more than was promised.
    Without an amount it is the whole that is held."""
    first = min(pausing, key=lambda promise: (promise.due_on, promise.id))
    whole = {currency: minor for (_, currency), minor in tally.held.items()}
    stated = {first.currency: first.amount} if first.amount is not None else whole
    facts = {"promised": moneys(stated), "due_on": first.due_on.isoformat(), "more": len(pausing) - 1}
    return facts | {"of": moneys({cur: whole[cur] for cur in tally.stated})} if tally.stated else facts


def _about(promises: Sequence[PromiseFact], rows: Sequence[Row]) -> Sequence[PromiseFact]:
    """Those about something still to be collected; without items a promise is about any of it."""
    if not promises:
        return ()
    ids = {row.id for row in rows}
    return [promise for promise in promises if not promise.item_ids or not ids.isdisjoint(promise.item_ids)]


def moneys(amounts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Minor units per currency as facts hold them, by currency."""
    return [{"minor": amounts[currency], "currency": currency} for currency in sorted(amounts)]
