"""The staff door: who asks, what day it is, and which day they look at. Every view reads these from `request.door`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from dunlin.actions.doing import Who
from dunlin.records.clock import now, today
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.roles import may

# The feed of a calendar asks for its own secret (desk/feed.py); the portal has a door of its own (portal/doors.py).
_OPEN_TO_ALL = ("/sign-in/", "/static/", "/healthz", "/follow-ups/feed/", "/portal/", "/provider/")


@dataclass(frozen=True)
class Standing:
    """One request's standing: `today` in the ledger's zone, `as_of` the day looked at (today unless asked otherwise)."""

    who: Who
    policy: Policy
    today: date
    as_of: date

    @property
    def in_past(self) -> bool:
        return self.as_of != self.today

    def may(self, verb: str) -> bool:
        """May this person do `verb` now? Never while a past day is shown."""
        return may(self.who.role, verb) and not (self.in_past and not verb.startswith("see_"))


class Door:
    """Asks everyone to sign in, puts the standing on the request, and turns a refusal into its sentence."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_OPEN_TO_ALL) or request.path == "/portal":
            return self.answer(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        policy = current_policy()
        day = today(policy.ledger_time_zone)
        as_of = _as_of(request, day)
        who = Who(
            user_id=request.user.pk,
            name=request.user.name,
            role=request.user.role,
            door="desk",
            today=day,
            now=now(),
            request_id=request.id,  # type: ignore[attr-defined]
        )
        request.door = Standing(who, policy, day, as_of)  # type: ignore[attr-defined]
        if request.door.in_past and request.method not in ("GET", "HEAD"):  # type: ignore[attr-defined]
            return _refusal(request, Refused("past_is_read_only", as_of=as_of.isoformat()))
        return self.answer(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, Refused):
            return _refusal(request, problem)
        return None


def _as_of(request: HttpRequest, day: date) -> date:
    text = request.GET.get("as_of", "")
    try:
        return min(date.fromisoformat(text), day) if text else day
    except ValueError:
        return day


def _refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The sentence where it was asked: JSON for a machine, a message on the page one came from, else a page of its own."""
    status = 403 if refused.code == "not_permitted" else 404 if refused.code.endswith("_unknown") else 422
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": refused.code, "message": str(refused)}, status=status)
    if request.method == "POST" and not request.htmx and status == 422:  # type: ignore[attr-defined]
        messages.error(request, str(refused))
        return redirect(request.headers.get("Referer") or "/")
    return render(request, "refused.html", {"refused": refused, "status": status}, status=status)
