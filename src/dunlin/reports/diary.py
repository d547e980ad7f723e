"""The diary, read: who did what, when and why, what was before and after. One query a page, whatever the diary holds (D4, H3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from dunlin.records.models import DiaryLine
from dunlin.reports.account_items import full_name
from dunlin.reports.moments import day_begins, day_ends

PAGE_SIZE = 60
NOBODY = "clock"  # acts of the night have no person

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One act. `changes` are (what, before, after) as short texts; before is None where nothing was there."""

    id: int
    at: datetime
    by: str
    role: str
    door: str
    verb: str
    customer_id: int | None
    customer: str
    about: str
    cause: str
    changes: tuple[tuple[str, str | None, str | None], ...]


def diary(
    first: date,
    last: date,
    zone: str,
    *,
    by: str = "",
    verb: str = "",
    customer: str = "",
    before: int | None = None,
) -> tuple[tuple[Line, ...], int | None]:
    """The acts of the days `first` to `last` of the ledger, newest first, and where the next page goes on (None at the end).

    `by` is a user's id or NOBODY, `verb` an action's name, `customer` a customer number; `before` an id of an earlier page.
    """
    wanted = Q(at__gte=day_begins(first, zone), at__lt=day_ends(last, zone))
    if by:
        wanted &= Q(by=None, contact=None) if by == NOBODY else Q(by=by)
    if verb:
        wanted &= Q(verb=verb)
    if customer:
        wanted &= Q(customer__number=customer)
    if before is not None:
        wanted &= Q(pk__lt=before)
    found = DiaryLine.objects.filter(wanted).order_by("-pk").values(
        "pk", "at", "by", "by__first_name", "by__last_name", "by__username", "contact__name", "role", "door", "verb", "customer",
        "customer__number", "customer__name", "about", "cause", "before", "after",
    )[: PAGE_SIZE + 1]  # fmt: skip
    lines = tuple(_line(row) for row in found)
    return lines[:PAGE_SIZE], lines[PAGE_SIZE - 1].id if len(lines) > PAGE_SIZE else None


def verbs(first: date, last: date, zone: str) -> list[str]:
    """What was done in those days, by name."""
    found = DiaryLine.objects.filter(at__gte=day_begins(first, zone), at__lt=day_ends(last, zone))
    return sorted(set(found.order_by().values_list("verb", flat=True).distinct()))


def _line(row: Any) -> Line:
    by = (
        full_name(row["by__first_name"], row["by__last_name"], row["by__username"])
        if row["by"]
        else row["contact__name"] or ""
    )
    customer = f"{row['customer__number']} {row['customer__name']}" if row["customer"] else ""
    return Line(
        row["pk"], row["at"], by, row["role"], row["door"], row["verb"], row["customer"], customer, row["about"], row["cause"],
        changes_of(row["before"], row["after"]),
    )  # fmt: skip


def changes_of(before: Any, after: Any) -> tuple[tuple[str, str | None, str | None], ...]:
    """What an act changed, field by field; plain values stand under an empty name."""
    was = before if isinstance(before, dict) else {} if before is None else {"": before}
    became = after if isinstance(after, dict) else {} if after is None else {"": after}
    return tuple(
        (name, _short(was[name]) if name in was else None, _short(became[name]) if name in became else None)
        for name in dict.fromkeys([*was, *became])
    )


def _short(value: Any) -> str:
    text = "nothing" if value is None or value in ("", [], {}) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
