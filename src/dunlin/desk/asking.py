"""What a page of figures is asked for in its address: filters, basis, moment of knowledge, grouping. Bad input is a sentence.

Everything a page shows is in its address, so a filter that was set can be kept as a bookmark and sent to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from dunlin.desk import access
from dunlin.desk.doors import Standing
from dunlin.records.models import Balance, Customer, Entity, User
from dunlin.reports.filters import NOBODY, Filters
from dunlin.reports.moments import day_ends
from dunlin.rules.aging import Basis
from dunlin.rules.codes import sentence
from dunlin.rules.money import MINOR_DIGITS
from dunlin.rules.roles import may

NONE = "none"  # in an address: accounts without the thing filtered by
BASES = (("due_date", "Due date"), ("invoice_date", "Invoice date"))
KNOWN = (("now", "As known now"), ("then", "As known then"), ("at", "As known at a moment"))
KINDS = (
    ("invoice", "Invoices"), ("debit_memo", "Debit memos"), ("finance_charge", "Finance charges"), ("chargeback", "Chargebacks"),
    ("refund", "Refunds"), ("refund_return", "Returned refunds"), ("payment_return", "Returned payments"), ("payment", "Payments"), ("credit_memo", "Credit memos"),
    ("write_off", "Write-offs"), ("discount", "Discounts"), ("deposit", "Deposits"),
)  # fmt: skip
CLASSES = (("standard", "Standard"), ("mrr", "Monthly recurring"), ("final", "Final"))
GROUPS = (
    ("customer", "Customer"), ("parent", "Parent account"), ("collector", "Collector"), ("entity", "Entity"),
    ("country", "Country"), ("region", "Region"), ("segment", "Segment"), ("kind", "Kind"), ("invoice_class", "Class"),
    ("currency", "Currency"),
)  # fmt: skip
_TEXTS = ("country", "region", "segment")
NAMES = (
    "entity", "collector", "customer", "parent", *_TEXTS, "kind", "invoice_class", "currency", "basis", "known", "known_at",
)  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """One filter that is set, in words; `name` is what to take out of the address to be rid of it."""

    name: str
    words: str


@dataclass
class Asked:
    """What was understood. `problems` are sentences about the rest; with any, no figure may be shown.

    `typed` is each value as it stands in the address; `known_at` None means as known now.
    """

    only: Filters
    basis: Basis
    typed: dict[str, str]
    known: str = "now"
    known_at: datetime | None = None
    chips: list[Chip] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def kept(self) -> dict[str, str]:
        """The part of the address that a link to the items behind a figure carries on."""
        return {name: value for name, value in self.typed.items() if value and name in NAMES}


def asked(request: HttpRequest) -> Asked:
    """Read the address. At most five queries."""
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = {name: request.GET.get(name, "").strip() for name in NAMES}
    basis = typed["basis"] or door.policy.aging_basis
    made = Asked(Filters(), "due_date" if basis not in dict(BASES) else basis, typed)  # type: ignore[arg-type]
    made.problems += day_problems(request)
    if basis not in dict(BASES):
        made.problems.append(f"An aging goes by due date or by invoice date, not by ‘{basis}’.")
    values: dict[str, Any] = {
        "scope": None if may(door.who.role, "see_all_customers") else access.customers_of(request)
    }
    for name, read in _READERS.items():
        if typed[name]:
            values[name], words = read(request, typed[name], made.problems)
            made.chips.append(Chip(name, words))
    made.only = Filters(**values)
    _known(made, door)
    return made


def day_problems(request: HttpRequest) -> list[str]:
    """A sentence when the day in the address is no date, or still to come."""
    door: Standing = request.door  # type: ignore[attr-defined]
    text = request.GET.get("as_of", "").strip()
    if not text:
        return []
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [sentence("date_not_understood", {"asked": text})]
    return (
        [f"{day} is still to come; the books are known through today, {door.today}."]
        if day > door.today
        else []
    )


def group_of(request: HttpRequest, otherwise: str, problems: list[str]) -> str:
    """What the rows are, from `?by=`."""
    by = request.GET.get("by", "") or otherwise
    if by not in dict(GROUPS):
        problems.append(f"Rows go by {', '.join(words.lower() for _, words in GROUPS)}, not by ‘{by}’.")
        return otherwise
    return by


def inside(by: str, key: Any, number: str, currency: str) -> dict[str, str]:
    """The part of an address that narrows a page to one row of it."""
    if by == "currency":
        return {"currency": currency}
    value = number if by in ("customer", "parent", "entity") else NONE if key in (None, "") else str(key)
    return {by: value, "currency": currency}


def choices(request: HttpRequest) -> dict[str, list[tuple[Any, str]]]:
    """What the fields of the filters offer, of what this person may see. Four queries."""
    door: Standing = request.door  # type: ignore[attr-defined]
    seen = access.customers_of(request).order_by()
    rows = set(seen.values_list("country", "segment", "collector", "currency").distinct())
    users = User.objects.in_bulk([collector for _, _, collector, _ in rows if collector])
    people = sorted(((pk, user.name) for pk, user in users.items()), key=lambda pair: pair[1].casefold())
    currencies = {row[3] for row in rows} | set(
        Balance.objects.order_by().values_list("currency", flat=True).distinct()
    )
    return {
        "entities": [(entity.code, f"{entity.code} · {entity.name}") for entity in Entity.objects.all()],
        "collectors": [*people, (NONE, "Nobody")] if may(door.who.role, "see_all_customers") else [],
        "countries": _offered(row[0] for row in rows),
        "segments": _offered(row[1] for row in rows),
        "currencies": [(each, each) for each in sorted(currencies)],
    }


def _offered(values: Any) -> list[tuple[str, str]]:
    found = sorted(set(values))
    return [(each, each) for each in found if each] + (
        [(NONE, "Not stated")] if "" in found and len(found) > 1 else []
    )


def _known(made: Asked, door: Standing) -> None:
    """As known now, at the end of the day looked at, or at a moment given in the ledger's zone (A4)."""
    made.known = made.typed["known"] or ("at" if made.typed["known_at"] else "now")
    zone = door.policy.ledger_time_zone
    if made.known == "then":
        # The last moment of the day: what was recorded at midnight belongs to the next one.
        made.known_at = day_ends(door.as_of, zone) - timedelta(microseconds=1) if door.in_past else None
    elif made.known == "at":
        text = made.typed["known_at"]
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            problem = f"‘{text}’ is not a moment" if text else "As known at which moment? None was given"
            made.problems.append(f"{problem}; write it as 2026-05-31T18:00.")
        else:
            made.known_at = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    elif made.known != "now":
        made.problems.append(f"The books are as known now, then, or at a moment, not ‘{made.known}’.")
    if made.known != "now":
        made.chips.append(Chip("known", known_words(made, door)))


def known_words(made: Asked, door: Standing) -> str:
    """“as known now”, or until which moment postings count."""
    if made.known_at is None:
        return "as known now"
    if made.known == "then":
        return f"as known at the end of {door.as_of}"
    return f"as known at {made.known_at:%Y-%m-%d %H:%M} {made.known_at.tzname()}"


_Read = tuple[Any, str]


def _entity(request: HttpRequest, code: str, problems: list[str]) -> _Read:
    found = Entity.objects.filter(code=code).first()
    if found is None:
        problems.append(sentence("entity_unknown", {"entity": code}))
        return None, code
    return found.pk, f"Entity {found.code}"


def _collector(request: HttpRequest, text: str, problems: list[str]) -> _Read:
    if text == NONE:
        return NOBODY, "Collector: nobody"
    found = (
        User.objects.filter(pk=int(text)).first()
        if text.isascii() and text.isdigit() and len(text) < 10
        else None
    )
    if found is None:
        problems.append(sentence("user_unknown", {"user": text}))
        return None, text
    return found.pk, f"Collector {found.name}"


def _account(of: str) -> Callable[[HttpRequest, str, list[str]], _Read]:
    def read(request: HttpRequest, number: str, problems: list[str]) -> _Read:
        # Out of sight and unknown are answered alike. A name is taken too when only one account bears it.
        seen = access.customers_of(request)
        found: list[Customer] = list(seen.filter(number=number)[:1]) or list(
            seen.filter(name__iexact=number)[:2]
        )
        if len(found) != 1:
            problems.append(sentence("customer_unknown", {"customer": number}))
            return None, number
        return found[0].pk, f"{of} {found[0].name}"

    return read


def _one_of(
    what: str, offered: tuple[tuple[str, str], ...]
) -> Callable[[HttpRequest, str, list[str]], _Read]:
    def read(request: HttpRequest, text: str, problems: list[str]) -> _Read:
        if text == NONE:
            return "", f"{what}: not stated"
        if text not in dict(offered):
            problems.append(
                f"There is no {what.lower()} ‘{text}’; there are {', '.join(key for key, _ in offered)}."
            )
        return text, f"{what}: {dict(offered).get(text, text)}"

    return read


def _text(what: str) -> Callable[[HttpRequest, str, list[str]], _Read]:
    def read(request: HttpRequest, text: str, problems: list[str]) -> _Read:
        return ("", f"{what}: not stated") if text == NONE else (text[:40], f"{what} {text[:40]}")

    return read


def _currency(request: HttpRequest, text: str, problems: list[str]) -> _Read:
    code = text.upper()
    if code not in MINOR_DIGITS:
        problems.append(f"‘{text}’ is not a currency code of ISO 4217.")
    return code, code


_READERS: dict[str, Callable[[HttpRequest, str, list[str]], _Read]] = {
    "entity": _entity,
    "collector": _collector,
    "customer": _account("Customer"),
    "parent": _account("Group of"),
    "country": _text("Country"),
    "region": _text("Region"),
    "segment": _text("Segment"),
    "kind": _one_of("Kind", KINDS),
    "invoice_class": _one_of("Class", CLASSES),
    "currency": _currency,
}
