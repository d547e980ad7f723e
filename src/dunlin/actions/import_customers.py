"""Customers from a file: new ones are made, known ones changed where the file says something else, with a diary line.

Parents are resolved after the last row, in whatever order the file has them. A blank cell says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from dunlin.actions.correct_customer import CHANNELS
from dunlin.actions.import_parties import NUMBER_LONGEST, TERMS_LONGEST, Parties
from dunlin.actions.import_work import Work, distinct
from dunlin.formats.rows import CustomerRow
from dunlin.records import bulk
from dunlin.records.customers import sort_name
from dunlin.records.locks import lock_customers
from dunlin.records.models import Address, Contact, ContactPoint, Customer, Note, User
from dunlin.reports.strategies import in_force

_FIELDS = (
    "id", "number", "name", "status", "currency", "language", "time_zone", "country", "region", "terms_id",
    "credit_limit", "collector_id", "sales_rep_id", "business_manager_id", "strategy", "channel", "parent_id",
)  # fmt: skip
_WRITTEN = (*_FIELDS, "sort_name", "segment", "assigned_by_hand", "created_at")
_STATUSES = frozenset(Customer.Status.values)
_PEOPLE = ("collector", "sales_rep", "business_manager")
_REGION_LONGEST = 10


class CustomerImport:
    """Takes in the customers of one file, chunk by chunk."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.parties = Parties(work)
        self.users: dict[str, int] = {}
        for pk, username, email, first, last in User.objects.filter(is_active=True).values_list(
            "id", "username", "email", "first_name", "last_name"
        ):
            for known_as in (username, email, f"{first} {last}".strip()):
                if known_as:
                    self.users.setdefault(known_as.casefold(), pk)
        self.parents: list[tuple[CustomerRow, str]] = []

    def take(self, rows: Sequence[CustomerRow], write: bool) -> None:
        """Take one chunk: inside the caller's transaction when `write`, else only counted and compared."""
        known: dict[str, dict[str, Any]] = {}
        for chunk in bulk.chunks(distinct(row.number for row in rows)):
            for facts in Customer.objects.filter(number__in=chunk).values(*_FIELDS):
                known[facts["number"]] = facts
        if write:
            lock_customers(facts["id"] for facts in known.values())
        fresh: list[tuple[CustomerRow, dict[str, Any]]] = []
        changed: list[tuple[CustomerRow, dict[str, Any], dict[str, Any]]] = []
        for row in rows:
            if self._refused(row):
                continue
            said = self._said(row, write)
            if row.parent:
                self.parents.append((row._replace(cells=(), header=()), row.parent))
            held = known.get(row.number)
            if held is None:
                fresh.append((row, said))
                self.work.tally.new += 1
                continue
            differs = {name: value for name, value in said.items() if held[name] != value}
            if differs:
                changed.append((row, held, differs))
                self.work.tally.changed += 1
            else:
                self.work.tally.same += 1
        if write:
            self._write(fresh, changed)
            self._write_places(rows)

    @cached_property
    def strategies(self) -> tuple[str, ...]:
        """Keys of the strategies in force."""
        return tuple(sorted(in_force().by_key))

    def _refused(self, row: CustomerRow) -> bool:
        """Whether the row cannot be taken; it is told then. Who would be written to otherwise than the file says is not made."""
        for target, limit in (("number", NUMBER_LONGEST), ("terms", TERMS_LONGEST)):
            value = getattr(row, target)
            if len(value) > limit:
                self.work.refuse(row, target, value, "text_too_long", target=target, limit=limit)
                return True
        named, channel = row.pinned_strategy, row.preferred_channel
        if named and named not in self.strategies:
            known = ", ".join(self.strategies)
            self.work.refuse(row, "pinned_strategy", named, "strategy_not_known", value=named, known=known)
            return True
        if channel and channel_key(channel) not in CHANNELS:
            known = ", ".join(CHANNELS)
            self.work.refuse(
                row, "preferred_channel", channel, "channel_not_known", value=channel, known=known
            )
            return True
        return False

    def finish(self, write: bool) -> None:
        """Hang customers below their parents; one that is unknown or would close a circle is left out with a warning."""
        numbers = {row.number for row, _ in self.parents} | {parent for _, parent in self.parents}
        ids: dict[str, int] = {}
        above: dict[int, int | None] = {}
        for chunk in bulk.chunks(sorted(numbers)):
            ids.update(Customer.objects.filter(number__in=chunk).values_list("number", "id"))
        if self.parents:
            above = dict(Customer.objects.filter(parent__isnull=False).values_list("id", "parent_id"))
        moved = []
        for row, parent in self.parents:
            pk, parent_id = ids.get(row.number), ids.get(parent)
            if pk is None or (not write and parent_id is None):
                continue
            if parent_id is None or _would_circle(pk, parent_id, above):
                self.work.warn(row, "parent", parent, "parent_unknown", value=parent)
                continue
            if above.get(pk) == parent_id:
                continue
            self.work.tell(f"customer:{pk}", pk, {"parent_id": above.get(pk)}, {"parent_id": parent_id})
            above[pk] = parent_id
            moved.append((pk, parent_id))
        if write and moved:
            lock_customers(pk for pair in moved for pk in pair)
            bulk.update(Customer, ("parent_id",), moved)

    def _said(self, row: CustomerRow, write: bool) -> dict[str, Any]:
        """What the row says about a customer, as columns; what it leaves blank is not in it."""
        work = self.work
        said: dict[str, Any] = {
            "name": row.name[:200], "currency": row.currency, "language": row.language[:8],
            "country": country_code(row.country), "strategy": row.pinned_strategy, "channel": channel_key(row.preferred_channel),
        }  # fmt: skip
        if row.status.casefold() in _STATUSES:
            said["status"] = row.status.casefold()
        if row.time_zone:
            if not _is_zone(row.time_zone):
                work.warn(row, "time_zone", row.time_zone, "zone_not_known", value=row.time_zone)
            else:
                said["time_zone"] = row.time_zone
        if len(row.region) > _REGION_LONGEST:
            facts = {"value": row.region, "limit": _REGION_LONGEST}
            work.warn(row, "region", row.region, "region_shortened", **facts)
        else:
            said["region"] = row.region
        said = {name: value for name, value in said.items() if value}
        if row.terms and (write or row.terms in self.parties.terms):
            said["terms_id"] = self.parties.terms_id(row.terms)
        if row.credit_limit is not None:
            said["credit_limit"] = row.credit_limit.minor
        for target in _PEOPLE:
            named = getattr(row, target)
            if named:
                pk = self.users.get(named.casefold())
                if pk is None:
                    work.warn(
                        row, target, named, "user_not_known", value=named, target=target.replace("_", " ")
                    )
                else:
                    said[f"{target}_id"] = pk
        if row.warnings:
            work.warn_read(row)
        return said

    def _write(
        self,
        fresh: list[tuple[CustomerRow, dict[str, Any]]],
        changed: list[tuple[CustomerRow, dict[str, Any], dict[str, Any]]],
    ) -> None:
        work = self.work
        plain = {
            "status": "active", "language": "en", "time_zone": "", "country": "", "region": "",
            "currency": work.policy.home_currency, "segment": "", "assigned_by_hand": False,
            "strategy": "", "channel": "email",
            "created_at": work.who.now,
        }  # fmt: skip
        rows = []
        for pk, (row, said) in zip(bulk.reserve_ids(Customer, len(fresh)), fresh):
            name = said.get("name") or row.number
            facts = {
                **plain,
                **said,
                "id": pk,
                "number": row.number,
                "name": name,
                "sort_name": sort_name(name),
            }
            if row.collector and "collector_id" in said:
                facts["assigned_by_hand"] = True
            rows.append([facts.get(column) for column in _WRITTEN])
        bulk.insert(Customer, _WRITTEN, rows)
        work.tally.created["customers"] += len(rows)
        columns = (*_FIELDS[2:], "sort_name")
        updates = []
        for row, held, differs in changed:
            before = {name: held[name] for name in differs}
            for name, value in differs.items():
                work.change(
                    row, f"customer {row.number}", name.removesuffix("_id"), held[name], value, "Changed"
                )
            work.tell(f"customer:{held['id']}", held["id"], before, differs)
            now = {**held, **differs}
            updates.append((held["id"], *[now.get(column) for column in _FIELDS[2:]], sort_name(now["name"])))
        bulk.update(Customer, columns, updates)

    def _write_places(self, rows: Sequence[CustomerRow]) -> None:
        """Billing address, billing contact and note of each row, where the account does not have them yet."""
        wanted = [
            row
            for row in rows
            if row.street
            or row.city
            or row.postal_code
            or row.email
            or row.phone
            or row.note
            or row.tax_number
        ]
        ids: dict[str, int] = {}
        for chunk in bulk.chunks(distinct(row.number for row in wanted)):
            ids.update(Customer.objects.filter(number__in=chunk).values_list("number", "id"))
        pks = list(ids.values())
        addresses = {
            a.customer_id: a
            for c in bulk.chunks(pks)
            for a in Address.objects.filter(customer_id__in=c, kind="billing")
        }
        points = {
            (customer_id, value)
            for c in bulk.chunks(pks)
            for customer_id, value in ContactPoint.objects.filter(contact__customer_id__in=c).values_list("contact__customer_id", "value")
        }  # fmt: skip
        notes = {
            pair
            for c in bulk.chunks(pks)
            for pair in Note.objects.filter(customer_id__in=c).values_list("customer_id", "text")
        }
        for row in wanted:
            pk = ids.get(row.number)
            if pk is None:
                continue
            self._address(row, pk, addresses.get(pk))
            self._billing_contact(row, pk, points)
            text = "\n".join(
                part for part in (row.note, row.tax_number and f"Tax number {row.tax_number}") if part
            )
            if text and (pk, text) not in notes:
                Note.objects.create(
                    customer_id=pk, text=text, at=self.work.who.now, by_id=self.work.who.user_id
                )

    def _address(self, row: CustomerRow, pk: int, held: Address | None) -> None:
        said = {
            "lines": row.street, "city": row.city[:100], "region": row.region[:60], "postcode": row.postal_code[:20],
            "country": country_code(row.country),
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value}
        if not (row.street or row.city or row.postal_code):
            return
        if held is None:
            Address.objects.create(customer_id=pk, kind="billing", **said)
            return
        before = {name: getattr(held, name) for name in said if getattr(held, name) != said[name]}
        if before:
            Address.objects.filter(pk=held.pk).update(**said)
            self.work.tell(
                f"customer:{pk}", pk, {"address": before}, {"address": {n: said[n] for n in before}}
            )

    def _billing_contact(self, row: CustomerRow, pk: int, points: set[tuple[int, str]]) -> None:
        given = [("email", value) for value in split_points(row.email)] + [
            ("phone", value) for value in split_points(row.phone)
        ]
        fresh = [(kind, value) for kind, value in given if (pk, value) not in points]
        if not fresh:
            return
        contact, _ = Contact.objects.get_or_create(
            customer_id=pk, name="Billing", defaults={"roles": ["billing"]}
        )
        ContactPoint.objects.bulk_create(
            [ContactPoint(contact=contact, kind=kind, value=value) for kind, value in fresh]
        )
        points.update((pk, value) for _, value in fresh)
        self.work.tell(f"contact:{contact.pk}", pk, {}, {"points": [value for _, value in fresh]})


def split_points(text: str) -> list[str]:
    """E-mail addresses or telephone numbers of one cell, divided by semicolons or commas."""
    return distinct(part.strip()[:254] for part in text.replace(",", ";").split(";"))


def channel_key(text: str) -> str:
    """A channel as it is kept: "E-Mail" is email. What is no channel stays what it is."""
    return text.strip().casefold().replace("e-mail", "email")


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


@cache
def country_code(text: str) -> str:
    """The two letters of a country given as a code or by its English name; "" when it is neither."""
    if len(text) == 2 and text.isalpha():
        return text.upper()
    return _country_names().get(text.casefold(), "")


@cache
def _country_names() -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415  its data takes a while to load and few files need it

    names = Locale("en").territories
    found = {name.casefold(): code for code, name in names.items() if len(code) == 2}
    return {**found, "usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB"}


def _would_circle(pk: int, parent_id: int, above: dict[int, int | None]) -> bool:
    at: int | None = parent_id
    seen: set[int] = set()
    while at is not None and at not in seen:
        if at == pk:
            return True
        seen.add(at)
        at = above.get(at)
    return False
