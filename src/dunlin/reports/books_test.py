"""The arrays against a slow recomputation from raw postings, on random books: any past day, any moment of knowledge."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from django.db import connection

from dunlin.records.models import Application, Dispute, DueDateChange, Item
from dunlin.reports.arrays import day_number, day_of
from dunlin.reports.books import CLASSES, CURRENCIES, KINDS, extract, places_of
from dunlin.reports.filters import Filters
from dunlin.reports.month_ends import month_ends_between, standings
from dunlin.rules.aging import bucket_index, buckets_of
from dunlin.rules.policy import Policy
from tests.cast import TODAY, apply, customer, invoice, moment, payment
from tests.random_books import FIRST, recomputed, write

pytestmark = pytest.mark.django_db
SEEDS = (1, 2, 3)


def days(seed: int, count: int = 10) -> list[date]:
    chance = random.Random(seed)
    return [FIRST + timedelta(chance.randint(-5, 305)) for _ in range(count)]


def as_rows(book) -> list[tuple]:
    return [
        (pk, owner, entity, CURRENCIES[currency], KINDS[kind], CLASSES[klass], side, open_, day_of(due), day_of(document), day_of(posted), disputed)
        for pk, owner, entity, currency, kind, klass, side, open_, due, document, posted, disputed in zip(
            *(getattr(book, name).tolist() for name in (
                "id", "customer_id", "entity_id", "currency", "kind", "invoice_class", "side", "open", "due", "document", "posted", "disputed"
            ))
        )
    ]  # fmt: skip


def slow_rows(as_of, known_at=None) -> list[tuple]:
    return [
        (one.item.pk, one.item.customer_id, one.item.entity_id, one.item.currency, one.item.kind, one.item.invoice_class,
         one.item.side, one.open, one.due_on, one.item.document_on, one.item.posted_on, one.disputed)
        for one in recomputed(as_of, known_at)
    ]  # fmt: skip


@pytest.mark.req("A4")
@pytest.mark.trap(12)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_past_day_equals_a_slow_recomputation(seed):
    write(seed)
    for as_of in days(seed):
        assert as_rows(extract(as_of)) == slow_rows(as_of), as_of


@pytest.mark.req("A4")
@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_known_then_equals_a_slow_recomputation(seed):
    write(seed)
    for as_of, known in zip(days(seed), days(seed + 100)):
        known_at = moment(known, 12)
        assert as_rows(extract(as_of, known_at)) == slow_rows(as_of, known_at), (as_of, known)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_part_of_the_book_is_the_same_as_the_part_of_the_whole(seed):
    customers = write(seed)
    of = customers[0]
    for as_of in days(seed, 4):
        whole = extract(as_of)
        group = {customers[0].pk, customers[1].pk, customers[2].pk}
        euro = CURRENCIES.index("EUR")
        for only, wanted in (
            (Filters(customer=of.pk), whole.customer_id == of.pk),
            (Filters(parent=of.pk), np.isin(whole.customer_id, list(group))),
            (Filters(currency="EUR"), whole.currency == euro),
            (
                Filters(kind="invoice", invoice_class="mrr"),
                (whole.kind == 0) & (whole.invoice_class == CLASSES.index("mrr")),
            ),
        ):
            assert as_rows(extract(as_of, only=only)) == as_rows(whole.only(wanted)), (as_of, only)


@pytest.mark.invariant(7)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_past_day_stays_as_it_was_when_later_days_are_posted(seed):
    customers = write(seed, documents=20)
    as_of = TODAY - timedelta(1)
    before = as_rows(extract(as_of))
    due = invoice(customers[0], 5_000, document=TODAY)
    payment(customers[0], 5_000, on=TODAY, applied_to=due)
    for old in Item.objects.filter(side=1, open__gt=0).exclude(pk=due.pk)[:3]:
        paid = payment(old.customer, old.open, on=TODAY, currency=old.currency, of_entity=old.entity)
        apply(paid, old)
    assert as_rows(extract(as_of)) == before


def test_nothing_is_open_before_the_first_posting_or_in_empty_books():
    assert len(extract(TODAY)) == 0
    write(1, documents=3)
    assert len(extract(FIRST - timedelta(60))) == 0


def test_a_payment_on_the_day_itself_counts_and_one_the_day_after_does_not():
    of = customer()
    due = invoice(of, "100.00", due=TODAY - timedelta(20))
    payment(of, "100.00", on=TODAY - timedelta(5), applied_to=due)
    assert [row[0] for row in as_rows(extract(TODAY - timedelta(6)))] == [due.pk]
    assert as_rows(extract(TODAY - timedelta(5))) == []


def test_early_and_far_days_survive_the_packing():
    of = customer()
    old = invoice(of, "1.00", due=date(1950, 2, 28), document=date(1900, 1, 1))
    far = invoice(of, "1.00", due=date(2199, 12, 31), document=date(2026, 1, 1))
    rows = {row[0]: row[8:11] for row in as_rows(extract(TODAY))}
    assert rows[old.pk] == (date(1950, 2, 28), date(1900, 1, 1), date(1900, 1, 1))
    assert rows[far.pk] == (date(2199, 12, 31), date(2026, 1, 1), date(2026, 1, 1))


def test_places_are_found_by_table_and_by_search():
    ids = np.array([2, 5, 9], np.int64)
    assert places_of(ids, np.array([9, 1, 5, 10])).tolist() == [2, -1, 1, -1]
    many = np.arange(0, 4000, dtype=np.int64)
    assert (places_of(ids, many) >= 0).sum() == 3
    assert places_of(ids, many)[5] == 1
    assert places_of(np.empty(0, np.int64), many[:2]).tolist() == [-1, -1]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_extract_gives_every_month_end(seed):
    write(seed)
    policy = Policy()
    wanted = [*month_ends_between(FIRST, TODAY), TODAY, *days(seed, 3)]
    told = standings(wanted, policy)
    buckets = buckets_of("due_date", policy.aging_bucket_uppers)
    for index, day in enumerate(told.days):
        slow = recomputed(day)
        for place, (entity, currency) in enumerate(told.keys):
            mine = [one for one in slow if (one.item.entity_id, one.item.currency) == (entity, currency)]
            debits = [one for one in mine if one.item.side == 1]
            sums = [0] * len(buckets.labels)
            for one in debits:
                sums[bucket_index(buckets, (day - one.due_on).days)] += one.open
            assert told.buckets[index, place].tolist() == sums, (day, currency)
            assert told.unapplied[index, place] == sum(one.open for one in mine if one.item.side == -1)
            assert told.disputed[index, place] == sum(one.disputed for one in debits)
            assert told.late[index, place] == sum(one.open for one in debits if (day - one.due_on).days >= 31)


def test_month_ends_are_the_last_days_inside_the_stretch():
    assert month_ends_between(date(2023, 12, 31), date(2024, 2, 29)) == [
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
    ]
    assert month_ends_between(date(2024, 1, 31), date(2024, 2, 28)) == [date(2024, 1, 31)]
    assert month_ends_between(date(2024, 2, 1), date(2024, 2, 28)) == []
    assert day_of(day_number(date(2024, 2, 29))) == date(2024, 2, 29)


def test_the_number_of_queries_does_not_grow_with_the_book(django_assert_num_queries):
    write(1, documents=5)
    counted = 5 if connection.vendor == "sqlite" else 3  # PostgreSQL's packed reads go round Django's counter
    with django_assert_num_queries(counted):
        extract(TODAY - timedelta(30))
    write(2, documents=40)
    with django_assert_num_queries(counted):
        extract(TODAY - timedelta(30))


def test_the_random_books_are_worth_the_comparison():
    """Guards the tests above from growing vacuous: every kind of event is in them."""
    write(1)
    assert Application.objects.filter(amount__lt=0).count() > 2
    assert Application.objects.filter(amount__gt=0).count() > 8
    assert DueDateChange.objects.exists()
    assert Item.objects.filter(open=0).exists()
    assert Dispute.objects.exclude(resolved_on=None).exists()
    assert any(item.recorded_at.date() > item.posted_on for item in Item.objects.all())
