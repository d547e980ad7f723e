"""Resolve a dispute. What is owed does not change by it; a follow-up sees to it that the money then comes (P13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import check_posting_day, items_of, named
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Customer, Dispute, FollowUp
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

# Credited; credited and billed again; the missing paper was supplied; we stand by the bill; the customer dropped it.
RESOLUTIONS = ("credit", "rebill", "document", "refused", "withdrawn")
# Of a short pay also: billed again as a document of its own; written off; the money came. `decide_short_pay` posts what these need.
_OF_SHORT_PAYS = ("chargeback", "write_off", "paid")


@dataclass(frozen=True)
class Resolved:
    """How much of the item is still in dispute, and the follow-up that was planned, if anyone is there to do it."""

    disputed: Money
    follow_up_id: int | None
    follow_up_on: date | None


def resolve_dispute(
    who: Who,
    dispute_id: int,
    resolution: str,
    *,
    note: str = "",
    resolved_on: date | None = None,
    policy: Policy | None = None,
) -> Resolved:
    """Close a dispute, today by default. A credit or rebill is posted by `credit_document` or `rebill`, which close it with them;
    who closes it here as one that must still be credited leaves that as a follow-up.

    Refused: dispute_unknown, dispute_resolved_already, resolution_unknown, posting_in_future, period_locked.
    """
    if resolution not in (*RESOLUTIONS, *_OF_SHORT_PAYS):
        raise Refused("resolution_unknown", resolution=resolution, known=", ".join(RESOLUTIONS))
    day = resolved_on or who.today
    if day > who.today:
        raise Refused("posting_in_future", posted_on=day, today=who.today)
    customer_id = Dispute.objects.filter(pk=dispute_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise Refused("dispute_unknown", dispute=dispute_id)
    with doing(who, "resolve_dispute", customers=[customer_id], cause=note) as act:
        dispute = Dispute.objects.get(pk=dispute_id)
        if dispute.resolved_on is not None:
            raise Refused("dispute_resolved_already", resolved_on=dispute.resolved_on)
        item = items_of([dispute.item_id])[dispute.item_id]
        settings = policy or current_policy()
        day = max(day, dispute.opened_on)
        check_posting_day(who, item.entity_id, day)

        dispute.resolved_on = day
        dispute.resolved_at, dispute.resolved_by_id, dispute.resolution = who.now, who.user_id, resolution
        dispute.save()
        before = {"disputed": item.disputed}
        still = (
            Dispute.objects.filter(item=item, resolved_on__isnull=True).aggregate(sum=Sum("amount"))["sum"]
            or 0
        )
        item.disputed = min(still, item.open)
        item.save(update_fields=["disputed"])
        follow_up = (
            _follow_up(who, item.customer_id, _see_to(named(item), resolution), settings)
            if item.open
            else None
        )
        facts_changed(who, [customer_id], settings)

        after = {"item": item.pk, "disputed": item.disputed, "resolution": resolution}
        act.tell(about=f"dispute:{dispute_id}", before=before, after=after)
        return Resolved(
            Money(item.disputed, item.currency),
            follow_up.pk if follow_up else None,
            follow_up.due_on if follow_up else None,
        )


def dispute_of(dispute_id: int, customer_id: int) -> Dispute:
    """An open dispute of the customer. Refused: dispute_unknown, dispute_resolved_already."""
    dispute = Dispute.objects.filter(pk=dispute_id, customer=customer_id).first()
    if dispute is None:
        raise Refused("dispute_unknown", dispute=dispute_id)
    if dispute.resolved_on is not None:
        raise Refused("dispute_resolved_already", resolved_on=dispute.resolved_on)
    return dispute


def close_dispute(
    act: Act, dispute: Dispute, resolution: str, by: str, policy: Policy, *, watch: str = ""
) -> None:
    """Resolve it inside the act that posts the credit, with what it was resolved `by`. A follow-up sees to it that what is still open
    of the item is paid, or `watch` (another document in its place)."""
    who = act.who
    dispute.resolved_on = max(who.today, dispute.opened_on)
    dispute.resolved_at, dispute.resolved_by_id, dispute.resolution = who.now, who.user_id, resolution
    dispute.save()
    item = items_of([dispute.item_id])[dispute.item_id]
    still = (
        Dispute.objects.filter(item=item, resolved_on__isnull=True).aggregate(sum=Sum("amount"))["sum"] or 0
    )
    item.disputed = min(still, item.open)
    item.save(update_fields=["disputed"])
    if watch or item.open:
        _follow_up(
            who,
            item.customer_id,
            f"{watch or named(item)}: dispute resolved by {by}, see that it is paid.",
            policy,
        )
    act.tell(
        about=f"dispute:{dispute.pk}", customer_id=item.customer_id, cause=by,
        after={"item": item.pk, "disputed": item.disputed, "resolution": resolution},
    )  # fmt: skip


def _see_to(document: str, resolution: str) -> str:
    if resolution in ("credit", "rebill"):
        how = "credit it" if resolution == "credit" else "credit it and bill it anew"
        return f"Dispute of {document} is resolved: {how}, then see that the rest is paid."
    return f"Dispute of {document} is resolved: see that it is paid."


def _follow_up(who: Who, customer_id: int, what: str, policy: Policy) -> FollowUp | None:
    """A check by the account's collector, or by the one who resolved it, that the money came."""
    owner_id = Customer.objects.values_list("collector_id", flat=True).get(pk=customer_id) or who.user_id
    if owner_id is None:
        return None
    due_on = calendar(LEDGER).next_business_day(who.today, policy.follow_up_dispute_days)
    return FollowUp.objects.create(
        customer_id=customer_id, owner_id=owner_id, due_on=due_on, created_at=who.now, created_by_id=who.user_id,
        what=what[:300],
    )  # fmt: skip
