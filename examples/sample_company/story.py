"""Two years told day by day: what is billed, who pays, who is called, what goes wrong. The book is the only memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from dunlin.rules import promises as promise_rules
from dunlin.rules.calendars import Calendar, add_months
from dunlin.rules.situations import Rate
from examples.sample_company import (
    accounts,
    billing,
    conversations,
    deciding,
    judging,
    payers,
    team,
    troubles,
    words,
)
from examples.sample_company.accounts import Account, Point
from examples.sample_company.book import Book, Item
from examples.sample_company.conversations import Call, FollowUp, Promise
from examples.sample_company.troubles import Block, Dispute

_DAY = timedelta(days=1)
CALL_MONTHS = 14  # of calls before today
DECIDED_DAYS = 7  # days before today whose lists are decided as the product does it

Rates = Callable[[date], Mapping[str, Rate]]  # the rates to the home currency of a day


class Story:
    """What has happened so far. Lists of rows are read by writing.py; days run from `first_day` through yesterday."""

    def __init__(
        self, today: date, seed: int, customers: int, months: int, calendar: Calendar, zone: str = "UTC"
    ) -> None:
        self.random, self.zone = Random(seed), zone
        self.today, self.calendar = today, calendar
        self.first_day = add_months(today.replace(day=1), -months)
        self.last_day = today - _DAY
        self.day = self.first_day
        self.book = Book()
        self.accounts: list[Account] = accounts.make_accounts(self.random, customers, self.first_day, today)
        self.paid_by: dict[int, list[int]] = {}
        for account in self.accounts:
            if account.parent is not None and account.parent_pays:
                self.paid_by.setdefault(account.parent, []).append(account.index)
        self.todo: dict[date, list[Callable[[], Any]]] = {}
        self.paydays: dict[date, dict[int, None]] = {}
        self.judge_on: dict[date, list[Promise]] = {}
        self.look_at: dict[int, None] = {}
        self.deposits: dict[int, Item] = {}
        self.undone: dict[int, None] = {}
        self.item_blocks: dict[int, Block] = {}
        self.account_blocks: dict[int, list[Block]] = {}
        self.promises_of: dict[int, list[Promise]] = {}
        self.calls: list[Call] = []
        self.promises: list[Promise] = []
        self.disputes: list[Dispute] = []
        self.blocks: list[Block] = []
        self.snoozes: list[tuple[int, date, date, str, str, datetime]] = []
        self.notes: list[tuple[int, Item | None, str, datetime, str | None]] = []
        self.follow_ups: list[FollowUp] = []
        self.follow_ups_of: dict[int, list[FollowUp]] = {}
        self.due_changes: list[tuple[Item, date, date, date, datetime, str]] = []
        self.diary: list[tuple[datetime, str, str, int, Point, Any, Any]] = []
        self.decided: dict[date, list[deciding.Decided]] = {}
        self._numbers = {"US": 20_400, "UK": 7_300, "receipt": 51_000, "memo": 1_200}
        self.absences = [each for each in team.absences(today) if each[2] <= today]

    def tell_it(self, rates: Rates) -> Iterator[tuple[date, float]]:
        """Live through all days; yields each first of the month and the share of days done, for progress."""
        troubles.plan_troubles(self)
        calls_from = add_months(self.today, -CALL_MONTHS)
        while self.day <= self.last_day:
            if self.day.day == 1:
                billing.plan_month(self, self.day)
                yield self.day, self.progress(self.day)
            self._night()
            if (self.today - self.day).days <= DECIDED_DAYS:
                deciding.decide_all(self, rates)
            if self.calendar.is_business_day(self.day):
                if self.day >= calls_from:
                    self._calls()
                for act in self.todo.pop(self.day, ()):
                    act()
                payers.pay_day(self)
            self.day += _DAY
        self.day = self.last_day
        for account in self.accounts:  # an account is closed only when nothing is open on it
            if account.status == "closed" and (
                self.book.open_debits.get(account.index) or self.book.open_credits.get(account.index)
            ):
                account.status = "active"

    def _night(self) -> None:
        due = {promise.customer: None for promise in self.judge_on.pop(self.day, ())}
        for index in sorted({**due, **self.look_at}):
            judging.judge(self, self.accounts[index], self.day)
        self.look_at.clear()

    def _calls(self) -> None:
        """Everyone who is there calls; who covers for someone works part of that list too. The team grew into its target."""
        done = (self.day - add_months(self.today, -CALL_MONTHS)).days / (CALL_MONTHS * 30.5)
        share = (0.45 + 0.5 * min(1.0, done * 1.15)) * (0.9 if self.day.weekday() == 4 else 1.0)
        people = {
            person.username: person for person in team.CALLERS if not self.is_away(person.username, self.day)
        }
        for account in self.random.sample(self.accounts, max(1, len(self.accounts) // 150)):
            if account.collector in people:
                conversations.call_in(self, account, people[account.collector])
        for person in team.CALLERS:
            if self.is_away(person.username, self.day):
                continue
            covered = [
                who
                for who, backup, start, end, _ in self.absences
                if backup == person.username and start <= self.day <= end
            ]
            owners = {person.username, *covered}
            owned = [each for each in self.accounts if each.collector in owners]
            conversations.call_day(self, person, owned, share)

    def is_away(self, username: str, day: date) -> bool:
        return any(who == username and start <= day <= end for who, _, start, end, _ in self.absences)

    # Time.

    def progress(self, day: date) -> float:
        """How far the story is on a day, 0.0 to 1.0."""
        return (day - self.first_day).days / max(1, (self.today - self.first_day).days)

    def on_business_day(self, day: date) -> date:
        return self.calendar.roll(day, "following")

    def next_day(self, days: int) -> date:
        return self.calendar.next_business_day(self.day, days)

    def next_day_from(self, day: date, days: int) -> date:
        return self.calendar.next_business_day(day, days)

    def on(self, day: date, act: Callable[[], Any]) -> None:
        """Let it happen on that day, or the next business day; at once is tomorrow."""
        day = self.on_business_day(
            max(day, self.day + _DAY if self.day > self.first_day or self.todo else day)
        )
        if day <= self.last_day:
            self.todo.setdefault(day, []).append(act)

    def recorded(self, day: date, late: float = 0.0) -> datetime:
        """A moment of the day's business hours; by chance `late` some days after, while the period is still open."""
        if late and self.random.random() < late:
            day = min(self.last_day, self.calendar.next_business_day(day, self.random.randrange(1, 5)))
        return self.moment(day, 8) + timedelta(seconds=self.random.randrange(10 * 3600))

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A clock time of a day where the ledger is kept, as a moment in UTC."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.zone)).astimezone(UTC)

    def keeping(self) -> float:
        """How well promises hold in this part of the story: better in summer, worse of late."""
        return 0.9 + 0.12 * (0.4 < self.progress(self.day) < 0.8)

    # Numbers.

    def _next(self, of: str) -> int:
        self._numbers[of] += 1
        return self._numbers[of]

    def next_number(self, entity: str) -> str:
        return f"{'INV' if entity == 'US' else 'UKI'}-{self._next(entity)}"

    def next_receipt(self) -> int:
        return self._next("receipt")

    def next_memo(self) -> int:
        return self._next("memo")

    # What others record here.

    def credit_item(
        self, account: Account, like: Item, kind: str, amount: int, reason: str, text: str
    ) -> Item:
        """A credit in the books of the item it is for, posted today."""
        prefix = {"credit_memo": "CM", "write_off": "WO"}[kind]
        return self.book.post(
            entity=like.entity, customer=account.index, kind=kind, side=-1, currency=like.currency, amount=amount,
            number=f"{prefix}-{self.next_memo()}", document_on=self.day, due_on=self.day, posted_on=self.day, value_on=self.day,
            recorded_at=self.recorded(self.day), reason=reason, description=text,
        )  # fmt: skip

    def bill_again(self, account: Account, item: Item, amount: int) -> None:
        """The corrected bill after a credit."""
        if amount > 0 and item.entity == account.place.entity and item.currency == account.place.currency:
            billing.bill(self, account, "standard", amount, None, None, None)

    def is_blocked(self, account: Account) -> bool:
        return any(block.holds(self.day) for block in self.blocks_of(account))

    def blocks_of(self, account: Account) -> list[Block]:
        return self.account_blocks.get(account.index, [])

    def look_at_promises_of(self, account: Account) -> None:
        """Something happened to the customer's items: its promises are judged again tonight."""
        if account.index in self.promises_of:
            self.look_at[account.index] = None

    def replace_promises(self, new: Promise) -> None:
        """Older promises about one of its items that were not kept are closed by the new one, which stands a level higher."""
        ids = {item.index for item, _ in new.items}
        mine = self.promises_of.setdefault(new.customer, [])
        older = [
            each
            for each in mine
            if promise_rules.replaces(each.status, [item.index for item, _ in each.items], ids)
        ]
        new.level = promise_rules.level_of_new(each.level for each in older)
        for each in older:
            each.replaced_by = each.replaced_by or new
            if each.status == promise_rules.OPEN:
                each.status, each.judged_on = promise_rules.CANCELLED, self.day
                each.judgements.append(
                    (
                        self.day,
                        new.recorded_at,
                        each.status,
                        each.paid,
                        f"replaced by the promise for {new.due_on}",
                    )
                )
        mine.append(new)

    def remark(self, account: Account, text: str, by: str | None, item: Item | None) -> None:
        self.notes.append((account.index, item, text, self.recorded(self.day), by))

    def follow_up(self, account: Account, what: str, due_on: date, call: Call | None) -> None:
        """Most are done on their day or the next; a few are forgotten for a week or two."""
        owner = call.by if call else account.collector or "senior"
        planned = FollowUp(
            account.index, owner, what, due_on, call.started_at if call else self.recorded(self.day), call
        )
        forgotten = self.random.random() >= 0.985
        late = 5 + len(self.follow_ups) % 9 if forgotten else self.random.choice((0, 0, 0, 1))
        done_on = self.on_business_day(due_on + timedelta(days=late))
        if done_on <= self.last_day:
            planned.done_at, planned.outcome = (
                max(self.recorded(done_on), planned.created_at),
                words.outcome(self.random),
            )
        self.follow_ups.append(planned)
        self.follow_ups_of.setdefault(account.index, []).append(planned)

    def tell(
        self, at: datetime, by: str, verb: str, account: Account, about: Point, before: Any, after: Any
    ) -> None:
        """A line of the diary about a number or address of a contact."""
        self.diary.append((at, by, verb, account.index, about, before, after))
