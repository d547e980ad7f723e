"""Search: what a person types finds the account, document or contact; nothing out of sight is ever found."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.customers import sort_name
from dunlin.records.models import Customer, CustomerName
from dunlin.reports.search import amounts_in, search
from tests.cast import books, contact, customer, invoice, payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    made = books()
    invoice(made.harbour, "1.00", number="INV-1999", po_number="PO-77")
    CustomerName.objects.create(customer=made.harbour, name="Hafen GmbH", sort_name=sort_name("Hafen GmbH"))
    return made


@pytest.mark.req("B9")
@pytest.mark.parametrize(
    "typed, number, why, exact",
    [
        ("H-200", "H-200", "number", True),
        ("h-200", "H-200", "number", True),
        ("H-2", "H-200", "number", False),
        ("harbour", "H-200", "name", False),
        ("Harbour & Söhne", "H-200", "name", True),
        ("harbour\N{NO-BREAK SPACE}&", "H-200", "name", False),
        ("sohne", "H-200", "name", False),
        ("söh harb", "H-200", "name", False),
        ("hafen", "H-200", "name", False),
        ("INV-2001", "H-200", "number", True),
        ("inv-200", "H-200", "number", False),
        ("750.00", "H-200", "amount", True),
        ("750", "H-200", "amount", True),
        ("jonas@h-200.test", "H-200", "e-mail", True),
        ("jonas@", "H-200", "e-mail", False),
        ("+1 312 555 0188", "H-200", "phone", True),
        ("+13125550188", "H-200", "phone", True),
        ("001 (312) 555-0188", "H-200", "phone", True),
        ("312.555.0188", "H-200", "phone", True),
        ("+1 312 555", "H-200", "phone", False),
        ("PO-77", "H-200", "PO number", True),
        ("jonas weber", "H-200", "contact", True),
        ("JONAS W", "H-200", "contact", False),
    ],
)
def test_what_is_typed_finds_it(made, typed, number, why, exact):
    hits = search(typed)
    assert (hits[0].customer_number, hits[0].why, hits[0].exact) == (number, why, exact)


@pytest.mark.parametrize(
    "typed", ["", " ", "x", "no such thing", "%%", "__", "INV-9", "arbour", "0.00", "'; --"]
)
def test_what_is_not_there_is_not_found(made, typed):
    assert search(typed) == ()


def test_a_word_is_found_only_at_its_beginning_and_wildcards_are_letters(made):
    customer("A%B C_D Works", number="W-1")
    assert search("ouse") == ()
    assert [hit.customer_number for hit in search("c_d")] == ["W-1"]
    assert search("cxd") == ()
    assert [hit.customer_number for hit in search("works a%b")] == ["W-1"]


def test_nothing_out_of_sight_is_found(made):
    scope = Customer.objects.filter(collector=made.alice)
    for typed in ("H-200", "harbour", "hafen", "INV-2001", "750.00", "jonas@h-200.test", "+1 312 555 0188"):
        assert search(typed), typed
        assert search(typed, scope=scope) == (), typed
    assert {hit.customer_number for hit in search("lakeside", scope=scope)} == {"L-100", "L-101"}


def test_an_amount_is_meant_in_the_digits_of_its_currency():
    yen, dollars = customer(currency="JPY"), customer(currency="USD")
    invoice(yen, "18,200", number="Y")
    invoice(dollars, "18,200.00", number="D")
    invoice(dollars, "182.00", number="S")
    paid = payment(dollars, "18,200.00")
    assert {hit.item_id for hit in search("18,200")} >= {paid.pk}
    assert {hit.text for hit in search("18,200")} == {"Y", "D", ""}
    assert {hit.text for hit in search("18200.00")} == {"Y", "D", ""}


@pytest.mark.parametrize(
    "typed, two_digits",
    [
        ("18,200.00", {1_820_000}),
        ("18.200,00", {1_820_000}),
        ("18200", {1_820_000}),
        ("18 200,5", {1_820_050}),
        ("$1,234", {123_400}),
        ("1,234,567", {123_456_700}),
        ("0.5", {50}),
        ("INV-5", set()),
        ("12-05", set()),
    ],
)
def test_amounts_are_read_as_people_write_them(typed, two_digits):
    assert {minor for digits, minor in amounts_in(typed) if digits == 2} == two_digits


def test_the_limit_holds_and_the_number_of_queries_is_fixed(made):
    for index in range(30):
        contact(customer(f"Lakeside {index}", number=f"LK-{index:02d}"), f"Lars {index}")
    assert len(search("lakeside", limit=5)) == 5
    for typed in ("lakeside", "LK-", "18,200.00", "lars@", "INV-1001"):
        with CaptureQueriesContext(connection) as queries:
            search(typed)
        assert len(queries) <= 9
