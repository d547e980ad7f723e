"""What a bank file says, whatever its format: statements, their entries, what warns and what is damaged.

Amounts are seen from our account: money that comes in is positive, money that leaves is negative, returns and reversals
included. A full account number stands only in fields that say so; those are for the matcher in memory and are never
stored, logged or printed (invariant 38). Guide: docs/guides/bank-files.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dunlin.rules.codes import PROBLEMS, sentence
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money, total

KINDS = ("credit", "debit", "return", "noc", "reversal")
# booked: it stands in the account. pending: announced or not yet booked. info: it moves no money (a NOC, a test, a dishonoured return).
STATUSES = ("booked", "pending", "info")


class BankFileProblem(ValueError):
    """A file that is refused as a whole. `code` is a code of `PROBLEMS`, `line` the line (0: the whole file), `detail` the sentence."""

    def __init__(self, code: str, line: int = 0, **facts: Any) -> None:
        if code not in PROBLEMS:
            raise KeyError(f"problem code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.line = line
        self.facts = facts
        self.detail = sentence(code, facts)
        super().__init__(f"line {line}: {self.detail}" if line else self.detail)


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


# --- account numbers ------------------------------------------------------------------------------------------------

_IBAN = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])", re.ASCII
)
_COUNTRIES = frozenset(
    "AD AE AL AT AZ BA BE BG BH BR CH CR CY CZ DE DK DO EE EG ES FI FO FR GB GE GI GL GR GT HR HU IE IL IQ IS IT JO KW KZ LB LC LI LT "
    "LU LV MC MD ME MK MR MT MU NL NO PK PL PS PT QA RO RS SA SC SE SI SK SM ST SV TL TN TR UA VA VG XK".split()
)
_POLISH = re.compile(
    r"(?<!\d)\d{26}(?!\d)", re.ASCII
)  # an IBAN of Poland is written without its country at home
_LONG = re.compile(r"[0-9A-Za-z*~](?:[.\-/~]?[0-9A-Za-z*~])*(?: \d{2,})*", re.ASCII)
TEXT_MAX = 4000


def tail_of(account: str) -> str:
    """The last four letters and digits of an account number, fewer of a short one: never the whole number."""
    plain = re.sub(r"[^0-9A-Za-z]", "", account)
    return plain[-4:] if len(plain) > 4 else plain[len(plain) - len(plain) // 2 :]


def hide_accounts(text: str, known: tuple[str, ...] = ()) -> str:
    """`text` without full account or card numbers: IBANs, cards, and each number of `known`, are reduced to their last four."""
    for account in known:
        if len(account) >= 6 and account in text:
            text = text.replace(account, starred(account))
    if len(text) >= 13:
        text = _POLISH.sub(_starred_polish, _IBAN.sub(_starred_iban, text))
        text = mask_card_numbers(text)
    return text


def starred(number: str) -> str:
    """ "DE58740618130100033626" becomes "******************3626"."""
    tail = tail_of(number)
    return "*" * (len(number) - len(tail)) + tail


def _starred_iban(found: re.Match[str]) -> str:
    digits = sum(1 for sign in found[0] if sign.isdigit())
    return starred(found[0]) if found[0][:2] in _COUNTRIES and digits >= 10 else found[0]


def _starred_polish(found: re.Match[str]) -> str:
    """Twenty-six digits may be a reference; those of an account are right by the check of ISO 13616."""
    return starred(found[0]) if int(found[0][2:] + "2521" + found[0][:2]) % 97 == 1 else found[0]


def masked(text: str, limit: int = 200) -> str:
    """The text of a damaged record for showing: any run with five digits or more keeps only its last four signs."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: limit * 2])
    shown = _LONG.sub(lambda run: starred(run[0]) if sum(map(str.isdigit, run[0])) >= 5 else run[0], shown)
    return shown[:limit] + ("…" if len(shown) > limit or len(text) > limit * 2 else "")
