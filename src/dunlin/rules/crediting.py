"""Credit memos: what of an invoice is taken back, line by line, with its tax, and nothing twice (A6, P21, invariant 16).

A line is credited up to what earlier credit memos left of it. When the last of an invoice is credited, net and tax of all its credit
memos make exactly those of the invoice. See docs/rules/invoicing.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from dunlin.rules.codes import Refused
from dunlin.rules.invoicing import Bill, Line, half_up, spread
from dunlin.rules.money import Money


def left_of(lines: Sequence[Line], credited: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with what may still be credited of them: net, tax and quantity. `credited` are lines of earlier credit memos."""
    net: dict[int, int] = {}
    tax: dict[int, int] = {}
    quantity: dict[int, Decimal] = {}
    for each in credited:
        at = each.credits or 0
        net[at], tax[at] = net.get(at, 0) + each.net, tax.get(at, 0) + each.tax
        quantity[at] = quantity.get(at, Decimal(0)) + (each.quantity or 0)
    return tuple(
        replace(
            line,
            net=line.net - net.get(line.position, 0),
            tax=line.tax - tax.get(line.position, 0),
            quantity=None
            if line.quantity is None
            else line.quantity - quantity.get(line.position, Decimal(0)),
        )
        for line in lines
    )


def credit_whole(currency: str, left: Sequence[Line]) -> Bill:
    """Everything that is left. Refused: credit_nothing_left."""
    return _bill(currency, [_taken(line, line.net, line.tax, line.quantity) for line in left], left)


def credit_lines(
    currency: str, lines: Sequence[Line], left: Sequence[Line], wanted: Mapping[int, Decimal | None]
) -> Bill:
    """The lines at these positions: all that is left of each, or a quantity of it at its price.

    Refused: credit_line_unknown, credit_quantity_wrong, credit_nothing_left.
    """
    whole = {line.position: line for line in lines}
    rest = {line.position: line for line in left}
    taken = []
    for position, quantity in sorted(wanted.items()):
        if position not in rest:
            raise Refused("credit_line_unknown", line=position)
        line, of = rest[position], whole[position]
        if quantity is None or quantity == line.quantity:
            taken.append(_taken(line, line.net, line.tax, line.quantity))
            continue
        if of.quantity is None or line.quantity is None or not 0 < quantity <= line.quantity:
            raise Refused("credit_quantity_wrong", line=position, asked=quantity, left=line.quantity or 1)
        part = Fraction(quantity) / Fraction(of.quantity)
        taken.append(
            _taken(line, _within(of.net * part, line.net), _within(of.tax * part, line.tax), quantity)
        )
    return _bill(currency, taken, left)


def credit_amount(currency: str, left: Sequence[Line], amount: Money) -> Bill:
    """An amount with its tax in it, shared among what is left of the lines in proportion; the tax of each follows its share.

    Refused: amount_not_positive, credit_exceeds_rest, credit_nothing_left.
    """
    rest = sum(line.gross for line in left)
    if amount.minor <= 0:
        raise Refused("amount_not_positive", asked=amount)
    if amount.minor > rest:
        raise Refused("credit_exceeds_rest", asked=amount, rest=Money(rest, currency))
    shares = spread([Fraction(line.gross * amount.minor, rest) for line in left], amount.minor)
    taken = []
    for line, share in zip(left, shares):
        # A line whose net and tax cancel out has no share, unless everything is taken.
        tax = half_up(Fraction(line.tax * share, line.gross)) if line.gross else 0
        if amount.minor == rest:
            share, tax = line.gross, line.tax
        quantity = line.quantity if amount.minor == rest else None
        taken.append(_taken(line, share - tax, tax, quantity))
    return _bill(currency, taken, left)


def _taken(line: Line, net: int, tax: int, quantity: Decimal | None) -> Line:
    return replace(line, net=net, tax=tax, quantity=quantity or None, credits=line.position)


def _within(exact: Fraction, rest: int) -> int:
    """The exact part rounded, never beyond what is left, whichever sign that has."""
    rounded = half_up(exact)
    return min(max(rounded, 0), rest) if rest >= 0 else max(min(rounded, 0), rest)


def _bill(currency: str, taken: Iterable[Line], left: Sequence[Line]) -> Bill:
    lines = [line for line in taken if line.net or line.tax]
    made = Bill(currency, tuple(replace(line, position=at) for at, line in enumerate(lines, 1)))
    if not lines or sum(line.gross for line in left) <= 0:
        raise Refused("credit_nothing_left")
    if made.total <= 0:
        raise Refused("amount_not_positive", asked=Money(made.total, currency))
    return made
