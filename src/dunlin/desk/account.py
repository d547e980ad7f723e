"""Account: what do they owe, what was said, what now? Every billing question is answered here (B9, A1, B6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dunlin.desk import access, charts, contacts, pauses, places
from dunlin.desk.acts import address
from dunlin.desk.aging import column_words
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.desk.follow_ups import workers
from dunlin.desk.tables import Pages, sort_of
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Customer, Dispute, FollowUp, Pin, Snooze
from dunlin.reports.account import Account, AccountBalance, ContactShown
from dunlin.reports.account import account as account_of
from dunlin.reports.account_flags import flags_of
from dunlin.reports.account_items import GROUPS, SORTS, AccountItems, account_items, where_it_went
from dunlin.reports.account_online import Online, online_of
from dunlin.reports.account_promises import promises_of
from dunlin.reports.inbox import conversations_of
from dunlin.reports.timeline import KINDS, timeline
from dunlin.reports.why import Why, why
from dunlin.rules.card_payments import fee_threshold
from dunlin.rules.money import Money
from dunlin.rules.zones import zone_at

GROUP_NAMES = {
    "past_due": "Past due", "due_soon": "Not due", "disputed": "Disputed", "credits": "Credits", "closed": "Closed",
}  # fmt: skip
KIND_NAMES = {
    "call": "Calls", "note": "Notes", "promise": "Promises", "money": "Money", "document": "Documents", "dispute": "Disputes",
    "follow_up": "Follow-ups", "mail": "Mail in", "message": "Mail out", "change": "Changes",
}  # fmt: skip
ALL = "all"
_ITEMS_A_PAGE = 50


@dataclass(frozen=True)
class Person:
    """A contact, with the clock there and the page's addresses for their e-mail."""

    contact: ContactShown
    clock: places.Clock | None
    mails: dict[int, str]


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """The page. htmx gets the part it asks for: the items, the timeline, or where one document's money went."""
    door: Standing = request.door  # type: ignore[attr-defined]
    customer = access.customer_for(request, pk)
    target = (request.htmx.target or "") if request.htmx else ""  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"customer": customer, "group_names": GROUP_NAMES, "kind_names": KIND_NAMES}
    if target.startswith("uses-"):
        return show(request, "account.html", {**facts, "opened": _opened(request, pk)}, part="uses")
    if target == "items":
        return show(request, "account.html", {**facts, **_items(request, pk), "opened": None}, part="items")
    if target == "timeline":
        return show(request, "account.html", {**facts, **_timeline(request, pk)}, part="timeline")
    it = account_of(pk, door.as_of, door.policy)
    facts |= _items(request, pk) | _timeline(request, pk) | _around(request, customer, it)
    facts |= {"it": it, "opened": _opened(request, pk) if request.GET.get("item") else None}
    return show(request, "account.html", facts)


def _items(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One group of the items; without a choice the first that has any."""
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = request.GET.get("group", "")
    sort = sort_of(request, SORTS, "due_on")
    text = request.GET.get("page", "1")
    page = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    group = asked if asked in GROUPS else "past_due"

    def read(group: str, page: int) -> AccountItems:
        return account_items(
            pk, door.as_of, door.policy, group=group, page=page, page_size=_ITEMS_A_PAGE, sort=sort
        )

    found = read(group, page)
    if asked not in GROUPS and not found.totals["past_due"].count:
        group = next((name for name in GROUPS[:-1] if found.totals[name].count), "closed")
        found = read(group, page) if group != "past_due" else found
    total = found.closed if group == "closed" else found.totals[group].count
    pages = Pages(total or 0, 1, _ITEMS_A_PAGE)
    if page > pages.count:
        found, page = read(group, pages.count), pages.count
    return {"items": found, "group": group, "pages": Pages(total or 0, page, _ITEMS_A_PAGE), "sort": sort}


def _opened(request: HttpRequest, pk: int) -> dict[str, Any] | None:
    """The document asked for with `item`, and every application of it up to the day."""
    door: Standing = request.door  # type: ignore[attr-defined]
    text = request.GET.get("item", "")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return None
    item = access.item_for(request, int(text))
    went = where_it_went(item.pk, door.as_of)
    if item.customer_id != pk or went is None or item.posted_on > door.as_of:
        return None
    seen = access.customers_of(request).filter(pk__in={use.other_customer_id for use in went.uses})
    returned = item.corrections.filter(kind="payment_return", posted_on__lte=door.as_of).exists()
    return {"item": item, "went": went, "seen": set(seen.values_list("pk", flat=True)), "returned": returned}


def _timeline(request: HttpRequest, pk: int) -> dict[str, Any]:
    door: Standing = request.door  # type: ignore[attr-defined]
    kind = request.GET.get("kind", "")
    # What was said and paid; documents stand in the list beside, and would push the words off the page.
    kinds = [kind] if kind in KINDS else [] if kind == ALL else [each for each in KINDS if each != "document"]
    zone = door.policy.ledger_time_zone
    try:
        told = timeline(pk, door.as_of, zone=zone, kinds=kinds, before=request.GET.get("before") or None)
    except ValueError:  # a cursor somebody mended by hand: begin with the newest
        told = timeline(pk, door.as_of, zone=zone, kinds=kinds)
    return {
        "told": told,
        "kind": kind,
        "zone": zone,
        "older": bool(request.GET.get("before")),
    }


def _around(request: HttpRequest, customer: Customer, it: Account) -> dict[str, Any]:
    """What stands around the items: charts, promises, people, what runs, and what this person may reach of the group."""
    door: Standing = request.door  # type: ignore[attr-defined]
    relatives = [each.id for each in (it.parent, *it.children) if each]
    seen = (
        set(access.customers_of(request).filter(pk__in=relatives).values_list("pk", flat=True))
        if relatives
        else set()
    )
    told: Why | None = why(it.id, it.next_step.day, door.policy) if it.next_step else None
    return {
        "bars": [_bar(request, it, balance) for balance in it.balances],
        "promises": promises_of(it.id, door.as_of),
        "follow_ups": list(FollowUp.objects.filter(customer=it.id, done_at=None).select_related("owner").order_by("due_on", "pk")[:50]),
        "disputes": list(Dispute.objects.filter(customer=it.id, resolved_on=None, item__open__gt=0).select_related("item").order_by("opened_on")[:50]),
        "snoozed": Snooze.objects.filter(customer=it.id, ended_at=None, until_on__gt=door.today).select_related("by").first(),
        "pinned": Pin.objects.filter(customer=it.id, day=door.today).first(),
        "people": _people(it, door, door.may("see_own_customers")),
        "relatives": [each for each in (it.parent, *it.children) if each and each.id in seen],
        "group_seen": bool(it.group) and seen == set(relatives),
        "why": told,
        "online": Online() if door.in_past else online_of(it.id, door.who.now),
        "fee_over": fee_threshold(door.policy, customer.currency),
        "flags": flags_of(it.id, door.as_of, door.policy.ledger_time_zone),
        "waiting": () if door.in_past else conversations_of(it.id, waiting=True),
        "calendar": calendar(LEDGER),
        "credit_open": any(each.unapplied for each in (it.group if seen == set(relatives) and it.group else it.balances)),
        "workers": workers() if door.may("add_follow_up") else [],
        "kinds": pauses.KINDS,
        "roles": contacts.ROLES,
    }  # fmt: skip


def _bar(request: HttpRequest, it: Account, balance: AccountBalance) -> Any:
    buckets = list(zip(map(column_words, it.bucket_set.labels), balance.buckets))
    return charts.aging_bar(f"Open by age, {balance.currency}", buckets, balance.currency)


def _people(it: Account, door: Standing, reading: bool) -> list[Person]:
    """Contacts with their own clock, where it differs from nothing known, and a mail that says what it is about."""
    subject = _subject(it)
    made = []
    for contact in it.contacts:
        zone = zone_at(contact.time_zone or it.time_zone, it.country, it.region, door.policy.ledger_time_zone)
        clock = None if door.in_past else places.clock_there(zone, it.country, door.who.now, 0, 24 * 60)
        mails = {
            point.id: f"mailto:{quote(point.value, safe='@')}?subject={quote(subject)}"
            for point in contact.points
            if point.kind == "email"
        }
        made.append(Person(contact, clock, mails))
    return made


def _subject(it: Account) -> str:
    due = [Money(balance.past_due, balance.currency) for balance in it.balances if balance.past_due > 0]
    number = sum(balance.items_past_due for balance in it.balances)
    about = (
        f"{' and '.join(str(each) for each in due)} past due on {number} {'document' if number == 1 else 'documents'}"
        if due
        else "your account"
    )
    return f"{it.number} {it.name}: {about}"


def link_to_item(customer_id: int, item_id: int) -> str:
    """The account with one document opened."""
    return address("account", customer_id, item=item_id) + f"#item-{item_id}"
