"""Change the due date of a document, with a reason and on record; aging of the days before the change stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max

from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.pass_stages import pass_stages
from dunlin.actions.postings import check_posting_day, customers_of, items_of, named
from dunlin.records.models import DueDateChange
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class DueDateChanged:
    """The change and the two dates."""

    change_id: int
    old_due_on: date
    new_due_on: date


def change_due_date(
    who: Who,
    item_id: int,
    new_due_on: date,
    *,
    reason: str,
    posted_on: date | None = None,
    key: str | None = None,
    policy: Policy | None = None,
) -> DueDateChanged:
    """Make a debit item due on another day, from `posted_on` (today by default) on.

    Refused: item_unknown, reason_missing, due_date_of_credit, due_date_unchanged, due_date_before_document,
    due_date_change_out_of_order, application_before_document, posting_in_future, period_locked.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    day = posted_on or who.today
    customers = customers_of([item_id])
    asked = {"item": item_id, "due_on": new_due_on, "posted_on": posted_on}
    with doing(who, "change_due_date", customers=customers, cause=reason, key=key, asked=asked) as act:
        if act.answered:
            return _again(act.answer)
        item = items_of([item_id])[item_id]
        if item.side != 1:
            raise Refused("due_date_of_credit", document=named(item))
        if new_due_on == item.due_on:
            raise Refused("due_date_unchanged", document=named(item), due_on=new_due_on)
        if new_due_on < item.document_on:
            raise Refused("due_date_before_document", due_on=new_due_on, document_on=item.document_on)
        if day < item.posted_on:
            raise Refused(
                "application_before_document",
                posted_on=day,
                document=named(item),
                document_posted_on=item.posted_on,
            )
        check_posting_day(who, item.entity_id, day)
        last = DueDateChange.objects.filter(item=item).aggregate(last=Max("posted_on"))["last"]
        if last is not None and day < last:
            raise Refused("due_date_change_out_of_order", posted_on=day, last=last)

        policy = policy or current_policy()
        pass_stages([item_id], day, policy)
        old = item.due_on
        change = DueDateChange.objects.create(
            item=item, old_due_on=old, new_due_on=new_due_on, posted_on=day, recorded_at=who.now,
            reason=mask_card_numbers(reason)[:200], by_id=who.user_id,
        )  # fmt: skip
        item.due_on = new_due_on
        item.save(update_fields=["due_on"])
        facts_changed(who, customers, policy)

        act.answer = {"change_id": change.pk, "old": old.isoformat(), "new": new_due_on.isoformat()}
        act.tell(
            about=f"item:{item_id}", before={"due_on": old}, after={"due_on": new_due_on, "posted_on": day}
        )
        return _again(act.answer)


def _again(answer: dict[str, Any]) -> DueDateChanged:
    return DueDateChanged(
        answer["change_id"], date.fromisoformat(answer["old"]), date.fromisoformat(answer["new"])
    )
