"""The call guide in the words of its template: filled from the account's facts, in its language, and never in the way of a call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.save_template import activate_template, save_template
from dunlin.records.models import Call, Customer, Item, Promise, TemplateVersion
from dunlin.reports.call_wording import CallWording, call_wording
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("B4", "C7")]


@pytest.fixture
def day(books: Books) -> Books:
    keep_shipped(cast.moment(TODAY, 6))
    return books


def guide(books: Books, customer: Customer | None = None) -> CallWording | None:
    of = Customer.objects.select_related("terms").get(pk=(customer or books.lakeside).pk)
    return call_wording(of, of.contacts.first(), books.alice, TODAY, "09:40")


def text(found: CallWording | None) -> str:
    assert found is not None
    lines = ["".join(words for words, _ in line) for part in found.parts for line in part.lines]
    tables = [
        f"{line.number} {line.asked}" for part in found.parts if part.table for line in part.table.lines
    ]
    return "\n".join([found.subject, *lines, *tables])


def put(books: Books, body: str, language: str = "en", key: str = "call_guide_past_due") -> None:
    who = cast.who(books.mona)
    version = save_template(who, key, language, "Call", body, kind="call_guide")
    activate_template(who, version.pk)


def test_it_is_filled_with_who_calls_whom_about_what(day: Books) -> None:
    found = guide(day)
    words = text(found)
    assert "this is Alice, Dunlin Trading US01, speaking. May I speak to Priya Raman?" in words
    assert "INV-1001 500.00 USD" in words
    assert "INV-1002" not in words  # not due
    assert "Promise" not in words
    assert "Last time" not in words


def test_what_was_promised_and_said_stands_in_it(day: Books) -> None:
    Promise.objects.create(
        customer=day.lakeside, currency="USD", amount=10_000, due_on=TODAY - timedelta(2), made_on=TODAY - timedelta(9),
        recorded_at=cast.moment(TODAY), status="broken",
    )  # fmt: skip
    Call.objects.create(
        customer=day.lakeside, day=TODAY - timedelta(9), started_at=cast.moment(TODAY - timedelta(9)), by=day.alice, outcome="reached",
        note="Waits for the PO",
    )  # fmt: skip
    Item.objects.filter(pk=day.late.pk).update(disputed=20_000)
    words = text(guide(day))
    assert "has not arrived. Ask what happened" in words
    assert "Waits for the PO" in words
    assert "In dispute: 200.00\u00a0USD" in words
    assert "INV-1001 300.00 USD" in words


def test_a_call_about_final_invoices_only_has_its_own_guide(day: Books) -> None:
    other = cast.customer("Finals Ltd", number="F-1", collector=day.alice)
    cast.contact(other, "Ann Hill")
    cast.invoice(other, "70.00", due=TODAY + timedelta(5), number="FIN-1", invoice_class="final")
    found = guide(day, other)
    assert found is not None
    assert found.key == "call_guide_finals"
    assert "FIN-1 70.00 USD" in text(found)
    cast.invoice(other, "10.00", due=TODAY - timedelta(5), number="OLD-1")
    later = guide(day, other)
    assert later is not None
    assert later.key == "call_guide_past_due"


def test_the_words_in_force_in_the_language_of_the_customer(day: Books) -> None:
    put(day, "Guten Tag, hier ist {{ sender.name }}. Es ist {{ local_time }} dort.", "de")
    Customer.objects.filter(pk=day.lakeside.pk).update(language="de")
    found = guide(day)
    assert found is not None
    assert found.language == "de"
    assert "Guten Tag, hier ist Alice. Es ist 09:40 dort." in text(found)


def test_words_that_cannot_be_filled_leave_the_known_lines(day: Books) -> None:
    put(day, "The promise of {{ promise.amount }} is for {{ promise.due_on }}.")
    assert guide(day) is None
    client = Client()
    client.force_login(day.alice)
    page = client.get(f"/call/{day.lakeside.pk}").content.decode()
    assert "500.00 USD is past due on 1 document" in page
    assert "What is known" not in page


def test_nothing_to_ask_for_or_no_template_has_no_guide(day: Books) -> None:
    assert guide(day, day.branch) is None  # due today, so not past due
    TemplateVersion.objects.filter(template__kind="call_guide").update(activated_at=None)
    assert guide(day) is None


def test_the_page_shows_words_and_facts_and_nothing_in_a_value_is_a_mark(day: Books) -> None:
    contact = day.lakeside.contacts.get()
    contact.name = "**<script>** Raman"
    contact.save()
    client = Client()
    client.force_login(day.alice)
    page = client.get(f"/call/{day.lakeside.pk}").content.decode()
    assert "this is Alice, Dunlin Trading US01" in page
    assert "What is known" in page
    assert "**&lt;script&gt;** Raman" in page
    assert "Change the words" not in page
    client.force_login(day.mona)
    assert "Change the words" in client.get(f"/call/{day.lakeside.pk}").content.decode()


def test_many_documents_take_no_more_queries(day: Books) -> None:
    with CaptureQueriesContext(connection) as few:
        guide(day)
    for _ in range(30):
        cast.invoice(day.lakeside, "1.00", due=TODAY - timedelta(days=60))
    with CaptureQueriesContext(connection) as many:
        guide(day)
    assert len(many) == len(few)
