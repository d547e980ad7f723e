import gzip
import json

import pytest
from click.testing import CliRunner

from bench.cash_score import score
from dunlin.cli.main import program
from dunlin.rules.codes import Refused
from tests.shared_data import require

pytestmark = [pytest.mark.req("E2"), pytest.mark.rule("P27")]
CUSTOMERS = "customer_id,name,parent_id,currency\n10001,Acme Trading Ltd,,USD\n"
INVOICES = (
    "invoice_id,customer_id,invoice_date,due_date,amount,currency,po_number,kind,open_from,open_to\n"
    "1928500001,10001,2026-01-05,2026-02-04,120000,USD,4500001,INV,2026-01-05,2026-02-03\n"
    "1928500002,10001,2026-01-06,2026-02-05,98000,USD,,INV,2026-02-05,\n"
)
PAYMENTS = (
    '{"payment_id":"P2","date":"2026-02-05","amount":120000,"currency":"USD","payer_name":"ACME TRADING LTD","memo":"1928500001"}\n'
    '{"payment_id":"P1","date":"2026-02-03","amount":120000,"currency":"USD","payer_name":"ACME TRADING","memo":"INV 1928500001","remittance":[]}\n'
    '{"payment_id":"P3","date":"2026-02-04","amount":98000,"currency":"USD","payer_name":"ACME TRADING LTD","memo":""}\n'
)


@pytest.fixture
def folder(tmp_path):
    for name, text in (
        ("customers.csv", CUSTOMERS),
        ("invoices.csv", INVOICES),
        ("payments.jsonl", PAYMENTS),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder, *more: str):
    names = ("customers.csv", "invoices.csv", "payments.jsonl")
    options = [part for name in names for part in (f"--{name.split('.')[0]}", str(folder / name))]
    return CliRunner().invoke(
        program,
        ["apply", "files", *options, "--out", str(folder / "out.jsonl"), *more],
        standalone_mode=False,
    )


def test_payments_are_decided_in_order_of_their_days_and_see_what_was_open_then(folder):
    done = run(folder, "--json")
    assert done.exception is None
    assert json.loads(done.output)["auto"] == 1
    told = {
        line["payment_id"]: line for line in map(json.loads, (folder / "out.jsonl").read_text().splitlines())
    }
    assert list(told) == ["P1", "P3", "P2"]
    assert told["P1"]["decision"] == "auto"
    assert told["P1"]["lines"] == [{"invoice_id": "1928500001", "amount": 120000}]
    assert told["P1"]["customer_id"] == "10001"
    assert told["P3"] | {"reason": ""} == {
        "payment_id": "P3", "decision": "review", "lines": [], "deductions": [], "unapplied": 98000, "customer_id": "10001",
        "confidence": 0.0, "reason": "",
    }  # fmt: skip
    assert told["P2"]["decision"] == "review"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("customers.csv", "customer_id,name\n", "parent_id, currency"),
        ("invoices.csv", INVOICES.replace("98000", "98,000.5"), "not as many cells"),
        ("invoices.csv", INVOICES.replace("98000", "980.00"), "line 3: amount '980.00'"),
        ("invoices.csv", INVOICES.replace(",INV,", ",CM,"), "kind 'CM' with amount 120000"),
        ("payments.jsonl", PAYMENTS.replace("2026-02-04", "4 Feb"), "line 3: date '4 Feb'"),
        ("payments.jsonl", PAYMENTS.replace("98000", "-98000"), "line 3: amount -98000 is not above zero"),
        ("payments.jsonl", PAYMENTS.replace('"USD"', '"XXX"'), "line 1: 'XXX' is not a currency"),
        ("payments.jsonl", PAYMENTS.replace("[]", '["x"]'), "line 2: remittance must be"),
        ("payments.jsonl", PAYMENTS + "{", "line 4"),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused_with_its_line_and_nothing_is_written(
    folder, name, text, said
):
    (folder / name).write_text(text)
    done = run(folder)
    assert isinstance(done.exception, Refused)
    assert said in str(done.exception)
    assert sorted(each.name for each in folder.iterdir()) == [
        "customers.csv",
        "invoices.csv",
        "payments.jsonl",
    ]


def test_a_file_that_is_not_there_is_named(folder):
    (folder / "payments.jsonl").unlink()
    assert "payments.jsonl" in str(run(folder).exception)


@pytest.mark.trap(62)
def test_the_sample_reaches_the_bar_of_a_mixed_book(tmp_path):
    sample = require("data/cashapp_sample")
    options = [
        part
        for name in ("customers.csv", "invoices.csv", "history.jsonl", "payments.jsonl")
        for part in (f"--{name.split('.')[0]}", str(sample / f"{name}.gz"))
    ]
    out = tmp_path / "out.jsonl"
    CliRunner().invoke(program, ["apply", "files", *options, "--out", str(out)], standalone_mode=False)
    with gzip.open(sample / "truth.jsonl.gz", "rt") as stream:
        figures = score(map(json.loads, out.read_text().splitlines()), map(json.loads, stream))["all"]
    assert figures["payments"] == 900
    assert figures["auto_pct"] >= 86
    assert figures["precision_pct"] >= 99.5
    assert figures["wrong_value_pct"] <= 0.1
    assert figures["right_first_pct"] >= 60
