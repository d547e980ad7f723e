"""What collectors type for a promise, and what is understood. The day is Wednesday, 25 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.money import Money
from dunlin.rules.plain_words import HOW_A_DAY, understand, understand_day

TODAY = date(2026, 11, 25)
OWED = (Money.exact("18200.00", "USD"),)

pytestmark = [pytest.mark.req("B4"), pytest.mark.req("D2")]


def read(text, owed=OWED, today=TODAY):
    found = understand(text, today, owed)
    return (None if found.amount is None else found.amount.plain), found.due_on, found.problem


@pytest.mark.parametrize(
    "text, day",
    [
        ("fri", date(2026, 11, 27)),
        ("Friday", date(2026, 11, 27)),
        ("wed", date(2026, 12, 2)),  # today is Wednesday: today is said "today"
        ("thurs", date(2026, 11, 26)),
        ("next fri", date(2026, 12, 4)),
        ("next mon", date(2026, 11, 30)),
        ("today", TODAY),
        ("tomorrow", date(2026, 11, 26)),
        ("day after tomorrow", date(2026, 11, 27)),
        ("in 3 days", date(2026, 11, 28)),
        ("2 weeks", date(2026, 12, 9)),
        ("in a month", date(2026, 12, 25)),
        ("next week", date(2026, 12, 4)),
        ("end of the week", date(2026, 11, 27)),
        ("eom", date(2026, 11, 30)),
        ("end of month", date(2026, 11, 30)),
        ("end of next month", date(2026, 12, 31)),
        ("the 15th", date(2026, 12, 15)),
        ("by 15", date(2026, 12, 15)),
        ("25th", TODAY),
        ("31st", date(2026, 12, 31)),
        ("30/6", date(2027, 6, 30)),
        ("6/30", date(2027, 6, 30)),
        ("1/12/26", date(2026, 12, 1)),
        ("30-11", date(2026, 11, 30)),
        ("30.11.", date(2026, 11, 30)),
        ("1.12.2026", date(2026, 12, 1)),
        ("2026-12-24", date(2026, 12, 24)),
        ("15 dec", date(2026, 12, 15)),
        ("15th of December", date(2026, 12, 15)),
        ("dec 15", date(2026, 12, 15)),
        ("Dec 15, 2026", date(2026, 12, 15)),
        ("fri 27 nov", date(2026, 11, 27)),
        ("feb 29", date(2028, 2, 29)),
    ],
)
def test_days(text, day):
    assert read(text) == (None, day, "")


@pytest.mark.parametrize(
    "text, amount",
    [
        ("4000 fri", "4000.00"),
        ("fri 4000", "4000.00"),
        ("4,000.50 fri", "4000.50"),
        ("4.000,50 fri", "4000.50"),
        ("4 000 fri", "4000.00"),
        ("1'500 fri", "1500.00"),
        ("1.500 fri", "1500.00"),
        ("1.5k fri", "1500.00"),
        ("2 grand fri", "2000.00"),
        ("$400 fri", "400.00"),
        ("400 usd fri", "400.00"),
        ("usd 400 fri", "400.00"),
        ("10.50 fri", "10.50"),
        ("half fri", "9100.00"),
        ("half of it fri", "9100.00"),
        ("25% fri", "4550.00"),
        ("a third fri", "6066.67"),
        ("will pay 18,200.00 in full on fri", "18200.00"),
        ("they pay all on fri", None),
        ("in full by fri", None),
    ],
)
def test_amounts(text, amount):
    assert read(text) == (amount, date(2026, 11, 27), "")


@pytest.mark.parametrize(
    "text, says",
    [
        ("4000", "Which day?"),
        ("15", "Is 15 the day? Write 15th"),
        ("thu 27 nov", "not a Thu"),
        ("31/6", "not a day that exists"),
        ("40th", "No month has a day 40"),
        ("soonish fri", "Not understood: “soonish”"),
        ("1.2.3 fri", "not an amount"),
        ("10.005 kwd fri", "Nothing is owed in KWD"),
        ("1.23456 fri", "more digits than USD"),
        ("0 fri", "more than zero"),
        ("400 and 500 fri", "two amounts"),
        ("half on the 15th, rest on the 30th", "one promise at a time"),
        ("mon or tue", "one promise at a time"),
        ("400 eur fri", "Nothing is owed in EUR"),
        ("2026-05-01", "is past"),
        ("150% fri", "not a part"),
    ],
)
def test_what_is_not_clear_is_asked_back(text, says):
    found = understand(text, TODAY, OWED)
    assert says in found.problem
    assert found.said == ""


def test_both_orders_possible_takes_the_nearer_day_and_says_so():
    assert understand("12/5", TODAY, OWED).said.endswith("by Sat 5 Dec (12/5 read month first)")
    assert understand("5/12", TODAY, OWED).said.endswith("by Sat 5 Dec (5/12 read day first)")
    assert "read" not in understand("30/6", TODAY, OWED).said


def test_it_is_said_back_in_words():
    assert (
        understand("half on the 15th", TODAY, OWED).said
        == "9,100.00 USD (half of 18,200.00 USD) by Tue 15 Dec"
    )
    assert understand("30/6", TODAY, OWED).said == "All that is owed, 18,200.00 USD, by Wed 30 Jun 2027"
    assert understand("", TODAY, OWED) == understand("   ", TODAY, OWED)
    assert understand("", TODAY, OWED).problem == ""


def test_with_two_currencies_the_amount_names_one():
    owed = (*OWED, Money.exact("40.00", "EUR"))
    assert "USD or EUR" in understand("400 fri", TODAY, owed).problem
    assert read("€10 fri", owed)[0] == "10.00"
    assert read("half eur fri", owed)[0] == "20.00"
    assert read("fri", owed) == (None, date(2026, 11, 27), "")


def test_a_day_alone():
    assert understand_day("fri", TODAY) == (date(2026, 11, 27), "")
    assert understand_day("2 weeks", TODAY) == (date(2026, 12, 9), "")
    assert understand_day("4000 fri", TODAY) == (None, HOW_A_DAY)
    assert understand_day("", TODAY) == (None, HOW_A_DAY)
    assert "past" in understand_day("2026-11-24", TODAY)[1]


def test_a_dollar_sign_is_the_dollar_that_is_owed():
    assert understand("$5 fri", TODAY, (Money.exact("9.00", "CAD"),)).amount == Money.exact("5.00", "CAD")


def test_yen_have_no_decimals_and_dinars_have_three():
    assert read("1.500 fri", (Money.exact("9000", "JPY"),))[0] == "1500"
    assert read("1.500 fri", (Money.exact("9000", "KWD"),))[0] == "1.500"
    assert "more digits" in understand("10.50 fri", TODAY, (Money.exact("9000", "JPY"),)).problem


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 10**11),
    st.integers(0, 700),
    st.sampled_from(["{a:,f} {d:%Y-%m-%d}", "{d:%d %b %Y} {a}", "{a} on {d:%Y-%m-%d}"]),
)
def test_what_is_written_out_is_read_back(minor, ahead, form):
    amount, day = Money(minor, "USD"), TODAY + timedelta(ahead)
    found = understand(form.format(a=amount.decimal, d=day), TODAY, (Money(10**12, "USD"),))
    assert (found.amount, found.due_on, found.problem) == (amount, day, "")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.,/-' $€%khalfrimontuesdny", max_size=24))
def test_whatever_is_typed_is_answered(text):
    found = understand(text, TODAY, OWED)
    assert not (found.said and found.problem)
    if found.said:
        assert (found.due_on or date.min) >= TODAY
