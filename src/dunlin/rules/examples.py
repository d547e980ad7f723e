"""Worked examples: put each through the rule of its topic and compare. See docs/reference/examples.md.

An example is a mapping with `id`, `topic`, `inputs`, `expected` and perhaps `tolerance`. The topics and the functions
behind them are listed in the example_*.py beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from dunlin.rules.example_cash import CASH
from dunlin.rules.example_claims import CLAIMS
from dunlin.rules.example_days import DAYS
from dunlin.rules.example_figures import FIGURES
from dunlin.rules.example_inputs import Adapter, OneOf, Unordered, read_date, read_decimal, read_moment
from dunlin.rules.example_payments import PAYMENTS
from dunlin.rules.money import Money

# A topic → the adapter that answers it with the product's own rule.
REGISTRY: Mapping[str, Adapter] = {**FIGURES, **DAYS, **PAYMENTS, **CASH, **CLAIMS}

_WIDE = Context(prec=60, rounding="ROUND_HALF_UP")


def run(cases: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """{"topics": {topic: {"passed": n, "failed": [ids], "unknown": n}}}; unknown: no rule for that topic yet.

    A case whose inputs the rule refuses has failed, like one with another answer.
    """
    topics: dict[str, dict[str, Any]] = {}
    for case in cases:
        counts = topics.setdefault(str(case["topic"]), {"passed": 0, "failed": [], "unknown": 0})
        if case["topic"] not in REGISTRY:
            counts["unknown"] += 1
        elif passes(case):
            counts["passed"] += 1
        else:
            counts["failed"].append(str(case["id"]))
    return {"topics": topics}


def passes(case: Mapping[str, Any]) -> bool:
    """Whether the rule of the case's topic answers what the case expects. KeyError if the topic has no rule."""
    adapter = REGISTRY[case["topic"]]
    tolerance = case.get("tolerance")
    try:
        answer = adapter(case.get("inputs") or {})
        return matches(case["expected"], answer, None if tolerance is None else read_decimal(tolerance))
    # A file of examples is foreign input: whatever goes wrong with one case is that case's failure, not the run's.
    except Exception:
        return False


def matches(expected: Any, answer: Any, tolerance: Decimal | None = None) -> bool:
    """Whether an answer is what is expected. Only the keys of `expected` count, at every depth.

    A numeric string is compared as a number: within `tolerance` when there is one, otherwise exactly after the answer is
    rounded half-up to two decimals, or to as many as the string has if they are more. Whatever is not a number in the
    answer (an id, a label) is compared as text.
    """
    if isinstance(answer, Unordered):
        return _matches_any_order(expected, list(answer.members), tolerance)
    if isinstance(answer, OneOf):
        return expected in answer.spellings
    if isinstance(expected, Mapping):
        return isinstance(answer, Mapping) and all(
            _key(key) in answer and matches(value, answer[_key(key)], tolerance)
            for key, value in expected.items()
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(answer, (list, tuple))
            and len(answer) == len(expected)
            and all(matches(want, got, tolerance) for want, got in zip(expected, answer))
        )
    if expected is None or isinstance(expected, bool) or answer is None or isinstance(answer, bool):
        return expected is answer
    if isinstance(answer, datetime):
        return read_moment(expected) == answer
    if isinstance(answer, date):
        return read_date(expected) == answer
    if isinstance(answer, Money):
        return _same_number(expected, answer.decimal, tolerance)
    if isinstance(answer, (int, Decimal)):
        return _same_number(expected, Decimal(answer), tolerance)
    return str(expected) == str(answer)


def _matches_any_order(expected: Any, answers: list[Any], tolerance: Decimal | None) -> bool:
    if not isinstance(expected, (list, tuple)) or len(expected) != len(answers):
        return False
    for want in expected:
        index = next((i for i, got in enumerate(answers) if matches(want, got, tolerance)), None)
        if index is None:
            return False
        del answers[index]
    return True


def _same_number(expected: Any, answer: Decimal, tolerance: Decimal | None) -> bool:
    try:
        number = read_decimal(expected)
    except ValueError:
        return False
    # Whole numbers that are not strings (days, counts) are exact whatever the tolerance.
    if tolerance is not None and isinstance(expected, str):
        return abs(_WIDE.subtract(answer, number)) <= tolerance
    exponent = number.as_tuple().exponent
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    return answer.quantize(Decimal(1).scaleb(-digits), context=_WIDE) == number


def _key(key: Any) -> str:
    """A key as text; a dash between days is a hyphen: 1–4 is 1-4."""
    return str(key).replace("–", "-")
