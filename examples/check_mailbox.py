"""An independent checker: the mails a server kept, held against the books by plain SQL. It shares no code with the rules.

Of every mail that asks for something: nothing in it was paid, disputed, promised, planned, blocked or asked before at its level at the
moment it was sent, and the amount was the open one; no mail outside the hours and caps of conduct; every customer with something past
due on a business day has a line that says why it was, or was not, written to.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

ASKING = ("notice", "finals", "mrr", "not_reached")
OPENS, CLOSES = 8, 18  # hours of automatic e-mail there, as shipped
A_DAY, IN_SEVEN_DAYS = 1, 3
# Where a customer without a zone of its own is; a country of several zones is left out and counted.
ZONES = {
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "NL": "Europe/Amsterdam",
}


@dataclass
class Found:
    """What was read and what is wrong. `violations` are (what, sentence)."""

    mails: Counter[str] = field(default_factory=Counter)
    items: int = 0
    customer_days: int = 0
    without_zone: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[str, str]] = field(default_factory=list)

    def wrong(self, what: str, sentence: str) -> None:
        self.violations.append((what, sentence))


@dataclass(frozen=True)
class Mail:
    """A mail as the server kept it."""

    message: int
    at: datetime
    to: tuple[str, ...]
    text: str
    raw_id: str


class Books:
    """The tables as they are at the end, each row with its moments."""

    def __init__(self) -> None:
        self.items = {
            pk: (customer, amount, due, number, currency)
            for pk, customer, amount, due, number, currency in rows(
                "SELECT id, customer_id, amount, due_on, number, currency FROM records_item WHERE side = 1"
            )
        }
        self.used: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self.money: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        for debit, kind, amount, at in rows(
            "SELECT a.debit_id, c.kind, a.amount, a.recorded_at FROM records_application a JOIN records_item c ON c.id = a.credit_id"
        ):
            self.used[debit].append((moment(at), amount))
            if kind in ("payment", "deposit"):
                self.money[debit].append((moment(at), amount))
        self.credits: dict[tuple[int, str], list[tuple[datetime, int]]] = defaultdict(list)
        self.disputes: dict[int, list[tuple[datetime, datetime | None, int]]] = defaultdict(list)
        for item, amount, at, over in rows(
            "SELECT item_id, amount, recorded_at, resolved_at FROM records_dispute"
        ):
            self.disputes[item].append((moment(at), moment(over) if over else None, amount))
        self.due_then: dict[int, list[tuple[datetime, date]]] = defaultdict(list)
        for item, old, at in rows(
            "SELECT item_id, old_due_on, recorded_at FROM records_duedatechange ORDER BY id"
        ):
            self.due_then[item].append((moment(at), day(old)))
        self.promises = self._promises()
        self.blocks = [
            (
                customer,
                item,
                kind,
                day(start),
                day(until) if until else None,
                moment(lifted) if lifted else None,
                moment(made),
            )
            for customer, item, kind, start, until, lifted, made in rows(
                "SELECT customer_id, item_id, kind, from_on, until_on, lifted_at, recorded_at FROM records_block"
            )
        ]
        self.by_number: dict[int, dict[str, int]] = defaultdict(dict)
        for pk, (customer, _, _, number, _) in self.items.items():
            if number:
                self.by_number[customer][number] = pk

    def _promises(self) -> list[dict[str, Any]]:
        items: dict[int, dict[int, int]] = defaultdict(dict)
        for promise, item, then in rows("SELECT promise_id, item_id, open_then FROM records_promiseitem"):
            items[promise][item] = then
        judged: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for promise, status, at in rows(
            "SELECT promise_id, status, recorded_at FROM records_promisejudgement ORDER BY id"
        ):
            judged[promise].append((moment(at), status))
        made = {}
        for pk, customer, amount, due, at, replaced in rows(
            "SELECT id, customer_id, amount, due_on, recorded_at, replaced_by_id FROM records_promise"
        ):
            made[pk] = {"customer": customer, "amount": amount, "due": day(due), "at": moment(at), "items": items[pk], "judged": judged[pk], "replaced": replaced}  # fmt: skip
        for each in made.values():
            each["over"] = made[each["replaced"]]["at"] if each["replaced"] else None
        return list(made.values())

    def open(self, item: int, at: datetime) -> int:
        return self.items[item][1] - sum(amount for when, amount in self.used[item] if when <= at)

    def due(self, item: int, at: datetime) -> date:
        """The due date as it stood then."""
        for when, old in self.due_then[item]:
            if when > at:
                return old
        return day(self.items[item][2])

    def disputed(self, item: int, at: datetime) -> int:
        return sum(
            amount
            for start, over, amount in self.disputes[item]
            if start <= at and (over is None or over > at)
        )

    def promised(self, item: int, at: datetime, on: date) -> bool:
        """Whether a promise covers all of the item then: one without an amount, or of all that was open on its items."""
        for each in self.promises:
            if item not in each["items"] or each["at"] > at or each["due"] < on:
                continue
            if each["over"] is not None and each["over"] <= at:
                continue
            statuses = [status for when, status in each["judged"] if when <= at]
            if statuses and statuses[-1] != "open":
                continue
            if each["amount"] is not None:
                if each["amount"] < sum(each["items"].values()):
                    continue
                paid = sum(
                    a for other in each["items"] for when, a in self.money[other] if each["at"] < when <= at
                )
                if paid >= each["amount"]:
                    continue
            return True
        return False

    def blocked(self, customer: int, item: int | None, at: datetime, on: date) -> str:
        for whose, what, kind, start, until, lifted, made in self.blocks:
            if whose != customer or (what is not None and what != item) or kind == "do_not_call":
                continue
            if (
                start <= on
                and (until is None or until >= on)
                and (lifted is None or lifted > at)
                and made <= at
            ):
                return kind
        return ""


def check(folder: Path, first: date, last: date, zone: str) -> Found:
    """Read everything and say what is wrong."""
    found = Found()
    books = Books()
    messages = {
        pk: (purpose, customer, level, contact, facts)
        for pk, purpose, customer, level, contact, facts in rows(
            "SELECT id, purpose, customer_id, level, contact_id, facts FROM records_message"
        )
    }
    mails = sorted(_mails(folder), key=lambda mail: mail.at)
    _each_once(mails, found)
    asked: dict[tuple[int, int], int] = {}
    levels = {
        (message, item): level
        for message, item, level in rows(
            "SELECT message_id, item_id, level FROM records_messageitem WHERE left_out = ''"
        )
    }
    bounced = {pk for (pk,) in rows("SELECT id FROM records_message WHERE state = 'bounced'")}
    for mail in mails:
        purpose, customer, _, _, _ = messages[mail.message]
        found.mails[purpose] += 1
        if purpose in ASKING:
            _asks_only_what_stands(mail, customer, purpose, books, zone, found)
            _not_twice_at_a_level(mail, purpose, books, customer, levels, asked, bounced, found)
    _conduct(mails, messages, found)
    _explained(books, first, last, zone, found)
    return found


def report(found: Found) -> str:
    """The result in lines."""
    lines = [
        f"{sum(found.mails.values()):,} mails: "
        + ", ".join(f"{count:,} {what}" for what, count in found.mails.most_common())
    ]
    lines.append(
        f"{found.items:,} items named in them, each held against the books at the moment its mail went"
    )
    lines.append(
        f"{found.customer_days:,} customer-days with something past due, each with a line: "
        + ", ".join(f"{count:,} {code}" for code, count in found.explained.most_common(12))
    )
    if found.without_zone:
        lines.append(f"{found.without_zone:,} mails to places whose hours this checker does not know")
    kinds = Counter(what for what, _ in found.violations)
    lines.append(
        f"violations: {len(found.violations)}"
        + ("" if not kinds else " (" + ", ".join(f"{n} {what}" for what, n in kinds.items()) + ")")
    )
    lines += [f"  {what}: {sentence}" for what, sentence in found.violations[:25]]
    return "\n".join(lines)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def moment(value: Any) -> datetime:
    """Both engines' way of keeping moments."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def day(value: Any) -> date:
    return (
        value
        if isinstance(value, date) and not isinstance(value, datetime)
        else date.fromisoformat(str(value)[:10])
    )


def _mails(folder: Path) -> Iterator[Mail]:
    for file in sorted(folder.glob("*.eml")):
        head, _, content = file.read_bytes().partition(b"\n")
        parsed = message_from_bytes(content, policy=policy.default)
        number = parsed["X-Dunlin-Message"]
        if number is None:
            continue
        body = parsed.get_body(("plain",))
        yield Mail(
            int(number), parsedate_to_datetime(str(parsed["Date"])).astimezone(UTC), tuple(head.decode().split(",")),
            body.get_content() if body else "", str(parsed["Message-ID"]),
        )  # fmt: skip


def _each_once(mails: list[Mail], found: Found) -> None:
    for what, seen in (
        ("message", Counter(mail.message for mail in mails)),
        ("Message-ID", Counter(mail.raw_id for mail in mails)),
    ):
        for key, count in seen.items():
            if count > 1:
                found.wrong("sent twice", f"{what} {key} lies {count} times in the server")


def _numbers_in(text: str, known: dict[str, int]) -> set[int]:
    """Items whose number stands in the text, as a word of its own."""
    return {
        item
        for number, item in known.items()
        if number in text and re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text)
    }


def _asks_only_what_stands(
    mail: Mail, customer: int, purpose: str, books: Books, zone: str, found: Found
) -> None:
    on = mail.at.astimezone(ZoneInfo(zone)).date()
    named = _numbers_in(mail.text, books.by_number[customer])
    digits = re.sub(r"[^\d]", "", re.sub(r"(?<=\d)[.,'’\s\u00a0\u202f]+(?=\d)", "", mail.text))
    if not named:
        found.wrong("names nothing", f"mail {mail.message} ({purpose}) names no document of its customer")
    kind = books.blocked(customer, None, mail.at, on)
    if kind:
        found.wrong("blocked", f"mail {mail.message} went while the customer was {kind}")
    for item in named:
        found.items += 1
        number = books.items[item][3]
        open_ = books.open(item, mail.at)
        disputed = books.disputed(item, mail.at)
        if open_ <= 0:
            found.wrong("paid", f"mail {mail.message} asks for {number}, which was paid")
        elif disputed >= open_:
            found.wrong("disputed", f"mail {mail.message} asks for {number}, all of which is in dispute")
        elif books.promised(item, mail.at, on):
            found.wrong("promised", f"mail {mail.message} asks for {number}, which is promised")
        elif kind := books.blocked(customer, item, mail.at, on):
            found.wrong("planned", f"mail {mail.message} asks for {number}, which is {kind}")
        elif str(open_) not in digits:
            found.wrong("amount", f"mail {mail.message} does not name the open amount {open_} of {number}")
        elif purpose != "finals" and books.due(item, mail.at) >= on and not _courtesy(mail.message):
            found.wrong("not due", f"mail {mail.message} asks for {number}, which is not past due")


def _courtesy(message: int) -> bool:
    (level,) = rows(f"SELECT level FROM records_message WHERE id = {int(message)}")[0]
    return level == 0


def _not_twice_at_a_level(
    mail: Mail, purpose: str, books: Books, customer: int, levels: dict[tuple[int, int], int | None],
    asked: dict[tuple[int, int], int], bounced: set[int], found: Found,
) -> None:  # fmt: skip
    if purpose != "notice" or mail.message in bounced:
        return
    for item in _numbers_in(mail.text, books.by_number[customer]):
        if (mail.message, item) not in levels:
            found.wrong(
                "unknown line",
                f"mail {mail.message} names {books.items[item][3]}, which the message does not know",
            )
            continue
        level = levels[mail.message, item]
        if level is None:
            continue
        before = asked.get((item, level))
        if before is not None:
            found.wrong(
                "sent before",
                f"mail {mail.message} gives {books.items[item][3]} level {level}, as mail {before} did",
            )
        if any(given > level for (other, given) in asked if other == item):
            found.wrong("ladder", f"mail {mail.message} takes {books.items[item][3]} back to level {level}")
        asked[item, level] = mail.message


def _conduct(mails: list[Mail], messages: dict[int, tuple[Any, ...]], found: Found) -> None:
    """Hours there, one a day, three in seven days; nothing to an address that had failed."""
    places = {
        pk: (zone, country)
        for pk, zone, country in rows("SELECT id, time_zone, country FROM records_customer")
    }
    contacts = dict(rows("SELECT id, time_zone FROM records_contact"))
    holidays: dict[str, set[date]] = defaultdict(set)
    for code, on in rows(
        'SELECT c.code, d."on" FROM records_calendarday d JOIN records_businesscalendar c ON c.id = d.calendar_id WHERE d.closed'
    ):
        holidays[code].add(day(on))
    counted: dict[int, list[date]] = defaultdict(list)
    for mail in mails:
        purpose, customer, _, contact, _ = messages[mail.message]
        if purpose not in (*ASKING, "statement", "suspension") or customer is None:
            continue
        zone, country = places[customer]
        zone = (contacts.get(contact) or "") or zone or ZONES.get(country, "")
        if not zone:
            found.without_zone += 1
            continue
        local = mail.at.astimezone(ZoneInfo(zone))
        if not OPENS <= local.hour < CLOSES:
            found.wrong("hours", f"mail {mail.message} went at {local:%H:%M} there")
        if local.weekday() > 4 or local.date() in holidays[f"contact:{country}"]:
            found.wrong("closed day", f"mail {mail.message} went on {local:%A %d %B}")
        if purpose == "statement":
            continue
        days = counted[customer]
        days.append(local.date())
        if days.count(local.date()) > A_DAY:
            found.wrong(
                "per day",
                f"customer {customer} had {days.count(local.date())} automatic mails on {local.date()}",
            )
        week = sum(local.date() - timedelta(6) <= each <= local.date() for each in days)
        if week > IN_SEVEN_DAYS:
            found.wrong(
                "per 7 days",
                f"customer {customer} had {week} automatic mails within 7 days up to {local.date()}",
            )


def _explained(books: Books, first: date, last: date, zone: str, found: Found) -> None:
    """Each business day, each customer with anything past due in the morning has a line of that day's past-due contacts."""
    closed = {
        day(on)
        for (on,) in rows(
            'SELECT d."on" FROM records_calendarday d JOIN records_businesscalendar c ON c.id = d.calendar_id '
            "WHERE c.code = 'ledger' AND d.closed"
        )
    }
    lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    started: dict[str, datetime] = {}
    for period, customer, code, at in rows(
        "SELECT r.period, l.customer_id, l.code, r.started_at FROM records_processline l JOIN records_processrun r ON r.id = l.run_id "
        "WHERE r.process = 'past_due'"
    ):
        lines[period][customer].add(code)
        started[period] = moment(at)
    posted = dict(rows("SELECT id, recorded_at FROM records_item WHERE side = 1"))
    on = first
    while on <= last:
        if on.weekday() < 5 and on not in closed:
            at = datetime(on.year, on.month, on.day, 4, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            late = {
                customer
                for pk, (customer, *_) in books.items.items()
                if moment(posted[pk]) <= at and books.open(pk, at) > 0 and books.due(pk, at) < on
            }
            for customer in late:
                found.customer_days += 1
                codes = lines[on.isoformat()].get(customer)
                if not codes:
                    found.wrong(
                        "unexplained",
                        f"customer {customer} was past due on {on} and no line says what was done",
                    )
                else:
                    found.explained.update(codes)
        on += timedelta(1)


def as_json(found: Found) -> str:
    """For machines."""
    return json.dumps(
        {
            "mails": found.mails,
            "items": found.items,
            "customer_days": found.customer_days,
            "violations": found.violations,
        }
    )
