"""Recurring invoices two or more months aged: once a month, ask whether they arrived and when they are paid (P7; C4).

Beside it the call: these customers stand in the second tier of the day's list. A customer whose last notice is a few days old is
left to the ladder.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q

from dunlin.actions.doing import Who
from dunlin.actions.message_content import AGAIN, Content, Stop
from dunlin.actions.process_asking import Question, ask, ask_again
from dunlin.actions.process_rows import Chunk, Told
from dunlin.records.clock import day_of
from dunlin.records.models import Item, Message
from dunlin.reports.notice_facts import Sent
from dunlin.rules.mrr import months_aged, months_behind
from dunlin.rules.policy import Policy
from dunlin.rules.situations import OpenItem, Situation
from dunlin.rules.strategies import MIN_DAYS_BETWEEN

TEMPLATE = "mrr_reminder"


def process_mrr(told: Told) -> Iterator[Chunk]:
    """Who is asked: two months aged or more, and not asked yet this month."""
    month = told.period
    asked = Message.objects.filter(
        purpose="mrr", once__startswith=f"mrr:{month}:", state__in=("waiting", "decided", "claimed", "sent")
    )
    aged = customers_aged(told.day, told.policy) - set(asked.values_list("customer", flat=True))

    def silent(situation: Situation, sent: Sent) -> tuple[str, dict[str, Any]] | None:
        if not is_aged(situation, told.day, told.policy):
            return "mrr_not_aged", {"months": told.policy.mrr_priority_months}
        last = sent.last_notice.get(situation.customer_id)
        if last is not None and (told.day - last).days < MIN_DAYS_BETWEEN:
            return "mrr_left_to_notice", {"last_on": last.isoformat(), "days": MIN_DAYS_BETWEEN}
        return None

    question = Question(
        "mrr",
        lambda situation: "mrr_aged_due",
        lambda situation, item: is_late_mrr(item, told.day),
        lambda situation: TEMPLATE,
        lambda entity, customer: f"mrr:{month}:{entity}:{customer}:{told.day}",
        silent,
        facts={"months": told.policy.mrr_priority_months},
    )
    return ask(told, question, aged)


def customers_aged(day: date, policy: Policy) -> set[int]:
    """Customers whose past-due recurring invoices count that many months (P7), whatever holds them back. One query."""
    rows = Item.objects.filter(side=1, open__gt=0, invoice_class="mrr", due_on__lt=day, posted_on__lte=day)
    counted = rows.order_by().values("customer").annotate(
        months=Count("service_month", distinct=True, filter=Q(service_month__isnull=False)), oldest=Min("due_on")
    )  # fmt: skip
    return {
        customer
        for customer, months, oldest in counted.values_list("customer", "months", "oldest")
        if months_behind(day, months, oldest) >= policy.mrr_priority_months
    }


def is_late_mrr(item: OpenItem, day: date) -> bool:
    """Whether it is a recurring invoice past due on the day."""
    return item.invoice_class == "mrr" and item.due_on < day


def is_aged(situation: Situation, day: date, policy: Policy) -> bool:
    """Whether what is left to ask for is still that old: what is contested or promised does not count."""
    invoices = [
        (item.service_month, item.due_on, item.open - item.disputed)
        for item in situation.items
        if item.invoice_class == "mrr" and not item.block
    ]
    return months_aged(day, invoices, policy.mrr_priority_months).priority


def mrr_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """As of now, if the customer is still that far behind."""
    day = day_of(who.now, policy.ledger_time_zone)

    def stop(situation: Situation, today: date) -> tuple[str, dict[str, Any]] | None:
        return (
            None
            if is_aged(situation, today, policy)
            else ("mrr_not_aged", {"months": policy.mrr_priority_months})
        )

    return ask_again(who, message, policy, lambda situation, item: is_late_mrr(item, day), stop)


AGAIN["mrr"] = mrr_again
