"""Whom a strategy is for, in which group a customer is, and what the windows of a step say (P35)."""

from dataclasses import replace

import pytest

from dunlin.rules.codes import sentence
from dunlin.rules.money import Money
from dunlin.rules.strategies import (
    Escalation,
    Experiment,
    Fee,
    Segment,
    Step,
    Strategy,
    StrategyFacts,
    Window,
    choose,
    describe,
    fits,
    group_of,
    is_due,
    next_step,
    says,
)
from dunlin.rules.strategy_flaws import flaws

FIRST = Step(1, "First reminder", "notice_1", from_days=5)
SECOND = Step(2, "Second reminder", "notice_2", from_days=15)
DEFAULT = Strategy("default", "Default", (FIRST, SECOND))
FIRM = Strategy("firm", "Firm", (FIRST,), 50, Segment(oldest_days_from=90))
FINALS = Strategy("finals", "Finals", (FIRST,), 30, Segment(invoice_classes=("final",)))
ALL = {each.key: each for each in (DEFAULT, FIRM, FINALS)}
SOMEONE = StrategyFacts(
    1, "C1", "US", "smb", "north", "low", ("A",), ("final", "standard"), 89, Money(5_000, "USD")
)


@pytest.mark.rule("P35")
@pytest.mark.req("C6")
@pytest.mark.parametrize(
    "facts, key, code",
    [
        pytest.param({}, "finals", "strategy_fits", id="one fits"),
        pytest.param({"oldest_days": 90}, "firm", "strategy_fits", id="the highest priority of two"),
        pytest.param({"invoice_classes": ("mrr",)}, "default", "strategy_default", id="none fits"),
        pytest.param({"named": "firm"}, "firm", "strategy_named", id="the customer names one"),
        pytest.param({"named": "gone"}, "finals", "strategy_name_unknown", id="the named one is gone"),
    ],
)
def test_the_strategy_of_a_customer_and_why(facts, key, code):
    choice = choose(SOMEONE._replace(**facts), ALL)
    assert (choice.strategy.key, choice.code, choice.group) == (key, code, "")
    assert sentence(choice.code, choice.facts).startswith(choice.strategy.name)


def test_of_equal_priorities_the_lower_key_wins_whatever_the_order():
    twins = [Strategy(key, key, (FIRST,), 9) for key in ("b", "a", "c")]
    assert choose(SOMEONE, {each.key: each for each in [DEFAULT, *twins]}).strategy.key == "a"


@pytest.mark.parametrize(
    "segment, fitting",
    [
        (Segment(), True),
        (Segment(segments=("smb", "key")), True),
        (Segment(segments=("key",)), False),
        (Segment(countries=("DE",)), False),
        (Segment(brands=("south",)), False),
        (Segment(risks=("high",)), False),
        (Segment(entities=("A",)), True),
        (Segment(entities=("B",)), False),
        (Segment(oldest_days_from=89), True),
        (Segment(balance_from=Money(5_000, "USD")), True),
        (Segment(balance_from=Money(5_001, "USD")), False),
        (Segment(balance_to=Money(5_000, "USD")), True),
        (Segment(balance_to=Money(4_999, "USD")), False),
        (Segment(balance_to=Money(9_999, "EUR")), False),
        (Segment(past_due_from=Money(1, "USD")), False),
        (Segment(segments=("smb",), countries=("DE",)), False),
    ],
)
def test_every_criterion_must_be_met(segment, fitting):
    assert fits(SOMEONE, segment) == fitting


@pytest.mark.rule("P35")
def test_groups_are_fixed_by_customer_balanced_and_independent_between_experiments():
    half = Experiment("earlier first notice", 50, "early")
    numbers = [f"C{n}" for n in range(20_000)]
    groups = [group_of(half, number) for number in numbers]
    assert groups == [group_of(half, number) for number in numbers]
    assert 9_700 <= groups.count("B") <= 10_300  # three standard deviations are 212
    fifth = [group_of(replace(half, share_pct=20), number) for number in numbers]
    assert 3_800 <= fifth.count("B") <= 4_200
    # A larger share only adds to group B: nobody who was in it leaves.
    assert all(now == "B" for was, now in zip(fifth, groups) if was == "B")
    other = [group_of(replace(half, name="another text"), number) for number in numbers]
    assert 4_700 <= sum(one == two == "B" for one, two in zip(groups, other)) <= 5_300
    # Known for good: a new release must not move customers from one group to the other.
    assert "".join(groups[:8]) == "BBAAABBA"
    assert {group_of(replace(half, share_pct=0), each) for each in numbers[:99]} == {"A"}
    assert {group_of(replace(half, share_pct=100), each) for each in numbers[:99]} == {"B"}


def test_group_b_follows_the_other_strategy_and_nobody_else_does():
    early = Strategy("early", "Early", (FIRST,), 99)
    tried = replace(DEFAULT, experiment=Experiment("try", 50, "early"))
    known = {"default": tried, "early": early}
    seen = {}
    for n in range(200):
        choice = choose(StrategyFacts(n, f"C{n}"), known)
        assert choice.code == "strategy_group"
        assert sentence(choice.code, choice.facts)
        seen.setdefault(choice.group, set()).add(choice.strategy.key)
    assert seen == {"A": {"default"}, "B": {"early"}}
    assert choose(StrategyFacts(1, "C1", named="default"), known).group == ""


@pytest.mark.trap(54)
@pytest.mark.parametrize(
    "step, words",
    [
        (Step(0, "", "", from_days=-5), "From 5 days before the due date through the due date"),
        (Step(0, "", "", from_days=-5, through_days=-1), "From 5 days before the due date through 1 day before the due date"),
        (Step(0, "", "", from_days=0), "From the due date through the due date"),
        (Step(1, "", "", from_days=1), "From 1 day past due"),
        (Step(1, "", "", from_days=5, through_days=14), "From 5 days past due through 14 days past due"),
        (Step(2, "", "", after_days=10), "10 days or more after the notice of the step before"),
        (Step(2, "", "", from_days=15, after_days=1), "From 15 days past due, and 1 day or more after the notice of the step before"),
        (Step(4, "", ""), "Only by a person's decision"),
        (Step(0, "", "", from_days=-5, on=False), "Switched off"),
    ],
)  # fmt: skip
def test_a_step_says_when_it_is_due(step, words):
    assert says(step) == words


def test_a_step_describes_itself_whole():
    step = Step(3, "Final demand", "notice_final", "email_and_letter", from_days=31, minimum={"USD": 2_500},
                approval="ar_manager", escalation=Escalation("team_lead", 2, "Decide"), fee=Fee({"EUR": 4_000}),
                pay_within_days=10)  # fmt: skip
    assert describe(step) == (
        "Level 3, Final demand. From 31 days past due: e-mail and letter (notice_final); set off by items of 25.00 USD or more; "
        "approved by AR manager; fee of 40.00 EUR per notice; task for Team lead within 2 business days: Decide; "
        "asks for payment within 10 days."
    )


@pytest.mark.trap(3)
@pytest.mark.trap(26)
@pytest.mark.parametrize("days, due", [(-6, False), (-5, True), (0, True), (1, False)])
def test_before_the_due_date_the_window_closes_with_it(days, due):
    assert is_due(Window.of(Step(0, "Courtesy", "courtesy", from_days=-5)), days) == due


@pytest.mark.trap(3)
def test_no_step_for_past_due_items_is_due_on_the_due_date():
    assert not is_due(Window.of(Step(2, "", "", after_days=3)), 0, 99)
    assert is_due(Window.of(Step(2, "", "", after_days=3)), 1, 99)


@pytest.mark.trap(27)
def test_the_next_step_is_the_lowest_whose_window_has_not_closed():
    open_ended = Strategy("x", "X", (FIRST, SECOND)).ladder
    closing = Strategy("x", "X", (replace(FIRST, through_days=14), SECOND)).ladder
    assert next_step(open_ended, -1, 400).step is FIRST
    assert next_step(closing, -1, 14).level == 1
    assert next_step(closing, -1, 15).step is SECOND
    assert next_step(open_ended, 2, 400) is None


@pytest.mark.parametrize(
    "steps, place",
    [
        ((), "steps"),
        ((replace(FIRST, on=False),), "steps"),
        ((FIRST, replace(SECOND, level=1)), "steps[1].level"),
        ((FIRST, replace(SECOND, from_days=5)), "steps[1].from"),
        ((FIRST, replace(SECOND, from_days=4)), "steps[1].from"),
        ((replace(FIRST, through_days=15), SECOND), "steps[1].from"),
        ((replace(FIRST, through_days=4),), "steps[0].through"),
        ((replace(FIRST, from_days=-5, through_days=1),), "steps[0].through"),
        ((replace(FIRST, from_days=None, through_days=9), SECOND), "steps[0].through"),
        ((replace(FIRST, from_days=None, after_days=9),), "steps[0].after"),
        ((replace(FIRST, from_days=-1, fee=Fee({"USD": 1})),), "steps[0].fee"),
        ((replace(FIRST, fee=Fee()),), "steps[0].fee"),
    ],
)
def test_flaws_name_their_place(steps, place):
    found = flaws(Strategy("x", "X", steps))
    assert [each.place for each in found] == [place]
    assert all(each.detail for each in found)


def test_a_ladder_without_flaws():
    assert flaws(DEFAULT) == []
    # A step that also waits for the notice before may begin on the same day past due.
    assert flaws(Strategy("x", "X", (FIRST, replace(SECOND, from_days=5, after_days=7)))) == []
