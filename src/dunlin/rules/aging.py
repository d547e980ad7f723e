"""Aging: which bucket an open item is in. DOMAIN section 3 (Aging), section 0 (days past due, the late bucket).

One list of upper edges makes the labels, the answer for one item, the answer for an array, and the SQL of the reports,
so two reports cannot disagree about day 30.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

Basis = Literal["due_date", "invoice_date"]

# "Over 30", "+31" and "> 31" all mean the 31-and-up bucket.
LATE_FROM = 31
BUCKETS_MAX = 8


@dataclass(frozen=True, slots=True)
class BucketSet:
    """A named row of buckets: `uppers` are the last day of each, rising; whatever is older goes to the open last one.

    By due date the first upper is 0: items not past due. ValueError when the uppers do not rise, or make more than
    eight buckets.
    """

    name: str
    basis: Basis
    uppers: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.basis not in ("due_date", "invoice_date"):
            raise ValueError(f"buckets go by due_date or invoice_date, not {self.basis!r}")
        if not self.uppers or any(type(upper) is not int for upper in self.uppers):
            raise ValueError(f"buckets {self.name}: the edges are whole days")
        if any(low >= high for low, high in zip(self.uppers, self.uppers[1:])):
            raise ValueError(f"buckets {self.name}: the edges must rise, not {self.uppers}")
        if len(self.uppers) + 1 > BUCKETS_MAX:
            raise ValueError(f"buckets {self.name}: at most {BUCKETS_MAX} buckets")
        if self.basis == "due_date" and self.uppers[0] != 0:
            raise ValueError(
                f"buckets {self.name}: by due date the first bucket is current, which ends on day 0"
            )
        if self.basis == "invoice_date" and self.uppers[0] < 0:
            raise ValueError(f"buckets {self.name}: by invoice date the first bucket begins on day 0")

    @property
    def labels(self) -> tuple[str, ...]:
        """One label a bucket: current, 1-30, ..., 91+ by due date; 0-30, ..., 91+ by invoice date."""
        first = "current" if self.basis == "due_date" else f"0-{self.uppers[0]}"
        middle = (_span(low + 1, high) for low, high in zip(self.uppers, self.uppers[1:]))
        return (first, *middle, f"{self.uppers[-1] + 1}+")


DUE_DATE_BUCKETS = BucketSet("by due date", "due_date", (0, 30, 60, 90))
INVOICE_DATE_BUCKETS = BucketSet("by invoice date", "invoice_date", (30, 60, 90))


def default_buckets(basis: Basis) -> BucketSet:
    """The shipped bucket set of a basis: 30, 60 and 90 days."""
    return DUE_DATE_BUCKETS if basis == "due_date" else INVOICE_DATE_BUCKETS


def buckets_of(basis: Basis, uppers: Sequence[int], name: str = "by setting") -> BucketSet:
    """The bucket set of a setting's uppers (`aging.bucket_uppers`), where the current bucket goes without saying."""
    lead = (0,) if basis == "due_date" and tuple(uppers)[:1] != (0,) else ()
    return BucketSet(name, basis, (*lead, *uppers))


def days_between(on: date, as_of: date) -> int:
    """Days past due (or of age): as_of − date in calendar days, negative before it, never an absolute value."""
    return (as_of - on).days


@overload
def bucket_index(bucket_set: BucketSet, days: int) -> int: ...
@overload
def bucket_index(bucket_set: BucketSet, days: npt.NDArray[Any]) -> npt.NDArray[np.intp]: ...
def bucket_index(bucket_set: BucketSet, days: int | npt.NDArray[Any]) -> int | npt.NDArray[np.intp]:
    """Index of the bucket of that many days; for an array of days, an array of indexes."""
    if isinstance(days, int):
        return bisect_left(bucket_set.uppers, days)
    return np.searchsorted(np.asarray(bucket_set.uppers), days, side="left")


def bucket(basis: Basis, on: date, as_of: date, bucket_set: BucketSet | None = None) -> tuple[int, str]:
    """(days, label) of an item whose due or invoice date is `on`. Day 30 is in 1-30, day 31 in 31-60."""
    chosen = bucket_set or default_buckets(basis)
    if chosen.basis != basis:
        raise ValueError(f"buckets {chosen.name} go by {chosen.basis}, not by {basis}")
    days = days_between(on, as_of)
    return days, chosen.labels[bucket_index(chosen, days)]


def summary_case_sql(bucket_set: BucketSet, days_sql: str, amount_sql: str) -> list[str]:
    """One SQL aggregate a bucket, in order, for SQLite and PostgreSQL.

    `days_sql` and `amount_sql` are SQL expressions written by us, never text from outside. A row without a date has no
    days and falls in no bucket: give such items a date first, or the buckets do not add up.
    """
    tests = [f"({days_sql}) <= {bucket_set.uppers[0]}"]
    tests += [
        f"({days_sql}) > {low} AND ({days_sql}) <= {high}"
        for low, high in zip(bucket_set.uppers, bucket_set.uppers[1:])
    ]
    tests.append(f"({days_sql}) > {bucket_set.uppers[-1]}")
    return [f"SUM(CASE WHEN {test} THEN ({amount_sql}) ELSE 0 END)" for test in tests]


def late_case_sql(days_sql: str, amount_sql: str, late_from: int = LATE_FROM) -> str:
    """SQL aggregate of what is late: days of `late_from` or more."""
    return f"SUM(CASE WHEN ({days_sql}) >= {int(late_from)} THEN ({amount_sql}) ELSE 0 END)"


@overload
def is_late(days: int, late_from: int = LATE_FROM) -> bool: ...
@overload
def is_late(days: npt.NDArray[Any], late_from: int = LATE_FROM) -> npt.NDArray[np.bool_]: ...
def is_late(days: int | npt.NDArray[Any], late_from: int = LATE_FROM) -> bool | npt.NDArray[np.bool_]:
    """Whether days past due reach the late bucket (`aging.late_bucket_from`, 31): exactly 31 does, 30 does not."""
    return days >= late_from


def next_crossing(bucket_set: BucketSet, due: date, as_of: date) -> date:
    """First day after `as_of` on which the item changes its bucket; `date.max` when it never does again."""
    index = bucket_index(bucket_set, days_between(due, as_of))
    if index == len(bucket_set.uppers):
        return date.max
    try:
        return due + timedelta(days=bucket_set.uppers[index] + 1)
    except OverflowError:
        return date.max


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
