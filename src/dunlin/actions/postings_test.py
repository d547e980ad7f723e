"""Posting, applying, reversing, returning, disputing in any order keep every invariant; each refusal writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.post_item import post_item
from dunlin.actions.postings import Draft
from dunlin.actions.resolve_dispute import RESOLUTIONS, resolve_dispute
from dunlin.actions.return_payment import return_payment
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.write_off import write_off
from dunlin.records.models import Application, Balance, Customer, DiaryLine, Dispute, Entity, Item
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, who

POLICY = Policy()
CENTS = st.integers(1, 1_000)
BACK = st.integers(0, 6)
PICK = st.integers(0, 9)


@contextmanager
def undone() -> Iterator[None]:
    """Everything inside is rolled back, so that each example begins with the same books."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


OPERATIONS = st.one_of(
    st.tuples(st.just("invoice"), CENTS, BACK, st.integers(-40, 40)),
    st.tuples(st.just("pay"), CENTS, BACK, PICK, st.booleans()),
    st.tuples(st.just("memo"), CENTS, BACK),
    st.tuples(st.just("apply"), PICK, PICK, st.none() | CENTS, BACK),
    st.tuples(st.just("apply"), PICK, PICK, st.none() | CENTS, BACK),
    st.tuples(st.just("reverse"), PICK, BACK),
    st.tuples(st.just("return"), PICK, BACK),
    st.tuples(st.just("dispute"), PICK, st.none() | CENTS, BACK),
    st.tuples(st.just("resolve"), PICK, st.sampled_from(RESOLUTIONS)),
    st.tuples(st.just("write_off"), PICK, st.none() | CENTS, BACK),
    st.tuples(st.just("due"), PICK, st.integers(-30, 60), BACK),
)


class Desk:
    """Carries out one drawn operation after another on two accounts of one group and a stranger."""

    def __init__(self) -> None:
        self.entity = Entity.objects.get(code="US01")
        self.customers = list(Customer.objects.order_by("pk"))
        self.minute = 0

    def actor(self) -> Any:
        self.minute += 1
        return who(at=cast.moment(TODAY, 9 + self.minute // 60, self.minute % 60))

    def do(self, name: str, *values: Any) -> None:
        getattr(self, name.replace("return", "send_back"))(*values)

    def _pick(self, rows: Any, index: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[index % len(found)] if found else None

    def debit(self, index: int) -> Item:
        return self._pick(Item.objects.filter(side=1), index)

    def invoice(self, amount: int, back: int, due: int) -> None:
        draft = Draft(
            customer_id=self.customers[amount % 3].pk, entity_id=self.entity.pk, kind="invoice",
            amount=Money(amount, "USD"), document_on=TODAY - timedelta(days=back + 30), number=f"R-{self.minute}",
            due_on=TODAY - timedelta(days=back + 30) + timedelta(days=max(0, due + 30)), invoice_class="standard",
            posted_on=TODAY - timedelta(days=back), discount=amount // 50, discount_until=TODAY - timedelta(days=2),
        )  # fmt: skip
        post_item(self.actor(), draft, policy=POLICY)

    def memo(self, amount: int, back: int) -> None:
        draft = Draft(
            customer_id=self.customers[amount % 3].pk, entity_id=self.entity.pk, kind="credit_memo", reason="price",
            amount=Money(amount, "USD"), document_on=TODAY - timedelta(days=back),
        )  # fmt: skip
        post_item(self.actor(), draft, policy=POLICY)

    def pay(self, amount: int, back: int, index: int, discount: bool) -> None:
        debit = self.debit(index)
        take_payment(
            self.actor(), debit.customer_id, Money(amount, "USD"), [Use(debit.pk, discount=discount)],
            entity_id=self.entity.pk, received_on=TODAY - timedelta(days=back), policy=POLICY,
        )  # fmt: skip

    def apply(self, credit: int, debit: int, amount: int | None, back: int) -> None:
        apply_credit(
            self.actor(), self._pick(Item.objects.filter(side=-1), credit).pk, self.debit(debit).pk,
            None if amount is None else Money(amount, "USD"), posted_on=TODAY - timedelta(days=back), policy=POLICY,
        )  # fmt: skip

    def reverse(self, index: int, back: int) -> None:
        used = self._pick(Application.objects, index)
        reverse_application(
            self.actor(), used.pk, reason="wrong", posted_on=TODAY - timedelta(days=back), policy=POLICY
        )

    def send_back(self, index: int, back: int) -> None:
        payment = self._pick(Item.objects.filter(kind="payment"), index)
        return_payment(
            self.actor(),
            payment.pk,
            f"T{index}",
            returned_on=TODAY - timedelta(days=back),
            reason="R01",
            policy=POLICY,
        )

    def dispute(self, index: int, amount: int | None, back: int) -> None:
        open_dispute(
            self.actor(), self.debit(index).pk, None if amount is None else Money(amount, "USD"), reason="price",
            opened_on=TODAY - timedelta(days=back), policy=POLICY,
        )  # fmt: skip

    def resolve(self, index: int, resolution: str) -> None:
        dispute = self._pick(Dispute.objects.all(), index)
        if dispute is not None:
            before = dispute.item.open
            resolve_dispute(self.actor(), dispute.pk, resolution, policy=POLICY)
            assert Item.objects.get(pk=dispute.item_id).open == before

    def write_off(self, index: int, amount: int | None, back: int) -> None:
        write_off(
            self.actor(), self.debit(index).pk, None if amount is None else Money(amount, "USD"),
            reason="uncollectable", posted_on=TODAY - timedelta(days=back), policy=POLICY,
        )  # fmt: skip

    def due(self, index: int, ahead: int, back: int) -> None:
        change_due_date(
            self.actor(), self.debit(index).pk, TODAY + timedelta(days=ahead), reason="agreed",
            posted_on=TODAY - timedelta(days=back), policy=POLICY,
        )  # fmt: skip


@pytest.mark.invariant(1)
@pytest.mark.invariant(2)
@pytest.mark.invariant(7)
@pytest.mark.trap(12)
@pytest.mark.invariant(10)
@pytest.mark.invariant(20)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(OPERATIONS, min_size=3, max_size=14))
def test_whatever_happens_the_books_stay_right(books: Books, operations: list[tuple[Any, ...]]) -> None:
    with undone():
        desk = Desk()
        for name, *values in operations:
            before = _fingerprint()
            try:
                desk.do(name, *values)
            except Refused:
                assert _fingerprint() == before, "a refusal wrote something"
        proof = verify(TODAY, POLICY)
        assert proof.clean, "\n".join(map(str, proof.findings))
        _past_is_consistent()


def _fingerprint() -> tuple[int, ...]:
    return (
        Item.objects.count(), Application.objects.count(), Dispute.objects.count(), DiaryLine.objects.count(),
        *Item.objects.order_by("pk").values_list("open", flat=True),
    )  # fmt: skip


def _past_is_consistent() -> None:
    """Open by the stored figure less what happened since = open by summing the postings, on each of the last days."""
    uses: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for credit, debit, day, amount in Application.objects.values_list(
        "credit_id", "debit_id", "posted_on", "amount"
    ):
        uses[credit].append((day, amount))
        uses[debit].append((day, amount))
    for item in Item.objects.all():
        for back in range(10):
            as_of = TODAY - timedelta(days=back)
            if item.posted_on > as_of:
                continue
            summed = item.amount - sum(amount for day, amount in uses[item.pk] if day <= as_of)
            undone_later = item.open + sum(amount for day, amount in uses[item.pk] if day > as_of)
            assert summed == undone_later
            assert 0 <= summed <= item.amount
            if item.closed_on is not None and item.closed_on <= as_of:
                assert summed == 0


@pytest.mark.invariant(8)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.integers(1, 20_000), disputed=st.integers(1, 50_000))
def test_reverse_restores_and_reapplying_ends_the_same(books: Books, amount: int, disputed: int) -> None:
    with undone():
        open_dispute(who(), books.late.pk, Money(disputed, "USD"), reason="price")
        start = _figures(books)
        applied = apply_credit(who(), books.unapplied.pk, books.late.pk, Money(amount, "USD"))
        middle = _figures(books)
        reverse_application(who(), applied.application_id, reason="wrong")
        assert _figures(books) == start
        apply_credit(who(), books.unapplied.pk, books.late.pk, Money(amount, "USD"))
        assert _figures(books) == middle
        with pytest.raises(Refused) as refused:
            reverse_application(who(), applied.application_id, reason="again")
        assert refused.value.code == "application_reversed_already"


def _figures(books: Books) -> list[Any]:
    pair = Item.objects.filter(pk__in=[books.unapplied.pk, books.late.pk]).order_by("pk")
    balances = Balance.objects.order_by("customer_id").values_list(
        "customer_id", "debits", "unapplied", "disputed", "past_due", "bucket_2"
    )
    return [*pair.values_list("pk", "open", "disputed", "closed_on", "due_on"), *balances]


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "more than the credit has": ("application_exceeds_credit", {"amount": Money(20_001, "USD")}),
    "more than is owed": ("application_exceeds_debit", {"debit": "branch_invoice", "credit": "big", "amount": Money(30_001, "USD")}),
    "nothing": ("application_not_positive", {"amount": Money(0, "USD")}),
    "a credit to a credit": ("application_wrong_sides", {"debit": "big"}),
    "a stranger": ("application_other_customer", {"debit": "part_paid"}),
    "another currency": ("application_other_currency", {"debit": "euros"}),
    "another currency of the amount": ("application_other_currency", {"amount": Money(1, "EUR")}),
    "another entity": ("application_other_entity", {"debit": "elsewhere"}),
    "before the payment": ("application_before_document", {"posted_on": TODAY - timedelta(days=4)}),
    "tomorrow": ("posting_in_future", {"posted_on": TODAY + timedelta(days=1)}),
    "a settled item": ("item_not_open", {"debit": "settled"}),
    "an unknown item": ("item_unknown", {"debit": None}),
}  # fmt: skip


@pytest.mark.invariant(10)
@pytest.mark.parametrize("case", CASES)
def test_what_is_not_applied(books: Books, case: str) -> None:
    code, given_ = CASES[case]
    settled = cast.invoice(books.lakeside, "1.00")
    cast.payment(books.lakeside, "1.00", applied_to=settled)
    items = {
        "late": books.late, "unapplied": books.unapplied, "part_paid": books.part_paid, "settled": settled,
        "branch_invoice": books.branch_invoice, "big": cast.payment(books.lakeside, "900.00"),
        "euros": cast.invoice(books.lakeside, "5.00", currency="EUR"),
        "elsewhere": cast.invoice(books.lakeside, "5.00", of_entity=cast.entity("DE01", "EUR")),
    }  # fmt: skip
    credit = items[given_.pop("credit", "unapplied")] if "credit" in given_ else books.unapplied
    name = given_.get("debit", "late")
    before = _fingerprint()
    with pytest.raises(Refused) as refused:
        apply_credit(
            who(),
            credit.pk,
            items[name].pk if name else 999_999,
            given_.get("amount"),
            posted_on=given_.get("posted_on"),
        )
    assert refused.value.code == code
    assert _fingerprint() == before


@pytest.mark.invariant(7)
def test_a_backdated_application_needs_the_amount_open_on_every_day_since(books: Books) -> None:
    """500 open; all of it used five to two days ago, then reversed. Three days ago nothing was open."""
    first = cast.payment(books.lakeside, "500.00", on=TODAY - timedelta(days=5), applied_to=books.late)
    cast.reverse(first.uses.get(), on=TODAY - timedelta(days=2))
    second = cast.payment(books.lakeside, "500.00", on=TODAY - timedelta(days=4))

    with pytest.raises(Refused) as refused:
        apply_credit(who(), second.pk, books.late.pk, posted_on=TODAY - timedelta(days=3))
    assert refused.value.code == "application_backdated"
    apply_credit(who(), second.pk, books.late.pk, posted_on=TODAY - timedelta(days=2))
    assert verify(TODAY, POLICY).clean


@pytest.mark.invariant(15)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.integers(1, 10_000), min_size=1, max_size=6),
    tax=st.integers(0, 500),
    discount=st.integers(0, 500),
)
def test_instalments_conserve_the_document(books: Books, amounts: list[int], tax: int, discount: int) -> None:
    with undone():
        plan = [(TODAY + timedelta(days=30 * n), Money(amount, "USD")) for n, amount in enumerate(amounts)]
        draft = Draft(
            customer_id=books.harbour.pk, entity_id=books.entity.pk, kind="invoice", amount=Money(sum(amounts), "USD"),
            document_on=TODAY, number="PLAN", tax=tax, discount=discount, discount_until=TODAY, source="erp", source_key="9",
        )  # fmt: skip
        posted = post_item(who(), draft, instalments=plan)
        rows = Item.objects.filter(pk__in=posted.item_ids).order_by("instalment")
        assert [(row.due_on, row.open) for row in rows] == [(due, amount.minor) for due, amount in plan]
        assert (sum(row.tax for row in rows), sum(row.discount for row in rows)) == (tax, discount)
        assert [row.instalment for row in rows] == list(range(1, len(amounts) + 1))


def test_instalments_that_do_not_add_up_are_refused(books: Books) -> None:
    draft = Draft(
        customer_id=books.harbour.pk,
        entity_id=books.entity.pk,
        kind="invoice",
        amount=Money(101, "USD"),
        document_on=TODAY,
    )
    with pytest.raises(Refused) as refused:
        post_item(who(), draft, instalments=[(TODAY, Money(50, "USD")), (TODAY, Money(50, "USD"))])
    assert refused.value.code == "instalments_do_not_add_up"


@pytest.mark.trap(18)
@pytest.mark.parametrize(
    "change, code",
    [
        ({"kind": "gift"}, "kind_unknown"),
        ({"amount": Money(0, "USD")}, "amount_not_positive"),
        ({"document_on": TODAY + timedelta(days=1)}, "posting_in_future"),
        ({"source": "erp", "source_key": "1"}, "item_posted_already"),
    ],
)
def test_what_is_not_posted(books: Books, change: dict[str, Any], code: str) -> None:
    cast.invoice(books.lakeside, "1.00", source="erp", source_key="1")
    facts = {
        "customer_id": books.lakeside.pk, "entity_id": books.entity.pk, "kind": "invoice", "amount": Money(1, "USD"),
        "document_on": TODAY,
    }  # fmt: skip
    before = _fingerprint()
    with pytest.raises(Refused) as refused:
        post_item(who(), Draft(**{**facts, **change}))
    assert refused.value.code == code
    assert _fingerprint() == before


def test_a_write_off_is_at_most_what_is_open(books: Books) -> None:
    with pytest.raises(Refused) as refused:
        write_off(who(), books.part_paid.pk, Money(75_001, "USD"), reason="uncollectable")
    assert refused.value.code == "write_off_exceeds_open"
    written = write_off(who(), books.part_paid.pk, reason="uncollectable")
    assert (written.amount, written.open) == (Money(75_000, "USD"), Money(0, "USD"))
