"""Settings of people: who signs in, with which role; a new password is made here and shown once (D4)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.manage_user import change_user, make_user
from dunlin.desk.acts import Unclear, allow, needed, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import seeing
from dunlin.records.models import User
from dunlin.rules.codes import Refused
from dunlin.rules.roles import LABELS, ROLES, VERBS

# Without letters and digits that look alike: a password is read aloud once.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_BESIDE = {"user_exists": "username", "role_unknown": "role", "own_role": "role", "password_too_weak": "form"}


@require_http_methods(["GET", "HEAD", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """Everyone who signs in. A POST adds a person and shows the password once."""
    seeing(request, "see_settings")
    typed, errors, made = typed_in(request), {}, None
    if request.method == "POST":
        allow(request, "manage_users")
        try:
            made = _added(request, typed)
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            errors[_BESIDE.get(refused.code, "form")] = str(refused)
    facts = {
        "people": list(User.objects.order_by("-is_active", "first_name", "last_name", "username")), "labels": LABELS,
        "roles": [(role, LABELS[role]) for role in ROLES], "verbs": VERBS, "can": ROLES, "made": made,
        "typed": {} if made else typed, "errors": errors,
    }  # fmt: skip
    return show(request, "settings_users.html", facts, status=422 if errors else 200)


def _added(request: HttpRequest, typed: Mapping[str, str]) -> tuple[User, str]:
    username = needed(typed, "username", "Which name do they sign in with?")
    if not _fits(username):
        raise Unclear("username", "Use letters, digits and @ . + - _ only, up to 60 of them.")
    email = typed.get("email", "")
    if email and ("@" not in email or len(email) > 254):
        raise Unclear("email", "That is not an e-mail address.")
    password = new_password()
    person = make_user(
        request.door.who, username=username, role=needed(typed, "role", "Choose a role."), password=password,  # type: ignore[attr-defined]
        name=typed.get("name", "")[:200], email=email,
    )  # fmt: skip
    return person, password


def _fits(username: str) -> bool:
    return len(username) <= 60 and all(each.isalnum() or each in "@.+-_" for each in username)


def new_password() -> str:
    """Four groups of five, about 99 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: another role, out or in again, a new password."""
    allow(request, "manage_users")
    who = request.door.who  # type: ignore[attr-defined]
    person = User.objects.filter(pk=pk).first()
    if person is None:
        raise Refused("user_unknown", user=pk)
    typed, errors, password = typed_in(request), {}, ""
    if request.method == "POST":
        try:
            if typed.get("do") == "password":
                password = new_password()
                change_user(who, person.username, password=password)
            elif typed.get("do") in ("leave", "return"):
                change_user(who, person.username, active=typed["do"] == "return")
                words = (
                    "may sign in again"
                    if typed["do"] == "return"
                    else "can no longer sign in; their name stays in the diary"
                )
                return done(request, f"{person.name} {words}.", reverse("users"))
            else:
                change_user(who, person.username, role=typed.get("role", ""))
                return done(request, f"{person.name} is now {LABELS[typed['role']]}.", reverse("users"))
        except Refused as refused:
            password = ""
            errors[_BESIDE.get(refused.code, "form")] = str(refused)
    facts = {
        "person": person, "roles": [(role, LABELS[role]) for role in ROLES], "labels": LABELS, "typed": typed, "errors": errors,
        "password": password, "verbs": VERBS, "can": ROLES, "own": person.pk == who.user_id,
    }  # fmt: skip
    return show(request, "settings_user.html", facts, status=422 if errors else 200)
