"""Whom a customer's mail goes to: the right person, an address that works, the language; else the postal address; else why nobody.

For many customers at once, three queries. See docs/guides/processes.md (C6; traps 24, 57).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dunlin.records import bulk
from dunlin.records.models import Address, Contact, ContactPoint, Customer, User
from dunlin.reports.strategies import NO_TRAITS, Traits

# Who is written to first. Legal contacts are never written to by a process.
_ROLES = ("ap", "billing", "", "escalation")
_NEVER = "legal"
# Names a step may give instead of an address, and the field of the customer that says who it is.
_OF_CUSTOMER = {"collector": "collector_email", "sales": "sales_email", "business_manager": "business_email"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """How a customer is reached. `channel` is email, letter or "" (nobody: `code` and `facts` of REASONS say why).

    `to` is as messages keep it; `can_letter`: there is a postal address. `address` are the lines below the name.
    """

    customer_id: int
    name: str
    number: str
    channel: str
    language: str
    to: tuple[dict[str, Any], ...] = ()
    contact_id: int | None = None
    contact_name: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    collector_id: int | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    traits: Traits = NO_TRAITS
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_email(self) -> bool:
        return bool(self.to)

    @property
    def can_letter(self) -> bool:
        return bool(self.address)


def recipients(customer_ids: Sequence[int]) -> dict[int, Recipient]:
    """Customer → how it is reached. A customer set to letters gets letters; one whose addresses all fail gets letters too, if there
    is a postal address."""
    found: dict[int, Recipient] = {}
    for ids in bulk.chunks(list(customer_ids)):
        people = _people(ids)
        addresses = _addresses(ids)
        rows = Customer.objects.filter(pk__in=bulk.one_of(ids)).values_list(
            "pk", "name", "number", "channel", "language", "country", "segment", "strategy", "collector",
            "collector__email", "sales_rep__email", "business_manager__email",
        )  # fmt: skip
        for pk, name, number, channel, language, country, segment, strategy, collector, *mails in rows:
            found[pk] = _recipient(
                Recipient(
                    pk,
                    name,
                    number,
                    channel,
                    language or "en",
                    address=addresses.get(pk, ()),
                    country=country,
                    collector_id=collector,
                    people=dict(zip(_OF_CUSTOMER.values(), [each or "" for each in mails])),
                    traits=Traits(country, segment, strategy),
                ),
                people.get(pk, []),
            )
    return found


def copies(
    wanted: Sequence[str], recipient: Recipient, by_role: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """The copies a step asks for: addresses as they stand, the customer's own people, everybody of a role."""
    addresses: list[str] = []
    for each in wanted:
        if "@" in each:
            addresses.append(each)
        elif each in _OF_CUSTOMER:
            addresses.append(recipient.people.get(_OF_CUSTOMER[each], ""))
        else:
            addresses.extend(by_role.get(each, ()))
    known = {person["address"] for person in recipient.to}
    return [
        {"name": "", "address": address, "point": None}
        for address in dict.fromkeys(addresses)
        if address and address not in known
    ]


def addresses_by_role() -> dict[str, list[str]]:
    """Role → addresses of who has it and works here. One query."""
    found: dict[str, list[str]] = {}
    for role, email in User.objects.filter(is_active=True).exclude(email="").values_list("role", "email"):
        found.setdefault(role, []).append(email)
    return found


_Person = tuple[
    int, int, int, str, str, str, int, bool
]  # rank, position, contact, name, language, address, point, ceased


def _people(ids: Sequence[int]) -> dict[int, list[_Person]]:
    """Customer → its active contacts with their first usable address ("" when none works), best first."""
    rows = Contact.objects.filter(customer__in=bulk.one_of(ids), active=True).order_by("position", "pk")
    points: dict[int, tuple[str, int]] = {}
    usable = ContactPoint.objects.filter(
        contact__customer__in=bulk.one_of(ids), contact__active=True, kind="email", state="ok"
    ).order_by("position", "pk")
    for contact, value, point in usable.values_list("contact", "value", "pk"):
        points.setdefault(contact, (value, point))
    found: dict[int, list[_Person]] = {}
    for pk, customer, name, roles, language, ceased, position in rows.values_list(
        "pk", "customer", "name", "roles", "language", "cease_contact", "position"
    ):
        rank = min((_ROLES.index(role) for role in roles or [""] if role in _ROLES), default=None)
        if rank is None or (_NEVER in roles and rank > 1):
            continue
        address, point = points.get(pk, ("", 0))
        found.setdefault(customer, []).append((rank, position, pk, name, language, address, point, ceased))
    for people in found.values():
        people.sort()
    return found


def _addresses(ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Customer → lines of its billing address, else of any other."""
    found: dict[int, tuple[bool, tuple[str, ...]]] = {}
    rows = Address.objects.filter(customer__in=bulk.one_of(ids)).order_by("pk")
    for customer, kind, lines, city, region, postcode, country in rows.values_list(
        "customer", "kind", "lines", "city", "region", "postcode", "country"
    ):
        place = " ".join(part for part in (postcode, city, region) if part)
        text = tuple(line for line in (*lines.splitlines(), place, country) if line.strip())
        # A town alone is no address: the post needs a street or a box.
        if lines.strip() and (customer not in found or (kind == "billing" and not found[customer][0])):
            found[customer] = kind == "billing", text
    return {customer: text for customer, (_, text) in found.items()}


def _recipient(bare: Recipient, people: Sequence[_Person]) -> Recipient:
    person = next((each for each in people if each[5] and not each[7]), None)
    named = person or next((each for each in people if not each[7]), None)
    to: tuple[dict[str, Any], ...] = ()
    if person is not None:
        to = ({"name": person[3], "address": person[5], "point": person[6]},)
    channel, code = bare.channel, ""
    if channel == "none":
        channel, code = "", "recipient_not_written_to"
    elif people and named is None:
        channel, code = "", "cease_contact"
    elif channel == "letter" and not bare.address:
        channel = "email" if to else ""
    elif channel == "email" and not to:
        channel = "letter" if bare.address else ""
    if not channel and not code:
        code = "recipient_missing"
    return Recipient(
        bare.customer_id, bare.name, bare.number, channel, (named[4] if named else "") or bare.language, to,
        named[2] if named else None, named[3] if named else "", bare.address, bare.country, bare.collector_id,
        bare.people, bare.traits, code,
    )  # fmt: skip
