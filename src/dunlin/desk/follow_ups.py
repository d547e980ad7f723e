"""What I have to do by when, wherever it came from (B7): the list, planning one, finishing one."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.actions.add_follow_up import FollowUpAsked
from dunlin.actions.add_follow_up import add_follow_up as add
from dunlin.actions.finish_follow_up import finish_follow_up as finish
from dunlin.desk import access
from dunlin.desk.acts import Unclear, act, allow, day_in
from dunlin.desk.answers import show
from dunlin.desk.tables import pages_of
from dunlin.records.models import FollowUp, User
from dunlin.rules.plain_words import in_words
from dunlin.rules.roles import ROLES


@require_safe
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Mine, due first; `whose=all` of every account in sight, `done=1` those finished."""
    allow(request, "see_own_customers")
    door = request.door  # type: ignore[attr-defined]
    found = FollowUp.objects.filter(access.in_sight(door, "customer")).select_related(
        "customer", "owner", "done_by"
    )
    everyone = request.GET.get("whose") == "all"
    if not everyone:
        found = found.filter(owner=door.who.user_id)
    finished = request.GET.get("done") == "1"
    found = (
        found.exclude(done_at=None).order_by("-done_at", "pk")
        if finished
        else found.filter(done_at=None).order_by("due_on", "pk")
    )
    pages = pages_of(request, found.count())
    rows = list(found[pages.offset : pages.offset + pages.size])
    facts = {"rows": rows, "pages": pages, "everyone": everyone, "finished": finished}
    return show(request, "follow_ups.html", facts, part="results")


def add_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    customer = access.customer_for(request, pk)
    today = request.door.today  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        asked = follow_up_in(typed, today)
        added = add(request.door.who, pk, asked or FollowUpAsked(""))  # type: ignore[attr-defined]
        return f"Planned for {in_words(added.due_on, today)}: {asked.what if asked else ''}."

    beside = {"not_blank": "what", "user_unknown": "owner", "user_is_inactive": "owner"}
    return act(
        request, customer, "add_follow_up", "follow_up", do, beside=beside, facts={"people": workers()}
    )


def finish_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Done with; with `put_off` it is planned again for another day, and the old one says so."""
    row = access.follow_up_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        if typed.get("put_off"):
            return _put_off(request, row, typed)
        finish(request.door.who, pk, typed.get("outcome", ""))  # type: ignore[attr-defined]
        return f"Done: {row.what}."

    return act(request, row.customer, "finish_follow_up", "finish_follow_up", do, facts={"row": row})


def _put_off(request: HttpRequest, row: FollowUp, typed: Mapping[str, str]) -> str:
    """Finish it and plan the same for the day typed, both or neither."""
    door = request.door  # type: ignore[attr-defined]
    allow(request, "add_follow_up")
    until = day_in(typed, "until", door.today)
    if until is None or until <= door.today:
        raise Unclear("until", "Write the day it is put off to, later than today: fri, 2 weeks, 30/6.")
    said = f"put off to {in_words(until, door.today)}"
    with transaction.atomic():
        finish(door.who, row.pk, ": ".join(part for part in (said, typed.get("outcome", "")) if part))
        add(door.who, row.customer_id, FollowUpAsked(row.what, until, row.owner_id))
    return f"{row.what}: {said}."


def follow_up_in(typed: Mapping[str, str], today: object) -> FollowUpAsked | None:
    """The follow-up typed, or None when nothing is to be done. Unclear when its day cannot be read."""
    what = typed.get("what", "")
    if not what:
        return None
    owner = typed.get("owner", "")
    due_on = day_in(typed, "due", today)  # type: ignore[arg-type]
    return FollowUpAsked(what, due_on, int(owner) if owner.isascii() and owner.isdigit() else None)


def workers() -> list[tuple[int, str]]:
    """People who finish follow-ups, by name."""
    roles = [role for role, verbs in ROLES.items() if "finish_follow_up" in verbs]
    people = User.objects.filter(is_active=True, role__in=roles)
    return sorted(((each.pk, each.name) for each in people), key=lambda pair: pair[1].casefold())
