"""The portal through its door: what they see, and nothing of anybody else. Signing in: sign_in_test.py; their forms: forms_test.py (E7, D4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dunlin.portal.urls import urlpatterns
from dunlin.records.models import (
    Contact,
    ContactPoint,
    Conversation,
    Customer,
    Dispute,
    Document,
    MailProposal,
    PaymentChoice,
    Promise,
)
from tests import cast, inbox_cast
from tests.cast import TODAY, Books
from tests.portal_cast import JONAS, Browser, at, signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.req("E7")]


def rows() -> dict[str, int]:
    tables = (Promise, Dispute, Document, Conversation, PaymentChoice, Contact, ContactPoint, MailProposal)
    return {each.__name__: each.objects.count() for each in tables}


# What is whose


@pytest.mark.req("D4")
@pytest.mark.invariant(39)
def test_every_address_of_another_account_is_not_found_and_changes_nothing(books: Books) -> None:
    client, harbour = signed_in(), books.harbour
    theirs = inbox_cast.document(harbour, books.part_paid)
    other = signed_in(JONAS)
    other.post(at("portal_pay", harbour), {"item": books.part_paid.pk})
    choice = PaymentChoice.objects.get()
    more = {
        "document": theirs.pk,
        "entity": books.entity.pk,
        "currency": "USD",
        "choice": choice.pk,
        "online": 1,
    }
    before = rows()
    tried = 0
    for route in urlpatterns:
        if "pk" not in route.pattern.converters:
            continue
        extra = {name: more[name] for name in route.pattern.converters if name in more}
        path = reverse(route.name, kwargs={"pk": harbour.pk, **extra})
        for answer in (
            client.get(path),
            client.get(f"{path}?choice={choice.pk}&item={books.part_paid.pk}"),
            client.post(path, {"item": books.part_paid.pk}),
        ):
            assert answer.status_code in (404, 405), route.name
            assert b"Harbour" not in answer.content
            assert b"INV-2001" not in answer.content
            tried += 1
    # Their rows under the address of one's own account.
    lake = books.lakeside
    for path in (
        at("portal_pay", lake) + f"?item={books.part_paid.pk}", at("portal_promise", lake) + f"?item={books.part_paid.pk}",
        at("portal_dispute", lake) + f"?item={books.part_paid.pk}", at("portal_ask", lake) + f"?item={books.part_paid.pk}",
        at("portal_how_to_pay", lake) + f"?choice={choice.pk}", at("portal_document", lake, document=theirs.pk),
        reverse("portal_statement", args=[lake.pk, 999, "USD"]), reverse("portal_statement", args=[lake.pk, books.entity.pk, "EUR"]),
        at("portal_account", books.branch),
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
        tried += 1
    assert tried > 30
    assert rows() == before


@pytest.mark.invariant(39)
def test_another_customers_person_or_item_in_a_form_is_refused(books: Books) -> None:
    client, lake, before = signed_in(), books.lakeside, rows()
    stranger = books.harbour.contacts.get()
    for name, typed in (
        ("portal_promise", {"item": books.part_paid.pk, "due_on": TODAY.isoformat()}),
        ("portal_dispute", {"item": books.part_paid.pk, "reason": "price", "note": "x"}),
        ("portal_pay", {"item": [books.late.pk, books.part_paid.pk]}),
        ("portal_contacts", {"person": stranger.pk, "gone": "1"}),
        ("portal_ask", {"item": books.part_paid.pk, "text": "Hello"}),
    ):
        assert client.post(at(name, lake), typed).status_code in (404, 422), name
    assert rows() == before


def test_one_person_of_several_accounts_sees_each_and_no_other(books: Books) -> None:
    cast.contact(books.branch, "Priya Raman", email="PRIYA@l-100.test")
    client = signed_in()
    text = words(client, "/portal/")
    assert "Lakeside Hotels West" in text
    assert "Harbour" not in text
    assert client.get(at("portal_account", books.branch)).status_code == 200
    assert client.get(at("portal_account", books.harbour)).status_code == 404
    client.post(
        at("portal_promise", books.branch), {"item": books.branch_invoice.pk, "due_on": TODAY + timedelta(3)}
    )
    promise = Promise.objects.get()
    assert promise.contact.customer == books.branch


@pytest.mark.rule("P38")
def test_nothing_internal_is_on_any_page(books: Books) -> None:
    books.lakeside.notes.create(text="Do not believe a word", at=cast.moment(TODAY), by=books.alice)
    Customer.objects.filter(pk=books.lakeside.pk).update(segment="doubtful-payers", credit_limit=12345)
    client = signed_in()
    for route in urlpatterns:
        if set(route.pattern.converters) != {"pk"}:
            continue
        answer = client.get(reverse(route.name, args=[books.lakeside.pk]) + f"?item={books.late.pk}")
        for secret in (b"Do not believe", b"alice", b"Alice", b"doubtful", b"123.45"):
            assert secret not in answer.content, route.name


# Seeing


def test_the_account_shows_what_is_owed_by_currency_and_group(books: Books) -> None:
    cast.invoice(
        books.lakeside, "70.00", of_entity=cast.entity("DE01", "EUR"), currency="EUR", number="INV-E1"
    )
    text = words(signed_in(), at("portal_account", books.lakeside))
    for told in (
        "1,500.00\xa0USD",
        "500.00\xa0USD",
        "70.00\xa0EUR",
        "INV-1001",
        "40 days late",
        "200.00\xa0USD",
    ):
        assert told in text, told
    assert "INV-1002" not in text  # not due yet, behind its own tab
    due = words(signed_in(), at("portal_account", books.lakeside) + "?show=due")
    assert "INV-1002" in due
    assert "INV-1001" not in due


def test_an_account_that_owes_nothing_says_so(books: Books) -> None:
    calm = cast.customer("Calm & Quiet", number="Q-1")
    cast.contact(calm, "Quin", email="quin@quiet.test")
    client = signed_in("quin@quiet.test")
    assert "Nothing is open" in words(client, at("portal_account", calm))
    for name in (
        "portal_pay",
        "portal_promise",
        "portal_dispute",
        "portal_documents",
        "portal_ask",
        "portal_contacts",
    ):
        assert client.get(at(name, calm)).status_code == 200, name


def test_many_items_come_in_pages_with_few_queries(books: Books, django_assert_max_num_queries) -> None:
    for number in range(120):
        cast.invoice(
            books.lakeside, 100 + number, due=TODAY - timedelta(number + 1), number=f"M-{number:03d}"
        )
    client = signed_in()
    with django_assert_max_num_queries(16):
        text = words(client, at("portal_account", books.lakeside))
    assert text.count('name="item"') == 50
    assert "Page 1 of 3" in text
    assert (
        words(client, at("portal_account", books.lakeside) + "?show=late&page=99").count('name="item"') == 21
    )


@pytest.mark.parametrize(
    "tag, told, direction",
    [
        ("de", "500,00\xa0USD", "ltr"),
        ("fr", "500,00\xa0USD", "ltr"),
        ("ar", "500", "rtl"),
        ("en", "500.00\xa0USD", "ltr"),
    ],
)
def test_a_page_is_in_the_customers_language(books: Books, tag: str, told: str, direction: str) -> None:
    Contact.objects.filter(customer=books.lakeside).update(language=tag)
    Customer.objects.update(country="")
    text = words(signed_in(), at("portal_account", books.lakeside))
    assert f'<html lang="{tag}" dir="{direction}">' in text
    assert told in text


def test_the_language_is_chosen_on_the_page_and_kept(books: Books) -> None:
    client = Browser(headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert '<html lang="es"' in words(client, "/portal/sign-in")
    answer = client.post("/portal/language", {"language": "nl", "back": "https://evil.test/"})
    assert answer.url == "/portal/"
    assert '<html lang="nl"' in words(client, "/portal/sign-in")
    client.post("/portal/language", {"language": "../../etc"})
    assert '<html lang="nl"' in words(client, "/portal/sign-in")
