"""dunlin refunds: listed, paid out into a file of one's own, undone, sent, confirmed by the bank and by a person."""

from __future__ import annotations

import stat
from typing import Any

import pytest

from dunlin.actions.take_bank_file import take_bank_file
from dunlin.records.models import Refund
from tests import cast, typed
from tests.bank_cast import Line, camt
from tests.refund_cast import ACCOUNT, approved, asked, old_payment, our_account
from tests.typed import dunlin

pytestmark = [pytest.mark.django_db, pytest.mark.req("E6"), pytest.mark.rule("P26")]


def states() -> list[str]:
    return list(Refund.objects.order_by("pk").values_list("state", flat=True))


def test_from_the_list_to_the_bank_and_back(books: Any, tmp_path: Any) -> None:
    payment = old_payment(books)
    one, two = approved(books, payment, "150.00"), approved(books, payment, "50.00")
    waits = asked(books, payment, "20.00")
    account = our_account(books)
    told = dunlin("refunds", "list", "--json").json
    assert typed.differences(typed.documented("refunds"), told) == []
    assert [each["state"] for each in told["refunds"]] == ["requested", "approved", "approved"]
    assert told["totals"]["to_pay"] == {"count": 2, "sums": {"USD": "200.00"}}
    assert "1 refund shown" in dunlin("refunds", "list", "--state", "waiting").out

    out = tmp_path / "pay.ach"
    pay = ("refunds", "pay-out", account.pk, "--form", "nacha")
    assert "2 refunds would go, 200.00 USD; nothing was made" in dunlin(*pay, "--dry-run").out
    assert dunlin(*pay).status == 2
    assert dunlin(*pay, "--out", out, "--as", "alice").refusal == (2, "not_permitted")
    assert not out.exists()
    made = dunlin(*pay, "--out", out, "--as", "mona", "--json").json
    assert (made["refunds"], made["sum"], made["waiting"]) == (2, "200.00", [])
    assert ACCOUNT in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert ACCOUNT not in str(made)
    first, number = out.read_bytes(), made["file"]
    assert dunlin(*pay, "--out", out, "--as", "mona").status == 2
    again = tmp_path / "again.ach"
    dunlin("refunds", "download", number, "--out", again, "--as", "mona")
    assert again.read_bytes() == first

    assert "undone" in dunlin("refunds", "undo", number, "--because", "the wrong day", "--as", "mona").out
    assert states() == ["approved", "approved", "requested"]
    only = dunlin(*pay, "--refund", one.reference, "--out", tmp_path / "b", "--as", "mona", "--json").json
    assert states() == ["in_file", "approved", "requested"]
    assert dunlin("refunds", "confirm", one.reference, "--as", "mona").refusal == (2, "refund_state_wrong")
    dunlin("refunds", "sent", only["file"], "--as", "mona")
    take_bank_file(cast.who(books.mona), "out.xml", camt([Line("-150.00", "Harbour", "", one.reference)]))
    assert "1 refund confirmed by the bank" in dunlin("refunds", "confirm", "--by-bank", "--as", "mona").out
    rest = dunlin(*pay, "--refund", two.reference, "--out", tmp_path / "c", "--as", "mona", "--json").json
    dunlin("refunds", "sent", rest["file"], "--as", "mona")
    assert "confirmed" in dunlin("refunds", "confirm", two.reference, "--as", "mona").out
    assert states() == ["confirmed", "confirmed", "requested"]
    assert waits.refund_id

    for wrong, code in (
        (("confirm", "RFD9", "--as", "mona"), "refund_unknown"), (("sent", "DUNLIN9", "--as", "mona"), "payout_unknown"),
        (("pay-out", "nowhere", "--form", "csv", "--dry-run"), "bank_account_unknown"),
    ):  # fmt: skip
        assert dunlin("refunds", *wrong).refusal == (2, code)
    assert dunlin("refunds", "confirm", "--as", "mona").status == 2
