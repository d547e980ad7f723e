"""Items a payment names in its text. Step 1 and 2 of DOMAIN section 6: exact, with credits, a discount, charges, a rest, a part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dunlin.rules.cash import deductions
from dunlin.rules.cash.amounts import Made, made_of
from dunlin.rules.cash.facts import Deduction, Evidence, Habits, Line, OpenItem
from dunlin.rules.cash.reading import Case, Plan, in_order, lines_of, total
from dunlin.rules.cash.references import Found, Mention, digits_of, one_slip
from dunlin.rules.cash.subsets import sets_making

LIKELY = 0.9
MANY = 30  # a beginning that so many numbers have says nothing beside a number in full
CHOICES_MAX = 4_000
PICKS_MAX = 12_000  # picks times items
SURE = {"exact": 999, "swapped": 998, "order": 997, "tail": 995, "head": 994, "order_head": 990, "typo": 992}
FIRM = frozenset({"exact", "swapped", "order"})
SMALL_OVER = 2_000
# What stands behind the last number without being the rest of a list: a date, an order, a customer number.
AFTER = re.compile(
    r"\b(?:PO|ACCT|ORDER|ACCOUNT)\b\W*\w*|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b20\d{6}\b|[A-Z]{4,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """What the mentions point at: `fixed` one item each, `open` several items each, `missing` look like numbers of ours but are not
    open; `firm` when every fixed one was written in full."""

    fixed: tuple[OpenItem, ...]
    found: tuple[Found, ...]
    open: tuple[Found, ...]
    missing: tuple[Mention, ...]
    firm: bool

    @property
    def sure(self) -> int:
        return min((SURE[each.how] for each in self.found), default=999)


def what_is_named(case: Case, mentions: Sequence[Mention]) -> Named:
    """Resolve the mentions among the items in scope; one that several items could be stays open unless another settles it."""
    single: dict[str, tuple[OpenItem, Found]] = {}
    several: list[Found] = []
    missing: list[Mention] = []
    for mention in mentions:
        if mention.label == "account" or case.book.by_number(mention.text) is not None:
            continue
        found = case.index.find(mention)
        if found is None:
            if mention.label != "order" and case.book.number_like(mention.digits):
                missing.append(mention)
        elif len(found.items) == 1:
            single.setdefault(found.items[0].id, (found.items[0], found))
        else:
            several.append(found)
    # An order that several items carry says nothing more once one of them is named (an invoice and its credit memo).
    several = [
        each
        for each in several
        if each.how in ("head", "tail") or not any(item.id in single for item in each.items)
    ]
    if single:
        several = [each for each in several if each.how != "head" or len(each.items) <= MANY]
    fixed = tuple(item for item, _ in single.values())
    founds = tuple(found for _, found in single.values())
    firm = all(found.how in FIRM for found in founds)
    return Named(fixed, founds, tuple(several), tuple(missing), firm)


def by_names(case: Case) -> Plan | None:
    """What the text names, with the first reading that makes the amount."""
    named = what_is_named(case, case.mentions)
    if not named.fixed and not named.open:
        case.failed("names_nothing_open", missing=len(named.missing))
        return None
    amount = case.payment.amount
    if named.open:
        plan = _choose(case, named) or _with_rest(case, named)
        if plan is not None or not named.fixed:
            return plan
    fixed, whole = named.fixed, total(named.fixed)
    if whole == amount:
        return _plan(case, named, "named", fixed, named.sure)
    plan = _misread(case, named)
    if plan is None and whole > amount:
        plan = _with_credit(case, named) or _short(case, named)
    if plan is None and whole < amount:
        plan = _with_rest(case, named) or _over(case, named)
    return plan


def _plan(
    case: Case, named: Named, step: str, items: Sequence[OpenItem], sure: int,
    kept: tuple[Deduction, ...] = (), unapplied: int = 0, equal: bool = False, lines: tuple[Line, ...] | None = None,
) -> Plan:  # fmt: skip
    said = [
        Evidence("named", {"as": found.mention.text, "item": found.items[0].number, "how": found.how})
        for found in named.found
    ]
    said += [Evidence("kept_back", {"reason": k.reason, "amount": k.amount, "item": k.item}) for k in kept]
    if unapplied:
        said.append(Evidence("over", {"amount": unapplied}))
    forbidden = ("names_not_open",) if named.missing else ()
    return Plan(
        step, sure, tuple(items), lines_of(items, kept) if lines is None else lines, kept, unapplied, tuple(said), equal, forbidden
    )  # fmt: skip


def _choose(case: Case, named: Named) -> Plan | None:
    """For each number that several items could be, one item, so that all together make the amount."""
    fixed = {item.id for item in named.fixed}
    choices = [[item for item in each.items if item.id not in fixed] for each in named.open]
    many = 1
    for each in choices:
        many *= len(each)
    if not many or many > CHOICES_MAX:
        return None
    rest = case.payment.amount - total(named.fixed)
    fitting = [
        picked
        for picked in product(*choices)
        if total(picked) == rest and len({item.id for item in picked}) == len(picked)
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda picked: [(item.due_on, item.number) for item in picked])
    same = {tuple(sorted(item.open for item in picked)) for picked in fitting}
    sure = min([named.sure, *(SURE[each.how] for each in named.open)])
    if len(same) > 1:
        sure = 500
    equal = len({frozenset(item.id for item in picked) for picked in fitting}) > 1
    return _plan(case, named, "named", (*named.fixed, *best), sure, equal=equal)


def _misread(case: Case, named: Named) -> Plan | None:
    """A number written with a slip that happens to be another item's: the item one slip away makes the amount to the cent."""
    if len(named.fixed) > 3:
        return None
    ways = []
    for place, found in enumerate(named.found):
        others = total(item for n, item in enumerate(named.fixed) if n != place)
        for item in case.items:
            if others + item.open != case.payment.amount or item in named.fixed:
                continue
            if one_slip(found.mention.digits, digits_of(item.number)):
                ways.append((place, item))
    if len(ways) != 1:
        return None
    place, item = ways[0]
    items = [*named.fixed[:place], item, *named.fixed[place + 1 :]]
    return _plan(case, named, "named", items, 987)


def _with_credit(case: Case, named: Named) -> Plan | None:
    """Credits of the same customers make up the difference; those of the same order first."""
    short = total(named.fixed) - case.payment.amount
    customers = {item.customer for item in named.fixed}
    orders = {item.po_number for item in named.fixed if item.po_number}
    credits = in_order(
        item
        for item in case.items
        if item.open < 0 and item.customer in customers and item not in named.fixed
    )
    same_order = [item for item in credits if item.po_number in orders]
    for pool, sure in ((same_order, 995), (credits, 990)):
        found = sets_making([-item.open for item in pool], short, 3)
        if found.sets:
            picked = [pool[n] for n in found.sets[0]]
            several = len(found.sets) > 1
            return _plan(
                case,
                named,
                "named_with_credit",
                (*named.fixed, *picked),
                500 if several else min(sure, named.sure),
            )
    return None


def _short(case: Case, named: Named) -> Plan | None:
    """Less than what is named: a discount, bank charges, a plain part, or a short pay whose reason nobody gave."""
    fixed, amount = named.fixed, case.payment.amount
    short = total(fixed) - amount
    payer = fixed[0].customer
    habits: Habits = case.book.habits(payer)
    if (found := deductions.discounts_making(fixed, short, habits)) is not None:
        kept, usual = found
        return _plan(case, named, "named_less_discount", fixed, min(named.sure, 997 if usual else 993), kept)
    if not named.firm:  # a number that was guessed must fit to the cent, or by a sum that has a meaning
        return _guessed_short(case, named, short) if len(fixed) == 1 else None
    if any(item.open == amount and item not in fixed for item in case.items if item.customer == payer):
        case.failed("another_item_fits")
        return _shortest(case, named, short, 700)
    if deductions.is_bank_fee(case.payment.channel, short):
        item = max(fixed, key=lambda each: each.open)
        return _plan(
            case, named, "named_less_fee", fixed, 992, (Deduction(item.id, short, deductions.BANK_FEE),)
        )
    # A part of what an order number stands for may be another delivery of that order.
    full = all(found.how != "order" for found in named.found)
    sure = 989 if len(fixed) == 1 and full and not _cut_off(case, named) else 900
    return _shortest(case, named, short, sure)


def _guessed_short(case: Case, named: Named, short: int) -> Plan | None:
    """One item by a part of its number, and less than is open: charges and plain shares bear the guess out."""
    item, slipped = named.fixed[0], named.found[0].how == "typo"
    if deductions.is_bank_fee(case.payment.channel, short) and not slipped:
        return _plan(
            case, named, "named_less_fee", named.fixed, 987, (Deduction(item.id, short, deductions.BANK_FEE),)
        )
    shared = bool(deductions.share_paid(item.open, case.payment.amount)) and named.found[0].how in (
        "tail",
        "head",
    )
    return _shortest(case, named, short, 986 if shared else 800)


def _shortest(case: Case, named: Named, short: int, sure: int) -> Plan | None:
    """The payer's instruction wins: what is named is paid as far as the money goes, the rest stays open as a short pay."""
    able = [item for item in named.fixed if item.open > short]
    if not able:
        return None
    item = max(able, key=lambda each: each.open)
    part = deductions.share_paid(item.open, item.open - short)
    kept = () if part else (Deduction(item.id, short, deductions.UNKNOWN),)
    lines = tuple(Line(each.id, each.open - (short if each is item else 0)) for each in named.fixed)
    return _plan(case, named, "named_part" if part else "named_short", named.fixed, sure, kept, lines=lines)


def _with_rest(case: Case, named: Named) -> Plan | None:
    """More than what is named: other items of the same customers make the rest, the numbers that several could be among them."""
    customers = {item.customer for item in named.fixed} or {i.customer for f in named.open for i in f.items}
    if case.payer is not None and not named.fixed:
        customers &= {case.payer.customer, *case.book.family(case.payer.customer)}
    sure = min([named.sure, *(SURE[each.how] for each in named.open)])
    best: tuple[float, tuple[OpenItem, ...], Made] | None = None
    weights = 0.0
    for picked in _picks(named, len(case.items)):
        fixed = (*named.fixed, *picked)
        ids = {item.id for item in fixed}
        rest = case.payment.amount - total(fixed)
        others = [item for item in case.items if item.customer in customers and item.id not in ids]
        small = 0.01 if 0 < rest <= SMALL_OVER else 0.0
        made = made_of(_behind(case, named, others), rest, case, small) if len(fixed) > 1 else None
        if made is None or made.share < LIKELY:
            made = made_of(others, rest, case, small)
        if made is not None:
            weights += made.weight
            if best is None or made.weight > best[0]:
                best = made.weight, fixed, made
    if best is None:
        return None
    weight, fixed, made = best
    share = weight / (weights + made.against)
    if any(found.how == "typo" for found in named.found):
        sure = min(sure, 900)  # a number that was guessed and a rest that was guessed are one guess too many
    equal = made.equal_items or bool(named.open)
    return _plan(
        case, named, "named_with_rest", (*fixed, *made.items), min(sure, int(share * 1000)), equal=equal
    )


def _behind(case: Case, named: Named, others: Sequence[OpenItem]) -> list[OpenItem]:
    """A list that was cut off goes on behind its last number: when it is in order of due dates, so is the rest. Else nothing."""
    places = {item.id: place for place, item in enumerate(in_order(case.items))}
    listed = [places[item.id] for item in named.fixed]
    if not named.fixed or listed != sorted(listed):
        return []
    return [item for item in others if places[item.id] > listed[-1] or item.open < 0]


def _picks(named: Named, items: int) -> list[tuple[OpenItem, ...]]:
    """One item for each number that several could be, one pick for each way of amounts; the oldest stand for equal ones."""
    fixed = {item.id for item in named.fixed}
    choices = [in_order(item for item in each.items if item.id not in fixed) for each in named.open]
    many = 1
    for each in choices:
        many *= len(each)
    if many > CHOICES_MAX:
        return []
    picks: dict[tuple[int, ...], tuple[OpenItem, ...]] = {}
    for picked in product(*choices):
        if len({item.id for item in picked}) == len(picked):
            picks.setdefault(tuple(item.open for item in picked), picked)
    return list(picks.values())[: max(3, min(24, PICKS_MAX // (items + 1)))]


def _over(case: Case, named: Named) -> Plan | None:
    """More than what is named and nothing else makes the rest: it stays unapplied. A large rest may be a part of something that was
    not named, or was cut off: then a person looks."""
    over = case.payment.amount - total(named.fixed)
    customers = {item.customer for item in named.fixed}
    others = [item for item in case.items if item.customer in customers and item not in named.fixed]
    small = over <= SMALL_OVER and over * 20 <= case.payment.amount
    plain = over * 4 <= total(named.fixed) and not any(item.open > over for item in others)
    if not named.firm:
        rounding = len(named.fixed) == 1 and named.found[0].how != "typo" and over <= SMALL_OVER // 2
        return (
            _plan(case, named, "named_over", named.fixed, 987 if rounding else 900, unapplied=over)
            if small
            else None
        )
    sure = 990 if (small or plain) and not _cut_off(case, named) else 800
    return _plan(case, named, "named_over", named.fixed, sure, unapplied=over)


def _cut_off(case: Case, named: Named) -> bool:
    """Whether the text goes on behind the last number that was found: a list that did not fit in."""
    last = max(
        (case.payment.memo.rfind(found.mention.text) + len(found.mention.text) for found in named.found),
        default=0,
    )
    behind = AFTER.sub("", case.payment.memo[last:])
    return bool(behind.strip())
