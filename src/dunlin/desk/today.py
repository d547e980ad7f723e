"""Today: whom to call next and why; what the day has brought so far; who is not called, and why (B2, B8, H3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk import access
from dunlin.desk.acts import address
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.desk.places import Clock, clock_there
from dunlin.desk.preview import preview_of
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Customer, Decision, Item, User
from dunlin.reports.answer_times import AnswerTimes, answer_times
from dunlin.reports.inbox import mine
from dunlin.reports.rail_counts import rail_counts
from dunlin.reports.worklist import OVER, Absent, Entry, Worklist, not_on_list, worklist
from dunlin.rules.money import Money
from dunlin.rules.reasons import TIER_NAMES
from dunlin.rules.roles import may
from dunlin.rules.zones import Zone

NOBODY = "none"  # the list of customers nobody works
OTHERS_A_PAGE = 100
_LONGEST = 500


# What can be done from a row: name of the page, verb, key, words, icon.
_ACTS = (
    ("call", "log_call", "c", "Call", "phone"),
    ("add_note", "add_note", "n", "Note", "note"),
    ("snooze", "snooze_customer", "s", "Snooze", "snooze"),
    ("pin", "pin_customer", "i", "Pin", "pin"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with what only this moment knows: the clock there, and for how many minutes another attempt must wait.
    `account` and `acts` are addresses, acts in the order of the offers of the page."""

    entry: Entry
    clock: Clock
    wait_minutes: int
    account: str
    acts: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Rows that stand together: pinned ones, those of a tier, those who came up during the day; what is past due in all."""

    title: str
    rows: tuple[Row, ...]
    past_due: tuple[Money, ...]


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The list of the person asked for with `list`; `show=others` is who is not on it; `at` previews a customer."""
    door: Standing = request.door  # type: ignore[attr-defined]
    if request.htmx and request.htmx.target == "preview":  # type: ignore[attr-defined]
        return show(request, "today.html", {"preview": _asked_preview(request)}, part="preview")
    chosen, lists = _lists(request)
    limit = _number(request, "limit", 0)
    listed = worklist(door.as_of, chosen, door.policy, min(limit, _LONGEST) or None, live=not door.in_past)
    facts = {
        "listed": listed,
        "lists": lists,
        "chosen": NOBODY if chosen is None else chosen,
        "mine": chosen == door.who.user_id,
        "others_shown": request.GET.get("show") == "others",
        "done": sum(entry.state in OVER for entry in listed.entries),
        "preview": None,
    }
    facts["owed"] = _owed(door)
    if facts["others_shown"]:
        facts |= _others(request, chosen)
    else:
        acts = [each for each in _ACTS if door.may(each[1])]
        facts |= {
            "acts": acts,
            "groups": _groups(listed, door, [each[0] for each in acts]),
            "preview": _asked_preview(request) if request.GET.get("at") else None,
            "first": _first(listed),
        }
    facts["made"] = bool(listed.entries) or _list_was_made(door)
    facts["books_empty"] = not facts["made"] and not Item.objects.exists()
    return show(request, "today.html", facts, part="list")


def _owed(door: Standing) -> AnswerTimes | None:
    """What of my inbox waits for an answer, for who sees it; not of a past day. Two queries."""
    if door.in_past or not may(door.who.role, "see_inbox"):
        return None
    own = mine(door.who.user_id or 0, door.today)
    return answer_times(door.today, door.today, door.who.now, door.policy.ledger_time_zone, scope=own)


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """The numbers of the rail, each landing in its place."""
    door: Standing = request.door  # type: ignore[attr-defined]
    waiting = rail_counts(door.who.user_id or 0, door.today, door.policy, door.who.now, door.who.role)
    return show(request, "rail_counts.html", {"waiting": waiting})


def _lists(request: HttpRequest) -> tuple[int | None, list[tuple[int | None, str]]]:
    """The list shown, and those there are to choose from. A lead without a list of their own starts with the first."""
    door: Standing = request.door  # type: ignore[attr-defined]
    worked: list[int | None] = []
    if door.may("see_all_customers"):
        # Asked of each person: of a large book that is far less to read than the lists of everybody.
        listed = Decision.objects.filter(day=door.as_of, rank__isnull=False).order_by()
        theirs = listed.filter(collector=OuterRef("pk"))
        worked = list(User.objects.filter(Exists(theirs)).values_list("pk", flat=True))
        if listed.filter(collector=None).exists():
            worked.append(None)
    lists = access.lists_of(request, worked)
    asked = request.GET.get("list", "")
    if asked:
        wanted = None if asked == NOBODY else int(asked) if asked.isascii() and asked.isdigit() else 0
        return access.list_for(request, wanted), lists
    has_own = len(lists) < 2 or Decision.objects.filter(day=door.as_of, collector=door.who.user_id).exists()
    return (door.who.user_id if has_own else lists[1][0]), lists


def _groups(listed: Worklist, door: Standing, acts: list[str]) -> tuple[Group, ...]:
    day = door.as_of.isoformat() if door.in_past else ""
    account = _addresses("account", as_of=day)
    offered = [_addresses(name, as_of=day, back="today" if name != "call" else "") for name in acts]
    rows = [_row(entry, door, account, offered) for entry in listed.entries]
    groups = []
    for title, found in groupby(rows, lambda row: _title(row.entry)):
        part = tuple(found)
        groups.append(Group(title, part, _sums(part)))
    return tuple(groups)


def _addresses(name: str, **query: str) -> Callable[[int], str]:
    """The address of a page for many customers: found once, then the number is put in."""
    before, after = address(name, 0, **query).split("/0", 1)
    return lambda pk: f"{before}/{pk}{after}"


def _sums(rows: Iterable[Row]) -> tuple[Money, ...]:
    whole: dict[str, int] = {}
    for row in rows:
        for each in row.entry.past_due:
            whole[each.currency] = whole.get(each.currency, 0) + each.minor
    return tuple(Money(whole[currency], currency) for currency in sorted(whole))


def _title(entry: Entry) -> str:
    if entry.pinned:
        return "Pinned"
    if entry.joined:
        return "Came up today"
    name = TIER_NAMES.get(entry.tier, "everything else")
    return name[:1].upper() + name[1:]


def _row(
    entry: Entry, door: Standing, account: Callable[[int], str], acts: list[Callable[[int], str]]
) -> Row:
    zone = Zone(entry.time_zone, entry.zone_assumed)
    clock = clock_there(zone, entry.country, door.who.now, entry.opens, entry.closes)
    wait = entry.next_call_at - door.who.now if entry.next_call_at is not None else timedelta(0)
    pk = entry.customer_id
    return Row(
        entry, clock, max(0, -(-wait // timedelta(minutes=1))), account(pk), tuple(at(pk) for at in acts)
    )


def _first(listed: Worklist) -> Entry | None:
    """Whom the panel beside the list shows before one moves: the first who is still to do."""
    return next((each for each in listed.entries if each.state not in OVER), None) or next(
        iter(listed.entries), None
    )


def _asked_preview(request: HttpRequest) -> object:
    customer: Customer = access.customer_for(request, _number(request, "at", 0))
    return preview_of(customer, request.door)  # type: ignore[attr-defined]


def _others(request: HttpRequest, chosen: int | None) -> dict[str, object]:
    """A page of who is not called, with the reasons there are to choose from."""
    door: Standing = request.door  # type: ignore[attr-defined]
    code, page = request.GET.get("code", ""), max(1, _number(request, "page", 1))
    start = (page - 1) * OTHERS_A_PAGE
    found: Iterable[Absent] = not_on_list(
        door.as_of, chosen, door.policy, code=code, start=start, limit=OTHERS_A_PAGE + 1
    )
    rows = list(found)
    codes = (
        Decision.objects.filter(day=door.as_of, collector=chosen)
        .order_by("code")
        .values_list("code")
        .distinct()
    )
    return {
        "calendar": calendar(LEDGER),
        "others": rows[:OTHERS_A_PAGE],
        "page": page,
        "start": start,
        "more": len(rows) > OTHERS_A_PAGE,
        "codes": [(each, each.replace("_", " ").removeprefix("due ").capitalize()) for (each,) in codes],
        "code": code,
        "groups": (),
    }


def _list_was_made(door: Standing) -> bool:
    return Decision.objects.filter(day=door.as_of).exists()


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
