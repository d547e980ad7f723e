"""How money comes in: payments with and without a reference, in part, too much, too little, for a branch, sent back."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from examples.sample_company import temperaments, troubles
from examples.sample_company.accounts import Account
from examples.sample_company.book import Application, Item

if TYPE_CHECKING:
    from examples.sample_company.story import Story

# A customer paying one bill also pays what it means to pay in the next days.
_GATHERS = {
    "key_account": 6,
    "month_end": 10,
    "slow_but_sure": 9,
    "nearly_on_time": 6,
    "prompt": 5,
    "promise_breaker": 8,
}


def intend(story: Story, account: Account, item: Item, on: date | None = None, part: int = 0) -> None:
    """The customer means to pay the item (or `part` of it) on a day: its own, or the one its temperament gives."""
    if account.quiet_from and story.day >= account.quiet_from:
        item.pay_on = None
        return
    if on is None:
        on = temperaments.pay_day(account.temperament, item.due_on, story.random, story.progress(item.due_on))
        if (
            item.discount_until
            and account.takes_discount
            and account.temperament.name in ("prompt", "key_account")
        ):
            on = item.discount_until - timedelta(days=story.random.randrange(0, 4))
    day = story.on_business_day(max(on, story.day + timedelta(days=1)))
    if account.quiet_from and day >= account.quiet_from:
        item.pay_on = None
        return
    item.pay_on, item.pay_part = day, part
    payer = account.parent if account.parent_pays and account.parent is not None else account.index
    story.paydays.setdefault(day, {})[payer] = None


def pay_day(story: Story) -> None:
    """Everyone who means to pay something today pays."""
    for index in story.paydays.pop(story.day, {}):
        payer = story.accounts[index]
        through = story.day + timedelta(days=_GATHERS.get(payer.temperament.name, 0))
        groups: dict[tuple[str, str], list[Item]] = {}
        for customer in (index, *story.paid_by.get(index, ())):
            for item in story.book.open_debits.get(customer, {}).values():
                due = item.pay_on is not None and item.pay_on <= through and not item.held
                if due and item.open > item.disputed and (item.pay_part == 0 or item.pay_on == story.day):
                    groups.setdefault((item.entity, item.currency), []).append(item)
        for items in groups.values():
            pay(story, payer, items)


def pay(story: Story, payer: Account, items: list[Item]) -> None:
    """One payment for the items, and what is made of it."""
    random, temperament = story.random, payer.temperament
    value_on = story.day - timedelta(days=random.choice((0, 0, 0, 1)))
    wanted = [(item, _amount(story, payer, item)) for item in items]
    discounts = {item.index: _discount(payer, item, amount, value_on) for item, amount in wanted}
    wanted = [(item, amount - discounts[item.index]) for item, amount in wanted]
    wanted = [(item, amount) for item, amount in wanted if amount > 0]
    if not wanted:
        return
    chance = random.random()
    short: Item | None = None
    if chance < 0.015 and wanted[0][1] > 40_000 and not discounts[wanted[0][0].index]:
        short = wanted[0][0]
        wanted[0] = (short, wanted[0][1] * random.randrange(88, 99) // 100)
    total = sum(amount for _, amount in wanted)
    extra = total * random.randrange(3, 30) // 100 if 0.015 <= chance < 0.023 else 0
    credit = _receive(story, payer, items[0], total + extra, value_on)
    if 0.023 <= chance < 0.023 + temperament.silent_money * 1.2:
        _without_reference(story, credit, wanted)
        return
    if 0.95 <= chance < 0.954 and _to_the_wrong_one(story, payer, credit, wanted):
        return
    made = settle(story, credit, wanted, "by_reference")
    for item, _ in wanted:
        if discounts[item.index]:
            _take_discount(story, item, discounts[item.index], credit)
        if item.open > item.disputed:
            _later(story, item, short)
    may_return = temperament.name not in ("key_account", "prompt") and not any(discounts.values())
    if 0.96 <= chance < 0.966 and may_return:
        story.on(
            story.day + timedelta(days=random.randrange(2, 7)),
            partial(troubles.returned, story, payer, credit, made),
        )
    if extra and random.random() < 0.3:
        story.on(
            story.day + timedelta(days=random.randrange(20, 60)), partial(troubles.refund, story, credit)
        )


def _amount(story: Story, payer: Account, item: Item) -> int:
    free = item.open - item.disputed
    if item.pay_part:
        return min(free, item.pay_part)
    if story.random.random() < payer.temperament.pays_part and free > 20_000:
        return free * story.random.randrange(35, 75) // 100
    return free


def _discount(payer: Account, item: Item, amount: int, value_on: date) -> int:
    earned = item.discount_until is not None and value_on <= item.discount_until
    return item.discount if payer.takes_discount and earned and amount == item.amount else 0


def _later(story: Story, item: Item, short: Item | None) -> None:
    """What becomes of the rest of a bill that was paid in part."""
    random, account = story.random, story.accounts[item.customer]
    if item is short:
        troubles.short_paid(story, account, item)
    else:
        intend(story, account, item, story.day + timedelta(days=random.randrange(12, 40)))


def _receive(story: Story, payer: Account, like: Item, amount: int, value_on: date) -> Item:
    random = story.random
    means = (
        random.choice(("ACH", "WIRE", "CHECK", "CARD"))
        if like.entity == "US"
        else random.choice(("BACS", "SEPA", "FPS"))
    )
    return story.book.post(
        entity=like.entity, customer=payer.index, kind="payment", side=-1, currency=like.currency, amount=amount,
        number=f"RC-{story.next_receipt()}", document_on=value_on, due_on=value_on, posted_on=story.day, value_on=value_on,
        recorded_at=story.recorded(story.day, late=0.012), source="bank",
        reference=f"{means} {random.randrange(10_000_000, 99_999_999)} {like.number if random.random() < 0.7 else ''}".strip(),
    )  # fmt: skip


def settle(
    story: Story, credit: Item, wanted: list[tuple[Item, int]], why: str, by: str | None = None
) -> list[Application]:
    """Apply the credit to the items as far as both still reach."""
    made = []
    for item, amount in wanted:
        amount = min(amount, item.open, credit.open)
        if amount > 0:
            evidence = f"{credit.reference} names {item.number}" if why == "by_reference" else ""
            made.append(
                story.book.apply(
                    credit, item, amount, story.day, story.recorded(story.day), why, by, evidence
                )
            )
            story.look_at_promises_of(story.accounts[item.customer])
    return made


def _take_discount(story: Story, item: Item, discount: int, money: Item) -> None:
    credit = story.book.post(
        entity=item.entity, customer=item.customer, kind="discount", side=-1, currency=item.currency,
        amount=min(discount, item.open), number=f"DC-{story.next_memo()}", document_on=story.day, due_on=story.day,
        posted_on=story.day, value_on=money.value_on, recorded_at=money.recorded_at, reason="earned", corrects=money,
        description=f"Early-payment discount on {item.number}",
    )  # fmt: skip
    story.book.apply(credit, item, credit.amount, story.day, credit.recorded_at, "discount_earned")


def _without_reference(story: Story, credit: Item, wanted: list[tuple[Item, int]]) -> None:
    """Nobody knows yet what the money is for. Most of it finds its bills in days, some only after months."""
    random = story.random
    stale = random.random() < 0.3 and credit.amount < 900_000
    for item, _ in wanted:
        item.held = True
    days = random.randrange(50, 260) if stale else random.randrange(2, 16)
    story.on(story.day + timedelta(days=days), partial(_find_bills, story, credit, wanted))


def _find_bills(story: Story, credit: Item, wanted: list[tuple[Item, int]]) -> None:
    by = story.accounts[credit.customer].collector or "senior"
    settle(story, credit, wanted, "by_hand", by)
    for item, _ in wanted:
        item.held = False
        if item.open > item.disputed:
            intend(story, story.accounts[item.customer], item, story.day + timedelta(days=10))


def _to_the_wrong_one(story: Story, payer: Account, credit: Item, wanted: list[tuple[Item, int]]) -> bool:
    """The money is put to another open bill of the customer first, and to the right one some days later."""
    right, amount = wanted[0]
    others = [
        item
        for item in story.book.open_debits.get(payer.index, {}).values()
        if item is not right
        and item.entity == credit.entity
        and item.currency == credit.currency
        and item.open >= amount
    ]
    if not others or len(wanted) > 1 or others[0].disputed or others[0].held:
        return False
    wrong = others[0]
    made = settle(story, credit, [(wrong, amount)], "by_hand", "femi")
    right.held = wrong.held = True

    def mend() -> None:
        at = story.recorded(story.day)
        story.book.reverse(made[0], story.day, at, "reversed_by_hand", "senior", f"Meant for {right.number}")
        story.book.apply(
            credit, right, min(amount, right.open), story.day, at, "by_hand", "senior", "Payer's letter"
        )
        right.held = wrong.held = False
        for each in (right, wrong):
            story.look_at_promises_of(story.accounts[each.customer])
        intend(story, story.accounts[wrong.customer], wrong, story.day + timedelta(days=8))

    story.on(story.day + timedelta(days=story.random.randrange(3, 11)), mend)
    return True


def deposit(story: Story, account: Account, amount: int) -> None:
    """Money for an order that is not billed yet; the bill takes it, unless the order is still open."""
    from examples.sample_company.billing import bill  # noqa: PLC0415  the bill in turn looks for deposits

    place = account.place
    order = f"SO{story.random.randrange(100_000, 999_999)}"
    credit = story.book.post(
        entity=place.entity, customer=account.index, kind="deposit", side=-1, currency=place.currency, amount=amount,
        number=f"DP-{story.next_receipt()}", document_on=story.day, due_on=story.day, posted_on=story.day, value_on=story.day,
        recorded_at=story.recorded(story.day), source="bank", order_number=order, description=f"Deposit for order {order}",
    )  # fmt: skip
    story.deposits[account.index] = credit
    billed = story.day + timedelta(days=story.random.randrange(15, 60))
    net = amount * story.random.randrange(100, 140) // 100
    story.on(billed, partial(bill, story, account, "standard", net, None, None, None))


def use_deposit(story: Story, account: Account, item: Item) -> None:
    """A bill takes the customer's deposit first."""
    credit = story.deposits.get(account.index)
    if (
        credit
        and credit.currency == item.currency
        and credit.entity == item.entity
        and item.invoice_class == "standard"
    ):
        del story.deposits[account.index]
        amount = min(credit.open, item.open)
        story.book.apply(
            credit,
            item,
            amount,
            story.day,
            story.recorded(story.day),
            "by_reference",
            None,
            f"Order {credit.order_number}",
        )
