"""Why a payer kept something back: reason codes from remittance words, discounts and bank charges by their figures. DOMAIN section 6."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dunlin.rules.cash.facts import Deduction, Habits, OpenItem
from dunlin.rules.cash.subsets import sets_making

UNKNOWN = "UNKNOWN"
DISCOUNT = "DISCOUNT"
BANK_FEE = "BANK_FEE"
# Per cent in hundredths, as terms offer them. An amount short by exactly one of these, to the cent, is a discount taken.
DISCOUNTS = (100, 150, 200, 250, 300, 400, 500)
SOME_MAX = 12  # of so many items, some may carry a discount
FEE_CHANNELS = frozenset({"WIRE", "SEPA", "SWIFT"})
# Charges that banks keep back, in minor units of the usual two digits; a round sum up to the largest.
FEE_MAX, FEE_STEP, FEE_MIN = 5_000, 500, 500

# Words of remittances → codes of DOMAIN section 6. The payer's own word is kept where one is given.
_CODES: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("price", r"\bpric|\bpreis|\bprix\b|\bprecio"),
        ("quantity", r"\bshort\s?-?ship|\bshortage|\bquantity|\bqty\b|\bmenge|missing"),
        ("damage", r"damag|beschädig|\bbroken\b|endommag"),
        ("return", r"\breturn|\brma\b|\bretour|\brücksend"),
        ("freight", r"freight|shipping|\bfracht|\btransport"),
        ("tax", r"\btax|\bvat\b|\bmwst|exempt"),
        ("discount", r"discount|\bskonto|\bescompte|early\s?pay"),
        ("promotion", r"promo|co-?op|allowance|rebate|\bbonus|advert|\bmdf\b"),
        ("bank_fee", r"bank\s?(?:fee|charge)|wire\s?fee|\bspesen"),
    )
)


# Adjustment reasons of X12 (data element 426) → the same codes; what is not here is unknown, and a person reads it.
_X12: Mapping[str, str] = {
    code: name
    for name, codes in {
        "price": "01 78 E4 E5 D9",
        "quantity": "06 22 42 59 75 A2 A4",
        "damage": "04 05 82 F1",
        "return": "11 12 13 14 15 25 72 AQ AS BF",
        "freight": "21 30 31 46 54 D2",
        "tax": "55 BA BB BC",
        "discount": "24 43 76 90 FA L2",
        "promotion": "02 28 56 57 71 77 79 85 89 A3 A8 AV B2 C2 C6 D5 GB GC GE GH",
    }.items()
    for code in codes.split()
}


def code_of_x12(code: str) -> str:
    """The reason code of an X12 adjustment reason (ADX02), unknown when it is none of those."""
    return _X12.get(code.strip().upper(), "unknown")


def code_of(words: str) -> str:
    """The reason code of a payer's words: price, quantity, damage, return, freight, tax, discount, promotion, bank_fee or unknown."""
    return next((code for code, pattern in _CODES if pattern.search(words)), "unknown")


def discount_of(open_amount: int, rate: int) -> int:
    """`rate` hundredths of a per cent of an amount, rounded half-up to the minor unit."""
    return (2 * open_amount * rate + 10_000) // 20_000


def discounts_making(
    items: Sequence[OpenItem], short: int, habits: Habits
) -> tuple[tuple[Deduction, ...], bool] | None:
    """The discounts that make up a shortfall exactly: one rate on all items or on some of them; whether the rate is a habit.

    None when no rate, or more than one way, does: then it is no discount that can be told from other reasons.
    """
    debits = [item for item in items if item.open > 0]
    if short <= 0 or not debits:
        return None
    ways: dict[tuple[tuple[str, int], ...], bool] = {}
    for rate in sorted({*DISCOUNTS, *habits.discounts}, key=lambda rate: -habits.discounts.get(rate, 0)):
        each = [(item.id, discount_of(item.open, rate)) for item in debits]
        if sum(amount for _, amount in each) == short:
            ways[tuple(each)] = rate in habits.discounts
        elif 1 < len(debits) <= SOME_MAX:
            found = sets_making([amount for _, amount in each], short, min(5, len(debits) - 1))
            ways |= {
                tuple(each[place] for place in chosen): rate in habits.discounts for chosen in found.sets
            }
    usual = [way for way, known in ways.items() if known]
    if len(usual) == 1 or len(ways) == 1:
        way = usual[0] if len(usual) == 1 else next(iter(ways))
        return tuple(Deduction(item, amount, DISCOUNT) for item, amount in way), ways[way]
    return None


def is_bank_fee(channel: str, short: int, most: int = FEE_MAX) -> bool:
    """Whether a shortfall looks like charges kept back on the way: a wire, a round small sum."""
    return channel.upper() in FEE_CHANNELS and FEE_MIN <= short <= most and short % FEE_STEP == 0


def share_paid(open_amount: int, paid: int) -> str:
    """The plain share a part payment is of what is open (1/2, 1/3, 1/4, 2/3, 3/4), "" when it is none."""
    for name, part, whole in (("1/2", 1, 2), ("1/3", 1, 3), ("2/3", 2, 3), ("1/4", 1, 4), ("3/4", 3, 4)):
        if abs(open_amount * part - paid * whole) <= whole * max(1, open_amount // 10_000):
            return name
    return ""


def by_reason(reasons: Mapping[str, str], item: str) -> str:
    """The payer's own words for an item, upper case, or UNKNOWN."""
    return reasons.get(item, "").strip().upper() or UNKNOWN
