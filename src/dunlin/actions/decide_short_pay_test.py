"""Short pays decided: each outcome posts what it says and nothing else, within authority; money over is decided too (E3, P27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import Q

from dunlin.actions.ask_refund import RefundAsked
from dunlin.actions.decide_approval import decide_approval
from dunlin.actions.decide_overpayment import decide_overpayment
from dunlin.actions.decide_short_pay import decide_short_pay
from dunlin.actions.process_receipt import Placing, place_receipt
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Approval, Balance, Dispute, FollowUp, Item, Overpayment, Receipt, Refund
from dunlin.records.policies import current_policy
from dunlin.reports.short_pays import case_of, case_sums, over_page, short_page
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E3"), pytest.mark.rule("P27")]


@pytest.fixture
def case(books):
    """Lakeside paid 600.00 of 1,000.00 and says that the price was wrong."""
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("600.00", "Lakeside", "INV-1002", "P1")]))
    placing = Placing(books.lakeside.pk, [Use(books.current.pk)], short_reason="price")
    place_receipt(cast.who("ar_manager"), Receipt.objects.get().pk, placing)
    return Dispute.objects.get()


def owed(books):
    row = Balance.objects.get(customer=books.lakeside, currency="USD")
    return row.debits - row.unapplied


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code


@pytest.mark.invariant(20)
def test_a_chargeback_changes_neither_the_sum_nor_its_age(books, case):
    before = owed(books)
    decided = decide_short_pay(cast.who(books.mona), case.pk, "chargeback")
    billed = Item.objects.get(pk=decided.item_id)
    assert (billed.kind, billed.amount, billed.open, billed.reason, billed.due_on) == ("chargeback", 400_00, 400_00, "price", TODAY)  # fmt: skip
    invoice = Item.objects.get(pk=books.current.pk)
    assert (invoice.open, invoice.disputed) == (0, 0)
    assert owed(books) == before
    case.refresh_from_db()
    assert (case.resolution, case.settled_by_id) == ("chargeback", billed.pk)
    refused("dispute_resolved_already", decide_short_pay, cast.who(books.mona), case.pk, "refused", note="no")
    assert verify(TODAY, current_policy()).clean


@pytest.mark.invariant(18)
@pytest.mark.invariant(29)
@pytest.mark.parametrize("outcome, kind", [("credit", "credit_memo"), ("write_off", "write_off")])
def test_above_the_limit_another_person_decides_and_then_it_is_done(books, case, outcome, kind):
    senior = cast.user("senior_collector", "sue")
    asked = decide_short_pay(cast.who(senior), case.pk, outcome, note="they are right")
    assert (asked.item_id, Approval.objects.get().pk) == (None, asked.approval_id)
    assert Item.objects.get(pk=books.current.pk).open == 400_00
    refused("approval_asked_already", decide_short_pay, cast.who(senior), case.pk, outcome, note="again")
    decide_approval(cast.who(books.fred), asked.approval_id, True, "fine")
    case.refresh_from_db()
    assert (case.resolution, case.settled_by.kind, case.settled_by.amount) == (outcome, kind, 400_00)
    assert Item.objects.get(pk=books.current.pk).open == 0
    assert verify(TODAY, current_policy()).clean


def test_what_changed_meanwhile_is_not_approved_and_a_no_leaves_the_case_open(books, case):
    asked = decide_short_pay(cast.who(cast.user("senior_collector", "sue")), case.pk, "write_off", note="old")
    take_payment(cast.who("ar_manager"), books.lakeside.pk, Money(50_00, "USD"), [Use(books.current.pk)], entity_id=books.entity.pk)  # fmt: skip
    refused("approval_facts_changed", decide_approval, cast.who(books.fred), asked.approval_id, True)
    decide_approval(cast.who(books.fred), asked.approval_id, False, "they pay")
    case.refresh_from_db()
    assert case.resolved_on is None
    assert case_of(case, TODAY).refused.note == "they pay"
    refused("short_pay_still_open", decide_short_pay, cast.who(books.mona), case.pk, "paid")
    take_payment(cast.who("ar_manager"), books.lakeside.pk, Money(350_00, "USD"), [Use(books.current.pk)], entity_id=books.entity.pk)  # fmt: skip
    (row,) = short_page(Q(), TODAY).rows
    assert row.next == "Paid since: close it"
    decide_short_pay(cast.who(books.mona), case.pk, "paid")
    assert short_page(Q(), TODAY).rows == ()


def test_within_the_limit_it_is_done_at_once_and_refused_by_us_it_stays_owed(books, case):
    refused("reason_missing", decide_short_pay, cast.who(books.mona), case.pk, "refused")
    refused("short_pay_outcome_unknown", decide_short_pay, cast.who(books.mona), case.pk, "forget")
    refused("not_permitted", decide_short_pay, cast.who(books.alice), case.pk, "credit")
    decide_short_pay(cast.who(books.mona), case.pk, "refused", note="the price was agreed")
    invoice = Item.objects.get(pk=books.current.pk)
    assert (invoice.open, invoice.disputed) == (400_00, 0)
    assert FollowUp.objects.filter(what__contains="see that it is paid").exists()
    plain = Dispute.objects.create(
        item=books.late, customer=books.lakeside, amount=1, reason="price", opened_on=TODAY, recorded_at=cast.moment(TODAY)
    )  # fmt: skip
    refused("short_pay_not_one", decide_short_pay, cast.who(books.mona), plain.pk, "paid")


def test_a_credit_memo_within_the_role_is_posted_at_once(books, case):
    decided = decide_short_pay(cast.who(books.mona), case.pk, "credit", note="agreed by sales")
    memo = Item.objects.get(pk=decided.item_id)
    assert (memo.kind, memo.amount, memo.reason, memo.corrects_id, memo.open) == ("credit_memo", 400_00, "price", books.current.pk, 0)  # fmt: skip


def test_money_over_is_kept_used_or_paid_back_by_a_decision_with_a_reason(books):
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("560.00", "Lakeside", "INV-1001", "P1")]))
    placing = Placing(books.lakeside.pk, [Use(books.late.pk)], question="What are the other 60.00 for?")
    placed = place_receipt(cast.who("ar_manager"), Receipt.objects.get().pk, placing)
    assert case_sums(Q()) == [("over", "USD", 1, 60_00)]
    (row,) = over_page(Q(), TODAY).rows
    assert (row.amount, row.owner, row.light) == (Money(60_00, "USD"), books.alice.name, "green")
    refused("reason_missing", decide_overpayment, cast.who(books.mona), placed.payment_id, "refund")
    refused("overpayment_outcome_unknown", decide_overpayment, cast.who(books.mona), placed.payment_id, "keep", note="x")  # fmt: skip
    refused(
        "overpayment_not_money", decide_overpayment, cast.who(books.mona), books.late.pk, "refund", note="x"
    )
    later = decide_overpayment(
        cast.who(books.alice), placed.payment_id, "refund", note="Priya asked by phone"
    ).later
    assert later == TODAY + timedelta(61)  # nobody knows how it came: the longest window
    planned = FollowUp.objects.get(what__startswith="Ask for the refund: 60.00 USD")
    assert (planned.owner, planned.due_on) == (books.mona, later)
    decide_overpayment(cast.who(books.alice), placed.payment_id, "on_account", note="she changed her mind")
    kept = Overpayment.objects.get()
    assert (kept.outcome, kept.decided_by, Item.objects.get(pk=placed.payment_id).open) == ("on_account", books.alice, 60_00)  # fmt: skip
    assert over_page(Q(), TODAY).rows == ()


@pytest.mark.req("E6")
@pytest.mark.rule("P26")
def test_money_over_that_is_paid_back_is_asked_for_in_the_same_moment_or_not_decided(books):
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("560.00", "Lakeside", "INV-1001", "P1")]))
    placing = Placing(books.lakeside.pk, [Use(books.late.pk)], question="What are the other 60.00 for?")
    placed = place_receipt(cast.who("ar_manager"), Receipt.objects.get().pk, placing)
    alice = cast.who(books.alice, TODAY + timedelta(3))
    want = RefundAsked(method="manual", reason="", rail="wire")
    refused(
        "refund_debits_open",
        decide_overpayment,
        alice,
        placed.payment_id,
        "refund",
        note="by phone",
        refund=want,
    )
    assert Overpayment.objects.get().outcome == ""
    waived = replace(want, waived={"refund_debits_open": "they pay the rest by its day"})
    decided = decide_overpayment(
        alice, placed.payment_id, "refund", note="Priya asked by phone", refund=waived
    )
    assert decided.asked is not None
    row = Refund.objects.get(pk=decided.asked.refund_id)
    assert (row.state, row.amount, row.reason, row.approval_id) == ("requested", 60_00, "Priya asked by phone", decided.asked.approval_id)  # fmt: skip
    assert not FollowUp.objects.filter(what__contains="refund").exists()
    assert Overpayment.objects.get().outcome == "refund"
