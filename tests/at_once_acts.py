"""The acts that tests run at once: see at_once.py. Each answers plain values for JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import stripe
from django.conf import settings
from django.db import connection

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.ask_refund import RefundAsked
from dunlin.actions.ask_refund import ask_refund as ask_refund_action
from dunlin.actions.decide_approval import decide_approval
from dunlin.actions.doing import payment_provider, the_clock
from dunlin.actions.lock_period import lock_period
from dunlin.actions.return_payment import return_payment as return_payment_action
from dunlin.actions.run_daily import run_daily
from dunlin.actions.run_process import run_process
from dunlin.actions.sign_in_to_portal import use_portal_link as use_portal_link_action
from dunlin.actions.take_mail import take_mail as take_mail_action
from dunlin.actions.take_payment import Use
from dunlin.actions.take_payment import take_payment as take_payment_action
from dunlin.actions.take_provider_event import take_provider_event
from dunlin.records.models import (
    Conversation,
    Item,
    Mail,
    Mailbox,
    Message,
    OnlinePayment,
    ProcessLine,
    ProcessRun,
    Refund,
    User,
)
from dunlin.reports.verify import verify as verify_books
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests.cast import TODAY, moment, who


def connect() -> None:
    connection.ensure_connection()


def disconnect() -> None:
    connection.close()


def outcome(act: Callable[[dict[str, Any], int], Any], order: dict[str, Any], index: int) -> Any:
    """What the act answers, or the code it was refused with."""
    try:
        return act(order, index)
    except Refused as refused:
        return refused.code


def take_payment(order: dict[str, Any], index: int) -> Any:
    amount = Money(order["minor"], "USD")
    taken = take_payment_action(
        who(), order["customer"], amount, [Use(order["item"], amount)], entity_id=order["entity"],
        reference=f"{order['name']}-{index}",
    )  # fmt: skip
    return {"applied": taken.applied, "unapplied": taken.unapplied}


def apply(order: dict[str, Any], index: int) -> Any:
    amount = Money(order["minor"], "USD") if order["minor"] else None
    return {"applied": apply_credit(who(), order["credit"], order["debits"][index], amount).amount.minor}


def ask_refund(order: dict[str, Any], index: int) -> Any:
    """Each with a key of its own: nobody asks twice, several ask."""
    amount = Money(order["minor"], "USD")
    want = RefundAsked(method="manual", reason="paid twice", amount=amount, rail="check")
    person = who(User.objects.get(pk=order["user"]))
    made = ask_refund_action(person, order["credit"], want, key=f"{order['name']}-{index}")
    return {"asked": made.amount.minor}


def approve(order: dict[str, Any], index: int) -> Any:
    decide_approval(who(User.objects.get(pk=order["user"])), order["approval"], True)
    return {"refunded": Refund.objects.get(approval=order["approval"]).amount}


def return_payment(order: dict[str, Any], index: int) -> Any:
    returned = return_payment_action(who(), order["payment"], order["trace"], returned_on=TODAY, reason="R01")
    return {"item": returned.item_id, "already": returned.already}


def provider_event(order: dict[str, Any], index: int) -> Any:
    """A message of the payment provider, signed now; which payment of it there is afterwards."""
    settings.STRIPE = order["provider"]
    signature = stripe.WebhookSignature.generate_signature_header(order["body"], order["provider"]["webhook_secret"], int(time.time()))  # fmt: skip
    row = take_provider_event(payment_provider(TODAY, moment(TODAY)), order["body"].encode(), signature)
    return {"state": row.state, "payment": OnlinePayment.objects.get().payment_id}


def lock_month(order: dict[str, Any], index: int) -> Any:
    locking = lock_period(who(), order["entity"], date(2026, 11, 1), date(2026, 11, 30))
    return {"period": locking.period_id}


def night(order: dict[str, Any], index: int) -> Any:
    result = run_daily(who(), TODAY)
    return {"customers": result.customers, "written": result.written, "revised": result.revised}


def take_mail(order: dict[str, Any], index: int) -> Any:
    taken = take_mail_action(who("administrator"), order["mailbox"])
    return {"new": taken.new, "problem": "".join(taken.problems)}


def mail_state(order: dict[str, Any], index: int) -> Any:
    return {
        "mails": Mail.objects.count(), "ids": Mail.objects.values("message_id").distinct().count(),
        "conversations": Conversation.objects.count(), "last_uid": Mailbox.objects.get().last_uid,
    }  # fmt: skip


def state(order: dict[str, Any], index: int) -> Any:
    """What is open on each item, and every finding of a proof of the books."""
    return {
        "open": {str(key): is_open for key, is_open in Item.objects.values_list("pk", "open")},
        "findings": [str(finding) for finding in verify_books(TODAY, Policy()).findings],
        "payments": Item.objects.filter(kind="payment", source="stripe").count(),
    }


def notices(order: dict[str, Any], index: int) -> Any:
    result = run_process(the_clock(TODAY, moment(TODAY)), "past_due")
    return {"messages": result.messages}


def messages(order: dict[str, Any], index: int) -> Any:
    """What the runs left behind."""
    lines = ProcessLine.objects.order_by("pk")
    return {
        "once": sorted(Message.objects.values_list("once", flat=True)),
        "lines": lines.count(),
        "customers": lines.values("customer").distinct().count(),
        "runs": ProcessRun.objects.count(),
    }


def use_portal_link(order: dict[str, Any], index: int) -> Any:
    return "in" if use_portal_link_action(who("customer", door="portal"), order["token"]) else "out"
