"""Two groups are compared with their uncertainty; what cannot be told is said (P35, C6)."""

from math import log, sqrt

import pytest

from dunlin.rules.experiments import compare, sample, says, t_below, t_quantile


@pytest.mark.parametrize(
    "freedom, value",
    [(1, 12.7062), (2, 4.30265), (5, 2.57058), (10, 2.22814), (30, 2.04227), (120, 1.97993), (1e6, 1.95997)],
)
def test_the_t_distribution_is_that_of_the_tables(freedom, value):
    assert t_quantile(0.975, freedom) == pytest.approx(value, rel=1e-5)
    assert t_below(value, freedom) == pytest.approx(0.975, abs=1e-6)
    assert t_below(0, freedom) == pytest.approx(0.5)


def test_the_interval_is_welchs():
    # Worked by hand: means 20 and 23, variances 5/3 and 20/3 of four each: error = sqrt(25/12), 4.41 degrees of freedom.
    a, b = [18.5, 19.5, 20.5, 21.5], [20, 22, 24, 26]
    found = compare(a, b, least=2)
    error = sqrt(5 / 12 + 20 / 12)
    freedom = (25 / 12) ** 2 / ((5 / 12) ** 2 / 3 + (20 / 12) ** 2 / 3)
    assert freedom == pytest.approx(4.4118, abs=1e-4)
    assert found.difference == pytest.approx(3)
    assert found.high - found.low == pytest.approx(2 * t_quantile(0.975, freedom) * error)
    assert (found.low < 0 < found.high, found.told) == (True, "none")


@pytest.mark.req("C6")
@pytest.mark.rule("P35")
def test_what_can_be_told_and_what_cannot():
    early = [20 + n % 7 for n in range(40)]
    late = [24 + n % 7 for n in range(40)]
    assert compare(late, early).told == "lower"
    assert says(compare(late, early)) == (
        "Days to pay: 26.9 (A, 40 customers) and 22.9 (B, 40); B lower by 4.0, between 3.1 and 4.9 at 95 %"
    )
    assert says(compare(early, early)) == (
        "Days to pay: 22.9 (A, 40 customers) and 22.9 (B, 40); no difference can be told, it lies anywhere from −0.9 to +0.9"
    )
    assert "too few customers" in says(compare(early, late[:19]))
    assert compare([], []).told == "too_few"
    assert compare([5] * 20, [5] * 20).told == "none"
    assert compare([5] * 20, [6] * 20).told == "higher"
    assert sample([7]).deviation == 0


def test_of_groups_that_do_not_differ_about_one_in_twenty_seems_to():
    state = 20260515

    def days() -> float:
        # A linear congruential generator: the rules, tests included, take no chance from elsewhere.
        nonlocal state
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        return -30 * log((state >> 11) / 2**53 + 2**-54)

    told = 0
    for _ in range(600):
        told += compare([days() for _ in range(60)], [days() for _ in range(90)]).told != "none"
    assert 12 <= told <= 50  # 30 expected
