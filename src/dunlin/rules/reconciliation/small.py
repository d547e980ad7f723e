"""Small balances within tolerance, and figures that cannot be.

A small balance is what is left of a document that was paid or credited in part: within an amount and a per cent of it, both. Never of
a disputed document, and not the third time in 90 days: then it is a habit, and somebody asks about it. DOMAIN section 6 (Tolerances).
"""

from __future__ import annotations

from decimal import Decimal

from dunlin.rules.cash.tolerances import REPEATED
from dunlin.rules.money import Money
from dunlin.rules.reconciliation.facts import Entry
from dunlin.rules.reconciliation.findings import Desk, Finding, Step, called, capital, money

_KINDS = ("invoice", "debit_memo", "finance_charge")


def check_small(desk: Desk) -> list[Finding]:
    """What is left of documents and within tolerance: written off, or from the third one on a question."""
    found: list[Finding] = []
    earlier = desk.account.small_earlier
    for entry in sorted(desk.own, key=lambda each: (each.due_on, each.id)):
        if not within(desk, entry) or entry.id in desk.taken:
            continue
        desk.take(entry.id)
        rest, whole = money(entry.open, entry.currency), money(entry.amount, entry.currency)
        if earlier + 1 >= REPEATED:
            sentence = f"{called(entry)} has {rest} of {whole} left, the {_ordinal(earlier + 1)} small rest of this customer in 90 days: a short pay that repeats is not written off."
            question = f"Ask why payments fall short again: {rest} is left of {called(entry)}."
            found.append(
                Finding(
                    "small_repeated",
                    entry.customer,
                    capital(sentence),
                    entry.currency,
                    entry.open,
                    (entry.id,),
                    question=question,
                )
            )
        else:
            least = money(desk.limits.small[entry.currency], entry.currency)
            share = f"{(Decimal(desk.limits.small_rate) / 100).normalize():f} %"
            sentence = f"{called(entry)} has {rest} of {whole} left, within {least} and {share} of the document: write it off."
            step = Step("write_off", entry.open, debit=entry.id)
            found.append(
                Finding("small_balance", entry.customer, capital(sentence), entry.currency, entry.open, (entry.id,), "likely", (step,))
            )  # fmt: skip
        earlier += 1
    return found


def within(desk: Desk, entry: Entry) -> bool:
    """Whether what is left of a document is small enough to be written off: amount and per cent, never disputed."""
    most = desk.limits.small.get(entry.currency, 0)
    return (
        entry.side == 1
        and entry.kind in _KINDS
        and 0 < entry.open < entry.amount
        and entry.disputed == 0
        and entry.open <= most
        and entry.open * 10_000 <= desk.limits.small_rate * entry.amount
    )


def check_figures(desk: Desk) -> list[Finding]:
    """Open amounts that are negative, more than the document, or not what the applications leave; disputes above what is open."""
    found = []
    for entry in desk.account.entries:
        wrong = _wrong(entry)
        if not wrong:
            continue
        desk.take(entry.id)
        sentence = f"{called(entry)}: {wrong}."
        question = f"{called(entry)}: {wrong}. Have the books verified."
        found.append(
            Finding("impossible_figures", entry.customer, capital(sentence), entry.currency, abs(entry.open), (entry.id,), "certain", question=capital(question))
        )  # fmt: skip
    return found


def _wrong(entry: Entry) -> str:
    def in_words(minor: int) -> str:
        return str(Money(minor, entry.currency))

    if entry.amount <= 0:
        return f"its amount is {in_words(entry.amount)}"
    if not 0 <= entry.open <= entry.amount:
        return f"{in_words(entry.open)} of {in_words(entry.amount)} is open"
    if not 0 <= entry.disputed <= entry.open:
        return f"{in_words(entry.disputed)} is disputed of {in_words(entry.open)} that is open"
    if entry.used is not None and entry.amount - entry.used != entry.open:
        return f"{in_words(entry.open)} is open, but {in_words(entry.amount)} less {in_words(entry.used)} applied is {in_words(entry.amount - entry.used)}"
    return ""


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
