"""A customer's statement against ours, line by line, and the subledger against the control account (P27)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.reconciliation.check_test import TODAY, entry, invoice, payment
from dunlin.rules.reconciliation.control import against_control
from dunlin.rules.reconciliation.statement import KINDS, Row, compare

pytestmark = [pytest.mark.req("A8"), pytest.mark.rule("P27")]

OURS = [
    invoice(1, 70_000), invoice(2, 50_000, 20_000), invoice(3, 30_000, 0), invoice(4, 9_000), entry(5, "credit_memo", 4_000, number="CM-5"),
    payment(6, 30_000, 0, document_on=TODAY - timedelta(20)), payment(7, 2_500, document_on=TODAY - timedelta(3)),
]  # fmt: skip
THEIRS = [
    Row(2, "inv 1001", 70_000), Row(3, "INV-1002", 50_000), Row(4, "INV-1003", 30_000), Row(5, "INV-9999", 1_000),
    Row(6, "CM-5", -4_000), Row(7, "Transfer", -2_500, TODAY - timedelta(5)), Row(8, "Transfer", -8_000, TODAY), Row(9, "INV-1001", 70_000),
]  # fmt: skip


def test_every_line_of_both_sides_is_in_the_answer_once():
    told = compare(THEIRS, OURS, "USD")
    assert [(line.kind, line.theirs, line.ours) for line in told.lines] == [
        ("differs", 50_000, 20_000),
        ("not_here", 70_000, 0),
        ("not_here", 1_000, 0),
        ("paid_not_here", -8_000, 0),
        ("closed_here", 30_000, 0),
        ("not_there", 0, 9_000),
        ("matched", -4_000, -4_000),
        ("matched", 70_000, 70_000),
        ("matched", -2_500, -2_500),
    ]
    assert told.of("differs")[0].note == "they do not count 300.00 USD that was settled here"
    assert told.of("not_here")[0].note == "they have this number more than once"
    assert (told.theirs, told.ours) == (206_500, 92_500)


def test_a_file_that_counts_what_they_owe_below_zero_is_read_the_other_way_round():
    turned = compare([Row(row.line, row.number, -row.amount, row.on) for row in THEIRS], OURS, "USD")
    assert turned.turned
    assert turned.lines == compare(THEIRS, OURS, "USD").lines


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["INV-1001", "INV-1002", "CM-5", "X-1", ""]), st.integers(-900, 900)), max_size=8),
    st.lists(st.tuples(st.sampled_from(["invoice", "payment", "credit_memo"]), st.integers(1, 900), st.booleans()), max_size=6),
)  # fmt: skip
def test_the_differences_of_the_lines_make_the_difference_of_the_totals(theirs, ours):
    entries = [entry(pk + 1, kind, amount, amount if is_open else 0, number=f"INV-{1001 + pk}" if kind == "invoice" else "") for pk, (kind, amount, is_open) in enumerate(ours)]  # fmt: skip
    rows = [Row(line, number, amount, date(2026, 11, 1)) for line, (number, amount) in enumerate(theirs)]
    told = compare(rows, entries, "USD")
    assert sum(line.difference for line in told.lines) == told.ours - told.theirs
    assert told.ours == sum(each.side * each.open for each in entries)
    assert abs(told.theirs) == abs(sum(row.amount for row in rows))
    assert sum(told.counts.values()) == len(told.lines)
    assert set(told.counts) == set(KINDS)
    items = [line.item for line in told.lines if line.item]
    assert len(items) == len(set(items))


@pytest.mark.invariant(4)
def test_the_subledger_against_the_control_account():
    told = against_control(
        {("US01", "USD"): 500, ("DE01", "EUR"): 7}, {("US01", "USD"): 499, ("US01", "CAD"): 0}
    )
    assert [(each.entity, each.currency, each.difference) for each in told] == [
        ("DE01", "EUR", None),
        ("US01", "CAD", 0),
        ("US01", "USD", 1),
    ]
