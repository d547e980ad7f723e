"""Approvals: what waits for one's decision with all it rests on, yes or no with a note, and what became of one's own requests (D4)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions.decide_approval import check_decision, decide_approval, withdraw_approval
from dunlin.desk.access import approval_for, approvals_in_sight
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import seeing
from dunlin.reports.approvals import TABS, approval_counts, approval_row, approvals_page
from dunlin.rules.authority import kinds_of
from dunlin.rules.codes import Refused

TAB_WORDS = (("for_me", "For you to decide"), ("asked", "Asked by you"), ("waiting", "All that wait"), ("decided", "Decided"))  # fmt: skip
LOOKS = {
    "requested": "warn",
    "approved": "good",
    "used": "good",
    "refused": "bad",
    "withdrawn": "",
    "expired": "",
}
STATE_WORDS = {"requested": "waits", "used": "approved and done"}


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """One tab. Who decides nothing begins with what they asked for."""
    seeing(request, "see_approvals")
    door = request.door  # type: ignore[attr-defined]
    decides = bool(kinds_of(door.who.role))
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "for_me" if decides else "asked"
    after = request.GET.get("after", "")
    sight = approvals_in_sight(door)
    page = approvals_page(
        tab, sight, door.who.user_id, door.who.role, door.who.now,
        int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None,
    )  # fmt: skip
    facts = {
        "page": page, "tab": tab, "tabs": [each for each in TAB_WORDS if decides or each[0] != "for_me"], "looks": LOOKS,
        "state_words": STATE_WORDS, "counts": approval_counts(sight, door.who.user_id, door.who.role, door.who.now),
    }  # fmt: skip
    return show(request, "approvals/list.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what is asked, why, what it rests on, what happens on yes and on no; and the decision."""
    seeing(request, "see_approvals")
    row = approval_for(request, pk)
    door = request.door  # type: ignore[attr-defined]
    typed, errors = typed_in(request), {}
    if request.method == "POST":
        allow(request, "decide_approval")
        try:
            yes = typed.get("answer") == "yes"
            decide_approval(door.who, pk, yes, typed.get("note", ""))
        except Refused as refused:
            errors["note" if refused.code == "reason_missing" else "form"] = str(refused)
        else:
            return done(request, f"{'Approved' if yes else 'Refused'}: {row.title}.", reverse("approvals"))
    why_not = ""
    if row.state == "requested":
        try:
            check_decision(door.who, row)
        except Refused as refused:
            why_not = str(refused)
    facts = {
        "row": approval_row(row, door.who.now), "request_row": row, "typed": typed, "errors": errors, "looks": LOOKS,
        "state_words": STATE_WORDS, "why_not": why_not, "mine": row.asked_by_id is not None and row.asked_by_id == door.who.user_id,
    }  # fmt: skip
    return show(request, "approvals/one.html", facts, status=422 if errors else 200)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own request back."""
    allow(request, "withdraw_approval")
    approval_for(request, pk)
    row = withdraw_approval(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, f"Withdrawn: {row.title}.", reverse("approvals"))
