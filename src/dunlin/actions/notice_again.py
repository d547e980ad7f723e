"""A notice at the moment it goes, and what follows once it went.

It is decided again with the facts of that moment: what was paid, disputed, promised or blocked since is left out, amounts are those
of now, and an item never gets a higher level than was decided. Nothing left: it is withdrawn with its reason. Fees, tasks and the
use of the level belong to its being sent. (P35, P4; traps 1-7, 20, 28, 29, 31, 52, 53, 59)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dunlin.actions.addresses import owner_of
from dunlin.actions.doing import Act, Who
from dunlin.actions.message_content import AFTER, AGAIN, Content, Stop
from dunlin.actions.messages import Line
from dunlin.actions.postings import Draft, check_posting_day, post
from dunlin.records import balance_sums
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.clock import day_of
from dunlin.records.models import Entity, FollowUp, Item, Message, User
from dunlin.records.policies import current_policy
from dunlin.reports.notice_facts import CHARGED, notice_facts, sent_so_far
from dunlin.reports.recipients import recipients
from dunlin.reports.senders import Sender
from dunlin.reports.situation_books import Chosen
from dunlin.reports.situations import AUTOMATIC_MAIL, home_rates, situations
from dunlin.reports.strategies import in_force, strategy_facts
from dunlin.reports.wording import Wordings, notice_values, values_for
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.notice_fees import FeeDraft, fees_of
from dunlin.rules.notices import NoticeDecision, NoticeFacts, held_sums, notices
from dunlin.rules.policy import Policy
from dunlin.rules.promise_facts import moneys
from dunlin.rules.strategies import Choice, Escalation, Strategy


def notice_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """What the notice says now, or the code why it does not go."""
    day = day_of(who.now, policy.ledger_time_zone)
    if message.customer_id is None:
        return Stop("nothing_open", {})
    waived = message.facts.get("gap_waived", "")
    decided = decide_one(message.customer_id, day, policy, siblings_of=message, gap_waived=bool(waived))
    if decided is None:
        return Stop("nothing_open", {"today": day.isoformat()})
    choice, decisions, facts, off = decided
    if off:
        return Stop("strategy_off", {"strategy": choice.strategy.name})
    decision = next((each for each in decisions if each.entity == message.entity_id), None)
    if decision is None:
        return Stop("nothing_open", {"today": day.isoformat()})
    if decision.step is None:
        return Stop(decision.code, decision.facts)
    still = limited(decision, message, choice.strategy, day, facts)
    if isinstance(still, Stop):
        return still
    assert still.step is not None
    if still.step.approval and not message.approval:
        return Stop("notice_needs_approval", {"step": still.step.name})
    content = _content(message, still, choice, day)
    if isinstance(content, Content) and content.facts is not None:
        kept = {name: message.facts[name] for name in ("asked_by", "gap_waived") if name in message.facts}
        content.facts.update(kept)
    return content


def decide_one(
    customer_id: int,
    day: date,
    policy: Policy,
    siblings_of: Message | None = None,
    *,
    gap_waived: bool = False,
) -> tuple[Choice, Sequence[NoticeDecision], NoticeFacts, bool] | None:
    """The decisions of one customer as they are now; None when nothing is open. `siblings_of`: as if that message and what was
    decided with it were not there. `gap_waived`: as if the last notice lay long back."""
    force = in_force()
    rates = home_rates(day, policy.home_currency)
    situation = next(situations(customer_id, customer_id, day, policy, rates), None)
    if situation is None or not situation.items:
        return None
    sent = sent_so_far(day, policy, customer_id, siblings_of)
    chosen = Chosen(customer_id, customer_id, ())
    facts = notice_facts(chosen, policy, sent, force.charges_interest, siblings_of).get(
        customer_id, NoticeFacts()
    )
    if gap_waived:
        facts.last_notice_on = None
    if siblings_of is not None:
        situation.emailed_today = other_mail_today(siblings_of, day, policy)
    entities = dict(Entity.objects.values_list("pk", "code"))
    traits = recipients([customer_id])[customer_id].traits
    choice = force.chosen(strategy_facts(situation, traits, entities, day, policy))
    decisions = notices(situation, facts, choice.strategy, day, policy, calendar(LEDGER))
    return choice, decisions, facts, choice.strategy.key in force.off


def other_mail_today(message: Message, day: date, policy: Policy) -> bool:
    """Whether an automatic mail went today that was not decided together with this one."""
    others = Message.objects.filter(
        customer=message.customer_id, channel="email", state="sent", purpose__in=AUTOMATIC_MAIL
    ).exclude(purpose=message.purpose, day=message.day)
    latest = others.order_by("-sent_at").values_list("sent_at", flat=True).first()
    return latest is not None and day_of(latest, policy.ledger_time_zone) == day


def limited(
    decision: NoticeDecision, message: Message, strategy: Strategy, day: date, facts: NoticeFacts
) -> NoticeDecision | Stop:
    """The decision without what the message was not decided for: no further item, no higher level."""
    allowed = dict(message.items.filter(left_out="").values_list("item", "level"))
    rows = []
    for row in decision.carried:
        if row.id not in allowed:
            continue
        level = allowed[row.id]
        if row.raised and (level is None or row.level > level):
            held = facts.held.get(row.id)
            row = row._replace(raised=level is not None, level=level if level is not None else held.level if held else row.level)  # fmt: skip
        rows.append(row)
    raised = [row for row in rows if row.raised]
    minimum = {step.level: step.minimum for step in strategy.steps}
    if not any(row.amount >= minimum.get(row.level, {}).get(row.currency, 0) for row in raised):
        asked = _sums(rows)
        told = {"today": day.isoformat(), "level": max((row.level for row in rows), default=0), "amount": moneys(asked)}  # fmt: skip
        return Stop("notice_level_held", told)
    level = max(row.level for row in raised)
    step = strategy.step(level)
    assert step is not None
    asked = _sums(rows)
    credits = {cur: minor for cur, minor in decision.credits.items() if cur in asked}
    net = credits if strategy.credits == "net" else {}
    given = {row.level for row in raised}
    told = decision.facts | {
        "level": level, "step": step.name, "items": len(rows), "amount": moneys(asked),
        "due_on": min(row.due_on for row in rows).isoformat(),
    }  # fmt: skip
    told.pop("held", None)
    if decision.left_out:
        told["held"] = held_sums(decision.left_out)
    pay_by = None
    if step.pay_within_days:
        pay_by = calendar(LEDGER).roll(day + timedelta(step.pay_within_days), "following")
    return decision._replace(
        step=step, level=level, facts=told, carried=rows, asked=asked, credits=credits,
        to_pay={cur: minor - net.get(cur, 0) for cur, minor in asked.items()},
        fees=fees_of(rows, strategy, decision.entity, day, facts.interest_through),
        escalations=tuple(each.escalation for each in strategy.steps if each.level in given and each.escalation),
        pay_by=pay_by,
    )  # fmt: skip


def _sums(rows: Sequence[Any]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    return sums


def _content(message: Message, decision: NoticeDecision, choice: Choice, day: date) -> Content | Stop:
    """The words of the notice and its lines."""
    step = decision.step
    assert step is not None
    assert message.customer_id is not None
    wording = Wordings.read([step.template]).get(step.template, message.language)
    if wording is None:
        return Stop("template_missing", {"template": step.template})
    recipient = recipients([message.customer_id])[message.customer_id]
    entity = Entity.objects.get(pk=decision.entity)
    sender = Sender(message.sender_name, message.sender_address, message.reply_to, "")
    values = values_for(
        recipient, entity, sender, day, notice_values(decision, choice.strategy.credits == "net", day)
    )
    if decision.credits and choice.strategy.credits != "net":
        values["credit_total"] = [Money(minor, cur) for cur, minor in sorted(decision.credits.items())]
    if choice.strategy.left_out != "show":
        values = _without_left_out(values)
    if decision.pay_by:
        values["pay_by"] = decision.pay_by
    values["total_open"] = [Money(minor, cur) for cur, minor in sorted(decision.to_pay.items()) if minor > 0]
    try:
        made = wording.render(values)
    except Refused as problem:
        return Stop("template_fails", {"template": step.template, "why": str(problem)})
    message.template_id = wording.version_id
    return Content(
        made.subject,
        made.text,
        made.html,
        notice_lines(decision),
        decision.level,
        notice_message_facts(decision, choice),
        made.blocks,
    )


def _without_left_out(values: dict[str, Any]) -> dict[str, Any]:
    table = values["items_table"]
    return values | {"items_table": type(table)(table.lines, (), table.credits), "left_out_total": None}


def notice_lines(decision: NoticeDecision) -> list[Line]:
    """The items of a notice: asked for, with the level they reach by its being sent, and left out, with the reason."""
    asked = [Line(row.id, row.amount, row.level if row.raised else None) for row in decision.carried]
    return asked + [Line(row.id, row.amount, None, row.why[:24]) for row in decision.left_out]


def notice_message_facts(decision: NoticeDecision, choice: Choice) -> dict[str, Any]:
    """What a notice rests on, and what it will bring with it once it is sent."""
    step = decision.step
    assert step is not None
    return {
        **decision.facts,
        "entity": decision.entity,
        "strategy": choice.strategy.key,
        "choice": {"code": choice.code, **choice.facts},
        "group": choice.group,
        "to_pay": amounts(decision.to_pay),
        "pay_by": decision.pay_by.isoformat() if decision.pay_by else None,
        "charges": charges(decision.fees),
        "tasks": tasks(decision.escalations),
        "call": step.channel in ("call", "email_and_call"),
    }


def amounts(minors: Mapping[str, int]) -> list[dict[str, Any]]:
    """Amounts as facts hold them."""
    return [{"minor": minors[cur], "currency": cur} for cur in sorted(minors)]


# --- once it went -----------------------------------------------------------------------------------------------------


def charges(fees: Sequence[FeeDraft]) -> list[dict[str, Any]]:
    """The charges of a notice as its facts hold them."""
    return [each._asdict() | {"since": each.since.isoformat() if each.since else None} for each in fees]


def tasks(escalations: Sequence[Escalation]) -> list[dict[str, Any]]:
    """The tasks of a notice as its facts hold them."""
    return [{"to": each.to, "within_days": each.within_days, "what": each.what} for each in escalations]


def notice_sent(act: Act, message: Message) -> None:
    """Post its charges, each once ever, and plan its call and tasks. The transaction is the one that says it was sent."""
    facts = message.facts
    posted = [_charge(act, message, each) for each in facts.get("charges") or ()]
    if any(posted):
        assert message.customer_id is not None
        balance_sums.refresh([message.customer_id], act.who.today, current_policy())
    if facts.get("call"):
        _plan(act, message, "collector", 0, f"Call about the notice: {facts.get('step', '')}")
    for each in facts.get("tasks") or ():
        _plan(act, message, each["to"], each["within_days"], each["what"])


def _charge(act: Act, message: Message, charge: Mapping[str, Any]) -> bool:
    """A fee or interest as an item of its own, with the key that keeps it from coming twice (trap 28)."""
    if Item.objects.filter(source=CHARGED, source_key=charge["key"]).exists():
        return False
    assert message.customer_id is not None
    on = Item.objects.get(pk=charge["item_id"])
    what = "Interest" if charge["what"] == "interest" else "Reminder fee"
    today = act.who.today
    try:
        check_posting_day(act.who, charge["entity"], today)
    except Refused as refused:
        act.tell(about=f"message:{message.pk}", cause=f"{what} on {on.number} not posted: {refused}")
        return False
    row = post(
        act.who,
        Draft(
            customer_id=message.customer_id, entity_id=charge["entity"], kind="finance_charge",
            amount=Money(charge["minor"], charge["currency"]), document_on=today, due_on=today,
            number=f"{'INT' if charge['what'] == 'interest' else 'FEE'}-{message.pk}-{on.pk}",
            description=f"{what} on {on.number or on.pk}, notice of {today}", corrects_id=on.pk,
            source=CHARGED, source_key=charge["key"],
        ),
        in_open_period=True,
    )  # fmt: skip
    act.tell(about=f"item:{row.pk}", customer_id=message.customer_id, after={"charge": charge["what"], "amount": charge["minor"], "key": charge["key"]})  # fmt: skip
    return True


def _plan(act: Act, message: Message, role: str, within_days: int, what: str) -> None:
    """A follow-up for the collector of the account or somebody of a role; not twice while it is open."""
    assert message.customer_id is not None
    owner = None
    if role not in ("collector", "senior_collector"):
        owner = User.objects.filter(role=role, is_active=True).order_by("pk").first()
    owner = owner or owner_of(message.customer_id)
    what = mask_card_numbers(what)[:300]
    if (
        owner is None
        or FollowUp.objects.filter(customer=message.customer_id, what=what, done_at=None).exists()
    ):
        return
    ledger = calendar(LEDGER)
    due_on = ledger.next_business_day(act.who.today, within_days) if within_days else ledger.roll(act.who.today, "following")  # fmt: skip
    row = FollowUp.objects.create(
        customer_id=message.customer_id, owner=owner, what=what, due_on=due_on, created_at=act.who.now,
        created_by_id=act.who.user_id,
    )  # fmt: skip
    act.tell(
        about=f"follow_up:{row.pk}", customer_id=message.customer_id, after={"what": what, "owner": owner.pk}
    )


AGAIN["notice"] = notice_again
AFTER["notice"] = notice_sent
