"""Cards and bank debit from the portal to the books, against the stand-in: fee, webhooks in every disorder, refunds, disputes, waivers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from dunlin.actions.ask_fee_waiver import ask_fee_waiver
from dunlin.actions.decide_approval import decide_approval
from dunlin.actions.take_provider_event import sweep
from dunlin.records.clock import now, today
from dunlin.records.models import (
    Application,
    Approval,
    Dispute,
    FollowUp,
    Item,
    Message,
    OnlinePayment,
    ProviderEvent,
)
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast, portal_cast
from tests.online_cast import Shop, opened, provider_who
from tests.portal_cast import at, signed_in
from tests.stripe_stand_in import deliver

pytestmark = [pytest.mark.django_db, pytest.mark.req("E7"), pytest.mark.req("E8"), pytest.mark.req("G7")]


@pytest.fixture
def shop(settings) -> Iterator[Shop]:
    yield from opened(settings)


@pytest.mark.rule("P12")
def test_the_fee_is_shown_then_taken_and_told_twice_and_in_disorder_it_is_posted_once(shop: Shop) -> None:
    choice = shop.choose()
    page = shop.browser.get(f"{at('portal_how_to_pay', shop.lake)}?choice={choice.pk}").content.decode()
    assert "Pay $1,029.00 by card" in page or "1,029.00" in page
    assert "29.00" in page
    assert shop.begin(choice, fee=0).status_code == 422  # another fee than the one that was shown
    answer = shop.begin(choice)
    assert answer.url.startswith(shop.provider.base)
    assert shop.begin(choice).url == answer.url  # pressed twice: one page
    row = OnlinePayment.objects.get()
    assert [amount for _, amount in shop.provider.sessions[row.session_id]["line_items"]] == [60_000, 40_000, 2_900]  # fmt: skip
    shop.provider.pay(row.session_id)
    shop.provider.give_back(row.session_id, 10_290)
    completed, refunded = shop.provider.events[-2:]
    assert deliver(shop.door, refunded).json()["state"] == "done"  # before the payment it is of
    for _ in range(3):
        assert deliver(shop.door, completed).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.refunded, row.card_brand, row.last4) == ("part_refunded", 10_290, "visa", "4242")
    assert Item.objects.filter(kind="payment", source="stripe").count() == 1
    fee = Item.objects.get(reason="card_fee", kind="debit_memo")
    assert (fee.amount, fee.open, fee.closed_on) == (2_900, 0, today("UTC"))
    memo = Item.objects.get(reason="card_fee", kind="credit_memo")
    assert memo.amount == 290
    assert shop.open() == [0, 10_000]  # the newest use went back
    assert Item.objects.get(kind="refund").open == 0
    assert ProviderEvent.objects.get(event_id=completed["id"]).times == 3
    receipt = shop.browser.get(at("portal_payment", shop.lake, online=row.pk)).content.decode()
    assert "A part of this payment was given back" in receipt
    shop.provider.give_back(row.session_id, 92_610)
    shop.tell()
    row.refresh_from_db()
    assert row.state == "refunded"
    assert shop.open() == [60_000, 40_000]
    assert sum(Item.objects.filter(reason="card_fee", kind="credit_memo").values_list("amount", flat=True)) == 2_900  # fmt: skip


@pytest.mark.rule("P12")
@pytest.mark.parametrize("how", ["debit", "prepaid"])
def test_a_card_that_bears_no_fee_gets_it_back_at_once(shop: Shop, how: str) -> None:
    row = shop.paid(how)
    assert (row.state, row.refunded, row.card_kind) == ("paid", 2_900, how)
    assert shop.open() == [0, 0]
    assert Item.objects.get(kind="credit_memo", reason="card_fee").amount == 2_900
    shop.tell()
    sweep(provider_who())
    assert len(shop.provider.refunds) == 1
    assert "fee was given back" in shop.browser.get(at("portal_payment", shop.lake, online=row.pk)).content.decode()  # fmt: skip


@pytest.mark.invariant(13)
def test_what_was_paid_meanwhile_stays_unapplied_with_a_question(shop: Shop) -> None:
    shop.begin(shop.choose())
    cast.apply(cast.payment(shop.lake, "500.00"), shop.first, "500.00")
    row = OnlinePayment.objects.get()
    shop.provider.pay(row.session_id)
    shop.tell()
    row.refresh_from_db()
    assert Item.objects.get(pk=row.payment_id).open == 50_000
    assert "500.00 USD of the online payment" in FollowUp.objects.get().what


def test_a_bank_debit_is_on_its_way_then_arrives_or_fails(shop: Shop) -> None:
    row = shop.paid("bank", "bank_debit", 0)
    assert (row.state, shop.open()) == ("processing", [60_000, 40_000])
    home = shop.browser.get(at("portal_account", shop.lake)).content.decode()
    assert "on its way" in home
    assert shop.begin(row.choice, fee=2900).status_code == 422  # not twice
    shop.provider.settle(row.session_id, fails=True)
    shop.tell()
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", "insufficient_funds")
    assert FollowUp.objects.get().what == (
        "A bank debit of 1,000.00 USD, begun in the portal, failed: insufficient funds. Priya Raman will read so in an e-mail."
    )
    assert "did not go through" in shop.browser.get(at("portal_account", shop.lake)).content.decode()
    again = shop.paid("bank", "bank_debit", 0)
    shop.provider.settle(again.session_id)
    shop.tell()
    again.refresh_from_db()
    assert (again.state, shop.open(), again.last4) == ("paid", [0, 0], "6789")


@pytest.mark.rule("P25")
def test_a_dispute_takes_the_payment_back_and_a_won_one_puts_it_back_exactly(shop: Shop) -> None:
    row = shop.paid()
    money = Item.objects.get(pk=row.payment_id)
    due = [(each.due_on, each.open) for each in (shop.first, shop.second)]
    disputed = shop.provider.dispute(row.session_id)
    shop.tell()
    row.refresh_from_db()
    assert row.state == "disputed"
    assert row.respond_by == datetime.fromtimestamp(shop.provider.clock(), UTC).date() + timedelta(20)
    assert shop.open() == [60_000, 40_000]
    flags = Dispute.objects.filter(reason="card_dispute", resolved_on=None)
    assert {each.item_id: each.amount for each in flags}[shop.first.pk] == 60_000
    assert Message.objects.filter(purpose="internal", subject__startswith="Card dispute opened").count() == 1
    shop.provider.decide(disputed, "won")
    for event in [*shop.provider.events[::-1], *shop.provider.events]:  # all again, backwards and forwards
        deliver(shop.door, event)
    row.refresh_from_db()
    assert row.state == "won"
    again = Item.objects.get(pk=row.payment_id)
    assert (again.amount, again.open, again.value_on) == (money.amount, 0, money.value_on)
    assert [(each.due_on, each.open) for each in Item.objects.filter(kind="invoice").order_by("pk")] == [(on, 0) for on, _ in due]  # fmt: skip
    assert not flags.all().exists()
    assert Item.objects.filter(kind="payment", source="stripe").count() == 2


@pytest.mark.rule("P25")
def test_a_lost_dispute_of_a_part_is_final_and_asks_for_the_rest_only(shop: Shop) -> None:
    row = shop.paid()
    one = shop.provider.dispute(row.session_id, amount=50_000, due_days=None)
    shop.provider.decide(one, "lost")
    deliver(shop.door, shop.provider.events[-1])
    shop.tell()
    row.refresh_from_db()
    assert row.state == "lost"
    assert sum(shop.open()) == 50_000
    assert not Dispute.objects.filter(resolved_on=None).exists()
    assert FollowUp.objects.filter(what__contains="dispute was lost").count() == 1


@pytest.mark.rule("P12")
@pytest.mark.invariant(29)
def test_a_fee_is_waived_only_by_an_approval_that_came_before_and_holds_once(shop: Shop) -> None:
    day = cast.who(shop.alice, today=today("UTC"), at=now())
    asked = ask_fee_waiver(day, shop.lake.pk, Money.exact("1500", "USD"), "Their bank closed; agreed by mail")
    choice = shop.choose()
    assert shop.begin(choice, fee=0).status_code == 422  # asked for is not approved
    manager = cast.who(cast.user("ar_manager"), today=today("UTC"), at=now())
    with pytest.raises(Refused, match="may"):
        decide_approval(manager, asked.pk, True)
    decide_approval(cast.who(cast.user("vp_finance"), today=today("UTC"), at=now()), asked.pk, True)
    page = shop.browser.get(f"{at('portal_how_to_pay', shop.lake)}?choice={choice.pk}").content.decode()
    assert "is waived" in page
    row = shop.paid(fee=0)
    assert (row.fee, row.waiver_id, shop.open()) == (0, asked.pk, [0, 0])
    assert Approval.objects.get(pk=asked.pk).state == "used"
    third = cast.invoice(shop.lake, "900.00", due=today("UTC"), number="INV-3")
    assert shop.begin(shop.choose(third), fee=0).status_code == 422
    assert shop.begin(shop.choose(third), fee=2610).status_code == 302


@pytest.mark.rule("P12")
def test_a_payment_split_below_the_threshold_is_told_to_a_person_and_not_charged(shop: Shop) -> None:
    for item in (shop.second, cast.invoice(shop.lake, "450.00", number="INV-3")):
        shop.begin(shop.choose(item), fee=0)
        shop.provider.pay(OnlinePayment.objects.latest("pk").session_id)
        shop.tell()
    assert "only together" in FollowUp.objects.get().what
    assert not Item.objects.filter(reason="card_fee").exists()


def test_a_message_that_never_came_loses_nothing_and_a_provider_that_is_away_delays_it(shop: Shop) -> None:
    row = shop.paid(tell=False)
    shop.provider.trouble = [500] * 3
    assert deliver(shop.door, shop.provider.events[-1]).json()["state"] == "waiting"
    assert OnlinePayment.objects.get().payment_id is None
    shop.provider.trouble = []
    shop.provider.dispute(row.session_id)  # nobody tells us
    swept = sweep(provider_who())
    assert (swept.events, swept.problems) == (2, 0)
    assert OnlinePayment.objects.get().state == "disputed"
    shop.provider.trouble = [429]  # too many requests: the next sweep asks again
    assert sweep(provider_who()).problems == 1
    assert sweep(provider_who()).problems == 0


def test_a_provider_that_is_away_says_so_to_the_payer_and_the_second_press_works(shop: Shop) -> None:
    choice = shop.choose()
    shop.provider.trouble = [500, 500, 500]
    refused = shop.begin(choice)
    assert refused.status_code == 422
    assert "does not answer now" in refused.content.decode()
    assert shop.begin(choice).status_code == 302
    assert OnlinePayment.objects.count() == len(shop.provider.sessions) == 1


def test_an_open_page_is_closed_before_the_same_is_paid_another_way(shop: Shop) -> None:
    choice = shop.choose()
    shop.begin(choice)
    first = OnlinePayment.objects.get()
    assert shop.begin(choice, "bank_debit", 0).status_code == 302
    first.refresh_from_db()
    assert (first.state, shop.provider.sessions[first.session_id]["status"]) == ("expired", "expired")
    second = OnlinePayment.objects.latest("pk")
    shop.provider.pay(second.session_id, "bank")
    assert shop.begin(choice).status_code == 422  # paid meanwhile, though nobody told
    assert OnlinePayment.objects.get(pk=second.pk).state == "processing"


@pytest.mark.invariant(38)
@pytest.mark.invariant(39)
def test_nobody_else_gets_in_and_nothing_of_the_payer_is_kept(shop: Shop) -> None:
    row = shop.paid(tell=False)
    event = shop.provider.events[-1]
    assert deliver(shop.door, event, secret="whsec_other").status_code == 400
    assert deliver(shop.door, event, sent_at=int(time.time()) - 3600).status_code == 400
    assert shop.door.post("/provider/stripe/", b"{}", content_type="application/json").status_code == 400
    assert shop.door.post("/provider/stripe/", b"x" * 600_000, content_type="application/json").status_code == 413  # fmt: skip
    assert shop.door.get("/provider/stripe/").status_code == 405
    assert not ProviderEvent.objects.exists()
    shop.tell()
    harbour = cast.customer("Harbour", number="H-200")
    cast.contact(harbour, "Jonas", email=portal_cast.JONAS)
    stranger = signed_in(portal_cast.JONAS)
    for path in (
        at("portal_payment", harbour, online=row.pk),
        at("portal_payment", shop.lake, online=row.pk),
    ):
        assert stranger.get(path).status_code == 404
    assert stranger.post(at("portal_pay_online", harbour, choice=row.choice_id), {"method": "card", "fee": 0}).status_code == 404  # fmt: skip
    assert stranger.get(f"{at('portal_pay', harbour)}?item={shop.first.pk}").status_code == 404
    kept = "".join(str(list(model._default_manager.values())) for model in apps.get_app_config("records").get_models())  # fmt: skip
    assert "Must Not Be Kept" not in kept
    assert "424242" not in kept


@pytest.mark.rule("P12")
@pytest.mark.parametrize(
    "amount, region, over, fee",
    [("500.00", "NY", "500", 0), ("500.01", "NY", "500", 1_450), ("1,000.00", "CT", "500", 0), ("1,000.00", "CO", "500", 2_000)],
)  # fmt: skip
def test_the_fee_by_threshold_and_place(shop: Shop, amount: str, region: str, over: str, fee: int) -> None:
    shop.lake.region = region
    shop.lake.save()
    item = cast.invoice(shop.lake, amount, number="INV-9")
    choice = shop.choose(item)
    assert shop.begin(choice, fee=fee + 1).status_code == 422
    assert shop.begin(choice, fee=fee).status_code == 302
    assert OnlinePayment.objects.get().fee == fee
    assert not Application.objects.exists()
