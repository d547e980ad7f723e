"""How a customer is written to: by e-mail, by letter or not at all by itself; by which strategy, and why by that one (C6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from dunlin.actions.correct_customer import CHANNELS, correct_customer
from dunlin.desk.access import customer_for
from dunlin.desk.acts import act, typed_in
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.desk.strategies import segment_words
from dunlin.reports.recipients import recipients
from dunlin.reports.strategies import in_force
from dunlin.reports.strategy_of import strategy_of
from dunlin.rules.reasons import reason
from dunlin.rules.strategies import DEFAULT, describe

_PAGE = "how_written"


def how_written(request: HttpRequest, pk: int) -> HttpResponse:
    """What holds now, for everyone who sees the account; the form for who may correct a customer."""
    customer = customer_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        wanted = {"channel": typed.get("channel", ""), "strategy": typed.get("strategy", "")}
        did = correct_customer(door.who, pk, wanted)
        if not did.changed:
            return "Nothing was different."
        return f"{customer.name} is written to {CHANNELS[wanted['channel']]}. What is on its way is looked at again before it goes."

    known = in_force()
    choice, off = strategy_of(pk, door.today, door.policy, known)
    recipient = recipients([pk])[pk]
    ordered = sorted(known.by_key.values(), key=lambda each: (each.key == DEFAULT, -each.priority, each.key))
    facts: dict[str, Any] = {
        "choice": choice, "why": reason(choice.code, choice.facts), "off": off, "recipient": recipient,
        "nobody": reason(recipient.code, recipient.facts) if recipient.code else "", "channels": CHANNELS, "describe": describe,
        "for_words": segment_words(choice.strategy.segment, choice.strategy.key),
        "strategies": [(each.key, each.name) for each in ordered],
    }  # fmt: skip
    if request.method == "POST" or door.may("correct_customer"):
        beside = {"strategy_unknown": "strategy", "channel_unknown": "channel"}
        return act(request, customer, "correct_customer", _PAGE, do, beside=beside, facts=facts)
    whole = {
        "customer": customer,
        "typed": typed_in(request),
        "errors": {},
        "back": "",
        "page": _PAGE,
        **facts,
    }
    return show(request, "act.html", whole)
