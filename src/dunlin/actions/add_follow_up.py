"""Plan something to do about an account by a day (B7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Act, Who, doing
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Customer, FollowUp, User
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class FollowUpAsked:
    """What to do, by when (None: `follow_up.days` business days from today) and by whom (None: who plans it)."""

    what: str
    due_on: date | None = None
    owner_id: int | None = None


@dataclass(frozen=True)
class FollowUpAdded:
    """The follow-up as recorded."""

    follow_up_id: int
    due_on: date
    owner_id: int


def add_follow_up(
    who: Who, customer_id: int, asked: FollowUpAsked, *, key: str | None = None
) -> FollowUpAdded:
    """Plan a follow-up. Refused: customer_unknown, not_blank, user_unknown, user_is_inactive."""
    with doing(
        who, "add_follow_up", customers=[customer_id], key=key, asked=[customer_id, str(asked)]
    ) as act:
        if act.answered:
            row = FollowUp.objects.get(pk=act.answer["follow_up_id"])
            return FollowUpAdded(row.pk, row.due_on, row.owner_id)
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        added = record_follow_up(act, customer_id, asked)
        act.answer = {"follow_up_id": added.follow_up_id}
    return added


def record_follow_up(
    act: Act, customer_id: int, asked: FollowUpAsked, call_id: int | None = None
) -> FollowUpAdded:
    """The part that writes, for use inside another act."""
    who = act.who
    what = mask_card_numbers(asked.what.strip())[:300]
    if not what:
        raise Refused("not_blank", field="what to do")
    wanted = asked.owner_id or who.user_id
    owner = User.objects.filter(pk=wanted).first() if wanted is not None else None
    if owner is None:
        raise Refused("user_unknown", user=asked.owner_id or who.name)
    if not owner.is_active:
        raise Refused("user_is_inactive", user=owner.name)
    due_on = asked.due_on or calendar(LEDGER).next_business_day(who.today, current_policy().follow_up_days)
    row = FollowUp.objects.create(
        customer_id=customer_id, owner=owner, what=what, due_on=due_on, created_at=who.now, created_by_id=who.user_id,
        call_id=call_id,
    )  # fmt: skip
    act.tell(
        about=f"follow_up:{row.pk}",
        customer_id=customer_id,
        after={"what": what, "due_on": due_on, "owner": owner.pk},
    )
    return FollowUpAdded(row.pk, due_on, owner.pk)
