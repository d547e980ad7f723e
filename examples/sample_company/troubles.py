"""What does not go its way: disputes, short pays, returned payments, bills never delivered, blocks, write-offs, refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from examples.sample_company import payers
from examples.sample_company.accounts import Account
from examples.sample_company.book import Application, Item

if TYPE_CHECKING:
    from examples.sample_company.story import Story

_REASONS = (
    ("price", "sales", "Price differs from the quotation"), ("quantity", "operations", "Fewer units received than billed"),
    ("quality", "support", "Service was down for two days"), ("tax", "finance", "Tax-exempt certificate not applied"),
    ("not_ordered", "sales", "No purchase order on their side"), ("duplicate", "finance", "Billed twice, they say"),
    ("freight", "operations", "Freight was to be included"),
)  # fmt: skip
_OUTCOMES = ("credit", "credit", "credit", "rebill", "document", "document", "refused", "withdrawn")


@dataclass(slots=True, eq=False)
class Dispute:
    item: Item
    amount: int
    reason: str
    note: str
    department: str
    raised_by: str
    opened_on: date
    due_on: date
    recorded_at: datetime
    by: str | None
    resolved_on: date | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str = ""


@dataclass(slots=True, eq=False)
class Block:
    customer: int
    item: Item | None
    kind: str
    from_on: date
    until_on: date | None
    reason: str
    recorded_at: datetime
    by: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    def holds(self, on: date) -> bool:
        return (
            self.from_on <= on and (self.until_on is None or on <= self.until_on) and self.lifted_at is None
        )


def after_billing(story: Story, account: Account, item: Item) -> None:
    """Some bills are contested when they arrive; some never arrive."""
    random = story.random
    if random.random() < account.temperament.disputes:
        days = max(1, (item.due_on - story.day).days + random.randrange(-8, 12))
        story.on(story.day + timedelta(days=days), partial(contest, story, item, None))
    elif random.random() < 0.004:
        story.on(
            story.day + timedelta(days=random.randrange(3, 30)), partial(_undelivered, story, account, item)
        )


def contest(story: Story, item: Item, by: str | None, at: datetime | None = None) -> bool:
    """The customer disputes the bill, or part of it; false when there is nothing to dispute."""
    if not item.open or item.contested or item.held:
        return False
    random, account = story.random, story.accounts[item.customer]
    reason, department, note = random.choice(_REASONS)
    amount = item.open if random.random() < 0.4 else max(1, item.open * random.randrange(5, 60) // 100)
    dispute = Dispute(
        item, amount, reason, note, department, account.contacts[0].name, story.day,
        story.calendar.next_business_day(story.day, 5), at or story.recorded(story.day), by or account.collector,
    )  # fmt: skip
    item.contested, item.disputed = amount, min(amount, item.open)
    story.disputes.append(dispute)
    story.look_at_promises_of(account)
    days = random.randrange(3, 45) if random.random() < 0.85 else random.randrange(60, 200)
    story.on(story.day + timedelta(days=days), partial(_resolve, story, dispute))
    return True


def _resolve(story: Story, dispute: Dispute) -> None:
    random, item = story.random, dispute.item
    account = story.accounts[item.customer]
    dispute.resolved_on, dispute.resolved_at = story.day, story.recorded(story.day)
    dispute.resolved_by = random.choice(("senior", "lead", "support", "operations", "finance"))
    dispute.resolution = random.choice(_OUTCOMES)
    amount = min(dispute.amount, item.open)
    item.contested = item.disputed = 0
    if amount and dispute.resolution in ("credit", "rebill"):
        credit(story, account, item, amount, dispute.reason)
        if dispute.resolution == "rebill":
            story.bill_again(account, item, amount * random.randrange(60, 96) // 100)
    if item.open:
        payers.intend(story, account, item, story.day + timedelta(days=random.randrange(4, 22)))
    story.remark(
        account, f"Dispute about {item.number} closed: {dispute.resolution}.", dispute.resolved_by, item
    )
    story.follow_up(
        account,
        f"Has the rest of {item.number} been paid?",
        story.calendar.next_business_day(story.day, 5),
        None,
    )


def credit(story: Story, account: Account, item: Item, amount: int, reason: str) -> None:
    """A credit memo for the item, applied to it."""
    memo = story.credit_item(account, item, "credit_memo", amount, reason, f"Credit for {item.number}")
    story.book.apply(memo, item, amount, story.day, memo.recorded_at, "by_hand", "senior")
    story.look_at_promises_of(account)


def short_paid(story: Story, account: Account, item: Item) -> None:
    """The payer kept something back: a trifle is written off, a deduction is refused, contested or paid after all."""
    rest, chance = item.open, story.random.random()
    if rest < 4_000:
        write_off(story, account, item, rest, "small_balance")
    elif chance < 0.4:
        contest(story, item, None)
    elif chance < 0.55 and not item.disputed:
        credit(story, account, item, rest, "deduction")
        charge = story.book.post(
            entity=item.entity, customer=item.customer, kind="chargeback", side=1, currency=item.currency, amount=rest,
            number=f"CB-{story.next_memo()}", document_on=story.day, due_on=story.day + timedelta(days=15), posted_on=story.day,
            value_on=story.day, recorded_at=story.recorded(story.day), terms="N15", reason="deduction", corrects=item,
            description=f"Deduction from {item.number} refused",
        )  # fmt: skip
        payers.intend(story, account, charge)
    else:
        payers.intend(story, account, item, story.day + timedelta(days=story.random.randrange(15, 60)))


def write_off(story: Story, account: Account, item: Item, amount: int, reason: str) -> None:
    """Remove what will not be collected."""
    credit_item = story.credit_item(
        account, item, "write_off", amount, reason, f"Written off on {item.number}"
    )
    story.book.apply(credit_item, item, amount, story.day, credit_item.recorded_at, "written_off", "finance")


def returned(story: Story, payer: Account, money: Item, made: list[Application]) -> None:
    """The bank takes the payment back: its applications are undone, the bills are owed again, a fee is charged."""
    standing = [each for each in made if each.index not in story.undone]
    if money.open + sum(each.amount for each in standing) != money.amount or any(
        each.debit.contested for each in standing
    ):
        return
    day, at = story.day, story.recorded(story.day)
    for application in standing:
        story.undone[application.index] = None
        story.book.reverse(application, day, at, "payment_returned", None, f"{money.number} was returned")
    back = story.book.post(
        entity=money.entity, customer=payer.index, kind="payment_return", side=1, currency=money.currency, amount=money.amount,
        number=f"RT-{story.next_memo()}", document_on=day, due_on=day, posted_on=day, value_on=day, recorded_at=at,
        corrects=money, source="bank_return", source_key=f"TRACE{money.index:09d}", reason=story.random.choice(("R01", "R09", "R29")),
        description=f"{money.number} returned: {story.random.choice(('not sufficient funds', 'payment stopped'))}",
    )  # fmt: skip
    story.book.apply(money, back, money.amount, day, at, "payment_returned")
    for application in standing:
        debit = application.debit
        payers.intend(
            story, story.accounts[debit.customer], debit, day + timedelta(days=story.random.randrange(8, 30))
        )
        story.look_at_promises_of(story.accounts[debit.customer])
    fee = story.book.post(
        entity=money.entity, customer=payer.index, kind="debit_memo", side=1, currency=money.currency, amount=3_500,
        number=f"DM-{story.next_memo()}", document_on=day, due_on=day + timedelta(days=10), posted_on=day, value_on=day,
        recorded_at=at, terms="N10", reason="returned_payment", description=f"Fee for the return of {money.number}",
    )  # fmt: skip
    payers.intend(story, payer, fee)
    story.remark(payer, f"Payment {money.number} came back from the bank.", None, None)


def refund(story: Story, money: Item) -> None:
    """What was paid too much goes back."""
    if not money.open:
        return
    debit = story.book.post(
        entity=money.entity, customer=money.customer, kind="refund", side=1, currency=money.currency, amount=money.open,
        number=f"RF-{story.next_memo()}", document_on=story.day, due_on=story.day, posted_on=story.day, value_on=story.day,
        recorded_at=story.recorded(story.day), reason="overpayment", corrects=money, description=f"Refund of {money.number}",
    )  # fmt: skip
    story.book.apply(money, debit, debit.amount, story.day, debit.recorded_at, "by_hand", "finance")


def _undelivered(story: Story, account: Account, item: Item) -> None:
    """The bill bounced: nobody asks for it until it is sent again; the due date then moves, with a log."""
    if not item.open:
        return
    day, days = story.day, story.random.randrange(3, 14)
    block = block_account(
        story, account, "undelivered", f"{item.number} was refused by their portal", item=item, by="support"
    )

    def delivered() -> None:
        block.lifted_at, block.lifted_by = story.recorded(story.day), "support"
        story.item_blocks.pop(item.index, None)
        if item.open and story.random.random() < 0.6:
            new = item.due_on + timedelta(days=(story.day - day).days)
            story.due_changes.append(
                (item, item.due_on, new, story.day, block.lifted_at, "Delivered again, terms run anew")
            )
            item.due_on = new

    story.on(day + timedelta(days=days), delivered)


def block_account(
    story: Story,
    account: Account,
    kind: str,
    reason: str,
    until: date | None = None,
    item: Item | None = None,
    by: str = "manager",
) -> Block:
    """Stop contact about a customer, or one item."""
    block = Block(account.index, item, kind, story.day, until, reason, story.recorded(story.day), by)
    story.blocks.append(block)
    if item is not None:
        story.item_blocks[item.index] = block
    else:
        account.do_not_call = account.do_not_call or kind == "do_not_call"
        story.account_blocks.setdefault(account.index, []).append(block)
    return block


def plan_troubles(story: Story) -> None:
    """Who goes quiet, and when; who is handed over, stopped, or put on a plan."""
    random, span = story.random, (story.today - story.first_day).days
    for account in story.accounts:
        name = account.temperament.name
        if name == "gone_quiet":
            account.quiet_from = story.today - timedelta(
                days=random.randrange(30, max(40, min(330, span - 60)))
            )
        elif name == "sliding" and random.random() < 0.25:
            account.quiet_from = story.today - timedelta(
                days=random.randrange(20, max(21, min(160, span - 60)))
            )
        if account.quiet_from:
            story.on(
                account.quiet_from + timedelta(days=random.randrange(70, 110)),
                partial(_hand_over, story, account),
            )
    usual = [
        each for each in story.accounts if not each.quiet_from and each.segment != "key" and not each.ends_on
    ]
    chosen = random.sample(usual, min(len(usual), max(6, len(story.accounts) // 45)))
    for index, account in enumerate(chosen):
        kind = ("plan", "do_not_call", "extension", "cease_contact", "plan", "do_not_call", "insolvency")[
            index % 7
        ]
        before = random.randrange(4, 50)
        story.on(story.today - timedelta(days=before), partial(_stop, story, account, kind))


_WHY = {
    "plan": "Payment plan approved by the Corporate Controller",
    "do_not_call": "Asked to be written to only",
    "extension": "Extension granted until their grant is paid out",
    "cease_contact": "Lawyer's letter: no further contact with the customer",
    "insolvency": "Administration opened; claim filed",
}


def _stop(story: Story, account: Account, kind: str) -> None:
    until = (
        story.day + timedelta(days=story.random.randrange(30, 90)) if kind in ("plan", "extension") else None
    )
    block_account(story, account, kind, _WHY[kind], until)


def _hand_over(story: Story, account: Account) -> None:
    """A customer that has paid nothing for long goes to counsel or an agency; the oldest bills are written off later."""
    kind = story.random.choice(("legal", "agency", "agency", "insolvency", ""))
    if kind:
        block_account(story, account, kind, f"Handed over: nothing paid since {account.quiet_from}")
        account.status = "suspended"
        story.on(
            story.day + timedelta(days=story.random.randrange(90, 150)), partial(_give_up, story, account)
        )


def _give_up(story: Story, account: Account) -> None:
    for item in list(story.book.open_debits.get(account.index, {}).values()):
        if (story.day - item.due_on).days > 120 and item.side == 1 and not item.contested:
            write_off(story, account, item, item.open, "uncollectible")
