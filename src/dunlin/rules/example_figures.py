"""Topics of worked examples that are figures: measures, aging, tracking reports, losses.

An adapter reads inputs and names outputs; it never computes. The numbers it answers are exact, so that rounding is judged
in examples.py and nowhere else. Adding a topic is one adapter and one line in FIGURES.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dunlin.rules import aging, losses, measures, tracking
from dunlin.rules.example_inputs import (
    CURRENCY,
    Adapter,
    Answer,
    Inputs,
    Unordered,
    first,
    given,
    read_date,
    read_decimal,
    read_whole,
)
from dunlin.rules.money import Money

# Receivable measures


def _dso_simple(inputs: Inputs) -> Answer:
    receivables, sales = read_decimal(inputs["receivables"]), read_decimal(inputs["credit_sales"])
    return {"dso": measures.dso_simple(receivables, sales, read_whole(inputs["days"]))}


def _dso_countback(inputs: Inputs) -> Answer:
    periods = [(read_decimal(period["sales"]), read_whole(period["days"])) for period in inputs["periods"]]
    result = measures.dso_countback(read_decimal(inputs["receivables"]), periods)
    return {"dso": result.dso, "covered": result.covered, "remaining": result.remaining}


def _dso_best_possible(inputs: Inputs) -> Answer:
    current, sales = read_decimal(inputs["current_receivables"]), read_decimal(inputs["credit_sales"])
    return {"bpdso": measures.dso_best_possible(current, sales, read_whole(inputs["days"]))}


def _dso_add(inputs: Inputs) -> Answer:
    receivables, current = read_decimal(inputs["receivables"]), read_decimal(inputs["current_receivables"])
    sales, days = read_decimal(inputs["credit_sales"]), read_whole(inputs["days"])
    result = measures.average_days_delinquent(receivables, current, sales, days)
    return {"dso": result.dso, "bpdso": result.bpdso, "add": result.add}


def _cei(inputs: Inputs) -> Answer:
    beginning, sales = read_decimal(inputs["beginning"]), read_decimal(inputs["credit_sales"])
    total, current = read_decimal(inputs["ending_total"]), read_decimal(inputs["ending_current"])
    return {"cei_pct": measures.cei(beginning, sales, total, current, **given(inputs, months=read_whole))}


def _ar_turnover(inputs: Inputs) -> Answer:
    sales, average = read_decimal(inputs["net_credit_sales"]), read_decimal(inputs["average_receivables"])
    result = measures.ar_turnover(sales, average, **given(inputs, days_in_year=read_whole))
    return {"turnover": result.turnover, "collection_days": result.collection_days}


def _days_weighted(inputs: Inputs) -> Answer:
    result = measures.days_weighted(
        (read_decimal(item["amount"]), read_whole(item["days"])) for item in inputs["items"]
    )
    return {"weighted_days": result.weighted_days, "simple_days": result.simple_days}


# Aging and tracking reports


def _aging_bucket(inputs: Inputs) -> Answer:
    basis: aging.Basis = inputs.get("basis") or aging.DUE_DATE_BUCKETS.basis
    uppers = inputs.get("uppers") or inputs.get("buckets")
    bucket_set = None if uppers is None else aging.buckets_of(basis, list(map(read_whole, uppers)))
    on, as_of = read_date(first(inputs, "date", basis)), read_date(inputs["as_of"])
    days, label = aging.bucket(basis, on, as_of, bucket_set)
    return {"days": days, "bucket": label}


def _open(row: Inputs, currency: str) -> Decimal:
    """The open amount of a row of a report, which holds one currency only."""
    if (row.get("currency") or currency) != currency:
        raise ValueError(f"a report in {currency} takes no {row['currency']}")
    return Money.exact(read_decimal(first(row, "open", "amount", "unapplied", "balance")), currency).decimal


def _debits(inputs: Inputs) -> list[tracking.Debit]:
    currency = inputs.get("currency") or CURRENCY
    return [
        tracking.Debit(
            str(row.get("customer", "")), read_date(first(row, "due", "due_date")), _open(row, currency)
        )
        for row in inputs["items"]
    ]


def _report_bands(inputs: Inputs) -> Answer:
    result = tracking.bands(_debits(inputs), read_date(inputs["as_of"]))
    return {"bands": result.bands, "not_due": result.not_due}


def _report_large_debits(inputs: Inputs) -> Answer:
    over = read_decimal(inputs.get("over") or inputs.get("threshold") or tracking.LARGE_DEBIT_OVER.decimal)
    lines = tracking.large_debits(_debits(inputs), read_date(inputs["as_of"]), over)
    return {"customers": Unordered([{"customer": line.customer, "total": line.total} for line in lines])}


def _report_credit_balances(inputs: Inputs) -> Answer:
    currency = inputs.get("currency") or CURRENCY
    credits = [
        tracking.Credit(
            str(row["id"]),
            str(row.get("customer", "")),
            read_date(first(row, "date", "credit_date", "document_date", "own_date", "posted", "value_date")),
            _open(row, currency),
        )
        for row in first(inputs, "credits", "items")
    ]
    result = tracking.credit_balances(credits, read_date(inputs["as_of"]))
    return {"ids": Unordered([credit.id for credit in result.items])}


def _report_past_due_31_plus(inputs: Inputs) -> Answer:
    target = read_decimal(inputs.get("target") or tracking.PAST_DUE_31_PLUS_TARGET.decimal)
    result = tracking.past_due_31_plus(_debits(inputs), read_date(inputs["as_of"]), target)
    return {"total": result.total, "below_target": result.below_target, "target": result.target}


# Losses


def _roll_rate_single(inputs: Inputs) -> Answer:
    return {
        "roll_rate_pct": losses.roll_rate_single(
            read_decimal(inputs["from_balance"]), read_decimal(inputs["to_balance"])
        )
    }


def _roll_rate_chain(inputs: Inputs) -> Answer:
    return {"loss_rate_pct": losses.roll_rate_chain([read_decimal(rate) for rate in inputs["rates_pct"]])}


def _ecl_loss_rates(inputs: Inputs) -> Answer:
    collected = [read_decimal(amount) for amount in inputs["collected"]]
    return {"loss_rates_pct": losses.loss_rates(read_decimal(inputs["sales"]), collected)}


def _ecl_provision(inputs: Inputs) -> Answer:
    currency = inputs.get("currency") or CURRENCY
    buckets = [
        (Money.exact(read_decimal(bucket["balance"]), currency), read_decimal(bucket["rate_pct"]))
        for bucket in inputs["buckets"]
    ]
    result = losses.provision(buckets, currency, **given(inputs, adjustment_factor=read_decimal))
    return {"lines": list(result.lines), "allowance": result.allowance}


FIGURES: Mapping[str, Adapter] = {
    "aging.bucket": _aging_bucket,
    "ar_turnover": _ar_turnover,
    "cei": _cei,
    "days_weighted": _days_weighted,
    "dso.add": _dso_add,
    "dso.best_possible": _dso_best_possible,
    "dso.countback": _dso_countback,
    "dso.simple": _dso_simple,
    "ecl.loss_rates": _ecl_loss_rates,
    "ecl.provision": _ecl_provision,
    "report.bands": _report_bands,
    "report.credit_balances": _report_credit_balances,
    "report.large_debits": _report_large_debits,
    "report.past_due_31_plus": _report_past_due_31_plus,
    "roll_rate.chain": _roll_rate_chain,
    "roll_rate.single": _roll_rate_single,
}
