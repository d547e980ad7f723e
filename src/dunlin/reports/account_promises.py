"""The promises of an account as they stood on a day: what was promised, what came, and how the books judged it (P18)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from dunlin.records.models import Promise, PromiseItem, PromiseJudgement
from dunlin.reports.account_items import full_name


@dataclass(frozen=True, slots=True)
class PromiseShown:
    """A promise as it stood on the day. `amount` None promised everything open on its items (`covers` sums that)."""

    id: int
    due_on: date
    made_on: date
    contact: str
    source: str
    currency: str
    amount: int | None
    covers: int
    status: str
    paid: int
    judged_on: date | None
    why: str
    note: str
    level: int
    by: str
    items: tuple[tuple[int, str], ...]  # (id, number)


def promises_of(customer_id: int, as_of: date, limit: int = 50) -> tuple[PromiseShown, ...]:
    """The promises made by the day, newest first, with the judgement that stood then. Three queries."""
    from_records = _promise_rows(customer_id, as_of, limit)
    ids = [row["id"] for row in from_records]
    covered: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for promise, item, number, open_then in (
        PromiseItem.objects.filter(promise__in=ids)
        .order_by("id")
        .values_list("promise_id", "item_id", "item__number", "open_then")
    ):
        covered[promise].append((item, number, open_then))
    judged = _judgements(ids, as_of)
    rows = []
    for row in from_records:
        judged_on, status, paid, why = judged.get(row["id"], (None, "open", 0, ""))
        if row["status"] == "cancelled" and status == "open" and not _later(row["judged_on"], as_of):
            status, judged_on = "cancelled", row["judged_on"]
        first, last, username = (row.pop(f"by__{name}") for name in ("first_name", "last_name", "username"))
        parts = covered[row["id"]]
        row |= {
            "status": status,
            "paid": paid,
            "judged_on": judged_on,
            "contact": row.pop("contact__name") or "",
        }
        rows.append(
            PromiseShown(
                **row, why=why, covers=sum(part[2] for part in parts), by=full_name(first, last, username),
                items=tuple(part[:2] for part in parts),
            )
        )  # fmt: skip
    return tuple(rows)


def _later(day: date | None, as_of: date) -> bool:
    return day is not None and day > as_of


def _promise_rows(customer_id: int, as_of: date, limit: int) -> list[dict[str, Any]]:
    found = Promise.objects.filter(customer=customer_id, made_on__lte=as_of).order_by("-made_on", "-id")[
        :limit
    ]
    return list(
        found.values(  # type: ignore[arg-type]
            "id", "due_on", "made_on", "contact__name", "source", "currency", "amount", "status", "judged_on", "note",
            "level", "by__first_name", "by__last_name", "by__username",
        )
    )  # fmt: skip


def promised_minor() -> Coalesce:
    """What a promise promised, in minor units: its amount, or else all that was open on its items when it was made."""
    whole = PromiseItem.objects.filter(promise=OuterRef("pk")).order_by().values("promise")
    return Coalesce("amount", Subquery(whole.annotate(whole=Sum("open_then")).values("whole")), 0)


def _judgements(promises: list[int], as_of: date) -> dict[int, tuple[date, str, int, str]]:
    """The last judgement of each promise by the day."""
    found = PromiseJudgement.objects.filter(promise__in=promises, on__lte=as_of).order_by("on", "id")
    return {row[0]: row[1:] for row in found.values_list("promise_id", "on", "status", "paid", "why")}
