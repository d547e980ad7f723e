"""Worked examples of cash application and remittances. Each adapter turns the inputs into a call of the rule."""

from __future__ import annotations

from collections.abc import Mapping

from dunlin.rules.cash.autocash import Due, auto_match_rate, autocash
from dunlin.rules.cash.references import rf_valid
from dunlin.rules.cash.rmr import read_rmr
from dunlin.rules.cash.subsets import subset_match
from dunlin.rules.example_inputs import (
    CURRENCY,
    Adapter,
    Answer,
    Inputs,
    Unordered,
    read_date,
    read_money,
    read_whole,
)
from dunlin.rules.money import Money


def _autocash(inputs: Inputs) -> Answer:
    currency = inputs.get("currency") or CURRENCY
    taken = inputs.get("discounts", "earned_only") != "none"
    items = [
        Due(
            item["id"],
            read_money(item | {"currency": currency}, "open").minor,
            read_date(item["due"]),
            read_money(item | {"currency": currency}, "discount").minor
            if taken and item.get("discount")
            else 0,
            read_date(item["discount_until"]) if item.get("discount_until") else None,
        )
        for item in inputs["items"]
    ]
    receipt = read_money(inputs, "receipt").minor
    found = autocash(
        receipt, read_date(inputs["date"]), items, inputs["rules"], partial=bool(inputs.get("partial"))
    )
    return {
        "rule": found.rule or None,
        "applications": [
            {"id": id_, "amount": Money(amount, currency)} for id_, amount in found.applications
        ],
        "remainder": Money(found.remainder, currency),
    }


def _subset_match(inputs: Inputs) -> Answer:
    currency = inputs.get("currency") or CURRENCY
    amounts = [read_money(item | {"currency": currency}, "open").minor for item in inputs["items"]]
    most = read_whole(inputs.get("max_items", 5))
    found = subset_match(amounts, read_money(inputs, "payment").minor, most)
    chosen = [inputs["items"][place]["id"] for place in found.sets[0]] if found.status == "unique" else []
    return {"status": found.status, "items": Unordered(chosen)}


def _auto_match_rate(inputs: Inputs) -> Answer:
    return {"rate_pct": auto_match_rate(read_whole(inputs["auto_posted"]), read_whole(inputs["total"]))}


def _rf_valid(inputs: Inputs) -> Answer:
    return {"valid": rf_valid(inputs["reference"])}


def _rmr(inputs: Inputs) -> Answer:
    found = read_rmr(inputs["segment"])
    return {
        "reference_type": found.reference_type,
        "reference": found.reference,
        "paid": found.paid,
        "gross": found.gross,
        "discount": found.discount,
        "unexplained": found.unexplained,
    }


CASH: Mapping[str, Adapter] = {
    "cash.auto_match_rate": _auto_match_rate,
    "cash.autocash": _autocash,
    "cash.subset_match": _subset_match,
    "remittance.rf_valid": _rf_valid,
    "remittance.rmr": _rmr,
}
