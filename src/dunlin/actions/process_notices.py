"""Past-due contacts: the notices of a day for every customer with anything open, decided set-wise (P4, P35; C3).

Deciding writes messages that are not sent yet and uses nothing up. What a notice says is written when it goes, from the facts as
they are then (notice_again.py); levels, fees and tasks come with its being sent. See docs/guides/processes.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.actions.notice_again import notice_lines, notice_message_facts
from dunlin.actions.process_rows import Chunk, NewLine, NewMessage, Senders, Told, unreachable
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Entity
from dunlin.reports import situations
from dunlin.reports.notice_facts import Sent, notice_facts, sent_so_far
from dunlin.reports.recipients import Recipient, addresses_by_role, copies, recipients
from dunlin.reports.situation_books import Chosen
from dunlin.reports.strategies import InForce, in_force, strategy_facts
from dunlin.reports.wording import Wordings
from dunlin.rules.notices import NoticeDecision, NoticeFacts, notices
from dunlin.rules.situations import Situation
from dunlin.rules.strategies import Choice

_NOTHING_SENT = NoticeFacts()


@dataclass(frozen=True, slots=True)
class Decided:
    """One customer as the strategies see it: which one it follows, and the decision of each entity."""

    situation: Situation
    choice: Choice
    recipient: Recipient
    decisions: Sequence[NoticeDecision]
    off: bool  # its strategy is switched off

    def late(self, entity: int, today: date) -> bool:
        """Whether it owes the entity anything past due."""
        return any(item.entity == entity and item.due_on < today for item in self.situation.items)


def process_notices(told: Told) -> Iterator[Chunk]:
    """The lines of a day, a chunk of customers at a time."""
    writer = _Writer(told)
    for chunk in decide_notices(told, [in_force()]):
        yield [line for each in chunk for line in writer.lines(each[0])]


def decide_notices(
    told: Told, strategies: Sequence[InForce], only: Collection[int] = ()
) -> Iterator[list[tuple[Decided, ...]]]:
    """Each customer with anything open, decided once for each set of strategies, with the same facts. A fixed number of queries a
    chunk. `only`: these customers."""
    day, policy = told.day, told.policy
    rates = situations.home_rates(day, policy.home_currency)
    entities = dict(Entity.objects.values_list("pk", "code"))
    ledger = calendar(LEDGER)
    sent = sent_so_far(day, policy)
    interest = any(each.charges_interest for each in strategies)
    wanted = situations.customers_with_open_items(day)
    if only:
        wanted = {pk: count for pk, count in wanted.items() if pk in only}
    done = 0
    for first, last in situations.chunk_ranges(wanted):
        chosen = Chosen(first, last, ())
        facts_of = notice_facts(chosen, policy, sent, interest)
        people = recipients([pk for pk in wanted if first <= pk <= last])
        chunk = []
        for situation in situations.situations(first, last, day, policy, rates):
            if situation.customer_id not in wanted or not situation.items:
                continue
            recipient = people[situation.customer_id]
            _heed_mail(situation, sent)
            facts = facts_of.get(situation.customer_id, _NOTHING_SENT)
            traits = strategy_facts(situation, recipient.traits, entities, day, policy)
            row = []
            for each in strategies:
                choice = each.chosen(traits)
                decided = notices(situation, facts, choice.strategy, day, policy, ledger)
                row.append(Decided(situation, choice, recipient, decided, choice.strategy.key in each.off))
            chunk.append(tuple(row))
        done += len(chunk)
        told.tell("notices", done, len(wanted))
        yield chunk


def _heed_mail(situation: Situation, sent: Sent) -> None:
    """Another automatic mail that is on its way counts as sent: a customer gets one a day."""
    if situation.customer_id in sent.under_way:
        situation.emailed_today = True


class _Writer:
    """Turns decisions into messages and lines."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.wordings = Wordings.read()
        self.senders = Senders("notice")
        self.by_role = addresses_by_role()
        self.versions = in_force().versions

    def lines(self, decided: Decided) -> Iterator[NewLine]:
        for decision in decided.decisions:
            line = self._line(decided, decision)
            if line is not None:
                yield line

    def _line(self, decided: Decided, decision: NoticeDecision) -> NewLine | None:
        customer, day = decision.customer_id, self.told.day
        where = {"entity": decision.entity, "strategy": decided.choice.strategy.key}
        late = decided.late(decision.entity, day)
        if decision.step is None or decided.off:
            if not late:
                return None
            code, facts = decision.code, decision.facts
            if decision.step is not None:
                code, facts = "strategy_off", {"strategy": decided.choice.strategy.name}
            return NewLine(customer, code, {**facts, **where})
        recipient = decided.recipient
        if not recipient.channel:
            return unreachable(recipient, where)
        wording = self.wordings.get(decision.step.template, recipient.language)
        if wording is None:
            return NewLine(customer, "template_missing", {"template": decision.step.template, **where})
        messages = tuple(self._messages(decided, decision, wording.version_id))
        return NewLine(customer, decision.code, {**decision.facts, **where}, messages)

    def _messages(self, decided: Decided, decision: NoticeDecision, template_id: int) -> Iterator[NewMessage]:
        step, recipient = decision.step, decided.recipient
        assert step is not None
        once = f"notice:{self.told.day}:{decision.entity}:{decision.customer_id}"
        facts = notice_message_facts(decision, decided.choice)
        for channel in channels(step.channel, recipient, decided.situation.do_not_call):
            yield NewMessage(
                decision.customer_id,
                "notice",
                channel,
                once if channel != "letter" or step.channel != "email_and_letter" else f"{once}:letter",
                recipient,
                self.senders.of(decision.entity),
                decision.entity,
                copies(step.copies, recipient, self.by_role) if channel == "email" and step.copies else (),
                template_id,
                self.versions.get(decided.choice.strategy.key),
                decision.level,
                step.approval,
                notice_lines(decision),
                facts=facts,
            )


def channels(wanted: str, recipient: Recipient, do_not_call: bool) -> tuple[str, ...]:
    """How a step reaches a customer: by what it wants where that works, else by what does."""
    if wanted == "call" and not do_not_call:
        return ("call",)
    if wanted == "letter" and recipient.can_letter:
        return ("letter",)
    if wanted == "email_and_letter" and recipient.can_letter and recipient.channel == "email":
        return ("email", "letter")
    return (recipient.channel,)
