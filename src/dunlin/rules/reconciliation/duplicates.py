"""Invoices and payments that may be there twice. Always a question: only a person knows whether something was sold or paid twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise

from dunlin.rules.cash.forbidden import DUPLICATE_DAYS
from dunlin.rules.cash.references import form_of
from dunlin.rules.reconciliation.facts import MONEY, Entry
from dunlin.rules.reconciliation.findings import Desk, Finding, called, capital, money, on


def check_duplicates(desk: Desk) -> list[Finding]:
    """Two payments of one amount and reference within five days, two invoices of one amount and reference or order within some."""
    own = [each for each in desk.own if not each.returned]
    payments = [each for each in own if each.kind in MONEY and each.reference]
    invoices = [
        each
        for each in own
        if each.kind == "invoice" and (each.po_number or each.order_number or each.reference)
    ]
    found = [
        _payments(desk, first, second)
        for first, second in _near(payments, _payment_key, DUPLICATE_DAYS)
        if first.open or second.open
    ]
    found += [
        _invoices(desk, first, second)
        for first, second in _near(invoices, _invoice_key, desk.limits.duplicate_days)
        if first.open and second.open
    ]
    return found


def _payment_key(entry: Entry) -> Hashable:
    return entry.books, entry.amount, form_of(entry.reference)


def _invoice_key(entry: Entry) -> Hashable:
    """Instalments and service months tell documents apart that are alike in everything else."""
    named = form_of(entry.po_number or entry.order_number or entry.reference)
    return entry.books, entry.amount, named, entry.instalment, entry.service_month


def _near(entries: Iterable[Entry], key: Callable[[Entry], Hashable], days: int) -> list[tuple[Entry, Entry]]:
    """Neighbours of one key that are at most so many days apart."""
    alike: dict[Hashable, list[Entry]] = {}
    for entry in entries:
        alike.setdefault(key(entry), []).append(entry)
    pairs = []
    for group in alike.values():
        group.sort(key=lambda each: (each.document_on, each.id))
        pairs += [(a, b) for a, b in pairwise(group) if (b.document_on - a.document_on).days <= days]
    return pairs


def _payments(desk: Desk, first: Entry, second: Entry) -> Finding:
    desk.take(*(each.id for each in (first, second) if each.open))
    amount = money(second.amount, second.currency)
    sentence = (
        f"{called(second)} of {on(second.document_on)} has the amount ({amount}) and the reference of one of "
        f"{on(first.document_on)}: it may be one payment recorded or sent twice. Neither is applied until somebody knows."
    )
    question = f"Was {amount} paid twice ({called(second)}, {on(first.document_on)} and {on(second.document_on)})? Look at the bank; ask what to do with the second."
    items = (first.id, second.id)
    return Finding("payment_twice", second.customer, capital(sentence), second.currency, second.amount, items, "likely", question=question)  # fmt: skip


def _invoices(desk: Desk, first: Entry, second: Entry) -> Finding:
    desk.take(first.id, second.id)
    amount = money(second.amount, second.currency)
    shared = second.po_number or second.order_number or second.reference
    sentence = (
        f"{called(first)} of {on(first.document_on)} and {called(second)} of {on(second.document_on)} have one amount ({amount}) "
        f"and one reference ({shared}): one may be the other written twice."
    )
    question = (
        f"Is {called(second)} the same sale as {called(first)}? If so it needs a credit memo of {amount}."
    )
    items = (first.id, second.id)
    return Finding("invoice_twice", second.customer, capital(sentence), second.currency, second.amount, items, "likely", question=question)  # fmt: skip
