"""Messages that ask about items without a ladder: receipt of finals, recurring invoices aged, calls that reached nobody (P3, P6, P7).

One frame for the three: the facts of their customers set-wise, what may be asked about (rules/asking.py), one message per entity,
a line for who gets none. When it goes, it is decided again from the facts as they are then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dunlin.actions.doing import Who
from dunlin.actions.message_content import Content, Stop
from dunlin.actions.messages import Line
from dunlin.actions.notice_again import other_mail_today
from dunlin.actions.process_rows import Chunk, NewLine, NewMessage, Senders, Told, unreachable
from dunlin.records import bulk
from dunlin.records.clock import day_of
from dunlin.records.models import Entity, Message
from dunlin.reports.notice_facts import Sent, sent_so_far
from dunlin.reports.recipients import Recipient, recipients
from dunlin.reports.reply_pauses import items_waiting
from dunlin.reports.senders import Sender
from dunlin.reports.situations import home_rates, situations
from dunlin.reports.wording import Wordings, asking_values, values_for
from dunlin.rules.asking import Asking, asking, silence_of
from dunlin.rules.codes import Refused
from dunlin.rules.notices import held_sums
from dunlin.rules.policy import Policy
from dunlin.rules.promise_facts import moneys
from dunlin.rules.situations import OpenItem, Situation

_AT_A_TIME = 1_000


@dataclass(frozen=True)
class Question:
    """What a process asks. `about` picks the items; `template` is the key for a customer; `silent` a reason of its own why nothing
    goes to a customer (code and facts); `task` what is to be done beside the message; `rest_days` between it and the last notice.
    """

    purpose: str
    code: Callable[[Situation], str]  # of REASONS: why it goes
    about: Callable[[Situation, OpenItem], bool]
    template: Callable[[Situation], str]
    once: Callable[[int, int], str]  # entity, customer
    silent: Callable[[Situation, Sent], tuple[str, dict[str, Any]] | None] = lambda situation, sent: None
    task: Callable[[Situation, Asking], str] = lambda situation, asked: ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def ask(told: Told, question: Question, customers: Collection[int]) -> Iterator[Chunk]:
    """The lines of these customers, a thousand at a time; a fixed number of queries each."""
    day, policy = told.day, told.policy
    rates = home_rates(day, policy.home_currency)
    sent = sent_so_far(day, policy)
    wordings, senders = Wordings.read(), Senders(question.purpose)
    done = 0
    for ids in bulk.chunks(sorted(customers), _AT_A_TIME):
        people = recipients(ids)
        waiting = items_waiting(ids)
        chunk: list[NewLine] = []
        for situation in situations(0, 0, day, policy, rates, only=ids):
            chunk += _lines(told, question, situation, people[situation.customer_id], waiting.get(situation.customer_id, set()), sent, wordings, senders)  # fmt: skip
        done += len(ids)
        told.tell(question.purpose, done, len(customers))
        yield chunk


def _lines(
    told: Told, question: Question, situation: Situation, recipient: Recipient, waiting: Collection[int], sent: Sent,
    wordings: Wordings, senders: Senders,
) -> Iterator[NewLine]:  # fmt: skip
    customer, day = situation.customer_id, told.day
    base = {"today": day.isoformat(), **question.facts}
    asked = asking(situation, day, told.policy, lambda item: question.about(situation, item), waiting)
    if not asked.asked and not asked.left_out:
        return
    task = question.task(situation, asked)
    why = silence_of(situation, day) or question.silent(situation, sent)
    if why is None and not asked.asked:
        why = "all_held", {"held": held_sums(asked.left_out)}
    if why is None and (customer in sent.waiting or customer in sent.under_way):
        why = "notice_after_mail", {}
    if why is None and situation.emailed_today:
        why = "notice_after_mail", {}
    if why is not None:
        yield NewLine(customer, why[0], {**base, **why[1]}, (), task, recipient.collector_id)
        return
    if not recipient.channel:
        yield unreachable(recipient, base)
        if task:
            yield NewLine(customer, recipient.code, base, (), task, recipient.collector_id)
        return
    wording = wordings.get(question.template(situation), recipient.language)
    if wording is None:
        yield NewLine(customer, "template_missing", {**base, "template": question.template(situation)})
        return
    for entity in sorted({row.item.entity for row in asked.asked}):
        part = of_entity(asked, entity)
        facts = {**base, **_facts(part), "entity": entity, "template": wording.key, "calls": len(situation.attempts_today)}  # fmt: skip
        message = NewMessage(
            customer, question.purpose, recipient.channel, question.once(entity, customer), recipient, senders.of(entity),
            entity, (), wording.version_id, lines=lines_of(part), facts=facts,
        )  # fmt: skip
        yield NewLine(customer, question.code(situation), facts, (message,), task, recipient.collector_id)


def of_entity(asked: Asking, entity: int) -> Asking:
    """What is in the books of one entity. What is left out of another one's is not its business."""
    rows = [row for row in asked.asked if row.item.entity == entity]
    return Asking(rows, asked.left_out if len({row.item.entity for row in asked.asked}) == 1 else [])


def _facts(asked: Asking) -> dict[str, Any]:
    sums: dict[str, int] = {}
    for row in asked.asked:
        sums[row.item.currency] = sums.get(row.item.currency, 0) + row.amount
    facts: dict[str, Any] = {
        "items": len(asked.asked),
        "amount": moneys(sums),
        "due_on": asked.asked[0].item.due_on.isoformat(),
    }
    return facts | ({"held": held_sums(asked.left_out)} if asked.left_out else {})


def lines_of(asked: Asking) -> list[Line]:
    """The items of the message: none of them gives a level."""
    rows = [Line(row.item.id, row.amount) for row in asked.asked]
    return rows + [Line(row.id, row.amount, None, row.why[:24]) for row in asked.left_out]


def ask_again(
    who: Who,
    message: Message,
    policy: Policy,
    about: Callable[[Situation, OpenItem], bool],
    stop: Callable[[Situation, date], tuple[str, dict[str, Any]] | None] = lambda situation, day: None,
) -> Content | Stop:
    """The message as of now: only items it was decided for and that `about` still picks; `stop` is a reason of its own."""
    day = day_of(who.now, policy.ledger_time_zone)
    if message.customer_id is None:
        return Stop("nothing_open", {})
    pk = message.customer_id
    situation = next(situations(pk, pk, day, policy, home_rates(day, policy.home_currency)), None)
    if situation is None:
        return Stop("nothing_open", {"today": day.isoformat()})
    if other_mail_today(message, day, policy):
        return Stop("notice_after_mail", {"today": day.isoformat()})
    why = silence_of(situation, day) or stop(situation, day)
    if why is not None:
        return Stop(why[0], {"today": day.isoformat(), **why[1]})
    allowed = set(message.items.filter(left_out="").values_list("item", flat=True))
    asked = asking(
        situation, day, policy, lambda item: item.id in allowed and about(situation, item), items_waiting([pk]).get(pk, set())
    )  # fmt: skip
    if not asked.asked:
        held = held_sums(asked.left_out)
        code = "all_held" if held else "nothing_left_to_ask"
        return Stop(code, {"today": day.isoformat()} | ({"held": held} if held else {}))
    return _content(message, asked, day)


def _content(message: Message, asked: Asking, day: date) -> Content | Stop:
    assert message.customer_id is not None
    key = message.facts.get("template", "")
    wording = Wordings.read([key]).get(key, message.language)
    if wording is None:
        return Stop("template_missing", {"template": key})
    recipient = recipients([message.customer_id])[message.customer_id]
    entity = Entity.objects.filter(pk=message.entity_id or 0).first()
    sender = Sender(message.sender_name, message.sender_address, message.reply_to, "")
    try:
        made = wording.render(values_for(recipient, entity, sender, day, asking_values(asked, day)))
    except Refused as problem:
        return Stop("template_fails", {"template": key, "why": str(problem)})
    message.template_id = wording.version_id
    facts = {**message.facts, **_facts(asked), "today": day.isoformat()}
    return Content(made.subject, made.text, made.html, lines_of(asked), None, facts, made.blocks)
