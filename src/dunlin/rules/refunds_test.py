"""What may be paid out and why not: each objection with its figures, none that hides another, never more than is left (P26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.codes import REFUSALS
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import (
    RAILS,
    WAIVED,
    CreditFacts,
    Owner,
    Payee,
    age_band,
    dormant_on,
    free_from,
    rail_told,
    refundable,
    windows,
)

pytestmark = [pytest.mark.rule("P26"), pytest.mark.req("E6")]
TODAY = date(2026, 11, 25)
DAYS = windows(Policy())


def usd(amount: str) -> Money:
    return Money.exact(amount, "USD")


PAID = CreditFacts("payment WIRE 4711", "payment", usd("200"), usd("0"), TODAY - timedelta(90), "ach_company")
FREE = Owner(usd("0"))


def codes(credit=PAID, owner=FREE, **more):
    return [each.code for each in refundable(credit, owner, DAYS, TODAY, **more).objections]


TABLE = [
    # what is so, who owns it, what is asked, what stands against it, how much could be refunded
    ("nothing against it", PAID, FREE, {}, [], "200.00"),
    ("less than all", PAID, FREE, {"asked": usd("50")}, [], "200.00"),
    ("exactly all", PAID, FREE, {"asked": usd("200")}, [], "200.00"),
    ("a cent more", PAID, FREE, {"asked": usd("200.01")}, ["refund_exceeds"], "200.00"),
    ("part is asked for", replace(PAID, reserved=usd("150")), FREE, {"asked": usd("50.01")}, ["refund_exceeds"], "50.00"),
    ("all is asked for", replace(PAID, reserved=usd("200")), FREE, {}, ["refund_nothing_left"], "0.00"),
    ("nothing is left", replace(PAID, open=usd("0")), FREE, {}, ["refund_nothing_left"], "0.00"),
    ("in the window", replace(PAID, received_on=TODAY - timedelta(5)), FREE, {}, ["refund_window_open"], "0.00"),
    ("the day after the window", replace(PAID, received_on=TODAY - timedelta(6)), FREE, {}, [], "200.00"),
    ("a consumer in the window", replace(PAID, rail="ach_consumer", received_on=TODAY - timedelta(60)), FREE, {}, ["refund_window_open"], "0.00"),
    ("a consumer after it", replace(PAID, rail="ach_consumer", received_on=TODAY - timedelta(61)), FREE, {}, [], "200.00"),
    ("nobody knows the way", replace(PAID, rail="", received_on=TODAY - timedelta(60)), FREE, {}, ["refund_window_open"], "0.00"),
    ("by card", replace(PAID, rail="card"), FREE, {}, ["refund_to_card"], "0.00"),
    ("a credit memo of today", replace(PAID, kind="credit_memo", rail="", received_on=TODAY), FREE, {}, [], "200.00"),
    ("a discount", replace(PAID, kind="discount"), FREE, {}, ["refund_of_kind"], "0.00"),
    ("it came back", replace(PAID, came_back=True), FREE, {}, ["refund_payment_back"], "0.00"),
    ("something is owed", PAID, Owner(usd("0.01"), 1), {}, ["refund_debits_open"], "0.00"),
    ("owed, and passed", PAID, Owner(usd("75"), 2), {"waived": ["refund_debits_open"]}, [], "200.00"),
    ("a hold cannot be passed", PAID, Owner(usd("0"), 0, "sanctions", TODAY), {"waived": ["refund_on_hold"]}, ["refund_on_hold"], "0.00"),
    ("all at once", replace(PAID, received_on=TODAY), Owner(usd("75"), 2, "legal", TODAY), {}, ["refund_window_open", "refund_on_hold", "refund_debits_open"], "0.00"),
    ("to another account", PAID, FREE, {"payee": Payee("ach", "1111", "2222", False)}, ["refund_other_payer"], "0.00"),
    ("to another account, passed", PAID, FREE, {"payee": Payee("ach", "1111", "2222", False), "waived": WAIVED}, [], "200.00"),
    ("nobody knows who paid", PAID, FREE, {"payee": Payee("ach", "1111")}, [], "200.00"),
    ("another way back", PAID, FREE, {"payee": Payee("sepa", "1111", "1111", True)}, ["refund_other_method"], "0.00"),
    ("by hand goes always", PAID, FREE, {"payee": Payee("manual")}, [], "200.00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "owner", "more", "against", "most"),
    [row[1:] for row in TABLE],
    ids=[row[0].replace(" ", "-") for row in TABLE],
)
def test_table(credit, owner, more, against, most):
    answer = refundable(credit, owner, DAYS, TODAY, **more)
    assert [each.code for each in answer.objections] == against
    assert answer.most.plain == most
    assert answer.allowed is (not against)
    for each in (*answer.objections, *answer.passed):
        assert each.code in REFUSALS
        assert each.text.endswith(".")


def test_the_sentence_has_its_figures():
    credit = replace(PAID, received_on=TODAY - timedelta(2))
    said = refundable(credit, Owner(usd("75"), 2), DAYS, TODAY).objections
    assert "2026-11-29" in said[0].text  # received on the 23rd, five days, then the next
    assert "ACH from a company" in said[0].text
    assert "75.00 USD" in said[1].text
    assert "2 documents" in said[1].text


@pytest.mark.parametrize("rail", RAILS)
def test_a_window_ends_the_day_after_its_last(rail):
    first = free_from(TODAY, rail, DAYS)
    assert first == TODAY + timedelta(DAYS[rail] + 1)
    if rail != "card":
        credit = replace(PAID, rail=rail, received_on=TODAY - timedelta(DAYS[rail]))
        assert codes(credit) == ["refund_window_open"]
        assert codes(replace(credit, received_on=credit.received_on - timedelta(1))) == []


@pytest.mark.invariant(19)
@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(1, 10**9),
    st.sampled_from([*sorted(RAILS), ""]),
    st.integers(0, 200),
)
def test_never_more_than_is_left_and_only_what_is_allowed(open_, reserved, asked, rail, age):
    credit = CreditFacts(
        "p", "payment", Money(open_, "USD"), Money(reserved, "USD"), TODAY - timedelta(age), rail
    )
    answer = refundable(credit, FREE, DAYS, TODAY, asked=Money(asked, "USD"), waived=WAIVED)
    assert 0 <= answer.most.minor <= max(0, open_ - reserved)
    if answer.allowed:
        assert asked <= answer.most.minor
        assert rail != "card"


@pytest.mark.parametrize(
    ("told", "rail"),
    [
        (("camt.053", "EUR", "", "bank"), "transfer"),
        (("camt.053", "USD", "", "bank"), ""),
        (("bai2", "USD", "1002", "bank"), "check"),
        (("lockbox", "USD", "", "bank"), "check"),
        (("fedwire", "USD", "", "bank"), "wire"),
        (("nacha", "USD", "", "bank"), "ach_company"),
        (("", "USD", "", "stripe"), "card"),
        (("", "USD", "", ""), ""),
    ],
)
def test_how_the_money_came(told, rail):
    assert rail_told(*told) == rail


def test_bands_and_dormancy():
    assert [age_band(days) for days in (-3, 0, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366, 5000)] == [
        0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]  # fmt: skip
    assert dormant_on(date(2024, 2, 29), 3) == date(2027, 3, 1)
    assert dormant_on(date(2023, 11, 25), 3) == TODAY
