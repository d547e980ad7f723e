"""One RMR segment of an X12 820: which document, how much was paid, and what the payer left unexplained. `remittance.rmr`, [64]."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

ENDS = "\\~\r\n "


@dataclass(frozen=True, slots=True)
class Remitted:
    """Amounts in major units as written. `unexplained` is gross less discount less paid; None when no gross is given."""

    reference_type: str
    reference: str
    paid: Decimal | None
    gross: Decimal | None
    discount: Decimal | None

    @property
    def unexplained(self) -> Decimal | None:
        """A deduction to code, when it is not zero."""
        if self.gross is None or self.paid is None:
            return None
        return self.gross - (self.discount or Decimal(0)) - self.paid


def read_rmr(segment: str) -> Remitted:
    """RMR*type*reference*action*paid*gross*discount. ValueError when it is no such segment or an amount is none."""
    parts = segment.strip().rstrip(ENDS).split("*")
    if parts[0].strip().upper() != "RMR" or len(parts) < 3:
        raise ValueError(f"{segment!r} is not an RMR segment")
    parts += [""] * (7 - len(parts))
    return Remitted(parts[1], parts[2], *(_amount(parts[place]) for place in (4, 5, 6)))


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not number.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    return number
