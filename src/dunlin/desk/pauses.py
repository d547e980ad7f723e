"""Put an account aside: a snooze until a day, or a block of a kind that stops contact; and take either away."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from dunlin.actions.lift_auto_pay import lift_auto_pay as lift_stop
from dunlin.actions.set_block import CUSTOMER_KINDS, EITHER_KINDS
from dunlin.actions.set_block import lift_block as lift
from dunlin.actions.set_block import set_block as block
from dunlin.actions.snooze_customer import end_snooze
from dunlin.actions.snooze_customer import snooze_customer as put_aside
from dunlin.desk.access import block_for, customer_for
from dunlin.desk.acts import Unclear, act, day_in, needed
from dunlin.reports.account_flags import flags_of
from dunlin.rules.plain_words import in_words

KINDS = tuple((kind, kind.replace("_", " ").capitalize()) for kind in CUSTOMER_KINDS + EITHER_KINDS)


def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_for(request, pk)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        until_on = day_in(typed, "until", door.today)
        if until_on is None:
            raise Unclear("until", "Until when? Write a day such as fri, 2 weeks or 30/6.")
        put_aside(door.who, pk, until_on, typed.get("reason", ""))
        return f"{customer.name} is off the list until {in_words(until_on, door.today)}, or until a promise breaks."

    beside = {"snooze_not_later": "until", "not_blank": "reason"}
    return act(request, customer, "snooze_customer", "snooze", do, beside=beside)


def wake(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        ended = end_snooze(request.door.who, pk)  # type: ignore[attr-defined]
        return f"{customer.name} may appear again." if ended else f"{customer.name} was not snoozed."

    return act(request, customer, "snooze_customer", "wake", do)


def set_block(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_for(request, pk)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        kind = needed(typed, "kind", "Choose what kind of block it is.")
        until_on = day_in(typed, "until", door.today)
        block(door.who, pk, kind, typed.get("reason", ""), until_on=until_on)
        return f"{customer.name} is blocked: {kind.replace('_', ' ')}."

    beside = {"block_kind_unknown": "kind", "not_blank": "reason", "from_after_until": "until"}
    return act(request, customer, "set_block", "block", do, beside=beside, facts={"kinds": KINDS})


def lift_auto_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Let automatic payment go on after what stopped it is cleared up."""
    customer = customer_for(request, pk)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        lift_stop(door.who, pk, typed.get("reason", ""))
        return f"Auto-pay of {customer.name} goes on again."

    flags = flags_of(pk, door.today, door.policy.ledger_time_zone)
    stop = next((each for each in flags if each.kind == "auto_pay"), None)
    return act(
        request, customer, "lift_auto_pay", "lift_auto_pay", do, beside={"reason_missing": "reason"}, facts={"stop": stop},
    )  # fmt: skip


def lift_block(request: HttpRequest, pk: int) -> HttpResponse:
    row = block_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        lift(request.door.who, pk, typed.get("reason", ""))  # type: ignore[attr-defined]
        return f"The block is lifted: {row.kind.replace('_', ' ')}."

    return act(
        request,
        row.customer,
        "set_block",
        "lift_block",
        do,
        beside={"not_blank": "reason"},
        facts={"block": row},
    )
