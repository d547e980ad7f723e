"""Write the daily figures down: the history that trends are drawn from (F1, P16). Part of the daily run."""

from __future__ import annotations

from dataclasses import astuple, fields
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from dunlin.records import bulk
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import DailyFigure
from dunlin.reports.figures import FigureOfDay, figures_on
from dunlin.rules.policy import Policy

# Nights that were missed are made up for, so far back; older gaps are filled from month-ends on demand.
DAYS_BACK_MAX = 31

_FIELDS = ["entity" if each.name == "entity_id" else each.name for each in fields(FigureOfDay)]


def record_figures(through: date, policy: Policy) -> int:
    """Write the figures of `through`, a complete day, and of the days missed since the last recorded one; how many days.

    A day that is there already is written anew: late postings may have changed it.
    """
    last = DailyFigure.objects.filter(day__lt=through).aggregate(last=Max("day"))["last"]
    first = through if last is None else max(last + timedelta(1), through - timedelta(DAYS_BACK_MAX))
    days = [first + timedelta(n) for n in range((through - first).days + 1)]
    rows = [astuple(row) for row in figures_on(days, policy)]
    with transaction.atomic():
        one_at_a_time("figures")  # two nights at once write the same days
        DailyFigure.objects.filter(day__in=days).delete()
        bulk.insert(DailyFigure, _FIELDS, rows)
    return len(days)
