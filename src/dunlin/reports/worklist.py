"""A collector's list of a day: pinned customers first, then the order decided that night, with what happened since (B2, P6).

The list is chosen at the start of the day. Later facts never reorder it: they say that an entry is reached, tried, or no
longer needed. Who came up only during the day is listed after the others, marked as joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from dunlin.records.models import Call, Customer, Decision, FollowUp, Item, Pin, Promise, User
from dunlin.reports.account_promises import promised_minor
from dunlin.reports.call_limits import first_zones
from dunlin.rules.campaigns import REACHED, next_action, next_call_at
from dunlin.rules.conduct import Place, window_for, zone_of
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason

TODO, TRIED, REACHED_STATE, DONE, NO_LONGER = "todo", "tried", "reached", "done", "no_longer_needed"
OVER = frozenset({REACHED_STATE, DONE, NO_LONGER})


@dataclass(frozen=True)
class Entry:
    """One customer of the list.

    `position` counts from 1 on this list; `rank` is the place decided at night (None when joined later). `state` is todo,
    tried, reached, done (nobody reached, no more calls today) or no_longer_needed; `state_why` says it in words.
    `past_due` is now for today's list, and as decided for a past day. `opens`, `closes`: call window there, minutes of the day in
    `time_zone`, which is that of the first contact, the customer or the place; `zone_assumed`: none is known for sure.
    """

    position: int
    rank: int | None
    customer_id: int
    number: str
    name: str
    country: str
    region: str
    time_zone: str
    zone_assumed: bool
    opens: int
    closes: int
    tier: str
    code: str
    reason: str
    past_due: tuple[Money, ...]
    past_due_home: Money
    oldest_due_on: date | None
    oldest_days: int
    pinned: str
    joined: bool
    last_contact_on: date | None
    last_outcome: str
    attempts: tuple[str, ...]
    next_call_at: datetime | None
    state: str
    state_why: str


@dataclass(frozen=True)
class DayCounts:
    """A person's day so far. `called` are customers with an attempt, `reached` customers spoken to, of a target of `size`."""

    size: int
    called: int
    reached: int
    calls: int
    promises: int
    promised: tuple[Money, ...]
    follow_ups_due: int


@dataclass(frozen=True)
class Worklist:
    """The list of one collector (None: customers nobody works) and day. `below_line` are customers to call beyond `size`;
    `email_only` those to write to and not to call; `silent` those decided "not today", all by what holds now."""

    day: date
    collector_id: int | None
    size: int
    entries: tuple[Entry, ...]
    below_line: int
    email_only: int
    silent: int
    counts: DayCounts


@dataclass(frozen=True)
class Absent:
    """A customer of the portfolio who is not on the list, and why."""

    customer_id: int
    number: str
    name: str
    code: str
    reason: str
    past_due_home: Money
    rank: int | None
    look_again_on: date | None


def worklist(
    day: date, collector_id: int | None, policy: Policy, limit: int | None = None, *, live: bool = True
) -> Worklist:
    """The list of `day`. `limit` customers, or the person's own number, or `campaign.size`. `live`: `day` is today.

    A fixed number of queries (15 at most), whatever the size of the book.
    """
    size = limit or campaign_size(collector_id, policy)
    mine = Decision.objects.filter(day=day, collector=collector_id)
    pins = {pin.customer_id: pin for pin in Pin.objects.filter(day=day).select_related("by")}
    listed = _listed(mine, day, size, pins)
    entries = _entries(listed, pins, day, policy, live) if listed else ()
    below, email, silent = _others(mine, day, listed)
    return Worklist(
        day, collector_id, size, entries, below, email, silent, day_counts(day, collector_id, size)
    )


def _others(mine: QuerySet[Decision], day: date, listed: Sequence[_Listed]) -> tuple[int, int, int]:
    """How many others are to be called, to be written to, and left alone, by what holds now. Two queries: the counts of the
    night, corrected by the few that were decided again since."""
    first = mine.filter(revision=0).values("step").annotate(n=Count("pk")).order_by()
    counts = Counter({row["step"]: row["n"] for row in first})
    again = mine.filter(customer__in=mine.filter(revision__gt=0).order_by().values("customer"))
    steps: dict[int, list[str]] = {}
    for customer, step in again.order_by("customer", "revision").values_list("customer", "step"):
        steps.setdefault(customer, []).append(step)
    for decided in steps.values():
        counts[decided[0]] -= 1
        counts[decided[-1]] += 1
    called = sum(each.current.step == "call" for each in listed)
    return max(0, counts["call"] - called), counts["email"], counts["none"]


def campaign_size(collector_id: int | None, policy: Policy) -> int:
    """Customers on the person's list: their own number, else `campaign.size`."""
    own = (
        User.objects.filter(pk=collector_id).values_list("daily_calls", flat=True).first()
        if collector_id
        else None
    )
    return own or policy.campaign_size


def next_on_list(listed: Worklist, after_customer_id: int, now: datetime) -> int | None:
    """Whom to call next: the first after that customer who is still to do and may be tried at `now`, in spacing and in the hours
    there; else the first such at all; None when nobody may be."""
    open_now = [
        entry
        for entry in listed.entries
        if entry.state not in OVER
        and entry.customer_id != after_customer_id
        and (entry.next_call_at is None or entry.next_call_at <= now)
        and _within_hours(entry, now)
    ]
    here = next((entry.position for entry in listed.entries if entry.customer_id == after_customer_id), 0)
    later = [entry for entry in open_now if entry.position > here]
    return (later or open_now)[0].customer_id if open_now else None


def _within_hours(entry: Entry, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(entry.time_zone))
    return entry.opens <= local.hour * 60 + local.minute < entry.closes


def not_on_list(
    day: date, collector_id: int | None, policy: Policy, *, code: str = "", start: int = 0, limit: int = 100
) -> tuple[Absent, ...]:
    """Customers of that day's portfolio who are not called, largest past due first, each with its reason. Three queries.

    Those below the line carry the reason they would be called for and their `rank`. `code` keeps one reason only.
    """
    size = campaign_size(collector_id, policy)
    newer = Decision.objects.filter(day=day, customer=OuterRef("customer"), revision__gt=OuterRef("revision"))
    # A later revision has no place of its own: that of the night, or of a new order of the tiers, still holds.
    placed = Decision.objects.filter(day=day, customer=OuterRef("customer"), rank__isnull=False)
    rows = (
        Decision.objects.filter(~Exists(newer), day=day, collector=collector_id)
        .annotate(place=Coalesce("rank", Subquery(placed.order_by("-revision").values("rank")[:1])))
        .filter(~Q(step="call") | Q(place__gt=size))
        .order_by("-past_due_home", "customer")
    )
    if code:
        rows = rows.filter(code=code)
    home = policy.home_currency
    return tuple(
        Absent(customer, number, name, why, reason(why, facts), Money(past_due, home), rank, look_again_on)
        for customer, number, name, why, facts, past_due, rank, look_again_on in rows.values_list(
            "customer",
            "customer__number",
            "customer__name",
            "code",
            "facts",
            "past_due_home",
            "place",
            "look_again_on",
        )[start : start + limit]
    )


def day_counts(day: date, user_id: int | None, size: int) -> DayCounts:
    """What a person did on `day`, and what is due. Three queries."""
    calls = Call.objects.filter(day=day, by=user_id, direction="out").aggregate(
        calls=Count("pk"),
        called=Count("customer", distinct=True),
        reached=Count("customer", distinct=True, filter=Q(outcome__in=REACHED)),
    )
    promises = Promise.objects.filter(made_on=day, by=user_id).exclude(status="cancelled").order_by()
    sums = list(
        promises.values("currency").annotate(n=Count("pk"), minor=Sum(promised_minor())).order_by("currency")
    )
    return DayCounts(
        size,
        calls["called"],
        calls["reached"],
        calls["calls"],
        sum(each["n"] for each in sums),
        tuple(Money(int(each["minor"]), each["currency"]) for each in sums if each["minor"]),
        FollowUp.objects.filter(owner=user_id, done_at=None, due_on__lte=day).count() if user_id else 0,
    )


@dataclass(frozen=True)
class _Listed:
    """A place on the list: the decision that put the customer there, and the one that holds now."""

    rank: int | None
    chosen: Decision
    current: Decision


def _listed(mine: QuerySet[Decision], day: date, size: int, pins: dict[int, Pin]) -> list[_Listed]:
    """Ranked within `size` or pinned, then those who joined during the day. A later order of the day replaces the ranks."""
    chosen = Q(rank__lte=size) | Q(rank=None, step="call")
    wanted = set(mine.filter(chosen).values_list("customer", flat=True)) | set(pins)
    of: dict[int, list[Decision]] = {}
    for row in Decision.objects.filter(day=day, customer__in=wanted).order_by("customer", "revision"):
        of.setdefault(row.customer_id, []).append(row)
    listed = []
    ours = set(mine.filter(customer__in=pins).values_list("customer", flat=True)) if pins else set()
    for customer, rows in of.items():
        ranked = [row for row in rows if row.rank is not None]
        pinned = customer in pins
        if pinned and customer not in ours:
            continue
        if ranked and (ranked[-1].rank <= size or pinned):  # type: ignore[operator]
            listed.append(_Listed(ranked[-1].rank, ranked[-1], rows[-1]))
        elif not ranked and rows[-1].step == "call":
            listed.append(_Listed(None, rows[-1], rows[-1]))
    last = len(of) + max((pin.position for pin in pins.values()), default=0)
    listed.sort(
        key=lambda each: (
            pins[each.chosen.customer_id].position if each.chosen.customer_id in pins else last,
            each.rank is None,
            each.rank or 0,
            each.chosen.customer_id,
        )
    )
    # Pins push others down; the size of the list stays.
    ranked_in_order = [each for each in listed if each.rank is not None][:size]
    return ranked_in_order + [each for each in listed if each.rank is None]


def _entries(
    listed: Sequence[_Listed], pins: dict[int, Pin], day: date, policy: Policy, live: bool
) -> tuple[Entry, ...]:
    ids = [each.chosen.customer_id for each in listed]
    people = {row["pk"]: row for row in _customers(ids, day)}
    zones = first_zones(ids)
    attempts: dict[int, list[tuple[datetime, str]]] = {}
    today = Call.objects.filter(customer__in=ids, day=day, direction="out").order_by("started_at", "pk")
    for customer, at, outcome in today.values_list("customer", "started_at", "outcome"):
        attempts.setdefault(customer, []).append((at, outcome))
    last_ids = [row["last_call"] for row in people.values() if row["last_call"]]
    last = {
        customer: (on, outcome)
        for customer, on, outcome in Call.objects.filter(pk__in=last_ids).values_list(
            "customer", "day", "outcome"
        )
    }
    owed = (
        _past_due(ids, day)
        if live
        else {each.current.customer_id: _as_decided(each.current) for each in listed}
    )
    made = []
    for position, each in enumerate(listed, 1):
        customer_id = each.chosen.customer_id
        person, tried = people[customer_id], attempts.get(customer_id, [])
        state, state_why = _state(each, tried, owed.get(customer_id, ()), policy, live)
        place = Place(zones.get(customer_id) or person["time_zone"], person["country"], person["region"])
        zone = zone_of(place, policy)
        last_on, last_outcome = last.get(customer_id, (None, ""))
        opens, closes = window_for(place, policy)
        oldest = each.chosen.oldest_due_on
        waiting = next_call_at([at for at, _ in tried], policy.campaign_spacing_minutes)
        made.append(
            Entry(
                position, each.rank, customer_id, person["number"], person["name"], person["country"], person["region"],
                zone.name, zone.assumed, opens, closes, each.chosen.tier, each.chosen.code, reason(each.chosen.code, each.chosen.facts),
                owed.get(customer_id, ()), Money(each.chosen.past_due_home, policy.home_currency), oldest,
                (day - oldest).days if oldest else 0, pins[customer_id].reason if customer_id in pins else "",
                each.rank is None, last_on, last_outcome, tuple(outcome for _, outcome in tried),
                waiting if state not in OVER else None, state, state_why,
            )
        )  # fmt: skip
    return tuple(made)


def _state(
    each: _Listed, tried: Sequence[tuple[datetime, str]], owed: Sequence[Money], policy: Policy, live: bool
) -> tuple[str, str]:
    outcomes = [outcome for _, outcome in tried]
    if any(outcome in REACHED for outcome in outcomes):
        return REACHED_STATE, "reached today"
    if live and not owed:
        return NO_LONGER, "nothing is past due any more"
    if each.current.step == "none":
        return NO_LONGER, reason(each.current.code, each.current.facts)
    if next_action(outcomes, policy.campaign_max_attempts) != "call":
        return DONE, f"tried {len(outcomes)}, not reached: an e-mail follows"
    if each.current.step == "email":
        return NO_LONGER, reason(each.current.code, each.current.facts)
    return (TRIED, f"tried {len(outcomes)}") if outcomes else (TODO, "")


def _customers(ids: Iterable[int], day: date) -> list[dict[str, Any]]:
    newest = (
        Call.objects.filter(customer=OuterRef("pk"), day__lte=day).order_by("-started_at").values("pk")[:1]
    )
    rows = Customer.objects.filter(pk__in=ids).annotate(last_call=Subquery(newest))
    return [
        dict(row)
        for row in rows.values("pk", "number", "name", "country", "region", "time_zone", "last_call")
    ]


def _past_due(ids: Iterable[int], day: date) -> dict[int, tuple[Money, ...]]:
    """What is past due now, per currency, from the items."""
    rows = (
        Item.objects.filter(customer__in=ids, open__gt=0, side=1, due_on__lt=day)
        .values("customer", "currency")
        .annotate(minor=Sum(F("open")))
        .order_by("customer", "currency")
    )
    found: dict[int, tuple[Money, ...]] = {}
    for row in rows:
        found[row["customer"]] = (*found.get(row["customer"], ()), Money(int(row["minor"]), row["currency"]))
    return found


def _as_decided(decision: Decision) -> tuple[Money, ...]:
    past_due = decision.facts.get("figures", {}).get("past_due", {})
    return tuple(Money(past_due[currency], currency) for currency in sorted(past_due))
