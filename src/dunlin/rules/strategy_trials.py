"""A strategy tried on a made-up account: what is owed, what happens day by day, and what each run would send.

The runs go through `rules/notices.py` itself and take every notice as sent the same day. See docs/rules/strategies.md (C6, H4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from dunlin.rules.calendars import Calendar
from dunlin.rules.notices import Held, NoticeDecision, NoticeFacts, notices
from dunlin.rules.policy import Policy
from dunlin.rules.situations import OpenItem, PromiseFact, Situation
from dunlin.rules.strategies import Strategy

_ITEM_EVENTS = ("pay", "return", "apply", "dispute", "resolve", "promise", "block", "unblock", "reply", "answer",
                "bounce", "deliver", "due")  # fmt: skip
_CUSTOMER_EVENTS = ("credit", "stop", "resume")
EVENTS = (*_ITEM_EVENTS, *_CUSTOMER_EVENTS)


class NotPossible(ValueError):
    """An event that could not happen to the account as it stands; the message says why."""


@dataclass(slots=True)
class TrialItem:
    """An item of the trial; amounts are minor units of its currency."""

    number: str
    customer: str
    due_on: date
    amount: int
    currency: str
    invoice_class: str = "standard"
    entity: int = 1
    open: int = 0
    disputed: int = 0
    block: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens on a day before its run. `which` are item numbers, or one customer; `amount` minor units of
    `currency`; `day` a promised or new due date; `word` the kind of a block."""

    on: date
    what: str
    which: tuple[str, ...]
    amount: int | None = None
    currency: str = ""
    day: date | None = None
    word: str = ""


@dataclass(slots=True)
class Trial:
    """The accounts of a trial and what was sent to them. `strategies` by customer."""

    items: dict[str, TrialItem]
    strategies: dict[str, Strategy]
    calendar: Calendar
    policy: Policy = field(default_factory=Policy)
    unapplied: dict[tuple[str, int, str], int] = field(default_factory=dict)
    held: dict[str, list[Held]] = field(default_factory=dict)
    sent: dict[str, list[date]] = field(default_factory=dict)
    promises: list[tuple[str, PromiseFact]] = field(default_factory=list)
    replies: set[str] = field(default_factory=set)
    undelivered: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for item in self.items.values():
            item.open = item.amount

    def happen(self, event: Event) -> None:
        """Let an event happen. NotPossible when the account does not allow it, such as paying more than is open."""
        if event.what in _CUSTOMER_EVENTS:
            self._to_customer(event)
            return
        if event.what == "promise":
            self._promise(event)
            return
        for number in event.which:
            if number not in self.items:
                raise NotPossible(f"there is no item {number}")
            self._to_item(event, self.items[number])

    def run(self, today: date) -> dict[str, tuple[NoticeDecision, ...]]:
        """What each customer is sent on that day, by name; the notices count as sent."""
        found = {}
        for customer, strategy in self.strategies.items():
            decided = self._decide(customer, strategy, today)
            found[customer] = decided
            for notice in decided:
                if notice.step is None:
                    continue
                self.sent.setdefault(customer, []).append(today)
                for row in notice.carried:
                    if row.raised:
                        self.held.setdefault(row.number, []).append(Held(row.level, today))
        return found

    def _decide(self, customer: str, strategy: Strategy, today: date) -> tuple[NoticeDecision, ...]:
        ids = {number: at for at, number in enumerate(self.items)}
        ours = [item for item in self.items.values() if item.customer == customer]
        situation = Situation(
            list(self.strategies).index(customer),
            customer,
            customer,
            [
                OpenItem(
                    ids[item.number], item.number, "invoice", item.invoice_class, item.due_on, item.open,
                    min(item.disputed, item.open), item.currency, None, item.block, (), item.entity,
                )
                for item in ours
            ],
            {(entity, cur): minor for (name, entity, cur), minor in self.unapplied.items() if name == customer and minor},
            promises=[promise for name, promise in self.promises if name == customer],
            cease_contact=customer in self.stopped,
        )  # fmt: skip
        facts = NoticeFacts(
            {ids[item.number]: self.held[item.number][-1] for item in ours if self.held.get(item.number)},
            max(self.sent.get(customer, ()), default=None),
            undelivered={ids[number] for number in self.undelivered},
            reply_pending={ids[number] for number in self.replies},
        )
        return notices(situation, facts, strategy, today, self.policy, self.calendar)

    def _to_customer(self, event: Event) -> None:
        for customer in event.which:
            if customer not in self.strategies:
                raise NotPossible(f"there is no customer {customer}")
            if event.what == "credit":
                key = customer, 1, event.currency
                self.unapplied[key] = self.unapplied.get(key, 0) + _stated(event)
            elif event.what == "stop":
                self.stopped.add(customer)
            else:
                self.stopped.discard(customer)

    def _to_item(self, event: Event, item: TrialItem) -> None:
        what = event.what
        if what in ("pay", "apply", "return"):
            self._money(event, item)
        elif what == "dispute":
            item.disputed = event.amount if event.amount is not None else item.open
        elif what == "resolve":
            item.disputed = 0
        elif what == "block":
            item.block = event.word
        elif what == "unblock":
            item.block = ""
        elif what == "reply":
            self.replies.add(item.number)
        elif what == "answer":
            self.replies.discard(item.number)
        elif what == "due":
            if event.day is None:
                raise NotPossible("a new due date needs a day")
            item.due_on = event.day
        elif what == "deliver":
            self.undelivered.discard(item.number)
        elif what == "bounce":
            self._bounce(item)

    def _money(self, event: Event, item: TrialItem) -> None:
        minor = _stated(event)
        if event.what == "return":
            if item.open + minor > item.amount:
                raise NotPossible(f"more comes back than was paid on {item.number}")
            item.open += minor
            return
        if minor > item.open:
            raise NotPossible(f"only part of that is open on {item.number}")
        if event.what == "apply":
            key = item.customer, item.entity, item.currency
            if self.unapplied.get(key, 0) < minor:
                raise NotPossible(f"{item.customer} has not that much unapplied")
            self.unapplied[key] -= minor
        item.open -= minor

    def _promise(self, event: Event) -> None:
        if event.day is None:
            raise NotPossible("a promise needs a day")
        numbers = list(self.items)
        for number in event.which:
            if number not in self.items:
                raise NotPossible(f"there is no item {number}")
        first = self.items[event.which[0]]
        ids = frozenset(numbers.index(number) for number in event.which)
        fact = PromiseFact(len(self.promises), None, first.currency, event.day, "open", ids, event.on)
        self.promises.append((first.customer, fact))

    def _bounce(self, item: TrialItem) -> None:
        """The last notice did not arrive: it counts as not sent, and the levels it gave are undone (P28)."""
        sent = self.sent.get(item.customer)
        if not sent:
            raise NotPossible(f"nothing was sent to {item.customer}")
        day = sent.pop()
        for other in self.items.values():
            levels = self.held.get(other.number)
            if other.customer == item.customer and levels and levels[-1].on == day:
                levels.pop()
        self.undelivered.add(item.number)


def _stated(event: Event) -> int:
    if event.amount is None:
        raise NotPossible(f"{event.what} needs an amount")
    return event.amount
