"""dunlin measures: the figures of the report, in words and in the shape of docs/reference/json.md."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner

from dunlin.cli.measures import measures as command
from dunlin.records.clock import today
from dunlin.records.models import ExchangeRate
from dunlin.records.policies import current_policy
from dunlin.reports.measures import measures
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("F3")]

DAY = today("UTC")


@pytest.fixture
def book(db):
    lakeside, harbour = cast.customer("Lakeside"), cast.customer("Harbour", currency="EUR")
    for back in (5, 40, 100):
        cast.invoice(lakeside, "1,000.10", document=DAY - timedelta(back), due=DAY - timedelta(back - 4))
        cast.invoice(harbour, "777.77", document=DAY - timedelta(back), due=DAY - timedelta(back - 4))
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=DAY - timedelta(800), rate=Decimal("1.09"), source="test"
    )


def test_json_tells_the_report(book):
    told = json.loads(CliRunner().invoke(command, ["--json"]).output)
    report = measures(DAY, DAY, current_policy())
    assert told["home"]["dso"] == f"{report.home.dso:.2f}"
    assert told["currencies"]["EUR"]["late"] == "1555.54"
    assert told["currencies"]["USD"]["cei_pct"] is None or "." in told["currencies"]["USD"]["cei_pct"]
    assert {target["name"]: target["met"] for target in told["targets"]}["late"] is True
    assert told["home"]["rates"] == [{"currency": "EUR", "rate": "1.090000", "on": str(DAY - timedelta(800))}]


def test_words_tell_each_currency_the_rate_and_the_targets(book):
    written = CliRunner().invoke(command, []).output
    for words in ("all in USD", "1,555.54", "at 1 EUR = 1.090000 USD", "Target late:", "Target kept_rate: –"):
        assert words in written


def test_an_empty_book_has_no_measures_but_an_answer(db):
    told = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert (told["currencies"], told["home"]["dso"], told["home"]["late"]) == ({}, None, "0.00")


def test_what_is_unknown_is_refused(db):
    with pytest.raises(Refused) as refused:
        CliRunner().invoke(command, ["--entity", "ZZ"], catch_exceptions=False)
    assert refused.value.code == "entity_unknown"
