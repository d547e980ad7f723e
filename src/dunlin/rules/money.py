"""Money: the only door through which an amount enters Dunlin.

An amount is a whole number of minor units (cents, fils, yen) beside an ISO 4217 code. No float is accepted, no default
currency exists, and each rounding is named. See DOMAIN section 0 and docs/rules/money.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext

# ISO 4217 currencies whose minor unit is not two digits; everything else known has two.
_OTHER_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO_DIGITS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV "
    "MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
MINOR_DIGITS: dict[str, int] = dict.fromkeys(_TWO_DIGITS.split(), 2) | {
    code: digits for digits, codes in _OTHER_DIGITS.items() for code in codes.split()
}

# 2^63 - 1 minor units is what the database column holds; refuse before the database does.
LARGEST_MINOR = 9_223_372_036_854_775_807

TRUE_MINUS = "−"

# Wide enough for any amount times any rate, whatever the ambient context is.
_WIDE = Context(prec=60)


class NotMoney(ValueError):
    """What was given cannot be read as an amount; the message says what and why."""


def minor_digits(currency: str) -> int:
    """Digits after the point of a currency (2 for USD, 0 for JPY, 3 for KWD). NotMoney if the code is unknown."""
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise NotMoney(f"{currency!r} is not a currency code of ISO 4217") from None


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` whole minor units of `currency`. Only amounts of one currency add or compare."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise NotMoney(f"minor units must be a whole number, not {type(self.minor).__name__}")
        minor_digits(self.currency)
        if abs(self.minor) > LARGEST_MINOR:
            raise NotMoney(f"{self.minor} minor units are more than an account can hold")

    @classmethod
    def exact(cls, amount: str | int | Decimal, currency: str) -> Money:
        """`amount` in major units ("18200.00"), which must be a whole number of minor units: 1.005 USD is refused."""
        scaled = _WIDE.scaleb(_decimal(amount), minor_digits(currency))
        whole = scaled.to_integral_value(context=_WIDE)
        if whole != scaled:
            raise NotMoney(f"{amount} has more digits than {currency} has ({minor_digits(currency)})")
        return cls(int(whole), currency)

    @classmethod
    def rounded(cls, amount: str | int | Decimal, currency: str) -> Money:
        """`amount` in major units, rounded half-up (away from zero) to the minor unit: the one rounding at the end."""
        scaled = _WIDE.scaleb(_decimal(amount), minor_digits(currency))
        return cls(int(scaled.to_integral_value(ROUND_HALF_UP, _WIDE)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return _WIDE.scaleb(Decimal(self.minor), -minor_digits(self.currency))

    @property
    def plain(self) -> str:
        """Major units as a plain string for machines: "-1234.50"."""
        return f"{self.decimal:f}"

    def __str__(self) -> str:
        """For people, in plain words of the product: "18,200.00 USD", negative with a true minus."""
        sign = TRUE_MINUS if self.minor < 0 else ""
        return f"{sign}{self.decimal.copy_abs():,f} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise NotMoney(f"{self.currency} and {other.currency} do not mix without a stated rate")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __bool__(self) -> bool:
        raise TypeError("ask `money.minor != 0`; the truth of an amount is a shortcut that hides mistakes")

    def times(self, factor: Decimal | int) -> Money:
        """The amount multiplied, rounded half-up to the minor unit. Never by a float."""
        if isinstance(factor, float):
            raise NotMoney("a float never multiplies money")
        with localcontext(_WIDE):
            return Money.rounded(self.decimal * Decimal(factor), self.currency)

    def converted(self, currency: str, rate: Decimal) -> Money:
        """In another currency at `rate` (units of `currency` for one of ours), rounded half-up; the caller states rate and date."""
        if self.currency == currency:
            return self
        if rate <= 0:
            raise NotMoney(f"a rate must be above zero, not {rate}")
        with localcontext(_WIDE):
            return Money.rounded(self.decimal * rate, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of amounts of one currency; zero of it when there are none."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def split(amount: Money, count: int) -> list[Money]:
    """`count` parts, each floored to the minor unit toward zero; the last takes the rest, so the parts make the whole."""
    if count < 1:
        raise NotMoney(f"an amount splits into one part or more, not {count}")
    sign = -1 if amount.minor < 0 else 1
    part = sign * (abs(amount.minor) // count)
    parts = [Money(part, amount.currency)] * (count - 1)
    parts.append(Money(amount.minor - part * (count - 1), amount.currency))
    return parts


def allocate(amount: Money, weights: Sequence[int]) -> list[Money]:
    """`amount` shared in proportion to whole weights; rounding goes to the largest remainders, earliest first."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise NotMoney("weights must be zero or more, with at least one above zero")
    sign = -1 if amount.minor < 0 else 1
    floors, remainders = zip(*(divmod(abs(amount.minor) * weight, whole) for weight in weights))
    parts = list(floors)
    for index in sorted(range(len(parts)), key=lambda i: (-remainders[i], i))[
        : abs(amount.minor) - sum(parts)
    ]:
        parts[index] += 1
    assert sum(parts) == abs(amount.minor)
    return [Money(sign * part, amount.currency) for part in parts]


def _decimal(amount: str | int | Decimal) -> Decimal:
    if isinstance(amount, (float, bool)):
        raise NotMoney(f"money is never read from a {type(amount).__name__}: {amount!r}")
    try:
        number = Decimal(amount)
    except (InvalidOperation, TypeError, ValueError):
        raise NotMoney(f"{amount!r} is not a number") from None
    if not number.is_finite():
        raise NotMoney(f"{amount!r} is not an amount")
    if number.adjusted() > 20:
        raise NotMoney(f"{amount!r} is more than an account can hold")
    return number
