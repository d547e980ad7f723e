"""Aging worked out slowly from the files of an export, in plain Python, so that it shares nothing with the program it checks.

Everything follows from three sentences: an item counts if it was posted by the day and recorded by the moment; so does an
application, a due date's amendment, a dispute; what is open is the amount less what was applied.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

LABELS = ("current", "1-30", "31-60", "61-90", "91+")
Row = dict[str, Any]


@dataclass(frozen=True)
class Export:
    """The tables of an export (JSON Lines) that aging needs; what hangs on an item is found by the item's key."""

    items: list[Row]
    uses: dict[int, list[Row]]  # applications, by credit and by debit
    changes: dict[int, list[Row]]  # of the due date
    disputes: dict[int, list[Row]]


def read(folder: Path) -> Export:
    """Read the files of an export."""

    def rows(table: str) -> list[Row]:
        with (folder / f"{table}.jsonl").open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    uses, changes, disputes = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in rows("applications"):
        uses[row["credit"]].append(row)
        uses[row["debit"]].append(row)
    for row in rows("due_date_changes"):
        changes[row["item"]].append(row)
    for row in rows("disputes"):
        disputes[row["item"]].append(row)
    return Export(rows("items"), uses, changes, disputes)


def money(row: Row, name: str = "amount") -> Decimal:
    """An amount of a row, exactly."""
    return Decimal(row[name]["amount"])


def aging(books: Export, as_of: date, known_at: datetime | None = None) -> dict[str, Row]:
    """Currency → buckets, unapplied, debits, disputed, past_due, late, total and counts, amounts as text of two places."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    customers: dict[str, set[str]] = defaultdict(set)
    for item in books.items:
        if not _known(item, as_of, known_at):
            continue
        used = [money(use) for use in books.uses.get(item["id"], ()) if _known(use, as_of, known_at)]
        is_open = money(item) - sum(used, Decimal())
        assert 0 <= is_open <= money(item), item
        if not is_open:
            continue
        currency, here = item["currency"], sums[item["currency"]]
        customers[currency].add(item["customer"])
        if item["side"] < 0:
            here["unapplied"] -= is_open
            continue
        days = (as_of - _due(books, item, as_of, known_at)).days
        here[_label(days)] += is_open
        here["debits"] += is_open
        here["past_due"] += is_open if days > 0 else 0
        here["late"] += is_open if days > 30 else 0
        here["disputed"] += min(is_open, _disputed(books, item, as_of, known_at))
        counts[currency]["items"] += 1
        counts[currency]["items_past_due"] += days > 0
    return {code: _told(sums[code], counts[code], len(customers[code])) for code in sums}


def _told(here: dict[str, Decimal], counts: dict[str, int], customers: int) -> Row:
    names = ("unapplied", "debits", "past_due", "late", "disputed")
    return {
        "buckets": {label: f"{here[label]:.2f}" for label in LABELS},
        **{name: f"{here[name]:.2f}" for name in names},
        "total": f"{here['debits'] + here['unapplied']:.2f}",
        "counts": {
            "items": counts["items"],
            "items_past_due": counts["items_past_due"],
            "customers": customers,
        },
    }


def _known(
    row: Row, as_of: date, known_at: datetime | None, on: str = "posted_on", at: str = "recorded_at"
) -> bool:
    if row[on] is None or date.fromisoformat(row[on]) > as_of:
        return False
    return known_at is None or datetime.fromisoformat(row[at]) <= known_at


def _due(books: Export, item: Row, as_of: date, known_at: datetime | None) -> date:
    changes = books.changes.get(item["id"], ())
    due = changes[0]["old_due_on"] if changes else item["due_on"]
    for change in changes:
        due = change["new_due_on"] if _known(change, as_of, known_at) else due
    return date.fromisoformat(due)


def _disputed(books: Export, item: Row, as_of: date, known_at: datetime | None) -> Decimal:
    return sum(
        (
            money(row)
            for row in books.disputes.get(item["id"], ())
            if _known(row, as_of, known_at, "opened_on")
            and not _known(row, as_of, known_at, "resolved_on", "resolved_at")
        ),
        Decimal(),
    )


def _label(days: int) -> str:
    return LABELS[0] if days < 1 else LABELS[min((days - 1) // 30 + 1, 4)]
