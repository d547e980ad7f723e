"""Each kind of payment with the decision it must get: what is done alone, what is a person's, and what money goes where."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.cash.facts import Bars, Standing
from dunlin.rules.cash.matching import match
from dunlin.rules.cash.memory import Learnt, Party
from dunlin.rules.cash.memory_test import DAY, book, item, payment
from dunlin.rules.cash.words import sentence_of

pytestmark = [pytest.mark.req("E2"), pytest.mark.rule("P27")]
A, B, C = item("1928500001", 1200_00), item("1928500017", 834_55, due=5), item("1928500099", 311_07, due=9)


def put(proposal) -> dict[str, int]:
    return {line.item: line.amount for line in proposal.lines}


def test_named_in_full_and_paid_in_full():
    found = match(payment(1200_00, "PAYMENT INV 1928500001"), book(A, B))
    assert (found.decision, found.step, put(found)) == ("auto", "named", {A.id: 1200_00})
    assert "it names 1928500001" in sentence_of(found, "USD")


def test_the_payers_list_with_a_short_line_is_a_deduction_with_their_reason():
    found = match(
        payment(1900_00, listed=[("1928500001", 1065_45, "damaged goods"), ("1928500017", 834_55, "")]),
        book(A, B),
    )
    assert found.decision == "auto"
    assert put(found) == {A.id: 1065_45, B.id: 834_55}
    assert [(k.item, k.amount, k.reason) for k in found.deductions] == [(A.id, 134_55, "DAMAGED GOODS")]


def test_a_credit_memo_of_the_order_makes_up_the_difference():
    order = replace(A, po_number="4500001")
    credit = item("1777000001", -200_00, po_number="4500001")
    found = match(payment(1000_00, "1928500001"), book(order, B, credit))
    assert (found.decision, put(found)) == ("auto", {A.id: 1200_00, credit.id: -200_00})


def test_a_discount_to_the_cent_and_bank_charges_have_their_own_codes():
    found = match(payment(1176_00, "1928500001"), book(A, B))
    assert [(k.amount, k.reason) for k in found.deductions] == [(24_00, "DISCOUNT")]
    found = match(payment(1185_00, "1928500001", channel="WIRE"), book(A, B))
    assert (found.decision, [(k.amount, k.reason) for k in found.deductions]) == (
        "auto",
        [(15_00, "BANK_FEE")],
    )


@pytest.mark.trap(42)
def test_a_part_payment_is_put_on_what_it_names():
    found = match(payment(400_00, "1928500001"), book(A, B))
    assert (found.decision, put(found), found.deductions, found.unapplied) == ("auto", {A.id: 400_00}, (), 0)


def test_too_much_stays_unapplied():
    found = match(payment(1200_90, "1928500001"), book(A, B))
    assert (found.decision, put(found), found.unapplied) == ("auto", {A.id: 1200_00}, 90)


def test_without_a_reference_one_item_or_a_unique_few():
    found = match(payment(834_55), book(A, B, C))
    assert (found.decision, found.step, put(found)) == ("auto", "one_item", {B.id: 834_55})
    found = match(payment(1145_62), book(A, B, C))
    assert (found.decision, found.step, put(found)) == ("auto", "few_items", {B.id: 834_55, C.id: 311_07})
    assert match(payment(2345_62), book(A, B, C)).step == "whole_balance"


def test_what_is_named_and_others_that_make_the_rest():
    found = match(payment(1511_07, "INV 1928500001 192"), book(A, B, C))
    assert (found.decision, put(found)) == ("auto", {A.id: 1200_00, C.id: 311_07})


def test_a_list_that_was_cut_off_goes_on_behind_its_last_number():
    many = [item(f"19285{n:05d}", 10_007 + 977 * n * n, due=n) for n in range(30)]
    paid = sum(each.open for each in many[3:16])
    found = match(payment(paid, f"INV {many[3].number}, {many[4].number}, INV 19"), book(*many))
    assert found.decision == "auto"
    assert put(found) == {each.id: each.open for each in many[3:16]}
    other = match(payment(paid + 4, f"INV {many[3].number}, {many[4].number}, INV 19"), book(*many))
    assert other.decision == "review"


def test_equal_items_are_asked_unless_the_customer_chose_the_earliest():
    twin = item("1928500555", 1200_00, due=20)
    asked = match(payment(1200_00), book(A, twin, B))
    assert (asked.decision, asked.forbidden, put(asked)) == ("review", ("equal_items",), {A.id: 1200_00})
    chosen = [Party("C1", "Acme Trading Ltd", standing=Standing(equal_items="earliest_due"))]
    assert match(payment(1200_00), book(A, twin, B, parties=chosen)).decision == "auto"
    named = match(payment(1200_00, "1928500555"), book(A, twin, B))
    assert (named.decision, put(named)) == ("auto", {twin.id: 1200_00})


@pytest.mark.trap(40)
def test_the_reference_wins_over_an_amount_that_fits_something_else():
    other = item("1928500777", 1200_00)
    found = match(payment(1200_00, "INV 1928599999"), book(other, item("1928500017", 5)))
    assert (found.decision, found.forbidden) == ("review", ("names_not_open",))


def test_a_parent_pays_for_its_children():
    mills, bakery = item("1928500201", 500_10, "C2"), item("1928500202", 600_20, "C3")
    found = match(
        payment(1100_30, "1928500201 1928500202", name="BOROUGH HOLDINGS CORP"), book(mills, bakery)
    )
    assert (found.decision, set(found.customers)) == ("auto", {"C2", "C3"})


@pytest.mark.invariant(10)
def test_a_payer_that_is_sure_never_pays_strangers():
    found = match(payment(500_10, "1928777201"), book(item("1928777201", 500_10, "C2"), A))
    assert found.decision == "review"
    assert put(found) == {}


def test_an_unknown_payer_is_known_by_what_it_names_in_full():
    found = match(payment(1200_00, "1928500001", name="PAY SERVICE 77"), book(A, B))
    assert (found.decision, found.customers) == ("auto", ("C1",))
    assert match(payment(1200_00, name="PAY SERVICE 77"), book(A, B)).forbidden == ("payer_unknown",)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"held": "disputed"}, "item_held"),
        ({"held": "written off"}, "item_held"),
    ],
)
def test_held_items_are_never_paid_alone(more, code):
    found = match(payment(1200_00, "1928500001"), book(replace(A, **more), B))
    assert (found.decision, found.forbidden) == ("review", (code,))


@pytest.mark.parametrize(
    ("standing", "code"),
    [(Standing(insolvent=True), "customer_insolvent"), (Standing(sanctioned=True), "sanctions_hit")],
)
def test_customers_nothing_is_done_alone_for(standing, code):
    found = match(
        payment(1200_00, "1928500001"), book(A, parties=[Party("C1", "Acme Trading Ltd", standing=standing)])
    )
    assert (found.decision, found.forbidden) == ("review", (code,))


@pytest.mark.parametrize(
    "memo", ["PREPAYMENT 1928500001", "deposit", "ON ACCOUNT", "Anzahlung 1928500001", "REFUND"]
)
def test_the_payers_instruction_wins(memo):
    found = match(payment(1200_00, memo), book(A, B))
    assert (found.decision, put(found), found.unapplied, found.forbidden) == (
        "review",
        {},
        1200_00,
        ("payer_instruction",),
    )


def test_intercompany_netting_and_large_amounts_are_a_persons():
    assert "netting" in match(payment(1200_00, "NETTING 1928500001"), book(A)).forbidden
    assert match(payment(1200_00, "1928500001"), book(A), Bars(auto_limit=1000_00)).forbidden == (
        "over_auto_limit",
    )


@pytest.mark.invariant(11)
@pytest.mark.trap(43)
def test_another_currency_is_never_applied():
    found = match(payment(1200_00, "1928500001"), book(replace(A, currency="EUR")))
    assert (found.decision, put(found), found.unapplied) == ("review", {}, 1200_00)


@pytest.mark.invariant(13)
def test_the_same_money_again_within_five_days_is_suspect():
    made = book(A, item("1928500002", 1200_00, due=3))
    first = replace(payment(1200_00, "1928500001", id="P0"), on=DAY - timedelta(3))
    made.seen(first)
    assert match(payment(1200_00, "1928500001"), made).forbidden == ("duplicate_suspect",)
    assert match(payment(1200_00, "1928500002"), made).decision == "auto"


def test_a_discount_that_is_a_habit_needs_no_reference():
    made = book(A, B)
    assert match(payment(1164_00), made).decision == "review"
    made.teach(Learnt(payment(1, id="H"), ("C1",), (("C1", 300),)))
    found = match(payment(1164_00), made)
    assert (found.decision, put(found), found.deductions[0].amount) == ("auto", {A.id: 1164_00}, 36_00)


def test_oldest_first_only_where_the_terms_say_so():
    terms = [Party("C1", "Acme Trading Ltd", standing=Standing(oldest_first=True))]
    found = match(payment(1300_00), book(A, B, parties=terms))
    assert (found.decision, found.step, put(found)) == ("auto", "oldest_first", {A.id: 1200_00, B.id: 100_00})
    assert put(match(payment(1300_00), book(A, B))) == {}


def test_money_that_went_out_is_refused():
    with pytest.raises(ValueError, match="only money that came in"):
        match(payment(-5), book(A))


@pytest.mark.invariant(2)
@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(-500, 3_000).filter(bool), min_size=1, max_size=12),
    st.integers(1, 9_000),
    st.text("0123456789 INVPO/-", max_size=40),
    st.lists(
        st.tuples(
            st.sampled_from(["1928500000", "1928500003", "PO 1", "x"]), st.integers(-900, 3_000), st.just("")
        ),
        max_size=3,
    ),
)
def test_lines_and_rest_are_always_the_money_and_no_item_gets_more_than_is_open(amounts, paid, memo, listed):
    items = [item(f"192850000{n:x}".upper(), amount, due=n) for n, amount in enumerate(amounts)]
    found = match(payment(paid, memo, listed=listed), book(*items))
    open_ = {each.id: each.open for each in items}
    assert sum(line.amount for line in found.lines) + found.unapplied == paid
    assert len(put(found)) == len(found.lines)
    assert all(
        0 <= line.amount <= open_[line.item] or open_[line.item] <= line.amount <= 0 for line in found.lines
    )
    assert found.unapplied >= 0 or found.decision == "review"
