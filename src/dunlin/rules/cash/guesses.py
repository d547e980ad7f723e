"""When no whole items make the amount: one item less what the customer usually keeps back, and what a person should look at first.

Step 6 of DOMAIN section 6 is here too: oldest first, only where the customer's terms say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dunlin.rules.cash import deductions
from dunlin.rules.cash.amounts import made_of
from dunlin.rules.cash.facts import Deduction, Evidence, Line, OpenItem
from dunlin.rules.cash.reading import Case, Plan, in_order, lines_of

# What banks and systems add: rounding, a digit too many. Minor units.
OVER_MAX = 1_000
FEES = (1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000)


def by_habit(case: Case) -> Plan | None:
    """One item less a discount the customer usually takes, or less bank charges: nothing named, so only when a single way fits."""
    payer = case.payer
    if payer is None:
        return None
    ways = list(_less(case, payer.customer))
    if not ways or len({item.open for item, _, _ in ways}) > 1:
        return None
    item, kept, sure = ways[0]
    evidence = (
        Evidence("payer", {"customer": payer.customer, "how": payer.how}),
        Evidence("kept_back", {"reason": kept.reason, "amount": kept.amount, "item": item.number}),
    )
    lines = lines_of((item,), (kept,))
    return Plan("one_item_less", sure, (item,), lines, (kept,), evidence=evidence, equal_items=len(ways) > 1)


def _less(case: Case, customer: str) -> Iterator[tuple[OpenItem, Deduction, int]]:
    habits, payment = case.book.habits(customer), case.payment
    for item in case.items:
        short = item.open - payment.amount
        if item.customer != customer or short <= 0:
            continue
        usual = any(deductions.discount_of(item.open, rate) == short for rate in habits.discounts)
        if usual or short == item.discount_offered:
            yield item, Deduction(item.id, short, deductions.DISCOUNT), 988
        elif any(deductions.discount_of(item.open, rate) == short for rate in deductions.DISCOUNTS):
            yield item, Deduction(item.id, short, deductions.DISCOUNT), 940
        elif deductions.is_bank_fee(payment.channel, short):
            yield item, Deduction(item.id, short, deductions.BANK_FEE), 930


def first_guess(case: Case) -> Plan | None:
    """What a person should look at first: oldest first by the customer's terms (this may be done alone), a few items and a small
    amount over, a few items less bank charges, a plain share of one item."""
    payer, payment = case.payer, case.payment
    if payer is None:
        return None
    mine = in_order(item for item in case.items if item.customer == payer.customer)
    evidence = Evidence("payer", {"customer": payer.customer, "how": payer.how})
    if case.book.standing(payer.customer).oldest_first and mine:
        return _oldest_first(mine, payment.amount, evidence)
    for item in mine:
        over = payment.amount - item.open
        if 0 < over <= OVER_MAX and over * 20 <= item.open:
            said = Evidence("over", {"amount": over})
            return Plan("one_item_over", 600, (item,), lines_of((item,)), (), over, (evidence, said))
    if payment.channel.upper() in deductions.FEE_CHANNELS:
        for fee in FEES:
            made = made_of(mine, payment.amount + fee, case)
            if made is not None and made.share > 0.5:
                largest = max(made.items, key=lambda item: item.open)
                kept = (Deduction(largest.id, fee, deductions.BANK_FEE),)
                said = Evidence(
                    "kept_back", {"reason": deductions.BANK_FEE, "amount": fee, "item": largest.number}
                )
                return Plan(
                    "few_items_less", 500, made.items, lines_of(made.items, kept), kept, 0, (evidence, said)
                )
    for item in mine:
        if item.open > 0 and (share := deductions.share_paid(item.open, payment.amount)):
            said = Evidence("part", {"item": item.number, "share": share})
            return Plan(
                "part_of_one", 400, (item,), (Line(item.id, payment.amount),), evidence=(evidence, said)
            )
    return None


def _oldest_first(mine: Sequence[OpenItem], amount: int, evidence: Evidence) -> Plan:
    """Never over-applies: what is left after all items stays on account."""
    lines: list[Line] = []
    used: list[OpenItem] = []
    left = amount
    for item in mine:
        if left and item.open > 0 and not item.held:
            put = min(left, item.open)
            lines.append(Line(item.id, put))
            used.append(item)
            left -= put
    said = Evidence("oldest_first", {"items": len(lines)})
    return Plan("oldest_first", 990, tuple(used), tuple(lines), unapplied=left, evidence=(evidence, said))
