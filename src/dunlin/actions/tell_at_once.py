"""Tell those who look after an account at once, by e-mail and with a follow-up; never put off to a digest (P25)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.doing import Act
from dunlin.actions.messages import Draft, make_message
from dunlin.records.models import Customer, User


def mail_colleagues(
    act: Act, customer: Customer, subject: str, lines: Sequence[str], *, entity_id: int, once: str
) -> int | None:
    """The mail to the collector, the AR manager and the sales rep of a customer; its id, None when none of them has an address."""
    people = [customer.collector, ar_manager(customer), customer.sales_rep]
    to = [
        {"name": each.get_full_name() or each.username, "address": each.email, "point": None}
        for each in with_address(people)
    ]
    if not to:
        return None
    return make_message(act, Draft(
        customer_id=customer.pk, purpose="internal", subject=subject, text="\n".join(lines), to=to, entity_id=entity_id, once=once,
    )).pk  # fmt: skip


def ask_collector(act: Act, customer: Customer, what: str, due_on: date | None = None) -> None:
    """A follow-up of the collector, else of the AR manager, or of who covers for them; today unless told otherwise."""
    owner = customer.collector or ar_manager(customer)
    if owner is not None:
        asked = FollowUpAsked(what, due_on or act.who.today, on_duty(owner, act.who.today).pk)
        record_follow_up(act, customer.pk, asked)


def with_address(people: Iterable[User | None]) -> list[User]:
    """Those of the people who are here and have an address, each address once."""
    seen: dict[str, User] = {}
    for each in people:
        if each is not None and each.is_active and each.email:
            seen.setdefault(each.email.lower(), each)
    return list(seen.values())
