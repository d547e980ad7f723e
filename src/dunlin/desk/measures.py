"""Measures: how fast the money comes in, against the targets, with the arithmetic behind every figure (F1, F3, P16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from markupsafe import Markup

from dunlin.desk import arithmetic, asking, charts
from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.desk.asking import Asked
from dunlin.desk.doors import Standing
from dunlin.desk.pages import query
from dunlin.reports.figures import HistoryPoint, history, month_end_history
from dunlin.reports.measures import Measures, MeasuresReport, months_before
from dunlin.reports.measures import measures as measures_report
from dunlin.reports.people_figures import PersonFigures
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

HOME = "home"
PERIODS = ((1, "One month"), (3, "Three months"), (6, "Six months"), (12, "Twelve months"))
HISTORY_MONTHS = 24


@require_safe
def measures(request: HttpRequest) -> HttpResponseBase:
    """The measures of the accounts in sight. `in` is the currency looked at, `months` the period, the rest are filters."""
    allow(request, "see_measures")
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = asking.asked(request)
    months = _months(request, asked)
    whole = not request.htmx or request.htmx.boosted or request.htmx.history_restore_request  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"asked": asked, "months": months, "periods": PERIODS, "report": None,
                             "offered": asking.choices(request) if whole else {}}  # fmt: skip
    if asked.problems:
        return show(request, "measures.html", facts, part="results", status=422)
    report = measures_report(door.as_of, door.today, door.policy, only=asked.only, months=months)
    chosen, of = _chosen(request, report)
    points = _history(door, asked, months)
    people = [each for each in report.people if door.may("see_team") or each.user_id == door.who.user_id]
    trend = _to_the_day(points.get(chosen, ()), of, door.as_of, report)
    facts |= {
        "report": report, "of": of, "chosen": chosen, "figures": arithmetic.explained(report, of, door.policy, part=_is_part(asked)),
        "currencies": _rows(report), "tabs": _tabs(request, report, chosen), "sparks": _sparks(trend), "trends": _trends(trend, of, chosen == HOME and not _is_part(asked), door.policy),
        "trend": list(reversed(trend)), "people": people, "people_chart": _people_chart(people, door.policy),
        "plain": arithmetic.plain, "own_only": asked.only.scope is not None, "team": door.may("see_team"),
        "recorded": _is_recorded(asked), "shared": arithmetic.shared(report, of, door.policy),
        "months_words": dict(PERIODS)[months].lower(),
    }  # fmt: skip
    return show(request, "measures.html", facts, part="results")


def _months(request: HttpRequest, asked: Asked) -> int:
    text = request.GET.get("months", "") or "3"
    if text not in {str(months) for months, _ in PERIODS}:
        asked.problems.append(
            f"The period is of {', '.join(str(months) for months, _ in PERIODS)} months, not ‘{text[:20]}’."
        )
        return 3
    return int(text)


def _chosen(request: HttpRequest, report: MeasuresReport) -> tuple[str, Measures]:
    """The currency looked at; one that has no figures is the home currency's total."""
    found = {each.currency: each for each in report.by_currency}
    asked = request.GET.get("in", HOME)
    return (asked, found[asked]) if asked in found else (HOME, report.home)


def _is_part(asked: Asked) -> bool:
    return asked.only.scope is not None or bool(asked.only.given())


def _is_recorded(asked: Asked) -> bool:
    return asked.only.scope is None and asked.only.given().keys() <= {"entity"}


def _history(door: Standing, asked: Asked, months: int) -> dict[str, tuple[HistoryPoint, ...]]:
    """Month-ends of 24 months as recorded; of a part of the book from the postings."""
    first = months_before(door.as_of, HISTORY_MONTHS)
    if not _is_recorded(asked):
        return month_end_history(first, door.as_of, door.policy, asked.only, months)
    return history(first, door.as_of, door.policy, entity=asked.only.entity, every="month", months=months)


def _to_the_day(
    points: Sequence[HistoryPoint], of: Measures, day: date, report: MeasuresReport
) -> tuple[HistoryPoint, ...]:
    """The trend up to the day looked at, whose point is what the cards say: the same figures over the same window."""
    last = HistoryPoint(
        day, of.currency, of.debits, of.unapplied, of.disputed, of.debits - of.past_due, of.late, of.sales, of.collected,
        of.dso, of.bpdso, of.add, report.missing if of is report.home else (),
    )  # fmt: skip
    return (*(point for point in points if point.day < day), last)


def _rows(report: MeasuresReport) -> list[tuple[str, Measures]]:
    rows = [(each.currency, each) for each in report.by_currency]
    return [*rows, (HOME, report.home)] if len(rows) > 1 or report.rates or report.missing else rows


def _tabs(request: HttpRequest, report: MeasuresReport, chosen: str) -> list[tuple[str, str, bool]]:
    rows = sorted(_rows(report), key=lambda row: row[0] != HOME)
    words = {HOME: f"All in {report.home.currency}"}
    return [
        (words.get(name, name), query(request, **{"in": None if name == HOME else name}), name == chosen)
        for name, _ in rows
    ]


def _major(minor: int, currency: str) -> float:
    return float(Money(minor, currency).decimal)


def _sparks(points: Sequence[HistoryPoint]) -> dict[str, Markup]:
    last = points[-13:]
    return {
        name: charts.spark(
            words, [None if getattr(each, name) is None else float(getattr(each, name)) for each in last]
        )
        for name, words in (
            ("dso", "DSO"),
            ("bpdso", "Best possible DSO"),
            ("add", "Average days delinquent"),
            ("late", "Late receivables"),
        )
    }


def _trends(points: Sequence[HistoryPoint], of: Measures, judged: bool, policy: Policy) -> list[Markup]:
    """The charts; `judged` draws the limit of the late amount, which is the company's and in its home currency."""

    def days(name: str) -> list[tuple[Any, float | None]]:
        values = [(each.day, getattr(each, name)) for each in points]
        return [(day, None if value is None else float(value)) for day, value in values]

    def amounts(name: str) -> list[tuple[Any, float | None]]:
        return [(each.day, _major(getattr(each, name), of.currency)) for each in points]

    late_limit = float(policy.target_late_total) if judged else None
    return [
        charts.trend(
            "Days sales outstanding",
            [charts.Series("DSO", days("dso")), charts.Series("Best possible", days("bpdso")), charts.Series("Delinquent", days("add"))],
            target=policy.target_dso_days, unit="days",
        ),
        charts.trend(f"{policy.late_bucket_from}+ days past due", [charts.Series(f"{policy.late_bucket_from}+ days", amounts("late"))],
                     target=late_limit, unit=of.currency),
        charts.trend("Receivables", [charts.Series("Receivables", amounts("receivables")), charts.Series("Past due", amounts("past_due"))],
                     unit=of.currency),
    ]  # fmt: skip


def _people_chart(people: Sequence[PersonFigures], policy: Policy) -> Markup:
    rows = [(each.name, float(each.called_per_day)) for each in people if each.called_per_day is not None]
    return (
        charts.bars("Customers called a day", rows, target=policy.target_calls_per_day, unit="a day worked")
        if rows
        else Markup("")
    )
