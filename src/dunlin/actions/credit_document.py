"""Credit an invoice by a credit memo: all that is left of it, lines, or an amount; used for that invoice as far as it is open (A6, P21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.issue_document import KIND, may_alone
from dunlin.actions.issuing import Issue, Prepared, PutOut, prepare_credit, put_out
from dunlin.actions.postings import apply, customers_of, items_of, named
from dunlin.actions.print_document import paper_when_it_stands
from dunlin.actions.resolve_dispute import close_dispute, dispute_of
from dunlin.records.models import Dispute, Item
from dunlin.records.policies import current_policy
from dunlin.reports.issue_facts import CREDITED_KINDS, Creditable, creditable
from dunlin.rules.codes import Refused
from dunlin.rules.crediting import credit_amount, credit_lines, credit_whole
from dunlin.rules.invoicing import Bill
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

REASONS = {
    "price": "Price", "quantity": "Quantity", "quality": "Quality", "not_received": "Not received", "duplicate": "Billed twice",
    "tax": "Tax or exemption", "terms": "Terms", "po_missing": "PO missing or wrong", "contract": "Contract",
    "goodwill": "Goodwill", "other": "Something else",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What is credited of an invoice: `lines` (position to quantity, None for all that is left of the line), else `amount` with its
    tax in it, else all that is left. `dispute_id` is resolved with it."""

    item_id: int
    reason: str
    note: str = ""
    lines: Mapping[int, Decimal | None] = field(default_factory=dict)
    amount: Money | None = None
    dispute_id: int | None = None


@dataclass(frozen=True)
class Credited:
    """The credit memo, what of it was used for the invoice and what is left as an open credit; or the request (`approval_id`)."""

    item_id: int | None
    number: str
    total: Money
    used: Money
    left: Money
    approval_id: int | None = None


def credit_document(
    who: Who, credit: Credit, *, key: str | None = None, policy: Policy | None = None
) -> Credited:
    """Post the memo today and use it; beyond what the role may do alone, ask for it.

    Refused: item_unknown, credit_of_credit, reason_missing, credit_nothing_left, credit_exceeds_rest, credit_line_unknown,
    credit_quantity_wrong, dispute_unknown, dispute_resolved_already, and what posting refuses.
    """
    policy = policy or current_policy()
    with doing(
        who, "credit_document", customers=customers_of([credit.item_id]), cause=credit.note, key=key, asked=plain_credit(credit)
    ) as act:  # fmt: skip
        if act.answered:
            return _again(act.answer)
        of, prepared = prepare_memo(who, credit, policy)
        if may_alone(who, prepared.total):
            return credit_in(act, credit, of, prepared, policy)
        return _ask(act, credit, of, prepared)


def prepare_memo(who: Who, credit: Credit, policy: Policy) -> tuple[Creditable, Prepared]:
    """The memo as it would be, without writing: for the act and for looking at it before."""
    if credit.reason not in REASONS:
        raise Refused("reason_missing")
    item = items_of([credit.item_id])[credit.item_id]
    if item.kind not in CREDITED_KINDS:
        raise Refused("credit_of_credit", document=named(item))
    if credit.dispute_id is not None:
        dispute_of(credit.dispute_id, item.customer_id)
    of = creditable(item)
    first = of.first
    made: Bill
    if credit.lines:
        made = credit_lines(of.currency, of.lines, of.left, credit.lines)
    elif credit.amount is not None:
        if credit.amount.currency != of.currency:
            raise Refused(
                "application_other_currency",
                credit="the credit", debit=named(first), credit_currency=credit.amount.currency, debit_currency=of.currency,
            )  # fmt: skip
        made = credit_amount(of.currency, of.left, credit.amount)
    else:
        made = credit_whole(of.currency, of.left)
    return of, prepare_credit(memo_of(who, of, credit.reason, credit.note), made, policy)


def memo_of(who: Who, of: Creditable, reason: str, note: str) -> Issue:
    """The credit memo for an invoice, without its amounts."""
    first = of.first
    return Issue(
        kind="credit_memo", customer_id=first.customer_id, entity_id=first.entity_id, currency=of.currency, charges=(),
        document_on=who.today, po_number=first.po_number, order_number=first.order_number, reference=first.number,
        description=f"Credit of {named(first)}"[:200], reason=reason, note=note or REASONS[reason], corrects_id=first.pk,
        invoice_class="",
    )  # fmt: skip


def credit_in(act: Act, credit: Credit, of: Creditable, prepared: Prepared, policy: Policy) -> Credited:
    """Post it inside the frame of an act, which holds the customer's lock."""
    made = put_out(act.who, prepared, policy)
    memo = made.items[0]
    used = use_memo(act.who, memo, of.items)
    if credit.dispute_id is not None:
        close_dispute(
            act, Dispute.objects.get(pk=credit.dispute_id), "credit", f"Credit memo {made.number}", policy
        )
    facts_changed(act.who, [memo.customer_id], policy)
    act.answer = _answer(made, used)
    act.tell(
        about=f"item:{memo.pk}", customer_id=memo.customer_id,
        before={"open": of.open.minor, "rest": of.rest.minor},
        after={
            "kind": "credit_memo", "number": made.number, "total": str(made.total), "corrects": of.first.pk, "used": used,
            "reason": credit.reason,
        },
    )  # fmt: skip
    paper_when_it_stands(act.who, memo.pk)
    return _again(act.answer)


def use_memo(who: Who, memo: Item, rows: Sequence[Item]) -> int:
    """Apply a memo to the rows of its document as far as they are open, the earliest due first; how much was used."""
    used = 0
    for row in sorted(rows, key=lambda each: (each.due_on, each.pk)):
        part = min(memo.open, row.open)
        if part:
            apply(
                who, memo, row, part, posted_on=who.today, value_on=who.today, why="credited",
                evidence=f"corrects {named(row)}", in_open_period=True,
            )  # fmt: skip
            used += part
    return used


def seen(of: Creditable) -> dict[str, Any]:
    """What a request about a document rests on, read again when it is decided."""
    return {"rest": of.rest.minor, "open": of.open.minor, "memos": [memo.pk for memo in of.memos]}


def plain_credit(credit: Credit) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        "item_id": credit.item_id, "reason": credit.reason, "note": credit.note, "dispute_id": credit.dispute_id,
        "lines": {str(at): None if quantity is None else f"{quantity:f}" for at, quantity in sorted(credit.lines.items())},
        "amount": None if credit.amount is None else [credit.amount.minor, credit.amount.currency],
    }  # fmt: skip


def credit_of(plain: Mapping[str, Any]) -> Credit:
    """Back from JSON."""
    lines = {int(at): None if text is None else Decimal(text) for at, text in plain["lines"].items()}
    return Credit(**{**plain, "lines": lines, "amount": Money(*plain["amount"]) if plain["amount"] else None})


def _ask(act: Act, credit: Credit, of: Creditable, prepared: Prepared) -> Credited:
    document = named(of.first)
    row = ask_approval(act, Asked(
        kind=KIND, about=f"item:{of.first.pk}", customer_id=of.first.customer_id, entity_id=of.first.entity_id,
        amount=prepared.total, title=f"Credit {prepared.total} of {document}", reason=credit.note or REASONS[credit.reason],
        evidence=[
            f"{document}: {of.total}, {of.open} open, {of.rest} not yet credited.",
            *(f"{line.description}: {Money(line.gross, of.currency)}" for line in prepared.bill.lines[:20]),
        ],
        if_yes="The credit memo is issued and used for the invoice; what is over stays an open credit.",
        if_no="Nothing is credited; a dispute it came from stays open.",
        facts={"act": "credit", "credit": plain_credit(credit), "seen": seen(of)},
    ))  # fmt: skip
    zero = Money.zero(of.currency)
    act.answer = {
        "item_id": None, "number": "", "minor": prepared.total.minor, "currency": zero.currency, "used": 0,
        "approval_id": row.pk,
    }  # fmt: skip
    return _again(act.answer)


def _answer(made: PutOut, used: int) -> dict[str, Any]:
    return {
        "item_id": made.items[0].pk, "number": made.number, "minor": made.total.minor, "currency": made.total.currency,
        "used": used, "approval_id": None,
    }  # fmt: skip


def _again(answer: Mapping[str, Any]) -> Credited:
    total, used = Money(answer["minor"], answer["currency"]), Money(answer["used"], answer["currency"])
    return Credited(answer["item_id"], answer["number"], total, used, total - used, answer["approval_id"])
