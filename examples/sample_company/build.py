"""Build the sample company in an empty, migrated database: `python -m examples.sample_company.build --today 2026-11-25`.

Same seed and day, same company. The story runs through the day before `today`; the night of `today` is then run by the
product itself, so that the lists are decided from the books as they stand.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time as stopwatch
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if __name__ == "__main__":  # as a program it sets Django up before the tables are imported
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dunlin.config.settings")
    import django

    django.setup()

from django.db import transaction
from django.db.models import Count

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.actions.run_process import run_due
from dunlin.records import balance_sums, bulk, models
from dunlin.records.calendars import LEDGER, calendar, seed_calendars
from dunlin.records.policies import current_policy
from dunlin.reports import figures
from dunlin.rules.calendars import add_months
from dunlin.rules.situations import Rate
from examples.sample_company import places, team, writing, writing_acts, writing_bank, writing_mail
from examples.sample_company.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunlin.rules.policy import Policy

Progress = Callable[[str], None]
ZONE = "America/New_York"  # where the company keeps its books


@dataclass(frozen=True)
class SignIn:
    """Who may sign in, with the role in words."""

    username: str
    name: str
    role: str
    password: str


@dataclass(frozen=True)
class Summary:
    """What was built: counts of rows, and everyone's sign-in."""

    today: date
    customers: int
    items: int
    items_by_currency: dict[str, int]
    applications: int
    calls: int
    promises_by_status: dict[str, int]
    disputes: int
    decided_today: int
    to_call_today: int
    seconds: float
    sign_ins: tuple[SignIn, ...]


class NotEmpty(RuntimeError):
    """There are customers in the database already; the sample company never mixes with a real one."""


def build(
    today: date,
    now: datetime,
    seed: int = 7,
    customers: int = 1500,
    months: int = 24,
    progress: Progress = lambda text: None,
) -> Summary:
    """Fill an empty, migrated database. `now` is an aware moment; nothing is recorded after it. Raises NotEmpty.

    `progress` gets one short line now and then.
    """
    started = stopwatch.perf_counter()
    if models.Customer.objects.exists() or models.Item.objects.exists():
        raise NotEmpty("The database holds customers already; the sample company needs an empty one.")
    with transaction.atomic(), _no_garbage():
        story = _tell(today, seed, customers, months, progress)
        progress(f"Writing {len(story.book.items):,} items, {len(story.calls):,} calls")
        _write(story, seed, now)
    progress("Adding up balances")
    policy = current_policy()
    balance_sums.rebuild(today, policy)
    _record_history(story, policy, progress)
    users = dict(models.User.objects.values_list("username", "pk"))
    writing_mail.write_senders(users, now)
    progress("Taking in the bank's file")
    # In the morning before the day is decided, as a bank's file comes.
    writing_bank.write_bank(today, seed, min(now, story.moment(today, 4, 15)))
    progress("Deciding the day")
    night = run_daily(the_clock(today, min(now, story.moment(today, 4, 30))), today)
    progress("Deciding what goes out")
    # Also those of the last business day, so that a demonstration on a holiday has something in its outbox.
    for day in (story.calendar.previous_business_day(today), today):
        run_due(the_clock(day, min(now, story.moment(day, 5))))
    progress("Receiving mail")
    writing_mail.write_mail(users, seed, now)
    return Summary(
        today=today,
        customers=len(story.accounts),
        items=len(story.book.items),
        items_by_currency=dict(sorted(Counter(item.currency for item in story.book.items).items())),
        applications=len(story.book.applications),
        calls=len(story.calls),
        promises_by_status=dict(sorted(Counter(each.status for each in story.promises).items())),
        disputes=len(story.disputes),
        decided_today=night.customers,
        to_call_today=night.calls,
        seconds=round(stopwatch.perf_counter() - started, 1),
        sign_ins=sign_ins(),
    )


def sign_ins() -> tuple[SignIn, ...]:
    """Everyone who may sign in, in the order of the team."""
    return tuple(
        SignIn(person.username, f"{person.first} {person.last}", person.role.replace("_", " "), team.PASSWORD)
        for person in team.PEOPLE
        if person.username not in team.INACTIVE
    )


def portal_contact() -> str:
    """An address that can sign in to the portal: of somebody whose account has the most documents open; "" when there is none."""
    busiest = models.Item.objects.filter(open__gt=0, side=1, customer__language="en").values("customer")
    for row in busiest.annotate(count=Count("pk")).order_by("-count", "customer")[:20]:
        point = models.ContactPoint.objects.filter(
            contact__customer=row["customer"], contact__active=True, contact__cease_contact=False, kind="email", state="ok"
        ).order_by("contact__position", "position", "pk").first()  # fmt: skip
        if point is not None:
            return str(point.value)
    return ""


@contextmanager
def _no_garbage() -> Iterator[None]:
    """The story is one large heap that is all still needed: looking through it for garbage again and again is wasted."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _tell(today: date, seed: int, customers: int, months: int, progress: Progress) -> Story:
    first = add_months(today, -months)
    seed_calendars(("US", None), places.COUNTRIES, range(first.year, today.year + 3))
    story = Story(today, seed, customers, months, calendar(LEDGER), current_policy().ledger_time_zone)
    for month, share in story.tell_it(_Table(seed, story.first_day, today).on):
        progress(f"{month:%B %Y} ({share:.0%})")
    return story


def _write(story: Story, seed: int, now: datetime) -> None:
    users = writing.write_people(story.moment(story.first_day, 8))
    keys = writing.write_frame(story, users, _Table(seed, story.first_day, story.today).rows)
    writing.write_accounts(story, keys)
    writing.write_book(story, keys)
    writing_acts.write_contacts_made(story, keys)
    writing_acts.write_exceptions(story, keys)
    writing_acts.write_decisions(story, keys)
    writing_acts.write_diary(story, keys)
    writing_acts.write_managers_acts(story, keys, now)


class _Table:
    """Weekly rates to US dollars that wander a little around what is usual."""

    def __init__(self, seed: int, first_day: date, today: date) -> None:
        random = Random(seed + 1)
        self.rows: list[tuple[str, str, date, Decimal]] = []
        self._of: dict[str, list[tuple[date, Decimal]]] = {}
        for base, usual in (("EUR", 1.09), ("GBP", 1.28)):
            rate = usual
            for day in _mondays(first_day - timedelta(days=7), today):
                rate += random.gauss(0, 0.006) + (usual - rate) * 0.05
                exact = Decimal(f"{rate:.4f}")
                self.rows.append((base, "USD", day, exact))
                self._of.setdefault(base, []).append((day, exact))

    def on(self, day: date) -> Mapping[str, Rate]:
        """The newest rates on or before a day."""
        newest = {base: max(row for row in rows if row[0] <= day) for base, rows in self._of.items()}
        return {base: Rate.of(rate.normalize(), base, "USD", on) for base, (on, rate) in newest.items()}


def _mondays(first: date, last: date) -> Iterator[date]:
    day = first - timedelta(days=first.weekday())
    while day <= last:
        yield day
        day += timedelta(days=7)


def _record_history(story: Story, policy: Policy, progress: Progress) -> None:
    """The measures of each past day, as the nights would have recorded them."""
    progress("Recording the measures of each day")
    days = [story.first_day + timedelta(days=n) for n in range((story.today - story.first_day).days)]
    fields = [each.name for each in dataclass_fields(figures.FigureOfDay)]
    names = ["entity" if name == "entity_id" else name for name in fields]
    row_of = attrgetter(*fields)
    with transaction.atomic():
        bulk.insert(
            models.DailyFigure, names, (_plain(row_of(each)) for each in figures.figures_on(days, policy))
        )


def _plain(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(str(value) if isinstance(value, Decimal) else value for value in row)


def main() -> None:
    """Build it from the command line and say who may sign in."""
    parser = argparse.ArgumentParser(description="Fill an empty Dunlin database with the sample company.")
    parser.add_argument("--today", type=date.fromisoformat, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--progress", action="store_true")
    asked = parser.parse_args()
    now = datetime.combine(asked.today, time(8), UTC)
    tell: Progress = (
        (lambda text: print(text, file=sys.stderr, flush=True)) if asked.progress else (lambda text: None)
    )
    summary = build(asked.today, now, asked.seed, asked.customers, asked.months, tell)
    print(
        f"{summary.customers:,} customers, {summary.items:,} items, {summary.calls:,} calls in {summary.seconds} s"
    )
    print(
        f"Promises: {summary.promises_by_status}; to call today: {summary.to_call_today} of {summary.decided_today}"
    )
    for each in summary.sign_ins:
        print(f"  {each.username:<12}{each.password:<20}{each.name} ({each.role})")


if __name__ == "__main__":
    main()
