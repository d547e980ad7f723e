"""What is known of accounts for reconciling them, read set-wise, and what the rules find on them (A8, P27). Read-only.

A dozen queries for up to a thousand customers, whatever they owe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from dunlin.records import bulk
from dunlin.records.models import Application, Block, Customer, Item
from dunlin.reports.rates import rates_to
from dunlin.rules.cash.references import form_of, forms_of, mentions_in
from dunlin.rules.money import Money, minor_digits
from dunlin.rules.policy import Policy
from dunlin.rules.reconciliation.check import BARRED, findings_of
from dunlin.rules.reconciliation.facts import MONEY, Account, Applied, Elsewhere, Entry, Limits
from dunlin.rules.reconciliation.findings import Finding

SMALL = "small_balance"  # the reason of its write-off
SMALL_DAYS = 90
_NAMES_MOST = 12  # numbers of one payment that are looked for on other accounts
_FIELDS = (
    "id", "customer_id", "entity_id", "currency", "kind", "side", "number", "amount", "open", "document_on", "due_on",
    "instalment", "disputed", "service_month", "po_number", "order_number", "reference", "description", "corrects_id",
)  # fmt: skip


@dataclass(frozen=True)
class Reconciled:
    """One account as it was read, what was found, and what the house allows."""

    account: Account
    findings: tuple[Finding, ...]
    limits: Limits

    def customers(self, keys: Collection[str]) -> set[int]:
        """The customers whose documents the chosen findings touch: the account, and others of its group."""
        of = {entry.id: entry.customer for entry in self.account.entries}
        for others in self.account.elsewhere.values():
            of |= {other.entry.id: other.entry.customer for other in others}
        chosen = [finding for finding in self.findings if finding.key in keys]
        touched = {
            item for finding in chosen for step in finding.steps for item in (step.credit, step.debit) if item
        }
        return {self.account.customer, *(of[item] for item in touched)}


def reconcile(customer_id: int, today: date, policy: Policy) -> Reconciled:
    """One account now, its stored figures counted against their applications too."""
    limits = limits_of(policy, today)
    account = accounts_for([customer_id], today, policy)[customer_id]
    account = replace(account, entries=_counted(account.entries))
    return Reconciled(account, findings_of(account, limits), limits)


def limits_of(policy: Policy, today: date) -> Limits:
    """The settings as the rules want them; the small amount in other currencies at today's rate, none without one. One query."""
    home = policy.home_currency
    least = Money.rounded(policy.reconcile_small_amount, home)
    small = {home: least.minor}
    used = set(Item.objects.filter(open__gt=0).values_list("currency", flat=True).distinct().order_by()) - {
        home
    }
    for currency, rate in rates_to(home, used, today).items():
        small[currency] = _turned(least, currency, rate.rate)
    return Limits(
        today, small, int(policy.reconcile_small_pct * 100), policy.reconcile_stale_days, policy.reconcile_duplicate_days,
        policy.reconcile_oldest_first,
    )  # fmt: skip


def accounts_for(customer_ids: Sequence[int], today: date, policy: Policy) -> dict[int, Account]:
    """The accounts by customer; every one asked for is there. A fixed number of queries for up to bulk.IN_CHUNK customers."""
    since = today - timedelta(policy.reconcile_days_back)
    rows: dict[int, Entry] = {}
    # Two questions, each of its own index: what is open, and money of late.
    opened = Item.objects.filter(customer_id__in=bulk.one_of(customer_ids), open__gt=0)
    late = Item.objects.filter(
        customer_id__in=bulk.one_of(customer_ids), kind__in=MONEY, document_on__gte=since
    )
    for found in (opened, late):
        rows |= {entry.id: entry for entry in _entries(found)}
    money = [entry.id for entry in rows.values() if entry.side == -1 and entry.kind in MONEY]
    uses = _uses(money)
    missing = {use.debit for uses_ in uses.values() for use in uses_} - rows.keys()
    debits = {entry.id: entry for chunk in bulk.chunks(sorted(missing)) for entry in _entries(Item.objects.filter(pk__in=bulk.one_of(chunk)))}  # fmt: skip
    returned = _returned(money)
    entries: dict[int, list[Entry]] = defaultdict(list)
    applied: dict[int, list[Applied]] = defaultdict(list)
    for entry in rows.values():
        entries[entry.customer].append(replace(entry, returned=True) if entry.id in returned else entry)
        for use in uses.get(entry.id, ()):
            applied[entry.customer].append(use)
            if use.debit in debits:
                entries[entry.customer].append(debits[use.debit])
    elsewhere = _elsewhere(rows.values(), customer_ids, today)
    barred, small = _barred(customer_ids, today), _small(customer_ids, today)
    return {
        customer: Account(
            customer, tuple({entry.id: entry for entry in entries[customer]}.values()), tuple(applied[customer]),
            elsewhere.get(customer, {}), barred.get(customer, ""), small.get(customer, 0),
        )
        for customer in customer_ids
    }  # fmt: skip


def statement_entries(customer_id: int, currency: str, since: date) -> tuple[Entry, ...]:
    """What a customer's statement may show: all that is open, and documents of late that are settled. One query."""
    found = Item.objects.filter(customer=customer_id, currency=currency)
    found = found.filter(Q(open__gt=0) | Q(document_on__gte=since) | Q(closed_on__gte=since))
    return tuple(
        _entries(found.exclude(kind__in=("write_off", "discount", "payment_return", "refund"), open=0))
    )


def _turned(home: Money, currency: str, rate: Decimal) -> int:
    """An amount of the home currency in another one, rounded down to the minor unit: a tolerance is never widened."""
    return int((home.decimal / rate).scaleb(minor_digits(currency)))


def _entries(found: Any) -> Iterable[Entry]:
    for row in found.order_by("pk").values_list(*_FIELDS).iterator(chunk_size=5000):
        yield Entry(*row)


def _uses(credits_: Sequence[int]) -> dict[int, list[Applied]]:
    """Standing applications by credit, and whether something was granted with each. Two queries a chunk."""
    found: dict[int, list[Applied]] = defaultdict(list)
    for chunk in bulk.chunks(credits_):
        granted = set(
            Application.objects.filter(
                credit__corrects__in=bulk.one_of(chunk), credit__kind__in=("discount", "write_off"), reverses=None, reversal=None
            ).values_list("credit__corrects_id", "debit_id")
        )  # fmt: skip
        standing = Application.objects.filter(credit__in=bulk.one_of(chunk), reverses=None, reversal=None)
        names = ("id", "credit_id", "debit_id", "amount", "posted_on", "why")
        for pk, credit, debit, amount, posted_on, why in standing.order_by("pk").values_list(*names):
            use = Applied(pk, credit, debit, amount, posted_on, why, (credit, debit) in granted)
            found[credit].append(use)
    return found


def _returned(credits_: Sequence[int]) -> set[int]:
    gone: set[int] = set()
    for chunk in bulk.chunks(credits_):
        found = Item.objects.filter(corrects__in=bulk.one_of(chunk), kind="payment_return")
        gone.update(pk for pk in found.values_list("corrects_id", flat=True) if pk is not None)
    return gone


def _barred(customer_ids: Sequence[int], today: date) -> dict[int, str]:
    found = Block.objects.filter(
        customer_id__in=bulk.one_of(customer_ids), item=None, kind__in=BARRED, lifted_at=None
    )
    found = found.filter(Q(until_on=None) | Q(until_on__gte=today), from_on__lte=today)
    return dict(found.order_by("-pk").values_list("customer_id", "kind"))


def _small(customer_ids: Sequence[int], today: date) -> dict[int, int]:
    """Small balances written off in the last 90 days and not taken back, by customer."""
    found = Item.objects.filter(
        customer_id__in=bulk.one_of(customer_ids), kind="write_off", reason=SMALL, posted_on__gt=today - timedelta(SMALL_DAYS)
    )  # fmt: skip
    found = found.exclude(corrections__kind="payment_return")
    return dict(found.values_list("customer_id").annotate(Count("pk")).order_by())


def _elsewhere(
    entries: Iterable[Entry], customer_ids: Sequence[int], today: date
) -> dict[int, dict[str, tuple[Elsewhere, ...]]]:
    """By customer and form, documents of other accounts whose whole number stands in a payment that is open or came of late."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.side == -1 and entry.kind in MONEY and any(sign.isdigit() for sign in entry.text):
            for mention in mentions_in(entry.text)[:_NAMES_MOST]:
                if len(mention.text) > 4 and mention.label in ("", "document"):
                    wanted[mention.text].add(entry.customer)
                    wanted[mention.text.upper()].add(entry.customer)
    if not wanted:
        return {}
    found: list[Entry] = []
    for chunk in bulk.chunks(sorted(wanted), 5000):
        found += _entries(Item.objects.filter(number__in=chunk, side=1, kind__in=("invoice", "debit_memo")))
    owners = _owners({entry.customer for entry in found} | set(customer_ids), today)
    told: dict[int, dict[str, list[Elsewhere]]] = defaultdict(lambda: defaultdict(list))
    for entry in found:
        for customer in wanted[entry.number] - {entry.customer}:
            number, name, head, barred = owners[entry.customer]
            other = Elsewhere(entry, number, name, head == owners[customer][2], barred)
            for form in {form_of(entry.number), *forms_of(entry.number)}:
                told[customer][form].append(other)
    return {
        customer: {form: tuple(others) for form, others in forms.items()} for customer, forms in told.items()
    }


def _owners(customers: Collection[int], today: date) -> dict[int, tuple[str, str, int, str]]:
    """Number, name, head of the group and what bars it, by customer. Groups are flat: the head is the parent or itself."""
    found: dict[int, tuple[str, str, int, str]] = {}
    for chunk in bulk.chunks(sorted(customers)):
        barred = _barred(chunk, today)
        rows = Customer.objects.filter(pk__in=bulk.one_of(chunk)).values_list(
            "pk", "number", "name", "parent_id"
        )
        found |= {pk: (number, name, parent or pk, barred.get(pk, "")) for pk, number, name, parent in rows}
    return found


def _counted(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries with the sum of their applications, so that a stored figure that is wrong is seen. Two queries."""
    ids = [entry.id for entry in entries]
    used: dict[int, int] = dict.fromkeys(ids, 0)
    for chunk in bulk.chunks(ids):
        for side in ("credit_id", "debit_id"):
            found = Application.objects.filter(**{f"{side}__in": bulk.one_of(chunk)})
            for item, amount in found.values_list(F(side)).annotate(Sum("amount")).order_by():
                used[item] += amount
    return tuple(replace(entry, used=used[entry.id]) for entry in entries)
