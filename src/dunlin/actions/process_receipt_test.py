"""Receipts placed, set aside and undone: money posted once, every document as it was after an undoing, payers learnt (E1-E3)."""

from __future__ import annotations

import pytest

from dunlin.actions.learn_payer import payer_key, revoke_alias
from dunlin.actions.process_receipt import (
    Deduction,
    Placing,
    keep_proposal,
    place_receipt,
    set_aside,
    take_receipt,
    undo_receipt,
)
from dunlin.actions.take_bank_file import take_bank_file
from dunlin.actions.take_payment import Use
from dunlin.records.models import Application, Dispute, FollowUp, Item, PayerAlias, Receipt
from dunlin.records.policies import current_policy
from dunlin.reports.receipts import counts, day_closes, match_rates, receipts_page
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.bank_cast import Line, camt
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("E1")]
PAYER = "GB33BUKB20201555555555"


@pytest.fixture
def receipt(books):
    take_bank_file(
        cast.who("ar_manager"), "in.xml", camt([Line("600.00", "Lakeside Hotels", "INV-1001", "P1", PAYER)])
    )
    return Receipt.objects.get()


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code


def test_money_is_posted_with_its_dates_and_applied_and_the_rest_is_asked_about(books, receipt):
    placing = Placing(
        books.lakeside.pk,
        [Use(books.late.pk)],
        question="Which invoice are the other 100.00 for?",
        evidence="names INV-1001",
    )
    placed = place_receipt(cast.who("ar_manager"), receipt.pk, placing)
    assert (placed.applied, placed.unapplied) == (50_000, 10_000)
    payment = Item.objects.get(pk=placed.payment_id)
    assert (payment.kind, payment.customer, payment.posted_on, payment.value_on) == (
        "payment",
        books.lakeside,
        TODAY,
        TODAY,
    )
    assert (payment.source, payment.source_key, payment.entity) == ("bank", receipt.key, books.entity)
    assert Application.objects.get(credit=payment).evidence == "names INV-1001"
    receipt.refresh_from_db()
    assert (receipt.state, receipt.payment, receipt.automatic) == ("done", payment, False)
    asked = FollowUp.objects.get()
    assert (asked.owner, asked.due_on) == (books.alice, TODAY)
    assert "Which invoice" in asked.what


def test_what_stays_unapplied_needs_a_question_and_nothing_is_left_behind_without(books, receipt):
    refused(
        "receipt_needs_question",
        place_receipt,
        cast.who("ar_manager"),
        receipt.pk,
        Placing(books.lakeside.pk, [Use(books.late.pk)]),
    )
    assert not Item.objects.filter(source="bank").exists()
    assert Receipt.objects.get().state == "waiting"


@pytest.mark.invariant(13)
def test_a_receipt_is_placed_once(books, receipt):
    whole = Placing(books.lakeside.pk, [Use(books.late.pk), Use(books.current.pk)])
    place_receipt(cast.who("ar_manager"), receipt.pk, whole)
    refused("receipt_settled_already", place_receipt, cast.who("ar_manager"), receipt.pk, whole)
    assert Item.objects.filter(source="bank").count() == 1


@pytest.mark.req("E3")
def test_what_the_payer_kept_back_stays_open_in_dispute(books, receipt):
    placing = Placing(
        books.lakeside.pk, [Use(books.current.pk)], [Deduction(books.current.pk, 40_000, "price")]
    )
    place_receipt(cast.who("integration"), receipt.pk, placing, automatic=True)
    books.current.refresh_from_db()
    assert (books.current.open, books.current.disputed) == (40_000, 40_000)
    assert Dispute.objects.get().reason == "price"


@pytest.mark.invariant(8)
@pytest.mark.req("E2")
def test_undone_every_document_is_as_before_and_the_payer_is_trusted_less(books, receipt):
    before = dict(Item.objects.values_list("pk", "open"))
    place_receipt(
        cast.who("integration"),
        receipt.pk,
        Placing(books.lakeside.pk, [Use(books.late.pk), Use(books.current.pk)]),
        automatic=True,
    )
    undo_receipt(cast.who("ar_manager"), receipt.pk, "It is the branch that pays")
    after = {pk: minor for pk, minor in Item.objects.values_list("pk", "open") if pk in before}
    assert after == before
    receipt.refresh_from_db()
    assert (receipt.state, receipt.payment, receipt.corrected) == ("waiting", None, True)
    assert {(each.kind, each.right, each.wrong) for each in PayerAlias.objects.all()} == {
        ("account", 1, 1),
        ("name", 1, 1),
    }
    # And it can be placed again, for whom it really is, and undone again.
    for _ in range(2):
        again = place_receipt(
            cast.who("ar_manager"),
            receipt.pk,
            Placing(books.branch.pk, [Use(books.branch_invoice.pk)], question="The rest?"),
        )
        assert again.applied == 30_000
        undo_receipt(cast.who("ar_manager"), receipt.pk, "Once more")
    assert verify(TODAY, current_policy()).clean
    refused("receipt_not_undone", undo_receipt, cast.who("ar_manager"), receipt.pk, "again")


def test_set_aside_posts_nothing_keeps_the_reason_and_can_be_taken_back(books, receipt):
    refused("reason_missing", set_aside, cast.who("ar_manager"), receipt.pk, " ")
    set_aside(cast.who("ar_manager"), receipt.pk, "A loan of the bank")
    receipt.refresh_from_db()
    assert (receipt.state, receipt.question, receipt.payment) == ("aside", "A loan of the bank", None)
    undo_receipt(cast.who("ar_manager"), receipt.pk, "It is a customer's after all")
    assert Receipt.objects.get().state == "waiting"


def test_money_that_left_is_not_placed_and_without_an_account_of_ours_the_documents_say_whose_books(
    books, receipt
):
    cast.entity("DE01")
    receipt.account = None
    receipt.save()
    refused(
        "receipt_without_entity",
        place_receipt,
        cast.who("ar_manager"),
        receipt.pk,
        Placing(books.lakeside.pk, question="?"),
    )
    placed = place_receipt(
        cast.who("ar_manager"), receipt.pk, Placing(books.lakeside.pk, [Use(books.late.pk)], question="?")
    )
    assert Item.objects.get(pk=placed.payment_id).entity == books.entity


def test_an_alias_is_revoked_once_and_learnt_by_how_names_are_compared(books, receipt):
    place_receipt(cast.who("ar_manager"), receipt.pk, Placing(books.lakeside.pk, question="?"))
    name = PayerAlias.objects.get(kind="name")
    assert name.value == payer_key("LAKESIDE  hotels.") == "lakeside hotels"
    assert payer_key("Café Müller & Söhne GmbH") == "cafe muller sohne gmbh"
    assert payer_key("東京電力 (株)") == "東京電力 株"
    revoke_alias(cast.who("ar_manager"), name.pk)
    revoke_alias(cast.who("ar_manager"), name.pk)
    name.refresh_from_db()
    assert name.revoked_at is not None
    refused("alias_unknown", revoke_alias, cast.who("ar_manager"), 0)


@pytest.mark.rule("P15")
def test_the_queue_its_clock_and_how_the_day_closed(books, receipt):
    assert counts() == {"to_do": 1, "done": 0, "returns": 0, "aside": 0, "info": 0}
    take_receipt(cast.who("ar_manager"), receipt.pk)
    keep_proposal(cast.who("integration"), receipt.pk, books.lakeside.pk, {"lines": []}, "")
    (row,) = receipts_page("to_do", receipt.empty_by).rows
    assert (row.light, row.state, row.number) == ("green", "proposed", "L-100")
    assert receipts_page("to_do", receipt.late_after).rows[0].light == "amber"
    assert receipts_page("to_do", cast.moment(TODAY.replace(year=2027))).rows[0].light == "red"
    assert [each.id for each in receipts_page("to_do", receipt.empty_by, search="600.00").rows] == [
        receipt.pk
    ]
    assert receipts_page("to_do", receipt.empty_by, search="somebody else").rows == ()
    (close,) = day_closes(receipt.empty_by)
    assert (close.due, close.in_time, close.open, close.empty) == (1, 0, 1, False)

    now = cast.who("integration").now
    place_receipt(
        cast.who("integration"),
        receipt.pk,
        Placing(books.lakeside.pk, [Use(books.late.pk), Use(books.current.pk)]),
        automatic=True,
    )
    (close,) = day_closes(receipt.empty_by)
    assert (close.in_time, close.late, close.empty) == (1, 0, True)
    (rate,) = match_rates(now.replace(hour=0), now.replace(hour=23))
    assert (rate.receipts, rate.untouched, rate.amount, rate.untouched_amount) == (1, 1, 60_000, 60_000)


def test_a_dry_run_leaves_nothing(books, receipt):
    placed = place_receipt(
        cast.who("ar_manager").dry(),
        receipt.pk,
        Placing(books.lakeside.pk, [Use(books.late.pk, Money(100, "USD"))], question="?"),
    )
    assert placed.applied == 100
    assert not Item.objects.filter(source="bank").exists()
    assert not PayerAlias.objects.exists()
