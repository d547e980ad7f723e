"""One's own profile: who one is here, the theme, and the ways to the password and the second step.

Name, address and role are changed by an administrator: a name stands in the diary, and company sign-in trusts the address.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from dunlin.desk.answers import show
from dunlin.desk.shell import THEME_COOKIE, THEMES
from dunlin.records.models import User
from dunlin.rules.roles import LABELS

_YEAR = 365 * 24 * 3600


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    return show(request, "me.html", profile(request))


def profile(request: HttpRequest) -> dict[str, Any]:
    """What the page shows of the one who looks."""
    person = request.user
    assert isinstance(person, User)
    return {
        "person": person, "second_step": is_mfa_enabled(person), "role": LABELS[person.role], "has_feed": bool(person.feed_hash), "link": "",
    }  # fmt: skip


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in this browser."""
    answer = redirect("me")
    chosen = request.POST.get("theme", "auto")
    answer.set_cookie(THEME_COOKIE, chosen if chosen in THEMES else "auto", max_age=_YEAR, samesite="Lax")
    return answer
