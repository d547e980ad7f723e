"""Ask for a refund of a credit: judged, held back for it, and put to the one who may approve it (P26, P11, invariant 19).

Asking posts nothing. What is asked for counts as taken when the next one asks; the debit is posted when it is approved, on facts
read again under the customer's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.doing import Who, doing
from dunlin.actions.postings import customers_of, items_of
from dunlin.records.models import Item, PayeeAccount, Refund
from dunlin.records.policies import current_policy
from dunlin.reports.refundable import PaidBy, called, judged, owners, paid_by
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.refunds import METHODS, RAILS, WAIVED, Refundable

_WORDS = {
    "refund_debits_open": "open debts",
    "refund_other_payer": "another account",
    "refund_other_method": "another way back",
}


@dataclass(frozen=True, kw_only=True)
class RefundAsked:
    """What goes back and where. `amount` None: all that can. `rail` is how the money came, said only where no file told.

    `waived`: code of WAIVED → why it is passed, for the one who approves. `payee_name` names who gets a check.
    """

    method: str
    reason: str
    amount: Money | None = None
    payee_id: int | None = None
    payee_name: str = ""
    rail: str = ""
    waived: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RefundRequested:
    """The refund as it waits, and the request for approval."""

    refund_id: int
    approval_id: int
    amount: Money


def ask_refund(
    who: Who, credit_id: int, asked: RefundAsked, *, key: str | None = None, policy: Policy | None = None
) -> RefundRequested:
    """Hold back part of a credit and ask for approval. Two people at once: the second finds what the first left.

    Refused: item_unknown, reason_missing, refund_payee_missing, payee_account_*, and every objection of `rules.refunds`.
    """
    if not asked.reason.strip():
        raise Refused("reason_missing")
    if asked.method not in METHODS or (asked.rail and asked.rail not in RAILS):
        raise KeyError(asked.method)
    policy = policy or current_policy()
    customers = customers_of([credit_id])
    with doing(
        who, "ask_refund", customers=customers, cause=asked.reason, key=key, asked=[credit_id, repr(asked)]
    ) as act:
        if act.answered:
            return _again(act.answer)
        credit = items_of([credit_id])[credit_id]
        payee = _payee(credit, asked)
        waived = {
            code: mask_card_numbers(why.strip())[:300]
            for code, why in asked.waived.items()
            if code in WAIVED and why.strip()
        }
        if asked.amount is not None and asked.amount.minor <= 0:
            raise Refused("amount_not_positive", asked=asked.amount)
        answer = judged(
            credit, who.today, policy, rail=asked.rail, asked=asked.amount, method=asked.method, payee=payee, waived=waived
        )  # fmt: skip
        if not answer.allowed:
            raise Refused(answer.objections[0].code, **answer.objections[0].facts)
        amount = answer.most if asked.amount is None else asked.amount
        row = Refund.objects.create(
            customer_id=credit.customer_id, entity_id=credit.entity_id, credit=credit, amount=amount.minor, currency=amount.currency,
            method=asked.method, rail=_rail(credit, asked), payee=payee, payee_name=_name(credit, payee, asked)[:140],
            reason=mask_card_numbers(asked.reason.strip())[:300], waived={each.code: waived[each.code] for each in answer.passed},
            asked_by_id=who.user_id, asked_at=who.now,
        )  # fmt: skip
        act.tell(
            about=f"refund:{row.pk}", customer_id=credit.customer_id,
            after={"credit": credit.pk, "amount": amount.minor, "currency": amount.currency, "method": row.method, "waived": row.waived},
        )  # fmt: skip
        row.approval = ask_approval(act, _request(who, row, credit, answer))
        row.save(update_fields=["approval"])
        act.answer = {
            "refund": row.pk,
            "approval": row.approval_id,
            "minor": amount.minor,
            "currency": amount.currency,
        }
        return _again(act.answer)


def _payee(credit: Item, asked: RefundAsked) -> PayeeAccount | None:
    """The bank details the money goes to; None where it goes by check or by hand."""
    if asked.method not in ("ach", "sepa"):
        return None
    if asked.payee_id is None:
        raise Refused("refund_payee_missing")
    row = PayeeAccount.objects.filter(pk=asked.payee_id).first()
    if row is None:
        raise Refused("payee_account_unknown", payee=asked.payee_id)
    if row.customer_id != credit.customer_id:
        raise Refused("payee_account_other_customer")
    if row.retired_at is not None:
        raise Refused("payee_account_retired")
    if row.kind != asked.method:
        raise Refused("refund_payee_missing")
    return row


def _name(credit: Item, payee: PayeeAccount | None, asked: RefundAsked) -> str:
    return payee.holder if payee is not None else asked.payee_name.strip() or credit.customer.name


def _rail(credit: Item, asked: RefundAsked) -> str:
    return paid_by([credit]).get(credit.pk, PaidBy()).rail or asked.rail


def _came_by(row: Refund, credit: Item) -> str:
    """How long it may still come back goes by this: what only the one who asks says is told as their word."""
    if not row.rail:
        return "No file told how it came in."
    told = paid_by([credit]).get(credit.pk, PaidBy()).rail
    return f"It came by {RAILS[row.rail]}{'' if told else '; so says who asks, no file told it'}."


def _request(who: Who, row: Refund, credit: Item, answer: Refundable) -> Asked:
    """What the one who decides reads."""
    amount = Money(row.amount, row.currency)
    owner = owners([row.customer_id], row.currency, who.today)[row.customer_id]
    way = METHODS[row.method]
    to = f"{row.payee_name}, {way}" + (f" to ..{row.payee.tail}" if row.payee else "")
    evidence = [
        f"Of {called(credit)} {Money(credit.open, credit.currency)} is unused; value date {credit.value_on}.",
        _came_by(row, credit),
        f"The customer owes {owner.owed} in {owner.documents:,} documents."
        if owner.owed.minor
        else "The customer owes nothing in this currency.",
        f"It goes to {to}.",
    ]
    if row.payee is not None:
        confirmed = row.payee.verified_on is not None
        evidence.append(
            f"The bank details were confirmed by a call back on {row.payee.verified_on}."
            if confirmed
            else "The bank details were not confirmed by a call back yet; nothing is paid out before that."
        )
    evidence += [
        f"Passed, {_WORDS[each.code]}: {each.text} Said: {row.waived[each.code]}" for each in answer.passed
    ]
    return Asked(
        kind="refund", title=f"Refund of {amount} to {credit.customer.name}", reason=row.reason, amount=amount,
        customer_id=row.customer_id, entity_id=row.entity_id, about=f"refund:{row.pk}",
        if_yes=f"{amount} of {called(credit)} is used up by the refund, and it waits for the next pay-out file.",
        if_no="Nothing is posted, and the credit is free again.", evidence=evidence, facts={"owed": owner.owed.minor},
    )  # fmt: skip


def _again(answer: Mapping[str, Any]) -> RefundRequested:
    return RefundRequested(answer["refund"], answer["approval"], Money(answer["minor"], answer["currency"]))
