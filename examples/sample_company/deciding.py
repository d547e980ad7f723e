"""The lists of the last days, decided each morning by the product's own rule from what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dunlin.records.items import STAGES
from dunlin.rules import decisions
from dunlin.rules.policy import Policy
from dunlin.rules.promises import MONEY_KINDS
from dunlin.rules.situations import CustomerBlock, OpenItem, PromiseFact, Rate, Situation, Snooze
from examples.sample_company import team
from examples.sample_company.accounts import Account
from examples.sample_company.book import Item
from examples.sample_company.team import Person

if TYPE_CHECKING:
    from examples.sample_company.conversations import Promise
    from examples.sample_company.story import Rates, Story

POLICY = Policy()
_CONTACTED = ("cease_contact", "do_not_call")
_ENTITIES: dict[str, int] = {}
_NAMES = {person.username: f"{person.first} {person.last}" for person in team.PEOPLE}


@dataclass(slots=True)
class Decided:
    """One decision, who works it that day, and its place on that list. Customers and items by their index."""

    decision: decisions.Decision
    worker: str | None
    rank: int | None


def decide_all(story: Story, rates: Rates) -> None:
    """Decide every customer with anything open, and rank each list."""
    day, table = story.day, rates(story.day)
    workers = {person.username: _worker(story, person.username, day) for person in team.PEOPLE}
    made = []
    for account in story.accounts:
        if story.book.open_debits.get(account.index) or story.book.open_credits.get(account.index):
            decision = decisions.decide(_situation(story, account, table), day, POLICY)
            made.append(Decided(decision, workers.get(account.collector or ""), None))
    lists: dict[str | None, list[Decided]] = {}
    for each in made:
        if each.decision.step == "call":
            lists.setdefault(each.worker, []).append(each)
    for listed in lists.values():
        listed.sort(key=lambda each: decisions.rank_key(each.decision, POLICY))
        for place, each in enumerate(listed, 1):
            each.rank = place
    story.decided[day] = made


def list_of(story: Story, person: Person) -> list[tuple[Account, list[Item]]]:
    """The person's list of today in order, with what there is to ask for."""
    mine = [
        each for each in story.decided[story.day] if each.worker == person.username and each.rank is not None
    ]
    mine.sort(key=lambda each: each.rank or 0)
    found = []
    for each in mine:
        account = story.accounts[each.decision.customer_id]
        items = [
            item
            for item in story.book.open_debits.get(account.index, {}).values()
            if item.due_on < story.day and item.open > item.disputed and not _block_of(story, item)
        ]
        if items and account.reached_on != story.day:
            found.append((account, items))
    return found


def _worker(story: Story, username: str, day: date) -> str | None:
    seen: set[str] = set()
    while story.is_away(username, day):
        if username in seen:
            return None
        seen.add(username)
        username = next(
            backup for who, backup, start, end, _ in story.absences if who == username and start <= day <= end
        )
    return username


def _situation(story: Story, account: Account, rates: Mapping[str, Rate]) -> Situation:
    day = story.day
    unapplied: dict[tuple[int, str], int] = {}
    for credit in story.book.open_credits.get(account.index, {}).values():
        if credit.kind != "deposit":
            key = _number_of(credit.entity), credit.currency
            unapplied[key] = unapplied.get(key, 0) + credit.open
    debits = story.book.open_debits.get(account.index, {}).values()
    blocks = [block for block in story.blocks_of(account) if block.holds(day)]
    people = [contact for contact in account.contacts if contact.active]
    due = [each.due_on for each in story.follow_ups_of.get(account.index, ()) if each.is_open(day)]
    snoozed = [row for row in story.snoozes if row[0] == account.index and row[1] < day < row[2]]
    return Situation(
        account.index,
        account.number,
        account.name,
        [_fact(story, item) for item in debits],
        unapplied,
        _promises(story, account),
        [CustomerBlock(block.kind, block.until_on) for block in blocks if block.kind not in _CONTACTED],
        do_not_call=any(block.kind == "do_not_call" for block in blocks)
        or all(each.do_not_call for each in people),
        cease_contact=any(block.kind == "cease_contact" for block in blocks)
        or all(each.cease_contact for each in people),
        last_reached_on=account.reached_on,
        follow_up_due_on=min(due, default=None),
        snooze=Snooze(snoozed[-1][2], snoozed[-1][3], _NAMES[snoozed[-1][4]]) if snoozed else None,
        rates=rates,
        block_ends={
            item.index: end for item in debits
            if _block_of(story, item) and (end := story.item_blocks[item.index].until_on) is not None
        },
    )  # fmt: skip


def _fact(story: Story, item: Item) -> OpenItem:
    return OpenItem(
        item.index, item.number, item.kind, item.invoice_class, item.due_on, item.open, item.disputed,
        item.currency, item.service_month, _block_of(story, item), tuple(STAGES[1 : item.stage + 1]),
        _number_of(item.entity),
    )  # fmt: skip


def _number_of(entity: str) -> int:
    """A number for the entity; the rule only asks whether two are the same."""
    return _ENTITIES.setdefault(entity, len(_ENTITIES))


def _block_of(story: Story, item: Item) -> str:
    block = story.item_blocks.get(item.index)
    return block.kind if block and block.holds(story.day) else ""


def _promises(story: Story, account: Account) -> list[PromiseFact]:
    """Open promises, and broken ones that no newer promise about one of their items superseded."""
    found: list[PromiseFact] = []
    for each in story.promises_of.get(account.index, ()):
        if each.replaced_by or each.status not in ("open", "broken"):
            continue
        items = frozenset(item.index for item, _ in each.items)
        found = [fact for fact in found if fact.status == "open" or items.isdisjoint(fact.item_ids)]
        found.append(
            PromiseFact(
                each.index,
                each.amount,
                each.currency,
                each.due_on,
                each.status,
                items,
                each.made_on,
                paid=_paid(story, each) if each.amount is not None else 0,
            )
        )
    return found


def _paid(story: Story, promise: Promise) -> int:
    """Money applied to its items since it was made, less what came back."""
    uses = (use for item, _ in promise.items for use in story.book.settlements.get(item.index, ()))
    came = (
        use.amount for use in uses if use.recorded_at > promise.recorded_at and use.credit.kind in MONEY_KINDS
    )
    return max(0, sum(came))
