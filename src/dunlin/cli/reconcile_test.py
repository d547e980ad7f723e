"""dunlin reconcile: one account, the book, and the control account, for people and for machines."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dunlin.cli.reconcile import reconcile
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("A8")]


def run(*arguments):
    result = CliRunner().invoke(reconcile, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_an_account_the_book_and_the_control_account(books):
    cast.item(books.lakeside, "credit_memo", "50.00", reference="Price INV-1001")
    told = run("L-100")
    assert "L-100 Lakeside Hotels: 2 findings" in told.output
    assert "Credit memo not applied (certain)" in told.output
    found = json.loads(run("L-100", "--json").output)["findings"]
    assert found[0]["steps"][0]["kind"] == "apply"
    assert found[0]["steps"][0]["amount"] == "50.00"
    book = json.loads(run("--book", "--json").output)["book"]
    assert (book["customers"], book["with_findings"]) == (3, 1)
    assert next(each for each in book["findings"] if each["code"] == "memo_unapplied")["amounts"] == {
        "USD": "50.00"
    }
    assert "Credit memo not applied: 1 on 1, 1 with a proposal; 50.00 USD" in run("--book").output
    assert "differs by" in run("--control", "US01:1.00:USD").output
    assert "agrees" in run("--control", "US01:2300.00:USD").output
    assert json.loads(run("--control", "DE01:0:EUR", "--json").output)["control"][0]["control"] == "0.00"


def test_what_cannot_be_answered_is_refused(books):
    with pytest.raises(Refused, match="nobody"):
        run("nobody")
    assert run().exit_code == 2
    assert run("--control", "US01:much:USD").exit_code == 2
