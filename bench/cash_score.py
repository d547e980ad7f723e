"""Predictions of cash application against the truth: every invoice and every cent right, or wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any


def score(predictions: Iterable[Mapping[str, Any]], truths: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Auto rate, precision among auto, value wrongly applied, right first suggestion among review; in all and by scenario.

    A payment without a prediction counts as one for review with no suggestion. A decision made alone on a payment that a person
    must see is wrong, whatever it says. `strict` also asks for each deduction's amount.
    """
    predicted = {each["payment_id"]: each for each in predictions}
    scenarios: dict[str, Counter[str]] = defaultdict(Counter)
    for truth in truths:
        found = predicted.get(truth["payment_id"])
        for counts in (scenarios["all"], scenarios[truth.get("scenario", "")]):
            _count(counts, found, truth)
    return {name: _figures(counts) for name, counts in scenarios.items()}


def _count(counts: Counter[str], found: Mapping[str, Any] | None, truth: Mapping[str, Any]) -> None:
    counts["payments"] += 1
    counts["must_review"] += bool(truth["must_review"])
    value = sum(line["amount"] for line in truth["lines"]) + truth["unapplied"]
    counts["value"] += value
    if found is None or found["decision"] != "auto":
        counts["review"] += 1
        counts["review_right"] += found is not None and is_right(found, truth)
        return
    counts["auto"] += 1
    right = is_right(found, truth) and not truth["must_review"]
    counts["auto_right"] += right
    counts["auto_strict"] += right and _kept(found) == _kept(truth)
    if not right:
        counts["value_wrong"] += wrong_value(found, truth)


def is_right(found: Mapping[str, Any], truth: Mapping[str, Any]) -> bool:
    """Same items, same cents, same rest. An equal twin the truth names is as good; with `loose` a short pay may stand on any item."""
    if found["unapplied"] != truth["unapplied"]:
        return False
    want = Counter({(line["invoice_id"], line["amount"]): 1 for line in truth["lines"]})
    got = Counter({(line["invoice_id"], line["amount"]): 1 for line in found["lines"]})
    if want == got:
        return True
    if truth.get("loose") and {item for item, _ in want} == {item for item, _ in got}:
        return sum(amount for _, amount in got) == sum(amount for _, amount in want)
    spare = list((got - want).elements())
    for item, amount in (want - got).elements():
        twins = truth.get("ambiguous", {}).get(item, ())
        twin = next((each for each in spare if each[0] in twins and each[1] == amount), None)
        if twin is None:
            return False
        spare.remove(twin)
    return not spare


def wrong_value(found: Mapping[str, Any], truth: Mapping[str, Any]) -> int:
    """The money put on items it was not for."""
    want: dict[str, int] = {line["invoice_id"]: line["amount"] for line in truth["lines"]}
    return sum(max(0, line["amount"] - max(0, want.get(line["invoice_id"], 0))) for line in found["lines"])


def _kept(record: Mapping[str, Any]) -> Counter[tuple[str, int]]:
    return Counter((each["invoice_id"], each["amount"]) for each in record["deductions"])


def _figures(counts: Counter[str]) -> dict[str, Any]:
    def rate(part: str, whole: str) -> float | None:
        return round(100 * counts[part] / counts[whole], 2) if counts[whole] else None

    return {
        "payments": counts["payments"],
        "auto_pct": rate("auto", "payments"),
        "precision_pct": rate("auto_right", "auto"),
        "precision_with_deductions_pct": rate("auto_strict", "auto"),
        "wrong": counts["auto"] - counts["auto_right"],
        "wrong_value_pct": round(100 * counts["value_wrong"] / counts["value"], 3)
        if counts["value"]
        else None,
        "review": counts["review"],
        "right_first_pct": rate("review_right", "review"),
        "must_review": counts["must_review"],
    }


def table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures for people, the whole first, then scenarios by how many there are."""
    head = f"{'scenario':<18}{'payments':>9}{'auto %':>9}{'right %':>9}{'wrong':>7}{'wrong value %':>15}{'review':>8}{'first right %':>15}"
    rows = [head]
    for name, each in sorted(figures.items(), key=lambda pair: (pair[0] != "all", -pair[1]["payments"])):
        shown = [
            each[key] if each[key] is not None else "-"
            for key in ("auto_pct", "precision_pct", "wrong", "wrong_value_pct", "review", "right_first_pct")
        ]
        rows.append(
            f"{name:<18}{each['payments']:>9}{shown[0]:>9}{shown[1]:>9}{shown[2]:>7}{shown[3]:>15}{shown[4]:>8}{shown[5]:>15}"
        )
    return "\n".join(rows)
