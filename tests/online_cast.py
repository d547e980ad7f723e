"""A customer who pays in the portal by card or bank debit, for tests: the shop, with the stand-in of the provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.test import Client

from dunlin.actions.doing import Who, payment_provider
from dunlin.records.clock import now, today
from dunlin.records.models import Item, OnlinePayment, PaymentChoice, ProviderEvent
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from tests import cast, portal_cast
from tests.portal_cast import at, setting, signed_in
from tests.stripe_stand_in import StandIn, deliver, serving
from tests.stripe_stand_in import at as place


class Shop:
    """Lakeside owes two invoices, 600.00 and 400.00; its person is signed in, and the provider is there."""

    def __init__(self, provider: StandIn) -> None:
        self.provider = provider
        day = today("UTC")
        self.alice = cast.user("collector", "alice")
        self.lake = cast.customer("Lakeside", number="L-900", country="US", region="NY", collector=self.alice)
        cast.contact(self.lake, "Priya Raman", email=portal_cast.PRIYA)
        self.first = cast.invoice(self.lake, "600.00", due=day - timedelta(20), number="INV-1")
        self.second = cast.invoice(self.lake, "400.00", due=day - timedelta(10), number="INV-2")
        setting("card.fee_over", {"USD": "500"})
        self.browser = signed_in()
        self.door = Client()

    def choose(self, *items: Item) -> PaymentChoice:
        answer = self.browser.post(at("portal_pay", self.lake), {"item": [each.pk for each in items or (self.first, self.second)]})  # fmt: skip
        assert answer.status_code == 302
        return PaymentChoice.objects.get(pk=int(answer.url.rpartition("=")[2]))

    def begin(self, choice: PaymentChoice, method: str = "card", fee: int = 2900) -> Any:
        return self.browser.post(at("portal_pay_online", self.lake, choice=choice.pk), {"method": method, "fee": fee})  # fmt: skip

    def paid(self, how: str = "credit", method: str = "card", fee: int = 2900, tell: bool = True) -> OnlinePayment:  # fmt: skip
        assert self.begin(self.choose(), method, fee).status_code == 302
        row = OnlinePayment.objects.latest("pk")
        self.provider.pay(row.session_id, how)
        if tell:
            self.tell()
        row.refresh_from_db()
        return row

    def tell(self) -> None:
        """Everything the provider has to tell and has not told, in order."""
        known = set(ProviderEvent.objects.values_list("event_id", flat=True))
        for event in self.provider.events:
            if event["id"] not in known:
                assert deliver(self.door, event).status_code == 200

    def open(self) -> list[int]:
        return [Item.objects.get(pk=each.pk).open for each in (self.first, self.second)]


def opened(settings: Any) -> Iterator[Shop]:
    """The shop while a test is in it; when it leaves, the books are right."""
    with serving() as provider:
        settings.STRIPE = place(provider)
        yield Shop(provider)
        assert verify(today("UTC"), current_policy()).findings == ()


def provider_who() -> Who:
    return payment_provider(today("UTC"), now())
