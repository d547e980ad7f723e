"""The SQL of the balances against the rules in Python, item by item; rolling, rebuilding and comparing agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.records import balance_sums
from dunlin.records.models import Balance, Customer, Item
from dunlin.rules.aging import bucket_index, buckets_of, is_late, next_crossing
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books

POLICIES = (
    Policy(),
    Policy(aging_bucket_uppers=(7, 14, 30, 60, 90, 120)),
    Policy(aging_bucket_uppers=(30, 60), aging_basis="invoice_date", late_bucket_from=45),
    Policy(aging_bucket_uppers=(45,), late_bucket_from=31),
)

ITEMS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["invoice", "invoice", "invoice", "payment"]), st.sampled_from(["USD", "EUR"]),
        st.integers(1, 10_000), st.integers(-70, 130), st.integers(0, 60), st.integers(0, 10_000),
    ),
    max_size=12,
)  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _write(drawn: list[tuple[Any, ...]]) -> None:
    customers = list(Customer.objects.order_by("pk"))
    entity = cast.entity()
    Item.objects.bulk_create(
        Item(
            entity=entity, customer=customers[who], kind=kind, side=1 if kind == "invoice" else -1, currency=currency,
            amount=amount, open=amount, disputed=min(disputed, amount) if kind == "invoice" else 0,
            document_on=TODAY - timedelta(days=past_due + term), due_on=TODAY - timedelta(days=past_due),
            posted_on=TODAY - timedelta(days=200), value_on=TODAY, recorded_at=cast.moment(TODAY),
        )
        for who, kind, currency, amount, past_due, term, disputed in drawn
    )  # fmt: skip


def _by_hand(today: date, policy: Policy) -> dict[tuple[int, int, str], dict[str, Any]]:
    """The balances by the rules' own functions, one open item after another."""
    buckets = buckets_of(policy.aging_basis, policy.aging_bucket_uppers)  # type: ignore[arg-type]
    sums: dict[tuple[int, int, str], dict[str, Any]] = {}
    for item in Item.objects.filter(open__gt=0):
        row = sums.setdefault(
            (item.customer_id, item.entity_id, item.currency),
            {"debits": 0, "unapplied": 0, "disputed": 0, "past_due": 0, "late": 0, "items": 0, "items_past_due": 0,
             "oldest_due_on": None, "next_crossing_on": date.max, **{f"bucket_{n}": 0 for n in range(8)}},
        )  # fmt: skip
        if item.side == -1:
            row["unapplied"] += item.open
            continue
        days = (today - item.due_on).days
        basis_on = item.due_on if buckets.basis == "due_date" else item.document_on
        row["debits"] += item.open
        row["disputed"] += item.disputed
        row["past_due"] += item.open if days >= 1 else 0
        row["late"] += item.open if is_late(days, policy.late_bucket_from) else 0
        row[f"bucket_{bucket_index(buckets, (today - basis_on).days)}"] += item.open
        row["items"] += 1
        row["items_past_due"] += days >= 1
        row["oldest_due_on"] = min(row["oldest_due_on"] or item.due_on, item.due_on)
        crossings = [next_crossing(buckets, basis_on, today), item.due_on + timedelta(days=1)]
        crossings.append(item.due_on + timedelta(days=policy.late_bucket_from))
        row["next_crossing_on"] = min([row["next_crossing_on"], *(on for on in crossings if on > today)])
    return sums


def _stored() -> dict[tuple[int, int, str], dict[str, Any]]:
    names = [
        field.name
        for field in Balance._meta.fields
        if field.name not in ("id", "customer", "entity", "currency", "as_of")
    ]
    return {
        key: dict(zip(names, values))
        for *ids, values in ((*row[:3], row[3:]) for row in Balance.objects.values_list("customer_id", "entity_id", "currency", *names))
        for key in [tuple(ids)]
    }  # fmt: skip


@pytest.mark.invariant(5)
@pytest.mark.invariant(6)
@pytest.mark.trap(10)
@pytest.mark.trap(13)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=ITEMS, policy=st.sampled_from(POLICIES), later=st.integers(0, 120))
def test_balances_are_what_the_rules_say(
    books: Books, drawn: list[tuple[Any, ...]], policy: Policy, later: int
) -> None:
    with undone():
        _write(drawn)
        balance_sums.rebuild(TODAY, policy)
        assert _stored() == _by_hand(TODAY, policy)
        assert balance_sums.compare(TODAY, policy) == []

        day = TODAY + timedelta(days=later)
        unchanged = Balance.objects.filter(next_crossing_on__gt=day)
        expected = _by_hand(day, policy)
        for row in unchanged:
            right = expected[row.customer_id, row.entity_id, row.currency]
            assert (row.past_due, row.late, row.bucket_0, row.bucket_1) == tuple(
                right[name] for name in ("past_due", "late", "bucket_0", "bucket_1")
            ), "a balance was to be right until its next crossing"
        balance_sums.roll(day, policy)
        assert _stored() == expected


def test_refresh_rewrites_only_the_customers_it_is_given(books: Books) -> None:
    Balance.objects.update(debits=1)
    balance_sums.refresh([books.harbour.pk], TODAY, Policy())
    assert Balance.objects.get(customer=books.harbour).debits == 75_000
    assert Balance.objects.get(customer=books.branch).debits == 1
    differences = balance_sums.compare(TODAY, Policy())
    assert {each.customer_id for each in differences} == {books.lakeside.pk, books.branch.pk}
    assert all("debits" in each.fields for each in differences)


def test_nothing_open_is_no_row(books: Books) -> None:
    cast.payment(books.branch, "300.00", applied_to=books.branch_invoice)
    assert not Balance.objects.filter(customer=books.branch).exists()


def test_a_credit_alone_never_crosses(books: Books) -> None:
    alone = cast.customer()
    cast.payment(alone, "5.00")
    row = Balance.objects.get(customer=alone)
    assert (row.next_crossing_on, row.unapplied, row.oldest_due_on) == (date.max, 500, None)
    assert balance_sums.roll(TODAY + timedelta(days=4000), Policy()) == 3
