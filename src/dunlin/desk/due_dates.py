"""Change the due date of a document, with a reason; the aging of days before the change stays as it was (A2)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from dunlin.actions.change_due_date import change_due_date as change
from dunlin.actions.postings import named
from dunlin.desk.access import item_for
from dunlin.desk.acts import Unclear, act, allow, needed, typed_in
from dunlin.desk.office import any_day_in
from dunlin.records.models import DueDateChange
from dunlin.rules.codes import Refused
from dunlin.rules.plain_words import in_words


def change_due_date(request: HttpRequest, pk: int) -> HttpResponse:
    allow(request, "change_due_date")
    item = item_for(request, pk)
    if item.side != 1:
        raise Refused("due_date_of_credit", document=named(item))
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        due_on = any_day_in(typed, "due", door.today)
        if due_on is None:
            raise Unclear("due", "Due on which day? Write a day such as fri, 2 weeks or 2026-12-15.")
        reason = needed(typed, "reason", "Say why it is changed.")
        did = change(door.who, pk, due_on, reason=reason, key=typed.get("key") or None)
        return f"{item.number or 'The document'} is due {in_words(did.new_due_on, door.today)}; it was {in_words(did.old_due_on, door.today)}."

    beside = {
        "due_date_unchanged": "due", "due_date_before_document": "due", "due_date_change_out_of_order": "due",
        "period_locked": "due", "reason_missing": "reason",
    }  # fmt: skip
    facts = {
        "item": item,
        "changes": DueDateChange.objects.filter(item=item).select_related("by").order_by("-posted_on", "-pk"),
        "key": typed_in(request).get("key") or uuid4().hex,
    }
    return act(request, item.customer, "change_due_date", "due_date", do, beside=beside, facts=facts)
