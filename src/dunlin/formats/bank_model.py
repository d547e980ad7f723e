"""What a bank file says, whatever its format: statements, their entries, what warns and what is damaged.

Amounts are seen from our account: money that comes in is positive, money that leaves is negative, returns and reversals
included. A full account number stands only in fields that say so; those are for the matcher in memory and are never
stored, logged or printed (invariant 38). Guide: docs/guides/bank-files.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from dunlin.formats.problems import FileProblem
from dunlin.rules.money import Money, total

KINDS = ("credit", "debit", "return", "noc", "reversal")
# booked: it stands in the account. pending: announced or not yet booked. info: it moves no money (a NOC, a test, a dishonoured return).
STATUSES = ("booked", "pending", "info")


class BankFileProblem(FileProblem):
    """A bank file that is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A warning, or a damaged record: its place, a code of `PROBLEMS`, the sentence. `text` is the masked text of a damaged record."""

    place: str
    code: str
    detail: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance of the account at the end of a day, before (opening) or after (closing) the entries."""

    amount: Money
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit memo the payer names. An amount that is not stated is None; `paid` is what is paid of it."""

    number: str
    kind: str = ""
    on: date | None = None
    paid: Money | None = None
    due: Money | None = None
    discount: Money | None = None
    credited: Money | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction. What a file does not say is "" or None.

    `payer_*` is the other side: who pays a credit, whom we paid, whose payment came back. `trace` is the number the rail
    gave this transaction, `original_trace` that of the payment which came back or was corrected. `type_code` is the
    format's own word for the kind of transaction. `doubt` is a code of `PROBLEMS` when a person must look before the
    amount is used. `key` is the same for the same transaction in another file of the same rail; `booking_key` is shared
    by all transactions the bank booked as one line, so that a batch told once as a sum and once in detail is recognised;
    "" where the bank's line has no reference to tell it by.

    `payer_account` and `corrected` (the new data of a NOC) hold full account numbers: in memory only, never stored.
    """

    place: str
    kind: str
    amount: Money
    status: str = "booked"
    booked_on: date | None = None
    value_on: date | None = None
    type_code: str = ""
    bank_reference: str = ""
    end_to_end_id: str = ""
    trace: str = ""
    payer_name: str = ""
    payer_ultimate: str = ""
    payer_tail: str = ""
    remittance: str = ""
    references: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    return_code: str = ""
    original_trace: str = ""
    check_number: str = ""
    charges: Money | None = None
    corrected_tail: str = ""
    doubt: str = ""
    key: str = ""
    booking_key: str = ""
    payer_account: str = field(default="", repr=False, compare=False)
    corrected: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over one time. `account_tail` is all that is kept of its number; `adds_up` is None where nothing can be compared.

    `account` is the full number: in memory only, to find which account of ours it is; never stored.
    """

    place: str
    account_tail: str
    currency: str
    number: str
    opening: Balance | None
    closing: Balance | None
    entries: tuple[Entry, ...]
    adds_up: bool | None
    account: str = field(default="", repr=False, compare=False)

    def booked(self, currency: str) -> Money:
        """Sum of the booked entries of one currency."""
        return total(
            (
                each.amount
                for each in self.entries
                if each.status == "booked" and each.amount.currency == currency
            ),
            currency,
        )

    @property
    def currencies(self) -> list[str]:
        """Currencies of the entries, sorted."""
        return sorted({each.amount.currency for each in self.entries})


@dataclass(frozen=True, slots=True)
class BankFile:
    """A bank file as it was understood. `variant` is its version, such as camt.053.001.08; `records` counts entries and damaged records."""

    name: str
    format: str
    variant: str
    statements: tuple[Statement, ...]
    warnings: tuple[Flaw, ...]
    damaged: tuple[Flaw, ...]

    @property
    def entries(self) -> Iterator[Entry]:
        for statement in self.statements:
            yield from statement.entries

    @property
    def records(self) -> int:
        return sum(len(each.entries) for each in self.statements) + len(self.damaged)
