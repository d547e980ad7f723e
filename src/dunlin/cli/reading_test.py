"""What the reading commands print: keys as documented, money as text, dates ISO, the same figures for people and machines."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.cli.standing import ledger_today
from dunlin.records.clock import now
from dunlin.records.models import (
    Application,
    Balance,
    Decision,
    DecisionRun,
    DiaryLine,
    ExchangeRate,
    Promise,
)
from tests import cast
from tests.cast import Books
from tests.typed import differences, documented, dunlin

DATES = {"as_of", "date", "first_day", "oldest_due", "look_again", "on", "day"}


@pytest.fixture
def desk(db: None) -> cast.Customer:
    """One customer of Alice 40 days past due on the real day, with a credit, another in CAD, and the day decided."""
    day = ledger_today()
    alice = cast.user("collector", "alice")
    lakeside = cast.customer(
        "Lakeside Hotels", number="L-100", collector=alice, country="US", time_zone="America/New_York"
    )
    cast.invoice(lakeside, "500.00", due=day - timedelta(40), number="INV-1001")
    cast.invoice(
        lakeside, "1,000.00", due=day + timedelta(10), document=day - timedelta(20), number="INV-1002"
    )
    cast.payment(lakeside, "200.00", on=day - timedelta(3))
    maple = cast.customer("Maple", number="M-300", currency="CAD", collector=alice, country="CA")
    cast.invoice(maple, "70.10", due=day - timedelta(5))
    cast.invoice(
        cast.customer("Quiet", number="Q-400", collector=alice), "10.00", due=day + timedelta(5), document=day
    )
    ExchangeRate.objects.create(
        base="CAD", quote="USD", on=day - timedelta(30), rate=Decimal("0.75"), source="test"
    )
    run_daily(the_clock(day, now()), day)
    return lakeside


def walk(told: Any, key: str = "") -> Any:
    """Every (key, value) at the leaves."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield from walk(value, name)
    elif isinstance(told, list):
        for value in told:
            yield from walk(value, key)
    else:
        yield key, told


@pytest.mark.parametrize(
    "words, page",
    [
        (["aging", "--by", "customer"], "aging"),
        (["measures"], "measures"),
        (["tracking"], "tracking"),
        (["worklist", "--collector", "alice"], "worklist"),
        (["verify"], "verify"),
        (["user", "list"], "user list"),
    ],
)
def test_json_is_as_documented_and_without_floats(desk: Any, words: list[str], page: str) -> None:
    told = dunlin(*words, "--json").json
    assert differences(documented(page), told) == []
    for key, value in walk(told):
        assert key == "seconds" or not isinstance(value, float), key
        if key in DATES and value is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", value), key


@pytest.mark.req("F2")
def test_aging_adds_up_in_text(desk: Any) -> None:
    told = dunlin("aging", "--json").json
    assert sorted(told["currencies"]) == ["CAD", "USD"]
    usd = told["currencies"]["USD"]
    assert usd["buckets"]["31-60"] == "500.00"
    assert (usd["unapplied"], usd["total"], usd["debits"]) == ("-200.00", "1310.00", "1510.00")
    assert usd["counts"] == {"items": 3, "items_past_due": 1, "customers": 2}
    for each in told["currencies"].values():
        assert sum(map(Decimal, each["buckets"].values())) + Decimal(each["unapplied"]) == Decimal(
            each["total"]
        )
    assert told["home"]["rates"][0] == {
        "currency": "CAD",
        "rate": "0.750000",
        "on": str(ledger_today() - timedelta(30)),
    }
    text = dunlin("aging", "--by", "customer", "--limit", "1").out
    assert "1,310.00" in text
    assert "and 2 more rows" in text


@pytest.mark.parametrize("only", [["--customer", "M-300"], ["--currency", "CAD"], ["--country", "CA"]])
def test_aging_of_a_part(desk: Any, only: list[str]) -> None:
    told = dunlin("aging", *only, "--json").json
    assert {code: each["total"] for code, each in told["currencies"].items()} == {"CAD": "70.10"}


@pytest.mark.req("A4")
def test_aging_of_the_past_and_as_known_then(desk: Any) -> None:
    day = ledger_today()
    assert (
        dunlin("aging", "--as-of", day - timedelta(4), "--json").json["currencies"]["USD"]["unapplied"]
        == "0.00"
    )
    cast.payment(desk, "50.00", on=day - timedelta(10), recorded=now())
    then = (now() - timedelta(days=9)).isoformat()
    late = ["aging", "--as-of", day - timedelta(4), "--json"]
    assert dunlin(*late).json["currencies"]["USD"]["unapplied"] == "-50.00"
    known = dunlin(*late, "--known-at", then).json
    assert known["currencies"]["USD"]["unapplied"] == "0.00"
    assert known["known_at"] == then.replace("T", " ")


@pytest.mark.req("F3")
def test_measures_are_text_of_two_places_or_null(desk: Any) -> None:
    told = dunlin("measures", "--json").json
    assert told["currencies"]["USD"]["receivables"] == "1310.00"
    assert re.fullmatch(r"\d+\.\d\d", told["currencies"]["USD"]["dso"])
    assert told["promises"]["kept_pct"] is None
    assert {each["name"] for each in told["targets"]} >= {"dso", "late", "kept_rate", "calls:Alice"}
    assert [each["name"] for each in told["people"]] == ["Alice"]
    assert "Target late" in dunlin("measures").out


@pytest.mark.req("H3")
def test_the_list_and_why_give_the_same_reason(desk: Any) -> None:
    listed = dunlin("worklist", "--collector", "alice", "--json").json
    first = listed["entries"][0]
    assert first["customer"] == "L-100"
    assert first["past_due"] == [{"amount": "500.00", "currency": "USD"}]
    told = dunlin("why", "L-100", "--json").json
    assert set(told) == set("customer name date step tier code reason lines facts past_due collectable collector rank ranked size "
                            "place look_again".split())  # fmt: skip
    assert (told["reason"], told["rank"], told["step"]) == (first["reason"], 1, "call")
    assert first["reason"] in dunlin("worklist", "--collector", "alice").out
    assert first["reason"] in dunlin("why", "L-100").out


def test_who_is_not_on_the_list_is_told_with_the_reason(desk: Any) -> None:
    told = dunlin("worklist", "--collector", "alice", "--not-on-it", "--json").json
    (quiet,) = told["customers"]
    assert set(quiet) == {"customer", "name", "code", "reason", "past_due_home", "rank", "look_again"}
    assert (quiet["customer"], quiet["code"]) == ("Q-400", "nothing_past_due")
    assert quiet["past_due_home"] == {"amount": "0.00", "currency": "USD"}
    assert quiet["reason"] in dunlin("worklist", "--collector", "alice", "--not-on-it").out


# The day


def kept() -> list[Any]:
    return [
        list(table.objects.order_by("pk").values())
        for table in (Decision, DecisionRun, DiaryLine, Balance, Promise)
    ]


@pytest.mark.req("H2")
def test_a_dry_run_tells_everything_and_writes_nothing(books: Books) -> None:
    before = kept()
    told = dunlin("run", "daily", "--dry-run", "--json").json
    assert set(told) == set("run_id day customers calls emails silent written revised promises_judged promises_broken "
                            "balances_rolled figure_days dry_run processes sent".split())  # fmt: skip
    assert (told["run_id"], told["dry_run"], told["customers"]) == (None, True, 3)
    assert told["calls"] + told["emails"] + told["silent"] == told["customers"] == told["written"]
    assert kept() == before
    assert "Dry run: nothing was kept" in dunlin("run", "daily", "--dry-run").out


def test_a_day_is_run_once_and_again_writes_nothing_new(books: Books) -> None:
    first = dunlin("run", "daily", "--json").json
    assert (first["written"], first["day"]) == (3, str(ledger_today()))
    decided = list(Decision.objects.order_by("pk").values())
    again = dunlin("run", "daily", "--json").json
    assert (again["written"], again["revised"]) == (0, 0)
    assert list(Decision.objects.order_by("pk").values()) == decided


def test_a_collector_may_not_run_the_night(books: Books) -> None:
    assert dunlin("run", "daily", "--as", "alice").refusal == (2, "not_permitted")


# Proof


@pytest.mark.req("H5")
def test_verify_is_clean_or_names_the_first_posting_and_ends_with_1(books: Books) -> None:
    clean = dunlin("verify", "--json")
    assert (clean.status, clean.json["clean"], clean.json["findings"]) == (0, True, [])
    assert clean.json["counts"]["item"] == 6
    assert "nothing breaks an invariant" in dunlin("verify").out

    application = Application.objects.get()
    cast.corrupt("UPDATE records_application SET amount = amount - 1 WHERE id = %s", [application.pk])
    broken = dunlin("verify", "--json")
    assert (broken.status, broken.json["clean"]) == (1, False)
    assert differences(documented("verify")["findings"][0], {
        key: value for key, value in broken.json["findings"][0].items() if key not in ("item_id", "number", "customer")
    }) == []  # fmt: skip
    assert "INV-2001" in json.dumps(broken.json["findings"])
    text = dunlin("verify")
    assert text.status == 1
    assert "INV-2001" in text.out


def test_today_is_the_ledgers(db: None) -> None:
    assert dunlin("aging", "--json").json["as_of"] == str(ledger_today())
    assert isinstance(ledger_today(), date)
