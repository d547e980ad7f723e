"""Promises judged night by night with the product's own rules, as its nightly run does it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from dunlin.rules import promises as rules
from dunlin.rules.money import Money
from examples.sample_company.accounts import Account
from examples.sample_company.conversations import Promise

if TYPE_CHECKING:
    from examples.sample_company.story import Story

_MONEY = ("payment", "deposit")


def judge(story: Story, account: Account, day: date) -> None:
    """Judge all promises of a customer as of `day` by what was applied before that morning."""
    live = [each for each in story.promises_of.get(account.index, ()) if each.status != rules.CANCELLED]
    items = {item.index for each in live for item, _ in each.items}
    receipts: list[rules.Receipt] = []
    returned: dict[int, int] = {}
    credited: dict[int, int] = {}
    for index in sorted(items):
        for use in story.book.settlements.get(index, ()):
            if use.credit.kind not in _MONEY:
                credited[index] = credited.get(index, 0) + use.amount
            elif use.reverses is not None:
                returned[use.reverses.index] = -use.amount
            else:
                receipts.append(rules.Receipt(use.index, index, use.value_on, use.amount))
    receipts = [_net(each, returned) for each in receipts]
    for promise in live:
        if promise.status == rules.OPEN and _void(promise, credited):
            _note(promise, day, rules.CANCELLED, 0, "its items were credited or are disputed")
    live = [each for each in live if each.status != rules.CANCELLED]
    for currency in sorted({each.currency for each in live}):
        group = [each for each in live if each.currency == currency]
        claims = [
            rules.Claim(
                each.index,
                _promised(each, credited),
                each.due_on,
                each.made_on,
                frozenset(item.index for item, _ in each.items),
            )
            for each in group
        ]
        paid = rules.money_of(rules.allocate_money(claims, receipts))
        for each in group:
            _verdict(each, paid.get(each.index, 0), credited, day)


def _net(receipt: rules.Receipt, returned: dict[int, int]) -> rules.Receipt:
    back = returned.get(receipt.id, 0)
    return (
        rules.Receipt(receipt.id, receipt.item_id, receipt.value_date, receipt.amount, back)
        if back
        else receipt
    )


def _void(promise: Promise, credited: dict[int, int]) -> bool:
    return all(
        (item.open > 0 and item.disputed >= item.open)
        or (item.open == 0 and credited.get(item.index, 0) >= then)
        for item, then in promise.items
    )


def _promised(promise: Promise, credited: dict[int, int]) -> int:
    if promise.amount is not None:
        return promise.amount
    return max(
        1, promise.promised - sum(min(then, credited.get(item.index, 0)) for item, then in promise.items)
    )


def _verdict(promise: Promise, paid: int, credited: dict[int, int], day: date) -> None:
    money = [(min(promise.due_on, day), paid)] if paid else []
    verdict = rules.evaluate(_promised(promise, credited), promise.due_on, rules.TOLERANCE_DAYS, money, day)
    if verdict.status == rules.OPEN or (verdict.status == promise.status and verdict.paid == promise.paid):
        return
    if verdict.status != promise.status and not rules.may_become(promise.status, verdict.status):
        return
    came, asked = Money(verdict.paid, promise.currency), Money(verdict.promised, promise.currency)
    _note(
        promise,
        day,
        verdict.status,
        verdict.paid,
        f"{came} of {asked} came by {promise.due_on} and the days of tolerance",
    )


def _note(promise: Promise, day: date, status: str, paid: int, why: str) -> None:
    promise.status, promise.paid, promise.judged_on = status, paid, day
    at = datetime.combine(day, time(4, 5), UTC)
    promise.judgements.append((day, at, status, paid, why))
