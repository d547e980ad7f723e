"""Worked examples: the comparison, the reading of inputs, and the whole shared file when it is there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from dunlin.rules.examples import REGISTRY, matches, passes, run
from dunlin.rules.money import Money
from tests.shared_data import require

AREAS = (
    "dso",
    "cei",
    "ar_turnover",
    "days_weighted",
    "aging",
    "report",
    "terms",
    "discount",
    "calendar",
    "mrr",
)
AREAS += (
    "approval",
    "credit",
    "interest",
    "suspension",
    "stage",
    "campaign",
    "promise",
    "roll_rate",
    "ecl",
    "sla",
    "contact",
    "limitation",
    "ach",
    "card",
    "cash",
    "remittance",
)


def shared_cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(require("design/examples.yaml").read_text(encoding="utf-8"))[
        "cases"
    ]
    return cases


def test_the_shared_examples_pass() -> None:
    cases = shared_cases()
    ours = [case for case in cases if case["topic"].split(".")[0] in AREAS]
    topics = run(ours)["topics"]

    assert sum(counts["passed"] for counts in topics.values()) == len(ours) > 0
    assert {topic: counts["failed"] for topic, counts in topics.items() if counts["failed"]} == {}
    assert [topic for topic, counts in topics.items() if counts["unknown"]] == []


def test_a_wrong_expectation_fails_in_every_topic() -> None:
    """Change one expected value of each case in turn; none may still pass."""
    for case in shared_cases():
        if case["topic"] in REGISTRY:
            for key in case["expected"]:
                assert not passes(case | {"expected": case["expected"] | {key: "something else"}}), case["id"]


def case(topic: str, inputs: dict[str, Any], tolerance: str | None = None, **expected: Any) -> dict[str, Any]:
    made = {"id": topic, "topic": topic, "inputs": inputs, "expected": expected}
    return made if tolerance is None else made | {"tolerance": tolerance}


ITEMS = [
    {"customer": "A", "due": "2026-03-01", "open": "60000.00"},
    {"customer": "B", "due": "2026-02-01", "open": "1000.00"},
    {"customer": "B", "due": "2026-04-01", "open": "7.00"},
]
PTP = {"promised_amount": "1000.00", "promised_date": "2026-03-10", "tolerance_days": 2}


@pytest.mark.parametrize(
    "example",
    [
        case("dso.simple", {"receivables": "1", "credit_sales": "0", "days": 30}, dso=None),
        case(
            "dso.countback",
            {"receivables": "150", "periods": [{"sales": "100", "days": 30}]},
            dso="30.00",
            covered=False,
            remaining="50",
        ),
        case(
            "cei",
            {
                "beginning": "100",
                "credit_sales": "900",
                "months": 3,
                "ending_total": "120",
                "ending_current": "100",
            },
            "0.01",
            cei_pct="93.33",
        ),
        case(
            "aging.bucket",
            {"basis": "invoice_date", "date": "2026-01-01", "as_of": "2026-01-31"},
            days=30,
            bucket="0-30",
        ),
        case(
            "report.bands",
            {"as_of": "2026-03-31", "items": ITEMS},
            bands={"30-59": "61000.00", "30–59": "61000.00", "15-29": "0", "90+": "0.00"},
            not_due="7.00",
        ),
        case("report.bands", {"as_of": "2026-03-31", "items": ITEMS}, bands={"30-59": "60000.00"})
        | {"wrong": True},
        case(
            "report.large_debits",
            {"as_of": "2026-03-31", "items": ITEMS},
            customers=[{"customer": "A", "total": "60000.00"}],
        ),
        case(
            "report.credit_balances",
            {
                "as_of": "2026-03-31",
                "credits": [
                    {"id": "C2", "date": "2026-02-28", "open": "5.00"},
                    {"id": "C1", "date": "2026-03-01", "open": "5.00"},
                    {"id": "C0", "date": "2026-01-01", "amount": "1"},
                ],
            },
            ids=["C2", "C0"],
        ),
        case(
            "report.past_due_31_plus",
            {"as_of": "2026-03-31", "items": ITEMS},
            total="1000.00",
            below_target=True,
            target="2000000.00",
        ),
        case("roll_rate.chain", {"rates_pct": ["20", "50"]}, loss_rate_pct="10.00"),
        case(
            "ecl.provision",
            {"buckets": [{"balance": "100", "rate_pct": "60"}], "adjustment_factor": "2"},
            lines=["100.00"],
            allowance="100.00",
        ),
        case(
            "terms.due_date",
            {"kind": "day_of_month", "invoice_date": "2026-01-31", "months": 1, "due_day": 31},
            due_date="2026-02-28",
        ),
        case(
            "terms.due_date",
            {
                "kind": "prox",
                "invoice_date": "2026-01-31",
                "cutoff_day": "eom",
                "months": 1,
                "due_day": "eom",
            },
            due_date="2026-02-28",
        ),
        case(
            "terms.due_date",
            {
                "kind": "net_days",
                "invoice_date": "2026-05-20",
                "days": 5,
                "roll": "following",
                "holidays": ["2026-05-25"],
            },
            due_date="2026-05-26",
        ),
        case(
            "terms.due_date",
            {"kind": "range_end_plus", "invoice_date": "2026-01-03", "range": [1, 15], "days": 10},
            due_date="2026-01-25",
        ),
        case(
            "terms.due_date",
            {
                "kind": "range_end_plus",
                "invoice_date": "2026-01-20",
                "range": {"from": 16, "to": "eom"},
                "days": 10,
            },
            due_date="2026-02-10",
        ),
        case(
            "terms.due_date",
            {
                "kind": "range_end_plus",
                "invoice_date": "2026-01-20",
                "range": ["2026-01-16", "2026-01-31"],
                "days": 10,
            },
            due_date="2026-02-10",
        ),
        case(
            "terms.due_date",
            {
                "kind": "range_end_plus",
                "invoice_date": "2026-01-20",
                "ranges": [[1, 15], [16, "eom"]],
                "days": 10,
            },
            due_date="2026-02-10",
        ),
        case(
            "terms.due_date",
            {"kind": "range_end_plus", "invoice_date": "2026-01-20", "range": "16-25", "days": 10},
            due_date="2026-02-04",
        ),
        case(
            "terms.due_date",
            {"kind": "range_end_plus", "invoice_date": "2026-01-20", "range_end": 25, "days": 10},
            due_date="2026-02-04",
        ),
        case("terms.instalments", {"amount": "100.00", "count": 3}, amounts=["33.33", "33.33", "33.34"]),
        case(
            "discount.annualised",
            {
                "discount_pct": "2",
                "discount_days": 10,
                "net_days": 30,
                "year_days": 365,
                "method": "compound",
            },
            "0.01",
            rate_pct="44.59",
        ),
        case(
            "discount.eligibility",
            {
                "invoice_amount": "2000.00",
                "discount_pct": "10",
                "discount_days": 10,
                "invoice_date": "2003-01-01",
                "paid_date": "2003-01-12",
            },
            eligible=False,
            discount="0.00",
            amount_due="2000.00",
        ),
        case(
            "calendar.statement_day",
            {"year": 2026, "month": 2, "holidays": ["2026-02-16"]},
            date="2026-02-17",
        ),
        case(
            "calendar.nth_business_day",
            {"year": 2026, "month": 1, "n": 6, "holidays": ["2026-01-01"], "notified_on": "2026-01-06"},
            date="2026-01-06",
        ),
        case(
            "sla.email",
            {"received": "2026-03-03T17:30", "open": "09:00", "close": 1020, "holidays": []},
            clock_starts="2026-03-04T09:00",
            answer_before="2026-03-05T09:00",
        ),
        case(
            "sla.epayment",
            {"received": "2026-03-03T10:00", "close": "17:00", "cutoff": "15:00", "holidays": []},
            queue_empty_by="2026-03-03T17:00",
            must_process_by="2026-03-04T17:00",
        ),
        case("stage.contact", {"invoice_class": "standard", "days_past_due": 2, "done": []}, stage=None),
        case(
            "stage.contact",
            {"invoice_class": "final", "days_past_due": 31, "done": ["receipt", "d5"]},
            stage="suspension",
        ),
        case(
            "mrr.months_aged",
            {"as_of": "2026-03-10", "invoices": [{"month": "2026-01", "due": "2026-01-31", "open": "1"}]},
            months=1,
            priority=False,
        ),
        case(
            "campaign.next_action",
            {"attempts": ["no_answer"], "max_attempts": 3, "end_of_day": False, "do_not_call": True},
            action="email",
        ),
        case("promise.evaluate", PTP | {"as_of": "2026-03-12", "payments": []}, status="open"),
        case(
            "promise.evaluate",
            PTP | {"as_of": "2026-03-13", "payments": [{"value_date": "2026-03-12", "amount": "10.00"}]},
            status="partially kept",
        ),
        case(
            "promise.evaluate",
            PTP
            | {
                "as_of": "2026-03-20",
                "payments": [{"value_date": "2026-03-10", "amount": "1000.00", "returned_on": "2026-03-18"}],
            },
            status="broken",
        ),
        case(
            "promise.kept_rate",
            {
                "promises": [
                    {"status": "partial", "promised": "100", "paid": "50"},
                    {"status": "open", "promised": "9", "paid": "0"},
                ]
            },
            by_count_pct="0.00",
            by_amount_pct="50.00",
        ),
    ],
    ids=lambda example: example["id"],
)
def test_inputs_in_every_form(example: dict[str, Any]) -> None:
    assert passes(example) is not example.get("wrong", False)


def test_every_topic_of_the_areas_has_a_rule() -> None:
    assert {topic.split(".")[0] for topic in REGISTRY} == set(AREAS)


def test_the_report_of_a_run() -> None:
    good = case("dso.simple", {"receivables": "15000", "credit_sales": "10000", "days": 30}, dso="45.00")
    bad = good | {"id": "bad", "expected": {"dso": "45.01"}}
    refused = good | {"id": "refused", "inputs": {"receivables": "abc"}}
    assert run([good, bad, refused, case("weather", {}, sunny=True)]) == {
        "topics": {
            "dso.simple": {"passed": 1, "failed": ["bad", "refused"], "unknown": 0},
            "weather": {"passed": 0, "failed": [], "unknown": 1},
        }
    }


@pytest.mark.parametrize(
    "expected, answer, tolerance, same",
    [
        pytest.param("45", Decimal("45.00"), None, True, id="numbers-not-text"),
        pytest.param("45.01", Decimal("45.004999"), None, False, id="rounded-half-up"),
        pytest.param("45.01", Decimal("45.005"), None, True, id="half-goes-up"),
        pytest.param("45.0050", Decimal("45.005"), None, True, id="more-digits-when-asked"),
        pytest.param("45.1", Decimal("45.05"), None, False, id="fewer-digits-are-not-coarser"),
        pytest.param("45.02", Decimal("45.01"), "0.01", True, id="within-tolerance"),
        pytest.param("45.02", Decimal("45.0099"), "0.01", False, id="outside-tolerance"),
        pytest.param(
            ["1.0", ["2.0"]], [Decimal("1.004"), [Decimal("2.01")]], "0.01", True, id="nested-lists"
        ),
        pytest.param(["1.0"], [Decimal(1), Decimal(2)], "0.01", False, id="shorter-list"),
        pytest.param(184, 184, "0.01", True, id="whole-number"),
        pytest.param(184, 185, "1", False, id="no-tolerance-for-days"),
        pytest.param("7.00", Money(700, "USD"), None, True, id="money"),
        pytest.param("007", "7", None, False, id="an-id-is-text"),
        pytest.param(True, 1, None, False, id="a-number-is-not-yes"),
        pytest.param(None, Decimal(0), None, False, id="zero-is-not-undefined"),
        pytest.param("0.00", None, "1", False, id="undefined-is-not-zero"),
        pytest.param({"a": "1"}, {"a": Decimal(1), "b": Decimal(2)}, None, True, id="only-expected-keys"),
        pytest.param({"c": None}, {"a": None}, None, False, id="a-missing-key-is-not-null"),
    ],
)
def test_matches(expected: Any, answer: Any, tolerance: str | None, same: bool) -> None:
    assert matches(expected, answer, None if tolerance is None else Decimal(tolerance)) is same
