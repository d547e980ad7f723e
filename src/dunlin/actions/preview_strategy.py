"""What a strategy would do on today's book, beside what is in force: who gets what, who is left out and why (C6; trap 55).

The facts are read once and decided twice, by the path of the real run; nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from dunlin.actions.doing import Who
from dunlin.actions.process_notices import Decided, decide_notices
from dunlin.actions.process_rows import Told
from dunlin.formats.strategies import from_yaml
from dunlin.records.models import Template
from dunlin.records.policies import current_policy
from dunlin.reports.process_days import Turns
from dunlin.reports.strategies import in_force
from dunlin.rules.codes import Refused
from dunlin.rules.notices import NoticeDecision
from dunlin.rules.reasons import reason
from dunlin.rules.roles import may


@dataclass(frozen=True, slots=True)
class Side:
    """One customer with one entity, by one set of strategies: the strategy, the level and step (0 and "" when nothing goes), the
    sentence, and what is asked for in minor units by currency."""

    strategy: str
    level: int | None
    step: str
    code: str
    said: str
    asked: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """A customer with one entity as it is and as it would be."""

    customer_id: int
    number: str
    name: str
    entity: int
    now: Side
    then: Side

    @property
    def differs(self) -> bool:
        return (self.now.level, self.now.step, self.now.code, self.now.asked) != (
            self.then.level,
            self.then.step,
            self.then.code,
            self.then.asked,
        )


@dataclass
class Totals:
    """Over everyone with anything open: notices, by level, by code of why none, and asked for, now and then."""

    customers: int = 0
    differing: int = 0
    now_notices: int = 0
    then_notices: int = 0
    now_levels: Counter[int] = field(default_factory=Counter)
    then_levels: Counter[int] = field(default_factory=Counter)
    now_codes: Counter[str] = field(default_factory=Counter)
    then_codes: Counter[str] = field(default_factory=Counter)
    now_asked: Counter[str] = field(default_factory=Counter)
    then_asked: Counter[str] = field(default_factory=Counter)


def preview_strategy(who: Who, text: str, day: date | None = None) -> Iterator[Compared]:
    """Every customer with anything open as it is and as it would be with the strategy in `text` in force, streamed, by customer.

    TextProblems for a text that cannot be used; Refused: not_permitted.
    """
    if not may(who.role, "save_strategy") and not may(who.role, "see_processes"):
        raise Refused(
            "not_permitted", who=who.name, role=who.role.replace("_", " "), verb="preview a strategy"
        )
    policy = current_policy()
    force = in_force()
    keys = set(Template.objects.values_list("key", flat=True)) or None
    wanted = from_yaml(text, keys, {*force.by_key}, policy.home_currency)
    on = day or who.today
    told = Told(who, on, on.isoformat(), policy, Turns.read(on, who.now, policy), dry=True)
    for chunk in decide_notices(told, [force, force.instead(wanted)]):
        for now, then in chunk:
            for one, other in zip(now.decisions, then.decisions):
                yield Compared(
                    now.situation.customer_id, now.situation.number, now.situation.name, one.entity,
                    _side(now, one), _side(then, other),
                )  # fmt: skip


def add_up(rows: Iterator[Compared], keep: int = 200) -> tuple[Totals, list[Compared]]:
    """The totals of a preview and the first rows that differ."""
    totals = Totals()
    kept: list[Compared] = []
    for row in rows:
        totals.customers += 1
        if row.differs:
            totals.differing += 1
            if len(kept) < keep:
                kept.append(row)
        if row.now.step:
            totals.now_notices += 1
            totals.now_levels[row.now.level or 0] += 1
            totals.now_asked.update(row.now.asked)
        totals.now_codes[row.now.code] += 1
        if row.then.step:
            totals.then_notices += 1
            totals.then_levels[row.then.level or 0] += 1
            totals.then_asked.update(row.then.asked)
        totals.then_codes[row.then.code] += 1
    return totals, kept


def _side(decided: Decided, decision: NoticeDecision) -> Side:
    name = decided.choice.strategy.name
    if decision.step is None:
        return Side(name, None, "", decision.code, reason(decision.code, decision.facts))
    if decided.off:
        facts = {"strategy": name}
        return Side(name, None, "", "strategy_off", reason("strategy_off", facts))
    return Side(
        name, decision.level, decision.step.name, decision.code, reason(decision.code, decision.facts), dict(decision.asked)
    )  # fmt: skip
