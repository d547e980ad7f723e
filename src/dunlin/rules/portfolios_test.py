"""Who works on a customer, by rule or by hand, and who covers (B1, P33)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.portfolios import (
    Absence,
    AssignmentRule,
    CustomerFacts,
    Gap,
    assign,
    covered_by,
    covering,
    fits,
    gaps,
)

ANA, BEN, CY, DEE = 1, 2, 3, 4
DAY = date(2026, 5, 15)
RULES = [
    AssignmentRule(1, 30, ANA, countries={"DE", "FR"}),
    AssignmentRule(2, 20, BEN, balance_from=100_000),
    AssignmentRule(3, 20, CY, name_from="A", name_to="M"),
]


def customer(**facts):
    return CustomerFacts(7, "C7", facts.pop("name", "Fuller"), **facts)


@pytest.mark.req("B1")
@pytest.mark.parametrize(
    "facts, expected",
    [
        pytest.param(
            {"country": "DE", "balance_home": 900_000}, (ANA, False, 1), id="highest priority first"
        ),
        pytest.param({"balance_home": 100_000}, (BEN, False, 2), id="equal priority: the older rule"),
        pytest.param({}, (CY, False, 3), id="by name"),
        pytest.param({"name": "Zeta"}, (None, False, None), id="gap"),
        pytest.param({"country": "DE", "by_hand": DEE}, (DEE, True, None), id="by hand wins"),
    ],
)
def test_assignment(facts, expected):
    assert assign(customer(**facts), RULES) == expected
    assert assign(customer(**facts), RULES[::-1]) == expected


@pytest.mark.parametrize(
    "rule, fit",
    [
        (AssignmentRule(1, 1, ANA, name_from="F", name_to="F"), True),
        (AssignmentRule(1, 1, ANA, name_to="E"), False),
        (AssignmentRule(1, 1, ANA, number_from="c1", number_to="C7"), True),
        (AssignmentRule(1, 1, ANA, segments={"large"}), False),
        (AssignmentRule(1, 1, ANA, entities={"US1"}), True),
        (AssignmentRule(1, 1, ANA, invoice_classes={"mrr"}), False),
        (AssignmentRule(1, 1, ANA, balance_to=99), False),
    ],
)
def test_each_criterion(rule, fit):
    facts = customer(entities=["US1", "EU1"], invoice_classes=["final"], balance_home=100)
    assert fits(facts, rule) is fit


def test_a_criterion_that_does_not_exist_is_refused():
    assert AssignmentRule.of(1, 30, ANA, {"countries": {"DE", "FR"}}) == RULES[0]
    with pytest.raises(ValueError, match="no criterion 'country'"):
        AssignmentRule.of(1, 30, ANA, {"country": "DE"})


@pytest.mark.rule("P33")
def test_coverage_follows_the_chain_and_finds_gaps():
    away = [
        Absence(ANA, DAY, DAY, BEN),
        Absence(BEN, DAY, date(2026, 5, 20), CY),
        Absence(DEE, date(2026, 5, 1), date(2026, 5, 14), BEN),
    ]
    assert covering(ANA, away, DAY) == CY
    assert covering(ANA, away, date(2026, 5, 16)) == ANA
    assert covering(DEE, away, DAY) == DEE
    assert covered_by(CY, away, DAY) == [ANA, BEN]
    assert covering(ANA, [*away, Absence(CY, DAY, DAY)], DAY) is None
    circle = [Absence(ANA, DAY, DAY, BEN), Absence(BEN, DAY, DAY, ANA)]
    assert covering(ANA, circle, DAY) is None
    assert gaps({10: ANA, 11: None, 12: CY, 9: ANA}, circle, DAY) == [Gap(None, (11,)), Gap(ANA, (9, 10))]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(1, 5)), max_size=8), st.integers(1, 5))
def test_nobody_absent_ever_covers(pairs, user_id):
    away = [Absence(user, DAY, DAY, backup) for user, backup in pairs]
    cover = covering(user_id, away, DAY)
    assert cover is None or cover not in {each.user_id for each in away}
