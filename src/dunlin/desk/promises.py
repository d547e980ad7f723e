"""Log a promise that was made by e-mail, letter or in passing, and cancel one that was withdrawn (D2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db.models import F, Sum
from django.http import HttpRequest, HttpResponse

from dunlin.actions.cancel_promise import cancel_promise as cancel
from dunlin.actions.log_promise import PromiseAsked
from dunlin.actions.log_promise import log_promise as log
from dunlin.desk.access import customer_for, promise_for
from dunlin.desk.acts import Unclear, act, numbers_in
from dunlin.desk.answers import show
from dunlin.records.models import Item
from dunlin.reports.call_guide import owed_now
from dunlin.rules.money import Money, total
from dunlin.rules.plain_words import in_words, understand

SOURCES = (
    ("call", "By telephone"),
    ("e-mail", "By e-mail"),
    ("letter", "By letter"),
    ("portal", "In the portal"),
)
_FAR = 90  # days: a promise so far away is more often a wrong month

# Where the refusals of a promise stand: all are about the line that says amount and day.
BESIDE = dict.fromkeys(
    (
        "amount_not_positive",
        "promise_currency_needed",
        "promise_date_past",
        "promise_exceeds_open",
        "promise_nothing_open",
        "promise_other_currency",
    ),
    "promise",
)


def add_promise(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; for htmx only what the line was understood as. `item` limits it to the documents chosen."""
    customer = customer_for(request, pk)
    today: date = request.door.today  # type: ignore[attr-defined]
    chosen = _chosen(pk, numbers_in(request, "item"))
    owed = _owed_of(chosen) if chosen else owed_now(pk, today, customer.currency)
    if request.htmx:  # type: ignore[attr-defined]
        return said_back(request, pk, today, owed, chosen)

    def do(typed: Mapping[str, str]) -> str:
        asked = promise_in(typed, today, owed, tuple(item.pk for item in chosen))
        if asked is None:
            raise Unclear(
                "promise", "What is promised? Write a day, and perhaps an amount before it: 4000 fri."
            )
        source = typed.get("source", "call")
        made = log(request.door.who, pk, asked, source=source if source in dict(SOURCES) else "call")  # type: ignore[attr-defined]
        return f"{made.promised} promised by {customer.name} for {in_words(made.due_on, today)}."

    return act(
        request, customer, "log_promise", "promise", do, beside=BESIDE,
        facts={"items": chosen, "sources": SOURCES, "owed": owed},
    )  # fmt: skip


def cancel_promise(request: HttpRequest, pk: int) -> HttpResponse:
    promise = promise_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        cancel(request.door.who, pk, typed.get("reason", ""))  # type: ignore[attr-defined]
        return "The promise is cancelled and no longer counts."

    facts = {"promise": promise}
    return act(
        request,
        promise.customer,
        "cancel_promise",
        "cancel_promise",
        do,
        beside={"not_blank": "reason"},
        facts=facts,
    )


def said_back(
    request: HttpRequest, customer_id: int, today: date, owed: Sequence[Money], chosen: Sequence[Item] = ()
) -> HttpResponse:
    """What the line typed is understood as, or what is to be mended about it, for the place below the field. What would be
    refused when it is logged is said while it is typed; a day far away is counted out."""
    found = understand(request.GET.get("promise", ""), today, owed)
    if found.amount is not None and not found.problem:
        open_ = Money(_open(customer_id, found.amount.currency, chosen), found.amount.currency)
        if found.amount > open_:
            whole = f"{open_} is open" if open_.minor else f"nothing is open in {open_.currency}"
            found = replace(found, problem=f"More than can be promised: {whole}.")
    if found.due_on is not None and not found.problem and (found.due_on - today).days > _FAR:
        found = replace(found, said=f"{found.said}, {(found.due_on - today).days} days from today")
    return show(request, "understood.html", {"found": found})


def _open(customer_id: int, currency: str, chosen: Sequence[Item]) -> int:
    """What can be promised, in minor units: open and not disputed, of the chosen documents or of all."""
    if chosen:
        return sum(item.open - item.disputed for item in chosen if item.currency == currency)
    items = Item.objects.filter(customer=customer_id, side=1, open__gt=0, currency=currency)
    return items.aggregate(free=Sum(F("open") - F("disputed")))["free"] or 0


def promise_in(
    typed: Mapping[str, str], today: date, owed: Sequence[Money], item_ids: tuple[int, ...] = ()
) -> PromiseAsked | None:
    """The promise typed in one line, or None when none was. Unclear says what to mend."""
    found = understand(typed.get("promise", ""), today, owed)
    if found.problem or found.due_on is None:
        if found.problem:
            raise Unclear("promise", found.problem)
        return None
    currency = owed[0].currency if found.amount is None and len(owed) == 1 and owed[0].minor > 0 else ""
    return PromiseAsked(found.due_on, found.amount, item_ids, currency, typed.get("promise_note", ""))


def _chosen(customer_id: int, ids: Sequence[int]) -> list[Item]:
    if not ids:
        return []
    return list(
        Item.objects.filter(customer=customer_id, pk__in=ids, side=1, open__gt=0).order_by("due_on", "pk")
    )


def _owed_of(items: Sequence[Item]) -> tuple[Money, ...]:
    currencies = dict.fromkeys(item.currency for item in items)
    return tuple(
        total(
            (Money(item.open - item.disputed, currency) for item in items if item.currency == currency),
            currency,
        )
        for currency in currencies
    )
