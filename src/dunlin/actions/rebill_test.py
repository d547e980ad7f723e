"""Issued, credited, billed anew: numbers without gaps, money that follows, nothing owed that is not on a paper (A6, P21, P36)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.credit_document import Credit, credit_document
from dunlin.actions.decide_approval import decide_approval
from dunlin.actions.issue_document import Issued, issue_document
from dunlin.actions.issuing import Issue
from dunlin.actions.keep_documents import approve_document
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.print_document import print_document, print_missing, send_document
from dunlin.actions.rebill import Rebill, rebill
from dunlin.actions.store_file import file_bytes
from dunlin.actions.write_off import write_off
from dunlin.records.approvals import Approval
from dunlin.records.models import (
    Address,
    Application,
    Customer,
    Dispute,
    Document,
    FollowUp,
    IssuedDocument,
    Item,
    Message,
    NumberRange,
    StoredFile,
)
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.invoicing import Charge
from dunlin.rules.money import Money
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A6")]
PLACE = "US-NY"


@pytest.fixture
def desk(books):
    """Mona may adjust 1,000.00 alone and decide 5,000.00; Lakeside has terms and an address."""
    Address.objects.create(customer=books.lakeside, lines="1 Harbor Road", city="Albany", country="US")
    Customer.objects.filter(pk=books.lakeside.pk).update(terms=cast.terms())
    return books


def charge(price, pct="8", quantity="1", **more):
    more.setdefault("jurisdiction", PLACE if pct != "0" else "")
    return Charge(
        description=more.pop("description", "Freight"), unit_price=Decimal(price), quantity=Decimal(quantity), tax_pct=Decimal(pct), **more
    )  # fmt: skip


def issue(books, *charges, **more):
    more = {"kind": "invoice", "po_number": "PO-7", **more}
    return Issue(
        customer_id=books.lakeside.pk, entity_id=books.entity.pk, currency="USD", charges=charges, document_on=TODAY, **more
    )  # fmt: skip


def refused(code, do, *arguments, **more):
    with pytest.raises(Refused) as raised:
        do(*arguments, **more)
    assert raised.value.code == code


def item(pk):
    return Item.objects.get(pk=pk)


def clean():
    assert verify(TODAY, current_policy()).clean


def test_an_invoice_is_numbered_posted_with_its_lines_and_kept_as_the_same_paper_every_time(desk):
    mona = cast.who(desk.mona)
    made = issue_document(mona, issue(desk, charge("100", quantity="3"), charge("50", "0")), key="one")
    assert made == issue_document(
        mona, issue(desk, charge("100", quantity="3"), charge("50", "0")), key="one"
    )
    row = item(made.item_id)
    assert (made.number, made.total) == ("US01-INV-000001", Money(37400, "USD"))
    assert (row.amount, row.tax, row.open, row.due_on, row.po_number) == (
        37400,
        2400,
        37400,
        TODAY + timedelta(30),
        "PO-7",
    )
    assert [(line.amount, line.tax, line.jurisdiction) for line in row.lines.all()] == [
        (30000, 2400, PLACE),
        (5000, 0, ""),
    ]
    kept = print_document(mona, made.item_id)
    assert (kept.kind, kept.item, kept.may_be_sent, kept.file_name) == (
        "invoice",
        row,
        True,
        "invoice-US01-INV-000001.pdf",
    )
    Customer.objects.filter(pk=desk.lakeside.pk).update(name="Another Name", language="de")
    assert print_document(mona, made.item_id) == kept
    assert file_bytes(kept.file).startswith(b"%PDF")
    assert Document.objects.count() == StoredFile.objects.count() == 1
    refused("document_not_issued", print_document, mona, desk.late.pk)
    clean()


@pytest.mark.rule("P36")
def test_what_the_checks_find_stops_the_number_too(desk):
    mona = cast.who(desk.mona)
    Customer.objects.filter(pk=desk.lakeside.pk).update(po_required=True, terms=None)
    refused("issue_po_missing", issue_document, mona, issue(desk, charge("1"), po_number=""))
    refused("issue_due_date_missing", issue_document, mona, issue(desk, charge("1")))
    refused("charge_without_tax", issue_document, mona, issue(desk, charge("1", "0", jurisdiction=PLACE)))
    assert not NumberRange.objects.exists()
    due = {"due_on": TODAY + timedelta(9)}
    first = issue_document(mona, issue(desk, charge("1"), **due))
    refused("issue_like_another", issue_document, mona, issue(desk, charge("1"), **due))
    again = issue(desk, charge("1"), confirmed=frozenset({"issue_like_another"}), **due)
    tried = issue_document(mona.dry(), again)
    assert (first.number, tried.number) == ("US01-INV-000001", "US01-INV-000002")
    assert issue_document(mona, again).number == "US01-INV-000002"  # what was undone left no gap
    refused("not_permitted", issue_document, cast.who(desk.alice), issue(desk, charge("1")))
    refused("reason_missing", issue_document, mona, issue(desk, charge("1"), kind="debit_memo"))
    NumberRange.objects.filter(kind="invoice").update(prefix="INV-", next=7, width=3)
    cast.invoice(desk.lakeside, "5.00", number="INV-007")
    assert issue_document(mona, issue(desk, charge("2"), **due)).number == "INV-008"


@pytest.mark.rule("P36")
def test_a_certificate_that_somebody_looked_at_exempts_and_stands_on_the_paper(desk):
    mona = cast.who(desk.mona)
    stored = StoredFile.objects.create(sha256="0" * 64, bytes=1, type="application/pdf", stored_at=mona.now)
    certificate = Document.objects.create(
        customer=desk.lakeside, kind="tax_exempt_certificate", title="Exempt", file=stored, file_name="c.pdf", jurisdiction=PLACE,
        number="NY-55", valid_from=TODAY - timedelta(9), expires_on=TODAY, added_at=mona.now, added_by=None,
    )  # fmt: skip
    assert item(issue_document(mona, issue(desk, charge("100"))).item_id).tax == 800
    approve_document(mona, certificate.pk)
    made = issue_document(mona, issue(desk, charge("100"), po_number="PO-8"))
    row = item(made.item_id)
    assert (row.amount, row.tax, row.lines.get().certificate) == (10000, 0, certificate)
    assert IssuedDocument.objects.get(item=row).paper["certificates"] == {
        str(certificate.pk): ["NY-55", PLACE]
    }
    late = charge("100", service=(TODAY, TODAY + timedelta(1)))
    assert item(issue_document(mona, issue(desk, late, po_number="PO-9")).item_id).tax == 800


@pytest.mark.rule("P21")
def test_a_credit_memo_takes_lines_then_an_amount_then_the_rest_and_is_used_as_far_as_open(desk):
    mona = cast.who(desk.mona)
    made = issue_document(mona, issue(desk, charge("100", quantity="3"), charge("50", "0")))
    cast.payment(desk.lakeside, "300.00", applied_to=item(made.item_id))
    first = credit_document(mona, Credit(item_id=made.item_id, reason="quantity", lines={1: Decimal(1)}))
    assert (first.number, first.total, first.used, first.left) == (
        "US01-CM-000001", Money(10800, "USD"), Money(7400, "USD"), Money(3400, "USD"),
    )  # fmt: skip
    second = credit_document(mona, Credit(item_id=made.item_id, reason="price", amount=Money(6600, "USD")))
    assert (second.used.minor, second.left.minor) == (0, 6600)
    rest = credit_document(mona, Credit(item_id=made.item_id, reason="other"))
    memos = Item.objects.filter(kind="credit_memo", corrects=made.item_id)
    assert sum(memo.amount for memo in memos) == 37400
    assert sum(memo.tax for memo in memos) == 2400
    assert item(rest.item_id).due_on == TODAY
    refused("credit_nothing_left", credit_document, mona, Credit(item_id=made.item_id, reason="other"))
    refused("credit_of_credit", credit_document, mona, Credit(item_id=rest.item_id, reason="other"))
    clean()


@pytest.mark.invariant(20)
def test_a_collector_asks_and_a_dispute_is_resolved_by_the_credit_once_somebody_approves(desk):
    opened = open_dispute(cast.who(desk.alice), desk.late.pk, Money(20000, "USD"), reason="price")
    asked = credit_document(
        cast.who(desk.alice),
        Credit(
            item_id=desk.late.pk, reason="price", amount=Money(20000, "USD"), dispute_id=opened.dispute_id
        ),
    )
    assert (asked.item_id, Item.objects.filter(corrects=desk.late).count()) == (None, 0)
    assert Dispute.objects.get().resolved_on is None
    decide_approval(cast.who(desk.mona), asked.approval_id, True)
    memo = Item.objects.get(corrects=desk.late)
    desk.late.refresh_from_db()
    assert (memo.open, desk.late.open, desk.late.disputed) == (0, 30000, 0)
    assert (Dispute.objects.get().resolution, Dispute.objects.get().resolved_by) == ("credit", desk.mona)
    assert "see that it is paid" in FollowUp.objects.get().what
    clean()


def test_an_approval_of_what_changed_meanwhile_does_nothing(desk):
    asked = credit_document(cast.who(desk.alice), Credit(item_id=desk.late.pk, reason="price"))
    cast.payment(desk.lakeside, "1.00", applied_to=desk.late)
    refused("approval_facts_changed", decide_approval, cast.who(desk.mona), asked.approval_id, True)
    assert Approval.objects.get().state == "requested"
    decide_approval(cast.who(desk.mona), asked.approval_id, False, "paid")
    assert not Item.objects.filter(corrects=desk.late).exists()


@pytest.mark.parametrize(
    "price, moved, left, open_after",
    [("100.00", 30000, 0, 2400), ("50.00", 16200, 13800, 0), ("92.59", 29999, 1, 0)],
)
def test_a_rebill_closes_the_old_invoice_and_takes_its_payments_along(desk, price, moved, left, open_after):
    mona = cast.who(desk.mona)
    made = issue_document(mona, issue(desk, charge("100", quantity="3")))
    paid = cast.payment(desk.lakeside, "300.00", number="PAY-1", applied_to=item(made.item_id))
    open_dispute(mona, made.item_id, Money(1000, "USD"), reason="price")
    Item.objects.filter(pk=made.item_id).update(stage=2)
    done = rebill(
        mona,
        Rebill(item_id=made.item_id, charges=(charge(price, quantity="3"),), reason="price", note="agreed"),
    )
    old, new, memo = item(made.item_id), item(done.item_id), item(done.memo_id)
    assert (done.number, done.memo_number) == ("US01-INV-000002", "US01-CM-000001")
    assert (old.open, old.disputed, memo.open, new.open) == (0, 0, 0, open_after)
    assert (done.moved.minor, done.left.minor) == (moved, left)
    assert (new.corrects, memo.corrects, new.stage, new.due_on) == (old, old, 0, TODAY + timedelta(30))
    assert Dispute.objects.get().resolution == "rebill"
    paid.refresh_from_db()
    assert paid.open == left
    asked = [each.what for each in FollowUp.objects.all() if "what is it for" in each.what]
    assert len(asked) == bool(left)
    if left:
        assert f"{Money(left, 'USD')} paid on US01-INV-000001 (payment PAY-1)" in asked[0]
    standing = Application.objects.filter(credit=paid, reverses=None, reversal=None)
    assert {use.debit_id for use in standing} == {new.pk}
    assert {use.value_on for use in standing} == {TODAY}
    clean()


def test_a_rebill_after_a_discount_grants_it_anew_and_a_write_off_comes_back(desk):
    mona = cast.who(desk.mona)
    early = cast.terms("2-10", kind="net_days", days=30, discount_pct="2", discount_days=10)
    made = issue_document(mona, issue(desk, charge("500", "0"), terms_id=early.pk))
    paid = cast.payment(desk.lakeside, "490.00")
    apply_credit(mona, paid.pk, made.item_id, discount=True)
    assert item(made.item_id).open == 0
    done = rebill(
        mona,
        Rebill(item_id=made.item_id, charges=(charge("500", "0"),), reason="po_missing", po_number="PO-NEW"),
    )
    new = item(done.item_id)
    assert (new.open, new.po_number, done.left.minor) == (0, "PO-NEW", 0)
    clean()
    other = issue_document(mona, issue(desk, charge("500", "0"), po_number="PO-3"))
    write_off(mona, other.item_id, Money(100, "USD"), reason="small")
    done = rebill(mona, Rebill(item_id=other.item_id, charges=(charge("400", "0"),), reason="price"))
    assert (item(other.item_id).open, item(done.item_id).open) == (0, 40000)
    clean()


def test_instalments_are_credited_and_billed_anew_together_and_the_due_date_may_stay(desk):
    mona = cast.who(desk.mona)
    thirds = cast.terms("3X", kind="instalments", count=3, days=30)
    made = issue_document(mona, issue(desk, charge("100"), terms_id=thirds.pk))
    rows = Item.objects.filter(number=made.number).order_by("instalment")
    assert [row.amount for row in rows] == [3600, 3600, 3600]
    credit_document(mona, Credit(item_id=rows[1].pk, reason="price", amount=Money(4000, "USD")))
    assert [row.open for row in rows.all()] == [0, 3200, 3600]
    keep = current_policy().from_mapping({"invoice.rebill_due": "keep"})
    done = rebill(mona, Rebill(item_id=rows[2].pk, charges=(charge("90"),), reason="price"), policy=keep)
    assert done.credited.minor == 6800
    assert {row.open for row in rows.all()} == {0}
    assert item(done.item_id).due_on == max(row.due_on for row in rows)
    clean()


def test_the_night_prints_what_is_missing_and_it_goes_the_way_the_customer_is_written_to(desk):
    mona = cast.who(desk.mona)
    keep_shipped(mona.now)
    made = issue_document(mona, issue(desk, charge("100")))
    assert print_missing(cast.who("administrator")) == 1
    assert print_missing(cast.who("administrator")) == 0
    cast.contact(desk.lakeside, "Priya Raman", email="ap@lakeside.test")
    message = send_document(mona, made.item_id, key="once")
    assert send_document(mona, made.item_id, key="once") == message
    assert (message.channel, message.purpose) == ("email", "copies")
    assert made.number in message.subject
    assert [each.name for each in message.files.all()] == ["invoice-US01-INV-000001.pdf"]
    Customer.objects.filter(pk=desk.lakeside.pk).update(channel="letter")
    assert send_document(mona, made.item_id).channel == "letter"
    assert Message.objects.count() == 2


@pytest.mark.invariant(9)
def test_the_database_refuses_to_edit_what_was_issued(desk):
    made = issue_document(cast.who(desk.mona), issue(desk, charge("100")))
    for rows in (IssuedDocument.objects.filter(item=made.item_id), item(made.item_id).lines.all()):
        with pytest.raises(Exception, match="never edited or deleted"), transaction.atomic():
            rows.update(tax=1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_twenty_numbers_in_a_row(committed_books):
    books = committed_books
    customers = [cast.customer(f"Buyer {each}", terms=cast.terms()) for each in range(20)]

    def one(customer) -> Issued:
        try:
            return issue_document(cast.who("finance_manager"), Issue(
                kind="invoice", customer_id=customer.pk, entity_id=books.entity.pk, currency="USD", charges=(charge("10"),),
                document_on=TODAY,
            ))  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, customers))
    assert sorted(each.number for each in made) == [f"US01-INV-{number:06d}" for number in range(1, 21)]
    assert NumberRange.objects.get().next == 21


def test_dates(desk):
    refused(
        "posting_in_future",
        issue_document,
        cast.who(desk.mona),
        Issue(
            kind="invoice", customer_id=desk.lakeside.pk, entity_id=desk.entity.pk, currency="USD", charges=(charge("1"),),
            document_on=date(2026, 12, 1),
        ),
    )  # fmt: skip
