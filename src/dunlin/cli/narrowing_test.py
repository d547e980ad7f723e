"""What narrows an answer of the command line: values that do not exist are refused, a limit shows less and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dunlin.actions.doing import the_clock
from dunlin.actions.log_call import log_call
from dunlin.actions.run_daily import run_daily
from dunlin.cli.standing import ledger_today
from dunlin.records.clock import now
from tests import cast
from tests.typed import dunlin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words, code",
    [
        (["--currency", "zzz"], "not_a_currency"),
        (["--kind", "bananas"], "kind_unknown"),
        (["--country", "XX"], "country_unknown"),
    ],
)
def test_values_that_do_not_exist_end_with_2(books: Any, words: list[str], code: str) -> None:
    assert dunlin("aging", *words).refusal == (2, code)


def test_a_value_that_exists_may_be_written_small(books: Any) -> None:
    assert dunlin("aging", "--currency", "usd", "--json").json["currencies"]
    assert dunlin("aging", "--currency", "jpy").status == 0
    assert dunlin("aging", "--kind", "invoice").status == 0


@pytest.fixture
def listed(db: None) -> Any:
    """Four customers of Alice past due, the first of whom she has reached."""
    day, alice = ledger_today(), cast.user("collector", "alice")
    for number in range(1, 5):
        of = cast.customer(
            f"House {number}",
            number=f"H-{number}",
            collector=alice,
            country="US",
            time_zone="America/New_York",
        )
        cast.contact(of)
        cast.invoice(of, f"{6 - number},000.00", due=day - timedelta(40), number=f"INV-{number}")
    run_daily(the_clock(day, now()), day)
    first = dunlin("worklist", "--collector", "alice", "--json").json["entries"][0]
    called = cast.Customer.objects.get(number=first["customer"])
    log_call(cast.who(alice, day, now()), called.pk, "reached", note="Will look at it.")
    return called


def test_a_limit_shows_less_of_the_same_list(listed: Any) -> None:
    text = dunlin("worklist", "--collector", "alice", "--limit", "2").out.splitlines()
    assert "3 to call, 1 finished, 0 below the line" in text[0]
    assert (len(text), text[0].endswith("; the first 2")) == (3, True)
    assert f"reached   {listed.number}" in text[1]
    told = dunlin("worklist", "--collector", "alice", "--limit", "2", "--json").json
    assert (len(told["entries"]), told["below_line"], told["size"]) == (2, 0, 75)
    assert dunlin("worklist", "--limit", "0").refusal == (2, "usage")
