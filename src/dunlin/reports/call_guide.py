"""What to say on a call, in short lines built from the account's own facts: nothing in it is a phrase without a figure (B4).

The order is the order of a conversation: what was promised and said before, what is due, what must not be asked for, what
lies unused, what the terms are, what to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from dunlin.records.models import Call, Customer, Dispute, Item, Promise
from dunlin.reports.account import terms_words
from dunlin.rules import promises
from dunlin.rules.campaigns import REACHED
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words

SHOWN = 5  # documents named one by one; the rest is counted


@dataclass(frozen=True)
class Line:
    """One line. `kind` is due, coming, promise, broken, said, dispute, credit, terms or ask; `more` are lines below it."""

    kind: str
    text: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class CallGuide:
    """`owed` is what "all of it" means in a promise: past due and not disputed, or, when nothing is, all that is open; one
    amount a currency, the customer's own first, never empty."""

    lines: tuple[Line, ...]
    owed: tuple[Money, ...]


def call_guide(customer_id: int, today: date) -> CallGuide:
    """The guide for a call on `today`. Nine queries, however many documents there are."""
    customer = (
        Customer.objects.filter(pk=customer_id)
        .values("currency", "terms__code", "terms__rule", "terms__description")
        .get()
    )
    debits = Item.objects.filter(customer=customer_id, side=1, open__gt=0)
    due = debits.filter(due_on__lt=today)
    lines = [
        *_promises(customer_id, today),
        *_last_words(customer_id, today),
        *_due(due, today),
        *_coming(debits.filter(due_on__gte=today), today),
        *_disputes(customer_id, today),
        *_credits(customer_id, today),
        *_terms(customer),
    ]
    owed = _owed(debits, today, customer["currency"])
    if any(line.kind in ("due", "broken") for line in lines):
        lines.append(Line("ask", "Ask when it will be paid and how much; say both back before you hang up."))
    return CallGuide(tuple(lines), owed)


def owed_now(customer_id: int, today: date, own: str) -> tuple[Money, ...]:
    """`CallGuide.owed` on its own. One query. `own` is the customer's currency."""
    return _owed(Item.objects.filter(customer=customer_id, side=1, open__gt=0), today, own)


def _owed(debits: QuerySet[Item], today: date, own: str) -> tuple[Money, ...]:
    free = F("open") - F("disputed")
    sums = debits.order_by().values("currency").annotate(
        late=Sum(free, filter=Q(due_on__lt=today)), whole=Sum(free)
    )  # fmt: skip
    rows = list(sums)
    some_late = any(row["late"] for row in rows)
    found = [Money(int((row["late"] if some_late else row["whole"]) or 0), row["currency"]) for row in rows]
    found = [each for each in found if each.minor > 0] or [Money.zero(own)]
    return tuple(sorted(found, key=lambda each: (each.currency != own, each.currency)))


def _due(due: QuerySet[Item], today: date) -> list[Line]:
    due = due.filter(open__gt=F("disputed"))
    sums = list(
        due.order_by()
        .values("currency")
        .annotate(minor=Sum(F("open") - F("disputed")), n=Count("pk"), oldest=Min("due_on"))
        .filter(minor__gt=0)
    )
    if not sums:
        return []
    amounts = _and(str(Money(int(row["minor"]), row["currency"])) for row in sums)
    number = sum(row["n"] for row in sums)
    days = max((today - row["oldest"]).days for row in sums)
    named = [
        f"{number_ or 'without a number'} · {Money(open_ - disputed, currency)} · {_days(today, due_on)}"
        for number_, open_, disputed, currency, due_on in due.order_by("due_on", "pk").values_list(
            "number", "open", "disputed", "currency", "due_on"
        )[: SHOWN + 1]
    ]
    more = tuple(named[:SHOWN]) + ((f"and {number - SHOWN} more",) if len(named) > SHOWN else ())
    verb = "is" if len(sums) == 1 else "are"
    head = f"{amounts} {verb} past due on {_count(number, 'document')}, the oldest {_count(days, 'day')}."
    return [Line("due", head, more)]


def _coming(coming: QuerySet[Item], today: date) -> list[Line]:
    row = (
        coming.filter(open__gt=F("disputed"))
        .order_by("due_on", "pk")
        .values_list("number", "open", "disputed", "currency", "due_on")
        .first()
    )
    if row is None:
        return []
    number, open_, disputed, currency, due_on = row
    when = "today" if due_on == today else in_words(due_on, today)
    return [
        Line("coming", f"Next due {when}: {number or 'a document'}, {Money(open_ - disputed, currency)}.")
    ]


def _promises(customer_id: int, today: date) -> list[Line]:
    """Open promises, and the newest that was not kept."""
    rows = list(
        Promise.objects.filter(customer=customer_id, made_on__lte=today)
        .filter(Q(status=promises.OPEN) | Q(status__in=(promises.BROKEN, promises.PARTIALLY_KEPT)))
        .annotate(open_then=Sum("items__open_then"))
        .order_by("-due_on", "-pk")
        .values(
            "currency", "amount", "open_then", "due_on", "status", "paid", "contact__name", "replaced_by"
        )[:12]
    )
    lines = []
    broken = next(
        (row for row in rows if row["status"] != promises.OPEN and row["replaced_by"] is None), None
    )
    if broken is not None:
        came = Money(broken["paid"], broken["currency"])
        lines.append(
            Line(
                "broken",
                f"{_promised(broken)} was promised for {in_words(broken['due_on'], today)}"
                f"{_by(broken)}; {'nothing' if came.minor == 0 else f'only {came}'} came. Ask what happened.",
            )
        )
    for row in rows:
        if row["status"] == promises.OPEN:
            lines.append(
                Line("promise", f"{_promised(row)} is promised for {in_words(row['due_on'], today)}{_by(row)}. Confirm the day.")
            )  # fmt: skip
    return lines


def _promised(row: Mapping[str, Any]) -> str:
    minor = row["amount"] if row["amount"] is not None else row["open_then"]
    return str(Money(int(minor), row["currency"])) if minor else "All that was open"


def _by(row: Mapping[str, Any]) -> str:
    return f" by {row['contact__name']}" if row["contact__name"] else ""


def _last_words(customer_id: int, today: date) -> list[Line]:
    row = (
        Call.objects.filter(customer=customer_id, outcome__in=REACHED, day__lte=today)
        .order_by("-started_at")
        .values("day", "spoke_to", "note", "next_step", "by__first_name", "by__username")
        .first()
    )
    if row is None:
        return [Line("said", "Nobody here has been spoken to yet: introduce yourself.")]
    who = row["spoke_to"] or "someone there"
    said = tuple(text for text in (row["note"], row["next_step"]) if text)
    when = "today" if row["day"] == today else in_words(row["day"], today)
    return [
        Line(
            "said", f"Last spoken to {who}, {when}, by {row['by__first_name'] or row['by__username']}.", said
        )
    ]


def _disputes(customer_id: int, today: date) -> list[Line]:
    rows = list(
        Dispute.objects.filter(customer=customer_id, resolved_on=None, item__open__gt=0)
        .order_by("opened_on", "pk")
        .values_list("item__number", "amount", "item__currency", "reason", "opened_on", "department")[
            : SHOWN + 1
        ]
    )
    if not rows:
        return []
    named = [
        f"{number or 'a document'} · {Money(amount, currency)} · {reason.replace('_', ' ')} · since {in_words(on, today)}"
        + (f" · with {department}" if department else "")
        for number, amount, currency, reason, on, department in rows[:SHOWN]
    ]
    more = (*named, *(("and more",) if len(rows) > SHOWN else ()))
    return [Line("dispute", "In dispute: say where it stands, do not ask for it.", more)]


def _credits(customer_id: int, today: date) -> list[Line]:
    rows = list(
        Item.objects.filter(customer=customer_id, side=-1, open__gt=0)
        .order_by("document_on", "pk")
        .values_list("kind", "open", "currency", "document_on", "reference", "number")[: SHOWN + 1]
    )
    if not rows:
        return []
    named = [
        f"{kind.replace('_', ' ')} {reference or number} · {Money(open_, currency)} · {in_words(on, today)}".replace(
            "  ", " "
        )
        for kind, open_, currency, on, reference, number in rows[:SHOWN]
    ]
    more = (*named, *(("and more",) if len(rows) > SHOWN else ()))
    return [Line("credit", "Received and not applied: ask what it pays.", more)]


def _terms(customer: Mapping[str, Any]) -> list[Line]:
    if customer["terms__code"] is None:
        return []
    words = terms_words(customer["terms__code"], customer["terms__description"], customer["terms__rule"])
    return [Line("terms", f"Terms: {words[:1].lower()}{words[1:]}.")]


def _days(today: date, due_on: date) -> str:
    return f"{_count((today - due_on).days, 'day')} past due"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _and(parts: Iterable[str]) -> str:
    listed = list(parts)
    return " and ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
