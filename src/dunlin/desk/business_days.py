"""Settings of days and money: business calendars, locked periods, exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.change_calendar import close_day, fill_calendars, open_day
from dunlin.actions.lock_period import lock_period, unlock_period
from dunlin.actions.record_rate import record_rate
from dunlin.desk.acts import Unclear, address, needed
from dunlin.desk.answers import show
from dunlin.desk.office import any_day_in, number_in, office_act, seeing
from dunlin.desk.tables import pages_of
from dunlin.records.models import BusinessCalendar, CalendarDay, Customer, Entity, ExchangeRate, Period
from dunlin.rules.plain_words import in_words

_RATES = 50


@require_http_methods(["GET", "HEAD", "POST"])
def calendars(request: HttpRequest) -> HttpResponse:
    """The closed days of one calendar and year. A POST closes a day, opens one, or fills the calendars of a place."""
    seeing(request, "see_settings")
    door = request.door  # type: ignore[attr-defined]
    text = request.GET.get("year", "")
    year = int(text) if text.isdecimal() and 1900 < int(text[:6]) < 2200 else door.as_of.year
    found = list(BusinessCalendar.objects.all())
    chosen = next(
        (each for each in found if each.code == request.GET.get("calendar")), found[0] if found else None
    )
    code = chosen.code if chosen else ""

    def do(typed: Mapping[str, str]) -> str:
        if typed.get("do") == "fill":
            return _filled(door.who, typed)
        on = any_day_in(typed, "on", door.today)
        if on is None:
            raise Unclear("on", "Which day? Write it as 2026-12-24.")
        if typed.get("do") == "open":
            open_day(door.who, code, on)
            return f"{in_words(on, door.today)} is a business day of {code} again."
        close_day(door.who, code, on, typed.get("name", ""))
        return f"{in_words(on, door.today)} is closed in {code}. Due dates and steps that are worked out from now on pass over it."

    def facts(typed: Mapping[str, str]) -> Mapping[str, Any]:
        days = CalendarDay.objects.filter(calendar=chosen, on__year=year) if chosen else ()
        return {
            "calendars": found,
            "calendar": chosen,
            "year": year,
            "days": list(days),
            "years": _years(year),
        }

    if request.method != "POST":
        return show(request, "settings_calendars.html", {"typed": {}, "errors": {}, **facts({})})
    to = address("calendars", calendar=code, year=year)
    beside = {"not_blank": "name", "place_without_holidays": "country"}
    return office_act(
        request, "change_calendar", "settings_calendars.html", to, do, beside=beside, facts=facts
    )


def _years(year: int) -> list[int]:
    return [year - 1, year, year + 1, year + 2]


def _filled(who: Any, typed: Mapping[str, str]) -> str:
    country = needed(typed, "country", "Which country keeps the ledger? Write its code, such as US.").upper()
    years = typed.get("years", "").replace(",", " ").split()
    if (
        not years
        or not all(text.isdecimal() and 1990 < int(text[:6]) < 2100 for text in years)
        or len(years) > 10
    ):
        raise Unclear("years", "Which years? Write up to ten, such as 2026, 2027.")
    abroad = set(Customer.objects.exclude(country="").order_by().values_list("country", flat=True).distinct())
    known = {code for code in abroad if len(code) == 2 and code.isalpha() and code.isupper()}
    added = fill_calendars(who, country, typed.get("subdivision", "").upper(), known, map(int, years))
    return f"{sum(added.values()):,} closed days were added to {len(added)} calendars."


@require_http_methods(["GET", "HEAD", "POST"])
def periods(request: HttpRequest) -> HttpResponse:
    """Which days of whose books are locked. A POST locks or unlocks a stretch."""
    seeing(request, "see_settings")
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        if typed.get("do") == "unlock":
            row = (
                Period.objects.select_related("entity")
                .filter(pk=number_in(typed, "period", "Which period?"))
                .first()
            )
            if row is None:
                raise Unclear("form", "That period is gone.")
            unlock_period(door.who, row.entity_id, row.starts_on, row.ends_on, reason=typed.get("reason", ""))
            return f"{row.entity.code} {row.starts_on} to {row.ends_on} is open again. Its figures can change now."
        entity = Entity.objects.filter(pk=number_in(typed, "entity", "Whose books?")).first()
        if entity is None:
            raise Unclear("entity", "Whose books?")
        starts, ends = _span(typed, door.today)
        lock_period(door.who, entity.pk, starts, ends, cause=typed.get("reason", ""))
        return f"{entity.code} {starts} to {ends} is locked: nothing is posted into it."

    def facts(typed: Mapping[str, str]) -> Mapping[str, Any]:
        rows = Period.objects.select_related("entity", "locked_by").order_by("-starts_on", "entity__code")
        return {
            "rows": list(rows[:200]), "entities": [(each.pk, f"{each.code} · {each.name}") for each in Entity.objects.all()],
        }  # fmt: skip

    if request.method != "POST":
        return show(request, "settings_periods.html", {"typed": {}, "errors": {}, **facts({})})
    verb = "unlock_period" if request.POST.get("do") == "unlock" else "lock_period"
    beside = {"period_overlaps": "starts", "period_locked_already": "starts", "reason_missing": "unlock"}
    return office_act(
        request, verb, "settings_periods.html", reverse("periods"), do, beside=beside, facts=facts
    )


def _span(typed: Mapping[str, str], today: date) -> tuple[date, date]:
    starts, ends = any_day_in(typed, "starts", today), any_day_in(typed, "ends", today)
    if starts is None:
        raise Unclear("starts", "From which day? Write it as 2026-10-01.")
    if ends is None:
        raise Unclear("ends", "Through which day? Write it as 2026-10-31.")
    if ends < starts:
        raise Unclear("ends", "It ends before it starts.")
    return starts, ends


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """Exchange rates, newest first. A POST records one; a day that has one gets the new figure."""
    seeing(request, "see_settings")
    door = request.door  # type: ignore[attr-defined]
    home = door.policy.home_currency

    def do(typed: Mapping[str, str]) -> str:
        on = any_day_in(typed, "on", door.today, door.today)
        did = record_rate(
            door.who, typed.get("base", "").upper(), (typed.get("quote") or home).upper(), on or door.today,
            typed.get("rate", "").replace(" ", ""), typed.get("source", ""),
        )  # fmt: skip
        instead = f" It was {did.before.normalize():f} before." if did.before is not None else ""
        return f"1 {did.base} = {did.rate.normalize():f} {did.quote} from {in_words(did.on, door.today)}.{instead}"

    def facts(typed: Mapping[str, str]) -> Mapping[str, Any]:
        base = request.GET.get("currency", "")
        found = ExchangeRate.objects.order_by("-on", "base", "quote")
        found = found.filter(base=base) if base else found
        pages = pages_of(request, found.count(), _RATES)
        bases = ExchangeRate.objects.order_by("base").values_list("base", flat=True).distinct()
        return {
            "rows": list(found[pages.offset : pages.offset + pages.size]), "pages": pages, "home": home, "base": base,
            "bases": [(each, each) for each in bases],
        }  # fmt: skip

    if request.method != "POST":
        return show(request, "settings_rates.html", {"typed": {}, "errors": {}, **facts({})}, part="results")
    beside = {"rate_not_usable": "rate"}
    return office_act(
        request, "record_rate", "settings_rates.html", reverse("rates"), do, beside=beside, facts=facts
    )
