"""What approved refunds can be paid out, from which account of ours and in which form, and why others must wait (P26). Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.records.models import BankAccount, Refund
from dunlin.reports.refundable import holds
from dunlin.rules.codes import sentence
from dunlin.rules.money import Money

# Form → its words, the one currency it pays out and the method of its refunds; "" is any.
FORMS: dict[str, tuple[str, str, str]] = {
    "nacha": ("NACHA file (ACH credits)", "USD", "ach"),
    "pain001": ("SEPA pain.001.001.09", "EUR", "sepa"),
    "csv": ("Table (CSV)", "", ""),
}
MOST = 5000  # refunds of one file


@dataclass(frozen=True, slots=True)
class Payable:
    """An approved refund as it stands before a pay-out: `why_not` is empty when it can go."""

    refund: Refund
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file from one account would hold, and what must wait; `sum` of what can go."""

    account: BankAccount
    form: str
    go: tuple[Payable, ...]
    wait: tuple[Payable, ...]
    sum: Money | None


def payables(refunds: Sequence[Refund], today: date) -> list[Payable]:
    """Each refund and why it cannot go now: bank details not confirmed or no longer used, a hold on the customer. One query."""
    held = holds({each.customer_id for each in refunds}, today)
    return [Payable(each, _why_not(each, held.get(each.customer_id))) for each in refunds]


def preview(account: BankAccount, form: str, currency: str, today: date) -> Preview:
    """What a pay-out of that form from an account would hold now: its entity's approved refunds in a currency. Two queries."""
    _, only, method = FORMS[form]
    found = Refund.objects.filter(state="approved", entity=account.entity_id, currency=only or currency)
    found = found.filter(method=method) if method else found
    rows = list(found.select_related("payee", "customer", "credit").order_by("pk")[:MOST])
    each = payables(rows, today)
    go = tuple(one for one in each if not one.why_not)
    total = sum(one.refund.amount for one in go)
    return Preview(
        account,
        form,
        go,
        tuple(one for one in each if one.why_not),
        Money(total, only or currency) if go else None,
    )


def _why_not(row: Refund, hold: tuple[str, date] | None) -> str:
    if hold is not None:
        return sentence("refund_on_hold", {"hold": hold[0].replace("_", " "), "since": hold[1]})
    if row.payee is None:
        return ""
    if row.payee.retired_at is not None:
        return sentence("payee_account_retired")
    if row.payee.verified_on is None:
        return sentence("payee_account_unverified", {"tail": row.payee.tail, "payee": row.payee.holder})
    return ""
