"""Expected losses: roll rates, loss rates from collection history, the provision matrix. DOMAIN section 3 (Losses)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from dunlin.rules.measures import Number, ratio
from dunlin.rules.money import Money

_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Provision:
    """The allowance and the line of each bucket; the lines add up to the allowance to the minor unit."""

    lines: tuple[Money, ...]
    allowance: Money


def roll_rate_single(from_balance: Number, to_balance: Number) -> Decimal | None:
    """Per cent of a bucket's balance that moved to the next [18]. `to_balance` counts only what was in the first bucket."""
    return ratio(to_balance, from_balance, 100)


def roll_rate_chain(rates_pct: Sequence[Decimal]) -> Decimal | None:
    """Loss rate in per cent: the product of the roll rates from a bucket to loss. None without any rate."""
    if not rates_pct:
        return None
    with localcontext(_WIDE):
        rate = Decimal(100)
        for step in rates_pct:
            rate = rate * step / 100
        return rate


def loss_rates(sales: Number, collected: Sequence[Number]) -> list[Decimal | None]:
    """Per cent never paid of what entered each stage [19]; one more rate than stages, the last being what is never paid.

    `collected` is by stage, in order. A stage that nothing entered has no rate (None). ValueError if more was collected
    than sold, since that history is wrong.
    """
    with localcontext(_WIDE):
        never_paid = sales - sum(collected)
        if never_paid < 0:
            raise ValueError(f"{sum(collected)} collected is more than {sales} sold")
        entered = sales
        rates = [ratio(never_paid, entered, 100)]
        for amount in collected:
            entered -= amount
            rates.append(ratio(never_paid, entered, 100))
    return rates


def provision(
    buckets: Sequence[tuple[Money, Decimal]], currency: str, adjustment_factor: Decimal | int = 1
) -> Provision:
    """Expected credit loss of (balance, rate in per cent) buckets of one currency [20].

    A rate times the factor is capped at 100 per cent; a negative balance never reduces the allowance. The allowance is
    rounded half-up once; the odd minor units of the lines go to the largest remainders, so the lines add up to it.
    """
    if adjustment_factor < 0:
        raise ValueError(f"an adjustment factor may not be negative: {adjustment_factor}")
    exact: list[Fraction] = []
    for balance, rate_pct in buckets:
        if balance.currency != currency:
            raise ValueError(f"a provision in {currency} takes no balance in {balance.currency}")
        if rate_pct < 0:
            raise ValueError(f"a loss rate may not be negative: {rate_pct}")
        rate = min(Fraction(rate_pct) * Fraction(adjustment_factor), Fraction(100))
        exact.append(max(balance.minor, 0) * rate / 100)
    allowance = int(sum(exact, Fraction(0)) + Fraction(1, 2))

    lines = [int(line) for line in exact]
    largest_first = sorted(range(len(lines)), key=lambda index: (lines[index] - exact[index], index))
    for index in largest_first[: allowance - sum(lines)]:
        lines[index] += 1
    assert sum(lines) == allowance
    return Provision(tuple(Money(line, currency) for line in lines), Money(allowance, currency))
