"""One's own calendar feed: a link with a secret, made, renewed, ended. Only the fingerprint of the secret is kept (B7, D4)."""

from __future__ import annotations

import hashlib
import secrets

from dunlin.actions.doing import Who, doing
from dunlin.records.models import User
from dunlin.rules.codes import Refused

TOKEN_BYTES = 32


def make_feed(who: Who) -> str:
    """A new secret for one's own link; an earlier one stops working at once. It is answered this once and kept nowhere.

    Refused: not_permitted, needs_a_person.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _change(who, fingerprint(token))
    return token


def end_feed(who: Who) -> None:
    """The link stops working. Refused: not_permitted, needs_a_person."""
    _change(who, None)


def fingerprint(token: str) -> str:
    """What is kept of a secret. It is long and random, so that nothing slower than SHA-256 is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _change(who: Who, kept: str | None) -> None:
    with doing(who, "change_feed") as act:
        if who.user_id is None:
            raise Refused("needs_a_person", what="A calendar feed")
        User.objects.filter(pk=who.user_id).update(feed_hash=kept)
        act.tell(about=f"user:{who.user_id}", after={"feed": "made" if kept else "ended"})
