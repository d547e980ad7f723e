"""Say which money an advice is of: by the rules where only one fits, else by a person; take that back; put an advice aside (E2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from dunlin.actions.doing import Who, automatic_application, doing
from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Receipt, RemittanceAdvice
from dunlin.reports.advices import receipt_for
from dunlin.reports.cash_book import CashBook
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


def link_advice(who: Who, advice_id: int, receipt_id: int, by: str = "person") -> None:
    """The advice is of this receipt, which is looked at again. `by`: trace, check, payer or person.

    Refused: advice_unknown, receipt_unknown, advice_used_already, receipt_settled_already, receipt_not_money, receipt_has_advice,
    advice_other_currency.
    """
    with doing(
        who, "process_receipt", cause="linked by hand" if by == "person" else f"linked by {by}"
    ) as act:
        receipt, advice = _receipt(receipt_id), _advice(advice_id)
        if advice.state != "waiting":
            raise Refused("advice_used_already")
        if receipt.state not in OPEN_STATES:
            raise Refused("receipt_settled_already", receipt=receipt_id)
        if receipt.kind != "credit" or receipt.amount <= 0:
            raise Refused("receipt_not_money", receipt=receipt_id)
        if receipt.advices.exists():
            raise Refused("receipt_has_advice")
        if advice.currency != receipt.currency:
            raise Refused("advice_other_currency", advice=advice.currency, receipt=receipt.currency)
        advice.state, advice.receipt, advice.linked_by, advice.linked_at = "used", receipt, by, who.now
        advice.save(update_fields=["state", "receipt", "linked_by", "linked_at"])
        _look_again(receipt)
        act.tell(
            about=f"remittance_advice:{advice.pk}",
            customer_id=advice.customer_id,
            after={"receipt": receipt.pk, "by": by},
        )


def unlink_advice(who: Who, advice_id: int) -> None:
    """It is of other money; both wait again. Refused: advice_unknown, advice_not_linked, receipt_settled_already."""
    with doing(who, "process_receipt", cause="not of this money") as act:
        found = RemittanceAdvice.objects.filter(pk=advice_id).values_list("receipt", flat=True).first()
        receipt = _receipt(found) if found is not None else None
        advice = _advice(advice_id)
        if receipt is None or advice.receipt_id != receipt.pk:
            raise Refused("advice_not_linked")
        if receipt.state not in OPEN_STATES:
            raise Refused("receipt_settled_already", receipt=receipt.pk)
        advice.state, advice.receipt, advice.linked_by, advice.linked_at = "waiting", None, "", None
        advice.save(update_fields=["state", "receipt", "linked_by", "linked_at"])
        _look_again(receipt)
        act.tell(
            about=f"remittance_advice:{advice.pk}",
            customer_id=advice.customer_id,
            before={"receipt": receipt.pk},
            after={"state": "waiting"},
        )


def set_advice_aside(who: Who, advice_id: int, reason: str) -> None:
    """No money is to come for it (sent in error, paid long ago). Refused: reason_missing, advice_unknown, advice_used_already."""
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "process_receipt", cause=mask_card_numbers(reason.strip())[:300]) as act:
        advice = _advice(advice_id)
        if advice.state != "waiting":
            raise Refused("advice_used_already")
        advice.state = "superseded"
        advice.save(update_fields=["state"])
        act.tell(
            about=f"remittance_advice:{advice.pk}",
            customer_id=advice.customer_id,
            after={"state": "superseded"},
        )


def link_by_rules(today: date, now: datetime, advice_ids: Iterable[int], book: CashBook) -> list[int]:
    """Link each waiting advice to the one open receipt it is of; the receipts that are to be looked at again.

    One that fits several, or whose receipt several fit, waits for a person.
    """
    who = automatic_application(today, now)
    linked = []
    for advice in RemittanceAdvice.objects.filter(pk__in=list(advice_ids), state="waiting").order_by("pk"):
        found = receipt_for(advice, book)
        if found is None:
            continue
        try:
            link_advice(who, advice.pk, *found)
        except Refused:  # somebody was quicker
            continue
        linked.append(found[0])
    return linked


def _look_again(receipt: Receipt) -> None:
    receipt.state, receipt.proposal, receipt.question = "waiting", None, ""
    receipt.save(update_fields=["state", "proposal", "question"])


def _receipt(receipt_id: int) -> Receipt:
    """Locked; always before the advice, so that two acts never wait for each other."""
    row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
    if row is None:
        raise Refused("receipt_unknown", receipt=receipt_id)
    return row


def _advice(advice_id: int) -> RemittanceAdvice:
    row = RemittanceAdvice.objects.select_for_update(of=("self",)).filter(pk=advice_id).first()
    if row is None:
        raise Refused("advice_unknown", advice=advice_id)
    return row
