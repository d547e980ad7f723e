"""Weeks of runs on made-up accounts: whatever is paid, disputed, promised or missed, the rules of notices hold (P35)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.strategies import Step, Strategy
from dunlin.rules.strategy_trials import Event, NotPossible, Trial, TrialItem

START = date(2026, 1, 5)
LEDGER = Calendar("trial", frozenset({date(2026, 1, 19), date(2026, 2, 16)}))
LADDER = Strategy(
    "default",
    "Default",
    (
        Step(0, "Courtesy", "courtesy", from_days=-5),
        Step(1, "First", "notice_1", from_days=5, minimum={"USD": 1_000}),
        Step(2, "Second", "notice_2", from_days=15),
        Step(3, "Final demand", "notice_final", from_days=31, after_days=10),
    ),
)

_ITEMS = st.lists(
    st.tuples(st.integers(-30, 40), st.integers(500, 9_000), st.sampled_from("AB")), min_size=1, max_size=6
)
_EVENTS = st.lists(
    st.tuples(
        st.integers(0, 70),
        st.sampled_from(["pay", "return", "dispute", "resolve", "promise", "block", "unblock", "reply", "answer",
                         "bounce", "deliver", "due", "stop", "resume", "credit", "apply"]),
        st.integers(0, 5),
        st.integers(1, 6_000),
    ),
    max_size=25,
)  # fmt: skip


def _trial(drawn):
    items = {
        f"I{n}": TrialItem(f"I{n}", who, START + timedelta(due), amount, "USD")
        for n, (due, amount, who) in enumerate(drawn)
    }
    return Trial(items, {each.customer: LADDER for each in items.values()}, LEDGER)


def _event(trial, day, what, n, amount):
    number = list(trial.items)[n % len(trial.items)]
    who = trial.items[number].customer
    which = (who,) if what in ("credit", "stop", "resume") else (number,)
    later = day + timedelta(amount % 20) if what in ("promise", "due") else None
    return Event(
        day, what, which, None if what in ("promise", "due", "resolve") else amount, "USD", later, "plan"
    )


@pytest.mark.req("C6")
@pytest.mark.rule("P35")
@pytest.mark.invariant(24)
@pytest.mark.trap(26)
@pytest.mark.trap(28)
@settings(max_examples=120, deadline=None)
@given(_ITEMS, _EVENTS, st.sets(st.integers(0, 75)))
def test_ten_weeks_of_nights_with_some_missed(drawn, events, missed):
    trial = _trial(drawn)
    waiting = sorted(events)
    for n in range(76):
        day = START + timedelta(n)
        while waiting and waiting[0][0] <= n:
            _, what, which, amount = waiting.pop(0)
            try:
                trial.happen(_event(trial, day, what, which, amount))
            except NotPossible:
                continue
        if n in missed:
            continue
        before = {number: list(held) for number, held in trial.held.items()}
        last = {who: max(days, default=None) for who, days in trial.sent.items()}
        found = trial.run(day)
        for who, decided in found.items():
            for notice in decided:
                if notice.step is None:
                    continue
                assert LEDGER.is_business_day(day)
                assert who not in trial.stopped
                assert last.get(who) is None or (day - last[who]).days >= 7
                for row in notice.carried:
                    item = trial.items[row.number]
                    assert item.customer == who
                    assert 0 < row.amount == item.open - min(item.disputed, item.open)
                    assert not item.block
                    assert row.number not in trial.replies | trial.undelivered
                    assert row.days >= 1 or (notice.level == 0 and row.days >= -5)
                    held = before.get(row.number, [])
                    assert row.level > (held[-1].level if held else -1) or not row.raised
                owed = sum(row.amount for row in notice.carried)
                assert trial.unapplied.get((who, 1, "USD"), 0) < owed
        # The same day again sends nothing.
        assert all(each.step is None for decided in trial.run(day).values() for each in decided)
    for held in trial.held.values():
        levels = [each.level for each in held]
        assert levels == sorted(set(levels))


@pytest.mark.trap(26)
@settings(max_examples=60, deadline=None)
@given(_ITEMS, st.sets(st.integers(0, 120)))
def test_missed_nights_delay_steps_and_lose_none(drawn, missed):
    trial = _trial([(max(due, -4), max(amount, 1_000), who) for due, amount, who in drawn])
    for n in range(200):
        if n not in missed:
            trial.run(START + timedelta(n))
    for number in trial.items:
        assert trial.held[number][-1].level == 3
        # Only the reminder before the due date is lost by missing it: it would come too late.
        assert [each.level for each in trial.held[number] if each.level] == [1, 2, 3]


@pytest.mark.parametrize(
    "event, why",
    [
        (Event(START, "pay", ("I0",), 9_001, "USD"), "only part of that is open"),
        (Event(START, "return", ("I0",), 1, "USD"), "more comes back than was paid"),
        (Event(START, "apply", ("I0",), 1, "USD"), "has not that much unapplied"),
        (Event(START, "pay", ("I9",), 1, "USD"), "there is no item I9"),
        (Event(START, "promise", ("I9",), day=START), "there is no item I9"),
        (Event(START, "promise", ("I0",)), "needs a day"),
        (Event(START, "due", ("I0",)), "needs a day"),
        (Event(START, "pay", ("I0",)), "needs an amount"),
        (Event(START, "bounce", ("I0",)), "nothing was sent"),
        (Event(START, "stop", ("Z",)), "there is no customer Z"),
    ],
)
def test_what_cannot_happen_says_why(event, why):
    with pytest.raises(NotPossible, match=why):
        _trial([(10, 9_000, "A")]).happen(event)
