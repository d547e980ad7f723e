"""Team: who works what, what each did, where nobody looks after money, and who stands in for whom (B1, B8, P33)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions import set_backup
from dunlin.desk.acts import Unclear, allow
from dunlin.desk.answers import done, show
from dunlin.desk.office import any_day_in, number_in, office_act, seeing
from dunlin.desk.tables import Head
from dunlin.records.models import User
from dunlin.reports import team as report
from dunlin.reports.team_person import person_work
from dunlin.rules.codes import Refused
from dunlin.rules.plain_words import in_words
from dunlin.rules.roles import LABELS, may

SPANS = ((1, "The day"), (7, "7 days"), (30, "30 days"))


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Everyone with a portfolio, over a day, a week or a month that ends on the day looked at."""
    seeing(request, "see_team")
    door = request.door  # type: ignore[attr-defined]
    span, since = _span(request)
    found = report.team(since, door.as_of, door.policy)
    facts = {
        "found": found, "span": span, "spans": SPANS, "heads": _heads(door.policy.home_currency), "labels": LABELS,
        "totals": _totals(found, door.policy.home_currency), "who": {person.user_id: person for person in found.people},
    }  # fmt: skip
    return show(request, "team.html", facts, part="results")


@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: the same figures, day by day, and the last calls with their notes."""
    seeing(request, "see_team")
    door = request.door  # type: ignore[attr-defined]
    span, since = _span(request, 30)
    found = report.team(since, door.as_of, door.policy)
    one = next((each for each in found.people if each.user_id == pk), None)
    if one is None:
        raise Refused("user_unknown", user=pk)
    away = [each for each in found.absences if each.user_id == pk]
    facts = {
        "person": one, "work": person_work(pk, since, door.as_of), "span": span, "spans": SPANS, "away": away,
        "labels": LABELS, "gaps": [gap for gap in found.gaps if gap.collector_id == pk],
    }  # fmt: skip
    return show(request, "team_person.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def add_backup(request: HttpRequest) -> HttpResponse:
    """Name who stands in for whom, from a day through another."""
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        user = number_in(typed, "user", "Who is away?")
        backup = number_in(typed, "backup", "Who stands in?")
        from_on = any_day_in(typed, "from", door.today, door.today)
        through_on = any_day_in(typed, "through", door.today)
        if from_on is None or through_on is None:
            raise Unclear("through", "Through which day? Write one such as fri, 2 weeks or 30/6.")
        set_backup.set_backup(door.who, user, backup, from_on, through_on, typed.get("reason", ""))
        names = dict(people())
        return f"{names.get(backup, 'The backup')} stands in for {names.get(user, 'them')} through {in_words(through_on, door.today)}."

    beside = {
        "user_unknown": "user", "backup_is_absentee": "backup", "user_is_inactive": "backup", "from_after_until": "through",
    }  # fmt: skip
    return office_act(
        request,
        "set_backup",
        "team/backup.html",
        reverse("team"),
        do,
        beside=beside,
        facts=lambda _: {"people": people()},
    )


@require_POST
def end_backup(request: HttpRequest, pk: int) -> HttpResponse:
    allow(request, "set_backup")
    set_backup.end_backup(request.door.who, pk)  # type: ignore[attr-defined]
    return done(
        request, "The absence is taken out; the lists of tomorrow go to their owner again.", reverse("team")
    )


def people() -> list[tuple[int, str]]:
    """Active people who may log calls, by name: those a list can be given to."""
    found = [
        (user.pk, user.name) for user in User.objects.filter(is_active=True) if may(user.role, "log_call")
    ]
    return sorted(found, key=lambda pair: pair[1].casefold())


def _span(request: HttpRequest, otherwise: int = 1) -> tuple[int, Any]:
    text = request.GET.get("days", "")
    span = int(text) if text in {str(days) for days, _ in SPANS} else otherwise
    return span, request.door.as_of - timedelta(days=span - 1)  # type: ignore[attr-defined]


def _heads(home: str) -> list[Head]:
    return [
        Head("Person"), Head("Customers", number=True, hint="Assigned to them; in brackets those with money open"),
        Head("Past due", number=True, unit=home), Head("On the list", number=True, hint="Ranked for the day, own and covered, of what they can call in a day"),
        Head("Called", number=True, hint="Customers with at least one attempt, added up over the days"),
        Head("Reached", number=True), Head("Promises", number=True), Head("Promised", number=True),
        Head("Kept", number=True, hint="Of the promises judged in these days"), Head("Follow-ups late", number=True),
    ]  # fmt: skip


def _totals(found: report.Team, home: str) -> dict[str, Any]:
    names = (
        "customers",
        "with_open",
        "to_call",
        "capacity",
        "called",
        "reached",
        "promises",
        "judged",
        "kept",
        "follow_ups_overdue",
    )
    sums: dict[str, Any] = {name: sum(getattr(person, name) for person in found.people) for name in names}
    sums["past_due"] = sum(person.past_due_home.minor for person in found.people)
    sums["gap_customers"] = sum(gap.customers for gap in found.gaps)
    sums["gap_past_due"] = sum(gap.past_due_home.minor for gap in found.gaps)
    return sums
