"""dunlin tracking: the reports in words and in the shape of docs/reference/json.md, equal to the aging."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from dunlin.actions.change_settings import change_settings
from dunlin.cli.standing import ledger_today
from dunlin.records.models import Call, ExchangeRate
from tests import cast
from tests.typed import dunlin

pytestmark = [pytest.mark.django_db, pytest.mark.req("F1"), pytest.mark.rule("P17")]


@pytest.fixture
def book(db):
    """Lakeside owes 60,000.00 of 12 days and 100.00 of 4, and holds an old credit; Harbour owes 200.00 EUR of 95 days."""
    day = ledger_today()
    alice = cast.user("collector", "alice")
    lakeside = cast.customer("Lakeside Hotels", number="L-100", collector=alice)
    harbour = cast.customer("Harbour", number="H-200", currency="EUR")
    cast.invoice(lakeside, "60,000.00", due=day - timedelta(12), number="INV-1")
    cast.invoice(lakeside, "100.00", due=day - timedelta(4))
    cast.payment(lakeside, "75.00", on=day - timedelta(40), number="RC-1")
    cast.invoice(harbour, "200.00", due=day - timedelta(95))
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=day - timedelta(800), rate=Decimal("1.09"), source="test"
    )
    Call.objects.create(
        customer=lakeside,
        outcome="no_answer",
        day=day,
        started_at=cast.moment(day),
        by=alice,
        direction="out",
    )
    return day


def test_json_adds_up_and_equals_the_aging(book):
    told, aged = dunlin("tracking", "--json").json, dunlin("aging", "--json").json
    for code, each in told["past_due"]["currencies"].items():
        assert sum(map(Decimal, each["bands"].values())) == Decimal(each["past_due"])
        assert [each["past_due"], each["late"]] == [
            aged["currencies"][code][name] for name in ("past_due", "late")
        ]
    home = told["past_due"]["home"]
    assert (
        (home["past_due"], home["late"])
        == (aged["home"]["past_due"], aged["home"]["late"])
        == ("60318.00", "218.00")
    )
    assert told["past_due"]["late_target"] == {
        "total": "218.00",
        "limit": "2000000.00",
        "currency": "USD",
        "met": True,
    }
    assert home["or_more"] == {
        "5": "60218.00",
        "10": "60218.00",
        "15": "218.00",
        "30": "218.00",
        "60": "218.00",
        "90": "218.00",
    }
    assert told["expected_loss"]["home"]["allowance"] == "984.71"  # 1.6 % of 60,100.00 and 10.6 % of 218.00


def test_each_line_names_owner_last_and_next(book):
    told = dunlin("tracking", "--json").json
    (large,) = told["large_debits"]["lines"]
    assert (large["document"], large["days"], large["owner"]) == ("INV-1", 12, "Alice")
    assert large["last"] == {"on": str(book), "outcome": "no_answer", "by": "Alice"}
    assert large["next"] is None
    (old,) = told["old_credits"]["lines"]
    assert (old["document"], old["days"], old["open"]) == ("RC-1", 40, {"amount": "75.00", "currency": "USD"})


def test_words_tell_the_same(book):
    text = dunlin("tracking").out
    for words in (
        "at 1 EUR = 1.090000 USD", "60,318.00", "Target late: 218.00 USD, below 2,000,000.00 USD: met",
        "more than 50,000.00 USD more than 10 days past due: 1 document of 1 customer,", "L-100 Lakeside Hotels", "no answer",
        "Credits older than 30 days: 1 document of", "Roll rates from", "Expected credit loss: 984.71 USD",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.req("H2")
def test_the_past_a_part_and_a_limit(book):
    then = dunlin("tracking", "--as-of", book - timedelta(10), "--json").json
    assert then["past_due"]["currencies"]["USD"]["bands"]["1-4"] == "60000.00"
    assert then["large_debits"]["count"] == 0
    part = dunlin("tracking", "--collector", "none", "--json").json
    assert list(part["past_due"]["currencies"]) == ["EUR"]
    cast.invoice(cast.customer("Big"), "70,000.00", due=book - timedelta(30))
    assert "and 1 more line; --limit 0 shows all" in dunlin("tracking", "--limit", "1").out
    assert len(dunlin("tracking", "--limit", "0", "--json").json["large_debits"]["lines"]) == 2


def test_what_cannot_be_asked_is_refused(book):
    assert dunlin("tracking", "--entity", "ZZ", "--json").refusal == (2, "entity_unknown")
    assert dunlin("tracking", "--as-of", "soon").refusal[0] == 2


def test_an_empty_book_and_rates_that_do_not_fit(db):
    told = dunlin("tracking", "--json").json
    assert (told["past_due"]["currencies"], told["past_due"]["home"]["past_due"]) == ({}, "0.00")
    change_settings(cast.who("ar_manager", today=ledger_today()), {"loss.rates_pct": ["1", "2"]})
    assert "2 loss rates (loss.rates_pct) for 5 buckets" in dunlin("tracking").out
