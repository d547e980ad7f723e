"""Make and change the people who sign in. Nobody is deleted: the diary names them for ever."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from dunlin.actions.doing import Who, doing
from dunlin.records.models import User
from dunlin.rules.codes import Refused
from dunlin.rules.roles import ROLES


def make_user(who: Who, *, username: str, role: str, password: str, name: str = "", email: str = "") -> User:
    """A new user. Refused: user_exists, role_unknown, password_too_weak."""
    with doing(who, "manage_users") as act:
        _known(role)
        if User.objects.filter(username=username).exists():
            raise Refused("user_exists", user=username)
        first, _, last = name.partition(" ")
        user = User(username=username, role=role, email=email, first_name=first, last_name=last)
        _strong(password, user)
        user.set_password(password)
        user.save()
        act.tell(about=f"user:{user.pk}", after={"username": username, "role": role})
    return user


def change_user(
    who: Who,
    username: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> User:
    """Another role, in or out, a new password; what is None stays. Refused: user_unknown, own_role, and as make_user."""
    with doing(who, "manage_users") as act:
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise Refused("user_unknown", user=username)
        if user.pk == who.user_id and (role not in (None, user.role) or active is False):
            raise Refused("own_role")
        before = {"role": user.role, "active": user.is_active}
        if role is not None:
            _known(role)
            user.role = role
        if active is not None:
            user.is_active = active
        if password is not None:
            _strong(password, user)
            user.set_password(password)
        user.save()
        act.tell(
            about=f"user:{user.pk}",
            before=before,
            after={"role": user.role, "active": user.is_active, "new_password": password is not None},
        )
    return user


def _known(role: str) -> None:
    if role not in ROLES:
        raise Refused("role_unknown", role=role, roles=", ".join(sorted(ROLES)))


def _strong(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise Refused("password_too_weak", why=" ".join(problem.messages)) from None
