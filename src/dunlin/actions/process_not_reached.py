"""The e-mail to whom the day's calls did not reach (P6; B3): after the last attempt or a wrong number at once, else at the close.

Only for the day itself, one a customer and day, and none to whom anything else went by itself that day. Who must not be called, or
has no number, is written to instead of being called; not sooner than a week after the last notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from dunlin.actions.decide_again import newest_decisions
from dunlin.actions.doing import Who
from dunlin.actions.message_content import AGAIN, Content, Stop
from dunlin.actions.process_asking import Question, ask, ask_again
from dunlin.actions.process_rows import Chunk, Told
from dunlin.records.clock import day_of
from dunlin.records.models import Call, Decision, Message
from dunlin.reports.notice_facts import Sent
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.processes import campaign_mail
from dunlin.rules.situations import OpenItem, Situation
from dunlin.rules.strategies import MIN_DAYS_BETWEEN

AFTER_CALLS = "campaign_not_reached"
INSTEAD_OF_CALLS = "notice_1"


def process_not_reached(told: Told) -> Iterator[Chunk]:
    """Who gets the e-mail now. Refused: day_is_past."""
    if told.period != told.day.isoformat():
        raise Refused("past_day_process", day=told.period, process="the e-mail of the campaign")
    tried = set(Call.objects.filter(day=told.day, direction="out").values_list("customer", flat=True))
    listed = Decision.objects.filter(day=told.day, step="email").values_list("customer", flat=True)
    instead = {row.customer_id for row in newest_decisions(told.day, set(listed)) if row.step == "email"}

    def silent(situation: Situation, sent: Sent) -> tuple[str, dict[str, Any]] | None:
        goes, code, facts = campaign_mail(
            situation.attempts_today,
            told.policy,
            notice_today=situation.emailed_today,
            do_not_call=situation.do_not_call or situation.no_phone,
            end_of_day=told.turns.end_of_day,
        )
        if not goes:
            return code, facts
        last = sent.last_notice.get(situation.customer_id)
        if not situation.attempts_today and last is not None and (told.day - last).days < MIN_DAYS_BETWEEN:
            return "mrr_left_to_notice", {"last_on": last.isoformat(), "days": MIN_DAYS_BETWEEN}
        return None

    question = Question(
        "not_reached",
        lambda situation: "campaign_mail_due" if situation.attempts_today else "campaign_mail_no_calls",
        lambda situation, item: item.due_on < told.day,
        lambda situation: AFTER_CALLS if situation.attempts_today else INSTEAD_OF_CALLS,
        lambda entity, customer: f"not_reached:{told.day}:{entity}:{customer}",
        silent,
    )
    return ask(told, question, tried | instead)


def not_reached_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """As of now: not on another day, and not once somebody was reached."""
    day = day_of(who.now, policy.ledger_time_zone)

    def stop(situation: Situation, today: date) -> tuple[str, dict[str, Any]] | None:
        if today != message.day:
            return "not_reached_day_over", {"day": message.day.isoformat()}
        goes, code, facts = campaign_mail(
            situation.attempts_today, policy, do_not_call=situation.do_not_call or situation.no_phone
        )
        return None if goes else (code, facts)

    def about(situation: Situation, item: OpenItem) -> bool:
        return item.due_on < day

    return ask_again(who, message, policy, about, stop)


AGAIN["not_reached"] = not_reached_again
