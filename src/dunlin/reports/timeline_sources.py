"""What a timeline is made of: each source is one table, asked once a page, and how its rows become entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from dunlin.records.models import (
    Call,
    DiaryLine,
    Dispute,
    FollowUp,
    Item,
    Mail,
    MailFile,
    Message,
    Note,
    Promise,
    PromiseJudgement,
)
from dunlin.reports.account_items import full_name
from dunlin.reports.moments import day_ends

BY = ("by__first_name", "by__last_name", "by__username")
MAIL_CHARS = 2_000  # of a mail; the rest is on its own page

# What the diary alone knows; everything else that is done leaves a row of its own.
DIARY_VERBS = (
    "apply_credit", "assign_customers", "lift_auto_pay", "cancel_promise", "change_due_date", "correct_contact", "correct_customer",
    "pin_customer", "reverse_application", "set_block", "snooze_customer",
    "sign_in_to_portal", "download_document", "choose_payment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """Which part of a timeline is asked for: of whom, as of which day, after which entry, how many."""

    customer_id: int
    as_of: date
    zone: str
    before: tuple[datetime, int, int] | None
    count: int


@dataclass(frozen=True, slots=True)
class Source:
    """`column` holds the moment or, when `day_only`, the day. `rows` are its records that existed on the day."""

    kind: str
    column: str
    day_only: bool
    rows: Callable[[Ask], QuerySet[Any]]
    fields: tuple[str, ...]
    entry: Callable[[dict[str, Any]], dict[str, Any]]


def _calls(ask: Ask) -> QuerySet[Any]:
    return Call.objects.filter(customer=ask.customer_id, day__lte=ask.as_of)


def _call(row: dict[str, Any]) -> dict[str, Any]:
    spoke = f" with {row['spoke_to']}" if row["spoke_to"] else ""
    way = "Call" if row["direction"] == "out" else "Call from them"
    names = ("direction", "outcome", "number", "spoke_to", "next_step", "seconds")
    return {
        "about": f"call:{row['pk']}", "title": f"{way}{spoke}: {row['outcome'].replace('_', ' ')}", "text": row["note"],
        "day": row["day"], "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _notes(ask: Ask) -> QuerySet[Any]:
    return Note.objects.filter(customer=ask.customer_id, at__lt=day_ends(ask.as_of, ask.zone))


def _note(row: dict[str, Any]) -> dict[str, Any]:
    facts = {"item": row["item_id"], "item_number": row["item__number"]}
    return {"about": f"note:{row['pk']}", "title": "Note", "text": row["text"], "facts": facts}


def _promises(ask: Ask) -> QuerySet[Any]:
    return Promise.objects.filter(customer=ask.customer_id, made_on__lte=ask.as_of)


def _promise(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"promise:{row['pk']}", "title": "Promise", "text": row["note"], "amount": row["amount"], "day": row["made_on"],
        "currency": row["currency"], "facts": {"due_on": row["due_on"], "source": row["source"], "contact": row["contact__name"]},
    }  # fmt: skip


def _judgements(ask: Ask) -> QuerySet[Any]:
    return PromiseJudgement.objects.filter(promise__customer=ask.customer_id, on__lte=ask.as_of)


def _judgement(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"promise:{row['promise_id']}", "title": f"Promise {row['status'].replace('_', ' ')}", "text": row["why"],
        "amount": row["paid"], "currency": row["promise__currency"], "by": "the books",
        "facts": {"status": row["status"], "due_on": row["promise__due_on"]},
    }  # fmt: skip


# Debits that are money going the other way: a payment that came back, a refund that went out.
_MONEY_BACK = Q(kind__in=("payment_return", "refund"))


def _items(which: Q) -> Callable[[Ask], QuerySet[Any]]:
    return lambda ask: Item.objects.filter(which, customer=ask.customer_id, posted_on__lte=ask.as_of)


_BACK = {"payment_return": "Payment came back", "refund": "Refund", "refund_return": "Refund taken back"}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "invoice_class", "number", "reference", "due_on", "document_on", "reason")
    what = _BACK.get(row["kind"]) or row["kind"].replace("_", " ").capitalize()
    return {
        "about": f"item:{row['pk']}", "title": f"{what} {row['number']}".strip(),
        "text": row["description"] or row["reference"], "amount": row["amount"], "currency": row["currency"],
        "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _disputes(ask: Ask) -> QuerySet[Any]:
    return Dispute.objects.filter(customer=ask.customer_id, opened_on__lte=ask.as_of)


def _resolved(ask: Ask) -> QuerySet[Any]:
    return Dispute.objects.filter(customer=ask.customer_id, resolved_on__lte=ask.as_of)


def _dispute(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": f"dispute:{row['pk']}", "title": f"Dispute of {row['item__number'] or 'an item'}: {row['reason'].replace('_', ' ')}",
        "text": row["note"], "amount": row["amount"], "currency": row["item__currency"],
        "facts": {"item": row["item_id"], "raised_by": row["raised_by"], "due_on": row["due_on"], "department": row["department"]},
    }  # fmt: skip


def _resolution(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"resolved_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"dispute:{row['pk']}", "title": f"Dispute of {row['item__number'] or 'an item'} resolved: {row['resolution']}",
        "text": "", "amount": row["amount"], "currency": row["item__currency"], "by": by, "facts": {"item": row["item_id"]},
    }  # fmt: skip


def _follow_ups(ask: Ask) -> QuerySet[Any]:
    return FollowUp.objects.filter(customer=ask.customer_id, created_at__lt=day_ends(ask.as_of, ask.zone))


def _done(ask: Ask) -> QuerySet[Any]:
    return FollowUp.objects.filter(customer=ask.customer_id, done_at__lt=day_ends(ask.as_of, ask.zone))


def _follow_up(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"created_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"follow_up:{row['pk']}", "title": "Follow-up planned", "text": row["what"], "by": by,
        "facts": {"due_on": row["due_on"]},
    }  # fmt: skip


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    by = full_name(*(row[f"done_by__{name}"] for name in ("first_name", "last_name", "username")))
    return {
        "about": f"follow_up:{row['pk']}", "title": f"Follow-up done: {row['what']}", "text": row["outcome"], "by": by,
        "facts": {"due_on": row["due_on"]},
    }  # fmt: skip


def _diary(ask: Ask) -> QuerySet[Any]:
    return DiaryLine.objects.filter(
        customer=ask.customer_id, at__lt=day_ends(ask.as_of, ask.zone), verb__in=DIARY_VERBS
    )


def _change(row: dict[str, Any]) -> dict[str, Any]:
    facts = {name: row[name] for name in ("verb", "before", "after", "about")}
    more: dict[str, Any] = {"by": f"{row['contact__name']}, in the portal"} if row["contact__name"] else {}
    if row["verb"] == "choose_payment" and (
        chosen := row["after"]
    ):  # an amount is told as money, items by the choice's reference
        more |= {"amount": chosen["amount"], "currency": chosen["currency"]}
        facts["after"] = {"reference": chosen["reference"]}
    elif row["verb"] == "sign_in_to_portal":
        facts["after"] = {}
    return {
        "about": row["about"] or f"diary:{row['pk']}", "title": row["verb"].replace("_", " ").capitalize(), "text": row["cause"],
        "facts": facts, **more,
    }  # fmt: skip


def _mails(ask: Ask) -> QuerySet[Any]:
    received = Mail.objects.filter(customer=ask.customer_id, received_at__lt=day_ends(ask.as_of, ask.zone))
    return received.annotate(
        new_words=Substr("reply", 1, MAIL_CHARS), all_words=Substr("text", 1, MAIL_CHARS),
        has_files=Exists(MailFile.objects.filter(mail=OuterRef("pk"))),
    )  # fmt: skip


def _mail(row: dict[str, Any]) -> dict[str, Any]:
    names = ("kind", "conversation_id", "answers_id", "subject", "from_address", "matched_by", "has_files")
    sender = row["from_name"] or row["from_address"]
    what = {"message": f"Mail from {sender}", "auto_reply": f"Automatic answer of {sender}"}
    return {
        "about": f"mail:{row['pk']}", "title": what.get(row["kind"]) or row["kind"].replace("_", " ").capitalize(),
        "text": row["new_words"] or row["all_words"], "by": sender, "facts": {name: row[name] for name in names},
    }  # fmt: skip


def _messages(ask: Ask) -> QuerySet[Any]:
    return Message.objects.filter(customer=ask.customer_id, sent_at__lt=day_ends(ask.as_of, ask.zone))


def _message(row: dict[str, Any]) -> dict[str, Any]:
    what = _PURPOSES.get(row["purpose"], row["purpose"].replace("_", " ").capitalize())
    level = f", level {row['level']}" if row["level"] is not None else ""
    sent = (
        "came back"
        if row["state"] == "bounced"
        else {"letter": "posted", "call": "planned as a call"}.get(row["channel"], "sent")
    )
    facts = {name: row[name] for name in ("channel", "purpose", "state", "level", "conversation_id")}
    facts["to"] = [each.get("address", "") for each in row["to"]]
    return {
        "about": f"message:{row['pk']}", "title": f"{what}{level} {sent}", "text": row["subject"], "facts": facts,
        "by": full_name(*(row[name] for name in _of("created_by"))) or "by itself",
    }  # fmt: skip


_PURPOSES = {
    "notice": "Notice", "finals": "Question whether finals arrived", "mrr": "Reminder of recurring invoices",
    "not_reached": "E-mail after calls", "copies": "Copies", "written": "Message", "request": "Request to a department",
    "payment": "Message that a bank debit failed",
}  # fmt: skip


def _of(person: str) -> tuple[str, ...]:
    return tuple(f"{person}__{name}" for name in ("first_name", "last_name", "username"))


_ITEM = (
    "kind",
    "invoice_class",
    "number",
    "reference",
    "due_on",
    "document_on",
    "reason",
    "description",
    "amount",
    "currency",
)
_DISPUTE = ("amount", "item_id", "item__number", "item__currency")

SOURCES = (
    Source("call", "started_at", False, _calls,
            ("day", "direction", "outcome", "number", "spoke_to", "next_step", "seconds", "note", *BY), _call),
    Source("note", "at", False, _notes, ("text", "item_id", "item__number", *BY), _note),
    Source("promise", "recorded_at", False, _promises,
            ("made_on", "due_on", "source", "contact__name", "amount", "currency", "note", *BY), _promise),
    Source("promise", "on", True, _judgements,
            ("promise_id", "status", "paid", "why", "promise__currency", "promise__due_on"), _judgement),
    Source("document", "posted_on", True, _items(Q(side=1) & ~_MONEY_BACK), _ITEM, _item),
    Source("money", "posted_on", True, _items(Q(side=-1) | _MONEY_BACK), _ITEM, _item),
    Source("dispute", "opened_on", True, _disputes, (*_DISPUTE, "reason", "note", "raised_by", "due_on", "department", *BY), _dispute),
    Source("dispute", "resolved_on", True, _resolved, (*_DISPUTE, "resolution", *_of("resolved_by")), _resolution),
    Source("follow_up", "created_at", False, _follow_ups, ("what", "due_on", *_of("created_by")), _follow_up),
    Source("follow_up", "done_at", False, _done, ("what", "outcome", "due_on", *_of("done_by")), _finished),
    Source("mail", "received_at", False, _mails,
            ("kind", "conversation_id", "answers_id", "subject", "from_name", "from_address", "matched_by", "new_words", "all_words",
             "has_files"), _mail),
    Source("message", "sent_at", False, _messages,
            ("channel", "purpose", "state", "level", "subject", "to", "conversation_id", *_of("created_by")), _message),
    Source("change", "at", False, _diary, ("verb", "about", "cause", "before", "after", "contact__name", *BY), _change),
)  # fmt: skip
