"""What an auditor asks for: the diary of every act, and the proof of the books on demand (D4, H5)."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.desk.office import seeing
from dunlin.records.models import Item, User
from dunlin.reports import diary as report
from dunlin.reports.verify import verify
from dunlin.rules.roles import LABELS

_DAYS = 7  # shown unless others are asked for
_DAYS_MOST = 366


@require_safe
def diary(request: HttpRequest) -> HttpResponse:
    """Acts of some days, newest first, by person, verb and customer."""
    seeing(request, "see_diary")
    door = request.door  # type: ignore[attr-defined]
    zone = door.policy.ledger_time_zone
    last = _day(request, "through", door.as_of)
    first = max(_day(request, "from", last - timedelta(_DAYS - 1)), last - timedelta(_DAYS_MOST))
    by = request.GET.get("by", "")
    by = by if by == report.NOBODY or (by.isascii() and by.isdigit() and len(by) < 12) else ""
    before = request.GET.get("before", "")
    verb, customer = request.GET.get("verb", "")[:32], request.GET.get("customer", "").strip()[:40]
    lines, older = report.diary(
        first, last, zone, by=by, verb=verb, customer=customer,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
    )  # fmt: skip
    people = sorted((person.name, person.pk) for person in User.objects.all())
    facts = {
        "lines": lines, "older": older, "first": first, "last": last, "by": by, "verb": verb, "customer": customer,
        "people": [(pk, name) for name, pk in people] + [(report.NOBODY, "The clock")], "labels": LABELS,
        "verbs": [(each, each.replace("_", " ").capitalize()) for each in report.verbs(first, last, zone)], "zone": zone,
    }  # fmt: skip
    return show(request, "settings_diary.html", facts, part="results")


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return otherwise


@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest) -> HttpResponse:
    """A POST recomputes every invariant and names the first row that breaks one; it writes nothing."""
    seeing(request, "verify_books")
    door = request.door  # type: ignore[attr-defined]
    found = None
    if request.method == "POST":
        allow(request, "verify_books")
        found = verify(door.today, door.policy)
    return show(request, "settings_proof.html", {"found": found, "items": Item.objects.count()})
