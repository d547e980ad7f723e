"""Returned payments: found by what they carry, reversed exactly, told at once; what is not sure is asked (P25, DOMAIN section 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.process_return import process_return
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import FollowUp, Item, Message, Receipt
from dunlin.reports.account_flags import flags_of
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P25"), pytest.mark.req("E4")]
PAYER = "GB33BUKB20201555555555"


@pytest.fixture
def paid(books):
    """Lakeside's 500.00, come in on a file of two days ago and applied to the late invoice."""
    day = TODAY - timedelta(2)
    take_bank_file(
        cast.who("ar_manager"),
        "in.xml",
        camt([Line("500.00", "Lakeside Hotels", "INV-1001", "PAY-1", PAYER, on=day)]),
    )
    row = Receipt.objects.get()
    taken = take_payment(
        cast.who("ar_manager"), books.lakeside.pk, Money(50_000, "USD"), [Use(books.late.pk)], entity_id=books.entity.pk,
        received_on=day, source="bank", source_key=row.key,
    )  # fmt: skip
    row.payment_id, row.customer, row.state, row.settled_at = (
        taken.item_id,
        books.lakeside,
        "done",
        cast.moment(TODAY),
    )
    row.save()
    for each in (books.alice, books.mona):
        each.email = f"{each.username}@dunlin.example"
        each.save()
    return row


def back(line, name="out.xml"):
    take_bank_file(cast.who("ar_manager"), name, camt([line], number=name))
    return Receipt.objects.get(kind="return", file__name=name)


def test_a_return_with_its_number_reopens_the_invoice_and_tells_at_once(books, paid):
    row = back(Line("-500.00", "Lakeside Hotels", "back", "PAY-1", PAYER, returned="AM04"))
    done = process_return(cast.who("integration"), row.pk)
    assert (done.state, done.question) == ("done", "")
    books.late.refresh_from_db()
    assert (books.late.open, books.late.due_on) == (50_000, TODAY - timedelta(40))
    taken_back = Item.objects.get(kind="payment_return")
    assert (taken_back.corrects_id, taken_back.amount) == (paid.payment_id, 50_000)
    mail = Message.objects.get(pk=done.message_id)
    assert {each["address"] for each in mail.to} == {"alice@dunlin.example", "mona@dunlin.example"}
    assert "INV-1001" in mail.text
    assert "insufficient funds" in mail.text
    call = FollowUp.objects.get()
    assert (call.owner, call.due_on > TODAY) == (books.alice, True)


@pytest.mark.invariant(8)
def test_the_same_return_again_does_nothing_more(books, paid):
    row = back(Line("-500.00", "Lakeside Hotels", "back", "PAY-1", PAYER, returned="AM04"))
    process_return(cast.who("integration"), row.pk)
    with pytest.raises(Refused) as refused:
        process_return(cast.who("integration"), row.pk)
    assert refused.value.code == "receipt_settled_already"
    assert Item.objects.filter(kind="payment_return").count() == 1


def test_without_a_number_the_payers_only_payment_of_that_amount_is_meant(books, paid):
    row = back(Line("-500.00", "Lakeside Hotels", "back", "OTHER", PAYER, returned="MD01"))
    assert process_return(cast.who("integration"), row.pk).state == "done"
    # Not authorised: today, not tomorrow, and the AR manager sees to it as well.
    assert {(each.owner, each.due_on) for each in FollowUp.objects.all()} == {
        (books.alice, TODAY),
        (books.mona, TODAY),
    }


def test_a_mail_about_money_that_compliance_looks_at_names_no_reason(books, paid):
    """Class L: it is told at once, and why stands in the books alone."""
    row = back(Line("-500.00", "Lakeside Hotels", "back", "PAY-1", PAYER, returned="RR04"))
    done = process_return(cast.who("integration"), row.pk)
    mail = Message.objects.get(pk=done.message_id)
    assert "with compliance" in mail.text
    for word in ("RR04", "sanction", "frozen"):
        assert word not in (mail.subject + mail.text).lower(), word
        assert word.upper() not in mail.text
    assert "INV-1001" in mail.text
    worn = " ".join(text for flag in flags_of(books.lakeside.pk, TODAY, "UTC") for text in flag.reasons)
    assert "with compliance" in worn
    assert "RR04" not in worn


def test_what_nobody_can_find_is_asked_and_a_person_says_which(books, paid):
    row = back(Line("-200.00", "Somebody", "back", "NONE", returned="AM04"))
    asked = process_return(cast.who("integration"), row.pk)
    assert asked.state == "asked"
    assert asked.question.startswith("No payment of ours")
    done = process_return(cast.who("ar_manager"), row.pk, payment_id=books.unapplied.pk)
    assert done.state == "done"
    row.refresh_from_db()
    assert (row.automatic, row.customer) == (False, books.lakeside)


def test_a_receipt_of_money_is_no_return(books, paid):
    with pytest.raises(Refused) as refused:
        process_return(cast.who("ar_manager"), paid.pk)
    assert refused.value.code == "receipt_no_return"


def test_a_dry_run_leaves_nothing(books, paid):
    row = back(Line("-500.00", "Lakeside Hotels", "back", "PAY-1", PAYER, returned="AM04"))
    assert process_return(cast.who("integration").dry(), row.pk).state == "done"
    assert not Item.objects.filter(kind="payment_return").exists()
    assert Receipt.objects.get(pk=row.pk).state == "waiting"
