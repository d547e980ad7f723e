"""Sign in to the customer portal with the link that was sent, once; and sign out (E7)."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from dunlin.actions.change_feed import TOKEN_BYTES, fingerprint
from dunlin.actions.doing import Who, doing
from dunlin.records.models import PortalLink, PortalSession
from dunlin.records.policies import current_policy
from dunlin.reports.portal_people import people_with
from dunlin.rules.codes import Refused

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")  # what TOKEN_BYTES make
_KEPT = timedelta(days=30)


def link_is_good(token: str, now: datetime) -> bool:
    """Whether the link could be used now. Looking does not use it up: mail scanners open every link."""
    if not _SECRET.fullmatch(token):
        return False
    return PortalLink.objects.filter(token_hash=fingerprint(token), used_at=None, expires_at__gt=now).exists()


def use_portal_link(who: Who, token: str) -> str:
    """The secret of a new session, which ends after the hours of the setting. Of two at once one gets it.

    Refused: portal_link_over, also for one whose person is no contact any more.
    """
    if not _SECRET.fullmatch(token):
        raise Refused("portal_link_over")
    with doing(who, "sign_in_to_portal") as act:
        PortalSession.objects.filter(ends_at__lt=who.now - _KEPT).delete()
        row = PortalLink.objects.select_for_update().filter(token_hash=fingerprint(token)).first()
        if row is None or row.used_at is not None or row.expires_at <= who.now:
            raise Refused("portal_link_over")
        people = people_with(row.address)
        if not people:
            raise Refused("portal_link_over")
        row.used_at = who.now
        row.save(update_fields=["used_at"])
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        session = PortalSession.objects.create(
            token_hash=fingerprint(secret), address=row.address, opened_at=who.now,
            ends_at=who.now + timedelta(hours=current_policy().portal_session_hours),
        )  # fmt: skip
        for each in people:
            act.who = replace(who, contact_id=each.pk)
            act.tell(
                about=f"contact:{each.pk}", customer_id=each.customer_id, after={"until": session.ends_at}
            )
    return secret


def session_of(secret: str, now: datetime) -> PortalSession | None:
    """The session of a secret while it lasts. One query."""
    if not _SECRET.fullmatch(secret):
        return None
    return PortalSession.objects.filter(
        token_hash=fingerprint(secret), ended_at=None, ends_at__gt=now
    ).first()


def sign_out_of_portal(who: Who, secret: str) -> None:
    """The session is over at once, in whatever browser its secret is."""
    if _SECRET.fullmatch(secret):
        PortalSession.objects.filter(token_hash=fingerprint(secret), ended_at=None).update(ended_at=who.now)
