"""What a notice brings with it: fees and interest as drafts of their own, and tasks (P35)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.notice_fees import simple_interest
from dunlin.rules.notices import Held, NoticeFacts, notices
from dunlin.rules.policy import Policy
from dunlin.rules.situations import OpenItem, Situation
from dunlin.rules.strategies import Escalation, Fee, Step, Strategy

TODAY = date(2026, 5, 15)  # a Friday
LEDGER = Calendar("ledger", frozenset({date(2026, 5, 25)}))
FIRST = Step(1, "First reminder", "notice_1", from_days=5)
SECOND = Step(2, "Second reminder", "notice_2", from_days=15)
FINAL = Step(3, "Final demand", "notice_final", from_days=31, pay_within_days=10)
LEGAL = Step(4, "Legal", "letter_final_demand", channel="letter")
COURTESY = Step(0, "Courtesy", "courtesy", from_days=-5)
THREE = Strategy("default", "Default", (FIRST, SECOND, FINAL, LEGAL))


def item(
    days, amount=10_000, *, id=1, number="", disputed=0, currency="USD", block="", entity=1, kind="invoice"
):
    due = TODAY - timedelta(days)
    return OpenItem(id, number or f"INV-{id}", kind, "standard", due, amount, disputed, currency, None, block, (),
                    entity)  # fmt: skip


def decided(*items, strategy=THREE, today=TODAY, facts=None, drafted=None, **known):
    held = {each: Held(level, TODAY - timedelta(ago)) for each, (level, ago) in known.pop("held", {}).items()}
    facts = facts or NoticeFacts(held, **{key: known.pop(key) for key in list(known) if key in _FACTS})
    situation = Situation(7, "C7", "Northwind", list(items), **known)
    return notices(situation, facts, strategy, today, Policy(), LEDGER, drafted)


_FACTS = (
    "last_notice_on",
    "waiting_since",
    "undelivered",
    "reply_pending",
    "reply_pending_all",
    "interest_through",
    "grace_days",
)


def one(*items, **known):
    (decision,) = decided(*items, **known)
    return decision


def levels(decision):
    return {row.id: row.level for row in decision.carried}


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
