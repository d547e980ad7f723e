"""What follows from each class of return: retry, fee, auto-pay, blocks, escalation, flag; through the real act (P25, E4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.lift_auto_pay import lift_auto_pay
from dunlin.actions.return_payment import return_payment
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Block, FollowUp, Item, ReturnedPayment
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P25"), pytest.mark.req("E4")]
FEE = Policy.from_mapping({"return.fee": "25", "return.fee_told": True})


def back(books, code, trace, policy=FEE, rail=""):
    taken = take_payment(
        cast.who("ar_manager"), books.lakeside.pk, Money(500_00, "USD"), [Use(books.late.pk)], entity_id=books.entity.pk,
        received_on=TODAY, policy=policy,
    )  # fmt: skip
    return_payment(
        cast.who("ar_manager"), taken.item_id, trace, returned_on=TODAY, reason=code, rail=rail, policy=policy
    )
    assert Item.objects.get(pk=books.late.pk).open == 500_00
    return ReturnedPayment.objects.get(payment=taken.item_id)


@pytest.mark.parametrize(
    "code, rail, letter, left, fee, auto_pay, block, escalated",
    [
        ("R01", "", "F", 2, True, "on", "", False), ("AM04", "", "F", 1, False, "on", "", False),
        ("0", "bacs", "F", 1, False, "on", "", False), ("A", "check", "F", 1, False, "on", "", False),
        ("R02", "", "A", 0, False, "stopped", "", False), ("R29", "", "U", 0, False, "stopped", "", True),
        ("MD01", "", "U", 0, False, "stopped", "", True), ("R08", "", "S", 0, False, "stopped", "", False),
        ("R15", "", "D", 0, False, "stopped", "cease_contact", True), ("R16", "", "L", 0, False, "stopped", "legal", True),
        ("R24", "", "O", 0, False, "on", "", False), ("R23", "", "C", 0, False, "on", "", False),
        ("card_dispute", "", "", 0, False, "stopped", "", False), ("other", "", "", 0, False, "on", "", False),
    ],
)  # fmt: skip
def test_each_class_has_what_follows(books, code, rail, letter, left, fee, auto_pay, block, escalated):
    row = back(books, code, "t1", rail=rail)
    assert (row.letter, row.retries_left, row.fee is not None, row.auto_pay) == (letter, left, fee, auto_pay)
    assert row.flag_until == TODAY + timedelta(90)
    assert list(Block.objects.values_list("kind", flat=True)) == ([block] if block else [])
    assert FollowUp.objects.filter(owner=books.mona, due_on=TODAY).exists() is escalated
    assert verify(TODAY, FEE).clean


@pytest.mark.trap(41)
def test_the_same_money_again_and_again_uses_up_its_retries_and_pauses_auto_pay(books):
    rows = [back(books, "R01", f"t{number}") for number in range(3)]
    assert [(each.times, each.retries_left, each.auto_pay) for each in rows] == [
        (1, 2, "on"), (2, 1, "paused"), (3, 0, "paused"),
    ]  # fmt: skip
    assert rows[0].retry_label == "RETRY PYMT"
    assert rows[0].retry_until == TODAY + timedelta(180)
    assert Item.objects.filter(kind="finance_charge", reason="return_fee", amount=25_00).count() == 3
    with pytest.raises(Refused) as refused:
        lift_auto_pay(cast.who("ar_manager"), books.lakeside.pk, " ")
    assert refused.value.code == "reason_missing"
    assert lift_auto_pay(cast.who(books.mona), books.lakeside.pk, "new account data verified by phone") == 2
    with pytest.raises(Refused) as refused:
        lift_auto_pay(cast.who(books.mona), books.lakeside.pk, "again")
    assert refused.value.code == "auto_pay_not_stopped"


def test_no_fee_unless_told_beforehand(books):
    assert back(books, "R01", "t1", policy=Policy.from_mapping({"return.fee": "25"})).fee is None
    assert back(books, "R09", "t2", policy=Policy()).fee is None
