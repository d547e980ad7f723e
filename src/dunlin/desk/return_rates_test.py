"""Shares of returned debits from the books: told by the bank or recorded by hand, each return once, warned of on the screen of receipts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.change_settings import change_settings
from dunlin.actions.return_payment import return_payment
from dunlin.records.models import BankFile, Receipt
from dunlin.reports.return_rates import ach_returns, return_rate_watch
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P25"), pytest.mark.req("E4")]


def told(code, number, *, days=0, amount=-10_000, kind="return", **more):
    file = BankFile.objects.create(name=number, sha256=number.ljust(64, "0"), bytes=1, format="nacha", taken_at=cast.moment(TODAY))  # fmt: skip
    on = TODAY - timedelta(days)
    return Receipt.objects.create(
        file=file, key=number, kind=kind, currency="USD", amount=amount, booked_on=on, value_on=on, received_at=cast.moment(on),
        empty_by=cast.moment(on), late_after=cast.moment(on), return_code=code, **more,
    )  # fmt: skip


def test_each_return_of_sixty_days_counts_once(books, client):
    both = cast.payment(books.lakeside, "30.00", on=TODAY - timedelta(2))
    by_hand = cast.payment(books.lakeside, "40.00", on=TODAY - timedelta(2))
    for payment, code in ((both, "R02"), (by_hand, "R29")):
        return_payment(cast.who(), payment.pk, f"t{payment.pk}", returned_on=TODAY, reason=code)
    told("R02", "a", payment=both, state="done")
    told("R01", "b", days=59, state="asked")
    told("R01", "too-old", days=60)
    told("R23", "our-credit", amount=5_000)
    told("AM04", "sepa")
    told("R40", "no-money")
    told("C01", "notice", kind="noc", amount=0)
    assert ach_returns(TODAY) == {"R02": 1, "R29": 1, "R01": 1}
    assert [each.returns for each in return_rate_watch(TODAY, 0)] == [1, 1, 3]

    client.force_login(books.mona)
    page = client.get("/receipts/?tab=returns").content.decode()
    assert "not known" in page
    assert "over the limit" not in page
    change_settings(cast.who(books.mona), {"return.debits_sixty_days": 150})
    text = client.get("/receipts/").content.decode()
    assert "not authorised, 1 of 150 debits in sixty days, 0.67 %; the limit is 0.5 %" in text
    assert "2.00 %" in client.get("/receipts/?tab=returns").content.decode()
