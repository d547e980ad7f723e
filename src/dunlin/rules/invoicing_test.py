"""Charges to lines and credit memos: every rounding, sums that conserve, exemption to the day (A6, P36, P21; invariants 15 and 16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.codes import Refused
from dunlin.rules.crediting import credit_amount, credit_lines, credit_whole, left_of
from dunlin.rules.creditor_references import in_groups, reference_of_document
from dunlin.rules.invoicing import Certificate, Charge, bill, covers, half_up, problems_of, spread
from dunlin.rules.issue_checks import IssueFacts, checks, stopping
from dunlin.rules.money import Money

pytestmark = pytest.mark.req("A6")
ON = date(2026, 11, 25)


def charge(price, quantity="1", pct="0", place="", **more):
    more.setdefault("description", "Freight")
    return Charge(
        unit_price=Decimal(price),
        quantity=Decimal(quantity),
        tax_pct=Decimal(pct),
        jurisdiction=place,
        **more,
    )


@pytest.mark.trap(39)
def test_tax_by_the_line_and_by_the_document_differ_by_the_cent_that_the_setting_says():
    lines = [charge("1710.43", "1", "7.125", "US-NY")] * 4  # 121.868... a line
    by_line = bill(lines, "USD", on=ON, rounding="line")
    by_document = bill(lines, "USD", on=ON, rounding="document")
    assert [line.tax for line in by_line.lines] == [12187] * 4
    assert (by_line.tax, by_line.total) == (48748, 732920)
    assert [line.tax for line in by_document.lines] == [12187, 12187, 12187, 12186]
    assert (by_document.tax, by_document.total) == (48747, 732919)
    for made in (by_line, by_document):
        assert (
            sum(line.gross for line in made.lines) == made.total == sum(g.base + g.tax for g in made.groups)
        )


def test_a_price_of_a_month_is_charged_for_its_days():
    month = (date(2026, 11, 1), date(2026, 11, 30))
    made = bill([charge("100", service=(date(2026, 11, 16), date(2026, 11, 30)), period=month)], "USD", on=ON)
    assert (made.total, made.lines[0].days, made.lines[0].of_days) == (5000, 15, 30)
    half = bill(
        [charge("99.99", service=(date(2026, 11, 16), date(2026, 11, 30)), period=month)], "JPY", on=ON
    )
    assert half.total == 50  # 49.995 yen


@pytest.mark.parametrize(
    "place, days, exempt",
    [
        ("US-TX", (ON, ON), True), ("us-tx", (ON, ON), True), ("US-TX-Austin", (ON, ON), True), ("US", (ON, ON), False),
        ("US-TXX", (ON, ON), False), ("US-TX", (date(2026, 1, 1), date(2026, 1, 1)), True),
        ("US-TX", (date(2025, 12, 1), date(2025, 12, 31)), False), ("US-TX", (date(2026, 12, 31), date(2026, 12, 31)), True),
        ("US-TX", (date(2026, 12, 1), date(2027, 1, 1)), False),
    ],
)  # fmt: skip
def test_a_certificate_exempts_where_it_holds_on_the_last_day_of_the_supply(place, days, exempt):
    of = [Certificate(1, "TX-1", "US-TX", date(2026, 1, 1), date(2026, 12, 31))]
    made = bill([charge("100", pct="8.25", place=place, service=days)], "USD", on=ON, certificates=of)
    assert (made.tax == 0) is exempt
    assert (made.lines[0].certificate is not None) is exempt


def test_a_certificate_without_a_place_exempts_nothing_and_untaxed_is_said_not_meant():
    assert not covers("", "US-TX")
    found = problems_of([charge("100", place="US-TX"), charge("100", pct="5"), charge("100")], "USD", on=ON)
    assert [(each.position, each.refusal.code) for each in found] == [
        (1, "charge_without_tax"), (2, "charge_without_jurisdiction"),
    ]  # fmt: skip


def test_every_problem_is_named_with_its_line():
    month = (date(2026, 11, 1), date(2026, 11, 30))
    bad = [
        charge("1", description=" "), charge("NaN"), charge("1.1234567"), charge("1", "0"), charge("1", pct="101", place="X"),
        charge("1", service=(ON, date(2026, 1, 1))), charge("1", period=month),
        charge("1", service=(date(2026, 10, 31), ON), period=month), charge("9" * 11, "9" * 10),
    ]  # fmt: skip
    assert [(each.position, each.refusal.code) for each in problems_of(bad, "USD", on=ON)] == [
        (1, "charge_not_described"), (2, "charge_number_unusable"), (3, "charge_number_unusable"), (4, "charge_number_unusable"),
        (5, "charge_number_unusable"), (6, "charge_days_wrong"), (7, "charge_outside_period"), (8, "charge_outside_period"),
        (9, "charge_too_large"),
    ]  # fmt: skip
    assert [each.refusal.code for each in problems_of([], "USD", on=ON)] == ["charge_missing"]
    with pytest.raises(Refused, match="more than zero"):
        bill([charge("10"), charge("-10")], "USD", on=ON)


charges_ = st.lists(
    st.builds(
        charge,
        st.decimals(-50, 5000, places=3).map(str),
        st.decimals("0.1", 40, places=2).map(str),
        st.sampled_from(["8.875", "7", "20", "0.5"]),
        st.sampled_from(["US-NY", "US-TX", "GB"]),
    ),
    min_size=1,
    max_size=12,
).map(lambda some: [*some, charge("60000", "1", "7", "US-NY")])


@pytest.mark.invariant(16)
@given(charges_, st.sampled_from(["line", "document"]), st.sampled_from(["USD", "JPY", "KWD"]))
@settings(max_examples=60, deadline=None)
def test_lines_make_the_whole_and_no_residue_is_lost_or_invented(some, rounding, currency):
    made = bill(some, currency, on=ON, rounding=rounding)
    assert sum(line.net for line in made.lines) == made.net
    assert sum(line.tax for line in made.lines) == made.tax == sum(group.tax for group in made.groups)
    for line in made.lines:
        exact = Fraction(line.tax_pct) / 100 * line.net
        assert abs(line.tax - exact) < 1
        if rounding == "line":
            assert line.tax == half_up(exact)
    if rounding == "document":
        for group in made.groups:
            assert group.tax == half_up(Fraction(group.tax_pct) / 100 * group.base)


@pytest.mark.invariant(16)
@given(charges_, st.lists(st.integers(1, 100), max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_credit_memos_of_an_invoice_make_exactly_its_net_and_tax_when_the_last_is_written(some, shares, data):
    made = bill(some, "USD", on=ON)
    taken = []
    for share in shares:
        left = left_of(made.lines, taken)
        rest = sum(line.gross for line in left)
        if rest <= 0:
            break
        if data.draw(st.booleans()):
            memo = credit_amount("USD", left, Money(max(1, rest * share // 100), "USD"))
            assert memo.total == max(1, rest * share // 100)
        else:
            line = data.draw(st.sampled_from([each for each in left if each.gross > 0] or [None]))
            if line is None:
                continue
            wanted = None if line.quantity is None or line.quantity <= Decimal("0.1") else Decimal("0.1")
            try:
                memo = credit_lines("USD", made.lines, left, {line.position: wanted})
            except Refused:
                continue
        taken += memo.lines
    left = left_of(made.lines, taken)
    if sum(line.gross for line in left) > 0:
        taken += credit_whole("USD", left).lines
    if sum(line.gross for line in left_of(made.lines, taken)) == 0 and any(line.gross for line in left):
        assert sum(line.net for line in taken) == made.net
        assert sum(line.tax for line in taken) == made.tax
    assert sum(line.gross for line in taken) <= made.total


def test_what_cannot_be_credited_is_refused():
    made = bill([charge("100", "3", "7", "US-NY"), charge("50")], "USD", on=ON)
    first = credit_lines("USD", made.lines, made.lines, {1: Decimal(1)})
    assert (first.net, first.tax, first.lines[0].credits) == (10000, 700, 1)
    left = left_of(made.lines, first.lines)
    assert (left[0].quantity, left[0].net, left[0].tax) == (2, 20000, 1400)
    for wanted, code in (({1: Decimal(3)}, "credit_quantity_wrong"), ({9: None}, "credit_line_unknown")):
        with pytest.raises(Refused) as raised:
            credit_lines("USD", made.lines, left, wanted)
        assert raised.value.code == code
    with pytest.raises(Refused) as raised:
        credit_amount("USD", left, Money(26401, "USD"))
    assert raised.value.code == "credit_exceeds_rest"
    done = [*first.lines, *credit_whole("USD", left).lines]
    with pytest.raises(Refused) as raised:
        credit_whole("USD", left_of(made.lines, done))
    assert raised.value.code == "credit_nothing_left"


@given(st.lists(st.fractions(-100, 100), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_spread_gives_each_part_its_own_rounded_and_keeps_the_whole(exact):
    whole = half_up(sum(exact, Fraction(0)))
    parts = spread(exact, whole)
    assert sum(parts) == whole
    assert all(abs(part - each) < 1 for part, each in zip(parts, exact))


@pytest.mark.rule("P36")
def test_each_check_before_issue_has_its_code_and_some_are_answered():
    good = IssueFacts(
        kind="invoice", customer="Lakeside", status="active", bill_to=("1 Road",), reached_by="email",
        amount=Money(100, "USD"), document_on=ON, due_on=date(2026, 12, 25), po_number="PO 1", po_required=True,
    )  # fmt: skip
    assert checks(good) == ()
    bad = replace(
        good, status="closed", bill_to=(), reached_by="", due_on=None, po_number=" ", like="INV-1", like_on=ON
    )
    found = checks(bad)
    assert [each.code for each in found] == [
        "issue_customer_closed", "issue_po_missing", "issue_due_date_missing", "issue_like_another", "issue_bill_to_missing",
        "issue_not_delivered",
    ]  # fmt: skip
    left = stopping(found, {"issue_like_another", "issue_customer_closed", "issue_po_missing"})
    assert [each.code for each in left] == ["issue_po_missing", "issue_due_date_missing"]
    by_letter = checks(replace(good, bill_to=(), reached_by="letter"))
    assert [each.code for each in stopping(by_letter)] == ["issue_bill_to_missing"]
    early = checks(replace(good, due_on=date(2026, 11, 1)))
    assert [each.code for each in stopping(early)] == ["issue_due_before_document"]
    assert checks(replace(bad, kind="credit_memo", like="", bill_to=("x",), reached_by="email")) == ()


def test_the_reference_of_a_document_has_the_right_check_digits():
    reference = reference_of_document("US01-INV-000123")
    assert int("".join(str(int(mark, 36)) for mark in reference[4:] + reference[:4])) % 97 == 1
    assert reference[4:] == "US01INV000123"
    assert reference_of_document("20931")[4:] == "INV20931"
    assert in_groups("RF78") == "RF78"
    assert reference_of_document("X" * 30) == ""
