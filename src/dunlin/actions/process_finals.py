"""Finals: confirm receipt of a month's final invoices, by e-mail and by phone, from the day their contacts begin (P3; C2).

The e-mail is made here, the call is a task for the collector of the day: the call list is about what is past due, and a final is
asked about before. The stage `receipt` is marked when the e-mail went, or by the conversation. See docs/guides/processes.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.message_content import AFTER, AGAIN, Content, Stop
from dunlin.actions.process_asking import Question, ask, ask_again
from dunlin.actions.process_rows import Chunk, Told
from dunlin.records.clock import day_of
from dunlin.records.items import STAGES
from dunlin.records.models import FinalsReport, Item, Message, MessageItem, ProcessRun
from dunlin.records.policies import current_policy
from dunlin.rules.asking import Asking
from dunlin.rules.calendars import month_after
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.processes import check_report, check_withdrawal, finals_contact_on
from dunlin.rules.situations import OpenItem, Situation
from dunlin.rules.stages import contact_stage

TEMPLATE = "finals_receipt"
UNSENT_OR_SENT = ("waiting", "decided", "claimed", "sent")
_LATEST_STAGE = 90  # days past due after which no final is in its first stage, whatever the settings


def process_finals(told: Told) -> Iterator[Chunk]:
    """Who is asked on the day contacts begin, or later where it was missed: every customer with finals issued up to that day."""
    start = told.turns.day_of("finals", told.period)
    return _ask(told, finals_issued(start, told.day))


def process_finals_late(told: Told) -> Iterator[Chunk]:
    """Finals issued after the start of their month are asked about on the next business day."""
    late: dict[int, set[int]] = {}
    for customer, item, issued in _unasked(told.day - timedelta(1), told.day):
        start = told.turns.finals_start(issued)
        if issued > start and finals_contact_on(issued, start, told.turns.ledger) <= told.day:
            late.setdefault(customer, set()).add(item)
    return _ask(told, late)


def finals_issued(start: date, day: date) -> dict[int, set[int]]:
    """Customer → open finals issued through the start that nobody was asked about."""
    found: dict[int, set[int]] = {}
    for customer, item, _ in _unasked(start, day):
        found.setdefault(customer, set()).add(item)
    return found


def _ask(told: Told, wanted: dict[int, set[int]]) -> Iterator[Chunk]:
    def about(situation: Situation, item: OpenItem) -> bool:
        return item.id in wanted.get(situation.customer_id, ()) and in_receipt(item, told.day, told.policy)

    question = Question(
        "finals",
        lambda situation: "finals_receipt_due",
        about,
        lambda situation: TEMPLATE,
        lambda entity, customer: f"finals:{told.day}:{entity}:{customer}",
        task=_call,
    )
    return ask(told, question, wanted)


def _unasked(issued_by: date, day: date) -> list[tuple[int, int, date]]:
    """(customer, item, issued on) of open finals that no message asked about. Two queries."""
    rows = Item.objects.filter(
        invoice_class="final", side=1, open__gt=0, stage=0, document_on__lte=issued_by, posted_on__lte=day,
        due_on__gt=day - timedelta(_LATEST_STAGE),
    )  # fmt: skip
    asked = MessageItem.objects.filter(
        message__purpose="finals", left_out="", message__state__in=UNSENT_OR_SENT, item__in=rows.order_by().values("pk")
    )  # fmt: skip
    known = set(asked.values_list("item", flat=True))
    listed = rows.order_by("pk").values_list("customer", "pk", "document_on")
    return [row for row in listed if row[1] not in known]


def in_receipt(item: OpenItem, day: date, policy: Policy) -> bool:
    """Whether the item is still before its first contact past due (P4)."""
    days = (day - item.due_on).days
    return contact_stage(item.invoice_class, days, item.stages_done, policy.stage_days, policy.stage_suspension_over) == "receipt"  # fmt: skip


def _call(situation: Situation, asked: Asking) -> str:
    """The call beside the e-mail, as a task; none where nobody may call, or nothing may be asked."""
    if situation.do_not_call or situation.cease_contact or situation.blocks or not asked.asked:
        return ""
    numbers = ", ".join(row.item.number for row in asked.asked[:6])
    more = f" and {len(asked.asked) - 6} more" if len(asked.asked) > 6 else ""
    return f"Call: were the final invoices received, any questions? {numbers}{more}"[:300]


def finals_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """As of now: what is paid, contested or past its first stage is not asked about."""
    day = day_of(who.now, policy.ledger_time_zone)
    return ask_again(who, message, policy, lambda situation, item: in_receipt(item, day, policy))


def finals_sent(act: Act, message: Message) -> None:
    """The receipt stage is done once the e-mail went (P4: each stage once)."""
    items = message.items.filter(left_out="").values("item")
    Item.objects.filter(pk__in=items, stage=0).update(stage=STAGES.index("receipt"), stage_on=act.who.today)


def report_finals(who: Who, month: date) -> FinalsReport:
    """Management says that the final invoicing of a month is complete: contacts begin with it, if that is earlier (P3).

    Refused: not_permitted, needs_a_person, finals_month_not_over, finals_reported_already.
    """
    month = month.replace(day=1)
    with doing(who, "report_finals", cause=f"finals of {month:%Y-%m}") as act:
        if who.user_id is None:
            raise Refused("needs_a_person", what="The report")
        check_report(month, who.today)
        if FinalsReport.objects.filter(month=month, withdrawn_at=None).exists():
            raise Refused("finals_reported_already", month=f"{month:%Y-%m}")
        row = FinalsReport.objects.create(month=month, reported_at=who.now, by_id=who.user_id)
        act.tell(about=f"finals_report:{row.pk}", after={"month": month})
    return row


def withdraw_finals_report(who: Who, month: date) -> FinalsReport:
    """Take the report back. Refused: not_permitted, needs_a_person, finals_not_reported, finals_contacts_began."""
    month = month.replace(day=1)
    with doing(who, "report_finals", cause=f"finals of {month:%Y-%m}, withdrawn") as act:
        if who.user_id is None:
            raise Refused("needs_a_person", what="The report")
        row = FinalsReport.objects.select_for_update().filter(month=month, withdrawn_at=None).first()
        if row is None:
            raise Refused("finals_not_reported", month=f"{month:%Y-%m}")
        year, contacts = month_after(month.year, month.month, 1)
        began = ProcessRun.objects.filter(process="finals", period=f"{year}-{contacts:02d}").first()
        check_withdrawal(
            month, day_of(began.started_at, current_policy().ledger_time_zone) if began else None
        )
        row.withdrawn_at, row.withdrawn_by_id = who.now, who.user_id
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        act.tell(about=f"finals_report:{row.pk}", before={"month": month}, after={"withdrawn": True})
    return row


AGAIN["finals"] = finals_again
AFTER["finals"] = finals_sent
