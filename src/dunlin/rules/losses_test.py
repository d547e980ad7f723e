"""Roll rates, loss rates, the provision matrix."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.losses import loss_rates, provision, roll_rate_chain, roll_rate_single
from dunlin.rules.money import Money

MATRIX = [
    (15_000_000, "0.3"),
    (7_500_000, "1.6"),
    (4_000_000, "3.6"),
    (2_500_000, "6.6"),
    (1_000_000, "10.6"),
]

rates = st.decimals(0, 150, places=3)
balances = st.integers(-(10**12), 10**12)
matrices = st.lists(st.tuples(balances, rates), max_size=8)


def shown(number: Decimal | None) -> str:
    return "undefined" if number is None else f"{number:.2f}"


def matrix(rows: list[tuple[int, Decimal]], k: int = 1) -> list[tuple[Money, Decimal]]:
    return [(Money(minor * k, "USD"), rate) for minor, rate in rows]


def test_roll_rates() -> None:
    assert shown(roll_rate_single(1_000_000, 200_000)) == "20.00"
    assert roll_rate_single(0, 200_000) is None
    assert shown(roll_rate_chain([Decimal(20), Decimal(50), Decimal(75)])) == "7.50"
    assert shown(roll_rate_chain([Decimal(20)])) == "20.00"
    assert roll_rate_chain([]) is None


@pytest.mark.parametrize(
    "sales, collected, expected",
    [
        pytest.param(
            100_000,
            [20_000, 35_000, 30_000, 12_000],
            ["3.00", "3.75", "6.67", "20.00", "100.00"],
            id="source",
        ),
        pytest.param(100_000, [], ["100.00"], id="nothing-collected"),
        pytest.param(100, [60, 40], ["0.00", "0.00", "undefined"], id="all-collected"),
        pytest.param(0, [0], ["undefined", "undefined"], id="nothing-sold"),
    ],
)
def test_loss_rates(sales: int, collected: list[int], expected: list[str]) -> None:
    assert [shown(rate) for rate in loss_rates(sales, collected)] == expected


def test_more_collected_than_sold_is_a_wrong_history() -> None:
    with pytest.raises(ValueError, match="more than"):
        loss_rates(100, [60, 41])


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**11), max_size=6))
def test_loss_rates_rise_from_stage_to_stage(never_paid: int, collected: list[int]) -> None:
    found = loss_rates(never_paid + sum(collected), collected)
    known = [rate for rate in found if rate is not None]

    assert known == sorted(known)
    assert all(0 <= rate <= 100 for rate in known)
    assert found[-1] == (100 if never_paid else None)


def test_provision_of_ifrs_9_example_12() -> None:
    result = provision([(Money.exact(balance, "USD"), Decimal(rate)) for balance, rate in MATRIX], "USD")
    assert [line.plain for line in result.lines] == [
        "45000.00",
        "120000.00",
        "144000.00",
        "165000.00",
        "106000.00",
    ]
    assert result.allowance.plain == "580000.00"


def test_a_rate_times_the_factor_is_capped_and_credits_do_not_help() -> None:
    rows = [(10_000, Decimal(60)), (-50_000, Decimal(60)), (10_000, Decimal(1))]
    result = provision(matrix(rows), "USD", Decimal(2))
    assert [line.minor for line in result.lines] == [10_000, 0, 200]


def test_the_lines_add_up_where_each_alone_would_round_up() -> None:
    result = provision(matrix([(1, Decimal(50)), (1, Decimal(50)), (1, Decimal(50))]), "USD")
    assert [line.minor for line in result.lines] == [1, 1, 0]
    assert result.allowance.minor == 2


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        provision(matrix([(1, Decimal(-1))]), "USD")
    with pytest.raises(ValueError, match="takes no balance in EUR"):
        provision([(Money(1, "EUR"), Decimal(1))], "USD")


@pytest.mark.invariant(16)
@pytest.mark.invariant(33)
@given(matrices, st.decimals(0, 5, places=2))
def test_a_provision_is_within_the_gross_balance_and_adds_up(
    rows: list[tuple[int, Decimal]], factor: Decimal
) -> None:
    result = provision(matrix(rows), "USD", factor)

    assert sum(line.minor for line in result.lines) == result.allowance.minor
    for (minor, _), line in zip(rows, result.lines):
        assert 0 <= line.minor <= max(minor, 0)


@pytest.mark.invariant(33)
@given(matrices.filter(bool), st.integers(0, 10**9), st.decimals(0, 50, places=2))
def test_a_provision_never_falls_when_balance_or_rate_rises(
    rows: list[tuple[int, Decimal]], more: int, higher: Decimal
) -> None:
    before = provision(matrix(rows), "USD").allowance.minor
    (minor, rate), *others = rows
    assert provision(matrix([(minor + more, rate), *others]), "USD").allowance.minor >= before
    assert provision(matrix([(minor, rate + higher), *others]), "USD").allowance.minor >= before


@pytest.mark.invariant(30)
@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(1, 1000))
def test_scaling_changes_no_roll_rate(before: int, after: int, k: int) -> None:
    assert roll_rate_single(before * k, after * k) == roll_rate_single(before, after)
