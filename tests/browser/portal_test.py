"""The portal in a real browser: from the mail's link to the reference; no accessibility fault on any page, wide and phone, light and dark.

One walk through all pages, so that the browser is started once.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dunlin.records.clock import today
from dunlin.records.models import Entity, Message, PaymentChoice
from tests import cast, inbox_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.req("E7")]

LONG = "Aktiengesellschaft für Wasser-, Wärme- und Verkehrswirtschaft Donaudampfschifffahrt Niederösterreich"
NUMBER = "RECHNUNG-2026-000000000000000000000000000042-A"
PRIYA = "priya@l-100.test"
PHONE = {"width": 390, "height": 844}
# Where every colour of the dark theme stands: errors, what is late, what is done, buttons, chips.
IN_DARK = ("sign-in-error", "accounts", "home", "dispute", "how-to-pay")
LOOK = bool(
    os.environ.get("DUNLIN_SCREENSHOTS")
)  # somebody looks at the pictures: then all of them are taken


@pytest.fixture
def accounts(live_server):
    """Priya of an account with many documents and of one with a long name; Quin, whose account owes nothing."""
    day = today("UTC")
    ours = cast.entity(name="Northlight Systems Inc.")
    Entity.objects.update(
        payment_instructions="Northlight Systems Inc.\nThe bank and account that we gave you with the contract"
    )
    lake = cast.customer("Lakeside Hotels", number="L-100", country="US")
    cast.contact(lake, "Priya Raman", email=PRIYA, title="Accounts payable manager")
    for number in range(70):
        made = cast.invoice(lake, 12_345 * (number + 1), due=day - timedelta(60 - number), number=f"INV-{20900 + number}", po_number=f"PO-{number}")  # fmt: skip
        if number % 3 == 0:
            inbox_cast.document(lake, made, name=f"{made.number}.pdf", title=f"Invoice {made.number}")
    cast.payment(lake, "200.00", on=day - timedelta(3))
    donau = cast.customer(LONG, number="D-7", country="AT", currency="EUR", language="de")
    cast.contact(donau, "Priya Raman", email=PRIYA, language="en")
    cast.invoice(donau, "123456789.01", due=day - timedelta(400), number=NUMBER, of_entity=ours)
    cast.invoice(donau, "1.00", due=day + timedelta(4), number="KURZ-1", currency="USD")
    calm = cast.customer("Calm & Quiet", number="Q-1")
    cast.contact(calm, "Quin", email="quin@quiet.test")
    return lake, donau, calm


def sign_in(page, base: str, address: str) -> None:
    page.goto(f"{base}/portal/sign-in")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_text("Look into your mailbox").first.wait_for()
    text = Message.objects.filter(purpose="portal_link").order_by("-pk").first().text
    page.goto(re.search(r"http://localhost:\d+/portal/link/[\w-]+", text)[0])
    page.get_by_role("button", name="Sign in now").click()
    page.wait_for_url("**/portal/accounts/*" if address != PRIYA else "**/portal/")


def test_every_page_shuts_nobody_out_and_a_payment_is_chosen_on_a_phone(accounts, page, shot, live_server):
    base, (lake, donau, calm) = live_server.url, accounts
    said = 0

    def look(name: str, path: str = "") -> None:
        nonlocal said
        if path:
            page.goto(f"{base}{path}")
        for scheme in ("light", "dark") if LOOK or name in IN_DARK else ("light",):
            page.emulate_media(color_scheme=scheme)
            if LOOK:
                shot(f"portal-{name}-{scheme}")
                shot(f"portal-{name}-{scheme}", phone=True)
            page.set_viewport_size(PHONE)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"{name} scrolls {wider} pixels sideways"
            found = Axe().run(page).response["violations"]
            faults = [each["id"] + str([node["html"][:120] for node in each["nodes"]]) for each in found]
            assert faults == [], f"{name}, {scheme}"
            said += 1

    look("sign-in", "/portal/sign-in")
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_text("This is no e-mail address").wait_for()
    look("sign-in-error")
    look("over", "/portal/link/none")
    sign_in(page, base, "quin@quiet.test")
    look("no-items")
    look("nothing-to-pay", f"/portal/accounts/{calm.pk}/pay")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/portal/sign-in")
    sign_in(page, base, PRIYA)
    look("accounts")
    at = f"/portal/accounts/{lake.pk}"
    look("home", at)
    look("home-due", f"{at}?show=due")
    look("long", f"/portal/accounts/{donau.pk}")
    for name in ("promise", "dispute", "documents", "certificate", "contacts", "ask"):
        look(name, f"{at}/{name}")
    look("long-pay", f"/portal/accounts/{donau.pk}/pay?all=open")
    look("not-found", f"{at}/pay?item=999999")

    page.set_viewport_size(PHONE)
    page.goto(f"{base}{at}")
    page.get_by_label("INV-20901").check()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_text("Pay only a part").wait_for()
    look("pay")
    page.get_by_text("Pay only a part").click()
    page.get_by_label("INV-20901").fill("100.5")
    page.get_by_role("button", name="Show how to pay").click()
    page.get_by_text("Make this bank transfer.").wait_for()
    choice = PaymentChoice.objects.get()
    assert choice.amount == 10_050
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: Reference").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == choice.reference
    look("how-to-pay")
    page.get_by_label("Language").select_option("ar")
    page.locator("footer button").click()
    page.locator("html[lang=ar]").wait_for()
    look("home-arabic", at)
    look("promise-arabic", f"{at}/promise")
    assert said > 20
