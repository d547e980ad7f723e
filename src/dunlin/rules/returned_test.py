"""Returned payments: the tables of DOMAIN section 4, row by row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dunlin.rules.calendars import Calendar
from dunlin.rules.returned import (
    ACH,
    ACH_INFO,
    CLASSES,
    LIMITS_PCT,
    RAILS,
    class_of,
    noc_deadline,
    rail_of,
    rate_watch,
    retry_allowed,
    retry_of,
    return_fee_allowed,
    return_rates,
)

pytestmark = [pytest.mark.rule("P25"), pytest.mark.req("E4")]


def test_every_ach_code_from_r01_to_r85_has_its_class_once():
    listed = {f"R{n:02}" for n in (*range(1, 48), *range(50, 54), 61, 62, *range(67, 78), *range(80, 86))}
    assert listed == {*ACH, *ACH_INFO}
    assert not {*ACH} & ACH_INFO


@pytest.mark.parametrize(
    "code, letter",
    [
        ("R01", "F"), ("R09", "F"), ("R02", "A"), ("R28", "A"), ("R29", "U"), ("R05", "U"), ("R08", "S"), ("R15", "D"),
        ("R16", "L"), ("R24", "O"), ("R23", "C"), ("R85", "O"), ("R99", "O"), ("AM04", "F"), ("MD06", "S"), ("MS03", "S"),
        ("AC04", "A"), ("MD07", "D"), ("AM05", "O"), ("RR04", "L"), ("XX99", "O"), ("0", "F"), ("1", "U"), ("2", "D"),
    ],
)  # fmt: skip
def test_a_code_has_the_class_of_its_rail(code, letter):
    assert class_of(code).letter == letter


def test_the_same_sign_means_something_else_for_checks_and_for_bacs():
    assert class_of("A", "check").letter == "F"
    assert class_of("A", "bacs").letter == "O"
    assert class_of("B", "bacs").letter == "A"
    assert (rail_of("A"), rail_of("0"), rail_of("R01"), rail_of("AM04"), rail_of("")) == (
        "check",
        "bacs",
        "ach",
        "sepa",
        "",
    )


def test_every_class_named_by_a_rail_is_there_and_who_died_or_is_frozen_is_not_asked():
    assert {letter for rail in RAILS.values() for letter in rail.values()} == {*CLASSES}
    assert {each.letter for each in CLASSES.values() if not each.demand} == {"D", "L"}


def test_entries_without_money_have_no_class():
    assert class_of("R40") is None
    assert class_of("R71") is None


@pytest.mark.parametrize(
    "code, prior, days, allowed",
    [("R01", 0, 0, True), ("R09", 1, 180, True), ("R01", 2, 10, False), ("R01", 0, 181, False), ("R02", 0, 1, False), ("R29", 0, 5, False)],
)  # fmt: skip
def test_only_want_of_funds_is_presented_again_twice_within_180_days(code, prior, days, allowed):
    assert retry_allowed(code, prior, days) is allowed


def test_a_fee_only_for_want_of_funds_told_lawful_and_once():
    assert return_fee_allowed("R01", True, True)
    assert not return_fee_allowed("R01", False, True)
    assert not return_fee_allowed("R01", True, False)
    assert not return_fee_allowed("R01", True, True, charged_already=True)
    assert not return_fee_allowed("R08", True, True)


def test_a_rate_at_its_limit_is_no_breach_and_over_it_is():
    at = return_rates(1000, {"R10": 5, "R02": 30, "R01": 115, "R40": 500})
    assert (at.unauthorized_pct, at.administrative_pct, at.overall_pct) == (
        Decimal("0.50"),
        Decimal("3.00"),
        Decimal("15.00"),
    )
    assert at.breaches == ()
    assert return_rates(1000, {"R10": 6, "R02": 31, "R01": 114}).breaches == (
        "unauthorized",
        "administrative",
        "overall",
    )
    # Two decimals are for showing; the limit is held against the exact share.
    assert return_rates(100_000, {"R29": 501}).breaches == ("unauthorized",)
    with pytest.raises(ValueError, match="debits"):
        return_rates(0, {})


@pytest.mark.parametrize(
    "debits, returns, shares, over",
    [
        (1000, {"R10": 5, "R02": 30, "R01": 115}, ["0.5", "3", "15"], []),
        (1000, {"R05": 6}, ["0.6", "0", "0.6"], ["unauthorized"]),
        (1000, {"R03": 31, "R12": 9}, ["0", "3.1", "4"], ["administrative"]),
        (100, {"R01": 16}, ["0", "0", "16"], ["overall"]),
        (100, {"R23": 50, "R40": 50, "R67": 50, "R99": 1}, ["0", "0", "1"], []),
        (3, {"R51": 1}, ["33.33", "0", "33.33"], ["unauthorized", "overall"]),
        (0, {"R10": 5}, [None, None, None], []),
        (1, {}, ["0", "0", "0"], []),
    ],
)
def test_each_share_of_returned_debits_stands_with_its_counts_beside_its_limit(debits, returns, shares, over):
    rates = rate_watch(debits, returns)
    assert [each.name for each in rates] == list(LIMITS_PCT)
    assert [each.pct if each.pct is None else round(each.pct, 2) for each in rates] == [
        share if share is None else Decimal(share) for share in shares
    ]
    assert [each.name for each in rates if each.over] == over


def test_a_notice_of_change_is_applied_in_six_banking_days_or_before_the_next_entry():
    week = Calendar("bank")
    assert noc_deadline(date(2026, 3, 2), week) == date(2026, 3, 10)
    assert noc_deadline(date(2026, 3, 2), week, date(2026, 3, 20)) == date(2026, 3, 20)
    assert noc_deadline(date(2026, 3, 2), week, date(2026, 3, 4)) == date(2026, 3, 10)


def test_every_code_of_every_rail_says_whether_it_may_be_presented_again():
    day = date(2026, 3, 2)
    for rail, codes in RAILS.items():
        for code, letter in codes.items():
            said = retry_of(code, rail, times=1, first_on=day, today=day)
            assert said.words
            assert (said.left > 0) == (letter == "F")
            assert return_fee_allowed(code, True, True) == (code in ("R01", "R09"))
    assert retry_of("R01", "ach", times=1, first_on=day, today=date(2026, 8, 30)).left == 0
    assert retry_of("0", "bacs", times=1, first_on=day, today=date(2026, 4, 2)).left == 0
    assert retry_of("AM04", "sepa", times=2, first_on=day, today=day).left == 0
    assert "60 days" in retry_of("R11", "ach", times=1, first_on=day, today=day).words
    assert "often" in retry_of("T", "check", times=1, first_on=day, today=day).words
    assert retry_of("R40", "ach", times=1, first_on=day, today=day).words == "It moves no money."
