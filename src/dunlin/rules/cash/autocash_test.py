from datetime import date
from decimal import Decimal

import pytest

from dunlin.rules.cash.autocash import Due, auto_match_rate, autocash
from dunlin.rules.cash.deductions import code_of
from dunlin.rules.cash.rmr import read_rmr
from dunlin.rules.cash.tolerances import Tolerance, small_difference

pytestmark = [pytest.mark.req("E2"), pytest.mark.req("E3")]
ON = date(2026, 3, 10)
ITEMS = [
    Due("b", 200_00, date(2026, 3, 5)),
    Due("a", 300_00, date(2026, 3, 1)),
    Due("c", 150_00, date(2026, 3, 20)),
]


def test_oldest_first_in_order_of_due_dates_the_last_in_part():
    found = autocash(600_00, ON, ITEMS, ["match_one", "oldest_first"], partial=True)
    assert found.applications == (("a", 300_00), ("b", 200_00), ("c", 100_00))
    assert autocash(700_00, ON, ITEMS, ["oldest_first"], partial=True).remainder == 50_00
    assert autocash(550_00, ON, ITEMS, ["oldest_first"]).applications == (("a", 300_00), ("b", 200_00))


def test_whole_account_past_due_and_one_item():
    rules = ["match_one", "clear_account", "clear_past_due"]
    assert autocash(650_00, ON, ITEMS, rules).rule == "clear_account"
    assert autocash(500_00, ON, ITEMS, rules).rule == "clear_past_due"
    assert autocash(150_00, ON, ITEMS, rules).applications == (("c", 150_00),)
    assert autocash(10_00, ON, ITEMS, rules).remainder == 10_00


def test_an_earned_discount_counts_as_payment_and_two_of_an_amount_are_no_match():
    early = Due("d", 100_00, ON, discount=2_00, discount_until=ON)
    assert autocash(98_00, ON, [early], ["match_one"]).applications == (("d", 98_00),)
    assert autocash(5_00, ON, [Due("x", 5_00, ON), Due("y", 5_00, ON)], ["match_one"]).rule == ""
    with pytest.raises(ValueError, match="is not a rule"):
        autocash(5_00, ON, ITEMS, ["newest_first"])


@pytest.mark.trap(62)
def test_the_rate_is_of_all_payments_and_undefined_of_none():
    assert auto_match_rate(5_600, 8_000) == Decimal(70)
    assert auto_match_rate(0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        auto_match_rate(3, 2)


def test_an_rmr_that_leaves_something_unexplained():
    found = read_rmr("RMR*IV*8045551212**345.63*400.00*4.87\\")
    assert (found.paid, found.unexplained) == (Decimal("345.63"), Decimal("49.50"))
    assert read_rmr("RMR*IV*8045551212**345.63\\").unexplained is None
    for wrong in ("ENT*1", "RMR*IV", "RMR*IV*1**x"):
        with pytest.raises(ValueError):
            read_rmr(wrong)


@pytest.mark.trap(39)
def test_small_differences_need_amount_and_per_cent_and_never_hide_a_dispute_or_a_habit():
    allowed = Tolerance(under=5_00, under_rate=100, over=1_00, over_rate=100)
    assert small_difference(1000_00, 1000_00, allowed) == "none"
    assert small_difference(1000_00, 995_00, allowed) == "within"
    assert small_difference(1000_00, 994_99, allowed) == "beyond"
    assert small_difference(100_00, 98_00, allowed) == "beyond"  # more than 1 %
    assert small_difference(1000_00, 1001_00, allowed) == "within"
    assert small_difference(1000_00, 1002_00, allowed) == "beyond"
    assert small_difference(1000_00, 999_00, allowed, disputed=True) == "disputed"
    assert small_difference(1000_00, 999_00, allowed, earlier=2) == "repeated"
    assert small_difference(1000_00, 999_99, Tolerance()) == "beyond"


@pytest.mark.parametrize(
    ("words", "code"),
    [("PRICE DIFF", "price"), ("SHORT SHIP", "quantity"), ("DAMAGED GOODS", "damage"), ("RETURN RMA", "return"), ("FREIGHT CLAIM", "freight"),
     ("TAX EXEMPT", "tax"), ("Skonto 2%", "discount"), ("CO-OP AD", "promotion"), ("wire fee", "bank_fee"), ("hello", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_reasons_of_payers_have_codes(words, code):
    assert code_of(words) == code
