"""What is learnt about addresses: one that bounced is marked, no longer used, and somebody is told (P28; trap 57)."""

from __future__ import annotations

from dunlin.actions.doing import Act
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import ContactPoint, Customer, FollowUp, User
from dunlin.rules.masking import mask_card_numbers


def mark_bounced(act: Act, customer_id: int, address: str, answer: str) -> tuple[int, ...]:
    """Mark the address as bounced wherever the customer has it, and plan a follow-up for who looks after the account; the ids
    marked. Nothing happens for an address that is marked already or is not the customer's."""
    points = ContactPoint.objects.filter(
        contact__customer=customer_id, kind="email", state="ok", value__iexact=address
    )
    ids = tuple(points.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return ()
    ContactPoint.objects.filter(pk__in=ids).update(state="bounced")
    for pk in ids:
        act.tell(
            about=f"contact_point:{pk}",
            customer_id=customer_id,
            cause=answer[:200],
            before={"state": "ok"},
            after={"state": "bounced"},
        )
    tell_owner(act, customer_id, f"{address} bounced: find out whom to write to. The server said: {answer}")
    return ids


def tell_owner(act: Act, customer_id: int, what: str) -> FollowUp | None:
    """A follow-up for the next business day for whoever looks after the account: its collector, else an AR manager. None when
    there is nobody."""
    owner = owner_of(customer_id)
    if owner is None:
        return None
    what = mask_card_numbers(what)[:300]
    there = FollowUp.objects.filter(customer=customer_id, what=what, done_at=None).first()
    if there is not None:
        return there
    row = FollowUp.objects.create(
        customer_id=customer_id, owner=owner, what=what, due_on=calendar(LEDGER).next_business_day(act.who.today),
        created_at=act.who.now, created_by_id=act.who.user_id,
    )  # fmt: skip
    act.tell(about=f"follow_up:{row.pk}", customer_id=customer_id, after={"what": what, "owner": owner.pk})
    return row


def owner_of(customer_id: int) -> User | None:
    """Who looks after the account: its collector, else an AR manager; None when there is neither."""
    owner = Customer.objects.select_related("collector").get(pk=customer_id).collector
    if owner is None or not owner.is_active:
        owner = User.objects.filter(role="ar_manager", is_active=True).order_by("pk").first()
    return owner
