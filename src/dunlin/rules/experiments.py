"""What came of an A/B comparison of two strategies: days to pay and cash, by group, with what can be told from it and what not.

The difference of two means is given with its 95 % interval by Welch: unequal groups and unequal spread are allowed. A customer
is one observation, never an invoice: the invoices of one customer are paid together. See docs/rules/strategies.md (P35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from typing import NamedTuple

CONFIDENCE_PCT = 95
# Below this many customers in a group nothing is told: the mean of a few skewed figures is not normal.
LEAST_CUSTOMERS = 20


class Sample(NamedTuple):
    """The figures of one group: how many customers, their mean and standard deviation (n − 1)."""

    customers: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """B less A. `low` and `high` bound the difference at 95 %; both None when a group is too small. `told` says in one word
    what can be told: lower, higher, none (the interval holds 0) or too_few."""

    a: Sample
    b: Sample
    difference: float | None
    low: float | None
    high: float | None
    told: str


def sample(figures: Sequence[float]) -> Sample:
    """Count, mean and standard deviation. The mean of nothing is 0 beside a count of 0."""
    count = len(figures)
    if not count:
        return Sample(0, 0.0, 0.0)
    mean = sum(figures) / count
    if count == 1:
        return Sample(1, mean, 0.0)
    return Sample(count, mean, sqrt(sum((each - mean) ** 2 for each in figures) / (count - 1)))


def compare(a: Sequence[float], b: Sequence[float], least: int = LEAST_CUSTOMERS) -> Comparison:
    """The groups A and B by one figure per customer: days to pay, or the share of what was due that came in."""
    one, two = sample(a), sample(b)
    if one.customers < max(2, least) or two.customers < max(2, least):
        return Comparison(
            one, two, two.mean - one.mean if one.customers and two.customers else None, None, None, "too_few"
        )
    difference = two.mean - one.mean
    spread_a, spread_b = one.deviation**2 / one.customers, two.deviation**2 / two.customers
    error = sqrt(spread_a + spread_b)
    if not error:
        told = "none" if difference == 0 else "lower" if difference < 0 else "higher"
        return Comparison(one, two, difference, difference, difference, told)
    freedom = (spread_a + spread_b) ** 2 / (
        spread_a**2 / (one.customers - 1) + spread_b**2 / (two.customers - 1)
    )
    margin = t_quantile(1 - (100 - CONFIDENCE_PCT) / 200, freedom) * error
    low, high = difference - margin, difference + margin
    return Comparison(
        one, two, difference, low, high, "lower" if high < 0 else "higher" if low > 0 else "none"
    )


def says(comparison: Comparison, noun: str = "days to pay") -> str:
    """One sentence: "Days to pay: 31.2 (A, 240 customers) and 28.0 (B, 251); B lower by 3.2, between 1.1 and 5.3"."""
    a, b = comparison.a, comparison.b
    head = f"{noun[:1].upper()}{noun[1:]}: {a.mean:,.1f} (A, {a.customers:,} customers) and {b.mean:,.1f} (B, {b.customers:,})"
    if comparison.low is None or comparison.high is None or comparison.difference is None:
        return f"{head}; too few customers to tell a difference, each group needs {LEAST_CUSTOMERS}"
    if comparison.told == "none":
        bounds = f"{_signed(comparison.low)} to {_signed(comparison.high)}"
        return f"{head}; no difference can be told, it lies anywhere from {bounds}"
    ends = sorted((abs(comparison.low), abs(comparison.high)))
    return (
        f"{head}; B {comparison.told} by {abs(comparison.difference):,.1f}, between {ends[0]:,.1f} and {ends[1]:,.1f} "
        f"at {CONFIDENCE_PCT} %"
    )


def _signed(figure: float) -> str:
    return f"{'−' if figure < 0 else '+'}{abs(figure):,.1f}"


# --- Student's t, in plain Python ---------------------------------------------------------------------------------------


def t_quantile(share: float, freedom: float) -> float:
    """The value that a share (above one half) of Student's t distribution lies below; `freedom` need not be whole."""
    if not 0.5 <= share < 1 or freedom <= 0:
        raise ValueError("share must be from 0.5 to 1, degrees of freedom above 0")
    low, high = 0.0, 1.0
    while t_below(high, freedom) < share:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def t_below(value: float, freedom: float) -> float:
    """The share of the distribution below a value of 0 or more."""
    return 1 - _beta_share(freedom / (freedom + value * value), freedom / 2, 0.5) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    # The fraction converges fast on one side of its mean only.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method; 300 terms are far more than any share needs."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or tiny)
    found = d
    for m in range(1, 300):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return found
