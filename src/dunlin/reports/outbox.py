"""What is on its way out: counts by state, and pages of messages for the outbox. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from dunlin.records.models import Customer, Message

PAGE_SIZE = 50
# Tab → the rows in it. `cut_off`: handed over, the answer was lost; a person says what became of it.
TABS: dict[str, Q] = {
    "to_go": Q(state="decided"),
    "waiting": Q(state="waiting"),
    "cut_off": Q(state="claimed", handed_over_at__isnull=False),
    "failed": Q(state__in=("failed", "bounced")),
    "sent": Q(state="sent"),
    "withdrawn": Q(state="withdrawn"),
}
_UNDATED = ("to_go", "waiting", "cut_off")  # open work, whatever its day


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message. `to` are addresses, or the name for a letter."""

    id: int
    customer_id: int | None
    customer: str
    number: str
    channel: str
    purpose: str
    level: int | None
    state: str
    why: str
    why_facts: dict[str, Any]
    to: tuple[str, ...]
    subject: str
    created_at: datetime
    sent_at: datetime | None
    not_before: datetime | None
    approval: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """A tab's page, newest first (open work oldest first); `next` is the id to go on after, None at the end."""

    rows: tuple[OutboxRow, ...]
    next: int | None


def counts_of_day(day: date) -> dict[str, int]:
    """Messages by tab: open work of any day, the others of `day`. One query."""
    wanted = {
        tab: Count("pk", filter=condition if tab in _UNDATED else condition & Q(day=day))
        for tab, condition in TABS.items()
    }
    rows = Message.objects.filter(Q(day=day) | Q(state__in=("waiting", "decided", "claimed")))
    return rows.aggregate(**wanted)


def outbox_page(
    tab: str, day: date, visible: Q, *, purpose: str = "", after: int | None = None
) -> OutboxPage:
    """One page of a tab; the dated tabs show `day`. `visible` is what the person may see, on messages. One query."""
    found: QuerySet[Message] = Message.objects.filter(TABS[tab], visible)
    if tab not in _UNDATED:
        found = found.filter(day=day)
    if purpose:
        found = found.filter(purpose=purpose)
    order = "pk" if tab in _UNDATED else "-pk"
    if after is not None:
        found = found.filter(pk__gt=after) if order == "pk" else found.filter(pk__lt=after)
    rows = list(found.select_related("customer").order_by(order)[: PAGE_SIZE + 1])
    shown = tuple(_row(each) for each in rows[:PAGE_SIZE])
    return OutboxPage(shown, shown[-1].id if len(rows) > PAGE_SIZE else None)


def _row(message: Message) -> OutboxRow:
    customer: Customer | None = message.customer
    return OutboxRow(
        message.pk, message.customer_id, customer.name if customer else "", customer.number if customer else "", message.channel,
        message.purpose, message.level, message.state, message.why, message.why_facts,
        tuple(str(each.get("address") or each.get("name", "")) for each in message.to), message.subject, message.created_at,
        message.sent_at, message.not_before, message.approval,
    )  # fmt: skip
