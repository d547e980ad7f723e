"""dunlin approvals: the list, one request, and decisions by the same rule as on the desk."""

from __future__ import annotations

from typing import Any

import pytest

from dunlin.actions.ask_fee_waiver import ask_fee_waiver
from dunlin.records.clock import now, today
from dunlin.records.models import Approval
from dunlin.rules.money import Money
from tests import cast, typed
from tests.portal_cast import setting
from tests.typed import dunlin

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4"), pytest.mark.rule("P11"), pytest.mark.invariant(29)]  # fmt: skip


def test_what_waits_is_listed_shown_and_decided_by_who_may_and_nobody_else(books: Any) -> None:
    setting("card.fee_over", {"USD": "500"})
    vp = cast.user("vp_finance", "vera")

    def asked(by: Any) -> str:
        who = cast.who(by, today=today("UTC"), at=now())
        return str(ask_fee_waiver(who, books.lakeside.pk, Money.exact("900", "USD"), "Their bank closed").pk)

    number = asked(books.alice)
    told = dunlin("approvals", "list", "--as", "vera", "--json").json
    assert typed.differences(typed.documented("approvals"), told) == []
    assert [each["amount"] for each in told["approvals"]] == ["26.10"]
    assert "0 requests" in dunlin("approvals", "list", "--as", "mona").out  # not hers to decide
    assert "1 request" in dunlin("approvals", "list", "--as", "mona", "--tab", "waiting").out
    shown = dunlin("approvals", "show", number, "--as", "vera").out
    for words in ("Their bank closed", "The fee stays.", "- Card payments above 500.00 USD"):
        assert words in shown
    assert dunlin("approvals", "show", 999_999, "--as", "vera").refusal == (2, "approval_unknown")
    for by, code in (("mona", "approval_beyond_limit"), ("alice", "not_permitted")):
        assert dunlin("approvals", "approve", number, "--as", by).refusal == (2, code)
    assert "refused" in dunlin("approvals", "refuse", number, "--because", "100 % is preferred", "--as", "vera").out  # fmt: skip
    assert dunlin("approvals", "approve", number, "--as", "vera").refusal == (2, "approval_decided_already")
    assert "approved" in dunlin("approvals", "approve", asked(books.alice), "--note", "once", "--as", "vera").out  # fmt: skip
    mine = asked(books.alice)
    Approval.objects.filter(pk=mine).update(asked_by=vp)
    assert dunlin("approvals", "approve", mine, "--as", "vera").refusal == (2, "approval_own_request")
    assert "withdrawn" in dunlin("approvals", "withdraw", mine, "--as", "vera").out
