"""How the sample customers pay: the share of each temperament, and when a bill is paid under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import NamedTuple


class Temperament(NamedTuple):
    """`late` gives days after the due date (negative: early) from chance and from how far the story is, 0.0 to 1.0.

    The other figures are chances between 0 and 1: that a promise is kept, or kept in part; that a bill is disputed; that a
    payment covers only part of a bill; that money comes without saying what it is for.
    """

    name: str
    share: int
    late: Callable[[Random, float], float]
    kept: float
    kept_in_part: float
    disputes: float
    pays_part: float
    silent_money: float
    picks_up: float  # chance that a call reaches the right person, before the collector's skill


def _between(low: float, high: float) -> Callable[[Random, float], float]:
    return lambda random, _: random.triangular(low, high)


def _sliding(random: Random, t: float) -> float:
    """Good at first; ever later from the middle of the story on."""
    return random.triangular(-2, 6) + max(0.0, t - 0.45) * random.triangular(30, 120)


def _recovering(random: Random, t: float) -> float:
    return random.triangular(-2, 6) + max(0.0, 0.7 - t) * random.triangular(25, 80)


TEMPERAMENTS = (
    Temperament("prompt", 16, _between(-7, 9), 0.97, 0.02, 0.006, 0.0, 0.01, 0.55),
    Temperament("nearly_on_time", 20, _between(5, 25), 0.93, 0.05, 0.010, 0.005, 0.02, 0.50),
    Temperament("slow_but_sure", 28, _between(18, 52), 0.90, 0.06, 0.012, 0.01, 0.02, 0.45),
    Temperament("month_end", 12, _between(0, 6), 0.92, 0.04, 0.010, 0.0, 0.03, 0.50),
    Temperament("part_payer", 7, _between(6, 28), 0.58, 0.34, 0.015, 0.55, 0.05, 0.45),
    Temperament("promise_breaker", 6, _between(28, 95), 0.36, 0.16, 0.020, 0.10, 0.02, 0.40),
    Temperament("disputer", 4, _between(8, 28), 0.80, 0.10, 0.160, 0.05, 0.03, 0.50),
    Temperament("sliding", 4, _sliding, 0.50, 0.22, 0.020, 0.15, 0.03, 0.35),
    Temperament("recovering", 2, _recovering, 0.88, 0.08, 0.010, 0.05, 0.02, 0.45),
    Temperament("gone_quiet", 2, _between(8, 30), 0.05, 0.10, 0.030, 0.10, 0.0, 0.12),
)
KEY_ACCOUNT = Temperament("key_account", 0, _between(-2, 13), 0.93, 0.05, 0.025, 0.01, 0.03, 0.70)

# How much later everybody pays in each tenth of the story: a slow start, a good summer, a slip at the end.
_MOOD = (1.35, 1.40, 1.30, 1.20, 1.08, 0.98, 0.94, 0.94, 1.05, 1.18)


def mood(t: float) -> float:
    """The factor on lateness at `t` of the story, 0.0 to 1.0."""
    place = min(max(t, 0.0), 1.0) * (len(_MOOD) - 1)
    low = int(place)
    high = min(low + 1, len(_MOOD) - 1)
    return _MOOD[low] + (_MOOD[high] - _MOOD[low]) * (place - low)


_STUCK = 0.032  # share of bills that lie somewhere: lost, without a PO, waiting for a signature


def pay_day(temperament: Temperament, due_on: date, random: Random, t: float) -> date:
    """The day on which a customer of that temperament means to pay a bill due on `due_on`."""
    late = temperament.late(random, t)
    if late > 0:
        late *= mood(t)
    if random.random() < _STUCK:
        late += random.triangular(25, 80)
    day = due_on + timedelta(days=round(late))
    if temperament.name == "month_end":
        first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return first_of_next - timedelta(days=1)
    if temperament.name == "key_account":  # its payment run is on Thursdays
        return day + timedelta(days=(3 - day.weekday()) % 7)
    return day
