"""Accounts put right and back: all or nothing, proved to the cent, refused when something changed, undone exactly (A8, P27)."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.apply_fixes import apply_fixes
from dunlin.actions.set_block import set_block
from dunlin.actions.undo_fixes import undo_fixes
from dunlin.records.models import Application, Balance, DiaryLine, Dispute, FixRun, FollowUp, Item
from dunlin.records.policies import current_policy
from dunlin.reports.reconcile_book import control, reconcile_book
from dunlin.reports.reconciliation import reconcile
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A8"), pytest.mark.rule("P27")]
MONA = "ar_manager"


def found(customer):
    return {each.code: each for each in reconcile(customer.pk, TODAY, current_policy()).findings}


def chosen(*findings):
    return {each.key: each.sentence for each in findings}


def state():
    """Open amounts and balances as they are stored."""
    balances = Balance.objects.order_by("customer", "entity", "currency").values_list("customer", "currency", "debits", "unapplied", "past_due", "bucket_0", "bucket_1", "bucket_2")  # fmt: skip
    return dict(Item.objects.values_list("pk", "open")), list(balances)


@pytest.fixture
def messy(books):
    """Lakeside: a payment on INV-1002 that names INV-1003, a memo for INV-1001, and 3.00 left of INV-1004."""
    lake = books.lakeside
    wrong = cast.payment(lake, "400.00", on=TODAY - timedelta(2), reference="for INV-1003")
    right = cast.invoice(lake, "400.00", due=TODAY - timedelta(5), number="INV-1003")
    cast.apply(wrong, Item.objects.get(pk=books.current.pk))
    memo = cast.item(lake, "credit_memo", "50.00", reference="Price INV-1001")
    small = cast.invoice(lake, "400.00", due=TODAY - timedelta(9), number="INV-1004")
    cast.payment(lake, "397.00", on=TODAY - timedelta(4), reference="bank", applied_to=small)
    return {"wrong": wrong, "right": right, "memo": memo, "small": small}


@pytest.mark.invariant(4)
@pytest.mark.invariant(8)
@pytest.mark.invariant(9)
@pytest.mark.invariant(18)
@pytest.mark.trap(39)
def test_everything_chosen_is_put_right_proved_and_undone_exactly(books, messy):
    before = state()
    told = found(books.lakeside)
    assert {"wrong_document", "memo_unapplied", "small_balance", "credit_unclear"} == set(told)
    fixes = [told[code] for code in ("wrong_document", "memo_unapplied", "small_balance")]
    done = apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(*fixes), key="form-1")
    assert (done.corrections, done.written_off) == (3, {"USD": 300})
    again = apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(*fixes), key="form-1")
    assert again == done  # the same form sent twice
    opens = {pk: item.open for pk, item in Item.objects.in_bulk([messy["right"].pk, messy["small"].pk, books.late.pk, books.current.pk]).items()}  # fmt: skip
    assert opens == {
        messy["right"].pk: 0,
        messy["small"].pk: 0,
        books.late.pk: 45_000,
        books.current.pk: 100_000,
    }
    run = FixRun.objects.get()
    [was], [now] = run.proof["before"], run.proof["after"]
    assert (was["debits"] - was["unapplied"]) - (now["debits"] - now["unapplied"]) == 300
    assert sum(row["side"] * (row["before"] - row["after"]) for row in run.proof["items"]) == 300
    assert set(found(books.lakeside)) == {"credit_unclear"}
    assert verify(TODAY, current_policy()).clean
    assert DiaryLine.objects.filter(verb="apply_fixes", about=f"fix_run:{run.pk}").count() == 1

    undo_fixes(cast.who(books.mona), run.pk, "the customer says otherwise")
    after = state()
    assert {pk: after[0][pk] for pk in before[0]} == before[0]
    assert after[1] == before[1]
    assert set(found(books.lakeside)) == set(told)
    assert verify(TODAY, current_policy()).clean
    with pytest.raises(Refused, match="undone on"):
        undo_fixes(cast.who(books.mona), run.pk, "again")


def test_what_changed_since_it_was_shown_is_named_and_nothing_is_posted(books, messy):
    told = found(books.lakeside)
    both = chosen(told["memo_unapplied"], told["small_balance"])
    apply_credit(cast.who(books.mona), messy["memo"].pk, books.late.pk)
    before = state()
    with pytest.raises(Refused) as refused:
        apply_fixes(cast.who(books.mona), books.lakeside.pk, both)
    assert refused.value.code == "fix_changed"
    assert "INV-1001" in str(refused.value)
    assert state() == before
    assert not FixRun.objects.exists()
    with pytest.raises(Refused, match="no longer as it was"):
        apply_fixes(cast.who(books.mona), books.lakeside.pk, {"0" * 24: ""})
    with pytest.raises(Refused, match="at least one"):
        apply_fixes(cast.who(books.mona), books.lakeside.pk, {})


def test_an_applied_fix_is_not_there_to_be_applied_again_and_an_undoing_that_does_not_fit_is_refused(
    books, messy
):
    memo = found(books.lakeside)["memo_unapplied"]
    done = apply_fixes(cast.who(books.alice), books.lakeside.pk, chosen(memo))
    with pytest.raises(Refused, match="no longer as it was"):
        apply_fixes(cast.who(books.alice), books.lakeside.pk, chosen(memo))
    with pytest.raises(Refused, match="somebody else"):
        undo_fixes(cast.who(cast.user("collector", "kim")), done.run_id, "no")
    with pytest.raises(Refused, match="earlier day"):
        undo_fixes(cast.who(books.alice, today=TODAY + timedelta(1)), done.run_id, "no")
    cast.reverse(Application.objects.get(credit=messy["memo"]), on=TODAY)
    with pytest.raises(Refused, match="something changed since"):
        undo_fixes(cast.who(books.alice), done.run_id, "no")


def test_a_collector_applies_and_does_not_reverse_or_write_off(books, messy):
    told = found(books.lakeside)
    for code in ("wrong_document", "small_balance"):
        with pytest.raises(Refused) as refused:
            apply_fixes(cast.who(books.alice), books.lakeside.pk, chosen(told[code]))
        assert refused.value.code == "fix_not_permitted"
    assert not FixRun.objects.exists()


def test_a_question_becomes_a_follow_up_once(books, messy):
    question = found(books.lakeside)["credit_unclear"]
    assert apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(question)).questions == 1
    assert apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(question)).questions == 0
    asked = FollowUp.objects.get()
    assert (asked.owner, asked.customer) == (books.alice, books.lakeside)
    assert "WIRE 4711" in asked.what


@pytest.mark.parametrize("kind", ["insolvency", "legal", "agency"])
def test_nothing_is_proposed_of_a_barred_account_or_for_what_is_disputed(books, messy, kind):
    Dispute.objects.create(item=books.late, customer=books.lakeside, amount=1, reason="price", opened_on=TODAY, recorded_at=cast.moment(TODAY))  # fmt: skip
    Item.objects.filter(pk=books.late.pk).update(disputed=1)
    assert "memo_unapplied" not in found(books.lakeside)
    set_block(cast.who(books.mona), books.lakeside.pk, kind, reason="court")
    told = found(books.lakeside)
    assert told
    assert not any(each.steps for each in told.values())


@pytest.mark.invariant(10)
def test_money_of_a_group_goes_to_the_account_it_names_and_that_of_strangers_is_asked_about(books):
    inside = cast.payment(books.lakeside, "300.00", on=TODAY - timedelta(1), reference="INV-1101")
    one = found(books.lakeside)["wrong_customer"]
    before = state()
    done = apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(one))
    assert Application.objects.get(credit=inside).debit == books.branch_invoice
    assert {row["number"] for row in FixRun.objects.get().proof["before"]} == {"L-100", "L-101"}
    assert verify(TODAY, current_policy()).clean
    undo_fixes(cast.who(books.mona), done.run_id, "no")
    assert state() == before
    cast.payment(books.harbour, "300.00", on=TODAY - timedelta(1), reference="INV-1101")
    stranger = found(books.harbour)["wrong_customer"]
    assert not stranger.steps
    assert "L-101" in stranger.sentence


@pytest.mark.invariant(4)
def test_the_book_is_counted_and_held_against_the_control_account(
    books, messy, django_assert_max_num_queries
):
    with django_assert_max_num_queries(30):
        book = reconcile_book(TODAY, current_policy())
    assert (book.customers, book.items) == (3, 8)
    told = book.by_code["small_balance"]
    assert (told.count, told.proposals, told.amounts, told.written_off) == (1, 1, {"USD": 300}, {"USD": 300})
    assert book.by_code["invoice_twice"].count == 0
    [line] = control({("US01", "USD"): 1})
    assert line.ours == sum(item.side * item.open for item in Item.objects.all())
    assert line.difference == line.ours - 1


def test_a_hundred_accounts_ask_no_more_than_one(books):
    """The number of queries of a chunk does not grow with its customers."""

    def queries():
        with CaptureQueriesContext(connection) as asked:
            reconcile_book(TODAY, current_policy())
        return len(asked)

    few = queries()
    for number in range(40):
        one = cast.customer(f"Shop {number}")
        cast.invoice(one, "100.00", due=TODAY, number=f"S-{number}0001")
        cast.payment(one, "100.00", on=TODAY, reference=f"S-{number + 1}0001")
    assert queries() <= few + 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.trap(42)
def test_a_fix_and_somebody_with_the_same_credit_at_once_spend_it_once(committed_books):
    """Whoever comes first has it; the other is refused, and the books are right."""
    books = committed_books
    cast.item(books.lakeside, "credit_memo", "50.00", reference="Price INV-1001")
    memo = found(books.lakeside)["memo_unapplied"]
    credit = Item.objects.get(kind="credit_memo")
    start, told = Barrier(2), []

    def act(do):
        try:
            start.wait(10)
            do()
            told.append("done")
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    fix = lambda: apply_fixes(cast.who(books.mona), books.lakeside.pk, chosen(memo))  # noqa: E731
    by_hand = lambda: apply_credit(cast.who(books.mona), credit.pk, books.current.pk)  # noqa: E731
    threads = [Thread(target=act, args=(do,)) for do in (fix, by_hand)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) in (["done", "fix_changed"], ["done", "item_not_open"])
    assert sum(Application.objects.filter(credit=credit).values_list("amount", flat=True)) == 5_000
    assert verify(TODAY, current_policy()).clean
