import json

import pytest
from click.testing import CliRunner

from dunlin.cli.bank import bank
from dunlin.rules.codes import Refused
from tests.bank_samples import CAMT, LOCKBOX

pytestmark = pytest.mark.req("E5")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.xml").write_text(CAMT.replace("3340.5", "3340.6"))
    (tmp_path / "b.bai").write_text(LOCKBOX.replace("6001002000001495", "6001002OOOOO1495"))
    (tmp_path / "c.txt").write_text("nothing of a bank")
    return tmp_path


def ran(*words):
    return CliRunner().invoke(bank, [str(each) for each in words])


def test_what_was_understood_is_printed_for_machines(files):
    told = json.loads(ran("read", files / "a.xml", files / "b.bai", "--json").output)["files"]
    statement = told[0]["statements"][0]
    assert (told[0]["format"], told[0]["transactions"]) == ("camt", 4)
    assert told[0]["sums"] == {
        "EUR": {"booked": 4, "in": "2500.00", "out": "-159.50", "pending": 0, "info": 0}
    }
    assert (statement["account_tail"], statement["adds_up"]) == ("3000", False)
    assert statement["opening"] == {"amount": "1000.00", "currency": "EUR", "on": "2024-06-04"}
    first = statement["entries"][0]
    assert (first["amount"], first["currency"], first["booked_on"], first["payer_tail"]) == (
        "2000.00", "EUR", "2024-06-04", "6199",
    )  # fmt: skip
    assert first["documents"][0]["paid"] == {"amount": "2000.00", "currency": "EUR"}
    assert not {"account", "payer_account", "corrected"} & (set(first) | set(statement))
    assert [each["code"] for each in told[0]["warnings"]] == ["bank_balance_wrong"]
    damaged = told[1]["damaged"][0]
    assert (damaged["place"], damaged["code"]) == ("line 7", "amount_not_understood")
    assert "998412345" not in json.dumps(told)


def test_what_was_understood_is_a_table_for_people(files):
    told = ran("read", files / "a.xml", files / "b.bai").output
    assert "camt.053.001.08, 1 statement, 4 transactions" in told
    assert "account ..3000  1,000.00 EUR to 3,340.60 EUR  does not add up" in told
    assert "AM04 Beta AG" in told
    assert "damaged: line 7: " in told


def test_a_refusal_names_its_reason_and_the_others_are_shown(files):
    result = ran("read", files / "c.txt", "--json")
    assert isinstance(result.exception, Refused)
    assert result.exception.code == "bank_file_not_read"
    assert "is none that Dunlin reads" in str(result.exception)
    assert result.output == ""
    both = ran("read", files / "c.txt", files / "a.xml", "--json")
    assert isinstance(both.exception, Refused)
    told = json.loads(both.output)["files"]
    assert "refused" in told[0]
    assert told[1]["transactions"] == 4


def test_a_file_that_is_not_there_is_said(files):
    result = ran("read", files / "none")
    assert result.exception.code == "file_unknown"
    assert ran("read", files).exception.code == "bank_file_not_read"


def test_a_table_is_read_by_the_columns_that_are_named(files):
    (files / "d.csv").write_text("Day,What,Amount\n2024-06-04,INV-00123,2500.00\n")
    columns = [
        "--set",
        "booked_on=Day",
        "--set",
        "text=What",
        "--set",
        "amount=Amount",
        "--set",
        "currency=:USD",
    ]
    told = json.loads(ran("read", files / "d.csv", *columns, "--json").output)["files"][0]
    assert told["sums"]["USD"]["in"] == "2500.00"
    assert told["statements"][0]["entries"][0]["remittance"] == "INV-00123"
    assert "has no column 'Sum'" in str(
        ran("read", files / "d.csv", *columns, "--set", "amount=Sum").exception
    )
