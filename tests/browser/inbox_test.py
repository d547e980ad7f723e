"""From a promise in a mail to the kept promise in a real browser: inbox, confirmed, answered, paid, kept, told on the timeline.

Method: one mail is taken in as the reader of the mailbox would; then a collector works by keyboard; the payment comes and the night
judges some days later, with the clock set on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from dunlin.actions.doing import the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.run_daily import run_daily
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.take_raw import take_raw
from dunlin.records.clock import now, today
from dunlin.records.models import Conversation, Message, Promise
from dunlin.rules.money import Money
from tests import cast, inbox_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Aktiengesellschaft für Wasser-, Wärme- und Verkehrswirtschaft Donaudampfschifffahrt Niederösterreich"


def raw(sender, subject, text, *, ident, name="Priya Raman", attach="", html=""):
    """A mail as a server hands it over."""
    head = f'From: "{name}" <{sender}>\r\nTo: ar@dunlin.test\r\nSubject: {subject}\r\nMessage-ID: <{ident}@theirs.test>\r\nMIME-Version: 1.0\r\n'
    if not attach and not html:
        return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"]
    if html:
        parts.append(f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n")
    if attach:
        parts.append(
            f'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="{attach}"\r\n\r\n%PDF-1.4\r\n%%EOF\r\n'
        )
    body = "".join(f"--cut\r\n{part}" for part in parts) + "--cut--\r\n"
    return f"{head}Content-Type: multipart/mixed; boundary=cut\r\n\r\n{body}".encode()


@pytest.fixture
def ana(live_server):
    """Ana, an account with two late invoices and a document, the templates that ship, and what came in this morning."""
    keep_shipped(now())
    day = today("UTC")
    person = cast.user("senior_collector", "ana", last_name="Silva")
    lakeside = cast.customer(
        "Lakeside Hotels", number="L-100", collector=person, country="US", time_zone="America/New_York"
    )
    cast.contact(lakeside, "Priya Raman", email="priya@lakeside.test")
    late = cast.invoice(lakeside, "18,200.00", due=day - timedelta(17), number="INV-20931")
    cast.invoice(lakeside, "4,100.00", due=day - timedelta(12), number="INV-20987")
    cast.invoice(lakeside, "950.50", due=day + timedelta(9), number="INV-21002")
    inbox_cast.document(lakeside, late, name="INV-20931.pdf", title="Invoice INV-20931")
    inbox_cast.department("operations")
    donau = cast.customer(LONG, number="D-7", collector=person, country="AT", currency="EUR")
    cast.contact(donau, "Liesl Maier", email="liesl@donau.test", phone="+43 1 5550123")
    cast.invoice(donau, "7,300.00", due=day - timedelta(45), number="RE-4711")
    box = inbox_cast.mailbox(name="Accounts receivable", read_at=now(), host="mail.test")

    def comes(*mail, hours, **more):
        take_raw(the_clock(day, now()), box, raw(*mail, **more), now() - timedelta(hours=hours))

    comes(
        "liesl@donau.test", "Rechnung RE-4711", "Sehr geehrte Damen und Herren,\r\n\r\nder Preis auf RE-4711 stimmt nicht, vereinbart waren 6.900 EUR."
        "\r\n\r\nLiesl Maier", hours=30, ident="m1", name="Liesl Maier",
    )  # fmt: skip
    comes(
        "priya@lakeside.test", "INV-20931", "Hello,\r\n\r\nwe will pay 18,200.00 USD for INV-20931 tomorrow. Could you also send us a copy of the invoice?"
        "\r\n\r\nThank you\r\n--\r\nPriya Raman\r\nLakeside Hotels\r\n\r\nOn Mon, Ana Silva wrote:\r\n> Please tell us when INV-20931 is paid.\r\n",
        hours=2, ident="m2", attach="approval.pdf",
    )  # fmt: skip
    comes(
        "someone@unknown.test",
        "Payment",
        "We have paid all of it last week, please check.",
        hours=5,
        ident="m3",
        name="Sam One",
    )
    return person


def typed(page, text):
    page.keyboard.type(text, delay=10)


@pytest.mark.req("B5")
@pytest.mark.req("D2")
@pytest.mark.rule("P14")
@pytest.mark.rule("P18")
def test_from_a_promise_in_a_mail_to_the_kept_promise(ana, signed_in, page, shot):
    signed_in(ana, "/inbox/")
    assert page.locator("tr[data-row]").count() == 2  # what is nobody's yet stands in its own tab
    shot("inbox")
    shot("inbox", phone=True)
    confirm_the_promise(page, shot)
    answer_with_a_copy(page, shot)
    kept_and_told(page, ana, signed_in, shot)


def confirm_the_promise(page, shot):
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").text_content() == "INV-20931"
    assert "tomorrow" in page.locator("mark").first.text_content()
    shot("conversation")
    shot("conversation", phone=True)
    with page.expect_navigation():
        page.locator(".proposals a", has_text="Log promise").click()
    page.locator(".understood", has_text="18,200.00 USD").or_(
        page.locator("input[name=promise]")
    ).first.wait_for()
    assert page.input_value("[name=promise]").startswith("18200 USD ")
    shot("confirm-promise")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_load_state()
    promise = Promise.objects.get()
    assert (promise.amount, promise.due_on, promise.source) == (
        1_820_000,
        today("UTC") + timedelta(1),
        "e-mail",
    )
    assert "promised for" in page.locator("#toasts").text_content()
    assert "promises to pay: done" in page.locator(".proposals").text_content()


def answer_with_a_copy(page, shot):
    """One key to the answer, one to the fold, one click on the document; a draft outlives a reload."""
    page.keyboard.press("r")
    typed(page, "Thank you, Priya. The copy is attached.")
    page.reload()
    assert page.input_value("[name=answer]") == "Thank you, Priya. The copy is attached."
    page.select_option("[name=canned]", label="Answer: we are checking")
    page.locator("#answer-words.is-waiting").wait_for(state="detached")
    page.wait_for_function("document.querySelector('[name=answer]').value.includes('Dear Priya Raman')")
    page.fill("[name=answer]", "Thank you, Priya. The copy is attached.")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.get_by_label("Invoice INV-20931").check()
    shot("answer")
    shot("answer", phone=True)
    page.focus("[name=answer]")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_load_state()
    sent = Message.objects.get()
    assert sent.text.startswith("Thank you, Priya.")
    assert "> we will pay 18,200.00 USD" in sent.text
    assert (sent.subject, sent.in_reply_to, sent.files.get().name) == (
        "Re: INV-20931",
        "m2@theirs.test",
        "INV-20931.pdf",
    )
    row = Conversation.objects.get(subject="INV-20931")
    assert (row.state, row.clock_from, row.breached) == ("answered", None, False)
    assert "on its way" in page.locator("#toasts").text_content()
    assert page.input_value("[name=answer]") == ""
    shot("answered")


def kept_and_told(page, ana, signed_in, shot):
    """The money comes when it was promised; the night judges; the account tells all of it."""
    customer, promise = ana.portfolio.get(number="L-100"), Promise.objects.get()
    later = datetime.combine(promise.due_on, now().timetz()) + timedelta(days=4)
    with time_machine.travel(later, tick=True):
        manager = cast.who(cast.user("ar_manager", "mona"), today=later.date(), at=now())
        invoice = promise.items.get().item
        money = Money.exact("18200.00", "USD")
        take_payment(
            manager, customer.pk, money, [Use(invoice.pk, money)], entity_id=invoice.entity_id, received_on=promise.due_on,
            reference="INV-20931",
        )  # fmt: skip
        run_daily(the_clock(later.date(), now()), later.date())
        promise.refresh_from_db()
        assert promise.status == "kept"
        signed_in(ana, f"/accounts/{customer.pk}")
        told = page.locator("#timeline").text_content()
        assert "Mail from Priya Raman" in told
        assert "kept" in told
        assert "kept" in page.locator("#promises").text_content()
        shot("account-with-mail")


@pytest.mark.trap(58)
def test_triage_by_keyboard_and_a_call_to_return(ana, signed_in, page, shot):
    signed_in(ana, "/inbox/?view=triage")
    shot("triage-list")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "whose is it?" in page.locator(".conversation-head").text_content()
    page.keyboard.press("w")
    typed(page, "donau")
    page.locator("#whose-found", has_text="D-7").wait_for()
    shot("triage")
    shot("triage", phone=True)
    page.keyboard.press("Escape")
    page.fill("#f-whose", "INV-20987")
    page.locator("#whose-found", has_text="Lakeside Hotels").wait_for()
    with page.expect_navigation():
        page.locator("#whose-found button", has_text="It is theirs").first.click()
    page.wait_for_load_state()
    assert "Lakeside Hotels" in page.locator(".conversation-head").text_content()
    page.goto(page.url.split("/inbox")[0] + "/inbox/calls/new")
    page.fill("[name=phone]", "+43 1 5550123")
    page.fill("[name=about]", "Rings back about RE-4711")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_load_state()
    assert "to be called back" in page.locator("#toasts").text_content()
    row = Conversation.objects.get(kind="call")
    page.goto(page.url.split("/inbox")[0] + f"/inbox/{row.pk}")
    shot("call-to-return")
    page.emulate_media(color_scheme="dark")
    shot("call-to-return-dark")
    page.goto(
        page.url.split("/inbox")[0] + f"/inbox/{Conversation.objects.get(subject='Rechnung RE-4711').pk}"
    )
    shot("conversation-dark")
    page.goto(page.url.split("/inbox")[0] + "/inbox/?view=all")
    shot("inbox-dark")
    for path in (
        "/inbox/mailboxes",
        "/inbox/questions",
        f"/accounts/{ana.portfolio.get(number='L-100').pk}/write",
        f"/accounts/{ana.portfolio.get(number='L-100').pk}/ask",
    ):
        page.goto(page.url.split("/inbox")[0].split("/accounts")[0] + path)
        shot("dark-" + path.strip("/").replace("/", "-"))
        shot("dark-" + path.strip("/").replace("/", "-"), phone=True)
