"""Ask a department about a customer by e-mail; the reply lands on the request, and silence is escalated (B7, P8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.messages import Draft, Line, make_message
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Absence, Customer, Department, Dispute, Item, Mail, Request, User
from dunlin.reports.wording import Wordings, items_values
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class Question:
    """What is asked. `what` in one line, `text` in full; `due_on` None: within the department's own business days."""

    department: str
    what: str
    text: str = ""
    item_id: int | None = None
    dispute_id: int | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class AskedDepartment:
    """The request as recorded; its message is in the outbox."""

    request_id: int
    message_id: int
    due_on: date


@dataclass(frozen=True)
class RequestClosed:
    """The request that is over."""

    request_id: int
    customer_id: int


def ask_department(
    who: Who,
    customer_id: int,
    question: Question,
    *,
    conversation_id: int | None = None,
    key: str | None = None,
) -> AskedDepartment:
    """Ask. Refused: customer_unknown, item_unknown, dispute_unknown, department_unknown, department_without_address, not_blank."""
    with doing(
        who,
        "ask_department",
        customers=[customer_id],
        key=key,
        asked=[customer_id, str(question), conversation_id],
    ) as act:
        if act.answered:
            row = Request.objects.get(pk=act.answer["request"])
            return AskedDepartment(row.pk, row.message_id, row.due_on)
        asked = record_question(act, customer_id, question)
        act.answer = {"request": asked.request_id}
    return asked


def record_question(act: Act, customer_id: int, question: Question) -> AskedDepartment:
    """The part that writes, for use inside another act that holds the customer's lock."""
    who = act.who
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise Refused("customer_unknown", customer=customer_id)
    department = Department.objects.filter(key=question.department).first()
    if department is None:
        raise Refused("department_unknown", department=question.department)
    if not department.address:
        raise Refused("department_without_address", department=department.name)
    what = mask_card_numbers(" ".join(question.what.split()))[:300]
    if not what:
        raise Refused("not_blank", field="what is asked")
    item = _hangs_on(Item, customer_id, question.item_id, "item_unknown", "item")
    dispute = _hangs_on(Dispute, customer_id, question.dispute_id, "dispute_unknown", "dispute")
    owner = who.user_id or customer.collector_id
    if owner is None:
        raise Refused("user_unknown", user=who.name)
    due_on = question.due_on or calendar(LEDGER).next_business_day(who.today, department.answer_business_days)
    # Counted under the customer's lock, so that no two requests bear one reference.
    reference = f"{customer.number}-R{Request.objects.filter(customer=customer).count() + 1}"
    subject, text, html = _wording(
        {
            "request.title": what, "request.text": question.text.strip() or what, "request.reference": reference,
            "request.department": department.name, "request.asked_by": who.name, "request.due_on": due_on,
            "customer.name": customer.name, "customer.number": customer.number, "today": who.today,
        },
        item, who.today,
    )  # fmt: skip
    message = make_message(act, Draft(
        customer_id=customer_id, purpose="request", subject=subject, text=text, html=html,
        to=[{"name": department.name, "address": department.address, "point": None}],
        entity_id=item.entity_id if item else None, lines=[Line(item.pk, item.open)] if item else [],
    ))  # fmt: skip
    row = Request.objects.create(
        customer=customer, item=item, dispute=dispute, department=department, what=what, message=message, owner_id=owner,
        asked_at=who.now, due_on=due_on,
    )  # fmt: skip
    act.tell(
        about=f"request:{row.pk}", customer_id=customer_id,
        after={"department": department.key, "what": what, "due_on": due_on},
    )  # fmt: skip
    return AskedDepartment(row.pk, message.pk, due_on)


def land_answer(act: Act, mail: Mail) -> int | None:
    """A mail that answers the message of a request is its answer; the id of the request, None when the mail is none. The owner gets a
    follow-up for the day. Runs inside the act that takes the mail in."""
    if mail.answers_id is None:
        return None
    row = (
        Request.objects.select_for_update(of=("self",))
        .filter(message=mail.answers_id)
        .order_by("-pk")
        .first()
    )
    if row is None:
        return None
    if row.state == "open":
        row.state, row.answered_at = "answered", mail.received_at
    row.answer = mail
    row.save(update_fields=["state", "answered_at", "answer"])
    owner = on_duty(row.owner, act.who.today)
    what = f"{row.department.name} answered: {row.what}"[:300]
    record_follow_up(act, row.customer_id, FollowUpAsked(what, act.who.today, owner.pk))
    act.tell(about=f"request:{row.pk}", customer_id=row.customer_id, after={"answered_by": mail.from_address})
    return row.pk


def close_request(who: Who, request_id: int, outcome: str) -> RequestClosed:
    """Over, and what came of it. Refused: request_unknown, request_closed_already, not_blank."""
    if not outcome.strip():
        raise Refused("not_blank", field="what came of it")
    with doing(who, "ask_department") as act:
        row = Request.objects.select_for_update(of=("self",)).filter(pk=request_id).first()
        if row is None:
            raise Refused("request_unknown", request=request_id)
        if row.state == "closed":
            raise Refused("request_closed_already")
        row.state, row.outcome = "closed", mask_card_numbers(outcome.strip())[:300]
        row.save(update_fields=["state", "outcome"])
        act.tell(about=f"request:{row.pk}", customer_id=row.customer_id, after={"outcome": row.outcome})
    return RequestClosed(row.pk, row.customer_id)


def escalate_requests(who: Who) -> tuple[int, ...]:
    """Every open request whose day has passed without an answer goes to whom its department names, else to an AR manager, as a
    follow-up for today; once. The ids escalated (P8). An idempotent sweep."""
    overdue = Request.objects.filter(state="open", due_on__lt=who.today, escalated_at=None)
    if not overdue.exists():
        return ()
    with doing(who, "run_daily") as act:
        done = []
        for row in (
            overdue.select_for_update(of=("self",)).select_related("department", "customer").order_by("pk")
        ):
            boss = row.department.escalate_to or ar_manager(row.customer) or row.owner
            what = f"{row.department.name} has not answered by {row.due_on}: {row.what}"[:300]
            record_follow_up(
                act, row.customer_id, FollowUpAsked(what, who.today, on_duty(boss, who.today).pk)
            )
            row.escalated_at = who.now
            row.save(update_fields=["escalated_at"])
            done.append(row.pk)
        act.tell(after={"escalated": done})
    return tuple(done)


def ar_manager(customer: Customer) -> User | None:
    """Who decides what a collector may not: the AR manager above the collector, else the first there is. At most three queries."""
    managers = User.objects.filter(role="ar_manager", is_active=True).order_by("username")
    lead = customer.collector.lead if customer.collector else None
    above = [each for each in (lead, lead.lead if lead else None) if each is not None]
    return (
        next((each for each in above if each.role == "ar_manager" and each.is_active), None)
        or managers.first()
    )


def on_duty(person: User, today: date) -> User:
    """The person, or who covers for them today: tasks pass on at once, ownership does not (P33)."""
    away = (
        Absence.objects.filter(user=person, from_on__lte=today, through_on__gte=today)
        .select_related("backup")
        .first()
    )
    return away.backup if away is not None and away.backup.is_active else person


def _hangs_on(table: Any, customer_id: int, pk: int | None, code: str, name: str) -> Any:
    if pk is None:
        return None
    found = table.objects.filter(Q(customer=customer_id), pk=pk).first()
    if found is None:
        raise Refused(code, **{name: pk})
    return found


def _wording(values: Mapping[str, Any], item: Item | None, today: date) -> tuple[str, str, str]:
    """Subject, text and HTML by the template in force; plain lines while there is none."""
    wording = Wordings.read(["request_internal"]).get("request_internal", "en")
    if wording is not None:
        made = wording.render({**values, **(items_values([item], today) if item else {})})
        return made.subject, made.text, made.html
    due_on: date = values["request.due_on"]
    lines = (
        f"About: {values['customer.name']} ({values['customer.number']})"
        + (f", {item.number}" if item else ""),
        f"Asked by: {values['request.asked_by']}",
        f"Answer by: {due_on:%a} {due_on.day} {due_on:%b %Y}",
    )
    text = f"Hello {values['request.department']},\n\n{values['request.text']}\n\n" + "\n".join(lines)
    return (
        f"[{values['request.reference']}] {values['request.title']}",
        f"{text}\n\nReply to this e-mail; your answer is kept with the account.\n",
        "",
    )
