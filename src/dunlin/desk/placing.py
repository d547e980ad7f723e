"""One receipt: what the bank told, what is proposed and why, and the acts on it: place, set aside, undo, say which payment came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dunlin.actions.process_receipt import place_receipt, set_aside, take_receipt, undo_receipt
from dunlin.actions.process_return import process_return
from dunlin.actions.split_receipt import join_receipt, split_receipt
from dunlin.desk.access import customers_of
from dunlin.desk.acts import Unclear, allow, money_in, typed_in
from dunlin.desk.advices import beside
from dunlin.desk.answers import done, show
from dunlin.desk.office import number_in, seeing
from dunlin.desk.placing_plan import ReceiptPlan, placing_of, plan_of
from dunlin.desk.receipts import LOOKS, STATE_WORDS
from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Application, Customer, Item, PayerAlias, Receipt
from dunlin.reports.receipts import payments_like, receipt_row
from dunlin.rules.cash.short_pays import REASONS
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.returned import CHANGES, class_of

_MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at one, and place it: for whom, what it settles, and what must be found out about the rest."""
    seeing(request, "see_receipts")
    row = _receipt(pk)
    typed, errors = typed_in(request), {}
    known = _known(request, row)
    customer = _customer(request, row, typed, known)
    plan = (
        plan_of(request, row, customer, typed, proposing=request.method != "POST")
        if customer and _to_place(row)
        else None
    )
    if request.htmx and request.method == "GET" and "customer" in typed:  # type: ignore[attr-defined]
        return show(request, "receipts/applied.html", {"plan": plan})
    if request.method == "POST":
        allow(request, "process_receipt")
        try:
            if customer is None or plan is None:
                raise Unclear("q", "Choose the customer whose money this is.")
            return done(request, _place(request, row, customer, plan, typed), reverse("receipts"))
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            errors["question" if refused.code == "receipt_needs_question" else "form"] = str(refused)
    facts = {
        "row": receipt_row(row, request.door.who.now), "receipt": row, "customer": customer, "plan": plan, "typed": typed,  # type: ignore[attr-defined]
        "errors": errors, "looks": LOOKS, "state_words": STATE_WORDS, "short_reasons": [("", "The rest is still to come"), *REASONS.items()], "found": _found(request, typed.get("q", "")),
        "known": known, "applied": _applied(row), "to_place": _to_place(row), "meaning": _meaning(row),
        "payments": _payments(request, row, typed.get("payment", "")), "open": row.state in OPEN_STATES, **_family(row), **beside(row),
    }  # fmt: skip
    return show(request, "receipts/one.html", facts, status=422 if errors else 200)


@require_POST
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """No money of a customer."""
    allow(request, "process_receipt")
    _receipt(pk)
    set_aside(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    return done(request, "Set aside; nothing was posted.", reverse("receipts"))


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """I see to it."""
    allow(request, "process_receipt")
    _receipt(pk)
    take_receipt(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "You see to this receipt.", reverse("receipt", args=[pk]))


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was done; it waits again."""
    allow(request, "process_receipt")
    _receipt(pk)
    undo_receipt(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    return done(
        request,
        "Undone: every document is open as before, and the receipt waits.",
        reverse("receipt", args=[pk]),
    )


@require_POST
def returned(request: HttpRequest, pk: int) -> HttpResponse:
    """This is the payment that came back."""
    allow(request, "process_receipt")
    _receipt(pk)
    try:
        payment = number_in(request.POST, "payment", "Choose the payment that came back.")
    except Unclear as unclear:
        raise Refused("not_blank", field="the payment that came back") from unclear
    process_return(request.door.who, pk, payment_id=payment)  # type: ignore[attr-defined]
    return done(
        request,
        "The payment was taken back; its documents are open again, and the people concerned were told.",
        reverse("receipts"),
    )


def _receipt(pk: int) -> Receipt:
    row = (
        Receipt.objects.filter(pk=pk)
        .select_related("customer", "owner", "account__entity", "file", "payment", "settled_by")
        .first()
    )
    if row is None:
        raise Refused("receipt_unknown", receipt=pk)
    return row


def _to_place(row: Receipt) -> bool:
    return row.kind == "credit" and row.state in OPEN_STATES and row.amount > 0


def _customer(
    request: HttpRequest, row: Receipt, typed: Mapping[str, str], known: Sequence[Customer]
) -> Customer | None:
    """The one chosen, else the one proposed, else the only one this payer was learnt for."""
    text = typed.get("customer", "")
    if text:
        return (
            customers_of(request).filter(pk=text).first()
            if text.isascii() and text.isdigit() and len(text) < 12
            else None
        )
    if row.customer_id:
        return customers_of(request).filter(pk=row.customer_id).first()
    return known[0] if len(known) == 1 else None


def _known(request: HttpRequest, row: Receipt) -> list[Customer]:
    """Customers this payer's account was learnt for, most trusted first."""
    if not row.payer_fingerprint:
        return []
    aliases = PayerAlias.objects.filter(
        kind="account", value=row.payer_fingerprint, revoked_at=None
    ).order_by("wrong", "-right")
    ids = list(aliases.values_list("customer", flat=True)[:5])
    found = {each.pk: each for each in customers_of(request).filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _found(request: HttpRequest, text: str) -> list[Customer]:
    """Customers by number, by the beginning of a word of the name, or by the number of an invoice."""
    text = text.strip()[:80]
    if not text:
        return []
    by_invoice = Item.objects.filter(number=text).values("customer")
    wanted = Q(number__iexact=text) | Q(name__icontains=text) | Q(pk__in=by_invoice)
    return list(customers_of(request).filter(wanted).order_by("sort_name")[:12])


def _place(
    request: HttpRequest, row: Receipt, customer: Customer, plan: ReceiptPlan, typed: Mapping[str, str]
) -> str:
    placed = place_receipt(request.door.who, row.pk, placing_of(plan, customer, typed))  # type: ignore[attr-defined]
    parts = [f"{Money(placed.applied, row.currency)} applied for {customer.name}"]
    parts += [f"{Money(placed.along, row.currency)} of credit memos used along"] if placed.along else []
    parts += (
        [f"{Money(placed.unapplied, row.currency)} unapplied, with a question to its collector"]
        if placed.unapplied
        else []
    )
    return " ".join(["; ".join(parts) + ".", *(f"{each[:1].upper()}{each[1:]}." for each in placed.said)])


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Split it into parts for accounts that have nothing to do with each other; the parts make the amount exactly."""
    allow(request, "process_receipt")
    row = _receipt(pk)
    typed, errors = typed_in(request), {}
    parts = _parts(request, row, typed)
    if request.method == "POST":
        try:
            amounts = [
                _amount_in(typed, at, row.currency) for at in range(len(parts)) if typed.get(f"part-{at}")
            ]
            used = [each for at, each in enumerate(parts) if typed.get(f"part-{at}")]
            whose = [each["customer"].pk if each["customer"] else None for each in used]
            made = split_receipt(request.door.who, pk, amounts, whose)  # type: ignore[attr-defined]
            return done(
                request,
                f"Split into {len(made)} parts; each is placed on its own.",
                reverse("receipt", args=[made[0]]),
            )
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            errors["form"] = str(refused)
    now = request.door.who.now  # type: ignore[attr-defined]
    facts = {"row": receipt_row(row, now), "receipt": row, "parts": parts, "typed": typed, "errors": errors}
    return show(request, "receipts/split.html", facts, status=422 if errors else 200)


@require_POST
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the parts together again."""
    allow(request, "process_receipt")
    _receipt(pk)
    join_receipt(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "The parts are one receipt again.", reverse("receipt", args=[pk]))


def _parts(request: HttpRequest, row: Receipt, typed: Mapping[str, str]) -> list[dict[str, Any]]:
    """One part for each account the proposal names, with what it would settle there, and empty ones to write in."""
    sums: dict[int, int] = {}
    lines = {line["item"]: line["amount"] for line in (row.proposal or {}).get("lines", [])}
    for item in Item.objects.filter(pk__in=lines):
        sums[item.customer_id] = sums.get(item.customer_id, 0) + lines[item.pk]
    known = {each.pk: each for each in customers_of(request).filter(pk__in=sums)}
    found: list[dict[str, Any]] = [
        {
            "customer": known.get(pk),
            "amount": str(Money(minor, row.currency)).rsplit(" ", 1)[0] if minor > 0 else "",
        }
        for pk, minor in sums.items()
    ]
    found += [{"customer": None, "amount": ""} for _ in range(max(2, 5 - len(found)))]
    return [{**each, "text": typed.get(f"part-{at}", each["amount"])} for at, each in enumerate(found)]


def _amount_in(typed: Mapping[str, str], at: int, currency: str) -> int:
    amount = money_in({f"part-{at}": typed[f"part-{at}"]}, f"part-{at}", currency)
    return 0 if amount is None else amount.minor


def _applied(row: Receipt) -> list[Application]:
    if row.payment_id is None or row.kind != "credit":
        return []
    uses = Application.objects.filter(credit=row.payment_id, reverses=None, reversal=None).select_related(
        "debit__customer"
    )
    return list(uses.order_by("pk")[:_MOST])


def _family(row: Receipt) -> dict[str, Any]:
    """What it is a part of, its parts, the credit memos used along with it."""
    along = Application.objects.filter(pk__in=row.used_along).select_related("credit", "debit").order_by("pk")
    return {
        "whole": row.part_of, "parts": list(row.parts.select_related("customer").order_by("pk")),
        "used_along": list(along) if row.used_along else [],
    }  # fmt: skip


def _meaning(row: Receipt) -> str:
    """What the bank's code means and what follows, in a sentence; "" without a code."""
    if row.kind == "noc":
        return f"A notice of change: {CHANGES.get(row.return_code, 'bank data')} is to be corrected. No money moves."
    found = class_of(row.return_code) if row.return_code else None
    return f"{found.name.capitalize()}. {found.then}" if found else ""


def _payments(request: HttpRequest, row: Receipt, text: str) -> list[dict[str, Any]]:
    """Payments of that amount before the day of the return, newest first, for a person to say which; of a customer named, if one is."""
    if row.kind not in ("return", "reversal") or row.state not in OPEN_STATES:
        return []
    found = payments_like(row).filter(customer__in=customers_of(request))
    if text:
        found = found.filter(
            Q(customer__name__icontains=text[:80]) | Q(customer__number=text) | Q(reference=text)
        )
    return [
        {"item": each, "customer": each.customer}
        for each in found.select_related("customer").order_by("-value_on", "-pk")[:20]
    ]
