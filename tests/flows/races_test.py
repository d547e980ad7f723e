"""Races, on the session's own engine: real processes and threads, each with a connection of its own, all at the same moment.

On PostgreSQL they meet in the test database itself; on SQLite in a file that is a copy of it (WAL, as in production).
"""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dunlin.actions.change_feed import fingerprint
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.records.models import Item, PortalLink
from tests import at_once, cast, refund_cast
from tests.cast import TODAY, Books
from tests.online_cast import Shop
from tests.stripe_stand_in import at as leading_to
from tests.stripe_stand_in import serving

pytestmark = [pytest.mark.trap(38), pytest.mark.slow]


@pytest.fixture
def address(committed_books: Books, tmp_path: Path) -> Any:
    """Asked for when the books are as the race needs them: the address of a database that others can open."""

    def make() -> str:
        settings = connection.settings_dict
        if connection.vendor == "postgresql":
            password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
            return f"postgresql://{settings['USER']}{password}@{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"
        path = tmp_path / "books.sqlite3"
        connection.ensure_connection()
        with sqlite3.connect(path) as copy:
            connection.connection.backup(copy)
        copy.close()
        return f"sqlite:///{path}"

    return make


def state(at: str) -> dict[str, Any]:
    return at_once.run(at, [{"act": "state", "times": 1}])[0]


def test_ten_payments_of_500_on_one_invoice_of_500(committed_books: Books, address: Any) -> None:
    books = committed_books
    at = address()
    order = {
        "act": "take_payment", "times": 5, "minor": 50_000, "item": books.late.pk, "customer": books.lakeside.pk,
        "entity": books.entity.pk,
    }  # fmt: skip
    got = at_once.run(at, [order | {"name": "left"}, order | {"name": "right"}])

    assert sorted(each["applied"] for each in got) == [0] * 9 + [50_000]
    assert sum(each["unapplied"] for each in got) == 450_000
    after = state(at)
    assert after["open"][str(books.late.pk)] == 0
    assert after["findings"] == []


@pytest.mark.invariant(24)
def test_four_nights_of_one_day_at_once(committed_books: Books, address: Any) -> None:
    """Each decides everybody; every decision is written once, and nobody stumbles over the others."""
    at = address()
    order = {"act": "night", "times": 2}
    got = at_once.run(at, [order, order])

    assert {each["customers"] for each in got} == {3}
    assert sum(each["written"] for each in got) == 3
    assert {each["revised"] for each in got} == {0}
    assert state(at)["findings"] == []


@pytest.mark.parametrize("minor, second", [(20_000, "application_exceeds_credit"), (0, "item_not_open")])
def test_two_people_apply_the_same_credit(
    committed_books: Books, address: Any, minor: int, second: str
) -> None:
    """The same 200.00 to two invoices: one gets it, the other is told that it is gone."""
    books = committed_books
    at = address()
    order = {"act": "apply", "times": 1, "credit": books.unapplied.pk, "minor": minor}
    got = at_once.run(at, [order | {"debits": [books.late.pk]}, order | {"debits": [books.current.pk]}])

    assert sorted(map(str, got)) == sorted([str({"applied": 20_000}), second])
    after = state(at)
    assert after["open"][str(books.unapplied.pk)] == 0
    assert after["open"][str(books.late.pk)] + after["open"][str(books.current.pk)] == 130_000
    assert after["findings"] == []


def test_many_people_apply_one_credit_across_a_group(committed_books: Books, address: Any) -> None:
    """Head office and branch are locked in one order, so nobody waits in a circle."""
    books = committed_books
    big = cast.payment(books.branch, "700.00")
    at = address()
    order = {"act": "apply", "times": 4, "minor": 20_000}
    debits = [books.late.pk, books.branch_invoice.pk, books.current.pk, books.late.pk]
    got = at_once.run(
        at,
        [
            order | {"credit": big.pk, "debits": debits},
            order | {"credit": books.unapplied.pk, "debits": debits[::-1]},
        ],
    )

    applied = sum(each["applied"] for each in got if isinstance(each, dict))
    assert 60_000 <= applied <= 80_000
    after = state(at)
    assert after["open"][str(big.pk)] + after["open"][str(books.unapplied.pk)] == 90_000 - applied
    assert after["findings"] == []


@pytest.mark.invariant(19)
@pytest.mark.rule("P26")
def test_many_people_ask_for_refunds_of_one_credit(committed_books: Books, address: Any) -> None:
    """400.00 is there: of four who want 150.00 each two get it, and nobody what another was promised."""
    books = committed_books
    credit = refund_cast.old_payment(books, "400.00")
    order = {"act": "ask_refund", "times": 2, "credit": credit.pk, "minor": 15_000, "user": books.alice.pk}
    at = address()
    got = at_once.run(at, [order | {"name": "left"}, order | {"name": "right"}])

    assert sorted(map(str, got)) == sorted([str({"asked": 15_000})] * 2 + ["refund_exceeds"] * 2)
    after = state(at)
    assert after["open"][str(credit.pk)] == 40_000  # asking posts nothing
    assert after["findings"] == []


@pytest.mark.invariant(19)
@pytest.mark.rule("P26")
def test_a_refund_is_approved_while_the_credit_is_applied(committed_books: Books, address: Any) -> None:
    """Two approve one refund of all of it, two apply it to an invoice: the money goes one way, once."""
    books = committed_books
    credit = cast.payment(books.harbour, "400.00", on=TODAY - timedelta(60))
    waived = {"refund_debits_open": "they asked for it in writing"}
    asked = refund_cast.asked(books, credit, "400.00", "manual", waived)
    bosses = [cast.user("corporate_controller", name) for name in ("clara", "claus")]
    at = address()
    approve = {"act": "approve", "times": 1, "approval": asked.approval_id}
    apply = {"act": "apply", "times": 2, "credit": credit.pk, "minor": 0, "debits": [books.part_paid.pk] * 2}
    got = at_once.run(at, [*(approve | {"user": boss.pk} for boss in bosses), apply])

    went = [each for each in got if isinstance(each, dict)]
    assert went in ([{"refunded": 40_000}], [{"applied": 40_000}])
    lost = {"item_not_open", "approval_decided_already"} if "refunded" in went[0] else {"item_not_open", "approval_facts_changed"}  # fmt: skip
    assert {each for each in got if isinstance(each, str)} == lost
    after = state(at)
    assert after["open"][str(credit.pk)] == 0
    assert after["open"][str(books.part_paid.pk)] == (75_000 if "refunded" in went[0] else 35_000)
    assert after["findings"] == []


@pytest.mark.trap(41)
def test_one_return_taken_in_twice_at_once(committed_books: Books, address: Any) -> None:
    books = committed_books
    at = address()
    order = {"act": "return_payment", "times": 2, "payment": books.part_payment.pk, "trace": "091000019"}
    got = at_once.run(at, [order, order])

    assert len({each["item"] for each in got}) == 1
    assert sorted(each["already"] for each in got) == [False, True, True, True]
    after = state(at)
    assert after["open"][str(books.part_paid.pk)] == 100_000
    assert after["findings"] == []


@pytest.mark.invariant(12)
def test_a_period_is_locked_while_payments_come_in(committed_books: Books, address: Any) -> None:
    """Whatever slips in before the lock is recorded before it; whatever comes after is refused."""
    books = committed_books
    at = address()
    pay = {
        "act": "take_payment", "times": 6, "minor": 1_000, "item": books.late.pk, "customer": books.lakeside.pk,
        "entity": books.entity.pk, "name": "late",
    }  # fmt: skip
    got = at_once.run(at, [pay, {"act": "lock_month", "times": 1, "entity": books.entity.pk}])

    taken = [each for each in got if isinstance(each, dict) and "applied" in each]
    assert len(taken) + got.count("period_locked") == 6
    after = state(at)
    assert after["open"][str(books.late.pk)] == 50_000 - 1_000 * len(taken)
    assert after["findings"] == []
    assert Item.objects.filter(kind="payment").exists()


@pytest.mark.trap(28)
@pytest.mark.req("C3")
def test_four_runs_of_a_process_make_each_message_once(committed_books: Books, address: Any) -> None:
    keep_shipped(cast.moment(cast.TODAY))
    for place in range(30):
        customer = cast.customer(country="US", region="NY")
        cast.contact(customer, email=f"ap{place}@race.test")
        cast.invoice(customer, "100.00", due=cast.TODAY - timedelta(days=10 + place % 3))
    at = address()
    got = at_once.run(at, [{"act": "notices", "times": 2}, {"act": "notices", "times": 2}])
    left = at_once.run(at, [{"act": "messages", "times": 1}])[0]
    assert sum(each["messages"] for each in got) == len(left["once"]) == len(set(left["once"]))
    assert len(left["once"]) >= 30
    assert left["runs"] == 1
    assert left["lines"] == left["customers"]  # nobody is told about twice


@pytest.mark.req("E7")
def test_one_link_used_by_many_at_once_signs_in_one(committed_books: Books, address: Any) -> None:
    """A person, who pressed twice, and whoever looked into their mail."""
    token = "r" * 43
    PortalLink.objects.create(
        address_hash="", client_hash="", asked_at=cast.moment(TODAY), address="priya@l-100.test",
        token_hash=fingerprint(token), expires_at=cast.moment(TODAY) + timedelta(minutes=15),
    )  # fmt: skip
    got = at_once.run(address(), [{"act": "use_portal_link", "times": 6, "token": token}])

    assert sorted(got) == ["in", *["portal_link_over"] * 5]


@pytest.mark.req("E8")
def test_one_message_of_the_provider_and_another_of_the_same_payment_at_one_instant(committed_books: Books, address: Any, settings: Any) -> None:  # fmt: skip
    with serving() as provider:
        settings.STRIPE = leading_to(provider)
        shop = Shop(provider)
        row = shop.paid(tell=False)
        first = provider.events[-1]
        second = provider.told("payment_intent.succeeded", provider.intents[provider.sessions[row.session_id or ""]["payment_intent"]])  # fmt: skip
        order = {"act": "provider_event", "times": 3, "provider": settings.STRIPE}
        at = address()
        got = at_once.run(at, [order | {"body": json.dumps(each)} for each in (first, second)])

        assert {each["state"] for each in got} == {"done"}
        assert len({each["payment"] for each in got}) == 1
        after = state(at)
        assert (after["payments"], after["findings"]) == (1, [])
        assert [after["open"][str(each.pk)] for each in (shop.first, shop.second)] == [0, 0]
