"""Pay-out files: each refund once, written anew with the same hash, sent or undone, confirmed and returned by what the bank tells (E6, P26)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from dunlin.actions.confirm_refund import confirm_refund
from dunlin.actions.make_payout import download_payout, make_payout, mark_payout_sent, undo_payout
from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.set_block import set_block
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.formats.bank_files import read_bank_file
from dunlin.formats.payout_nacha import trace_of
from dunlin.records.models import (
    BankAccount,
    DiaryLine,
    FollowUp,
    Item,
    Message,
    PayoutFile,
    Receipt,
    Refund,
    User,
)
from dunlin.reports.payouts import preview
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY
from tests.refund_cast import (
    ACCOUNT,
    IBAN,
    OUR_ROUTING,
    approved,
    asked,
    harbour_payee,
    old_payment,
    our_account,
)

pytestmark = [pytest.mark.django_db, pytest.mark.req("E6"), pytest.mark.rule("P26")]


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code, str(raised.value)
    return str(raised.value)


@pytest.fixture
def mona(books):
    return cast.who(books.mona)


@pytest.fixture
def two(books):
    """Two approved refunds of Harbour, 150.00 and 50.00."""
    payment = old_payment(books)
    return [approved(books, payment, "150.00"), approved(books, payment, "50.00")]


def sent(mona, account, rows, form="nacha"):
    made = make_payout(mona, account.pk, form, [row.pk for row in rows])
    download_payout(mona, made.file_id)
    mark_payout_sent(mona, made.file_id)
    return made


@pytest.mark.invariant(38)
def test_a_file_is_made_handed_out_and_proved(books, mona, two):
    account = our_account(books)
    seen = preview(account, "nacha", "USD", TODAY)
    assert ([each.refund.pk for each in seen.go], seen.sum.plain) == ([row.pk for row in two], "200.00")
    made = make_payout(mona, account.pk, "nacha", [row.pk for row in two], pay_on=TODAY + timedelta(1))
    assert (made.count, made.sum, made.currency) == (2, 20_000, "USD")
    assert set(Refund.objects.values_list("state", flat=True)) == {"in_file"}
    first, second = (download_payout(mona, made.file_id) for _ in range(2))
    assert first.content == second.content
    read = read_bank_file("a.ach", first.content)
    assert [each.code for each in read.warnings] == ["bank_ach_forward"]
    assert [each.end_to_end_id for each in read.entries] == [row.reference for row in two]
    file = PayoutFile.objects.get()
    assert [each["by"] for each in file.downloads] == ["Mona", "Mona"]
    opened = DiaryLine.objects.filter(about=f"payee_account:{two[0].payee_id}", after__opened_for=file.number)
    assert opened.count() == 6  # made once and handed out twice, two refunds each
    stored = str(
        [
            *PayoutFile.objects.values(),
            *Refund.objects.values(),
            *DiaryLine.objects.values(),
            *BankAccount.objects.values(),
        ]
    )
    assert ACCOUNT not in stored
    assert "001122334455" not in stored


def test_each_refund_goes_into_one_file_and_an_undone_one_gives_it_back(books, mona, two):
    account, ids = our_account(books), [row.pk for row in two]
    made = make_payout(mona, account.pk, "nacha", ids)
    refused("refund_state_wrong", make_payout, mona, account.pk, "nacha", ids)
    refused("reason_missing", undo_payout, mona, made.file_id, "")
    undo_payout(mona, made.file_id, "the wrong day")
    refused("payout_undone", download_payout, mona, made.file_id)
    refused("payout_undone", mark_payout_sent, mona, made.file_id)
    again = make_payout(mona, account.pk, "csv", ids)
    assert again.number != made.number
    mark_payout_sent(mona, again.file_id)
    refused("payout_sent_already", undo_payout, mona, again.file_id, "too late")
    refused("payout_sent_already", mark_payout_sent, mona, again.file_id)
    assert set(Refund.objects.values_list("state", flat=True)) == {"paid"}
    refused("payout_unknown", download_payout, mona, 999)


def test_what_must_wait_and_what_cannot_go(books, mona, two):
    account, ids = our_account(books), [row.pk for row in two]
    refused("payout_format_unknown", make_payout, mona, account.pk, "mt101", ids)
    refused("payout_empty", make_payout, mona, account.pk, "nacha", [])
    refused("refund_unknown", make_payout, mona, account.pk, "nacha", [*ids, 999])
    refused("payout_account_unset", make_payout, mona, account.pk, "pain001", ids)
    refused("not_permitted", make_payout, cast.who(books.alice), account.pk, "nacha", ids)
    waiting = asked(books, Item.objects.get(pk=two[0].credit_id), "1.00")
    refused("refund_state_wrong", make_payout, mona, account.pk, "nacha", [waiting.refund_id])
    set_block(mona, books.harbour.pk, "sanctions", "on a list")
    seen = preview(account, "nacha", "USD", TODAY)
    assert (seen.go, len(seen.wait), seen.sum) == ((), 2, None)
    assert "sanctions" in refused("payout_text_wrong", make_payout, mona, account.pk, "nacha", ids)
    assert not PayoutFile.objects.exists()


def test_nothing_goes_to_bank_details_nobody_confirmed(books, mona):
    payment = old_payment(books)
    harbour_payee(books, verified=False)
    row = approved(books, payment, "10.00")
    assert "call back" in refused(
        "payout_text_wrong", make_payout, mona, our_account(books).pk, "nacha", [row.pk]
    )


def test_a_file_that_would_read_otherwise_is_not_handed_out(books, mona, two):
    made = make_payout(mona, our_account(books).pk, "nacha", [row.pk for row in two])
    Refund.objects.filter(pk=two[0].pk).update(payee_name="Somebody Else")
    refused("payout_changed", download_payout, mona, made.file_id)


def test_the_bank_confirms_by_the_reference_or_by_the_sum_of_the_file(books, mona):
    payment = old_payment(books)
    one, rest = (
        approved(books, payment, "150.00"),
        [approved(books, payment, "50.00"), approved(books, payment, "60.00")],
    )
    account = our_account(books)
    sent(mona, account, [one])
    made = sent(mona, account, rest)
    lines = [
        Line("-150.00", "Harbour", "refund", one.reference), Line("-110.00", "Our bank", f"ACH {made.number}", "NOTPROVIDED"),
        Line("-50.00", "Somebody", "rent", "X1"),
    ]  # fmt: skip
    take_bank_file(mona, "out.xml", camt(lines))
    process_waiting(TODAY, cast.moment(TODAY, 20))
    assert (
        list(Refund.objects.order_by("pk").values_list("state", "confirmed_on")) == [("confirmed", TODAY)] * 3
    )
    assert Receipt.objects.get(amount=-15_000).question == f"Pays out {one.reference}"
    assert Receipt.objects.get(amount=-11_000).question == "Pays out 2 refunds"
    process_waiting(TODAY, cast.moment(TODAY, 21))


def test_a_person_confirms_what_the_bank_does_not_name(books, mona, two):
    refused("refund_state_wrong", confirm_refund, mona, two[0].pk, TODAY)
    sent(mona, our_account(books), two)
    take_bank_file(
        mona, "out.xml", camt([Line("-150.00", "Harbour", "refund", "X1"), Line("-1.00", "Fee", "fee", "X2")])
    )
    process_waiting(TODAY, cast.moment(TODAY, 20))
    assert set(Refund.objects.values_list("state", flat=True)) == {"paid"}
    fee, entry = Receipt.objects.get(amount=-100), Receipt.objects.get(amount=-15_000)
    refused("refund_receipt_differs", confirm_refund, mona, two[0].pk, TODAY, receipt_id=fee.pk)
    refused("posting_in_future", confirm_refund, mona, two[0].pk, TODAY + timedelta(1))
    confirm_refund(mona, two[0].pk, TODAY, receipt_id=entry.pk)
    confirm_refund(mona, two[1].pk, TODAY)
    assert set(Refund.objects.values_list("state", flat=True)) == {"confirmed"}


def ach_return(rows, code="R23"):
    """A file of returned credits, as the payees' banks send it: the entries of ours with their trace numbers in addenda 99."""
    lines = [
        "101 021000021123456789026112515010" + "94101" + "US".ljust(23) + "OUR BANK".ljust(23) + "".ljust(8)
    ]
    lines[0] = f"101 {OUR_ROUTING}1234567890{TODAY:%y%m%d}1501A094101{'US':23}{'OUR BANK':23}{'':8}"
    lines.append(
        f"5220{'OUR BANK':16}{'':20}1234567890CCD{'REFUND':10}{TODAY:%y%m%d}{TODAY:%y%m%d}   109100001{1:07d}"
    )
    for at, row in enumerate(rows, 1):
        trace = f"09100001{at:07d}"
        lines.append(
            f"621{OUR_ROUTING}{'001122334455':17}{row.amount:010d}{row.reference:15}{'HARBOUR':22}  1{trace}"
        )
        lines.append(f"799{code}{trace_of(OUR_ROUTING, row.pk)}{'':6}{OUR_ROUTING[:8]}{'':44}{trace}")
    total, hashed = sum(row.amount for row in rows), len(rows) * int(OUR_ROUTING[:8])
    lines.append(f"8220{2 * len(rows):06d}{hashed:010d}{0:012d}{total:012d}1234567890{'':25}09100001{1:07d}")
    lines.append(f"9{1:06d}{1:06d}{2 * len(rows):08d}{hashed:010d}{0:012d}{total:012d}{'':39}")
    return "\n".join(lines).encode()


@pytest.mark.req("E4")
@pytest.mark.rule("P25")
@pytest.mark.invariant(36)
def test_a_credit_the_payees_bank_gave_back_opens_the_credit_again(books, mona, two):
    """Class C by ACH, told by its trace number."""
    User.objects.filter(pk__in=(books.bob.pk, books.mona.pk)).update(
        email=Concat("username", Value("@dunlin.example"))
    )
    sent(mona, our_account(books), two)
    taken = take_bank_file(mona, "back.ach", ach_return(two[:1]))
    assert (taken.new, taken.warnings) == (1, 0)
    assert process_waiting(TODAY, cast.moment(TODAY, 20)).taken_back == 1
    row = Refund.objects.get(pk=two[0].pk)
    assert (row.state, row.ended_why) == ("returned", "R23, our credit refused")
    assert row.receipt.question == f"Gives back refund {row.reference}"
    assert Item.objects.get(pk=row.credit_id).open == 35_000
    told = Message.objects.get(purpose="internal")
    assert {each["address"] for each in told.to} == {"bob@dunlin.example", "mona@dunlin.example"}
    assert told.subject == "Refund came back: Harbour & Söhne, 150.00 USD"
    for words in (
        "R23, our credit refused",
        "Open again: 350.00 USD of payment ACH 5521",
        "confirmed by a call back",
    ):
        assert words in told.text
    assert ACCOUNT not in told.text
    assert FollowUp.objects.get().owner == books.bob
    assert Refund.objects.get(pk=two[1].pk).state == "paid"
    assert not verify(TODAY, Policy()).findings
    assert take_bank_file(mona, "back2.ach", ach_return(two[:1]) + b"\n").new == 0


def test_sepa_there_and_back(books, mona):
    payment = old_payment(books, currency="EUR")
    row = approved(books, payment, "99.50", "sepa")
    account = our_account(books, "sepa")
    made = make_payout(mona, account.pk, "pain001", [row.pk])
    text = download_payout(mona, made.file_id)
    assert text.name == f"{made.number}.xml"
    assert IBAN.encode() in text.content
    assert IBAN not in repr(text)
    mark_payout_sent(mona, made.file_id)
    back = [Line("99.50", "Harbour", "returned", row.reference, IBAN, returned="AC04")]
    take_bank_file(mona, "back.xml", camt(back, currency="EUR"))
    process_waiting(TODAY, cast.moment(TODAY, 20))
    row.refresh_from_db()
    assert row.state == "returned"
    payment.refresh_from_db()
    assert payment.open == 40_000
