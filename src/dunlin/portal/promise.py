"""Promise a date: for the items chosen, else for all that is past due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.portal.access import account_for, items_for
from dunlin.portal.answers import IDS_MAX, Unclear, act, day_in, done, key_of, money_in
from dunlin.portal.pay import chosen_in
from dunlin.portal.problems import sentence_of
from dunlin.reports.portal_account import ids_of, lines_of
from dunlin.rules.money import Money

_BESIDE = {
    "promise_date_past": "due_on", "promise_too_far": "due_on", "promise_exceeds_open": "amount", "amount_not_positive": "amount",
    "part_not_offered": "amount",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """The day, and perhaps a part. Of several currencies each is promised whole."""
    mine = account_for(request, pk)
    standing = request.portal  # type: ignore[attr-defined]
    ids = chosen_in(request, pk)
    if not ids and request.method != "POST":
        ids = ids_of(pk, standing.today, "late", IDS_MAX) or ids_of(pk, standing.today, "open", IDS_MAX)
    items = [item for item in items_for(mine, ids) if item.open > item.disputed]
    totals: dict[str, int] = {}
    for item in items:
        totals[item.currency] = totals.get(item.currency, 0) + item.open - item.disputed

    def do(typed: Mapping[str, str]) -> str:
        if not items:
            raise Unclear("", "choose_first")
        due_on = day_in(typed, "due_on")
        amount: Money | None = None
        if len(totals) == 1:
            amount = money_in(request, typed.get("amount", ""), "amount", next(iter(totals)))
        key = key_of(typed, mine.contact.pk)
        with transaction.atomic():
            for currency in totals:
                of = tuple(item.pk for item in items if item.currency == currency)
                asked = PromiseAsked(due_on, amount, of, currency, typed.get("note", ""))
                log_promise(
                    mine.who, pk, asked, contact_id=mine.contact.pk, source="portal",
                    key=f"{key}:{currency}" if key else None,
                )  # fmt: skip
        return done(pk, "promised")

    facts = {
        "mine": mine, "rows": lines_of(pk, items, standing.today), "totals": totals, "parts": standing.policy.portal_part_payments,
        "first": standing.today, "last": standing.today + timedelta(standing.policy.portal_promise_days),
    }  # fmt: skip
    return act(request, "promise.html", facts, do, beside=_BESIDE, sentence_of=sentence_of)
