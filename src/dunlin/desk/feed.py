"""One's open follow-ups and questions to departments in one's own calendar: a link with a secret, and no other session (B7).

Whoever has the link reads what to do and about which account, so it is shown once, can be renewed and ended, and never stands in a log.
"""

from __future__ import annotations

import hmac
import re
from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.change_feed import end_feed, fingerprint, make_feed
from dunlin.actions.doing import Who
from dunlin.desk.access import in_sight
from dunlin.desk.acts import allow
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.limits import Limit, network_of, seconds_to_wait, too_often
from dunlin.desk.me import profile
from dunlin.formats.calendar_feed import Entry, calendar_file
from dunlin.records.clock import now, today
from dunlin.records.models import FollowUp, Request, User
from dunlin.records.policies import current_policy
from dunlin.rules.roles import may

ENTRIES_MAX = 500  # soonest first
# A calendar asks every few minutes at most; those of a whole office, or of a calendar service, come from one address.
BY_ADDRESS = Limit("feed_address", 600, 300)
BY_SECRET = Limit("feed_secret", 30, 300)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whom the secret belongs to; anything else is not found, and says nothing more. Too often is 429, from one
    address whatever was asked for, or with one secret that is good. Five queries."""
    at = now()
    if wait := seconds_to_wait(BY_ADDRESS, network_of(request), at):
        return too_often(wait)
    person = _whose(token)
    if person is None:
        return HttpResponseNotFound("Not found.\n", content_type="text/plain; charset=utf-8")
    if wait := seconds_to_wait(BY_SECRET, fingerprint(token), at):
        return too_often(wait)
    policy = current_policy()
    day = today(policy.ledger_time_zone)
    who = Who(person.pk, person.name, person.role, "feed", day, at)
    door = Standing(who, policy, day, day)
    entries = sorted(
        [*_follow_ups(request, door), *_questions(request, door)], key=lambda each: (each.on, each.uid)
    )
    content = calendar_file(
        f"Dunlin: {person.name}", entries[:ENTRIES_MAX], todos=request.GET.get("as") == "todo"
    )
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="follow-ups.ics"'
    answer["Cache-Control"] = "private, max-age=300"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _whose(token: str) -> User | None:
    """The person of the secret, while they work here and may have a feed. Found by the fingerprint, so that the time of looking
    tells nothing of the secret."""
    if not _TOKEN.fullmatch(token):
        return None
    wanted = fingerprint(token)
    person = User.objects.filter(feed_hash=wanted, is_active=True).first()
    if person is None or not hmac.compare_digest(person.feed_hash or "", wanted):
        return None
    return person if may(person.role, "change_feed") else None


def _follow_ups(request: HttpRequest, door: Standing) -> list[Entry]:
    rows = FollowUp.objects.filter(in_sight(door, "customer"), owner=door.who.user_id, done_at=None)
    return [
        _entry(request, door, f"follow-up-{row.pk}", row.due_on, row.what, row.customer_id, row.customer.name, row.customer.number, row.created_at)
        for row in rows.select_related("customer").order_by("due_on", "pk")[:ENTRIES_MAX]
    ]  # fmt: skip


def _questions(request: HttpRequest, door: Standing) -> list[Entry]:
    rows = Request.objects.filter(in_sight(door, "customer"), owner=door.who.user_id, state="open")
    return [
        _entry(
            request, door, f"request-{row.pk}", row.due_on, f"Answer of {row.department.name}: {row.what}", row.customer_id,
            row.customer.name, row.customer.number, row.asked_at,
        )
        for row in rows.select_related("customer", "department").order_by("due_on", "pk")[:ENTRIES_MAX]
    ]  # fmt: skip


def _entry(
    request: HttpRequest, door: Standing, key: str, due_on: date, what: str, customer_id: int, name: str, number: str, made_at: datetime
) -> Entry:  # fmt: skip
    """What is late stands on today: a calendar does not show last week."""
    late = f" (due {due_on.isoformat()})" if due_on < door.today else ""
    link = request.build_absolute_uri(reverse("account", args=[customer_id]))
    return Entry(
        f"{key}@{settings.MAIL_DOMAIN}", max(due_on, door.today), f"{what} · {name}{late}", f"{name}, {number}\n{link}", link, made_at
    )  # fmt: skip


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Make one's link, or a new one in its place, and show it this once; with `do=end` end it."""
    allow(request, "change_feed")
    who = request.door.who  # type: ignore[attr-defined]
    if request.POST.get("do") == "end":
        end_feed(who)
        return done(request, "The link has ended: no calendar reads your follow-ups any more.", reverse("me"))
    link = request.build_absolute_uri(reverse("feed", args=[make_feed(who)]))
    return show(request, "me.html", profile(request) | {"link": link, "has_feed": True})
