"""The campaign of a day (P6): three spaced attempts, then one e-mail."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.campaigns import (
    OUTCOMES,
    counts_as_called,
    is_reached,
    may_call_now,
    next_action,
    next_call_at,
)

NINE = datetime(2026, 5, 11, 9, tzinfo=UTC)


@pytest.mark.req("B3")
@pytest.mark.rule("P6")
@pytest.mark.parametrize(
    "attempts, end_of_day, do_not_call, action",
    [
        pytest.param(["no_answer"], False, False, "call", id="one failure"),
        pytest.param([], False, False, "call", id="not called yet"),
        pytest.param(["busy", "voicemail", "no_answer"], False, False, "email", id="third failure"),
        pytest.param(["busy", "reached"], False, False, "none", id="reached"),
        pytest.param(["refused"], True, False, "none", id="refusing is a conversation"),
        pytest.param(["wrong_number"], False, False, "email", id="wrong number"),
        pytest.param(["gatekeeper"], True, False, "email", id="end of day with a failure"),
        pytest.param([], True, False, "none", id="end of day, none called"),
        pytest.param([], False, True, "email", id="must not be called"),
    ],
)
def test_what_comes_next(attempts, end_of_day, do_not_call, action):
    assert next_action(attempts, 3, end_of_day, do_not_call) == action


def test_the_email_goes_once():
    assert next_action(["busy", "busy", "busy"], emailed=True) == "none"


def test_an_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="not an outcome"):
        next_action(["reached", "maybe"])


def test_spacing():
    assert next_call_at([]) is None
    assert not may_call_now([NINE], NINE + timedelta(minutes=59))
    assert may_call_now([NINE], NINE + timedelta(minutes=60))
    assert not may_call_now([NINE, NINE, NINE], NINE + timedelta(hours=5))


def test_one_attempt_makes_a_customer_called():
    assert counts_as_called(["busy"])
    assert not counts_as_called([])


@pytest.mark.invariant(26)
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(OUTCOMES), min_size=8, max_size=8),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 8),
)
def test_a_day_has_at_most_three_attempts_none_after_reached_and_one_email(
    outcomes, most, do_not_call, day_ends_after
):
    """Play a whole day: do what the rule says until the day ends, then ask once more."""
    attempts: list[str] = []
    emails = 0
    for turn in range(10):
        action = next_action(attempts, most, turn >= day_ends_after, do_not_call, emails > 0)
        if action == "call":
            assert not any(is_reached(each) or each == "wrong_number" for each in attempts)
            attempts.append(outcomes[len(attempts)])
        emails += action == "email"
    assert len(attempts) <= most <= 3
    assert emails <= 1
    reached = any(map(is_reached, attempts))
    assert (emails == 1) == (do_not_call or (bool(attempts) and not reached))
