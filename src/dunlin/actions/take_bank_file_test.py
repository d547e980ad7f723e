"""Bank files taken in: each transaction once, whichever file told of it first; the clocks of P15; nothing of an account number kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dunlin.actions.take_bank_file import due_by, take_bank_file
from dunlin.records.models import BankAccount, BankFile, Receipt
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from tests import cast
from tests.bank_cast import OUR_ACCOUNT, Line, camt

pytestmark = [pytest.mark.django_db, pytest.mark.req("E5")]

PAYER = "GB33BUKB20201555555555"
LINES = [
    Line("500.00", "Lakeside Hotels", "Invoice INV-1001", "A1", PAYER),
    Line("-12.50", "Our bank", "Fee", "A2"),
    Line("-300.00", "Lakeside Hotels West", "came back", "A3", returned="AM04"),
]


def test_each_transaction_becomes_a_receipt_with_its_state_and_clock(books):
    taken = take_bank_file(cast.who("ar_manager"), "monday.xml", camt(LINES))
    assert (taken.entries, taken.new, taken.warnings, taken.damaged) == (3, 3, 0, 0)
    assert taken.sums == {"USD": 18_750}
    rows = list(Receipt.objects.order_by("pk"))
    assert [(each.kind, each.amount, each.state) for each in rows] == [
        ("credit", 50_000, "waiting"), ("debit", -1_250, "info"), ("return", -30_000, "waiting"),
    ]  # fmt: skip
    assert (rows[0].payer_name, rows[0].payer_tail, rows[0].text) == (
        "Lakeside Hotels",
        "5555",
        "Invoice INV-1001",
    )
    assert rows[2].return_code == "AM04"
    assert rows[0].account == BankAccount.objects.get(entity=books.entity, tail="3000")
    assert BankFile.objects.get().statements[0]["adds_up"] is True


@pytest.mark.invariant(13)
def test_the_same_file_and_the_same_transaction_in_another_file_change_nothing(books):
    who = cast.who("ar_manager")
    take_bank_file(who, "monday.xml", camt(LINES))
    assert take_bank_file(who, "again.xml", camt(LINES)).again
    second = take_bank_file(who, "tuesday.xml", camt([*LINES, Line("7.00", "New", "x", "A9")], number="2"))
    assert (second.entries, second.new, second.again) == (4, 1, False)
    assert Receipt.objects.count() == 4


@pytest.mark.invariant(38)
def test_no_account_number_is_kept_anywhere(books):
    take_bank_file(
        cast.who("ar_manager"), "monday.xml", camt([Line("1.00", "X", f"from {PAYER}", "A1", PAYER)])
    )
    kept = (
        repr(list(Receipt.objects.values()))
        + repr(list(BankFile.objects.values()))
        + repr(list(BankAccount.objects.values()))
    )
    assert PAYER not in kept
    assert OUR_ACCOUNT not in kept


def test_what_cannot_be_understood_is_refused_with_its_reason_and_leaves_nothing(books):
    with pytest.raises(Refused) as refused:
        take_bank_file(cast.who("ar_manager"), "notes.txt", b"\x00\x01\x02 nothing of a bank")
    assert refused.value.code == "bank_file_refused"
    assert "notes.txt" in str(refused.value)
    assert not BankFile.objects.exists()


def test_who_may_not_is_refused_and_a_dry_run_leaves_nothing(books):
    with pytest.raises(Refused) as refused:
        take_bank_file(cast.who("collector"), "a.xml", camt(LINES))
    assert refused.value.code == "not_permitted"
    assert take_bank_file(cast.who("ar_manager").dry(), "a.xml", camt(LINES)).new == 3
    assert not Receipt.objects.exists()


@pytest.mark.rule("P15")
@pytest.mark.parametrize(
    "at, empty_by, late_after",
    [
        # Ledger time is New York's; the desk closes at 17:00 there, 22:00 UTC in winter.
        (datetime(2026, 11, 24, 15, 0, tzinfo=UTC), datetime(2026, 11, 24, 22, 0, tzinfo=UTC), datetime(2026, 11, 25, 22, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 22, 0, tzinfo=UTC), datetime(2026, 11, 25, 22, 0, tzinfo=UTC), datetime(2026, 11, 26, 22, 0, tzinfo=UTC)),
        (datetime(2026, 11, 28, 15, 0, tzinfo=UTC), datetime(2026, 11, 30, 22, 0, tzinfo=UTC), datetime(2026, 12, 1, 22, 0, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_the_queue_is_empty_by_the_close_and_late_after_the_next(books, at, empty_by, late_after):
    assert due_by(at, replace(current_policy(), ledger_time_zone="America/New_York")) == (
        empty_by,
        late_after,
    )


def test_bank_charges_and_the_amounts_of_an_advice_are_kept(books):
    content = camt([Line("95.00", "Lakeside Hotels", "INV-1001", "A1")]).replace(
        b"<RltdPties>",
        b'<Chrgs><Rcrd><Amt Ccy="USD">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs><RltdPties>',
    ).replace(
        b"</Ustrd>",
        b"</Ustrd><Strd><RfrdDocInf><Nb>INV-1001</Nb></RfrdDocInf><RfrdDocAmt>"
        b'<RmtdAmt Ccy="USD">95.00</RmtdAmt></RfrdDocAmt></Strd>',
    )  # fmt: skip
    take_bank_file(cast.who("ar_manager"), "in.xml", content)
    row = Receipt.objects.get()
    assert row.charges == 500
    assert [(each["number"], each["paid"]) for each in row.documents] == [("INV-1001", 9_500)]
