"""The limits over seven days, asked of a whole day, say what the gate says of its moments (section 5)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.conduct import may_call
from dunlin.rules.conduct_hours import Place
from dunlin.rules.conduct_weeks import WeeklyLimit, weekly_limit
from dunlin.rules.decisions import stages_fulfilled
from dunlin.rules.decisions_test import LEDGER, TODAY, decided, item, said, situation
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason, why

POLICY = Policy()
ROME = ZoneInfo("Europe/Rome")
FRIDAY = date(2026, 5, 22)
HERE = Place("Europe/Rome", "IT", calendar=Calendar("contact:IT", frozenset({date(2026, 5, 25)})))
WEEKLY = ("conduct_calls_per_week", "conduct_seven_in_seven")


def calls(*days_before, outcome="no_answer", clock=9):
    return [
        (datetime(2026, 5, 22, clock, tzinfo=ROME) - timedelta(days), outcome) for days in sorted(days_before, reverse=True)
    ]  # fmt: skip


@pytest.mark.req("D10")
def test_the_limit_names_its_rule_and_the_day_it_ends():
    limit = weekly_limit(FRIDAY, HERE, POLICY, calls(6, 4, 2))
    # The oldest of the three is out of the seven days on Saturday; Monday is a holiday there.
    assert (limit.code, limit.again_on) == ("calls_per_week", date(2026, 5, 26))
    assert reason(limit.code, {"today": FRIDAY.isoformat(), **limit.facts}) == (
        "Not called: 3 calls in seven days without reaching anyone, 3 is the most there "
        "(rule calls_per_week_unreached of the profile EU); calls again from 26 May"
    )


@pytest.mark.req("D10")
def test_what_reaches_no_limit():
    assert weekly_limit(FRIDAY, HERE, POLICY, calls(6, 4)) is None
    assert weekly_limit(FRIDAY, HERE, POLICY, calls(7, 4, 2)) is None
    assert weekly_limit(FRIDAY, HERE, POLICY, [*calls(6, 4, 2), *calls(1, outcome="reached")]) is None
    assert weekly_limit(FRIDAY, HERE, Policy(weekly_call_limits=False), calls(6, 4, 2)) is None
    assert weekly_limit(FRIDAY, Place("America/Chicago", "US", "TX"), POLICY, calls(6, 4, 2, 1)) is None


@pytest.mark.req("D10")
def test_seven_in_seven_counts_a_conversation_as_its_first_day():
    policy = Policy(seven_in_seven=True, call_on_weekends=True)
    texas = Place("America/Chicago", "US", "TX")
    limit = weekly_limit(FRIDAY, texas, policy, calls(3, outcome="reached", clock=17))
    assert (limit.code, limit.again_on) == ("seven_in_seven", date(2026, 5, 26))
    said = reason(limit.code, {"today": FRIDAY.isoformat(), **limit.facts})
    assert said.endswith("(rule calls_per_week of the profile US consumer); calls again from 26 May")


@pytest.mark.req("D10")
def test_a_call_counts_on_the_day_it_was_in_the_place_of_the_customer():
    night = [(datetime(2026, 5, 15, 23, 30, tzinfo=ZoneInfo("America/New_York")), "busy"), *calls(4, 2)]
    assert weekly_limit(FRIDAY, HERE, POLICY, night) is not None  # 05:30 of the 16th in Rome


def test_a_calendar_without_an_open_day_leaves_the_day_of_the_limit():
    shut = Calendar("contact:IT", frozenset(FRIDAY + timedelta(days) for days in range(60)))
    limit = weekly_limit(FRIDAY, Place("Europe/Rome", "IT", calendar=shut), POLICY, calls(6, 4, 2))
    assert limit.again_on == date(2026, 5, 23)


@pytest.mark.req("D10")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["no_answer", "busy", "reached"])), max_size=9),
    st.booleans(),
)
def test_it_holds_on_the_days_on_which_the_gate_says_so(made, seven):
    policy = Policy(seven_in_seven=seven, call_on_weekends=True)
    noon = datetime(2026, 5, 22, 12, tzinfo=ROME)
    tried = [(noon - timedelta(days, hours=3), outcome) for days, outcome in made]
    limit = weekly_limit(FRIDAY, HERE, policy, tried)
    verdict = may_call(noon, HERE, policy, tried)
    # What stands before the week at the gate: the calls of the day itself.
    if verdict.code not in ("conduct_reached_today", "conduct_attempts"):
        assert (limit is not None) == (verdict.code in WEEKLY)
    if verdict.code in WEEKLY:
        assert limit.again_on == verdict.next_at.date()


LIMIT = WeeklyLimit(
    "calls_per_week",
    {
        "attempts": 3, "most": 3, "again_on": "2026-05-19",
        "conduct_rule": {"key": "calls_per_week_unreached", "profile": "GB", "source": "", "binding": "default"},
    },
    date(2026, 5, 19),
)  # fmt: skip


@pytest.mark.req("D10")
def test_who_reached_the_limit_of_the_week_is_not_called_and_comes_back_by_itself():
    decision = decided(item(10), weekly_limit=LIMIT)
    assert (decision.step, decision.tier, decision.look_again_on) == ("none", "", date(2026, 5, 19))
    assert said(decision) == (
        "Not called: 3 calls in seven days without reaching anyone, 3 is the most there "
        "(rule calls_per_week_unreached of the profile GB); calls again from 19 May"
    )
    assert why(decision, POLICY)[1] == "Past due 100.00 USD = 100.00 USD to collect."
    # Whoever is written to instead still is, and whoever nothing is asked of has that reason.
    assert decided(item(10), weekly_limit=LIMIT, do_not_call=True).step == "email"
    assert decided(item(10, disputed=10_000), weekly_limit=LIMIT).code == "all_disputed"


@pytest.mark.rule("P4")
def test_a_conversation_counts_whatever_the_limit_of_the_week():
    facts = situation(item(6), weekly_limit=LIMIT)
    assert stages_fulfilled(facts, TODAY, POLICY, LEDGER) == ((1, "d5"),)
