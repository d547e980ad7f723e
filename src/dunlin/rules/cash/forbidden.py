"""What is never done alone, however sure. DOMAIN section 6 (Never automatic); each has a code and a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from dunlin.rules.cash.facts import Bars, Book, Earlier, OpenItem, Payment

DUPLICATE_DAYS = 5
# The payer says what the money is for: not for invoices that happen to fit. His instruction wins.
_INSTRUCTION = re.compile(
    r"\b(?:pre-?pay(?:ment)?|deposit|on\s+account|advance(?:\s+payment)?|retainer|refund|escrow|do\s+not\s+apply|hold\s+for"
    r"|anzahlung|vorauszahlung|vorkasse|akonto|acompte|anticipo|acconto|caution|kaution)\b",
    re.IGNORECASE,
)
_NETTING = re.compile(r"\b(?:inter-?company|netting|net\s+settlement|offset|contra)\b", re.IGNORECASE)
# Money that no customer sends for invoices.
_NOT_OURS = re.compile(
    r"\b(?:interest\s+(?:credit|paid)|payroll|irs\s+treas|tax\s+refund|insurance\s+claim|treasury|sweep|stripe\s+(?:transfer|payout)|sale\s+of\s+asset)\b",
    re.IGNORECASE,
)


def instruction_in(payment: Payment) -> str:
    """The words by which the payer says that the money is for something else than open invoices, or ""."""
    said = _INSTRUCTION.search(payment.memo)
    return said[0].upper() if said else ""


def not_ours(payment: Payment) -> bool:
    """Whether the payer's name is of money that is not from a customer: interest, payroll, tax, transfers of a processor."""
    return bool(_NOT_OURS.search(payment.payer_name))


def duplicate_of(payment: Payment, references: frozenset[str], earlier: Sequence[Earlier]) -> Earlier | None:
    """An earlier payment of the payer with the same amount and references within five days, or None."""
    first = payment.on - timedelta(DUPLICATE_DAYS)
    return next(
        (
            each
            for each in earlier
            if each.payment != payment.id
            and first <= each.on <= payment.on
            and (each.amount, each.currency) == (payment.amount, payment.currency)
            and each.references == references
        ),
        None,
    )


def why_never(
    payment: Payment, items: Iterable[OpenItem], customers: Sequence[str], book: Book, bars: Bars
) -> tuple[str, ...]:
    """The codes of what forbids doing this alone; empty when nothing does."""
    codes: dict[str, None] = {}
    if not customers:
        codes["payer_unknown"] = None
    if bars.auto_limit is not None and payment.amount > bars.auto_limit:
        codes["over_auto_limit"] = None
    if _NETTING.search(payment.memo):
        codes["netting"] = None
    if instruction_in(payment):
        codes["payer_instruction"] = None
    for item in items:
        if item.currency != payment.currency:
            codes["other_currency"] = None
        if item.held:
            codes["item_held"] = None
    for customer in customers:
        standing = book.standing(customer)
        if standing.insolvent:
            codes["customer_insolvent"] = None
        if standing.sanctioned:
            codes["sanctions_hit"] = None
    return tuple(codes)
