"""What was sent to customers and came of it, as the notices of a day need it; for many customers at once, or for one (P35).

A level is held by an item once a notice that gave it was *sent*, and as long as that mail has not come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Max, Q
from django.utils.dateparse import parse_datetime

from dunlin.records.clock import day_of
from dunlin.records.models import Customer, Item, Message, PaymentTerms
from dunlin.reports.arrays import database_day
from dunlin.reports.moments import day_begins
from dunlin.reports.reply_pauses import items_waiting
from dunlin.reports.situation_books import Chosen
from dunlin.reports.situations import AUTOMATIC_MAIL
from dunlin.rules.notices import Held, NoticeFacts
from dunlin.rules.policy import Policy

# What is neither sent nor dropped. A failed one waits for a person, and no other goes in its place.
UNSENT = ("waiting", "decided", "claimed", "failed")
# No strategy lets two notices lie further apart than this (formats/strategies.py).
_LAST_WITHIN_DAYS = 91
CHARGED = "dunning"  # source of the items that notices charge


@dataclass(frozen=True)
class Sent:
    """Of the whole book, read once a run: who has an automatic message on its way, and who had a notice last, when."""

    waiting: Mapping[int, date] = field(default_factory=dict)  # notices
    under_way: frozenset[int] = frozenset()  # other automatic mails, not sent yet
    last_notice: Mapping[int, date] = field(default_factory=dict)


def sent_so_far(
    day: date, policy: Policy, only: int | None = None, siblings_of: Message | None = None
) -> Sent:
    """Of every customer, or of one. `siblings_of`: leave out that message and what was decided with it, which is one contact.
    Two queries."""
    rows = Message.objects.filter(purpose__in=AUTOMATIC_MAIL)
    if only is not None:
        rows = rows.filter(customer=only)
    if siblings_of is not None:
        rows = rows.exclude(pk=siblings_of.pk).exclude(_siblings(siblings_of))
    waiting: dict[int, date] = {}
    under_way: set[int] = set()
    for customer, purpose, on in rows.filter(state__in=UNSENT).values_list("customer", "purpose", "day"):
        if purpose == "notice":
            waiting[customer] = min(on, waiting.get(customer, on))
        else:
            under_way.add(customer)
    since = day_begins(day - timedelta(_LAST_WITHIN_DAYS), policy.ledger_time_zone)
    sent = rows.filter(purpose="notice", state="sent", sent_at__gte=since).order_by()
    last = sent.values_list("customer").annotate(Max("sent_at"))
    zone = policy.ledger_time_zone
    return Sent(waiting, frozenset(under_way), {customer: day_of(at, zone) for customer, at in last})


def notice_facts(
    chosen: Chosen, policy: Policy, sent: Sent, interest: bool, siblings_of: Message | None = None
) -> dict[int, NoticeFacts]:
    """Customer → its facts; who is not in it has none. A fixed number of queries."""
    zone = policy.ledger_time_zone
    found: dict[int, NoticeFacts] = {}

    def of(customer: int) -> NoticeFacts:
        if customer not in found:
            found[customer] = NoticeFacts()
        return found[customer]

    for customer, item, level, on in _held(chosen, zone, siblings_of):
        held: dict[int, Held] = of(customer).held  # type: ignore[assignment]
        if not held:
            held = {}
            of(customer).held = held
        before = held.get(item)
        # Of an e-mail and its letter, the first of the two gave the level.
        if before is None or level > before.level or (level == before.level and on < before.on):
            held[item] = Held(level, on)
    for customer, last in sent.last_notice.items():
        if chosen.holds(customer):
            of(customer).last_notice_on = last
    for customer, since in sent.waiting.items():
        if chosen.holds(customer):
            of(customer).waiting_since = since
    for customer, items in items_waiting(_asking(chosen)).items():
        of(customer).reply_pending = items
    grace, own_grace = _grace(chosen)
    for customer, grace_days in grace.items():
        of(customer).grace_days = grace_days
    for customer, own in own_grace.items():
        of(customer).own_grace_days = own
    if interest:
        for customer, charged in _charged(chosen).items():
            of(customer).interest_through = charged
    return found


def _siblings(message: Message) -> Q:
    """What was decided for the customer on the same day with it: an e-mail, its letter, and the notice of another entity."""
    return Q(customer=message.customer_id, purpose=message.purpose, day=message.day)


def _held(chosen: Chosen, zone: str, siblings_of: Message | None) -> list[tuple[int, int, int, date]]:
    """(customer, item, level, day it was given) of open items."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM records_message WHERE customer_id {chosen.sql} AND purpose = 'notice')",  # noqa: S608
            chosen.parameters,
        )
        if not cursor.fetchone()[0]:
            return []
        # From the open items, of which a year of notices leaves few, to their messages; not the other way round.
        join = "CROSS JOIN" if connection.vendor == "sqlite" else "JOIN"
        but = ""
        parameters: list[Any] = [*chosen.parameters]
        if siblings_of is not None:
            but = " AND m.day <> %s AND m.id <> %s"
            parameters += [database_day(siblings_of.day), siblings_of.pk]
        cursor.execute(
            f"SELECT i.customer_id, i.id, l.level, m.sent_at FROM records_item i {join} records_messageitem l ON l.item_id = i.id "  # noqa: S608
            f"{join} records_message m ON m.id = l.message_id WHERE i.customer_id {chosen.sql} AND i.open > 0 "
            f"AND l.level IS NOT NULL AND l.left_out = '' AND m.purpose = 'notice' AND m.state = 'sent'{but}",
            parameters,
        )
        return [(customer, item, level, _day(at, zone)) for customer, item, level, at in cursor.fetchall()]


@lru_cache(maxsize=65_536)
def _day(at: Any, zone: str) -> date:
    moment: datetime | None = parse_datetime(f"{at}+00:00") if isinstance(at, str) else at
    if moment is None:
        raise ValueError(f"{at!r} is no moment")
    return day_of(moment, zone)


def _asking(chosen: Chosen) -> list[int]:
    """Customers with a conversation that is not handled yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT customer_id FROM records_conversation WHERE customer_id {chosen.sql} "  # noqa: S608
            "AND state IN ('open', 'snoozed')",
            chosen.parameters,
        )
        return [customer for (customer,) in cursor.fetchall()]


def _grace(chosen: Chosen) -> tuple[dict[int, int], dict[int, dict[int, int]]]:
    """Customer → the days of grace of its terms; customer → open item → those of the item's own terms, where they differ. One
    query while no terms have any, three else."""
    rules = PaymentTerms.objects.values_list("pk", "rule")
    of_terms = {pk: int(rule["grace_days"]) for pk, rule in rules if rule.get("grace_days")}
    if not of_terms:
        return {}, {}
    people = Customer.objects.filter(**chosen.lookup("pk"), terms__in=list(of_terms))
    grace = {customer: of_terms[terms] for customer, terms in people.values_list("pk", "terms")}
    either = Q(terms__in=list(of_terms)) | Q(customer__terms__in=list(of_terms))
    items = Item.objects.filter(either, **chosen.lookup("customer"), open__gt=0, side=1, terms__isnull=False)
    own: dict[int, dict[int, int]] = {}
    for customer, item, terms in items.values_list("customer", "pk", "terms"):
        days = of_terms.get(terms or 0, 0)
        if days != grace.get(customer, 0):
            own.setdefault(customer, {})[item] = days
    return grace, own


def _charged(chosen: Chosen) -> dict[int, dict[int, date]]:
    """Customer → item → the last day interest was charged for."""
    rows = Item.objects.filter(
        **chosen.lookup("customer"),
        source=CHARGED,
        source_key__startswith="interest:",
        corrects__isnull=False,
    )
    found: dict[int, dict[int, date]] = {}
    for customer, item, on in rows.values_list("customer", "corrects", "value_on"):
        if item is not None:
            charged = found.setdefault(customer, {})
            charged[item] = max(on, charged.get(item, on))
    return found
