"""Topics of worked examples that are days and next steps: terms, discounts, calendars, clocks, stages, promises.

An adapter reads inputs and names outputs; it never computes. The numbers it answers are exact, so that rounding is judged
in examples.py and nowhere else. Adding a topic is one adapter and one line in DAYS.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dunlin.rules import (
    calendars,
    campaigns,
    conduct,
    discounts,
    limitation,
    mrr,
    promises,
    service,
    stages,
    terms,
)
from dunlin.rules.example_inputs import (
    Adapter,
    Answer,
    Inputs,
    OneOf,
    first,
    given,
    read_calendar,
    read_clock,
    read_date,
    read_decimal,
    read_moment,
    read_money,
    read_whole,
)

# Terms and discounts


def _day(value: Any) -> Any:
    return "eom" if str(value).lower() == "eom" else read_whole(value)


def _range(value: Any) -> tuple[int, Any]:
    """A range of days of the month: [1, 15], ["2025-08-01", "2025-08-15"], {from: 1, to: 15}, "1-15", or its end alone."""
    if isinstance(value, Mapping):
        value = [first(value, "from", "start", "first"), first(value, "to", "end", "last")]
    elif isinstance(value, str) and value.count("-") == 1:
        value = value.split("-")
    if isinstance(value, (list, tuple)):
        start, end = (_day_of(day) for day in value)
        return start, end
    last = _day_of(value)
    return (1, last) if last in ("eom", 31) else (last + 1, last)


def _day_of(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and value.count("-") == 2):
        return read_date(value).day
    return _day(value)


def _ranges(inputs: Inputs) -> tuple[tuple[int, Any], ...]:
    if inputs.get("ranges") is not None:
        return tuple(_range(value) for value in inputs["ranges"])
    value = inputs.get("range") if inputs.get("range") is not None else inputs.get("range_end")
    if value is None:
        return ()
    if isinstance(value, list) and value and isinstance(value[0], (list, Mapping)):
        return tuple(_range(pair) for pair in value)
    return (_range(value),)


def _terms(inputs: Inputs) -> terms.Terms:
    options = given(
        inputs,
        days=read_whole,
        cutoff_day=_day,
        months=read_whole,
        due_day=_day,
        roll=str,
        discount_pct=read_decimal,
        discount_days=read_whole,
        grace_days=read_whole,
        count=read_whole,
    )
    return terms.Terms(str(inputs.get("code", "given")), inputs["kind"], ranges=_ranges(inputs), **options)


def _terms_due_date(inputs: Inputs) -> Answer:
    basis = read_date(first(inputs, "basis_date", "received_date", "receipt_date", "invoice_date"))
    return {"due_date": terms.due_date(_terms(inputs), basis, read_calendar(inputs))}


def _terms_instalments(inputs: Inputs) -> Answer:
    remainder: terms.Remainder = inputs.get("remainder") or "last"
    return {
        "amounts": terms.instalments(read_money(inputs, "amount"), read_whole(inputs["count"]), remainder)
    }


def _discount_eligibility(inputs: Inputs) -> Answer:
    paid = inputs.get("paid_date")
    result = discounts.eligibility(
        read_money(inputs, "invoice_amount"),
        read_decimal(inputs["discount_pct"]),
        read_whole(inputs["discount_days"]),
        read_date(inputs["invoice_date"]),
        None if paid is None else read_date(paid),
        **given(inputs, grace_days=read_whole),
    )
    return {"eligible": result.eligible, "discount": result.discount, "amount_due": result.amount_due}


def _discount_annualised(inputs: Inputs) -> Answer:
    terms_of_it = (
        read_decimal(inputs["discount_pct"]),
        read_whole(inputs["discount_days"]),
        read_whole(inputs["net_days"]),
    )
    return {"rate_pct": discounts.annualised(*terms_of_it, **given(inputs, year_days=read_whole, method=str))}


# Calendars and service clocks


def _statement_day(inputs: Inputs) -> Answer:
    year, month = read_whole(inputs["year"]), read_whole(inputs["month"])
    options = given(inputs, holiday_policy=str, day=read_whole)
    return {"date": calendars.statement_day(year, month, read_calendar(inputs), **options)}


def _notified(value: Any) -> date | datetime:
    if isinstance(value, str) and len(value) > len("2026-01-01"):
        return read_moment(value)
    return value if isinstance(value, datetime) else read_date(value)


def _nth_business_day(inputs: Inputs) -> Answer:
    year, month, n = (read_whole(inputs[key]) for key in ("year", "month", "n"))
    if inputs.get("notified_on") is None:
        return {"date": calendars.nth_business_day(year, month, n, read_calendar(inputs))}
    options = given(inputs, notified_on=_notified, close_of_business=read_clock)
    return {"date": calendars.finals_start(year, month, read_calendar(inputs), n=n, **options)}


def _sla_email(inputs: Inputs) -> Answer:
    hours = service.Hours(read_clock(inputs["open"]), read_clock(inputs["close"]))
    clock = service.email_clock(read_moment(inputs["received"]), hours, read_calendar(inputs))
    return {"clock_starts": clock.clock_starts, "answer_before": clock.answer_before}


def _sla_epayment(inputs: Inputs) -> Answer:
    close = read_clock(inputs["close"])
    cutoff = close if inputs.get("cutoff") is None else read_clock(inputs["cutoff"])
    clock = service.payment_clock(read_moment(inputs["received"]), close, cutoff, read_calendar(inputs))
    return {"queue_empty_by": clock.queue_empty_by, "must_process_by": clock.must_process_by}


# The day: stages, recurring invoices, campaign, promises


def _stage_contact(inputs: Inputs) -> Answer:
    done = [str(stage) for stage in inputs.get("done") or ()]
    stage = stages.contact_stage(str(inputs["invoice_class"]), read_whole(inputs["days_past_due"]), done)
    return {"stage": OneOf((None, "none")) if stage is None else stage}


def _service_month(row: Inputs) -> date | None:
    month = row.get("month") or row.get("service_month")
    if month is None or isinstance(month, date):
        return month
    return date.fromisoformat(str(month) if len(str(month)) > len("2026-01") else f"{month}-01")


def _mrr_months_aged(inputs: Inputs) -> Answer:
    invoices = [
        (_service_month(row), read_date(first(row, "due", "due_date")), read_money(row, "open").minor)
        for row in inputs["invoices"]
    ]
    result = mrr.months_aged(read_date(inputs["as_of"]), invoices)
    return {"months": result.months, "priority": result.priority}


def _outcome(attempt: Any) -> str:
    outcome = first(attempt, "outcome", "result") if isinstance(attempt, Mapping) else attempt
    return _word(outcome)


def _campaign_next_action(inputs: Inputs) -> Answer:
    attempts = [_outcome(attempt) for attempt in inputs.get("attempts") or ()]
    options = given(inputs, max_attempts=read_whole, end_of_day=bool, do_not_call=bool, emailed=bool)
    return {"action": campaigns.next_action(attempts, **options)}


def _days_of(inputs: Inputs, key: str) -> list[date]:
    """Dates, or rows with a date."""
    return [
        read_date(first(row, "date", "day", "on") if isinstance(row, Mapping) else row)
        for row in inputs.get(key) or ()
    ]


def _contact_reg_f_allowed(inputs: Inputs) -> Answer:
    spoke = inputs.get("last_conversation")
    last = None if spoke is None else read_date(spoke)
    calls = _days_of(inputs, "calls")
    return {"allowed": conduct.reg_f_allowed(calls, last, read_date(inputs["proposed"]))}


def _limitation_uk_contract(inputs: Inputs) -> Answer:
    acknowledged = _days_of(inputs, "acknowledged_on")
    return {"last_day": limitation.last_day(read_date(inputs["accrued_on"]), acknowledged)}


def _word(value: Any) -> str:
    return str(value).strip().lower().replace(" ", "_").replace("-", "_")


def _payments(inputs: Inputs) -> list[tuple[date, int]]:
    """(value date, minor units): each payment, and each return as a negative amount on its own date."""
    money: list[tuple[date, int]] = []
    for row in inputs.get("payments") or ():
        on, minor = read_date(first(row, "value_date", "date")), read_money(row, "amount").minor
        money.append((on, minor))
        returned_on = row.get("returned_on") or row.get("returned_date") or row.get("return_date")
        if returned_on is not None or row.get("returned") is True:
            money.append((on if returned_on is None else read_date(returned_on), -minor))
    for row in inputs.get("returns") or ():
        money.append((read_date(first(row, "value_date", "date")), -abs(read_money(row, "amount").minor)))
    return money


def _promise_evaluate(inputs: Inputs) -> Answer:
    amount = None if inputs.get("promised_amount") is None else read_money(inputs, "promised_amount").minor
    whole = None if inputs.get("open_of_items") is None else read_money(inputs, "open_of_items").minor
    judgement = promises.evaluate(
        amount,
        read_date(inputs["promised_date"]),
        read_whole(inputs.get("tolerance_days", promises.TOLERANCE_DAYS)),
        _payments(inputs),
        read_date(inputs["as_of"]),
        open_of_items=whole,
        **given(inputs, made_on=read_date, tolerance_pct=read_decimal),
    )
    return {"status": _status(judgement.status)}


def _status(status: str) -> Any:
    if status == promises.PARTIALLY_KEPT:
        return OneOf((promises.PARTIALLY_KEPT, "partially kept", "partial"))
    return status


def _promise_kept_rate(inputs: Inputs) -> Answer:
    rows = []
    for row in inputs["promises"]:
        status = _word(row["status"])
        status = promises.PARTIALLY_KEPT if status == "partial" else status
        rows.append((status, read_decimal(row["promised"]), read_decimal(row.get("paid") or 0)))
    result = promises.kept_rate(rows)
    return {"by_count_pct": result.by_count_pct, "by_amount_pct": result.by_amount_pct}


DAYS: Mapping[str, Adapter] = {
    "calendar.nth_business_day": _nth_business_day,
    "calendar.statement_day": _statement_day,
    "campaign.next_action": _campaign_next_action,
    "contact.reg_f_allowed": _contact_reg_f_allowed,
    "discount.annualised": _discount_annualised,
    "discount.eligibility": _discount_eligibility,
    "limitation.uk_contract": _limitation_uk_contract,
    "mrr.months_aged": _mrr_months_aged,
    "promise.evaluate": _promise_evaluate,
    "promise.kept_rate": _promise_kept_rate,
    "sla.email": _sla_email,
    "sla.epayment": _sla_epayment,
    "stage.contact": _stage_contact,
    "terms.due_date": _terms_due_date,
    "terms.instalments": _terms_instalments,
}
