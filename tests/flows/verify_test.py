"""Sound books are clean; books corrupted behind the guards are found out, and the first broken row is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.models import Application, Balance, Call, DiaryLine, Dispute, Item, Promise, PromiseItem
from dunlin.reports.verify import Finding, verify
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, corrupt, who

EARLIER = TODAY - timedelta(days=4)


@pytest.fixture
def full(books: Books) -> Books:
    """The books with one of everything that a check looks at."""
    cast.apply(books.unapplied, books.late, "100.00", on=EARLIER + timedelta(days=2))
    wrong = cast.apply(books.unapplied, books.current, "50.00", on=EARLIER + timedelta(days=2))
    cast.reverse(wrong, on=TODAY - timedelta(days=1))
    early = cast.invoice(
        books.harbour, "1,000.00", document=TODAY - timedelta(days=5), discount=2_000, discount_until=TODAY,
        number="INV-2002",
    )  # fmt: skip
    take_payment(
        who(),
        books.harbour.pk,
        Money.exact("980", "USD"),
        [Use(early.pk, discount=True)],
        entity_id=books.entity.pk,
    )
    open_dispute(who(books.alice), books.current.pk, Money.exact("250", "USD"), reason="price")
    change_due_date(who(), books.branch_invoice.pk, TODAY + timedelta(days=7), reason="agreed")
    cast.period(books.entity, TODAY - timedelta(days=90), TODAY - timedelta(days=60), locked=True)
    promise = Promise.objects.create(
        customer=books.harbour, currency="USD", amount=25_000, due_on=TODAY - timedelta(days=4), status="kept",
        made_on=TODAY - timedelta(days=8), recorded_at=cast.moment(TODAY), paid=25_000, judged_on=TODAY,
    )  # fmt: skip
    PromiseItem.objects.create(promise=promise, item=books.part_paid, open_then=100_000)
    for hour, outcome in ((9, "no_answer"), (11, "busy"), (14, "reached")):
        _call(books, hour, outcome)
    return books


def _call(books: Books, hour: int, outcome: str) -> Call:
    return Call.objects.create(
        customer=books.harbour, outcome=outcome, day=TODAY, started_at=cast.moment(TODAY, hour), by=books.bob
    )


def found() -> dict[str, Finding]:
    return {finding.check: finding for finding in verify(TODAY, Policy()).findings}


@pytest.mark.req("A9")
@pytest.mark.invariant(3)
@pytest.mark.invariant(4)
@pytest.mark.invariant(21)
@pytest.mark.invariant(22)
def test_sound_books_are_clean(full: Books) -> None:
    proof = verify(TODAY, Policy())
    assert proof.clean, "\n".join(map(str, proof.findings))
    assert proof.counts["item"] == Item.objects.count()
    assert proof.counts["application"] == 6


def test_the_number_of_queries_does_not_grow_with_the_books(full: Books) -> None:
    with CaptureQueriesContext(connection) as few:
        verify(TODAY, Policy())
    for _ in range(20):
        cast.payment(full.harbour, "1.00", applied_to=cast.invoice(full.harbour, "2.00"))
    with CaptureQueriesContext(connection) as many:
        verify(TODAY, Policy())
    assert len(many) == len(few)


def _item(number: str) -> int:
    return Item.objects.get(number=number).pk


CORRUPTIONS: dict[str, tuple[str, Callable[[Books], tuple[str, list[object]]], str]] = {
    "an open amount": (
        "open_amount",
        lambda books: ("UPDATE records_item SET open = open - 1 WHERE id = %s", [books.part_paid.pk]),
        "INV-2001",
    ),
    "an application's amount": (
        "open_amount",
        lambda books: ("UPDATE records_application SET amount = amount + 1 WHERE debit_id = %s", [books.part_paid.pk]),
        "INV-2001",
    ),
    "an application gone": (
        "last_applied_on",
        lambda books: ("DELETE FROM records_application WHERE debit_id = %s", [books.part_paid.pk]),
        "INV-2001",
    ),
    "an amount larger than what was applied, made smaller": (
        "over_applied",
        lambda books: ("UPDATE records_item SET amount = 24999, open = 0, closed_on = last_applied_on WHERE id = %s",
                       [books.part_paid.pk]),
        "INV-2001",
    ),
    "a currency": (
        "currency",
        lambda books: ("UPDATE records_item SET currency = 'EUR' WHERE id = %s", [books.part_payment.pk]),
        "INV-2001",
    ),
    "a customer": (
        "customer_group",
        lambda books: ("UPDATE records_item SET customer_id = %s WHERE id = %s", [books.lakeside.pk, books.part_payment.pk]),
        "INV-2001",
    ),
    "an application before its document": (
        "before_document",
        lambda books: ("UPDATE records_application SET posted_on = %s WHERE debit_id = %s",
                       [str(TODAY - timedelta(days=300)), books.part_paid.pk]),
        "INV-2001",
    ),
    "a closing date": (
        "closing_date",
        lambda books: ("UPDATE records_item SET closed_on = %s WHERE id = %s", [str(EARLIER), _item("INV-2002")]),
        "INV-2002",
    ),
    "the moment of a closing": (
        "closing_moment",
        lambda books: ("UPDATE records_item SET closed_at = NULL WHERE id = %s", [_item("INV-2002")]),
        "INV-2002",
    ),
    "a reversal's amount": (
        "reversal_amount",
        lambda books: ("UPDATE records_application SET amount = -4999 WHERE reverses_id IS NOT NULL", []),
        "INV-1002",
    ),
    "a reversal's day": (
        "open_in_the_past",
        lambda books: ("UPDATE records_application SET posted_on = %s WHERE reverses_id IS NOT NULL",
                       [str(TODAY - timedelta(days=20))]),
        "INV-1002",
    ),
    "a reversal of a reversal": (
        "reversed_twice",
        lambda books: ("UPDATE records_application SET reverses_id = (SELECT id FROM records_application WHERE reverses_id "
                       "IS NOT NULL), amount = -5000 WHERE amount = 10000 AND credit_id = %s", [books.unapplied.pk]),
        "INV-1001",
    ),
    "an amount in dispute": (
        "disputed_amount",
        lambda books: ("UPDATE records_item SET disputed = 1 WHERE id = %s", [books.current.pk]),
        "INV-1002",
    ),
    "a dispute's customer": (
        "dispute_customer",
        lambda books: ("UPDATE records_dispute SET customer_id = %s", [books.harbour.pk]),
        "INV-1002",
    ),
    "a balance": (
        "balances",
        lambda books: ("UPDATE records_balance SET debits = debits + 1, bucket_0 = bucket_0 + 1 WHERE customer_id = %s",
                       [books.branch.pk]),
        "INV-1101",
    ),
    "a balance gone": (
        "balances",
        lambda books: ("DELETE FROM records_balance WHERE customer_id = %s", [books.branch.pk]),
        "INV-1101",
    ),
    "a posting into a locked period": (
        "posted_after_lock",
        lambda books: ("UPDATE records_item SET posted_on = %s WHERE id = %s",
                       [str(TODAY - timedelta(days=61)), books.branch_invoice.pk]),
        "INV-1101",
    ),
    "a discount beyond the terms": (
        "discount_beyond_terms",
        lambda books: ("UPDATE records_item SET discount = 1999 WHERE id = %s", [_item("INV-2002")]),
        "INV-2002",
    ),
    "a due date without a change": (
        "due_date",
        lambda books: ("UPDATE records_item SET due_on = %s WHERE id = %s", [str(TODAY), books.branch_invoice.pk]),
        "INV-1101",
    ),
    "one side of an application": (
        "control_account",
        lambda books: ("UPDATE records_item SET open = open - 1 WHERE id = %s", [books.late.pk]),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_corrupted_books_are_found_out(full: Books, what: str) -> None:
    check, change, number = CORRUPTIONS[what]
    corrupt(*change(full))

    findings = found()
    assert check in findings
    assert findings[check].count in (1, 2)  # a broken application shows on both of its items
    if number is not None:
        assert findings[check].number == number
        assert findings[check].customer == Item.objects.get(number=number).customer.number
        assert number in str(findings[check])


def test_money_counted_for_a_promise_that_never_came(full: Books) -> None:
    Promise.objects.update(paid=25_001)
    assert {"promise_money", "money_counted_twice"} & found().keys()
    assert found()["promise_money"].customer == "H-200"


def test_a_promise_in_no_known_state(full: Books) -> None:
    Promise.objects.update(status="perhaps")
    assert found()["promise_status"].subject == "promise"


@pytest.mark.invariant(26)
def test_a_fourth_call_and_a_call_after_they_were_reached(full: Books) -> None:
    _call(full, 16, "no_answer")
    assert {"attempts", "called_after_reached"} <= found().keys()


@pytest.mark.invariant(37)
def test_a_diary_line_moved_in_time(full: Books) -> None:
    last = DiaryLine.objects.latest("pk")
    corrupt("UPDATE records_diaryline SET at = %s WHERE id = %s", [str(cast.moment(EARLIER)), last.pk])
    finding = found()["diary_order"]
    assert (finding.subject, finding.subject_id) == ("diary", last.pk)


def test_a_discount_kept_although_its_payment_came_back(full: Books) -> None:
    payment = Item.objects.get(kind="payment", amount=98_000)
    cast.item(
        full.harbour, "payment_return", "980.00", corrects=payment, source="bank_return", source_key="1"
    )
    assert found()["discount_of_returned_payment"].customer == "H-200"


@pytest.mark.invariant(17)
def test_a_discount_kept_although_its_payment_is_used_elsewhere(full: Books) -> None:
    used = Application.objects.get(credit__amount=98_000, credit__kind="payment")
    cast.reverse(used, on=TODAY)
    finding = found()["discount_without_payment"]
    assert (finding.count, finding.customer) == (1, "H-200")


@pytest.mark.invariant(17)
def test_a_discount_of_what_was_credited(full: Books) -> None:
    early = cast.invoice(
        full.harbour, "100.00", document=TODAY, discount=200, discount_until=TODAY, number="INV-2003"
    )
    cast.apply(cast.credit_memo(full.harbour, "50.00"), early)
    paid = cast.payment(full.harbour, "48.00", applied_to=early)
    granted = cast.item(full.harbour, "discount", "2.00", reason="earned", corrects=paid)
    cast.apply(granted, early)
    assert found()["discount_of_credited"].number == "INV-2003"


def test_a_returned_payment_that_is_there_again(full: Books) -> None:
    cast.item(
        full.lakeside,
        "payment_return",
        "200.00",
        corrects=full.unapplied,
        source="bank_return",
        source_key="2",
    )
    assert found()["returned_money_used"].customer == full.lakeside.number


@pytest.mark.invariant(12)
@pytest.mark.parametrize("what", ["opened", "resolved"])
def test_a_dispute_of_a_locked_period(full: Books, what: str) -> None:
    cast.period(full.entity, TODAY - timedelta(days=20), TODAY - timedelta(days=10), locked=True)
    day = TODAY - timedelta(days=15)
    if what == "opened":
        Dispute.objects.update(opened_on=day)
    else:
        early = TODAY - timedelta(days=40)
        Dispute.objects.update(
            opened_on=early, recorded_at=cast.moment(early), resolved_on=day, resolved_at=cast.moment(TODAY)
        )
    assert found()["disputed_after_lock"].count == 1


def test_a_balance_of_nothing(full: Books) -> None:
    row = Balance.objects.get(customer=full.branch)
    row.pk, row.currency = None, "EUR"
    row.save(force_insert=True)
    assert found()["balances"].count == 1


def test_two_things_wrong_are_two_findings(full: Books) -> None:
    corrupt("UPDATE records_item SET open = open - 1 WHERE side = 1 AND open > 0")
    finding = found()["open_amount"]
    assert finding.count == Item.objects.filter(side=1, open__gt=0).count()
    assert finding.item_id == Item.objects.filter(side=1, open__gt=0).earliest("pk").pk
    assert Application.objects.exists()
