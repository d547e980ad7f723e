"""What is known of an account when it is reconciled: its documents, where money went, and what the house allows. Minor units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

MONEY = ("payment", "deposit")
# A debit that only takes back or pays out money is settled by what it came from.
TURNS = ("refund", "payment_return")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the account. `side` is 1 for a debit, -1 for a credit; `disputed` is a part of `open`.

    `used` is the sum of its standing applications, None where it was not counted; `returned`: what it was has been taken back;
    `corrects`: the item it corrects.
    """

    id: int
    customer: int
    entity: int
    currency: str
    kind: str
    side: int
    number: str
    amount: int
    open: int
    document_on: date
    due_on: date
    instalment: int = 0
    disputed: int = 0
    service_month: date | None = None
    po_number: str = ""
    order_number: str = ""
    reference: str = ""
    description: str = ""
    corrects: int | None = None
    returned: bool = False
    used: int | None = None

    @property
    def text(self) -> str:
        """What its reference and its description say."""
        return f"{self.reference} {self.description}"

    @property
    def books(self) -> tuple[int, str]:
        """Entity and currency: nothing is ever applied across either."""
        return self.entity, self.currency


@dataclass(frozen=True, slots=True)
class Applied:
    """A standing application. `granted`: a discount or a write-off was granted with it and stands on the same document."""

    id: int
    credit: int
    debit: int
    amount: int
    posted_on: date
    why: str = ""
    granted: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A document of another account that a payment of this one may name. `group`: both have one head."""

    entry: Entry
    customer_number: str
    customer_name: str
    group: bool = False
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One customer. `entries` are what is open, and money and invoices of the days looked back on; `applied` where that money went.

    `elsewhere` by form of number (rules/cash/references.form_of); `barred` why nothing may be proposed (legal, insolvency, agency);
    `small_earlier` small balances written off in the last 90 days.
    """

    customer: int
    entries: tuple[Entry, ...]
    applied: tuple[Applied, ...] = ()
    elsewhere: Mapping[str, tuple[Elsewhere, ...]] = field(default_factory=dict)
    barred: str = ""
    small_earlier: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the house allows. `small` minor units by currency, none where it is missing; `small_rate` hundredths of a per cent.

    `oldest_first`: a credit that nothing points at may be proposed for the oldest documents.
    """

    today: date
    small: Mapping[str, int] = field(default_factory=dict)
    small_rate: int = 0
    stale_days: int = 30
    duplicate_days: int = 7
    oldest_first: bool = False
