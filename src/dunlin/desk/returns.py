"""Record that a payment came back: what it paid is owed again, with its own due dates (E4)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from dunlin.actions.granted import granted_with
from dunlin.actions.postings import named
from dunlin.actions.tell_return import record_return
from dunlin.desk.access import item_for
from dunlin.desk.acts import Unclear, act, allow, needed, typed_in
from dunlin.desk.office import any_day_in
from dunlin.records.items import MONEY_KINDS
from dunlin.records.models import Application, Item
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words

# What the item remembers: the bank's own code where it has one, else our word for it.
REASONS = (
    ("R01", "Not enough funds (R01)"), ("R02", "Account closed (R02)"), ("R03", "No such account (R03)"),
    ("R08", "Payment stopped (R08)"), ("R29", "Not authorised by the company (R29)"), ("check_returned", "Check returned"),
    ("card_dispute", "Card payment disputed"), ("recalled", "Recalled by the bank"), ("other", "Something else"),
)  # fmt: skip


def return_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank's trace number makes it happen once; without one the form's own key does."""
    allow(request, "return_payment")
    payment = item_for(request, pk)
    if payment.kind not in MONEY_KINDS:
        raise Refused("return_not_a_payment", document=named(payment))
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        reason = needed(typed, "reason", "Say why it came back.")
        if reason not in dict(REASONS):
            raise Unclear("reason", "Choose why it came back.")
        returned_on = any_day_in(typed, "returned", door.today, door.today)
        trace = typed.get("trace") or f"form {typed.get('key') or uuid4().hex}"
        did = record_return(door.who, pk, trace[:60], returned_on=returned_on or door.today, reason=reason)
        if did.already:
            return "This return was recorded before; nothing was done twice."
        again = len(did.reopened)
        what = f"{again} {'document is' if again == 1 else 'documents are'} owed again" if again else "nothing had been paid with it"  # fmt: skip
        refunded = f"; {Money(did.still_owed, payment.currency)} of it had been refunded and is owed" if did.still_owed else ""  # fmt: skip
        return f"{Money(payment.amount, payment.currency)} came back on {in_words(returned_on or door.today, door.today)}: {what}{refunded}."

    beside = {
        "return_before_payment": "returned", "posting_in_future": "returned", "period_locked": "returned",
        "payment_returned_already": "trace",
    }  # fmt: skip
    facts = {"payment": payment, "reasons": REASONS, "key": typed_in(request).get("key") or uuid4().hex, **_undone(payment)}  # fmt: skip
    return act(request, payment.customer, "return_payment", "return_payment", do, beside=beside, facts=facts)


def _undone(payment: Item) -> dict[str, object]:
    """What the return will undo: the standing uses, and the sum that was granted with the payment. Two queries."""
    uses = Application.objects.filter(credit=payment, reverses=None, reversal=None).select_related("debit")
    return {
        "uses": [use for use in uses.order_by("pk") if use.debit.kind != "refund"],
        "granted": sum(each.amount for each in granted_with(payment.pk)),
    }
