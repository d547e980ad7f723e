"""Remittance advice taken in: before the money and after it, told twice, from a file and from a mail, in doubt left to a person (E2, E5)."""

from __future__ import annotations

import pytest

from dunlin.actions.confirm_proposal import act_alone, confirm_proposal
from dunlin.actions.doing import the_clock
from dunlin.actions.link_advice import link_advice, set_advice_aside, unlink_advice
from dunlin.actions.process_waiting import process_waiting
from dunlin.actions.store_file import store_bytes
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_remittance import take_any, take_remittance
from dunlin.records.models import Application, Dispute, FollowUp, MailFile, Receipt, RemittanceAdvice, Setting
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from tests import cast, inbox_cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY
from tests.inbox_cast import NINE
from tests.remittance_samples import EDI_820

pytestmark = [pytest.mark.django_db, pytest.mark.req("E2")]
PAYER = "GB33BUKB20201555555555"
HEAD = "Invoice No,Gross,Deduction,Reason,Net paid,Payment reference,Payer\n"


def advice(rows, head=HEAD):
    return (head + "".join(f"{row}\n" for row in rows)).encode()


def two(reference="FT-90017"):
    """INV-1001 in full, INV-1002 less what was damaged."""
    return advice([
        f"INV-1001,500.00,,,500.00,{reference},Lakeside Hotels",
        f"INV-1002,1000.00,100.00,damaged in transit,900.00,{reference},Lakeside Hotels",
    ])  # fmt: skip


def money(*lines, number="1"):
    take_bank_file(cast.who("ar_manager"), f"in{number}.xml", camt(lines, number=number))
    return process_waiting(TODAY, NINE)


def lockbox(amount="1400.00", id="FT-90017", payer="LSH HOLDINGS"):
    """Money whose payer nobody knows and whose text says nothing."""
    return Line(amount, payer, "payment", id)


def check_placed(books, row, by):
    row.refresh_from_db()
    assert (row.state, row.automatic, row.customer) == ("done", True, books.lakeside)
    told = RemittanceAdvice.objects.get()
    assert (told.state, told.receipt, told.linked_by) == ("used", row, by)
    for item in (books.late, books.current):
        item.refresh_from_db()
    assert (books.late.open, books.current.open, books.current.disputed) == (0, 10_000, 10_000)
    assert Dispute.objects.get().reason == "damage"
    applied = Application.objects.filter(credit=row.payment).order_by("pk")
    assert [each.amount for each in applied] == [50_000, 90_000]
    assert all("rests on the advice" in each.evidence for each in applied)
    assert verify(TODAY, current_policy()).clean


@pytest.mark.trap(40)
def test_the_advice_comes_first_and_waits_for_the_money(books):
    taken = take_remittance(cast.who("ar_manager"), "advice.csv", two())
    assert (taken.advices, taken.new, taken.documents, taken.linked, taken.sums) == (
        1,
        1,
        2,
        0,
        {"USD": 140_000},
    )
    told = RemittanceAdvice.objects.get()
    assert (told.state, told.customer, told.trace, told.money) == (
        "waiting",
        books.lakeside,
        "FT-90017",
        140_000,
    )
    assert told.lines[1] | {"on": None} == {
        "number": "INV-1002", "kind": "", "paid": 90_000, "due": 100_000, "discount": None, "reason": "damage",
        "words": "damaged in transit", "on": None,
    }  # fmt: skip
    assert money(lockbox()).placed == 1
    check_placed(books, Receipt.objects.get(), "trace")


@pytest.mark.trap(40)
def test_the_money_comes_first_and_is_looked_at_again(books):
    assert money(lockbox()).asked == 1
    row = Receipt.objects.get()
    assert row.state == "asked"
    taken = take_remittance(cast.who("ar_manager"), "advice.csv", two())
    assert (taken.linked, taken.receipts) == (1, (row.pk,))
    row.refresh_from_db()
    assert row.state == "waiting"
    assert process_waiting(TODAY, NINE).placed == 1
    check_placed(books, row, "trace")


@pytest.mark.invariant(13)
@pytest.mark.req("E5")
def test_the_same_advice_twice_changes_nothing_and_a_new_word_of_it_supersedes(books):
    who = cast.who("ar_manager")
    take_remittance(who, "advice.csv", two())
    again = take_remittance(who, "again.csv", two().replace(b"\n", b"\r\n"))
    assert (again.again, again.new, RemittanceAdvice.objects.count()) == (True, 0, 1)
    corrected = advice(["INV-1001,500.00,,,500.00,FT-90017,Lakeside Hotels"])
    assert take_remittance(who, "corrected.csv", corrected).new == 1
    assert [each.state for each in RemittanceAdvice.objects.order_by("pk")] == ["superseded", "waiting"]
    money(lockbox("500.00"))
    books.late.refresh_from_db()
    assert (books.late.open, RemittanceAdvice.objects.get(state="used").name) == (0, "corrected.csv")


def test_without_a_number_payer_amount_and_day_link_and_two_alike_are_a_persons(books):
    who = cast.who("ar_manager")
    take_remittance(who, "a.csv", two(""))
    money(Line("1400.00", "Lakeside Hotels", "see advice", "X1"))
    assert RemittanceAdvice.objects.get().linked_by == "payer"
    # Two of the same amount on the same day: nobody can tell which the next advice is of.
    lines = [Line("77.00", "Lakeside Hotels", f"part {n}", f"Y{n}") for n in (1, 2)]
    money(*lines, number="2")
    second = advice(["INV-1002,,,,77.00,,Lakeside Hotels"])
    taken = take_remittance(who, "b.csv", second)
    assert (taken.linked, RemittanceAdvice.objects.get(name="b.csv").state) == (0, "waiting")


def test_a_person_links_and_takes_it_back(books):
    mona, told = cast.who("ar_manager"), take_remittance(cast.who("ar_manager"), "a.csv", two("OTHER-1"))
    money(Line("1400.00", "LSH HOLDINGS", "payment", "Z1"), Line("5.00", "Bank", "x", "Z2"))
    row, pk = Receipt.objects.get(amount=140_000), told.ids[0]
    link_advice(mona, pk, row.pk)
    for wrong in (pk, 0):
        with pytest.raises(Refused):
            link_advice(mona, wrong, row.pk)
    unlink_advice(mona, pk)
    assert RemittanceAdvice.objects.get().state == "waiting"
    with pytest.raises(Refused, match="not linked"):
        unlink_advice(mona, pk)
    link_advice(mona, pk, row.pk)
    assert process_waiting(TODAY, NINE).placed == 1
    check_placed(books, row, "person")
    with pytest.raises(Refused):  # placed: undo the receipt first
        unlink_advice(mona, pk)
    with pytest.raises(Refused):
        set_advice_aside(mona, pk, "paid long ago")
    with pytest.raises(Refused):
        link_advice(cast.who("collector"), pk, row.pk)


def test_lines_that_do_not_make_the_total_are_never_used(books):
    text = b"INV-1001 500.00\nINV-1002 900.00\nTotal paid: 1,500.00 USD\nPayment reference: FT-90017\n"
    taken = take_any(cast.who("ar_manager"), "mail.txt", text)
    assert (taken.advices, taken.warnings) == (1, 1)
    money(lockbox("1500.00"))
    row = Receipt.objects.get()
    assert (row.state, RemittanceAdvice.objects.get().state) == (
        "proposed",
        "used",
    )  # the amount alone would do, and is not enough
    assert "do not make what it states" in row.proposal["evidence"][0]


def test_what_is_neither_a_banks_file_nor_an_advice_is_refused(books):
    with pytest.raises(Refused) as refused:
        take_any(cast.who("ar_manager"), "x.txt", b"nothing of a bank")
    assert refused.value.code == "bank_file_refused"
    with pytest.raises(Refused) as refused:
        take_any(cast.who("ar_manager"), "x.edi", EDI_820[:60].encode())
    assert refused.value.code == "remittance_refused"
    assert not RemittanceAdvice.objects.exists()


@pytest.mark.invariant(38)
def test_no_account_number_of_an_advice_is_kept(books):
    take_any(cast.who("ar_manager"), "x.edi", EDI_820.encode())
    assert RemittanceAdvice.objects.count() == 2
    assert "9984123456" not in repr(list(RemittanceAdvice.objects.values()))
    assert RemittanceAdvice.objects.order_by("pk").first().payer_tail == "3456"


@pytest.mark.trap(43)
def test_an_advice_without_a_currency_is_in_that_of_the_documents_it_names(books):
    cast.entity("DE01", "EUR")
    take_any(cast.who("ar_manager"), "a.csv", two())
    assert RemittanceAdvice.objects.get().currency == "USD"
    with pytest.raises(Refused) as refused:
        take_any(cast.who("ar_manager"), "b.csv", two().replace(b"INV-", b"XX-"))
    assert "names no currency" in str(refused.value)


# --- mail ---------------------------------------------------------------------------------------------------------------


def mailed(books, text, name="", content=b""):
    row = inbox_cast.mail(inbox_cast.conversation(books.lakeside), text, language="en")
    if content:
        MailFile.objects.create(mail=row, file=store_bytes(content, "text/csv", NINE), name=name)
    return row


@pytest.mark.req("B5")
def test_a_mail_with_an_advice_finds_the_money_that_waits(books):
    money(lockbox())
    mail = mailed(books, "Please find our remittance attached.", "remittance.csv", two())
    done = confirm_proposal(cast.who(books.mona, at=NINE), inbox_cast.proposal(mail, "remittance_advice").pk)
    told = RemittanceAdvice.objects.get()
    assert (done.did, told.mail, told.customer) == (f"remittance:{told.pk}", mail, books.lakeside)
    check_placed(books, Receipt.objects.get(), "trace")


@pytest.mark.req("D10")
def test_a_mail_may_be_kept_alone_only_where_the_house_lets_it(books):
    money(lockbox())
    words = "INV-1001 500.00\nINV-1002 1,000.00\n less damaged goods 100.00\nTotal paid 1,400.00\nPayment reference: FT-90017"
    mail = mailed(books, words)
    inbox_cast.proposal(mail, "remittance_advice", confidence="0.990")
    clock = the_clock(TODAY, NINE)
    assert act_alone(clock, mail.pk) == ()
    assert not RemittanceAdvice.objects.exists()
    Setting.objects.create(name="inbox.act_alone", value={"remittance_advice": "0.95"}, changed_at=NINE)
    assert len(act_alone(clock, mail.pk)) == 1
    check_placed(books, Receipt.objects.get(), "trace")


def test_a_mail_that_says_nothing_to_read_is_planned_for_a_person(books):
    mail = mailed(books, "We paid everything last week, see the statement.")
    done = confirm_proposal(cast.who(books.mona, at=NINE), inbox_cast.proposal(mail, "remittance_advice").pk)
    assert "was not read" in done.sentence
    assert FollowUp.objects.count() == 1
    assert not RemittanceAdvice.objects.exists()
