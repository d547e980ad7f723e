"""What a notice brings with it: fees and interest as drafts of their own, and tasks (P35)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.notice_fees import simple_interest
from dunlin.rules.notices_test import FIRST, TODAY, item, one
from dunlin.rules.strategies import Escalation, Fee, Step, Strategy


@pytest.mark.trap(6)
@pytest.mark.trap(28)
@pytest.mark.invariant(28)
def test_a_fee_is_a_draft_with_a_key_of_its_own_once_per_notice_or_item():
    fee = Fee({"USD": 4_000}, Decimal(0))
    strategy = Strategy("fee", "Fee", (FIRST, Step(2, "Second", "notice_2", from_days=15, fee=fee)))
    decision = one(
        item(20, id=1), item(21, id=2), item(5, id=3), strategy=strategy, held={1: (1, 8), 2: (1, 8)}
    )
    assert [(draft.key, draft.minor, draft.what) for draft in decision.fees] == [("fee:2:2", 4_000, "fee")]
    each = Step(2, "Second", "notice_2", from_days=15, fee=Fee({"USD": 4_000}, per="item"))
    strategy = Strategy("fee", "Fee", (FIRST, each))
    decision = one(item(20, id=1), item(21, id=2), strategy=strategy, held={1: (1, 8), 2: (2, 8)})
    assert [draft.key for draft in decision.fees] == ["fee:1:2"]
    charge = one(item(20, id=1, kind="finance_charge"), strategy=strategy, held={1: (1, 8)})
    assert (charge.level, charge.fees) == (2, ())


@pytest.mark.invariant(28)
def test_interest_runs_from_the_due_date_or_the_last_day_charged():
    step = Step(1, "First", "notice_1", from_days=5, fee=Fee({}, Decimal("9")))
    strategy = Strategy("interest", "Interest", (step,))
    (draft,) = one(item(73, 100_000), strategy=strategy).fees
    assert (draft.key, draft.minor, draft.days, draft.since) == ("interest:1:1", 1_800, 73, date(2026, 3, 3))
    (draft,) = one(item(73, 100_000), strategy=strategy, interest_through={1: TODAY - timedelta(36)}).fees
    assert (draft.minor, draft.days) == (888, 36)
    assert one(item(73), strategy=strategy, interest_through={1: TODAY}).fees == ()


@pytest.mark.invariant(28)
@given(st.integers(0, 10**9), st.integers(0, 3000), st.integers(0, 2000), st.integers(0, 2000))
def test_interest_is_additive_and_nothing_for_no_days(minor, basis_points, early, late):
    rate = Decimal(basis_points) / 100
    assert simple_interest(minor, rate, 0) == 0
    whole = simple_interest(minor, rate, early + late)
    assert abs(whole - simple_interest(minor, rate, early) - simple_interest(minor, rate, late)) <= 1
    assert simple_interest(minor, rate, early) <= whole


def test_a_step_makes_its_task_when_it_raises_an_item():
    task = Escalation("team_lead", 2, "Decide about legal steps")
    strategy = Strategy("task", "Task", (FIRST, Step(2, "Second", "notice_2", from_days=15, escalation=task)))
    assert one(item(20), strategy=strategy, held={1: (1, 8)}).escalations == (task,)
    # The first reminder of another item repeats the second one's text, but not its task.
    again = one(item(30, id=1), item(5, id=2), strategy=strategy, held={1: (2, 9)})
    assert (again.step.level, again.escalations) == (2, ())
