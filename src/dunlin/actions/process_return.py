"""A payment the bank returned: found, taken back, told at once to those who must know (P25, E4). Never put off to a digest."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from django.db import transaction

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.return_payment import customers_touched, return_payment
from dunlin.actions.return_refund import refund_meant, return_refund
from dunlin.actions.return_split import numbers_of, payments_of, split_as_the_money, split_meant
from dunlin.actions.tell_return import tell_return
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.locks import lock_customers
from dunlin.records.models import Item, Receipt, Refund
from dunlin.records.policies import current_policy
from dunlin.reports.receipts import payments_like
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.returned import CHANGES, noc_deadline, rail_of


@dataclass(frozen=True)
class ReturnProcessed:
    """What became of it: state `done` with the debit that took the payment back, else `asked` with the question."""

    receipt_id: int
    state: str
    question: str = ""
    item_id: int | None = None
    message_id: int | None = None


def process_return(
    who: Who, receipt_id: int, *, payment_id: int | None = None, policy: Policy | None = None
) -> ReturnProcessed:
    """Take back the payment a return or reversal is about, by the numbers it carries or, with `payment_id`, as a person says.

    One found: reversed in this transaction, with a mail to the collector, the AR manager and the sales rep, and a follow-up.
    A receipt that was split is given back part by part, all or nothing. A refund of ours that came back is taken back too.
    None or several: the receipt is asked about. A notice of change moves no money and asks for the new data (rule P25).
    Refused: receipt_unknown, receipt_settled_already, receipt_no_return, and what `return_payment` refuses to a person.
    """
    policy = policy or current_policy()
    with doing(who, "process_receipt", cause="returned by the bank") as act:
        row = Receipt.objects.select_for_update(of=("self",)).filter(pk=receipt_id).first()
        if row is None:
            raise Refused("receipt_unknown", receipt=receipt_id)
        if row.kind not in ("return", "reversal", "noc"):
            raise Refused("receipt_no_return", receipt=receipt_id)
        if row.state not in ("waiting", "proposed", "asked"):
            raise Refused("receipt_settled_already", receipt=receipt_id)
        if row.kind == "noc":
            return _ask(act, row, _change(who, row))
        refund = refund_meant(row) if payment_id is None else None
        if refund is not None:
            return _refund_back(act, row, refund, policy)
        if payment_id is None and (whole := split_meant(row)) is not None:
            return _parts_back(act, row, whole, policy)
        found = [payment_id] if payment_id else _payments_meant(row)
        if not found and (whole := split_meant(row, by_payer=True)) is not None:
            return _parts_back(act, row, whole, policy)
        if len(found) != 1:
            count = "No payment" if not found else f"{len(found)} payments"
            return _ask(act, row, f"{count} of ours can be the one returned: say which.")
        return _take_back(act, row, found[0], policy, asked_by_person=payment_id is not None)


def _take_back(
    act: Act,
    row: Receipt,
    payment_id: int,
    policy: Policy,
    asked_by_person: bool,
) -> ReturnProcessed:
    who = act.who
    on = min(row.booked_on, who.today)
    try:
        # The frame of this act undoes a dry run; the inner one must leave its rows until then.
        returned = return_payment(
            replace(who, dry_run=False),
            payment_id,
            row.key,
            returned_on=on,
            reason=row.return_code,
            rail=rail_of_receipt(row),
            fee=row.part_of_id is None,
            policy=policy,
        )
    except Refused as refused:
        if asked_by_person:
            raise
        return _ask(act, row, f"It was not taken back: {refused}")
    payment = Item.objects.select_related("customer").get(pk=payment_id)
    row.payment, row.customer, row.question = payment, payment.customer, ""
    row.state, row.settled_at, row.settled_by_id = "done", who.now, who.user_id
    row.automatic = not asked_by_person
    row.save()
    message = tell_return(act, payment_id, returned, once=f"returned:{row.pk}")
    act.tell(
        about=f"receipt:{row.pk}", customer_id=payment.customer_id,
        after={"payment": payment_id, "taken_back_by": returned.item_id, "code": row.return_code, "told_by": message},
    )  # fmt: skip
    return ReturnProcessed(row.pk, "done", "", returned.item_id, message)


class _NotWhole(Exception):
    """A part cannot be taken back, and so none is."""


def _parts_back(act: Act, row: Receipt, whole: Receipt, policy: Policy) -> ReturnProcessed:
    """Every part of a split receipt, in one; what cannot be taken back wholly is asked about wholly (invariant 14)."""
    lock_customers({each for payment in payments_of(whole) for each in customers_touched(payment)})
    kept = copy(row)
    try:
        with transaction.atomic():
            first = None
            for part, payment in split_as_the_money(act, row, whole):
                done = _take_back(act, part, payment, policy, asked_by_person=False)
                if done.state != "done":
                    raise _NotWhole(done.question)
                first = first or done
    except _NotWhole as problem:
        act.lines.clear()
        return _ask(act, kept, f"Of its parts: {problem}")
    act.tell(about=f"receipt:{row.pk}", after={"gives_back": whole.pk, "code": row.return_code})
    return ReturnProcessed(row.pk, "done", "", first.item_id if first else None, first.message_id if first else None)  # fmt: skip


def _refund_back(act: Act, row: Receipt, refund_id: int, policy: Policy) -> ReturnProcessed:
    """It is a refund of ours that the payee's bank gave back: class C, or any other code on a credit (DOMAIN section 4)."""
    who = act.who
    back = return_refund(
        replace(who, dry_run=False), refund_id, returned_on=min(row.booked_on, who.today), reason=row.return_code, receipt_id=row.pk,
        policy=policy,
    )  # fmt: skip
    refund = Refund.objects.get(pk=refund_id)
    row.customer_id, row.payment_id, row.question = (
        refund.customer_id,
        refund.credit_id,
        f"Gives back refund {refund.reference}",
    )
    row.state, row.settled_at, row.settled_by_id, row.automatic = "done", who.now, who.user_id, True
    row.save()
    act.tell(
        about=f"receipt:{row.pk}", customer_id=refund.customer_id,
        after={"refund": refund_id, "taken_back_by": back.item_id, "code": row.return_code},
    )  # fmt: skip
    return ReturnProcessed(row.pk, "done", "", back.item_id)


def _payments_meant(row: Receipt) -> list[int]:
    """Payments of the amount returned that bear one of its numbers; without numbers those of the same payer. Newest first, at most six."""
    money = payments_like(row)
    told = Receipt.objects.filter(kind="credit", payment__in=money)
    for name, value in numbers_of(row):
        ids = list(told.filter(**{name: value}).order_by("-pk").values_list("payment_id", flat=True)[:6])
        ids = ids or list(money.filter(reference=value).order_by("-pk").values_list("pk", flat=True)[:6])
        if ids:
            return [each for each in ids if each is not None]
    if not row.payer_fingerprint:
        return []
    same = told.filter(payer_fingerprint=row.payer_fingerprint).order_by("-pk")
    return [each for each in same.values_list("payment_id", flat=True)[:6] if each is not None]


def rail_of_receipt(row: Receipt) -> str:
    """The rail of what came back: a check when it has a check's number and one sign of a code, else by the code's shape."""
    return "check" if row.check_number and len(row.return_code) == 1 else rail_of(row.return_code)


def _change(who: Who, row: Receipt) -> str:
    what = CHANGES.get(row.return_code, "the bank data")
    by = noc_deadline(who.today, calendar(LEDGER))
    return f"Notice of change {row.return_code}: {what} is to be corrected before the next debit, by {by} at the latest. The payment stands."


def _ask(act: Act, row: Receipt, question: str) -> ReturnProcessed:
    row.state, row.question = "asked", question[:300]
    row.save(update_fields=["state", "question"])
    act.tell(about=f"receipt:{row.pk}", after={"question": row.question})
    return ReturnProcessed(row.pk, "asked", row.question)
