"""Aging: one list of edges answers for one item, for an array, and in SQL."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.aging import (
    DUE_DATE_BUCKETS,
    INVOICE_DATE_BUCKETS,
    BucketSet,
    bucket,
    bucket_index,
    buckets_of,
    is_late,
    late_case_sql,
    next_crossing,
    summary_case_sql,
)
from dunlin.rules.tracking import BANDS

DAY = timedelta(days=1)
AS_OF = date(2026, 3, 31)

bucket_sets = st.builds(
    lambda basis, uppers: buckets_of(basis, sorted(uppers)),
    st.sampled_from(["due_date", "invoice_date"]),
    st.sets(st.integers(1, 400), min_size=1, max_size=6),
)
day_counts = st.integers(-500, 2000)


@pytest.mark.trap(13)
@pytest.mark.trap(15)
@pytest.mark.parametrize(
    "basis, days, label",
    [
        ("due_date", -400, "current"),
        ("due_date", 0, "current"),
        ("due_date", 1, "1-30"),
        ("due_date", 15, "1-30"),
        ("due_date", 30, "1-30"),
        ("due_date", 31, "31-60"),
        ("due_date", 60, "31-60"),
        ("due_date", 61, "61-90"),
        ("due_date", 90, "61-90"),
        ("due_date", 91, "91+"),
        ("due_date", 5000, "91+"),
        ("invoice_date", -3, "0-30"),
        ("invoice_date", 0, "0-30"),
        ("invoice_date", 30, "0-30"),
        ("invoice_date", 31, "31-60"),
        ("invoice_date", 90, "61-90"),
        ("invoice_date", 91, "91+"),
    ],
)
def test_bucket(basis: str, days: int, label: str) -> None:
    assert bucket(basis, AS_OF - days * DAY, AS_OF) == (days, label)  # type: ignore[arg-type]


@pytest.mark.trap(17)
def test_a_basis_is_never_mixed_with_the_other_ones_buckets() -> None:
    with pytest.raises(ValueError, match="not by invoice_date"):
        bucket("invoice_date", AS_OF, AS_OF, DUE_DATE_BUCKETS)


def test_labels() -> None:
    assert DUE_DATE_BUCKETS.labels == ("current", "1-30", "31-60", "61-90", "91+")
    assert INVOICE_DATE_BUCKETS.labels == ("0-30", "31-60", "61-90", "91+")
    assert buckets_of("due_date", (1, 30)).labels == ("current", "1", "2-30", "31+")
    assert buckets_of("due_date", (30, 60, 90)).uppers == DUE_DATE_BUCKETS.uppers


@pytest.mark.parametrize(
    "basis, uppers",
    [
        ("due_date", ()),
        ("due_date", (30, 60)),
        ("due_date", (0, 30, 30)),
        ("due_date", (0, 60, 30)),
        ("due_date", tuple(range(8))),
        ("invoice_date", (-1, 30)),
        ("due_date", (0, 30.5)),
        ("paid_date", (0, 30)),
    ],
)
def test_buckets_that_make_no_sense_are_refused(basis: str, uppers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        BucketSet("wrong", basis, uppers)  # type: ignore[arg-type]


def in_sqlite(bucket_set: BucketSet, rows: list[tuple[int, int]], extra: str) -> list[int]:
    """The bucket sums, and one more aggregate, as the database computes them."""
    book = sqlite3.connect(":memory:")
    try:
        book.execute("CREATE TABLE item (days INTEGER, open INTEGER)")
        book.executemany("INSERT INTO item VALUES (?, ?)", rows)
        columns = ", ".join([*summary_case_sql(bucket_set, "days", "open"), extra])
        return list(book.execute(f"SELECT {columns} FROM item").fetchone())
    finally:
        book.close()


@pytest.mark.invariant(6)
@pytest.mark.trap(10)
@settings(max_examples=60)
@given(bucket_sets, st.lists(st.tuples(day_counts, st.integers(1, 10**12)), min_size=1, max_size=40))
def test_value_array_and_sql_agree_and_add_up(bucket_set: BucketSet, rows: list[tuple[int, int]]) -> None:
    by_value = [0] * len(bucket_set.labels)
    for days, amount in rows:
        by_value[bucket_index(bucket_set, days)] += amount

    indexes = bucket_index(bucket_set, np.array([days for days, _ in rows]))
    assert indexes.tolist() == [bucket_index(bucket_set, days) for days, _ in rows]

    *by_sql, late = in_sqlite(bucket_set, rows, late_case_sql("days", "open"))
    assert by_sql == by_value
    assert late == sum(amount for days, amount in rows if is_late(days))
    assert sum(by_value) == sum(amount for _, amount in rows)


@pytest.mark.invariant(6)
def test_every_edge_agrees_in_value_array_and_sql() -> None:
    for bucket_set in (DUE_DATE_BUCKETS, INVOICE_DATE_BUCKETS, BANDS):
        edges = [upper + step for upper in bucket_set.uppers for step in (-1, 0, 1)]
        for days in edges:
            index = bucket_index(bucket_set, days)
            *by_sql, _ = in_sqlite(bucket_set, [(days, 7)], "0")
            assert by_sql == [7 if position == index else 0 for position in range(len(bucket_set.labels))]
            assert bucket_index(bucket_set, np.array([days])).tolist() == [index]


@pytest.mark.invariant(6)
@given(bucket_sets, day_counts, st.integers(0, 400))
def test_an_item_never_grows_younger(bucket_set: BucketSet, days: int, later: int) -> None:
    assert bucket_index(bucket_set, days) <= bucket_index(bucket_set, days + later)


@given(bucket_sets, st.dates(date(2020, 1, 1), date(2030, 1, 1)), day_counts)
def test_the_next_crossing_is_the_first_day_in_another_bucket(
    bucket_set: BucketSet, due: date, days: int
) -> None:
    as_of = due + days * DAY
    crossing = next_crossing(bucket_set, due, as_of)
    now = bucket_index(bucket_set, days)

    assert crossing > as_of
    if crossing == date.max:
        assert now == len(bucket_set.uppers)
    else:
        assert bucket_index(bucket_set, (crossing - due).days) == now + 1
        assert bucket_index(bucket_set, (crossing - due).days - 1) == now


def test_a_crossing_past_the_end_of_time_never_comes() -> None:
    assert next_crossing(DUE_DATE_BUCKETS, date.max, date.max) == date.max


@pytest.mark.rule("P16")
def test_the_late_bucket_begins_on_day_31() -> None:
    assert [is_late(days) for days in (30, 31, 32)] == [False, True, True]
    assert is_late(np.array([30, 31])).tolist() == [False, True]
    assert is_late(30, late_from=30)
