"""Who may decide what: the table of P11 and the defaults, nobody their own, in writing and in advance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.authority import KINDS, LIMITS, allowed, deciders, kinds_of, may_decide, needs_no_approval
from dunlin.rules.money import Money
from dunlin.rules.roles import ROLES, may


def usd(amount: str) -> Money:
    return Money.exact(amount, "USD")


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("kind", "role", "amount", "may_it"),
    [
        ("payment_plan", "vp_finance", usd("9000000"), True),
        ("payment_plan", "corporate_controller", usd("1"), True),
        ("payment_plan", "ar_manager", usd("1"), False),
        ("payment_plan", "finance_manager", usd("1"), False),
        ("fee_waiver", "corporate_controller", usd("30"), True),
        ("fee_waiver", "ar_manager", usd("30"), False),
        ("fee_waiver", "collector", usd("30"), False),
        ("refund", "ar_manager", usd("5000"), True),
        ("refund", "ar_manager", usd("5000.01"), False),
        ("refund", "finance_manager", usd("50000"), True),
        ("refund", "finance_manager", usd("50000.01"), False),
        ("refund", "vp_finance", usd("50000.01"), True),
        ("refund", "senior_collector", usd("1"), False),
        ("write_off", "ar_manager", usd("1000"), True),
        ("write_off", "ar_manager", None, False),
        ("write_off", "vp_finance", None, True),
    ],
)
def test_who_may_decide(kind, role, amount, may_it):
    assert may_decide(kind, role, amount) is may_it
    assert (role in deciders(kind, amount)) is may_it
    assert allowed(kind, role, amount) is may_it
    for no in ({"same_person": True}, {"written": False}, {"before": False}):
        assert not allowed(kind, role, amount, **no)


@pytest.mark.parametrize(
    "kind, role, delegated, may_it",
    [
        ("fee_waiver", "ar_manager", True, True),
        ("fee_waiver", "finance_manager", True, True),
        ("fee_waiver", "ar_manager", False, False),
        ("fee_waiver", "collector", True, False),
        ("payment_plan", "ar_manager", True, False),
        ("payment_plan", "finance_manager", True, False),
    ],
)
def test_a_waiver_may_be_passed_on_to_a_manager_and_a_plan_may_not(kind, role, delegated, may_it):
    assert allowed(kind, role, usd("10"), delegated=delegated) is may_it
    assert not allowed(kind, role, usd("10"), delegated=delegated, same_person=True)


@pytest.mark.invariant(29)
@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(sorted(ROLES)),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_whoever_may_decide_much_may_decide_less(kind, role, one, other):
    less, more = sorted((one, other))
    if may_decide(kind, role, Money(more, "USD")):
        assert may_decide(kind, role, Money(less, "USD"))
        assert kind in kinds_of(role)


def test_every_decider_has_the_verb_and_somebody_decides_every_amount():
    assert all(may(each.role, "decide_approval") for each in LIMITS)
    for kind in KINDS:
        assert deciders(kind, None)


@pytest.mark.parametrize(
    ("role", "amount", "free"),
    [("ar_manager", usd("250"), True), ("ar_manager", usd("250.01"), False), ("collector", usd("0.01"), False), ("vp_finance", None, False)],
)  # fmt: skip
def test_small_amounts_need_nobody(role, amount, free):
    assert needs_no_approval("write_off", role, amount) is free


def test_a_kind_that_does_not_exist_is_a_mistake():
    with pytest.raises(KeyError):
        may_decide("holiday", "vp_finance", None)
