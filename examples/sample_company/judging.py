"""Promises judged night by night with the product's own rules, as its nightly run does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from dunlin.rules import promises as rules
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words
from examples.sample_company.accounts import Account
from examples.sample_company.book import Item
from examples.sample_company.conversations import Promise

if TYPE_CHECKING:
    from examples.sample_company.story import Story

Credits = dict[
    int, list[tuple[datetime, int]]
]  # index of the debit → what settled it without money, and when


def judge(story: Story, account: Account, day: date) -> None:
    """Judge all promises of a customer as of `day` by what was applied before that morning."""
    live = [each for each in story.promises_of.get(account.index, ()) if each.status != rules.CANCELLED]
    items = {item.index for each in live for item, _ in each.items}
    receipts: list[rules.Receipt] = []
    returned: dict[int, int] = {}
    credits: Credits = {}
    for index in sorted(items):
        for use in story.book.settlements.get(index, ()):
            if use.credit.kind not in rules.MONEY_KINDS:
                credits.setdefault(index, []).append((use.recorded_at, use.amount))
            elif use.reverses is not None:
                returned[use.reverses.index] = -use.amount
            else:
                receipts.append(
                    rules.Receipt(use.index, index, use.value_on, use.amount, recorded_at=use.recorded_at)
                )
    receipts = [_net(each, returned) for each in receipts]
    for promise in live:
        if promise.status == rules.OPEN and _void(promise, credits):
            _note(story, promise, day, rules.CANCELLED, 0, "its items were credited or are disputed")
    live = [each for each in live if each.status != rules.CANCELLED]
    for currency in sorted({each.currency for each in live}):
        group = [each for each in live if each.currency == currency]
        claims = [
            rules.Claim(
                each.index,
                _promised(each, credits),
                each.due_on,
                each.made_on,
                frozenset(item.index for item, _ in each.items),
                each.recorded_at,
            )
            for each in group
        ]
        paid = rules.money_of(rules.allocate_money(claims, receipts))
        for each in group:
            _verdict(story, each, paid.get(each.index, 0), credits, day)


def _net(receipt: rules.Receipt, returned: dict[int, int]) -> rules.Receipt:
    back = returned.get(receipt.id, 0)
    return replace(receipt, returned=back) if back else receipt


def _since(promise: Promise, item: Item, credits: Credits) -> int:
    return sum(amount for at, amount in credits.get(item.index, ()) if at > promise.recorded_at)


def _void(promise: Promise, credits: Credits) -> bool:
    return all(
        (item.open > 0 and item.disputed >= item.open)
        or (item.open == 0 and _since(promise, item, credits) >= then)
        for item, then in promise.items
    )


def _promised(promise: Promise, credits: Credits) -> int:
    credited = sum(min(then, _since(promise, item, credits)) for item, then in promise.items)
    return rules.still_promised(promise.amount, sum(then for _, then in promise.items), credited)


def _verdict(story: Story, promise: Promise, paid: int, credits: Credits, day: date) -> None:
    money = [(min(promise.due_on, day), paid)] if paid else []
    verdict = rules.evaluate(_promised(promise, credits), promise.due_on, rules.TOLERANCE_DAYS, money, day)
    if verdict.status == rules.OPEN or (verdict.status == promise.status and verdict.paid == promise.paid):
        return
    if promise.status == rules.OPEN and verdict.status != rules.KEPT and _waits(story, promise, verdict):
        # Looked at again when it is applied.
        story.judge_on.setdefault(day + timedelta(days=1), []).append(promise)
        return
    if verdict.status != promise.status and not rules.may_become(promise.status, verdict.status):
        return
    came, asked = Money(verdict.paid, promise.currency), Money(verdict.promised, promise.currency)
    _note(
        story,
        promise,
        day,
        verdict.status,
        verdict.paid,
        f"{came} of {asked} came by {in_words(promise.due_on, day)} and the days of tolerance",
    )


def _waits(story: Story, promise: Promise, verdict: rules.Judgement) -> bool:
    """Applying money that came for it in time and lies unapplied would change the verdict."""
    last = promise.due_on + timedelta(days=rules.TOLERANCE_DAYS)
    entities = {item.entity for item, _ in promise.items}
    came = sum(
        credit.open for credit in story.book.open_credits.get(promise.customer, {}).values()
        if credit.kind == "payment" and credit.currency == promise.currency and credit.entity in entities
        and credit.value_on <= last and credit.recorded_at > promise.recorded_at
    )  # fmt: skip
    return rules.status_of(verdict.paid + came, verdict.promised) != verdict.status


def _note(story: Story, promise: Promise, day: date, status: str, paid: int, why: str) -> None:
    promise.status, promise.paid, promise.judged_on = status, paid, day
    at = story.moment(day, 4, 5)
    promise.judgements.append((day, at, status, paid, why))
