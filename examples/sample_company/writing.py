"""The customers and the books of the story, written into the tables many rows at a time; keys come from places in the story."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models as django_models

from dunlin.records import bulk, models
from dunlin.records.customers import sort_name
from dunlin.rules.calendars import add_months
from examples.sample_company import billing, places, team
from examples.sample_company.book import Item
from examples.sample_company.story import Story

ENTITIES = (
    ("US", "Marlfield Systems, Inc.", "USD", "US"),
    ("UK", "Marlfield Systems Europe Ltd", "GBP", "GB"),
)
LINES_FOR_DAYS = 180  # invoices this recent have their lines
OPEN_MONTHS = 2  # this month and the one before it are not locked


@dataclass
class Keys:
    """Primary keys: users, entities and terms by name; the rest by index in the story."""

    users: dict[str, int]
    entities: dict[str, int]
    terms: dict[str, int]
    rows: dict[str, Sequence[int]]

    def user(self, username: str | None) -> int | None:
        return None if username is None else self.users[username]

    def of(self, what: str, index: int | None) -> int | None:
        return None if index is None else self.rows[what][index]


def json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def write_people(started_at: datetime) -> dict[str, int]:
    """The team. One password for all, hashed once: the hash is slow on purpose, and this password is no secret."""
    hashed = make_password(team.PASSWORD)
    users = [
        models.User(
            username=person.username, first_name=person.first, last_name=person.last, role=person.role, password=hashed,
            email=f"{person.username}@marlfield.example", is_active=person.username not in team.INACTIVE,
            phone=f"+1 212 555 01{index:02d}", date_joined=started_at, daily_calls=50 if person.username == "senior" else None,
        )
        for index, person in enumerate(team.PEOPLE, 1)
    ]  # fmt: skip
    models.User.objects.bulk_create(users)
    ids = dict(models.User.objects.values_list("username", "pk"))
    models.User.objects.filter(role__in=("collector", "senior_collector")).update(lead_id=ids["lead"])
    return ids


def write_frame(story: Story, users: dict[str, int], rates: Sequence[tuple[str, str, date, Any]]) -> Keys:
    """Entities, periods, rates, terms, absences and portfolio rules."""
    entities = {
        code: models.Entity.objects.create(code=code, name=name, currency=currency, country=country).pk
        for code, name, currency, country in ENTITIES
    }
    models.ExchangeRate.objects.bulk_create(
        [
            models.ExchangeRate(base=base, quote=quote, on=on, rate=rate, source="sample")
            for base, quote, on, rate in rates
        ]
    )
    terms = {}
    for code, description, rule in billing.TERMS:
        terms[code] = models.PaymentTerms.objects.create(
            code=code, description=description, rule=_terms_rule(rule)
        ).pk
    _write_periods(story, entities, users["finance"])
    models.Absence.objects.bulk_create(
        [
            models.Absence(
                user_id=users[who], backup_id=users[backup], from_on=start, through_on=end, reason=reason
            )
            for who, backup, start, end, reason in team.absences(story.today)
        ]
    )
    models.PortfolioRule.objects.bulk_create(
        [
            models.PortfolioRule(
                name=name, priority=10 * place, criteria=criteria, collector_id=users[collector]
            )
            for place, (name, collector, criteria) in enumerate(team.RULES, 1)
        ]
    )
    counts = {
        "customer": (models.Customer, len(story.accounts)), "item": (models.Item, len(story.book.items)),
        "contact": (models.Contact, sum(len(each.contacts) for each in story.accounts)),
        "application": (models.Application, len(story.book.applications)),
        "call": (models.Call, len(story.calls)), "promise": (models.Promise, len(story.promises)),
        "contact_point": (models.ContactPoint, sum(len(one.points) for each in story.accounts for one in each.contacts)),
    }  # fmt: skip
    rows = {name: bulk.reserve_ids(model, count) for name, (model, count) in counts.items()}
    return Keys(users, entities, terms, rows)


def _terms_rule(rule: Any) -> dict[str, Any]:
    """The fields that differ from their default, as JSON keeps them."""
    plain = {"kind": rule.kind}
    for name in ("days", "cutoff_day", "months", "due_day", "roll", "discount_days", "grace_days", "count"):
        value = getattr(rule, name)
        if value != type(rule).__dataclass_fields__[name].default:
            plain[name] = value
    if rule.ranges:
        plain["ranges"] = [list(pair) for pair in rule.ranges]
    if rule.discount_pct is not None:
        plain["discount_pct"] = str(rule.discount_pct)
    return plain


def _write_periods(story: Story, entities: dict[str, int], locked_by: int) -> None:
    """A period a month; all but the newest are locked, ten days after their end."""
    rows, month = [], story.first_day
    locked_before = add_months(story.today.replace(day=1), 1 - OPEN_MONTHS)
    while month <= story.today:
        after = add_months(month, 1)
        locked_at = story.moment(after + timedelta(days=9), 18) if month < locked_before else None
        rows += [
            models.Period(
                entity_id=pk, starts_on=month, ends_on=after - timedelta(days=1), locked_at=locked_at,
                locked_by_id=locked_by if locked_at else None,
            )
            for pk in entities.values()
        ]  # fmt: skip
        month = after
    models.Period.objects.bulk_create(rows)


def insert(model: type[django_models.Model], fields: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows; `fields` are their names with blanks between."""
    bulk.insert(model, fields.split(), rows)


def write_accounts(story: Story, keys: Keys) -> None:
    """Customers, their other names, addresses, contacts, and the telephone numbers and addresses of those."""
    random = story.random
    opened_at = story.moment(story.first_day, 9)
    insert(
        models.Customer,
        "id number name sort_name parent status segment currency language time_zone country region terms credit_limit collector "
        "assigned_by_hand sales_rep business_manager created_at",
        (
            (
                keys.of("customer", each.index), each.number, each.name, sort_name(each.name), keys.of("customer", each.parent),
                each.status, each.segment, each.place.currency, each.place.language, each.place.zone, each.place.country,
                each.place.region, keys.terms[each.terms], None if each.index % 5 == 0 else round(each.size, -5) * 6,
                keys.user(each.collector), each.by_hand and each.collector is not None, keys.user(each.sales),
                keys.user("business"), opened_at + timedelta(days=(each.starts_on - story.first_day).days),
            )
            for each in sorted(story.accounts, key=lambda each: each.parent is not None)
        ),
    )  # fmt: skip
    insert(
        models.CustomerName,
        "customer name sort_name",
        (
            (keys.of("customer", each.index), each.other_name, sort_name(each.other_name))
            for each in story.accounts
            if each.other_name
        ),
    )
    insert(
        models.Address,
        "customer kind lines city region postcode country",
        (
            (
                keys.of("customer", each.index), kind, places.street_at(each.place, random), each.place.city, each.place.region,
                places.postcode_at(each.place, random), each.place.country,
            )
            for each in story.accounts
            for kind in (("billing", "delivery") if each.index % 6 == 0 else ("billing",))
        ),
    )  # fmt: skip
    contacts = [(place, contact) for each in story.accounts for place, contact in enumerate(each.contacts)]
    insert(
        models.Contact,
        "id customer name title roles time_zone language do_not_call cease_contact active position",
        (
            (
                keys.of("contact", each.index), keys.of("customer", each.customer), each.name, each.title, json_text(each.roles),
                each.time_zone, each.language, each.do_not_call, each.cease_contact, each.active, place,
            )
            for place, each in contacts
        ),
    )  # fmt: skip
    points = [(place, each, point) for _, each in contacts for place, point in enumerate(each.points)]
    for index, (_, _, point) in enumerate(points):
        point.index = index
    insert(
        models.ContactPoint,
        "id contact kind value label state position",
        (
            (
                keys.of("contact_point", point.index), keys.of("contact", each.index), point.kind, point.value, point.label,
                point.state, place,
            )
            for place, each, point in points
        ),
    )  # fmt: skip


def write_book(story: Story, keys: Keys) -> None:
    """Items with their lines, applications, and changed due dates."""
    items = story.book.items
    insert(
        models.Item,
        "id entity customer kind side invoice_class number instalment currency amount tax document_on due_on posted_on value_on "
        "recorded_at service_month terms discount discount_until po_number order_number reference description reason corrects "
        "source source_key open disputed last_applied_on closed_on closed_at stage stage_on",
        (_item_row(each, keys) for each in items),
    )
    since = story.today - timedelta(days=LINES_FOR_DAYS)
    insert(
        models.ItemLine,
        "item position description quantity amount tax",
        (
            row
            for each in items
            if each.kind == "invoice" and each.posted_on >= since
            for row in _line_rows(story, each, keys)
        ),
    )
    insert(
        models.Application,
        "id credit debit amount posted_on value_on recorded_at why evidence reverses by",
        (
            (
                keys.of("application", each.index), keys.of("item", each.credit.index), keys.of("item", each.debit.index),
                each.amount, each.posted_on, each.value_on, each.recorded_at, each.why, each.evidence,
                keys.of("application", each.reverses.index) if each.reverses else None, keys.user(each.by),
            )
            for each in story.book.applications
        ),
    )  # fmt: skip
    insert(
        models.DueDateChange,
        "item old_due_on new_due_on posted_on recorded_at reason by",
        (
            (keys.of("item", item.index), old, new, on, at, reason, keys.user("support"))
            for item, old, new, on, at, reason in story.due_changes
        ),
    )


def _item_row(each: Item, keys: Keys) -> tuple[Any, ...]:
    closed = each.open == 0
    return (
        keys.of("item", each.index), keys.entities[each.entity], keys.of("customer", each.customer), each.kind, each.side,
        each.invoice_class, each.number, each.instalment, each.currency, each.amount, each.tax, each.document_on, each.due_on,
        each.posted_on, each.value_on, each.recorded_at, each.service_month, keys.terms.get(each.terms or ""), each.discount,
        each.discount_until, each.po_number, each.order_number, each.reference, each.description, each.reason,
        keys.of("item", each.corrects.index) if each.corrects else None, each.source, each.source_key, each.open, each.disputed,
        each.last_applied_on, each.last_applied_on if closed else None, each.last_recorded_at if closed else None, each.stage,
        each.stage_on,
    )  # fmt: skip


def _line_rows(story: Story, item: Item, keys: Keys) -> list[tuple[Any, ...]]:
    """One to three lines that add up to the item: amount before tax, and its tax on the first."""
    pk, net = keys.of("item", item.index), item.amount - item.tax
    parts = [net] if net < 20_000 else [net - net // 3, net // 3]
    texts = (item.description, "Setup and handling")
    return [
        (pk, place, texts[place - 1], 1 if place > 1 else None, part, item.tax if place == 1 else 0)
        for place, part in enumerate(parts, 1)
    ]
