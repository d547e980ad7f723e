"""Requests for approval: by another person, within the limit, in time; the effect in the same transaction (P11, D4, invariant 29)."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

import pytest

from dunlin.actions import decide_approval as deciding
from dunlin.actions.ask_approval import Asked, ask_approval, use_approval
from dunlin.actions.decide_approval import decide_approval, expire_approvals, withdraw_approval
from dunlin.actions.doing import doing, the_clock
from dunlin.records.models import Approval, DiaryLine
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4"), pytest.mark.rule("P11")]


@pytest.fixture(autouse=True)
def _no_effects(monkeypatch):
    """The requests of these tests are about nothing: what a decision does is tested with what it is about."""
    monkeypatch.setattr(deciding, "ON_DECISION", MappingProxyType({}))


def person(role, name="", **more):
    return cast.who(cast.user(role, name or role.replace("_", "")), **more)


def ask(who, kind="refund", amount="600.00", currency="USD", about="refund:1", **more):
    with doing(who, "process_receipt") as act:
        money = Money.exact(amount, currency) if amount else None
        return ask_approval(
            act,
            Asked(
                kind=kind, title="Refund of 600.00", reason="paid twice", amount=money, about=about, **more
            ),
        )


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code
    return str(raised.value)


def test_another_person_with_the_role_and_the_limit_decides(books):
    boss = cast.who(books.mona)
    row = ask(boss, customer_id=books.lakeside.pk)
    refused("approval_own_request", decide_approval, boss, row.pk, True)
    refused("not_permitted", decide_approval, person("collector", "carl"), row.pk, True)
    refused(
        "approval_needs_a_person",
        decide_approval,
        boss.__class__(None, "token", "vp_finance", "api", boss.today, boss.now),
        row.pk,
        True,
    )
    other = person("ar_manager", "ann")
    refused("reason_missing", decide_approval, other, row.pk, False)
    decided = decide_approval(other, row.pk, True, "it is theirs")
    assert (decided.state, decided.decided_by_id, decided.note) == ("approved", other.user_id, "it is theirs")
    refused("approval_decided_already", decide_approval, other, row.pk, False, "no")
    lines = DiaryLine.objects.filter(about=f"approval:{row.pk}").order_by("pk")
    assert [line.after.get("state", "asked") for line in lines] == ["asked", "approved"]


@pytest.mark.parametrize(
    ("kind", "amount", "currency", "role", "code"),
    [
        ("refund", "5000.01", "USD", "ar_manager", "approval_beyond_limit"),
        ("refund", "5000.01", "USD", "finance_manager", ""),
        (
            "refund",
            "600.00",
            "CHF",
            "finance_manager",
            "approval_beyond_limit",
        ),  # no rate: nobody with a limit
        ("refund", "600.00", "CHF", "vp_finance", ""),
        ("payment_plan", "10.00", "USD", "finance_manager", "approval_beyond_limit"),
        ("payment_plan", "10.00", "USD", "corporate_controller", ""),
        ("fee_waiver", "10.00", "USD", "ar_manager", "approval_beyond_limit"),
    ],
)
def test_limits(books, kind, amount, currency, role, code):
    row = ask(cast.who(books.mona), kind, amount, currency)
    other = person(role, "other")
    if code:
        assert "Who may: " in refused(code, decide_approval, other, row.pk, True)
        assert Approval.objects.get().state == "requested"
    else:
        assert decide_approval(other, row.pk, True).state == "approved"


def test_it_ends_in_time_and_is_asked_once_at_a_time(books):
    asker, boss = cast.who(books.mona), person("vp_finance")
    row = ask(asker)
    refused("approval_asked_already", ask, asker)
    late = person("corporate_controller", at=row.expires_at)
    refused("approval_expired", decide_approval, late, row.pk, True)
    assert expire_approvals(the_clock(late.today, row.expires_at - timedelta(seconds=1))) == 0
    assert expire_approvals(the_clock(late.today, row.expires_at)) == 1
    assert Approval.objects.get().state == "expired"
    again = ask(asker)
    refused("approval_not_yours", withdraw_approval, boss, again.pk)
    assert withdraw_approval(asker, again.pk).state == "withdrawn"
    refused("approval_decided_already", decide_approval, boss, again.pk, True)


def test_an_approval_is_used_once_and_before_it_ends(books):
    asker, boss = cast.who(books.mona), person("vp_finance")
    row = ask(asker, "fee_waiver", "30.00")

    def use(who):
        with doing(who, "process_receipt") as act:
            return use_approval(act, row.pk)

    refused("approval_not_usable", use, asker)
    decide_approval(boss, row.pk, True)
    refused("approval_not_usable", use, cast.who(books.mona, at=row.expires_at))
    assert use(asker).state == "used"
    refused("approval_not_usable", use, asker)


def test_the_effect_and_the_decision_stand_or_fall_together(books, monkeypatch):
    told = []

    def effect(act, row, yes):
        told.append((row.state, yes))
        if yes:
            raise Refused("approval_facts_changed", what="the credit is used.")

    monkeypatch.setattr(deciding, "ON_DECISION", MappingProxyType({"refund": effect}))
    row = ask(cast.who(books.mona))
    boss = person("vp_finance")
    refused("approval_facts_changed", decide_approval, boss, row.pk, True)
    assert Approval.objects.get().state == "requested"
    decide_approval(boss, row.pk, False, "ask anew")
    assert told == [("approved", True), ("refused", False)]
