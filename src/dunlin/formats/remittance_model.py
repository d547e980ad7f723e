"""What a remittance advice says, whatever it came as: who pays, how much, when, and which documents it is for.

Amounts are the payer's own words about their payment: `paid` of a line is what of the payment is for that document, negative
for a credit memo they use. Nothing here is posted; the books decide what is open. Guide: docs/guides/bank-files.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dunlin.formats.bank_model import Flaw
from dunlin.formats.problems import FileProblem
from dunlin.rules.money import Money


class RemittanceProblem(FileProblem):
    """An advice that is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the payer kept back or added: minor for less is positive. `code` is one of DOMAIN section 6, `words` the payer's own."""

    amount: Money
    code: str
    words: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """One document of the payer's list. An amount that is not stated is None; `kept` says why less than gross less discount came."""

    place: str
    number: str
    paid: Money
    kind: str = ""
    gross: Money | None = None
    discount: Money | None = None
    on: date | None = None
    kept: tuple[Kept, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def unexplained(self) -> Money | None:
        """Gross less discount, less what was kept back with a reason, less paid; None without a gross amount. `remittance.rmr`."""
        if self.gross is None:
            return None
        less = sum(each.amount.minor for each in self.kept) + (
            self.discount.minor if self.discount is not None else 0
        )
        return Money(self.gross.minor - less - self.paid.minor, self.paid.currency)

    @property
    def reason(self) -> str:
        """The code of why less was paid: of the largest part kept back; "" when nothing was."""
        largest = max(self.kept, key=lambda each: abs(each.amount.minor), default=None)
        return largest.code if largest is not None else ""


@dataclass(frozen=True, slots=True)
class Advice:
    """One payment and its lines. What an advice does not say is "" or None.

    `amount` is the payment as stated; None where only the lines say it. `apart` is what belongs to no line. `adds_up`: the lines
    and what stands apart make the amount; None when no amount is stated. `trace` is the number under which the money travels.
    `key` is the fingerprint of all this, the same for the same advice in another file.
    """

    place: str
    currency: str
    amount: Money | None
    lines: tuple[AdviceLine, ...]
    apart: tuple[Kept, ...] = ()
    payer_name: str = ""
    payer_ids: tuple[str, ...] = ()
    payer_tail: str = ""
    paid_on: date | None = None
    trace: str = ""
    check_number: str = ""
    number: str = ""
    method: str = ""
    adds_up: bool | None = None
    key: str = ""

    @property
    def listed(self) -> Money:
        """What the lines and what stands apart make."""
        less = sum(each.amount.minor for each in self.apart)
        return Money(sum(each.paid.minor for each in self.lines) - less, self.currency)

    @property
    def money(self) -> Money:
        """The payment: as stated, else as the lines make it."""
        return self.amount if self.amount is not None else self.listed


@dataclass(frozen=True, slots=True)
class AdviceFile:
    """A file, or the text of a mail, as it was understood."""

    name: str
    format: str
    variant: str
    advices: tuple[Advice, ...]
    warnings: tuple[Flaw, ...]
    damaged: tuple[Flaw, ...]

    @property
    def lines(self) -> Iterator[AdviceLine]:
        for advice in self.advices:
            yield from advice.lines
