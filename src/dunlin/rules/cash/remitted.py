"""Items by the payer's own list, each with its amount. Step 2 of DOMAIN section 6, deductions coded from the payer's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dunlin.rules.cash import deductions
from dunlin.rules.cash.amounts import Made, made_of
from dunlin.rules.cash.facts import Deduction, Evidence, Line, OpenItem, RemittanceLine
from dunlin.rules.cash.named import FIRM, SURE
from dunlin.rules.cash.reading import Case, Plan, lines_of
from dunlin.rules.cash.references import Mention, digits_of, mentions_in


@dataclass(frozen=True, slots=True)
class _Read:
    line: RemittanceLine
    item: OpenItem
    sure: int
    how: str
    equal: bool = False


def by_remittance(case: Case) -> Plan | None:
    """The list line by line; None when there is none, or one of its lines cannot be found."""
    lines = [line for line in case.payment.remittance if line.paid]
    if not lines:
        return None
    read: list[_Read] = []
    taken: set[str] = set()
    for line in sorted(lines, key=lambda each: _exactness(case, each)):
        found = _find(case, line, taken)
        if found is None:
            case.failed("remittance_line_not_found", reference=line.reference, paid=line.paid)
            return None
        taken.add(found.item.id)
        read.append(found)
    if any((each.line.paid > 0) != (each.item.open > 0) for each in read):
        case.failed("remittance_side_wrong")
        return None
    return _settled(case, read, sum(line.paid for line in lines))


def _exactness(case: Case, line: RemittanceLine) -> int:
    """Lines whose number is written in full are read first, so that a guess never takes their item."""
    return min((0 if m.digits in case.index.by_form else 1 for m in mentions_in(line.reference)), default=2)


def _find(case: Case, line: RemittanceLine, taken: set[str]) -> _Read | None:
    for mention in _mentions(line):
        found = case.index.find(mention)
        if found is None:
            continue
        free = [item for item in found.items if item.id not in taken]
        fitting = [item for item in free if item.open in (line.paid, line.gross)]
        if found.how in FIRM and len(free) == 1:
            return _Read(line, free[0], SURE[found.how], found.how)
        if len(fitting) == 1 or (fitting and len({item.open for item in fitting}) == 1):
            return _Read(line, fitting[0], SURE[found.how], found.how, len(fitting) > 1)
        if len(free) == 1:  # guessed, and the amount does not say the same
            return _Read(line, free[0], 986 if line.gross is None else 700, found.how)
    alike = [item for item in case.items if item.id not in taken and item.open in (line.paid, line.gross)]
    if len(alike) == 1 and not any(case.book.number_like(m.digits) for m in _mentions(line)):
        return _Read(line, alike[0], 970, "amount")
    return None


def _mentions(line: RemittanceLine) -> Sequence[Mention]:
    return mentions_in(line.reference) or (Mention(line.reference, digits_of(line.reference), "document"),)


def _settled(case: Case, read: Sequence[_Read], listed: int) -> Plan | None:
    """The lines applied: a line paid short is kept back with its reason, a line paid over leaves the difference unapplied."""
    payment = case.payment
    sure = min(each.sure for each in read)
    lines, kept, over = [], [], 0
    for each in read:
        line, item = each.line, each.item
        put = min(line.paid, item.open) if item.open > 0 else max(line.paid, item.open)
        over += line.paid - put
        lines.append(Line(item.id, put))
        if short := item.open - put:
            kept.append(_kept(case, line, item, short))
    unapplied = over + payment.amount - listed
    taken, equal = [each.item for each in read], any(each.equal for each in read)
    if over == 0 and unapplied > 0 and (rest := _rest(case, taken, unapplied)) is not None:
        lines += lines_of(rest.items)
        taken += rest.items
        # The payer has a list: which of equal items is the missing one stands there, not with us.
        sure = min(sure, 900 if rest.equal_items else int(rest.share * 1000))
        listed, unapplied = listed + unapplied, 0
    said = [
        Evidence(
            "remittance", {"as": r.line.reference, "paid": r.line.paid, "item": r.item.number, "how": r.how}
        )
        for r in read
    ]
    said += [
        Evidence("kept_back", {"reason": k.reason, "amount": k.amount, "item": k.item}) for k in kept if k
    ]
    if unapplied < 0:
        if max(line.amount for line in lines) + unapplied <= 0:
            case.failed("remittance_more_than_money")
            return None
        lines, unapplied = _less(lines, unapplied), 0
        sure = min(sure, 600)
    if listed != payment.amount:
        said.append(Evidence("list_and_money_differ", {"listed": listed, "amount": payment.amount}))
        sure = min(sure, 988 if 0 < payment.amount - listed <= max(2_000, listed // 50) else 900)
    return Plan(
        "remittance", sure, tuple(taken), tuple(lines), tuple(k for k in kept if k), unapplied, tuple(said), equal,
    )  # fmt: skip


def _rest(case: Case, taken: Sequence[OpenItem], rest: int) -> Made | None:
    """The list was cut off: other items of the same customers make what it does not explain."""
    ids, customers = {item.id for item in taken}, {item.customer for item in taken}
    others = [item for item in case.items if item.customer in customers and item.id not in ids]
    made = made_of(others, rest, case, 0.02 if rest <= 2_000 else 0.0)
    return made if made is not None and made.share > 0.5 else None


def _less(lines: Sequence[Line], short: int) -> list[Line]:
    """The list is more than the money: the largest line takes the difference, so that nothing is applied that did not come."""
    largest = max(lines, key=lambda line: line.amount)
    return [Line(line.item, line.amount + (short if line is largest else 0)) for line in lines]


def _kept(case: Case, line: RemittanceLine, item: OpenItem, short: int) -> Deduction | None:
    """Why a line was paid short: the payer's words, else a discount to the cent, charges, a plain part (nothing is kept back), unknown."""
    if line.reason.strip():
        return Deduction(item.id, short, line.reason.strip().upper())
    habits = case.book.habits(item.customer)
    if deductions.discounts_making((item,), short, habits) is not None:
        return Deduction(item.id, short, deductions.DISCOUNT)
    if deductions.is_bank_fee(case.payment.channel, short):
        return Deduction(item.id, short, deductions.BANK_FEE)
    if deductions.share_paid(item.open, line.paid):
        return None
    return Deduction(item.id, short, deductions.UNKNOWN)
