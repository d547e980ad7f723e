"""Open a dispute about documents chosen, and resolve one (D1)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dunlin.actions.open_dispute import open_dispute as open_one
from dunlin.actions.resolve_dispute import resolve_dispute as resolve
from dunlin.desk.access import customer_for, dispute_for
from dunlin.desk.acts import Unclear, act, day_in, money_in, needed, numbers_in
from dunlin.records.models import Item
from dunlin.rules.money import Money

REASONS = (
    ("price", "Price"), ("quantity", "Quantity"), ("not_received", "Goods or service not received"), ("quality", "Quality"),
    ("duplicate", "Billed twice"), ("tax", "Tax or exemption"), ("terms", "Terms or due date"), ("po_missing", "PO missing or wrong"),
    ("paid", "Paid already"), ("contract", "Contract"), ("other", "Something else"),
)  # fmt: skip
DEPARTMENTS = (
    ("sales", "Sales"),
    ("operations", "Operations"),
    ("support", "Support"),
    ("billing", "Billing"),
    ("legal", "Legal"),
)
RESOLUTIONS = (
    ("credit", "A credit memo is issued"), ("rebill", "Credited and billed anew"), ("document", "Shown by a document"),
    ("refused", "The charge is valid"), ("withdrawn", "The customer withdrew"),
)  # fmt: skip


def open_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """The documents come chosen as `item`, or are chosen in the form; an amount only for one document."""
    customer = customer_for(request, pk)
    ids = numbers_in(request, "item")
    items = list(
        Item.objects.filter(
            customer=pk, side=1, open__gt=0, **({"pk__in": ids} if ids and request.method == "GET" else {})
        ).order_by("due_on", "pk")[:100]
    )

    def do(typed: Mapping[str, str]) -> str:
        wanted = list(Item.objects.filter(customer=pk, pk__in=ids, side=1).order_by("due_on", "pk"))
        if not wanted:
            raise Unclear("item", "Choose the document that is disputed.")
        amount = _amount(typed, wanted)
        reason = needed(typed, "reason", "Say why it is disputed.")
        due_on = day_in(typed, "due", request.door.today)  # type: ignore[attr-defined]
        # All of them or none: half a form done would have to be found out by reading.
        with transaction.atomic():
            for item in wanted:
                opened = open_one(
                    request.door.who, item.pk, amount, reason=reason, note=typed.get("note", ""),  # type: ignore[attr-defined]
                    department=typed.get("department", ""), raised_by=typed.get("raised_by", ""), due_on=due_on,
                )  # fmt: skip
        return (
            f"{opened.amount} of {wanted[0].number} is disputed."
            if len(wanted) == 1
            else f"{len(wanted)} documents are disputed."
        )

    facts = {"items": items, "chosen": ids, "reasons": REASONS, "departments": DEPARTMENTS}
    beside = {"amount_not_positive": "amount", "dispute_exceeds_open": "amount", "reason_missing": "reason"}
    return act(request, customer, "open_dispute", "dispute", do, beside=beside, facts=facts)


def resolve_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    dispute = dispute_for(request, pk)
    if dispute.payment_id is not None:
        return redirect(
            "short_pay", pk
        )  # what was kept back from a payment has outcomes of its own, which post

    def do(typed: Mapping[str, str]) -> str:
        resolution = needed(typed, "resolution", "Say how it was resolved.")
        resolve(request.door.who, pk, resolution, note=typed.get("note", ""))  # type: ignore[attr-defined]
        return "The dispute is resolved; a follow-up watches that what remains is paid."

    facts = {"dispute": dispute, "item": Item.objects.get(pk=dispute.item_id), "resolutions": RESOLUTIONS}
    beside = {"resolution_unknown": "resolution"}
    return act(
        request, dispute.customer, "resolve_dispute", "resolve_dispute", do, beside=beside, facts=facts
    )


def _amount(typed: Mapping[str, str], wanted: list[Item]) -> Money | None:
    if typed.get("amount") and len(wanted) > 1:
        raise Unclear("amount", "An amount is for one document; leave it empty to dispute all of each.")
    return money_in(typed, "amount", wanted[0].currency)
