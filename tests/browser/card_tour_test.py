"""A customer on a phone pays by card: link, two invoices, fee, the provider's page, receipt; a waiver, a dispute, a stranger's invoice.

The provider is the stand-in of tests/stripe_stand_in.py: its page is really visited, its signed messages really posted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from dunlin.actions.ask_fee_waiver import ask_fee_waiver
from dunlin.actions.decide_approval import decide_approval
from dunlin.records.clock import now, today
from dunlin.records.models import Customer, Item, Message, OnlinePayment, ProviderEvent
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from dunlin.rules.money import Money
from tests import cast
from tests.portal_cast import JONAS, PRIYA, at, setting
from tests.stripe_stand_in import StandIn, deliver, serving
from tests.stripe_stand_in import at as place

pytestmark = [
    pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.req("E7"), pytest.mark.req("E8"), pytest.mark.rule("P12"),
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
LOOK = bool(os.environ.get("DUNLIN_SCREENSHOTS"))


@pytest.fixture
def provider(settings: Any) -> Iterator[StandIn]:
    with serving() as memory:
        settings.STRIPE = place(memory)
        yield memory


@pytest.fixture
def lake(provider: StandIn, live_server: object) -> Customer:
    day = today("UTC")
    made = cast.customer("Lakeside Hotels", number="L-100", country="US", region="NY")
    cast.contact(made, "Priya Raman", email=PRIYA)
    for number, amount in (("INV-1", "600.00"), ("INV-2", "400.00"), ("INV-3", "900.00")):
        cast.invoice(made, amount, due=day - timedelta(20), number=number)
    setting("card.fee_over", {"USD": "500"})
    return made


class Phone:
    """What the customer does, in their own words."""

    def __init__(self, page: Page, base: str, provider: StandIn, lake: Customer, shot: Any) -> None:
        self.page, self.base, self.provider, self.lake, self.shot = page, base, provider, lake, shot
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    def sign_in(self) -> None:
        self.page.goto(f"{self.base}/portal/sign-in")
        self.page.get_by_label("E-mail address").fill(PRIYA)
        self.page.get_by_role("button", name="Send me the link").click()
        self.page.get_by_text("Look into your mailbox").first.wait_for()
        text = Message.objects.filter(purpose="portal_link").latest("pk").text
        self.page.goto(re.search(r"http://localhost:\d+/portal/link/[\w-]+", text)[0])  # type: ignore[index]
        self.page.get_by_role("button", name="Sign in now").click()
        self.page.wait_for_url("**/portal/accounts/*")

    def choose(self, *numbers: str) -> None:
        self.page.goto(self.base + at("portal_account", self.lake))
        for number in numbers:
            self.page.get_by_label(number).check()
        self.page.get_by_role("button", name="Pay", exact=True).click()
        self.page.get_by_role("button", name="Show how to pay").click()
        self.page.get_by_role("heading", name="Pay now").wait_for()

    def pay(self, amount: str, how: str = "credit") -> OnlinePayment:
        self.page.get_by_role("button", name=f"Pay {amount} by card").click()
        self.page.wait_for_url(f"{self.provider.base}/c/pay/*")
        self.page.get_by_role("button", name=f"Pay with {how}", exact=True).click()
        self.page.wait_for_url("**/portal/accounts/*/payments/*")
        return OnlinePayment.objects.latest("pk")

    def look(self, name: str) -> None:
        """No fault in either colour scheme, nothing wider than the phone; pictures where somebody looks."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if LOOK:
                self.shot(f"card-{name}-{scheme}")
                self.shot(f"card-{name}-{scheme}", phone=True)
            self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
            found = Axe().run(self.page).response["violations"]
            assert [each["id"] for each in found] == [], f"{name}, {scheme}"


def books_are_right() -> None:
    assert verify(today("UTC"), current_policy()).findings == ()


def still_open(lake: Customer) -> list[int]:
    return [each.open for each in Item.objects.filter(customer=lake, kind="invoice").order_by("number")]


def test_a_customer_pays_by_card_on_a_phone(lake: Customer, provider: StandIn, page: Page, shot: Any, live_server: Any, signed_in: Any) -> None:  # fmt: skip
    phone, door = Phone(page, live_server.url, provider, lake, shot), Client()
    phone.sign_in()

    # Two invoices over the threshold: the fee stands apart before anything is pressed, and again on the provider's page.
    phone.choose("INV-1", "INV-2")
    assert page.locator("ul.sums").inner_text().replace("\xa0", " ").split("\n") == ["Documents", "1,000.00 USD", "Card fee", "29.00 USD", "Total", "1,029.00 USD"]  # fmt: skip
    phone.look("fee")
    page.get_by_role("button", name="Pay 1,029.00 USD by card").click()
    page.wait_for_url(f"{provider.base}/c/pay/*")
    assert page.get_by_role("listitem").all_inner_texts() == ["Invoice INV-1: 600.00", "Invoice INV-2: 400.00", "Card fee: 29.00"]  # fmt: skip
    page.get_by_role("link", name="Back").click()
    page.get_by_role("heading", name="Pay now").wait_for()
    paid = phone.pay("1,029.00 USD")

    # The message of a later refund comes before that of the payment, which comes twice.
    provider.give_back(paid.session_id or "", 10_290)
    completed, refunded = provider.events[-2:]
    for event in (refunded, completed, completed):
        assert deliver(door, event).status_code == 200
    assert ProviderEvent.objects.get(event_id=completed["id"]).times == 2
    page.reload()
    page.get_by_text("A part of this payment was given back").wait_for()
    said = page.get_by_role("main").inner_text().replace("\xa0", " ")
    assert "4242" in said
    assert "Given back\n102.90 USD" in said
    phone.look("receipt")
    assert Item.objects.filter(kind="payment", source="stripe").count() == 1
    fee = Item.objects.get(kind="debit_memo", reason="card_fee")
    assert (fee.amount, fee.open) == (2_900, 0)
    assert still_open(lake) == [0, 10_000, 90_000]
    books_are_right()

    # A fee is waived in advance, in writing, by one who may: the next payment bears none.
    moment = now()
    alice, vp = cast.user("collector", "alice"), cast.user("vp_finance")
    asked = ask_fee_waiver(cast.who(alice, today=today("UTC"), at=moment), lake.pk, Money.exact("900", "USD"), "Their bank closed")  # fmt: skip
    phone.choose("INV-3")
    page.get_by_role("button", name="Pay 926.10 USD by card").wait_for()
    decide_approval(cast.who(vp, today=today("UTC"), at=now()), asked.pk, True)
    page.reload()
    page.get_by_text("is waived for this payment").wait_for()
    phone.look("waived")
    free = phone.pay("900.00 USD")
    page.get_by_text("Thank you").first.wait_for()
    phone.look("thanks")
    assert (free.fee, free.waiver_id) == (0, asked.pk)
    assert still_open(lake) == [0, 10_000, 0]
    books_are_right()

    # The card holder objects: what was paid is owed again, and the customer sees why.
    provider.dispute(free.session_id or "")
    assert deliver(door, provider.events[-1]).status_code == 200
    page.reload()
    page.get_by_text("was taken back by the bank").wait_for()
    phone.look("taken-back")
    assert still_open(lake) == [0, 10_000, 90_000]
    books_are_right()
    page.get_by_role("link", name="Back to your account").click()
    page.get_by_role("link", name=re.compile("900.00.USD was taken back by the bank")).wait_for()
    signed_in(vp, at("account", lake))
    page.get_by_text(re.compile("Card dispute over 900.00.USD.*answer the provider by")).wait_for()

    # A stranger's invoice, account or payment is not found, whatever is typed into the address.
    harbour = cast.customer("Harbour", number="H-200")
    cast.contact(harbour, "Jonas", email=JONAS)
    theirs = cast.invoice(harbour, "700.00", number="INV-77")
    for path in (
        f"{at('portal_pay', lake)}?item={theirs.pk}", at("portal_account", harbour), f"{at('portal_pay', harbour)}?item={theirs.pk}",
        at("portal_payment", harbour, online=free.pk), at("portal_payment", lake, online=free.pk + 1),
    ):  # fmt: skip
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 404, path
        page.get_by_role("heading", name="There is nothing here").wait_for()
        assert "INV-77" not in page.content()
    phone.look("not-found")

    # The same payment from right to left.
    page.goto(live_server.url + at("portal_payment", lake, online=free.pk))
    page.get_by_label("Language").select_option("ar")
    page.get_by_role("button", name="Change").click()
    page.locator("html[lang=ar]").wait_for()
    phone.look("arabic")
