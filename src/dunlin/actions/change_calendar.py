"""Change a business calendar: close a day, open it again, or fill calendars with the holidays of a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.records.calendars import seed_calendars
from dunlin.records.models import BusinessCalendar, CalendarDay
from dunlin.rules.codes import Refused


@dataclass(frozen=True)
class DayClosed:
    """The day as it stands in the calendar."""

    calendar: str
    on: date
    name: str


def close_day(who: Who, code: str, on: date, name: str) -> DayClosed:
    """Mark a day as closed; one that is closed already gets the new name. Refused: calendar_unknown, not_blank."""
    with doing(who, "change_calendar") as act:
        calendar = _calendar(code)
        if not name.strip():
            raise Refused("not_blank", field="the name of the day")
        before = CalendarDay.objects.filter(calendar=calendar, on=on).values("name", "closed").first()
        day, _ = CalendarDay.objects.update_or_create(
            calendar=calendar, on=on, defaults={"name": name.strip()[:120], "closed": True}
        )
        act.tell(
            about=f"calendar:{code}",
            before=before and {"on": on, **before},
            after={"on": on, "name": day.name, "closed": True},
        )
    return DayClosed(code, on, day.name)


def open_day(who: Who, code: str, on: date) -> None:
    """Take a closed day out of the calendar. Refused: calendar_unknown, calendar_day_unknown."""
    with doing(who, "change_calendar") as act:
        day = CalendarDay.objects.filter(calendar=_calendar(code), on=on).first()
        if day is None:
            raise Refused("calendar_day_unknown", calendar=code, on=on.isoformat())
        act.tell(about=f"calendar:{code}", before={"on": on, "name": day.name, "closed": day.closed})
        day.delete()


def fill_calendars(
    who: Who, country: str, subdivision: str, contact_countries: Iterable[str], years: Iterable[int]
) -> dict[str, int]:
    """Make the ledger and bank calendars of a place, those of the customers' countries, and close their public holidays.

    Days people entered stay. The answer is calendar code → days added. Refused: place_without_holidays.
    """
    with doing(who, "change_calendar") as act:
        try:
            added = seed_calendars((country, subdivision or None), contact_countries, years)
        except NotImplementedError:
            place = f"{country}-{subdivision}" if subdivision else country
            raise Refused("place_without_holidays", place=place or "no country") from None
        act.tell(about="calendars", after={"country": country, "years": sorted(set(years)), "added": added})
    return added


def _calendar(code: str) -> BusinessCalendar:
    found = BusinessCalendar.objects.filter(code=code).first()
    if found is None:
        raise Refused("calendar_unknown", calendar=code[:24] or "without a code")
    return found
