from dataclasses import replace
from datetime import date

import pytest

from dunlin.rules.cash.advices import Advised, Came, fits, the_one

pytestmark = [pytest.mark.req("E2"), pytest.mark.rule("P27")]
DAY = date(2026, 5, 4)
ADVICE = Advised(1, "USD", 50_000, DAY, "FT-0042", "00731", "Lakeside Hotels Inc", 7)
CAME = Came(9, "USD", 50_000, 0, DAY, payer_name="somebody else")


@pytest.mark.parametrize(
    "changed, how",
    [
        ({"numbers": ("ft 0042",), "amount": 1}, "trace"),
        ({"text": "payment FT0042 thanks"}, "trace"),
        (
            {"text": "payment FT0042 thanks", "amount": 1},
            None,
        ),  # a number in a text needs the amount beside it
        ({"check": "731"}, "check"),
        ({"check": "731", "amount": 49_999}, None),
        ({"customers": frozenset({7})}, "payer"),
        ({"payer_name": "LAKESIDE HOTELS, INC."}, "payer"),
        ({"payer_name": "LAKESIDE HOTELS, INC.", "amount": 49_500, "charges": 500}, "payer"),
        ({"customers": frozenset({7}), "day": date(2026, 5, 15)}, None),
        ({"customers": frozenset({8})}, None),
        ({"numbers": ("FT-0042",), "currency": "EUR"}, None),
    ],
)
def test_what_makes_an_advice_of_this_money(changed, how):
    assert fits(ADVICE, replace(CAME, **changed)) == how


@pytest.mark.trap(40)
def test_two_that_fit_as_well_are_a_persons_and_the_stronger_sign_wins():
    assert the_one([]) is None
    assert the_one([(1, "payer", True), (2, "payer", True)]) is None
    assert the_one([(1, "payer", True), (2, "trace", False)]) == (2, "trace")
    assert the_one([(1, "trace", True), (2, "trace", False)]) == (1, "trace")


def test_a_short_number_says_nothing():
    assert fits(replace(ADVICE, trace="042"), replace(CAME, numbers=("042",))) is None
