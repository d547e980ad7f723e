"""A notice on request: the one the strategy would send today, when a person asks for it (C6, C3).

Decided by the rule of the nightly notices and written when it goes, as every notice is. A lead may pass the days between two notices
with a reason; what the customer forbade, the law, the hours and the caps are never passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.message_content import Content, Stop, after_sent, fresh_content
from dunlin.actions.messages import Draft, happened, make_message
from dunlin.actions.notice_again import decide_one, notice_lines, notice_message_facts
from dunlin.actions.process_notices import channels
from dunlin.actions.writing_gate import gate
from dunlin.records.models import Block, Customer, Message
from dunlin.records.policies import current_policy
from dunlin.reports.recipients import Recipient, addresses_by_role, copies, recipients
from dunlin.reports.strategies import in_force
from dunlin.reports.wording import Wordings
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.notices import NoticeDecision
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason
from dunlin.rules.roles import may
from dunlin.rules.strategies import Choice

# Who may pass the days between two notices: a lead and above.
PASSES_GAP = "approve_message"


@dataclass(frozen=True)
class Looked:
    """A notice as it would go now: how, to whom, at which level, and its words or why there are none."""

    channel: str
    to: tuple[str, ...]
    level: int | None
    approval: str
    content: Content | Stop


def send_notice_now(who: Who, customer_id: int, *, despite_gap: str = "") -> list[Message]:
    """Make the notice the strategy would send today, one for each entity; it goes with the next sending, or when it is approved.

    `despite_gap` is a lead's reason to pass the days between two notices. While one is on its way another is not due.
    Refused: customer_unknown, not_permitted, notice_not_due (with the reason), nobody_to_write_to, message_not_allowed, template_unknown,
    what make_message refuses.
    """
    policy, because = current_policy(), mask_card_numbers(despite_gap.strip())[:200]
    with doing(who, "send_message", customers=[customer_id], cause=because or "notice on request") as act:
        if because and not may(who.role, PASSES_GAP):
            raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="pass the days between two notices")  # fmt: skip
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        choice, due = _due(who, customer_id, policy, bool(because))
        recipient = recipients([customer_id])[customer_id]
        if not recipient.channel:
            raise Refused("message_not_allowed", why=reason(recipient.code, recipient.facts))
        wanted = {decision.entity: _ways(customer_id, decision, recipient) for decision in due}
        _allowed(who, customer_id, policy, {channel for ways in wanted.values() for channel in ways})
        made = [
            _made(act, decision, choice, recipient, channel, because)
            for decision in due
            for channel in wanted[decision.entity]
        ]
    return made


def preview_notice_now(who: Who, customer_id: int, *, despite_gap: str = "") -> list[Looked]:
    """The notices as they would read if they went this moment. Nothing is kept. Refused: as send_notice_now."""
    with transaction.atomic():
        looked = [
            Looked(
                each.channel, tuple(person["address"] for person in each.to), each.level, each.approval,
                fresh_content(who, each, current_policy()),
            )
            for each in send_notice_now(who, customer_id, despite_gap=despite_gap)
            if each.channel != "call"
        ]  # fmt: skip
        transaction.set_rollback(True)
    return looked


def _due(who: Who, customer_id: int, policy: Policy, gap_waived: bool) -> tuple[Choice, list[NoticeDecision]]:
    decided = decide_one(customer_id, who.today, policy, gap_waived=gap_waived)
    if decided is None:
        raise Refused("notice_not_due", why=reason("nothing_open", {"today": who.today.isoformat()}))
    choice, decisions, _, off = decided
    due = [each for each in decisions if each.step is not None]
    if off:
        raise Refused("notice_not_due", why=reason("strategy_off", {"strategy": choice.strategy.name}))
    if not due:
        raise Refused("notice_not_due", why=reason(decisions[0].code, decisions[0].facts))
    return choice, due


def _ways(customer_id: int, decision: NoticeDecision, recipient: Recipient) -> tuple[str, ...]:
    assert decision.step is not None
    silent = Block.objects.filter(
        customer=customer_id, item=None, kind="do_not_call", lifted_at=None
    ).exists()
    return channels(decision.step.channel, recipient, silent)


def _allowed(who: Who, customer_id: int, policy: Policy, ways: set[str]) -> None:
    """The conduct gate before anything is made. What is only too early or too much for now waits in the outbox."""
    for channel in sorted(ways - {"call"}):
        verdict = gate(Message(customer_id=customer_id, channel=channel, purpose="notice"), who.now, policy)
        if not verdict.allowed and verdict.next_at is None:
            raise Refused("message_not_allowed", why=reason(verdict.code, verdict.facts))


def _made(
    act: Act, decision: NoticeDecision, choice: Choice, recipient: Recipient, channel: str, because: str
) -> Message:
    step = decision.step
    assert step is not None
    wording = Wordings.read([step.template]).get(step.template, recipient.language)
    if wording is None:
        raise Refused("template_unknown", template=step.template)
    facts: Mapping[str, Any] = notice_message_facts(decision, choice) | {"asked_by": act.who.name} | ({"gap_waived": because} if because else {})  # fmt: skip
    row = make_message(act, Draft(
        decision.customer_id, "notice", channel, to=recipient.to if channel == "email" else (),
        cc=copies(step.copies, recipient, addresses_by_role()) if channel == "email" and step.copies else (),
        contact_id=recipient.contact_id, entity_id=decision.entity, lines=notice_lines(decision), language=recipient.language[:8],
        template_id=wording.version_id, strategy_id=in_force().versions.get(choice.strategy.key), level=decision.level,
        approval=step.approval, facts=facts, once=_once(act.who, decision, channel, step.channel),
    ))  # fmt: skip
    if channel == "call" and row.state != "sent":
        row.state, row.sent_at = "sent", act.who.now
        row.save(update_fields=["state", "sent_at"])
        happened(row, act.who.now, "sent", by_id=act.who.user_id)
        after_sent(act, row)
    return row


def _once(who: Who, decision: NoticeDecision, channel: str, wanted: str) -> str:
    """The same as that of the day's run, so that the two make it once; anew after one that was withdrawn."""
    once = f"notice:{who.today}:{decision.entity}:{decision.customer_id}"
    if channel == "letter" and wanted == "email_and_letter":
        once += ":letter"
    gone = Message.objects.filter(
        once__startswith=once, channel=channel, state__in=("withdrawn", "bounced")
    ).count()
    return f"{once}:asked:{gone}" if gone else once
