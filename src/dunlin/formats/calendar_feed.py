"""Things to do by a day as an iCalendar file (RFC 5545) that calendars subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event, Todo

REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One thing to do: `uid` is the same in every reading, `on` the day it stands on, `made_at` when it was planned."""

    uid: str
    on: date
    summary: str
    description: str
    link: str
    made_at: datetime


def calendar_file(name: str, entries: Iterable[Entry], *, todos: bool = False) -> bytes:
    """The calendar. Each entry is an event of the whole day that blocks no time; with `todos` a task with its due day."""
    made = Calendar()
    made.add("prodid", "-//Dunlin//Follow-ups//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for each in entries:
        part = Todo() if todos else Event()
        part.add("uid", each.uid)
        part.add("dtstamp", each.made_at)
        part.add("summary", each.summary)
        part.add("description", each.description)
        part.add("url", each.link)
        if todos:
            part.add("due", each.on)
            part.add("status", "NEEDS-ACTION")
        else:
            part.add("dtstart", each.on)
            part.add("dtend", each.on + timedelta(1))
            part.add("transp", "TRANSPARENT")
        made.add_component(part)
    content: bytes = made.to_ical()
    return content
