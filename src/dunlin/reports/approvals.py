"""Requests for approval: what waits for one person, what they asked for themselves, what was decided (P11, D4). Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from dunlin.records.approvals import Approval
from dunlin.rules.authority import KINDS, kinds_of
from dunlin.rules.money import Money

PAGE_SIZE = 50
TABS = ("for_me", "asked", "waiting", "decided")


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One request. `late`: it expired and nobody decided."""

    id: int
    kind: str
    title: str
    reason: str
    amount: Money | None
    customer_id: int | None
    customer: str
    number: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """A page; `next` is the id to go on after, None at the end."""

    rows: tuple[ApprovalRow, ...]
    next: int | None


def waiting_for(user_id: int | None, role: str, now: datetime) -> Q:
    """The requests this role decides on at all, of others, not expired. Whether the amount is within the limit says the decision."""
    asked_by_me = Q(asked_by=user_id) if user_id is not None else Q(pk__in=[])
    return Q(state="requested", kind__in=kinds_of(role), expires_at__gt=now) & ~asked_by_me


def approval_counts(in_sight: Q, user_id: int | None, role: str, now: datetime) -> dict[str, int]:
    """Requests by tab, of those in sight. One query."""
    conditions = _conditions(user_id, role, now)
    return Approval.objects.filter(in_sight).aggregate(
        **{tab: Count("pk", filter=conditions[tab], distinct=True) for tab in TABS}
    )


def approvals_page(
    tab: str, in_sight: Q, user_id: int | None, role: str, now: datetime, after: int | None = None
) -> ApprovalPage:
    """One page of a tab: what waits in the order of asking, the rest newest first. One query."""
    open_work = tab in ("for_me", "waiting")
    found = Approval.objects.filter(in_sight, _conditions(user_id, role, now)[tab])
    if after is not None:
        found = found.filter(pk__gt=after) if open_work else found.filter(pk__lt=after)
    found = (
        found.select_related("customer", "asked_by", "decided_by")
        .order_by("pk" if open_work else "-pk")
        .distinct()
    )
    rows = list(found[: PAGE_SIZE + 1])
    return ApprovalPage(
        tuple(approval_row(each, now) for each in rows[:PAGE_SIZE]),
        rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
    )


def approval_row(row: Approval, now: datetime) -> ApprovalRow:
    """A request as it is shown at `now`; one that nobody decided in time shows as expired before the night says so."""
    expired = row.state == "requested" and now >= row.expires_at
    return ApprovalRow(
        row.pk, KINDS.get(row.kind, row.kind), row.title, row.reason, Money(row.amount, row.currency) if row.amount is not None else None,
        row.customer_id, row.customer.name if row.customer else "", row.customer.number if row.customer else "",
        row.asked_by.name if row.asked_by else "Dunlin", row.asked_at, row.expires_at, "expired" if expired else row.state,
        row.decided_by.name if row.decided_by else "", row.decided_at, row.note,
    )  # fmt: skip


def _conditions(user_id: int | None, role: str, now: datetime) -> dict[str, Q]:
    return {
        "for_me": waiting_for(user_id, role, now),
        "asked": Q(asked_by=user_id) if user_id is not None else Q(pk__in=[]),
        "waiting": Q(state="requested", expires_at__gt=now),
        "decided": ~Q(state="requested") | Q(expires_at__lte=now),
    }
