"""What a pay-out file is made of, whatever its form: who pays, from which account, and each payment. In memory only: account numbers stand in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from anyascii import anyascii

from dunlin.rules.money import Money, total


class PayoutProblem(ValueError):
    """A file cannot be written so; the message says of which payment and what, and holds no account number."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays and from where. `bank` is a routing number or a BIC; `company_id` is what the bank knows the originator by (ACH)."""

    name: str
    account: str = field(repr=False)
    bank: str = ""
    company_id: str = ""
    bank_name: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. `serial` is a number no other payment has; `reference` comes back with it if it is returned.

    `bank` is a routing number or a BIC (may be empty for an IBAN); `personal` and `savings` say what kind of account it is.
    """

    serial: int
    reference: str
    name: str
    amount: Money
    account: str = field(repr=False)
    bank: str = ""
    personal: bool = False
    savings: bool = False
    text: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """A whole file: `number` names it at the bank, `at` is when it was made, `on` the day the money is to leave."""

    number: str
    at: datetime
    on: date
    debtor: Debtor
    payments: Sequence[Payment]
    modifier: str = "A"

    @property
    def sum(self) -> Money:
        """All payments together; they are of one currency."""
        return total((each.amount for each in self.payments), self.payments[0].amount.currency)


def in_letters(text: str, allowed: str, longest: int) -> str:
    """`text` in the signs a bank takes (`allowed` is the inside of a character class), others as near as ASCII comes, cut to `longest`."""
    plain = re.sub(rf"[^{allowed}]", " ", anyascii(text))
    return " ".join(plain.split())[:longest].strip()


def check(payout: Payout, currency: str = "") -> None:
    """PayoutProblem unless there are payments, all above zero, all of one currency (of `currency` where it is given)."""
    if not payout.payments:
        raise PayoutProblem("there is no payment in it")
    wanted = currency or payout.payments[0].amount.currency
    for each in payout.payments:
        if each.amount.currency != wanted:
            raise PayoutProblem(f"payment {each.reference} is in {each.amount.currency}, not in {wanted}")
        if each.amount.minor <= 0:
            raise PayoutProblem(f"payment {each.reference} is not above zero")
        if not each.name.strip():
            raise PayoutProblem(f"payment {each.reference} names no payee")
    if len({each.reference for each in payout.payments}) != len(payout.payments):
        raise PayoutProblem("two payments have the same reference")
