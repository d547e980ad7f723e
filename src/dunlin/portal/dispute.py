"""Say that an invoice is not right: how much of it, why, and what shows it."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dunlin.actions.hand_in import Objection, dispute_with_files
from dunlin.portal.access import account_for, items_for
from dunlin.portal.answers import Unclear, act, done, files_in, key_of, money_in, numbers_in
from dunlin.portal.problems import sentence_of
from dunlin.reports.portal_account import ids_of, lines_of

# The reasons of P13 that a customer can know of; their words stand in words/.
REASONS = (
    "price", "quantity", "not_received", "quality", "duplicate", "tax", "terms", "po_missing", "paid", "contract", "other",
)  # fmt: skip
_OFFERED = 200
_BESIDE = {
    "amount_not_positive": "amount", "dispute_exceeds_open": "amount", "reason_missing": "reason", "files_too_many": "files",
    "files_too_large": "files", "file_refused": "files", "file_has_nothing": "files",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """One document; the ones ticked are offered first, else all that is open."""
    mine = account_for(request, pk)
    today = request.portal.today  # type: ignore[attr-defined]
    ids = numbers_in(request, "item") or ids_of(pk, today, "open", _OFFERED)
    rows = [row for row in lines_of(pk, items_for(mine, ids), today) if row.open > row.disputed]

    def do(typed: Mapping[str, str]) -> str:
        item = next((row for row in rows if str(row.id) == typed.get("item")), None)
        if item is None:
            raise Unclear("item", "choose_first")
        if typed.get("reason") not in REASONS:
            raise Unclear("reason", "reason_needed")
        if not typed.get("note"):
            raise Unclear("note", "note_needed")
        amount = money_in(request, typed.get("amount", ""), "amount", item.currency)
        objection = Objection(item.id, typed["reason"], typed["note"][:500], mine.contact.name, amount)
        dispute_with_files(
            mine.who, pk, objection, files_in(request, "files"), key=key_of(typed, mine.contact.pk)
        )
        return done(pk, "disputed")

    facts = {"mine": mine, "rows": rows, "reasons": REASONS}
    typed = {"item": str(rows[0].id)} if len(rows) == 1 else {}
    return act(request, "dispute.html", facts, do, beside=_BESIDE, sentence_of=sentence_of, typed=typed)
