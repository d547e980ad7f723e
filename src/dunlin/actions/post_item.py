"""Post a document: an invoice, in one piece or in instalments, a memo, a finance charge, or an unapplied credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, check_posting_day, post
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, allocate, total
from dunlin.rules.policy import Policy


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

    Refused: instalments_do_not_add_up, and everything `postings.post` refuses.
    """
    asked = {"draft": repr(draft), "instalments": repr(instalments)}
    with doing(who, "post_item", customers=[draft.customer_id], cause=cause, key=key, asked=asked) as act:
        if act.answered:
            return Posted(tuple(act.answer["item_ids"]))
        check_posting_day(who, draft.entity_id, draft.posted_on or draft.document_on)

        items = [post(who, part, in_open_period=True) for part in _parts(draft, instalments)]
        facts_changed(who, [draft.customer_id], policy or current_policy())

        act.answer = {"item_ids": [item.pk for item in items]}
        act.tell(
            about=f"item:{items[0].pk}",
            after={"kind": draft.kind, "number": draft.number, "amount": str(draft.amount), **act.answer},
        )
        return Posted(tuple(item.pk for item in items))


def _parts(draft: Draft, instalments: Sequence[tuple[date, Money]]) -> list[Draft]:
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
