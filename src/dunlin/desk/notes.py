"""Write a note on an account."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from dunlin.actions.add_note import add_note as add
from dunlin.desk.access import customer_for
from dunlin.desk.acts import act


def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    customer = customer_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        add(request.door.who, pk, typed.get("text", ""))  # type: ignore[attr-defined]
        return f"Note on {customer.name} kept."

    return act(request, customer, "add_note", "note", do, beside={"not_blank": "text"})
