"""The Jinja environment of the staff pages: how amounts, dates and addresses are written, once for all pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from dunlin import __version__
from dunlin.desk.shell import equip, theme, toasts
from dunlin.desk.tables import next_sort
from dunlin.rules.calendars import Calendar
from dunlin.rules.money import TRUE_MINUS, Money

NOTHING = "–"


def environment(**options: Any) -> Environment:
    """Autoescape on; an unknown name is an error, not an empty place."""
    options["undefined"] = StrictUndefined
    options["autoescape"] = True
    options["trim_blocks"] = options["lstrip_blocks"] = True
    env = Environment(**options)  # noqa: S701  autoescape is set above
    env.globals.update(static=static, url=reverse, version=__version__, query=query, next_sort=next_sort)
    env.filters.update(money=money, amount=amount, day=day, moment=moment, iso=iso, whole=whole, words=words)
    env.filters.update(zone_words=zone_words, workday=workday, pairs=pairs)
    equip(env)
    return env


def context(request: HttpRequest) -> dict[str, Any]:
    """What every page has: the request, the standing, the token of its forms, messages."""
    door = getattr(request, "door", None)
    token = get_token(request)
    return {
        "request": request,
        "door": door,
        "csrf_token": token,
        "csrf": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(token),
        "toasts": toasts(request),
        "theme": theme(request),
        "htmx": bool(getattr(request, "htmx", False)),
    }


def money(minor: int | None, currency: str) -> str:
    """18,200.00 USD; a dash when there is none."""
    return NOTHING if minor is None else str(Money(int(minor), currency))


def amount(minor: int | None, currency: str) -> str:
    """18,200.00 for a column whose head states the currency; nothing of it is a plain 0."""
    if minor is None:
        return NOTHING
    return str(Money(int(minor), currency)).rsplit(" ", 1)[0] if minor else "0"


def whole(number: int | None) -> str:
    """1,234, negative with a true minus."""
    return NOTHING if number is None else f"{number:,}".replace("-", TRUE_MINUS)


def day(value: date | None, today: date | None = None) -> str:
    """Tue 12 May, with the year when it is not that of `today`."""
    if value is None:
        return NOTHING
    text = f"{value:%a} {value.day} {value:%b}"
    return text if today is not None and value.year == today.year else f"{text} {value.year}"


def moment(value: datetime | None, zone: str = "UTC", today: date | None = None) -> str:
    """Tue 12 May 2026 14:05 in `zone`, the year as with a day."""
    if value is None:
        return NOTHING
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), today)} {local:%H:%M}"


def workday(value: date | None, calendar: Calendar) -> date | None:
    """The day itself, or the first on which somebody works after it."""
    return value if value is None or calendar.is_business_day(value) else calendar.next_business_day(value)


def pairs(found: Iterable[Any]) -> list[tuple[str, str]]:
    """Things with a key and a name, as a select takes them."""
    return [(each.key, each.name) for each in found]


def zone_words(zone: str) -> str:
    """in UTC; of New York."""
    return "in UTC" if zone in ("UTC", "Etc/UTC") else f"of {zone.rsplit('/', 1)[-1].replace('_', ' ')}"


def iso(value: date | datetime | None) -> str:
    return value.isoformat() if value else ""


def words(code: str) -> str:
    """A stored code as words: partially_kept → partially kept."""
    return code.replace("_", " ")


def query(request: HttpRequest, **changes: Any) -> str:
    """The page's own query with `changes`; a value of None takes the name away."""
    values = {name: request.GET.getlist(name) for name in request.GET}
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = [value]
    return "?" + urlencode(values, doseq=True)
