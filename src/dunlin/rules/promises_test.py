"""Promises are judged by the books (P18): on their day, by value date, net of what came back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules import promises
from dunlin.rules.promises import Claim, Receipt, allocate_money, evaluate, kept_rate, money_of, replaces

DUE = date(2026, 3, 10)
ON_TIME = (DUE, 100_000)


@pytest.mark.req("D2")
@pytest.mark.rule("P18")
@pytest.mark.parametrize(
    "payments, as_of, status, paid",
    [
        pytest.param([ON_TIME], date(2026, 3, 13), "kept", 100_000, id="paid in full"),
        pytest.param([], date(2026, 3, 13), "broken", 0, id="nothing came"),
        pytest.param([(DUE, 40_000)], date(2026, 3, 13), "partially_kept", 40_000, id="part came"),
        pytest.param([(DUE, 99_999)], date(2026, 3, 13), "partially_kept", 99_999, id="one cent short"),
        pytest.param([], date(2026, 3, 12), "open", 0, id="last day of tolerance is not judged"),
        pytest.param([ON_TIME], date(2026, 3, 12), "open", 100_000, id="paid early is judged on its day"),
        pytest.param([(date(2026, 3, 12), 100_000)], date(2026, 3, 13), "kept", 100_000, id="value date inside tolerance"),
        pytest.param([(date(2026, 3, 13), 100_000)], date(2026, 3, 20), "broken", 0, id="a day too late"),
        pytest.param([ON_TIME, (date(2026, 3, 25), -100_000)], date(2026, 3, 24), "kept", 100_000, id="before the return"),
        pytest.param([ON_TIME, (date(2026, 3, 25), -100_000)], date(2026, 3, 25), "broken", 0, id="returned later"),
        pytest.param(
            [(DUE, 60_000), (DUE, 40_000), (date(2026, 3, 25), -40_000)], date(2026, 3, 25), "partially_kept", 60_000,
            id="one of two returned",
        ),
        pytest.param(
            [ON_TIME, (date(2026, 3, 20), 5_000), (date(2026, 3, 25), -5_000)], date(2026, 3, 26), "kept", 100_000,
            id="a late payment returned takes nothing from the one on time",
        ),
        pytest.param([(date(2026, 3, 1), 100_000)], date(2026, 3, 13), "broken", 0, id="money from before the promise"),
    ],
)  # fmt: skip
def test_a_promise_of_1000_on_10_march_made_on_2_march(payments, as_of, status, paid):
    judged = evaluate(100_000, DUE, 2, payments, as_of, made_on=date(2026, 3, 2))
    assert (judged.status, judged.paid) == (status, paid)


@pytest.mark.trap(45)
def test_a_promise_without_an_amount_promised_all_that_was_open():
    assert (
        evaluate(None, DUE, 2, [(DUE, 50_000)], date(2026, 3, 13), open_of_items=80_000).status
        == "partially_kept"
    )
    assert evaluate(None, DUE, 2, [(DUE, 80_000)], date(2026, 3, 13), open_of_items=80_000).status == "kept"
    with pytest.raises(ValueError, match="above zero"):
        evaluate(None, DUE, 2, [], date(2026, 3, 13))


def test_amount_tolerance_forgives_the_last_per_cent_and_no_more():
    late = date(2026, 3, 13)
    assert evaluate(100_000, DUE, 2, [(DUE, 99_000)], late, tolerance_pct=1).status == "kept"
    assert evaluate(100_000, DUE, 2, [(DUE, 98_999)], late, tolerance_pct=1).status == "partially_kept"
    assert evaluate(100_000, DUE, 2, [], late, tolerance_pct=100).status == "broken"


def test_kept_rate_leaves_open_and_cancelled_out():
    rows = [("kept", 100, 100), ("broken", 300, 0), ("open", 900, 0), ("cancelled", 900, 0)]
    assert kept_rate(rows) == (Decimal(50), Decimal(25))
    assert kept_rate([("open", 1, 0)]) == (None, None)


def test_overpaying_one_promise_does_not_improve_another():
    assert kept_rate([("kept", 100, 900), ("broken", 100, 0)]).by_amount_pct == 50


@pytest.mark.rule("P18")
def test_money_counts_for_the_earlier_promise_of_its_item_first():
    first = Claim(1, 60, DUE, date(2026, 3, 1), {7})
    second = Claim(2, 60, DUE + timedelta(5), date(2026, 3, 1), {7})
    other = Claim(3, 60, DUE, date(2026, 3, 1), {8})
    counted = allocate_money([second, other, first], [Receipt(1, 7, DUE, 100)])
    assert money_of(counted) == {1: 60, 2: 40}


def test_a_promise_without_items_takes_what_is_left():
    named, loose = Claim(1, 60, DUE, date(2026, 3, 1), {7}), Claim(2, 60, date(2026, 3, 5), date(2026, 3, 1))
    assert money_of(allocate_money([loose, named], [Receipt(1, 7, date(2026, 3, 4), 100)])) == {1: 60, 2: 40}


def test_money_counts_from_the_day_the_promise_was_made_through_its_tolerance():
    made = date(2026, 3, 1)
    days = [made - timedelta(1), made, DUE + timedelta(2), DUE + timedelta(3)]
    counted = allocate_money(
        [Claim(1, 100, DUE, made, {7})], [Receipt(n, 7, on, 10) for n, on in enumerate(days)]
    )
    assert [part.receipt_id for part in counted] == [1, 2]


def test_returned_money_counts_for_nobody():
    claim = Claim(1, 60, DUE, date(2026, 3, 1), {7})
    assert allocate_money([claim], [Receipt(1, 7, DUE, 60, returned=60)]) == []
    assert money_of(allocate_money([claim], [Receipt(1, 7, DUE, 60, returned=20)])) == {1: 40}


@pytest.mark.trap(44)
def test_a_new_promise_closes_the_old_one_of_its_item_unless_that_was_kept():
    assert replaces("open", {1, 2}, {2, 3})
    assert replaces("broken", {1}, {1})
    assert not replaces("kept", {1}, {1})
    assert not replaces("open", {1}, {2})
    assert promises.status_when_replaced("open") == "cancelled"
    assert promises.status_when_replaced("broken") == "broken"
    assert promises.level_of_new([]) == 0
    assert promises.level_of_new([0, 3]) == 4


def test_transitions():
    assert promises.may_become("kept", "broken")
    assert promises.may_become("open", "cancelled")
    assert not promises.may_become("cancelled", "open")
    assert not promises.may_become("broken", "open")


days = st.integers(0, 20).map(lambda n: date(2026, 3, 1) + timedelta(n))
claims = st.lists(
    st.tuples(st.integers(1, 500), days, days, st.frozensets(st.integers(1, 3), max_size=2)), max_size=6
).map(lambda rows: [Claim(i, *row) for i, row in enumerate(rows)])
receipts = st.lists(
    st.tuples(st.integers(1, 3), days, st.integers(1, 500), st.integers(0, 600)), max_size=6
).map(lambda rows: [Receipt(i, *row) for i, row in enumerate(rows)])


@pytest.mark.invariant(21)
@settings(max_examples=150, deadline=None)
@given(claims, receipts, st.randoms(use_true_random=False))
def test_one_unit_of_money_counts_for_at_most_one_promise(some_claims, some_receipts, chance):
    counted = allocate_money(some_claims, some_receipts)
    for receipt in some_receipts:
        used = sum(part.amount for part in counted if part.receipt_id == receipt.id)
        assert used <= max(0, receipt.amount - receipt.returned)
    for claim in some_claims:
        assert money_of(counted).get(claim.id, 0) <= claim.amount
    assert all(part.amount > 0 for part in counted)
    chance.shuffle(some_claims)
    chance.shuffle(some_receipts)
    assert allocate_money(some_claims, some_receipts) == counted


payment_rows = st.lists(st.tuples(days, st.integers(-300, 300)), max_size=6)


@pytest.mark.invariant(22)
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), days, payment_rows, st.booleans()), max_size=6), days)
def test_every_promise_has_one_status_and_the_rate_stays_within_bounds(rows, as_of):
    judged = [evaluate(amount, due, 2, paid, as_of) for amount, due, paid, _ in rows]
    for (_, due, payments, _), judgement in zip(rows, judged):
        assert judgement.status in promises.STATUSES
        assert (judgement.status == "open") == (as_of <= due + timedelta(2))
        assert 0 <= judgement.paid <= sum(amount for _, amount in payments if amount > 0)
    statuses = ["cancelled" if cancelled else each.status for each, (*_, cancelled) in zip(judged, rows)]
    assert sum(statuses.count(each) for each in promises.STATUSES) == len(rows)
    for pct in kept_rate((status, each.promised, each.paid) for status, each in zip(statuses, judged)):
        assert pct is None or 0 <= pct <= 100
