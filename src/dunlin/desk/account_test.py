"""Account: one page answers what is owed, why, what was paid and where it went; buttons only for who may; past days; limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.clock import today
from dunlin.records.models import CustomerName, Note
from tests import cast

pytestmark = pytest.mark.django_db

DAY = today("UTC")


def text_of(client, path, status=200, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.content[:500]
    return " ".join(answer.content.decode().split())


@pytest.mark.req("B9")
@pytest.mark.req("A1")
def test_the_head_answers_at_a_glance(books, client):
    CustomerName.objects.create(customer=books.lakeside, name="LAKESIDE HTLS", sort_name="lakeside htls")
    client.force_login(books.alice)
    page = text_of(client, f"/accounts/{books.lakeside.pk}")
    for words in (
        "L-100",
        "LAKESIDE HTLS",
        "1,300.00 USD",
        "500.00 USD",
        "200.00 USD",
        "Net 30 days from invoice date",
        "Alice",
    ):
        assert words in page, words
    assert "Lakeside Hotels West" in page
    assert "With its group: 1,600.00 USD" in page
    assert 'href="tel:+12125550143"' in page
    assert "mailto:priya@l-100.test?subject=L-100" in page


def test_relatives_and_group_sums_out_of_sight_are_not_told(books, client):
    books.branch.collector = books.bob
    books.branch.save()
    client.force_login(books.alice)
    page = text_of(client, f"/accounts/{books.lakeside.pk}")
    assert "Lakeside Hotels West" not in page
    assert "With its group" not in page


@pytest.mark.req("B9")
def test_a_document_opens_where_it_was_paid_and_a_payment_where_it_went(books, client):
    client.force_login(books.bob)
    where = f"/accounts/{books.harbour.pk}"
    page = text_of(client, f"{where}?item={books.part_paid.pk}")
    assert "1,000.00 USD</span> = 250.00 paid or credited + 750.00 open" in page
    asked = {"hx-request": "true", "hx-target": f"uses-{books.part_payment.pk}"}
    part = text_of(client, f"{where}?item={books.part_payment.pk}", **asked)
    assert "250.00 USD</span> = 250.00 used + 0 open" in part
    assert "INV-2001" in part
    assert "<main" not in part
    text_of(client, f"{where}?item={books.late.pk}", 404, **asked)


@pytest.mark.req("B9")
def test_a_reversal_is_told_with_its_minus(books, client):
    cast.reverse(books.part_payment.uses.get(), on=cast.TODAY)
    client.force_login(books.bob)
    page = text_of(client, f"/accounts/{books.harbour.pk}?item={books.part_paid.pk}")
    assert "reversal" in page
    assert "−250.00" in page
    assert "1,000.00 USD</span> = 0 paid or credited + 1,000.00 open" in page


@pytest.mark.req("H2")
def test_as_of_a_past_day_the_account_is_what_it_was(books, client):
    client.force_login(books.bob)
    page = text_of(client, f"/accounts/{books.harbour.pk}?as_of={cast.TODAY - timedelta(7)}")
    assert "1,000.00 USD" in page
    assert "750.00" not in page
    assert "Nothing can be changed here" in page
    assert "formaction" not in page


@pytest.mark.parametrize(
    "role, present, absent",
    [
        ("collector", ("Call", "Promise", "Dispute", "Note", "Snooze", "Correct"), ("Block", "Pin")),
        ("ar_manager", ("Call", "Promise", "Dispute", "Note", "Snooze", "Block", "Pin", "Correct"), ()),
        ("auditor", (), ("Call", "Promise", "Dispute", "Note", "Snooze", "Block", "Pin", "Correct")),
        ("sales", (), ("Call", "Promise", "Dispute", "Note", "Snooze", "Block", "Pin", "Correct")),
        ("support", ("Note",), ("Call", "Promise", "Dispute", "Snooze", "Block", "Pin", "Correct")),
    ],
)
def test_buttons_are_there_for_who_may(books, client, role, present, absent):
    person = books.alice if role == "collector" else cast.user(role)
    if role == "sales":
        books.lakeside.sales_rep = person
        books.lakeside.save()
    client.force_login(person)
    page = text_of(client, f"/accounts/{books.lakeside.pk}")
    at = f"/accounts/{books.lakeside.pk}"
    marks = {
        "Call": f'href="/call/{books.lakeside.pk}"', "Promise": f'formaction="{at}/promise"', "Dispute": f'formaction="{at}/dispute"',
        "Note": f'href="{at}/note"', "Snooze": f'href="{at}/snooze"', "Block": f'href="{at}/block"', "Pin": f'href="{at}/pin"',
        "Correct": 'action="/points/',
    }  # fmt: skip
    assert [name for name in present if marks[name] not in page] == []
    assert [name for name in absent if marks[name] in page] == []


def test_groups_page_and_sort_and_add_up(books, client):
    for place in range(120):
        cast.invoice(books.harbour, "1.00", due=DAY - timedelta(place + 1), number=f"N-{place:03}")
    client.force_login(books.bob)
    where = f"/accounts/{books.harbour.pk}"
    page = text_of(client, where)
    assert "1–50 of 121 documents" in page
    assert "870.00" in page
    part = text_of(
        client, f"{where}?group=past_due&page=3&sort=number", **{"hx-request": "true", "hx-target": "items"}
    )
    assert "101–121 of 121 documents" in part
    assert "N-119" in part
    assert "N-000" not in part
    assert "101–121" in text_of(client, f"{where}?page=99")
    assert "Nothing is disputed." in text_of(client, f"{where}?group=disputed")
    text_of(client, f"{where}?group=nonsense&page=x&sort=y&before=z&kind=q&item=w")


@pytest.mark.req("B6")
def test_the_timeline_filters_and_pages(books, client):
    for place in range(45):
        Note.objects.create(
            customer=books.lakeside,
            text=f"Remark {place}",
            at=cast.moment(cast.TODAY, 9, place),
            by=books.alice,
        )
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}"
    part = text_of(client, f"{where}?kind=note", **{"hx-request": "true", "hx-target": "timeline"})
    assert "Remark 44" in part
    assert "Remark 1<" not in part
    assert "Older" in part
    assert "Payment" in text_of(client, f"{where}?kind=money")
    assert "Remark" not in text_of(client, f"{where}?kind=money")
    assert "INV-1001" in text_of(client, f"{where}?kind=document")


def test_the_number_of_queries_does_not_grow_with_the_account(books, client):
    client.force_login(books.bob)
    small = cast.customer("Small", collector=books.bob)
    large = cast.customer("Large", collector=books.bob)
    for customer, number in ((small, 2), (large, 60)):
        cast.contact(customer)
        for place in range(number):
            paid = cast.invoice(customer, "3.00", due=DAY - timedelta(place + 1))
            cast.payment(customer, "1.00", applied_to=paid, on=DAY - timedelta(1))
            if customer is large:
                cast.contact(customer, f"Person {place}")
            Note.objects.create(customer=customer, text="x", at=cast.moment(cast.TODAY), by=books.bob)
    counted = []
    for customer in (small, large):
        with CaptureQueriesContext(connection) as queries:
            text_of(client, f"/accounts/{customer.pk}")
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[0] <= 68


def test_long_names_and_strange_characters_are_shown_as_text(books, client):
    books.lakeside.name = "<script>alert(1)</script> " + "Very long name of a company " * 6
    books.lakeside.save()
    client.force_login(books.alice)
    page = text_of(client, f"/accounts/{books.lakeside.pk}")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.req("B9")
def test_search_finds_only_what_is_in_sight(books, client):
    client.force_login(books.alice)
    live = {"hx-request": "true", "hx-target": "found"}
    assert "Lakeside Hotels" in text_of(client, "/search?q=lakes", **live)
    assert "INV-1001" in text_of(client, "/search?q=INV-1001", **live)
    assert "Nothing found" in text_of(client, "/search?q=INV-2001", **live)
    assert "Nothing found" in text_of(client, "/search?q=harbour")
    client.force_login(books.mona)
    assert "Harbour" in text_of(client, "/search?q=750.00")
