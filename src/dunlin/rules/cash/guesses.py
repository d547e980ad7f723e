"""When no whole items make the amount: one item less what the customer usually keeps back, and what a person should look at first.

Step 6 of DOMAIN section 6 is here too: oldest first, only where the customer's terms say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dunlin.rules.cash import deductions
from dunlin.rules.cash.amounts import made_of
from dunlin.rules.cash.facts import Deduction, Evidence, Known, Line, OpenItem
from dunlin.rules.cash.reading import Case, Plan, in_order, lines_of

# What banks and systems add: rounding, a digit too many. Minor units.
OVER_MAX = 1_000
FEW_ITEMS = 12  # among so few, one that is short by charges is not so by chance
UNUSUAL = 0.0005  # the weight of a usual discount that is met by chance
FEES = (1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000)


def by_habit(case: Case) -> Plan | None:
    """Items less a discount the customer usually takes, or one less another discount or charges: only when a single way fits."""
    payer = case.payer
    if payer is None:
        return None
    if (usual := _usual(case, payer)) is not None:
        return usual
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


def _usual(case: Case, payer: Known) -> Plan | None:
    """Whole items, each less the customer's usual discount, as surely as whole items are found."""
    mine = [item for item in case.items if item.customer == payer.customer and item.open > 0]
    for rate in case.book.habits(payer.customer).discounts:
        less = {item.id: deductions.discount_of(item.open, rate) for item in mine}
        net = [replace(item, open=item.open - less[item.id]) for item in mine]
        made = made_of(net, case.payment.amount, case, UNUSUAL)
        if made is None:
            continue
        kept = tuple(
            Deduction(item.id, less[item.id], deductions.DISCOUNT) for item in made.items if less[item.id]
        )
        whole = {item.id: item for item in mine}
        items = tuple(whole[item.id] for item in made.items)
        evidence = (
            Evidence("payer", {"customer": payer.customer, "how": payer.how}),
            Evidence("usual_discount", {"rate": f"{rate / 100:g}", "items": len(items)}),
        )
        sure = min(990, int(made.share * 1000))
        return Plan(
            "items_less_usual", sure, items, lines_of(items, kept), kept, 0, evidence, made.equal_items
        )
    return None


def _less(case: Case, customer: str) -> Iterator[tuple[OpenItem, Deduction, int]]:
    for item in case.items:
        short = item.open - case.payment.amount
        if item.customer != customer or short <= 0:
            continue
        if short == item.discount_offered and item.discount_until and case.payment.on <= item.discount_until:
            yield item, Deduction(item.id, short, deductions.DISCOUNT), 988
        elif any(deductions.discount_of(item.open, rate) == short for rate in deductions.DISCOUNTS):
            yield item, Deduction(item.id, short, deductions.DISCOUNT), 940
        elif deductions.is_bank_fee(case.payment.channel, short):
            few = sum(each.customer == customer for each in case.items) <= FEW_ITEMS
            yield item, Deduction(item.id, short, deductions.BANK_FEE), 986 if few else 930


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
