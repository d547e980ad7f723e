"""The call campaign of today: who was called and reached, who gets the e-mail and when, by collector; every count leads to its rows (B3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk.access import in_sight
from dunlin.desk.answers import show
from dunlin.desk.office import seeing
from dunlin.desk.tables import pages_of
from dunlin.records.models import Customer
from dunlin.reports import campaign as report
from dunlin.rules.roles import may

SHOW_WORDS = {
    "listed": "On the list", "called": "Called", "reached": "Reached", "not_reached": "Not reached", "instead": "Written to instead",
    "mail": "E-mail", "beyond": "Called beyond the list",
}  # fmt: skip
MAIL_LOOKS = {
    report.SENT: ("went", "good"), report.GOING: ("on its way", "info"), report.NOW: ("at once", "warn"),
    report.LATER: ("at the close", ""), report.NONE: ("none", ""),
}  # fmt: skip


@require_safe
def campaign(request: HttpRequest) -> HttpResponse:
    """Today; a collector sees their own line and the accounts in sight, who sees the team sees all."""
    seeing(request, "see_processes")
    door = request.door  # type: ignore[attr-defined]
    found = report.campaign(door.today, door.who.now, door.policy)
    team = may(door.who.role, "see_team")
    lines = [line for line in found.lines if team or line.collector == door.who.user_id]
    what = request.GET.get("show", "not_reached")
    what = what if what in report.SHOWS else "not_reached"
    chosen = request.GET.get("collector", "")
    rows = [row for row in found.rows if row.shows(what) and _of(row, chosen)]
    seen = _seen(request, rows)
    shown = [row for row in rows if row.customer_id in seen]
    pages = pages_of(request, len(shown))
    facts = {
        "it": found, "lines": lines, "team": team, "what": what, "chosen": chosen, "words": SHOW_WORDS, "looks": MAIL_LOOKS,
        "rows": shown[pages.offset : pages.offset + pages.size], "pages": pages, "hidden": len(rows) - len(shown),
        "zone": door.policy.ledger_time_zone, "most": door.policy.campaign_max_attempts,
        "names": {line.collector: line.name for line in found.lines},
    }  # fmt: skip
    return show(request, "sending/campaign.html", facts, part="results")


def _of(row: report.Row, chosen: str) -> bool:
    return not chosen or (row.collector is None if chosen == "nobody" else str(row.collector) == chosen)


def _seen(request: HttpRequest, rows: Sequence[report.Row]) -> set[int]:
    """Which of them are in sight."""
    if may(request.door.who.role, "see_all_customers"):  # type: ignore[attr-defined]
        return {row.customer_id for row in rows}
    return set(Customer.objects.filter(in_sight(request.door)).values_list("pk", flat=True))  # type: ignore[attr-defined]
