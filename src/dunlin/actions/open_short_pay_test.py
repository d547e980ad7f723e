"""What a payment leaves: small differences within tolerance, short pays and overpayments as cases, all undone exactly (E3, P27)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.actions.process_receipt import Deduction, Placing, place_receipt, undo_receipt
from dunlin.actions.return_payment import return_payment
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use
from dunlin.records.models import Application, Balance, Dispute, Item, Overpayment, Receipt
from dunlin.reports.short_pays import habit_told
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E3"), pytest.mark.rule("P27")]
POLICY = Policy.from_mapping({"cash.small_under": {"USD": "5.00 and 1 %"}, "cash.small_over": {"USD": "1.00 and 0.5 %"}})  # fmt: skip
DESK = "ar_manager"


def came(amount, number="1", text="", charges=0):
    take_bank_file(
        cast.who(DESK),
        f"{number}.xml",
        camt([Line(amount, "Lakeside", text, f"P{number}")], number=number),
    )
    row = Receipt.objects.order_by("-pk")[0]
    if charges:
        row.charges = charges
        row.save()
    return row


def place(books, row, uses, policy=POLICY, **more):
    return place_receipt(cast.who(DESK), row.pk, Placing(books.lakeside.pk, uses, **more), policy=policy)


def standing():
    """What a reversal restores: each document's open and disputed amount and due date, and the balances."""
    documents = {
        pk: (open_, disputed, due)
        for pk, open_, disputed, due in Item.objects.filter(kind="invoice").values_list(
            "pk", "open", "disputed", "due_on"
        )
    }
    balances = sorted(Balance.objects.values_list("customer", "currency", "debits", "unapplied", "disputed"))
    return documents, balances


@pytest.mark.trap(39)
def test_a_small_difference_is_written_off_with_the_payment_and_only_within_both_limits(books):
    placed = place(books, came("995.01"), [Use(books.current.pk)])
    small = Item.objects.get(kind="write_off")
    assert (small.amount, small.reason, small.corrects_id) == (4_99, "small_difference", placed.payment_id)
    assert placed.said == ("4.99 USD of INV-1002 is written off as a small difference, with the payment",)
    assert Item.objects.get(pk=books.current.pk).open == 0
    # 5.00 of 500.00 is within the amount and the per cent; 5.01 is not, and is a part payment like any other.
    place(books, came("494.99", "2"), [Use(books.late.pk)])
    assert Item.objects.get(pk=books.late.pk).open == 5_01
    assert not Dispute.objects.exists()
    assert verify(TODAY, POLICY).clean


def test_without_a_tolerance_and_when_told_so_nothing_is_written_off(books):
    place(books, came("999.99"), [Use(books.current.pk)], policy=Policy())
    place(books, came("499.99", "2"), [Use(books.late.pk)], small=False)
    assert not Item.objects.filter(kind="write_off").exists()


def test_money_over_within_tolerance_needs_no_question_and_above_it_is_a_case(books):
    placed = place(books, came("1000.80"), [Use(books.current.pk)])
    over = Item.objects.get(kind="debit_memo")
    assert (over.amount, over.open, over.reason, placed.unapplied) == (80, 0, "small_difference", 0)
    assert not Overpayment.objects.exists()
    with pytest.raises(Refused, match="stays unapplied"):
        place(books, came("501.20", "2"), [Use(books.late.pk)])
    row = Receipt.objects.order_by("-pk")[0]
    place(books, row, [Use(books.late.pk)], question="Paid too much?")
    case = Overpayment.objects.get()
    assert (case.amount, case.owner, case.outcome, case.payment.open) == (1_20, books.alice, "", 1_20)


def test_never_on_a_disputed_document_and_once_a_payment(books):
    cast_dispute = {"customer": books.lakeside, "amount": 100_00, "reason": "price", "opened_on": TODAY, "recorded_at": cast.moment(TODAY)}  # fmt: skip
    Dispute.objects.create(item=books.current, **cast_dispute)
    Item.objects.filter(pk=books.current.pk).update(disputed=100_00)
    place(books, came("999.00"), [Use(books.current.pk)])
    # Two documents short by one payment: nobody can tell whose difference it is.
    place(
        books, came("498.00", "2"),
        [Use(books.late.pk, Money(499_00 - 2_00, "USD")), Use(books.current.pk, Money(50, "USD"))], question="?",
    )  # fmt: skip
    assert not Item.objects.filter(kind="write_off").exists()


def test_what_the_banks_kept_has_its_own_code_and_is_no_habit(books):
    place(books, came("997.50", charges=2_50), [Use(books.current.pk)])
    assert Item.objects.get(kind="write_off").reason == "bank_fee"
    place(books, came("475.00", "2", charges=25_00), [Use(books.late.pk)])
    case = Dispute.objects.get()
    assert (case.reason, case.amount, case.owner) == ("bank_fee", 25_00, books.alice)
    assert "the banks kept 25.00 USD of the payment" in case.evidence
    assert habit_told(books.lakeside.pk, TODAY) == []


def test_the_third_alike_within_ninety_days_is_shown_and_not_written_off(books):
    for number, day in enumerate((TODAY - timedelta(80), TODAY - timedelta(20)), 10):
        earlier = cast.invoice(books.lakeside, "200.00", due=day, number=f"INV-{number}")
        paid = cast.payment(books.lakeside, "199.00", on=day, applied_to=earlier)
        off = cast.item(books.lakeside, "write_off", "1.00", document=day, reason="small_difference", corrects=paid)  # fmt: skip
        cast.apply(off, earlier, on=day)
    placed = place(books, came("998.00"), [Use(books.current.pk)])
    assert not Item.objects.filter(kind="write_off", amount=2_00).exists()
    case = Dispute.objects.get()
    assert (case.reason, case.amount) == ("unknown", 2_00)
    assert len([each for each in case.evidence if each.startswith("like it within 90 days")]) == 2
    assert "the third alike within 90 days" in placed.said[-1]


def test_what_the_payer_kept_back_is_a_case_with_its_reason_owner_deadline_and_evidence(books):
    placed = place(
        books, came("900.00", text="INV-1002 less damaged goods"), [Use(books.current.pk)],
        deductions=[Deduction(books.current.pk, 100_00, "DAMAGED GOODS")],
    )  # fmt: skip
    case = Dispute.objects.get()
    assert (case.reason, case.department, case.owner, case.payment_id) == ("damage", "operations", books.alice, placed.payment_id)  # fmt: skip
    assert case.due_on > TODAY
    assert "the payer's word for it: DAMAGED GOODS" in case.evidence
    assert "the payer wrote: INV-1002 less damaged goods" in case.evidence
    # A reason that is stated is answered, however small the amount.
    place(books, came("499.00", "2"), [Use(books.late.pk)], short_reason="freight")
    assert Dispute.objects.get(item=books.late).amount == 1_00


def test_a_discount_taken_late_is_a_short_pay_of_its_own_and_an_earned_one_is_none(books):
    late = cast.invoice(
        books.lakeside, "1,000.00", document=TODAY - timedelta(20), discount=20_00, discount_until=TODAY - timedelta(10)
    )  # fmt: skip
    early = cast.invoice(
        books.lakeside, "1,000.00", document=TODAY - timedelta(5), discount=20_00, discount_until=TODAY
    )
    wide = Policy.from_mapping({"cash.small_under": {"USD": "50.00 and 10 %"}})
    place(books, came("980.00"), [Use(late.pk, discount=True)], policy=wide)
    place(
        books, came("980.00", "2"), [Use(early.pk, discount=True)], policy=wide,
        deductions=[Deduction(early.pk, 20_00, "DISCOUNT")],
    )  # fmt: skip
    case = Dispute.objects.get()
    assert (case.item, case.reason, case.amount) == (late, "discount_unearned", 20_00)
    assert any("was offered through" in each for each in case.evidence)
    assert Item.objects.get(pk=early.pk).open == 0


@pytest.mark.invariant(8)
def test_undone_or_unapplied_the_small_difference_goes_too_and_it_can_be_placed_again(books):
    before = standing()
    row = came("1000.80")
    for _ in range(2):
        place(books, row, [Use(books.current.pk)])
        undo_receipt(cast.who(DESK), row.pk, "another customer's", policy=POLICY)
        row.refresh_from_db()
        assert standing() == before
    placed = place(books, row, [Use(books.current.pk)])
    use = Application.objects.get(credit=placed.payment_id, debit=books.current, reversal=None)
    undone = reverse_application(cast.who(DESK), use.pk, reason="wrong invoice", policy=POLICY)
    assert undone.granted == Money(80, "USD")
    payment = Item.objects.get(pk=placed.payment_id)
    assert (payment.open, Item.objects.get(pk=books.current.pk).open) == (1000_80, 1000_00)
    short = place(books, came("999.00", "2"), [Use(books.current.pk)], deductions=[Deduction(books.current.pk, 1_00, "price")])  # fmt: skip
    undo_receipt(cast.who(DESK), short.receipt_id, "again", policy=POLICY)
    place(books, Receipt.objects.get(pk=short.receipt_id), [Use(books.current.pk)], short_reason="price")
    assert sorted(Dispute.objects.values_list("resolution", flat=True)) == ["", "withdrawn"]
    assert verify(TODAY, POLICY).clean


@pytest.mark.invariant(36)
@pytest.mark.invariant(8)
@pytest.mark.invariant(17)
@given(
    first=st.integers(1, 1_100_00), second=st.integers(0, 600_00), reason=st.sampled_from(("", "price", "unknown")),
    charges=st.sampled_from((0, 3_00)), small=st.booleans(),
)  # fmt: skip
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_return_and_the_same_payment_again_is_as_no_return_at_all(
    books, first, second, reason, charges, small
):
    """Whatever a payment settles, leaves, has written off or disputed: its return restores, and paying again ends the same."""
    with transaction.atomic():
        Item.objects.filter(pk=books.late.pk).update(discount=10_00, discount_until=TODAY)
        before = standing()

        def pay(number):
            uses = [Use(books.current.pk, Money(min(first, 1_000_00), "USD"))]
            uses += [Use(books.late.pk, Money(min(second, 500_00), "USD"), discount=True)] if second else []
            total = str(Money(first + second, "USD")).rsplit(" ", 1)[0].replace(",", "")
            row = came(total, number, charges=charges)
            return place(books, row, uses, short_reason=reason, small=small, question="?")

        one = pay("1")
        paid = standing()
        return_payment(cast.who(DESK), one.payment_id, "t1", returned_on=TODAY, reason="R01", policy=POLICY)
        assert standing() == before
        with pytest.raises(Refused):
            return_payment(cast.who(DESK), one.payment_id, "t2", returned_on=TODAY, reason="R01")
        pay("2")
        assert standing() == paid
        assert verify(TODAY, POLICY).clean
        transaction.set_rollback(True)
