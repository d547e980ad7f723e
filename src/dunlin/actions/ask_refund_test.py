"""A refund from asking to the bank and back: held back, approved on facts read again, posted, paid out, confirmed, returned exactly (P26)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.ask_refund import RefundAsked, ask_refund
from dunlin.actions.decide_approval import decide_approval, expire_approvals, withdraw_approval
from dunlin.actions.doing import the_clock
from dunlin.actions.return_payment import return_payment
from dunlin.actions.return_refund import cancel_refund, return_refund
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.save_payee import (
    PayeeDetails,
    retire_payee,
    save_payee,
    save_payout_account,
    verify_payee,
)
from dunlin.actions.set_block import set_block
from dunlin.records.models import Application, Approval, DiaryLine, FollowUp, Item, PayeeAccount, Refund
from dunlin.records.vault import unlock
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY
from tests.refund_cast import ACCOUNT, ROUTING, approved, asked, boss, harbour_payee, old_payment

pytestmark = [pytest.mark.django_db, pytest.mark.req("E6"), pytest.mark.rule("P26")]


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code, str(raised.value)
    return str(raised.value)


def opens():
    return dict(Item.objects.exclude(kind__in=("refund", "refund_return")).values_list("pk", "open"))


def proved():
    assert [str(each) for each in verify(TODAY, Policy()).findings] == []


@pytest.fixture
def payment(books):
    """Harbour paid 400.00 too much two months ago, by ACH as alice says, and owes nothing more."""
    return old_payment(books)


def test_asking_posts_nothing_and_holds_back_what_is_asked(books, payment):
    before = opens()
    first = asked(books, payment, "150.00")
    assert opens() == before
    said = refused("refund_exceeds", asked, books, payment, "250.01")
    assert "250.00 USD" in said and "150.00 USD" in said  # noqa: PT018
    asked(books, payment, "250.00")
    refused("refund_nothing_left", asked, books, payment, "0.01")
    row = Refund.objects.get(pk=first.refund_id)
    assert (row.state, row.item, row.approval.state, row.approval.amount) == (
        "requested",
        None,
        "requested",
        15_000,
    )
    assert any("ACH from a company" in line for line in row.approval.evidence)
    assert ACCOUNT not in str(list(Approval.objects.values())) + str(list(DiaryLine.objects.values()))


@pytest.mark.invariant(19)
@pytest.mark.invariant(2)
def test_approval_posts_the_debit_and_uses_the_credit(books, payment):
    row = approved(books, payment, "150.00")
    payment.refresh_from_db()
    assert payment.open == 25_000
    assert (row.state, row.item.kind, row.item.amount, row.item.open, row.item.corrects_id) == (
        "approved",
        "refund",
        15_000,
        0,
        payment.pk,
    )
    assert Application.objects.get(debit=row.item).why == "refunded"
    refused("approval_decided_already", decide_approval, boss(books), row.approval_id, True)
    proved()


@pytest.mark.parametrize("change", ["applied", "hold", "owes", "retired", "came_back"])
def test_facts_that_changed_refuse_the_approval_and_nothing_is_posted(books, payment, change):
    wanted = asked(books, payment, "400.00")
    if change == "applied":
        invoice = cast.invoice(books.harbour, "100.00", due=TODAY + timedelta(9))
        apply_credit(cast.who("ar_manager"), payment.pk, invoice.pk)
    elif change == "hold":
        set_block(cast.who("ar_manager"), books.harbour.pk, "sanctions", "on a list")
    elif change == "owes":
        cast.invoice(books.harbour, "0.01", due=TODAY + timedelta(9))
    elif change == "retired":
        retire_payee(cast.who("ar_manager"), PayeeAccount.objects.get().pk, "closed")
    else:
        return_payment(cast.who("ar_manager"), payment.pk, "T1", returned_on=TODAY, reason="R10")
    refused("approval_facts_changed", decide_approval, boss(books), wanted.approval_id, True)
    row = Refund.objects.get()
    assert (row.state, row.approval.state, row.item) == ("requested", "requested", None)
    decide_approval(boss(books), wanted.approval_id, False, "ask anew")
    assert Refund.objects.get().state == "refused"
    proved()


def test_refused_withdrawn_or_over_the_credit_is_free_again(books, payment):
    def whole():
        return asked(books, payment, "400.00")

    decide_approval(boss(books), whole().approval_id, False, "no")
    withdraw_approval(cast.who(books.alice), whole().approval_id)
    late = whole()
    ends = Approval.objects.get(pk=late.approval_id).expires_at
    assert expire_approvals(the_clock(ends.date(), ends)) == 1
    cancel_refund(cast.who(books.alice), whole().refund_id, "asked for by mistake")
    assert sorted(Refund.objects.values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "cancelled",
        "refused",
    ]
    whole()


@pytest.mark.invariant(36)
@pytest.mark.invariant(8)
def test_a_refund_that_came_back_leaves_the_same_open_amounts(books, payment):
    before = opens()
    row = approved(books, payment, "150.00")
    Refund.objects.filter(pk=row.pk).update(state="paid")
    back = return_refund(cast.who(books.mona), row.pk, returned_on=TODAY, reason="R03")
    assert opens() == before
    assert (back.open, back.already) == (Money(40_000, "USD"), False)
    closing = Item.objects.get(pk=back.item_id)
    assert (closing.kind, closing.open, closing.corrects_id) == ("refund_return", 0, row.item_id)
    assert return_refund(cast.who(books.mona), row.pk, returned_on=TODAY, reason="R03").already
    row.refresh_from_db()
    assert (row.state, row.ended_why) == ("returned", "R03, account data wrong")
    assert FollowUp.objects.get().owner == books.bob
    assert row.reference in FollowUp.objects.get().what
    proved()
    # Refunded again, it ends as if the first had never been.
    again = approved(books, payment, "150.00")
    assert Item.objects.get(pk=payment.pk).open == 25_000
    assert again.pk != row.pk
    proved()


def test_called_off_before_it_is_in_a_file(books, payment):
    before = opens()
    row = approved(books, payment, "150.00")
    refused("reason_missing", cancel_refund, cast.who(books.mona), row.pk, " ")
    cancel_refund(cast.who(books.mona), row.pk, "the customer took goods instead")
    assert opens() == before
    refused("refund_state_wrong", cancel_refund, cast.who(books.mona), row.pk, "again")
    refused("refund_state_wrong", return_refund, cast.who(books.mona), row.pk, returned_on=TODAY)
    proved()


@pytest.mark.trap(41)
def test_a_payment_partly_refunded_comes_back_and_the_refunded_part_is_owed(books, payment):
    """DOMAIN section 4: no negative cash is hidden. When the refund comes back too, nothing is owed and nothing is there."""
    invoice = cast.invoice(books.harbour, "100.00", due=TODAY + timedelta(9))
    cast.apply(payment, invoice)
    row = approved(books, payment, "150.00", waived={"refund_debits_open": "none"})
    Refund.objects.filter(pk=row.pk).update(state="paid")
    returned = return_payment(cast.who("ar_manager"), payment.pk, "T1", returned_on=TODAY, reason="R10")
    assert returned.still_owed == 15_000
    payment.refresh_from_db()
    invoice.refresh_from_db()
    debit = Item.objects.get(pk=returned.item_id)
    assert (payment.open, invoice.open, debit.amount, debit.open) == (0, 10_000, 40_000, 15_000)
    proved()
    back = return_refund(cast.who("ar_manager"), row.pk, returned_on=TODAY, reason="R23")
    debit.refresh_from_db()
    assert (back.open.minor, debit.open, Item.objects.get(pk=payment.pk).open) == (0, 0, 0)
    proved()


def test_the_use_for_a_refund_is_not_undone_by_hand(books, payment):
    row = approved(books, payment, "150.00")
    use = Application.objects.get(debit=row.item)
    refused("application_of_refund", reverse_application, cast.who("ar_manager"), use.pk, reason="mistake")


def test_what_may_not_be_refunded(books, payment):
    alice = cast.who(books.alice)
    lake = books.unapplied  # three days old, and Lakeside owes
    want = RefundAsked(method="check", reason="asked for")
    said = refused("refund_window_open", ask_refund, alice, lake.pk, want)
    assert "2027" in said or "2026" in said
    refused("refund_of_kind", ask_refund, alice, cast.item(books.harbour, "write_off", "5.00").pk, want)
    card = cast.payment(books.harbour, "9.00", on=TODAY - timedelta(300), source="card")
    refused("refund_to_card", ask_refund, alice, card.pk, want)
    refused("reason_missing", ask_refund, alice, payment.pk, RefundAsked(method="check", reason=" "))
    refused("item_unknown", ask_refund, alice, 10**9, want)
    refused("refund_payee_missing", ask_refund, alice, payment.pk, RefundAsked(method="ach", reason="r"))
    refused(
        "amount_not_positive",
        ask_refund,
        alice,
        payment.pk,
        RefundAsked(method="check", reason="r", amount=Money(0, "USD")),
    )
    refused("not_permitted", ask_refund, cast.who("auditor"), payment.pk, want)
    other = save_payee(
        alice, books.lakeside.pk, PayeeDetails(kind="ach", holder="L", account=ACCOUNT, bank=ROUTING)
    )
    refused(
        "payee_account_other_customer",
        ask_refund,
        alice,
        payment.pk,
        RefundAsked(method="ach", reason="r", payee_id=other.pk),
    )
    cast.invoice(books.harbour, "75.00", due=TODAY + timedelta(3))
    refused(
        "refund_debits_open",
        ask_refund,
        alice,
        payment.pk,
        RefundAsked(method="check", reason="r", rail="ach_company"),
    )
    done = ask_refund(
        alice, payment.pk, RefundAsked(method="check", reason="r", rail="wire", waived={"refund_debits_open": "they insist", "refund_on_hold": "x"})
    )  # fmt: skip
    row = Refund.objects.get(pk=done.refund_id)
    assert (row.waived, row.rail, row.payee_name) == (
        {"refund_debits_open": "they insist"},
        "wire",
        "Harbour & Söhne",
    )
    assert any("they insist" in line for line in row.approval.evidence)


def test_the_same_key_asks_once(books, payment):
    want = RefundAsked(method="check", reason="r", rail="check", amount=Money(100, "USD"))
    one, two = (ask_refund(cast.who(books.alice), payment.pk, want, key="k1") for _ in range(2))
    assert one == two
    assert Refund.objects.count() == 1


@pytest.mark.invariant(38)
def test_bank_details_are_locked_and_confirmed_by_another(books, payment):
    row = harbour_payee(books, verified=False)
    assert ACCOUNT not in str(PayeeAccount.objects.values().get())
    assert (row.tail, unlock(row.locked)) == (ACCOUNT[-4:], {"account": ACCOUNT, "bank": ROUTING})
    refused("not_permitted", verify_payee, cast.who(books.alice), row.pk, "called Jonas")
    refused("not_blank", verify_payee, cast.who(books.lena), row.pk, " ")
    verify_payee(cast.who(books.lena), row.pk, "Jonas Weber at +1 312 555 0188")
    refused("payee_account_verified_already", verify_payee, cast.who(books.lena), row.pk, "again")
    wrong = PayeeDetails(kind="ach", holder="H", account=ACCOUNT, bank="091000018")
    assert "check digit" in refused(
        "payee_account_wrong", save_payee, cast.who(books.alice), books.harbour.pk, wrong
    )
    iban = PayeeDetails(kind="sepa", holder="H", account="DE88370400440532013000")
    said = refused("payee_account_wrong", save_payee, cast.who(books.alice), books.harbour.pk, iban)
    assert "3704" not in said
    assert ACCOUNT not in repr(PayeeDetails(kind="ach", holder="H", account=ACCOUNT, bank=ROUTING))
    mine = save_payee(
        cast.who(books.lena),
        books.harbour.pk,
        PayeeDetails(kind="ach", holder="H", account=ACCOUNT, bank=ROUTING),
    )
    refused("payee_account_own_word", verify_payee, cast.who(books.lena), mine.pk, "myself")


def test_another_key_opens_nothing_and_an_old_one_still_does(books, settings, payment):
    row = harbour_payee(books)
    old = settings.DATA_KEY
    settings.DATA_KEY = "another key of at least thirty-two signs"
    refused("data_key_wrong", unlock, row.locked)
    settings.DATA_KEY = f"another key of at least thirty-two signs,{old}"
    assert unlock(row.locked)["account"] == ACCOUNT
    refused("data_key_wrong", unlock, "")


def test_our_own_details_need_what_the_bank_calls_us(books):
    refused(
        "bank_account_unknown",
        save_payout_account,
        cast.who(books.mona),
        999,
        "sepa",
        {"name": "D", "account": "DE89370400440532013000"},
    )
    refused(
        "not_blank",
        save_payout_account,
        cast.who(books.mona),
        1,
        "ach",
        {"name": "D", "account": "1234", "bank": ROUTING},
    )
    refused(
        "payee_account_wrong",
        save_payout_account,
        cast.who(books.mona),
        1,
        "sepa",
        {"name": "D", "account": "X"},
    )
