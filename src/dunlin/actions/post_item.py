"""Post a document: an invoice, in one piece or in instalments, a memo, a finance charge, or an unapplied credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, check_posting_day, post
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.items import DEBIT_KINDS
from dunlin.records.models import PaymentTerms
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, allocate, total
from dunlin.rules.policy import Policy
from dunlin.rules.terms import discount_until, due_date, instalment_plan, terms_of


@dataclass(frozen=True)
class Posted:
    """The rows a document became: one, or one for each instalment, in their order."""

    item_ids: tuple[int, ...]


def post_item(
    who: Who,
    draft: Draft,
    *,
    instalments: Sequence[tuple[date, Money]] = (),
    cause: str = "",
    key: str | None = None,
    policy: Policy | None = None,
) -> Posted:
    """Post `draft`; with `instalments` (due date, amount) as one row each under its number.

    A debit with terms and neither a due date nor instalments takes both, and its discount, from the terms. Refused:
    instalments_do_not_add_up, terms_without_due_date, terms_range_missing, and everything `postings.post` refuses.
    """
    asked = {"draft": repr(draft), "instalments": repr(instalments)}
    with doing(who, "post_item", customers=[draft.customer_id], cause=cause, key=key, asked=asked) as act:
        if act.answered:
            return Posted(tuple(act.answer["item_ids"]))
        check_posting_day(who, draft.entity_id, draft.posted_on or draft.document_on)

        draft, instalments = by_terms(draft, instalments)
        items = [post(who, part, in_open_period=True) for part in parts_of(draft, instalments)]
        facts_changed(who, [draft.customer_id], policy or current_policy())

        act.answer = {"item_ids": [item.pk for item in items]}
        act.tell(
            about=f"item:{items[0].pk}",
            after={"kind": draft.kind, "number": draft.number, "amount": str(draft.amount), **act.answer},
        )
        return Posted(tuple(item.pk for item in items))


def by_terms(
    draft: Draft, instalments: Sequence[tuple[date, Money]]
) -> tuple[Draft, Sequence[tuple[date, Money]]]:
    """The document with what its terms say where it says nothing itself. Credits have no terms."""
    if draft.terms_id is None or draft.kind not in DEBIT_KINDS or draft.due_on is not None or instalments:
        return draft, instalments
    code, stored = PaymentTerms.objects.values_list("code", "rule").get(pk=draft.terms_id)
    rule = terms_of(code, stored)
    if rule is None:
        raise Refused("terms_without_due_date", terms=code)
    if rule.discount_pct and not draft.discount:
        offered = draft.amount.times(rule.discount_pct / 100).minor
        draft = replace(draft, discount=offered, discount_until=discount_until(rule, draft.document_on))
    due = calendar(LEDGER) if rule.roll != "none" else None
    if rule.kind == "instalments" and 1 < rule.count <= draft.amount.minor:
        return draft, instalment_plan(rule, draft.amount, draft.document_on, due)
    return replace(draft, due_on=due_date(rule, draft.document_on, due)), ()


def parts_of(draft: Draft, instalments: Sequence[tuple[date, Money]]) -> list[Draft]:
    """The document as rows: amounts as given, tax and discount shared in proportion, nothing lost in rounding."""
    if not instalments:
        return [draft]
    amounts = [amount for _, amount in instalments]
    whole = total(amounts, draft.amount.currency)
    if whole != draft.amount:
        raise Refused("instalments_do_not_add_up", total=whole, amount=draft.amount)
    weights = [amount.minor for amount in amounts]
    if min(weights) <= 0:
        raise Refused("amount_not_positive", asked=min(amounts))
    taxes = allocate(Money(draft.tax, draft.amount.currency), weights)
    discounts = allocate(Money(draft.discount, draft.amount.currency), weights)
    return [
        replace(
            draft, amount=amount, due_on=due_on, instalment=number, tax=tax.minor, discount=discount.minor,
            source_key=f"{draft.source_key}/{number}" if draft.source_key is not None else None,
        )
        for number, ((due_on, amount), tax, discount) in enumerate(zip(instalments, taxes, discounts), 1)
    ]  # fmt: skip
