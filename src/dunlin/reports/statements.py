"""What a statement of account says: opening, activity, closing and what is open, per customer, entity and currency (P1; invariant 35).

Balances are those of the as-of reports of the same days, so a statement ties to them. Money of a parent that paid for a branch moves
between the two: it is a line of both. See docs/guides/processes.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import F, Q

from dunlin.formats.paper_frame import Recipient as PaperRecipient
from dunlin.formats.paper_frame import Sender as PaperSender
from dunlin.formats.statement_paper import AgingBucket, Statement, StatementLine
from dunlin.records import bulk
from dunlin.records.models import Application, Entity, Item
from dunlin.reports.arrays import day_of
from dunlin.reports.books import CURRENCIES, Book, extract
from dunlin.reports.filters import ALL, Filters
from dunlin.reports.recipients import Recipient
from dunlin.rules.policy import Policy


class Account(NamedTuple):
    """One statement: a customer with one of our entities in one currency."""

    customer_id: int
    entity_id: int
    currency: str


@dataclass(frozen=True)
class Figures:
    """The balances of two days, and what is open at the end of the second, of every account with anything open then."""

    since: date  # the last day of the statement before
    on: date
    opening: Mapping[Account, int]
    closing: Mapping[Account, int]
    open: Mapping[int, tuple[int, date, int]]  # item → open, due on, disputed, at the end of `on`
    past_due: Mapping[Account, int]

    @property
    def customers(self) -> list[int]:
        return sorted({each.customer_id for each in self.closing})


def figures(since: date, on: date, only: Filters = ALL) -> Figures:
    """Read both days. Eight queries, whatever the size."""
    before, then = extract(since, only=only), extract(on, only=only)
    opened: dict[int, tuple[int, date, int]] = {}
    past_due: dict[Account, int] = {}
    for place in range(len(then)):
        due = day_of(int(then.due[place]))
        opened[int(then.id[place])] = int(then.open[place]), due, int(then.disputed[place])
        if then.side[place] == 1 and due < on:
            account = _account(then, place)
            past_due[account] = past_due.get(account, 0) + int(then.open[place])
    return Figures(since, on, _balances(before), _balances(then), opened, past_due)


def _balances(book: Book) -> dict[Account, int]:
    sums: dict[Account, int] = {}
    for place in range(len(book)):
        account = _account(book, place)
        sums[account] = sums.get(account, 0) + int(book.side[place]) * int(book.open[place])
    return sums


def _account(book: Book, place: int) -> Account:
    return Account(
        int(book.customer_id[place]), int(book.entity_id[place]), CURRENCIES[int(book.currency[place])]
    )


def statements(
    figures: Figures, customers: Sequence[int], people: Mapping[int, Recipient], policy: Policy
) -> Iterator[tuple[Account, Statement]]:
    """The statements of these customers, in their order. Three queries."""
    entities = Entity.objects.in_bulk()
    lines = _lines(figures, customers)
    for account in sorted(each for each in figures.closing if each.customer_id in set(customers)):
        recipient, entity = people[account.customer_id], entities[account.entity_id]
        moved, earlier = lines.get(account, ([], []))
        opens = [line.open for line in (*moved, *earlier) if line.open > 0]
        yield (
            account,
            Statement(
                sender=_sender(entity),
                to=PaperRecipient(recipient.number, recipient.name, recipient.address[:6], recipient.country),
                on=figures.on,
                since=figures.since + timedelta(1),
                currency=account.currency,
                language=recipient.language,
                opening=figures.opening.get(account, 0),
                closing=figures.closing[account],
                lines=tuple(moved),
                earlier=tuple(earlier),
                aging=_aging([*moved, *earlier], policy) if opens else (),
                payment_reference=recipient.number,
                notes=tuple(line for line in entity.payment_instructions.splitlines() if line.strip()),
            ),
        )


def _sender(entity: Entity) -> PaperSender:
    return PaperSender(
        entity.name,
        tuple(line for line in entity.address.splitlines() if line.strip()),
        entity.country,
        tuple(each for each in (entity.phone, entity.sender_address) if each),
        (entity.tax_number,) if entity.tax_number else (),
    )


_Lines = dict[Account, tuple[list[StatementLine], list[StatementLine]]]


def _lines(figures: Figures, customers: Sequence[int]) -> _Lines:
    """Account → lines of the period, lines of before it that are still open; by day and number."""
    found: _Lines = {}
    for ids in bulk.chunks(list(customers)):
        items = Item.objects.filter(customer__in=bulk.one_of(ids), posted_on__lte=figures.on).filter(
            Q(posted_on__gt=figures.since) | Q(closed_on=None) | Q(closed_on__gt=figures.on)
        )
        for item in items.order_by("posted_on", "number", "pk").iterator():
            open_, due, disputed = figures.open.get(item.pk, (0, item.due_on, 0))
            inside = item.posted_on > figures.since
            if not inside and not open_:
                continue
            account = Account(item.customer_id, item.entity_id, item.currency)
            moved, earlier = found.setdefault(account, ([], []))
            (moved if inside else earlier).append(
                StatementLine(
                    item.posted_on,
                    item.kind,
                    item.number or f"#{item.pk}",
                    item.amount if inside and item.side == 1 else 0,
                    item.amount if inside and item.side == -1 else 0,
                    open_ * item.side,
                    item.po_number or item.reference,
                    due if item.side == 1 else None,
                    max(0, (figures.on - due).days) if item.side == 1 and open_ else None,
                    disputed > 0,
                )
            )
        for account, line in _between(figures, ids):
            found.setdefault(account, ([], []))[0].append(line)
    for moved, _ in found.values():
        moved.sort(key=lambda line: (line.on, line.number))
    return found


def _between(figures: Figures, ids: Sequence[int]) -> Iterator[tuple[Account, StatementLine]]:
    """Money of one customer used for another's item in the period: a line of each."""
    wanted = set(ids)
    rows = (
        Application.objects.filter(posted_on__gt=figures.since, posted_on__lte=figures.on)
        .filter(Q(credit__customer__in=bulk.one_of(ids)) | Q(debit__customer__in=bulk.one_of(ids)))
        .exclude(credit__customer=F("debit__customer"))
        .order_by("posted_on", "pk")
    )
    for on, minor, kind, number, entity, currency, giver, taker in rows.values_list(
        "posted_on", "amount", "credit__kind", "credit__number", "credit__entity", "credit__currency",
        "credit__customer", "debit__customer",
    ):  # fmt: skip
        give, take = (minor, 0) if minor > 0 else (0, -minor)
        if giver in wanted:
            yield Account(giver, entity, currency), StatementLine(on, kind, number, give, take)
        if taker in wanted:
            yield Account(taker, entity, currency), StatementLine(on, kind, number, take, give)


def _aging(lines: Sequence[StatementLine], policy: Policy) -> tuple[AgingBucket, ...]:
    uppers = policy.aging_bucket_uppers
    edges: list[tuple[int | None, int | None]] = [(None, 0)]
    low = 1
    for upper in uppers:
        edges.append((low, upper))
        low = upper + 1
    edges.append((low, None))
    sums = [0] * len(edges)
    for line in lines:
        if line.open <= 0:
            continue
        days = line.days_past_due or 0
        place = 0 if days < 1 else 1 + sum(days > upper for upper in uppers)
        sums[place] += line.open
    return tuple(AgingBucket(low, high, minor) for (low, high), minor in zip(edges, sums))
