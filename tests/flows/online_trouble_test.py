"""Online payments when something goes wrong: a provider that is slow, long lists, refunds that fail, bank debits that do not come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dunlin.actions import take_provider_event
from dunlin.actions.message_content import Content, Stop, fresh_content
from dunlin.actions.take_provider_event import sweep
from dunlin.records.clock import now, today
from dunlin.records.models import Block, Contact, FollowUp, Item, Message, ProviderEvent
from dunlin.records.policies import current_policy
from tests.online_cast import Shop, opened, provider_who
from tests.portal_cast import at, words
from tests.stripe_stand_in import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.req("E8"), pytest.mark.req("G7")]


@pytest.fixture
def shop(settings: Any) -> Iterator[Shop]:
    yield from opened(settings)


def test_a_provider_that_answers_too_late_is_asked_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    row = shop.paid(tell=False)
    monkeypatch.setattr(take_provider_event, "QUICK_SECONDS", 1)
    shop.provider.trouble = ["timeout"]
    assert deliver(shop.door, shop.provider.events[-1]).json()["state"] == "waiting"
    assert shop.open() == [60_000, 40_000]
    assert sweep(provider_who()).problems == 0
    row.refresh_from_db()
    assert (row.state, shop.open()) == ("paid", [0, 0])


def test_what_is_on_the_second_page_of_a_list_is_read_too(shop: Shop) -> None:
    row = shop.paid(tell=False)
    for _ in range(4):
        shop.provider.give_back(row.session_id or "", 10_000)
    shop.provider.page_most = 2
    assert sweep(provider_who()).events == len(shop.provider.events) == 5
    row.refresh_from_db()
    assert row.refunded == 40_000
    assert Item.objects.filter(kind="refund", source="stripe").count() == 4


def test_a_refund_that_fails_is_money_of_ours_again_and_a_question(shop: Shop) -> None:
    row = shop.paid()
    back = shop.provider.give_back(row.session_id or "", 10_290)
    shop.tell()
    FollowUp.objects.all().delete()
    shop.provider.fail_refund(back)
    failed = shop.provider.events[-1]
    for _ in range(2):
        assert deliver(shop.door, failed).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.refunded) == ("paid", 0)
    assert Item.objects.get(source_key=f"{back}/failed").open == 10_290
    assert "102.90 USD through Stripe failed" in FollowUp.objects.get().what


@pytest.mark.rule("P12")
def test_a_fee_that_could_not_be_given_back_is_given_back_later_and_once(shop: Shop) -> None:
    row = shop.paid("debit", tell=False)
    shop.provider.trouble = [
        "",
        "",
        "",
        500,
    ]  # the page, its refunds and disputes are seen; the refund is not made
    assert deliver(shop.door, shop.provider.events[-1]).json()["state"] == "waiting"
    row.refresh_from_db()
    assert (row.state, row.refunded, len(shop.provider.refunds)) == ("paid", 0, 0)
    for _ in range(2):
        sweep(provider_who())
    row.refresh_from_db()
    assert (row.refunded, len(shop.provider.refunds)) == (2_900, 1)
    assert not ProviderEvent.objects.filter(state="waiting").exists()


@pytest.mark.req("D10")
def test_who_began_a_bank_debit_is_told_in_their_language_that_it_failed(shop: Shop) -> None:
    priya = Contact.objects.get(customer=shop.lake)
    priya.language = "de"
    priya.save()
    row = shop.paid("bank", "bank_debit", 0)
    shop.provider.settle(row.session_id or "", fails=True)
    failed = shop.provider.events[-1]
    for _ in range(2):
        deliver(shop.door, failed)
    mail = Message.objects.get(purpose="payment")
    assert (mail.contact_id, mail.language, [each["address"] for each in mail.to]) == (priya.pk, "de", ["priya@l-100.test"])  # fmt: skip
    assert mail.subject.replace("\xa0", " ") == "Ihre Lastschrift über 1.000,00 USD kam nicht zustande"
    assert "INV-1: 600,00" in mail.text.replace("\xa0", " ")
    assert "insufficient" not in mail.text  # why is between them and their bank

    who, policy = provider_who(), current_policy()
    assert isinstance(fresh_content(who, mail, policy), Content)
    again = shop.paid("bank", "bank_debit", 0)
    assert fresh_content(who, mail, policy) == Stop("nothing_left_to_ask", {})  # another is on its way
    Block.objects.create(
        customer=shop.lake, kind="legal", reason="r", from_on=today("UTC"), recorded_at=now()
    )
    shop.provider.settle(again.session_id or "", fails=True)
    shop.tell()
    assert Message.objects.filter(purpose="payment").count() == 1
    assert "They were not told by e-mail" in FollowUp.objects.order_by("-pk")[0].what


@pytest.mark.rule("P25")
def test_what_the_bank_took_back_stands_on_the_account_of_the_portal_until_it_is_decided(shop: Shop) -> None:
    row = shop.paid()
    disputed = shop.provider.dispute(row.session_id or "")
    shop.tell()
    home = at("portal_account", shop.lake)
    assert "1,029.00 USD was taken back by the bank" in words(shop.browser, home).replace("\xa0", " ")
    shop.provider.decide(disputed, "won")
    shop.tell()
    assert "taken back" not in words(shop.browser, home)
