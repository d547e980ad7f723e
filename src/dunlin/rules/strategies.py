"""Dunning strategies as data: whom one is for, its ladder of steps, and the sentence that says when a step is due.

A step is a window of days, never one exact day, so a missed night loses nothing. Levels are used up by sending
(rules/notices.py). The text form is formats/strategies.py. See docs/rules/strategies.md (P35, P4; C6; traps 3, 26, 54).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from dunlin.rules.money import Money
from dunlin.rules.roles import LABELS

CHANNELS = {
    "email": "e-mail",
    "letter": "letter",
    "email_and_letter": "e-mail and letter",
    "email_and_call": "e-mail and call",
    "call": "call",
}
CREDITS = ("net", "show")
LEFT_OUT = ("show", "hide")
FEE_PER = ("notice", "item")
INVOICE_CLASSES = ("standard", "mrr", "final")

DEFAULT = "default"
MIN_DAYS_BETWEEN = 7
LEVELS_MAX = 9

# An item that no notice has carried yet.
NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class Segment:
    """Whom a strategy is for: a customer that meets every criterion. An empty criterion fits everyone, none at all too.

    `invoice_classes`: an open item of one of them is enough. `oldest_days_from`: days past due of the oldest item, at least.
    The amounts are of the home currency and inclusive.
    """

    segments: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    invoice_classes: tuple[str, ...] = ()
    oldest_days_from: int | None = None
    balance_from: Money | None = None
    balance_to: Money | None = None
    past_due_from: Money | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """What a step costs the customer: `flat` minor units by currency, once per notice or per item, and interest in
    percent points a year on what is asked for. A rate of 0 takes nothing away from the flat part (trap 6)."""

    flat: Mapping[str, int] = field(default_factory=dict)
    interest_pct: Decimal = Decimal(0)
    per: str = "notice"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A task that the step makes: for whom (a role), within how many business days, and what to do."""

    to: str
    within_days: int
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder. Due by days past due (`from_days`, negative before the due date), by days since the notice of
    the step before (`after_days`), by both, or, with neither, only by a person's decision.

    `from_days` is "at least", `through_days` is inclusive. `minimum` in minor units by currency: a smaller item does not set
    the step off. `approval` is a role or empty. `pay_within_days`: the day to pay by that the notice names (trap 33).
    `sender` and `copies` are addresses or roles; empty is the sender of the entity.
    """

    level: int
    name: str
    template: str
    channel: str = "email"
    from_days: int | None = None
    through_days: int | None = None
    after_days: int | None = None
    on: bool = True
    minimum: Mapping[str, int] = field(default_factory=dict)
    approval: str = ""
    escalation: Escalation | None = None
    fee: Fee | None = None
    pay_within_days: int = 0
    sender: str = ""
    copies: tuple[str, ...] = ()

    @property
    def by_decision(self) -> bool:
        """Whether only a person sets it off."""
        return self.from_days is None and self.after_days is None

    @property
    def before_due(self) -> bool:
        """Whether it is for items that are not past due: on the due date itself an item is not (trap 3)."""
        return self.from_days is not None and self.from_days <= 0

    @property
    def last_day(self) -> int | None:
        """The last day past due of its window; None when it never closes. Before the due date it closes with that date."""
        if self.through_days is None and self.before_due:
            return 0
        return self.through_days


class Window(NamedTuple):
    """When a step is due, as whole days past due: from `first` through `last` (None: without end), and at least `after` days
    after the notice before. No step for past-due items begins before 1: on the due date an item is not past due (trap 3)."""

    level: int
    first: int
    last: int | None
    after: int
    before_due: bool
    step: Step

    @classmethod
    def of(cls, step: Step) -> Window:
        first = step.from_days or 0
        if not step.before_due:
            first = max(1, first)
        # What got its level today gets no second one today, whatever a strategy says (trap 28).
        return cls(step.level, first, step.last_day, max(1, step.after_days or 0), step.before_due, step)


@dataclass(frozen=True, slots=True)
class Experiment:
    """An A/B comparison: `share_pct` of the customers are group B and follow the strategy `other`; the rest are group A."""

    name: str
    share_pct: int
    other: str


@dataclass(frozen=True, slots=True)
class Strategy:
    """A ladder for a segment. `credits`: unapplied credit is subtracted from what is asked (net) or only shown. `left_out`:
    whether the notice names the sum that is not asked for."""

    key: str
    name: str
    steps: tuple[Step, ...]
    priority: int = 0
    segment: Segment = Segment()
    about: str = ""
    min_days_between: int = MIN_DAYS_BETWEEN
    credits: str = "net"
    left_out: str = "show"
    experiment: Experiment | None = None

    def step(self, level: int) -> Step | None:
        """The step of that level, on or off."""
        return next((step for step in self.steps if step.level == level), None)

    @property
    def ladder(self) -> tuple[Window, ...]:
        """The windows of the steps that fire by themselves, lowest level first."""
        return tuple(Window.of(step) for step in self.steps if step.on and not step.by_decision)


class StrategyFacts(NamedTuple):
    """What the choice of a strategy looks at. `named` is the key named on the customer; amounts of the home currency;
    `invoice_classes` and `entities` are those of its open items; `oldest_days` the days past due of the oldest."""

    customer_id: int
    number: str
    country: str = ""
    segment: str = ""
    brand: str = ""
    risk: str = ""
    entities: Collection[str] = ()
    invoice_classes: Collection[str] = ()
    oldest_days: int = 0
    balance: Money | None = None
    past_due: Money | None = None
    named: str = ""


class Choice(NamedTuple):
    """The strategy of a customer and why: a code of `codes.REASONS` with its facts. `group` is A or B, or empty."""

    strategy: Strategy
    code: str
    facts: dict[str, Any]
    group: str = ""


def choose(customer: StrategyFacts, strategies: Mapping[str, Strategy], default: str = DEFAULT) -> Choice:
    """The one named on the customer, else the highest priority that fits (then the lower key), else the default (P35).

    Someone named to a strategy takes no part in its experiment: a person decided. KeyError without a default strategy. A name
    that is no strategy (any more) is as no name, and the reason says so.
    """
    if customer.named in strategies:
        chosen = strategies[customer.named]
        return Choice(chosen, "strategy_named", {"strategy": chosen.name})
    others = {each.experiment.other for each in strategies.values() if each.experiment}
    fitting = [
        each
        for key, each in strategies.items()
        if key != default and key not in others and fits(customer, each.segment)
    ]
    if fitting:
        chosen = min(fitting, key=lambda each: (-each.priority, each.key))
        code, facts = "strategy_fits", {"strategy": chosen.name, "priority": chosen.priority}
    else:
        chosen = strategies[default]
        code, facts = "strategy_default", {"strategy": chosen.name}
    if customer.named:
        code, facts = "strategy_name_unknown", {"strategy": chosen.name, "named": customer.named}
    return _grouped(Choice(chosen, code, facts), customer.number, strategies)


def _grouped(choice: Choice, number: str, strategies: Mapping[str, Strategy]) -> Choice:
    experiment = choice.strategy.experiment
    if experiment is None or experiment.other not in strategies:
        return choice
    group = group_of(experiment, number)
    facts = choice.facts | {"experiment": experiment.name, "group": group}
    strategy = strategies[experiment.other] if group == "B" else choice.strategy
    return Choice(strategy, "strategy_group", facts | {"strategy": strategy.name}, group)


def group_of(experiment: Experiment, customer_number: str) -> str:
    """ "A" or "B": fixed by the customer for the life of the experiment, whatever the run, the order or the machine (P35)."""
    digest = hashlib.sha256(f"{experiment.name}\n{customer_number}".encode()).digest()
    return "B" if int.from_bytes(digest[:8], "big") % 10_000 < experiment.share_pct * 100 else "A"


def fits(customer: StrategyFacts, segment: Segment) -> bool:
    """Whether the customer meets every criterion. An amount in another currency than the home one is never met."""
    return (
        (not segment.segments or customer.segment in segment.segments)
        and (not segment.countries or customer.country in segment.countries)
        and (not segment.brands or customer.brand in segment.brands)
        and (not segment.risks or customer.risk in segment.risks)
        and (not segment.entities or any(each in segment.entities for each in customer.entities))
        and (
            not segment.invoice_classes
            or any(each in segment.invoice_classes for each in customer.invoice_classes)
        )
        and (segment.oldest_days_from is None or customer.oldest_days >= segment.oldest_days_from)
        and _at_least(customer.balance, segment.balance_from)
        and _at_most(customer.balance, segment.balance_to)
        and _at_least(customer.past_due, segment.past_due_from)
    )


def _at_least(amount: Money | None, least: Money | None) -> bool:
    if least is None:
        return True
    return amount is not None and amount.currency == least.currency and amount.minor >= least.minor


def _at_most(amount: Money | None, most: Money | None) -> bool:
    return most is None or (amount is not None and _at_least(most, amount))


# --- when a step is due -----------------------------------------------------------------------------------------------


def next_step(ladder: Sequence[Window], held: int, days_past_due: int) -> Window | None:
    """The step an item comes to next: the lowest above the level it holds whose window has not closed. One run raises an item
    by this one step at most, however old it is (P35, trap 27)."""
    for window in ladder:
        if window.level > held and (window.last is None or days_past_due <= window.last):
            return window
    return None


def is_due(window: Window, days_past_due: int, days_since_last: int | None = None) -> bool:
    """Whether the window holds that day. `days_since_last` counts from the notice that gave the item its level; without one a
    step that waits for the step before only looks at the days past due."""
    if days_past_due < window.first or (window.last is not None and days_past_due > window.last):
        return False
    return days_since_last is None or days_since_last >= window.after


def says(step: Step) -> str:
    """When the step is due, in words that leave nothing open (trap 54): "From 5 days before the due date through the due date"."""
    if not step.on:
        return "Switched off"
    if step.by_decision:
        return "Only by a person's decision"
    parts = []
    if step.from_days is not None:
        last = step.last_day
        through = "" if last is None else f" through {day_count_words(last)}"
        parts.append(f"from {day_count_words(step.from_days)}{through}")
    elif step.last_day is not None:
        parts.append(f"through {day_count_words(step.last_day)}")
    if step.after_days is not None:
        parts.append(f"{_count(step.after_days, 'day')} or more after the notice of the step before")
    text = ", and ".join(parts)
    return text[:1].upper() + text[1:]


def describe(step: Step) -> str:
    """The whole step in one sentence: level, name, when, how, and its conditions."""
    parts = [f"{says(step)}: {CHANNELS.get(step.channel, step.channel)} ({step.template})"]
    if step.minimum:
        least = " or ".join(str(Money(minor, currency)) for currency, minor in sorted(step.minimum.items()))
        parts.append(f"set off by items of {least} or more")
    if step.approval:
        parts.append(f"approved by {LABELS.get(step.approval, step.approval)}")
    if step.fee is not None:
        parts += _fee_words(step.fee)
    if step.escalation is not None:
        to = LABELS.get(step.escalation.to, step.escalation.to)
        within = _count(step.escalation.within_days, "business day")
        parts.append(f"task for {to} within {within}: {step.escalation.what}")
    if step.pay_within_days:
        parts.append(f"asks for payment within {_count(step.pay_within_days, 'day')}")
    return f"Level {step.level}, {step.name}. " + "; ".join(parts) + "."


def _fee_words(fee: Fee) -> list[str]:
    flat = " or ".join(str(Money(minor, currency)) for currency, minor in sorted(fee.flat.items()))
    words = [f"fee of {flat} per {fee.per}"] if flat else []
    return words + ([f"interest of {fee.interest_pct:f} % a year"] if fee.interest_pct else [])


def day_count_words(days: int) -> str:
    """Days past due in words, the sign said and not shown: "5 days before the due date", "the due date", "1 day past due"."""
    if days == 0:
        return "the due date"
    return f"{_count(-days, 'day')} before the due date" if days < 0 else f"{_count(days, 'day')} past due"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
