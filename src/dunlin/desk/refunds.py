"""Refunds: the list by where they stand, one with its acts, asking for one from a credit, and the bank details they go to (E6, P26)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions.ask_refund import RefundAsked
from dunlin.actions.ask_refund import ask_refund as ask
from dunlin.actions.confirm_refund import confirm_refund
from dunlin.actions.return_refund import cancel_refund, return_refund
from dunlin.actions.save_payee import PayeeDetails, retire_payee, save_payee, verify_payee
from dunlin.desk.access import customer_for, in_sight, item_for, payee_for, refund_for
from dunlin.desk.acts import Unclear, act, allow, money_in, needed, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import any_day_in, seeing
from dunlin.records.models import Customer, Item, PayeeAccount, Receipt, Refund
from dunlin.reports.refundable import PaidBy, judged, paid_by, reserved
from dunlin.reports.refunds import TABS, refunds_page, totals
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import METHODS, RAILS, WAIVED

TAB_WORDS = (
    ("waiting", "Wait for approval"), ("to_pay", "To be paid out"), ("in_file", "In a file"), ("sent", "Sent"),
    ("confirmed", "Confirmed"), ("returned", "Came back"), ("over", "Refused or called off"),
)  # fmt: skip
STATE_WORDS = {
    "requested": "waits for approval", "approved": "to be paid out", "in_file": "in a file", "paid": "sent to the bank", "confirmed": "confirmed",
    "returned": "came back", "refused": "refused", "cancelled": "called off",
}  # fmt: skip
LOOKS = {"requested": "warn", "approved": "info", "in_file": "info", "paid": "info", "confirmed": "good", "returned": "bad", "refused": "bad", "cancelled": ""}  # fmt: skip
REFUND_BESIDE = {"refund_payee_missing": "payee", **{code: code for code in WAIVED}}
KINDS = (("ach", "US account (ACH)"), ("sepa", "IBAN (SEPA)"))


@require_safe
def refunds(request: HttpRequest) -> HttpResponse:
    """One tab."""
    seeing(request, "see_refunds")
    sight = in_sight(request.door, "customer")  # type: ignore[attr-defined]
    sums = totals(sight)
    tab, after = request.GET.get("tab", ""), request.GET.get("after", "")
    tab = (
        tab
        if tab in TABS
        else next((name for name in ("waiting", "to_pay", "in_file", "sent") if sums[name].count), "waiting")
    )
    page = refunds_page(
        tab, sight, int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None
    )
    facts = {
        "page": page, "tab": tab, "tabs": TAB_WORDS, "totals": sums, "state_words": STATE_WORDS, "looks": LOOKS, "methods": METHODS,
    }  # fmt: skip
    return show(request, "refunds/list.html", facts, part="results")


@require_safe
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund: what it rests on, where it stands, and what can be done."""
    seeing(request, "see_refunds")
    return _one(request, refund_for(request, pk), {})


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it off."""
    allow(request, "cancel_refund")
    row = refund_for(request, pk)
    try:
        cancel_refund(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        return _one(request, row, _beside("cancel", refused))
    return done(
        request, f"{row.reference} is called off; its credit is open again.", reverse("refund", args=[pk])
    )


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """It left our account."""
    allow(request, "confirm_refund")
    row, typed, today = refund_for(request, pk), typed_in(request), request.door.today  # type: ignore[attr-defined]
    try:
        on = any_day_in(typed, "on", today, today) or today
        entry = typed.get("receipt", "")
        confirm_refund(
            request.door.who,  # type: ignore[attr-defined]
            pk,
            on,
            receipt_id=int(entry) if entry.isascii() and entry.isdigit() and len(entry) < 12 else None,
        )  # type: ignore[attr-defined]
    except (Refused, Unclear) as problem:
        return _one(request, row, _beside("confirm", problem))
    return done(request, f"{row.reference} is confirmed.", reverse("refund", args=[pk]))


@require_POST
def returned(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank gave it back."""
    allow(request, "return_refund")
    row, typed, today = refund_for(request, pk), typed_in(request), request.door.today  # type: ignore[attr-defined]
    try:
        on = any_day_in(typed, "on", today, today) or today
        reason = needed(typed, "reason", "Say why it came back: the bank’s code or a word.")
        back = return_refund(request.door.who, pk, returned_on=on, reason=reason[:60])  # type: ignore[attr-defined]
    except (Refused, Unclear) as problem:
        return _one(request, row, _beside("returned", problem))
    return done(
        request,
        f"{row.reference} came back; {back.open} of the credit is open.",
        reverse("refund", args=[pk]),
    )


def ask_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a refund of a credit: what can be refunded, why not the rest, where it goes."""
    allow(request, "ask_refund")
    credit = item_for(request, pk)
    door, typed = request.door, typed_in(request)  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        reason = needed(typed, "reason", "Say why it is paid back.")
        want = refund_typed(typed, reason, money_in(typed, "amount", credit.currency))
        made = ask(door.who, pk, want, key=typed.get("key") or None)
        return f"{made.amount} is asked for; it waits for approval."

    about = refund_facts(credit, typed, door.today, door.policy)
    facts: dict[str, Any] = {
        **about, "can_ask": may_be_asked(about), "key": typed.get("key") or uuid4().hex,
        "asked_for": Money(reserved([credit.pk]).get(credit.pk, 0), credit.currency), "open": Money(credit.open, credit.currency),
    }  # fmt: skip
    beside = {
        "reason_missing": "reason",
        "refund_exceeds": "amount",
        "amount_not_positive": "amount",
        **REFUND_BESIDE,
    }
    return act(request, credit.customer, "ask_refund", "refund", do, beside=beside, facts=facts)


def refund_typed(typed: Mapping[str, str], reason: str, amount: Money | None = None) -> RefundAsked:
    """What was typed of a refund: how it goes back, where to, what is passed. Unclear without a way back."""
    method = needed(typed, "method", "Choose how it goes back.")
    if method not in METHODS:
        raise Unclear("method", "Choose how it goes back.")
    payee = typed.get("payee", "")
    return RefundAsked(
        method=method, reason=reason, amount=amount,
        payee_id=int(payee) if payee.isascii() and payee.isdigit() and len(payee) < 12 else None, payee_name=typed.get("payee_name", ""),
        rail=_rail(typed), waived={code: typed.get(code, "") for code in WAIVED},
    )  # fmt: skip


def refund_facts(credit: Item, typed: Mapping[str, str], today: date, policy: Policy) -> dict[str, Any]:
    """What the fields of a refund show: what can go back, why not the rest, how, and where to."""
    waived = {code: typed[code] for code in WAIVED if typed.get(code)}
    answer = judged(credit, today, policy, rail=_rail(typed), waived=waived)
    return {
        "credit": credit, "answer": answer, "came": paid_by([credit]).get(credit.pk, PaidBy()),
        "rails": tuple(RAILS.items()), "methods": tuple(METHODS.items()),
        "payees": [
            (str(each.pk), f"{each.holder}, {each.kind.upper()} ..{each.tail}{'' if each.verified_on else ' (not confirmed yet)'}")
            for each in credit.customer.payee_accounts.filter(retired_at=None).order_by("-pk")[:50]
        ],
        "owes": any(each.code == "refund_debits_open" for each in (*answer.objections, *answer.passed)),
    }  # fmt: skip


def may_be_asked(facts: Mapping[str, Any]) -> bool:
    """Whether the fields make sense: nothing stands against it that cannot be passed, or to say how the money came may help."""
    against = [each.code for each in facts["answer"].objections if not each.waivable]
    return not against or (against == ["refund_window_open"] and not facts["came"].rail)


def _rail(typed: Mapping[str, str]) -> str:
    return typed.get("rail", "") if typed.get("rail") in RAILS else ""


@require_http_methods(["GET", "HEAD", "POST"])
def payees(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank details of a customer; a POST enters new ones."""
    seeing(request, "see_refunds")
    customer = customer_for(request, pk)
    if request.method != "POST":
        return _payees(request, customer, {})
    allow(request, "save_payee")
    try:
        save_payee(request.door.who, pk, _details(typed_in(request)))  # type: ignore[attr-defined]
    except Unclear as unclear:
        return _payees(request, customer, {unclear.field: unclear.problem})
    except Refused as refused:
        of_account = "IBAN" in str(refused) or "account number" in str(refused)
        field = "account" if of_account else "bank" if refused.code == "payee_account_wrong" else "holder"
        return _payees(request, customer, {field: str(refused)})
    said = "Entered. Another person confirms them by a call back before money goes there."
    return done(request, said, reverse("payees", args=[pk]))


def _payees(request: HttpRequest, customer: Customer, errors: Mapping[str, str]) -> HttpResponse:
    """The page. An account number is not shown again, not even to the one who typed it."""
    rows = (
        PayeeAccount.objects.filter(customer=customer)
        .select_related("entered_by", "verified_by")
        .order_by("retired_at", "-pk")[:100]
    )
    typed = {name: text for name, text in typed_in(request).items() if name != "account"}
    facts = {"customer": customer, "payees": list(rows), "typed": typed, "errors": errors, "kinds": KINDS}
    return show(request, "refunds/payees.html", facts, status=422 if errors else 200)


@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person called back."""
    allow(request, "verify_payee")
    row = payee_for(request, pk)
    try:
        verify_payee(request.door.who, pk, request.POST.get("how", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        return _payees(request, row.customer, {f"how-{pk}": _sentence(refused)})
    return done(
        request, f"The bank details ..{row.tail} are confirmed.", reverse("payees", args=[row.customer_id])
    )


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """They are no longer used."""
    allow(request, "save_payee")
    row = payee_for(request, pk)
    try:
        retire_payee(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        return _payees(request, row.customer, {f"retire-{pk}": _sentence(refused)})
    return done(
        request,
        f"The bank details ..{row.tail} are no longer used.",
        reverse("payees", args=[row.customer_id]),
    )


def _details(typed: Mapping[str, str]) -> PayeeDetails:
    kind = needed(typed, "kind", "Choose the kind of account.")
    if kind not in dict(KINDS):
        raise Unclear("kind", "Choose the kind of account.")
    return PayeeDetails(
        kind=kind, holder=needed(typed, "holder", "Say whose account it is."), account=needed(typed, "account", "Give the account number or IBAN."),
        bank=typed.get("bank", ""), personal=typed.get("personal") == "1", savings=typed.get("savings") == "1",
        came_by=needed(typed, "came_by", "Say how we got them: a letter, a mail, a call."),
    )  # fmt: skip


_FIELDS = {
    "reason_missing": "reason",
    "posting_in_future": "on",
    "receipt_unknown": "receipt",
    "refund_receipt_differs": "receipt",
}


def _sentence(refused: Refused) -> str:
    text = str(refused)
    return text[:1].upper() + text[1:]


def _beside(form: str, problem: Refused | Unclear) -> dict[str, str]:
    """A problem under its form and field ("confirm-on"), or under the form alone."""
    field = problem.field if isinstance(problem, Unclear) else _FIELDS.get(problem.code, "")
    return {f"{form}-{field}" if field else form: str(problem)}


def _one(request: HttpRequest, row: Refund, errors: Mapping[str, str]) -> HttpResponse:
    entries = (
        Receipt.objects.filter(kind="debit", amount=-row.amount, currency=row.currency)
        if row.state == "paid"
        else Receipt.objects.none()
    )
    back = Item.objects.filter(corrects=row.item, kind="refund_return").first() if row.item_id else None
    facts = {
        "row": row, "amount": Money(row.amount, row.currency), "errors": errors, "typed": typed_in(request), "state_words": STATE_WORDS,
        "looks": LOOKS, "methods": METHODS, "rails": RAILS, "back": back,
        "entries": [(str(each.pk), f"{each.booked_on} {each.payer_name} {each.text[:40]}") for each in entries.order_by("-booked_on")[:20]],
    }  # fmt: skip
    return show(request, "refunds/one.html", facts, status=422 if errors else 200)
