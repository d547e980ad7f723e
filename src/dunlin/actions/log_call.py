"""Log a call attempt with what came of it, and in the same act a promise and a follow-up (P6, B4; invariants 25, 26)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.log_promise import PromiseAsked, record_promise
from dunlin.actions.queue_call import return_calls
from dunlin.records.calendars import LEDGER, calendar, contact_code
from dunlin.records.items import STAGES
from dunlin.records.models import Call, Contact, ContactPoint, Customer, Item
from dunlin.records.policies import current_policy
from dunlin.reports.situations import situation
from dunlin.reports.worklist import next_on_list, worklist
from dunlin.rules.campaigns import OUTCOMES, is_reached
from dunlin.rules.codes import Refused
from dunlin.rules.conduct import Place, Verdict, may_call
from dunlin.rules.decisions import stages_fulfilled
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason
from dunlin.rules.roles import may
from dunlin.rules.situations import Situation

# What a lead may override with a reason. The three attempts, "reached", 7-in-7, wrong numbers, blocks and what the customer
# forbade are never overridden.
MAY_OVERRIDE = frozenset({
    "conduct_hours", "conduct_weekend", "conduct_holiday", "conduct_spacing", "conduct_spacing_later",
    "conduct_calls_per_week",
})  # fmt: skip
LOGGED_WITHIN = timedelta(hours=8)


@dataclass(frozen=True)
class CallLogged:
    """The call as recorded. `attempts_today` counts this one; `next_customer_id` is whom the list says to call next, if
    anyone; `wrong_point_ids` are the numbers marked wrong; `stages` the (item id, stage) this conversation fulfilled."""

    call_id: int
    customer_id: int
    outcome: str
    reached: bool
    attempts_today: int
    promise_id: int | None
    follow_up_id: int | None
    stages: tuple[tuple[int, str], ...]
    wrong_point_ids: tuple[int, ...]
    next_customer_id: int | None


def log_call(
    who: Who,
    customer_id: int,
    outcome: str,
    *,
    contact_id: int | None = None,
    spoke_to: str = "",
    number: str = "",
    direction: str = "out",
    note: str = "",
    next_step: str = "",
    started_at: datetime | None = None,
    seconds: int | None = None,
    promise: PromiseAsked | None = None,
    follow_up: FollowUpAsked | None = None,
    override: str = "",
    conversation_id: int | None = None,
    key: str | None = None,
) -> CallLogged:
    """Log one call. `outcome` is one of rules.campaigns.OUTCOMES; `started_at` (aware) is now unless given.

    Outgoing calls pass the conduct gate: hours there, spacing, three a day, none after reached, no wrong number, cease contact,
    blocks that forbid contact, do not call. `override` is a lead's reason to pass hours, closed days or spacing. Incoming calls are always logged. Card numbers in
    notes are masked. `conversation_id` is what it returns (a call, a voicemail, a mail answered by phone); calls waiting from the same
    number are returned by it too. Refused: call_outcome_unknown, customer_unknown, call_not_allowed, call_needs_a_person, call_time_wrong,
    contact_of_other_customer, conversation_unknown, and what `log_promise` and `add_follow_up` refuse; nothing is written then.
    """
    asked = [
        customer_id,
        outcome,
        contact_id,
        number,
        direction,
        note,
        next_step,
        str(promise),
        str(follow_up),
        *([conversation_id] if conversation_id is not None else []),
    ]
    with doing(who, "log_call", customers=[customer_id], cause=override, key=key, asked=asked) as act:
        if act.answered:
            return _answered(act.answer)
        caller = _check(who, outcome, direction, promise, follow_up)
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise Refused("customer_unknown", customer=customer_id)
        contact = _contact(customer, contact_id)
        policy = current_policy()
        before = situation(customer_id, who.today, policy)
        at = _when(who, started_at)
        if direction == "out":
            _gate(who, customer, contact, number, before, at, policy, override)
        call = Call.objects.create(
            customer=customer, contact=contact, spoke_to=mask_card_numbers(spoke_to or (contact.name if contact else ""))[:200],
            number=number[:60], direction=direction, outcome=outcome, note=mask_card_numbers(note),
            next_step=mask_card_numbers(next_step)[:200], day=who.today, started_at=at, seconds=seconds, by_id=caller,
        )  # fmt: skip
        act.tell(
            about=f"call:{call.pk}", after={"outcome": outcome, "direction": direction, "contact": contact_id}
        )
        return_calls(act, call, conversation_id)
        logged = _conclude(act, call, before, promise, follow_up, policy)
        act.answer = asdict(logged)
    return logged


def _conclude(
    act: Act,
    call: Call,
    before: Situation | None,
    promise: PromiseAsked | None,
    follow_up: FollowUpAsked | None,
    policy: Policy,
) -> CallLogged:
    """What a call leaves behind: stages, a wrong number, a promise, a follow-up, a new decision, the next customer."""
    who, customer_id, contact_id = act.who, call.customer_id, call.contact_id
    reached = is_reached(call.outcome)
    stages = _fulfil(before, who, policy) if reached and before is not None else ()
    wrong = _flag_wrong(act, customer_id, contact_id, call.number) if call.outcome == "wrong_number" else ()
    promised = (
        record_promise(act, customer_id, promise, contact_id=contact_id, call_id=call.pk) if promise else None
    )
    planned = record_follow_up(act, customer_id, follow_up, call.pk) if follow_up else None
    decide_again(who, customer_id, policy)
    attempts = len(before.attempts_today) if before is not None else 0
    return CallLogged(
        call.pk, customer_id, call.outcome, reached, attempts + (call.direction == "out"),
        promised.promise_id if promised else None, planned.follow_up_id if planned else None, stages, wrong,
        next_on_list(worklist(who.today, who.user_id, policy), customer_id, who.now),
    )  # fmt: skip


def _check(
    who: Who, outcome: str, direction: str, promise: PromiseAsked | None, follow_up: FollowUpAsked | None
) -> int:
    """The person who called, once what was asked makes sense."""
    if outcome not in OUTCOMES or direction not in ("out", "in"):
        raise Refused("call_outcome_unknown", outcome=outcome, outcomes=", ".join(OUTCOMES))
    if who.user_id is None:
        raise Refused("call_needs_a_person")
    for part, verb in ((promise, "log_promise"), (follow_up, "add_follow_up")):
        if part is not None and not may(who.role, verb):
            raise Refused(
                "not_permitted", who=who.name, role=who.role.replace("_", " "), verb=verb.replace("_", " ")
            )
    return who.user_id


def _when(who: Who, started_at: datetime | None) -> datetime:
    """When the call was made: now, or a moment of the hours before. A call is logged on its day."""
    if started_at is not None and not who.now - LOGGED_WITHIN <= started_at <= who.now:
        raise Refused("call_time_wrong", hours=int(LOGGED_WITHIN.total_seconds() // 3600))
    return started_at or who.now


def _contact(customer: Customer, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    contact = Contact.objects.filter(pk=contact_id, customer=customer).first()
    if contact is None:
        raise Refused("contact_of_other_customer")
    return contact


def call_verdict(
    customer: Customer,
    contact: Contact | None,
    facts: Situation | None,
    at: datetime,
    policy: Policy,
    number: str = "",
) -> Verdict:
    """Whether this contact (None: anyone there) may be called at `at`, on `number` if one is said, by the one gate
    (rules/conduct.py). Three queries."""
    # A day more than the seven that a limit looks at, so that midnight in one zone shortens nothing in another.
    recent = Call.objects.filter(customer=customer, direction="out", started_at__gt=at - timedelta(8))
    calls = list(recent.order_by("started_at", "pk").values_list("started_at", "outcome"))
    return may_call(
        at,
        place_of(customer, contact),
        policy,
        calls,
        do_not_call=bool(contact and contact.do_not_call) or bool(facts and facts.do_not_call),
        cease_contact=bool(contact and contact.cease_contact) or bool(facts and facts.cease_contact),
        blocks=[each.kind for each in facts.blocks] if facts else (),
        wrong_number=_known_wrong(customer, contact, number),
    )


def place_of(customer: Customer, contact: Contact | None) -> Place:
    """Where the gate takes the contact to be: the zone is the contact's own or else the customer's."""
    return Place(
        (contact.time_zone if contact else "") or customer.time_zone,
        customer.country,
        customer.region,
        calendar(contact_code(customer.country)) if customer.country else None,
    )


def _known_wrong(customer: Customer, contact: Contact | None, number: str) -> bool:
    """Whether every number meant is marked wrong: the one said, or those of the contact, or of anyone there."""
    points = ContactPoint.objects.filter(contact__customer=customer, contact__active=True, kind="phone")
    if number:
        points = points.filter(value=number)
    elif contact is not None:
        points = points.filter(contact=contact)
    states = set(points.values_list("state", flat=True))
    return bool(states) and "ok" not in states


def _gate(
    who: Who,
    customer: Customer,
    contact: Contact | None,
    number: str,
    facts: Situation | None,
    at: datetime,
    policy: Policy,
    override: str,
) -> None:
    verdict = call_verdict(customer, contact, facts, at, policy, number)
    # The ledger's day and the contact's may differ; the three attempts hold in both.
    spent = facts is not None and len(facts.attempts_today) >= policy.campaign_max_attempts
    if verdict.allowed and spent:
        why = {"attempts": policy.campaign_max_attempts, "max_attempts": policy.campaign_max_attempts}
        raise Refused("call_not_allowed", why=reason("conduct_attempts", why))
    if verdict.allowed and facts is not None and facts.last_reached_on == who.today:
        raise Refused("call_not_allowed", why=reason("conduct_reached_today", {}))
    if verdict.allowed:
        return
    if override.strip() and verdict.code in MAY_OVERRIDE and not spent and may(who.role, "pin_customer"):
        return
    raise Refused("call_not_allowed", why=reason(verdict.code, verdict.facts))


def _fulfil(before: Situation, who: Who, policy: Policy) -> tuple[tuple[int, str], ...]:
    """Mark the contact stages that this conversation fulfils (P4): each once, never downwards."""
    stages = stages_fulfilled(before, who.today, policy, calendar(LEDGER))
    for item_id, stage in stages:
        Item.objects.filter(pk=item_id, stage__lt=STAGES.index(stage)).update(
            stage=STAGES.index(stage), stage_on=who.today
        )
    return stages


def _flag_wrong(act: Act, customer_id: int, contact_id: int | None, number: str) -> tuple[int, ...]:
    """Mark the number dialled as wrong wherever this customer has it; without a number, the contact's only one."""
    points = ContactPoint.objects.filter(contact__customer=customer_id, kind="phone", state="ok")
    points = points.filter(value=number) if number else points.filter(contact=contact_id)
    ids = tuple(points.order_by("pk").values_list("pk", flat=True))
    if not number and len(ids) != 1:
        return ()
    ContactPoint.objects.filter(pk__in=ids).update(state="wrong")
    for pk in ids:
        act.tell(about=f"contact_point:{pk}", before={"state": "ok"}, after={"state": "wrong"})
    return ids


def _answered(answer: dict[str, object]) -> CallLogged:
    stages = tuple((int(pk), str(stage)) for pk, stage in answer["stages"])  # type: ignore[attr-defined]
    return CallLogged(**{**answer, "stages": stages, "wrong_point_ids": tuple(answer["wrong_point_ids"])})  # type: ignore[arg-type]
