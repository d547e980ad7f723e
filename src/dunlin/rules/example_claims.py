"""Topics of worked examples about late interest, credit exposure, suspension and authority. An adapter reads and names; it never computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dunlin.rules import authority, interest
from dunlin.rules.example_inputs import (
    CURRENCY,
    Adapter,
    Answer,
    Inputs,
    Unordered,
    first,
    given,
    read_calendar,
    read_date,
    read_decimal,
    read_money,
    read_whole,
)
from dunlin.rules.exposure import exposure
from dunlin.rules.money import Money
from dunlin.rules.suspension import readiness

# Names of the reference → those of rules/authority.py; a delegate is a manager to whom a waiver was passed on.
_KINDS = {"card_fee_waiver": "fee_waiver", "waiver": "fee_waiver", "plan": "payment_plan"}
_DELEGATES = {"delegate": "finance_manager", "delegated_manager": "finance_manager", "delegated_finance_manager": "finance_manager", "delegated_ar_manager": "ar_manager"}  # fmt: skip


def _simple(inputs: Inputs) -> Answer:
    rate, days = read_decimal(inputs["annual_rate_pct"]), read_whole(inputs["days"])
    more = given(inputs, basis=read_whole, daily_rounding=str)
    return {"interest": interest.simple(read_money(inputs, "principal"), rate, days, **more).decimal}


def _uk_fixed_sum(inputs: Inputs) -> Answer:
    return {"fixed_sum": interest.uk_fixed_sum(read_money(inputs, "debt")).decimal}


def _uk_statutory(inputs: Inputs) -> Answer:
    rates = _rates(inputs["base_rate_changes"])
    due, paid = read_date(inputs["due_date"]), read_date(inputs["paid_date"])
    return _late(interest.uk_statutory(read_money(inputs, "principal"), due, paid, rates))


def _eu(inputs: Inputs) -> Answer:
    rates = _rates(inputs["reference_rates"])
    due, paid = read_date(inputs["due_date"]), read_date(inputs["paid_date"])
    more = given(inputs, margin_pct=read_decimal, fixing=str, round_rate_up_to=read_decimal)
    return _late(interest.eu_late(read_money(inputs, "principal"), due, paid, rates, **more))


def _in_msmed(inputs: Inputs) -> Answer:
    rate, months = read_decimal(inputs["bank_rate_pct"]), read_whole(inputs["months"])
    return {"interest": interest.in_msmed(read_money(inputs, "principal"), rate, months).decimal}


def _rates(rows: Sequence[Mapping[str, Any]]) -> list[interest.Rate]:
    return [
        interest.Rate(read_date(first(row, "from", "since")), read_decimal(first(row, "pct", "rate_pct")))
        for row in rows
    ]


def _late(late: interest.Late) -> Answer:
    told: Answer = {"days": late.days, "interest": late.interest.decimal, "fixed_sum": late.fixed_sum.decimal, "total": late.total.decimal}  # fmt: skip
    return told if late.rate_pct is None else told | {"rate_pct": late.rate_pct}


def _exposure(inputs: Inputs) -> Answer:
    def part(name: str) -> Money:
        return (
            Money.zero(inputs.get("currency") or CURRENCY)
            if inputs.get(name) is None
            else read_money(inputs, name)
        )

    names = ("open_orders", "open_deliveries", "open_billing", "open_items", "this_order")
    line = None if inputs.get("credit_line") is None else read_money(inputs, "credit_line")
    less = part("unapplied") if inputs.get("unapplied") is not None else None
    found = exposure(line, **{name: part(name) for name in names}, unapplied=less)
    return {"exposure": found.amount.decimal, "within_line": found.within_line}


def _suspension_ready(inputs: Inputs) -> Answer:
    notice = inputs.get("notice_date")
    found = readiness(
        read_date(inputs["today"]), read_calendar(inputs), notice_on=None if notice is None else read_date(notice),
        calls=[read_date(day) for day in inputs.get("calls") or ()], emails=[read_date(day) for day in inputs.get("emails") or ()],
        blocks=list(inputs.get("blocks") or ()), approved=bool(inputs.get("approved")),
        **given(inputs, min_calls=read_whole, min_emails=read_whole),
    )  # fmt: skip
    return {"ready": found.ready, "reasons": Unordered(found.missing)}


def _approval_allowed(inputs: Inputs) -> Answer:
    action, approver = str(inputs["action"]), str(inputs["approver"])
    amount = None if inputs.get("amount") is None else read_money(inputs, "amount")
    return {"allowed": authority.allowed(
        _KINDS.get(action, action), _DELEGATES.get(approver, approver), amount, same_person=bool(inputs.get("same_person")),
        written=inputs.get("written") is not False, before=inputs.get("before_payment") is not False,
        delegated=approver in _DELEGATES or bool(inputs.get("delegated")),
    )}  # fmt: skip


CLAIMS: Mapping[str, Adapter] = {
    "approval.allowed": _approval_allowed,
    "credit.exposure": _exposure,
    "interest.eu": _eu,
    "interest.in_msmed": _in_msmed,
    "interest.simple": _simple,
    "interest.uk_fixed_sum": _uk_fixed_sum,
    "interest.uk_statutory": _uk_statutory,
    "suspension.ready": _suspension_ready,
}
