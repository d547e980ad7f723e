"""Online payments when something goes wrong: a provider that is slow, long lists, refunds that fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dunlin.actions import take_provider_event
from dunlin.actions.take_provider_event import sweep
from dunlin.records.models import FollowUp, Item, ProviderEvent
from tests.online_cast import Shop, opened, provider_who
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
