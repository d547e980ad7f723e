"""Business calendars as the rules use them: read from their tables, and filled with the holidays of a place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dunlin.formats.holidays_of import public_holidays, us_bank_holidays
from dunlin.records.entities import BusinessCalendar, CalendarDay
from dunlin.rules.calendars import Calendar

LEDGER = "ledger"
BANK = "bank"

_WEEKEND = frozenset({5, 6})


def calendar(code: str) -> Calendar:
    """The calendar of that code (`ledger`, `bank`, `contact:US`). One nobody filled is open Monday to Friday. One query.

    A Saturday or Sunday that is marked open cannot be said with a set of closed days; such a day stays closed.
    """
    closed = CalendarDay.objects.filter(calendar__code=code, closed=True).values_list("on", flat=True)
    return Calendar(code, frozenset(closed), _WEEKEND)


def contact_calendars(first: date, last: date) -> dict[str, Calendar]:
    """Country → its calendar for contacts, with the closed days from `first` through `last`. One query."""
    rows = CalendarDay.objects.filter(
        calendar__code__startswith=contact_code(""), closed=True, on__range=(first, last)
    )
    closed: dict[str, set[date]] = {}
    for code, on in rows.values_list("calendar__code", "on"):
        closed.setdefault(code, set()).add(on)
    prefix = len(contact_code(""))
    return {code[prefix:]: Calendar(code, frozenset(days), _WEEKEND) for code, days in closed.items()}


def contact_code(country: str) -> str:
    """The code of the calendar for customers of a country."""
    return f"contact:{country}"


class Calendars:
    """Calendars of one run or request, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, Calendar] = {}

    def get(self, code: str) -> Calendar:
        found = self._read.get(code)
        if found is None:
            found = self._read[code] = calendar(code)
        return found


def seed_calendars(
    ledger: tuple[str, str | None], contact_countries: Iterable[str] = (), years: Iterable[int] = ()
) -> dict[str, int]:
    """Make the calendars and fill them with holidays of `years`; days people entered stay. Code → days added.

    `ledger` is (country, subdivision or None). The bank calendar is the Federal Reserve's in the US, else the country's.
    NotImplementedError names a country or subdivision whose holidays are not known. Run inside a transaction.
    """
    country, subdivision = ledger
    wanted = [
        (LEDGER, "Ledger", country, subdivision, False),
        (BANK, "Bank", country, None, True),
        *(
            (contact_code(each), f"Contacts in {each}", each, None, False)
            for each in sorted(set(contact_countries))
        ),
    ]
    span = sorted(set(years))
    added = {}
    for code, name, place, part, bank_rule in wanted:
        found = us_bank_holidays(span) if bank_rule and place == "US" else public_holidays(place, part, span)
        kept, _ = BusinessCalendar.objects.get_or_create(
            code=code,
            defaults={"name": name, "country": place, "subdivision": part or "", "bank_rule": bank_rule},
        )
        there = set(CalendarDay.objects.filter(calendar=kept).values_list("on", flat=True))
        rows = [
            CalendarDay(calendar=kept, on=on, name=title[:120])
            for on, title in found.items()
            if on not in there
        ]
        CalendarDay.objects.bulk_create(rows, batch_size=500)
        added[code] = len(rows)
    return added
