"""Charges to the lines of an invoice: amounts, tax, exemption by certificate, each rounding named (A6; DOMAIN P36, invariant 16).

A line's net amount is rounded half-up once. Tax is rounded once for each line, or once for each rate of the document and then
shared among its lines, so that the lines make the whole either way. See docs/rules/invoicing.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from dunlin.rules.codes import Refused
from dunlin.rules.money import LARGEST_MINOR, Money, minor_digits

Rounding = Literal["line", "document"]
Days = tuple[date, date]  # first and last day
ISSUED_KINDS = ("invoice", "credit_memo", "debit_memo")
LINES_MAX = 1_000
_QUANTITY_DIGITS, _PRICE_DIGITS, _PCT_DIGITS = 4, 6, 4  # after the point, as the columns keep them


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is charged: `quantity` at `unit_price` major units, `tax_pct` per cent of the place that taxes it.

    No `jurisdiction`: outside the scope of any tax. `service`: when it was supplied; with `period`, the days the price is for,
    the charge is for its part of them.
    """

    description: str
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    tax_pct: Decimal = Decimal(0)
    jurisdiction: str = ""
    service: Days | None = None
    period: Days | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A tax-exempt certificate: where it holds, and its first (None: not stated) and last day. `id` is the document's."""

    id: int
    number: str
    jurisdiction: str
    valid_from: date | None
    valid_through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with its amounts in minor units, `net` before tax. `days` of `of_days` of the price were charged, 0 of 0: all of it.

    A line of an item that came without lines has neither quantity, price nor rate. `credits` is the position of the line of the
    invoice that a line of a credit memo takes back.
    """

    position: int
    description: str
    net: int
    tax: int = 0
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_pct: Decimal | None = None
    jurisdiction: str = ""
    certificate: Certificate | None = None
    service: Days | None = None
    days: int = 0
    of_days: int = 0
    credits: int | None = None

    @property
    def gross(self) -> int:
        return self.net + self.tax


class TaxGroup(NamedTuple):
    """The lines of one place, rate and certificate together: what was taxed, and the tax; minor units."""

    jurisdiction: str
    tax_pct: Decimal | None
    certificate: Certificate | None
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines of a document and their sums in minor units: net + tax = total, lines make each of them."""

    currency: str
    lines: tuple[Line, ...]

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return self.net + self.tax

    @property
    def groups(self) -> tuple[TaxGroup, ...]:
        """The tax summary, in the order of the lines."""
        found: dict[tuple[str, Decimal | None, Certificate | None], tuple[int, int]] = {}
        for line in self.lines:
            key = (line.jurisdiction, line.tax_pct, line.certificate)
            base, tax = found.get(key, (0, 0))
            found[key] = base + line.net, tax + line.tax
        return tuple(
            TaxGroup(place, pct, exempt, base, tax) for (place, pct, exempt), (base, tax) in found.items()
        )


class Problem(NamedTuple):
    """What is wrong with a charge: its place from 1 (0: all of them together), the field, and the refusal."""

    position: int
    field: str
    refusal: Refused


def bill(
    charges: Sequence[Charge],
    currency: str,
    *,
    on: date,
    certificates: Iterable[Certificate] = (),
    rounding: Rounding = "document",
) -> Bill:
    """The lines and sums of a document of the day `on`. Refused with the first of `problems_of`."""
    certificates = tuple(certificates)
    for problem in problems_of(charges, currency, on=on, certificates=certificates):
        raise problem.refusal
    lines, exact = [], []
    for position, charge in enumerate(charges, 1):
        line = _line(position, charge, currency, exemption(charge, on, certificates))
        lines.append(line)
        exact.append(Fraction(line.tax_pct or 0) / 100 * line.net)
    taxes = [half_up(each) for each in exact] if rounding == "line" else _by_rate(lines, exact)
    made = Bill(currency, tuple(replace(line, tax=tax) for line, tax in zip(lines, taxes)))
    if made.total <= 0:
        raise Refused("amount_not_positive", asked=Money(made.total, currency))
    return made


def problems_of(
    charges: Sequence[Charge], currency: str, *, on: date, certificates: Iterable[Certificate] = ()
) -> list[Problem]:
    """Everything that keeps charges from being billed, in their order: charge_missing, charges_too_many, charge_not_described,
    charge_number_unusable, charge_days_wrong, charge_outside_period, charge_without_tax, charge_without_jurisdiction,
    charge_too_large."""
    if not charges:
        return [Problem(0, "charges", Refused("charge_missing"))]
    if len(charges) > LINES_MAX:
        return [Problem(0, "charges", Refused("charges_too_many", count=len(charges), limit=LINES_MAX))]
    certificates = tuple(certificates)
    found: list[Problem] = []
    for position, charge in enumerate(charges, 1):
        found.extend(_problems_of(position, charge, currency, on, certificates))
    return found


def supply_date(charge: Charge, on: date) -> date:
    """The day the law looks at: the last day of the service, else the day of the document."""
    return charge.service[1] if charge.service else on


def exemption(charge: Charge, on: date, certificates: Iterable[Certificate]) -> Certificate | None:
    """The certificate that exempts a charge: of its jurisdiction or of one around it, valid on the supply date; the one that holds
    longest. A certificate that names no jurisdiction exempts nothing."""
    place, day = _place(charge.jurisdiction), supply_date(charge, on)
    valid = [
        each
        for each in certificates
        if covers(each.jurisdiction, place)
        and (each.valid_from is None or each.valid_from <= day)
        and day <= each.valid_through
    ]
    return max(valid, key=lambda each: (each.valid_through, each.id), default=None)


def covers(of_certificate: str, jurisdiction: str) -> bool:
    """Whether a certificate of one place holds in another: "US-TX" in "us-tx" and in "US-TX-Austin", not in "US"."""
    wide, narrow = _place(of_certificate), _place(jurisdiction)
    return bool(wide) and (narrow == wide or narrow.startswith(f"{wide}-"))


def prorated(charge: Charge) -> tuple[int, int]:
    """Days charged and days the price is for; (0, 0) when all of the price is charged."""
    if charge.period is None or charge.service is None:
        return 0, 0
    return _days(charge.service), _days(charge.period)


def half_up(exact: Fraction) -> int:
    """A fraction to the whole minor unit, half away from zero: the one rounding at the end."""
    whole = (abs(exact) * 2 + 1) // 2
    return int(whole if exact >= 0 else -whole)


def spread(exact: Sequence[Fraction], whole: int) -> list[int]:
    """`whole` shared out so that each part is its exact one rounded down or up, the largest remainders up, earliest first.

    The exact parts make `whole` up to a rounding of it; nothing is lost or invented (invariant 16).
    """
    floors = [each.numerator // each.denominator for each in exact]
    order = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    for at in order[: whole - sum(floors)]:
        floors[at] += 1
    assert sum(floors) == whole
    return floors


def _line(position: int, charge: Charge, currency: str, certificate: Certificate | None) -> Line:
    days, of_days = prorated(charge)
    exact = Fraction(charge.quantity) * Fraction(charge.unit_price) * 10 ** minor_digits(currency)
    if of_days:
        exact = exact * days / of_days
    return Line(
        position=position, description=charge.description.strip(), net=half_up(exact), quantity=charge.quantity,
        unit_price=charge.unit_price, tax_pct=Decimal(0) if certificate else charge.tax_pct,
        jurisdiction=charge.jurisdiction.strip(), certificate=certificate, service=charge.service, days=days, of_days=of_days,
    )  # fmt: skip


def _by_rate(lines: Sequence[Line], exact: Sequence[Fraction]) -> list[int]:
    """One rounding for each place and rate; its lines share it."""
    of: dict[tuple[str, Decimal | None], list[int]] = {}
    for at, line in enumerate(lines):
        of.setdefault((line.jurisdiction, line.tax_pct), []).append(at)
    taxes = [0] * len(lines)
    for places in of.values():
        parts = [exact[at] for at in places]
        for at, tax in zip(places, spread(parts, half_up(sum(parts, Fraction(0))))):
            taxes[at] = tax
    return taxes


def _problems_of(
    position: int, charge: Charge, currency: str, on: date, certificates: Sequence[Certificate]
) -> Iterable[Problem]:
    def wrong(field: str, code: str, **facts: Any) -> Problem:
        return Problem(position, field, Refused(code, line=position, **facts))

    if not charge.description.strip():
        yield wrong("description", "charge_not_described")
    numbers = (
        ("quantity", charge.quantity, _QUANTITY_DIGITS, 0),
        ("unit_price", charge.unit_price, _PRICE_DIGITS, None),
        ("tax_pct", charge.tax_pct, _PCT_DIGITS, 100),
    )
    bad = False
    for field, number, digits, most in numbers:
        why = _unusable(number, digits, field, most)
        if why:
            bad = True
            yield wrong(field, "charge_number_unusable", what=field.replace("_", " "), asked=number, why=why)
    for field, days in (("service", charge.service), ("period", charge.period)):
        if days and days[1] < days[0]:
            bad = True
            yield wrong(field, "charge_days_wrong", first=days[0], last=days[1])
    if charge.period and (
        charge.service is None or charge.service[0] < charge.period[0] or charge.service[1] > charge.period[1]
    ):
        bad = True
        yield wrong("service", "charge_outside_period", first=charge.period[0], last=charge.period[1])
    if bad:
        return
    place = charge.jurisdiction.strip()
    if charge.tax_pct and not place:
        yield wrong("jurisdiction", "charge_without_jurisdiction", pct=f"{charge.tax_pct.normalize():f}")
    elif place and not charge.tax_pct and exemption(charge, on, certificates) is None:
        yield wrong("tax_pct", "charge_without_tax", place=place, on=supply_date(charge, on))
    if abs(_line(position, charge, currency, None).net) > LARGEST_MINOR // LINES_MAX:
        yield wrong("unit_price", "charge_too_large")


def _unusable(number: Decimal, digits: int, field: str, most: int | None) -> str:
    """Why a number cannot be used; "" when it can. A price below zero is a rebate; a quantity is above zero."""
    if not number.is_finite() or abs(number) >= 10**11:
        return "it is not an amount of anything"
    if number != round(number, digits):
        return f"it has more than {digits} digits after the point"
    if field == "quantity" and number <= 0:
        return "it must be above zero"
    if most == 100 and not 0 <= number <= 100:
        return "it must be 0 to 100 per cent"
    return ""


def _days(of: Days) -> int:
    return (of[1] - of[0]).days + 1


def _place(text: str) -> str:
    return "-".join(text.casefold().replace("_", "-").split())
